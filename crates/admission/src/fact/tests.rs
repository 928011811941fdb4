//! Facts to the byte: the golden bytes, and all that the reader refuses.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use data_encoding::HEXLOWER;

use super::*;
use crate::fixture::slug;
use crate::id::StationId;
use crate::pass::PassKind;
use crate::roster::Mode;
use crate::time::Day;

fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn station() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// 26 September 2023, 09:21:05 in Shenyang.
const WALL: Millis = Millis(1_695_691_265_000);

fn log() -> LogId {
    LogId::new(StationId([0xA1; 16]), [1, 2, 3, 4, 5, 6, 7, 8])
}

fn visit(activity: &str) -> Visit {
    Visit { activity: slug(activity), day: Day(19_626), mode: Mode::Once, leg: 0 }
}

fn admission(activity: &str, rehearsal: bool) -> Body {
    let pass = Some(PassKind::Badge);
    let admission = Admission { visit: visit(activity), pass, again: None };
    Body { rehearsal, what: What::Admitted(admission) }
}

fn refusal(activity: &str, rehearsal: bool, reason: &str) -> Body {
    let (visit, reason) = (visit(activity), reason.to_owned());
    Body { rehearsal, what: What::Refused { visit, pass: PassKind::Invitation, reason } }
}

fn unknown() -> Body {
    Body { rehearsal: false, what: What::Unknown }
}

/// Lin is let in to the opening: the first fact of a station whose clock is good.
fn admitted() -> Fact {
    let body = admission("opening", false);
    Fact {
        log: log(),
        seq: Seq(1),
        prev: NO_PREVIOUS,
        moment: Moment {
            hybrid: Hybrid(0).tick(WALL),
            wall: WALL,
            offset_ms: Some(-1_200),
            offset_age_ms: Some(60_000),
            confidence: Confidence::Synced,
        },
        kind: body.kind(),
        kind_version: 1,
        must_understand: false,
        site: slug("hall"),
        subject: Some(AttendeeId([0x11; 16])),
        body: body.bytes(),
        attachment: None,
    }
}

/// Somebody is refused in rehearsal: the second fact, with every other choice taken.
fn refused() -> Fact {
    let body = refusal("registration", true, "doors_closed");
    Fact {
        seq: Seq(2),
        prev: seal(&admitted(), &station()).hash(),
        moment: Moment {
            hybrid: admitted().moment.hybrid.tick(WALL),
            wall: WALL.plus(-1),
            offset_ms: None,
            offset_age_ms: None,
            confidence: Confidence::Unknown,
        },
        kind: body.kind(),
        must_understand: true,
        site: slug("lobby"),
        subject: None,
        body: body.bytes(),
        attachment: Some([0xEE; 32]),
        ..admitted()
    }
}

/// Frozen, as another language's CBOR and Ed25519 made them too.
/// A change here means that ledgers in use can no longer be read.
#[test]
fn golden_bytes_of_fact_v1() {
    let payload = "90015818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10102030405060708\
                   0158200000000000000000000000000000000000000000000000000000000000000000\
                   1b018acf1353e800001b0000018acf1353e83904af19ea60000101f4\
                   6468616c6c501111111111111111111111111111111150\
                   a301676f70656e696e6702194caa0301f6";
    let signature = "2f927a928cf28fff17cd798acff99b882691ef5522536f387c5c9e56d340e01a\
                     1fb083fd4cb361694d375adca9e997b14b4c175ea11fc9fb48a070652f351904";
    let hash = "ef7977e7da6396d564200b4d8ca76434905c662462d109c3a47c6518a9fc18d7";
    assert_golden(&admitted(), payload, signature, hash);

    let payload = "90015818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10102030405060708\
                   025820ef7977e7da6396d564200b4d8ca76434905c662462d109c3a47c6518a9fc18d7\
                   1b018acf1353e800011b0000018acf1353e7f6f6020201f5\
                   656c6f626279f65825\
                   a500f5016c726567697374726174696f6e02194caa0300046c646f6f72735f636c6f736564\
                   5820eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
    let signature = "7b5f3d9a91b939bcb7cfc44f46cec1cefc1adebbe1475d4ba945c6c2d9cb103e\
                     9079192b07379483cec081940c6eb9bdc75adafba1e9fb031faec09d51437305";
    let hash = "3bb2ac7e437789742b76daa50315310db8864fb2e8d4f96a9ef0a86014b6fda4";
    assert_golden(&refused(), payload, signature, hash);
}

