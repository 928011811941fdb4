//! Doubts: one story each, and that they are a function of the set of facts.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::chance::Chance;
use crate::fact::{Admission, Body, Confidence, Moment, NO_PREVIOUS, Visit};
use crate::fixture::{self, slug};
use crate::id::{ConventionId, LogId, Seq};
use crate::pass::PassKind;
use crate::presence::{NOBODY, fold};
use crate::roster::{Mode, Site, Travel, Words};
use crate::time::{Day, Hybrid};

const LIN: AttendeeId = AttendeeId([1; 16]);
const OTA: AttendeeId = AttendeeId([2; 16]);
const INVITATION: Serial = Serial([11; 16]);
const BADGE: Serial = Serial([12; 16]);
const BLANK: Serial = Serial([13; 16]);
const MORNING: Millis = Millis(1_695_691_260_000);

fn activity(id: &str, site: &str) -> Activity {
    Activity { site: slug(site), ..fixture::activity(id, MORNING) }
}

/// The hall is next door to the hotel, and Dalian two hours away from the hall.
fn convention() -> Convention {
    let way = |from, to, minutes| Travel { between: [slug(from), slug(to)], minutes };
    Convention {
        id: ConventionId([0xC0; 16]),
        title: Words::default(),
        zone: "Asia/Shanghai".to_owned(),
        languages: Vec::new(),
        first_day: Day(19_625),
        days: 3,
        theme: Default::default(),
        sites: ["hall", "hotel", "dalian", "jilin"]
            .map(|id| Site { id: slug(id), title: Words::default() })
            .into(),
        categories: Vec::new(),
        delegations: Vec::new(),
        activities: vec![
            activity("opening", "hall"),
            activity("gala", "hotel"),
            activity("visit", "dalian"),
            Activity { mode: Mode::Reentry, ..activity("lounge", "hall") },
        ],
        entitlements: Vec::new(),
        regions: BTreeMap::new(),
        provinces: BTreeMap::new(),
        templates: BTreeMap::new(),
        travel: vec![way("hall", "hotel", 0), way("hall", "dalian", 120)],
    }
}

fn listed() -> Listed {
    let row = Row { status: Status::Confirmed, invitation: INVITATION, badge: BADGE, test: false };
    Listed::Yes(row)
}

fn entry(activity: &str) -> What {
    let mode = if activity == "lounge" { Mode::Reentry } else { Mode::Once };
    entry_with(activity, mode, PassKind::Badge)
}

fn entry_with(activity: &str, mode: Mode, pass: PassKind) -> What {
    let visit = Visit { activity: slug(activity), day: Day(19_626), mode, leg: 0 };
    What::Admitted(Admission { visit, pass: Some(pass), again: None })
}

/// The `seq`-th fact of station `log`, at `minute`, about Lin, with a clock that is in step.
fn fact((log, seq): (u8, u64), minute: i64, what: What) -> Fact {
    let site = match &what {
        What::Admitted(admission) => match admission.visit.activity.as_str() {
            "gala" => "hotel",
            "visit" => "dalian",
            _ => "hall",
        },
        _ => "hall",
    };
    let wall = MORNING.plus(minute * 60_000);
    let body = Body { rehearsal: false, what };
    Fact {
        log: LogId([log; 24]),
        seq: Seq(seq),
        prev: NO_PREVIOUS,
        moment: Moment {
            hybrid: Hybrid(0).tick(wall),
            wall,
            offset_ms: Some(0),
            offset_age_ms: Some(0),
            confidence: Confidence::Synced,
        },
        kind: body.kind(),
        kind_version: 1,
        must_understand: false,
        site: slug(site),
        subject: Some(LIN),
        body: body.bytes(),
        attachment: None,
    }
}

fn at(site: &str, fact: Fact) -> Fact {
    Fact { site: slug(site), ..fact }
}

fn doubts_of(facts: &[Fact], listed: &Listed, revoked: &[Serial]) -> Vec<Doubt> {
    let dossier = fold(LIN, facts);
    let person = Person { id: LIN, dossier: &dossier, listed };
    let is_revoked = |serial| revoked.contains(&serial);
    let all = || Ok::<_, Infallible>(facts.to_vec());
    let mut doubts = of_person(&person, &convention(), is_revoked, all).unwrap();
    sort(&mut doubts);
    doubts
}

