#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that counts wrong is to stop"
)]

use super::*;
use crate::framing::Flaw;

/// As Honeywell's scanners describe themselves: a count, the symbology, 56 bytes, two of their own, and a flag.
const COUNTED: &[u8] = &[
    0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x12, 0xa1, 0x02, 0x85, 0x02, 0x15, 0x00, 0x26, 0xff,
    0x00, 0x75, 0x08, 0x95, 0x01, 0x05, 0x01, 0x09, 0x3b, 0x81, 0x02, 0x95, 0x03, 0x05, 0x8c, 0x09,
    0xfb, 0x09, 0xfc, 0x09, 0xfd, 0x81, 0x02, 0x95, 0x38, 0x09, 0xfe, 0x82, 0x02, 0x01, 0x06, 0x66,
    0xff, 0x95, 0x02, 0x09, 0x04, 0x09, 0x00, 0x81, 0x02, 0x05, 0x8c, 0x25, 0x01, 0x75, 0x01, 0x95,
    0x08, 0x09, 0xff, 0x81, 0x02, 0xc0, 0x09, 0x14, 0xa1, 0x02, 0x85, 0x04, 0x75, 0x01, 0x95, 0x08,
    0x09, 0x5f, 0x91, 0x02, 0xc0, 0xc0,
];

/// As others do: nothing is counted, the flag has seven bits behind it that mean nothing, and a report for the lamp.
const BARE: &[u8] = &[
    0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x05, 0x75, 0x08, 0x95, 0x01, 0x09, 0x60, 0x81, 0x02,
    0x85, 0x03, 0x09, 0xfb, 0x81, 0x02, 0x09, 0xfc, 0x81, 0x02, 0x09, 0xfd, 0x81, 0x02, 0x95, 0x38,
    0x09, 0xfe, 0x82, 0x02, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0xff, 0x81, 0x02, 0x75, 0x07, 0x81,
    0x03, 0xc0,
];

/// Reports as a scanner sends them: the code in parts of 56 bytes.
fn counted(code: &[u8]) -> Vec<Vec<u8>> {
    let parts = code.chunks(56).map(|part| {
        let mut report = vec![2, part.len() as u8, b']', b'Q', b'1'];
        report.extend(part);
        report.resize(64, 0);
        report
    });
    let mut reports: Vec<Vec<u8>> = parts.collect();
    let last = reports.len() - 1;
    reports.iter_mut().take(last).for_each(|report| report[63] = 1);
    reports
}

fn joined(layout: &Layout, reports: &[Vec<u8>]) -> Vec<Piece> {
    let (mut joiner, now) = (Joiner::new(layout.clone()), Instant::now());
    reports.iter().flat_map(|report| joiner.take(report, now)).collect()
}

fn whole(text: &str) -> Piece {
    Piece { text: text.to_owned(), flaw: None }
}

#[test]
fn where_the_code_stands_is_read_out_of_the_descriptor() {
    assert_eq!(Layout::read(COUNTED), Some(Layout::default()));
    let bare = Layout { report: Some(3), count: None, data: (24, 56), continued: Some(472) };
    assert_eq!(Layout::read(BARE), Some(bare));
    // A keyboard has no code.
    assert_eq!(
        Layout::read(&[
            0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x75, 0x08, 0x95, 0x08, 0x81, 0x02, 0xc0
        ]),
        None
    );
    assert_eq!(Layout::read(&[]), None);
}

#[test]
fn a_pass_in_four_reports_is_one_code_and_a_short_one_follows() {
    let pass = format!("YB1{}", "ABCDEFGHIJ".repeat(17));
    let reports = [counted(pass.as_bytes()), counted(b"YB1")].concat();
    assert_eq!(reports.len(), 5);
    assert_eq!(joined(&Layout::default(), &reports), [whole(&pass), whole("YB1")]);
}

#[test]
fn where_nothing_is_counted_zeros_end_the_code() {
    let layout = Layout::read(BARE).unwrap();
    let report = |part: &[u8], continues: u8| {
        let mut report = vec![3, b']', b'Q', b'1'];
        report.extend(part);
        report.resize(60, 0);
        report.push(continues);
        report
    };
    let reports = [report(&[b'A'; 56], 1), report(b"YB1", 0), vec![5, 1]];
    assert_eq!(joined(&layout, &reports), [whole(&format!("{}YB1", "A".repeat(56)))]);
}

#[test]
fn reports_that_are_torn_or_lie_bring_nothing_and_stop_nothing() {
    let mut lying = counted(b"YB1")[0].clone();
    lying[1] = 57;
    let torn = counted(b"YB1")[0][..40].to_vec();
    let reports = [vec![], vec![2], vec![9; 64], lying, torn, counted(b"YB1")[0].clone()];
    assert_eq!(joined(&Layout::default(), &reports), [whole("YB1")]);
    let not_text = joined(&Layout::default(), &counted(b"\xff\xfe"));
    assert_eq!(not_text[0].flaw, Some(Flaw::NoText));
}

#[test]
fn a_code_that_never_ends_is_bounded_and_one_that_breaks_off_is_given_up() {
    let endless = joined(&Layout::default(), &counted(&[b'7'; 100_000]));
    assert_eq!((endless.len(), endless[0].text.len()), (1, LONGEST));
    assert_eq!(endless[0].flaw, Some(Flaw::TooLong));
    let mut joiner = Joiner::new(Layout::default());
    for report in &counted(&[b'7'; 100_000])[..1000] {
        joiner.take(report, Instant::now());
    }
    assert_eq!(joiner.held.len(), LONGEST + 1);

    let (mut joiner, now) = (Joiner::new(Layout::default()), Instant::now());
    assert!(joiner.take(&counted(&[b'A'; 100])[0], now).is_empty());
    assert!(joiner.take(&[], now + PART / 2).is_empty());
    let pieces = joiner.take(&counted(b"YB1")[0], now + PART);
    assert_eq!(pieces[0].flaw, Some(Flaw::NoEnd));
    assert_eq!(pieces[1..], [whole("YB1")]);
}

#[test]
fn no_descriptor_and_no_report_stops_the_program() {
    let mut seed: u64 = 7;
    let mut draw = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for round in 0..20_000 {
        let mut bytes = if round % 2 == 0 { COUNTED.to_vec() } else { BARE.to_vec() };
        for _ in 0..=draw() % 6 {
            let place = draw() % bytes.len();
            bytes[place] = draw() as u8;
        }
        bytes.truncate(1 + draw() % bytes.len());
        let layout = Layout::read(&bytes).unwrap_or_default();
        let report: Vec<u8> = (0..draw() % 80).map(|_| draw() as u8).collect();
        Joiner::new(layout).take(&report, Instant::now());
    }
}
