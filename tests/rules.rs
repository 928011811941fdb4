//! The rules of the venue's day, told with real stations, real stewards and a real server.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::program::{self, Running};
use crate::support::venue::{Desk, Guest, MORNING, Venue, copy, order, scan};
use crate::support::wait_for;
use crate::support::webdriver::Window;

/// Entrepreneurs of the demo with rooms to themselves in these stories: on the tour, the first two
/// in bus 1 and the third in bus 2.
const TOURISTS: [&str; 3] = ["452344", "230426", "238943"];

fn guest(venue: &Venue, number: &str) -> Guest {
    venue.people()[number].clone()
}

fn tourists(venue: &Venue) -> [Guest; 3] {
    let people = venue.people();
    TOURISTS.map(|number| people[number].clone())
}

/// Scans until the station answers so, because it has heard from the others.
fn scan_until(desk: &mut Running, token: &str, decision: &str, reason: Value) -> Value {
    wait_for("the station to have heard of it", || {
        let answer = scan_order(desk, token);
        (answer["decision"] == decision && answer["reason"] == reason).then_some(answer)
    })
}

fn scan_order(desk: &mut Running, token: &str) -> Value {
    order(desk, &json!({"do": "scan", "token": token}))
}

fn done(desk: &mut Running, what: Value) -> Value {
    let answer = order(desk, &what);
    assert!(answer["error"].is_null() && !answer["done"].is_null(), "{what}: {answer}");
    answer
}

fn refused(desk: &mut Running, what: Value) -> String {
    let answer = order(desk, &what);
    answer["error"].as_str().unwrap_or_else(|| panic!("{what}: {answer}")).to_owned()
}

fn new_guest(name: &str) -> Value {
    json!({"name": name, "latin": "HE Xin", "region": "SG", "language": "zh-Hans"})
}

fn walk_in(name: &str) -> Value {
    json!({"do": "walk_in", "category": "press", "delegation": "singapore-malaysia",
           "person": new_guest(name)})
}

/// Both sides bring each other up to date, and everything adds up afterwards.
fn sync_and_check(venue: &Venue, desks: &[&Desk]) {
    for desk in desks.iter().chain(desks) {
        desk.command(&["sync"]).ok();
    }
    for desk in desks {
        desk.command(&["check"]).ok();
    }
    venue.server(&["check"]).ok();
}

#[test]
fn people_come_and_go_and_are_counted_once() {
    let venue = Venue::with_more_activities();
    let [anna, bo, chen] = tourists(&venue);
    let door = venue.staffed("D1", "lounge", &[]);
    let exit = venue.staffed("D2", "lounge", &["--direction", "out"]);
    let (mut inward, mut outward) = (door.steward(), exit.steward());
    for guest in [&anna, &bo] {
        assert_eq!(scan_order(&mut inward, &guest.badge)["decision"], "admit");
    }
    let full = scan_order(&mut inward, &chen.badge);
    assert_eq!((&full["decision"], &full["reason"]), (&json!("refuse"), &json!("full")));
    // Out at another door, which heard of the way in; then there is room.
    scan_until(&mut outward, &anna.badge, "admit", Value::Null);
    scan_until(&mut inward, &chen.badge, "admit", Value::Null);
    scan_until(&mut outward, &bo.badge, "admit", Value::Null);
    // Coming back is no second arrival.
    scan_until(&mut inward, &anna.badge, "admit", Value::Null);
    let again = scan_order(&mut inward, &anna.badge);
    assert!(again["since"].as_str().unwrap().starts_with("2023-09-26T07:45"), "{again}");
    inward.finish().ok();
    outward.finish().ok();
    sync_and_check(&venue, &[&door, &exit]);
    let mut arrived = venue.arrived("lounge");
    arrived.sort();
    let mut expected = [anna.id, bo.id, chen.id];
    expected.sort();
    assert_eq!(arrived, expected);
}

