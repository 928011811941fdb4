//! Photos: upright, cropped to the shape of a passport photo, and small.

use std::sync::OnceLock;

use admission::roster::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, crop_imm, overlay, resize};
use image::{DynamicImage, Rgb, RgbImage, RgbaImage};

use super::{PictureError, decoded};

/// Pixels across and down: 30 × 40 mm at 203 dpi.
const SIZE: (u32, u32) = (240, 320);
/// From how many pixels across each square of a picture is averaged: twice as many as it shall have.
const AMPLE: u32 = 480;
/// The smallest photo on which somebody can be told.
const SMALLEST: (u32, u32) = (90, 120);
/// The largest photo, in bytes.
const LARGEST: usize = 16 << 10;
/// The qualities that are tried.
const QUALITIES: [u8; 10] = [80, 72, 64, 56, 48, 40, 30, 20, 10, 4];

/// Makes the photo of a badge from a PNG or JPEG file: upright, cropped to 3:4 around the upper middle, on white where it was
/// see-through; a JPEG of 240 × 320 pixels and at most 16 KiB.
///
/// # Errors
/// [`PictureError`], a sentence with a cure.
pub fn photo(file: &[u8]) -> Result<Picture, PictureError> {
    let picture = on_white(decoded(file)?);
    let (width, height) = picture.dimensions();
    if width < SMALLEST.0 || height < SMALLEST.1 {
        return Err(PictureError::TooSmall(width, height, SMALLEST.0, SMALLEST.1));
    }
    let (left, top, across, down) = cropped(width, height);
    // Averaging first: a good filter on millions of pixels takes long and shows no difference.
    let part = match across / AMPLE {
        0 | 1 => crop_imm(&picture, left, top, across, down).to_image(),
        step => averaged(&picture, (left, top), step, (across, down)),
    };
    small(&resize(&part, SIZE.0, SIZE.1, FilterType::CatmullRom)).ok_or(PictureError::TooFull)
}

/// Returns left, top, width and height of the part that is shown: the middle of a wide picture; of a high one the upper part, where
/// the face is.
fn cropped(width: u32, height: u32) -> (u32, u32, u32, u32) {
    let across = width.min(height.saturating_mul(3) / 4).max(1);
    let down = height.min(width.saturating_mul(4) / 3).max(1);
    (width.saturating_sub(across) / 2, height.saturating_sub(down) / 5, across, down)
}

/// Returns a part of a picture, `step` times smaller: each pixel is the mean of a square.
fn averaged(
    picture: &RgbImage,
    (left, top): (u32, u32),
    step: u32,
    (across, down): (u32, u32),
) -> RgbImage {
    const CHANNELS: usize = 3;
    let [across, down] = [across, down].map(|pixels| pixels.checked_div(step).unwrap_or(pixels));
    let [width, left, top, across, step] =
        [picture.width(), left, top, across, step].map(|pixels| pixels as usize);
    let square = u32::try_from(step.saturating_mul(step)).unwrap_or(u32::MAX);
    let mut small = RgbImage::new(u32::try_from(across).unwrap_or(0), down);
    let rows = picture.as_raw().chunks_exact(width.saturating_mul(CHANNELS).max(1)).skip(top);
    let mut rows = rows.map(|row| row.get(left.saturating_mul(CHANNELS)..).unwrap_or_default());
    let mut sums = vec![0_u32; across.saturating_mul(CHANNELS)];
    for to in small.chunks_exact_mut(sums.len().max(1)) {
        sums.fill(0);
        for row in rows.by_ref().take(step) {
            let squares = row.chunks_exact(step.saturating_mul(CHANNELS).max(1));
            for (sum, square) in sums.chunks_exact_mut(CHANNELS).zip(squares) {
                for pixel in square.chunks_exact(CHANNELS) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum = sum.saturating_add(u32::from(*value));
                    }
                }
            }
        }
        for (to, sum) in to.iter_mut().zip(&sums) {
            *to = u8::try_from(sum.checked_div(square).unwrap_or(0)).unwrap_or(u8::MAX);
        }
    }
    small
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mut white = RgbaImage::from_pixel(picture.width(), picture.height(), [255; 4].into());
    overlay(&mut white, &picture.into_rgba8(), 0, 0);
    DynamicImage::from(white).into_rgb8()
}

fn small(photo: &RgbImage) -> Option<Picture> {
    QUALITIES.into_iter().find_map(|quality| {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(photo).ok()?;
        (jpeg.len() <= LARGEST).then(|| Picture::new(&jpeg))
    })
}

/// Returns a photo of nobody, with which templates are tried.
pub(crate) fn sample() -> Option<Picture> {
    static SAMPLE: OnceLock<Option<Picture>> = OnceLock::new();
    let gray = || small(&RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([160, 160, 160])));
    SAMPLE.get_or_init(gray).clone()
}
