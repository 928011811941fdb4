//! Orders at a desk with a real ledger on disk, and a real server that gave it blanks.

use admission::exchange::{Direction, Profile};
use admission::pass::PassKind;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;
use crate::config::Confirm;
use crate::desk::tests::Story;
use crate::desk::{Input, Verdict};
use crate::screen::{Next, Screen, Touch};
use crate::testing::{
    ANNA_SCHMIDT, AU_YEUNG, CHEN_YIMING, LI_CANCELLED, NO_GLYPH, NOBODY, TESTER, WANG_XIAOMING,
    Who, kiosk_profile, staffed_profile,
};

mod objections;
mod placing;
mod review;

impl Story {
    fn staffed(activity: &str) -> Story {
        Story::with(staffed_profile("S1", &[activity]), Confirm::AtOnce)
    }

    fn of(profile: Profile) -> Story {
        Story::with(profile, Confirm::AtOnce)
    }

    /// Gives an order as the program does, text in and text out.
    fn order(&mut self, order: Value) -> Value {
        let (reply, mut answer) = oneshot::channel();
        let order = match Order::read(&order.to_string()) {
            Ok(order) => Box::new(order),
            Err(error) => return json!({ "error": error.to_string() }),
        };
        self.tell(Input::Ordered { order, reply });
        match answer.try_recv().unwrap() {
            Ok(answer) => serde_json::to_value(answer).unwrap(),
            Err(error) => json!({ "error": error.to_string() }),
        }
    }

    /// Gives an order that must be refused with these words, and must store nothing.
    fn refused(&mut self, order: Value, words: &str) {
        let before = self.facts().len();
        let answer = self.order(order);
        let sentence = answer["error"].as_str().unwrap_or_else(|| panic!("done: {answer}"));
        assert!(sentence.contains(words), "{sentence}");
        assert_eq!(self.facts().len(), before, "a refused order stores nothing");
    }

    fn known_as(&mut self, who: Who) -> Known {
        self.desk().known(who.id()).unwrap()
    }

    /// Returns the reason that a steward is asked about, and can answer.
    fn question(&mut self) -> String {
        match self.screen() {
            Screen::Ask { reason, allowed: true, .. } => reason,
            other => panic!("no question: {other:?}"),
        }
    }

    /// Registers somebody and returns where the last screen sends them.
    fn next_of(&mut self, who: Who) -> Option<Next> {
        assert_eq!(self.scan(&who.invitation()).decision, Verdict::Admit);
        self.print();
        self.wait(2.0);
        match self.screen() {
            Screen::Done { next, .. } => next,
            other => panic!("no welcome: {other:?}"),
        }
    }

    /// Returns the text of the badge that somebody's last job prints.
    fn badge_of_new(&mut self, answer: &Value) -> String {
        let id: AttendeeId = answer["attendee"].as_str().unwrap().parse().unwrap();
        self.desk().known(id).unwrap().attendee.person.unwrap().badge_pass
    }
}

fn walk_in() -> Value {
    json!({"do": "walk_in", "category": "entrepreneur", "delegation": "singapore",
           "person": {"name": "何新", "latin": "HE Xin", "region": "SG"}})
}

#[test]
fn a_kiosk_decides_scans_and_takes_no_other_order() {
    let mut story = Story::of(kiosk_profile("K2", &["opening"]));
    let answer = story.order(json!({"do": "scan", "token": WANG_XIAOMING.badge()}));
    assert_eq!(answer["decision"], "admit");
    for order in [json!({"do": "lists"}), json!({"do": "missing"}), walk_in()] {
        story.refused(order, "takes no orders");
    }
    story.refused(json!({"do": "scan", "token": " \t"}), "the token is empty");
}

