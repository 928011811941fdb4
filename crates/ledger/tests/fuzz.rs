//! Hostile bytes for enrolment; see `tests/support/fuzz.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

#[path = "../../../tests/support/fuzz.rs"]
mod engine;

use engine::fuzz;
use ledger::enrol::{Application, Code};

#[test]
fn application() {
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/application"), |input| {
        let Ok(application) = minicbor::decode::<Application>(input) else {
            return "refused".to_owned();
        };
        let bytes = minicbor::to_vec(&application).unwrap();
        let again: Application = minicbor::decode(&bytes).unwrap();
        assert_eq!(again, application);
        assert!(bytes.len() <= input.len(), "it grew");
        format!("read, proved: {}", application.is_proved())
    });
}

#[test]
fn code() {
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/code"), |input| {
        let Ok(code) = Code::read(&String::from_utf8_lossy(input)) else {
            return "refused".to_owned();
        };
        assert!(Code::read(&code.text()).unwrap() == code, "a second spelling");
        assert_eq!(code.text().len(), 27);
        "read".to_owned()
    });
}
