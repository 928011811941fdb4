//! Who is known to work in more than one copy of a folder: said to people, who end one of them.
//!
//! The server notes it of whoever asks, until a person has looked. A station notes it of its
//! neighbours and of itself, by what those say they hold, until the server has told its story: until
//! then nobody can say which copy's records are the log's, and those of the other are not taken.

use admission::exchange::{Left, Message, Sifted, Vector};
use admission::fact::{Body, Fact, Sealed};
use admission::id::{FactId, StationId};

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::{self, hash_of, own_log};
use crate::open::Ledger;

impl Ledger {
    /// Returns the stations whose folder works in more than one copy: at the server until a
    /// person has looked, at a station since the server told its story last.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn copied_stations(&self) -> Result<Vec<StationId>, LedgerError> {
        let sql = "SELECT station FROM copied WHERE /*its*/ true ORDER BY station";
        self.db.query(sql, &[], |row| row.get(0).map(StationId))
    }

    /// Notes that a station's folder worked in more than one copy, if what the station holds of its
    /// own log, or brought of it, does not go with what is held here, or facts of it had to move:
    /// what the server does.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read or written.
    pub fn note_copies(&mut self, question: &Message, sifted: &Sifted) -> Result<(), LedgerError> {
        let moved = |(_, fact): &(_, Fact)| {
            fact.log.station() == question.from && Body::moved_from(fact).is_some()
        };
        let copied = sifted.fresh.iter().any(moved)
            || brings_otherwise(&self.db, question, &sifted.left)?
            || holds_otherwise(&self.db, question.from, &question.vector)?;
        if copied { note(&self.db, question.from) } else { Ok(()) }
    }
}

/// Notes the same at a station, of a neighbour and of the station itself, by what the neighbour says
/// that it holds.
pub(crate) fn note_by(db: &Db, from: StationId, vector: &Vector) -> Result<(), LedgerError> {
    for station in [from, own_log(db)?.station()] {
        if holds_otherwise(db, station, vector)? {
            note(db, station)?;
        }
    }
    Ok(())
}

/// Notes it of a neighbour whose facts do not go on from those held here.
pub(crate) fn note_of(db: &Db, message: &Message, left: &[Left]) -> Result<(), LedgerError> {
    if brings_otherwise(db, message, left)? { note(db, message.from) } else { Ok(()) }
}

fn note(db: &Db, station: StationId) -> Result<(), LedgerError> {
    let sql = "INSERT INTO copied (/*key*/ station) VALUES (/*own*/ ?1) ON CONFLICT DO NOTHING";
    if db.execute(sql, &places![station.0])? > 0 {
        tracing::warn!(%station, "the folder of this station works in more than one copy");
    }
    Ok(())
}

/// Forgets it of one station.
pub(crate) fn settle(db: &Db, station: StationId) -> Result<(), LedgerError> {
    db.execute("DELETE FROM copied WHERE /*its*/ station = ?1", &places![station.0])?;
    Ok(())
}

/// Forgets it of all stations.
pub(crate) fn settle_all(db: &Db) -> Result<(), LedgerError> {
    db.execute("DELETE FROM copied WHERE /*its*/ true", &[])?;
    Ok(())
}

/// Tells whether logs of a station are other ones in a vector, as far as both go.
fn holds_otherwise(db: &Db, station: StationId, vector: &Vector) -> Result<bool, LedgerError> {
    for (log, head) in vector.0.iter().filter(|(log, _)| log.station() == station) {
        let held = hash_of(db, FactId { log: *log, seq: head.seq })?;
        if held.is_some_and(|hash| hash != head.hash) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells whether what a station brought of its own logs does not go on from what is held here.
fn brings_otherwise(db: &Db, message: &Message, left: &[Left]) -> Result<bool, LedgerError> {
    for left in left {
        let otherwise = match left {
            Left::Fork(fact) => fact.log.station() == message.from,
            Left::Gap(fact) if fact.log.station() == message.from => {
                is_elsewhere(db, *fact, message)?
            }
            _ => false,
        };
        if otherwise {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells whether a fact that a message brought has the next place of its log, and follows from
/// another fact than the one here. At any later place it follows from facts that are missing: this
/// ledger was restored from an older copy.
fn is_elsewhere(db: &Db, id: FactId, message: &Message) -> Result<bool, LedgerError> {
    let head = facts::head(db, id.log)?.filter(|head| head.seq.next() == id.seq);
    let Some(head) = head else { return Ok(false) };
    let brought = message.facts.iter().filter_map(|bytes| {
        Sealed::from_bytes(bytes.to_vec()).read().ok().filter(|fact| fact.id() == id)
    });
    Ok(brought.into_iter().any(|fact| fact.prev != head.hash))
}
