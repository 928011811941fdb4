//! Stories of a station, told to a desk with a real ledger on disk and a real server behind it.
#![allow(clippy::arithmetic_side_effects, reason = "counts are small")]

mod paper;
mod trying;
mod unheard;

use admission::exchange::{Head, Profile};
use admission::fact::{Body, Confidence, Fact, Moment, NO_PREVIOUS, What, seal};
use admission::id::{LogId, Seq};
use admission::rule::Decision;
use admission::time::Hybrid;
use ledger::carrier::Http;
use ledger::jobs::JobState;
use ledger::proving::Opened;
use printer::Folder as FolderPrinter;
use tempfile::TempDir;

use super::*;
use crate::print::{Picture, Printer, Printers, Work, work};
use crate::screen::Screen;
use crate::testing::{
    ANNA_SCHMIDT, AU_YEUNG, LI_CANCELLED, NOBODY, Venue, WANG_XIAOMING, Who, after, kiosk_profile,
    names,
};

/// A station whose effects wait until a test lets its printer work.
pub(super) struct Story {
    desk: Option<Desk>,
    pub(super) dir: TempDir,
    effects: Vec<Effect>,
    pub(super) time: f64,
    confirm: Confirm,
    _venue: Venue,
}

impl Story {
    pub(super) fn at(activity: &str, confirm: Confirm) -> Story {
        Story::with(kiosk_profile("K2", &[activity]), confirm)
    }

    pub(super) fn with(profile: Profile, confirm: Confirm) -> Story {
        let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
        // The first exchange brings the blanks.
        venue.enrol_as(dir.path(), profile).exchange().unwrap();
        let (effects, time) = (Vec::new(), 0.0);
        let mut story = Story { desk: None, dir, effects, time, confirm, _venue: venue };
        story.start();
        story
    }

    pub(super) fn kiosk() -> Story {
        Story::at("registration", Confirm::ByTouch)
    }

    pub(super) fn start(&mut self) {
        let station = Station::open(self.dir.path()).unwrap();
        let keys = station.ledger.issuing_keys().unwrap();
        let duty = Duty::new(&station.policy, keys, None).unwrap();
        let manner = Manner { rehearsal: false, clock_is_set: true, confirm: self.confirm };
        self.desk = Some(Desk::new(station, duty, manner, after(self.time)).unwrap());
        self.tell(Input::Tick);
    }

    /// Lets the server answer at the story's own time; by the machine's clock, no news ever ages.
    pub(super) fn hear_the_server(&mut self) {
        let server = self.desk().ledger.server().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (reply, mut question) = oneshot::channel();
        self.tell(Input::Exchange(Exchange::Ask { wait_ms: 0, reply }));
        let Asked { question, proving } = question.try_recv().unwrap().unwrap();
        let http = Http::to(&server).unwrap();
        let post = http.post("/v1/exchange", question, Duration::ZERO);
        let answer = runtime.block_on(post).unwrap();
        let Opened { message, facts } = proving.open(&answer).unwrap();
        let (reply, mut stored) = oneshot::channel();
        self.tell(Input::Exchange(Exchange::Keep { facts, reply }));
        let kept = stored.try_recv().unwrap().unwrap();
        let (reply, mut taken) = oneshot::channel();
        let message = Box::new(message);
        self.tell(Input::Exchange(Exchange::Take { message, kept, reply }));
        taken.try_recv().unwrap().unwrap();
    }

    /// The process dies: what the desk wanted done is not done.
    pub(super) fn kill_and_start(&mut self) {
        self.desk = None;
        self.effects.clear();
        self.start();
    }

    pub(super) fn desk(&mut self) -> &mut Desk {
        self.desk.as_mut().unwrap()
    }

    pub(super) fn tell(&mut self, input: Input) {
        let now = after(self.time);
        let effects = self.desk().handle(input, now);
        self.effects.extend(effects);
    }

    pub(super) fn scan(&mut self, text: &str) -> Outcome {
        self.tell(Input::Scanned(Token::assemble(text)));
        self.decided()
    }