#[test]
fn a_wait_list_opens_at_its_time_and_whoever_is_kept_out_stays_out() {
    let venue = Venue::with_more_activities();
    let [seated, waiting, excluded] = tourists(&venue);
    let other = guest(&venue, "260926");
    let door = venue.station("K1", "concert");
    let reasons = |time: &str, guests: &[&Guest]| -> Vec<Value> {
        let mut desk = door.open_at(&["--now", &format!("2023-09-26T{time}+08:00")]);
        let told = |guest: &&Guest| scan(&mut desk, &guest.badge)["reason"].clone();
        let told = guests.iter().map(told).collect();
        desk.finish().ok();
        told
    };
    assert_eq!(reasons("07:49:00", &[&waiting, &excluded, &other]), ["not_entitled"; 3]);
    assert_eq!(reasons("07:50:00", &[&waiting, &excluded, &other])[1..], ["not_entitled"; 2]);
    assert_eq!(reasons("07:55:00", &[&waiting]), ["already_in"], "the wait list has opened");
    assert_eq!(reasons("08:10:00", &[&excluded, &other]), [json!("not_entitled"), Value::Null]);
    let mut desk = door.open_at(&["--now", "2023-09-26T08:15:00+08:00"]);
    let answer = scan(&mut desk, &seated.badge);
    assert_eq!((&answer["decision"], &answer["placing"]["seat"]), (&json!("admit"), &json!("A12")));
    desk.finish().ok();
}

#[test]
fn breakfast_is_once_a_day_and_a_strict_door_once_for_all() {
    let venue = Venue::with_more_activities();
    let [anna, ..] = tourists(&venue);
    let buffet = venue.station("K1", "breakfast");
    for (day, decision) in [("25", "admit"), ("26", "admit"), ("27", "admit")] {
        let mut desk = buffet.open_at(&["--now", &format!("2023-09-{day}T07:00:00+08:00")]);
        assert_eq!(scan(&mut desk, &anna.badge)["decision"], decision, "{day}");
        assert_eq!(scan(&mut desk, &anna.badge)["reason"], "already_in", "{day}");
        desk.finish().ok();
    }
    let strict = venue.staffed("D1", "briefing", &[]);
    let mut door = strict.steward();
    assert_eq!(scan_order(&mut door, &anna.badge)["decision"], "admit");
    assert_eq!(scan_order(&mut door, &anna.badge)["reason"], "already_in");
    door.finish().ok();
    sync_and_check(&venue, &[&buffet, &strict]);
}

#[test]
fn a_bus_boards_leg_by_leg_and_knows_who_is_missing() {
    let venue = Venue::with_more_activities();
    let [anna, bo, chen] = tourists(&venue);
    let bus = |name: &str, number: &str| venue.staffed(name, "tour", &["--bus", number]);
    let (first, second) = (bus("B1", "1"), bus("B2", "2"));
    let (mut one, mut two) = (first.steward(), second.steward());
    let missing = |bus: &mut Running| done(bus, json!({"do": "missing"}));
    assert_eq!(missing(&mut one)["missing"].as_array().unwrap().len(), 2);
    assert_eq!(scan_order(&mut one, &anna.badge)["decision"], "admit");
    // The guest of the other bus is asked about, and taken along.
    let asked = scan_order(&mut one, &chen.badge);
    assert_eq!((&asked["decision"], &asked["reason"]), (&json!("ask"), &json!("wrong_site")));
    done(&mut one, json!({"do": "let_in", "token": chen.badge, "why": "room-left"}));
    let roll = missing(&mut one);
    assert_eq!((&roll["expected"], &roll["aboard"]), (&json!(3), &json!(2)));
    assert_eq!(roll["missing"][0]["attendee"], bo.id);
    assert_eq!(roll["missing"][0]["bus"], "1");
    // Bus 2 hears that its guest rides elsewhere.
    wait_for("bus 2 to expect nobody", || (missing(&mut two)["expected"] == 0).then_some(()));
    let left = done(&mut one, json!({"do": "depart", "heads": 4}));
    assert_eq!((&left["aboard"], &left["leg"]), (&json!(2), &json!(1)));
    // On the way back everybody is missing again, but for who said so; who came late is made up.
    done(&mut one, json!({"do": "note", "attendee": chen.id, "state": "own_way"}));
    done(
        &mut one,
        json!({"do": "make_up", "attendee": bo.id, "leg": 0, "why": "taxi",
                          "at": "2023-09-26T07:40:00+08:00"}),
    );
    let roll = missing(&mut one);
    assert_eq!((&roll["leg"], &roll["expected"]), (&json!(1), &json!(2)));
    assert_eq!(scan_order(&mut one, &bo.badge)["decision"], "admit");
    assert_eq!(missing(&mut one)["missing"][0]["attendee"], anna.id);
    one.finish().ok();
    two.finish().ok();
    sync_and_check(&venue, &[&first, &second]);
}

