//! One look at one frame.

use crate::frame::Luma;

/// Four corners in pixels of the frame, clockwise; the first is the upper left one of the upright code.
pub type Corners = [(f32, f32); 4];

/// A code that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What stands in it; bytes that are no text are replaced.
    pub text: String,
    /// The same, as it stands there.
    pub bytes: Vec<u8>,
    /// Where it lies.
    pub corners: Corners,
    /// Whether it is light on dark.
    pub inverted: bool,
}

/// Returns how many pixels lie between four corners.
pub(crate) fn area(corners: &Corners) -> f32 {
    let [a, b, c, d] = *corners;
    let cross = |one: (f32, f32), two: (f32, f32)| one.0 * two.1 - one.1 * two.0;
    ((cross(a, b) + cross(b, c) + cross(c, d) + cross(d, a)) / 2.0).abs()
}

/// What a look shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sight {
    /// Codes that were read.
    pub found: Vec<Found>,
    /// Where a code lies that could not be read: a better look there may help.
    pub suspects: Vec<Corners>,
}

/// Finds QR codes in one frame, without memory of others.
pub trait Decoder: Send {
    /// Looks at a frame.
    fn look(&mut self, frame: &Luma<'_>) -> Sight;

    /// Returns the codes of a frame.
    fn decode(&mut self, frame: &Luma<'_>) -> Vec<Found> {
        self.look(frame).found
    }
}

impl Decoder for Box<dyn Decoder> {
    fn look(&mut self, frame: &Luma<'_>) -> Sight {
        (**self).look(frame)
    }
}

/// Returns the best decoder that was built in, or none if none was.
#[allow(unreachable_code, reason = "which line comes last depends on the features")]
pub fn best() -> Option<Box<dyn Decoder>> {
    #[cfg(feature = "zxing-cpp")]
    return Some(Box::new(crate::zxing::Zxing::new()));
    #[cfg(feature = "rxing")]
    return Some(Box::new(crate::rust::Rust::new()));
    None
}
