//! Ids in text, on the wire and in JSON.

use super::*;

fn hex(digits: usize) -> String {
    "0f".repeat(digits / 2)
}

#[test]
fn every_id_prints_what_it_was_read_from() {
    let id = hex(32);
    assert_eq!(id.parse::<ConventionId>().unwrap().to_string(), id);
    assert_eq!(id.parse::<StationId>().unwrap().to_string(), id);
    assert_eq!(id.parse::<AttendeeId>().unwrap().to_string(), id);
    assert_eq!(id.parse::<Serial>().unwrap().to_string(), id);
    assert_eq!(hex(8).parse::<Kid>().unwrap().to_string(), hex(8));
    assert_eq!(hex(48).parse::<LogId>().unwrap().to_string(), hex(48));
    assert_eq!(hex(64).parse::<FactHash>().unwrap().to_string(), hex(64));
}

#[test]
fn an_id_has_one_spelling() {
    let refused = [
        String::new(),
        hex(30),
        hex(34),
        hex(32).to_uppercase(),
        format!(" {}", hex(32)),
        format!("{}\n", hex(32)),
        format!("0x{}", hex(30)),
        hex(32).replace("0f", "0g"),
        hex(32).replace('f', "ｆ"),
        format!("{}-{}", hex(16), hex(16)),
        hex(31),
        "0".repeat(31),
        "0".repeat(33),
    ];
    for text in refused {
        assert!(text.parse::<AttendeeId>().is_err(), "{text:?}");
    }
}

#[test]
fn a_refusal_says_what_was_expected() {
    let error = "lin".parse::<StationId>().unwrap_err();
    assert_eq!(error.to_string(), "station id must be 32 lower-case hexadecimal digits");
    let error = "Opening Ceremony".parse::<Slug>().unwrap_err();
    assert_eq!(error.to_string(), "id must be 1 to 40 of a-z, 0-9 and -");
}

#[test]
fn an_id_is_text_in_json_and_bytes_in_cbor() {
    let id = Serial([0x0F; 16]);
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{}\"", hex(32)));
    assert_eq!(serde_json::from_str::<Serial>(&format!("\"{}\"", hex(32))).unwrap(), id);
    assert!(serde_json::from_str::<Serial>("\"0F\"").is_err());
    let cbor = minicbor::to_vec(id).unwrap();
    assert_eq!(cbor, [&[0x50][..], &[0x0F; 16]].concat());
    assert_eq!(minicbor::decode::<Serial>(&cbor).unwrap(), id);
    assert!(minicbor::decode::<Serial>(&[0x41, 0x0F]).is_err());
}

#[test]
fn bytes_of_another_length_are_no_id() {
    assert!(Serial::try_from([0; 16].as_slice()).is_ok());
    assert!(Serial::try_from([0; 15].as_slice()).is_err());
    assert!(Serial::try_from([0; 17].as_slice()).is_err());
}

#[test]
fn a_log_names_its_station_and_its_epoch() {
    let station = StationId([0xAA; 16]);
    let log = LogId::new(station, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(log.station(), station);
    assert_eq!(log.to_string(), format!("{}0102030405060708", "aa".repeat(16)));
    assert_ne!(log, LogId::new(station, [0; 8]), "a new epoch is a new log");
}

#[test]
fn a_fact_is_named_by_its_log_and_place() {
    let log = LogId([0x0F; 24]);
    let id = FactId { log, seq: Seq(7) };
    assert_eq!(id.to_string(), format!("{}/7", hex(48)));
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{}/7\"", hex(48)));
    assert_eq!(Seq(7).next(), Seq(8));
    assert_eq!(Seq(u64::MAX).next(), Seq(u64::MAX), "the last place does not wrap");
}

#[test]
fn a_slug_is_short_plain_text() {
    for text in ["a", "opening", "bus-12", "26", &"x".repeat(40)] {
        assert_eq!(text.parse::<Slug>().unwrap().to_string(), *text);
    }
    for text in ["", "A", "a b", "a_b", "../x", "開幕", "é", "a\n", "a\0", &"x".repeat(41)] {
        assert!(text.parse::<Slug>().is_err(), "{text:?}");
        assert!(serde_json::from_value::<Slug>(text.into()).is_err(), "{text:?} in JSON");
        let cbor = minicbor::to_vec(text).unwrap();
        assert!(minicbor::decode::<Slug>(&cbor).is_err(), "{text:?} in CBOR");
    }
}
