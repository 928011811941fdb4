//! A scanner on a serial line, over a real pseudo-terminal.
#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

mod support;

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use scanner::Condition;
use serialport::{SerialPort, TTYPort};
use support::Bench;
use tempfile::TempDir;

/// The socket of a scanner: a name that leads to whatever is plugged in.
struct Socket {
    folder: TempDir,
}

impl Socket {
    fn new() -> Socket {
        Socket { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ttyACM0")
    }

    fn bench(&self, choices: &str) -> Bench {
        Bench::open(&format!("serial:{}?{choices}", self.path().display()))
    }

    /// Plugs a scanner in; what is written to it is what it reads.
    fn plug(&self) -> TTYPort {
        let (ours, theirs) = TTYPort::pair().unwrap();
        symlink(theirs.name().unwrap(), self.path()).unwrap();
        ours
    }

    fn unplug(&self, scanner: TTYPort) {
        std::fs::remove_file(self.path()).unwrap();
        drop(scanner);
    }
}

fn ready(bench: &Bench) {
    bench.until("ready", |state| state.condition == Condition::Ready);
}

#[test]
fn a_scanner_that_stutters_is_read_as_one_that_does_not() {
    let socket = Socket::new();
    let mut scanner = socket.plug();
    let bench = socket.bench("");
    ready(&bench);
    scanner.write_all(b"YB1WHOLE\r").unwrap();
    assert_eq!(bench.hear(), "YB1WHOLE");
    for byte in b"YB1STUTTER\r\n" {
        scanner.write_all(&[*byte]).unwrap();
        thread::sleep(Duration::from_millis(15));
    }
    assert_eq!(bench.hear(), "YB1STUTTER");
    // Without an end silence ends it.
    scanner.write_all(b"YB1SILENT").unwrap();
    assert_eq!(bench.hear(), "YB1SILENT");
    assert_eq!((bench.state().heard, bench.state().refused), (3, 0));
}

#[test]
fn a_scanner_that_is_unplugged_says_so_and_reads_again_within_two_seconds() {
    let socket = Socket::new();
    let bench = socket.bench("end=cr");
    bench.until("not there", |state| state.sentence.contains("USB-COM"));
    let mut scanner = socket.plug();
    assert!(bench.until("back", |state| state.condition == Condition::Ready).as_secs() < 2);
    scanner.write_all(b"YB1ONE\rYB1HAL").unwrap();
    assert_eq!(bench.hear(), "YB1ONE");

    socket.unplug(scanner);
    bench.until("unplugged", |state| state.condition == Condition::Unplugged);
    let mut scanner = socket.plug();
    assert!(bench.until("back", |state| state.condition == Condition::Ready).as_secs() < 2);
    // What was begun before is not finished by what comes after.
    scanner.write_all(b"YB1TWO\r").unwrap();
    assert_eq!(bench.hear(), "YB1TWO");
}

#[test]
fn what_no_pass_can_be_is_told_as_not_ours_and_the_next_pass_is_read() {
    let socket = Socket::new();
    let mut scanner = socket.plug();
    let bench = socket.bench("");
    ready(&bench);
    let long = vec![b'7'; 7089];
    scanner.write_all(&[&long[..], b"\r\xff\xfe\x80\rYB1NEXT\r"].concat()).unwrap();
    assert_eq!(bench.hear(), "7".repeat(4096));
    assert_eq!(bench.hear(), "\u{fffd}\u{fffd}\u{fffd}");
    assert_eq!(bench.hear(), "YB1NEXT");
    let state = bench.state();
    assert_eq!(state.refused, 2);
    assert!(state.why.is_some_and(|why| why.contains("no text")));
    let ours: Vec<bool> = state.last.iter().map(|code| code.ours).collect();
    assert_eq!(ours, [true, false, false]);
}

#[test]
fn two_hundred_codes_at_once_are_all_heard_in_order() {
    let socket = Socket::new();
    let mut scanner = socket.plug();
    let bench = socket.bench("");
    ready(&bench);
    let writer = thread::spawn(move || {
        for n in 0..200 {
            scanner.write_all(format!("YB1{n}\r\n").as_bytes()).unwrap();
        }
        scanner
    });
    for n in 0..200 {
        assert_eq!(bench.hear(), format!("YB1{n}"));
    }
    let scanner = writer.join().unwrap();
    let since = Instant::now();
    drop(bench);
    assert!(since.elapsed() < Duration::from_secs(1), "it ends at once");
    drop(scanner);
}
