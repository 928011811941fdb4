//! `review`: what a person has to look at, as JSON lines.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use admission::id::{AttendeeId, FactId, Slug, StationId};
use admission::review::{Doubt, Kind, Trace};
use admission::rule::Reason;
use jiff::tz::TimeZone;
use kiosk::{Station, duty};
use ledger::{Ledger, LedgerError};
use serde::Serialize;

/// Print what no station could know alone and a person has to decide, one doubt a line, the newest
/// first. Works beside a running desk.
///
/// A doubt ends when a steward settles it, or annuls what is wrong.
#[derive(clap::Args)]
#[command(
    after_help = r#"A doubt: {"doubt":"double_entry","because":null,"activity":"opening","people":[{"attendee","number","name","latin"}],
"traces":[{"fact","attendee","at","site","station"}],"facts":["LOG/SEQ","LOG/SEQ"]}
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

#[derive(Serialize)]
struct Line {
    doubt: Kind,
    because: Option<Reason>,
    activity: Option<Slug>,
    people: Vec<Who>,
    traces: Vec<Told>,
    facts: Vec<FactId>,
}

#[derive(Serialize)]
struct Who {
    attendee: AttendeeId,
    number: String,
    name: String,
    latin: String,
}

#[derive(Serialize)]
struct Told {
    fact: FactId,
    attendee: AttendeeId,
    at: String,
    site: Option<Slug>,
    /// Name of the station.
    station: Option<String>,
}

impl Review {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::read(data)?;
        station.ledger.hold_still()?;
        let teller = Teller {
            zone: duty::zone(&station.policy.convention)?,
            stations: stations(&station.ledger)?,
            ledger: &station.ledger,
            rehearsal: self.rehearsed,
        };
        let doubts = station.ledger.doubts(&station.policy.convention, self.rehearsed)?;
        let mut out = BufWriter::new(io::stdout().lock());
        for doubt in &doubts {
            serde_json::to_writer(&mut out, &teller.line(doubt)?)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        eprintln!("yingbin-desk: {} to look at", doubts.len());
        Ok(ExitCode::SUCCESS)
    }
}

/// Who knows the names.
struct Teller<'a> {
    ledger: &'a Ledger,
    zone: TimeZone,
    stations: BTreeMap<StationId, String>,
    rehearsal: bool,
}

fn stations(ledger: &Ledger) -> Result<BTreeMap<StationId, String>, LedgerError> {
    Ok(ledger.members()?.into_iter().map(|member| (member.id, member.name)).collect())
}

impl Teller<'_> {
    fn line(&self, doubt: &Doubt) -> Result<Line, LedgerError> {
        let mut people: Vec<AttendeeId> = Vec::new();
        for trace in &doubt.traces {
            if !people.contains(&trace.attendee) {
                people.push(trace.attendee);
            }
        }
        Ok(Line {
            doubt: doubt.kind,
            because: doubt.because,
            activity: doubt.part.as_ref().map(|(activity, _)| activity.clone()),
            people: people.into_iter().map(|whom| self.who(whom)).collect::<Result<_, _>>()?,
            traces: doubt.traces.iter().map(|trace| self.told(trace)).collect(),
            facts: doubt.facts(),
        })
    }

    /// Names somebody, as far as this station may know.
    fn who(&self, attendee: AttendeeId) -> Result<Who, LedgerError> {
        let known = self.ledger.person(attendee, self.rehearsal)?;
        let person = known.and_then(|known| known.attendee.person).unwrap_or_default();
        Ok(Who { attendee, number: person.number, name: person.name, latin: person.latin })
    }

    fn told(&self, trace: &Trace) -> Told {
        Told {
            fact: trace.mark.fact,
            attendee: trace.attendee,
            at: trace.mark.at.rfc3339_in(&self.zone),
            site: trace.site.clone(),
            station: self.stations.get(&trace.mark.fact.log.station()).cloned(),
        }
    }
}
