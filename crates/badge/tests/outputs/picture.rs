//! A picture that a printer would put on paper, and the code that is read from it.

use rxing::helpers::detect_in_luma_with_hints;
use rxing::{BarcodeFormat, DecodeHints, RXingResult};

/// Shades from 0, black, to 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub shades: Vec<u8>,
}

impl Picture {
    /// Returns blank paper.
    pub fn blank(width: usize, height: usize) -> Picture {
        Picture { width, height, shades: vec![255; width * height] }
    }

    /// Blackens a dot; what is not on the paper is an error of the printer's program.
    pub fn blacken(&mut self, x: usize, y: usize) {
        assert!(x < self.width && y < self.height, "a dot at {x}, {y} is not on the paper");
        self.shades[y * self.width + x] = 0;
    }

    /// Reads a PNG, JPEG or PGM file.
    pub fn decoded(file: &[u8]) -> Picture {
        if file.starts_with(b"P5") {
            return Picture::from_pgm(file);
        }
        let picture = image::load_from_memory(file).expect("a picture").to_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Picture { width, height, shades: picture.into_raw() }
    }

    fn from_pgm(file: &[u8]) -> Picture {
        let mut rest = file;
        let mut word = || {
            let end = rest.iter().position(u8::is_ascii_whitespace).expect("a PGM header");
            let word = std::str::from_utf8(&rest[..end]).expect("text").to_owned();
            rest = &rest[end + 1..];
            word
        };
        assert_eq!(word(), "P5");
        let [width, height, most] = [word(), word(), word()].map(|n| n.parse().expect("a number"));
        assert_eq!(most, 255);
        Picture { width, height, shades: rest.to_vec() }
    }

    /// Returns the text of the code.
    pub fn code(&self) -> Result<String, String> {
        Ok(self.read()?.getText().to_owned())
    }

    /// Returns by how many dots the line from the code's upper left corner to the upper right one falls.
    pub fn fall(&self) -> f32 {
        let read = self.read().expect("a code");
        let [left, right, ..] = read.getPoints() else { panic!("three corners") };
        right.y - left.y
    }

    fn read(&self) -> Result<RXingResult, String> {
        let (width, height) = (self.width as u32, self.height as u32);
        let (shades, kind) = (self.shades.clone(), Some(BarcodeFormat::QR_CODE));
        detect_in_luma_with_hints(shades, width, height, kind, &mut DecodeHints::default())
            .map_err(|error| error.to_string())
    }
}
