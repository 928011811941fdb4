//! A camera that was recorded, from its file to what is heard.

#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use decoder::{Decoder, Luma, Zxing};
use scanner::{Condition, FrameSource, Playing, Recorded};
use support::{Bench, camera, jpeg, photograph, png, y4m};

#[test]
fn recordings_of_every_kind_are_played_and_each_pass_is_heard_once() {
    let folder = tempfile::tempdir().unwrap();
    let ((one, first), (two, second)) = (photograph(1), photograph(2));
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    fs::write(pictures.join("1.png"), png(&one)).unwrap();
    fs::write(pictures.join("2.JPG"), jpeg(&two)).unwrap();
    fs::write(pictures.join("3.txt"), "notes").unwrap();
    let file = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let mjpeg = file("passes.avi", [jpeg(&one), b"--\r\n".to_vec(), jpeg(&two)].concat());
    let y4m = file("passes.y4m", y4m(&[&one, &two]));
    let still = file("pass", png(&one));

    for path in [&pictures, &mjpeg, &y4m] {
        let bench = camera(path, "rate=20");
        // The second waits until somebody has read what the first is only while both are in view.
        let mut heard = [bench.hear(), bench.hear()];
        heard.sort();
        let mut both = [first.clone(), second.clone()];
        both.sort();
        assert_eq!(heard, both, "{}", path.display());
        bench.hears_nothing(Duration::from_millis(150));
        assert_eq!(bench.state().refused, 0);
    }
    assert_eq!(camera(&still, "").hear(), first);
}

#[test]
fn a_camera_that_is_unplugged_says_so_and_reads_again_within_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("camera.png");
    let ((one, first), (two, second)) = (photograph(1), photograph(2));
    let (three, third) = photograph(3);

    let bench = camera(&path, "");
    bench.until("not there", |state| state.condition == Condition::Unplugged);
    assert!(bench.state().sentence.contains("camera.png"), "{:?}", bench.state());
    fs::write(&path, png(&one)).unwrap();
    let since = Instant::now();
    assert_eq!(bench.hear(), first);
    assert!(since.elapsed() < Duration::from_secs(2));
    assert!(bench.scanner.preview().is_some());

    fs::remove_file(&path).unwrap();
    bench.until("unplugged", |state| state.condition == Condition::Unplugged);
    assert!(bench.scanner.preview().is_none(), "a picture that stands still is no camera");
    fs::write(&path, jpeg(&two)).unwrap();
    let since = Instant::now();
    assert_eq!(bench.hear(), second);
    assert!(since.elapsed() < Duration::from_secs(2));

    // The same code before a camera that comes back at once is a new sight.
    fs::remove_file(&path).unwrap();
    bench.until("unplugged again", |state| state.condition == Condition::Unplugged);
    fs::write(&path, jpeg(&two)).unwrap();
    assert_eq!(bench.hear(), second);

    // Another file in the place of the first is another camera.
    fs::write(folder.path().join("new"), jpeg(&three)).unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    assert_eq!(bench.hear(), third);
}

#[test]
fn a_recording_is_repeated_unless_it_should_not_be() {
    let folder = tempfile::tempdir().unwrap();
    let (one, _) = photograph(1);
    let path = folder.path().join("recording");
    for bytes in [jpeg(&one), [jpeg(&one), jpeg(&one)].concat(), y4m(&[&one, &one]), png(&one)] {
        fs::write(&path, &bytes).unwrap();
        let frames = |repeat| {
            let playing = Playing { rate: Some(240), repeat };
            let mut recorded = Recorded::open(&path, playing).unwrap();
            (0..12).filter(|_| recorded.frame().unwrap().is_some()).count()
        };
        assert_eq!(frames(true), 12);
        assert!((1..=2).contains(&frames(false)));
    }
}

