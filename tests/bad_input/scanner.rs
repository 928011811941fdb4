//! Cases 1 to 26: codes that are no pass, and scanners that misbehave.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use super::counter::{Counter, at_the_counter};
use crate::support::program::{path, run_to_end};
use crate::support::venue::MORNING;

/// Foreign codes by case: a scanner hands each of them over as it stands.
fn foreign() -> Vec<(u8, Vec<u8>)> {
    let text = |case: u8, text: &str| (case, text.as_bytes().to_vec());
    let utf16 = |code: &str| code.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let numbers = "1234567890".repeat(709)[..7089].to_owned();
    let alphanumeric =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:".repeat(96)[..4296].to_owned();
    let raw: Vec<u8> = (0..=255u8).filter(|byte| *byte != b'\n').cycle().take(2953).collect();
    vec![
        text(2, "AQ=="),
        (2, vec![1]),
        text(3, "YB1"),
        text(4, "yb1:"),
        text(4, "mt1:6bfoxn"),
        text(
            5,
            "HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC *M0II5XHC9B5G2+$N IOP-IA%NFQGRJPC%OQHIZC4.OI1RM8ZA.A5:S9MKN4NN3F85QNCY0O%0VZ001HOC9JU0D0HT0HB2PL/IB*09B9LW4T*8+DCMH0LDK2%K:XFE70*LP$V25$0Q:J:4MO1P0%0L0HD+9E/HY+4J6TH48S%4K.GJ2PT3QY:GQ3TE2I+-CPHN6D7LLK*2HG%89UV-0LZ 2ZJJ",
        ),
        (6, numbers.into_bytes()),
        (7, format!("YB1{}", &alphanumeric[..4293]).into_bytes()),
        (7, alphanumeric.into_bytes()),
        (8, raw),
        text(9, "YB1QRE2\0EAJHARCDI5IPTCQ"),
        text(9, "\0"),
        text(10, "YB1\r\n;DROP TABLE attendee;--"),
        text(11, "' OR 1=1 --"),
        text(12, "'"),
        text(13, "------"),
        text(14, "<img src=x onerror=\"document.title='broken'\">"),
        text(14, "<script>alert(1)</script>"),
        text(15, "javascript:alert(1)"),
        text(15, "file:///etc/passwd"),
        text(15, "tauri://localhost/"),
        text(15, "http://app.evil.com/"),
        text(15, "https://tauri.localhost/"),
        text(16, "WIFI:T:WPA;S:Hall;P:secret;;"),
        text(16, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Wang;Wei\r\nTEL:+8613900000000\r\nEND:VCARD"),
        text(17, "\u{f}\u{12}\u{1b}[24~\u{1b}"),
        text(18, "%%SETUP:ENABLE_KEYBOARD"),
        text(18, "^]FACTORY RESET"),
        text(18, "\u{16}M\rDEFALT."),
        (23, utf16("YB1QRE2EAJHARCDI5IPTCQ")),
        (23, [&b"\\000020"[..], &utf16("沈阳")].concat()),
        (23, b"\xc9\xf2\xd1\xf4\xca\xd0\x81\x30\x81\x30".to_vec()),
    ]
}

/// Scans every foreign code of a case.
#[track_caller]
fn refuses_all_of(case: u8) {
    let codes: Vec<Vec<u8>> =
        foreign().into_iter().filter(|(number, _)| *number == case).map(|(_, code)| code).collect();
    assert!(!codes.is_empty());
    at_the_counter(|counter| codes.iter().for_each(|code| counter.refuses(code, "not_ours")));
}

#[test]
fn case_01_empty_is_no_scan() {
    at_the_counter(|counter| {
        for nothing in [&b""[..], b"\r", b"  \t ", b"\n\n\r\n"] {
            assert_eq!(counter.hear(nothing).len(), 0, "there is nothing to answer");
            counter.goes_on();
        }
    });
}

#[test]
fn case_02_one_byte_in_base64() {
    refuses_all_of(2);
}

#[test]
fn case_03_the_prefix_alone() {
    refuses_all_of(3);
}

#[test]
fn case_04_small_letters_are_capslock_and_nothing_else() {
    refuses_all_of(4);
    at_the_counter(|counter| {
        let guest = counter.guest();
        let answers = counter.hear(guest.invitation.to_lowercase().as_bytes());
        assert_eq!(answers[0]["attendee"], json!(guest.id));
        // A pass with one letter turned around is a spelling that nobody issued.
        let invitation = counter.guest().invitation;
        let first = format!("y{}", &invitation[1..]);
        let rest = format!("Y{}", invitation[1..].to_lowercase());
        for mixed in [first, rest] {
            counter.refuses(mixed.as_bytes(), "not_ours");
        }
    });
}

#[test]
fn case_05_a_covid_certificate() {
    refuses_all_of(5);
}

#[test]
fn case_06_seven_thousand_digits() {
    refuses_all_of(6);
}

#[test]
fn case_07_four_thousand_letters_also_behind_our_prefix() {
    refuses_all_of(7);
}

#[test]
fn case_08_three_thousand_raw_bytes() {
    refuses_all_of(8);
}

#[test]
fn case_09_zero_bytes() {
    refuses_all_of(9);
}

#[test]
fn case_10_line_breaks_and_sql() {
    refuses_all_of(10);
}

#[test]
fn case_11_a_condition_of_sql() {
    refuses_all_of(11);
}

#[test]
fn case_12_a_single_quote() {
    refuses_all_of(12);
}

#[test]
fn case_13_six_dashes() {
    refuses_all_of(13);
}

#[test]
fn case_14_markup() {
    refuses_all_of(14);
}

#[test]
fn case_15_addresses() {
    refuses_all_of(15);
}

#[test]
fn case_16_wifi_and_business_cards() {
    refuses_all_of(16);
}

#[test]
fn case_17_control_characters_of_a_keyboard() {
    refuses_all_of(17);
}

#[test]
fn case_18_configuration_codes_of_scanners() {
    refuses_all_of(18);
}

/// A scanner that sees two passes at once types both: one after the other, or glued together.
#[test]
fn case_19_two_passes_in_one_picture() {
    at_the_counter(|counter| {
        let (one, other) = (counter.guest(), counter.guest());
        let answers = counter.hear(format!("{}\n{}", one.invitation, other.invitation).as_bytes());
        let who: Vec<_> = answers.iter().map(|answer| answer["attendee"].clone()).collect();
        assert_eq!(who, [json!(one.id), json!(other.id)]);

        let (one, other) = (counter.guest(), counter.guest());
        counter.refuses(format!("{}{}", one.invitation, other.invitation).as_bytes(), "not_ours");
        counter.refuses(format!("{} {}", one.invitation, other.invitation).as_bytes(), "not_ours");
    });
}

#[test]
fn case_20_what_scanners_add_is_dropped_and_a_blank_is_not() {
    at_the_counter(|counter| {
        for (before, after) in [("", "\r"), ("\t", "\t"), ("", "\r\n"), ("\r", "\t\r")] {
            let guest = counter.guest();
            let answers = counter.hear(format!("{before}{}{after}", guest.invitation).as_bytes());
            assert_eq!(answers[0]["attendee"], json!(guest.id));
        }
        let guest = counter.guest();
        counter.refuses(format!("{} ", guest.invitation).as_bytes(), "not_ours");
        counter.refuses(format!(" {}", guest.invitation).as_bytes(), "not_ours");
    });
}

#[test]
fn case_21_letters_that_look_like_ours() {
    at_the_counter(|counter| {
        let body = counter.guest().invitation[3..].to_owned();
        // Full-width; Cyrillic В; Greek Υ and Β; a small capital that upper-casing leaves alone.
        for prefix in ["ＹＢ１", "YВ1", "ΥB1", "YΒ1", "ʏʙ1", "YB１", "YBl", "YBI"] {
            counter.refuses(format!("{prefix}{body}").as_bytes(), "not_ours");
        }
    });
}

/// A code in several parts (structured append) reaches us as its parts.
#[test]
fn case_22_a_pass_in_two_halves() {
    at_the_counter(|counter| {
        let pass = counter.guest().invitation;
        let (head, tail) = pass.split_at(pass.len() / 2);
        counter.refuses(head.as_bytes(), "not_ours");
        counter.refuses(tail.as_bytes(), "not_ours");
        counter.refuses(format!("{head}\n{tail}").as_bytes(), "not_ours");
    });
}

/// A code in UTF-16 or GB18030 (ECI) reaches us as its bytes.
#[test]
fn case_23_other_encodings() {
    refuses_all_of(23);
}

/// A damaged code that is read wrongly reaches us with wrong letters.
#[test]
fn case_24_one_wrong_letter_anywhere_lets_nobody_in() {
    at_the_counter(|counter| {
        let pass = counter.guest().invitation;
        let calm = ["not_ours", "newer_pass", "unknown_key", "forged"].map(|reason| json!(reason));
        for place in 0..pass.len() {
            let mut letters = pass.clone().into_bytes();
            letters[place] = if letters[place] == b'Q' { b'7' } else { b'Q' };
            let answer = counter.hear(&letters).remove(0);
            assert_eq!(answer["decision"], "refuse", "letter {place}");
            assert!(calm.contains(&answer["reason"]), "letter {place}: {answer}");
            assert_eq!(answer["fact"], json!(null));
        }
        counter.goes_on();
    });
}

#[test]
fn case_25_two_hundred_codes_at_once() {
    at_the_counter(|counter| {
        let guest = counter.guest();
        let mut codes: Vec<String> = (0..200).map(|number| format!("CODE-{number:04}")).collect();
        codes[150].clone_from(&guest.invitation);
        let answers = counter.hear(codes.join("\n").as_bytes());
        assert_eq!(answers.len(), 200, "every code has its answer");
        assert_eq!(answers[150]["attendee"], json!(guest.id), "and each its own");
        assert!(answers.iter().all(|answer| answer["micros"].as_u64().unwrap() < 1_000_000));
        counter.goes_on();
    });
}

#[test]
fn case_26_the_same_code_ten_thousand_times() {
    let mut counter = Counter::open();
    let began = Instant::now();
    let guest = counter.guest();
    let mut admitted = 0;
    for _ in 0..10 {
        let thousand = vec![guest.invitation.as_str(); 1000].join("\n");
        for answer in counter.hear(thousand.as_bytes()) {
            admitted += usize::from(answer["decision"] == "admit");
            assert!(answer["decision"] == "admit" || answer["reason"] == "already_in", "{answer}");
        }
    }
    assert_eq!(admitted, 1);
    counter.refuses(vec!["HTTPS://EXAMPLE.COM/"; 1000].join("\n").as_bytes(), "not_ours");
    // One refusal in ten seconds is a record; a foreign code is none.
    let most = began.elapsed().as_secs() / 10 + 1;
    let facts = counter.kiosk.facts();
    let refused = facts.iter().filter(|fact| fact["kind"] == "refused").count();
    assert!((1..=most).contains(&u64::try_from(refused).unwrap()), "{refused} of at most {most}");
}

/// With everything logged that can be: no code, no pass and no name is in the log.
#[test]
fn nothing_that_was_scanned_is_stored_or_logged() {
    let counter = Counter::open();
    let guest = counter.people["260926"].clone();
    let desk = counter.venue.station("K9", "registration");
    let mut input = Vec::new();
    for (_, code) in foreign() {
        input.extend_from_slice(&code);
        input.push(b'\n');
    }
    let input = format!("{}{}\n", String::from_utf8_lossy(&input), guest.invitation);
    let program = path("yingbin-desk");
    let (program, data) = (program.to_str().unwrap(), desk.data.to_str().unwrap());
    let arguments = ["RUST_LOG=trace", program, "--data", data, "run", "--now", MORNING];
    let outcome = run_to_end(Command::new("env"), &arguments, &input).ok();
    assert_eq!(outcome.lines().last().unwrap()["attendee"], json!(guest.id));
    for secret in
        ["onerror", "DROP TABLE", "WIFI", "VCARD", "evil.com", "12345678901234567890", "HC1:"]
    {
        assert!(!outcome.err.contains(secret), "{secret} is in the log");
    }
    assert!(!outcome.err.contains(&guest.invitation), "a pass is in the log");
    assert!(!outcome.err.contains("欧阳"), "a name is in the log");
    assert_eq!(desk.facts().len(), 1, "foreign codes leave no record");
}
