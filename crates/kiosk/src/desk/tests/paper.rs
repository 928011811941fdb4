//! Stories of badges and printers.

use admission::exchange::PrinterNews;
use admission::fact::{Admission, Visit};
use badge::Badge;
use printer::State;

use super::*;
use crate::testing::{FANG_IN_A_TRAY, NO_GLYPH};

#[test]
fn killed_between_commit_and_print_the_badge_prints_at_the_next_start() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.kill_and_start();
    assert_eq!(story.jobs(), [JobState::Queued]);
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Confirmed], 1));
}

#[test]
fn killed_between_print_and_confirmation_nothing_is_repeated_silently() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    let Some(Work::Draw(order)) = story.orders().pop() else { panic!("nothing to draw") };
    let drawn = Drawn::Ready { picture: false };
    story.tell(Input::Rendered { job: order.job, drawn });
    assert_eq!(story.jobs(), [JobState::Sent]);
    story.kill_and_start();
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Unknown], 0));
    // The next guest is served all the same.
    story.scan(&ANNA_SCHMIDT.invitation());
    story.touch(Touch::ThisIsMe);
    story.print();
    assert_eq!(story.jobs(), [JobState::Unknown, JobState::Confirmed]);
}

#[test]
fn a_station_that_ends_sends_nothing_new_to_the_printer() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.tell(Input::Stop);
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Queued], 0));
}

#[test]
fn a_badge_that_cannot_be_drawn_sends_its_guest_to_the_help_desk_and_stops_nobody_else() {
    let mut story = Story::kiosk();
    story.scan(&NO_GLYPH.invitation());
    story.touch(Touch::ThisIsMe);
    story.print();
    let Screen::Help { reason, .. } = story.screen() else { panic!("no help") };
    assert_eq!(reason, "print_failed");
    assert_eq!(story.jobs(), [JobState::Failed]);
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print();
    assert_eq!(story.jobs(), [JobState::Failed, JobState::Confirmed]);
}

/// A printer that answers what a test wants.
pub(super) struct Says(pub(super) Printed);

impl Printer for Says {
    fn print(&mut self, _: &str, _: &Badge) -> Printed {
        self.0.clone()
    }

    fn state(&mut self) -> State {
        State::of([])
    }
}

#[test]
fn what_surely_did_not_print_is_tried_again_and_the_guest_is_asked_in_the_end() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::NotPrinted("disk full".to_owned())));
    assert_eq!(story.jobs(), [JobState::Queued]);
    story.wait(4.9);
    assert!(story.orders().is_empty(), "the printer is left alone for a moment");
    story.wait(0.1);
    story.print_with(Says(Printed::NotPrinted("disk full".to_owned())));
    story.wait(25.0);
    assert!(matches!(story.screen(), Screen::Done { ask_badge: true, .. }));
    story.touch(Touch::NoBadge);
    let Screen::Help { reason, .. } = story.screen() else { panic!("no help") };
    assert_eq!(reason, "print_failed");
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Confirmed], 1));
}

#[test]
fn a_badge_that_lies_in_a_tray_is_not_printed_and_the_tray_is_named() {
    let mut story = Story::kiosk();
    story.scan(&FANG_IN_A_TRAY.invitation());
    assert!(matches!(story.screen(), Screen::Confirm { prints: false, .. }));
    story.touch(Touch::ThisIsMe);
    let Screen::Done { placing: Some(placing), badge: None, .. } = story.screen() else {
        panic!("no tray: {:?}", story.screen());
    };
    assert_eq!((placing.tray.as_str(), placing.seat.as_str()), ("12", ""));
    assert!(story.jobs().is_empty());
    assert!(matches!(story.facts()[..], [What::Admitted(_)]));
    // A printer that has stopped keeps nobody away whose badge is there already.
    story.wait(10.0);
    story.scan(&FANG_IN_A_TRAY.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }));
}

fn stopped(trouble: &str) -> Input {
    Input::Printer(PrinterNews { works: false, troubles: vec![trouble.to_owned()] })
}

