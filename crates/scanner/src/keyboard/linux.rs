//! Keyboards of Linux, by their events.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Instant;

use evdev::{Device, EventType, KeyCode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::keys::Typist;
use crate::device::{Plug, Usb};
use crate::framing::{Ending, Framer, Piece};
use crate::lines::Reader;

/// How long one call waits.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A keyboard that no other program hears.
pub(crate) struct Keyboard {
    device: Device,
    typist: Typist,
    framer: Framer,
}

impl Keyboard {
    pub(crate) fn open(plug: &Plug) -> Result<(Keyboard, String), String> {
        let mut device = find(plug)?;
        let name = device.name().unwrap_or("a scanner that types").to_owned();
        let taken = device.grab().and_then(|()| device.set_nonblocking(true));
        taken.map_err(|error| {
            format!(
                "cannot take the keyboard {name} for itself: {error}; let no other program hold it"
            )
        })?;
        let framer = Framer::new(Ending::Any, Ending::Any.usual_silence());
        Ok((Keyboard { device, typist: Typist::default(), framer }, name))
    }
}

impl Reader for Keyboard {
    fn read(&mut self) -> Result<Vec<Piece>, String> {
        let unplugged =
            |error: io::Error| format!("the scanner is unplugged ({error}); plug it in again");
        let waited = poll(&mut [PollFd::new(&self.device, PollFlags::IN)], Some(&PATIENCE));
        match waited {
            Ok(0) => return Ok(self.framer.pass(Instant::now()).into_iter().collect()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(unplugged(error.into())),
        }
        let events = match self.device.fetch_events() {
            Ok(events) => events,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
            Err(error) => return Err(unplugged(error)),
        };
        let keys = events.filter(|event| event.event_type() == EventType::KEY);
        let bytes: Vec<u8> =
            keys.filter_map(|event| self.typist.key(event.code(), event.value())).collect();
        Ok(self.framer.push(&bytes, Instant::now()))
    }
}

fn find(plug: &Plug) -> Result<Device, String> {
    match plug {
        Plug::Path(path) => Device::open(Path::new(path)).map_err(|error| {
            format!(
                "cannot open {path}: {error}; plug the scanner in, set it to keyboard, and put the account into the \
                 group input"
            )
        }),
        Plug::Any => Err("one keyboard has to be named".to_owned()),
        Plug::Usb(usb) => keyboards().find(|device| is(usb, device)).ok_or_else(|| {
            format!(
                "no keyboard {plug} is there; plug the scanner in, set it to keyboard, and put the account into the \
                 group input"
            )
        }),
    }
}

fn keyboards() -> impl Iterator<Item = Device> {
    // A keyboard's knob or its power key are devices of their own.
    let writes = |device: &Device| {
        let keys = device.supported_keys();
        keys.is_some_and(|keys| keys.contains(KeyCode::KEY_A) && keys.contains(KeyCode::KEY_ENTER))
    };
    evdev::enumerate().map(|(_, device)| device).filter(writes)
}

fn is(usb: &Usb, device: &Device) -> bool {
    let id = device.input_id();
    usb.is(id.vendor(), id.product(), device.unique_name())
}

/// Returns the keyboards of this machine; which of them is a scanner only people know.
pub(crate) fn list() -> Result<Vec<(Plug, String)>, String> {
    let named = |device: Device| {
        let (id, serial) = (device.input_id(), device.unique_name());
        let serial = serial.filter(|serial| !serial.is_empty()).map(str::to_owned);
        let usb = Usb { vendor: id.vendor(), product: id.product(), serial };
        (Plug::Usb(usb), device.name().unwrap_or("a keyboard").to_owned())
    };
    Ok(keyboards().map(named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyboard_that_is_not_there_or_is_none_is_said_in_words() {
        for text in ["keyboard:ffff:ffff", "keyboard:/nowhere/event0", "keyboard:/dev/null"] {
            let Ok(crate::Device::Keyboard(plug)) = text.parse() else { unreachable!() };
            let refusal = Keyboard::open(&plug).map(|_| ()).unwrap_err();
            assert!(refusal.contains("group input"), "{text}: {refusal}");
        }
    }
}
