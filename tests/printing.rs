//! Badges and power cuts: what was confirmed is there, and printed once, or a person is asked.
//!
//! `YINGBIN_KILLS` says how often the desk is killed (25); `./kiosk test` does it 300 times, and as
//! often as `--kills` says.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::venue::{Desk, Guest, Venue};

/// Guests who stand before the desk in one cycle: more than it gets through before it is killed.
const QUEUE: usize = 40;
/// The latest moment of a kill after the first answer, and where it comes before any.
const LATEST: [Duration; 2] = [Duration::from_millis(40), Duration::from_millis(120)];
/// Kills before any answer: one cycle in so many.
const EARLY: u32 = 8;

#[test]
fn the_desk_is_killed_again_and_again_and_no_confirmed_fact_is_lost() {
    let cycles = std::env::var("YINGBIN_KILLS").ok().and_then(|count| count.parse().ok());
    let cycles = cycles.unwrap_or(25u32);
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mut street = Street::new(&venue, cycles);
    let began = Instant::now();
    for cycle in 0..cycles {
        street.cycle(&kiosk, cycle);
    }
    let took = began.elapsed();
    let facts = kiosk.facts();
    let line = format!(
        "kills: {cycles} cycles of {:?}, {} confirmed, {} lost, {} kept that no answer told\n",
        took.checked_div(cycles).unwrap_or_default(),
        street.told.len(),
        street.lost(&facts).len(),
        facts.len() - street.told.len() + street.lost(&facts).len(),
    );
    // Straight to standard error, so that it is seen.
    let _ = std::io::stderr().write_all(line.as_bytes());
    assert_eq!(street.lost(&facts), Vec::<&String>::new(), "facts that were told are lost");

    let mut admitted: Vec<&Value> = Vec::new();
    admitted.extend(facts.iter().filter(|fact| fact["kind"] == "admitted"));
    let count = admitted.len();
    admitted.sort_by_key(|fact| fact["attendee"].to_string());
    admitted.dedup_by_key(|fact| &fact["attendee"]);
    assert_eq!(admitted.len(), count, "nobody is let in twice");

    let check = print_what_is_left(&kiosk);
    assert_eq!(check["complaints"], serde_json::json!([]));
    let jobs = |state: &str| check["print_jobs"][state].as_u64().unwrap_or(0);
    assert_eq!(jobs("queued") + jobs("sent") + jobs("failed"), 0, "{check}");
    // Who shows the pass again while nobody knows of the badge gets one more, and that is recorded.
    let told = |kind: &str| facts.iter().filter(|fact| fact["kind"] == kind).count();
    assert!(told("ordered") <= told("unprinted"), "none is ordered again that came out");
    let orders = u64::try_from(count + told("ordered")).unwrap();
    assert_eq!(jobs("confirmed") + jobs("unknown"), orders, "{check}");
    let printed = u64::try_from(kiosk.badges().len()).unwrap();
    assert!(printed >= jobs("confirmed"), "what is confirmed lies in the folder");
    assert!(printed <= jobs("confirmed") + jobs("unknown"), "nothing is printed twice");

    // It asked the server often meanwhile, and waits when it is told to.
    kiosk.command(&["sync"]).ok();
    assert_eq!(venue.arrived("registration").len(), count, "each once");
}

/// The same kills must find a desk that says yes before it has stored: here somebody in front of a
/// real one who promises each guest the next record as soon as the pass is handed on.
#[test]
fn planted_a_yes_before_the_commit_is_found_to_lose_facts() {
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mut street = Street::new(&venue, 20);
    street.cycle(&kiosk, 0);
    for cycle in 1..20 {
        let promised = street.hasty_cycle(&kiosk, cycle);
        if street.lost(&kiosk.facts()).contains(&&promised) {
            eprintln!("a yes before the commit was found after {cycle} kills");
            return;
        }
    }
    panic!("twenty kills did not find it");
}

/// The guests, and what they were told.
struct Street {
    /// Who was never here, and in how many cycles one of them comes.
    fresh: VecDeque<Guest>,
    every: u32,
    /// Who was here, and comes again and again.
    known: VecDeque<Guest>,
    /// Whose answer the last kill swallowed.
    first: VecDeque<Guest>,
    /// Attendee and kind of each fact that an answer named.
    told: BTreeMap<String, (String, &'static str)>,
}

impl Street {
    fn new(venue: &Venue, cycles: u32) -> Street {
        let fresh: VecDeque<Guest> = venue.guests(usize::MAX).into();
        let every = cycles.div_ceil(u32::try_from(fresh.len()).unwrap());
        let (known, first, told) = (VecDeque::new(), VecDeque::new(), BTreeMap::new());
        Street { fresh, every, known, first, told }
    }

