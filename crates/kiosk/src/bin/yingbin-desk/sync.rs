//! `sync`: one exchange with the server, now.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use kiosk::Station;

use crate::print_line;

/// Exchange with the server until both have everything. A running desk does this by itself.
#[derive(clap::Args)]
#[command(after_help = r#"Prints {"sent","received","roster_revision"}.

Example:
  yingbin-desk --data /srv/k1 sync"#)]
pub(crate) struct Sync {}

impl Sync {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let mut station = Station::open(data)?;
        let tally = station.exchange().context("no exchange")?;
        print_line(&tally)?;
        Ok(ExitCode::SUCCESS)
    }
}
