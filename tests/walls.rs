//! The walls between the rooms, and files that nobody remembers.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::program::system;
use crate::support::project;

/// What a room may never depend on directly, and why it matters.
const NEVER: [(&str, &[&str]); 9] = [
    (
        "admission",
        &[
            "tokio",
            "rusqlite",
            "reqwest",
            "axum",
            "tauri",
            "getrandom",
            "kiosk",
            "ledger",
            "badge",
            "server",
        ],
    ),
    ("ledger", &["tauri", "kiosk", "badge", "server", "image", "resvg"]),
    ("badge", &["rusqlite", "reqwest", "axum", "tokio", "tauri", "ledger", "kiosk", "server"]),
    ("printer", &["rusqlite", "axum", "tauri", "ledger", "kiosk", "server", "admission"]),
    ("decoder", &["tokio", "rusqlite", "tauri", "admission", "ledger", "badge", "kiosk", "server"]),
    ("scanner", &["tokio", "rusqlite", "tauri", "admission", "ledger", "badge", "kiosk", "server"]),
    ("kiosk", &["tauri", "axum", "rusqlite", "server"]),
    ("server", &["tauri", "kiosk"]),
    ("yingbin-kiosk", &["rusqlite", "reqwest", "axum", "ledger", "badge", "server"]),
];

/// What must not even come in through somebody else.
const NEVER_IN_ADMISSION: [&str; 6] =
    ["tokio", "rusqlite", "reqwest", "axum", "tauri", "getrandom"];

fn metadata() -> Value {
    let platform = format!("--filter-platform={}", host());
    // Only what was fetched to build for this machine is asked for, so no network is needed.
    let arguments = ["metadata", "--format-version=1", "--locked", "--offline", &platform];
    let text = system(env!("CARGO"), &arguments);
    serde_json::from_str(&text).unwrap()
}

fn host() -> String {
    let version = system("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

/// Returns the names of a package's own normal dependencies.
fn normal_dependencies(metadata: &Value, package: &str) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages.iter().find(|p| p["name"] == package && p["source"].is_null());
    let all = found.unwrap_or_else(|| panic!("no package {package}"))["dependencies"].as_array();
    let normal = all.unwrap().iter().filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_room_depends_on_what_it_must_not_know() {
    let metadata = metadata();
    for (room, never) in NEVER {
        let dependencies = normal_dependencies(&metadata, room);
        for other in never {
            assert!(!dependencies.contains(*other), "{room} must not depend on {other}");
        }
    }
}

#[test]
fn nothing_that_does_io_comes_into_admission_through_others() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let name = |id: &str| {
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["id"] == id).unwrap();
        package["name"].as_str().unwrap().to_owned()
    };
    let start = nodes.iter().map(|node| node["id"].as_str().unwrap());
    let mut open: Vec<&str> = start.filter(|id| name(id) == "admission").collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            // Code that runs while building does not run in a station.
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                open.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    let names: BTreeSet<String> = seen.into_iter().map(name).collect();
    for never in NEVER_IN_ADMISSION {
        assert!(!names.contains(never), "admission's tree contains {never}");
    }
}

#[test]
fn the_page_speaks_to_tauri_through_one_door() {
    let mut open = vec![project("ui/src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let door = path.ends_with("backend.ts");
            assert!(door || !text.contains("@tauri-apps/api"), "{}", path.display());
        }
    }
}

#[test]
fn every_story_is_told() {
    let main = std::fs::read_to_string(project("tests/main.rs")).unwrap();
    for entry in std::fs::read_dir(project("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = format!("mod {name};");
        assert!(name == "main" || main.contains(&module), "tests/main.rs forgets {name}");
    }
}

#[test]
fn the_schema_in_the_documents_is_the_schema() {
    let read = |path| std::fs::read_to_string(project(path)).unwrap();
    assert_eq!(read("docs/schema.sql"), read("crates/ledger/migrations/sqlite/V1__spine.sql"));
}
