//! Stories of badges that may be elsewhere by now.

use admission::exchange::Vector;
use ledger::lan::{Contact, Request};

use super::paper::{Says, told_of_badges};
use super::*;
use crate::print::Printed;

/// A guest whose badge surely did not print, as all stations were told; then the station is killed.
fn with_an_open_badge(mut story: Story) -> Story {
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    assert!(matches!(story.facts().last(), Some(What::Unprinted { .. })));
    story.kill_and_start();
    story
}

fn moved(of: FactId) -> What {
    What::Ordered { of, why: "moved".parse().unwrap() }
}

/// A station is met that holds this; the address says nothing.
fn note(station: StationId, vector: Vector) -> Input {
    let contact = Contact { station, address: String::new(), vector };
    Input::Exchange(Exchange::Lan(Request::Note(contact)))
}

#[test]
fn after_a_start_a_badge_that_was_said_open_waits_until_somebody_was_heard() {
    let mut story = with_an_open_badge(Story::kiosk());
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Queued], 0));
    // Whoever comes now is not kept waiting by it.
    story.scan(&ANNA_SCHMIDT.invitation());
    story.touch(Touch::ThisIsMe);
    story.print();
    assert_eq!(story.jobs(), [JobState::Queued, JobState::Confirmed]);
    story.hear_the_server();
    story.print();
    assert_eq!(story.jobs(), [JobState::Confirmed, JobState::Confirmed]);
}

#[test]
fn a_badge_that_was_got_elsewhere_before_the_start_is_cancelled_when_that_is_heard() {
    let mut story = with_an_open_badge(Story::kiosk());
    story.print();
    story.elsewhere(WANG_XIAOMING, moved);
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Cancelled], 0));
}

#[test]
fn a_badge_that_another_station_ordered_and_lost_sight_of_is_not_printed_here() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    story.print_with(Says(Printed::NotPrinted("no paper".to_owned())));
    // Both come while the printer is left alone.
    story.elsewhere(WANG_XIAOMING, moved);
    story.elsewhere(WANG_XIAOMING, |of| What::Unprinted { of });
    story.wait(5.0);
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Cancelled], 0));
}

#[test]
fn a_badge_that_another_station_ordered_is_not_said_open_by_the_one_that_had_it_before() {
    let mut story = Story::kiosk();
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    let Some(Work::Draw(order)) = story.orders().pop() else { panic!("nothing to draw") };
    story.tell(Input::Rendered { job: order.job, drawn: Drawn::Ready { picture: false } });
    story.elsewhere(WANG_XIAOMING, moved);
    let outcome = Printed::NotPrinted("no paper".to_owned());
    story.tell(Input::Printed { job: order.job, outcome });
    assert!(matches!(told_of_badges(&mut story)[..], [What::Ordered { .. }]));
}

#[test]
fn a_neighbour_is_heard_when_all_that_it_holds_is_here() {
    let mut story = with_an_open_badge(Story::kiosk());
    let own = story.desk().ledger.own_log().unwrap().station();
    let here = story.desk().ledger.vector().unwrap();
    story.tell(note(own, here.clone()));
    story.print();
    assert_eq!(story.jobs(), [JobState::Queued], "that was this station itself");
    let log = LogId::new(StationId([0x77; 16]), [1; 8]);
    let mut there = here.clone();
    there.0.insert(log, Head { seq: Seq(1), hash: NO_PREVIOUS });
    story.tell(note(log.station(), there));
    story.print();
    assert_eq!(story.jobs(), [JobState::Queued], "it has more to tell");
    story.elsewhere(ANNA_SCHMIDT, |of| What::Unprinted { of });
    story.print();
    assert_eq!(story.jobs(), [JobState::Confirmed]);
}

#[test]
fn a_badge_for_which_its_guest_asks_again_waits_for_nobody() {
    let mut story = with_an_open_badge(Story::kiosk());
    story.scan(&WANG_XIAOMING.invitation());
    assert!(matches!(story.screen(), Screen::Printing { .. }));
    story.print();
    assert_eq!((story.jobs(), story.badges().len()), (vec![JobState::Confirmed], 1));
}

#[test]
fn where_nobody_answers_a_badge_comes_after_a_while_if_somebody_stands_by() {
    let mut story = with_an_open_badge(Story::kiosk());
    story.wait(31.0);
    story.print();
    assert_eq!(story.jobs(), [JobState::Queued], "nobody is there to take it");
    let staffed = crate::testing::staffed_profile("K2", &["registration"]);
    let mut story = with_an_open_badge(Story::with(staffed, Confirm::AtOnce));
    story.wait(29.0);
    story.print();
    assert_eq!(story.jobs(), [JobState::Queued]);
    story.wait(1.0);
    story.print();
    assert_eq!(story.jobs(), [JobState::Confirmed]);
}

#[test]
fn a_badge_that_is_replaced_here_comes_out_here_wherever_the_lost_one_did() {
    let staffed = crate::testing::staffed_profile("K2", &["registration"]);
    let mut story = Story::with(staffed, Confirm::AtOnce);
    story.elsewhere(WANG_XIAOMING, moved);
    story.elsewhere(WANG_XIAOMING, |of| What::Printed { of });
    story.wait(1.0);
    let order = format!(r#"{{"do":"replace","attendee":"{}","why":"lost"}}"#, WANG_XIAOMING.id());
    let (reply, mut answer) = oneshot::channel();
    story.tell(Input::Ordered { order: Box::new(order::Order::read(&order).unwrap()), reply });
    answer.try_recv().unwrap().unwrap();
    story.print();
    assert_eq!(story.jobs(), [JobState::Confirmed]);
}
