//! QR codes in the frames of a camera.
//!
//! A [`Luma`] is a frame, a [`Picture`] one with bytes of its own, made from what cameras send. A [`Decoder`] looks at
//! one frame. It knows no pass, no clock and no camera.

mod attempt;
mod convert;
#[cfg(feature = "corpus")]
pub mod corpus;
mod decode;
mod eye;
mod frame;
mod pace;
mod plane;
mod region;
#[cfg(feature = "rxing")]
mod rust;
mod seen;
mod still;
#[cfg(feature = "zxing-cpp")]
mod zxing;

pub use decode::{Corners, Decoder, Found, Sight, best};
pub use eye::{Eye, Look, News, Ours, Settings};
pub use frame::{BadFrame, Luma, MOST_LOOKED_AT, MOST_PIXELS, Part, Picture};
pub use pace::Pace;
#[cfg(feature = "rxing")]
pub use rust::Rust;
#[cfg(feature = "zxing-cpp")]
pub use zxing::Zxing;