#[test]
fn a_lost_badge_dies_and_a_blank_takes_its_place() {
    let venue = Venue::open();
    let guest = guest(&venue, TOURISTS[0]);
    let (help, door) = (venue.staffed("S1", "registration", &[]), venue.station("K2", "opening"));
    let mut desk = help.steward();
    let first = scan_order(&mut desk, &guest.invitation);
    assert_eq!(first["decision"], "admit");
    let answer =
        done(&mut desk, json!({"do": "replace", "attendee": guest.id, "why": "lost-in-a-taxi"}));
    assert_eq!((&answer["prints"], answer["facts"].as_array().unwrap().len()), (&json!(true), 2));
    desk.finish().ok();
    assert_eq!(help.badges().len(), 2);
    let badge = help.badge_of(&guest.id);
    assert_ne!(badge, guest.badge);
    sync_and_check(&venue, &[&help, &door]);
    let mut opening = door.open();
    let lost = scan(&mut opening, &guest.badge);
    assert_eq!((&lost["decision"], &lost["reason"]), (&json!("refuse"), &json!("replaced")));
    assert_eq!(scan(&mut opening, &badge)["attendee"], guest.id);
    opening.finish().ok();
    sync_and_check(&venue, &[&help, &door]);
    assert_eq!(venue.arrived("opening"), [guest.id]);
}

#[test]
fn a_walk_in_gets_a_badge_without_a_network_and_enters_elsewhere_after_the_merge() {
    let mut venue = Venue::open();
    let (help, door) = (venue.staffed("S1", "registration", &[]), venue.station("K2", "opening"));
    venue.kill_server();
    let mut desk = help.steward();
    let answer = done(&mut desk, walk_in("何新"));
    let lists = done(&mut desk, json!({"do": "lists"}));
    assert_eq!(lists["blanks"], 49);
    desk.finish().ok();
    assert_eq!(help.badges().len(), 1);
    let text = program::system("pdftotext", &[help.badges()[0].to_str().unwrap(), "-"]);
    assert!(text.contains("何新"), "{text}");
    let id = answer["attendee"].as_str().unwrap();
    let badge = help.badge_of(id);
    // Before the merge the other station does not know whose it is.
    let mut opening = door.open();
    let asked = scan(&mut opening, &badge);
    assert_eq!((&asked["decision"], &asked["reason"]), (&json!("ask"), &json!("unbound_blank")));
    opening.finish().ok();
    venue.restart_server();
    sync_and_check(&venue, &[&help, &door]);
    let mut opening = door.open();
    let entered = scan(&mut opening, &badge);
    assert_eq!((&entered["decision"], &entered["attendee"]), (&json!("admit"), &json!(id)));
    opening.finish().ok();
    let checked = help.command(&["check"]).ok();
    assert_eq!(checked.json()["lists"]["blanks"], 50, "the exchange refills");
    assert!(checked.err.contains("50 blanks left"), "{}", checked.err);
}

#[test]
fn a_proxy_collects_and_the_guest_still_arrives() {
    let venue = Venue::open();
    let [guest, friend, _] = tourists(&venue);
    let (help, door) = (venue.staffed("S1", "registration", &[]), venue.station("K2", "opening"));
    let mut desk = help.steward();
    done(
        &mut desk,
        json!({"do": "hand_out", "attendee": guest.id, "proxy": true,
                           "by": friend.id}),
    );
    let twice = refused(&mut desk, json!({"do": "hand_out", "token": guest.invitation}));
    assert!(twice.contains("handed out at 2023-09-26T07:45"), "{twice}");
    assert_eq!(desk.finish().code, 1, "an order was not carried out");
    assert_eq!(help.badges().len(), 1);
    sync_and_check(&venue, &[&help, &door]);
    assert!(venue.arrived("registration").is_empty(), "a badge in hand is no arrival");
    let mut opening = door.open();
    assert_eq!(scan(&mut opening, &guest.badge)["decision"], "admit");
    opening.finish().ok();
    sync_and_check(&venue, &[&help, &door]);
    assert_eq!(venue.arrived("opening"), [guest.id]);
}