    /// Puts guests into the queue: the last one's rest, a new one, and many who are in already.
    fn queue(&mut self, cycle: u32) -> VecDeque<Guest> {
        let mut queue = std::mem::take(&mut self.first);
        let new = cycle.is_multiple_of(self.every).then(|| self.fresh.pop_front()).flatten();
        new.into_iter().for_each(|guest| queue.push_front(guest));
        while queue.len() < QUEUE {
            let next = self.known.pop_front().or_else(|| self.fresh.pop_front());
            queue.extend(next);
        }
        queue
    }

    /// Starts the desk, lets guests come, kills it, and notes what they were told.
    fn cycle(&mut self, kiosk: &Desk, cycle: u32) {
        let mut queue = self.queue(cycle);
        let mut desk = kiosk.open_at(&["--now", &moment(cycle)]);
        let tokens: String = queue.iter().map(|guest| guest.invitation.clone() + "\n").collect();
        desk.say_bytes(tokens.as_bytes());
        let mut said = Vec::new();
        let early = cycle % EARLY == EARLY - 1;
        if !early {
            said.push(desk.hear());
        }
        // Another moment of deciding, storing, rendering and printing in each cycle.
        let latest = LATEST[usize::from(early)];
        std::thread::sleep(latest.mul_f64(f64::from(cycle * 7919 % 1000) / 1000.0));
        said.extend(desk.kill());
        for line in said {
            let answer: Value = serde_json::from_str(&line).unwrap();
            let guest = queue.pop_front().unwrap();
            self.note(&guest, &answer);
            self.known.push_back(guest);
        }
        self.first = queue;
    }

    fn note(&mut self, guest: &Guest, answer: &Value) {
        let kind = match (answer["decision"].as_str(), answer["reason"].as_str()) {
            (Some("admit"), _) => "admitted",
            (_, Some("already_in")) => "refused",
            _ => panic!("a guest was not let in: {answer}"),
        };
        // One who shows the pass again and again is recorded every ten seconds at most.
        if let Some(fact) = answer["fact"].as_str() {
            let before = self.told.insert(fact.to_owned(), (guest.id.clone(), kind));
            assert_eq!(before, None, "one record, two answers: {answer}");
        }
    }

    /// Starts the desk, hands it one pass, promises a record, and kills it; returns the promise.
    fn hasty_cycle(&mut self, kiosk: &Desk, cycle: u32) -> String {
        let facts = kiosk.facts();
        let last = facts.iter().max_by_key(|fact| fact["seq"].as_u64()).unwrap();
        let next = last["seq"].as_u64().unwrap() + 1;
        let promised = format!("{}/{next}", last["log"].as_str().unwrap());
        let guest = self.fresh.pop_front().unwrap();
        let mut desk = kiosk.open_at(&["--now", &moment(cycle)]);
        desk.say(&guest.invitation);
        self.told.insert(promised.clone(), (guest.id, "admitted"));
        std::thread::sleep(LATEST[1].mul_f64(f64::from(cycle * 7919 % 1000) / 1000.0));
        desk.kill();
        promised
    }

    /// Returns what was told and is not there.
    fn lost(&self, facts: &[Value]) -> Vec<&String> {
        let about = |fact: &Value| (fact["attendee"].to_string(), fact["kind"].to_string());
        let kept: BTreeMap<String, _> =
            facts.iter().map(|fact| (place(fact), about(fact))).collect();
        let is_there = |fact: &str, (attendee, kind): &(String, &str)| {
            kept.get(fact) == Some(&(format!("{attendee:?}"), format!("{kind:?}")))
        };
        let lost = self.told.iter().filter(|(fact, about)| !is_there(fact, about));
        lost.map(|(fact, _)| fact).collect()
    }
}

/// Each cycle begins a second after the one before: nobody's second refusal is passed over for being
/// like the first.
fn moment(cycle: u32) -> String {
    let morning: jiff::Timestamp = crate::support::venue::MORNING.parse().unwrap();
    (morning + Duration::from_secs(cycle.into())).to_string()
}

/// Opens the desk until the queue is empty: it waits a few seconds for its printer, no more.
fn print_what_is_left(kiosk: &Desk) -> Value {
    for _ in 0..20 {
        assert_eq!(kiosk.open().finish().code, 0);
        let check = kiosk.command(&["check"]).ok().json();
        if check["print_jobs"]["queued"].as_u64().unwrap_or(0) == 0 {
            return check;
        }
    }
    panic!("the queue never gets empty");
}

/// Returns where a fact stands, as decisions name it.
pub fn place(fact: &Value) -> String {
    format!("{}/{}", fact["log"].as_str().unwrap(), fact["seq"])
}
