//! The pass against its vectors, against chance, and against the printed code.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use data_encoding::HEXLOWER;

use super::*;
use crate::chance::Chance;

mod vectors;

use vectors::{Book, Fields, Vector};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/pass.json");

#[allow(clippy::disallowed_methods, reason = "a test may read the file that it guards")]
fn file() -> Book {
    serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap()
}

/// Writes the file anew, if `YINGBIN_WRITE_VECTORS` asks for it.
#[allow(clippy::disallowed_methods, reason = "a test may write the file that it guards")]
fn write_if_asked() {
    if std::env::var_os("YINGBIN_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&vectors::book()).unwrap();
        std::fs::write(FILE, text + "\n").unwrap();
    }
}

fn keys(book: &Book, vector: &Vector) -> Vec<IssuingKey> {
    let key = |name: &String| {
        let key = &book.keys[name];
        IssuingKey {
            public: vectors::public(key),
            convention: key.convention.parse().unwrap(),
            killed: false,
        }
    };
    vector.known.iter().map(key).collect()
}

fn pass(fields: &Fields) -> Pass {
    let kind = PassKind::from_number(fields.kind).unwrap();
    let span = (Day(fields.first_day), fields.days);
    Pass::new(kind, fields.serial.parse().unwrap(), fields.category, fields.revision, span).unwrap()
}

fn result(read: &Result<Authentic, PassError>) -> &'static str {
    match read {
        Ok(_) => "ok",
        Err(error) => crate::rule::Reason::from(error).code(),
    }
}

fn organiser() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn badge() -> Pass {
    Pass::new(PassKind::Badge, Serial([0xA5; 16]), 40, 0, (Day(19_625), 3)).unwrap()
}

const HERE: ConventionId = ConventionId([0xC0; 16]);

fn known() -> Vec<IssuingKey> {
    vec![IssuingKey { public: organiser().verifying_key(), convention: HERE, killed: false }]
}

#[test]
fn the_vectors_in_the_file_are_those_made_from_the_seeds() {
    write_if_asked();
    let (file, fresh) = (file(), vectors::book());
    assert_eq!(file.keys, fresh.keys);
    for (kept, made) in file.vectors.iter().zip(&fresh.vectors) {
        assert_eq!(kept, made, "run once with YINGBIN_WRITE_VECTORS=1 if the change is meant");
    }
    assert_eq!(file, fresh);
}

#[test]
fn the_reader_answers_every_vector_as_the_file_says() {
    let book = file();
    for vector in &book.vectors {
        let read = read(&vector.text, &keys(&book, vector));
        assert_eq!(result(&read), vector.result, "{}", vector.name);
        let Ok(authentic) = read else { continue };
        assert_eq!(Some(authentic.convention.to_string()), vector.convention, "{}", vector.name);
        assert_eq!(authentic.pass, pass(vector.fields.as_ref().unwrap()), "{}", vector.name);
    }
}

#[test]
fn the_writer_makes_the_bytes_of_every_accepted_vector() {
    let book = file();
    for vector in book.vectors.iter().filter(|vector| vector.result == "ok") {
        let pass = pass(vector.fields.as_ref().unwrap());
        assert_eq!(Some(HEXLOWER.encode(&pass.payload())), vector.payload, "{}", vector.name);
        if vector.known == ["organiser", "neighbour"] && vector.convention == Some(HERE.to_string())
        {
            assert_eq!(issue(&pass, HERE, &organiser()), vector.text, "{}", vector.name);
        }
    }
}

#[test]
fn the_vectors_are_many_distinct_and_mostly_refusals() {
    let book = file();
    let mut names: Vec<_> = book.vectors.iter().map(|vector| &vector.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), book.vectors.len(), "every vector has a name of its own");
    let count = |result: &str| book.vectors.iter().filter(|v| v.result == result).count();
    assert!(book.vectors.len() >= 120, "{} vectors", book.vectors.len());
    assert!(book.vectors.len() - count("ok") >= 80);
    for result in ["ok", "not_ours", "newer_pass", "unknown_key", "forged"] {
        assert!(count(result) >= 3, "{result} is shown {} times", count(result));
    }
}

#[test]
fn two_keys_of_one_id_are_really_two() {
    let keys = file().keys;
    assert_eq!(keys["twin-a"].kid, keys["twin-b"].kid);
    assert_ne!(keys["twin-a"].public, keys["twin-b"].public);
    for key in keys.values() {
        assert_eq!(kid(&vectors::public(key)).to_string(), key.kid);
    }
}

#[test]
fn a_plain_pass_fits_qr_version_7_at_level_m_without_bytes() {
    use qrcode::bits::Bits;
    use qrcode::{EcLevel, QrCode, Version};
    let text = issue(&badge(), HERE, &organiser());
    assert_eq!(text.len(), 173);
    let code = QrCode::with_error_correction_level(&text, EcLevel::M).unwrap();
    assert_eq!(code.version(), Version::Normal(7));
    // One alphanumeric segment and nothing else must hold it, as strict printers make it.
    let mut bits = Bits::new(Version::Normal(7));
    bits.push_alphanumeric_data(text.as_bytes()).unwrap();
    bits.push_terminator(EcLevel::M).unwrap();
}

