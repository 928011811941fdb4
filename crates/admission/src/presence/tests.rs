//! The fold is a function of the set of facts, whatever the order in which they came.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use std::collections::BTreeMap;

use super::*;
use crate::chance::Chance;
use crate::fact::{Confidence, Moment, NO_PREVIOUS, Scan};
use crate::id::{LogId, Seq};
use crate::pass::PassKind;
use crate::time::Day;

const LIN: AttendeeId = AttendeeId([1; 16]);
const OTA: AttendeeId = AttendeeId([2; 16]);

type Fold = BTreeMap<PresenceKey, Presence>;

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn scan(activity: &str, rehearsal: bool) -> Scan {
    Scan { rehearsal, activity: slug(activity), day: Day(19_626), pass: PassKind::Badge }
}

/// A fact of station `log`, its `seq`-th, at `minute`.
fn fact(log: u8, seq: u64, minute: i64, who: AttendeeId, body: &Body) -> Fact {
    let wall = Millis(1_695_691_260_000).plus(minute * 60_000);
    let moment = Moment {
        hybrid: Hybrid(0).tick(wall),
        wall,
        offset_ms: None,
        offset_age_ms: None,
        confidence: Confidence::Unknown,
    };
    Fact {
        log: LogId([log; 24]),
        seq: Seq(seq),
        prev: NO_PREVIOUS,
        moment,
        kind: body.kind(),
        kind_version: 1,
        must_understand: false,
        site: slug("hall"),
        subject: Some(who),
        body: body.bytes(),
        attachment: None,
    }
}

fn admitted(log: u8, seq: u64, minute: i64, who: AttendeeId) -> Fact {
    fact(log, seq, minute, who, &Body::Admitted(scan("opening", false)))
}

fn add(fold: &mut Fold, key: PresenceKey, presence: Presence) {
    let merged = match fold.remove(&key) {
        Some(known) => merge(known, presence),
        None => presence,
    };
    fold.insert(key, merged);
}

fn fold<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Fold {
    let mut fold = Fold::new();
    for (key, presence) in facts.into_iter().filter_map(change) {
        add(&mut fold, key, presence);
    }
    fold
}

/// Eighty facts of four stations: two people, two activities, real and rehearsed, some of no effect.
fn facts() -> Vec<Fact> {
    let mut chance = Chance::new(0x5EED_0013);
    let mut one = |at: u64| {
        let scan = scan(["opening", "gala"][chance.below(2)], chance.below(4) == 0);
        let body = match chance.below(6) {
            0 => Body::Refused(scan, "already_in".to_owned()),
            1 => Body::Unknown,
            _ => Body::Admitted(scan),
        };
        let who = [LIN, OTA][chance.below(2)];
        // Few minutes, so that many clocks are equal.
        fact((at % 4) as u8, at / 4 + 1, chance.below(3) as i64, who, &body)
    };
    (0..80).map(&mut one).collect()
}

fn shuffled(facts: &[Fact], chance: &mut Chance) -> Vec<Fact> {
    let mut facts = facts.to_vec();
    for end in (1..facts.len()).rev() {
        facts.swap(end, chance.below(end + 1));
    }
    facts
}

#[test]
fn every_order_of_the_facts_gives_the_same_presence() {
    let (facts, mut chance) = (facts(), Chance::new(0x5EED_0011));
    let expected = fold(&facts);
    assert_eq!(expected.len(), 8, "two people, two activities, real and rehearsed");
    for round in 0..500 {
        assert_eq!(fold(&shuffled(&facts, &mut chance)), expected, "{chance:?}, round {round}");
    }
}

#[test]
fn stations_that_folded_apart_agree_when_they_meet() {
    let (facts, mut chance) = (facts(), Chance::new(0x5EED_0012));
    let expected = fold(&facts);
    for round in 0..500 {
        let mixed = shuffled(&facts, &mut chance);
        let (one, other) = mixed.split_at(chance.below(mixed.len() + 1));
        let mut met = fold(one);
        for (key, presence) in fold(other) {
            add(&mut met, key, presence);
        }
        assert_eq!(met, expected, "{chance:?}, round {round}");
    }
}

