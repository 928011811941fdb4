//! Badges and power cuts: printed once, or a person is asked.

use std::collections::BTreeSet;

use crate::support::venue::{Desk, Venue, scan};

#[test]
fn the_desk_is_killed_again_and_again_and_no_confirmed_fact_is_lost() {
    let venue = Venue::open();
    let people = venue.people();
    let kiosk = venue.station("K1", "registration");
    let mut invited = people.values().filter(|guest| !guest.invitation.is_empty());
    let mut told = BTreeSet::new();
    for cycle in 0..25u64 {
        let mut desk = kiosk.open();
        for guest in invited.by_ref().take(3) {
            let answer = scan(&mut desk, &guest.invitation);
            assert_eq!(answer["decision"], "admit");
            told.insert(answer["fact"].as_str().unwrap().to_owned());
        }
        // The cut comes at another moment of rendering and printing in each cycle.
        std::thread::sleep(std::time::Duration::from_millis(cycle * 17 % 160));
        desk.kill();
    }
    let kept: BTreeSet<String> = kiosk.facts().iter().map(place).collect();
    assert!(told.is_subset(&kept), "a fact that was told is lost");

    let check = print_what_is_left(&kiosk);
    assert_eq!(check["complaints"], serde_json::json!([]));
    let jobs = |state: &str| check["print_jobs"][state].as_u64().unwrap_or(0);
    assert_eq!(jobs("queued") + jobs("sent") + jobs("failed"), 0, "{check}");
    assert_eq!(jobs("confirmed") + jobs("unknown"), u64::try_from(kept.len()).unwrap(), "{check}");
    let printed = u64::try_from(kiosk.badges().len()).unwrap();
    assert!(printed >= jobs("confirmed"), "what is confirmed lies in the folder");
    assert!(printed <= jobs("confirmed") + jobs("unknown"), "nothing is printed twice");
}

/// Opens the desk until the queue is empty: it waits a few seconds for its printer, no more.
fn print_what_is_left(kiosk: &Desk) -> serde_json::Value {
    for _ in 0..6 {
        assert_eq!(kiosk.open().finish().code, 0);
        let check = kiosk.command(&["check"]).ok().json();
        if check["print_jobs"]["queued"].as_u64().unwrap_or(0) == 0 {
            return check;
        }
    }
    panic!("the queue never gets empty");
}

/// Returns where a fact stands, as decisions name it.
pub fn place(fact: &serde_json::Value) -> String {
    format!("{}/{}", fact["log"].as_str().unwrap(), fact["seq"])
}
