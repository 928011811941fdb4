//! `enrol`: a fresh folder becomes a station.

use std::path::Path;
use std::process::ExitCode;

use kiosk::Station;

/// Make the data folder a station of the server, with the code that `station add` printed.
#[derive(clap::Args)]
#[command(after_help = "\
A failed attempt changes nothing; the same code works again until it expires.

Example:
  yingbin-desk --data /srv/k1 enrol http://127.0.0.1:7300 ABCDE23456-ABCDEFGH23456723")]
pub(crate) struct Enrol {
    /// Address of the server, as `station add` printed it.
    url: String,
    /// The one-time code, as `station add` printed it.
    code: String,
}

impl Enrol {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::enrol(data, &self.url, &self.code)?;
        eprintln!("{} is enrolled as {}", data.display(), station.name());
        Ok(ExitCode::SUCCESS)
    }
}
