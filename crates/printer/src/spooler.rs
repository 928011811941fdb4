//! Queues of Windows, through its print spooler.
//!
//! Windows draws the badge from its PDF with the settings that the queue has for this user, so paper and resolution are
//! set there. What the spooler has taken is given: it does not tell what becomes of it.

use std::fs;
use std::io;
use std::path::Path;

use badge::Badge;
use winprint::printer::{
    DxgiPrintContextError, FilePrinter, FindDeviceError, PrintOutcome, PrinterDevice,
    WinPdfPrinter, WinPdfPrinterError,
};
use winprint::ticket::PrintTicket;

use crate::address::{Address, Format};
use crate::discover::Found;
use crate::{Condition, Printed, Printer, State};

/// Lists the queues of this machine, and those of others that this user is connected to.
pub(crate) fn queues() -> Vec<Found> {
    let all = PrinterDevice::all().unwrap_or_else(|error| {
        tracing::warn!(%error, "Windows does not tell its printers");
        Vec::new()
    });
    let found = all.into_iter().map(|device| {
        let name = device.name().to_owned();
        let address = Some(Address::Windows(name.clone()));
        Found { name, address, what: String::new(), formats: vec![Format::Pdf], state: None }
    });
    found.collect()
}

/// A queue of Windows.
pub(crate) struct Spooler {
    queue: String,
}

impl Spooler {
    pub(crate) fn new(queue: &str) -> Spooler {
        Spooler { queue: queue.to_owned() }
    }

    fn device(&self) -> Result<PrinterDevice, State> {
        let queue = &self.queue;
        PrinterDevice::by_os_name(queue).map_err(|error| {
            let sentence = match error {
                FindDeviceError::NotFound => format!(
                    "Windows has no printer {queue:?}; look at its name in the settings of Windows"
                ),
                error => format!(
                    "Windows cannot open the printer {queue:?} ({error}); look at it in the settings of \
                     Windows"
                ),
            };
            State::of([Condition::Offline]).saying(sentence)
        })
    }
}

impl Printer for Spooler {
    fn print(&mut self, name: &str, badge: &Badge) -> Printed {
        let pdf = match badge.pdf() {
            Ok(pdf) => pdf,
            Err(error) => return Printed::NotPrinted(error.to_string()),
        };
        let device = match self.device() {
            Ok(device) => device,
            Err(state) => return Printed::NotPrinted(state.sentence),
        };
        // Windows draws from a file, and calls the job after it.
        let path = std::env::temp_dir().join(name);
        let printed = match fs::write(&path, &pdf) {
            Ok(()) => give(device, &path),
            Err(error) => Printed::NotPrinted(format!(
                "cannot write into the folder for temporary files ({error}); make room there"
            )),
        };
        // It names somebody.
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(%error, path = %path.display(), "a badge stays in a temporary file");
        }
        printed
    }

    fn state(&mut self) -> State {
        match self.device() {
            Ok(_) => State::of([])
                .saying("Windows has the printer and does not say how it is; look at it yourself"),
            Err(state) => state,
        }
    }
}

fn give(device: PrinterDevice, path: &Path) -> Printed {
    match WinPdfPrinter::new(device).print(path, PrintTicket::default()) {
        Ok(PrintOutcome::Completed) => Printed::Given,
        Ok(PrintOutcome::Canceled) => Printed::Unknown(
            "somebody cancelled the job in its queue; look whether the badge came out".to_owned(),
        ),
        Err(error) if never_began(&error) => Printed::NotPrinted(format!(
            "Windows cannot print the badge ({error}); print a page from another program, and look at \
             the printer in the settings of Windows"
        )),
        Err(error) => Printed::Unknown(format!(
            "Windows failed while it printed the badge ({error}); look whether it came out"
        )),
    }
}

/// Tells whether it failed before the first page was given to the spooler.
fn never_began(error: &WinPdfPrinterError) -> bool {
    matches!(
        error,
        WinPdfPrinterError::InvalidPath(_)
            | WinPdfPrinterError::FailedToOpenDocument(_)
            | WinPdfPrinterError::PageSize { .. }
            | WinPdfPrinterError::DxgiPrintContextError(
                DxgiPrintContextError::PrintTicketError(_)
                    | DxgiPrintContextError::InitializeDirectX(_)
                    | DxgiPrintContextError::FailedToStartJob(_)
            )
    )
}
