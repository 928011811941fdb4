//! A station is stolen, another breaks: what the organiser does, and what becomes of the records.

use crate::support::venue::{Desk, Venue, scan};

fn states(venue: &Venue) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let lines = venue.server(&["station", "list"]).ok().lines();
    lines.iter().map(|line| (text(&line["name"]), text(&line["state"]))).collect()
}

fn left(desk: &Desk) -> Vec<String> {
    let entries = std::fs::read_dir(&desk.data).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_stolen_station_is_revoked_and_a_spare_takes_over_and_nothing_is_lost() {
    let mut venue = Venue::open();
    let guests = venue.guests(3);
    let stolen = venue.station("K1", "registration");
    let mut desk = stolen.open();
    scan(&mut desk, &guests[0].invitation);
    assert_eq!(desk.finish().code, 0);
    venue.kill_server();
    let mut desk = stolen.open();
    scan(&mut desk, &guests[1].invitation);
    assert_eq!(desk.finish().code, 0);
    venue.restart_server();
    let revoked = venue.server(&["station", "revoke", "K1", "--why", "stolen"]).ok();
    assert_eq!(revoked.json()["state"], "revoked");

    let sync = stolen.command(&["sync"]);
    assert_eq!(sync.code, 1);
    assert!(
        sync.err.contains("shut down by the organiser: its records are at the server"),
        "{}",
        sync.err
    );
    assert_eq!(left(&stolen), ["lock", "shut-down"]);
    for command in ["run", "sync", "facts", "check"] {
        let again = stolen.command(&[command]);
        assert_eq!(again.code, 1, "{command}");
        assert!(again.err.contains("was shut down by the organiser"), "{}", again.err);
    }

    let added = venue.server(&["station", "replace", "K1", "--name", "K9", "--url", &venue.url]);
    let code = added.ok().json()["code"].as_str().unwrap().to_owned();
    let spare = Desk { data: venue.path("K9") };
    spare.command(&["enrol", &venue.url, &code]).ok();
    let expected = [("K1", "revoked"), ("K9", "active")];
    assert_eq!(states(&venue), expected.map(|(name, is)| (name.to_owned(), is.to_owned())));
    let mut desk = spare.open();
    assert_eq!(scan(&mut desk, &guests[2].invitation)["decision"], "admit");
    assert_eq!(desk.finish().code, 0);

    assert_eq!(venue.arrived("registration").len(), 2, "what came too late counts nowhere");
    let checked = venue.server(&["check"]).ok().json();
    assert_eq!(checked["quarantined"][0]["reason"], "station_revoked");
    assert_eq!(checked["quarantined"][0]["station"], "K1");
    spare.command(&["sync"]).ok();
    let facts = spare.facts();
    let quarantined: Vec<_> = facts.iter().filter(|fact| !fact["quarantined"].is_null()).collect();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0]["attendee"], guests[1].id.as_str());

    let released = venue.server(&["station", "release", "K1"]).ok().json();
    assert_eq!(released["released"], 1);
    assert_eq!(venue.arrived("registration").len(), 3);
    spare.command(&["sync"]).ok();
    assert!(spare.facts().iter().all(|fact| fact["quarantined"].is_null()));
    venue.server(&["check"]).ok();
}