#[test]
fn an_invitation_at_a_door_is_asked_about_and_a_yes_is_an_ordinary_arrival() {
    let mut story = Story::staffed("opening");
    let token = WANG_XIAOMING.invitation();
    assert_eq!(story.scan(&token).decision, Verdict::Ask);
    let answer = story.order(json!({"do": "let_in", "token": token, "why": "no-badge-yet"}));
    assert_eq!(answer["overridden"], Value::Null);
    let facts = story.facts();
    assert!(
        matches!(&facts[..], [What::Admitted(a)] if a.pass == Some(PassKind::Invitation)),
        "{facts:?}"
    );
    assert!(story.known_as(WANG_XIAOMING).dossier.arrived.is_some());
    // Whoever is in already is let in and counts once.
    let again = story.order(json!({"do": "let_in", "token": token, "why": "no-badge-yet"}));
    assert_eq!(again["since"], "2023-09-26T07:30:00+08:00");
    assert!(matches!(&story.facts()[1], What::Admitted(a) if a.again.is_some()));
}

#[test]
fn a_refusal_is_overridden_with_the_reason_of_the_rule_and_the_steward() {
    let mut story = Story::staffed("opening");
    let order = json!({"do": "let_in", "attendee": LI_CANCELLED.id(), "why": "protocol"});
    let answer = story.order(order.clone());
    assert_eq!((&answer["overridden"], &answer["prints"]), (&json!("cancelled"), &json!(false)));
    let facts = story.facts();
    let [What::Overridden { admission, reason, why }] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((reason.as_str(), why.as_str(), admission.pass), ("cancelled", "protocol", None));
    // Twice is in once.
    story.order(order);
    let [_, What::Admitted(admission)] = &story.facts()[..] else { panic!() };
    assert!(admission.again.is_some());
    let there = story.known_as(LI_CANCELLED).dossier.presences;
    assert_eq!(there.values().next().unwrap().values().next().unwrap().open.len(), 1);
}

#[test]
fn found_by_name_at_registration_somebody_simply_registers() {
    let mut story = Story::staffed("registration");
    let order = json!({"do": "let_in", "attendee": ANNA_SCHMIDT.id(), "why": "no-phone"});
    let answer = story.order(order);
    assert_eq!((&answer["overridden"], &answer["prints"]), (&Value::Null, &json!(true)));
    assert!(matches!(&story.facts()[..], [What::Admitted(a)] if a.pass.is_none()));
    story.print();
    assert_eq!(story.badges().len(), 1);
}

#[test]
fn who_proves_nothing_is_not_let_in_by_anybody() {
    let mut story = Story::staffed("opening");
    let let_in = |token: String| json!({"do": "let_in", "token": token, "why": "please"});
    story.refused(let_in(WANG_XIAOMING.elsewhere()), "unknown_key");
    story.refused(let_in(NOBODY.badge()), "unknown_attendee");
    story.refused(let_in("WIFI:S:GUEST".to_owned()), "not_ours");
    let nobody = json!({"do": "let_in", "attendee": NOBODY.id(), "why": "please"});
    story.refused(nobody, "nobody here has the id");
    story.refused(json!({"do": "let_in", "why": "please"}), "either");
}

#[test]
fn a_mistake_is_undone_and_nothing_is_left_of_it() {
    let mut story = Story::staffed("registration");
    let fact = story.scan(&WANG_XIAOMING.invitation()).fact.unwrap().to_string();
    let annul = json!({"do": "annul", "fact": fact, "why": "wrong-person"});
    let answer = story.order(annul.clone());
    assert_eq!(answer["attendee"], WANG_XIAOMING.id().to_string());
    assert_eq!(story.known_as(WANG_XIAOMING).dossier, Default::default());
    story.print();
    assert_eq!(story.badges().len(), 0, "the badge of a mistake is not printed");
    story.refused(annul, "annulled already");
    let annulment = answer["facts"][0].as_str().unwrap();
    story.refused(json!({"do": "annul", "fact": annulment, "why": "x"}), "an annulment stands");
    let (log, _) = annulment.split_once('/').unwrap();
    for place in ["99", "0", "18446744073709551615"] {
        let fact = format!("{log}/{place}");
        story.refused(json!({"do": "annul", "fact": fact, "why": "x"}), "no fact");
    }
    let refusal = story.scan(&LI_CANCELLED.invitation()).fact.unwrap().to_string();
    story.refused(json!({"do": "annul", "fact": refusal, "why": "x"}), "counts nowhere");
    // The right person registers as if nothing had been.
    assert_eq!(story.scan(&WANG_XIAOMING.invitation()).decision, Verdict::Admit);
}

