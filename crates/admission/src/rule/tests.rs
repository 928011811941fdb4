//! The rule book, and what holds for every case whatsoever.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use jiff::tz::TimeZone;

use super::*;
use crate::chance::Chance;
use crate::fixture;
use crate::id::{LogId, Seq, Serial};
use crate::pass::{BLANK, Pass};
use crate::presence::Mark;
use crate::time::Hybrid;

mod book;

const HERE: ConventionId = ConventionId([0xC0; 16]);
const NEXT_DOOR: ConventionId = ConventionId([0xC1; 16]);
const LIN: AttendeeId = AttendeeId([1; 16]);

/// Shenyang keeps the time of Shanghai.
fn shenyang() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

/// An instant by the clock on the wall in Shenyang, September 2023.
fn september(day_and_time: &str) -> Millis {
    let text = format!("2023-09-{day_and_time}+08:00");
    Millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn activity(id: &str) -> Activity {
    Activity {
        starts: september("26T09:00:00"),
        ends: september("26T11:30:00"),
        doors_open: september("26T08:00:00"),
        doors_close: september("26T10:00:00"),
        ..fixture::activity(id, september("26T08:00:00"))
    }
}

/// Lin may enter, and nothing stands against her.
fn standing() -> Standing {
    Standing::of_newcomer(LIN, Entitled::Yes(Placing::default()))
}

fn mark(minute: i64, seq: u64) -> Mark {
    let at = september("26T08:00:00").plus(minute * 60_000);
    let fact = FactId { log: LogId([7; 24]), seq: Seq(seq) };
    Mark { hybrid: Hybrid(0).tick(at), fact, at }
}

/// Cases at random, each one change away from the one before.
struct Walk {
    chance: Chance,
    case: Case,
    standing: Standing,
    now: Millis,
}

impl Walk {
    fn new(seed: u64) -> Walk {
        println!("seed {seed:#x}");
        let pass = Pass::new(PassKind::Badge, Serial([5; 16]), 40, 0, (Day(19_625), 3)).unwrap();
        let case = Case {
            convention: HERE,
            activity: activity("opening"),
            today: Day(19_626),
            post: Post { staffed: true, direction: Direction::In, leg: 0, bus: String::new() },
            pass: Authentic { pass, convention: HERE },
            revoked: false,
            attendee: Some(standing()),
            occupancy: Occupancy { inside: 0, complete: true },
            list_age_ms: Some(0),
            clock_sure: true,
        };
        let now = september("26T09:00:00");
        Walk { chance: Chance::new(seed), case, standing: standing(), now }
    }

    fn coin(&mut self) -> bool {
        self.chance.below(2) == 0
    }

    /// Seldom true, so that most cases come far in the list of reasons.
    fn seldom(&mut self) -> bool {
        self.chance.below(12) == 0
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.chance.below(choices.len())].clone()
    }

    /// A moment at, just before or far from something that a rule looks at.
    fn moment(&mut self) -> Millis {
        let edge = self.pick(&["26T08:00:00", "26T08:30:00", "26T09:30:00", "26T10:00:00"]);
        let away = self.pick(&[0, 0, 1, -1, 600_000, -600_000]);
        match self.chance.below(100) {
            0 => Millis(i64::MIN),
            1 => Millis(i64::MAX),
            _ => september(edge).plus(away),
        }
    }

    fn step(&mut self) {
        match self.chance.below(4) {
            0 => self.change_pass(),
            1 => self.change_activity(),
            2 => self.change_standing(),
            _ => self.change_station(),
        }
        let is_unknown = self.seldom();
        self.case.attendee = (!is_unknown).then(|| self.standing.clone());
    }

    fn change_pass(&mut self) {
        let kind = self.pick(&[PassKind::Badge, PassKind::Badge, PassKind::Invitation]);
        let category = self.pick(&[40, 40, BLANK]);
        let first = Day(self.pick(&[19_625, 19_625, 19_626, 19_627]));
        let (revision, days) = (self.pick(&[0, 1, 23]), self.pick(&[1, 2, 3, 23]));
        let serial = Serial([self.pick(&[1, 2, 3]); 16]);
        self.case.pass.pass = Pass::new(kind, serial, category, revision, (first, days)).unwrap();
        self.case.pass.convention = if self.seldom() { NEXT_DOOR } else { HERE };
        self.case.revoked = self.seldom();
        self.now = self.moment();
        self.case.today = Day(self.pick(&[19_625, 19_626, 19_626, 19_627, 0, u32::MAX]));
    }

    fn change_activity(&mut self) {
        let mode = self.pick(&[Mode::Once, Mode::Daily, Mode::Reentry, Mode::Board]);
        let (open_to_all, wait_list) = (self.maybe_moment(), self.maybe_moment());
        self.case.activity = Activity {
            mode,
            open_to_all,
            wait_list,
            collects: self.chance.below(4) == 0,
            strict: self.coin(),
            capacity: self.pick(&[None, Some(0), Some(40), Some(u32::MAX)]),
            ..activity("opening")
        };
    }

    fn maybe_moment(&mut self) -> Option<Millis> {
        if self.coin() { Some(self.moment()) } else { None }
    }

    fn change_standing(&mut self) {
        let places = [("", ""), ("A12", ""), ("", "7"), ("", "")];
        let (seat, table) = self.pick(&places);
        let bus = self.pick(&["", "1", "2"]).to_owned();
        let placing = Placing { seat: seat.to_owned(), table: table.to_owned(), bus };
        let yes = Entitled::Yes(placing);
        let presence = self.presence();
        self.standing = Standing {
            id: LIN,
            status: if self.seldom() { Status::Cancelled } else { Status::Confirmed },
            entitled: self.pick(&[
                yes.clone(),
                yes,
                Entitled::Waiting,
                Entitled::No,
                Entitled::Excluded,
            ]),
            revision: self.pick(&[0, 0, 1, 23]),
            replaced: self.seldom(),
            disputed: self.seldom(),
            beyond: self.seldom(),
            test: self.seldom(),
            collected: self.coin(),
            presence,
            trip: self.pick(&[
                None,
                Some(TripState::Excused),
                Some(TripState::OwnWay),
                Some(TripState::LeftEarly),
                Some(TripState::Moved("2".to_owned())),
                Some(TripState::Moved(String::new())),
            ]),
            list_minutes: self.pick(&[None, Some(0), Some(60), Some(u32::MAX)]),
        };
    }

    fn presence(&mut self) -> Option<Presence> {
        let open = match self.chance.below(5) {
            0 => vec![mark(20, 2)],
            1 => vec![mark(20, 2), mark(30, 3)],
            2 => Vec::new(),
            _ => return None,
        };
        let vouched = self.chance.below(4) == 0;
        Some(Presence { entry: mark(10, 1), open, repeats: 0, vouched })
    }

    fn change_station(&mut self) {
        self.case.post = Post {
            staffed: self.coin(),
            direction: if self.chance.below(4) == 0 { Direction::Out } else { Direction::In },
            leg: self.pick(&[0, 1, u8::MAX]),
            bus: self.pick(&["", "1", "2"]).to_owned(),
        };
        let inside = self.pick(&[0, 39, 40, 41, u64::MAX]);
        self.case.occupancy = Occupancy { inside, complete: self.coin() };
        self.case.list_age_ms = self.pick(&[None, Some(0), Some(3_600_000), Some(3_600_001)]);
        self.case.clock_sure = !self.seldom();
    }
}

