//! Bodies to the byte, kind by kind, and all that has no effect.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use minicbor::Decoder;

use super::*;
use crate::chance::Chance;
use crate::fact::{Confidence, Moment, NO_PREVIOUS};
use crate::fixture::slug;
use crate::id::{LogId, Seq};
use crate::time::Hybrid;

fn visit(activity: &str, mode: Mode, leg: u8) -> Visit {
    Visit { activity: slug(activity), day: Day(19_626), mode, leg }
}

fn opening() -> Visit {
    visit("opening", Mode::Once, 0)
}

fn place(seq: u64) -> FactId {
    let log = LogId::new(crate::id::StationId([0xA1; 16]), [1, 2, 3, 4, 5, 6, 7, 8]);
    FactId { log, seq: Seq(seq) }
}

const OTA: AttendeeId = AttendeeId([0x22; 16]);

/// Every kind, with its bytes as a second implementation of CBOR wrote them.
fn golden() -> Vec<(What, &'static str)> {
    let pass = Some(PassKind::Badge);
    let trip = || visit("visit", Mode::Board, 2);
    let hall = || visit("hall", Mode::Reentry, 0);
    let (one, two) = (Serial([5; 16]), Serial([6; 16]));
    vec![
        (
            What::Admitted(Admission { visit: opening(), pass, again: None }),
            "a301676f70656e696e6702194caa0301",
        ),
        (
            What::Admitted(Admission { visit: trip(), pass, again: Some(place(7)) }),
            "a60165766973697402194caa0301050306020782\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070807",
        ),
        (
            What::Refused {
                visit: opening(),
                pass: PassKind::Invitation,
                reason: "already_in".to_owned(),
            },
            "a401676f70656e696e6702194caa0300046a616c72656164795f696e",
        ),
        (
            What::Left { visit: hall(), closes: vec![place(7), place(300)] },
            "a4016468616c6c02194caa05020884\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070807\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070819012c",
        ),
        (
            What::Annulled { fact: place(7), why: slug("mistake"), other: Some(OTA) },
            "a30982\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070807\
             0a676d697374616b650b5022222222222222222222222222222222",
        ),
        (
            What::Overridden {
                admission: Admission { visit: opening(), pass: None, again: None },
                reason: "full".to_owned(),
                why: slug("protocol"),
            },
            "a401676f70656e696e6702194caa046466756c6c0a6870726f746f636f6c",
        ),
        (
            What::Collected { proxy: true, by: Some(OTA) },
            "a20b502222222222222222222222222222222213f5",
        ),
        (
            What::Bound { serials: vec![one, two] },
            "a10c82\
             5005050505050505050505050505050505\
             5006060606060606060606060606060606",
        ),
        (
            What::Replaced { serials: vec![one], why: slug("lost") },
            "a20a646c6f73740c815005050505050505050505050505050505",
        ),
        (What::Substituted { other: OTA }, "a10b5022222222222222222222222222222222"),
        (
            What::WalkedIn { category: slug("press"), delegation: slug("guests") },
            "a20d6570726573730e66677565737473",
        ),
        (What::Accompanied { principal: OTA }, "a10b5022222222222222222222222222222222"),
        (What::Corrected, "a0"),
        (
            What::MadeUp {
                visit: opening(),
                real: Millis(1_695_691_265_000),
                why: slug("scanner-broken"),
            },
            "a401676f70656e696e6702194caa0a6e7363616e6e65722d62726f6b656e\
             121b0000018acf1353e8",
        ),
        (
            What::Noted { visit: trip(), state: TripState::Moved("2".to_owned()) },
            "a60165766973697402194caa050306020f03106132",
        ),
        (
            What::Departed { visit: trip(), bus: "2".to_owned(), heads: 47 },
            "a60165766973697402194caa0503060210613211182f",
        ),
        (
            What::Settled {
                doubt: "double_entry".to_owned(),
                about: vec![place(7), place(300)],
                outcome: slug("same-person"),
            },
            "a3046c646f75626c655f656e7472790a6b73616d652d706572736f6e1584\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070807\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070819012c",
        ),
        (
            What::Unprinted { of: place(7) },
            "a10982\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070807",
        ),
        (
            What::Ordered { of: place(7), why: slug(MOVED) },
            "a20982\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070807\
             0a656d6f766564",
        ),
        (
            What::Printed { of: place(300) },
            "a10982\
             5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1010203040506070819012c",
        ),
    ]
}

fn earnest(what: What) -> Body {
    Body { rehearsal: false, what }
}

