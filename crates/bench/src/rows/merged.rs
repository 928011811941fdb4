//! What a server holds after a run: everything, and nothing twice.

use std::collections::BTreeMap;

use admission::exchange::Head;
use admission::id::LogId;

use crate::town::Town;

/// Compares a stopped server's ledger with the logs that were brought: how many facts it lacks, and
/// how many it has or counts twice.
pub fn count(town: &Town, heads: BTreeMap<LogId, Option<Head>>) -> anyhow::Result<(usize, usize)> {
    let ledger = town.folder.ledger_to_read()?;
    let vector = ledger.vector()?.0;
    let expected: u64 = heads.values().flatten().map(|head| head.seq.0).sum();
    let whole = heads.iter().filter(|(log, head)| vector.get(log).copied() == **head);
    let whole: u64 = whole.filter_map(|(_, head)| *head).map(|head| head.seq.0).sum();
    let findings = ledger.check()?;
    for complaint in &findings.complaints {
        eprintln!("    {complaint}");
    }
    anyhow::ensure!(findings.complaints.is_empty(), "the server's ledger does not add up");
    // Everybody was let in once, so every fact beyond one arrival each is one too many.
    let arrivals = ledger.arrivals(false)?.len();
    let doubled = usize::try_from(findings.facts)?.abs_diff(arrivals);
    Ok((usize::try_from(expected - whole)?, doubled))
}
