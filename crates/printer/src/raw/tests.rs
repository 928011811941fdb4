//! Labels on printers over real sockets: good ones, and those that hang, hang up, lie still or talk nonsense.
#![allow(clippy::arithmetic_side_effects, reason = "counts are small")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::Address;
use crate::testing::eve::free_port;
use crate::testing::{badge, eventually, fake};

const HASTE: Patience = Patience {
    connect: Duration::from_millis(1500),
    answer: Duration::from_millis(200),
    sending: Duration::from_millis(1000),
    label: Duration::from_millis(1500),
};

/// A label printer: what it has, does and got.
#[derive(Default)]
struct Device {
    paper_out: bool,
    /// Whether it counts its labels.
    counts: bool,
    /// Whether it prints what it gets.
    prints: bool,
    /// Whether it is seen at work before it has printed.
    works: bool,
    busy: bool,
    printed: u64,
    got: Vec<u8>,
}

type Shared = Arc<Mutex<Device>>;

fn good() -> Device {
    Device { counts: true, prints: true, works: true, ..Device::default() }
}

/// Serves a device that speaks ZPL or TSPL, and returns it and its port.
fn serve(language: Language, device: Device) -> (Shared, u16) {
    let device = Arc::new(Mutex::new(device));
    let port = fake::listen({
        let device = Arc::clone(&device);
        move |stream| attend(language, &device, stream)
    });
    (device, port)
}

