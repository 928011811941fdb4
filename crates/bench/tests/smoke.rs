//! Every row runs: with tiny sizes and real parts. Its figures are not looked at, only its losses.

#![allow(clippy::unwrap_used, reason = "a test that goes wrong is to stop where it went wrong")]

use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the program and returns what it printed.
fn bench(arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_yingbin-bench");
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_row_is_measured_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (json, place) = (dir.path().join("figures.json"), dir.path().to_str().unwrap());
    let table = bench(&["--quick", "--dir", place, "--json", json.to_str().unwrap()]);

    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let measured: Vec<String> =
        report["rows"].as_array().unwrap().iter().map(|row| text(&row["row"])).collect();
    let rows = bench(&["--list"]);
    assert_eq!(measured, rows.lines().collect::<Vec<_>>());
    for row in report["rows"].as_array().unwrap() {
        let figures = row["figures"].as_array().unwrap();
        assert!(!figures.is_empty() && table.contains(&text(&row["row"])), "{row}");
        for figure in figures {
            assert!(figure["samples"].as_u64().unwrap() > 0, "{figure}");
            let lost = figure["must_be_zero"] == true && figure["max"] != 0.0;
            assert!(!lost && table.contains(&text(&figure["name"])), "{figure}");
        }
    }
    assert!(report["seed"].is_u64() && report["machine"]["cores"].is_u64(), "{report}");
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|one| one.unwrap().path()).collect();
    assert_eq!(left.len(), 1, "a row leaves nothing but its figures: {left:?}");
}

#[test]
fn a_folder_that_is_named_after_another_counts() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("meant");
    let before = ["--quick", "--only", "revocations", "--dir", "/proc/no-folder"];
    bench(&[&before[..], &["--dir", place.to_str().unwrap()]].concat());
    assert!(place.is_dir());
}