#[test]
fn when_the_printer_stops_nobody_is_checked_in_here_and_everybody_is_sent_on() {
    let mut story = Story::kiosk();
    story.tell(stopped("paper_out"));
    assert_eq!(story.screen(), Screen::Elsewhere { stations: Vec::new() });
    assert_eq!(story.view().frame.printer.as_deref(), Some("paper_out"));
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::Elsewhere { .. }) && story.facts().is_empty());
    story.tell(Input::Printer(PrinterNews { works: true, troubles: vec!["paper_low".to_owned()] }));
    assert_eq!(story.screen(), Screen::Attract);
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    // It stops with somebody's badge: that guest is sent on with the others.
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    story.tell(stopped("jam"));
    assert!(matches!(story.screen(), Screen::Elsewhere { .. }));
    // Where a steward stands by, people are checked in all the same.
    let mut profile = kiosk_profile("K2", &["registration"]);
    profile.role = admission::exchange::Role::Staff;
    let mut staffed = Story::with(profile, Confirm::ByTouch);
    staffed.tell(stopped("paper_out"));
    assert_eq!(staffed.screen(), Screen::Attract);
    assert_eq!(staffed.view().frame.printer.as_deref(), Some("paper_out"));
}

#[test]
fn who_waits_behind_a_badge_that_does_not_come_out_may_get_theirs_elsewhere_too() {
    let mut profile = kiosk_profile("K2", &["registration"]);
    profile.role = admission::exchange::Role::Staff;
    for trouble in [None, Some("offline")] {
        let mut story = Story::with(profile.clone(), Confirm::ByTouch);
        for guest in [&WANG_XIAOMING, &ANNA_SCHMIDT] {
            story.scan(&guest.invitation());
            story.wait(1.0);
            story.touch(Touch::ThisIsMe);
        }
        match trouble {
            None => story.print_with(Says(Printed::NotPrinted("refused".to_owned()))),
            Some(trouble) => story.tell(stopped(trouble)),
        }
        let told = told_of_badges(&mut story);
        assert!(
            matches!(told[..], [What::Unprinted { .. }, What::Unprinted { .. }]),
            "{trouble:?}: {told:?}"
        );
    }
}

#[test]
fn who_has_a_badge_in_the_printer_waits_for_it_and_who_waits_behind_is_sent_on() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.tell(stopped("paper_out"));
    assert!(matches!(story.screen(), Screen::Printing { .. }), "it may come when there is paper");
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    assert!(matches!(story.screen(), Screen::Elsewhere { .. }));
    assert!(matches!(told_of_badges(&mut story)[..], [What::Unprinted { .. }]));

    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.scan(&ANNA_SCHMIDT.invitation());
    story.wait(1.0);
    story.touch(Touch::ThisIsMe);
    story.tell(stopped("paper_out"));
    assert!(matches!(story.screen(), Screen::Elsewhere { .. }));
}

/// What was said of badges, without the admissions.
pub(super) fn told_of_badges(story: &mut Story) -> Vec<What> {
    let mut told = story.facts();
    told.retain(|what| !matches!(what, What::Admitted(_) | What::Refused { .. }));
    told
}

#[test]
fn a_badge_that_does_not_come_is_told_once_and_coming_after_all_is_told_too() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    for _ in 0..3 {
        story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
        story.wait(5.0);
    }
    assert!(matches!(told_of_badges(&mut story)[..], [What::Unprinted { .. }]));
    story.print();
    assert!(matches!(
        told_of_badges(&mut story)[..],
        [What::Unprinted { .. }, What::Printed { .. }]
    ));
    // Where it simply comes out, nothing is told.
    story.scan(&ANNA_SCHMIDT.invitation());
    story.touch(Touch::ThisIsMe);
    story.print();
    assert_eq!(told_of_badges(&mut story).len(), 2);
}

#[test]
fn who_holds_the_badge_of_which_the_printer_could_not_tell_ends_the_doubt() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::Unknown("lost".to_owned())));
    story.wait(1.0);
    story.touch(Touch::Finished);
    assert_eq!(story.jobs(), [JobState::Confirmed]);
    assert!(matches!(
        told_of_badges(&mut story)[..],
        [What::Unprinted { .. }, What::Printed { .. }]
    ));
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }));
}

#[test]
fn who_comes_again_without_a_badge_gets_it_for_two_minutes_and_then_from_somebody() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::Unknown("lost".to_owned())));
    story.wait(1.0);
    story.touch(Touch::NoBadge);
    story.wait(60.0);
    assert_eq!(story.scan(&WANG_XIAOMING.invitation()).reason, Some("already_in"));
    assert!(matches!(story.screen(), Screen::Printing { .. }));
    story.print_with(Says(Printed::Unknown("lost".to_owned())));
    story.wait(1.0);
    story.touch(Touch::NoBadge);
    story.wait(60.0);
    story.scan(&WANG_XIAOMING.invitation());
    let Screen::Help { reason, .. } = story.screen() else { panic!("no help") };
    assert_eq!(reason, "badge_open");
    assert_eq!(story.jobs(), [JobState::Unknown, JobState::Unknown]);
    let told = told_of_badges(&mut story);
    let ordered = told.iter().filter(|what| matches!(what, What::Ordered { .. })).count();
    assert_eq!(ordered, 1, "{told:?}");
}

