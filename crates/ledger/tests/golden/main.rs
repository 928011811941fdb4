//! The bytes of every released version are still read: facts of every kind that there was, a
//! question and an answer, as `examples/golden.rs` made them once.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

#[path = "../simulation/town.rs"]
#[allow(dead_code, reason = "the simulation uses all of it")]
mod town;

use admission::exchange::{Caller, Held, Nonce};
use admission::fact::{Body, Sealed, What};
use admission::id::{AttendeeId, LogId, Serial};
use data_encoding::HEXLOWER;
use ledger::Ledger;
use ledger::local::{Contact, ServerCard};
use town::{CONVENTION, GUESTS, MORNING, Town, answering, id, invitation, key};

const FACTS: &str = include_str!("../../golden/v1/facts.txt");
const QUESTION: &str = include_str!("../../golden/v1/question.txt");
const ANSWER: &str = include_str!("../../golden/v1/answer.txt");

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.trim_end().as_bytes()).unwrap()
}

#[test]
fn golden_v1_facts_of_every_kind_are_read_as_they_were() {
    let mut kinds = Vec::new();
    for line in FACTS.lines() {
        let (name, hex) = line.split_once(' ').unwrap();
        let fact = Sealed::from_bytes(bytes(hex)).open(&key(1).verifying_key()).unwrap();
        assert_eq!(Body::name_of(fact.kind), name);
        assert_ne!(Body::of(&fact).what, What::Unknown, "{name}");
        kinds.push(fact.kind);
    }
    assert_eq!(kinds, (1..=15).collect::<Vec<u16>>());
}

#[test]
fn golden_v1_question_is_taken_and_counts_as_it_did() {
    let town = Town::found();
    let mut server = Ledger::open(&town.file(0), None).unwrap();
    let server_key = key(0);
    server.answer(&bytes(QUESTION), &answering(&server_key), Nonce([1; 16])).unwrap();
    let findings = server.check().unwrap();
    assert_eq!((findings.facts, findings.complaints), (15, Vec::<String>::new()));
    let arrived: Vec<u8> =
        server.arrivals(false).unwrap().iter().map(|a| a.attendee.0[0]).collect();
    assert_eq!(arrived, [14, 1, 4], "made up, let in, overridden");
    let dossier = |who| server.dossier(AttendeeId([who; 16]), false).unwrap();
    assert!(dossier(5).collected.is_some() && dossier(5).arrived.is_none());
    assert_eq!(dossier(7).bound, [Serial([77; 16])]);
    assert!(dossier(7).replaced.contains(&Serial([7; 16])));
    assert_eq!(dossier(9).substitute, Some(AttendeeId([8; 16])));
    assert!(dossier(100).walked_in.is_some());
    assert_eq!(dossier(11).principal, Some(AttendeeId([12; 16])));
}

#[test]
fn golden_v1_answer_equips_a_station() {
    let folder = town::folder();
    let mut station = Ledger::open(&folder.path().join("station.db"), None).unwrap();
    station.begin_log(LogId::new(id(1), [2; 8])).unwrap();
    let server = ServerCard {
        url: "http://127.0.0.1".to_owned(),
        id: id(0),
        public: key(0).verifying_key().to_bytes(),
        convention: CONVENTION,
    };
    station.set_server(&server).unwrap();
    let mut caller = Caller::new(id(1), id(0));
    caller.generate(Held::default(), Nonce([42; 16]), 0, MORNING);
    let contact = (&key(1), Contact::real(MORNING));
    assert!(station.take(&mut caller, &bytes(ANSWER), contact).unwrap().news);
    assert_eq!(station.policy().unwrap().unwrap().profile.name, "K1");
    assert_eq!(station.key_set().unwrap().unwrap().number, 1);
    assert!(station.is_revoked(invitation(3)).unwrap());
    assert_eq!(station.free_blanks().unwrap().len(), 50);
    for number in 1..=GUESTS {
        assert!(station.attendee(AttendeeId([number; 16])).unwrap().is_some(), "{number}");
    }
}