fn read(kind: u16, body: &[u8]) -> Body {
    Body::of(&fact_of(kind, body))
}

fn fact_of(kind: u16, body: &[u8]) -> Fact {
    let moment = Moment {
        hybrid: Hybrid(0),
        wall: Millis(0),
        offset_ms: None,
        offset_age_ms: None,
        confidence: Confidence::Unknown,
    };
    Fact {
        log: place(1).log,
        seq: Seq(1),
        prev: NO_PREVIOUS,
        moment,
        kind,
        kind_version: 1,
        must_understand: false,
        site: slug("hall"),
        subject: None,
        body: body.to_vec(),
        attachment: None,
    }
}

fn read_hex(kind: u16, hex: &str) -> Body {
    read(kind, &HEXLOWER.decode(hex.as_bytes()).unwrap())
}

/// Frozen from the first release on: ledgers and other programs read these bytes.
#[test]
fn golden_bytes_of_every_kind() {
    let mut kinds = std::collections::BTreeSet::new();
    for (what, hex) in golden() {
        let body = earnest(what);
        assert_eq!(HEXLOWER.encode(&body.bytes()), hex, "{body:?}");
        assert_eq!(read_hex(body.kind(), hex), body);
        kinds.insert(body.kind());
    }
    assert_eq!(kinds, (1..=19).collect(), "every kind");
}

#[test]
fn every_kind_reads_back_rehearsed_and_in_every_shape() {
    let trip = || visit("visit", Mode::Board, u8::MAX);
    let daily = || visit("forum", Mode::Daily, 0);
    let pass = Some(PassKind::Invitation);
    let notes =
        [TripState::Excused, TripState::OwnWay, TripState::LeftEarly, TripState::Moved("".into())];
    let mut shapes: Vec<What> = golden().into_iter().map(|(what, _)| what).collect();
    shapes.extend(notes.map(|state| What::Noted { visit: trip(), state }));
    shapes.extend([
        What::Admitted(Admission { visit: daily(), pass: None, again: Some(place(u64::MAX)) }),
        What::Overridden {
            admission: Admission { visit: trip(), pass, again: Some(place(1)) },
            reason: String::new(),
            why: slug("vip"),
        },
        What::Left { visit: daily(), closes: Vec::new() },
        What::Left { visit: daily(), closes: (1..=64).map(place).collect() },
        What::Annulled { fact: place(1), why: slug("why"), other: None },
        What::Collected { proxy: false, by: None },
        What::Bound { serials: Vec::new() },
        What::Bound { serials: (0..64).map(|number| Serial([number; 16])).collect() },
        What::MadeUp { visit: daily(), real: Millis(i64::MIN), why: slug("why") },
        What::Departed { visit: trip(), bus: String::new(), heads: u32::MAX },
        What::Settled {
            doubt: "x".repeat(64),
            about: (1..=64).map(place).collect(),
            outcome: slug("mistake"),
        },
    ]);
    for what in shapes {
        for rehearsal in [false, true] {
            let body = Body { rehearsal, what: what.clone() };
            assert_eq!(read(body.kind(), &body.bytes()), body);
        }
    }
}

#[test]
fn golden_bytes_of_a_rehearsed_departure() {
    let visit = visit("forum", Mode::Daily, 0);
    let body =
        Body { rehearsal: true, what: What::Departed { visit, bus: String::new(), heads: 0 } };
    assert_eq!(HEXLOWER.encode(&body.bytes()), "a600f50165666f72756d02194caa050110601100");
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let written: BTreeSet<u16> =
        golden().into_iter().map(|(what, _)| earnest(what).kind()).collect();
    let known: BTreeSet<u16> = (1..100).filter(|kind| !Body::is_later(*kind)).collect();
    assert_eq!(written, known, "a kind of which the bytes are frozen is in the table");
    let names: BTreeSet<&str> = known.iter().map(|kind| Body::name_of(*kind)).collect();
    assert!(names.len() == known.len() && !names.contains("unknown"));
    assert_eq!((Body::name_of(0), Body::name_of(20)), ("unknown", "unknown"));
}