#[test]
fn a_substitute_takes_over_seat_and_the_old_pass_dies() {
    let venue = Venue::with_more_activities();
    let [guest, _, other] = tourists(&venue);
    let help = venue.staffed("S1", "registration", &[]);
    let bus = venue.staffed("B1", "tour", &["--bus", "1"]);
    let mut desk = help.steward();
    let answer = done(
        &mut desk,
        json!({"do": "substitute", "for": guest.id,
                                        "person": new_guest("何新")}),
    );
    let id = answer["attendee"].as_str().unwrap().to_owned();
    let told = refused(
        &mut desk,
        json!({"do": "substitute", "for": guest.invitation,
                                         "attendee": other.id}),
    );
    assert!(told.contains("replaced"), "{told}");
    assert_eq!(desk.finish().code, 1);
    let badge = help.badge_of(&id);
    sync_and_check(&venue, &[&help, &bus]);
    // The seat in bus 1 was the other's own; nobody else of the category has one.
    let mut driver = bus.steward();
    assert_eq!(scan_order(&mut driver, &badge)["decision"], "admit");
    assert_eq!(scan_order(&mut driver, &guest.badge)["reason"], "replaced");
    let roll = done(&mut driver, json!({"do": "missing"}));
    assert_eq!((&roll["expected"], &roll["aboard"]), (&json!(2), &json!(1)));
    driver.finish().ok();
    sync_and_check(&venue, &[&help, &bus]);
    assert_eq!(venue.arrived("tour"), [id]);
}

#[test]
fn a_mistake_is_annulled_and_leaves_no_trace() {
    let venue = Venue::open();
    let guest = guest(&venue, TOURISTS[0]);
    let help = venue.staffed("S1", "registration", &[]);
    let other = venue.station("K2", "registration");
    let mut desk = help.steward();
    let wrong = scan_order(&mut desk, &guest.invitation);
    let annul = json!({"do": "annul", "fact": wrong["fact"], "why": "wrong-person"});
    done(&mut desk, annul.clone());
    assert!(refused(&mut desk, annul).contains("annulled already"));
    assert_eq!(desk.finish().code, 1);
    sync_and_check(&venue, &[&help, &other]);
    assert!(venue.arrived("registration").is_empty());
    let mut kiosk = other.open();
    assert_eq!(scan(&mut kiosk, &guest.invitation)["decision"], "admit");
    kiosk.finish().ok();
    sync_and_check(&venue, &[&help, &other]);
    assert_eq!(venue.arrived("registration"), [guest.id]);
}

#[test]
fn a_steward_makes_up_a_sign_in() {
    let venue = Venue::open();
    let guest = guest(&venue, TOURISTS[0]);
    let door = venue.staffed("S1", "opening", &[]);
    let mut desk = door.steward_at("2023-09-26T10:00:00+08:00");
    let at = "2023-09-26T08:41:00+08:00";
    let order = json!({"do": "make_up", "attendee": guest.id, "at": at, "why": "power-cut"});
    done(&mut desk, order.clone());
    assert!(refused(&mut desk, order).contains("since 2023-09-26T08:41:00+08:00"));
    assert_eq!(scan_order(&mut desk, &guest.badge)["since"], at);
    desk.finish();
    sync_and_check(&venue, &[&door]);
    let arrivals = venue.arrivals();
    assert_eq!(arrivals["arrivals"][0]["at"], at, "{arrivals}");
}

#[test]
fn a_correction_is_on_the_badge_at_once() {
    let venue = Venue::open();
    let guest = guest(&venue, TOURISTS[0]);
    let help = venue.staffed("S1", "registration", &[]);
    let mut desk = help.steward();
    let change = json!({"name": "歐陽靜雯", "post_zh": "首席执行官"});
    done(&mut desk, json!({"do": "correct", "attendee": guest.id, "person": change}));
    scan_order(&mut desk, &guest.invitation);
    desk.finish().ok();
    let text = program::system("pdftotext", &[help.badges()[0].to_str().unwrap(), "-"]);
    assert!(text.contains("首席执行官"), "{text}");
    sync_and_check(&venue, &[&help]);
}

