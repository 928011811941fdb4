//! PWG raster (PWG 5102.4), which every IPP Everywhere printer reads: for one that does not take PDF.

use resvg::tiny_skia::Pixmap;

use crate::BadgeError;
use crate::badge::{Badge, Paper};
use crate::dots::{page, samples};

/// The colours of a raster, eight bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// `sgray_8`.
    Gray,
    /// `srgb_8`.
    Rgb,
}

impl Colour {
    fn bytes(self) -> u32 {
        match self {
            Colour::Gray => 1,
            Colour::Rgb => 3,
        }
    }

    /// Returns the number that the standard gives the colour space.
    fn space(self) -> u32 {
        match self {
            Colour::Gray => 18,
            Colour::Rgb => 19,
        }
    }
}

/// Returns a document with a page for each side, at the paper's size and the printer's resolution (100 to 1200 dpi), the modules of
/// the code on whole dots.
pub fn pwg(badge: &Badge, dpi: u32, colour: Colour) -> Result<Vec<u8>, BadgeError> {
    let mut out = b"RaS2".to_vec();
    for side in badge.sides() {
        let pixmap = page(side.tree(), side.paper(), dpi)?;
        let pages = u32::try_from(badge.sides().count()).unwrap_or(0);
        out.extend(header(side.paper(), &pixmap, dpi, colour, pages));
        let pixel = colour.bytes() as usize;
        let row = pixel.saturating_mul(pixmap.width() as usize);
        push_rows(&mut out, &samples(&pixmap, colour), row, pixel);
    }
    Ok(out)
}

/// The bytes of a page header; what is not set is 0, which says "as the printer likes".
const HEADER: usize = 1796;

fn header(paper: Paper, pixmap: &Pixmap, dpi: u32, colour: Colour, pages: u32) -> Vec<u8> {
    let mut header = vec![0; HEADER];
    let mut put = |at: usize, bytes: &[u8]| {
        let field = header.iter_mut().skip(at).zip(bytes);
        field.for_each(|(to, from)| *to = *from);
    };
    let points = |mm: f32| (mm / 25.4 * 72.0).round() as u32;
    put(0, b"PwgRaster");
    put(1732, size_name(paper).as_bytes());
    for (at, value) in [
        (276, dpi),
        (280, dpi),
        (340, 1), // copies
        (352, points(paper.width_mm)),
        (356, points(paper.height_mm)),
        (372, pixmap.width()),
        (376, pixmap.height()),
        (384, 8), // bits of a colour
        (388, colour.bytes().saturating_mul(8)),
        (392, colour.bytes().saturating_mul(pixmap.width())),
        (400, colour.space()),
        (420, colour.bytes()), // colours
        (452, pages),
        (456, 1), // not mirrored across
        (460, 1), // nor along
        (484, 5), // high quality
    ] {
        put(at, &value.to_be_bytes());
    }
    header
}

/// Returns the name that the standard gives to a paper of this size (PWG 5101.1).
fn size_name(paper: Paper) -> String {
    let Paper { width_mm, height_mm } = paper;
    let size = format!("{width_mm}x{height_mm}mm");
    let iso = [("iso_a4", "210x297mm"), ("iso_a5", "148x210mm"), ("iso_a6", "105x148mm")];
    let name = iso.into_iter().find(|(_, iso)| *iso == size).map(|(name, _)| name.to_owned());
    format!("{}_{size}", name.unwrap_or_else(|| format!("custom_{size}")))
}

/// A count of equal rows, then the first of them in runs of pixels.
fn push_rows(out: &mut Vec<u8>, samples: &[u8], row: usize, pixel: usize) {
    let rows: Vec<&[u8]> = samples.chunks_exact(row.max(1)).collect();
    for same in rows.chunk_by(|a, b| a == b).flat_map(|same| same.chunks(256)) {
        let Some(first) = same.first() else { continue };
        out.push(count(same.len()));
        push_row(out, first, pixel);
    }
}

/// `n` below 128 repeats the next pixel `n + 1` times; above, `257 - n` pixels follow as they are.
fn push_row(out: &mut Vec<u8>, row: &[u8], pixel: usize) {
    let pixels: Vec<&[u8]> = row.chunks_exact(pixel.max(1)).collect();
    let mut alone: Vec<&[u8]> = Vec::new();
    for run in pixels.chunk_by(|a, b| a == b) {
        if let [one] = run {
            alone.push(one);
            continue;
        }
        push_literals(out, &mut alone);
        for part in run.chunks(128) {
            out.push(count(part.len()));
            out.extend(part.first().into_iter().copied().flatten());
        }
    }
    push_literals(out, &mut alone);
}

fn push_literals(out: &mut Vec<u8>, alone: &mut Vec<&[u8]>) {
    for part in alone.chunks(128) {
        // One pixel has no literal form: it is a run of one.
        out.push(if part.len() == 1 { 0 } else { count(part.len()).wrapping_neg() });
        out.extend(part.iter().copied().flatten());
    }
    alone.clear();
}

/// Returns how often something is repeated, as the standard counts: once is 0.
fn count(times: usize) -> u8 {
    u8::try_from(times.saturating_sub(1)).unwrap_or(u8::MAX)
}
