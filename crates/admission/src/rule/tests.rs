//! The rule book: a row for every rule, then every combination.

use jiff::tz::TimeZone;

use super::*;
use crate::id::{LogId, Seq, Serial, Slug};
use crate::pass::Pass;
use crate::roster::{Mode, Words};

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

fn activity(id: &str, opens: &str, closes: &str, collects: bool) -> Activity {
    Activity {
        id: id.parse().unwrap(),
        title: Words::default(),
        mode: Mode::Once,
        site: "hall".parse().unwrap(),
        starts: september("26T09:00:00"),
        ends: september("26T11:30:00"),
        doors_open: september(opens),
        doors_close: september(closes),
        collects,
        place: Words::default(),
        way: Words::default(),
    }
}

/// One person at one station at one moment.
#[derive(Clone)]
struct Scene {
    case: Case,
    now: Millis,
}

/// Lin, an entrepreneur, shows her badge at the opening at nine: nothing stands against her.
fn lin() -> Scene {
    let standing = Standing {
        id: LIN,
        status: Status::Confirmed,
        entitled: Entitled::Yes(Placing { seat: "A12".to_owned(), ..Placing::default() }),
        entered: None,
    };
    let case = Case {
        convention: HERE,
        activity: activity("opening", "26T08:00:00", "26T10:00:00", false),
        today: Day(0),
        pass: Authentic { pass: pass(PassKind::Badge, 25, 3), convention: HERE },
        attendee: Some(standing),
    };
    Scene { case, now: Millis(0) }.at("26T09:00:00")
}

/// Ms Ōta shows her invitation at registration on the eve.
fn ota() -> Scene {
    lin().invited().at_registration().at("25T14:00:00")
}

/// A pass that is valid on `days` days from a day of September 2023.
fn pass(kind: PassKind, first: u32, days: u8) -> Pass {
    let first_of_september = 19_601;
    let first_day = Day(first_of_september).plus(first.saturating_sub(1));
    Pass::new(kind, Serial([5; 16]), 40, 0, (first_day, days)).unwrap()
}

impl Scene {
    /// At this moment, and on the day that it is in Shenyang.
    fn at(mut self, day_and_time: &str) -> Scene {
        self.now = september(day_and_time);
        self.case.today = self.now.day_in(&shenyang());
        self
    }

    fn invited(mut self) -> Scene {
        self.case.pass.pass = pass(PassKind::Invitation, 25, 3);
        self
    }

    fn valid(mut self, first: u32, days: u8) -> Scene {
        self.case.pass.pass = pass(self.case.pass.pass.kind(), first, days);
        self
    }

    fn of_next_door(mut self) -> Scene {
        self.case.pass.convention = NEXT_DOOR;
        self
    }

    fn at_registration(mut self) -> Scene {
        self.case.activity = activity("registration", "25T09:00:00", "26T18:00:00", true);
        self
    }

    /// A desk that never closes, to look at days alone.
    fn at_the_night_desk(mut self) -> Scene {
        self.case.activity = activity("night-desk", "20T00:00:00", "30T00:00:00", false);
        self
    }

    fn unlisted(mut self) -> Scene {
        self.case.attendee = None;
        self
    }

    fn standing(mut self, change: impl FnOnce(&mut Standing)) -> Scene {
        if let Some(standing) = &mut self.case.attendee {
            change(standing);
        }
        self
    }

    fn cancelled(self) -> Scene {
        self.standing(|standing| standing.status = Status::Cancelled)
    }

    fn waiting(self) -> Scene {
        self.standing(|standing| standing.entitled = Entitled::Waiting)
    }

    fn not_entitled(self) -> Scene {
        self.standing(|standing| standing.entitled = Entitled::No)
    }

    fn entered(self) -> Scene {
        let entry = FactId { log: LogId([7; 24]), seq: Seq(1) };
        self.standing(|standing| standing.entered = Some(entry))
    }

