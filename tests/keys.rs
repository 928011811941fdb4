//! Keys that are rotated, stolen and killed; passes that are lost; and stations that never forget
//! what they learned about either.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::program::{self, Outcome};
use crate::support::venue::{MORNING, Venue, get, order, scan};
use crate::support::{project, wait_for};

/// Three of the demo's entrepreneurs.
const PEOPLE: [&str; 3] = ["260926", "452344", "230426"];

/// Runs `root` of the server, which needs no folder.
fn root(arguments: &[&str]) -> Outcome {
    program::run("yingbin-server", &[&["root"], arguments].concat(), "")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Draws a set up, and signs it with this root key.
fn signed_set(venue: &Venue, change: &[&str], key: &Path) -> PathBuf {
    let (unsigned, signed) = (venue.path("next.unsigned"), venue.path("next.signed"));
    for old in [&unsigned, &signed] {
        // Nothing is overwritten; before the first change there is nothing to remove.
        let _ = std::fs::remove_file(old);
    }
    venue.server(&[&["keys"], change, &["--out", text(&unsigned)]].concat()).ok();
    root(&["sign", "--key", text(key), text(&unsigned), "--out", text(&signed)]).ok();
    signed
}

/// Changes the keys, as the organiser and the keeper of the root key do together.
fn change_keys(venue: &Venue, change: &[&str]) -> u64 {
    let signed = signed_set(venue, change, &venue.path("server/keys/root.key"));
    venue.server(&["keys", "install", text(&signed)]).ok().json()["number"].as_u64().unwrap()
}

fn keys(venue: &Venue) -> Vec<Value> {
    venue.server(&["keys"]).ok().json().as_array().unwrap().clone()
}

fn kid(venue: &Venue, place: usize) -> String {
    keys(venue)[place]["kid"].as_str().unwrap().to_owned()
}

/// Returns what the server knows of a station.
fn station(venue: &Venue, name: &str) -> Value {
    let (status, body) = get(&format!("{}/api/stations", venue.url), Some(&venue.token));
    assert_eq!(status, 200, "{body}");
    let all: Value = serde_json::from_str(&body).unwrap();
    let all = all["stations"].as_array().unwrap();
    all.iter().find(|station| station["name"] == name).unwrap().clone()
}

/// Waits until a running station says that it holds this number of something.
fn wait_until_held(venue: &Venue, name: &str, (what, number): (&str, u64)) {
    wait_for(&format!("{what} {number} at {name}"), || {
        let told = station(venue, name);
        (told[what]["held"] == number).then_some(())
    });
}

/// Waits until a running station has the roster of the server.
fn wait_for_roster(venue: &Venue, name: &str) {
    wait_for(&format!("the roster at {name}"), || {
        let roster = station(venue, name)["roster"].clone();
        // Null before the station has asked for the first time.
        let held = roster["held"].as_u64()?;
        (held > 0 && held == roster["current"]).then_some(())
    });
}

#[test]
fn keys_rotate_without_a_closed_door() {
    let venue = Venue::open();
    let before = venue.people();
    let [ouyang, second, third] = PEOPLE.map(|number| &before[number]);
    let (mut kiosk, mut door) =
        (venue.station("K1", "registration").open(), venue.station("G1", "opening").open());
    assert_eq!(scan(&mut door, &ouyang.badge)["decision"], "admit");

    assert_eq!(change_keys(&venue, &["new"]), 2);
    let first = kid(&venue, 0);
    assert_eq!(change_keys(&venue, &["retire", &first]), 3);
    for name in ["K1", "G1"] {
        wait_until_held(&venue, name, ("keys", 3));
    }
    let statuses: Vec<Value> = keys(&venue).iter().map(|key| key["status"].clone()).collect();
    assert_eq!(statuses, ["retired", "active", "active"]);

    let after = venue.people();
    let fresh = &after[PEOPLE[1]];
    assert_ne!(fresh.invitation, second.invitation, "the next key signs now");
    assert_eq!(fresh.badge, second.badge, "and no badge is changed for it");
    let list = project("demo/attendees.csv");
    let summary = venue.server(&["import", text(&list), "--dry-run"]).ok().json();
    assert_eq!((&summary["changed"], &summary["new"]), (&json!(0), &json!(0)));
    assert_eq!(scan(&mut kiosk, &fresh.invitation)["decision"], "admit");
    assert_eq!(scan(&mut kiosk, &third.invitation)["decision"], "admit", "the old key is believed");
    assert_eq!(scan(&mut door, &third.badge)["decision"], "admit");
    assert_eq!(scan(&mut door, &fresh.badge)["decision"], "admit");
}

#[test]
fn a_stolen_key_is_killed_and_everybody_gets_a_new_pass() {
    let venue = Venue::open();
    let before = venue.people();
    let (ouyang, second) = (&before[PEOPLE[0]], &before[PEOPLE[1]]);
    let (mut kiosk, mut door) =
        (venue.station("K1", "registration").open(), venue.station("G1", "opening").open());
    assert_eq!(scan(&mut door, &ouyang.badge)["decision"], "admit");

    let stolen = kid(&venue, 0);
    change_keys(&venue, &["kill", &stolen]);
    wait_until_held(&venue, "K1", ("keys", 2));
    wait_until_held(&venue, "G1", ("keys", 2));
    assert_eq!(scan(&mut kiosk, &second.invitation)["reason"], "revoked");
    assert_eq!(scan(&mut door, &second.badge)["reason"], "revoked");
    let complaints = venue.server(&["check"]);
    assert_eq!(complaints.code, 1);
    assert!(complaints.out.contains("key that was killed; make new ones (reissue --all)"));

    let done = venue.server(&["reissue", "--all", "--why", "key-stolen"]).ok().json();
    assert_eq!(done["reissued"], before.len() + 3, "everybody, and the three test passes");
    venue.server(&["check"]).ok();
    for name in ["K1", "G1"] {
        wait_for_roster(&venue, name);
        wait_for("blanks of the other key", || {
            (station(&venue, name)["blanks_left"] == json!(50)).then_some(())
        });
    }
    let after = venue.people();
    assert_eq!(scan(&mut kiosk, &after[PEOPLE[1]].invitation)["decision"], "admit");
    assert_eq!(scan(&mut door, &after[PEOPLE[1]].badge)["decision"], "admit");
    assert_eq!(scan(&mut door, &second.badge)["reason"], "revoked");
    let blanks: Vec<u64> = keys(&venue).iter().map(|key| key["blanks"].as_u64().unwrap()).collect();
    assert_eq!(blanks[1], 100, "fifty of the living key at each station: {blanks:?}");
}

#[test]
fn a_lost_pass_is_replaced_by_its_persons_next() {
    let venue = Venue::open();
    let old = venue.people()[PEOPLE[0]].clone();
    let other = venue.people()[PEOPLE[1]].clone();
    let mut kiosk = venue.station("K1", "registration").open();
    wait_for_roster(&venue, "K1");
    venue.server(&["reissue", PEOPLE[0], "--why", "phone-lost"]).ok();
    wait_for_roster(&venue, "K1");
    let refused = scan(&mut kiosk, &old.invitation);
    assert_eq!(refused["reason"], "replaced", "{refused}");
    let new = venue.people()[PEOPLE[0]].clone();
    assert_eq!(scan(&mut kiosk, &new.invitation)["decision"], "admit");
    assert_eq!(scan(&mut kiosk, &other.invitation)["decision"], "admit");
}

#[test]
fn a_revoked_pass_is_refused_as_soon_as_the_list_is_here() {
    let venue = Venue::open();
    let people = venue.people();
    let mut door = venue.station("G1", "opening").open();
    wait_for_roster(&venue, "G1");
    let done = venue.server(&["revoke", PEOPLE[0], "--pass", "badge"]).ok().json();
    assert_eq!(done, json!({ "revoked": 1, "list": 1 }));
    wait_until_held(&venue, "G1", ("revocations", 1));
    assert_eq!(scan(&mut door, &people[PEOPLE[0]].badge)["reason"], "revoked");
    assert_eq!(scan(&mut door, &people[PEOPLE[1]].badge)["decision"], "admit");

    venue.server(&["reissue", PEOPLE[0]]).ok();
    wait_for_roster(&venue, "G1");
    assert_eq!(scan(&mut door, &venue.people()[PEOPLE[0]].badge)["decision"], "admit");
    assert_eq!(scan(&mut door, &people[PEOPLE[0]].badge)["reason"], "revoked");
}

#[test]
fn a_station_never_goes_back_to_an_older_key_set_or_list() {
    let mut venue = Venue::open();
    let badges = PEOPLE.map(|number| venue.people()[number].badge.clone());
    let door = venue.station("G1", "opening");
    venue.stop_server().ok();
    let (server, backup) = (venue.path("server"), venue.path("backup"));
    program::system("cp", &["-a", text(&server), text(&backup)]);

    venue.restart_server();
    change_keys(&venue, &["new"]);
    venue.server(&["revoke", PEOPLE[0]]).ok();
    venue.server(&["reissue", PEOPLE[2], "--why", "lost"]).ok();
    door.command(&["sync"]).ok();
    door.command(&["sync"]).ok();
    let roster = station(&venue, "G1")["roster"]["held"].clone();
    let held = |venue: &Venue| {
        let told = station(venue, "G1");
        [told["keys"].clone(), told["revocations"].clone()]
    };
    let both = |held: u64, current: u64| json!({ "held": held, "current": current });
    assert_eq!(held(&venue), [both(2, 2), both(1, 1)]);

    venue.kill_server();
    std::fs::remove_dir_all(&server).unwrap();
    program::system("mv", &[text(&backup), text(&server)]);
    venue.restart_server();
    assert_eq!(station(&venue, "G1")["keys"], json!(null), "unknown until it asks");
    for _ in 0..3 {
        door.command(&["sync"]).ok();
    }
    assert_eq!(
        held(&venue),
        [both(2, 1), both(2, 2)],
        "it keeps its keys, and brings its revocations"
    );
    assert_eq!(station(&venue, "G1")["roster"]["held"], roster);
    let told = venue.server(&["check"]);
    assert_eq!(told.code, 1, "{}", told.out);
    assert!(told.out.contains("stations hold later roster than this folder"), "{}", told.out);
    assert!(!told.out.contains("revocations than"), "{}", told.out);

    // What comes now has higher numbers than what was lost, and takes nothing back.
    let done = venue.server(&["revoke", PEOPLE[1]]).ok().json();
    assert_eq!(done["list"], 3);
    let list = project("demo/attendees.csv");
    venue.server(&["import", text(&list)]).ok();
    venue.server(&["check"]).ok();
    door.command(&["sync"]).ok();
    door.command(&["sync"]).ok();
    assert_eq!(held(&venue), [both(2, 1), both(3, 3)]);
    let mut door = door.open();
    let [revoked, later, reissued] = badges;
    assert_eq!(scan(&mut door, &revoked)["reason"], "revoked", "also where the server forgot it");
    assert_eq!(scan(&mut door, &later)["reason"], "revoked");
    assert_eq!(scan(&mut door, &reissued)["decision"], "admit", "the list counts that came last");
}

#[test]
fn a_set_signed_by_another_root_is_refused() {
    let venue = Venue::open();
    let other = venue.path("other.key");
    root(&["init", "--out", text(&other)]).ok();
    let before = keys(&venue);
    let signed = signed_set(&venue, &["new"], &other);
    let refused = venue.server(&["keys", "install", text(&signed)]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("is not signed by the convention's root key"), "{}", refused.err);
    let unsigned = venue.path("next.unsigned");
    let refused = venue.server(&["keys", "install", text(&unsigned)]);
    assert!(refused.err.contains("is not signed yet"), "{}", refused.err);
    assert_eq!(keys(&venue), before);
}

#[test]
fn the_root_key_can_lie_elsewhere() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (key, data) = (path("root.key"), path("server"));
    let public = root(&["init", "--out", text(&key)]).ok().json()["root"].clone();
    assert_eq!(public.as_str().unwrap().len(), 64);
    let again = root(&["init", "--out", text(&key)]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("a root key is never overwritten"), "{}", again.err);

    let server = |arguments: &[&str]| {
        program::run("yingbin-server", &[&["--data", text(&data)], arguments].concat(), "")
    };
    let demo = project("demo/convention.toml");
    let init = server(&["init", "--convention", text(&demo), "--root", text(&key)]).ok();
    assert!(!init.err.contains("lies beside the server"), "{}", init.err);
    assert!(!data.join("keys/root.key").exists());
    let (unsigned, signed) = (path("next.unsigned"), path("next.signed"));
    server(&["keys", "new", "--out", text(&unsigned)]).ok();
    let words = root(&["sign", "--key", text(&key), text(&unsigned), "--out", text(&signed)]).ok();
    assert!(words.err.starts_with("Set 2 of the keys of convention "), "{}", words.err);
    assert_eq!(words.err.matches("<- changed by this set").count(), 1, "{}", words.err);
    assert_eq!(server(&["keys", "install", text(&signed)]).ok().json()["number"], 2);
    assert!(!server(&["check"]).ok().err.contains("lies beside"));

    let beside = Venue::open();
    assert!(beside.server(&["check"]).ok().err.contains("The root key lies beside the server"));
    let nowhere = program::run("yingbin-server", &["keys"], "");
    assert_eq!(nowhere.code, 2, "{}", nowhere.err);
    assert!(nowhere.err.contains("--data DIR is missing"), "{}", nowhere.err);
}

