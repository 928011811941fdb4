//! `backup`: a whole copy of the ledger, now.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kiosk::station::back_up;

use crate::print_line;

/// Make a backup of the ledger and prove it. A running desk makes one every hour; this works beside it.
///
/// The newest three are kept. A backup opens only with the file `ledger.key` of this folder.
#[derive(clap::Args)]
#[command(after_help = r#"Prints {"file","bytes","facts","complete":true}.

Example:
  yingbin-desk --data /srv/k1 backup --to /media/stick/k1"#)]
pub(crate) struct Backup {
    /// Where to; without it, the folder `backup` in the data folder.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Backup {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        print_line(&back_up(data, self.to.as_deref())?)?;
        Ok(ExitCode::SUCCESS)
    }
}
