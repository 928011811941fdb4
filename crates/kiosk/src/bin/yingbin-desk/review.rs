//! `review`: what a person has to look at, as JSON lines.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use kiosk::{Station, duty};

/// Print what no station could know alone and a person has to decide, one doubt a line, the newest
/// first. Works beside a running desk.
///
/// A doubt ends when a steward settles it, or annuls what is wrong.
#[derive(clap::Args)]
#[command(
    after_help = r#"A doubt: {"doubt":"double_entry","because":null,"activity":"opening","title":{},"people":[{"attendee","number","name","latin"}],
"traces":[{"fact","attendee","at","site","place":{},"station"}],"facts":["LOG/SEQ","LOG/SEQ"]}
doubt: double_entry, after_revocation, over_capacity, unknown_pass or impossible_travel

Examples:
  yingbin-desk --data /srv/help review
  yingbin-desk --data /srv/help review | head -1 | jq -c '{do:"settle",doubt,facts,outcome:"same-person"}' |
    yingbin-desk --data /srv/help steward"#
)]
pub(crate) struct Review {
    /// Look at what was rehearsed, and at nothing else.
    #[arg(long)]
    rehearsed: bool,
}

impl Review {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::read(data)?;
        station.ledger.hold_still()?;
        let convention = &station.policy.convention;
        let zone = duty::zone(convention)?;
        let found = station.ledger.doubts_told((convention, &zone), self.rehearsed, usize::MAX)?;
        let mut out = BufWriter::new(io::stdout().lock());
        for doubt in &found.doubts {
            serde_json::to_writer(&mut out, doubt)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        eprintln!("yingbin-desk: {} to look at", found.all);
        Ok(ExitCode::SUCCESS)
    }
}
