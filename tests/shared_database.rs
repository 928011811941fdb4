//! A server that outgrew one machine: its data in PostgreSQL, and two servers that share it.

#[path = "../crates/ledger/src/tests/cluster.rs"]
#[allow(dead_code, reason = "the ledger's tests ask it more")]
mod cluster;

use cluster::Cluster;

use crate::support::venue::{Venue, get, scan};
use crate::support::wait_for;

/// Counts arrivals at a server of the venue.
fn arrived_at(url: &str, token: &str) -> usize {
    let (status, body) = get(&format!("{url}/api/arrivals"), Some(token));
    assert_eq!(status, 200, "{body}");
    let arrivals: serde_json::Value = serde_json::from_str(&body).unwrap();
    arrivals["arrivals"].as_array().unwrap().len()
}

#[test]
fn two_servers_over_one_database_are_one_server() {
    let cluster = Cluster::start(&[]);
    let database = cluster.url("postgres");
    let mut venue = Venue::open();
    let guests = venue.guests(4);
    let first = venue.station("K1", "registration");
    let mut desk = first.open();
    assert_eq!(scan(&mut desk, &guests[0].invitation)["decision"], "admit");
    wait_for("the first arrival", || (venue.arrived("registration").len() == 1).then_some(()));

    // The night after the first day: everything moves, and nobody at a desk notices.
    venue.move_to(&database);
    assert_eq!(venue.arrived("registration").len(), 1, "what the file held is there");
    assert!(!venue.path("server/yingbin.db").exists(), "nobody writes to the old file by mistake");
    let exported = venue.server(&["export", "arrivals", "--format", "json"]).ok().out;
    assert!(exported.contains(&guests[0].id), "commands find the database by themselves");

    let (second, url) = venue.second_server(&database);
    let add = ["station", "add", "K2", "--role", "kiosk", "--site", "hall"];
    let place = ["--activity", "registration", "--url", &url];
    let added = venue.server(&[&add[..], &place].concat()).ok().json();
    let other = crate::support::venue::Desk { data: venue.path("K2") };
    other.command(&["enrol", &url, added["code"].as_str().unwrap()]).ok();
    let mut other_desk = other.open();

    // Each desk asks another server, and both know what happened at the other door.
    assert_eq!(scan(&mut desk, &guests[1].invitation)["decision"], "admit");
    assert_eq!(scan(&mut other_desk, &guests[2].invitation)["decision"], "admit");
    wait_for("K2 to know whom K1 let in", || {
        (scan(&mut other_desk, &guests[1].invitation)["reason"] == "already_in").then_some(())
    });
    wait_for("K1 to know whom K2 let in", || {
        (scan(&mut desk, &guests[2].invitation)["reason"] == "already_in").then_some(())
    });
    for server in [&venue.url, &url] {
        wait_for("all three at either server", || {
            (arrived_at(server, &venue.token) == 3).then_some(())
        });
    }

    // One of the two machines dies; its desk goes on and brings all when it is back.
    second.kill();
    assert_eq!(scan(&mut other_desk, &guests[3].invitation)["decision"], "admit");
    assert_eq!(other_desk.finish().code, 0);
    let _second = venue.second_server_at(url.trim_start_matches("http://"), &database);
    other.command(&["sync"]).ok();
    assert_eq!(venue.arrived("registration").len(), 4, "what K2 kept is there");
    assert_eq!(desk.finish().code, 0);
    let checked = venue.server(&["check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let (_, health) = get(&format!("{}/api/health", venue.url), None);
    assert!(health.contains("\"postgres\""), "{health}");
}