#[test]
fn the_earliest_admission_is_the_entry_and_the_others_are_repeats() {
    let (early, late) = (admitted(1, 1, 0, LIN), admitted(2, 1, 5, LIN));
    for order in [[&early, &late], [&late, &early]] {
        let fold = fold(order);
        let presence = fold.values().next().unwrap();
        assert_eq!(presence.entry, early.id());
        assert_eq!((presence.at, presence.hybrid), (early.moment.wall, early.moment.hybrid));
        assert_eq!(presence.repeats, 1);
    }
}

#[test]
fn equal_clocks_are_told_apart_by_log_and_then_by_place() {
    let entry = |facts: [&Fact; 2]| fold(facts).into_values().next().unwrap().entry;
    let (one, two) = (admitted(1, 9, 0, LIN), admitted(2, 1, 0, LIN));
    assert_eq!(entry([&two, &one]), one.id(), "the lesser log");
    let (first, second) = (admitted(1, 1, 0, LIN), admitted(1, 2, 0, LIN));
    assert_eq!(entry([&second, &first]), first.id(), "the lesser place");
}

#[test]
fn the_shown_time_is_the_clock_of_the_station_that_counts() {
    let mut slow = admitted(1, 1, 0, LIN);
    slow.moment.wall = slow.moment.wall.plus(-3_600_000);
    let presence = change(&slow).unwrap().1;
    assert_eq!((presence.at, presence.repeats), (slow.moment.wall, 0));
}

#[test]
fn refusals_and_kinds_of_later_versions_change_nothing() {
    let refused = Body::Refused(scan("opening", false), "already_in".to_owned());
    let mut later = admitted(1, 2, 0, LIN);
    later.kind = 4_711;
    let mut broken = admitted(1, 3, 0, LIN);
    broken.body.push(0);
    let nobody = Fact { subject: None, ..admitted(1, 4, 0, LIN) };
    for fact in [fact(1, 1, 0, LIN, &refused), later, broken, nobody] {
        assert_eq!(change(&fact), None);
    }
}

#[test]
fn a_rehearsal_is_not_an_arrival() {
    let rehearsed = fact(1, 1, 0, LIN, &Body::Admitted(scan("opening", true)));
    let real = admitted(1, 2, 5, LIN);
    let fold = fold([&rehearsed, &real]);
    let of = |rehearsal| {
        let key = PresenceKey { rehearsal, attendee: LIN, activity: slug("opening") };
        fold.get(&key).map(|presence| (presence.entry, presence.repeats))
    };
    assert_eq!(of(false), Some((real.id(), 0)), "the rehearsal is no earlier entry");
    assert_eq!(of(true), Some((rehearsed.id(), 0)));
}

#[test]
fn people_and_activities_stand_apart() {
    let gala = fact(1, 3, 0, LIN, &Body::Admitted(scan("gala", false)));
    let fold = fold([&admitted(1, 1, 0, LIN), &admitted(1, 2, 0, OTA), &gala]);
    assert_eq!(fold.len(), 3);
    assert!(fold.values().all(|presence| presence.repeats == 0));
}

#[test]
fn a_presence_is_kept_as_it_is() {
    let presence = Presence { repeats: 7, ..change(&admitted(1, 1, 0, LIN)).unwrap().1 };
    let bytes = minicbor::to_vec(&presence).unwrap();
    assert_eq!(minicbor::decode::<Presence>(&bytes).unwrap(), presence);
}

#[test]
fn countless_repeats_do_not_wrap() {
    let one = || change(&admitted(1, 1, 0, LIN)).unwrap().1;
    let most = Presence { repeats: u32::MAX, ..one() };
    assert_eq!(merge(most, one()).repeats, u32::MAX);
}
