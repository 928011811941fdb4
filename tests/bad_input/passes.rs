//! Cases 27 to 41: passes that somebody made, at a real desk and with its convention's real key.
//!
//! The frames are those of `crates/admission/vectors/pass.json`. A desk does not know the keys of
//! that file, so each frame is signed anew with the venue's key where the test key signed it: a
//! reader that overlooked what is wrong with it would let the signature pass.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use super::counter::{Counter, at_the_counter};
use crate::support::project;
use crate::support::venue::{Venue, scan};
use admission::id::{ConventionId, Serial};
use admission::pass::{Pass, PassKind, issue, kid};
use admission::time::Day;

/// A key that issues passes, and its convention.
struct Issuer {
    key: SigningKey,
    convention: ConventionId,
}

impl Issuer {
    /// The one of the vectors.
    fn of_vectors(book: &Value) -> Issuer {
        let organiser = &book["keys"]["organiser"];
        Issuer {
            key: key(&unhex(&organiser["seed"])),
            convention: convention(&organiser["convention"]),
        }
    }

    /// The one of a venue.
    fn of_venue(venue: &Venue) -> Issuer {
        let keys = venue.server(&["keys"]).ok().json();
        let seed = std::fs::read(venue.path("server/keys/issuing-1.key")).unwrap();
        Issuer { key: key(&seed), convention: convention(&keys[0]["convention"]) }
    }

    fn kid(&self) -> [u8; 4] {
        kid(&self.key.verifying_key()).0
    }

    /// Signs a frame as COSE_Sign1 does.
    fn sign(&self, protected: &[u8], aad: &[u8], payload: &[u8]) -> [u8; 64] {
        let mut signed = vec![0x84, 0x6A];
        signed.extend_from_slice(b"Signature1");
        for part in [protected, aad, payload] {
            signed.extend(head(part.len()));
            signed.extend_from_slice(part);
        }
        self.key.sign(&signed).to_bytes()
    }

    fn pass(&self, kind: PassKind, serial: Serial, first_day: u32) -> String {
        issue(
            &Pass::new(kind, serial, 1, 0, (Day(first_day), 3)).unwrap(),
            self.convention,
            &self.key,
        )
    }
}

/// The head of a byte string.
fn head(length: usize) -> Vec<u8> {
    let length = u8::try_from(length).unwrap();
    if length < 24 { vec![0x40 | length] } else { vec![0x58, length] }
}

fn key(seed: &[u8]) -> SigningKey {
    SigningKey::from_bytes(seed.try_into().unwrap())
}

fn convention(hex: &Value) -> ConventionId {
    ConventionId(unhex(hex).try_into().unwrap())
}

fn unhex(hex: &Value) -> Vec<u8> {
    HEXLOWER.decode(hex.as_str().unwrap_or_default().as_bytes()).unwrap()
}

/// Puts bytes in the place of others, wherever they stand.
pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(from).filter(|_| !from.is_empty()) {
            Some(after) => {
                made.extend_from_slice(to);
                rest = after;
            }
            None => {
                made.push(*first);
                rest = after;
            }
        }
    }
    made
}

/// Turns a vector into the text that it would be with another issuer's key.
fn transplanted(vector: &Value, from: &Issuer, to: &Issuer) -> String {
    let Some(cose) = vector["cose"].as_str() else {
        return vector["text"].as_str().unwrap().to_owned();
    };
    let cose = HEXLOWER.decode(cose.as_bytes()).unwrap();
    let [payload, protected, aad] =
        ["payload", "protected", "aad"].map(|part| unhex(&vector[part]));
    let ours = replaced(&protected, &from.kid(), &to.kid());
    let our_aad = replaced(&aad, &from.convention.0, &to.convention.0);
    let old = from.sign(&protected, &aad, &payload);
    let new = to.sign(&ours, &our_aad, &payload);
    let cose = replaced(&replaced(&cose, &from.kid(), &to.kid()), &old, &new);
    format!("YB1{}", BASE32_NOPAD.encode(&cose))
}

/// Runs the vectors whose names contain one of `names` through the desk, transplanted.
#[track_caller]
fn vectors(names: &[&str]) {
    let text = std::fs::read_to_string(project("crates/admission/vectors/pass.json")).unwrap();
    let book: Value = serde_json::from_str(&text).unwrap();
    at_the_counter(|counter| {
        let (from, to) = (Issuer::of_vectors(&book), Issuer::of_venue(&counter.venue));
        for wanted in names {
            let all = book["vectors"].as_array().unwrap().iter();
            // Other vectors need keys that a venue never has.
            let usual = all.filter(|vector| vector["known"] == json!(["organiser", "neighbour"]));
            let meant: Vec<&Value> =
                usual.filter(|vector| vector["name"].as_str().unwrap().contains(wanted)).collect();
            assert!(!meant.is_empty(), "no vector is called {wanted}");
            for vector in meant {
                try_vector(counter, vector, &transplanted(vector, &from, &to));
            }
        }
    });
}