#[test]
fn a_fact_that_moves_names_its_old_place_and_calls_others_by_their_new_one() {
    let here = |fact: FactId| FactId { log: LogId([8; 24]), ..fact };
    for (what, _) in golden() {
        let body = earnest(what);
        let fact = fact_of(body.kind(), &body.bytes());
        let moved = Fact { body: Body::moved(&fact, here), ..fact.clone() };
        assert_eq!(Body::moved_from(&moved), Some(fact.id()));
        let said = Body::of(&moved);
        assert_eq!(said.kind(), body.kind());
        if let What::Left { closes: named, .. } | What::Settled { about: named, .. } = said.what {
            assert!(!named.is_empty() && named.iter().all(|fact| fact.log == LogId([8; 24])));
        }
        let again = Fact { body: Body::moved(&moved, here), seq: Seq(9), ..moved };
        assert_eq!(Body::moved_from(&again), Some(fact.id()), "the first place of all");
    }
    let later = fact_of(4_711, b"\xa0");
    assert_eq!(Body::moved(&later, here), b"\xa0", "what nobody here can read stays as it is");
}

#[test]
fn a_key_of_a_later_version_is_passed_over_in_every_kind() {
    for (what, hex) in golden() {
        let body = earnest(what);
        let mut bytes = HEXLOWER.decode(hex.as_bytes()).unwrap();
        bytes[0] += 1;
        // Key 22: a map in a list.
        bytes.extend([0x16, 0x81, 0xA1, 0x00, 0xF6]);
        assert_eq!(read(body.kind(), &bytes), body);
    }
}

/// Splits a body's map into its keys and values, each as bytes.
fn entries(body: &[u8]) -> Vec<Vec<u8>> {
    let mut from = Decoder::new(body);
    let count = from.map().unwrap().unwrap();
    let mut entry = || {
        let start = from.position();
        from.skip().unwrap();
        from.skip().unwrap();
        body[start..from.position()].to_vec()
    };
    (0..count).map(|_| entry()).collect()
}

fn map(entries: &[Vec<u8>]) -> Vec<u8> {
    [vec![0xA0 + u8::try_from(entries.len()).unwrap()], entries.concat()].concat()
}

#[test]
fn a_body_without_a_key_that_it_needs_has_no_effect() {
    // Key and kinds that can do without it: no pass, no second scan, nobody else, no list.
    let optional: [(u8, &[u16]); 9] = [
        (3, &[1, 5]),
        (5, &[1, 3, 5, 14, 15]),
        (6, &[1, 3, 5, 14, 15]),
        (7, &[1, 5]),
        (8, &[3]),
        (11, &[4, 6]),
        (12, &[7, 8]),
        (19, &[6]),
        (16, &[]),
    ];
    for (what, hex) in golden() {
        let kind = earnest(what).kind();
        let whole = entries(&HEXLOWER.decode(hex.as_bytes()).unwrap());
        for gone in 0..whole.len() {
            let mut rest = whole.clone();
            let key = rest.remove(gone)[0];
            let needed =
                !optional.iter().any(|(free, kinds)| *free == key && kinds.contains(&kind));
            let is_read = read(kind, &map(&rest)).what != What::Unknown;
            assert_eq!(is_read, !needed, "kind {kind} without key {key}");
        }
    }
}

#[test]
fn keys_that_descend_or_stand_twice_have_no_effect() {
    for (what, hex) in golden() {
        let kind = earnest(what).kind();
        let whole = entries(&HEXLOWER.decode(hex.as_bytes()).unwrap());
        for at in 0..whole.len() {
            let mut twice = whole.clone();
            twice.insert(at, whole[at].clone());
            assert_eq!(read(kind, &map(&twice)).what, What::Unknown, "kind {kind}, twice");
            let mut swapped = whole.clone();
            swapped.swap(0, at);
            let same = swapped == whole;
            assert_eq!(read(kind, &map(&swapped)).what != What::Unknown, same, "kind {kind}");
        }
    }
}

/// A value that no key takes: a number of the wrong sort, text, bytes, a list, a map, null, true.
const STRANGE: [&[u8]; 8] =
    [&[0x20], &[0xF9, 0, 0], &[0x61, b'X'], &[0x41, 1], &[0x81, 0], &[0xA0], &[0xF6], &[0xF7]];

#[test]
fn a_value_of_the_wrong_type_has_no_effect() {
    for (what, hex) in golden() {
        let kind = earnest(what).kind();
        let whole = entries(&HEXLOWER.decode(hex.as_bytes()).unwrap());
        for at in 0..whole.len() {
            for strange in STRANGE {
                let key = whole[at][0];
                // A bus may be called X, and the time of a make-up may lie before 1970.
                if (key, strange) == (16, &[0x61, b'X']) || (key, strange) == (18, &[0x20]) {
                    continue;
                }
                if (key, strange) == (4, &[0x61, b'X']) {
                    continue;
                }
                let mut spoiled = whole.clone();
                spoiled[at] = [&[key], strange].concat();
                let body = read(kind, &map(&spoiled));
                assert_eq!(body.what, What::Unknown, "kind {kind}, key {key}: {strange:x?}");
            }
        }
    }
}

