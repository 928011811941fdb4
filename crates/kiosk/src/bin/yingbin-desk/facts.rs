//! `facts`: every record that is here, as JSON lines.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use admission::fact::{Body, Sealed};
use admission::id::{AttendeeId, FactHash, FactId, LogId, Seq, Slug};
use jiff::tz::TimeZone;
use kiosk::{Station, duty};
use ledger::LedgerError;
use serde::Serialize;

/// Print every record of every log that is here, one JSON object a line. Works beside a running desk.
///
/// A record with `quarantined` is kept and counts nowhere; the word says why.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  yingbin-desk --data /srv/k1 facts | tail -1")]
pub(crate) struct Facts {}

#[derive(Serialize)]
struct Line {
    log: LogId,
    seq: Seq,
    hash: FactHash,
    kind: &'static str,
    at: String,
    attendee: Option<AttendeeId>,
    activity: Option<Slug>,
    reason: Option<String>,
    rehearsal: bool,
    site: Slug,
    /// Where it stood first, if another copy of its station's folder took that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<FactId>,
    /// Why it is kept and not believed, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<String>,
}

impl Facts {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::read(data)?;
        let zone = duty::zone(&station.policy.convention)?;
        let mut out = BufWriter::new(io::stdout().lock());
        let doubts = station.ledger.quarantined()?;
        station.ledger.for_each_fact(|sealed| write_line(&sealed, &zone, &doubts, &mut out))?;
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Why a line is not written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("a stored fact is {0}; run check")]
    Fact(#[from] admission::fact::FactError),
    #[error(transparent)]
    Output(#[from] io::Error),
}

fn write_line(
    sealed: &Sealed,
    zone: &TimeZone,
    doubts: &BTreeMap<FactId, String>,
    out: &mut impl Write,
) -> Result<(), Unwritten> {
    let fact = sealed.read()?;
    let body = Body::of(&fact);
    let line = Line {
        log: fact.log,
        seq: fact.seq,
        hash: sealed.hash(),
        kind: Body::name_of(fact.kind),
        at: fact.moment.wall.rfc3339_in(zone),
        attendee: fact.subject,
        rehearsal: body.rehearsal,
        activity: body.visit().map(|visit| visit.activity.clone()),
        reason: body.reason().map(str::to_owned),
        was: Body::moved_from(&fact),
        quarantined: doubts.get(&fact.id()).cloned(),
        site: fact.site,
    };
    let mut bytes = serde_json::to_vec(&line).map_err(io::Error::from)?;
    bytes.push(b'\n');
    Ok(out.write_all(&bytes)?)
}
