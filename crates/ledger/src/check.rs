//! Checking a ledger: is the file whole, are the logs, do the projections follow from the facts?

use std::collections::BTreeMap;

use admission::exchange::Head;
use admission::fact::{Body, Fact, NO_PREVIOUS, Sealed};
use admission::id::{AttendeeId, LogId, Seq, StationId};
use admission::presence::{self, Dossier};
use ed25519_dalek::VerifyingKey;

use crate::db::{Cell, Db, FromCell, Row};
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::projections::Changes;
use crate::quarantine::{self, Authors};
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
    /// A log of a station that is on no list here is checked without its signatures.
    ///
    /// # Errors
    /// [`LedgerError`] if the file cannot be read at all.
    pub fn check(&self) -> Result<Findings, LedgerError> {
        let (mut keys, mut broken) = (BTreeMap::new(), Vec::new());
        // Unpacked once: there are few stations and many facts.
        for (station, public) in self.publics()? {
            match VerifyingKey::from_bytes(&public) {
                Ok(key) => drop(keys.insert(station, key)),
                Err(_) => broken.push(format!("the key of station {station} is no key")),
            }
        }
        let mut findings = self.check_with(|station| keys.get(&station).copied())?;
        findings.complaints.extend(broken);
        Ok(findings)
    }

    /// The same, with the keys that are given.
    pub(crate) fn check_with(
        &self,
        key_of: impl Fn(StationId) -> Option<VerifyingKey>,
    ) -> Result<Findings, LedgerError> {
        let mut findings = Findings {
            complaints: self.db.pages("PRAGMA integrity_check")?,
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
        match self.db.pages("PRAGMA quick_check")?.into_iter().next() {
            Some(found) => Err(LedgerError::Damaged(found)),
            None => Ok(()),
        }
    }

    /// Folds everybody's facts into empty projections in memory.
    fn rebuilt(&self) -> Result<Projections, LedgerError> {
        let scratch = Ledger::in_memory()?;
        let mut facts: BTreeMap<(bool, AttendeeId), Vec<Fact>> = BTreeMap::new();
        let mut authors = Authors::to_look();
        self.for_each_fact(|sealed| -> Result<(), LedgerError> {
            // The walk above has complained about one that cannot be read.
            let Ok(fact) = sealed.read() else { return Ok(()) };
            if let Some(disbelief) = authors.disbelief(&self.db, &fact)? {
                return quarantine::put(&scratch.db, fact.id(), disbelief);
            }
            let body = Body::of(&fact);
            for whom in presence::concerns(&fact, &body) {
                facts.entry((body.rehearsal, whom)).or_default().push(fact.clone());
            }
            Ok(())
        })?;
        let mut changes = Changes::default();
        for (whose, facts) in facts {
            changes.note(whose, &Dossier::default(), presence::fold(whose.1, &facts));
        }
        changes.write(&scratch.db)?;
        all_projections(&scratch.db)
    }
}

/// Compares every scope's rows with the number and digest that were written with them.
fn rosters(db: &Db) -> Result<Vec<String>, LedgerError> {
    // A scope that was forgotten (revision 0) is fetched whole again.
    let sql = "SELECT scope, rows, digest FROM scope WHERE /*its*/ revision > 0 ORDER BY scope";
    let scopes: Vec<(String, (u64, [u8; 32]))> =
        db.query(sql, &[], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
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
        Some(key) => sealed.prove(&fact, &key).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

type Projections = Vec<Vec<Field>>;

/// One field of a projection.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Number(i64),
    Bytes(Vec<u8>),
}

impl FromCell for Field {
    fn from_cell(cell: Cell<'_>) -> Option<Field> {
        match cell {
            Cell::Number(number) => Some(Field::Number(number)),
            Cell::Text(bytes) | Cell::Bytes(bytes) => Some(Field::Bytes(bytes.to_vec())),
            Cell::Null => None,
        }
    }
}

/// What follows from the facts, with the number of columns: a place where nobody is left is as good
/// as one where nobody ever was. Sorted here, because databases sort texts each in their own way.
const PROJECTIONS: [(usize, &str); 5] = [
    (3, "SELECT rehearsal, attendee, dossier FROM dossier WHERE /*its*/ true"),
    (
        10,
        "SELECT rehearsal, attendee, activity, day, leg, entry_log, entry_seq, at, inside, repeats
         FROM presence WHERE /*its*/ true",
    ),
    (3, "SELECT rehearsal, serial, attendee FROM binding WHERE /*its*/ true"),
    (5, "SELECT rehearsal, activity, day, leg, inside FROM occupancy WHERE /*its*/ inside <> 0"),
    (3, "SELECT log, seq, disbelief FROM quarantine WHERE /*its*/ true"),
];

fn all_projections(db: &Db) -> Result<Projections, LedgerError> {
    let mut lines = Vec::new();
    for (width, sql) in PROJECTIONS {
        let fields = |row: &Row<'_>| (0..width).map(|column| row.get(column)).collect();
        let mut some: Projections = db.query(sql, &[], fields)?;
        some.sort();
        lines.extend(some);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::places;

    #[test]
    fn what_is_wrong_with_a_tree_is_told_in_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l.db");
        let ledger = Ledger::open(&file, None).unwrap();
        for name in 0..200u8 {
            crate::setting::write(&ledger.db, &name.to_string(), &[name; 1000]).unwrap();
        }
        drop(ledger);
        let mut bytes = std::fs::read(&file).unwrap();
        let end = bytes.len();
        bytes[end / 2..].fill(0x5A);
        std::fs::write(&file, bytes).unwrap();
        let found = Ledger::open_to_read(&file, None).unwrap().quick_check().unwrap_err();
        let found = found.to_string();
        assert!(found.lines().count() == 1 && found.contains("Tree"), "{found}");
    }

    #[test]
    fn a_roster_that_was_changed_by_hand_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("l.db"), None).unwrap();
        let scope = "INSERT INTO scope (scope, revision, rows, digest) VALUES ('*', 1, 0, ?1)";
        let empty = admission::roster::digest(std::iter::empty());
        ledger.db.execute(scope, &places![empty]).unwrap();
        assert_eq!(ledger.check().unwrap().complaints, Vec::<String>::new());
        let row = "INSERT INTO attendee (scope, id, revision, row) VALUES ('*', ?1, 1, x'00')";
        ledger.db.execute(row, &places![[7u8; 16]]).unwrap();
        let complaints = ledger.check().unwrap().complaints;
        assert_eq!(complaints, ["the roster of * is not what was written"]);
    }
}