#[test]
fn the_largest_plain_pass_still_fits_qr_version_7() {
    let span = (Day(u32::MAX), 23);
    let largest = Pass::new(PassKind::Badge, Serial([0xFF; 16]), 255, 23, span).unwrap();
    let text = issue(&largest, HERE, &organiser());
    assert!(text.len() <= 178, "{} characters", text.len());
    let code = qrcode::QrCode::with_error_correction_level(&text, qrcode::EcLevel::M).unwrap();
    assert_eq!(code.version(), qrcode::Version::Normal(7));
}

#[test]
fn issuing_twice_gives_the_same_text() {
    assert_eq!(issue(&badge(), HERE, &organiser()), issue(&badge(), HERE, &organiser()));
}

#[test]
fn a_pass_out_of_bounds_cannot_be_made() {
    let made = |revision, days| {
        Pass::new(PassKind::Badge, Serial([0; 16]), 0, revision, (Day(0), days)).map(|_| ())
    };
    assert_eq!(made(23, 1), Ok(()));
    assert_eq!(made(0, 23), Ok(()));
    assert_eq!(made(24, 1), Err(PassBound::Revision));
    assert_eq!(made(0, 0), Err(PassBound::Days));
    assert_eq!(made(0, 24), Err(PassBound::Days));
}

#[test]
fn the_last_day_of_a_pass_near_the_end_of_time_does_not_wrap() {
    let pass = Pass::new(PassKind::Badge, Serial([0; 16]), 0, 0, (Day(u32::MAX), 23)).unwrap();
    assert_eq!(pass.end_day(), Day(u32::MAX));
}

#[test]
fn no_single_change_of_a_letter_is_accepted() {
    let good = issue(&badge(), HERE, &organiser());
    let mut chance = Chance::new(0x5EED_0001);
    let alphabet: Vec<char> =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 =+-/%\n\0éВＡ迎".chars().collect();
    for round in 0..10_000 {
        let mut letters: Vec<char> = good.chars().collect();
        let (at, new) = (chance.below(letters.len()), alphabet[chance.below(alphabet.len())]);
        match chance.below(4) {
            0 => letters.insert(at, new),
            1 => drop(letters.remove(at)),
            _ => letters[at] = new,
        }
        let text: String = letters.into_iter().collect();
        assert!(
            text == good || read(&text, &known()).is_err(),
            "{chance:?}, round {round}: {text}"
        );
    }
}

#[test]
fn no_single_change_of_a_byte_is_accepted() {
    let good = BASE32_NOPAD.decode(&issue(&badge(), HERE, &organiser()).as_bytes()[3..]).unwrap();
    let mut chance = Chance::new(0x5EED_0002);
    for round in 0..10_000 {
        let mut bytes = good.clone();
        let (at, new) = (chance.below(bytes.len()), chance.below(256) as u8);
        match chance.below(4) {
            0 => bytes.insert(at, new),
            1 => drop(bytes.remove(at)),
            _ => bytes[at] = new,
        }
        let text = format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes));
        let refused = read(&text, &known()).is_err();
        assert!(bytes == good || refused, "{chance:?}, round {round}: {text}");
    }
}

#[test]
fn noise_with_our_prefix_is_not_ours() {
    let mut chance = Chance::new(0x5EED_0003);
    for _ in 0..2_000 {
        let noise: Vec<u8> = (0..chance.below(300)).map(|_| chance.below(256) as u8).collect();
        let text = format!("{PREFIX}{}", BASE32_NOPAD.encode(&noise));
        assert_eq!(read(&text, &known()), Err(PassError::NotOurs), "{text}");
    }
}

#[test]
fn a_killed_key_opens_nothing_and_is_told_from_a_forgery() {
    let text = issue(&badge(), HERE, &organiser());
    let mut keys = known();
    keys[0].killed = true;
    assert_eq!(read(&text, &keys), Err(PassError::KilledKey(keys[0].kid())));
    let other = SigningKey::from_bytes(&[2; 32]);
    let convention = HERE;
    keys.push(IssuingKey { public: other.verifying_key(), convention, killed: false });
    assert!(read(&text, &keys).is_err(), "another good key changes nothing");
    assert!(read(&issue(&badge(), HERE, &other), &keys).is_ok(), "what the good key signs opens");
    let mut bytes = BASE32_NOPAD.decode(&text.as_bytes()[3..]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes));
    assert_eq!(read(&forged, &keys), Err(PassError::Forged(keys[0].kid())));
}

#[test]
fn of_two_keys_of_one_id_only_the_killed_one_opens_nothing() {
    let book = file();
    let twin = |name: &str, killed| {
        let key = &book.keys[name];
        IssuingKey { public: vectors::public(key), convention: HERE, killed }
    };
    let vector = book
        .vectors
        .iter()
        .find(|vector| vector.result == "ok" && vector.known.iter().any(|name| name == "twin-b"))
        .unwrap();
    let opens = |a, b| read(&vector.text, &[twin("twin-a", a), twin("twin-b", b)]).is_ok();
    assert!(opens(false, false) && !opens(true, true));
    assert_ne!(opens(true, false), opens(false, true), "it is the signer that counts");
}

#[test]
fn the_category_255_is_a_blank_and_no_other_is() {
    for category in 0..=u8::MAX {
        let pass = Pass::new(PassKind::Badge, Serial([1; 16]), category, 0, (Day(1), 1)).unwrap();
        assert_eq!(pass.is_blank(), category == 255);
        assert_eq!(read(&issue(&pass, HERE, &organiser()), &known()).unwrap().pass, pass);
    }
}