/// The rule book once more, as one list of all that stands against a case.
fn objections(case: &Case, now: Millis) -> Vec<Reason> {
    Reason::ALL.into_iter().filter(|reason| stands(*reason, case, now)).collect()
}

fn stands(reason: Reason, case: &Case, now: Millis) -> bool {
    let pass = &case.pass.pass;
    let Some(standing) = &case.attendee else {
        return match reason {
            Reason::WrongConvention => case.pass.convention != case.convention,
            Reason::Revoked => case.revoked,
            Reason::UnboundBlank => pass.category() == BLANK,
            other => other == Reason::UnknownAttendee,
        };
    };
    let goes_in = case.post.direction == Direction::In;
    let is_badge = pass.kind() == PassKind::Badge;
    let (been_in, inside) = match &standing.presence {
        Some(presence) if !standing.test => (true, !presence.open.is_empty()),
        _ => (false, false),
    };
    let lenient = case.post.staffed && !case.activity.strict;
    let again = inside && lenient;
    let returns = lenient || matches!(case.activity.mode, Mode::Reentry | Mode::Board);
    let vouched = standing.presence.as_ref().is_some_and(|presence| presence.vouched);
    let late = |reason| !standing.test && stands_by_the_clock(reason, case, standing, (now, again));
    match reason {
        Reason::NotOurs | Reason::NewerPass | Reason::UnknownKey | Reason::Forged => false,
        Reason::UnknownAttendee => false,
        Reason::WrongConvention => case.pass.convention != case.convention,
        Reason::Revoked => case.revoked,
        Reason::UnboundBlank => pass.category() == BLANK && standing.disputed,
        Reason::Replaced => {
            standing.replaced || (pass.category() != BLANK && pass.revision() < standing.revision)
        }
        Reason::NotIn => {
            let open = standing.presence.as_ref().is_some_and(|presence| !presence.open.is_empty());
            !goes_in && !open && !standing.test
        }
        _ if !goes_in => false,
        Reason::Cancelled => standing.status == Status::Cancelled && !vouched,
        Reason::NewerRecord => standing.beyond,
        Reason::BadgeAtRegistration => is_badge && case.activity.collects,
        Reason::InvitationAtDoor => !is_badge && !case.activity.collects && !again,
        Reason::WrongSite => {
            let bus = match (&standing.trip, &standing.entitled) {
                (Some(TripState::Moved(bus)), _) => bus.as_str(),
                (_, Entitled::Yes(placing)) => placing.bus.as_str(),
                _ => "",
            };
            !bus.is_empty() && !case.post.bus.is_empty() && bus != case.post.bus
        }
        Reason::AlreadyIn => been_in && if inside { !lenient } else { !returns },
        Reason::NotEntitled => match standing.entitled {
            Entitled::Yes(_) => false,
            _ if vouched => false,
            _ => late(reason) && (case.clock_sure || !may_ever_enter(case, standing)),
        },
        Reason::NotYet | Reason::Expired | Reason::DoorsNotOpen | Reason::DoorsClosed => {
            case.clock_sure && late(reason)
        }
        Reason::ClockUnsure => {
            let by_the_clock = [
                Reason::NotYet,
                Reason::Expired,
                Reason::NotEntitled,
                Reason::DoorsNotOpen,
                Reason::DoorsClosed,
            ];
            !case.clock_sure && by_the_clock.into_iter().any(late)
        }
        Reason::Full => {
            let has_a_place = matches!(&standing.entitled, Entitled::Yes(placing)
                if !placing.seat.is_empty() || !placing.table.is_empty());
            let room = case.activity.capacity.map(u64::from);
            !again
                && !standing.test
                && !has_a_place
                && room.is_some_and(|room| case.occupancy.inside >= room)
        }
        Reason::ListTooOld => {
            let limit = standing.list_minutes.map(|minutes| u64::from(minutes) * 60_000);
            !again && limit.is_some_and(|limit| case.list_age_ms.is_none_or(|age| age > limit))
        }
    }
}

