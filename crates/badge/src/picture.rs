//! Pictures of people for their badges: a file of any camera or drawing program becomes a small picture that travels with the
//! roster. The same file gives the same bytes, and nothing of it is kept but what is seen: no place, no time, no camera.

mod name;
mod photo;

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

pub use name::name_image;
pub(crate) use name::shape;
pub use photo::photo;
pub(crate) use photo::sample;

/// The largest picture file, in bytes: what a phone takes.
pub const LARGEST_FILE: u64 = 16 << 20;
/// The most pixels of a picture: what a good phone takes. Decoded it takes 100 MB.
const MOST_PIXELS: u64 = 25_000_000;
/// What decoding may take, in bytes: the most pixels, of four channels with 16 bits each.
const MOST_MEMORY: u64 = 8 * MOST_PIXELS;

/// What is wrong with a picture, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The file is too long.
    #[error("the picture has more than 16 MiB; scale it down")]
    TooLong,
    /// The file is no picture of a kind that is taken.
    #[error("the file is neither a PNG nor a JPEG picture; export it as one of them")]
    Kind,
    /// It begins as a picture and does not go on as one.
    #[error("the picture is broken; export it again")]
    Broken,
    /// It would take too much memory.
    #[error("the picture has {0} × {1} pixels, 25 million are the most; scale it down")]
    TooLarge(u32, u32),
    /// It would be a blur on paper.
    #[error("the picture has only {0} × {1} pixels; take one of {2} × {3} or more")]
    TooSmall(u32, u32, u32, u32),
    /// Nothing stands out from the ground of a picture of a name.
    #[error("nothing can be seen in the picture; write the name in black on white")]
    Empty,
    /// There is ink, and it is no writing: a patch or specks.
    #[error("the picture shows a patch and no writing; write the name in black on white")]
    NoWriting,
    /// It is so full that it cannot be made small.
    #[error("the picture is too full of dots; write the name plainly in black on white")]
    TooFull,
}

/// Decodes a picture as it is meant to be looked at.
fn decoded(file: &[u8]) -> Result<DynamicImage, PictureError> {
    if u64::try_from(file.len()).unwrap_or(u64::MAX) > LARGEST_FILE {
        return Err(PictureError::TooLong);
    }
    let format = match image::guess_format(file) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => format,
        _ => return Err(PictureError::Kind),
    };
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| PictureError::Broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width).saturating_mul(u64::from(height)) > MOST_PIXELS {
        return Err(PictureError::TooLarge(width, height));
    }
    // A JPEG that breaks off is decoded with a grey rest.
    if format == ImageFormat::Jpeg && !is_whole(file) {
        return Err(PictureError::Broken);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Broken)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Tells whether a JPEG goes on to its end mark; a preview in its head has one of its own, and phones put films behind it.
fn is_whole(jpeg: &[u8]) -> bool {
    let mut rest = jpeg.get(2..).unwrap_or_default();
    while let [0xFF, marker, high, low, ..] = *rest {
        // A scan: what follows has no other end mark than the file's.
        if marker == 0xDA {
            return rest.windows(2).any(|pair| pair == [0xFF, 0xD9]);
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        // Fill bytes may stand before a marker.
        let skipped = if marker == 0xFF { 1 } else { length.saturating_add(2) };
        rest = rest.get(skipped..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests;
