//! `enrol`: a fresh folder becomes a station.

use std::path::Path;
use std::process::ExitCode;

use kiosk::{Station, invitation};

use crate::WrongUse;

/// Make the data folder a station of the server, with the code that `station add` printed.
#[derive(clap::Args)]
#[command(after_help = "\
A failed attempt changes nothing; the same code works again until it expires.

Examples:
  yingbin-desk --data /srv/k1 enrol https://10.0.0.2:7300 ABCDE23456-ABCDEFGH23456723
  yingbin-desk --data /srv/k1 enrol 'https://10.0.0.2:7300#ABCDE23456-ABCDEFGH23456723'")]
pub(crate) struct Enrol {
    /// Address of the server, as `station add` printed it; or URL#CODE, as its QR code has it.
    url: String,
    /// The one-time code, as `station add` printed it.
    code: Option<String>,
}

impl Enrol {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let (url, code) = invitation(&self.url, self.code.as_deref())
            .map_err(|error| WrongUse(error.to_string()))?;
        let station = Station::enrol(data, url, code)?;
        eprintln!("{} is enrolled as {}", data.display(), station.name());
        Ok(ExitCode::SUCCESS)
    }
}
