//! Hostile bytes for the readers of passes, facts and envelopes; see `tests/support/fuzz.rs`.
//!
//! Bytes alone would hardly ever carry a right signature. So an input is tried twice: as it stands,
//! and as a payload that is signed here and now, which leads behind the signature.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the engine needs files and a clock, which the library must not have"
)]

#[path = "../../../tests/support/fuzz.rs"]
mod engine;

use admission::exchange::{Envelope, Message, seal as seal_message};
use admission::fact::{self, Body, Fact, Sealed, What};
use admission::id::{ConventionId, StationId};
use admission::pass::{self, IssuingKey};
use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use engine::fuzz;

const CONVENTION: ConventionId = ConventionId([0xC0; 16]);

/// The organiser's key of `vectors/pass.json`, so that its passes are a corpus.
fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

/// A CBOR byte string.
fn bytes(content: &[u8]) -> Vec<u8> {
    let mut to = minicbor::Encoder::new(Vec::new());
    to.bytes(content).unwrap();
    to.into_writer()
}

/// A COSE_Sign1 over any payload, put together by hand.
fn signed(kid: &[u8], domain: &[u8], payload: &[u8]) -> Vec<u8> {
    let protected = [&[0xA2, 0x01, 0x27, 0x04], bytes(kid).as_slice()].concat();
    let aad = [domain, &CONVENTION.0].concat();
    let head = [&[0x84, 0x6A], &b"Signature1"[..]].concat();
    let all = [head, bytes(&protected), bytes(&aad), bytes(payload)].concat();
    let signature = key().sign(&all).to_bytes();
    [vec![0x84], bytes(&protected), vec![0xA0], bytes(payload), bytes(&signature)].concat()
}

/// Says what became of an input, without what differs from input to input.
fn outcome<T, E: std::fmt::Display>(result: &Result<T, E>) -> String {
    result.as_ref().map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

fn try_pass(text: &str) -> String {
    let keys =
        [IssuingKey { public: key().verifying_key(), convention: CONVENTION, killed: false }];
    let read = pass::read(text, &keys);
    if let Ok(authentic) = &read {
        assert_eq!(pass::issue(&authentic.pass, CONVENTION, &key()), text, "a second spelling");
        let pass = &authentic.pass;
        return format!("{:?} {} {}", pass.kind(), pass.category() / 24, pass.revision());
    }
    outcome(&read)
}

#[test]
fn pass() {
    let kid = pass::kid(&key().verifying_key()).0;
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/pass"), |input| {
        let as_text = try_pass(&String::from_utf8_lossy(input));
        let inner = BASE32_NOPAD.decode(input).unwrap_or_else(|_| input.to_vec());
        let text = format!("YB1{}", BASE32_NOPAD.encode(&signed(&kid, b"yingbin-pass-v1", &inner)));
        format!("{as_text}, signed: {}", try_pass(&text))
    });
}

#[test]
fn fact() {
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fact"), |input| {
        let as_it_is = Sealed::from_bytes(input.to_vec());
        let payload = input.get(..input.len().saturating_sub(64)).unwrap_or_default();
        let signature = key().sign(&[b"yingbin-fact-v1", payload].concat()).to_bytes();
        let signed = Sealed::from_bytes([payload, &signature].concat());
        let opened = signed.open(&key().verifying_key());
        let mut said = format!("{}, signed: ", outcome(&as_it_is.read()));
        match &opened {
            Err(error) => said.push_str(&error.to_string()),
            Ok(fact) => {
                assert_eq!(fact::seal(fact, &key()), signed, "a second spelling");
                let body = Body::of(fact);
                // What this version cannot read it cannot say again either.
                if body.what != What::Unknown {
                    let again = Fact { body: body.bytes(), ..fact.clone() };
                    assert_eq!(Body::of(&again), body, "a body that does not say the same twice");
                }
                said.push_str(&format!("{} {}", fact.kind.min(40), body.kind()));
            }
        }
        said
    });
}

#[test]
fn envelope() {
    fuzz(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/envelope"), |input| {
        let open = |bytes: &[u8]| {
            let envelope = Envelope::read(bytes)?;
            envelope.open(CONVENTION, &key().verifying_key())
        };
        let as_it_is = outcome(&open(input));
        // The sender named outside is the one inside, as far as there is one.
        let inside = minicbor::decode::<Message>(input);
        let sender = inside.map_or(StationId([7; 16]), |message| message.from);
        let read = open(&signed(&sender.0, b"yingbin-exchange-v1", input));
        if let Ok(message) = &read {
            // A later version may add keys, so the payload may have more; sealed anew it reads the same.
            let again = open(&seal_message(message, CONVENTION, &key())).unwrap();
            assert_eq!(&again, message);
            let Message { facts, scopes, roster, .. } = message;
            let few = |count: usize| count.min(4);
            return format!("{} {} {}", few(facts.len()), few(scopes.len()), few(roster.len()));
        }
        format!("{as_it_is}, signed: {}", outcome(&read))
    });
}