#[test]
fn a_sign_in_is_made_up_with_its_real_time_and_only_once() {
    let mut story = Story::staffed("opening");
    story.time = 7200.0;
    let at = |time: &str| {
        let at = format!("2023-09-26T{time}:00+08:00");
        json!({"do": "make_up", "attendee": ANNA_SCHMIDT.id(), "at": at, "why": "power-cut"})
    };
    story.refused(at("10:00"), "still to come");
    story.refused(at("07:00"), "opened its doors at 2023-09-26T07:30:00+08:00");
    assert_eq!(story.order(at("08:50"))["done"], "make_up");
    story.refused(at("08:51"), "since 2023-09-26T08:50:00+08:00");
    let mut leg = at("08:52");
    leg["leg"] = json!(1);
    story.refused(leg, "has no legs");
    let again = story.scan(&ANNA_SCHMIDT.badge());
    assert_eq!(again.since.as_deref(), Some("2023-09-26T08:50:00+08:00"));
}

#[test]
fn a_proxy_takes_the_badge_and_the_guest_has_not_arrived() {
    let mut story = Story::staffed("registration");
    let order = json!({"do": "hand_out", "attendee": WANG_XIAOMING.id(), "proxy": true,
                       "by": ANNA_SCHMIDT.id()});
    assert_eq!(story.order(order.clone())["prints"], true);
    let dossier = story.known_as(WANG_XIAOMING).dossier;
    assert!(dossier.collected.is_some() && dossier.arrived.is_none());
    story.refused(order, "handed out at 2023-09-26T07:30:00+08:00");
    story.print();
    assert_eq!(story.badges().len(), 1);
    // The guest's own check-in arrives and prints nothing more.
    assert_eq!(story.scan(&WANG_XIAOMING.invitation()).decision, Verdict::Admit);
    assert!(story.known_as(WANG_XIAOMING).dossier.arrived.is_some());
    story.print();
    assert_eq!(story.badges().len(), 1);
    let token = |who: Who| json!({"do": "hand_out", "token": who.invitation()});
    story.refused(token(LI_CANCELLED), "has called off");
    let by = json!({"do": "hand_out", "attendee": AU_YEUNG.id(), "by": ANNA_SCHMIDT.id()});
    story.refused(by, "only a proxy");
    assert_eq!(story.order(token(AU_YEUNG))["prints"], true);
    let mut door = Story::staffed("opening");
    door.refused(token(AU_YEUNG), "no badges are handed out at opening");
}

#[test]
fn a_walk_in_gets_an_id_a_blank_and_a_badge_with_the_own_name() {
    let mut story = Story::staffed("registration");
    let answer = story.order(walk_in());
    assert_eq!((&answer["done"], &answer["prints"]), (&json!("walk_in"), &json!(true)));
    assert_eq!(answer["facts"].as_array().unwrap().len(), 3);
    assert!(matches!(
        &story.facts()[..],
        [What::WalkedIn { .. }, What::Bound { .. }, What::Admitted(_)]
    ));
    story.print();
    assert_eq!(story.badges().len(), 1);
    let badge = story.badge_of_new(&answer);
    assert!(badge.starts_with("YB1"));
    assert_eq!(story.scan(&badge).reason, Some("badge_at_registration"), "the blank is a badge");
    // Another one gets another blank.
    let other = story.order(walk_in());
    assert_ne!(story.badge_of_new(&other), badge);
    let lists = story.order(json!({"do": "lists"}));
    assert_eq!((&lists["blanks"], &lists["key_set"]), (&json!(48), &json!(1)));
    assert_eq!(lists["roster"], json!({"hall": 1}));
}

