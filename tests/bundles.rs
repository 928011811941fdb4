//! A laptop that only ever saw sticks: it is enrolled, checks people in, and brings them home.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::program::Outcome;
use crate::support::venue::{Desk, Guest, Venue, scan};

/// A venue whose server nobody reaches, and a stick.
struct Trip {
    venue: Venue,
}

impl Trip {
    fn begin() -> Trip {
        let mut venue = Venue::open();
        venue.kill_server();
        std::fs::create_dir(venue.path("stick")).unwrap();
        Trip { venue }
    }

    fn stick(&self, name: &str) -> String {
        self.venue.path("stick").join(name).to_str().unwrap().to_owned()
    }

    /// Adds a station; returns its folder, the invitation and the code.
    fn invite(&self, name: &str, role: &str) -> (Desk, String, String) {
        let file = self.stick(&format!("{name}.invitation"));
        let place = ["--role", role, "--site", "hall", "--activity", "registration"];
        let add = [&["station", "add", name][..], &place, &["--offline", &file]].concat();
        let added = self.venue.server(&add).ok().json();
        let code = added["code"].as_str().unwrap().to_owned();
        (Desk { data: self.venue.path(name) }, file, code)
    }

    /// Enrols a station by stick.
    fn enrol(&self, name: &str, role: &str) -> Desk {
        let (desk, invitation, code) = self.invite(name, role);
        let (application, welcome) = (self.stick("application"), self.stick("welcome"));
        desk.command(&["enrol", "--offline", &invitation, &code, "--out", &application]).ok();
        self.server_takes(&application, &["--answer", &welcome]).ok();
        assert_eq!(desk.command(&["bundle", "in", &welcome]).ok().json()["enrolled"], name);
        desk
    }

    fn server_takes(&self, file: &str, options: &[&str]) -> Outcome {
        self.venue.server(&[&["bundle", "in", file], options].concat())
    }

    /// Returns what the server's folder says of facts and complaints.
    fn checked(&self) -> Value {
        let report = self.venue.server(&["check"]).ok().json();
        assert_eq!(report["complaints"], Value::Array(Vec::new()), "{report}");
        report["facts"].clone()
    }
}

fn checked(desk: &Desk) -> Value {
    let report = desk.command(&["check"]).ok().json();
    assert_eq!(report["complaints"], Value::Array(Vec::new()), "{report}");
    report
}

fn admit(desk: &Desk, guests: &[Guest]) {
    let mut open = desk.open();
    for guest in guests {
        assert_eq!(scan(&mut open, &guest.invitation)["decision"], "admit");
    }
    assert_eq!(open.finish().code, 0);
}

#[test]
fn a_laptop_that_only_saw_sticks_checks_people_in_and_brings_them_home() {
    let mut trip = Trip::begin();
    let guests = trip.venue.guests(6);
    let desk = trip.enrol("F1", "field");
    assert!(!desk.data.join("applied.cbor").exists(), "the code is gone with its use");
    let lists = checked(&desk)["lists"].clone();
    assert_eq!((&lists["key_set"], &lists["blanks"]), (&1.into(), &50.into()));

    admit(&desk, &guests[..4]);
    let (home, answer) = (trip.stick("from-F1.ybb"), trip.stick("to-F1.ybb"));
    let sent = desk.command(&["bundle", "out", &home]).ok().json();
    assert_eq!((&sent["sent"], &checked(&desk)["waiting"]), (&4.into(), &4.into()));
    let heard = trip.server_takes(&home, &["--answer", &answer]).ok().json();
    assert_eq!((&heard["received"], &heard["from"]), (&4.into(), &"F1".into()));
    let taken = desk.command(&["bundle", "in", &answer]).ok().json();
    assert_eq!((&taken["waiting"], &taken["complete"]), (&0.into(), &true.into()));

    // Later ones, and then everything twice and in the wrong order.
    admit(&desk, &guests[4..]);
    let (later, last) = (trip.stick("later.ybb"), trip.stick("last.ybb"));
    assert_eq!(desk.command(&["bundle", "out", &later]).ok().json()["sent"], 2);
    assert_eq!(trip.server_takes(&later, &["--answer", &last]).ok().json()["received"], 2);
    for (file, known) in [(&home, 4), (&later, 2), (&home, 4)] {
        let heard = trip.server_takes(file, &[]).ok().json();
        assert_eq!((&heard["received"], &heard["known"]), (&0.into(), &known.into()));
    }
    let welcome = trip.stick("welcome");
    for file in [&last, &answer, &welcome, &last] {
        let taken = desk.command(&["bundle", "in", file]).ok().json();
        assert_eq!((&taken["received"], &taken["waiting"]), (&0.into(), &0.into()));
    }
    assert_eq!((trip.checked(), &checked(&desk)["facts"]), (6.into(), &6.into()));

    trip.venue.restart_server();
    let mut arrived = trip.venue.arrived("registration");
    arrived.sort();
    let mut ids: Vec<String> = guests.iter().map(|guest| guest.id.clone()).collect();
    ids.sort();
    assert_eq!(arrived, ids, "each of them once");
}