    fn decide(&self) -> Decision {
        decide(&self.case, self.now)
    }
}

/// What the person is told.
#[derive(Debug, PartialEq)]
enum Told {
    ComeIn,
    TakeYourBadge,
    No(Reason, Instruction),
}
use Told::{ComeIn, No, TakeYourBadge};

fn told(scene: &Scene) -> Told {
    match scene.decide() {
        Decision::Admit { collects: false, .. } => ComeIn,
        Decision::Admit { collects: true, .. } => TakeYourBadge,
        Decision::Refuse { reason, next } => No(reason, next),
    }
}

fn check(rows: &[(&str, Scene, Told)]) {
    for (rule, scene, expected) in rows {
        assert_eq!(told(scene), *expected, "{rule}");
    }
}

use Instruction::{ComeBackLater, GoIn, GoToHelpDesk, GoToRegistration};
use Reason::*;

#[test]
fn who_is_let_in() {
    check(&[
        ("Lin with her badge at the opening", lin(), ComeIn),
        ("Ms Ōta with her invitation at registration", ota(), TakeYourBadge),
        ("Mr Haddad on the last day of his pass", lin().valid(24, 3), ComeIn),
        ("Ms Kim on the first day of her pass", lin().valid(26, 1), ComeIn),
    ]);
}

#[test]
fn whose_pass_does_not_open() {
    check(&[
        (
            "Lin with last week's convention's badge",
            lin().of_next_door(),
            No(WrongConvention, GoToHelpDesk),
        ),
        ("Ms Kim, whose pass begins tomorrow", lin().valid(27, 1), No(NotYet, ComeBackLater)),
        ("Mr Haddad, whose pass ended yesterday", lin().valid(23, 3), No(Expired, GoToHelpDesk)),
        (
            "Mr Ivanov, whom this list does not have",
            lin().unlisted(),
            No(UnknownAttendee, GoToHelpDesk),
        ),
    ]);
}

#[test]
fn who_may_not_enter() {
    check(&[
        ("Mr Wu, who called off", lin().cancelled(), No(Cancelled, GoToHelpDesk)),
        ("Mr Wu at registration", ota().cancelled(), No(Cancelled, GoToHelpDesk)),
        ("a companion at the opening", lin().not_entitled(), No(NotEntitled, GoToHelpDesk)),
        ("Ms Silva on the wait list", lin().waiting(), No(NotEntitled, GoToHelpDesk)),
        ("a stranger to this registration", ota().not_entitled(), No(NotEntitled, GoToHelpDesk)),
    ]);
}

#[test]
fn which_code_is_for_which_desk() {
    check(&[
        (
            "Ms Ōta with her invitation at the opening",
            lin().invited(),
            No(InvitationAtDoor, GoToRegistration),
        ),
        (
            "Lin with her badge at registration",
            lin().at_registration(),
            No(BadgeAtRegistration, GoIn),
        ),
    ]);
}

#[test]
fn who_comes_twice() {
    check(&[
        ("Lin again at the opening", lin().entered(), No(AlreadyIn, GoIn)),
        ("Ms Ōta again at registration", ota().entered(), No(AlreadyIn, GoIn)),
        (
            "Lin again after the doors closed",
            lin().entered().at("26T10:30:00"),
            No(AlreadyIn, GoIn),
        ),
    ]);
}

#[test]
fn doors_open_and_close_to_the_millisecond() {
    check(&[
        ("long before", lin().at("26T06:00:00"), No(DoorsNotOpen, ComeBackLater)),
        (
            "a millisecond before eight",
            lin().at("26T07:59:59.999"),
            No(DoorsNotOpen, ComeBackLater),
        ),
        ("at eight", lin().at("26T08:00:00"), ComeIn),
        ("a millisecond before ten", lin().at("26T09:59:59.999"), ComeIn),
        ("at ten", lin().at("26T10:00:00"), No(DoorsClosed, GoToHelpDesk)),
        ("a millisecond after ten", lin().at("26T10:00:00.001"), No(DoorsClosed, GoToHelpDesk)),
        ("in the evening", lin().at("26T20:00:00"), No(DoorsClosed, GoToHelpDesk)),
    ]);
}