#[test]
fn lists_and_texts_that_are_too_long_have_no_effect() {
    let long = |what: What| {
        let body = earnest(what);
        read(body.kind(), &body.bytes()).what
    };
    let closes = (1..=65).map(place).collect();
    assert_eq!(long(What::Left { visit: opening(), closes }), What::Unknown);
    let serials: Vec<Serial> = (0..65).map(|number| Serial([number; 16])).collect();
    assert_eq!(long(What::Bound { serials: serials.clone() }), What::Unknown);
    assert_eq!(long(What::Replaced { serials, why: slug("why") }), What::Unknown);
    let bus = |length| What::Departed { visit: opening(), bus: "b".repeat(length), heads: 1 };
    assert_eq!(long(bus(64)), bus(64));
    assert_eq!(long(bus(65)), What::Unknown);
    let reason = "r".repeat(65);
    let refused = What::Refused { visit: opening(), pass: PassKind::Badge, reason };
    assert_eq!(long(refused), What::Unknown);
}

#[test]
fn lists_that_lie_about_their_length_have_no_effect() {
    let log = "5818a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10102030405060708";
    let left = "a401676f70656e696e6702194caa050208";
    for list in [
        format!("81{log}"),
        format!("83{log}07{log}"),
        format!("82{log}"),
        format!("9bffffffffffffffff{log}07"),
        format!("9f{log}07ff"),
        format!("8207{log}"),
    ] {
        assert_eq!(read_hex(3, &format!("{left}{list}")).what, What::Unknown, "{list}");
    }
    let two_where_one_is_meant = format!("a30984{log}07{log}080a61780b50{}", "22".repeat(16));
    assert_eq!(read_hex(4, &two_where_one_is_meant).what, What::Unknown);
}

#[test]
fn noise_is_read_calmly_and_what_is_read_means_one_thing() {
    let (seed, golden) = (0x5EED_0800, golden());
    println!("seed {seed:#x}");
    let mut chance = Chance::new(seed);
    for round in 0..50_000 {
        let (_, hex) = &golden[chance.below(golden.len())];
        let mut bytes = HEXLOWER.decode(hex.as_bytes()).unwrap();
        for _ in 0..=chance.below(3) {
            let place = chance.below(bytes.len());
            bytes[place] = u8::try_from(chance.below(256)).unwrap();
        }
        let body = read(u16::try_from(chance.below(17)).unwrap(), &bytes);
        if body.what != What::Unknown {
            assert_eq!(read(body.kind(), &body.bytes()), body, "round {round}");
        }
    }
}

const BOOK: &str = include_str!("../../../../../docs/facts.md");

#[test]
fn the_page_about_facts_lists_every_kind_and_every_key() {
    for kind in 1..=15 {
        let line = format!("\n| {kind} | `{}` |", Body::name_of(kind));
        assert!(BOOK.contains(&line), "{line}");
    }
    let keys = BOOK.split("| key |").nth(1).unwrap();
    let numbers: Vec<u8> = keys
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("| "))
        .map(|line| line.split(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(numbers, (0..22).collect::<Vec<u8>>());
}

/// The column of the page that says which kinds read a key is what the writer uses.
#[test]
fn the_page_about_facts_tells_which_kinds_use_a_key() {
    let keys = BOOK.split("| key |").nth(1).unwrap();
    let mut told = std::collections::BTreeSet::new();
    for line in keys.lines().skip(2).map_while(|line| line.strip_prefix("| ")) {
        let cells: Vec<&str> = line.trim_end_matches(" |").split(" | ").collect();
        let key: u8 = cells[0].parse().unwrap();
        let kinds = cells.last().unwrap().replace("(state 3) ", "");
        let kinds = kinds.split(' ').filter_map(|kind| kind.parse::<u16>().ok());
        told.extend(kinds.map(|kind| (kind, key)));
    }
    let every_key = golden().into_iter().flat_map(|(what, hex)| {
        let kind = earnest(what).kind();
        let body = HEXLOWER.decode(hex.as_bytes()).unwrap();
        entries(&body).into_iter().map(move |entry| (kind, entry[0]))
    });
    for pair in every_key {
        assert!(told.contains(&pair), "kind and key {pair:?}");
    }
}
