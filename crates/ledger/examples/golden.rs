//! Makes the golden bytes of an exchange, once for each version: `cargo run -p ledger --example
//! golden -- crates/ledger/golden/v1`. They are frozen from then on; `tests/golden` replays them.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "run by hand, once"
)]

#[path = "../tests/simulation/town.rs"]
#[allow(dead_code, reason = "the simulation uses all of it")]
mod town;

use std::fmt::Write;
use std::path::PathBuf;

use admission::exchange::{BlanksHeld, Caller, Held, HeldScope, Nonce, seal};
use admission::fact::{Admission, Body, TripState, Visit, What};
use admission::id::{AttendeeId, Serial};
use admission::pass::PassKind;
use admission::roster::{Mode, Revision};
use data_encoding::HEXLOWER;
use ledger::Ledger;
use ledger::facts::Draft;
use town::{CONVENTION, MORNING, TODAY, Town, answering, id, invitation, key, slug};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder to make"));
    assert!(!folder.exists(), "golden bytes are never made again");
    std::fs::create_dir_all(&folder).unwrap();
    let town = Town::found();
    let mut server = Ledger::open(&town.file(0), None).unwrap();
    let mut station = Ledger::open(&town.file(1), None).unwrap();
    server.revoke(&[invitation(3)]).unwrap();
    record(&mut station);
    let vector = station.vector().unwrap();
    let facts = station.facts_of(&vector.lacking(&server.vector().unwrap())).unwrap();
    let mut lines = String::new();
    for sealed in &facts {
        let name = Body::name_of(sealed.read().unwrap().kind);
        writeln!(lines, "{name} {}", HEXLOWER.encode(sealed.bytes())).unwrap();
    }
    std::fs::write(folder.join("facts.txt"), lines).unwrap();
    // A station that holds no list, so that the answer brings all of them.
    let scopes = vec![HeldScope { scope: slug("hall"), revision: Revision(0) }];
    let blanks = Some(BlanksHeld::default());
    let held = Held { vector, facts, scopes, blanks, ..Held::default() };
    let question = Caller::new(id(1), id(0)).generate(held, Nonce([42; 16]), 0, MORNING);
    let question = seal(&question, CONVENTION, &key(1));
    let server_key = key(0);
    let answer = server.answer(&question, &answering(&server_key), Nonce([43; 16])).unwrap();
    std::fs::write(folder.join("question.txt"), HEXLOWER.encode(&question) + "\n").unwrap();
    std::fs::write(folder.join("answer.txt"), HEXLOWER.encode(&answer) + "\n").unwrap();
}

/// Records a fact of every kind, each about a person of its own.
fn record(station: &mut Ledger) {
    let visit = |activity: &str, mode| Visit { activity: slug(activity), day: TODAY, mode, leg: 0 };
    let once = || visit("registration", Mode::Once);
    let trip = || visit("forum", Mode::Board);
    let admission = |visit| Admission { visit, pass: Some(PassKind::Invitation), again: None };
    let why = || slug("golden");
    let first =
        station.own_log().map(|log| admission::id::FactId { log, seq: admission::id::Seq(1) });
    let first = first.unwrap();
    let whats = [
        (1, What::Admitted(admission(visit("opening", Mode::Reentry)))),
        (2, What::Refused { visit: once(), pass: PassKind::Badge, reason: "expired".to_owned() }),
        (1, What::Left { visit: visit("opening", Mode::Reentry), closes: vec![first] }),
        (3, What::Annulled { fact: first, why: why(), other: None }),
        (
            4,
            What::Overridden {
                admission: admission(once()),
                reason: "full".to_owned(),
                why: why(),
            },
        ),
        (5, What::Collected { proxy: true, by: Some(AttendeeId([6; 16])) }),
        (7, What::Bound { serials: vec![Serial([77; 16])] }),
        (7, What::Replaced { serials: vec![Serial([7; 16])], why: why() }),
        (8, What::Substituted { other: AttendeeId([9; 16]) }),
        (100, What::WalkedIn { category: slug("guest"), delegation: slug("north") }),
        (11, What::Accompanied { principal: AttendeeId([12; 16]) }),
        (13, What::Corrected),
        (14, What::MadeUp { visit: once(), real: MORNING.plus(-60_000), why: why() }),
        (15, What::Noted { visit: trip(), state: TripState::Moved("2".to_owned()) }),
        (0, What::Departed { visit: trip(), bus: "2".to_owned(), heads: 41 }),
    ];
    for (second, (who, what)) in (0..).zip(whats) {
        let draft = Draft {
            body: Body { rehearsal: false, what },
            subject: (who > 0).then_some(AttendeeId([who; 16])),
            site: slug("hall"),
            badge: None,
            attachment: None,
        };
        station.record(&draft, &key(1), MORNING.plus(second * 1000)).unwrap();
    }
}