    /// Returns what the desk decided last.
    fn decided(&self) -> Outcome {
        let decided = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Decided(outcome) => Some(outcome.clone()),
            _ => None,
        });
        decided.unwrap()
    }

    pub(super) fn touch(&mut self, touch: Touch) {
        let number = self.view().number;
        self.tell(Input::Touched { touch, number });
    }

    pub(super) fn wait(&mut self, seconds: f64) {
        self.time += seconds;
        self.tell(Input::Tick);
    }

    pub(super) fn view(&mut self) -> View {
        let now = after(self.time);
        self.desk().view(now)
    }

    pub(super) fn screen(&mut self) -> Screen {
        self.view().screen
    }

    /// Takes the orders for the printer out of the effects.
    fn orders(&mut self) -> Vec<Work> {
        let mut orders = Vec::new();
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Draw(order) => orders.push(Work::Draw(order)),
                Effect::Print(job) => orders.push(Work::Print(job)),
                _ => {}
            }
        }
        orders
    }

    /// Lets the real folder printer carry out everything, and what follows from it.
    pub(super) fn print(&mut self) {
        let folder = self.dir.path().join("badges");
        self.print_with(FolderPrinter::open(&folder, "K2"));
    }

    fn print_with(&mut self, printer: impl Printer + 'static) {
        let (orders, inbox) = std::sync::mpsc::sync_channel(2);
        let (outbox, reports) = std::sync::mpsc::channel();
        let printing = std::thread::spawn(move || {
            let printers = Printers::one(printer);
            work(printers, Vec::new(), (&inbox, None), &Picture::default(), |report| {
                outbox.send(report).unwrap();
            });
        });
        for round in 0.. {
            let next = self.orders();
            if next.is_empty() {
                break;
            }
            assert!(round < 20, "the same badge is ordered again and again");
            for order in next {
                orders.send(order).unwrap();
                self.tell(crate::running::reported(reports.recv().unwrap()));
            }
        }
        drop(orders);
        printing.join().unwrap();
    }

    pub(super) fn facts(&mut self) -> Vec<What> {
        self.bodies().into_iter().map(|body| body.what).collect()
    }

    pub(super) fn bodies(&mut self) -> Vec<Body> {
        let mut facts = Vec::new();
        let read = |sealed: admission::fact::Sealed| -> Result<(), LedgerError> {
            facts.push(Body::of(&sealed.read().unwrap()));
            Ok(())
        };
        self.desk().ledger.for_each_fact(read).unwrap();
        facts
    }

    /// Another station says something of a guest, about the last fact that is known of the guest.
    fn elsewhere(&mut self, whom: Who, what: impl FnOnce(FactId) -> What) {
        let ledger = &self.desk().ledger;
        let log = LogId::new(StationId([0x77; 16]), [1; 8]);
        let head = ledger.vector().unwrap().0.get(&log).copied();
        let head = head.unwrap_or(Head { seq: Seq(0), hash: NO_PREVIOUS });
        let about = ledger.facts_about(whom.id(), false).unwrap();
        let nothing = FactId { log, seq: Seq(1) };
        let body = Body { rehearsal: false, what: what(about.last().map_or(nothing, Fact::id)) };
        let clock = after(self.time).clock;
        let moment = Moment {
            hybrid: Hybrid(0).tick(clock.plus(1)),
            wall: clock,
            offset_ms: None,
            offset_age_ms: None,
            confidence: Confidence::Unknown,
        };
        let fact = Fact {
            log,
            seq: head.seq.next(),
            prev: head.hash,
            moment,
            kind: body.kind(),
            kind_version: 1,
            must_understand: false,
            site: "hall".parse().unwrap(),
            subject: Some(whom.id()),
            body: body.bytes(),
            attachment: None,
        };
        let facts = vec![(seal(&fact, &SigningKey::from_bytes(&[0x77; 32])), fact)];
        let (reply, mut kept) = oneshot::channel();
        self.tell(Input::Exchange(Exchange::Keep { facts, reply }));
        assert_eq!(kept.try_recv().unwrap().unwrap(), 1);
    }

    pub(super) fn jobs(&mut self) -> Vec<JobState> {
        self.desk().ledger.jobs().unwrap().iter().map(|job| job.state).collect()
    }

    pub(super) fn badges(&self) -> Vec<String> {
        names(&self.dir.path().join("badges"))
    }
}

#[test]
fn a_guest_scans_confirms_takes_the_badge_and_is_welcomed() {
    let mut story = Story::kiosk();
    assert_eq!(story.screen(), Screen::Attract);
    story.scan(&WANG_XIAOMING.invitation());
    let Screen::Confirm { card, prints: true } = story.screen() else { panic!("no question") };
    assert_eq!(card.name, "王小明");
    story.touch(Touch::ThisIsMe);
    assert!(matches!(story.screen(), Screen::Printing { badge: None, .. }));
    assert!(matches!(story.facts()[..], [What::Admitted(_)]));
    story.print();
    assert_eq!(story.badges(), ["badge-K2-000001-1.pdf"]);
    assert_eq!(story.jobs(), [JobState::Confirmed]);
    // The picture stays long enough to be seen.
    let Screen::Printing { badge, .. } = story.screen() else { panic!("a flash") };
    assert_eq!(badge.as_deref(), Some("badge://localhost/1"));
    story.wait(1.0);
    let Screen::Done { next: Some(next), ask_badge: false, .. } = story.screen() else {
        panic!("no welcome")
    };
    assert_eq!(next.place, "一号厅  A区 12排 8座");
    story.wait(5.9);
    assert!(matches!(story.screen(), Screen::Done { .. }));
    story.wait(0.1);
    assert_eq!(story.screen(), Screen::Attract);
    assert!(story.effects.iter().any(|effect| matches!(effect, Effect::ForgetPictures)));
}

