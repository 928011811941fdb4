//! What the rule objects to, answered by a steward's yes: on the screen, by an order, and for those
//! who are on no list.

use super::*;

/// A story in which a steward has a question about somebody's invitation on the screen.
fn asked_about(profile: Profile, who: Who, time: f64) -> Story {
    let mut story = Story::with(profile, Confirm::ByTouch);
    story.time = time;
    story.scan(&who.invitation());
    assert_eq!(story.question(), "invitation_at_door");
    story
}

#[test]
fn a_yes_answers_the_reason_that_was_on_the_screen_and_no_other() {
    let until_closing = 4.0 * 3600.0 - 30.0;
    let profile = staffed_profile("S1", &["opening"]);
    let mut story = asked_about(profile, WANG_XIAOMING, until_closing);
    story.wait(40.0);
    story.touch(Touch::LetIn);
    assert_eq!(story.question(), "doors_closed");
    story.touch(Touch::LetIn);
    assert_eq!(story.question(), "doors_closed", "the second tap of one finger is no answer");
    assert!(story.facts().is_empty(), "nobody has said yes to that");
    story.wait(1.0);
    story.touch(Touch::LetIn);
    assert!(matches!(story.screen(), Screen::Done { .. }));
    let facts = story.facts();
    let [What::Overridden { reason, why, .. }] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((reason.as_str(), why.as_str()), ("doors_closed", "at-the-door"));
}

#[test]
fn questions_come_one_by_one_and_all_of_them_are_an_ordinary_admission() {
    let bus = Profile { bus: "2".to_owned(), ..staffed_profile("S1", &["trip"]) };
    let mut story = Story::with(bus, Confirm::ByTouch);
    story.scan(&CHEN_YIMING.invitation());
    assert_eq!(story.question(), "wrong_site");
    story.wait(1.0);
    story.touch(Touch::LetIn);
    assert_eq!(story.question(), "invitation_at_door");
    assert!(story.facts().is_empty());
    story.wait(1.0);
    story.touch(Touch::LetIn);
    assert!(matches!(&story.facts()[..], [What::Noted { .. }, What::Admitted(_)]));
    let Screen::Done { placing: Some(placing), .. } = story.screen() else { panic!("no bus") };
    assert_eq!(placing.bus, "2", "the bus that the guest is in now");
}

#[test]
fn a_yes_lets_nobody_in_whose_pass_died_meanwhile() {
    let profile = staffed_profile("S1", &["opening"]);
    let mut story = asked_about(profile, WANG_XIAOMING, 0.0);
    story.order(json!({"do": "substitute", "for": WANG_XIAOMING.id(),
                       "attendee": CHEN_YIMING.id()}));
    story.touch(Touch::LetIn);
    let Screen::Help { reason, .. } = story.screen() else { panic!("no help") };
    assert_eq!(reason, "replaced");
    assert!(matches!(&story.facts()[..], [What::Substituted { .. }]));
}

#[test]
fn a_full_room_is_asked_about_and_who_is_let_in_all_the_same_is_let_in_with_the_doubt() {
    let mut story = Story::with(staffed_profile("S1", &["lounge"]), Confirm::ByTouch);
    story.hear_the_server();
    // Alone for a minute, nobody knows how full it really is, and no answer hides that.
    story.wait(61.0);
    story.scan(&WANG_XIAOMING.invitation());
    let let_in = |who: Who| json!({"do": "let_in", "token": who.invitation(), "why": "protocol"});
    for who in [ANNA_SCHMIDT, AU_YEUNG] {
        story.order(let_in(who));
    }
    story.touch(Touch::LetIn);
    assert_eq!(story.question(), "full");
    story.wait(1.0);
    story.touch(Touch::LetIn);
    assert!(matches!(&story.facts()[2], What::Overridden { reason, .. } if reason == "full"));
    let Screen::Done { caveat, .. } = story.screen() else { panic!("no welcome") };
    assert_eq!(caveat.as_deref(), Some("more_may_be_inside"));
    let answer = story.order(let_in(CHEN_YIMING));
    let told = (&answer["overridden"], &answer["caveat"]);
    assert_eq!(told, (&json!("full"), &json!("more_may_be_inside")));
}

#[test]
fn an_order_lets_in_against_everything_and_names_what_it_overrode() {
    let mut story = Story::staffed("opening");
    story.time = 4.0 * 3600.0 + 1.0;
    let order = json!({"do": "let_in", "token": WANG_XIAOMING.invitation(), "why": "protocol"});
    assert_eq!(story.order(order)["overridden"], "doors_closed");
    assert!(
        matches!(&story.facts()[..], [What::Overridden { reason, .. }] if reason == "doors_closed")
    );
}

/// Orders a walk-in that the rule objects to, and then all the same.
fn overrides(story: &mut Story, reason: &str) -> Value {
    story.refused(walk_in(), &format!("({reason}); \"override\": true"));
    let mut order = walk_in();
    order["override"] = json!(true);
    let answer = story.order(order);
    assert_eq!((&answer["done"], &answer["overridden"]), (&json!("walk_in"), &json!(reason)));
    let facts = story.facts();
    let Some(What::Overridden { reason: said, why, .. }) = facts.last() else {
        panic!("{facts:?}")
    };
    assert_eq!((said.as_str(), why.as_str()), (reason, "walk-in"));
    answer
}

#[test]
fn a_walk_in_fills_a_room_like_everybody_and_a_full_one_wants_an_override() {
    let mut story = Story::staffed("lounge");
    story.hear_the_server();
    story.wait(61.0);
    // Nobody was heard for a minute: the first one comes in with that doubt.
    assert_eq!(story.order(walk_in())["caveat"], "more_may_be_inside");
    story.scan(&ANNA_SCHMIDT.badge());
    assert_eq!(overrides(&mut story, "full")["caveat"], "more_may_be_inside");
}

#[test]
fn a_walk_in_is_held_to_the_age_of_the_list_the_hour_and_the_clock() {
    let mut story = Story::staffed("registration");
    story.hear_the_server();
    story.desk().duty.convention.categories[0].list_minutes = Some(5);
    assert_eq!(story.order(walk_in())["overridden"], Value::Null);
    story.wait(301.0);
    overrides(&mut story, "list_too_old");
    let mut story = Story::staffed("opening");
    story.time = 4.0 * 3600.0 + 1.0;
    overrides(&mut story, "doors_closed");
    story.desk().clock_is_set = false;
    overrides(&mut story, "clock_unsure");
    let mut workshop = Story::staffed("workshop");
    overrides(&mut workshop, "not_entitled");
}

#[test]
fn an_override_that_overrides_nothing_is_an_ordinary_walk_in() {
    let mut story = Story::staffed("registration");
    let mut order = walk_in();
    order["override"] = json!(true);
    assert_eq!(story.order(order)["overridden"], Value::Null);
    assert!(matches!(story.facts().last(), Some(What::Admitted(_))));
}