#[test]
fn two_laptops_hand_a_stick_to_each_other_and_one_of_them_goes_home() {
    let trip = Trip::begin();
    let guests = trip.venue.guests(2);
    let (one, other) = (trip.enrol("F1", "kiosk"), trip.enrol("F2", "kiosk"));
    let all = trip.stick("all.ybb");
    // The first one does not know yet that there is a second.
    trip.venue.server(&["bundle", "out", &all, "--for-all"]).ok();
    one.command(&["bundle", "in", &all]).ok();
    admit(&one, &guests[..1]);
    let swap = trip.stick("swap.ybb");
    one.command(&["bundle", "out", &swap, "--to", "members"]).ok();
    assert_eq!(other.command(&["bundle", "in", &swap]).ok().json()["received"], 1);
    let mut desk = other.open();
    assert_eq!(scan(&mut desk, &guests[0].invitation)["reason"], "already_in");
    assert_eq!(scan(&mut desk, &guests[1].invitation)["decision"], "admit");
    desk.finish();
    let home = trip.stick("home.ybb");
    other.command(&["bundle", "out", &home]).ok();
    let before = trip.checked();
    let heard = trip.server_takes(&home, &[]).ok().json();
    assert_eq!((before, &heard["from"]), (0.into(), &"F2".into()));
    let facts = heard["received"].as_u64().unwrap();
    assert!(facts >= 2, "what the other one brought is among it: {heard}");
    assert_eq!(trip.server_takes(&swap, &[]).ok().json()["known"], 1);
}

#[test]
fn a_stick_that_is_cut_off_damaged_or_none_is_a_calm_refusal() {
    let trip = Trip::begin();
    let guests = trip.venue.guests(3);
    let desk = trip.enrol("F1", "field");
    admit(&desk, &guests);
    let home = trip.stick("home.ybb");
    desk.command(&["bundle", "out", &home]).ok();
    let bytes = std::fs::read(&home).unwrap();
    let (cut, damaged) = (trip.stick("cut.ybb"), trip.stick("damaged.ybb"));
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    let outcome = trip.server_takes(&cut, &[]);
    assert_eq!((outcome.code, &outcome.json()["complete"]), (1, &false.into()));
    assert_eq!(outcome.json()["received"], 3, "they stand before the cut");
    assert!(outcome.err.contains("is cut off; everything before the cut was taken"));
    // Wherever it is cut: what nobody is known to have made is not a stranger's for that.
    for length in [0, 30, bytes.len() / 4] {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        let outcome = trip.server_takes(&cut, &["--answer", &trip.stick("answer")]);
        assert!(
            outcome.code == 1 && outcome.err.contains("is cut off"),
            "{length}: {}",
            outcome.err
        );
        assert!(!outcome.err.contains("no station"), "{length}: {}", outcome.err);
    }
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&damaged, flipped).unwrap();
    let outcome = trip.server_takes(&damaged, &[]);
    assert!(outcome.code == 1 && outcome.err.contains("is damaged"), "{}", outcome.err);
    assert_eq!(trip.server_takes(&home, &[]).ok().json()["known"], 3);

    let pipe = trip.stick("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let folder = trip.stick("");
    let key = desk.data.join("station.key").to_str().unwrap().to_owned();
    let none = trip.stick("none");
    for (file, words) in [
        (&pipe, "is no file but a pipe or a device"),
        (&folder, "is no file but a folder"),
        (&key, "this is no hand-over file (bundle)"),
        (&none, "cannot use"),
        (&home, "a station wrote this bundle for the server"),
    ] {
        let outcome = desk.command(&["bundle", "in", file]);
        assert!(outcome.code == 1 && outcome.err.contains(words), "{}", outcome.err);
        assert!(!outcome.err.contains("panic"), "{}", outcome.err);
    }
    let outcome = desk.command(&["bundle", "out", &key]);
    assert!(outcome.code == 1 && outcome.err.contains("is there already and is no bundle"));
    let (fresh, _, _) = trip.invite("F2", "field");
    let outcome = fresh.command(&["bundle", "in", &home]);
    assert!(outcome.err.contains("has not applied either"), "{}", outcome.err);
    let left: Vec<PathBuf> =
        std::fs::read_dir(trip.stick("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.iter().all(|file| file.extension().is_none_or(|end| end != "part")), "{left:?}");
}
