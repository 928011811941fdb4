//! Checking a ledger: is the file whole, are the logs, do the projections follow from the facts?

use std::collections::BTreeMap;

use admission::exchange::Head;
use admission::fact::{Body, Fact, NO_PREVIOUS, Sealed};
use admission::id::{AttendeeId, LogId, Seq, StationId};
use admission::presence::{self, Dossier};
use ed25519_dalek::VerifyingKey;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::error::LedgerError;
use crate::open::Ledger;
use crate::projections;
use crate::roster::digested;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Facts that were looked at.
    pub facts: u64,
    /// Logs that were looked at.
    pub logs: u64,
    /// What is wrong, a sentence each; empty means all is well.
    pub complaints: Vec<String>,
}

impl Ledger {
    /// Checks the database, every log's chain and signatures, and the projections.
    ///
    /// A log of a station whose key is not known here is checked without its signatures.
    ///
    /// # Errors
    /// [`LedgerError`] if the file cannot be read at all.
    pub fn check(
        &self,
        key_of: impl Fn(StationId) -> Option<VerifyingKey>,
    ) -> Result<Findings, LedgerError> {
        let mut findings = Findings {
            complaints: pages(&self.db, "PRAGMA integrity_check")?,
            ..Findings::default()
        };
        let mut heads = BTreeMap::new();
        self.for_each_fact(|sealed| -> Result<(), LedgerError> {
            findings.facts = findings.facts.saturating_add(1);
            if let Err(complaint) = follow(&sealed, &mut heads, &key_of) {
                findings.complaints.push(complaint);
            }
            Ok(())
        })?;
        findings.logs = u64::try_from(heads.len()).unwrap_or(u64::MAX);
        if heads != self.vector()?.0 {
            findings.complaints.push("the heads of the logs do not match the facts".to_owned());
        }
        if all_projections(&self.db)? != self.rebuilt()? {
            findings.complaints.push("the projections do not follow from the facts".to_owned());
        }
        findings.complaints.extend(rosters(&self.db)?);
        Ok(findings)
    }

    /// Looks at the pages of the file alone: soon done, for the start of a program.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] with what SQLite found first; others if the file cannot be read.
    pub fn quick_check(&self) -> Result<(), LedgerError> {
        match pages(&self.db, "PRAGMA quick_check")?.into_iter().next() {
            Some(found) => Err(LedgerError::Damaged(found)),
            None => Ok(()),
        }
    }

    /// Folds everybody's facts into empty projections in memory.
    fn rebuilt(&self) -> Result<Projections, LedgerError> {
        let scratch = Connection::open_in_memory()?;
        for table in PROJECTIONS.map(|(table, _)| table) {
            let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            let create: String = self.db.query_row(sql, params![table], |row| row.get(0))?;
            scratch.execute_batch(&create)?;
        }
        let mut facts: BTreeMap<(bool, AttendeeId), Vec<Fact>> = BTreeMap::new();
        self.for_each_fact(|sealed| -> Result<(), LedgerError> {
            // The walk above has complained about one that cannot be read.
            let Ok(fact) = sealed.read() else { return Ok(()) };
            let body = Body::of(&fact);
            for whom in presence::concerns(&fact, &body) {
                facts.entry((body.rehearsal, whom)).or_default().push(fact.clone());
            }
            Ok(())
        })?;
        for ((rehearsal, whom), facts) in facts {
            let after = presence::fold(whom, &facts);
            projections::write(&scratch, (rehearsal, whom), &Dossier::default(), &after)?;
        }
        all_projections(&scratch)
    }
}

/// Returns what one of SQLite's own checks complains about.
pub(crate) fn pages(db: &Connection, pragma: &str) -> Result<Vec<String>, LedgerError> {
    let mut check = db.prepare(pragma)?;
    let rows = check.query_map([], |row| row.get::<_, String>(0))?;
    let lines: Vec<String> = rows.collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Compares every scope's rows with the number and digest that were written with them.
fn rosters(db: &Connection) -> Result<Vec<String>, LedgerError> {
    // A scope that was forgotten (revision 0) is fetched whole again.
    let mut select = db.prepare("SELECT scope, rows, digest FROM scope WHERE revision > 0")?;
    let scopes = select.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    let scopes: Vec<(String, (u64, [u8; 32]))> = scopes.collect::<Result<_, _>>()?;
    let mut complaints = Vec::new();
    for (scope, written) in scopes {
        if digested(db, &scope)? != written {
            complaints.push(format!("the roster of {scope} is not what was written"));
        }
    }
    Ok(complaints)
}

/// Checks that a fact is the next of its log and its station's own.
pub(crate) fn follow(
    sealed: &Sealed,
    heads: &mut BTreeMap<LogId, Head>,
    key_of: &impl Fn(StationId) -> Option<VerifyingKey>,
) -> Result<(), String> {
    let fact = sealed.read().map_err(|error| format!("a stored fact is {error}"))?;
    let before = heads.get(&fact.log).copied();
    let before = before.unwrap_or(Head { seq: Seq(0), hash: NO_PREVIOUS });
    heads.insert(fact.log, Head { seq: fact.seq, hash: sealed.hash() });
    if fact.seq != before.seq.next() || fact.prev != before.hash {
        return Err(format!("fact {} does not follow from the one before it", fact.id()));
    }
    match key_of(fact.log.station()) {
        Some(key) => sealed.open(&key).map(|_| ()).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

type Projections = Vec<Vec<Value>>;

/// The tables that follow from the facts, and what to compare of them: a place where nobody is
/// left is as good as one where nobody ever was.
const PROJECTIONS: [(&str, &str); 4] = [
    ("dossier", "SELECT * FROM dossier ORDER BY 1, 2"),
    ("presence", "SELECT * FROM presence ORDER BY 1, 2, 3, 4, 5"),
    ("binding", "SELECT * FROM binding ORDER BY 1, 2, 3"),
    ("occupancy", "SELECT * FROM occupancy WHERE inside <> 0 ORDER BY 1, 2, 3, 4"),
];

fn all_projections(db: &Connection) -> Result<Projections, LedgerError> {
    let mut lines = Vec::new();
    for (_, sql) in PROJECTIONS {
        lines.extend(all_rows(db, sql)?);
    }
    Ok(lines)
}

fn all_rows(db: &Connection, sql: &str) -> Result<Projections, LedgerError> {
    let mut select = db.prepare(sql)?;
    let width = select.column_count();
    let rows = select.query_map([], |row| (0..width).map(|column| row.get(column)).collect())?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_that_was_changed_by_hand_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("l.db"), None).unwrap();
        let scope = "INSERT INTO scope (scope, revision, rows, digest) VALUES ('*', 1, 0, ?1)";
        let empty = admission::roster::digest(std::iter::empty());
        ledger.db.execute(scope, params![empty]).unwrap();
        assert_eq!(ledger.check(|_| None).unwrap().complaints, Vec::<String>::new());
        let row = "INSERT INTO attendee (scope, id, revision, row) VALUES ('*', ?1, 1, x'00')";
        ledger.db.execute(row, params![[7u8; 16]]).unwrap();
        let complaints = ledger.check(|_| None).unwrap().complaints;
        assert_eq!(complaints, ["the roster of * is not what was written"]);
    }
}
