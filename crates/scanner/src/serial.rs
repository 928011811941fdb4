//! Scanners on a serial line, mostly USB-COM: bytes, and something that ends a code.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use serialport::{SerialPort, SerialPortInfo, SerialPortType, UsbPortInfo};

use crate::device::{Line, Plug, Usb};
use crate::framing::{Framer, Piece};
use crate::lines::Reader;

/// How long one call waits: what silence ends is ended so exactly.
const PATIENCE: Duration = Duration::from_millis(25);

/// An open line.
pub(crate) struct Serial {
    port: Box<dyn SerialPort>,
    framer: Framer,
}

impl Serial {
    pub(crate) fn open(line: &Line) -> Result<(Serial, String), String> {
        let (path, name) = find(&line.plug)?;
        let open = serialport::new(&path, line.baud).timeout(PATIENCE).open();
        let mut port = open.map_err(|error| {
            format!(
                "cannot open {path}: {error}; plug the scanner in, set it to USB-COM, let no other program use it, and \
                 put the account into the group dialout"
            )
        })?;
        // Windows leaves it off, and some scanners wait for it; what has no such wire does not matter.
        let _ = port.write_data_terminal_ready(true);
        Ok((Serial { port, framer: Framer::new(line.ending, line.silence) }, name))
    }
}

impl Reader for Serial {
    fn read(&mut self) -> Result<Vec<Piece>, String> {
        let mut bytes = [0; 1024];
        match self.port.read(&mut bytes) {
            Ok(0) => Err("the serial line was hung up; plug the scanner in again".to_owned()),
            Ok(count) => {
                Ok(self.framer.push(bytes.get(..count).unwrap_or_default(), Instant::now()))
            }
            Err(error) => match error.kind() {
                ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::WouldBlock => {
                    Ok(self.framer.pass(Instant::now()).into_iter().collect())
                }
                _ => Err(format!("the scanner is unplugged ({error}); plug it in again")),
            },
        }
    }
}

/// Returns the serial lines of this machine.
pub(crate) fn ports() -> Result<Vec<SerialPortInfo>, String> {
    // The library takes for granted that Linux shows this folder.
    if cfg!(target_os = "linux") && !Path::new("/sys/class/tty").is_dir() {
        return Ok(Vec::new());
    }
    serialport::available_ports().map_err(|error| format!("serial lines cannot be listed: {error}"))
}

/// Returns what a line of a USB device is written as, and what it calls itself.
pub(crate) fn named(port: &SerialPortInfo) -> Option<(Plug, String)> {
    let SerialPortType::UsbPort(usb) = &port.port_type else { return None };
    let serial = usb.serial_number.clone().filter(|serial| !serial.is_empty());
    let plug = Usb { vendor: usb.vid, product: usb.pid, serial };
    Some((Plug::Usb(plug), name(usb, &port.port_name)))
}

fn name(usb: &UsbPortInfo, path: &str) -> String {
    let product = usb.product.as_deref().unwrap_or("a USB device");
    format!("{product} on {path}")
}

/// Returns the path of a line, and what it calls itself.
fn find(plug: &Plug) -> Result<(String, String), String> {
    if let Plug::Path(path) = plug {
        return Ok((path.clone(), path.clone()));
    }
    let found = ports()?.into_iter().find_map(|port| match &port.port_type {
        SerialPortType::UsbPort(usb) if fits(plug, usb) => {
            Some((port.port_name.clone(), name(usb, &port.port_name)))
        }
        _ => None,
    });
    found.ok_or_else(|| {
        format!("no scanner {plug} is on a serial line; plug it in and set it to USB-COM")
    })
}

fn fits(plug: &Plug, usb: &UsbPortInfo) -> bool {
    match plug {
        Plug::Usb(meant) => meant.is(usb.vid, usb.pid, usb.serial_number.as_deref()),
        Plug::Any => true,
        Plug::Path(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vid: u16, serial: Option<&str>) -> UsbPortInfo {
        UsbPortInfo {
            vid,
            pid: 0x0b61,
            serial_number: serial.map(str::to_owned),
            manufacturer: None,
            product: Some("Reader".to_owned()),
        }
    }

    #[test]
    fn a_line_is_found_by_vendor_and_product_and_of_two_by_its_number() {
        let plug = |text: &str| match text.parse() {
            Ok(crate::Device::Serial(line)) => line.plug,
            other => unreachable!("{other:?}"),
        };
        let (one, two) = (info(0x0c2e, Some("A1")), info(0x0c2e, None));
        assert!(fits(&plug("serial:0c2e:0b61"), &one) && fits(&plug("serial:0c2e:0b61"), &two));
        assert!(fits(&plug("serial:0c2e:0b61:A1"), &one));
        assert!(!fits(&plug("serial:0c2e:0b61:A1"), &two));
        assert!(!fits(&plug("serial:0c2e:0b61"), &info(0x05f9, Some("A1"))));
        assert!(fits(&plug("serial:any"), &two));
    }

    #[test]
    fn a_line_that_is_not_there_is_said_in_words() {
        for text in ["serial:ffff:ffff", "serial:/nowhere/tty"] {
            let Ok(crate::Device::Serial(line)) = text.parse() else { unreachable!() };
            let refusal = Serial::open(&line).map(|_| ()).unwrap_err();
            assert!(refusal.contains("USB-COM"), "{refusal}");
        }
    }
}