#[test]
fn a_pass_changes_at_midnight_of_shenyang_and_not_of_greenwich() {
    let kim = || lin().at_the_night_desk().valid(26, 1);
    check(&[
        ("the evening before", kim().at("25T23:59:59.999"), No(NotYet, ComeBackLater)),
        ("at midnight", kim().at("26T00:00:00"), ComeIn),
        ("a millisecond before Greenwich's midnight", kim().at("26T07:59:59.999"), ComeIn),
        ("at Greenwich's midnight", kim().at("26T08:00:00"), ComeIn),
        ("at the end of the day", kim().at("26T23:59:59.999"), ComeIn),
        ("at the next midnight", kim().at("27T00:00:00"), No(Expired, GoToHelpDesk)),
    ]);
}

#[test]
fn an_admission_names_the_person_and_the_seat() {
    let placing = Placing { seat: "A12".to_owned(), ..Placing::default() };
    assert_eq!(lin().decide(), Decision::Admit { attendee: LIN, placing, collects: false });
}

/// Whose objections come first, when several hold: the pass, the person, the moment.
#[test]
fn of_two_reasons_the_earlier_in_the_order_is_told() {
    type Spoil = fn(Scene) -> Scene;
    let objections: [(Reason, Spoil); 8] = [
        (WrongConvention, Scene::of_next_door),
        (Expired, |scene| scene.valid(20, 2)),
        (UnknownAttendee, Scene::unlisted),
        (Cancelled, Scene::cancelled),
        (BadgeAtRegistration, |scene| scene.at_registration()),
        (NotEntitled, Scene::not_entitled),
        (AlreadyIn, Scene::entered),
        (DoorsClosed, |scene| scene.at("26T23:00:00")),
    ];
    for (place, (earlier, spoil)) in objections.iter().enumerate() {
        for (later, spoil_too) in objections.iter().skip(place) {
            let Decision::Refuse { reason, .. } = spoil_too(spoil(lin())).decide() else {
                panic!("{earlier:?} and {later:?} let Lin in");
            };
            assert_eq!(reason, *earlier, "{earlier:?} and {later:?}");
        }
    }
}

/// Every combination of what a decision depends on.
fn every_scene() -> Vec<Scene> {
    let mut scenes = vec![lin()];
    let mut vary = |choices: &[&dyn Fn(Scene) -> Scene]| {
        scenes = scenes
            .iter()
            .flat_map(|scene| choices.iter().map(|choose| choose(scene.clone())))
            .collect();
    };
    let same = |scene: Scene| scene;
    vary(&[&same, &Scene::of_next_door]);
    vary(&[&same, &Scene::invited]);
    vary(&[&same, &|scene| scene.valid(20, 2), &|scene| scene.valid(28, 2)]);
    vary(&[&same, &Scene::at_registration]);
    vary(&[&same, &Scene::entered]);
    vary(&[&same, &Scene::waiting, &Scene::not_entitled]);
    vary(&[&same, &Scene::cancelled, &Scene::unlisted]);
    vary(&[&same, &|scene| scene.at("25T06:00:00"), &|scene| scene.at("26T23:00:00")]);
    scenes
}