#[test]
fn a_walk_in_must_fit_the_convention_and_the_badge() {
    let mut story = Story::staffed("registration");
    let with = |field: &str, value: Value| {
        let mut order = walk_in();
        order[field] = value;
        order
    };
    story.refused(with("category", json!("king")), "has no category king");
    story.refused(with("delegation", json!("moon")), "no delegation moon");
    story.refused(with("person", json!({})), "needs a \"name\"");
    story.refused(with("person", json!({"name": "何", "region": "XX"})), "no country or region");
    story.refused(with("person", json!({"name": "何"})), "a person needs one");
    let from = |region: &str, more: Value| {
        let mut person = json!({"name": "何", "region": region});
        person.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with("person", person)
    };
    story.refused(from("SG", json!({"province": "mars"})), "only with the region CN");
    story.refused(from("SG", json!({"language": "klingon"})), "is no language");
    story.refused(from("SG", json!({"name": "王\u{E000}"})), "the badge cannot be printed");
    story.refused(from("SG", json!({"name": "W".repeat(200)})), "the badge cannot be printed");
    let mut door = Story::staffed("workshop");
    door.refused(walk_in(), "may not enter workshop");
}

#[test]
fn blanks_run_out_with_a_sentence() {
    let mut story = Story::staffed("registration");
    for _ in 0..50 {
        assert_eq!(story.order(walk_in())["done"], "walk_in");
    }
    story.refused(walk_in(), "no blank badge is left");
}

#[test]
fn a_substitute_takes_the_seat_and_the_old_passes_die() {
    let mut story = Story::staffed("opening");
    let order = json!({"do": "substitute", "for": WANG_XIAOMING.id(),
                       "attendee": CHEN_YIMING.id()});
    assert_eq!(story.order(order.clone())["prints"], false, "an own badge lies on the list");
    assert_eq!(story.scan(&WANG_XIAOMING.badge()).reason, Some("replaced"));
    assert_eq!(story.scan(&CHEN_YIMING.badge()).decision, Verdict::Admit);
    story.refused(order, "comes instead of");
    // Whoever has arrived comes in person.
    let late = json!({"do": "substitute", "for": CHEN_YIMING.badge(), "person": {"name": "何新"}});
    story.refused(late, "nobody can come instead");
    let new = json!({"do": "substitute", "for": AU_YEUNG.invitation(),
                     "person": {"name": "何新"}});
    let answer = story.order(new);
    assert_eq!((&answer["prints"], answer["facts"].as_array().unwrap().len()), (&json!(true), 4));
    let badge = story.badge_of_new(&answer);
    assert_eq!(story.scan(&badge).decision, Verdict::Admit);
    let oneself = json!({"do": "substitute", "for": ANNA_SCHMIDT.id(),
                         "attendee": ANNA_SCHMIDT.id()});
    story.refused(oneself, "one and the same");
}

#[test]
fn a_companion_enters_what_the_principal_may() {
    let mut story = Story::staffed("trip");
    let order = json!({"do": "companion", "principal": AU_YEUNG.id(),
                       "attendee": ANNA_SCHMIDT.id()});
    assert_eq!(story.scan(&ANNA_SCHMIDT.badge()).reason, Some("not_entitled"));
    assert_eq!(story.order(order)["done"], "companion");
    assert_eq!(story.scan(&ANNA_SCHMIDT.badge()).decision, Verdict::Admit);
    let new = json!({"do": "companion", "principal": AU_YEUNG.badge(), "person": {"name": "何新"}});
    story.refused(new.clone(), "no category companion");
    let mut named = new;
    named["category"] = json!("entrepreneur");
    let answer = story.order(named);
    let badge = story.badge_of_new(&answer);
    assert_eq!(story.scan(&badge).decision, Verdict::Admit);
}

