//! What goes wrong at a venue, and the sentence that tells the cure.

use std::path::Path;

use crate::support::program::{Outcome, run, run_to_end};
use crate::support::venue::{Desk, Venue};
use crate::support::{copy_templates, project};

/// Checks that `check` complains with this sentence, beside everything else that it tells.
fn found(desk: &Desk, sentence: &str) {
    let outcome = desk.command(&["check"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.err.contains(sentence), "{sentence:?} is not in {:?}", outcome.err);
    assert!(outcome.json()["complaints"][0].as_str().unwrap().contains(sentence), "{outcome:?}");
}

/// Checks that a command was refused with a sentence and no stack of noise.
fn refused(outcome: &Outcome, code: i32, sentence: &str) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert!(outcome.err.contains(sentence), "{sentence:?} is not in {:?}", outcome.err);
    assert!(!outcome.err.contains("panicked"), "{}", outcome.err);
    assert_eq!(outcome.out, "", "nothing on standard output");
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let venue = Venue::open();
    let other = venue.path("other");
    let data = other.to_str().unwrap();
    let file = project("demo/convention.toml");
    run("yingbin-server", &["--data", data, "init", "--convention", file.to_str().unwrap()], "")
        .ok();
    let address = venue.url.trim_start_matches("http://");
    let outcome = run("yingbin-server", &["--data", data, "serve", "--listen", address], "");
    refused(&outcome, 1, "in use");
}

#[test]
fn a_server_that_is_asked_to_end_ends_at_once_also_while_kiosks_wait_for_news() {
    let mut venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    crate::support::venue::scan(&mut desk, "hello");
    let asked = std::time::Instant::now();
    assert_eq!(venue.stop_server().code, 0);
    let took = asked.elapsed();
    assert!(took.as_secs() < 15, "well before the poll of 25 s is over, not {took:?}");
}

#[test]
fn a_second_kiosk_or_server_on_one_folder_is_refused() {
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mut first = kiosk.open();
    crate::support::venue::scan(&mut first, "hello");
    refused(&kiosk.command(&["run"]), 1, "another");
    refused(&venue.server(&["serve", "--listen", "127.0.0.1:0"]), 1, "another");
}

#[test]
fn a_code_works_once_and_only_at_its_own_server() {
    let (venue, stranger) = (Venue::open(), Venue::open());
    let added = venue.add_station("K1", ("kiosk", "hall"), "registration");
    let code = added["code"].as_str().unwrap();
    let desk = |name: &str| Desk { data: venue.path(name) };
    refused(&desk("a").command(&["enrol", &stranger.url, code]), 1, "code");
    desk("a").command(&["enrol", &venue.url, code]).ok();
    refused(&desk("b").command(&["enrol", &venue.url, code]), 1, "code");
    refused(&desk("a").command(&["enrol", &venue.url, code]), 1, "enrolled");
    refused(&desk("c").command(&["enrol", &venue.url, "nonsense"]), 1, "code");
    refused(&desk("c").command(&["run"]), 1, "enrol");
}

#[test]
fn plain_http_never_leaves_the_machine() {
    let venue = Venue::open();
    let added = venue.add_station("K1", ("kiosk", "hall"), "registration");
    let desk = Desk { data: venue.path("a") };
    let code = added["code"].as_str().unwrap();
    refused(&desk.command(&["enrol", "http://192.0.2.1:7300", code]), 1, "encryption");
}

#[test]
fn a_server_that_is_not_there_is_a_sentence() {
    let mut venue = Venue::open();
    let added = venue.add_station("K1", ("kiosk", "hall"), "registration");
    venue.kill_server();
    let desk = Desk { data: venue.path("a") };
    let outcome = desk.command(&["enrol", &venue.url, added["code"].as_str().unwrap()]);
    refused(&outcome, 1, "does not answer");
    venue.restart_server();
    desk.command(&["enrol", &venue.url, added["code"].as_str().unwrap()]).ok();
}

#[test]
fn a_wrong_key_opens_nothing_and_destroys_nothing() {
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let key = kiosk.data.join("ledger.key");
    let right = std::fs::read(&key).unwrap();
    let other: Vec<u8> = right.iter().map(|byte| byte ^ 1).collect();
    overwrite(&key, &other);
    refused(&kiosk.command(&["run"]), 1, "key");
    refused(&kiosk.command(&["check"]), 1, "key");
    overwrite(&key, &right);
    kiosk.command(&["check"]).ok();
}

