//! What the stories need: a venue with its server and stations, and a real window.

pub mod browser;
pub mod line;
pub mod member;
pub mod printers;
pub mod program;
pub mod venue;
pub mod webdriver;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Returns a path inside the project.
pub fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Copies the demo's badge templates to where a convention file in `folder` looks for them.
pub fn copy_templates(folder: &Path) {
    let badges = folder.join("badges");
    std::fs::create_dir_all(&badges).unwrap();
    for file in std::fs::read_dir(project("demo/badges")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), badges.join(file.file_name())).unwrap();
    }
}

/// Waits until `seen` returns something; fails with `what` after half a minute.
pub fn wait_for<T>(what: &str, seen: impl FnMut() -> Option<T>) -> T {
    wait_at_most(Duration::from_secs(30), what, seen)
}

/// Waits until `seen` returns something; fails with `what` after `limit`.
pub fn wait_at_most<T>(limit: Duration, what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = seen() {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
