//! Scanners that speak HID POS: no driver, no serial line, and nothing that anybody could take for typing.

mod layout;

use std::time::{Duration, Instant};

use hidapi::{DeviceInfo, HidApi, HidDevice};

use crate::device::{Plug, Usb};
use crate::framing::{LONGEST, Piece};
use crate::lines::Reader;
use layout::Layout;

/// The usage page of bar code scanners.
pub(crate) const PAGE: u16 = 0x8c;

/// How long one call waits, in milliseconds.
const PATIENCE: i32 = 100;

/// The parts of a code come one right after the other; the rest of one that broke off does not come any more.
const PART: Duration = Duration::from_secs(1);

/// The longest descriptor there is.
const DESCRIPTOR: usize = 4096;

/// An open scanner.
pub(crate) struct Hid {
    device: HidDevice,
    joiner: Joiner,
}

impl Hid {
    pub(crate) fn open(plug: &Plug) -> Result<(Hid, String), String> {
        let api = api()?;
        let found = api.device_list().find(|device| fits(plug, device));
        let found = found.ok_or_else(|| {
            format!("no scanner {plug} speaks HID POS; plug it in and set it to HID POS")
        })?;
        let device = found.open_device(&api).map_err(|error| {
            format!(
                "cannot open {}: {error}; let the account read it (a udev rule for hidraw)",
                name(found)
            )
        })?;
        let mut descriptor = [0; DESCRIPTOR];
        let read = device.get_report_descriptor(&mut descriptor).unwrap_or(0);
        let layout = Layout::read(descriptor.get(..read).unwrap_or_default());
        Ok((Hid { device, joiner: Joiner::new(layout.unwrap_or_default()) }, name(found)))
    }
}

impl Reader for Hid {
    fn read(&mut self) -> Result<Vec<Piece>, String> {
        // The largest report of any device.
        let mut report = [0; 4096];
        let count = self
            .device
            .read_timeout(&mut report, PATIENCE)
            .map_err(|error| format!("the scanner is unplugged ({error}); plug it in again"))?;
        Ok(self.joiner.take(report.get(..count).unwrap_or_default(), Instant::now()))
    }
}

fn api() -> Result<HidApi, String> {
    HidApi::new().map_err(|error| format!("HID devices cannot be listed: {error}"))
}

/// Returns the scanners of this machine that speak HID POS.
pub(crate) fn list() -> Result<Vec<(Plug, String)>, String> {
    let api = api()?;
    let scanners = api.device_list().filter(|device| device.usage_page() == PAGE);
    Ok(scanners.map(|device| (Plug::Usb(usb(device)), name(device))).collect())
}

fn usb(device: &DeviceInfo) -> Usb {
    let serial = device.serial_number().filter(|serial| !serial.is_empty()).map(str::to_owned);
    Usb { vendor: device.vendor_id(), product: device.product_id(), serial }
}

fn name(device: &DeviceInfo) -> String {
    device.product_string().unwrap_or("a HID POS scanner").to_owned()
}

fn fits(plug: &Plug, device: &DeviceInfo) -> bool {
    let meant = match plug {
        Plug::Any => true,
        Plug::Usb(usb) => usb.is(device.vendor_id(), device.product_id(), device.serial_number()),
        Plug::Path(_) => false,
    };
    meant && device.usage_page() == PAGE
}

/// Joins the parts of codes that are longer than a report.
struct Joiner {
    layout: Layout,
    held: Vec<u8>,
    last: Option<Instant>,
}

impl Joiner {
    fn new(layout: Layout) -> Joiner {
        Joiner { layout, held: Vec::new(), last: None }
    }

    /// Takes a report that came at `now`; an empty one says that none came.
    fn take(&mut self, report: &[u8], now: Instant) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let broke_off = |last: Instant| now.saturating_duration_since(last) >= PART;
        if self.last.is_some_and(broke_off) {
            pieces.push(Piece::without_end(self.finish()));
        }
        let Some(part) = self.layout.part(report) else { return pieces };
        // One byte more than may be is kept, so that it stays too long.
        let room = LONGEST.saturating_add(1).saturating_sub(self.held.len());
        self.held.extend(part.bytes.iter().take(room));
        if part.continues {
            self.last = Some(now);
        } else {
            let bytes = self.finish();
            pieces.extend((!bytes.is_empty()).then(|| Piece::of(bytes)));
        }
        pieces
    }

    fn finish(&mut self) -> Vec<u8> {
        self.last = None;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests;
