//! Files break and disks fill; what was confirmed is kept, and the doors stay open.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::faults::SmallDisk;
use crate::support::program::{self, run};
use crate::support::venue::{Desk, Guest, MORNING, Venue, scan};
use crate::support::wait_for;

fn ids(guests: &[Guest]) -> BTreeSet<String> {
    guests.iter().map(|guest| guest.id.clone()).collect()
}

/// Makes a database unreadable.
fn smash(file: &Path) {
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
    std::fs::write(file, vec![0x5A; 40_000]).unwrap();
}

fn broken(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("broken-")).count()
}

#[test]
fn a_server_that_is_put_back_gets_everything_again_from_its_stations() {
    let mut venue = Venue::open();
    let guests = venue.guests(6);
    let admit = |kiosk: &Desk, guests: &[Guest]| {
        let mut desk = kiosk.open();
        for guest in guests {
            assert_eq!(scan(&mut desk, &guest.invitation)["decision"], "admit");
        }
        assert_eq!(desk.finish().code, 0);
        kiosk.command(&["sync"]).ok();
    };
    let first = venue.station("K1", "registration");
    admit(&first, &guests[..2]);
    let made = venue.server(&["backup"]).ok().json();
    assert_eq!((&made["facts"], &made["complete"]), (&2.into(), &true.into()), "{made}");
    let added = venue.station("K2", "registration");
    venue.station("K3", "registration");
    venue.server(&["station", "revoke", "K3", "--why", "stolen"]).ok();
    admit(&first, &guests[2..4]);
    admit(&added, &guests[4..]);
    venue.kill_server();
    smash(&venue.path("server/yingbin.db"));

    let refused = venue.server(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("restore"), "the refusal names the cure: {}", refused.err);
    let put_back = venue.server(&["restore"]).ok();
    assert_eq!(put_back.json()["facts"], 2);
    assert!(put_back.err.contains("every station brings what this backup lacks"));
    assert_eq!(broken(&venue.path("server")), 1, "the old one is kept");

    venue.restart_server();
    // The one that the backup does not know comes first, and says who else there is, and
    // brings what it has of the others too.
    let brought =
        [&added, &first].map(|kiosk| kiosk.command(&["sync"]).ok().json()["sent"].clone());
    assert_eq!(brought, [2, 0]);
    let states = venue.server(&["station", "list"]).ok().lines();
    let states: Vec<_> = states.iter().map(|line| (&line["name"], &line["state"])).collect();
    assert_eq!(format!("{states:?}").matches("revoked").count(), 1, "{states:?}");
    let arrived = venue.arrived("registration");
    assert_eq!(arrived.len(), guests.len(), "none lost, none doubled");
    assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), ids(&guests));
    venue.server(&["check"]).ok();
    for kiosk in [&first, &added] {
        kiosk.command(&["check"]).ok();
    }
}

#[test]
fn a_kiosk_whose_ledger_is_smashed_goes_on_and_says_what_is_missing() {
    let mut venue = Venue::open();
    let guests = venue.guests(4);
    let kiosk = venue.station("K1", "registration");
    let stick = venue.path("stick");
    let to = stick.to_str().unwrap();
    let admit = |guest: &Guest| {
        let mut desk = kiosk.open_at(&["--now", MORNING, "--backup", to]);
        let answer = scan(&mut desk, &guest.invitation);
        assert_eq!(answer["decision"], "admit", "{answer}");
        desk.finish()
    };
    admit(&guests[0]);
    let made = kiosk.command(&["backup", "--to", to]).ok().json();
    assert_eq!(made["complete"], true);
    admit(&guests[1]);
    kiosk.command(&["sync"]).ok();
    venue.kill_server();
    admit(&guests[2]);
    smash(&kiosk.data.join("ledger.db"));
    // No network and no ledger: the backup is enough for the next guest.
    let told = admit(&guests[3]);
    assert!(told.err.contains("the ledger is damaged; putting it back"), "{}", told.err);
    assert!(told.err.contains("after place 1 is here only if it had reached"), "{}", told.err);
    assert_eq!(broken(&kiosk.data), 1);
    venue.restart_server();
    kiosk.command(&["sync"]).ok();
    let checked = kiosk.command(&["check"]);
    assert!(
        checked.code == 1 && checked.err.contains("keep the folder broken-"),
        "{}",
        checked.err
    );
    let checked = checked.json();
    assert_eq!(checked["waiting"], 0);
    assert_eq!(checked["restored"][0]["here"], 2, "{checked}");
    let aside = checked["restored"][0]["aside"].as_str().unwrap();
    std::fs::rename(kiosk.data.join(aside), venue.path(aside)).unwrap();
    kiosk.command(&["check"]).ok();
    // The third was in no backup and had not reached anybody: the damaged file alone had it.
    let known = [&guests[..2], &guests[3..]].concat();
    let arrived: BTreeSet<_> = venue.arrived("registration").into_iter().collect();
    assert_eq!(arrived, ids(&known));
}

