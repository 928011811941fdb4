//! Power cuts. `kill -9` cannot find a missing sync: the system still writes what it was given.
//!
//! A real ledger writes under `strace`, which records every write and sync with its bytes. Out of
//! the record come crash images: at some moment the power goes, and of everything that was not
//! synced by then each sector of 512 bytes is on the disk or not, in any order, a few of them torn.
//! What was confirmed by that moment must be in every image.
//!
//! The same with `synchronous=NORMAL` must be found out to lose confirmed facts, or the test could
//! not tell.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::restore;

const KEY: DiskKey = DiskKey([1; 32]);
const FACTS: u64 = 40;
const MOMENTS: u64 = 120;
const IMAGES: u64 = 2;
const SECTOR: usize = 512;
const FOLDER: &str = "YINGBIN_POWER_FOLDER";
const MODE: &str = "YINGBIN_POWER_MODE";

fn station() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

/// Records facts, and says after each that it is confirmed: what the other tests here start under
/// `strace`, and nothing otherwise.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let mut ledger = Ledger::open(&folder.join("l.db"), Some(&KEY)).unwrap();
    // Written back often, so that this is cut off too.
    ledger.db.file().unwrap().pragma_update(None, "wal_autocheckpoint", 40).unwrap();
    ledger
        .db
        .file()
        .unwrap()
        .pragma_update(None, "synchronous", std::env::var(MODE).unwrap())
        .unwrap();
    ledger.begin_log(LogId::new(StationId([1; 16]), [1; 8])).unwrap();
    let mut told = fs::File::create(folder.join("told")).unwrap();
    for number in 1..=FACTS {
        let subject = AttendeeId([u8::try_from(number).unwrap(); 16]);
        let draft =
            Draft { subject: Some(subject), badge: Some(Paper { rehearsal: false }), ..draft(0) };
        ledger.record(&draft, &station(), MORNING).unwrap();
        told.write_all(&[1]).unwrap();
    }
}

/// What a program asked of the system, in order.
enum Call {
    Write {
        file: PathBuf,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: PathBuf,
        length: usize,
    },
    Sync(PathBuf),
    Gone(PathBuf),
    /// A fact was confirmed.
    Told,
}

/// Lets the writer work under `strace` and reads what it did.
fn recorded(mode: &str) -> Vec<Call> {
    let folder = TempDir::new().unwrap();
    let record = folder.path().join("record");
    let calls = "trace=pwrite64,write,fsync,fdatasync,ftruncate,unlink";
    let status = Command::new("strace")
        .args(["-f", "-y", "-xx", "-s", "1000000", "-e", calls, "-o"])
        .arg(&record)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "tests::power::writer", "--test-threads", "1"])
        .env(FOLDER, folder.path())
        .env(MODE, mode)
        .stdout(std::process::Stdio::null())
        .status();
    let status = status.expect("strace is there (Debian: apt-get install strace)");
    assert!(status.success(), "the writer ended badly");
    let text = fs::read_to_string(&record).unwrap();
    text.lines().filter_map(|line| call(line, folder.path())).collect()
}

fn call(line: &str, folder: &Path) -> Option<Call> {
    let line = line.split_once(' ')?.1.trim_start();
    let (name, rest) = line.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(") = ")?;
    assert!(!rest.contains("<unfinished"), "one thread writes");
    if name == "unlink" {
        let file = PathBuf::from(String::from_utf8(bytes(arguments)).unwrap());
        return file.starts_with(folder).then_some(Call::Gone(file));
    }
    let (file, rest) = arguments.split_once('<')?.1.split_once('>')?;
    let file = PathBuf::from(String::from_utf8(bytes(file)).unwrap());
    if !file.starts_with(folder) || file.extension().is_some_and(|end| end == "db-shm") {
        return None;
    }
    let last = || rest.rsplit_once(", ").unwrap().1.parse().unwrap();
    Some(match name {
        "write" => Call::Told,
        "pwrite64" => {
            let bytes = bytes(rest.split('"').nth(1).unwrap());
            assert_eq!(bytes.len().to_string(), result.trim(), "written whole");
            Call::Write { file, at: last(), bytes }
        }
        "ftruncate" => Call::Cut { file, length: last() },
        _ => Call::Sync(file),
    })
}

/// Reads `\x41\x42`.
fn bytes(text: &str) -> Vec<u8> {
    let parts = text.trim_matches('"').split("\\x").skip(1);
    parts.map(|hex| u8::from_str_radix(hex, 16).unwrap()).collect()
}