#[test]
fn a_station_whose_own_key_is_gone_records_nothing() {
    let venue = Venue::open();
    let (kiosk, other) = (venue.station("K1", "registration"), venue.station("K2", "registration"));
    let key = kiosk.data.join("station.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    refused(&kiosk.command(&["run"]), 1, "station.key is missing or damaged");
    found(&kiosk, "station.key is missing or damaged");
    assert!(!key.exists(), "no new key is made for an old log");
    std::fs::copy(other.data.join("station.key"), &key).unwrap();
    refused(&kiosk.command(&["run"]), 1, "not the key of this station");
    found(&kiosk, "not the key of this station");
    overwrite(&key, &right);
    kiosk.command(&["sync"]).ok();
}

#[test]
fn a_desk_whose_answers_nobody_reads_says_so_and_ends() {
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let guests: Vec<String> = venue.invitations().into_values().take(3).collect();
    for (command, input) in
        [("run", guests.join("\n")), ("steward", "{\"do\":\"lists\"}\n".repeat(3))]
    {
        let script = format!(
            "set -o pipefail; {} --data {} {command} | head -n 0",
            crate::support::program::path("yingbin-desk").display(),
            kiosk.data.display(),
        );
        let outcome = run_to_end(std::process::Command::new("bash"), &["-c", &script], &input);
        refused(&outcome, 1, "was not answered");
        assert!(outcome.err.contains("standard output cannot be written to"), "{}", outcome.err);
    }
    assert_eq!(kiosk.facts().len(), 1, "and takes no more in");
}

#[test]
fn a_server_with_another_servers_key_does_not_open() {
    let (mut venue, other) = (Venue::open(), Venue::open());
    venue.stop_server();
    let foreign = other.path("foreign");
    let file = project("demo/convention.toml");
    let init = ["--data", foreign.to_str().unwrap(), "init", "--convention"];
    run("yingbin-server", &[&init[..], &[file.to_str().unwrap()]].concat(), "").ok();
    std::fs::copy(foreign.join("keys/server.key"), venue.path("server/keys/server.key")).unwrap();
    for command in [&["check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        refused(&venue.server(command), 1, "not the key of this server");
    }
}

fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_files_of_keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in ["station.key", "ledger.key"] {
        assert_eq!(mode(&kiosk.data.join(file)), 0o600, "{file}");
    }
    for file in ["keys/issuing-1.key", "keys/server.key"] {
        assert_eq!(mode(&venue.path("server").join(file)), 0o600, "{file}");
    }
    let ledger = std::fs::read(kiosk.data.join("ledger.db")).unwrap();
    assert!(!ledger.starts_with(b"SQLite format 3"), "a station's ledger is encrypted");
}

#[test]
fn a_half_broken_list_imports_nothing_and_says_where() {
    let venue = Venue::open();
    let list = std::fs::read_to_string(project("demo/attendees.csv")).unwrap();
    let broken: Vec<String> = list
        .lines()
        .enumerate()
        .map(
            |(line, text)| {
                if line == 41 { text.replace(",confirmed", ",perhaps") } else { text.to_owned() }
            },
        )
        .collect();
    let file = venue.path("broken.csv");
    std::fs::write(&file, broken.join("\n")).unwrap();
    let before = venue.server(&["export", "roster", "--format", "csv"]).ok().out;
    let outcome = venue.server(&["import", file.to_str().unwrap()]);
    refused(&outcome, 1, "broken.csv, line 42, column 22 (status)");
    assert_eq!(venue.server(&["export", "roster", "--format", "csv"]).ok().out, before);
}

#[test]
fn a_convention_file_that_is_wrong_says_line_and_column_and_leaves_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let text = std::fs::read_to_string(project("demo/convention.toml")).unwrap();
    let text = text.replacen("mode = \"once\"", "mode = \"twice\"", 1);
    let line = text.lines().position(|line| line.contains("twice")).unwrap() + 1;
    let file = folder.path().join("convention.toml");
    std::fs::write(&file, text).unwrap();
    copy_templates(folder.path());
    let data = folder.path().join("data");
    let init = ["--data", data.to_str().unwrap(), "init", "--convention", file.to_str().unwrap()];
    let outcome = run("yingbin-server", &init, "");
    refused(&outcome, 1, &format!("convention.toml, line {line}, column"));
    assert!(!data.join("yingbin.db").exists());
}