#[test]
fn a_kill_during_a_backup_or_a_restore_leaves_a_ledger_and_good_backups() {
    let mut venue = Venue::open();
    let guests = venue.guests(2);
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    for guest in &guests {
        assert_eq!(scan(&mut desk, &guest.invitation)["decision"], "admit");
    }
    desk.finish();
    let old = kiosk.facts();
    kiosk.command(&["backup"]).ok();
    venue.kill_server();
    let data = kiosk.data.to_str().unwrap();
    let start = |arguments: &[&str]| {
        Command::new(program::path("yingbin-desk"))
            .args(["--data", data])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    // Kills it somewhere in the time that it took when nobody did.
    let kill = |arguments: &[&str], whole: Duration, share: u32| {
        let mut child = start(arguments);
        std::thread::sleep(whole * share / 100);
        child.kill().unwrap();
        child.wait().unwrap();
    };
    let took = |arguments: &[&str]| {
        let begun = Instant::now();
        start(arguments).wait().unwrap();
        begun.elapsed()
    };
    let is_there = |name: &str, file: &str| {
        let entries = std::fs::read_dir(&kiosk.data).unwrap().map(|entry| entry.unwrap());
        let mut folders =
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(name));
        folders.any(|folder| folder.path().join(file).exists())
    };
    let (whole, mut halves) = (took(&["backup"]), [0; 3]);
    for share in 0..100 {
        kill(&["backup"], whole, share);
        halves[0] += usize::from(is_there("backup", "backup.part"));
    }
    kiosk.command(&["backup"]).ok();
    smash(&kiosk.data.join("ledger.db"));
    let whole = took(&["sync"]);
    for share in (0..100).step_by(4) {
        smash(&kiosk.data.join("ledger.db"));
        kill(&["sync"], whole, share);
        halves[1] += usize::from(is_there("broken", "restoring.db"));
        halves[2] += usize::from(is_there("broken", "restored.db"));
        // Whatever happened then: the next start has a ledger, and the facts are there.
        run("yingbin-desk", &["--data", data, "run", "--now", MORNING], "").ok();
        assert_eq!(kiosk.facts(), old, "{share} %");
        let checked = kiosk.command(&["check"]).json();
        let complaints = checked["complaints"].as_array().unwrap();
        let is_aside =
            |complaint: &Value| complaint.as_str().unwrap().contains("; keep the folder");
        assert!(complaints.iter().all(is_aside), "{share} %: {checked}");
    }
    assert!(halves[0] > 0, "no kill fell into a backup, so nothing was shown");
    eprintln!(
        "left in the middle: {} backups, {} copies, {} exchanges",
        halves[0], halves[1], halves[2]
    );
    kiosk.command(&["backup"]).ok();
    let names = std::fs::read_dir(kiosk.data.join("backup")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!((2..=4).contains(&names.len()), "at most three and the lock: {names:?}");
    assert!(!names.iter().any(|name| name == "backup.part"), "{names:?}");
}

#[test]
fn a_full_disk_takes_the_reserve_and_the_door_stays_open() {
    let venue = Venue::open();
    let people = venue.people();
    let kiosk = venue.station("K1", "registration");
    let disk = SmallDisk::here();
    let SmallDisk::Mounted(_) = disk else {
        eprintln!("nothing may be mounted here, so no disk can be filled: not tried");
        return;
    };
    let (desk, data) = (program::path("yingbin-desk"), venue.path("disk"));
    std::fs::create_dir(&data).unwrap();
    // The reserve is made some seconds after the start; then somebody fills the disk.
    let script = format!(
        "mount -t tmpfs -o size=12m disk {data}; cp {station}/* {data} 2>/dev/null;
         (n=0; until [ -s {data}/ballast ] || [ $n -gt 300 ]; do sleep 0.1; n=$((n+1)); done
          ls -l {data}/ballast >&2; sleep 1; dd if=/dev/zero of={data}/filler bs=4k 2>/dev/null;
          cat) | {desk} --data {data} run --now {MORNING} --printer folder:{out} >{out}/told;
         rm {data}/filler; {desk} --data {data} check >{out}/check;
         {desk} --data {data} facts >{out}/facts",
        data = data.display(),
        station = kiosk.data.display(),
        desk = desk.display(),
        out = venue.folder().display(),
    );
    let tokens = people.values().map(|guest| guest.invitation.as_str());
    let input: Vec<&str> = tokens.filter(|token| !token.is_empty()).take(20).collect();
    let outcome = disk.run(&script, &input.join("\n"));
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.err.contains("the last reserve is in use"), "{}", outcome.err);
    let told = std::fs::read_to_string(venue.path("told")).unwrap();
    assert_eq!(told.matches("\"admit\"").count(), input.len(), "{told}\n{}", outcome.err);
    let kept = std::fs::read_to_string(venue.path("facts")).unwrap();
    assert_eq!(kept.lines().count(), input.len());
}

