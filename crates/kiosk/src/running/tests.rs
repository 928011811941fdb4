//! A whole station at work: its threads, a real server, a real folder.
#![allow(clippy::arithmetic_side_effects, reason = "deadlines are near")]

mod neighbours;

use std::path::Path;

use super::*;
use crate::config::Confirm;
use crate::screen::Screen;
use crate::sync::SyncError;
use crate::testing::{ANNA_SCHMIDT, Venue, WANG_XIAOMING, by_touch, names, slug};

fn run(dir: &Path, options: Options) -> Handle {
    start(Station::open(dir).unwrap(), options, Box::new(|_| {})).unwrap()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "still not: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn pdfs(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("badges")).unwrap().count()
}

#[test]
fn a_guest_arrives_in_the_window_and_the_server_hears_of_it_within_a_second() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let handle = run(dir.path(), by_touch());
    wait_until("online", || handle.view().frame.online);
    handle.scanned(format!("{}\r\n", WANG_XIAOMING.invitation().to_lowercase()));
    wait_until("asked", || matches!(handle.view().screen, Screen::Confirm { .. }));
    let touched = Instant::now();
    handle.touched(Touch::ThisIsMe, handle.view().number);
    wait_until("on the server", || venue.arrivals(false) == 1);
    assert!(touched.elapsed() < Duration::from_secs(5));
    wait_until("done", || matches!(handle.view().screen, Screen::Done { badge: Some(_), .. }));
    assert!(handle.badge_png(1).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(pdfs(dir.path()), 1);
    handle.touched(Touch::Finished, handle.view().number);
    wait_until("over", || handle.view().screen == Screen::Attract);
    assert_eq!(handle.badge_png(1), None, "nobody is left on a public screen");
    handle.stop();
    assert!(!dir.path().join("ledger.db-wal").exists(), "the ledger is closed");
}

#[test]
fn a_station_works_without_its_server_and_tells_it_everything_later() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let door = venue.close();
    let options = Options { confirm: Confirm::AtOnce, ..by_touch() };
    let handle = run(dir.path(), options);
    assert!(handle.decide(&WANG_XIAOMING.invitation()).unwrap().fact.is_some());
    assert!(handle.decide(&ANNA_SCHMIDT.invitation()).unwrap().fact.is_some());
    wait_until("offline", || handle.progress().unwrap().online == Some(false));
    wait_until("printed", || handle.progress().unwrap().badges == 0);
    assert_eq!((pdfs(dir.path()), handle.progress().unwrap().waiting), (2, 2));
    let venue = door.open();
    wait_until("all told", || handle.progress().unwrap().waiting == 0);
    assert_eq!(venue.arrivals(false), 2);
    handle.stop();
    handle.stop();
    assert_eq!(handle.decide(&WANG_XIAOMING.invitation()), None);
}

#[test]
fn a_station_that_was_revoked_hands_in_what_it_has_destroys_itself_and_says_so() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let station = venue.enrol(dir.path(), "K2", &["registration"]);
    let id = station.ledger.own_log().unwrap().station();
    drop(station);
    let door = venue.close();
    let options = Options { confirm: Confirm::AtOnce, ..by_touch() };
    let handle = run(dir.path(), options);
    assert!(handle.decide(&WANG_XIAOMING.invitation()).unwrap().fact.is_some());
    wait_until("printed", || handle.progress().unwrap().badges == 0);
    let venue = door.open();
    venue.revoke(id);
    wait_until("shut down", || handle.progress().unwrap().shut_down.is_some());
    assert_eq!((venue.quarantined(), venue.arrivals(false)), (1, 0));
    let reason = crate::desk::SHUT_DOWN;
    wait_until("told", || {
        let told = Screen::Help { reason: reason.to_owned(), code: "K2".to_owned() };
        handle.view().screen == told
    });
    let outcome = handle.decide(&ANNA_SCHMIDT.invitation()).unwrap();
    assert_eq!((outcome.reason, outcome.fact), (Some(reason), None));
    handle.stop();
    assert_eq!(names(dir.path()), ["lock", "shut-down"]);
    let refused = Station::open(dir.path()).err().unwrap().to_string();
    assert!(refused.contains("was shut down by the organiser"), "{refused}");
}

#[test]
fn a_station_that_asks_by_hand_is_shut_down_the_same_way() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let mut station = venue.enrol(dir.path(), "K2", &["registration"]);
    venue.revoke(station.ledger.own_log().unwrap().station());
    let refused = station.exchange().unwrap_err();
    assert!(matches!(refused, SyncError::ShutDown(crate::Remains::Nothing)), "{refused}");
    drop(station);
    assert_eq!(names(dir.path()), ["lock", "shut-down"]);
}

#[test]
fn a_station_refuses_at_start_what_it_cannot_serve() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration", "workshop", "visit-dalian"]));
    let refused = |activity: &str| {
        let options = Options { activity: Some(slug(activity)), ..by_touch() };
        let station = Station::open(dir.path()).unwrap();
        start(station, options, Box::new(|_| {})).err().unwrap().to_string()
    };
    assert_eq!(
        refused("visit-dalian"),
        "visit-dalian is at dalian, and this station stands at hall"
    );
    assert!(refused("gala").contains("its activities are: registration, workshop, visit-dalian"));
}

#[test]
fn a_printer_that_cannot_print_keeps_no_station_from_starting() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let missing = PrinterAddress::Folder(dir.path().join("stick/badges"));
    let choice = Choice {
        instead: Some(missing.clone()),
        by_category: [("entrepreneur".to_owned(), missing)].into(),
        ..Choice::default()
    };
    choice.keep(dir.path()).unwrap();
    let printer = Some(PrinterAddress::Folder(file));
    let handle = run(dir.path(), Options { printer, confirm: Confirm::AtOnce, ..by_touch() });
    wait_until("the trouble is told", || handle.view().frame.printer.as_deref() == Some("fault"));
    handle.decide(&WANG_XIAOMING.invitation());
    assert_eq!(handle.progress().unwrap().badges, 1);
    handle.stop();
}

#[test]
fn one_exchange_by_hand_tells_what_it_moved() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["opening"]));
    let door = venue.close();
    let handle = run(dir.path(), Options { confirm: Confirm::AtOnce, ..by_touch() });
    handle.decide(&WANG_XIAOMING.badge());
    handle.stop();
    let mut station = Station::open(dir.path()).unwrap();
    assert!(station.exchange().unwrap_err().to_string().contains("does not answer"));
    let venue = door.open();
    let tally = station.exchange().unwrap();
    assert_eq!((tally.sent, tally.received, tally.roster_revision), (1, 0, 1));
    assert_eq!(station.exchange().unwrap().sent, 0);
    assert_eq!(venue.arrivals(false), 1);
}
