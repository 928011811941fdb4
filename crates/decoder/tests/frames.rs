//! Frames of any size and format, and what a decoder makes of them.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use decoder::corpus::{Chance, Scene};
use decoder::{BadFrame, Decoder, Luma, Part, Picture, Rust, Zxing};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageFormat};

fn decoders() -> [Box<dyn Decoder>; 2] {
    [Box::new(Zxing::new()), Box::new(Rust::new())]
}

#[test]
fn frames_that_cannot_be_are_refused_with_the_reason() {
    let bytes = [0; 100];
    let bad = |width, height, stride| Luma::new(width, height, stride, &bytes).unwrap_err();
    assert_eq!(bad(0, 10, 10), BadFrame::Empty);
    assert_eq!(bad(10, 0, 10), BadFrame::Empty);
    assert_eq!(bad(10, 5, 9), BadFrame::Stride { width: 10, stride: 9 });
    assert_eq!(bad(10, 11, 10), BadFrame::Torn { held: 100, wanted: 110 });
    assert!(matches!(bad(usize::MAX, 2, usize::MAX), BadFrame::TooLarge { .. }));
    assert!(matches!(bad(8001, 8001, 8001), BadFrame::TooLarge { .. }));
    assert!(matches!(bad(10, 2, usize::MAX), BadFrame::TooLarge { .. }));
    assert!(bad(10, 11, 10).to_string().contains("torn"));
    // The last row may end with its pixels.
    assert!(Luma::new(7, 10, 10, &bytes[..97]).is_ok());
    assert!(Luma::new(7, 10, 10, &bytes[..96]).is_err());
}

#[test]
fn a_part_of_a_frame_is_seen_without_copying() {
    let bytes: Vec<u8> = (0..100).collect();
    let frame = Luma::new(8, 10, 10, &bytes).unwrap();
    let part = frame.crop(Part { x: 6, y: 8, width: 5, height: 5 }).unwrap();
    assert_eq!((part.width(), part.height()), (2, 2));
    assert_eq!(part.rows().collect::<Vec<_>>(), [[86, 87], [96, 97]]);
    assert_eq!(frame.crop(Part { x: 8, y: 0, width: 1, height: 1 }), None);
    assert_eq!(frame.crop(Part { x: 0, y: 11, width: 1, height: 1 }), None);
}

#[test]
fn brightness_is_taken_out_of_what_cameras_send() {
    let yuyv: Vec<u8> = (0..2).flat_map(|y| (0..8).flat_map(move |x| [y * 8 + x, 200])).collect();
    let shades: Vec<u8> = (0..16).collect();
    assert_eq!(Picture::from_yuyv(8, 2, 16, &yuyv).unwrap().bytes(), shades);
    assert_eq!(Picture::from_yuyv(7, 2, 16, &yuyv), Err(BadFrame::Odd(7)));
    assert!(matches!(Picture::from_yuyv(8, 2, 15, &yuyv), Err(BadFrame::Stride { .. })));
    assert!(matches!(Picture::from_yuyv(8, 2, 16, &yuyv[..31]), Err(BadFrame::Torn { .. })));
    assert!(Picture::from_yuyv(usize::MAX - 1, 2, usize::MAX, &yuyv).is_err());
    let mut nv12 = shades.clone();
    nv12.extend([128; 8]);
    assert_eq!(Picture::from_nv12(8, 2, 8, &nv12).unwrap().bytes(), shades);
    assert!(matches!(Picture::from_nv12(8, 2, 8, &nv12[..23]), Err(BadFrame::Torn { .. })));
    assert_eq!(Picture::from_grey(8, 2, 8, &nv12).unwrap().bytes(), shades);
}

/// Encodes a photograph in colour, as a camera does.
fn jpeg(picture: &Picture) -> Vec<u8> {
    let colours: Vec<u8> = picture.bytes().iter().flat_map(|s| [*s, *s, s / 2]).collect();
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, 85);
    encoder.write_image(&colours, width, height, ExtendedColorType::Rgb8).unwrap();
    jpeg
}