fn may_ever_enter(case: &Case, standing: &Standing) -> bool {
    if standing.entitled == Entitled::Excluded {
        return false;
    }
    (case.activity.open_to_all.is_some() && !case.activity.collects)
        || (case.activity.wait_list.is_some() && standing.entitled == Entitled::Waiting)
}

/// What stands in the way by this clock, right or wrong.
fn stands_by_the_clock(
    reason: Reason,
    case: &Case,
    standing: &Standing,
    (now, again): (Millis, bool),
) -> bool {
    let is_due = |from: Option<Millis>| from.is_some_and(|from| from <= now);
    match reason {
        Reason::NotYet => case.today < case.pass.pass.first_day(),
        Reason::Expired => case.today >= case.pass.pass.end_day(),
        Reason::DoorsNotOpen => !again && now < case.activity.doors_open,
        Reason::DoorsClosed => !again && now >= case.activity.doors_close,
        Reason::NotEntitled => match standing.entitled {
            Entitled::Yes(_) => false,
            _ if standing.presence.as_ref().is_some_and(|presence| presence.vouched) => false,
            Entitled::Excluded => true,
            _ if is_due(case.activity.open_to_all) && !case.activity.collects => false,
            Entitled::Waiting => !is_due(case.activity.wait_list),
            Entitled::No => true,
        },
        _ => false,
    }
}

