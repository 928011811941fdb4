//! Hostile files for the readers of lists and of the convention file; see `tests/support/fuzz.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

#[path = "../../../tests/support/fuzz.rs"]
mod engine;

use std::path::Path;

use admission::id::ConventionId;
use admission::roster::Convention;
use engine::fuzz;
use server::complaint::Complaints;
use server::import::{COLUMNS, look_at_assignments, look_at_people};
use server::{convention_file, sheet};

/// Most memory that the whole of this may take, in kilobytes.
const MEMORY: u64 = 512 << 10;

fn convention() -> Convention {
    parse(include_str!("convention.toml")).unwrap()
}

fn parse(text: &str) -> Result<Convention, Complaints> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    convention_file::parse("convention.toml", text, &folder, ConventionId([1; 16]))
}

/// Checks complaints, and says which kinds of them there are.
fn kinds(complaints: &Complaints, lines: usize) -> String {
    assert!(!complaints.0.is_empty(), "refused without a word");
    for complaint in &complaints.0 {
        assert!((1..=lines + 1).contains(&complaint.line), "there is no line {}", complaint.line);
        assert!(!complaint.text.is_empty());
    }
    let shown = complaints.to_string();
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "a terminal would obey");
    let mut kinds: Vec<String> = complaints.0.iter().map(|found| plain(&found.text)).collect();
    kinds.sort();
    kinds.dedup();
    kinds.truncate(3);
    kinds.join("; ")
}

/// A sentence without what differs from input to input.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphabetic() || *c == ' ').take(40).collect()
}

fn lines(input: &[u8]) -> usize {
    input.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The most memory that this process ever had.
fn check_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    assert!(peak.is_none_or(|peak| peak < MEMORY), "{peak:?} kB");
}

#[test]
fn attendees() {
    let convention = convention();
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/attendees"), |input| {
        match look_at_people("attendees.csv", input, &convention) {
            Ok(people) => {
                // What is taken is given back, and taken again as the same.
                let table = sheet::write(&COLUMNS, &people).unwrap();
                assert_eq!(look_at_people("again.csv", &table, &convention).unwrap(), people);
                format!("{} people", people.len().min(9))
            }
            Err(complaints) => kinds(&complaints, lines(input)),
        }
    });
    check_memory();
}

#[test]
fn assignments() {
    let convention = convention();
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/assignments"), |input| {
        match look_at_assignments("assignments.csv", input, &convention) {
            Ok(people) => format!("{} people", people.min(9)),
            Err(complaints) => kinds(&complaints, lines(input)),
        }
    });
    check_memory();
}

#[test]
fn convention_files() {
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/convention"), |input| {
        let text = String::from_utf8_lossy(input);
        match parse(&text) {
            Ok(convention) => {
                assert!((1..=23).contains(&convention.days));
                format!("{} activities", convention.activities.len().min(9))
            }
            Err(complaints) => kinds(&complaints, lines(input)),
        }
    });
    check_memory();
}
