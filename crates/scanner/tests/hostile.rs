//! Cases 1 to 26 of `docs/bad-input.md` through devices: as QR codes before a camera, and as bytes on a serial line.
//!
//! What a device makes of them is handed on as it is; that none of it opens a door is the desk's test.

#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use decoder::{Decoder, Picture, Settings, Zxing};
use qrcode::bits::Bits;
use qrcode::{EcLevel, QrCode, Version};
use scanner::Condition;
use serialport::{SerialPort, TTYPort};
use support::{Bench, png};

const PASS: &str = "YB1QRE2EAJHARCDI5IPTCQ";

/// Codes by case, as bytes.
fn cases() -> Vec<(u8, Vec<u8>)> {
    let text = |case: u8, text: &str| (case, text.as_bytes().to_vec());
    let utf16 = |code: &str| code.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    vec![
        (2, vec![1]),
        text(2, "AQ=="),
        text(3, "YB1"),
        text(4, "yb1:"),
        text(5, "HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC *M0II5XHC9B5G2+$N IOP-IA%NFQGRJPC%OQHI"),
        text(6, &"1234567890".repeat(709)[..7089]),
        text(7, &"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:".repeat(96)[..4296]),
        (8, (0..=255).cycle().take(2953).collect()),
        text(9, "YB1QRE2\0EAJHARCDI5IPTCQ"),
        text(9, &format!("{PASS}\0and more")),
        text(10, "YB1\r\n;DROP TABLE attendee;--"),
        text(11, "' OR 1=1 --"),
        text(12, "'"),
        text(13, "------"),
        text(14, "<img src=x onerror=\"document.title='broken'\">"),
        text(15, "javascript:alert(1)"),
        text(15, "file:///etc/passwd"),
        text(16, "WIFI:T:WPA;S:Hall;P:secret;;"),
        text(16, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Wang;Wei\r\nEND:VCARD"),
        text(17, "\u{f}\u{12}\u{1b}[24~\u{1b}"),
        text(18, "^]FACTORY RESET"),
        text(20, &format!("{PASS} ")),
        text(21, "ＹＢ１QRE2EAJHARCDI5IPTCQ"),
        text(22, &PASS[..11]),
        (23, utf16(PASS)),
        (23, b"\xc9\xf2\xd1\xf4\xca\xd0\x81\x30\x81\x30".to_vec()),
        text(24, "YB1QRE2EAJHARCDI5IPTCX"),
    ]
}

/// Draws a code, four pixels on a module, two if it is large, as a picture of its own.
fn drawn(code: &QrCode) -> (usize, Vec<u8>) {
    let (modules, quiet) = (code.width(), 4);
    let scale = if modules > 60 { 2 } else { 4 };
    let side = (modules + 2 * quiet) * scale;
    let colors = code.to_colors();
    let dark = |x: usize, y: usize| {
        let place = (x / scale).checked_sub(quiet).zip((y / scale).checked_sub(quiet));
        place.is_some_and(|(x, y)| {
            x < modules && y < modules && colors[y * modules + x] == qrcode::Color::Dark
        })
    };
    let pixels = (0..side * side).map(|at| if dark(at % side, at / side) { 0 } else { 255 });
    (side, pixels.collect())
}

fn picture(codes: &[QrCode]) -> Picture {
    let drawn: Vec<_> = codes.iter().map(drawn).collect();
    let width: usize = drawn.iter().map(|(side, _)| side).sum();
    let height = drawn.iter().map(|(side, _)| *side).max().unwrap();
    let mut pixels = vec![255; width * height];
    let mut left = 0;
    for (side, code) in &drawn {
        for (y, row) in code.chunks(*side).enumerate() {
            pixels[y * width + left..][..*side].copy_from_slice(row);
        }
        left += side;
    }
    Picture::new(width, height, pixels).unwrap()
}

fn qr(bytes: &[u8]) -> QrCode {
    QrCode::with_error_correction_level(bytes, EcLevel::L).unwrap_or_else(|_| {
        // As much as a code can hold, in one piece.
        let mut bits = Bits::new(Version::Normal(40));
        if bytes.is_ascii() {
            bits.push_alphanumeric_data(bytes).unwrap();
        } else {
            bits.push_byte_data(bytes).unwrap();
        }
        bits.push_terminator(EcLevel::L).unwrap();
        QrCode::with_bits(bits, EcLevel::L).unwrap()
    })
}

#[test]
fn every_hostile_line_is_heard_as_it_stands_and_the_pass_behind_it_is_read() {
    let (mut line, theirs) = TTYPort::pair().unwrap();
    let bench = Bench::open(&format!("serial:{}", theirs.name().unwrap()));
    drop(theirs);
    bench.until("ready", |state| state.condition == Condition::Ready);
    let cases = cases();
    let sent = cases.clone();
    let writer = thread::spawn(move || {
        for (_, bytes) in sent {
            line.write_all(&[&bytes[..], b"\r", PASS.as_bytes(), b"\r\n"].concat()).unwrap();
        }
        line
    });
    for (case, bytes) in cases {
        let mut heard = vec![bench.hear()];
        while heard.last().is_none_or(|text| text != PASS) {
            heard.push(bench.hear());
        }
        heard.pop();
        // A line break inside ends a code there, and blank lines are none.
        let kept = |part: &&[u8]| !String::from_utf8_lossy(part).trim().is_empty();
        let parts: Vec<&[u8]> =
            bytes.split(|byte| matches!(byte, b'\r' | b'\n')).filter(kept).collect();
        let whole =
            |part: &&[u8]| String::from_utf8_lossy(&part[..part.len().min(4096)]).into_owned();
        let sent: Vec<String> = parts.iter().map(whole).collect();
        assert_eq!(heard, sent, "case {case}");
    }
    drop(writer.join().unwrap());
}

#[test]
fn every_hostile_code_is_heard_as_it_stands_and_the_pass_behind_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = BTreeSet::new();
    let show = |name: String, codes: &[QrCode]| {
        let picture = picture(codes);
        fs::write(folder.path().join(name), png(&picture)).unwrap();
        Zxing::new().decode(&picture.luma()).into_iter().map(|found| found.text).collect()
    };
    for (n, (case, bytes)) in cases().into_iter().enumerate() {
        let texts: Vec<String> = show(format!("{case:02}-{n}.png"), &[qr(&bytes)]);
        assert_eq!(texts.len(), 1, "case {case}");
        if let Ok(text) = String::from_utf8(bytes) {
            assert_eq!(texts, [text], "case {case}");
        }
        assert_ne!(texts, [PASS], "case {case}");
        expected.extend(texts);
    }
    // A blank code is no scan.
    show("01.png".to_owned(), &[qr(b" ")]);
    expected.extend(show("99.png".to_owned(), &[qr(PASS.as_bytes())]));
    fs::write(folder.path().join("98.png"), b"\x89PNG is none").unwrap();

    let short = Duration::from_millis(1);
    let eye = Settings { again: short, foreign: Duration::ZERO, ..Settings::default() };
    let bench = Bench::with(&format!("camera:file:{}?rate=15", folder.path().display()), eye);
    let began = Instant::now();
    while !expected.is_empty() {
        assert!(began.elapsed().as_secs() < 30, "never heard: {expected:?}");
        let heard = bench.hear();
        assert!(!heard.trim().is_empty());
        expected.remove(&heard);
    }
    bench.until("the picture that is none is refused", |state| state.refused > 0);
    let state = serde_json::to_string(&bench.state()).unwrap();
    assert!(
        ["secret", "DROP", "evil", "QRE2E"].iter().all(|word| !state.contains(word)),
        "{state}"
    );
}

/// Case 19.
#[test]
fn of_two_passes_before_a_camera_both_are_read_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.png");
    fs::write(&path, png(&picture(&[qr(PASS.as_bytes()), qr(b"YB1OTHER")]))).unwrap();
    let short = Duration::from_millis(50);
    let eye = Settings { again: short, idle: short, ..Settings::default() };
    let bench = Bench::with(&format!("camera:file:{}", path.display()), eye);
    let heard = BTreeSet::from([bench.hear(), bench.hear()]);
    assert_eq!(heard, BTreeSet::from([PASS.to_owned(), "YB1OTHER".to_owned()]));
}