fn attend(language: Language, device: &Shared, mut stream: TcpStream) {
    let (mut seen, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut part) {
        seen.extend_from_slice(&part[..length]);
        while let Some((what, end)) = command(language, &seen) {
            let bytes: Vec<u8> = seen.drain(..end).collect();
            let answer = obey(device, what, bytes);
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    HostStatus,
    Errors,
    Count,
    Byte,
    Label,
}

/// Finds the first command that is there as a whole, and where it ends.
fn command(language: Language, seen: &[u8]) -> Option<(What, usize)> {
    let marks: &[(What, &[u8])] = match language {
        Language::Zpl => &[
            (What::HostStatus, b"~HS\r\n"),
            (What::Errors, b"~HQES\r\n"),
            (What::Count, b"total_label_count\"\r\n"),
            (What::Label, b"^XZ\n"),
        ],
        Language::Tspl => &[(What::Byte, b"\x1b!?"), (What::Label, b"PRINT 1,1\r\n")],
    };
    let ends = marks.iter().filter_map(|(what, mark)| {
        let start = seen.windows(mark.len()).position(|window| window == *mark)?;
        Some((*what, start + mark.len()))
    });
    ends.min_by_key(|(_, end)| *end)
}

fn obey(device: &Shared, what: What, bytes: Vec<u8>) -> String {
    let mut now = device.lock().unwrap();
    let (out, busy) = (u8::from(now.paper_out), u8::from(now.busy));
    match what {
        What::HostStatus => format!(
            "\x02030,{out},0,1245,00{busy},0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\
             \x021234,0\x03\r\n"
        ),
        What::Errors => format!(
            "\x02\r\n  PRINTER STATUS\r\n   ERRORS:         {out} 00000000 0000000{out}\r\n   \
             WARNINGS:       0 00000000 00000000\r\n\x03"
        ),
        What::Count if now.counts => format!("\"{}\"", now.printed),
        What::Count => String::new(),
        What::Byte => String::from_utf8(vec![out << 2 | busy << 5]).unwrap(),
        What::Label => {
            now.got = bytes;
            now.busy = now.works;
            let device = Arc::clone(device);
            thread::spawn(move || print(&device));
            String::new()
        }
    }
}

/// Prints, once there is paper.
fn print(device: &Shared) {
    loop {
        thread::sleep(Duration::from_millis(400));
        let mut now = device.lock().unwrap();
        if !now.prints {
            return;
        }
        if !now.paper_out {
            now.printed += 1;
            now.busy = false;
            return;
        }
    }
}

fn open(text: &str) -> RawPrinter {
    let Ok(Address::Raw(raw)) = text.parse() else { panic!("{text}") };
    RawPrinter::new(raw, HASTE)
}

fn print_at(scheme: &str, port: u16) -> Printed {
    open(&format!("{scheme}://127.0.0.1:{port}")).print("badge-K2-000001-1.pdf", &badge())
}

fn reason(printed: Printed) -> String {
    match printed {
        Printed::Confirmed | Printed::Given => panic!("no reason"),
        Printed::NotPrinted(reason) => format!("not: {reason}"),
        Printed::Unknown(reason) => format!("unknown: {reason}"),
    }
}

#[test]
fn a_label_is_confirmed_by_the_count_and_arrives_as_it_was_drawn() {
    let (device, port) = serve(Language::Zpl, good());
    assert_eq!(print_at("zpl", port), Printed::Confirmed);
    let got = &device.lock().unwrap().got;
    let drawn = badge::zpl(&badge().bits(203).unwrap());
    assert!(got.ends_with(&drawn), "not one byte is another");
}

#[test]
fn without_a_count_a_printer_confirms_by_working_and_resting() {
    let (_, port) = serve(Language::Zpl, Device { counts: false, ..good() });
    assert_eq!(print_at("zpl", port), Printed::Confirmed);
    let (device, port) = serve(Language::Tspl, good());
    assert_eq!(print_at("tspl", port), Printed::Confirmed);
    let label = Label { width_mm: 90.0, height_mm: 130.0, gap_mm: 2.0 };
    let drawn = badge::tspl(&badge().bits(203).unwrap(), label);
    assert!(device.lock().unwrap().got.ends_with(&drawn));
}

#[test]
fn who_accepts_a_label_and_never_prints_it_confirms_nothing() {
    for device in [
        Device { prints: false, ..good() },
        Device { prints: false, works: false, ..good() },
        Device { prints: false, works: false, counts: false, ..good() },
    ] {
        let (_, port) = serve(Language::Zpl, device);
        let said = reason(print_at("zpl", port));
        assert!(said.starts_with("unknown: the printer took the badge and does not say"), "{said}");
    }
    let (_, port) = serve(Language::Tspl, Device { prints: false, works: false, ..good() });
    let said = reason(print_at("tspl", port));
    assert!(said.starts_with("unknown: the printer took the badge and does not say"), "{said}");
}

#[test]
fn without_paper_nothing_is_sent() {
    for (scheme, language) in [("zpl", Language::Zpl), ("tspl", Language::Tspl)] {
        let (device, port) = serve(language, Device { paper_out: true, ..good() });
        let mut printer = open(&format!("{scheme}://127.0.0.1:{port}"));
        assert_eq!(printer.state().stopped_by(), Some(Condition::PaperOut));
        let said = reason(printer.print("badge-K2-000001-1.pdf", &badge()));
        assert_eq!(said, format!("not: {}", Condition::PaperOut.sentence()));
        device.lock().unwrap().paper_out = false;
        assert!(printer.state().ready && device.lock().unwrap().got.is_empty());
    }
}

#[test]
fn paper_that_ends_in_the_middle_leaves_doubt_unless_there_is_new_in_time() {
    for refills in [true, false] {
        let (device, port) = serve(Language::Zpl, good());
        let printing = thread::spawn(move || print_at("zpl", port));
        eventually("the label", || device.lock().unwrap().busy);
        device.lock().unwrap().paper_out = true;
        thread::sleep(Duration::from_millis(600));
        device.lock().unwrap().paper_out = !refills;
        match (printing.join().unwrap(), refills) {
            (Printed::Confirmed, true) => {}
            (Printed::Unknown(why), false) => {
                assert!(why.starts_with(Condition::PaperOut.sentence()), "{why}");
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_printer_that_says_nothing_gets_the_whole_label_and_nobody_can_tell() {
    let got = Arc::new(Mutex::new(Vec::new()));
    let port = fake::listen({
        let got = Arc::clone(&got);
        move |mut stream| {
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all);
            *got.lock().unwrap() = all;
        }
    });
    for choice in ["", "?status=no"] {
        let mut printer = open(&format!("zpl://127.0.0.1:{port}{choice}"));
        let printed = printer.print("badge-K2-000001-1.pdf", &badge());
        match choice {
            // That is how it always is,
            "?status=no" => assert_eq!(printed, Printed::Given),
            // and that is not.
            _ => {
                let said = reason(printed);
                let expected = "unknown: the printer took the badge and does not say what";
                assert!(said.starts_with(expected), "{said}");
            }
        }
        eventually("all of the label", || got.lock().unwrap().ends_with(b"^PQ1^XZ\n"));
        let asked = got.lock().unwrap().starts_with(b"~HS");
        assert_eq!(asked, choice.is_empty());
        got.lock().unwrap().clear();
    }
}

#[test]
fn nobody_at_the_port_surely_did_not_print_and_a_port_that_opens_in_time_does() {
    let port = free_port();
    let said = reason(print_at("tspl", port));
    assert!(said.starts_with("not: the printer does not answer"), "{said}");
    assert_eq!(
        open(&format!("zpl://127.0.0.1:{port}")).state().stopped_by(),
        Some(Condition::Offline)
    );
    // Another station has it, and leaves in a moment.
    let device = Arc::new(Mutex::new(good()));
    let printing = thread::spawn(move || print_at("zpl", port));
    thread::sleep(Duration::from_millis(500));
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    thread::spawn(move || attend(Language::Zpl, &device, listener.accept().unwrap().0));
    assert_eq!(printing.join().unwrap(), Printed::Confirmed);
}

#[test]
fn a_printer_at_work_for_another_station_is_waited_for_and_then_left_alone() {
    let (device, port) = serve(Language::Tspl, Device { busy: true, ..good() });
    let said = reason(print_at("tspl", port));
    assert!(said.starts_with("not: the printer is busy with another station"), "{said}");
    assert!(device.lock().unwrap().got.is_empty());
}

#[test]
fn a_printer_that_hangs_after_it_has_talked_gets_nothing() {
    let (_, port) = serve(Language::Zpl, good());
    let mut printer = open(&format!("zpl://127.0.0.1:{port}"));
    assert!(printer.state().ready);
    printer.address.port = fake::listen(|_stream| thread::sleep(Duration::from_secs(60)));
    let said = reason(printer.print("badge-K2-000001-1.pdf", &badge()));
    assert!(said.starts_with("not: the printer is busy with another station or hangs"), "{said}");
    // Another station has its only connection.
    printer.address.port = free_port();
    let state = printer.state();
    assert!(state.ready && state.conditions.contains(&Condition::Busy), "{state:?}");
    let said = reason(printer.print("badge-K2-000001-1.pdf", &badge()));
    assert!(said.starts_with("not: the printer is busy with another station or hangs"), "{said}");
}

#[test]
fn a_printer_that_hangs_up_in_the_middle_of_a_label_may_have_printed() {
    let device = Arc::new(Mutex::new(good()));
    let port = fake::listen(move |mut stream| {
        let mut part = [0; 256];
        while let Ok(length @ 1..) = stream.read(&mut part) {
            let Some((what, _)) = command(Language::Zpl, &part[..length]) else { return };
            let _ = stream.write_all(obey(&device, what, Vec::new()).as_bytes());
        }
    });
    let said = reason(print_at("zpl", port));
    assert!(said.starts_with("unknown: the printer hung up while it"), "{said}");
    let port = fake::listen(drop);
    let said = reason(print_at("zpl", port));
    assert!(said.starts_with("not: the printer does not answer"), "{said}");
}

#[test]
fn what_answers_nonsense_is_no_such_printer_and_gets_no_label() {
    for (scheme, nonsense) in [
        ("zpl", &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]),
        ("zpl", b"\x02a,b\x03\x02c\x03\x02d\x03"),
        ("zpl", &[0xff; 9000]),
        ("tspl", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ] {
        let got = Arc::new(Mutex::new(0));
        let port = fake::listen({
            let got = Arc::clone(&got);
            move |mut stream| {
                let mut part = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut part) {
                    *got.lock().unwrap() += length;
                    let _ = stream.write_all(nonsense);
                }
            }
        });
        let said = reason(print_at(scheme, port));
        assert!(said.starts_with("not: what answers at this address"), "{said}");
        assert!(*got.lock().unwrap() < 100, "no label went out");
    }
}
