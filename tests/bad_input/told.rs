//! `docs/bad-input.md` is true: every case has its row, and every test that a row names exists.

use std::path::PathBuf;

use crate::support::project;

/// The cases of the book, in its order.
fn cases() -> Vec<u32> {
    (1..=49).chain(51..=60).chain(62..=67).chain([69]).collect()
}

/// Returns number, tests and text of each row.
fn rows() -> Vec<(u32, Vec<String>, String)> {
    let book = std::fs::read_to_string(project("docs/bad-input.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
        let number = cells.first()?.parse().ok()?;
        let tests = cells.get(2)?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Some((number, tests, cells.get(3)?.to_string()))
    };
    book.lines().filter_map(row).collect()
}

/// Reads every test of the project.
fn tests() -> String {
    let mut open: Vec<PathBuf> = ["tests", "crates", "ui/src"].map(project).to_vec();
    let mut text = String::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs" || end == "ts") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn every_case_has_its_row_and_every_test_exists() {
    let (rows, code) = (rows(), tests());
    for case in cases() {
        let row = rows.iter().find(|(number, ..)| *number == case);
        let (_, tests, seen) = row.unwrap_or_else(|| panic!("case {case} has no row"));
        assert!(!seen.is_empty(), "case {case}: what does a person see?");
        assert!(!tests.is_empty(), "case {case} names no test");
        for test in tests {
            let is_there =
                code.contains(&format!("fn {test}()")) || code.contains(&format!("\"{test}\""));
            assert!(is_there, "case {case}: there is no test {test}");
        }
    }
}
