//! What an eye makes of one frame after the other.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use decoder::corpus::{Chance, Frame, Scene, approach};
use decoder::{Decoder, Eye, Found, Look, Luma, News, Picture, Settings, Sight, Zxing};

/// Counts the looks that the real decoder takes.
struct Counted(Arc<AtomicUsize>);

impl Decoder for Counted {
    fn look(&mut self, frame: &Luma<'_>) -> Sight {
        self.0.fetch_add(1, Ordering::Relaxed);
        Zxing::new().look(frame)
    }
}

fn eye() -> (Eye<Counted>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let ours = |text: &str| text.starts_with("YB1");
    (Eye::new(Counted(Arc::clone(&count)), Settings::default(), ours), count)
}

fn at(frame: u64) -> Duration {
    Duration::from_millis(frame * 1000 / 30)
}

fn scan(look: &Look) -> Option<&Found> {
    match look.news.as_ref()? {
        News::Scan(found) => Some(found),
        News::Foreign(_) => None,
    }
}

/// Shakes shades a little, as a camera does that sees the same again.
fn shaken(frame: &Picture, chance: &mut Chance) -> Picture {
    let bytes = frame.bytes().iter().map(|shade| {
        let noise = (chance.draw() % 13) as i16 - 6;
        (i16::from(*shade) + noise).clamp(0, 255) as u8
    });
    Picture::new(frame.width(), frame.height(), bytes.collect()).unwrap()
}

/// Turns a photograph of ours into one of a code of others alone: ours is painted over.
fn without_ours(frame: &Frame) -> Picture {
    let mut bytes = frame.picture.bytes().to_vec();
    let xs = frame.corners.map(|corner| corner.0);
    let ys = frame.corners.map(|corner| corner.1);
    let low = |all: [f32; 4]| all.into_iter().fold(f32::MAX, f32::min) as usize;
    let high = |all: [f32; 4]| all.into_iter().fold(0.0, f32::max) as usize;
    for row in bytes.chunks_mut(frame.picture.width()).take(high(ys)).skip(low(ys)) {
        row[low(xs)..high(xs)].fill(180);
    }
    Picture::new(frame.picture.width(), frame.picture.height(), bytes).unwrap()
}

#[test]
fn a_code_that_stays_is_one_scan_and_costs_next_to_nothing() {
    let (mut eye, count) = eye();
    let (frame, mut chance) = (Scene::Phone.frame(1, 0), Chance::new(1, "still"));
    let mut scans = 0;
    for n in 0..300 {
        let look = eye.look(&shaken(&frame.picture, &mut chance).luma(), at(n));
        scans += usize::from(scan(&look).is_some());
        assert_eq!(Some(&look.found[0].text), frame.text.as_ref(), "frame {n}");
    }
    assert_eq!(scans, 1);
    // Ten seconds: two looks a second.
    let looks = count.load(Ordering::Relaxed);
    assert!((10..=25).contains(&looks), "{looks}");
}

#[test]
fn a_code_that_comes_back_is_a_scan_again_only_after_the_chosen_time() {
    let (phone, away) = (Scene::Phone.frame(1, 0).picture, Scene::Nothing.frame(1, 0).picture);
    for (gap, scans) in [(60, 0), (100, 1)] {
        let (mut eye, _) = eye();
        assert!(scan(&eye.look(&phone.luma(), at(0))).is_some());
        eye.look(&away.luma(), at(1));
        let again = eye.look(&phone.luma(), at(1 + gap));
        assert_eq!(usize::from(scan(&again).is_some()), scans, "after {gap} frames");
    }
}

