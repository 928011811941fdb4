//! How people write down a printer.
//!
//! | text | printer |
//! |---|---|
//! | `folder:DIR` | each badge becomes a PDF file in that folder |
//! | `ipp://HOST[:631][/PATH]` | a network printer or a queue of a print server; the path is `/ipp/print` without one |
//! | `ipps://HOST[:631][/PATH]` | the same over TLS |
//! | `cups:NAME` | the queue of that name on this machine |
//! | `windows:NAME` | the queue of that name, on Windows |
//! | `zpl://HOST[:9100]`, `tspl://HOST[:9100]` | a label printer by its language |
//!
//! Behind a `?` stand choices that the printer cannot be asked for: see [`Ipp`] and [`Raw`].

mod parse;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::ipp::IppPrinter;
use crate::raw::RawPrinter;
use crate::{Folder, Printer, ipp, raw};

/// Where badges are printed. Its text is what was typed, with what was left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// Each badge becomes a PDF file in this folder.
    Folder(PathBuf),
    /// A printer that speaks the Internet Printing Protocol.
    Ipp(Ipp),
    /// A label printer that takes its own language over TCP.
    Raw(Raw),
    /// A queue of Windows, by its name; on other systems none is read.
    Windows(String),
}

/// A printer that speaks the Internet Printing Protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ipp {
    /// Whether TLS is spoken (`ipps:`).
    pub tls: bool,
    /// Name or address; an IPv6 address has brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What the printer is called there, from the first slash.
    pub path: String,
    /// `size=62x100`: the paper in the printer, where it is not the badge's.
    pub paper: Option<Paper>,
    /// `format=pdf`, `pwg` or `jpeg`: what to send; without it, the first of these that the printer takes.
    pub format: Option<Format>,
    /// `dpi=300`: dots per inch of what is sent as a picture; without it, what the printer says, at most 300.
    pub dpi: Option<u32>,
    /// `pin=…`: SHA-256 of the one certificate that is believed, for `ipps:` without an authority.
    pub pin: Option<[u8; 32]>,
}

/// A label printer that takes its own language over TCP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raw {
    /// What it understands.
    pub language: Language,
    /// Name or address; an IPv6 address has brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// `dpi=300`: dots per inch of its print head; without it, 203.
    pub dpi: u32,
    /// `gap=2.5`: room between two labels, in tenths of a millimetre; without it, 2 mm; 0 is endless. Only TSPL.
    pub gap: u32,
    /// `status=no`: the printer never says how it is, so it is not asked.
    pub status: bool,
}

/// What a label printer understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Zebra, and what imitates it.
    Zpl,
    /// TSC, and most label printers from China.
    Tspl,
}

/// A sheet or a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Paper {
    /// In hundredths of a millimetre.
    pub width: u32,
    /// In hundredths of a millimetre.
    pub height: u32,
}

/// A form in which a badge is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A page with real text.
    Pdf,
    /// The raster of every printer that needs no driver.
    Pwg,
    /// A picture.
    Jpeg,
}

/// A text that names no printer, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadAddress(pub String);

/// Why a printer cannot be used at all: the system gives no room for a connection.
#[derive(Debug, thiserror::Error)]
#[error("cannot get ready to print to {address}: {reason}")]
pub struct OpenError {
    /// The printer.
    pub address: Address,
    /// What the system said.
    pub reason: io::Error,
}

impl Address {
    /// Opens the printer; one that is switched off opens, too, and so does a folder that is not there. `station` is the desk's name, which keeps the files of
    /// several desks in one folder apart.
    ///
    /// # Errors
    /// [`OpenError`] if this machine lacks what it takes.
    pub fn open(&self, station: &str) -> Result<Box<dyn Printer>, OpenError> {
        let system = |reason| OpenError { address: self.clone(), reason };
        Ok(match self {
            Address::Folder(path) => Box::new(Folder::open(path, station)),
            Address::Ipp(ipp) => {
                let patience = ipp::Patience::default();
                Box::new(IppPrinter::open(ipp.clone(), patience).map_err(system)?)
            }
            Address::Raw(raw) => Box::new(RawPrinter::new(raw.clone(), raw::Patience::default())),
            #[cfg(windows)]
            Address::Windows(queue) => Box::new(crate::spooler::Spooler::new(queue)),
            #[cfg(not(windows))]
            Address::Windows(_) => return Err(system(io::ErrorKind::Unsupported.into())),
        })
    }
}

impl Ipp {
    /// Returns what is called `path` at that place, without any choice.
    pub(crate) fn at(host: &str, port: u16, path: &str) -> Ipp {
        let (host, path) = (host.to_owned(), path.to_owned());
        Ipp { tls: false, host, port, path, paper: None, format: None, dpi: None, pin: None }
    }
}

impl Format {
    pub(crate) const ALL: [Format; 3] = [Format::Pdf, Format::Pwg, Format::Jpeg];

    fn word(self) -> &'static str {
        match self {
            Format::Pdf => "pdf",
            Format::Pwg => "pwg",
            Format::Jpeg => "jpeg",
        }
    }

    /// Returns the media type.
    pub fn mime(self) -> &'static str {
        match self {
            Format::Pdf => "application/pdf",
            Format::Pwg => "image/pwg-raster",
            Format::Jpeg => "image/jpeg",
        }
    }
}

impl Display for Paper {
    /// In millimetres, as `62x100`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", millimetres(self.width, 100), millimetres(self.height, 100))
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Address::Folder(path) => write!(f, "folder:{}", path.display()),
            Address::Ipp(ipp) => ipp.fmt(f),
            Address::Raw(raw) => raw.fmt(f),
            Address::Windows(queue) => write!(f, "windows:{queue}"),
        }
    }
}

impl Display for Ipp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "ipps" } else { "ipp" };
        write!(f, "{scheme}://{}:{}{}", self.host, self.port, self.path)?;
        let choices = [
            self.paper.map(|paper| format!("size={paper}")),
            self.format.map(|format| format!("format={}", format.word())),
            self.dpi.map(|dpi| format!("dpi={dpi}")),
            self.pin.map(|pin| format!("pin={}", HEXLOWER.encode(&pin))),
        ];
        write_choices(f, choices)
    }
}

impl Display for Raw {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (scheme, gap) = match self.language {
            Language::Zpl => ("zpl", None),
            Language::Tspl => ("tspl", Some(self.gap).filter(|gap| *gap != parse::GAP)),
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)?;
        let choices = [
            (self.dpi != parse::DPI).then(|| format!("dpi={}", self.dpi)),
            gap.map(|gap| format!("gap={}", millimetres(gap, 10))),
            (!self.status).then(|| "status=no".to_owned()),
        ];
        write_choices(f, choices)
    }
}

fn write_choices<const N: usize>(
    f: &mut Formatter<'_>,
    choices: [Option<String>; N],
) -> fmt::Result {
    for (place, choice) in choices.into_iter().flatten().enumerate() {
        write!(f, "{}{choice}", if place == 0 { '?' } else { '&' })?;
    }
    Ok(())
}

/// Writes parts of a millimetre as millimetres.
fn millimetres(parts: u32, whole: u32) -> f64 {
    f64::from(parts) / f64::from(whole)
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Address, BadAddress> {
        text.parse()
    }
}