/// Steps of a walk: enough that every pair of neighbouring reasons is met many times.
const STEPS: usize = 300_000;

#[test]
fn whatever_the_case_the_first_objection_is_the_answer() {
    let mut walk = Walk::new(0x5EED_0021);
    let mut told = std::collections::BTreeMap::<Option<Reason>, u32>::new();
    for round in 0..STEPS {
        walk.step();
        let (case, now) = (&walk.case, walk.now);
        let expected = objections(case, now).first().copied();
        let reason = match decide(case, now) {
            Decision::Admit(_) => None,
            Decision::Refuse { reason, next } => {
                assert!(!reason.asks());
                let is_second = reason == Reason::AlreadyIn && case.activity.strict;
                let help = Instruction::GoToHelpDesk;
                assert_eq!(next, if is_second { help } else { reason.instruction() });
                Some(reason)
            }
            Decision::Ask { reason, attendee } => {
                assert!(reason.asks());
                assert_eq!(attendee, case.attendee.as_ref().map(|standing| standing.id));
                Some(reason)
            }
        };
        assert_eq!(reason, expected, "round {round}: {case:?} at {now:?}");
        *told.entry(reason).or_default() += 1;
    }
    println!("{told:?}");
    let from_reading = [Reason::NotOurs, Reason::NewerPass, Reason::UnknownKey, Reason::Forged];
    for reason in Reason::ALL {
        let times = told.get(&Some(reason)).copied().unwrap_or_default();
        assert_eq!(times == 0, from_reading.contains(&reason), "{reason:?}: {times} times");
    }
}

#[test]
fn whoever_is_let_in_goes_in_once_and_whoever_goes_out_was_in() {
    let mut walk = Walk::new(0x5EED_0022);
    for round in 0..STEPS {
        walk.step();
        let Decision::Admit(pleased) = decide(&walk.case, walk.now) else { continue };
        let (case, standing) = (&walk.case, walk.case.attendee.as_ref().unwrap());
        let open = standing.presence.as_ref().map_or(&[][..], |presence| &presence.open);
        let told = format!("round {round}: {pleased:?} of {case:?}");
        match &pleased.act {
            Act::Enter => assert!(open.is_empty() || standing.test, "{told}"),
            Act::Again(fact, at) => assert_eq!((open[0].fact, open[0].at), (*fact, *at), "{told}"),
            Act::Leave(closes) => {
                assert!(open.iter().map(|mark| &mark.fact).eq(closes), "{told}");
            }
        }
        let enters = pleased.act == Act::Enter;
        assert_eq!(pleased.act.is_leave(), case.post.direction == Direction::Out, "{told}");
        assert!(!pleased.collects || (enters && !standing.collected), "no second badge: {told}");
        let unheard = case.activity.capacity.is_some() && !case.occupancy.complete;
        assert!(pleased.caveat.is_none() || (enters && unheard), "{told}");
    }
}

