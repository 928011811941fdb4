//! What a desk learns about people comes onto the organiser's list, by itself and once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::program::Running;
use crate::support::venue::{Venue, order, scan};
use crate::support::{project, wait_for};

/// 欧阳静怡 of the demo.
const OUYANG: &str = "260926";

/// Returns the organiser's list, as `export roster` gives it back, by attendee id.
fn list(venue: &Venue) -> BTreeMap<String, Value> {
    let rows = venue.server(&["export", "roster"]).ok().json();
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (id(row), row.clone())).collect()
}

fn walk_in(desk: &mut Running) -> String {
    let person = json!({"name": "何新", "latin": "HE Xin", "region": "SG", "language": "zh-Hans"});
    let what = json!({"do": "walk_in", "category": "press", "delegation": "singapore-malaysia",
                      "person": person});
    let answer = order(desk, &what);
    answer["attendee"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[test]
fn a_walk_in_gets_a_number_and_a_place_on_the_list() {
    let venue = Venue::open();
    let before = list(&venue).len();
    let desk = venue.staffed("S1", "registration", &[]);
    let mut steward = desk.steward();
    let id = walk_in(&mut steward);
    let row = wait_for("the walk-in on the list", || list(&venue).remove(&id));
    assert_eq!((&row["name_zh"], &row["category"]), (&json!("何新"), &json!("press")));
    let number = row["number"].as_str().unwrap().to_owned();
    assert_eq!(number.len(), 6);

    // Another station knows the person by the roster, and the blank in the hand is the badge.
    let badge = desk.badge_of(&id);
    let door = venue.station("G1", "opening");
    door.command(&["sync"]).ok();
    let reader = kiosk::Station::read(&door.data).unwrap();
    let known = reader.ledger.attendee(id.parse().unwrap()).unwrap().unwrap();
    assert_eq!(known.person.unwrap().badge_pass, badge);

    // The organiser's list at midnight knows nothing of the walk-in, and takes nobody away.
    let file = project("demo/attendees.csv");
    let summary = venue.server(&["import", file.to_str().unwrap()]).ok().json();
    assert_eq!((&summary["absent"], &summary["changed"]), (&json!(1), &json!(0)));
    assert_eq!(list(&venue).len(), before + 1);
    assert_eq!(list(&venue)[&id]["number"], number.as_str());
    venue.server(&["check"]).ok();

    // Lost: the blank dies with the next pass, which is like everybody's.
    venue.server(&["reissue", &number, "--why", "badge-lost"]).ok();
    let mut door = door.open();
    wait_for("the list of revoked passes at the door", || {
        (scan(&mut door, &badge)["reason"] == "revoked").then_some(())
    });
    let new = venue.people()[&number].badge.clone();
    wait_for("the new pass at the door", || {
        let answer = scan(&mut door, &new);
        (answer["attendee"] == id.as_str() && answer["reason"] != "replaced").then_some(())
    });
}

#[test]
fn a_correction_at_the_desk_stands_on_the_list() {
    let venue = Venue::open();
    let ouyang = venue.people()[OUYANG].clone();
    let mut steward = venue.staffed("S1", "registration", &[]).steward();
    let correct = json!({"do": "correct", "attendee": ouyang.id,
                         "person": {"post_zh": "总经理", "post_en": "General Manager"}});
    assert_eq!(order(&mut steward, &correct)["done"], "correct");
    let row = wait_for("the correction on the list", || {
        let row = list(&venue).remove(&ouyang.id).unwrap();
        (row["post_zh"] == "总经理").then_some(row)
    });
    assert_eq!((&row["number"], &row["name_zh"]), (&json!(OUYANG), &json!("欧阳静怡")));
    assert_eq!(venue.people()[OUYANG].badge, ouyang.badge, "the pass is the same");
    let file = project("demo/attendees.csv");
    let again = venue.server(&["import", file.to_str().unwrap(), "--dry-run"]).ok();
    assert!(again.err.contains(&format!("{OUYANG}: post_zh, post_en")), "{}", again.err);
    venue.server(&["check"]).ok();
}
