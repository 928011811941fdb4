//! Seats, tables and buses: at the door where they count, and on the way there.

use super::*;

#[test]
fn at_a_door_everybody_reads_and_every_answer_names_the_own_seat() {
    let mut story = Story::staffed("opening");
    let seat = json!({"seat": "A区 12排 8座", "table": "", "bus": "", "tray": ""});
    for _ in 0..2 {
        // The second time is "in since", and the seat is still what the steward needs.
        let outcome = serde_json::to_value(story.scan(&WANG_XIAOMING.badge())).unwrap();
        assert_eq!((&outcome["decision"], &outcome["placing"]), (&json!("admit"), &seat));
        let Screen::Done { placing: Some(placing), .. } = story.screen() else { panic!("no seat") };
        assert_eq!(placing.seat, "A区 12排 8座");
    }
    let order = json!({"do": "let_in", "attendee": WANG_XIAOMING.id(), "why": "protocol"});
    assert_eq!(story.order(order)["placing"], seat);
    let outcome = serde_json::to_value(story.scan(&ANNA_SCHMIDT.badge())).unwrap();
    assert_eq!(outcome["decision"], "admit");
    assert!(outcome.get("placing").is_none(), "nothing is written about her: {outcome}");
    assert!(matches!(story.screen(), Screen::Done { placing: None, .. }));
}

#[test]
fn a_kiosk_at_a_door_shows_a_guest_the_own_seat_once_they_are_in() {
    let mut story = Story::with(kiosk_profile("K2", &["opening"]), Confirm::ByTouch);
    story.scan(&WANG_XIAOMING.badge());
    story.touch(Touch::ThisIsMe);
    let Screen::Done { placing: Some(placing), .. } = story.screen() else { panic!("no seat") };
    assert_eq!(placing.seat, "A区 12排 8座");
}

#[test]
fn whoever_registers_instead_of_somebody_is_sent_to_that_seat() {
    let mut story = Story::staffed("registration");
    story.order(json!({"do": "substitute", "for": WANG_XIAOMING.id(),
                       "attendee": CHEN_YIMING.id()}));
    story.desk().duty.convention.activities.retain(|one| one.id.as_str() != "trip");
    let Some(next) = story.next_of(CHEN_YIMING) else { panic!("sent nowhere") };
    assert_eq!([next.title, next.place], ["opening（中）", "一号厅  A区 12排 8座"]);
}

#[test]
fn whoever_was_moved_to_another_bus_is_sent_to_that_bus() {
    let mut story = Story::staffed("trip");
    let note = json!({"do": "note", "attendee": AU_YEUNG.id(), "state": "moved", "bus": "3"});
    assert_eq!(story.order(note)["done"], "note");
    let registration = "registration".parse().unwrap();
    let duty = &mut story.desk().duty;
    duty.activity = duty.convention.activity(&registration).unwrap().clone();
    let Some(next) = story.next_of(AU_YEUNG) else { panic!("sent nowhere") };
    assert_eq!([next.title, next.place], ["trip（中）", "一号厅  3号车"]);
    assert!(matches!(story.screen(), Screen::Done { placing: None, .. }), "nobody rides yet");
}
