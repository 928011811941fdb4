//! How far the server holds the logs of this station: all of them, because a station that had to
//! begin a new log may still have facts of the old one to bring.

use admission::exchange::Vector;
use admission::id::{FactId, LogId, Seq};

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::{hash_of, own_log};
use crate::membership::logs_of;
use crate::open::Ledger;

impl Ledger {
    /// Returns how many own facts, of every log of this station, the server has not confirmed yet.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn waiting(&self) -> Result<u64, LedgerError> {
        let mut waiting = 0u64;
        for (log, head) in own_logs(&self.db)? {
            waiting = waiting.saturating_add(head.0.saturating_sub(of(&self.db, log)?.0));
        }
        Ok(waiting)
    }
}

/// Returns every log of this station that is here, and how far.
pub(crate) fn own_logs(db: &Db) -> Result<Vec<(LogId, Seq)>, LedgerError> {
    let (first, last) = logs_of(own_log(db)?.station());
    let sql = "SELECT log, head FROM log WHERE /*its*/ log >= ?1 AND log <= ?2 ORDER BY log";
    db.query(sql, &places![first.0, last.0], |row| Ok((LogId(row.get(0)?), Seq(row.get(1)?))))
}

/// Returns how far the server confirmed that it holds a log.
pub(crate) fn of(db: &Db, log: LogId) -> Result<Seq, LedgerError> {
    let sql = "SELECT seq FROM confirmed WHERE /*its*/ log = ?1";
    let seq = db.first(sql, &places![log.0], |row| row.get(0))?;
    Ok(Seq(seq.unwrap_or(0)))
}

/// Returns how far the server holds a log, if it holds it as it is here.
pub(crate) fn agreed(db: &Db, log: LogId, theirs: &Vector) -> Result<Option<Seq>, LedgerError> {
    let Some(head) = theirs.0.get(&log) else { return Ok(None) };
    let here = hash_of(db, FactId { log, seq: head.seq })?;
    Ok((here == Some(head.hash)).then_some(head.seq))
}

/// Notes how far the server holds this station's logs; one that was restored may hold less than it
/// did, or another story.
pub(crate) fn note(db: &Db, theirs: &Vector) -> Result<(), LedgerError> {
    let mut logs = own_logs(db)?;
    let own = own_log(db)?;
    if !logs.iter().any(|(log, _)| *log == own) {
        logs.push((own, Seq(0)));
    }
    let mut seqs = Vec::new();
    for (log, head) in logs {
        // Of a log that is longer there the rest is under way, and tells more.
        if theirs.seq(log) <= head {
            seqs.push((log, agreed(db, log, theirs)?.unwrap_or(Seq(0))));
        }
    }
    let sql = "INSERT INTO confirmed (/*key*/ log, seq) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ log) DO UPDATE SET seq = excluded.seq";
    let rows = seqs.iter().map(|(log, seq)| places![log.0, seq.0].to_vec());
    db.execute_all(sql, &rows.collect::<Vec<_>>())
}

/// Notes that the server held a log so far, by a word that may be an old one.
pub(crate) fn raise(db: &Db, log: LogId, seq: Seq) -> Result<(), LedgerError> {
    let sql = "INSERT INTO confirmed (/*key*/ log, seq) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ log) DO UPDATE SET seq = excluded.seq
               WHERE confirmed.seq < excluded.seq";
    db.execute(sql, &places![log.0, seq.0])?;
    Ok(())
}

/// Forgets how far the server holds a log, until it says so again.
pub(crate) fn forget(db: &Db, log: LogId) -> Result<(), LedgerError> {
    db.execute("DELETE FROM confirmed WHERE /*its*/ log = ?1", &places![log.0])?;
    Ok(())
}
