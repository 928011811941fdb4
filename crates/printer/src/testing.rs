//! What tests of several modules need.

pub(crate) mod cups;
pub(crate) mod eve;
pub(crate) mod fake;

use std::path::Path;
use std::time::{Duration, Instant};

use badge::{Badge, Template, Texts};

/// A badge of the demo's usual size, with nobody's name.
pub(crate) fn badge() -> Badge {
    badge_of(90, 130)
}

/// A badge of a size in millimetres.
pub(crate) fn badge_of(width_mm: u32, height_mm: u32) -> Badge {
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" viewBox="0 0 900 900">
          <g data-box="50 50 800 300"><text data-fit="name" font-size="90">{{{{ name }}}}</text></g>
          <rect data-code="pass" x="250" y="400" width="400" height="400" fill="#FFFFFF"/>
        </svg>"##
    );
    let texts = Texts {
        name: "王伟".to_owned(),
        pass: "YB1TEST".to_owned(),
        band: "#000000".to_owned(),
        ..Texts::default()
    };
    Template::parse(&svg).unwrap().fill(&texts).unwrap()
}

/// Returns the names in a folder, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Waits until something holds, ten seconds at most.
pub(crate) fn eventually(what: &str, holds: impl FnMut() -> bool) {
    within(Duration::from_secs(10), what, holds);
}

/// Waits until something holds.
pub(crate) fn within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < patience, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
