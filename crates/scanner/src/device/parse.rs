//! From what people write to a [`Device`].

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{BadDevice, Device, Lens, Line, Plug, Usb, Which};
use crate::framing::Ending;
use crate::preview::Turn;

/// Of lines that are real ones: what scanners come with.
pub(super) const BAUD: u32 = 9600;

const KINDS: &str = "a device is written camera:any, camera:ID, camera:file:PATH, serial:PATH, serial:VENDOR:PRODUCT, \
     hid:any, hid:VENDOR:PRODUCT, keyboard:PATH or keyboard:VENDOR:PRODUCT";

fn bad<T>(sentence: impl Into<String>) -> Result<T, BadDevice> {
    Err(BadDevice(sentence.into()))
}

impl FromStr for Device {
    type Err = BadDevice;

    fn from_str(text: &str) -> Result<Device, BadDevice> {
        let Some((kind, rest)) = text.split_once(':') else {
            return bad(format!("{text} names no device: {KINDS}"));
        };
        if text.contains(char::is_control) {
            return bad("a device has no line break or other control character in its name");
        }
        let (place, choices) = rest.rsplit_once('?').unwrap_or((rest, ""));
        if place.is_empty() {
            return bad(format!("{kind}: says of no device which one: {KINDS}"));
        }
        let choices = choices.split('&').filter(|choice| !choice.is_empty());
        match kind {
            "camera" => Ok(Device::Camera(lens(place, choices)?)),
            "serial" => Ok(Device::Serial(line(place, choices)?)),
            "hid" => Ok(Device::Hid(alone(hid(place)?, choices)?)),
            "keyboard" => Ok(Device::Keyboard(alone(keyboard(place)?, choices)?)),
            _ => bad(format!("there is no device of the kind {kind}: {KINDS}")),
        }
    }
}

fn lens<'a>(place: &str, choices: impl Iterator<Item = &'a str>) -> Result<Lens, BadDevice> {
    let which = match place.split_once(':') {
        Some(("file", "")) => return bad("camera:file: is followed by the path of a recording"),
        Some(("file", path)) => Which::File(PathBuf::from(path)),
        _ if place == "any" => Which::Any,
        _ => Which::Named(place.to_owned()),
    };
    let recorded = matches!(which, Which::File(_));
    let mut lens = Lens::of(which);
    for choice in choices {
        let (key, value) = split(choice)?;
        match key {
            "rate" => lens.playing.rate = Some(number(choice, value, 1, 240)?),
            "turn" => lens.turn = turn(value)?,
            "mirror" => lens.mirror = yes(choice, value)?,
            "repeat" if recorded => lens.playing.repeat = yes(choice, value)?,
            "size" if !recorded => lens.size = Some(size(value)?),
            "exposure" if !recorded => {
                lens.exposure = Some(number(choice, value, 0, u32::MAX)?.into());
            }
            "torch" if !recorded => lens.torch = yes(choice, value)?,
            "repeat" => return bad("only a recording is repeated: leave repeat out"),
            "size" | "exposure" | "torch" => {
                return bad(format!("a recording is as it is: leave {key} out"));
            }
            _ => {
                return bad(format!(
                    "a camera has no choice {key}; there are rate, turn, mirror, size, exposure, torch and, of a \
                     recording, repeat"
                ));
            }
        }
    }
    Ok(lens)
}

fn line<'a>(place: &str, choices: impl Iterator<Item = &'a str>) -> Result<Line, BadDevice> {
    let mut line = Line::of(plug(place)?);
    let mut silence = None;
    for choice in choices {
        let (key, value) = split(choice)?;
        match key {
            "baud" => line.baud = number(choice, value, 300, 4_000_000)?,
            "silence" => silence = Some(number(choice, value, 10, 10_000)?),
            "end" => {
                let ending = Ending::ALL.into_iter().find(|ending| ending.word() == value);
                let Some(ending) = ending else {
                    return bad(format!("end is any, cr, lf, crlf or silence, not {value}"));
                };
                line.ending = ending;
            }
            _ => {
                return bad(format!(
                    "a serial line has no choice {key}; there are baud, end and silence"
                ));
            }
        }
    }
    let chosen = silence.map(|silence| Duration::from_millis(silence.into()));
    line.silence = chosen.unwrap_or(line.ending.usual_silence());
    Ok(line)
}