/// A file as the disk surely has it, and what was asked for since.
#[derive(Default)]
struct OnDisk {
    synced: Vec<u8>,
    since: Vec<Change>,
}

enum Change {
    Put(usize, Vec<u8>),
    Cut(usize),
}

impl OnDisk {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.since) {
            match change {
                Change::Put(at, bytes) => put(&mut self.synced, at, &bytes),
                Change::Cut(length) => self.synced.resize(length, 0),
            }
        }
    }

    /// Returns what is there after the power went.
    fn image(&self, dice: &mut Dice) -> Vec<u8> {
        let mut image = self.synced.clone();
        for change in &self.since {
            match change {
                Change::Cut(length) if dice.below(2) == 0 => image.resize(*length, 0),
                Change::Cut(_) => {}
                Change::Put(at, bytes) => {
                    let mut done = 0;
                    while done < bytes.len() {
                        let place = at + done;
                        let end = bytes.len().min(done + SECTOR - place % SECTOR);
                        match dice.below(16) {
                            0..8 => {}
                            8 => put(&mut image, place, &bytes[done..done + (end - done) / 2]),
                            _ => put(&mut image, place, &bytes[done..end]),
                        }
                        done = end;
                    }
                }
            }
        }
        image
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What was found in the images.
#[derive(Debug, Default)]
struct Found {
    images: u64,
    /// Confirmed facts that an image lacks.
    lost: u64,
    /// Images that a station would not have believed.
    refused: u64,
}

fn replay(calls: &[Call], seed: u64) -> Found {
    let (mut dice, mut found) = (Dice(seed), Found::default());
    let mut disk: BTreeMap<PathBuf, OnDisk> = BTreeMap::new();
    let first = calls.iter().position(|call| matches!(call, Call::Told)).unwrap();
    let moments: std::collections::BTreeSet<usize> = (0..MOMENTS)
        .map(|_| first + usize::try_from(dice.below((calls.len() - first) as u64)).unwrap())
        .collect();
    let mut told = 0;
    for (number, call) in calls.iter().enumerate() {
        match call {
            Call::Told => told += 1,
            Call::Sync(file) => disk.entry(file.clone()).or_default().sync(),
            Call::Gone(file) => drop(disk.remove(file)),
            Call::Write { file, at, bytes } => {
                disk.entry(file.clone()).or_default().since.push(Change::Put(*at, bytes.clone()));
            }
            Call::Cut { file, length } => {
                disk.entry(file.clone()).or_default().since.push(Change::Cut(*length));
            }
        }
        if moments.contains(&number) {
            for _ in 0..IMAGES {
                look(&disk, told, &mut dice, &mut found);
            }
        }
    }
    found
}

/// Makes an image and opens it as a station does.
fn look(disk: &BTreeMap<PathBuf, OnDisk>, told: u64, dice: &mut Dice, found: &mut Found) {
    let folder = TempDir::new().unwrap();
    for (file, on_disk) in disk {
        fs::write(folder.path().join(file.file_name().unwrap()), on_disk.image(dice)).unwrap();
    }
    found.images += 1;
    let file = folder.path().join("l.db");
    if let Err(error) = restore::look_over(&file, Some(&KEY)) {
        eprintln!("after {told} facts: {error}");
        found.refused += 1;
        return;
    }
    let ledger = Ledger::open(&file, Some(&KEY)).unwrap();
    let complaints = ledger.check_with(|_| Some(station().verifying_key())).unwrap().complaints;
    assert_eq!(complaints, Vec::<String>::new(), "after {told} facts");
    let kept = ledger.vector().unwrap().seq(ledger.own_log().unwrap()).0;
    found.lost += told.saturating_sub(kept);
}

fn seed() -> u64 {
    let seed = std::env::var("YINGBIN_POWER_SEED").map_or(20_230_926, |seed| seed.parse().unwrap());
    eprintln!("YINGBIN_POWER_SEED={seed}");
    seed
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_confirmed() {
    let found = replay(&recorded("FULL"), seed());
    eprintln!("{found:?}");
    assert!(found.images > 100, "{found:?}");
    assert_eq!((found.lost, found.refused), (0, 0), "{found:?}");
}

#[test]
fn without_a_sync_at_each_commit_the_same_cuts_are_found_to_lose_facts() {
    let found = replay(&recorded("NORMAL"), seed());
    eprintln!("{found:?}");
    assert!(found.lost > 0, "{found:?}");
}