#[test]
fn a_yes_answers_what_was_read_and_never_the_same_twice() {
    let mut walk = Walk::new(0x5EED_0025);
    let mut answers = 0u32;
    for round in 0..STEPS / 10 {
        walk.step();
        // At the end of time every door has closed.
        let (case, now) = (&walk.case, walk.now.min(Millis(i64::MAX - 1)));
        let decision = decide(case, now);
        let unasked = answered(case.clone(), decision.clone(), Yes::To(&[]), now);
        assert_eq!((&unasked.decision, unasked.overridden), (&decision, None), "round {round}");
        let Some(reason) = decision.objection() else { continue };
        assert_eq!(unasked.open_objection(), Some(reason));
        let said = [reason];
        let one = answered(case.clone(), decision.clone(), Yes::To(&said), now);
        let left = one.open_objection();
        assert!(left != Some(reason), "round {round}: {reason:?} again of {case:?}");
        if reason.yields_to_a_yes() {
            answers += 1;
            assert!(one.decision.objection() != Some(reason), "round {round}: {case:?}");
        }
        let all = answered(case.clone(), decision, Yes::ToAll, now);
        assert_eq!(all.open_objection(), None, "round {round}: {case:?}");
    }
    assert!(answers > 1_000, "{answers}");
}

impl Act {
    fn is_leave(&self) -> bool {
        matches!(self, Act::Leave(_))
    }
}

#[test]
fn what_does_not_matter_changes_nothing() {
    let mut walk = Walk::new(0x5EED_0023);
    for _ in 0..STEPS / 10 {
        walk.step();
        let mut other = walk.case.clone();
        let shown = &walk.case.pass.pass;
        let days = u8::try_from(shown.end_day().0 - shown.first_day().0).unwrap();
        let category = if shown.is_blank() { BLANK } else { 3 };
        let span = (shown.first_day(), days);
        let serial = Serial([9; 16]);
        other.pass.pass =
            Pass::new(shown.kind(), serial, category, shown.revision(), span).unwrap();
        let activity = &mut other.activity;
        (activity.id, activity.site) = ("x".parse().unwrap(), "y".parse().unwrap());
        (activity.starts, activity.ends) = (Millis(i64::MAX), Millis(i64::MIN));
        other.post.leg = other.post.leg.wrapping_add(1);
        assert_eq!(decide(&other, walk.now), decide(&walk.case, walk.now));
    }
}

#[test]
fn every_reason_has_a_code_of_its_own_that_json_shares() {
    let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
}

#[test]
fn being_in_counts_within_the_part_that_the_mode_makes() {
    let slot_of = |mode| slot(&Activity { mode, ..activity("x") }, Day(7), 3);
    assert_eq!(slot_of(Mode::Once), Slot { day: 0, leg: 0 });
    assert_eq!(slot_of(Mode::Reentry), Slot { day: 0, leg: 0 });
    assert_eq!(slot_of(Mode::Daily), Slot { day: 7, leg: 0 });
    assert_eq!(slot_of(Mode::Board), Slot { day: 7, leg: 3 });
}

#[test]
fn an_exit_closes_no_more_admissions_than_one_fact_lists() {
    let mut walk = Walk::new(0x5EED_0024);
    let open = (1..=70).map(|seq| mark(0, seq)).collect();
    let presence = Presence { entry: mark(0, 1), open, repeats: 69, vouched: false };
    walk.case.post.direction = Direction::Out;
    walk.case.attendee = Some(Standing { presence: Some(presence), ..standing() });
    let Decision::Admit(pleased) = decide(&walk.case, walk.now) else { panic!("kept inside") };
    let Act::Leave(closes) = pleased.act else { panic!("let in") };
    assert_eq!(closes.len(), MOST_LISTED);
}

