//! From a [`Device`] to a [`Scanner`] at work, and which devices there are.

use std::io;

use decoder::Settings;

use crate::camera::{self, Choices};
use crate::device::{Device, Lens, Line, Which};
use crate::heard::{Ears, Ours, Source};
use crate::hid::{self, Hid};
use crate::keyboard::{self, Keyboard};
use crate::lines;
use crate::live;
use crate::recorded::Recorded;
use crate::running::Scanner;
use crate::serial::{self, Serial};
use crate::source::{FrameSource, Opener};

impl Device {
    /// Starts the device; one that is not there starts, too, and is opened once it is back. `ours` tells whose a text is,
    /// `ears` hears each code once for each time that it is shown; `eye` is asked of a camera.
    ///
    /// # Errors
    /// The system has no room for a thread.
    pub fn open(&self, eye: Settings, ours: Ours, ears: Ears) -> io::Result<Scanner> {
        let name = self.to_string();
        match self.clone() {
            Device::Camera(lens) => {
                let choices = Choices { turn: lens.turn, mirror: lens.mirror, eye };
                camera::start(name, opener(lens), choices, ours, ears)
            }
            Device::Serial(line) => {
                lines::start(name, Source::Serial, move || Serial::open(&line), ours, ears)
            }
            Device::Hid(plug) => {
                lines::start(name, Source::Hid, move || Hid::open(&plug), ours, ears)
            }
            Device::Keyboard(plug) => {
                lines::start(name, Source::Keyboard, move || Keyboard::open(&plug), ours, ears)
            }
        }
    }
}

fn opener(lens: Lens) -> Opener {
    Box::new(move || match &lens.which {
        Which::File(path) => {
            let recorded = Recorded::open(path, lens.playing)?;
            Ok(Box::new(recorded) as Box<dyn FrameSource>)
        }
        Which::Any | Which::Named(_) => live::open(&lens),
    })
}

/// A device that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// How it is written down, so that it is found again wherever it is plugged in.
    pub device: Device,
    /// What it calls itself.
    pub name: String,
}

/// What was found, and what there is to say about it, in sentences without their full stops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The devices.
    pub devices: Vec<Listed>,
    /// What could not be listed, or is not there.
    pub remarks: Vec<String>,
}

impl Listing {
    fn take(&mut self, found: Result<Vec<(Device, String)>, String>, none: &str) {
        match found {
            Ok(found) if found.is_empty() => self.remarks.push(none.to_owned()),
            Ok(found) => {
                let listed = |(device, name)| Listed { device, name };
                self.devices.extend(found.into_iter().map(listed));
            }
            Err(why) => self.remarks.push(why),
        }
    }
}

/// Returns the devices of this machine, each as it should be written down.
///
/// Of keyboards only people know which is a scanner; every one is listed.
pub fn list() -> Listing {
    let mut listing = Listing::default();
    let lens = |which| Device::Camera(Lens::of(which));
    let cameras = live::list().map(|found| rename(found, |name| lens(Which::Named(name))));
    listing.take(cameras, "no camera is connected");
    let lines = serial::ports().map(|ports| ports.iter().filter_map(serial::named).collect());
    let lines = lines.map(|found| rename(found, |plug| Device::Serial(Line::of(plug))));
    listing.take(lines, "no scanner is on a serial line; set it to USB-COM");
    let scanners = hid::list().map(|found| rename(found, Device::Hid));
    listing.take(scanners, "no scanner speaks HID POS");
    let keyboards = keyboard::list().map(|found| rename(found, Device::Keyboard));
    listing.take(keyboards, "no keyboard can be taken; a scanner that types is read by the window");
    listing
}

fn rename<T>(found: Vec<(T, String)>, device: impl Fn(T) -> Device) -> Vec<(Device, String)> {
    found.into_iter().map(|(place, name)| (device(place), name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_can_be_written_down_and_what_is_missing_is_said() {
        let listing = list();
        for Listed { device, .. } in &listing.devices {
            assert_eq!(device.to_string().parse::<Device>().as_ref(), Ok(device));
        }
        assert!(!listing.devices.is_empty() || listing.remarks.len() == 4, "{listing:?}");
    }
}
