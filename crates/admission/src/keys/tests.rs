//! Which sets of keys a station believes, and in which order they may follow each other.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use data_encoding::HEXLOWER;

use super::*;
use crate::pass::{PassError, PassKind};
use crate::time::Day;

const HERE: ConventionId = ConventionId([0xC0; 16]);
const NEXT_DOOR: ConventionId = ConventionId([0xC1; 16]);

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn root() -> SigningKey {
    key(100)
}

fn line(number: u8, status: KeyStatus) -> KeyLine {
    KeyLine { public: key(number).verifying_key().to_bytes(), status, since: Millis(1_000) }
}

fn set(number: u64, keys: &[(u8, KeyStatus)]) -> KeySet {
    let keys = keys.iter().map(|(number, status)| line(*number, *status)).collect();
    KeySet { convention: HERE, number, issued: Millis(2_000), keys }
}

use KeyStatus::{Active, Killed, Retired};

fn two_keys() -> KeySet {
    set(1, &[(1, Active), (2, Active)])
}

fn open(bytes: &[u8]) -> Result<KeySet, KeySetError> {
    KeySet::open(bytes, HERE, &root().verifying_key())
}

#[test]
fn a_set_is_believed_as_the_root_key_signed_it() {
    for set in [two_keys(), set(u64::MAX, &[]), set(7, &[(1, Retired), (2, Killed), (3, Active)])] {
        assert_eq!(open(&set.sign(&root())), Ok(set.clone()));
        assert_eq!(set.sign(&root()), set.sign(&root()), "the same bytes every time");
        assert_eq!(KeySet::read(&set.bytes()), Ok(set));
    }
}

/// Frozen: sets that root keys signed lie on memory sticks.
#[test]
fn golden_bytes_of_a_set() {
    let set = set(1, &[(1, Active)]);
    assert_eq!(
        HEXLOWER.encode(&set.bytes()),
        format!(
            "a40050{}0101021907d003818358 20{}001903e8",
            "c0".repeat(16),
            HEXLOWER.encode(key(1).verifying_key().as_bytes())
        )
        .replace(' ', "")
    );
}

#[test]
fn another_root_or_another_convention_is_not_believed() {
    let bytes = two_keys().sign(&root());
    let not_authentic = Err(KeySetError::NotAuthentic);
    assert_eq!(KeySet::open(&bytes, HERE, &key(1).verifying_key()), not_authentic);
    assert_eq!(KeySet::open(&bytes, NEXT_DOOR, &root().verifying_key()), not_authentic);
    assert_eq!(open(&two_keys().sign(&key(1))), not_authentic, "an issuing key is no root");
    // Signed for us, but it speaks of next door's keys.
    let foreign = KeySet { convention: NEXT_DOOR, ..two_keys() };
    let kid = pass::kid(&root().verifying_key());
    let bytes = cose::sign(&kid.0, foreign.bytes(), &aad(HERE), &root()).unwrap();
    assert_eq!(open(&bytes), not_authentic);
}

#[test]
fn a_set_that_was_altered_anywhere_is_not_believed() {
    let good = two_keys().sign(&root());
    for bit in 0..good.len() * 8 {
        let mut altered = good.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        match open(&altered) {
            // The key id in the header is under the signature too.
            Ok(set) => panic!("bit {bit} makes {set:?}"),
            Err(KeySetError::Malformed | KeySetError::NotAuthentic) => {}
        }
    }
    for end in 0..good.len() {
        assert!(open(&good[..end]).is_err(), "{end} bytes");
    }
    assert!(open(&[good, vec![0]].concat()).is_err());
}

#[test]
fn a_header_in_another_order_is_malformed_though_its_signature_were_right() {
    let good = two_keys().sign(&root());
    let kid = pass::kid(&root().verifying_key());
    let header = [&[0xA2, 0x01, 0x27, 0x04, 0x44][..], &kid.0].concat();
    let swapped = [&[0xA2, 0x04, 0x44][..], &kid.0, &[0x01, 0x27]].concat();
    let at = good.windows(header.len()).position(|window| window == header).unwrap();
    let mut bytes = good;
    bytes[at..at + header.len()].copy_from_slice(&swapped);
    assert_eq!(open(&bytes), Err(KeySetError::Malformed));
}

/// Signs whatever payload, as only a broken root key tool would.
fn signed_anyway(payload: Vec<u8>) -> Vec<u8> {
    let kid = pass::kid(&root().verifying_key());
    cose::sign(&kid.0, payload, &aad(HERE), &root()).unwrap()
}

