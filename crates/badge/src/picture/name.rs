//! Pictures of names, for characters that no font has: how much ink stands where, and nothing around it.

use std::io::Cursor;

use admission::roster::Picture;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::{crop_imm, resize};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, ImageReader, Luma};

use super::{PictureError, decoded};

/// The most pixels across and down: 76 × 25 mm at 300 dpi.
const SIZE: (u32, u32) = (900, 300);
/// The lowest name that is sharp on a badge, in pixels.
const LOWEST: u32 = 40;
/// The largest picture of a name, in bytes.
const LARGEST: usize = 12 << 10;
/// By how much ink has to differ from its ground.
const LEAST_CONTRAST: u8 = 64;
/// Below this share of all ink, in 255 parts, nothing is trimmed to: paper of a scan is not even.
const SEEN: u8 = 64;
/// The shares of a picture that writing covers, and how often at the least a row or a column of it meets a stroke.
const COVERED: std::ops::RangeInclusive<f32> = 0.01..=0.85;
const LEAST_STROKES: f32 = 1.2;
/// How many kinds of gray are kept; edges need no more.
const SHADES: u32 = 16;

/// Makes the picture of a name from a PNG or JPEG file, dark on light or light on dark: what is not ink is nothing, the empty border
/// is trimmed; at most 900 × 300 pixels and 12 KiB.
///
/// # Errors
/// [`PictureError`], a sentence with a cure.
pub fn name_image(file: &[u8]) -> Result<Picture, PictureError> {
    let ink = trimmed(&ink(decoded(file)?)?).ok_or(PictureError::Empty)?;
    let (width, height) = ink.dimensions();
    if height < LOWEST || width < LOWEST / 2 {
        return Err(PictureError::TooSmall(width, height, LOWEST / 2, LOWEST));
    }
    if !is_writing(&ink) {
        return Err(PictureError::NoWriting);
    }
    let fits = (SIZE.0 as f32 / width as f32).min(SIZE.1 as f32 / height as f32).min(1.0);
    // Each step has about two thirds of the pixels of the one before.
    let steps = std::iter::successors(Some(fits), |step| Some(step * 0.82)).take(8);
    let found = steps.into_iter().find_map(|step| {
        let side = |pixels: u32| ((pixels as f32 * step).round() as u32).max(1);
        let small = match step < 1.0 {
            true => resize(&ink, side(width), side(height), image::imageops::FilterType::Triangle),
            false => ink.clone(),
        };
        let png = png(small)?;
        (png.len() <= LARGEST).then(|| Picture::new(&png))
    });
    found.ok_or(PictureError::TooFull)
}

/// Returns the width of a picture of a name divided by its height; `None` for what is no picture.
pub(crate) fn shape(picture: &Picture) -> Option<f32> {
    let reader = ImageReader::new(Cursor::new(picture.bytes())).with_guessed_format().ok()?;
    let (width, height) = reader.into_dimensions().ok()?;
    (width > 0 && height > 0).then(|| width as f32 / height as f32)
}

/// Turns a picture into ink: 255 is all of it.
fn ink(picture: DynamicImage) -> Result<GrayImage, PictureError> {
    let see_through = picture.color().has_alpha();
    let pixels = picture.into_luma_alpha8();
    let on = |paper: u32| {
        GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
            let [shade, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
            let paper = paper.saturating_mul(255_u32.saturating_sub(alpha));
            let mixed = shade.saturating_mul(alpha).saturating_add(paper) / 255;
            Luma([u8::try_from(mixed).unwrap_or(u8::MAX)])
        })
    };
    let found = stretched(on(255));
    // White letters on nothing.
    let found = found.or_else(|| see_through.then(|| stretched(on(0))).flatten());
    found.ok_or(PictureError::Empty)
}

/// Takes what the border has for the ground, and what is furthest from it for ink.
fn stretched(mut shades: GrayImage) -> Option<GrayImage> {
    let ground = ground(&shades);
    let furthest = shades.pixels().map(|p| p.0[0].abs_diff(ground)).max()?;
    let ink_is_dark = ground >= 128;
    let away = |shade: u8| match ink_is_dark {
        true => ground.saturating_sub(shade),
        false => shade.saturating_sub(ground),
    };
    let range = shades.pixels().map(|p| away(p.0[0])).max()?;
    if furthest < LEAST_CONTRAST || range < LEAST_CONTRAST {
        return None;
    }
    // A tenth at each end: paper of a scan is not even, nor is its ink.
    let (range, last) = (f32::from(range), 255.0);
    for pixel in shades.pixels_mut() {
        let share = (f32::from(away(pixel.0[0])) / range - 0.1) / 0.8;
        pixel.0 = [(share.clamp(0.0, 1.0) * last).round() as u8];
    }
    Some(shades)
}

/// Returns the shade in the middle of all that stand at the border.
fn ground(shades: &GrayImage) -> u8 {
    let (right, bottom) = (shades.width().saturating_sub(1), shades.height().saturating_sub(1));
    let border = shades
        .enumerate_pixels()
        .filter(|(x, y, _)| *x == 0 || *y == 0 || *x == right || *y == bottom);
    let mut border: Vec<u8> = border.map(|(_, _, pixel)| pixel.0[0]).collect();
    border.sort_unstable();
    border.get(border.len() / 2).copied().unwrap_or(255)
}

fn trimmed(ink: &GrayImage) -> Option<GrayImage> {
    let seen = || ink.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] >= SEEN);
    let (left, right) = (seen().map(|p| p.0).min()?, seen().map(|p| p.0).max()?);
    let (top, bottom) = (seen().map(|p| p.1).min()?, seen().map(|p| p.1).max()?);
    let length = |from: u32, to: u32| to.saturating_sub(from).saturating_add(1);
    Some(crop_imm(ink, left, top, length(left, right), length(top, bottom)).to_image())
}

/// Tells strokes from a patch: rows or columns of writing meet several of them.
fn is_writing(ink: &GrayImage) -> bool {
    let is_ink = |x, y| ink.get_pixel_checked(x, y).is_some_and(|pixel| pixel.0[0] >= 128);
    let (width, height) = ink.dimensions();
    let covered = ink.pixels().filter(|pixel| pixel.0[0] >= 128).count();
    let begins = |before: bool, here: bool| usize::from(here && !before);
    let (mut along, mut down) = (0_usize, 0_usize);
    for y in 0..height {
        for x in 0..width {
            let here = is_ink(x, y);
            along = along.saturating_add(begins(x > 0 && is_ink(x.saturating_sub(1), y), here));
            down = down.saturating_add(begins(y > 0 && is_ink(x, y.saturating_sub(1)), here));
        }
    }
    let strokes = (along as f32 / height as f32).max(down as f32 / width as f32);
    COVERED.contains(&(covered as f32 / (width as f32 * height as f32))) && strokes >= LEAST_STROKES
}

fn png(mut ink: GrayImage) -> Option<Vec<u8>> {
    for pixel in ink.pixels_mut() {
        let step = (f32::from(pixel.0[0]) * (SHADES - 1) as f32 / 255.0).round();
        pixel.0 = [(step * 255.0 / (SHADES - 1) as f32).round() as u8];
    }
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::NoFilter)
        .write_image(ink.as_raw(), ink.width(), ink.height(), ExtendedColorType::L8)
        .ok()?;
    Some(png)
}