fn assert_golden(fact: &Fact, payload: &str, signature: &str, hash: &str) {
    let sealed = seal(fact, &station());
    assert_eq!(HEXLOWER.encode(sealed.bytes()), format!("{payload}{signature}"));
    assert_eq!(sealed.hash().to_string(), hash);
    let kept = Sealed::from_bytes(unhex(&format!("{payload}{signature}")));
    assert_eq!(kept.open(&station().verifying_key()).as_ref(), Ok(fact));
}

#[test]
fn golden_bytes_of_the_bodies() {
    let admitted = admission("opening", false);
    assert_eq!(HEXLOWER.encode(&admitted.bytes()), "a301676f70656e696e6702194caa0301");
    let rehearsed = admission("opening", true);
    assert_eq!(HEXLOWER.encode(&rehearsed.bytes()), "a400f501676f70656e696e6702194caa0301");
    let refused = refusal("opening", false, "already_in");
    assert_eq!(
        HEXLOWER.encode(&refused.bytes()),
        "a401676f70656e696e6702194caa0300046a616c72656164795f696e"
    );
    for body in [admitted, rehearsed, refused] {
        let fact = Fact { kind: body.kind(), body: body.bytes(), ..super::tests::admitted() };
        assert_eq!(Body::of(&fact), body);
    }
}

#[test]
fn the_chain_binds_a_fact_to_the_signature_before_it() {
    let first = seal(&admitted(), &station());
    assert_eq!(refused().prev, first.hash());
    let resigned = seal(&admitted(), &SigningKey::from_bytes(&[8; 32]));
    assert_ne!(first.hash(), resigned.hash(), "the hash covers the signature");
}

#[test]
fn a_fact_of_another_station_is_not_authentic() {
    let other = SigningKey::from_bytes(&[8; 32]);
    let sealed = seal(&admitted(), &other);
    let id = admitted().id();
    let error = sealed.open(&station().verifying_key());
    assert_eq!(error, Err(FactError::NotAuthentic(id)));
    assert!(sealed.read().is_ok(), "the form alone is right");
    assert!(error.unwrap_err().to_string().ends_with("/1 is not signed by its station"));
}

#[test]
fn a_signature_of_another_domain_is_not_authentic() {
    let payload = encode(&admitted());
    for domain in [b"".as_slice(), b"yingbin-pass-v1", b"yingbin-exchange-v1", b"yingbin-fact-v2"] {
        let signature = station().sign(&[domain, &payload].concat()).to_bytes();
        let sealed = Sealed::from_bytes([payload.as_slice(), &signature].concat());
        assert!(sealed.open(&station().verifying_key()).is_err());
    }
}

#[test]
fn a_fact_cut_short_anywhere_is_malformed() {
    for fact in [admitted(), refused()] {
        let bytes = seal(&fact, &station()).bytes;
        for end in 0..bytes.len() {
            let cut = Sealed::from_bytes(bytes[..end].to_vec());
            assert_eq!(cut.read(), Err(FactError::Malformed), "{end} bytes");
            assert_eq!(cut.open(&station().verifying_key()), Err(FactError::Malformed));
        }
    }
}

#[test]
fn a_fact_with_any_bit_flipped_is_refused() {
    let good = seal(&admitted(), &station());
    let public = station().verifying_key();
    for bit in 0..good.bytes.len() * 8 {
        let mut bytes = good.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = Sealed::from_bytes(bytes);
        assert!(flipped.open(&public).is_err(), "bit {bit}");
        assert_ne!(flipped.hash(), good.hash(), "bit {bit}");
    }
}

#[test]
fn bytes_after_a_fact_are_malformed() {
    let mut bytes = seal(&admitted(), &station()).bytes;
    bytes.push(0);
    assert_eq!(Sealed::from_bytes(bytes).read(), Err(FactError::Malformed));
}

