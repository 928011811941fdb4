//! JPEG, for printers that take neither PDF nor PWG raster.

use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, ImageEncoder};

use crate::dots::{page, samples};
use crate::{Badge, BadgeError, Colour};

/// Hardly smaller below, and edges of small text begin to show rings.
const QUALITY: u8 = 94;

/// Returns a picture that says its resolution (100 to 1200 dpi), so that a printer gives it the paper's size; the
/// modules of the code stand on whole dots.
pub fn jpeg(badge: &Badge, dpi: u32) -> Result<Vec<u8>, BadgeError> {
    let pixmap = page(badge.tree(), badge.paper(), dpi)?;
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    encoder.set_pixel_density(PixelDensity::dpi(u16::try_from(dpi).unwrap_or(u16::MAX)));
    encoder
        .write_image(
            &samples(&pixmap, Colour::Rgb),
            pixmap.width(),
            pixmap.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| BadgeError::Drawing(error.to_string()))?;
    Ok(jpeg)
}
