//! What cameras send, as shades: colour is left out, because no code needs it.

use std::borrow::Cow;
use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::frame::{BadFrame, Luma, MOST_PIXELS, Picture, pixels};

impl Picture {
    /// Takes YUYV (YUY2): brightness in every other byte, `stride` bytes from one row to the next.
    ///
    /// # Errors
    /// An odd width, and as [`Luma::new`].
    pub fn from_yuyv(
        width: usize,
        height: usize,
        stride: usize,
        bytes: &[u8],
    ) -> Result<Picture, BadFrame> {
        pixels(width, height)?;
        if !width.is_multiple_of(2) {
            return Err(BadFrame::Odd(width));
        }
        if stride / 2 < width {
            return Err(BadFrame::Stride { width, stride });
        }
        // Two bytes a pixel: half of the pixels that a frame of shades may have.
        let pairs = Luma::new(width.saturating_mul(2), height, stride, bytes)?;
        let mut shades = Vec::with_capacity(pairs.area() / 2);
        pairs.rows().for_each(|row| shades.extend(row.iter().step_by(2)));
        Picture::new(width, height, shades)
    }

    /// Takes GREY (Y8), and the first plane of NV12, NV21 and I420, which is the same.
    ///
    /// [`Luma::new`] does it without copying.
    ///
    /// # Errors
    /// As [`Luma::new`].
    pub fn from_grey(
        width: usize,
        height: usize,
        stride: usize,
        bytes: &[u8],
    ) -> Result<Picture, BadFrame> {
        Ok(Luma::new(width, height, stride, bytes)?.to_picture())
    }

    /// Takes NV12 with all its bytes: a frame whose colours are cut off is torn, although its shades may be there.
    ///
    /// # Errors
    /// An odd width, and as [`Luma::new`].
    pub fn from_nv12(
        width: usize,
        height: usize,
        stride: usize,
        bytes: &[u8],
    ) -> Result<Picture, BadFrame> {
        if !width.is_multiple_of(2) {
            return Err(BadFrame::Odd(width));
        }
        let shades = Luma::new(width, height, stride, bytes)?;
        let rows = height.saturating_add(height.div_ceil(2));
        let wanted = stride.saturating_mul(rows.saturating_sub(1)).saturating_add(width);
        if bytes.len() < wanted {
            return Err(BadFrame::Torn { held: bytes.len(), wanted });
        }
        Ok(shades.to_picture())
    }

    /// Takes a JPEG, or a frame of MJPEG, which may lack its Huffman tables.
    ///
    /// # Errors
    /// What is no whole JPEG, and as [`Luma::new`]. The size is looked at before anything is decoded.
    pub fn from_jpeg(bytes: &[u8]) -> Result<Picture, BadFrame> {
        let options = DecoderOptions::default()
            .jpeg_set_out_colorspace(ColorSpace::Luma)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .set_strict_mode(true);
        let bytes = with_tables(bytes);
        let mut decoder = JpegDecoder::new_with_options(Cursor::new(&*bytes), options);
        let unreadable = |error| BadFrame::Unreadable(format!("JPEG: {error}"));
        decoder.decode_headers().map_err(unreadable)?;
        let (width, height) = decoder.dimensions().unwrap_or_default();
        pixels(width, height)?;
        let shades = decoder.decode().map_err(unreadable)?;
        Picture::new(width, height, shades)
    }

    /// Takes a PNG.
    ///
    /// # Errors
    /// What is no whole PNG, and as [`Luma::new`]. The size is looked at before anything is decoded.
    pub fn from_png(bytes: &[u8]) -> Result<Picture, BadFrame> {
        let unreadable = |error| BadFrame::Unreadable(format!("PNG: {error}"));
        let reader = || ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
        let (width, height) = reader().into_dimensions().map_err(unreadable)?;
        let size = |side: u32| usize::try_from(side).unwrap_or(usize::MAX);
        pixels(size(width), size(height))?;
        let mut limits = Limits::default();
        // Eight bytes are the most that a pixel of a PNG has.
        limits.max_alloc = u64::try_from(MOST_PIXELS).ok().map(|most| most.saturating_mul(8));
        let mut reader = reader();
        reader.limits(limits);
        let shades = reader.decode().map_err(unreadable)?.into_luma8().into_raw();
        Picture::new(size(width), size(height), shades)
    }

    /// Takes a JPEG or a PNG, whichever it says that it is.
    ///
    /// # Errors
    /// What is neither, and as [`Picture::from_jpeg`] and [`Picture::from_png`].
    pub fn from_file(bytes: &[u8]) -> Result<Picture, BadFrame> {
        match bytes {
            [0xff, 0xd8, ..] => Picture::from_jpeg(bytes),
            [0x89, b'P', b'N', b'G', ..] => Picture::from_png(bytes),
            _ => Err(BadFrame::Unreadable("neither JPEG nor PNG".to_owned())),
        }
    }
}

/// Many cameras leave the Huffman tables out because they are always the same; a segment named AVI1 tells the decoder
/// to take those.
const AVI1: [u8; 18] = [0xff, 0xe0, 0, 16, b'A', b'V', b'I', b'1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Returns a JPEG that has Huffman tables or says that it has the usual ones.
fn with_tables(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some((start, mut rest)) = bytes.split_at_checked(2) else { return Cow::Borrowed(bytes) };
    while let [0xff, marker, high, low, ..] = rest {
        match marker {
            // Tables are there.
            0xc4 => return Cow::Borrowed(bytes),
            // The picture begins.
            0xda => return Cow::Owned([start, &AVI1, bytes.get(2..).unwrap_or_default()].concat()),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(length.saturating_add(2)..).unwrap_or_default();
    }
    Cow::Borrowed(bytes)
}