/// The 16 items of a payload, each encoded by itself.
fn items(fact: &Fact) -> Vec<Vec<u8>> {
    let payload = encode(fact);
    let mut from = Decoder::new(&payload);
    from.array().unwrap();
    let mut item = || {
        let start = from.position();
        from.skip().unwrap();
        payload[start..from.position()].to_vec()
    };
    (0..16).map(|_| item()).collect()
}

/// Signs a payload that the writer would never make.
fn signed_anyway(payload: &[u8]) -> Sealed {
    let signature = station().sign(&signed(payload)).to_bytes();
    Sealed::from_bytes([payload, signature.as_slice()].concat())
}

#[test]
fn a_second_spelling_of_a_fact_is_malformed_even_if_signed() {
    let log = HEXLOWER.encode(&log().0);
    let replaced = [
        ("version 2", 0, "02".to_owned()),
        ("version not minimal", 0, "1801".to_owned()),
        ("version a float", 0, "f93c00".to_owned()),
        ("log of 23 bytes", 1, format!("57{}", &log[..46])),
        ("log's length not minimal", 1, format!("590018{log}")),
        ("log of indefinite length", 1, format!("5f5818{log}ff")),
        ("seq 0", 2, "00".to_owned()),
        ("seq not minimal", 2, "1801".to_owned()),
        ("seq negative", 2, "20".to_owned()),
        ("seq a bignum", 2, "c24101".to_owned()),
        ("prev of 31 bytes", 3, format!("581f{}", "00".repeat(31))),
        ("prev null", 3, "f6".to_owned()),
        ("hybrid negative", 4, "20".to_owned()),
        ("wall not minimal", 5, "1b0000000000000001".to_owned()),
        ("wall beyond 64 bits", 5, "1bffffffffffffffff".to_owned()),
        ("offset undefined", 6, "f7".to_owned()),
        ("offset's age negative", 7, "20".to_owned()),
        ("confidence 3", 8, "03".to_owned()),
        ("kind 65536", 9, "1a00010000".to_owned()),
        ("kind version 256", 10, "190100".to_owned()),
        ("must understand a number", 11, "00".to_owned()),
        ("must understand not minimal", 11, "f814".to_owned()),
        ("site in capitals", 12, "6448414c4c".to_owned()),
        ("site empty", 12, "60".to_owned()),
        ("site bytes", 12, "4468616c6c".to_owned()),
        ("subject of 15 bytes", 13, format!("4f{}", "11".repeat(15))),
        ("subject undefined", 13, "f7".to_owned()),
        ("body a map itself", 14, "a0".to_owned()),
        ("body's length not minimal", 14, "580100".to_owned()),
        ("attachment of 31 bytes", 15, format!("581f{}", "ee".repeat(31))),
        ("attachment false", 15, "f4".to_owned()),
    ];
    for (name, at, raw) in replaced {
        let mut items = items(&admitted());
        items[at] = unhex(&raw);
        let payload = [vec![0x90], items.concat()].concat();
        assert_eq!(signed_anyway(&payload).read(), Err(FactError::Malformed), "{name}");
    }
}

#[test]
fn a_fact_in_another_frame_is_malformed_even_if_signed() {
    let items = items(&admitted()).concat();
    let framed = |before: &str, after: &str| [unhex(before), items.clone(), unhex(after)].concat();
    assert!(signed_anyway(&framed("90", "")).read().is_ok());
    for (before, after) in [
        ("9810", ""),
        ("9f", "ff"),
        ("91", "f6"),
        ("91", ""),
        ("8f", ""),
        ("90", "00"),
        ("d290", ""),
    ] {
        let sealed = signed_anyway(&framed(before, after));
        assert_eq!(sealed.read(), Err(FactError::Malformed), "{before} ... {after}");
    }
    for payload in [vec![], vec![0x81; 60_000], unhex("9bffffffffffffffff")] {
        assert_eq!(signed_anyway(&payload).read(), Err(FactError::Malformed));
    }
}