#[test]
fn of_several_codes_ours_is_the_scan_and_the_others_are_silent() {
    let (mut eye, _) = eye();
    let mut told = Vec::new();
    let mut text = None;
    let frames = [0, 1].map(|shot| Scene::Several.frame(2, shot));
    for shot in 0..40 {
        let frame = &frames[shot as usize % 2];
        let look = eye.look(&frame.picture.luma(), at(shot));
        assert!(look.found.len() > 1 && Some(&look.found[0].text) == frame.text.as_ref());
        told.extend(look.news);
        text.clone_from(&frame.text);
    }
    let [News::Scan(found)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(Some(&found.text), text.as_ref());
}

#[test]
fn of_two_of_ours_the_second_waits_until_the_first_was_read() {
    // Two photographs side by side.
    let [one, two] = [Scene::Phone.frame(1, 0), Scene::Phone.frame(3, 0)];
    let rows = one.picture.luma().rows().zip(two.picture.luma().rows());
    let bytes: Vec<u8> = rows.flat_map(|(a, b)| [a, b].concat()).collect();
    let both = Luma::new(2560, 720, 2560, &bytes).unwrap();
    let (mut eye, _) = eye();
    let mut scans = Vec::new();
    for n in 0..200 {
        scans.extend(scan(&eye.look(&both, at(n))).map(|found| (n, found.text.clone())));
    }
    let [(0, first), (n, second)] = &scans[..] else { panic!("{scans:?}") };
    assert!(first != second && (90..110).contains(n), "{n}");
}

#[test]
fn other_peoples_codes_are_told_calmly_when_they_stay() {
    let (mut eye, _) = eye();
    let frame = without_ours(&Scene::Several.frame(2, 0));
    let mut told = Vec::new();
    for n in 0..60 {
        let look = eye.look(&frame.luma(), at(n));
        assert!(!look.found.is_empty(), "frame {n}");
        told.extend(look.news.map(|news| (n, news)));
    }
    // A web address and a network hang there; one of them is told, once, after eight tenths of a second.
    let [(n, News::Foreign(found))] = &told[..] else { panic!("{told:?}") };
    assert!((24..40).contains(n), "{n}");
    assert!(found.text.starts_with("HTTPS://") || found.text.starts_with("WIFI:"), "{found:?}");
}

#[test]
fn other_peoples_codes_in_passing_are_not_told() {
    let (mut eye, _) = eye();
    let frame = without_ours(&Scene::Several.frame(2, 0));
    let away = Scene::Nothing.frame(1, 0).picture;
    for n in 0..15 {
        assert_eq!(eye.look(&frame.luma(), at(n)).news, None);
    }
    for n in 15..60 {
        assert_eq!(eye.look(&away.luma(), at(n)).news, None);
    }
}

#[test]
fn an_empty_hall_is_looked_at_twice_a_second_once_everything_was_tried() {
    let (mut eye, count) = eye();
    let (hall, mut chance) = (Scene::Nothing.frame(1, 0).picture, Chance::new(2, "still"));
    let mut frames = |range: std::ops::Range<u64>| {
        for n in range {
            let look = eye.look(&shaken(&hall, &mut chance).luma(), at(n));
            assert_eq!(look.news, None);
        }
    };
    frames(0..150);
    let before = count.load(Ordering::Relaxed);
    frames(150..300);
    let looks = count.load(Ordering::Relaxed) - before;
    assert!((5..=20).contains(&looks), "{looks}");
}

#[test]
fn what_moves_is_looked_at_at_once() {
    let (mut eye, _) = eye();
    let hall = Scene::Nothing.frame(1, 0).picture;
    for n in 0..60 {
        eye.look(&hall.luma(), at(n));
    }
    let frame = Scene::Phone.frame(1, 0);
    assert_eq!(
        scan(&eye.look(&frame.picture.luma(), at(61))).map(|f| &f.text),
        frame.text.as_ref()
    );
}

#[test]
fn a_phone_that_is_brought_to_the_camera_is_one_scan() {
    let (mut eye, _) = eye();
    let mut scans = Vec::new();
    for shot in (0..60).step_by(3) {
        let frame = approach(1, shot);
        scans.extend(scan(&eye.look(&frame.picture.luma(), at(shot))).map(|_| shot));
    }
    assert_eq!(scans.len(), 1, "{scans:?}");
}

#[test]
fn a_frame_of_fifty_megapixels_is_made_smaller_and_read() {
    let frame = Scene::Phone.frame(1, 0);
    let small = frame.picture.luma();
    // Every pixel seven times seven times: 45 megapixels.
    let mut bytes = Vec::new();
    for row in small.rows() {
        let wide: Vec<u8> = row.iter().flat_map(|shade| [*shade; 7]).collect();
        (0..7).for_each(|_| bytes.extend_from_slice(&wide));
    }
    let large = Luma::new(1280 * 7, 720 * 7, 1280 * 7, &bytes).unwrap();
    let look = eye().0.look(&large, at(0));
    let found = scan(&look).unwrap();
    assert_eq!(Some(&found.text), frame.text.as_ref());
    for (seen, drawn) in found.corners.iter().zip(frame.corners) {
        let off = (seen.0 / 7.0 - drawn.0).hypot(seen.1 / 7.0 - drawn.1);
        assert!(off < 2.0 * frame.module, "{:?} {:?}", found.corners, frame.corners);
    }
}

#[test]
fn noise_in_frames_of_any_size_is_looked_at_and_stops_nobody() {
    let (mut eye, mut chance) = (eye().0, Chance::new(3, "noise"));
    for n in 0..60 {
        let size = |chance: &mut Chance| 1 + chance.below(400) as usize;
        let (width, height) = (size(&mut chance), size(&mut chance));
        let bytes: Vec<u8> = (0..width * height).map(|_| chance.draw() as u8).collect();
        let look = eye.look(&Luma::new(width, height, width, &bytes).unwrap(), at(n));
        assert_eq!(look.found, []);
        eye.study(&Luma::new(width, height, width, &bytes).unwrap());
    }
}

#[test]
fn how_fast_it_goes_can_be_asked() {
    let (mut eye, _) = eye();
    assert_eq!((eye.pace().rate(), eye.pace().times()), (None, None));
    for n in 0..90 {
        eye.took(at(n), Duration::from_millis(n % 3 + 1));
    }
    let rate = eye.pace().rate().unwrap();
    assert!((29.0..31.0).contains(&rate), "{rate}");
    let times = eye.pace().times().unwrap();
    assert_eq!(times, (Duration::from_millis(2), Duration::from_millis(3)));
}
