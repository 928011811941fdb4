//! What whoever starts a station chooses.

use std::path::PathBuf;
use std::str::FromStr;

use admission::id::Slug;
use ledger::clock::Clock;

/// How a station is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What people are checked in to; `None` takes the first of the station's profile.
    pub activity: Option<Slug>,
    /// What tells the time.
    pub clock: Clock,
    /// Whether everything is only rehearsed: its facts are marked and count nowhere.
    pub rehearsal: bool,
    /// Where badges go; `None` is the folder `badges` beside the ledger.
    pub printer: Option<PrinterAddress>,
    /// Where backups go; `None` is the folder `backup` beside the ledger.
    pub backups: Option<PathBuf>,
    /// Whether a person says "this is me" before anything is recorded.
    pub confirm: Confirm,
}

/// Who confirms a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// The scan itself: without a screen nobody can touch one.
    AtOnce,
    /// The person, by a touch.
    ByTouch,
}

/// Where badges are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrinterAddress {
    /// Each badge becomes a PDF file in this folder.
    Folder(PathBuf),
}

/// A text that names no printer that this version can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPrinter {
    /// A kind of printer of a later version.
    #[error("{0} printers are not built yet; use folder:DIR")]
    NotBuilt(String),
    /// Nothing that is known.
    #[error("a printer looks like folder:DIR")]
    Unknown,
}

impl FromStr for PrinterAddress {
    type Err = BadPrinter;

    fn from_str(text: &str) -> Result<PrinterAddress, BadPrinter> {
        match text.split_once(':') {
            Some(("folder", folder)) if !folder.is_empty() => {
                Ok(PrinterAddress::Folder(PathBuf::from(folder)))
            }
            Some((kind @ ("ipp" | "ipps" | "zpl" | "tspl"), _)) => {
                Err(BadPrinter::NotBuilt(kind.to_owned()))
            }
            _ => Err(BadPrinter::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_printer_and_the_others_are_said_to_come_later() {
        let folder = "folder:/tmp/badges".parse();
        assert_eq!(folder, Ok(PrinterAddress::Folder(PathBuf::from("/tmp/badges"))));
        for later in ["ipp://10.0.0.7:631/ipp/print", "zpl://10.0.0.7:9100", "tspl://h:9100"] {
            let refused = later.parse::<PrinterAddress>().unwrap_err().to_string();
            assert!(refused.ends_with("not built yet; use folder:DIR"), "{refused}");
        }
        for nonsense in ["", "folder:", "printer", "/tmp/badges"] {
            assert_eq!(nonsense.parse::<PrinterAddress>(), Err(BadPrinter::Unknown), "{nonsense}");
        }
    }
}