/// The rule book once more, as one list of all that stands against a scene.
fn objections(scene: &Scene) -> Vec<Reason> {
    let (case, pass) = (&scene.case, &scene.case.pass.pass);
    let standing = case.attendee.as_ref();
    let badge = pass.kind() == PassKind::Badge;
    let said = |says: &dyn Fn(&Standing) -> bool| standing.is_some_and(says);
    let holds = |reason: &Reason| match reason {
        NotOurs | NewerPass | UnknownKey | Forged => false,
        WrongConvention => case.pass.convention != case.convention,
        NotYet => case.today < pass.first_day(),
        Expired => case.today >= pass.end_day(),
        UnknownAttendee => standing.is_none(),
        Cancelled => said(&|standing| standing.status == Status::Cancelled),
        BadgeAtRegistration => badge && case.activity.collects,
        InvitationAtDoor => !badge && !case.activity.collects,
        NotEntitled => said(&|standing| !matches!(standing.entitled, Entitled::Yes(_))),
        AlreadyIn => said(&|standing| standing.entered.is_some()),
        DoorsNotOpen => scene.now < case.activity.doors_open,
        DoorsClosed => scene.now >= case.activity.doors_close,
    };
    Reason::ALL.into_iter().filter(|reason| holds(reason)).collect()
}

#[test]
fn every_combination_has_one_answer_and_it_is_the_first_objection() {
    let scenes = every_scene();
    assert_eq!(scenes.len(), 2 * 2 * 3 * 2 * 2 * 3 * 3 * 3);
    for scene in &scenes {
        let expected = objections(scene).first().copied();
        let reason = match scene.decide() {
            Decision::Admit { .. } => None,
            Decision::Refuse { reason, next } => {
                assert_eq!(next, reason.instruction());
                Some(reason)
            }
        };
        assert_eq!(reason, expected, "{:?} at {:?}", scene.case, scene.now);
        assert_eq!(scene.decide(), scene.decide(), "the same twice");
    }
}

#[test]
fn every_reason_of_a_decision_is_reached() {
    let from_reading = [NotOurs, NewerPass, UnknownKey, Forged];
    let reached: Vec<Reason> = every_scene().iter().flat_map(objections).collect();
    for reason in Reason::ALL {
        assert_ne!(reached.contains(&reason), from_reading.contains(&reason), "{reason:?}");
    }
    let told: Vec<Told> = every_scene().iter().map(told).collect();
    for reason in Reason::ALL.into_iter().filter(|reason| !from_reading.contains(reason)) {
        assert!(told.contains(&No(reason, reason.instruction())), "{reason:?} is told to somebody");
    }
}

#[test]
fn what_does_not_matter_changes_nothing() {
    let slug = |text: &str| text.parse::<Slug>().unwrap();
    for scene in every_scene() {
        let mut other = scene.clone();
        let shown = &scene.case.pass.pass;
        let days = shown.end_day().0.saturating_sub(shown.first_day().0);
        let span = (shown.first_day(), u8::try_from(days).unwrap());
        other.case.pass.pass = Pass::new(shown.kind(), Serial([9; 16]), 3, 7, span).unwrap();
        let activity = &mut other.case.activity;
        (activity.id, activity.site, activity.mode) = (slug("x"), slug("y"), Mode::Daily);
        (activity.starts, activity.ends) = (Millis(i64::MAX), Millis(i64::MIN));
        other = other.standing(|standing| {
            let elsewhere = FactId { log: LogId([8; 24]), seq: Seq(99) };
            standing.entered = standing.entered.map(|_| elsewhere);
        });
        assert_eq!(other.decide(), scene.decide());
    }
}

#[test]
fn the_ends_of_time_have_an_answer_too() {
    for now in [Millis(i64::MIN), Millis(i64::MAX)] {
        for mut scene in every_scene() {
            scene.now = now;
            scene.case.today = now.day_in(&shenyang());
            let _ = scene.decide();
        }
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
fn what_a_reader_refuses_has_its_reason() {
    let kid = crate::id::Kid([1; 4]);
    let rows = [
        (PassError::NotOurs, NotOurs, Instruction::ShowYourCode),
        (PassError::NewerPass, NewerPass, GoToHelpDesk),
        (PassError::UnknownKey(kid), UnknownKey, GoToHelpDesk),
        (PassError::Forged(kid), Forged, GoToHelpDesk),
    ];
    for (error, reason, next) in rows {
        assert_eq!((Reason::from(&error), Reason::from(&error).instruction()), (reason, next));
    }
}