#[track_caller]
fn try_vector(counter: &mut Counter, vector: &Value, text: &str) {
    match vector["result"].as_str().unwrap() {
        // Nobody in the list has that serial: so far has only come what is authentic.
        "ok" if vector["convention"] == "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0" => {
            let answer = counter.hear(text.as_bytes()).remove(0);
            // The largest category marks a blank, which belongs to nobody until it is bound.
            let is_blank = vector["name"] == "largest category";
            let reason = if is_blank { "unbound_blank" } else { "unknown_attendee" };
            assert_eq!(answer["reason"], reason, "{}", vector["name"]);
        }
        "ok" => {}
        reason => counter.refuses(text.as_bytes(), reason),
    }
}

/// The control of all that follows: what is right is read as right.
#[test]
fn right_passes_of_the_vectors_are_authentic_at_the_venue() {
    vectors(&["a badge", "an invitation", "largest category", "largest revision"]);
}

#[test]
fn case_27_a_signature_of_zeros() {
    vectors(&["signature zero", "signature of ones", "signature of no bytes"]);
}

#[test]
fn case_28_small_order_and_s_beyond_the_order() {
    vectors(&["signature with"]);
}

#[test]
fn case_29_other_algorithms() {
    vectors(&["algorithm"]);
}

#[test]
fn case_30_key_ids_of_other_lengths() {
    vectors(&[
        "key id absent",
        "key id of 0",
        "key id of 3",
        "key id of 5",
        "key id of 32",
        "key id a text",
    ]);
    // 200 bytes make the text too long to be looked at.
    let frame = [&[0x84, 0x58, 0xCF, 0xA2, 0x01, 0x27, 0x04, 0x58, 0xC8][..], &[7; 200]].concat();
    let text = format!("YB1{}", BASE32_NOPAD.encode(&[&frame[..], &[0x58; 100]].concat()));
    at_the_counter(|counter| counter.refuses(text.as_bytes(), "not_ours"));
}

#[test]
fn case_31_key_ids_in_both_headers() {
    vectors(&["unprotected header", "key id wrong in protected", "key id twice"]);
}

#[test]
fn case_32_tags() {
    vectors(&["tagged"]);
}

#[test]
fn case_33_second_spellings() {
    vectors(&[
        "indefinite",
        "not minimal",
        "twice",
        "a float",
        "fifth element",
        "eight elements",
        "keys of the protected header swapped",
        "after the",
        "unused bits",
    ]);
}

#[test]
fn case_34_nested_two_hundred_thousand_deep() {
    vectors(&["300 arrays in one another"]);
    at_the_counter(|counter| {
        for head in [0x81, 0x9F, 0xD2, 0x5F] {
            for depth in [315, 200_000] {
                let text = format!("YB1{}", BASE32_NOPAD.encode(&vec![head; depth]));
                counter.refuses(text.as_bytes(), "not_ours");
            }
        }
    });
}

#[test]
fn case_35_lengths_beyond_all_memory() {
    vectors(&["byte string of 2^63", "array of 2^32"]);
}

/// Another convention's key is unknown here. The days stand in the pass; a guest whose list says
/// otherwise is refused all the same.
#[test]
fn case_36_passes_of_elsewhere_of_yesterday_and_of_next_year() {
    at_the_counter(|counter| {
        let ours = Issuer::of_venue(&counter.venue);
        let guest = counter.guest();
        let serial = guest.attendee.invitation;
        let theirs = Issuer { key: key(&[9; 32]), convention: ours.convention };
        counter
            .refuses(theirs.pass(PassKind::Invitation, serial, 19_625).as_bytes(), "unknown_key");
        // It is 26 September 2023, day 19,626.
        for (first_day, reason) in [(19_623, "expired"), (19_990, "not_yet")] {
            let pass = ours.pass(PassKind::Invitation, serial, first_day);
            let answer = counter.hear(pass.as_bytes()).remove(0);
            assert_eq!(answer["reason"], reason);
            assert_ne!(answer["fact"], json!(null), "an authentic pass: its refusal is a record");
            counter.goes_on();
        }
        // The pass itself is good.
        let answer = counter.hear(guest.invitation.as_bytes()).remove(0);
        assert_eq!(answer["decision"], "admit");
    });
}

#[test]
fn case_37_signatures_of_another_domain() {
    vectors(&[
        "signed ",
        "signature of a fact",
        "signature over the payload",
        "signature of another",
    ]);
}

#[test]
fn case_38_a_badge_at_registration_and_an_invitation_at_a_door() {
    at_the_counter(|counter| {
        let guest = counter.guest();
        let answer = counter.hear(guest.badge.as_bytes()).remove(0);
        assert_eq!(answer["reason"], "badge_at_registration");
        counter.goes_on();
    });
    let venue = Venue::open();
    let people = venue.people();
    let mut door = venue.station("G1", "opening").open();
    let answer = scan(&mut door, &people["260926"].invitation);
    assert_ne!(answer["decision"], "admit", "{answer}");
    assert_eq!(answer["reason"], "invitation_at_door");
    assert_eq!(scan(&mut door, &people["260926"].badge)["decision"], "admit");
    // What an attendee's id is worth as a pass: nothing.
    assert_eq!(scan(&mut door, &people["260926"].id)["reason"], "not_ours");
}

#[test]
fn case_39_a_sealed_block_and_one_that_was_touched() {
    vectors(&["seventh element", "with a sealed block"]);
}

#[test]
fn case_41_a_compressed_pass() {
    vectors(&["deflated with zlib"]);
}
