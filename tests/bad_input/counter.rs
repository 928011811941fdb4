//! One running registration desk for many cases: after each of them it admits the next guest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};

use crate::support::program::Running;
use crate::support::venue::{Desk, Guest, Venue, scan};

/// A desk at registration, and guests who wait in line.
pub struct Counter {
    // Dropped first: it writes into the venue's folder.
    desk: Running,
    pub kiosk: Desk,
    pub venue: Venue,
    pub people: BTreeMap<String, Guest>,
    line: Vec<Guest>,
}

impl Counter {
    /// Opens a counter of one's own.
    pub fn open() -> Counter {
        let venue = Venue::open();
        let people = venue.people();
        let kiosk = venue.station("K1", "registration");
        let waits = |guest: &&Guest| !guest.invitation.is_empty();
        let line = people.values().filter(waits).cloned().collect();
        Counter { desk: kiosk.open(), kiosk, venue, people, line }
    }

    /// Returns the counter that stories share; it is gone with the last of them.
    pub fn shared() -> Arc<Mutex<Counter>> {
        static SHARED: Mutex<Weak<Mutex<Counter>>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        // After a story that failed nobody knows what its desk is still about to say.
        if let Some(there) = shared.upgrade().filter(|there| !there.is_poisoned()) {
            return there;
        }
        let made = Arc::new(Mutex::new(Counter::open()));
        *shared = Arc::downgrade(&made);
        made
    }

    /// Returns the next guest, who has not been here.
    pub fn guest(&mut self) -> Guest {
        self.line.pop().unwrap()
    }

    /// Types bytes and returns an answer for each line that says anything.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Value> {
        self.desk.say_bytes(bytes);
        self.desk.say_bytes(b"\n");
        let lines = bytes.split(|byte| *byte == b'\n');
        let says = |line: &&[u8]| !String::from_utf8_lossy(line).trim().is_empty();
        (0..lines.filter(says).count()).map(|_| self.desk.hear_json()).collect()
    }

    /// Scans something hostile: every answer is this refusal, and the next guest is let in at once.
    #[track_caller]
    pub fn refuses(&mut self, bytes: &[u8], reason: &str) {
        let shown = String::from_utf8_lossy(bytes).chars().take(40).collect::<String>();
        for answer in self.hear(bytes) {
            assert_eq!(answer["decision"], "refuse", "{shown}");
            assert_eq!(answer["reason"], reason, "{shown}");
            assert_eq!(answer["fact"], json!(null), "{shown}");
            assert!(answer["micros"].as_u64().unwrap() < 1_000_000, "it hung: {shown}");
        }
        self.goes_on();
    }

    /// Checks that nothing broke: the next guest is let in.
    #[track_caller]
    pub fn goes_on(&mut self) {
        let guest = self.guest();
        let answer = scan(&mut self.desk, &guest.invitation);
        assert_eq!((&answer["decision"], &answer["attendee"]), (&json!("admit"), &json!(guest.id)));
    }
}

/// Runs a story at the shared counter.
pub fn at_the_counter(story: impl FnOnce(&mut Counter)) {
    let shared = Counter::shared();
    let mut counter = shared.lock().unwrap();
    story(&mut counter);
    // The lock goes before the counter may.
    drop(counter);
}