fn doubts(facts: &[Fact]) -> Vec<Doubt> {
    doubts_of(facts, &listed(), &[])
}

/// Kind, reason and how many facts.
fn told(doubts: &[Doubt]) -> Vec<(Kind, Option<Reason>, usize)> {
    doubts.iter().map(|doubt| (doubt.kind, doubt.because, doubt.traces.len())).collect()
}

fn settle(place: (u8, u64), doubt: &Doubt) -> Fact {
    fact(place, 900, doubt.settled(slug("same-person")))
}

fn annul(place: (u8, u64), of: &Fact) -> Fact {
    fact(place, 901, What::Annulled { fact: of.id(), why: slug("mistake"), other: None })
}

#[test]
fn one_pass_that_two_stations_let_in_is_a_double_entry_with_both_places() {
    let two = [fact((1, 1), 0, entry("opening")), fact((2, 1), 3, entry("opening"))];
    let found = doubts(&two);
    assert_eq!(told(&found), [(Kind::DoubleEntry, None, 2)]);
    assert_eq!(found[0].facts(), [two[0].id(), two[1].id()]);
    assert_eq!((found[0].attendee, found[0].at()), (Some(LIN), Some(MORNING.plus(180_000))));
    assert_eq!(found[0].traces[0].site, Some(slug("hall")));
    assert_eq!(doubts(&two[..1]), []);
    let knew = What::Admitted(Admission {
        visit: Visit { activity: slug("opening"), day: Day(19_626), mode: Mode::Once, leg: 0 },
        pass: None,
        again: Some(two[0].id()),
    });
    assert_eq!(doubts(&[two[0].clone(), fact((2, 1), 3, knew)]), [], "a second scan is none");
}

#[test]
fn annulling_one_of_the_two_ends_the_doubt_and_so_does_going_out() {
    let two = [fact((1, 1), 0, entry("lounge")), fact((2, 1), 3, entry("lounge"))];
    assert_eq!(told(&doubts(&two)), [(Kind::DoubleEntry, None, 2)]);
    let undone = [&two[..], &[annul((3, 1), &two[1])]].concat();
    assert_eq!(doubts(&undone), []);
    let visit = Visit { activity: slug("lounge"), day: Day(19_626), mode: Mode::Reentry, leg: 0 };
    let left = fact((1, 2), 9, What::Left { visit, closes: vec![two[0].id()] });
    assert_eq!(doubts(&[&two[..], &[left]].concat()), []);
}

#[test]
fn what_a_person_settled_is_gone_until_one_more_comes_or_it_is_undone() {
    let mut facts = vec![fact((1, 1), 0, entry("opening")), fact((2, 1), 3, entry("opening"))];
    let settlement = settle((3, 1), &doubts(&facts)[0]);
    facts.push(settlement.clone());
    assert_eq!(doubts(&facts), []);
    let third = fact((4, 1), 5, entry("opening"));
    let again = [&facts[..], std::slice::from_ref(&third)].concat();
    assert_eq!(told(&doubts(&again)), [(Kind::DoubleEntry, None, 3)], "with all that raise it");
    let settled_again = [&again[..], &[settle((3, 2), &doubts(&again)[0])]].concat();
    assert_eq!(doubts(&settled_again), []);
    facts.push(annul((3, 3), &settlement));
    assert_eq!(told(&doubts(&facts)), [(Kind::DoubleEntry, None, 2)], "the settlement was undone");
}

#[test]
fn a_settlement_of_another_doubt_or_of_half_of_it_settles_nothing() {
    let two = [fact((1, 1), 0, entry("opening")), fact((2, 1), 3, entry("opening"))];
    let doubt = doubts(&two).remove(0);
    let half = Doubt { traces: doubt.traces[..1].to_vec(), ..doubt.clone() };
    let other = Doubt { kind: Kind::ImpossibleTravel, ..doubt };
    let with = [&two[..], &[settle((3, 1), &half), settle((3, 2), &other)]].concat();
    assert_eq!(told(&doubts(&with)), [(Kind::DoubleEntry, None, 2)]);
}

