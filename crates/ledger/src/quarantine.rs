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
use rusqlite::{Connection, params};

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
        let mut select = self.db.prepare_cached("SELECT log, seq, doubt FROM quarantine")?;
        let rows = select.query_map([], |row| {
            Ok((FactId { log: LogId(row.get(0)?), seq: Seq(row.get(1)?) }, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The lines of authors, each read once.
#[derive(Debug, Default)]
pub(crate) struct Authors(BTreeMap<StationId, Option<Member>>);

impl Authors {
    /// Tells why a fact is not believed.
    pub(crate) fn doubt(
        &mut self,
        db: &Connection,
        fact: &Fact,
    ) -> Result<Option<Doubt>, LedgerError> {
        let author = match self.0.entry(fact.log.station()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let station = *new.key();
                new.insert(membership::member(db, station)?)
            }
        };
        Ok(doubt(fact, author.as_ref()))
    }
}

/// Notes that a fact is not believed.
pub(crate) fn put(db: &Connection, fact: FactId, doubt: Doubt) -> Result<(), LedgerError> {
    let sql = "INSERT INTO quarantine (log, seq, doubt) VALUES (?1, ?2, ?3)
               ON CONFLICT (log, seq) DO UPDATE SET doubt = excluded.doubt";
    db.prepare_cached(sql)?.execute(params![fact.log.0, fact.seq.0, doubt.code()])?;
    Ok(())
}

/// Notes that a fact is believed, or gone.
pub(crate) fn remove(db: &Connection, fact: FactId) -> Result<(), LedgerError> {
    let sql = "DELETE FROM quarantine WHERE log = ?1 AND seq = ?2";
    db.prepare_cached(sql)?.execute(params![fact.log.0, fact.seq.0])?;
    Ok(())
}

/// Counts the facts of a station that are not believed.
pub(crate) fn count(db: &Connection, station: StationId) -> Result<u64, LedgerError> {
    let sql = "SELECT count(*) FROM quarantine WHERE log >= ?1 AND log <= ?2";
    let (first, last) = logs_of(station);
    Ok(db.prepare_cached(sql)?.query_row(params![first.0, last.0], |row| row.get(0))?)
}

/// Sorts a station's facts after its line in the membership list changed, and folds those whom it
/// concerns.
pub(crate) fn sort_anew(
    db: &Connection,
    before: Option<&Member>,
    after: &Member,
) -> Result<(), LedgerError> {
    let sql = "SELECT sealed FROM fact WHERE log >= ?1 AND log <= ?2 ORDER BY log, seq";
    let mut select = db.prepare_cached(sql)?;
    let (first, last) = logs_of(after.id);
    let rows = select.query_map(params![first.0, last.0], |row| row.get(0))?;
    let mut moved = Vec::new();
    for sealed in rows {
        let fact = Sealed::from_bytes(sealed?).read();
        let fact = fact.map_err(|error| LedgerError::Damaged(error.to_string()))?;
        if doubt(&fact, before) != doubt(&fact, Some(after)) {
            moved.push(fact);
        }
    }
    let mut folds = Folds::default();
    for fact in &moved {
        folds.forget(db, fact)?;
        folds.note(db, fact)?;
    }
    folds.fold(db)
}
