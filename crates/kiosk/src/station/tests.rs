//! Stories of a data folder: enrolled once, locked, and whole after every failure.

use admission::exchange::Nonce;
use ledger::carrier::Http;
use ledger::enrol::{Application, Code};

use super::*;
use crate::enrol::apply;
use crate::testing::{Venue, names};

#[test]
fn a_station_enrols_once_and_is_the_same_station_when_it_opens_again() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let code = venue.code("K2", &["registration"]);
    let station = Station::enrol(dir.path(), &venue.url, &code).unwrap();
    assert_eq!(station.name(), "K2");
    let log = station.ledger.own_log().unwrap();
    drop(station);
    assert_eq!(Station::open(dir.path()).unwrap().ledger.own_log().unwrap(), log);
    let again = Station::enrol(dir.path(), &venue.url, &code).err().unwrap();
    assert!(matches!(again, StationError::AlreadyEnrolled(_)), "{again}");
}

#[test]
fn a_second_kiosk_on_the_same_folder_is_refused_and_a_reader_is_not() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let first = venue.enrol(dir.path(), "K2", &["registration"]);
    let second = Station::open(dir.path()).err().unwrap();
    assert!(second.to_string().starts_with("another kiosk is running on the folder"), "{second}");
    assert_eq!(Station::read(dir.path()).unwrap().policy.profile.name, "K2");
    drop(first);
    assert!(Station::open(dir.path()).is_ok());
}

#[test]
fn a_failed_enrolment_leaves_nothing_that_blocks_the_next_and_a_lost_answer_can_be_had_again() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let code = venue.code("K2", &["registration"]);
    let dead = Station::enrol(dir.path(), "http://127.0.0.1:1", &code).err().unwrap();
    assert!(dead.to_string().contains("does not answer"), "{dead}");
    assert_eq!(names(dir.path()), ["lock", "station.key"]);
    // The server heard of the station, but its answer got lost.
    let folder = Folder::lock(dir.path()).unwrap();
    let application = Application::new(
        &Code::read(&code).unwrap(),
        &folder.station_key().unwrap(),
        Nonce([0; 16]),
    );
    apply(&Http::new(&venue.url).unwrap(), &application).unwrap();
    drop(folder);
    assert_eq!(Station::enrol(dir.path(), &venue.url, &code).unwrap().name(), "K2");
}

#[test]
fn who_waits_for_a_welcome_is_told_what_to_do_and_may_enrol_over_the_network_instead() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let applied = dir.path().join(APPLIED);
    fs::write(&applied, "a code").unwrap();
    for refused in [Station::open(dir.path()).err(), Station::read(dir.path()).err()] {
        let refused = refused.unwrap().to_string();
        assert!(refused.ends_with("yingbin-desk --data DIR bundle in FILE"), "{refused}");
        assert!(!refused.contains("enrol URL"), "{refused}");
    }
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    assert!(!applied.exists(), "the code in it opens nothing any more, and is nobody's business");
}

#[test]
fn a_wrong_code_is_refused_with_a_sentence() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let right = venue.code("K2", &["registration"]);
    let unknown = right.replacen(&right[..10], "AAAAAAAAAA", 1);
    let refused = Station::enrol(dir.path(), &venue.url, &unknown).err().unwrap();
    assert!(refused.to_string().contains("unknown, used or expired"), "{refused}");
    let foreign = format!("{}-AAAAAAAAAAAAAAAA", &right[..10]);
    let refused = Station::enrol(dir.path(), &venue.url, &foreign).err().unwrap();
    assert!(refused.to_string().contains("not the one that the code names"), "{refused}");
    let refused = Station::enrol(dir.path(), &venue.url, "hello").err().unwrap();
    assert!(refused.to_string().starts_with("an enrolment code looks like"), "{refused}");
    assert!(Station::enrol(dir.path(), &venue.url, &right).is_ok());
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let dir = dir.path().join("k2");
    drop(venue.enrol(&dir, "K2", &["registration"]));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.join("station.key")), 0o600);
    assert_eq!(mode(&dir.join("ledger.key")), 0o600);
    assert_eq!(mode(&dir), 0o700);
}

#[test]
fn a_reader_says_of_the_stations_key_what_a_desk_would_say() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let key = dir.path().join("station.key");
    let good = fs::read(&key).unwrap();
    let reader = Station::read(dir.path()).unwrap();
    reader.check_key(dir.path()).unwrap();
    let other = format!("{}\n", "01".repeat(32));
    for bad in [None, Some(b"short".as_slice()), Some(other.as_bytes())] {
        match bad {
            Some(bytes) => fs::write(&key, bytes).unwrap(),
            None => fs::remove_file(&key).unwrap(),
        }
        let refused = Station::open(dir.path()).err().unwrap().to_string();
        assert_eq!(reader.check_key(dir.path()).unwrap_err().to_string(), refused);
    }
    fs::write(&key, good).unwrap();
    reader.check_key(dir.path()).unwrap();
}

#[test]
fn a_lost_or_damaged_key_file_is_named_and_never_made_anew() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let key = dir.path().join("ledger.key");
    let good = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(matches!(Station::open(dir.path()).err().unwrap(), StationError::BadKey(_)));
    assert!(!key.exists());
    fs::write(&key, b"\xff\xfe").unwrap();
    assert!(matches!(Station::open(dir.path()).err().unwrap(), StationError::BadKey(_)));
    fs::write(&key, "00".repeat(32)).unwrap();
    let wrong = Station::open(dir.path()).err().unwrap();
    assert!(wrong.to_string().contains("does not open with this key"), "{wrong}");
    fs::write(&key, good).unwrap();
    assert!(Station::open(dir.path()).is_ok());
}