/// Who is tied to whom in a story; everybody is called by a number.
fn entitlement_in(story: &[(u8, Ties)], who: u8) -> Entitled {
    let mut ties = |id: AttendeeId| -> Result<Option<Ties>, ()> {
        Ok(story.iter().find(|(number, _)| [*number; 16] == id.0).map(|(_, ties)| ties.clone()))
    };
    entitlement_of(AttendeeId([who; 16]), &mut ties).unwrap()
}

fn alone(own: Entitled) -> Ties {
    Ties { own, cancelled: false, stands_in_for: None, substitute: None, principal: None }
}

fn seat(name: &str) -> Entitled {
    Entitled::Yes(Placing { seat: name.to_owned(), ..Placing::default() })
}

fn person(number: u8) -> Option<AttendeeId> {
    Some(AttendeeId([number; 16]))
}

#[test]
fn a_substitute_of_a_substitute_takes_over_the_first_ones_place() {
    let story = [
        (1, Ties { substitute: person(2), cancelled: true, ..alone(seat("A12")) }),
        (2, Ties { stands_in_for: person(1), substitute: person(3), ..alone(Entitled::No) }),
        (3, Ties { stands_in_for: person(2), ..alone(Entitled::No) }),
    ];
    assert_eq!(entitlement_in(&story, 3), seat("A12"), "also of somebody who called off");
}

#[test]
fn a_chain_of_substitutes_is_followed_to_the_fourth_and_no_further() {
    let link = |number: u8| {
        let (stands_in_for, substitute) = (person(number - 1), person(number + 1));
        (number, Ties { stands_in_for, substitute, ..alone(Entitled::No) })
    };
    let first = (1, Ties { substitute: person(2), ..alone(seat("A12")) });
    let story: Vec<_> = [first].into_iter().chain((2..=6).map(link)).collect();
    assert_eq!(entitlement_in(&story, 5), seat("A12"));
    assert_eq!(entitlement_in(&story, 6), Entitled::No);
}

#[test]
fn of_two_substitutes_only_the_one_whom_the_other_names_has_the_place() {
    let story = [
        (1, Ties { substitute: person(3), ..alone(seat("A12")) }),
        (2, Ties { stands_in_for: person(1), ..alone(Entitled::No) }),
        (3, Ties { stands_in_for: person(1), ..alone(Entitled::No) }),
    ];
    assert_eq!(entitlement_in(&story, 2), Entitled::No);
    assert_eq!(entitlement_in(&story, 3), seat("A12"));
}

#[test]
fn two_who_stand_in_for_each_other_end_somewhere() {
    let swapped = |other, own| {
        let (stands_in_for, substitute) = (person(other), person(other));
        Ties { stands_in_for, substitute, principal: person(other), ..alone(own) }
    };
    let story = [(1, swapped(2, seat("A1"))), (2, swapped(1, seat("A2")))];
    assert!(matches!(entitlement_in(&story, 1), Entitled::Yes(_)));
    let myself = [(1, swapped(1, Entitled::No))];
    assert_eq!(entitlement_in(&myself, 1), Entitled::No);
}

#[test]
fn a_companion_comes_along_unless_the_principal_called_off() {
    let companion = Ties { principal: person(1), ..alone(Entitled::No) };
    let table = Placing { seat: "A12".into(), table: "7".into(), ..Placing::default() };
    let principal = alone(Entitled::Yes(table));
    let off = Ties { cancelled: true, ..principal.clone() };
    let along = [(1, principal.clone()), (2, companion.clone())];
    let table = Placing { table: "7".into(), ..Placing::default() };
    assert_eq!(entitlement_in(&along, 2), Entitled::Yes(table), "at the table, not on the seat");
    assert_eq!(entitlement_in(&[(1, off), (2, companion.clone())], 2), Entitled::No);
    assert_eq!(entitlement_in(&[(2, companion)], 2), Entitled::No, "of somebody unknown");
    assert_eq!(entitlement_in(&[], 2), Entitled::No, "nobody at all");
}
