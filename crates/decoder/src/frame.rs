//! Frames: shades from 0, black, to 255, row after row.

use thiserror::Error;

/// The most pixels that a frame may have: no camera of a kiosk has more, and a larger one is a mistake or an attack.
pub const MOST_PIXELS: usize = 64_000_000;

/// The most pixels that are looked at; a larger frame is made smaller first.
pub const MOST_LOOKED_AT: usize = 16_000_000;

/// Why bytes are no frame.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadFrame {
    /// There is nothing to see.
    #[error("the frame has no width or no height: choose another resolution of the camera")]
    Empty,
    /// A row would reach into the next one.
    #[error(
        "a row of the frame has {stride} bytes for {width} pixels: choose another format of the camera"
    )]
    Stride {
        /// Pixels of a row.
        width: usize,
        /// Bytes from one row to the next.
        stride: usize,
    },
    /// There are fewer bytes than rows and columns say.
    #[error("the frame is torn: it has {held} of {wanted} bytes; the next one may be whole")]
    Torn {
        /// Bytes that are there.
        held: usize,
        /// Bytes that the size asks for.
        wanted: usize,
    },
    /// More pixels than [`MOST_PIXELS`], or more than can be counted.
    #[error(
        "the frame has {width} × {height} pixels, more than 64 million: choose a smaller resolution of the camera"
    )]
    TooLarge {
        /// Pixels of a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// Two pixels share their colour, so they come in pairs.
    #[error(
        "a frame of this format has an even width, not {0}: choose another format of the camera"
    )]
    Odd(usize),
    /// The bytes are not the JPEG or PNG that they claim to be.
    #[error("the picture cannot be read ({0}); the next one may be whole")]
    Unreadable(String),
}

/// A frame whose bytes belong to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Luma<'a> {
    width: usize,
    height: usize,
    stride: usize,
    bytes: &'a [u8],
}

/// Refuses sizes that are nothing or too much; returns the pixels.
pub(crate) fn pixels(width: usize, height: usize) -> Result<usize, BadFrame> {
    if width == 0 || height == 0 {
        return Err(BadFrame::Empty);
    }
    let most = |pixels: &usize| *pixels <= MOST_PIXELS;
    width.checked_mul(height).filter(most).ok_or(BadFrame::TooLarge { width, height })
}

impl<'a> Luma<'a> {
    /// Looks at `height` rows of `width` pixels, `stride` bytes from one to the next; the last row may end with its pixels.
    ///
    /// # Errors
    /// A frame without pixels, with more than [`MOST_PIXELS`], or with fewer bytes than its size asks for.
    pub fn new(
        width: usize,
        height: usize,
        stride: usize,
        bytes: &'a [u8],
    ) -> Result<Luma<'a>, BadFrame> {
        pixels(width, height)?;
        if stride < width {
            return Err(BadFrame::Stride { width, stride });
        }
        let before_last = stride.checked_mul(height.saturating_sub(1));
        let wanted = before_last.and_then(|before| before.checked_add(width));
        let wanted = wanted.ok_or(BadFrame::TooLarge { width: stride, height })?;
        let bytes = bytes.get(..wanted).ok_or(BadFrame::Torn { held: bytes.len(), wanted })?;
        Ok(Luma { width, height, stride, bytes })
    }

    /// Returns the pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns width times height.
    pub fn area(&self) -> usize {
        self.width.saturating_mul(self.height)
    }

    /// Returns the rows, each as long as the frame is wide.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let width = self.width;
        self.bytes.chunks(self.stride).map(move |row| row.get(..width).unwrap_or(row))
    }

    /// Returns a row; one that is not there is empty.
    pub fn row(&self, y: usize) -> &'a [u8] {
        let from = y.saturating_mul(self.stride);
        self.bytes.get(from..from.saturating_add(self.width)).unwrap_or_default()
    }

    /// Returns the part of it that lies in `part`, without copying; nothing if that is outside.
    pub fn crop(&self, part: Part) -> Option<Luma<'a>> {
        let width = part.width.min(self.width.checked_sub(part.x)?);
        let height = part.height.min(self.height.checked_sub(part.y)?);
        let from = part.y.checked_mul(self.stride)?.checked_add(part.x)?;
        Luma::new(width, height, self.stride, self.bytes.get(from..)?).ok()
    }

    /// Returns a copy of its own.
    pub fn to_picture(&self) -> Picture {
        let mut bytes = Vec::with_capacity(self.area());
        self.rows().for_each(|row| bytes.extend_from_slice(row));
        Picture { width: self.width, height: self.height, bytes }
    }

    /// Returns it half as large, four pixels in one.
    ///
    /// # Errors
    /// A frame that is one pixel wide or high.
    pub fn halved(&self) -> Result<Picture, BadFrame> {
        let mut bytes = Vec::with_capacity(self.area() / 4);
        for y in (1..self.height).step_by(2) {
            let (above, below) = (self.row(y.saturating_sub(1)), self.row(y));
            let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
            bytes.extend(pairs.map(|(a, b)| {
                let sum: u16 = a.iter().chain(b).map(|shade| u16::from(*shade)).sum();
                (sum / 4) as u8
            }));
        }
        Picture::new(self.width / 2, self.height / 2, bytes)
    }

    /// Returns its bytes, if there are none between its rows.
    #[cfg(feature = "zxing-cpp")]
    pub(crate) fn packed(&self) -> Option<&'a [u8]> {
        (self.stride == self.width || self.height == 1).then_some(self.bytes)
    }
}

/// A part of a frame, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: usize,
    /// To the right.
    pub width: usize,
    /// Down.
    pub height: usize,
}

impl Part {
    /// Tells whether another one lies in it for the most part.
    pub(crate) fn covers(&self, other: Part) -> bool {
        let shared = |from: usize, size: usize, other: usize, its: usize| {
            let end = from.saturating_add(size).min(other.saturating_add(its));
            end.saturating_sub(from.max(other))
        };
        let width = shared(self.x, self.width, other.x, other.width);
        let height = shared(self.y, self.height, other.y, other.height);
        let area = other.width.saturating_mul(other.height);
        width.saturating_mul(height).saturating_mul(2) > area
    }
}

/// A frame with bytes of its own, without anything between its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// Takes shades, row after row; bytes beyond the last row go.
    ///
    /// # Errors
    /// As [`Luma::new`].
    pub fn new(width: usize, height: usize, mut bytes: Vec<u8>) -> Result<Picture, BadFrame> {
        let wanted = pixels(width, height)?;
        if bytes.len() < wanted {
            return Err(BadFrame::Torn { held: bytes.len(), wanted });
        }
        bytes.truncate(wanted);
        Ok(Picture { width, height, bytes })
    }

    /// Returns it as a frame.
    pub fn luma(&self) -> Luma<'_> {
        Luma { width: self.width, height: self.height, stride: self.width, bytes: &self.bytes }
    }

    /// Returns the pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the shades, row after row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the shades away, row after row.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    #[cfg(feature = "rxing")]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}