#[test]
fn a_correction_holds_on_the_badge_at_once() {
    let mut story = Story::staffed("registration");
    let correct =
        |person: Value| json!({"do": "correct", "attendee": WANG_XIAOMING.id(), "person": person});
    story.order(correct(json!({"name": "王晓明", "post_en": "President"})));
    let person = story.known_as(WANG_XIAOMING).attendee.person.unwrap();
    assert_eq!([&person.name, &person.post_en], ["王晓明", "President"]);
    assert_eq!(person.latin, "WANG Xiaoming", "what is not named stays");
    assert_eq!((person.badge_pass, person.number.as_str()), (WANG_XIAOMING.badge(), "100001"));
    story.refused(correct(json!({})), "nothing is corrected");
    story.refused(correct(json!({"name": "", "latin": ""})), "needs a \"name\"");
    story.refused(correct(json!({"name": "\u{E000}"})), "the badge cannot be printed");
}

#[test]
fn a_lost_badge_dies_with_every_earlier_one() {
    let mut story = Story::staffed("opening");
    let replace = json!({"do": "replace", "attendee": WANG_XIAOMING.id(), "why": "lost"});
    let first = story.order(replace.clone());
    let first = story.badge_of_new(&first);
    assert_eq!(story.scan(&WANG_XIAOMING.badge()).reason, Some("replaced"));
    assert_eq!(story.scan(&first).decision, Verdict::Admit);
    let second = story.order(replace);
    let second = story.badge_of_new(&second);
    assert_eq!(story.scan(&first).reason, Some("replaced"));
    assert_eq!(story.scan(&second).decision, Verdict::Admit);
    story.print();
    assert_eq!(story.badges().len(), 2);
    let cancelled = json!({"do": "replace", "attendee": LI_CANCELLED.id(), "why": "lost"});
    story.refused(cancelled, "has called off");
}

#[test]
fn an_unbound_blank_is_a_question_until_it_is_bound() {
    let mut story = Story::staffed("opening");
    let blank = story.desk().ledger.free_blanks().unwrap().pop().unwrap().text;
    assert_eq!(story.scan(&blank).reason, Some("unbound_blank"));
    let let_in = json!({"do": "let_in", "token": blank, "why": "please"});
    story.refused(let_in, "bind it");
    let bind = |token: &str, who: Who| json!({"do": "bind", "token": token, "attendee": who.id()});
    story.refused(bind(&ANNA_SCHMIDT.badge(), WANG_XIAOMING), "not a blank badge");
    assert_eq!(story.order(bind(&blank, WANG_XIAOMING))["done"], "bind");
    story.refused(bind(&blank, ANNA_SCHMIDT), "bound to");
    let outcome = story.scan(&blank);
    assert_eq!((outcome.decision, outcome.attendee), (Verdict::Admit, Some(WANG_XIAOMING.id())));
}

#[test]
fn a_bus_knows_who_is_missing_and_departs_leg_by_leg() {
    let bus = |name: &str| Profile { bus: name.to_owned(), ..staffed_profile("S1", &["trip"]) };
    let mut story = Story::of(bus("2"));
    let missing = |story: &mut Story| story.order(json!({"do": "missing"}));
    let roll = missing(&mut story);
    assert_eq!((&roll["expected"], &roll["aboard"]), (&json!(1), &json!(0)));
    assert_eq!(roll["missing"][0]["name"], "歐陽靜雯");
    assert_eq!(roll["missing"][0]["bus"], "2");
    // Somebody of the other bus is asked about; taken along, expected here from now on.
    assert_eq!(story.scan(&CHEN_YIMING.badge()).reason, Some("wrong_site"));
    let along = json!({"do": "let_in", "token": CHEN_YIMING.badge(), "why": "room-left"});
    let answer = story.order(along);
    assert_eq!(
        (answer["facts"].as_array().unwrap().len(), &answer["overridden"]),
        (2, &Value::Null)
    );
    story.scan(&AU_YEUNG.badge());
    let departed = story.order(json!({"do": "depart", "heads": 4}));
    assert_eq!((&departed["aboard"], &departed["leg"]), (&json!(2), &json!(1)));
    // The next leg begins with everybody missing.
    assert_eq!(missing(&mut story)["missing"].as_array().unwrap().len(), 2);
    let excused = json!({"do": "note", "attendee": AU_YEUNG.id(), "state": "excused"});
    assert_eq!(story.order(excused)["done"], "note");
    let roll = missing(&mut story);
    assert_eq!((&roll["expected"], &roll["leg"]), (&json!(1), &json!(1)));
    let made_up = |leg: u8| {
        json!({"do": "make_up", "attendee": AU_YEUNG.id(), "leg": leg, "why": "late",
               "at": "2023-09-26T07:20:00+08:00"})
    };
    story.refused(made_up(0), "signed in already");
    story.refused(made_up(2), "leg 2 has not begun");
    assert_eq!(story.order(made_up(1))["done"], "make_up");
    let moved = json!({"do": "note", "attendee": AU_YEUNG.id(), "state": "moved"});
    story.refused(moved, "to which bus");
    story.refused(json!({"do": "depart", "heads": 10_001}), "more than any vehicle");
    let mut hall = Story::staffed("opening");
    hall.refused(json!({"do": "depart", "heads": 4}), "no trip");
}

