//! Photographs from easy to hard: what is read of them at least, and what only the eye reads.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use std::time::Duration;

use decoder::corpus::{Frame, Scene};
use decoder::{Decoder, Eye, Rust, Settings, Zxing};

fn plainly(frame: &Frame) -> bool {
    let found = Zxing::new().decode(&frame.picture.luma());
    found.iter().any(|one| Some(&one.text) == frame.text.as_ref())
}

fn eye<D: Decoder>(decoder: D) -> Eye<D> {
    Eye::new(decoder, Settings::default(), |text| text.starts_with("YB1"))
}

/// Lets an eye look at a photograph that stays for a second.
fn watched<D: Decoder>(frame: &Frame, decoder: D) -> bool {
    let mut eye = eye(decoder);
    (0..30).any(|n| {
        let look = eye.look(&frame.picture.luma(), Duration::from_millis(n * 33));
        look.found.iter().any(|one| Some(&one.text) == frame.text.as_ref())
    })
}

/// Photographs of which the plain look reads none or one; the eye reads at least so many.
fn hard(scene: Scene, seeds: &[u64], least: usize) {
    let frames: Vec<Frame> = seeds.iter().map(|seed| scene.frame(*seed, 0)).collect();
    let count = |read: &dyn Fn(&Frame) -> bool| frames.iter().filter(|frame| read(frame)).count();
    let plain = count(&plainly);
    assert!(plain <= 1, "{}: the plain look reads {plain}: not hard any more", scene.name());
    let read = count(&|frame| watched(frame, Zxing::new()));
    assert!(read >= least, "{}: {read} of seeds {seeds:?}, not {least}", scene.name());
}

/// Photographs that anybody reads, also the plain look.
fn easy(scene: Scene, seeds: &[u64]) {
    for seed in seeds {
        let frame = scene.frame(*seed, 0);
        assert!(plainly(&frame), "{} {seed}: the plain look", scene.name());
        assert!(watched(&frame, Zxing::new()), "{} {seed}: the eye", scene.name());
        assert!(watched(&frame, Rust::new()), "{} {seed}: the eye without C++", scene.name());
    }
}

#[test]
fn paper_phones_and_any_angle_are_easy() {
    easy(Scene::Paper, &[1, 2]);
    easy(Scene::Phone, &[1, 2]);
    easy(Scene::Turned, &[1, 2]);
}

#[test]
fn dark_mode_a_logo_and_codes_of_others_are_easy() {
    easy(Scene::Dark, &[1, 2]);
    easy(Scene::Logo, &[1, 2]);
    easy(Scene::Several, &[1, 2]);
}

#[test]
fn codes_that_bend_or_shine_or_lie_half_in_a_shadow_are_read() {
    hard(Scene::Lanyard, &[3, 8, 9], 2);
    hard(Scene::Glare, &[4, 6, 12], 2);
    hard(Scene::Shadow, &[2, 3, 5], 2);
}

#[test]
fn codes_in_little_light_are_read() {
    hard(Scene::LowLight, &[2, 3, 6, 7], 3);
}

#[test]
fn small_and_compressed_codes_are_read() {
    hard(Scene::Small, &[1, 2, 3], 3);
    hard(Scene::Compressed, &[4, 6, 8], 2);
}

#[test]
fn codes_out_of_focus_are_read() {
    hard(Scene::Defocus, &[1, 6, 7, 8], 4);
}

#[test]
fn codes_that_moved_are_read() {
    hard(Scene::Motion, &[3, 4, 8, 10], 3);
}

#[test]
fn a_photograph_is_studied_as_long_as_it_takes() {
    let frame = Scene::Defocus.frame(1, 0);
    assert!(!plainly(&frame));
    let found = eye(Zxing::new()).study(&frame.picture.luma());
    assert_eq!(found.first().map(|one| &one.text), frame.text.as_ref());
    let (seen, drawn) = (found.first().map_or((0.0, 0.0), |one| one.corners[0]), frame.corners[0]);
    let off = (seen.0 - drawn.0).hypot(seen.1 - drawn.1);
    assert!(off < 3.0 * frame.module, "{seen:?} {drawn:?}");
}

#[test]
fn where_no_code_is_none_is_found() {
    for seed in 1..5 {
        let frame = Scene::Nothing.frame(seed, 0);
        assert_eq!(eye(Zxing::new()).study(&frame.picture.luma()), []);
    }
}