#[test]
fn two_minutes_after_its_guest_came_a_badge_prints_no_more_where_nobody_stands_by() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    story.wait(31.0);
    story.touch(Touch::NoBadge);
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    story.wait(90.0);
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Held], 0));
    // The next guest's badge is not kept up.
    story.scan(&ANNA_SCHMIDT.invitation());
    story.touch(Touch::ThisIsMe);
    story.print();
    assert_eq!(story.jobs(), [JobState::Held, JobState::Confirmed]);
    let mut profile = kiosk_profile("K2", &["registration"]);
    profile.role = admission::exchange::Role::Staff;
    let mut staffed = Story::with(profile, Confirm::ByTouch);
    staffed.scan(&WANG_XIAOMING.invitation());
    staffed.wait(121.0);
    staffed.print();
    assert_eq!(staffed.jobs(), [JobState::Confirmed], "a steward looks after what comes out");
}

#[test]
fn a_badge_that_another_station_ordered_is_not_printed_here() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    story.elsewhere(WANG_XIAOMING, |of| What::Ordered { of, why: "moved".parse().unwrap() });
    story.wait(5.0);
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Cancelled], 0));
}

#[test]
fn a_badge_that_did_not_come_elsewhere_is_printed_here() {
    let mut story = Story::kiosk();
    let admitted = |visit| What::Admitted(Admission { visit, pass: None, again: None });
    let visit = Visit {
        activity: "registration".parse().unwrap(),
        day: after(0.0).clock.day_in(&story.desk().duty.zone),
        mode: admission::roster::Mode::Once,
        leg: 0,
    };
    story.elsewhere(WANG_XIAOMING, |_| admitted(visit.clone()));
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }), "nobody says that it is missing");
    story.elsewhere(WANG_XIAOMING, |of| What::Unprinted { of });
    story.scan(&WANG_XIAOMING.invitation());
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Confirmed], 1));
    // It prints here now, and comes out here.
    story.wait(9.0);
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }));
}

#[test]
fn a_printer_that_never_tells_gives_a_second_badge_only_to_who_says_that_there_is_none() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::Given));
    assert_eq!((story.jobs(), told_of_badges(&mut story)), (vec![JobState::Unknown], Vec::new()));
    story.wait(1.0);
    let number = story.view().number;
    // The code still lies there, the guest goes without a word, and comes again.
    for seconds in [1.0, 25.0, 60.0] {
        story.wait(seconds);
        story.scan(&WANG_XIAOMING.invitation());
        assert!(matches!(story.screen(), Screen::Done { ask_badge: true, .. }));
        assert_eq!(story.view().number == number, seconds < 2.0, "the same question");
    }
    assert_eq!(story.jobs(), [JobState::Unknown]);
    story.touch(Touch::NoBadge);
    assert!(matches!(told_of_badges(&mut story)[..], [What::Unprinted { .. }]));
    story.scan(&WANG_XIAOMING.invitation());
    story.print_with(Says(Printed::Given));
    assert_eq!(story.jobs(), [JobState::Unknown, JobState::Unknown]);
    story.wait(1.0);
    story.touch(Touch::Finished);
    assert_eq!(story.jobs(), [JobState::Unknown, JobState::Confirmed]);
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }));
}

#[test]
fn two_minutes_later_nobody_is_asked_for_a_badge_that_no_printer_tells_of() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::Given));
    story.wait(1.0);
    story.wait(120.0);
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::AlreadyIn { .. }));
    assert_eq!(story.jobs(), [JobState::Unknown]);
}

#[test]
fn a_code_that_still_lies_there_is_no_answer_to_whether_the_badge_came() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::Unknown("lost".to_owned())));
    story.wait(1.0);
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::Done { ask_badge: true, .. }));
    assert_eq!(story.jobs(), [JobState::Unknown]);
}

#[test]
fn a_printer_that_cannot_tell_leaves_the_question_to_the_guest() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::Unknown("lost".to_owned())));
    story.wait(1.0);
    assert!(matches!(story.screen(), Screen::Done { ask_badge: true, .. }));
    assert_eq!(story.jobs(), [JobState::Unknown]);
    story.wait(19.9);
    assert!(matches!(story.screen(), Screen::Done { .. }));
    story.wait(0.1);
    assert_eq!(story.screen(), Screen::Attract);
}