#[test]
fn out_is_out_and_a_full_lounge_lets_in_when_somebody_left() {
    let mut story = Story::staffed("lounge");
    for who in [WANG_XIAOMING, ANNA_SCHMIDT] {
        assert_eq!(story.scan(&who.badge()).decision, Verdict::Admit);
    }
    assert_eq!(story.scan(&AU_YEUNG.badge()).reason, Some("full"));
    let order = json!({"do": "let_in", "token": AU_YEUNG.badge(), "why": "protocol"});
    assert_eq!(story.order(order)["overridden"], "full");
    let out = Profile { direction: Direction::Out, ..staffed_profile("S1", &["lounge"]) };
    let mut exit = Story::of(out);
    assert_eq!(exit.scan(&WANG_XIAOMING.badge()).reason, Some("not_in"));
    let order = json!({"do": "let_in", "token": WANG_XIAOMING.badge(), "why": "x"});
    exit.refused(order, "let out, nothing is recorded");
    exit.refused(walk_in(), "only out");
}

#[test]
fn a_station_that_is_alone_tells_the_steward_and_no_guest_that_more_may_be_inside() {
    for (profile, told) in [
        (staffed_profile("S1", &["lounge"]), Some("more_may_be_inside")),
        (kiosk_profile("K2", &["lounge"]), None),
    ] {
        let mut story = Story::of(profile);
        story.hear_the_server();
        assert_eq!(story.scan(&ANNA_SCHMIDT.badge()).caveat, None);
        assert!(matches!(story.screen(), Screen::Done { caveat: None, .. }));
        story.wait(61.0);
        assert!(story.scan(&WANG_XIAOMING.badge()).caveat.is_some());
        let Screen::Done { caveat, .. } = story.screen() else { panic!("no welcome") };
        assert_eq!(caveat.as_deref(), told);
    }
}

#[test]
fn with_a_test_pass_everything_is_rehearsed() {
    let mut story = Story::staffed("registration");
    let id = TESTER.id();
    story.scan(&TESTER.invitation());
    story.order(json!({"do": "replace", "attendee": id, "why": "lost"}));
    story.order(json!({"do": "correct", "attendee": id, "person": {"post_en": "Tester"}}));
    let companion = json!({"do": "companion", "principal": id, "attendee": ANNA_SCHMIDT.id()});
    story.refused(companion, "another test pass");
    let facts = story.bodies();
    assert!(facts.len() == 4 && facts.iter().all(|body| body.rehearsal), "{facts:?}");
    assert!(story.desk().ledger.arrivals(false).unwrap().is_empty());
    assert!(story.view().test, "every screen about it says so");
}

#[test]
fn a_test_pass_with_a_new_badge_is_still_a_test_pass() {
    let mut story = Story::staffed("opening");
    let replace = json!({"do": "replace", "attendee": TESTER.id(), "why": "lost"});
    let answer = story.order(replace);
    let badge = story.badge_of_new(&answer);
    assert_eq!(story.scan(&badge).decision, Verdict::Admit);
    assert!(story.bodies().iter().all(|body| body.rehearsal));
}

