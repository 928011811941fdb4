//! The fold is a function of the set of facts, and what it says of single stories.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use super::*;
use crate::chance::Chance;
use crate::fact::{Admission, Confidence, Moment, NO_PREVIOUS};
use crate::fixture::slug;
use crate::id::{LogId, Seq};
use crate::pass::PassKind;

const LIN: AttendeeId = AttendeeId([1; 16]);
const OTA: AttendeeId = AttendeeId([2; 16]);
const KIM: AttendeeId = AttendeeId([3; 16]);
const PEOPLE: [AttendeeId; 4] = [LIN, OTA, KIM, NOBODY];
const MORNING: Millis = Millis(1_695_691_260_000);
const TODAY: Day = Day(19_626);

fn visit(activity: &str, mode: Mode, leg: u8) -> Visit {
    Visit { activity: slug(activity), day: TODAY, mode, leg }
}

fn enter(visit: Visit, again: Option<FactId>) -> What {
    What::Admitted(Admission { visit, pass: Some(PassKind::Badge), again })
}

fn opening() -> What {
    enter(visit("opening", Mode::Once, 0), None)
}

fn hall() -> Visit {
    visit("hall", Mode::Reentry, 0)
}

fn serial(number: usize) -> Serial {
    Serial([u8::try_from(number).unwrap(); 16])
}

/// A fact of station `log`, its `seq`-th, at `minute`, in earnest.
fn fact(place: (u8, u64), minute: i64, who: AttendeeId, what: What) -> Fact {
    written(place, minute, who, Body { rehearsal: false, what })
}

fn written((log, seq): (u8, u64), minute: i64, who: AttendeeId, body: Body) -> Fact {
    let wall = MORNING.plus(minute * 60_000);
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
        subject: (who != NOBODY).then_some(who),
        body: body.bytes(),
        attachment: Some([u8::try_from(seq % 251).unwrap(); 32]),
    }
}

/// The annulment of `fact`, as a desk writes it: last of all, by a station of its own.
fn annulment(of: &Fact, seq: u64) -> Fact {
    let other = match Body::of(of).what {
        What::Substituted { other } => Some(other),
        _ => None,
    };
    let what = What::Annulled { fact: of.id(), why: slug("mistake"), other };
    fact((9, seq), 1_000, of.subject.unwrap_or(NOBODY), what)
}

/// The facts of one story, real ones: four stations, three people, every kind.
fn story(chance: &mut Chance, length: usize) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for at in 0..length {
        let who = PEOPLE[chance.below(3)];
        let what = something(chance, &facts, who);
        let who = if matches!(what, What::Departed { .. }) { NOBODY } else { who };
        // Few minutes, so that many clocks are equal.
        let place = (at as u8 % 4, at as u64 / 4 + 1);
        let minute = chance.below(5) as i64;
        facts.push(fact(place, minute, who, what));
    }
    facts
}

