//! `run`: one token a line in, one decision a line out.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use kiosk::Handle;

use crate::print_answer;
use crate::session::{Session, next_line};

/// Check people in: standard input has one token a line, standard output one decision a line.
///
/// A line is written only when its decision is stored. At the end of the input, badges that are
/// queued are printed and records brought to the server, for a few seconds at most.
#[derive(clap::Args)]
#[command(
    after_help = r#"A decision: {"decision":"admit","reason":null,"attendee":"...","fact":"LOG/SEQ","micros":412}

Examples:
  yingbin-desk --data /srv/k1 run --activity registration < tokens.txt
  yingbin-desk --data /srv/k1 run --rehearse 2023-09-26T07:30:00+08:00 --printer folder:/tmp/badges"#
)]
pub(crate) struct Run {
    #[command(flatten)]
    session: Session,
}

/// Longest part of a line that is looked at, in bytes: more than any pass, whatever its characters.
const LONGEST_LINE: usize = 4 * 513;

impl Run {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let all_stored = self.session.hold(data, decide_all)?;
        anyhow::ensure!(all_stored, "some decisions could not be stored; see above");
        Ok(ExitCode::SUCCESS)
    }
}

/// Decides line by line; tells whether every decision was stored.
fn decide_all(handle: &Handle) -> anyhow::Result<bool> {
    let mut input = io::stdin().lock();
    let mut all_stored = true;
    while let Some(line) = next_line(&mut input, LONGEST_LINE)? {
        if line.trim().is_empty() {
            continue;
        }
        let outcome = handle.decide(&line);
        let outcome = outcome.ok_or_else(|| anyhow::anyhow!("the desk has ended"))?;
        all_stored &= outcome.reason != Some(kiosk::desk::NOT_STORED);
        print_answer(&outcome)?;
        if outcome.reason == Some(kiosk::desk::SHUT_DOWN) {
            break;
        }
    }
    Ok(all_stored)
}
