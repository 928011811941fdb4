//! The decoder in C++.

use std::borrow::Cow;

use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, ImageFormat, ImageView, PointI, TextMode};

use crate::decode::{Corners, Decoder, Found, Sight};
use crate::frame::Luma;

/// zxing-cpp, asked for QR codes alone: other formats are read into what is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Zxing;

impl Zxing {
    /// Makes one.
    pub fn new() -> Zxing {
        Zxing
    }
}

impl Decoder for Zxing {
    fn look(&mut self, frame: &Luma<'_>) -> Sight {
        // Its options lie behind a pointer that stays on its thread; making them costs nothing.
        let reader = BarcodeReader::new()
            .formats([BarcodeFormat::QRCode])
            .text_mode(TextMode::Plain)
            .return_errors(true);
        let bytes = match frame.packed() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(frame.to_picture().into_bytes()),
        };
        let view = ImageView::from_slice(&bytes, frame.width(), frame.height(), ImageFormat::Lum);
        let Ok(barcodes) = view.and_then(|view| reader.from(view)) else {
            return Sight::default();
        };
        let mut sight = Sight::default();
        for barcode in &barcodes {
            if barcode.is_valid() {
                sight.found.push(found(barcode));
            } else {
                sight.suspects.push(corners(barcode));
            }
        }
        sight
    }
}

fn found(barcode: &Barcode) -> Found {
    let bytes = barcode.bytes();
    // The library hands texts over as C does, which ends them at a zero: a pass with anything behind a zero would be read
    // as the pass alone.
    let text = match bytes.contains(&0) {
        true => String::from_utf8_lossy(&bytes).into_owned(),
        false => barcode.text(),
    };
    Found { text, bytes, corners: corners(barcode), inverted: barcode.is_inverted() }
}

fn corners(barcode: &Barcode) -> Corners {
    let position = barcode.position();
    let corners =
        [position.top_left, position.top_right, position.bottom_right, position.bottom_left];
    // Pixels of a frame: far from where such a number would be rounded.
    corners.map(|PointI { x, y }| (x as f32, y as f32))
}
