//! Devices that read codes: cameras, recordings of them, serial lines, HID POS and keyboards.
//!
//! A running [`Scanner`] tells what was read ([`Heard`]) and how the device is ([`State`]). One that is unplugged is opened again once it is back. It knows no
//! pass and no desk: whose a code is, is told to it, and what it reads it hands on as it is.

mod again;
mod camera;
mod heard;
mod log;
mod preview;
mod recorded;
mod running;
mod source;
mod state;

pub use camera::{Choices, start};
pub use heard::{Ears, Heard, Ours, Source};
pub use preview::{Preview, Turn};
pub use recorded::{Playing, Recorded};
pub use running::Scanner;
pub use source::{Format, Frame, FrameSource, Opener, Trouble};
pub use state::{Code, Condition, State};