#[test]
fn a_test_pass_opens_doors_and_counts_nowhere() {
    let venue = Venue::open();
    let path = venue.path("server/yingbin.db");
    let ledger = ledger::Ledger::open_to_read(&path, None).unwrap();
    let mut tests = ledger.attendees().unwrap().into_iter().filter(|attendee| attendee.test);
    let badge = tests.next().unwrap().person.unwrap().badge_pass;
    let desk = venue.station("G1", "opening");
    let mut door = desk.open();
    let answer = scan(&mut door, &badge);
    assert_eq!(answer["decision"], "admit", "{answer}");
    assert_eq!(door.finish().code, 0);
    desk.command(&["sync"]).ok();
    assert_eq!(desk.facts()[0]["rehearsal"], true);
    assert_eq!(venue.arrivals()["arrivals"], json!([]));
    let export = venue.server(&["export", "roster", "--format", "csv"]).ok().out;
    assert!(!export.contains("TEST"), "nobody is called so");
}

#[test]
fn who_was_let_in_twice_is_named_with_both_places() {
    let mut venue = Venue::open();
    let person = venue.people()[PEOPLE[0]].clone();
    let doors = ["G1", "G2"].map(|name| venue.station(name, "opening"));
    let third = venue.staffed("S1", "opening", &[]);
    venue.kill_server();
    for door in &doors {
        let mut desk = door.open_at(&["--now", MORNING]);
        assert_eq!(scan(&mut desk, &person.badge)["decision"], "admit");
        desk.kill();
    }
    let mut steward = third.steward();
    let undone = order(&mut steward, &json!({"do": "scan", "token": person.badge}));
    let annul = json!({"do": "annul", "fact": undone["fact"], "why": "wrong-person"});
    assert_eq!(order(&mut steward, &annul)["done"], "annul");
    steward.kill();
    venue.restart_server();
    doors.iter().chain([&third]).for_each(|door| drop(door.command(&["sync"]).ok()));
    let url = format!("{}/api/doubles", venue.url);
    assert_eq!(get(&url, None).0, 401);
    let (_, body) = get(&url, Some(&venue.token));
    let found: Value = serde_json::from_str(&body).unwrap();
    let doubles = found["doubles"].as_array().unwrap();
    assert_eq!((doubles.len(), &doubles[0]["attendee"]), (1, &json!(person.id)));
    assert_eq!(doubles[0]["repeats"], 1);
    let stations: Vec<&Value> =
        doubles[0]["admissions"].as_array().unwrap().iter().map(|one| &one["station"]).collect();
    assert_eq!(stations.len(), 2, "what was undone is none: {body}");
    assert!(stations.contains(&&json!("G1")) && stations.contains(&&json!("G2")), "{body}");
    assert!(doubles[0]["admissions"][0]["at"].as_str().unwrap().starts_with("2023-09-26T07:45"));
}

