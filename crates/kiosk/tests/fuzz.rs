//! Hostile bytes for the assembler of scans; see `tests/support/fuzz.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

#[path = "../../../tests/support/fuzz.rs"]
mod engine;

use admission::pass::{LONGEST, PassError, read};
use engine::fuzz;
use kiosk::scan::Token;

#[test]
fn scan() {
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/scan"), |input| {
        let raw = String::from_utf8_lossy(input);
        let token = Token::assemble(&raw);
        let text = token.text();
        assert!(text.chars().count() <= LONGEST + 1);
        assert!(!text.starts_with(['\r', '\n', '\t']));
        // Small letters only beside capitals, where no CapsLock made them: never a pass.
        let is_mixed = text.chars().any(char::is_uppercase);
        let has_small = text.contains(|c: char| c.is_ascii_lowercase());
        assert!(!has_small || (is_mixed && read(text, &[]) == Err(PassError::NotOurs)));
        // What is too long stays too long, and what opens doors stays out of logs.
        let is_cut = raw.trim_matches(['\r', '\n', '\t']).chars().count() > LONGEST;
        assert!(!is_cut || read(text, &[]) == Err(PassError::NotOurs));
        assert!(text.len() < 24 || !format!("{token:?}").contains(text));
        match read(text, &[]) {
            Err(PassError::UnknownKey(_)) => "a pass".to_owned(),
            other => format!("{} {other:?}", token.is_blank()),
        }
    });
}