#[test]
fn the_question_not_me_and_walking_away_write_nothing() {
    let mut story = Story::kiosk();
    let outcome = story.scan(&WANG_XIAOMING.invitation());
    assert_eq!((outcome.decision, outcome.fact), (Verdict::Admit, None));
    story.touch(Touch::NotMe);
    assert_eq!(story.screen(), Screen::Attract);
    story.scan(&WANG_XIAOMING.invitation());
    story.wait(29.9);
    assert_eq!(story.view().countdown, None);
    story.wait(0.1);
    assert_eq!(story.view().countdown, Some(20));
    story.wait(19.5);
    assert_eq!(story.view().countdown, Some(1));
    story.wait(0.5);
    assert_eq!(story.screen(), Screen::Attract);
    assert!(story.facts().is_empty());
    assert!(story.jobs().is_empty());
}

#[test]
fn any_touch_gives_more_time() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    for _ in 0..10 {
        story.wait(45.0);
        assert_eq!(story.view().countdown, Some(5));
        story.touch(Touch::StillHere);
        assert_eq!(story.view().countdown, None);
    }
    assert!(matches!(story.screen(), Screen::Confirm { .. }));
}

#[test]
fn a_scan_interrupts_any_screen_and_a_late_touch_answers_nobody_elses_question() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    let first = story.view().number;
    story.scan(&ANNA_SCHMIDT.invitation());
    let Screen::Confirm { card, .. } = story.screen() else { panic!("no question") };
    assert_eq!(card.name, "Anna SCHMIDT");
    story.wait(1.0);
    story.tell(Input::Touched { touch: Touch::ThisIsMe, number: first });
    assert!(story.facts().is_empty());
    story.touch(Touch::ThisIsMe);
    story.scan("HTTPS://EXAMPLE.COM/");
    assert!(matches!(story.screen(), Screen::Help { .. }));
    story.print();
    assert_eq!(story.badges().len(), 1, "an interrupted guest still gets the badge");
}

#[test]
fn a_touch_that_was_on_its_way_when_another_guest_scanned_admits_nobody() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.wait(3.0);
    story.scan(&ANNA_SCHMIDT.invitation());
    story.wait(0.3);
    story.touch(Touch::ThisIsMe);
    assert!(story.facts().is_empty(), "the finger was meant for the name before");
    story.wait(1.0);
    story.touch(Touch::ThisIsMe);
    assert_eq!(story.facts().len(), 1);
}

#[test]
fn a_code_held_still_asks_once_and_a_double_tap_admits_once() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    let number = story.view().number;
    story.scan(&WANG_XIAOMING.invitation());
    assert_eq!(story.view().number, number);
    story.tell(Input::Touched { touch: Touch::ThisIsMe, number });
    story.tell(Input::Touched { touch: Touch::ThisIsMe, number });
    assert_eq!((story.facts().len(), story.jobs().len()), (1, 1));
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::Printing { .. }), "the badge is still coming");
    story.print();
    story.wait(1.0);
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }));
    story.wait(8.0);
    assert_eq!(story.screen(), Screen::Attract);
    assert_eq!(story.jobs().len(), 1);
}

#[test]
fn this_is_me_decides_again() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    // Meanwhile the same person was let in by another way.
    let now = after(story.time);
    let desk = story.desk();
    let Ok(door::Judged { guest: Some(guest), decision: Decision::Admit(pleased), .. }) =
        desk.judge(&Token::assemble(&WANG_XIAOMING.invitation()), now)
    else {
        panic!("nobody")
    };
    desk.admit(&guest, &pleased, now).unwrap();
    story.touch(Touch::ThisIsMe);
    assert!(matches!(story.screen(), Screen::Printing { .. }), "the badge is on its way already");
    assert_eq!(story.jobs().len(), 1);
}