#[test]
fn nobody_is_at_two_sites_within_less_time_than_the_way_takes() {
    let way = |minutes, to: &str, activity: &str| {
        let first = fact((1, 1), 0, entry("opening"));
        doubts(&[first, at(to, fact((2, 1), minutes, entry(activity)))])
    };
    assert_eq!(told(&way(119, "dalian", "visit")), [(Kind::ImpossibleTravel, None, 2)]);
    let found = &way(119, "dalian", "visit")[0];
    let sites: Vec<_> = found.traces.iter().map(|trace| trace.site.clone().unwrap()).collect();
    assert_eq!(sites, [slug("hall"), slug("dalian")]);
    assert_eq!(way(120, "dalian", "visit"), []);
    assert_eq!(told(&way(14, "jilin", "visit")), [(Kind::ImpossibleTravel, None, 2)], "usual");
    assert_eq!(way(15, "jilin", "visit"), []);
    assert_eq!(way(0, "hotel", "gala"), [], "next door");
    assert_eq!(way(0, "hall", "gala"), [], "one site");
}

#[test]
fn a_clock_that_proves_nothing_accuses_nobody() {
    let told = |change: fn(&mut Moment)| {
        let mut second = fact((2, 1), 119, entry("visit"));
        change(&mut second.moment);
        doubts(&[fact((1, 1), 0, entry("opening")), second]).len()
    };
    assert_eq!(told(|_| {}), 1);
    assert_eq!(told(|moment| moment.confidence = Confidence::Unknown), 0);
    assert_eq!(told(|moment| moment.confidence = Confidence::Drifted), 1, "for a moment");
    assert_eq!(told(|moment| moment.offset_age_ms = Some(24 * 3_600_000)), 0, "for a day");
    assert_eq!(told(|moment| moment.offset_age_ms = None), 0, "set since");
    assert_eq!(told(|moment| moment.offset_ms = Some(60_000)), 0, "it was a minute slow");
    assert_eq!(told(|moment| moment.wall = moment.wall.plus(60_000)), 0);
    let slow_and_told = |moment: &mut Moment| {
        (moment.wall, moment.offset_ms) = (moment.wall.plus(-300_000), Some(300_000));
    };
    assert_eq!(told(slow_and_told), 1);
}

#[test]
fn an_entry_with_a_pass_that_is_revoked_now_is_told_so_as_far_as_facts_know() {
    let invited = fact((1, 1), 0, entry_with("opening", Mode::Once, PassKind::Invitation));
    let late = |facts: &[Fact], revoked: &[Serial]| {
        told(&doubts_of(facts, &listed(), revoked)).first().map(|(kind, because, _)| {
            assert_eq!(*kind, Kind::AfterRevocation);
            because.unwrap()
        })
    };
    assert_eq!(late(std::slice::from_ref(&invited), &[]), None);
    assert_eq!(late(std::slice::from_ref(&invited), &[INVITATION]), Some(Reason::Revoked));
    assert_eq!(late(&[invited], &[BADGE]), None, "the other pass was shown");
    let badge = fact((1, 1), 0, entry("opening"));
    assert_eq!(late(std::slice::from_ref(&badge), &[BADGE]), Some(Reason::Revoked));
    // The blank that came instead may have been what was shown, if it was bound by then.
    let bound = |minute| fact((2, 1), minute, What::Bound { serials: vec![BLANK] });
    assert_eq!(late(&[badge.clone(), bound(-5)], &[BADGE]), None);
    assert_eq!(late(&[badge.clone(), bound(5)], &[BADGE]), Some(Reason::Revoked));
    let replaced = fact((2, 2), -5, What::Replaced { serials: vec![BADGE], why: slug("lost") });
    assert_eq!(late(&[badge.clone(), bound(-5), replaced.clone()], &[]), None);
    assert_eq!(late(&[badge, replaced], &[]), Some(Reason::Replaced), "none was left");
}

