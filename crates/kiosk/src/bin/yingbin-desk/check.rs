//! `check`: is everything that is stored whole?

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use kiosk::Station;
use serde::Serialize;

use crate::print_line;

/// Check the database, every log's chain and signatures, and what is derived from them.
///
/// Reads only, and works beside a running desk. Ends with 1 if anything is wrong.
#[derive(clap::Args)]
#[command(after_help = r#"Prints {"facts","logs","complaints","print_jobs","waiting"}.

Example:
  yingbin-desk --data /srv/k1 check"#)]
pub(crate) struct Check {}

#[derive(Serialize)]
struct Report {
    facts: u64,
    logs: u64,
    complaints: Vec<String>,
    print_jobs: BTreeMap<&'static str, u64>,
    waiting: u64,
}

impl Check {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::read(data)?;
        let findings = station.ledger.check(|id| station.policy.key_of(id))?;
        let jobs = station.ledger.count_jobs()?;
        let report = Report {
            facts: findings.facts,
            logs: findings.logs,
            complaints: findings.complaints,
            print_jobs: jobs.into_iter().map(|(state, count)| (state.name(), count)).collect(),
            waiting: station.ledger.waiting()?,
        };
        print_line(&report)?;
        for complaint in &report.complaints {
            eprintln!("yingbin-desk: {complaint}");
        }
        Ok(ExitCode::from(u8::from(!report.complaints.is_empty())))
    }
}