#[test]
fn a_stranger_can_verify_a_set_with_what_the_page_says() {
    let venue = Venue::open();
    let key = venue.path("server/keys/root.key");
    let set = std::fs::read(signed_set(&venue, &["new"], &key)).unwrap();
    let seed: [u8; 32] = std::fs::read(&key).unwrap().try_into().unwrap();
    let root = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    // An array of four: 9 bytes of header, nothing, a payload with a one-byte length, a signature.
    assert_eq!((set[0], set[1], set[11], set[12]), (0x84, 0x49, 0xA0, 0x58));
    let (header, length) = (&set[1..11], usize::from(set[13]));
    let (payload, rest) = set[14..].split_at(length);
    assert_eq!((&rest[..2], rest.len()), ([0x58, 64].as_slice(), 66));
    let convention = &payload[3..19];
    let aad = [b"yingbin-keys-v1", convention].concat();
    let signed =
        [b"\x84\x6aSignature1", header, &[0x58, 31], &aad, &[0x58, set[13]], payload].concat();
    let signature = ed25519_dalek::Signature::from_slice(&rest[2..]).unwrap();
    root.verify_strict(&signed, &signature).unwrap();
    let listed = venue.server(&["keys"]).ok().json()[0].clone();
    let id = admission::id::ConventionId::try_from(convention).unwrap();
    assert_eq!(listed["convention"], json!(id));
}