#[test]
fn an_entry_of_somebody_who_does_not_come_any_more_is_doubtful_unless_a_steward_ordered_it() {
    let Listed::Yes(row) = listed() else { panic!() };
    let cancelled = Listed::Yes(Row { status: Status::Cancelled, ..row });
    let came = fact((1, 1), 0, entry("opening"));
    let found = doubts_of(std::slice::from_ref(&came), &cancelled, &[]);
    assert_eq!(told(&found), [(Kind::AfterRevocation, Some(Reason::Cancelled), 1)]);
    let settled = settle((3, 1), &found[0]);
    assert_eq!(doubts_of(&[came.clone(), settled], &cancelled, &[]), []);
    let What::Admitted(admission) = entry("opening") else { panic!() };
    let ordered = |reason: &str| What::Overridden {
        admission: admission.clone(),
        reason: reason.to_owned(),
        why: slug("protocol"),
    };
    assert_eq!(doubts_of(&[fact((1, 1), 0, ordered("revoked"))], &cancelled, &[BADGE]), []);
    // Who was vouched for is let in by the next station without a word.
    let vouched = [fact((1, 1), 0, ordered("cancelled")), fact((1, 2), 9, entry("opening"))];
    assert_eq!(told(&doubts_of(&vouched, &cancelled, &[])), [(Kind::DoubleEntry, None, 2)]);
    let other = Fact { subject: Some(OTA), ..fact((2, 1), 5, What::Substituted { other: LIN }) };
    let late = fact((1, 2), 9, entry("visit"));
    let found = doubts(&[came, other, late.clone()]);
    let travel = (Kind::ImpossibleTravel, None, 2);
    let replaced = (Kind::AfterRevocation, Some(Reason::Replaced), 1);
    assert_eq!(told(&found), [replaced, travel]);
    assert_eq!(found[0].facts(), [late.id()], "and not the one before");
}

#[test]
fn somebody_whom_no_list_and_no_desk_knows_is_doubtful_where_there_is_a_list() {
    let came = [fact((1, 1), 0, entry("opening")), fact((1, 2), 5, entry("gala"))];
    assert_eq!(told(&doubts_of(&came, &Listed::No, &[])), [(Kind::UnknownPass, None, 2)]);
    assert_eq!(doubts_of(&came, &Listed::NoRoster, &[]), []);
    let what = What::WalkedIn { category: slug("press"), delegation: slug("guests") };
    let registered = fact((1, 3), -5, what);
    let known = [&came[..], std::slice::from_ref(&registered)].concat();
    assert_eq!(doubts_of(&known, &Listed::No, &[]), []);
    let undone = [&known[..], &[annul((1, 4), &registered)]].concat();
    let found = doubts_of(&undone, &Listed::No, &[]);
    assert_eq!(told(&found), [(Kind::UnknownPass, None, 2)]);
    let settled = [&undone[..], &[settle((1, 5), &found[0])]].concat();
    assert_eq!(doubts_of(&settled, &Listed::No, &[]), []);
    let more = [&settled[..], &[fact((1, 6), 7, entry("lounge"))]].concat();
    assert_eq!(told(&doubts_of(&more, &Listed::No, &[])), [(Kind::UnknownPass, None, 1)]);
}

#[test]
fn with_a_test_pass_everything_may_be_tried() {
    let Listed::Yes(row) = listed() else { panic!() };
    let tester = Listed::Yes(Row { test: true, status: Status::Cancelled, ..row });
    let two = [fact((1, 1), 0, entry("opening")), fact((2, 1), 0, entry("visit"))];
    assert_eq!(doubts_of(&two, &tester, &[BADGE]), []);
}

#[test]
fn of_a_room_that_is_too_full_those_who_came_last_are_named() {
    let room = Activity { capacity: Some(2), ..activity("opening", "hall") };
    let mark = |number: u8| {
        let one = fact((number, 1), i64::from(number), entry("opening"));
        Mark { hybrid: one.moment.hybrid, fact: one.id(), at: one.moment.wall }
    };
    let inside = |count: u8| (1..=count).rev().map(|n| (mark(n), AttendeeId([n; 16]))).collect();
    let find = |count: u8, settled: &BTreeSet<FactId>, seated: &[u8]| {
        let has_place =
            |_: Mark, whom: AttendeeId| Ok::<_, Infallible>(seated.contains(&whom.0[0]));
        let slot = (&room, Slot::default());
        let doubt = over_capacity(slot, inside(count), settled, has_place).unwrap();
        doubt.map(|doubt| {
            assert_eq!((doubt.kind, doubt.attendee), (Kind::OverCapacity, None));
            doubt.traces.iter().map(|trace| trace.attendee.0[0]).collect::<Vec<_>>()
        })
    };
    let nothing = BTreeSet::new();
    assert_eq!(find(2, &nothing, &[]), None);
    assert_eq!(find(4, &nothing, &[]), Some(vec![3, 4]));
    assert_eq!(find(4, &nothing, &[3]), Some(vec![4]), "who has a seat has a place");
    assert_eq!(find(4, &[mark(3).fact, mark(4).fact].into(), &[]), None);
    assert_eq!(find(5, &[mark(3).fact, mark(4).fact].into(), &[]), Some(vec![5]));
    assert_eq!(find(200, &nothing, &[]).unwrap().len(), MOST_LISTED, "as many as can be settled");
    let any = Activity { capacity: None, ..room.clone() };
    let free = over_capacity((&any, Slot::default()), inside(9), &nothing, |_, _| {
        Ok::<_, Infallible>(false)
    });
    assert_eq!(free.unwrap(), None);
}