#[test]
fn a_set_that_makes_no_sense_is_malformed_even_if_signed() {
    let with = |keys: Vec<KeyLine>| KeySet { keys, ..two_keys() };
    let most = (0..64).map(|number| line(number, Active)).collect();
    assert!(open(&with(most).sign(&root())).is_ok(), "64 keys");
    let too_many = with((0..65).map(|number| line(number, Active)).collect());
    // 2 is the y of no point of the curve.
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let no_key = with(vec![KeyLine { public: no_point, ..line(1, Active) }]);
    let twice = with(vec![line(1, Active), line(1, Killed)]);
    for (what, set) in [
        ("number 0", set(0, &[(1, Active)])),
        ("65 keys", too_many),
        ("no key", no_key),
        ("a key active and killed", twice),
    ] {
        assert_eq!(open(&set.sign(&root())), Err(KeySetError::Malformed), "{what}");
        assert_eq!(KeySet::read(&set.bytes()), Err(KeySetError::Malformed), "{what}");
    }
    let plain = two_keys().bytes();
    let longer = [plain.as_slice(), &[0]].concat();
    let mut later = plain.clone();
    later[0] += 1;
    later.extend([0x04, 0xF6]);
    for payload in [vec![], longer, later, vec![0xA0], vec![0x9B; 9], vec![0x81; 60_000]] {
        assert_eq!(open(&signed_anyway(payload)), Err(KeySetError::Malformed));
    }
}

#[test]
fn a_set_follows_a_lower_number_and_nothing_else() {
    let first = two_keys();
    for (number, follows) in [(0, false), (1, false), (2, true), (9, true), (u64::MAX, true)] {
        let next = KeySet { number, ..two_keys() };
        assert_eq!(first.may_be_followed_by(&next), follows, "number {number}");
    }
    let last = KeySet { number: u64::MAX, ..two_keys() };
    assert!(!last.may_be_followed_by(&last));
    assert!(!first.may_be_followed_by(&KeySet { number: 2, convention: NEXT_DOOR, ..two_keys() }));
}

#[test]
fn no_key_is_left_out_and_none_that_was_killed_comes_back() {
    let may = |before: &[(u8, KeyStatus)], after: &[(u8, KeyStatus)]| {
        set(1, before).may_be_followed_by(&set(2, after))
    };
    assert!(may(&[], &[(1, Active)]));
    assert!(may(&[(1, Active)], &[(2, Active), (1, Retired)]), "rotated, in any order");
    assert!(may(&[(1, Active)], &[(1, Killed), (2, Active)]));
    assert!(may(&[(1, Retired)], &[(1, Active)]), "a retired key was always believed");
    assert!(may(&[(1, Killed)], &[(1, Killed), (2, Active)]));
    assert!(!may(&[(1, Killed)], &[(1, Active)]));
    assert!(!may(&[(1, Killed)], &[(1, Retired)]));
    assert!(!may(&[(1, Active), (2, Active)], &[(2, Active)]), "left out");
    assert!(!may(&[(1, Killed)], &[]), "left out, to be brought back later");
}

#[test]
fn passes_are_believed_by_active_and_retired_keys_only() {
    let set = set(3, &[(1, Active), (2, Retired), (3, Killed)]);
    let issuing = set.issuing();
    let span = (Day(19_625), 3);
    let badge = pass::Pass::new(PassKind::Badge, crate::id::Serial([1; 16]), 40, 0, span).unwrap();
    let read = |number| pass::read(&pass::issue(&badge, HERE, &key(number)), &issuing);
    assert!(read(1).is_ok() && read(2).is_ok());
    let kid = |number| pass::kid(&key(number).verifying_key());
    assert_eq!(read(3), Err(PassError::KilledKey(kid(3))));
    assert_eq!(read(4), Err(PassError::UnknownKey(kid(4))));
}

#[test]
fn a_key_is_found_by_its_id() {
    let set = set(1, &[(1, Active), (2, Killed)]);
    let kid = |number| pass::kid(&key(number).verifying_key());
    assert_eq!(set.line(kid(2)).map(|line| line.status), Some(Killed));
    assert_eq!(set.line(kid(3)), None);
    assert_eq!(line(1, Active).kid(), Some(kid(1)));
    assert_eq!([Active, Retired, Killed].map(KeyStatus::name), ["active", "retired", "killed"]);
}
