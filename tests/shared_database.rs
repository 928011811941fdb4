//! A server that outgrew one machine: its data in PostgreSQL, and two servers that share it.

#[path = "../crates/ledger/src/tests/cluster.rs"]
#[allow(dead_code, reason = "the ledger's tests ask it more")]
mod cluster;

use std::path::Path;
use std::process::Command;

use cluster::Cluster;

use crate::support::program::Running;
use crate::support::project;
use crate::support::venue::{Venue, get, holds, scan};
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
    let here = scan(&mut desk, &guests[1].invitation);
    let there = scan(&mut other_desk, &guests[2].invitation);
    for (answer, listener) in [(&here, &other), (&there, &first)] {
        assert_eq!(answer["decision"], "admit");
        // Nobody is scanned until then: a scan would let in whom the station does not know.
        let reader = kiosk::Station::read(&listener.data).unwrap();
        wait_for("one desk to hear of the other", || {
            holds(&reader.ledger, answer["fact"].as_str().unwrap()).then_some(())
        });
    }
    assert_eq!(scan(&mut other_desk, &guests[1].invitation)["reason"], "already_in");
    assert_eq!(scan(&mut desk, &guests[2].invitation)["reason"], "already_in");
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

/// What docs/operations.md tells to do, line by line; the server's lines are run as programs.
const DUMP: [&str; 2] = [
    "pg_dump --format=custom --file=yingbin-20230926T0800.dump postgres://yingbin@db/yingbin",
    "pg_restore --list yingbin-20230926T0800.dump",
];
const RESTORE: [&str; 4] = [
    "createdb yingbin_restored",
    "pg_restore --exit-on-error --single-transaction --no-owner --dbname=yingbin_restored yingbin-20230926T0800.dump",
    "psql --dbname=postgres --command='ALTER DATABASE yingbin RENAME TO yingbin_broken'",
    "psql --dbname=postgres --command='ALTER DATABASE yingbin_restored RENAME TO yingbin'",
];

/// Runs a line of the book in a folder, as somebody would who asks this cluster by default.
fn type_in(cluster: &Cluster, folder: &Path, line: &str) {
    let book = std::fs::read_to_string(project("docs/operations.md")).unwrap();
    assert!(book.lines().any(|written| written.starts_with(line)), "the book has no {line}");
    let url = cluster.url("yingbin");
    let socket = url.split(['@', '/']).nth(3).unwrap().replace("%2F", "/");
    let mut shell = Command::new("sh");
    shell.current_dir(folder).env("PGHOST", socket).env("PGUSER", "yingbin");
    let typed = line.replace("postgres://yingbin@db/yingbin", &url);
    let done = shell.args(["-euc", &typed]).output().unwrap();
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_database_that_is_put_back_as_the_book_says_gets_everything_again_from_its_stations() {
    let cluster = Cluster::start(&[]);
    cluster.sql("postgres", "CREATE DATABASE yingbin");
    let mut venue = Venue::open();
    let guests = venue.guests(usize::MAX);
    let mut next = guests.iter();
    let mut admit = |desk: &mut Running| {
        let guest = next.next().unwrap();
        assert_eq!(scan(desk, &guest.invitation)["decision"], "admit");
    };
    let first = venue.station("K1", "registration");
    venue.station("K0", "registration");
    venue.move_to(&cluster.url("yingbin"));
    let mut desk = first.open();
    admit(&mut desk);
    wait_for("the first arrival", || (venue.arrived("registration").len() == 1).then_some(()));
    // Nobody stops for a dump.
    let folder = venue.folder().to_owned();
    for line in DUMP {
        std::thread::scope(|scope| {
            let typing = scope.spawn(|| type_in(&cluster, &folder, line));
            while !typing.is_finished() {
                admit(&mut desk);
            }
            typing.join().unwrap();
        });
    }
    // What the dump does not have: more records, and a station with its own.
    (0..5).for_each(|_| admit(&mut desk));
    assert_eq!(desk.finish().code, 0);
    let added = venue.station("K2", "registration");
    let mut other = added.open();
    (0..5).for_each(|_| admit(&mut other));
    assert_eq!(other.finish().code, 0);
    venue.server(&["station", "revoke", "K0", "--why", "stolen"]).ok();
    for kiosk in [&first, &added] {
        kiosk.command(&["sync"]).ok();
    }
    let came = venue.arrived("registration");
    venue.kill_server();
    cluster.sql("yingbin", "DROP TABLE fact CASCADE");
    assert_eq!(venue.server(&["check"]).code, 1, "it is damaged");

    RESTORE.iter().for_each(|line| type_in(&cluster, venue.folder(), line));
    venue.server(&["check"]).ok();
    venue.restart_server();
    let restored = venue.arrived("registration").len();
    assert!((1..=came.len() - 10).contains(&restored), "{restored} of {}", came.len());
    // As many changes as the dump lacks, before any station has said what it knows.
    let newcomers = ["K3", "K4"].map(|name| venue.station(name, "registration"));
    // The one that the dump does not know comes first.
    for kiosk in [&added, &first] {
        kiosk.command(&["sync"]).ok();
    }
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(venue.arrived("registration")), sorted(came), "none lost, none doubled");
    let checked = venue.server(&["check"]).ok().json();
    assert_eq!(checked["complaints"], serde_json::json!([]), "{checked}");
    for kiosk in [&first, &added].into_iter().chain(&newcomers) {
        assert_eq!(kiosk.command(&["check"]).ok().json()["waiting"], 0);
    }
    let stations = venue.server(&["station", "list"]).ok().lines();
    let revoked: Vec<_> = stations.iter().filter(|line| line["state"] == "revoked").collect();
    assert!(revoked.len() == 1 && revoked[0]["name"] == "K0", "{revoked:?}");
    let kept =
        cluster.sql("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'yingbin%'");
    assert_eq!(kept, "2", "the damaged one is kept");
}