#[test]
fn a_fact_of_64_kib_is_read_and_one_byte_more_is_not() {
    let sized = |body: usize| {
        let sealed = seal(&Fact { body: vec![0; body], ..admitted() }, &station());
        (sealed.bytes().len(), sealed.read().map(|_| ()))
    };
    let frame = sized(60_000).0 - 60_000;
    assert_eq!(sized(LONGEST - frame), (LONGEST, Ok(())));
    assert_eq!(sized(LONGEST - frame + 1), (LONGEST + 1, Err(FactError::Malformed)));
}

#[test]
fn the_largest_numbers_come_back() {
    let moment = Moment {
        hybrid: Hybrid(u64::MAX),
        wall: Millis(i64::MIN),
        offset_ms: Some(i64::MAX),
        offset_age_ms: Some(u64::MAX),
        confidence: Confidence::Drifted,
    };
    let fact = Fact { seq: Seq(u64::MAX), moment, kind_version: u8::MAX, ..admitted() };
    assert_eq!(seal(&fact, &station()).open(&station().verifying_key()), Ok(fact));
}

#[test]
fn a_kind_of_a_later_version_is_kept_byte_for_byte() {
    let body = unhex("a2186301190700");
    for must_understand in [false, true] {
        let fact = Fact { kind: 4_711, must_understand, body: body.clone(), ..admitted() };
        let sealed = seal(&fact, &station());
        let read = Sealed::from_bytes(sealed.bytes().to_vec()).read().unwrap();
        assert_eq!(Body::of(&read), unknown());
        assert_eq!((read.must_understand, &read.body), (must_understand, &body));
        assert_eq!(seal(&read, &station()), sealed);
    }
    assert_eq!(Body::name_of(4_711), "unknown");
    assert_eq!((Body::name_of(1), Body::name_of(2)), ("admitted", "refused"));
}

fn body_of(kind: u16, hex: &str) -> Body {
    Body::of(&Fact { kind, body: unhex(hex), ..admitted() })
}

#[test]
fn keys_of_a_later_version_are_passed_over() {
    let expected = admission("opening", false);
    let plain = "01676f70656e696e6702194caa0301";
    assert_eq!(body_of(1, &format!("a3{plain}")), expected);
    assert_eq!(body_of(1, &format!("a4{plain}18166178")), expected);
    assert_eq!(body_of(1, &format!("a5{plain}181681a1616182f6f51863fb3ff0000000000000")), expected);
    assert_eq!(body_of(1, &format!("a4{plain}046a616c72656164795f696e")), expected, "a reason");
}

#[test]
fn a_body_that_cannot_be_read_has_no_effect() {
    let unreadable = [
        ("empty", ""),
        ("no map", "01"),
        ("activity missing", "a202194caa0301"),
        ("day missing", "a201676f70656e696e670301"),
        ("pass kind 2", "a301676f70656e696e6702194caa0302"),
        ("activity no slug", "a301674f70656e696e6702194caa0301"),
        ("day too large", "a301676f70656e696e67021b00000001000000000301"),
        ("rehearsal a number", "a4000101676f70656e696e6702194caa0301"),
        ("key twice", "a401676f70656e696e6702194caa03010300"),
        ("keys not ascending", "a302194caa01676f70656e696e670301"),
        ("text key", "a401676f70656e696e6702194caa030161616161"),
        ("bytes after the map", "a301676f70656e696e6702194caa030100"),
        ("map longer than its bytes", "bb7fffffffffffffff01676f70656e696e6702194caa0301"),
        ("map of indefinite length", "bf01676f70656e696e6702194caa0301ff"),
    ];
    for (name, hex) in unreadable {
        assert_eq!(body_of(1, hex), unknown(), "{name}");
    }
    let reason_missing = "a301676f70656e696e6702194caa0301";
    assert_eq!(body_of(2, reason_missing), unknown());
}

#[test]
fn a_body_nested_60_000_deep_neither_hangs_nor_overflows() {
    let mut body = unhex("a401676f70656e696e6702194caa03011814");
    body.extend([0x81; 60_000]);
    let fact = Fact { body, ..admitted() };
    assert_eq!(Body::of(&fact), unknown());
}
