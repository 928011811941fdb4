//! What stations apart could not know, as people find it: at every desk, at the server, and on the
//! organiser's page; until one of them settles it.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::venue::{Desk, Venue, get, order, scan};

fn doubts(desk: &Desk) -> Vec<Value> {
    desk.command(&["review"]).ok().lines()
}

fn at_the_server(venue: &Venue) -> Vec<Value> {
    let (status, body) = get(&format!("{}/api/review", venue.url), Some(&venue.token));
    assert_eq!(status, 200, "{body}");
    let found: Value = serde_json::from_str(&body).unwrap();
    found["doubts"].as_array().unwrap().clone()
}

#[test]
fn one_badge_at_two_doors_without_a_network_is_looked_at_and_settled() {
    let mut venue = Venue::open();
    let people = venue.people();
    let guest = &people["260926"];
    let doors = ["G1", "G2"].map(|name| venue.staffed(name, "opening", &[]));
    venue.kill_server();
    for (door, time) in doors.iter().zip(["08:41", "08:44"]) {
        let now = format!("2023-09-26T{time}:00+08:00");
        let mut desk = door.open_at(&["--now", &now]);
        assert_eq!(scan(&mut desk, &guest.badge)["decision"], "admit");
        desk.kill();
        assert_eq!(doubts(door), [Value::Null; 0], "nobody can know yet");
    }
    venue.restart_server();
    let browser = Browser::start();
    browser.open(&format!("{}/live?activity=opening#{}", venue.url, venue.token));
    browser.wait_for("#doubts", "没有需要核对的记录");
    let all_sync =
        || (0..2).for_each(|_| doors.iter().for_each(|door| drop(door.command(&["sync"]).ok())));
    all_sync();

    let found = doubts(&doors[0]);
    assert_eq!(found, doubts(&doors[1]), "both say the same");
    let [doubt] = &found[..] else { panic!("one doubt: {found:?}") };
    assert_eq!((&doubt["doubt"], &doubt["activity"]), (&json!("double_entry"), &json!("opening")));
    assert_eq!(doubt["people"][0]["name"], "欧阳静怡");
    let told = |trace: &Value| [trace["station"].clone(), trace["at"].clone()];
    let traces: Vec<_> = doubt["traces"].as_array().unwrap().iter().map(told).collect();
    let expected = [("G1", "08:41"), ("G2", "08:44")];
    for (trace, (station, time)) in traces.iter().zip(expected) {
        assert_eq!(trace[0], station);
        let at = trace[1].as_str().unwrap();
        assert!(at.starts_with(&format!("2023-09-26T{time}:0")) && at.ends_with("+08:00"), "{at}");
    }
    assert_eq!(at_the_server(&venue)[0]["facts"], doubt["facts"]);
    browser.wait_for("#doubts .who", "欧阳静怡");
    browser.wait_for("#doubts h3", "Double entry");
    browser.wait_for("#doubts time", "09-26 08:44");
    browser.wait_for("#doubts .desk", "G2");
    browser.wait_for("#doubts .place", "Main venue, Shenyang");
    let wall = venue.server(&["live"]).ok().json()["wall"].as_str().unwrap().to_owned();
    let (_, figures) = get(&format!("{}/api/figures", venue.url), wall.split('#').nth(1));
    assert!(!figures.contains("欧阳静怡"), "the wall names nobody");

    let mut steward = doors[1].steward_at("2023-09-26T09:05:00+08:00");
    let settle = json!({"do": "settle", "doubt": "double_entry", "facts": doubt["facts"],
                        "outcome": "same-person"});
    assert_eq!(order(&mut steward, &settle)["done"], "settle");
    steward.kill();
    assert!(doubts(&doors[1]).is_empty());
    all_sync();
    assert!(doubts(&doors[0]).is_empty());
    assert!(at_the_server(&venue).is_empty());
    browser.wait_for("#doubts", "Nothing needs a look");
    let kinds: Vec<Value> = doors[0].facts().iter().map(|fact| fact["kind"].clone()).collect();
    assert!(kinds.contains(&json!("settled")), "it stays in the history");
}