#[test]
fn a_settlement_about_several_people_is_filed_under_nobody() {
    let about = vec![fact((1, 1), 0, entry("opening")).id()];
    let code = Kind::OverCapacity.code().to_owned();
    let what = What::Settled { doubt: code.clone(), about: about.clone(), outcome: slug("stood") };
    let settlement = Fact { subject: None, ..fact((1, 2), 9, what) };
    let dossier = fold(NOBODY, [&settlement]);
    assert_eq!(dossier.settled.get(&code), Some(&about.into_iter().collect()));
    let undone = Fact { subject: None, ..annul((1, 3), &settlement) };
    assert_eq!(fold(NOBODY, [&settlement, &undone]), Dossier::default());
}

#[test]
fn kinds_have_codes_of_their_own_and_programs_read_them() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
    }
}

/// What happens at random to Lin, so that every kind of doubt comes up and is settled.
fn something(chance: &mut Chance, before: &[Fact]) -> What {
    let activity = ["opening", "gala", "visit", "lounge"][chance.below(4)];
    let earlier = |chance: &mut Chance| before.get(chance.below(before.len())).map(Fact::id);
    match chance.below(12) {
        0..=5 => entry(activity),
        6 => entry_with("opening", Mode::Once, PassKind::Invitation),
        7 => What::Replaced { serials: vec![BADGE], why: slug("lost") },
        8 => What::Bound { serials: vec![BLANK] },
        9 => match earlier(chance) {
            Some(fact) => What::Annulled { fact, why: slug("mistake"), other: None },
            None => What::Corrected,
        },
        10 => What::WalkedIn { category: slug("press"), delegation: slug("guests") },
        _ => {
            let doubt = Kind::ALL[chance.below(5)].code().to_owned();
            let about: Vec<FactId> = (0..4).filter_map(|_| earlier(chance)).collect();
            if about.is_empty() {
                return What::Corrected;
            }
            What::Settled { doubt, about, outcome: slug("same-person") }
        }
    }
}

#[test]
fn every_order_of_the_facts_raises_the_same_doubts() {
    let Listed::Yes(row) = listed() else { panic!() };
    let cancelled = Listed::Yes(Row { status: Status::Cancelled, ..row });
    let mut kinds = BTreeSet::new();
    for seed in 0x5EED_0500..0x5EED_0580u64 {
        println!("seed {seed:#x}");
        let mut chance = Chance::new(seed);
        let mut facts: Vec<Fact> = Vec::new();
        for step in 0..1 + chance.below(24) {
            let what = something(&mut chance, &facts);
            let place = (step as u8 % 3, step as u64 / 3 + 1);
            facts.push(fact(place, chance.below(30) as i64, what));
        }
        for listed in [&listed(), &cancelled, &Listed::No] {
            let expected = doubts_of(&facts, listed, &[INVITATION]);
            kinds.extend(expected.iter().map(|doubt| (doubt.kind, doubt.because)));
            for _ in 0..4 {
                let mut mixed = facts.clone();
                mixed.extend_from_within(..chance.below(facts.len() + 1));
                for end in (1..mixed.len()).rev() {
                    mixed.swap(end, chance.below(end + 1));
                }
                assert_eq!(doubts_of(&mixed, listed, &[INVITATION]), expected);
            }
            for doubt in &expected {
                let with = [&facts[..], &[settle((9, 1), doubt)]].concat();
                assert!(!doubts_of(&with, listed, &[INVITATION]).contains(doubt));
            }
        }
    }
    assert_eq!(kinds.len(), 6, "all of them came up: {kinds:?}");
}