#[test]
fn a_blank_that_two_stations_gave_away_is_found_and_asked_about() {
    let mut venue = Venue::open();
    let [guest, friend, _] = tourists(&venue);
    let (one, two) = (venue.staffed("S1", "opening", &[]), venue.staffed("S2", "opening", &[]));
    let blank = {
        let reader = kiosk::Station::read(&one.data).unwrap();
        reader.ledger.free_blanks().unwrap().pop().unwrap().text
    };
    venue.kill_server();
    for (station, whose) in [(&one, &guest), (&two, &friend)] {
        let mut desk = station.steward();
        done(&mut desk, json!({"do": "bind", "token": blank, "attendee": whose.id}));
        assert_eq!(scan_order(&mut desk, &blank)["attendee"], whose.id);
        desk.finish().ok();
    }
    venue.restart_server();
    for station in [&one, &two, &one] {
        station.command(&["sync"]).ok();
    }
    let checked = one.command(&["check"]);
    assert_eq!(checked.code, 1);
    assert!(checked.err.contains("one blank badge was given to"), "{}", checked.err);
    let mut desk = one.steward();
    let asked = scan_order(&mut desk, &blank);
    assert_eq!((&asked["decision"], &asked["reason"]), (&json!("ask"), &json!("unbound_blank")));
    // Whoever stands there gets another badge, and the doubt is over.
    done(&mut desk, json!({"do": "replace", "attendee": guest.id, "why": "two-have-it"}));
    desk.finish().ok();
    let mut desk = one.steward();
    assert_eq!(scan_order(&mut desk, &one.badge_of(&guest.id))["decision"], "admit");
    desk.finish().ok();
}

#[test]
fn a_cloned_station_that_binds_the_same_blank_is_found() {
    let mut venue = Venue::open();
    let help = venue.staffed("S1", "registration", &[]);
    let twin = Desk { data: venue.path("S1-copy") };
    copy(&help.data, &twin.data);
    venue.kill_server();
    for (station, name) in [(&help, "何新"), (&twin, "何心")] {
        let mut desk = station.steward();
        done(&mut desk, walk_in(name));
        desk.finish().ok();
    }
    venue.restart_server();
    help.command(&["sync"]).ok();
    let before = twin.facts();
    twin.command(&["sync"]).ok();
    help.command(&["sync"]).ok();
    assert_eq!((before.len(), twin.facts().len()), (3, 6), "nothing is lost");
    assert_eq!(help.facts(), twin.facts());
    for desk in [&help, &twin] {
        let checked = desk.command(&["check"]);
        assert_eq!(checked.code, 1, "{}", checked.out);
        assert!(checked.err.contains("one blank badge was given to"), "{}", checked.err);
        assert_eq!(checked.json()["waiting"], 0);
    }
    let was: BTreeSet<String> =
        twin.facts().iter().filter_map(|fact| Some(fact["was"].as_str()?.to_owned())).collect();
    let place = |fact: &Value| format!("{}/{}", fact["log"].as_str().unwrap(), fact["seq"]);
    assert_eq!(was, before.iter().map(place).collect(), "each names the place where it stood");
    assert_eq!(twin.command(&["check"]).json()["moved"], 3);
    let server = venue.server(&["check"]);
    assert_eq!(server.code, 1, "{}", server.out);
    assert!(server.out.contains("was bound twice"), "{}", server.out);
    assert!(server.out.contains("the folder of S1 was copied"), "{}", server.out);
}

#[test]
fn a_test_pass_counts_nowhere() {
    let venue = Venue::open();
    let roster = ledger::Ledger::open_to_read(&venue.path("server/yingbin.db"), None).unwrap();
    let tester = roster.attendees().unwrap().into_iter().find(|guest| guest.test).unwrap();
    drop(roster);
    let badge = tester.person.unwrap().badge_pass;
    let (help, door) = (venue.staffed("S1", "registration", &[]), venue.station("K2", "opening"));
    let mut desk = help.steward();
    for _ in 0..2 {
        // As often as one likes.
        let let_in = json!({"do": "let_in", "attendee": tester.id, "why": "trying-out"});
        assert_eq!(done(&mut desk, let_in)["prints"], true);
    }
    desk.finish().ok();
    let text = program::system("pdftotext", &[help.badges()[0].to_str().unwrap(), "-"]);
    assert!(text.contains("TEST") && text.contains("测试"), "{text}");
    let mut opening = door.open();
    assert_eq!(scan(&mut opening, &badge)["decision"], "admit");
    opening.finish().ok();
    sync_and_check(&venue, &[&help, &door]);
    for desk in [&help, &door] {
        assert!(desk.facts().iter().all(|fact| fact["rehearsal"] == true));
    }
    assert_eq!(venue.arrivals()["arrivals"].as_array().unwrap().len(), 0);
}