fn png(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let mut png = std::io::Cursor::new(Vec::new());
    let (bytes, kind) = (picture.bytes(), ExtendedColorType::L8);
    image::write_buffer_with_format(&mut png, bytes, width, height, kind, ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

/// Takes the Huffman tables out of a JPEG, as many cameras do.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let (mut bare, mut rest) = (jpeg[..2].to_vec(), &jpeg[2..]);
    while rest[1] != 0xda {
        let length = 2 + usize::from(rest[2]) * 256 + usize::from(rest[3]);
        if rest[1] != 0xc4 {
            bare.extend(&rest[..length]);
        }
        rest = &rest[length..];
    }
    bare.extend(rest);
    bare
}

#[test]
fn a_jpeg_a_frame_of_mjpeg_and_a_png_show_the_same_code() {
    let frame = Scene::Phone.frame(1, 0);
    let jpeg = jpeg(&frame.picture);
    let bare = without_tables(&jpeg);
    assert!(bare.len() < jpeg.len() - 300);
    let pictures =
        [&jpeg, &bare, &png(&frame.picture)].map(|file| Picture::from_file(file).unwrap());
    for picture in pictures {
        let found = Zxing::new().decode(&picture.luma());
        assert_eq!(Some(found[0].text.clone()), frame.text);
    }
}

#[test]
fn files_that_are_torn_or_lie_about_their_size_are_refused() {
    let frame = Scene::Paper.frame(1, 0).picture;
    let (jpeg, png) = (jpeg(&frame), png(&frame));
    for file in [&jpeg, &png] {
        for part in [2, 20, 300, file.len() / 2] {
            assert!(Picture::from_file(&file[..part]).is_err(), "{part} bytes");
        }
    }
    assert!(Picture::from_file(b"GIF89a").is_err() && Picture::from_file(b"").is_err());
    // The size stands behind the marker of the frame; 65,535 squared is too much.
    let place = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let mut large = jpeg.clone();
    large[place + 5..place + 9].fill(0xff);
    assert!(matches!(Picture::from_file(&large), Err(BadFrame::TooLarge { .. })));
}

#[test]
fn a_code_is_found_where_it_lies_by_either_decoder() {
    let frame = Scene::Paper.frame(3, 0);
    for mut decoder in decoders() {
        let found = decoder.decode(&frame.picture.luma());
        let [found] = &found[..] else { panic!("{found:?}") };
        assert_eq!(Some(&found.text), frame.text.as_ref());
        assert_eq!(found.text.as_bytes(), found.bytes);
        assert!(!found.inverted);
        for (seen, drawn) in found.corners.iter().zip(frame.corners) {
            let off = (seen.0 - drawn.0).hypot(seen.1 - drawn.1);
            assert!(off < 2.0 * frame.module, "{:?} {:?}", found.corners, frame.corners);
        }
    }
}

#[test]
fn bytes_between_rows_are_no_part_of_the_frame() {
    let frame = Scene::Paper.frame(3, 0);
    let mut wide = Vec::new();
    for row in frame.picture.luma().rows() {
        wide.extend_from_slice(row);
        wide.extend([0, 255, 0, 255, 77]);
    }
    let luma = Luma::new(1280, 720, 1285, &wide).unwrap();
    for mut decoder in decoders() {
        assert_eq!(Some(decoder.decode(&luma)[0].text.clone()), frame.text);
    }
}

#[test]
fn dark_mode_and_several_codes_are_read_by_either_decoder() {
    let (dark, several) = (Scene::Dark.frame(1, 0), Scene::Several.frame(1, 0));
    for mut decoder in decoders() {
        let found = decoder.decode(&dark.picture.luma());
        assert!(found[0].inverted && Some(&found[0].text) == dark.text.as_ref());
        let found = decoder.decode(&several.picture.luma());
        assert!(found.len() > 1, "{found:?}");
        assert!(found.iter().any(|one| Some(&one.text) == several.text.as_ref()));
    }
}

#[test]
fn noise_of_any_size_shows_nothing_and_stops_nobody() {
    let mut chance = Chance::new(7, "noise");
    for size in [(1, 1), (1, 200), (200, 1), (2, 2), (3, 5), (21, 21), (64, 48), (333, 77)] {
        let bytes: Vec<u8> = (0..size.0 * size.1).map(|_| chance.draw() as u8).collect();
        let luma = Luma::new(size.0, size.1, size.0, &bytes).unwrap();
        for mut decoder in decoders() {
            assert_eq!(decoder.decode(&luma), [], "{size:?}");
        }
    }
}

#[test]
fn any_bytes_are_a_picture_or_are_refused() {
    let frame = Scene::Paper.frame(1, 0).picture;
    let mut chance = Chance::new(9, "bytes");
    for file in [jpeg(&frame), png(&frame)] {
        for _ in 0..40 {
            let mut broken = file.clone();
            for _ in 0..1 + chance.below(20) {
                let place = chance.below(broken.len().min(3000) as u64) as usize;
                broken[place] = chance.draw() as u8;
            }
            let _ = Picture::from_file(&broken);
        }
    }
}
