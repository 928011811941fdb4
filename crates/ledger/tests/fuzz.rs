//! Hostile bytes for enrolment and bundles; see `tests/support/fuzz.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

#[path = "../../../tests/support/fuzz.rs"]
mod engine;

use ed25519_dalek::SigningKey;
use engine::fuzz;
use ledger::bundle::offline::Invitation;
use ledger::bundle::{BundleError, Reader};
use ledger::enrol::{Application, Code};
use sha2::{Digest, Sha256};

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

#[test]
fn bundle() {
    let key = SigningKey::from_bytes(&[1; 32]);
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/bundle"), |input| {
        format!("{} / {}", read(input, &key), read(&mended(input), &key))
    });
}

fn read(input: &[u8], key: &SigningKey) -> String {
    let mut reader = match Reader::begin(input, key) {
        Ok(reader) => reader,
        Err(error) => return format!("{error:?}"),
    };
    let mut frames = 0;
    loop {
        match reader.next_frame() {
            Ok(Some(_)) => frames += 1,
            Ok(None) => return format!("{frames}, whole"),
            Err(BundleError::Io(error)) => panic!("bytes in memory can be read: {error}"),
            Err(error) => return format!("{frames}, {error:?}"),
        }
    }
}

/// Puts the sums right, so that what is wrong reaches the reader behind them.
fn mended(input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let mut at = 4;
    while let Some(head) = bytes.get(at..at + 5) {
        let length = u32::from_be_bytes(head[1..5].try_into().unwrap()) as usize;
        let sum = Sha256::digest(head);
        let Some(to) = bytes.get_mut(at + 5..at + 9) else { break };
        to.copy_from_slice(&sum[..4]);
        let end = (at + 9).saturating_add(length);
        let Some(content) = bytes.get(at + 9..end) else { break };
        let sum = Sha256::digest(content);
        let Some(to) = bytes.get_mut(end..end + 8) else { break };
        to.copy_from_slice(&sum[..8]);
        at = end + 8;
    }
    bytes
}

#[test]
fn invitation() {
    let server = SigningKey::from_bytes(&[1; 32]);
    let code = Code::new([1; 7], &server.verifying_key());
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/invitation"), |input| {
        // Only what the server signed is one, so whatever was changed is none.
        match Invitation::open(input, &code) {
            Ok(invitation) => {
                assert_eq!(invitation.seal(&server), input, "a second spelling");
                "read".to_owned()
            }
            Err(error) => format!("{error:?}"),
        }
    });
}