fn something(chance: &mut Chance, before: &[Fact], who: AttendeeId) -> What {
    let mode = [Mode::Once, Mode::Daily, Mode::Reentry, Mode::Board][chance.below(4)];
    let activity = ["opening", "forum", "hall", "visit"][mode as usize];
    let leg = if mode == Mode::Board { chance.below(3) as u8 } else { 0 };
    let day = Day(TODAY.0 + chance.below(2) as u32);
    let visit = Visit { day, ..visit(activity, mode, leg) };
    let earlier = |chance: &mut Chance| before.get(chance.below(before.len())).map(Fact::id);
    let other = PEOPLE[chance.below(3)];
    let why = slug("why");
    match chance.below(22) {
        0..=3 => enter(visit, None),
        4 => enter(visit, earlier(chance)),
        5..=6 => {
            let closes = (0..chance.below(6)).filter_map(|_| earlier(chance)).collect();
            What::Left { visit, closes }
        }
        7 => match before.iter().find(|fact| fact.subject == Some(who)) {
            Some(mine) => {
                let other = Some(other).filter(|_| chance.below(2) == 0);
                What::Annulled { fact: mine.id(), why, other }
            }
            None => What::Corrected,
        },
        8 => {
            let admission = Admission { visit, pass: None, again: None };
            What::Overridden { admission, reason: "full".to_owned(), why }
        }
        9 => What::Collected { proxy: chance.below(2) == 0, by: Some(other) },
        10 => What::Bound { serials: vec![serial(chance.below(4))] },
        11 => What::Replaced { serials: vec![serial(chance.below(4))], why },
        12 => What::Substituted { other },
        13 => What::WalkedIn { category: slug("press"), delegation: slug("guests") },
        14 => match chance.below(2) {
            0 => What::Accompanied { principal: other },
            _ => What::Corrected,
        },
        15 => What::MadeUp { visit, real: MORNING.plus(chance.below(9) as i64 * 60_000), why },
        16 => {
            let states = [TripState::Excused, TripState::OwnWay, TripState::LeftEarly];
            let moved = TripState::Moved(chance.below(3).to_string());
            let state = states.get(chance.below(4)).cloned().unwrap_or(moved);
            What::Noted { visit, state }
        }
        17 => {
            let about = (0..chance.below(4)).filter_map(|_| earlier(chance)).collect();
            What::Settled { doubt: "double_entry".to_owned(), about, outcome: why }
        }
        20 => match earlier(chance) {
            Some(of) => What::Unprinted { of },
            None => What::Corrected,
        },
        18 => match earlier(chance) {
            Some(of) => What::Ordered { of, why },
            None => What::Corrected,
        },
        19 => match earlier(chance) {
            Some(of) => What::Printed { of },
            None => What::Corrected,
        },
        _ => {
            let bus = chance.below(2).to_string();
            What::Departed { visit, bus, heads: chance.below(50) as u32 }
        }
    }
}

fn dossiers<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> [Dossier; 4] {
    let facts: Vec<&Fact> = facts.into_iter().collect();
    PEOPLE.map(|whom| fold(whom, facts.iter().copied()))
}

fn shuffled(facts: &[Fact], chance: &mut Chance) -> Vec<Fact> {
    let mut facts = facts.to_vec();
    for end in (1..facts.len()).rev() {
        facts.swap(end, chance.below(end + 1));
    }
    facts
}

/// Runs `check` on many stories and tells the seed of the one that fails.
fn in_many_stories(seed: u64, stories: u64, check: impl Fn(&mut Chance, Vec<Fact>)) {
    for number in 0..stories {
        println!("seed {:#x}", seed + number);
        let mut chance = Chance::new(seed + number);
        let length = 1 + chance.below(80);
        let facts = story(&mut chance, length);
        check(&mut chance, facts);
    }
}

#[test]
fn every_order_of_the_facts_even_with_some_twice_says_the_same() {
    in_many_stories(0x5EED_0100, 150, |chance, facts| {
        let expected = dossiers(&facts);
        for _ in 0..8 {
            let mut mixed = shuffled(&facts, chance);
            mixed.extend_from_within(..chance.below(mixed.len() + 1));
            assert_eq!(dossiers(&shuffled(&mixed, chance)), expected);
        }
    });
}

