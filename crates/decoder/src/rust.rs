//! The decoder in Rust alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::helpers::detect_in_luma_slice_with_hints;
use rxing::{BarcodeFormat, DecodeHints, RXingResult};

use crate::decode::{Corners, Decoder, Found, Sight};
use crate::frame::{Luma, Picture};

/// Codes that are looked for in one frame; rxing tells one at a time.
const MOST_CODES: usize = 4;

/// rxing, asked for QR codes alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rust;

impl Rust {
    /// Makes one.
    pub fn new() -> Rust {
        Rust
    }
}

impl Decoder for Rust {
    fn look(&mut self, frame: &Luma<'_>) -> Sight {
        let mut picture = frame.to_picture();
        let mut sight = Sight::default();
        while sight.found.len() < MOST_CODES {
            let one = read(&picture, false).or_else(|| read(&picture, true));
            let Some(found) = one else { break };
            cover(&mut picture, &found.corners);
            sight.found.push(found);
        }
        sight
    }
}

fn read(picture: &Picture, inverted: bool) -> Option<Found> {
    let turned: Vec<u8>;
    let mut bytes = picture.bytes();
    if inverted {
        turned = bytes.iter().map(|shade| !shade).collect();
        bytes = &turned;
    }
    let width = u32::try_from(picture.width()).ok()?;
    let height = u32::try_from(picture.height()).ok()?;
    let mut hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let kind = Some(BarcodeFormat::QR_CODE);
    // It is a port that counts on its indices; a frame on which it goes wrong is one without a code.
    let look = || detect_in_luma_slice_with_hints(bytes, width, height, kind, &mut hints);
    let result = catch_unwind(AssertUnwindSafe(look)).ok()?.ok()?;
    let text = result.getText().to_owned();
    Some(Found { bytes: text.clone().into_bytes(), text, corners: corners(&result), inverted })
}

fn corners(result: &RXingResult) -> Corners {
    let point = |n: usize| result.getPoints().get(n).map_or((0.0, 0.0), |p| (p.x, p.y));
    // It tells them row by row.
    [point(0), point(1), point(3), point(2)]
}

/// Greys a code out, so that the next one is found.
fn cover(picture: &mut Picture, corners: &Corners) {
    let [xs, ys] = [corners.map(|corner| corner.0), corners.map(|corner| corner.1)];
    let from = |all: [f32; 4]| all.into_iter().fold(f32::MAX, f32::min).max(0.0) as usize;
    let to = |all: [f32; 4]| all.into_iter().fold(0.0, f32::max) as usize;
    let width = picture.width();
    for row in picture.bytes_mut().chunks_mut(width).take(to(ys).saturating_add(1)).skip(from(ys)) {
        row.iter_mut().take(to(xs).saturating_add(1)).skip(from(xs)).for_each(|shade| *shade = 128);
    }
}