fn hid(place: &str) -> Result<Plug, BadDevice> {
    match usb(place)? {
        Some(usb) => Ok(Plug::Usb(usb)),
        None if place == "any" => Ok(Plug::Any),
        None => bad(format!("hid: is followed by any or by VENDOR:PRODUCT, not by {place}")),
    }
}

/// A keyboard is never just any: one of them is the keyboard of a person.
fn keyboard(place: &str) -> Result<Plug, BadDevice> {
    match plug(place)? {
        Plug::Any => bad("keyboard: is followed by a path or by VENDOR:PRODUCT, never by any"),
        plug => Ok(plug),
    }
}

fn plug(place: &str) -> Result<Plug, BadDevice> {
    match usb(place)? {
        Some(usb) => Ok(Plug::Usb(usb)),
        None if place == "any" => Ok(Plug::Any),
        None => Ok(Plug::Path(place.to_owned())),
    }
}

/// Reads `VENDOR:PRODUCT` and `VENDOR:PRODUCT:SERIAL`; a path has a slash, and a Windows port no colon.
fn usb(place: &str) -> Result<Option<Usb>, BadDevice> {
    let Some((vendor, rest)) = place.split_once(':').filter(|_| !place.starts_with(['/', '\\']))
    else {
        return Ok(None);
    };
    let (product, serial) =
        rest.split_once(':').map_or((rest, None), |(product, serial)| (product, Some(serial)));
    let id = |text: &str| {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(text, 16).ok().filter(|_| digits)
    };
    let (Some(vendor), Some(product)) = (id(vendor), id(product)) else {
        return bad(format!(
            "{place} is no USB device: vendor and product have four hexadecimal digits each, as 0c2e:0b61"
        ));
    };
    if serial == Some("") {
        return bad(format!("{place} ends where a serial number should stand"));
    }
    Ok(Some(Usb { vendor, product, serial: serial.map(str::to_owned) }))
}

fn alone<'a>(plug: Plug, mut choices: impl Iterator<Item = &'a str>) -> Result<Plug, BadDevice> {
    match choices.next() {
        None => Ok(plug),
        Some(choice) => bad(format!("there is nothing to choose of it: leave {choice} out")),
    }
}

fn split(choice: &str) -> Result<(&str, &str), BadDevice> {
    let sentence = || {
        format!(
            "{choice} wants a value, as key=value; a path with a question mark in it gets another one at its end"
        )
    };
    choice.split_once('=').map_or_else(|| bad(sentence()), Ok)
}

fn number(choice: &str, value: &str, least: u32, most: u32) -> Result<u32, BadDevice> {
    let number = value.parse().ok().filter(|number| (least..=most).contains(number));
    number.map_or_else(|| bad(format!("{choice} has to be from {least} to {most}")), Ok)
}

fn yes(choice: &str, value: &str) -> Result<bool, BadDevice> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => bad(format!("{choice} has to be yes or no")),
    }
}

fn turn(value: &str) -> Result<Turn, BadDevice> {
    match value {
        "0" => Ok(Turn::None),
        "90" => Ok(Turn::Right),
        "180" => Ok(Turn::Over),
        "270" => Ok(Turn::Left),
        _ => bad(format!("turn is 0, 90, 180 or 270 degrees clockwise, not {value}")),
    }
}

fn size(value: &str) -> Result<(u32, u32), BadDevice> {
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (16..=8192).contains(side));
    let sides = value.split_once('x').and_then(|(width, height)| side(width).zip(side(height)));
    sides.map_or_else(|| bad(format!("size is written 1280x720, not {value}")), Ok)
}
