//! Photos and names as phones, scanners and drawing programs write them, and what is none.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail by panicking"
)]

use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Four coloured quarters: which way is up shows.
fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 20, 20]),
        (false, true) => Rgb([20, 200, 20]),
        (true, false) => Rgb([20, 20, 220]),
        (false, false) => Rgb([220, 220, 20]),
    })
}

/// Noise, which no format makes small.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 7_u32;
    RgbImage::from_fn(width, height, |_, _| {
        Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

fn seen(picture: &admission::roster::Picture) -> RgbImage {
    image::load_from_memory(picture.bytes()).unwrap().to_rgb8()
}

fn near(found: Rgb<u8>, wanted: [u8; 3]) -> bool {
    found.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 40)
}

/// Puts an EXIF head with this orientation, and a place, into a JPEG.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 41.8N 123.4E \xFF\xD9");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn a_photo_becomes_upright_small_and_tells_nothing_but_the_face() {
    let turned = with_exif(&file(quarters(600, 450), ImageFormat::Jpeg), 6);
    let made = photo(&turned).unwrap();
    let picture = seen(&made);
    assert_eq!(picture.dimensions(), (240, 320));
    // Turned to the right by a quarter: what was lower left is now upper left.
    assert!(near(*picture.get_pixel(30, 30), [20, 20, 220]), "{:?}", picture.get_pixel(30, 30));
    assert!(near(*picture.get_pixel(200, 30), [220, 20, 20]), "{:?}", picture.get_pixel(200, 30));
    assert!(!made.bytes().windows(3).any(|part| part == b"GPS"));
    assert!(made.bytes().len() <= 16 << 10);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let face = file(noise(700, 900), ImageFormat::Jpeg);
    assert_eq!(photo(&face).unwrap(), photo(&face).unwrap());
    let name = file(written(700, 200), ImageFormat::Png);
    assert_eq!(name_image(&name).unwrap(), name_image(&name).unwrap());
}

#[test]
fn a_wide_photo_keeps_its_middle_and_a_high_one_its_upper_part() {
    let wide = photo(&file(quarters(1600, 400), ImageFormat::Png)).unwrap();
    assert!(near(*seen(&wide).get_pixel(60, 20), [220, 20, 20]));
    assert!(near(*seen(&wide).get_pixel(180, 20), [20, 200, 20]));
    let high = photo(&file(quarters(300, 1200), ImageFormat::Png)).unwrap();
    // 400 of 1200 rows, from row 160 on: all of them above the middle.
    assert!(near(*seen(&high).get_pixel(60, 310), [220, 20, 20]));
}

#[test]
fn a_large_photo_is_the_same_picture_small() {
    // 1470 × 1960 pixels are shown, from 16 and 88 on; squares of three by three become one.
    let made = seen(&photo(&file(quarters(1502, 2400), ImageFormat::Jpeg)).unwrap());
    assert_eq!(made.dimensions(), (240, 320));
    for (x, y, colour) in [
        (4, 4, [220, 20, 20]),
        (117, 176, [220, 20, 20]),
        (122, 176, [20, 200, 20]),
        (117, 187, [20, 20, 220]),
        (235, 315, [220, 220, 20]),
    ] {
        assert!(near(*made.get_pixel(x, y), colour), "{x} {y}: {:?}", made.get_pixel(x, y));
    }
}

#[test]
fn noise_is_kept_small_by_its_quality() {
    let loud = photo(&file(noise(240, 320), ImageFormat::Png)).unwrap();
    assert!((8 << 10..=16 << 10).contains(&loud.bytes().len()), "{}", loud.bytes().len());
}

#[test]
fn a_see_through_photo_stands_on_white() {
    let nothing = RgbaImage::from_pixel(300, 400, Rgba([0, 0, 0, 0]));
    assert!(near(
        *seen(&photo(&file(nothing, ImageFormat::Png)).unwrap()).get_pixel(9, 9),
        [255; 3]
    ));
}

/// Two strokes of ink with a border around them.
fn written(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let inside = x > width / 4 && x < width * 3 / 4 && y > height / 4 && y < height * 3 / 4;
        Luma([if inside && (x / 30 + y / 30) % 2 == 0 { 20 } else { 250 }])
    })
}

fn ink_of(picture: &admission::roster::Picture) -> GrayImage {
    image::load_from_memory(picture.bytes()).unwrap().to_luma8()
}

#[test]
fn a_name_is_trimmed_to_its_ink_however_it_was_drawn() {
    let dark = written(800, 300);
    let light = GrayImage::from_fn(800, 300, |x, y| Luma([255 - dark.get_pixel(x, y).0[0]]));
    let on_nothing = |shade: u8| {
        RgbaImage::from_fn(800, 300, |x, y| {
            let ink = dark.get_pixel(x, y).0[0] < 128;
            Rgba([shade, shade, shade, if ink { 255 } else { 0 }])
        })
    };
    let expected = name_image(&file(dark.clone(), ImageFormat::Png)).unwrap();
    let (width, height) = ink_of(&expected).dimensions();
    assert!((390..=400).contains(&width) && (145..=150).contains(&height), "{width} × {height}");
    for other in [
        file(light, ImageFormat::Png),
        file(on_nothing(0), ImageFormat::Png),
        file(on_nothing(255), ImageFormat::Png),
    ] {
        assert_eq!(name_image(&other).unwrap(), expected);
    }
    let scanned = ink_of(&name_image(&file(dark, ImageFormat::Jpeg)).unwrap());
    assert!(scanned.width().abs_diff(width) < 4 && scanned.height().abs_diff(height) < 4);
    let shape = shape(&expected).unwrap();
    assert!((2.5..2.8).contains(&shape), "{shape}");
}