/// Runs commands of a station's copy on a disk that somebody filled up to some kilobytes, for many
/// such; then frees it and checks that everything is whole. Returns what went wrong, and how often.
fn on_tight_disks(venue: &Venue, station: &Path, commands: &str, input: &str) -> (String, usize) {
    let disk = SmallDisk::here();
    let SmallDisk::Mounted(_) = disk else {
        eprintln!("nothing may be mounted here, so no disk can be filled: not tried");
        return (String::new(), 0);
    };
    let data = venue.path("tight");
    std::fs::create_dir_all(&data).unwrap();
    let script = format!(
        "cat >{out}/input; mount -t tmpfs -o size=12m disk {data}; D='{desk} --data {data}/k'
         for left in 0 4 16 32 64 128 192 256 384 512 1024; do
           mkdir {data}/k; cp {station}/* {data}/k 2>/dev/null
           dd if=/dev/zero of={data}/filler bs=4k 2>/dev/null
           truncate -s -${{left}}k {data}/filler
           {commands}
           ls {data}/k | grep broken && echo 'it was taken for damage' >&2
           rm {data}/filler
           $D check >/dev/null || echo 'not whole' >&2
           $D facts >{out}/facts || echo 'not readable' >&2
           grep -o '\"fact\":\"[0-9a-f/]*' {out}/told | grep -o '[0-9]*$' | while read seq; do
             grep -q '\"seq\":'$seq, {out}/facts || echo 'a confirmed fact is gone' >&2
           done; : >{out}/told
           rm -r {data}/k
         done",
        data = data.display(),
        station = station.display(),
        desk = program::path("yingbin-desk").display(),
        out = venue.folder().display(),
    );
    std::fs::write(venue.path("told"), "").unwrap();
    let outcome = disk.run(&script, input);
    for wrong in [
        "taken for damage",
        "ledger is damaged",
        "not whole",
        "not readable",
        "is gone",
        "panicked",
    ] {
        assert!(!outcome.err.contains(wrong), "{wrong}: {}", outcome.err);
    }
    let refused = outcome.err.matches("refused: ").count();
    (outcome.err, refused)
}

#[test]
fn a_disk_that_is_full_at_any_phase_is_told_and_nothing_is_taken_for_damage() {
    let mut venue = Venue::open();
    let guests = venue.guests(12);
    let (kiosk, listener) =
        (venue.station("K1", "registration"), venue.station("K2", "registration"));
    let mut desk = kiosk.open();
    for guest in &guests[..6] {
        assert_eq!(scan(&mut desk, &guest.invitation)["decision"], "admit");
    }
    desk.finish();
    kiosk.command(&["sync"]).ok();
    // Opening, taking in what others recorded, and backing up.
    let commands = "$D sync >/dev/null || echo 'refused: sync' >&2
                    $D backup >/dev/null || echo 'refused: backup' >&2
                    ls {0}/k/backup 2>/dev/null | grep part && echo 'not whole' >&2";
    let commands = commands.replace("{0}", venue.path("tight").to_str().unwrap());
    let (told, refused) = on_tight_disks(&venue, &listener.data, &commands, "");
    assert!(refused == 0 || told.contains("disk") || told.contains("no room"), "{told}");
    assert_ne!((refused, SmallDisk::here().is_mounted()), (0, true), "some were too tight");
    // Opening, recording, and writing back at the end.
    venue.kill_server();
    let input: Vec<&str> = guests[6..].iter().map(|guest| guest.invitation.as_str()).collect();
    let out = venue.folder().display();
    let commands = format!(
        "$D run --now {MORNING} --printer folder:{out} <{out}/input >{out}/told \
         || echo 'refused: run' >&2"
    );
    let (told, refused) = on_tight_disks(&venue, &kiosk.data, &commands, &input.join("\n"));
    assert_ne!((refused, SmallDisk::here().is_mounted()), (0, true), "some were too tight: {told}");
}

#[test]
fn a_running_desk_and_a_running_server_back_up_by_themselves() {
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    scan(&mut desk, "hello");
    for folder in [kiosk.data.join("backup"), venue.path("server/backup")] {
        wait_for("a backup", || {
            let names = std::fs::read_dir(&folder).ok()?;
            let names = names.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
            names.into_iter().any(|name| name.ends_with("Z.db")).then_some(())
        });
    }
    let checked = kiosk.command(&["check"]).ok().json();
    assert!(checked["disk"]["backup_seconds_ago"].as_i64().unwrap() < 60, "{checked}");
    assert_eq!(checked["disk"]["ballast"], true, "{checked}");
}