#[test]
fn a_full_disk_is_told_and_what_was_confirmed_stays() {
    let venue = Venue::open();
    let people = venue.people();
    let kiosk = venue.station("K1", "registration");
    let (desk, data) = (crate::support::program::path("yingbin-desk"), venue.path("disk"));
    std::fs::create_dir(&data).unwrap();
    let disk = SmallDisk::here();
    let script = format!(
        "{make}; cp {station}/* {data} 2>/dev/null;
         {limit} {desk} --data {data} run --now {moment} --printer folder:{out} >{out}/told;
         {desk} --data {data} facts >{out}/facts; {desk} --data {data} check >{out}/check",
        make = disk.make(&data),
        limit = disk.limit(),
        desk = desk.display(),
        data = data.display(),
        station = kiosk.data.display(),
        moment = crate::support::venue::MORNING,
        out = venue.folder().display(),
    );
    let tokens = people.values().map(|guest| guest.invitation.as_str());
    let input: Vec<&str> = tokens.filter(|token| !token.is_empty()).collect();
    let outcome = disk.run(&script, &input.join("\n"));
    assert_eq!(outcome.code, 0, "what is there checks out: {}", outcome.err);
    assert!(outcome.err.contains(disk.sentence()), "{}", outcome.err);
    assert!(!outcome.err.contains("panicked"), "{}", outcome.err);

    let lines = |name: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(venue.path(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let kept: Vec<String> = lines("facts").iter().map(crate::printing::place).collect();
    let told = lines("told");
    let admitted = told.iter().filter(|answer| answer["decision"] == "admit");
    let admitted: Vec<&str> = admitted.map(|answer| answer["fact"].as_str().unwrap()).collect();
    assert!(!admitted.is_empty() && admitted.len() < input.len(), "{}", admitted.len());
    assert!(admitted.iter().all(|fact| kept.iter().any(|other| other == fact)));
}

/// A disk with two megabytes, as this machine can make one.
pub enum SmallDisk {
    /// A file system of its own, which is gone with the shell that mounted it.
    Mounted(&'static [&'static str]),
    /// Where nothing may be mounted: no file may grow.
    Limited,
}

impl SmallDisk {
    /// Finds out what this machine allows.
    pub fn here() -> SmallDisk {
        let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
        let works = |way: &&&[&str]| {
            let probe = std::process::Command::new("unshare");
            let test = ["sh", "-c", "mount -t tmpfs -o size=2m disk /mnt"];
            run_to_end(probe, &[way, &test[..]].concat(), "").code == 0
        };
        ways.iter().find(works).map_or(SmallDisk::Limited, |way| SmallDisk::Mounted(way))
    }

    /// Tells whether it is a file system of its own.
    pub fn is_mounted(&self) -> bool {
        matches!(self, SmallDisk::Mounted(_))
    }

    fn make(&self, data: &Path) -> String {
        match self {
            SmallDisk::Mounted(_) => format!("mount -t tmpfs -o size=2m disk {}", data.display()),
            SmallDisk::Limited => "trap '' XFSZ".to_owned(),
        }
    }

    fn limit(&self) -> &'static str {
        match self {
            SmallDisk::Mounted(_) => "",
            SmallDisk::Limited => "ulimit -f 1400;",
        }
    }

    fn sentence(&self) -> &'static str {
        match self {
            SmallDisk::Mounted(_) => "disk is full",
            SmallDisk::Limited => "disk cannot be read or written",
        }
    }

    /// Runs a script where the disk is.
    pub fn run(&self, script: &str, input: &str) -> Outcome {
        let shell = ["sh", "-c", script];
        match self {
            SmallDisk::Mounted(way) => {
                let unshare = std::process::Command::new("unshare");
                run_to_end(unshare, &[way, &shell[..]].concat(), input)
            }
            SmallDisk::Limited => run_to_end(std::process::Command::new("sh"), &shell[1..], input),
        }
    }
}
