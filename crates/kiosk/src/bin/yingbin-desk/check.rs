//! `check`: is everything that is stored whole?

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use admission::id::FactId;
use kiosk::order::Lists;
use kiosk::{Clock, Station};
use ledger::{Ledger, LedgerError};
use serde::Serialize;

use crate::print_line;

/// Check the database, every log's chain and signatures, what is derived from them, and the key.
///
/// Reads only, and works beside a running desk. Ends with 1 if anything is wrong.
#[derive(clap::Args)]
#[command(
    after_help = r#"Prints {"facts","logs","complaints","print_jobs","waiting","moved","quarantined","lists"}; quarantined
has the records that are kept and count nowhere, and why; lists has the number of every list that
the station goes by, and how long ago the server confirmed them.

Example:
  yingbin-desk --data /srv/k1 check"#
)]
pub(crate) struct Check {}

/// What is wrong when the server holds other facts at places of this station's log.
const COPIED: &str = "another copy of this folder has worked as this station; connect it to the server \
                      (sync), and it goes on in a log of its own";

#[derive(Serialize)]
struct Report {
    facts: u64,
    logs: u64,
    complaints: Vec<String>,
    print_jobs: BTreeMap<&'static str, u64>,
    waiting: u64,
    /// Facts that moved to a log of their own, because another copy of this folder had worked.
    moved: u64,
    /// Facts that are kept and not believed, and why.
    quarantined: BTreeMap<FactId, String>,
    lists: Lists,
}

impl Check {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::read(data)?;
        station.ledger.hold_still()?;
        let findings = station.ledger.check(|id| station.ledger.key_of(id).ok().flatten())?;
        let jobs = station.ledger.count_jobs()?;
        let disputed = disputes(&station.ledger)?;
        let key = station.check_key(data).err().map(|error| error.to_string());
        let copied = station.ledger.is_forked()?.then(|| COPIED.to_owned());
        let found = findings.complaints.into_iter().chain(disputed);
        let complaints = key.into_iter().chain(found).chain(copied).collect();
        let report = Report {
            facts: findings.facts,
            logs: findings.logs,
            complaints,
            print_jobs: jobs.into_iter().map(|(state, count)| (state.name(), count)).collect(),
            waiting: station.ledger.waiting()?,
            moved: station.ledger.moved_facts()?,
            quarantined: station.ledger.quarantined()?,
            lists: station.ledger.lists(Clock::Machine.now())?.into(),
        };
        print_line(&report)?;
        for complaint in &report.complaints {
            eprintln!("yingbin-desk: {complaint}");
        }
        eprintln!("yingbin-desk: {}", told(&report.lists));
        Ok(ExitCode::from(u8::from(!report.complaints.is_empty())))
    }
}

/// Says which blanks two people have.
fn disputes(ledger: &Ledger) -> Result<Vec<String>, LedgerError> {
    let mut complaints = Vec::new();
    for serial in ledger.disputed_blanks(false)? {
        let whose: Vec<String> =
            ledger.bound_to(serial, false)?.iter().map(ToString::to_string).collect();
        complaints.push(format!(
            "one blank badge was given to {}: replace both badges",
            whose.join(" and to ")
        ));
    }
    Ok(complaints)
}

/// Says in one line how old every list is.
fn told(lists: &Lists) -> String {
    let parts: Vec<String> =
        lists.roster.iter().map(|(site, revision)| format!("{site} {revision}")).collect();
    let ages = &lists.seconds_ago;
    format!(
        "roster {} ({}), keys {} ({}), revocations {} ({}), policy {}; {} blanks left",
        parts.join(", "),
        confirmed(ages.roster),
        lists.key_set,
        confirmed(ages.key_set),
        lists.revocations,
        confirmed(ages.revocations),
        lists.policy,
        lists.blanks
    )
}

fn confirmed(seconds_ago: Option<u64>) -> String {
    match seconds_ago {
        Some(seconds) => format!("confirmed {seconds} s ago"),
        None => "never confirmed".to_owned(),
    }
}