#[test]
fn every_refusal_names_its_reason_and_only_those_about_somebody_become_facts() {
    let mut story = Story::kiosk();
    let tampered = {
        let mut text = WANG_XIAOMING.invitation();
        let last = text.pop().unwrap();
        text.push(if last == 'A' { 'I' } else { 'A' });
        text
    };
    let cases = [
        ("WIFI:S:GUEST;;", "not_ours", false),
        ("", "", false),
        ("YB2ABCDEFGHIJKLMNOPQRSTUVWX", "newer_pass", false),
        (&WANG_XIAOMING.elsewhere(), "unknown_key", false),
        (&NOBODY.invitation(), "unknown_attendee", false),
        (&LI_CANCELLED.invitation(), "cancelled", true),
        (&WANG_XIAOMING.badge(), "badge_at_registration", true),
    ];
    for (text, reason, is_fact) in cases.into_iter().filter(|(text, ..)| !text.is_empty()) {
        let before = story.facts().len();
        let outcome = story.scan(text);
        assert_eq!(outcome.reason, Some(reason));
        assert_eq!(outcome.fact.is_some(), is_fact, "{reason}");
        assert_eq!(story.facts().len() - before, usize::from(is_fact), "{reason}");
        let Screen::Help { reason: shown, code } = story.screen() else { panic!("{reason}") };
        assert_eq!(shown, reason);
        assert!(code.starts_with("K2-0") && code.len() == 6, "{code}");
        assert!(story.jobs().is_empty());
    }
    assert!(matches!(story.scan(&tampered).reason, Some("forged" | "not_ours")));
}

#[test]
fn the_same_refusal_is_one_fact_in_ten_seconds() {
    let mut story = Story::kiosk();
    let code = LI_CANCELLED.invitation();
    assert!(story.scan(&code).fact.is_some());
    story.wait(9.9);
    assert_eq!(story.scan(&code).fact, None);
    assert!(story.scan(&WANG_XIAOMING.badge()).fact.is_some(), "another pass has its own");
    story.wait(0.2);
    assert!(story.scan(&code).fact.is_some());
    assert_eq!(story.facts().len(), 3);
}

#[test]
fn a_door_lets_badges_in_and_prints_nothing() {
    let mut story = Story::at("opening", Confirm::AtOnce);
    let outcome = story.scan(&WANG_XIAOMING.badge());
    assert_eq!((outcome.decision, outcome.fact.is_some()), (Verdict::Admit, true));
    assert!(matches!(story.screen(), Screen::Done { badge: None, .. }));
    assert!(story.jobs().is_empty());
    let outcome = story.scan(&ANNA_SCHMIDT.invitation());
    assert_eq!((outcome.decision, outcome.reason), (Verdict::Ask, Some("invitation_at_door")));
    assert_eq!(story.facts().len(), 1, "a question is no fact");
}

#[test]
fn a_guest_reads_the_own_language_unless_another_was_chosen_and_the_next_starts_afresh() {
    let mut story = Story::kiosk();
    assert_eq!(story.view().language, "zh-Hans");
    story.scan(&ANNA_SCHMIDT.invitation());
    assert_eq!(story.view().language, "en");
    let number = story.view().number;
    story.tell(Input::Language("zh-Hans".to_owned()));
    assert_eq!(story.view().language, "zh-Hans");
    assert_eq!(story.view().number, number, "the same question in other words");
    story.scan(&AU_YEUNG.invitation());
    story.tell(Input::Language("en".to_owned()));
    story.scan(&ANNA_SCHMIDT.invitation());
    assert_eq!(story.view().language, "en");
    story.scan(&AU_YEUNG.invitation());
    assert_eq!(story.view().language, "zh-Hans");
    story.wait(1.0);
    story.touch(Touch::NotMe);
    story.tell(Input::Language("en".to_owned()));
    story.tell(Input::Language("xx".to_owned()));
    assert_eq!(story.view().language, "en");
    story.wait(30.0);
    assert_eq!(story.view().language, "zh-Hans");
}

#[test]
fn the_frame_tells_the_time_the_day_of_a_rehearsal_and_what_waits() {
    let mut story = Story::kiosk();
    story.desk().rehearsal = true;
    story.scan(&LI_CANCELLED.invitation());
    story.wait(1.0);
    let frame = story.view().frame;
    assert_eq!((frame.clock.as_str(), frame.rehearsal.as_deref()), ("07:30", Some("2023-09-26")));
    assert_eq!((frame.waiting, frame.online, frame.station.as_str()), (1, false, "K2"));
    assert!(matches!(&story.facts()[..], [What::Refused { .. }]));
    assert!(story.bodies()[0].rehearsal);
}

#[test]
fn at_a_strict_door_nobody_is_sent_in_a_second_time() {
    let mut story = Story::at("opening", Confirm::AtOnce);
    story.desk().duty.activity.strict = true;
    assert_eq!(story.scan(&WANG_XIAOMING.badge()).decision, Verdict::Admit);
    assert_eq!(story.scan(&WANG_XIAOMING.badge()).reason, Some("already_in"));
    assert!(matches!(story.screen(), Screen::Help { .. }), "no welcome, and no way in");
}