#[test]
fn bad_orders_get_a_sentence_and_store_nothing() {
    let venue = Venue::open();
    let help = venue.staffed("S1", "registration", &[]);
    let mut desk = help.steward();
    let long = format!(r#"{{"do":"walk_in","person":{{"name":"{}"}}}}"#, "王".repeat(40_000));
    let bad = [
        "hello",
        "{}",
        r#"{"do":"open_sesame"}"#,
        r#"{"do":"missing","also":1}"#,
        r#"{"do":"annul","fact":"1/2","why":"x"}"#,
        r#"{"do":"replace","attendee":"00","why":"x"}"#,
        "{\"do\":\"scan\",\"token\":\"\u{0}\"",
        &long,
    ];
    for line in bad {
        desk.say(line);
        let answer = desk.hear_json();
        assert!(answer["error"].as_str().is_some_and(|text| text.len() > 10), "{answer}");
    }
    assert_eq!(done(&mut desk, json!({"do": "lists"}))["blanks"], 50, "and it goes on");
    let ended = desk.finish();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("not carried out"), "{}", ended.err);
    assert!(help.facts().is_empty());
    let kiosk = venue.station("K2", "registration");
    let mut desk = kiosk.steward();
    assert!(refused(&mut desk, json!({"do": "lists"})).contains("takes no orders"));
}

#[test]
fn in_a_rehearsal_orders_bind_nobody() {
    let venue = Venue::open();
    let guest = guest(&venue, TOURISTS[0]);
    let help = venue.staffed("S1", "registration", &[]);
    let lines = [
        walk_in("何新"),
        json!({"do": "replace", "attendee": guest.id, "why": "lost"}),
        json!({"do": "scan", "token": guest.invitation}),
    ];
    let input: Vec<String> = lines.iter().map(Value::to_string).collect();
    let data = help.data.to_str().unwrap();
    let arguments = ["--data", data, "steward", "--rehearse", MORNING];
    let ran = program::run("yingbin-desk", &arguments, &input.join("\n")).ok();
    assert_eq!(ran.lines().len(), 3);
    sync_and_check(&venue, &[&help]);
    assert!(help.facts().iter().all(|fact| fact["rehearsal"] == true));
    assert_eq!(venue.arrivals()["arrivals"].as_array().unwrap().len(), 0);
    let mut desk = help.steward();
    assert_eq!(scan_order(&mut desk, &guest.invitation)["decision"], "admit");
    desk.finish().ok();
    assert_eq!(help.badge_of(&guest.id), guest.badge, "the real badge lives");
}

#[test]
fn a_steward_answers_a_question_in_the_window() {
    let venue = Venue::rehearsing();
    let guest = guest(&venue, TOURISTS[0]);
    let added = venue.add_station("S1", ("staff", "hall"), "opening");
    let (data, code) = (venue.path("staff"), added["code"].as_str().unwrap());
    let data = data.to_str().unwrap();
    let arguments = ["--data", data, "--enrol", &venue.url, "--code", code];
    let window = Window::open(&[&arguments[..], &["--rehearse", MORNING]].concat());
    window.wait_for("body", "请出示报到码");
    window.scan_for(&guest.invitation, "歐陽靜雯");
    window.wait_for("[data-screen=ask]", "请进并记为已到吗");
    assert!(venue.arrived("opening").is_empty(), "a question writes nothing");
    window.click("button[data-touch=let_in]");
    window.wait_for("[data-screen=done]", "歐陽靜雯");
    wait_for("the arrival on the server", || {
        (venue.arrived("opening") == [guest.id.clone()]).then_some(())
    });
    window.wait_for("[data-screen=attract]", "");
    window.scan_for(&guest.badge, "07:45");
    window.wait_for("[data-screen=done]", "已入场");
}
