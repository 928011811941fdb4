//! How people write down a device.
//!
//! | text | device |
//! |---|---|
//! | `camera:any` | the first camera that is there |
//! | `camera:ID` | the camera of that name in `/dev/v4l/by-id`, or a path such as `/dev/video0` |
//! | `camera:file:PATH` | a recording: PNG, JPEG, MJPEG, Y4M, or a folder of pictures |
//! | `serial:/dev/ttyACM0`, `serial:COM3` | a serial line |
//! | `serial:0c2e:0b61` | the serial line of a USB device by vendor and product, and `:SERIAL` where there are two |
//! | `hid:any`, `hid:0c2e:0b61` | a scanner that speaks HID POS |
//! | `keyboard:0c2e:0b61`, `keyboard:/dev/input/by-id/…` | a scanner that types, whose keyboard no other program hears |
//!
//! Behind a `?` stand choices; see [`Lens`] and [`Line`].

mod parse;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::framing::Ending;
use crate::preview::Turn;
use crate::recorded::Playing;

/// A device that reads codes. Its text is what was typed, with what was left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// A camera, or a recording of one.
    Camera(Lens),
    /// A serial line, mostly USB-COM.
    Serial(Line),
    /// A scanner that speaks HID POS.
    Hid(Plug),
    /// A scanner that types, whose keyboard belongs to this program alone.
    Keyboard(Plug),
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lens {
    /// Which one.
    pub which: Which,
    /// `rate=15`, `repeat=no`: how a recording is played; a camera is asked for such a rate.
    pub playing: Playing,
    /// `turn=90`, `180` or `270`: how many degrees the picture has to be turned clockwise to be upright.
    pub turn: Turn,
    /// `mirror=yes`: people see themselves as in a mirror.
    pub mirror: bool,
    /// `size=1280x720`: pixels that a camera is asked for; it chooses the nearest that it has.
    pub size: Option<(u32, u32)>,
    /// `exposure=N`: fixed, in the driver's own units; without it the camera decides.
    pub exposure: Option<i64>,
    /// `torch=yes`: the camera's lamp is on.
    pub torch: bool,
}

/// Which camera.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// The first one that is there.
    Any,
    /// By its stable name, or a path.
    Named(String),
    /// A recording.
    File(PathBuf),
}

/// A serial line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// Where it is.
    pub plug: Plug,
    /// `baud=9600`: bits a second; USB does not care.
    pub baud: u32,
    /// `end=cr`, `lf`, `crlf`, `silence`, or `any`: what ends a code.
    pub ending: Ending,
    /// `silence=400`: milliseconds without a byte that end a code, or give it up where it has to end otherwise.
    pub silence: Duration,
}

/// Where a device is plugged in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Plug {
    /// Anywhere: the first of its kind.
    Any,
    /// What the system calls it.
    Path(String),
    /// Any socket, by what it is.
    Usb(Usb),
}

/// What a USB device says that it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Usb {
    /// Its maker.
    pub vendor: u16,
    /// Its model.
    pub product: u16,
    /// Its serial number, where there are several of one model.
    pub serial: Option<String>,
}

/// A text that names no device, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadDevice(pub String);

impl Usb {
    /// Tells whether a device that says this of itself is meant.
    pub(crate) fn is(&self, vendor: u16, product: u16, serial: Option<&str>) -> bool {
        let same = self.serial.is_none() || self.serial.as_deref() == serial;
        (self.vendor, self.product) == (vendor, product) && same
    }
}

impl Lens {
    /// Returns a camera without any choice.
    pub fn of(which: Which) -> Lens {
        Lens {
            which,
            playing: Playing::default(),
            turn: Turn::None,
            mirror: false,
            size: None,
            exposure: None,
            torch: false,
        }
    }
}

impl Line {
    /// Returns a line without any choice.
    pub fn of(plug: Plug) -> Line {
        let ending = Ending::Any;
        Line { plug, baud: parse::BAUD, ending, silence: ending.usual_silence() }
    }
}

impl Display for Usb {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)?;
        self.serial.as_ref().map_or(Ok(()), |serial| write!(f, ":{serial}"))
    }
}

impl Display for Plug {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Plug::Any => f.write_str("any"),
            Plug::Path(path) => f.write_str(path),
            Plug::Usb(usb) => usb.fmt(f),
        }
    }
}

impl Display for Which {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Which::Any => f.write_str("any"),
            Which::Named(name) => f.write_str(name),
            Which::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl Display for Lens {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.which)?;
        let choices = [
            self.playing.rate.map(|rate| format!("rate={rate}")),
            (!self.playing.repeat).then(|| "repeat=no".to_owned()),
            (self.turn != Turn::None).then(|| format!("turn={}", self.turn.degrees())),
            self.mirror.then(|| "mirror=yes".to_owned()),
            self.size.map(|(width, height)| format!("size={width}x{height}")),
            self.exposure.map(|exposure| format!("exposure={exposure}")),
            self.torch.then(|| "torch=yes".to_owned()),
        ];
        write_choices(f, choices, self.to_be_closed())
    }
}

impl Lens {
    /// Tells whether its path holds a question mark, so that one has to stand at its end.
    fn to_be_closed(&self) -> bool {
        matches!(&self.which, Which::File(path) if path.to_string_lossy().contains('?'))
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.plug)?;
        let silence = self.silence.as_millis();
        let choices = [
            (self.baud != parse::BAUD).then(|| format!("baud={}", self.baud)),
            (self.ending != Ending::Any).then(|| format!("end={}", self.ending.word())),
            (self.silence != self.ending.usual_silence()).then(|| format!("silence={silence}")),
        ];
        write_choices(f, choices, false)
    }
}

fn write_choices<const N: usize>(
    f: &mut Formatter<'_>,
    choices: [Option<String>; N],
    close: bool,
) -> fmt::Result {
    let choices: Vec<String> = choices.into_iter().flatten().collect();
    if close || !choices.is_empty() {
        write!(f, "?{}", choices.join("&"))?;
    }
    Ok(())
}

impl Display for Device {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Device::Camera(lens) => write!(f, "camera:{lens}"),
            Device::Serial(line) => write!(f, "serial:{line}"),
            Device::Hid(plug) => write!(f, "hid:{plug}"),
            Device::Keyboard(plug) => write!(f, "keyboard:{plug}"),
        }
    }
}

impl From<Device> for String {
    fn from(device: Device) -> String {
        device.to_string()
    }
}

impl TryFrom<String> for Device {
    type Error = BadDevice;

    fn try_from(text: String) -> Result<Device, BadDevice> {
        text.parse()
    }
}
