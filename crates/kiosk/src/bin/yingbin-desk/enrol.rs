//! `enrol`: a fresh folder becomes a station.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kiosk::{Station, bundle, invitation};

use crate::WrongUse;

/// Make the data folder a station of the server, with the code that `station add` printed.
#[derive(clap::Args)]
#[command(after_help = "\
A failed attempt changes nothing; the same code works again until it expires.

Examples:
  yingbin-desk --data /srv/k1 enrol https://10.0.0.2:7300 ABCDE23456-ABCDEFGH23456723
  yingbin-desk --data /srv/k1 enrol 'https://10.0.0.2:7300#ABCDE23456-ABCDEFGH23456723'

Where no network reaches, with the file that station add --offline wrote; the application goes to the
server (bundle in FILE --answer FILE), and its answer back (bundle in FILE):
  yingbin-desk --data /srv/f1 enrol --offline /media/stick/F1.invitation \
    ABCDE23456-ABCDEFGH23456723 --out /media/stick/F1.application")]
pub(crate) struct Enrol {
    /// Address of the server, as `station add` printed it; or URL#CODE, as its QR code has it; with
    /// --offline, the invitation's file.
    url: String,
    /// The one-time code, as `station add` printed it.
    code: Option<String>,
    /// Without a network: write an application for the server into a file.
    #[arg(long, requires = "out", requires = "code")]
    offline: bool,
    /// Where the application goes.
    #[arg(long, value_name = "FILE", requires = "offline")]
    out: Option<PathBuf>,
}

impl Enrol {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        if let (true, Some(code), Some(out)) = (self.offline, &self.code, &self.out) {
            bundle::apply(data, Path::new(&self.url), code, out)?;
            eprintln!("{} goes to the server; then take its answer: bundle in FILE", out.display());
            return Ok(ExitCode::SUCCESS);
        }
        let (url, code) = invitation(&self.url, self.code.as_deref())
            .map_err(|error| WrongUse(error.to_string()))?;
        let station = Station::enrol(data, url, code)?;
        eprintln!("{} is enrolled as {}", data.display(), station.name());
        Ok(ExitCode::SUCCESS)
    }
}