#[test]
fn a_large_name_becomes_small_and_keeps_its_shape() {
    let made = name_image(&file(written(6000, 1500), ImageFormat::Png)).unwrap();
    let (width, height) = ink_of(&made).dimensions();
    assert!(width <= 900 && height <= 300 && made.bytes().len() <= 12 << 10);
    assert!((width as f32 / height as f32 - 4.0).abs() < 0.1, "{width} × {height}");
}

#[test]
fn a_name_of_nothing_of_dust_and_of_noise_is_refused() {
    let paper = GrayImage::from_pixel(400, 100, Luma([240]));
    assert_eq!(name_image(&file(paper, ImageFormat::Png)), Err(PictureError::Empty));
    let nothing = RgbaImage::from_pixel(400, 100, Rgba([0; 4]));
    assert_eq!(name_image(&file(nothing, ImageFormat::Png)), Err(PictureError::Empty));
    let mut dust = GrayImage::from_pixel(400, 100, Luma([255]));
    dust.put_pixel(200, 50, Luma([0]));
    let refused = name_image(&file(dust, ImageFormat::Png)).unwrap_err();
    assert_eq!(refused, PictureError::TooSmall(1, 1, 20, 40));
    match name_image(&file(noise(900, 300), ImageFormat::Png)) {
        Ok(made) => assert!(made.bytes().len() <= 12 << 10),
        Err(error) => assert_eq!(error, PictureError::TooFull),
    }
}

#[test]
fn a_patch_a_smudge_and_a_few_specks_are_no_writing() {
    let shaded = |shade: fn(f32, f32) -> f32| {
        GrayImage::from_fn(300, 120, |x, y| {
            let (x, y) = (x as f32 / 150.0 - 1.0, y as f32 / 60.0 - 1.0);
            Luma([(255.0 * (1.0 - shade(x, y).clamp(0.0, 1.0))) as u8])
        })
    };
    let block = shaded(|x, y| if x.abs().max(y.abs()) < 0.8 { 1.0 } else { 0.0 });
    let smudge = shaded(|x, y| 1.2 - x.hypot(y) * 1.4);
    let line = shaded(|_, y| if y.abs() < 0.4 { 1.0 } else { 0.0 });
    let mut specks = GrayImage::from_pixel(300, 120, Luma([255]));
    for (x, y) in [(9, 9), (280, 20), (150, 110)] {
        specks.put_pixel(x, y, Luma([0]));
    }
    for other in [block, smudge, line, specks] {
        assert_eq!(name_image(&file(other, ImageFormat::Png)), Err(PictureError::NoWriting));
    }
}

/// A PNG whose header declares this size, and that has no picture.
fn declared(width: u32, height: u32) -> Vec<u8> {
    let mut png = file(RgbImage::new(1, 1), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = !0_u32;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[test]
fn a_picture_bomb_is_refused_before_it_is_unpacked() {
    let started = std::time::Instant::now();
    for make in [photo, name_image] {
        assert_eq!(make(&declared(30_000, 30_000)), Err(PictureError::TooLarge(30_000, 30_000)));
        assert!(make(&declared(u32::MAX, u32::MAX)).is_err());
        assert_eq!(make(&vec![0; (16 << 20) + 1]), Err(PictureError::TooLong));
    }
    assert!(started.elapsed().as_secs() < 2);
    let said = PictureError::TooLarge(30_000, 30_000).to_string();
    assert_eq!(
        said,
        "the picture has 30000 × 30000 pixels, 25 million are the most; scale it down"
    );
}

#[test]
fn what_is_broken_or_no_picture_is_refused_in_words() {
    let jpeg = with_exif(&file(noise(300, 400), ImageFormat::Jpeg), 1);
    let png = file(noise(300, 400), ImageFormat::Png);
    for make in [photo, name_image] {
        for whole in [&jpeg, &png] {
            assert_eq!(make(&whole[..whole.len() / 2]), Err(PictureError::Broken));
            assert_eq!(make(&whole[..40]), Err(PictureError::Broken));
        }
        for other in [&b""[..], b"GIF89a", b"%PDF-1.7", b"<svg/>", b"number,name_zh"] {
            assert_eq!(make(other), Err(PictureError::Kind));
        }
    }
    let film = [&jpeg[..], &vec![0; jpeg.len() * 3]].concat();
    assert!(photo(&film).is_ok(), "phones put films behind a photo");
    assert_eq!(
        photo(&file(quarters(60, 80), ImageFormat::Png)).unwrap_err().to_string(),
        "the picture has only 60 × 80 pixels; take one of 90 × 120 or more"
    );
}
