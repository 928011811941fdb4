//! Stories of a ledger that was damaged: nothing is believed that is not whole, nothing is deleted,
//! and the station goes on.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use std::fs;
use std::path::{Path, PathBuf};

use admission::exchange::Vector;
use ledger::LedgerError;
use ledger::facts::Draft;

use super::super::{Station, StationError, back_up};
use crate::testing::{ANNA_SCHMIDT, AU_YEUNG, MORNING, Venue, WANG_XIAOMING, Who, at, names, slug};

/// Lets somebody in at the station.
pub(crate) fn admit(station: &mut Station, who: Who) {
    use admission::fact::{Admission, Body, Visit, What};
    let visit = Visit {
        activity: slug("registration"),
        day: crate::testing::day("2023-09-26"),
        mode: admission::roster::Mode::Once,
        leg: 0,
    };
    let what = What::Admitted(Admission { visit, pass: None, again: None });
    let draft = Draft {
        body: Body { rehearsal: false, what },
        subject: Some(who.id()),
        site: slug("hall"),
        badge: None,
        attachment: None,
    };
    station.ledger.record(&draft, &station.key, at(MORNING)).unwrap();
}

fn ledger_of(dir: &Path) -> PathBuf {
    dir.join("ledger.db")
}

/// Overwrites the whole ledger.
fn smash(dir: &Path) {
    fs::write(ledger_of(dir), vec![0x5A; 20_000]).unwrap();
}

fn broken(dir: &Path) -> Vec<String> {
    names(dir).into_iter().filter(|name| name.starts_with("broken-")).collect()
}

fn refusal(dir: &Path) -> StationError {
    Station::open(dir).err().unwrap()
}

#[test]
fn a_smashed_ledger_is_put_back_from_the_newest_backup_and_the_old_log_comes_back() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let mut station = venue.enrol(dir.path(), "K2", &["registration"]);
    let old = station.ledger.own_log().unwrap();
    admit(&mut station, WANG_XIAOMING);
    let made = back_up(dir.path(), None).unwrap();
    assert_eq!((made.facts, made.complete), (1, true));
    admit(&mut station, ANNA_SCHMIDT);
    station.exchange().unwrap();
    drop(station);
    smash(dir.path());
    let mut station = Station::open(dir.path()).unwrap();
    let aside = broken(dir.path());
    assert_eq!(aside.len(), 1);
    let kept = fs::read(dir.path().join(&aside[0]).join("ledger.db")).unwrap();
    assert_eq!(kept, vec![0x5A; 20_000], "kept as it was");
    assert_ne!(station.ledger.own_log().unwrap(), old);
    admit(&mut station, AU_YEUNG);
    let tally = station.exchange().unwrap();
    assert_eq!((tally.sent, tally.received), (1, 1), "the server has what was brought before");
    assert_eq!(station.ledger.vector().unwrap().seq(old).0, 2);
    assert_eq!(venue.arrivals(false), 3);
    drop(station);
    drop(Station::open(dir.path()).unwrap());
    assert_eq!(broken(dir.path()), aside, "once is enough");
}

#[test]
fn without_a_backup_everything_comes_from_the_server_and_without_it_nothing_is_touched() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let mut station = venue.enrol(dir.path(), "K2", &["registration"]);
    let old = station.ledger.own_log().unwrap();
    admit(&mut station, WANG_XIAOMING);
    station.exchange().unwrap();
    drop(station);
    smash(dir.path());
    let door = venue.close();
    let before = names(dir.path());
    let refused = refusal(dir.path()).to_string();
    assert!(refused.contains("there is no good backup"), "{refused}");
    assert!(refused.contains("does not answer"), "{refused}");
    assert!(refused.contains("connect the station to its server and start it again"), "{refused}");
    assert_eq!(names(dir.path()), before, "nothing was moved or left behind");
    let _venue = door.open();
    let station = Station::open(dir.path()).unwrap();
    assert_eq!(station.name(), "K2");
    assert_eq!(station.ledger.vector().unwrap().seq(old).0, 1, "its own past as well");
    assert!(station.ledger.attendee(WANG_XIAOMING.id()).unwrap().is_some());
    let loss = station.ledger.losses().unwrap().remove(0);
    assert_eq!(loss.backup, "");
    let says = loss.to_string();
    assert!(says.contains("what this station recorded before is here only if it had"), "{says}");
}

#[test]
fn a_ledger_that_is_gone_or_empty_is_put_back_too() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    back_up(dir.path(), None).unwrap();
    fs::write(ledger_of(dir.path()), "").unwrap();
    let loss = Station::open(dir.path()).unwrap().ledger.losses().unwrap().remove(0);
    assert!(
        loss.to_string().contains(&format!("; keep the folder {} until", loss.aside)),
        "{loss}"
    );
    fs::remove_file(ledger_of(dir.path())).unwrap();
    assert_eq!(Station::open(dir.path()).unwrap().name(), "K2");
    assert_eq!(broken(dir.path()).len(), 1, "where nothing was moved, no empty folder stays");
    let loss = Station::read(dir.path()).unwrap().ledger.losses().unwrap().remove(0);
    assert_eq!(loss.aside, "");
    assert!(!loss.to_string().contains("keep the folder"), "{loss}");
}

#[test]
fn a_backup_on_another_disk_is_found_and_a_broken_one_is_passed_over() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    let stick = tempfile::tempdir().unwrap();
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let good = back_up(dir.path(), Some(stick.path())).unwrap().file;
    let bad = back_up(dir.path(), None).unwrap().file;
    let mut bytes = fs::read(&bad).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(dir.path().join("backup/backup-20991231T000000Z.db"), bytes).unwrap();
    fs::remove_file(bad).unwrap();
    smash(dir.path());
    let _closed = venue.close();
    let station = Station::open_with(dir.path(), Some(stick.path())).unwrap();
    let used = &station.ledger.losses().unwrap()[0].backup;
    assert_eq!(Some(used.as_str()), good.file_name().unwrap().to_str());
}