#[test]
fn torn_and_foreign_frames_are_counted_and_the_pass_among_them_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (one, text) = photograph(2);
    let whole = jpeg(&one);
    let torn = whole[..whole.len() / 2].to_vec();
    let mut smashed = whole.clone();
    smashed[200..260].fill(0x41);
    for (name, bytes) in [
        ("1.jpg", torn),
        ("2.jpg", smashed),
        ("3.png", b"\x89PNG\r\n\x1a\nnothing".to_vec()),
        ("4.png", b"not a picture".to_vec()),
        ("5.jpg", Vec::new()),
        ("6.png", huge_png()),
        ("7.jpg", whole),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    // A line on which nobody ever says anything.
    let (_line, silent) = serialport::TTYPort::pair().unwrap();
    let silent = serialport::SerialPort::name(&silent).unwrap();
    std::os::unix::fs::symlink(silent, folder.path().join("0.png")).unwrap();
    let bench = camera(folder.path(), "rate=60&repeat=no");
    assert_eq!(bench.hear(), text);
    bench.until("all are played", |state| state.refused >= 6);
    let state = bench.state();
    assert_eq!((state.condition, state.heard), (Condition::Ready, 1));
    assert!(state.why.is_some(), "{state:?}");
}

/// A PNG that says that it has 60,000 × 60,000 pixels.
fn huge_png() -> Vec<u8> {
    let mut bytes = png(&photograph(2).0);
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes
}

#[test]
fn a_file_that_is_no_recording_is_refused_with_what_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, word) in [
        ("empty", &b""[..], "empty"),
        ("text", b"hello", "neither PNG, JPEG, MJPEG nor Y4M"),
        ("deep.y4m", b"YUV4MPEG2 W4 H4 C420p10\n", "eight bits"),
        ("huge.y4m", b"YUV4MPEG2 W99999 H99999\n", "64 million"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let bench = camera(&path, "");
        bench.until(name, |state| state.sentence.contains(word));
        assert_eq!(bench.state().condition, Condition::Unplugged);
    }
    let (_line, pipe) = serialport::TTYPort::pair().unwrap();
    let name = serialport::SerialPort::name(&pipe).unwrap();
    camera(name.as_ref(), "").until("no file", |state| state.sentence.contains("it is no file"));
    let empty = tempfile::tempdir().unwrap();
    let bench = camera(empty.path(), "");
    bench.until("an empty folder", |state| state.sentence.contains("no PNG or JPEG"));
}

#[test]
fn a_preview_shows_what_the_camera_sees_and_the_code_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass.png");
    let (one, text) = photograph(3);
    fs::write(&path, png(&one)).unwrap();
    let bench = camera(&path, "turn=180");
    assert_eq!(bench.hear(), text);
    let preview = bench.scanner.preview().unwrap();
    let (width, rows) = (640, &preview.bytes[14 + 40 + 1024..]);
    assert!(rows.contains(&255), "the code is outlined");
    let frame = Luma::new(width, rows.len() / width, width, rows).unwrap();
    assert_eq!(frame.height(), 360);
    // Outlined, half as large, and upside down.
    let found = Zxing::new().decode(&frame);
    assert!(found.iter().any(|found| found.text == text) || found.is_empty());
    let again = bench.scanner.preview().unwrap();
    assert!(again.number >= preview.number);
}

#[test]
fn a_camera_tells_how_it_goes_and_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass.png");
    let (one, text) = photograph(1);
    fs::write(&path, png(&one)).unwrap();
    let bench: Bench = camera(&path, "rate=50");
    assert_eq!(bench.hear(), text);
    bench.until("a rate", |state| state.frame_rate.is_some());
    let state = bench.state();
    assert!(state.look_micros > Some(0) && state.longest_look_micros >= state.look_micros);
    assert_eq!(state.last.len(), 1);
    assert!(state.last[0].ours && state.last[0].masked.starts_with("YB1…"), "{state:?}");
    assert!(!serde_json::to_string(&state).unwrap().contains(&text[..10]));
    // Those that wait for their plug end at once, too.
    let mut benches = vec![bench];
    benches.extend((0..12).map(|_| camera(&folder.path().join("nothing"), "")));
    for bench in &benches[1..] {
        bench.until("unplugged", |state| state.condition == Condition::Unplugged);
    }
    let since = Instant::now();
    drop(benches);
    assert!(since.elapsed() < Duration::from_millis(1500));
}
