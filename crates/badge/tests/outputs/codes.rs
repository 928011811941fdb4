//! The code of every badge at every output is read to exactly its pass.

use std::process::Command;

use badge::{Badge, Bits, Colour, Label, jpeg, pwg, tspl, zpl};

use super::people::{from_the_roster, invented};
use super::picture::Picture;

const RESOLUTIONS: [u32; 2] = [203, 300];

fn assert_reads(picture: &Picture, pass: &str, output: &str) {
    assert_eq!(picture.code().as_deref(), Ok(pass), "{output}");
}

fn label(badge: &Badge) -> Label {
    let (width_mm, height_mm) = badge.paper_mm();
    Label { width_mm, height_mm, gap_mm: 2.0 }
}

pub fn picture(bits: &Bits) -> Picture {
    let mut picture = Picture::blank(bits.width() as usize, bits.height() as usize);
    for (y, row) in bits.rows().enumerate() {
        for x in (0..row.len() * 8).filter(|x| row[x / 8] & (0x80 >> (x % 8)) != 0) {
            picture.blacken(x, y);
        }
    }
    picture
}

fn assert_dots_read(badge: &Badge, pass: &str) {
    for dpi in RESOLUTIONS {
        let bits = badge.bits(dpi).unwrap();
        let dots = picture(&bits);
        assert_reads(&dots, pass, &format!("{dpi} dpi"));
        assert_eq!(super::zpl::printed(&zpl(&bits)), std::slice::from_ref(&dots), "ZPL, {dpi} dpi");
        let printed = super::tspl::printed(&tspl(&bits, label(badge)), dpi as f32 / 25.4);
        assert_eq!(printed.picture, dots, "TSPL, {dpi} dpi");
        let (width, height) = badge.paper_mm();
        assert_eq!((printed.size_mm, printed.gap_mm), ([width, height], 2.0));
    }
}

fn assert_pictures_read(badge: &Badge, pass: &str) {
    for dpi in RESOLUTIONS {
        let width = (badge.paper_mm().0 / 25.4 * dpi as f32).round() as u32;
        let png = badge.png(width).unwrap();
        assert_reads(&Picture::decoded(&png), pass, &format!("PNG, {dpi} dpi"));
        let raster = pwg(badge, dpi, Colour::Gray).unwrap();
        let pages = super::pwg::pages(&raster, dpi);
        assert_eq!(pages.len(), 1);
        assert_reads(&pages[0], pass, &format!("PWG raster, {dpi} dpi"));
    }
    let jpeg = jpeg(badge, 300).unwrap();
    assert_eq!(jpeg[13..18], [1, 300_u16.to_be_bytes()[0], 44, 1, 44], "dots per inch");
    assert_reads(&Picture::decoded(&jpeg), pass, "JPEG");
    let colours = super::pwg::pages(&pwg(badge, 300, Colour::Rgb).unwrap(), 300);
    assert_reads(&colours[0], pass, "PWG raster in colour");
}

fn assert_pages_read(badge: &Badge, pass: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (pdf, page) = (folder.path().join("badge.pdf"), folder.path().join("page"));
    std::fs::write(&pdf, badge.pdf().unwrap()).unwrap();
    for dpi in RESOLUTIONS {
        let mut poppler = Command::new("pdftoppm");
        poppler.args(["-gray", "-singlefile", "-r", &dpi.to_string()]).args([&pdf, &page]);
        assert!(poppler.status().unwrap().success());
        let page = std::fs::read(page.with_extension("pgm")).unwrap();
        assert_reads(&Picture::decoded(&page), pass, &format!("PDF, {dpi} dpi"));
    }
}

/// Black spreads, the camera is a little aslant and out of focus, and its picture is grey on grey.
fn photographed(dots: &Picture, angle: f32) -> Picture {
    const SCALE: f32 = 1.6;
    let (width, height) = (dots.width as f32, dots.height as f32);
    let black = |x: f32, y: f32| {
        // A dot of ink is a quarter wider than the dot.
        let spread = [(-0.125, -0.125), (0.125, -0.125), (-0.125, 0.125), (0.125, 0.125)];
        spread.into_iter().any(|(dx, dy)| {
            let (x, y) = (x + dx, y + dy);
            let on_paper = x >= 0.0 && y >= 0.0 && x < width && y < height;
            on_paper && dots.shades[y as usize * dots.width + x as usize] == 0
        })
    };
    let mut photo = Picture::blank((width * SCALE * 1.2) as usize, (height * SCALE * 1.2) as usize);
    let (middle_x, middle_y) = (photo.width as f32 / 2.0, photo.height as f32 / 2.0);
    let (sin, cos) = angle.to_radians().sin_cos();
    for y in 0..photo.height {
        for x in 0..photo.width {
            let mut dark = 0;
            for (dx, dy) in [(0.0, 0.0), (0.9, 0.0), (-0.9, 0.0), (0.0, 0.9), (0.0, -0.9)] {
                let (x, y) = (x as f32 + dx - middle_x, y as f32 + dy - middle_y);
                let at = (x * cos + y * sin, y * cos - x * sin);
                dark += u8::from(black(at.0 / SCALE + width / 2.0, at.1 / SCALE + height / 2.0));
            }
            photo.shades[y * photo.width + x] = 200 - dark * 28;
        }
    }
    photo
}

#[test]
fn every_code_is_read_from_the_dots_of_label_printers() {
    for (badge, pass) in from_the_roster(25).into_iter().chain(invented(20)) {
        assert_dots_read(&badge, &pass);
    }
}

#[test]
fn every_code_is_read_from_pictures_and_rasters() {
    for (badge, pass) in from_the_roster(80).into_iter().chain(invented(8)) {
        assert_pictures_read(&badge, &pass);
    }
}

#[test]
fn every_code_is_read_from_pages_that_poppler_draws() {
    for (badge, pass) in from_the_roster(180).into_iter().chain(invented(4)) {
        assert_pages_read(&badge, &pass);
    }
}

#[test]
fn every_code_is_read_from_paper_that_was_printed_at_203_dpi() {
    for (n, (badge, pass)) in from_the_roster(130).into_iter().chain(invented(4)).enumerate() {
        let photo = photographed(&picture(&badge.bits(203).unwrap()), n as f32 * 1.5 - 4.0);
        assert_reads(&photo, &pass, "a photo of a label");
    }
}
