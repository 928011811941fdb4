use std::collections::BTreeMap;

use super::*;
use crate::fact::{Confidence, Moment, NO_PREVIOUS};
use crate::fixture;
use crate::id::StationId;
use crate::time::{Hybrid, Millis};

const STATION: StationId = StationId([5; 16]);

fn log(epoch: u8) -> LogId {
    LogId::new(STATION, [epoch; 8])
}

fn author(role: Role) -> Member {
    Member::new(STATION, [0; 32], fixture::profile("K5", role))
}

fn fact(kind: u16, seq: u64) -> Fact {
    Fact {
        log: log(1),
        seq: Seq(seq),
        prev: NO_PREVIOUS,
        moment: Moment {
            hybrid: Hybrid(0),
            wall: Millis(0),
            offset_ms: None,
            offset_age_ms: None,
            confidence: Confidence::Unknown,
        },
        kind,
        kind_version: 1,
        must_understand: false,
        site: "hall".parse().unwrap(),
        subject: None,
        body: Vec::new(),
        attachment: None,
    }
}

#[test]
fn every_role_writes_its_own_kinds() {
    let written = |role| {
        let believed = |kind: &u16| disbelief(&fact(*kind, 1), Some(&author(role))).is_none();
        (0..=20).filter(believed).collect::<Vec<u16>>()
    };
    assert_eq!(written(Role::Kiosk), [1, 2, 3, 6, 7, 17, 18, 19, 20]);
    assert_eq!(written(Role::Staff), (0..=20).collect::<Vec<u16>>());
    assert_eq!(written(Role::Field), (0..=20).collect::<Vec<u16>>());
    assert_eq!(written(Role::Relay), Vec::<u16>::new());
    assert_eq!(disbelief(&fact(8, 1), Some(&author(Role::Kiosk))), Some(Disbelief::Kind));
    assert_eq!(disbelief(&fact(8, 1), None), None);
}

#[test]
fn a_station_writes_about_its_own_site() {
    let elsewhere = Fact { site: "farm".parse().unwrap(), ..fact(1, 1) };
    assert_eq!(disbelief(&elsewhere, Some(&author(Role::Staff))), Some(Disbelief::Site));
}

#[test]
fn of_a_revoked_station_what_the_server_held_is_believed_and_nothing_later() {
    let closed = BTreeMap::from([(log(1), Seq(7))]);
    let revoked = Member { state: MemberState::Revoked, closed, ..author(Role::Staff) };
    assert_eq!(disbelief(&fact(1, 7), Some(&revoked)), None);
    assert_eq!(disbelief(&fact(1, 8), Some(&revoked)), Some(Disbelief::Revoked));
    let other_log = Fact { log: log(2), ..fact(1, 1) };
    assert_eq!(disbelief(&other_log, Some(&revoked)), Some(Disbelief::Revoked));
    let replaced = Member { state: MemberState::Replaced, ..revoked };
    assert_eq!(disbelief(&fact(1, 8), Some(&replaced)), None, "nobody suspects it");
    assert_eq!(disbelief(&other_log, Some(&replaced)), None);
}

#[test]
fn what_a_person_released_is_believed_and_what_comes_after_is_not() {
    let released = BTreeMap::from([(log(1), Seq(9))]);
    let state = MemberState::Revoked;
    let revoked = Member { state, released: released.clone(), ..author(Role::Staff) };
    assert_eq!(disbelief(&fact(1, 9), Some(&revoked)), None);
    assert_eq!(disbelief(&fact(1, 10), Some(&revoked)), Some(Disbelief::Revoked));
    let kiosk = Member { released, ..author(Role::Kiosk) };
    assert_eq!(disbelief(&fact(4, 9), Some(&kiosk)), None);
    assert_eq!(disbelief(&fact(4, 10), Some(&kiosk)), Some(Disbelief::Kind));
}