#[test]
fn an_annulled_fact_of_any_kind_leaves_no_trace() {
    let kinds = std::cell::RefCell::new(BTreeSet::new());
    in_many_stories(0x5EED_0200, 220, |chance, facts| {
        let undone = &facts[chance.below(facts.len())];
        if matches!(Body::of(undone).what, What::Annulled { .. }) {
            return;
        }
        kinds.borrow_mut().insert(undone.kind);
        let without = facts.iter().filter(|fact| fact.id() != undone.id());
        let annulment = annulment(undone, 1);
        let with = facts.iter().chain([&annulment]);
        assert_eq!(dossiers(with), dossiers(without), "{undone:?}");
    });
    let every = BTreeSet::from([1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    assert_eq!(kinds.into_inner(), every, "every kind that the fold looks at");
}

#[test]
fn an_annulment_of_an_annulment_has_no_effect() {
    in_many_stories(0x5EED_0300, 100, |chance, facts| {
        let first = annulment(&facts[chance.below(facts.len())], 1);
        let (second, third) = (annulment(&first, 2), annulment(&first, 3));
        let once = dossiers(facts.iter().chain([&first]));
        assert_eq!(dossiers(facts.iter().chain([&first, &second, &third])), once);
    });
}

#[test]
fn two_annulments_of_each_other_change_nothing() {
    let ids = [1, 2].map(|seq| FactId { log: LogId([1; 24]), seq: Seq(seq) });
    let undo = |seq, fact| {
        let what = What::Annulled { fact, why: slug("why"), other: None };
        self::fact((1, seq), 0, LIN, what)
    };
    let (one, two) = (undo(1, ids[1]), undo(2, ids[0]));
    assert_eq!(fold(LIN, [&one, &two]), Dossier::default());
}

/// Who is inside, told in the plainest way: an admission that nobody undid and no exit names.
fn is_inside(facts: &[Fact], whom: AttendeeId, activity: &Slug, slot: Slot) -> bool {
    let mine: Vec<(&Fact, What)> = facts
        .iter()
        .filter(|fact| fact.subject == Some(whom))
        .map(|fact| (fact, Body::of(fact).what))
        .collect();
    let holds = |fact: &Fact| {
        !mine.iter().any(
            |(_, what)| matches!(what, What::Annulled { fact: undone, .. } if *undone == fact.id()),
        )
    };
    let went_out = |entry: &Fact| {
        mine.iter().any(|(exit, what)| {
            matches!(what, What::Left { closes, .. } if closes.contains(&entry.id())) && holds(exit)
        })
    };
    let part = |visit: &Visit| visit.activity == *activity && visit.slot() == slot;
    mine.iter().any(|(entry, what)| {
        let came = match what {
            What::Admitted(admission) | What::Overridden { admission, .. } => {
                admission.again.is_none() && part(&admission.visit)
            }
            What::MadeUp { visit, .. } => visit.mode != Mode::Reentry && part(visit),
            _ => false,
        };
        came && holds(entry) && !went_out(entry)
    })
}

#[test]
fn nobody_is_inside_twice_and_every_exit_counts_whatever_came_first() {
    in_many_stories(0x5EED_0400, 300, |chance, facts| {
        let dossiers = dossiers(&shuffled(&facts, chance));
        let mut occupancy: BTreeMap<(&Slug, Slot), usize> = BTreeMap::new();
        for (whom, dossier) in PEOPLE.into_iter().zip(&dossiers) {
            for (activity, slots) in &dossier.presences {
                for (slot, presence) in slots {
                    let inside = is_inside(&facts, whom, activity, *slot);
                    assert_eq!(presence.is_inside(), inside, "{whom:?} at {activity} {slot:?}");
                    *occupancy.entry((activity, *slot)).or_default() += usize::from(inside);
                }
            }
        }
        for ((activity, slot), inside) in occupancy {
            let people = [LIN, OTA, KIM];
            let expected =
                people.iter().filter(|whom| is_inside(&facts, **whom, activity, slot)).count();
            assert_eq!(inside, expected);
        }
        assert!(dossiers[3].presences.is_empty(), "nobody is nowhere");
    });
}

#[test]
fn a_rehearsal_and_the_real_thing_never_mix() {
    in_many_stories(0x5EED_0500, 60, |chance, facts| {
        // The same places in other logs, rehearsed; their annulments and exits name real facts.
        let rehearsed: Vec<Fact> = story(chance, 60)
            .into_iter()
            .map(|fact| {
                let body = Body { rehearsal: true, ..Body::of(&fact) };
                let log = LogId([fact.log.0[0] + 100; 24]);
                Fact { log, body: body.bytes(), ..fact }
            })
            .collect();
        let mixed: Vec<Fact> = facts.iter().chain(&rehearsed).cloned().collect();
        // A ledger files each fact by this flag before it folds.
        let filed = |rehearsal| {
            let all = mixed.iter().filter(move |fact| Body::of(fact).rehearsal == rehearsal);
            dossiers(all)
        };
        assert_eq!(filed(false), dossiers(&facts));
        assert_eq!(filed(true), dossiers(&rehearsed));
    });
}

#[test]
fn hostile_facts_neither_panic_nor_hang_nor_depend_on_their_order() {
    in_many_stories(0x5EED_0600, 150, |chance, mut facts| {
        for fact in &mut facts {
            match chance.below(6) {
                0 => fact.kind = chance.below(20) as u16,
                1 => fact.subject = [None, Some(NOBODY), Some(KIM)][chance.below(3)],
                2 => fact.moment.hybrid = Hybrid([0, u64::MAX][chance.below(2)]),
                3 => fact.moment.wall = Millis([i64::MIN, i64::MAX][chance.below(2)]),
                4 => fact.body.truncate(chance.below(fact.body.len() + 1)),
                _ => {
                    let place = chance.below(fact.body.len());
                    fact.body[place] = chance.below(256) as u8;
                }
            }
        }
        let expected = dossiers(&facts);
        assert_eq!(dossiers(&shuffled(&facts, chance)), expected);
        let kept = minicbor::to_vec(&expected[0]).unwrap();
        assert_eq!(minicbor::decode::<Dossier>(&kept).unwrap(), expected[0]);
    });
}

#[test]
fn a_dossier_is_kept_as_it_is() {
    in_many_stories(0x5EED_0700, 50, |_, facts| {
        for dossier in dossiers(&facts) {
            let bytes = minicbor::to_vec(&dossier).unwrap();
            assert_eq!(minicbor::decode::<Dossier>(&bytes).unwrap(), dossier);
        }
    });
}

/// Lin's presence at one part.
fn presence(facts: &[&Fact], visit: &Visit) -> Option<Presence> {
    fold(LIN, facts.iter().copied()).presence(&visit.activity, visit.slot()).cloned()
}

#[test]
fn the_earliest_admission_is_the_entry_and_the_others_are_repeats() {
    let visit = visit("opening", Mode::Once, 0);
    let (early, late) = (fact((1, 1), 0, LIN, opening()), fact((2, 1), 5, LIN, opening()));
    for order in [[&early, &late], [&late, &early]] {
        let presence = presence(&order, &visit).unwrap();
        assert_eq!((presence.entry.fact, presence.entry.at), (early.id(), early.moment.wall));
        assert_eq!((presence.open.len(), presence.repeats), (2, 1));
    }
}

#[test]
fn equal_clocks_are_told_apart_by_log_and_then_by_place() {
    let visit = visit("opening", Mode::Once, 0);
    let entry = |facts: [&Fact; 2]| presence(&facts, &visit).unwrap().entry.fact;
    let (one, two) = (fact((1, 9), 0, LIN, opening()), fact((2, 1), 0, LIN, opening()));
    assert_eq!(entry([&two, &one]), one.id(), "the lesser log");
    let (first, second) = (fact((1, 1), 0, LIN, opening()), fact((1, 2), 0, LIN, opening()));
    assert_eq!(entry([&second, &first]), first.id(), "the lesser place");
}

#[test]
fn the_shown_time_is_the_clock_of_the_station_that_counts() {
    let mut slow = fact((1, 1), 0, LIN, opening());
    slow.moment.wall = slow.moment.wall.plus(-3_600_000);
    let presence = presence(&[&slow], &visit("opening", Mode::Once, 0)).unwrap();
    assert_eq!((presence.entry.at, presence.repeats), (slow.moment.wall, 0));
}

#[test]
fn coming_back_is_no_repeat_and_shows_the_time_of_coming_back() {
    let first = fact((1, 1), 0, LIN, enter(hall(), None));
    let out = fact((2, 1), 10, LIN, What::Left { visit: hall(), closes: vec![first.id()] });
    let back = fact((1, 2), 20, LIN, enter(hall(), None));
    let outside = presence(&[&out, &first], &hall()).unwrap();
    assert!(!outside.is_inside());
    let inside = presence(&[&back, &out, &first], &hall()).unwrap();
    assert_eq!(inside.open.iter().map(|mark| mark.fact).collect::<Vec<_>>(), [back.id()]);
    assert_eq!((inside.entry.fact, inside.repeats), (first.id(), 0));
}

#[test]
fn an_exit_closes_what_it_names_even_after_midnight_and_nothing_else() {
    let forum = visit("forum", Mode::Daily, 0);
    let one = fact((1, 1), 0, LIN, enter(forum.clone(), None));
    let tomorrow = Visit { day: Day(TODAY.0 + 1), ..forum.clone() };
    let leaves = |closes| fact((2, 1), 900, LIN, What::Left { visit: tomorrow.clone(), closes });
    assert!(presence(&[&leaves(Vec::new()), &one], &forum).unwrap().is_inside());
    assert!(!presence(&[&leaves(vec![one.id()]), &one], &forum).unwrap().is_inside());
    let hers = What::Left { visit: forum.clone(), closes: vec![one.id()] };
    let another = fact((2, 2), 900, OTA, hers);
    assert!(presence(&[&another, &one], &forum).unwrap().is_inside(), "somebody else's exit");
}

#[test]
fn a_second_scan_counts_nothing_and_is_no_arrival() {
    let first = fact((1, 1), 0, LIN, opening());
    let again = enter(visit("opening", Mode::Once, 0), Some(first.id()));
    let again = fact((1, 2), 5, LIN, again);
    assert_eq!(fold(LIN, [&first, &again]), fold(LIN, [&first]));
    assert_eq!(fold(LIN, [&again]), Dossier::default());
}

#[test]
fn a_make_up_shows_the_real_time_and_is_no_double_entry() {
    let visit = visit("opening", Mode::Once, 0);
    let scanned = fact((1, 1), 30, LIN, opening());
    let real = MORNING.plus(5 * 60_000);
    let made_up = What::MadeUp { visit: visit.clone(), real, why: slug("scanner-broken") };
    let made_up = fact((2, 1), 60, LIN, made_up);
    let dossier = fold(LIN, [&made_up, &scanned]);
    let presence = dossier.presence(&visit.activity, visit.slot()).unwrap();
    assert_eq!((presence.entry.at, presence.entry.fact), (real, made_up.id()));
    assert_eq!(presence.repeats, 0);
    assert_eq!(dossier.arrived.unwrap().at, real, "so the person had arrived by then");
}

#[test]
fn who_was_made_up_where_people_come_and_go_is_not_inside() {
    let what = What::MadeUp { visit: hall(), real: MORNING, why: slug("why") };
    let presence = presence(&[&fact((1, 1), 60, LIN, what)], &hall()).unwrap();
    assert!(!presence.is_inside());
}

#[test]
fn a_badge_in_hand_is_no_arrival() {
    let collected = fact((1, 1), 0, LIN, What::Collected { proxy: true, by: Some(OTA) });
    let dossier = fold(LIN, [&collected]);
    assert_eq!(dossier.arrived, None);
    assert_eq!(dossier.collected.unwrap().fact, collected.id());
    assert_eq!(fold(OTA, [&collected]), Dossier::default(), "nor does the messenger arrive");
}

#[test]
fn refusals_later_kinds_and_facts_without_their_subject_change_nothing() {
    let visit = visit("opening", Mode::Once, 0);
    let refused = What::Refused { visit, pass: PassKind::Badge, reason: "full".to_owned() };
    let good = fact((1, 2), 0, LIN, opening());
    let later = Fact { kind: 4_711, ..good.clone() };
    let broken = Fact { body: [good.body.as_slice(), &[0]].concat(), ..good.clone() };
    let unnamed = Fact { subject: None, ..good.clone() };
    let nobodys = Fact { subject: Some(NOBODY), ..good };
    for fact in [fact((1, 1), 0, LIN, refused), later, broken, unnamed, nobodys] {
        assert_eq!(concerns(&fact, &Body::of(&fact)), []);
        assert_eq!(dossiers([&fact]), dossiers([]));
    }
}

#[test]
fn only_an_annulment_about_the_same_person_holds() {
    let entry = fact((1, 1), 0, LIN, opening());
    let undo = What::Annulled { fact: entry.id(), why: slug("why"), other: Some(LIN) };
    let foreign = fact((2, 1), 5, OTA, undo);
    assert_eq!(fold(LIN, [&entry, &foreign]), fold(LIN, [&entry]));
}

#[test]
fn the_last_word_says_who_comes_instead_of_whom() {
    let comes = |seq, minute, who, other| fact((1, seq), minute, who, What::Substituted { other });
    let (first, second) = (comes(1, 0, OTA, LIN), comes(2, 1, KIM, LIN));
    let [lin, ota, kim, _] = dossiers([&second, &first]);
    assert_eq!(lin.substitute, Some(KIM));
    assert_eq!((ota.stands_in_for, kim.stands_in_for), (Some(LIN), Some(LIN)));
    let back = comes(3, 2, LIN, KIM);
    let [lin, _, kim, _] = dossiers([&back, &second, &first]);
    assert_eq!((lin.substitute, lin.stands_in_for), (None, Some(KIM)), "Lin comes after all");
    assert_eq!(kim.substitute, Some(LIN));
    let herself = comes(1, 0, LIN, LIN);
    assert_eq!(fold(LIN, [&herself]), Dossier::default());
}

#[test]
fn passes_that_were_bound_and_replaced_are_all_remembered() {
    let bound = |seq, number| {
        fact((1, seq), seq as i64, LIN, What::Bound { serials: vec![serial(number)] })
    };
    let lost = What::Replaced { serials: vec![serial(7), serial(1)], why: slug("lost") };
    let dossier = fold(LIN, [&bound(2, 2), &fact((1, 3), 9, LIN, lost), &bound(1, 1)]);
    assert_eq!(dossier.bound, [serial(2), serial(1)], "the last bound first");
    assert_eq!(dossier.replaced, BTreeSet::from([serial(1), serial(7)]));
}

#[test]
fn the_last_correction_holds_and_the_first_registration() {
    let (category, delegation) = (slug("press"), slug("guests"));
    let walked_in = fact((1, 1), 0, LIN, What::WalkedIn { category, delegation });
    let corrected = fact((1, 2), 1, LIN, What::Corrected);
    let other = What::WalkedIn { category: slug("staff"), delegation: slug("hosts") };
    let dossier = fold(LIN, [&corrected, &fact((1, 3), 2, LIN, other), &walked_in]);
    assert_eq!(dossier.walked_in, Some((slug("press"), slug("guests"))));
    assert_eq!(dossier.particulars, corrected.attachment);
}

#[test]
fn whoever_boards_is_on_the_trip_and_a_move_stays() {
    let trip = |leg| visit("visit", Mode::Board, leg);
    let note =
        |seq, minute, state| fact((1, seq), minute, LIN, What::Noted { visit: trip(0), state });
    let state = |facts: &[&Fact]| {
        let dossier = fold(LIN, facts.iter().copied());
        dossier.trips.get(&slug("visit")).and_then(|days| days.get(&TODAY.0)).cloned()
    };
    let early = note(1, 10, TripState::LeftEarly);
    let moved = note(2, 10, TripState::Moved("2".to_owned()));
    let boards = fact((2, 1), 20, LIN, enter(trip(1), None));
    let boarded_before = fact((2, 2), 5, LIN, enter(trip(0), None));
    assert_eq!(state(&[&early, &boarded_before]), Some(TripState::LeftEarly));
    assert_eq!(state(&[&early, &boarded_before, &boards]), None);
    assert_eq!(state(&[&moved, &boards]), Some(TripState::Moved("2".to_owned())));
    let elsewhere = fact((2, 3), 20, LIN, opening());
    assert_eq!(state(&[&early, &elsewhere]), Some(TripState::LeftEarly));
}

#[test]
fn a_bus_boards_the_leg_after_the_last_that_departed() {
    let departs = |seq, leg, bus: &str, heads| {
        let visit = visit("visit", Mode::Board, leg);
        fact((1, seq), seq as i64, NOBODY, What::Departed { visit, bus: bus.to_owned(), heads })
    };
    let (first, twice) = (departs(1, 0, "1", 41), departs(2, 0, "1", 39));
    let nobody = fold(NOBODY, [&twice, &first]);
    let leg = |dossier: &Dossier, bus| dossier.leg(&slug("visit"), TODAY, bus);
    assert_eq!((leg(&nobody, "1"), leg(&nobody, "2")), (1, 0));
    assert_eq!(nobody.departures[&slug("visit")][&TODAY.0]["1"][&0].heads, 41, "the first count");
    let undone = annulment(&first, 1);
    let nobody = fold(NOBODY, [&twice, &first, &undone]);
    assert_eq!(nobody.departures[&slug("visit")][&TODAY.0]["1"][&0].heads, 39);
    let last = departs(3, u8::MAX, "1", 1);
    assert_eq!(leg(&fold(NOBODY, [&last]), "1"), u8::MAX, "no wrapping round");
}
