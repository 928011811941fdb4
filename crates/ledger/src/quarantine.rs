//! Facts that are kept and not believed.
//!
//! They are stored, counted in the vector and sent on like any other, and stand in no `concern`, so no
//! fold ever reads them. Which ones they are follows from the facts and the membership list
//! ([`admission::authority`]); when a station's line changes, its facts are sorted anew.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use admission::authority::{Doubt, doubt};
use admission::exchange::Member;
use admission::fact::{Fact, Sealed};
use admission::id::{FactId, LogId, Seq, StationId};

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::membership::{self, logs_of};
use crate::open::Ledger;
use crate::projections::Folds;

impl Ledger {
    /// Returns every fact here that is not believed, with the code of the reason.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn quarantined(&self) -> Result<BTreeMap<FactId, String>, LedgerError> {
        let sql = "SELECT log, seq, doubt FROM quarantine WHERE /*its*/ true";
        let doubted = self.db.query(sql, &[], |row| {
            Ok((FactId { log: LogId(row.get(0)?), seq: Seq(row.get(1)?) }, row.get(2)?))
        })?;
        Ok(doubted.into_iter().collect())
    }
}

/// The lines of authors, each read once.
#[derive(Debug, Default)]
pub(crate) struct Authors {
    known: BTreeMap<StationId, Option<Member>>,
    only_looks: bool,
}

impl Authors {
    /// For one who changes nothing by what is said, so that nobody need wait.
    pub(crate) fn to_look() -> Authors {
        Authors { only_looks: true, ..Authors::default() }
    }

    /// Tells why a fact is not believed.
    pub(crate) fn doubt(&mut self, db: &Db, fact: &Fact) -> Result<Option<Doubt>, LedgerError> {
        let author = match self.known.entry(fact.log.station()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let station = *new.key();
                new.insert(match self.only_looks {
                    true => membership::member(db, station)?,
                    false => membership::author(db, station)?,
                })
            }
        };
        Ok(doubt(fact, author.as_ref()))
    }
}

/// Notes that a fact is not believed.
pub(crate) fn put(db: &Db, fact: FactId, doubt: Doubt) -> Result<(), LedgerError> {
    let sql = "INSERT INTO quarantine (/*key*/ log, seq, doubt) VALUES (/*own*/ ?1, ?2, ?3)
               ON CONFLICT (/*key*/ log, seq) DO UPDATE SET doubt = excluded.doubt";
    db.execute(sql, &places![fact.log.0, fact.seq.0, doubt.code()])?;
    Ok(())
}

/// Notes that a fact is believed, or gone.
pub(crate) fn remove(db: &Db, fact: FactId) -> Result<(), LedgerError> {
    let sql = "DELETE FROM quarantine WHERE /*its*/ log = ?1 AND seq = ?2";
    db.execute(sql, &places![fact.log.0, fact.seq.0])?;
    Ok(())
}

/// Counts the facts of a station that are not believed.
pub(crate) fn count(db: &Db, station: StationId) -> Result<u64, LedgerError> {
    let sql = "SELECT count(*) FROM quarantine WHERE /*its*/ log >= ?1 AND log <= ?2";
    let (first, last) = logs_of(station);
    db.one(sql, &places![first.0, last.0], |row| row.get(0))
}

/// Sorts a station's facts after its line in the membership list changed, and folds those whom it
/// concerns.
pub(crate) fn sort_anew(
    db: &Db,
    before: Option<&Member>,
    after: &Member,
) -> Result<(), LedgerError> {
    let sql = "SELECT sealed FROM fact WHERE /*its*/ log >= ?1 AND log <= ?2 ORDER BY log, seq";
    let (first, last) = logs_of(after.id);
    let mut moved = Vec::new();
    db.each(sql, &places![first.0, last.0], |row| -> Result<(), LedgerError> {
        let fact = Sealed::from_bytes(row.get(0)?).read();
        let fact = fact.map_err(|error| LedgerError::Damaged(error.to_string()))?;
        if doubt(&fact, before) != doubt(&fact, Some(after)) {
            moved.push(fact);
        }
        Ok(())
    })?;
    let mut folds = Folds::default();
    for fact in &moved {
        folds.forget(db, fact)?;
    }
    folds.note(db, moved.iter())?;
    folds.fold(db)
}