#[test]
fn who_only_reads_a_damaged_ledger_is_told_to_start_the_station() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    let refused = || Station::read(dir.path()).err().unwrap().to_string();
    let whole = fs::read(ledger_of(dir.path())).unwrap();
    fs::write(ledger_of(dir.path()), [&[0x5A; 4096][..], &whole[4096..]].concat()).unwrap();
    for found in ["(its beginning cannot be read)", "(it is missing)"] {
        let refused = refused();
        assert!(refused.contains(&format!("ledger.db is damaged {found}; start")), "{refused}");
        fs::remove_file(ledger_of(dir.path())).ok();
    }
    fs::write(ledger_of(dir.path()), whole).unwrap();
    fs::write(dir.path().join("ledger.key"), "00".repeat(32)).unwrap();
    assert!(refused().contains("put back the key file that belongs to it"), "{}", refused());
}

#[test]
fn a_wrong_key_is_no_damage_and_nothing_is_moved() {
    let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
    drop(venue.enrol(dir.path(), "K2", &["registration"]));
    back_up(dir.path(), None).unwrap();
    let (before, ledger) = (names(dir.path()), fs::read(ledger_of(dir.path())).unwrap());
    let right = fs::read(dir.path().join("ledger.key")).unwrap();
    fs::write(dir.path().join("ledger.key"), "00".repeat(32)).unwrap();
    let refused = refusal(dir.path());
    assert!(matches!(refused, StationError::Ledger(LedgerError::WrongKey { .. })), "{refused}");
    assert_eq!(names(dir.path()), before);
    assert_eq!(fs::read(ledger_of(dir.path())).unwrap(), ledger);
    fs::write(dir.path().join("ledger.key"), right).unwrap();
    drop(Station::open(dir.path()).unwrap());
    assert_eq!(broken(dir.path()).len(), 0);
}

/// A station's folder whose facts lie partly in the file and partly in the write-ahead log, as a
/// killed station leaves it.
fn killed(venue: &Venue) -> (tempfile::TempDir, Vector) {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut station = venue.enrol(dir.path(), "K2", &["registration"]);
    for _ in 0..10 {
        admit(&mut station, WANG_XIAOMING);
    }
    drop(station);
    back_up(dir.path(), None).unwrap();
    let mut station = Station::open(dir.path()).unwrap();
    for _ in 0..10 {
        admit(&mut station, ANNA_SCHMIDT);
    }
    for name in ["ledger.db", "ledger.db-wal", "ledger.key", "station.key", "enrolment"] {
        fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    fs::create_dir(copy.path().join("backup")).unwrap();
    let backup = ledger::backup::all(&dir.path().join("backup")).remove(0);
    fs::copy(&backup, copy.path().join("backup").join(backup.file_name().unwrap())).unwrap();
    (copy, station.ledger.vector().unwrap())
}

/// Opens the folder and returns what became of the station's facts.
fn what_came_of(dir: &Path, whole: &Vector) -> &'static str {
    let station = Station::open(dir).unwrap();
    let complaints = station.ledger.check().unwrap().complaints;
    assert_eq!(complaints, Vec::<String>::new());
    match (broken(dir).is_empty(), station.ledger.vector().unwrap() == *whole) {
        (true, true) => "harmless",
        (true, false) => "silent",
        (false, _) => "put back",
    }
}

#[test]
fn flipped_bits_are_never_believed_in_silence() {
    let (seed, flips) = match std::env::var("YINGBIN_FLIP_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 200),
        Err(_) => (20_230_926, 200),
    };
    eprintln!("YINGBIN_FLIP_SEED={seed}");
    let venue = Venue::open();
    let (image, whole) = killed(&venue);
    let _closed = venue.close();
    let mut state: u64 = seed;
    let mut chance = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut came = std::collections::BTreeMap::new();
    for flip in 0..flips {
        let dir = tempfile::tempdir().unwrap();
        copy(image.path(), dir.path());
        let (name, part) = match flip % 4 {
            0 => ("ledger.db", "header"),
            1 | 2 => ("ledger.db", "pages"),
            _ => ("ledger.db-wal", "log"),
        };
        let file = dir.path().join(name);
        let mut bytes = fs::read(&file).unwrap();
        for _ in 0..=chance(8) {
            // The last transaction cannot be told from one that a power cut tore.
            let end = match part {
                "header" => 100,
                "log" => last_transaction(&bytes),
                _ => bytes.len(),
            };
            let place = usize::try_from(chance(end as u64)).unwrap();
            bytes[place] ^= 1 << chance(8);
        }
        fs::write(&file, bytes).unwrap();
        let what = what_came_of(dir.path(), &whole);
        assert_ne!(what, "silent", "flip {flip} of {part}");
        *came.entry((part, what)).or_insert(0) += 1;
    }
    eprintln!("{came:?}");
    assert!(came.keys().filter(|(_, what)| *what == "put back").count() == 3, "{came:?}");
}

/// Returns where the last two transactions of a write-ahead log begin.
fn last_transaction(wal: &[u8]) -> usize {
    let word = |at: usize| u32::from_be_bytes(wal[at..at + 4].try_into().unwrap());
    let frame = 24 + word(8) as usize;
    let ends: Vec<usize> = (0..(wal.len() - 32) / frame)
        .map(|number| 32 + number * frame)
        .filter(|at| word(at + 4) != 0 && word(at + 8) == word(16))
        .collect();
    ends[ends.len() - 3] + frame
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