#[test]
fn in_a_rehearsal_every_order_is_rehearsed() {
    let mut story = Story::staffed("registration");
    story.desk().rehearsal = true;
    story.order(walk_in());
    story.order(json!({"do": "replace", "attendee": WANG_XIAOMING.id(), "why": "lost"}));
    assert!(story.bodies().iter().all(|body| body.rehearsal));
    story.desk().rehearsal = false;
    assert_eq!(story.known_as(WANG_XIAOMING).dossier, Default::default());
}

#[test]
fn killed_in_an_order_there_is_all_of_it_or_nothing() {
    let mut story = Story::staffed("registration");
    story.order(walk_in());
    story.kill_and_start();
    assert_eq!(story.facts().len(), 3);
    story.print();
    assert_eq!(story.badges().len(), 1);
}

#[test]
fn a_steward_answers_a_question_on_the_screen() {
    let mut story = Story::with(staffed_profile("S1", &["opening"]), Confirm::ByTouch);
    story.scan(&WANG_XIAOMING.invitation());
    let Screen::Ask { reason, card: Some(card), allowed: true, place } = story.screen() else {
        panic!("no question: {:?}", story.screen())
    };
    assert_eq!((reason.as_str(), card.name.as_str()), ("invitation_at_door", "王小明"));
    assert_eq!(place, "A区 12排 8座");
    let number = story.view().number;
    story.scan(&WANG_XIAOMING.invitation());
    assert_eq!(story.view().number, number, "a code held still asks once");
    story.touch(Touch::NotMe);
    assert_eq!(story.screen(), Screen::Attract);
    assert!(story.facts().is_empty());
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::LetIn);
    assert!(matches!(story.screen(), Screen::Done { since: None, leaving: false, .. }));
    assert!(matches!(&story.facts()[..], [What::Admitted(_)]));
    // A second scan lets in and says since when.
    story.scan(&WANG_XIAOMING.badge());
    let Screen::Done { since: Some(since), .. } = story.screen() else { panic!("no welcome") };
    assert_eq!(since, "07:30");
}

#[test]
fn a_badge_without_a_person_is_a_question_that_yes_does_not_answer() {
    let mut story = Story::with(staffed_profile("S1", &["opening"]), Confirm::ByTouch);
    let blank = story.desk().ledger.free_blanks().unwrap().pop().unwrap().text;
    story.scan(&blank);
    let Screen::Ask { card: None, allowed: false, .. } = story.screen() else { panic!("no ask") };
    story.touch(Touch::LetIn);
    assert!(matches!(story.screen(), Screen::Ask { .. }));
    assert!(story.facts().is_empty());
}

#[test]
fn at_a_kiosk_a_question_is_the_help_screen_and_nobody_reads_since_when() {
    let mut story = Story::with(kiosk_profile("K2", &["opening"]), Confirm::ByTouch);
    story.scan(&WANG_XIAOMING.invitation());
    let Screen::Help { reason, .. } = story.screen() else { panic!("no help") };
    assert_eq!(reason, "invitation_at_door");
    story.touch(Touch::LetIn);
    assert!(story.facts().is_empty());
}

#[test]
fn a_badge_with_a_character_that_no_font_has_stops_nobody_at_a_door() {
    let mut story = Story::staffed("opening");
    assert_eq!(story.scan(&NO_GLYPH.badge()).decision, Verdict::Admit);
}

#[test]
fn a_rehearsal_undoes_nothing_real_and_the_day_itself_nothing_rehearsed() {
    let mut story = Story::staffed("registration");
    let real = story.scan(&WANG_XIAOMING.invitation()).fact.unwrap().to_string();
    let annul = |fact: &str| json!({"do": "annul", "fact": fact, "why": "mistake"});
    story.desk().rehearsal = true;
    story.refused(annul(&real), "undoes nothing real");
    let rehearsed = story.scan(&WANG_XIAOMING.invitation()).fact.unwrap().to_string();
    story.desk().rehearsal = false;
    story.refused(annul(&rehearsed), "only rehearsed");
    assert!(story.known_as(WANG_XIAOMING).dossier.arrived.is_some(), "still here");
}
