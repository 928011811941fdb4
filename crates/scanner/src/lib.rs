//! Devices that read codes: cameras, recordings of them, serial lines, HID POS and keyboards.
//!
//! A [`Device`] names one as people write it, [`Device::open`] makes a running [`Scanner`] of it, and that tells what was
//! read ([`Heard`]) and how the device is ([`State`]). One that is unplugged is opened again once it is back. It knows no
//! pass and no desk: whose a code is, is told to it, and what it reads it hands on as it is.

mod again;
mod camera;
mod device;
mod framing;
mod heard;
mod hid;
mod keyboard;
mod lines;
mod live;
mod log;
mod open;
mod preview;
mod recorded;
mod running;
mod serial;
mod source;
mod state;

pub use camera::{Choices, start};
pub use device::{BadDevice, Device, Lens, Line, Plug, Usb, Which};
pub use framing::Ending;
pub use heard::{Ears, Heard, Ours, Source};
pub use open::{Listed, Listing, list};
pub use preview::{Preview, Turn};
pub use recorded::{Playing, Recorded};
pub use running::Scanner;
pub use source::{Format, Frame, FrameSource, Opener, Trouble};
pub use state::{Code, Condition, State, masked};
