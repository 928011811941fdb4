//! How far the server holds the logs of this station: all of them, because a station that had to
//! begin a new log may still have facts of the old one to bring.

use admission::exchange::Vector;
use admission::id::{LogId, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::LedgerError;
use crate::facts::own_log;
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
pub(crate) fn own_logs(db: &Connection) -> Result<Vec<(LogId, Seq)>, LedgerError> {
    let station = own_log(db)?.station();
    let (first, last) = (LogId::new(station, [0; 8]), LogId::new(station, [0xFF; 8]));
    let sql = "SELECT log, head FROM log WHERE log BETWEEN ?1 AND ?2 ORDER BY log";
    let mut select = db.prepare_cached(sql)?;
    let rows = select
        .query_map(params![first.0, last.0], |row| Ok((LogId(row.get(0)?), Seq(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns how far the server confirmed that it holds a log.
pub(crate) fn of(db: &Connection, log: LogId) -> Result<Seq, LedgerError> {
    let mut select = db.prepare_cached("SELECT seq FROM confirmed WHERE log = ?1")?;
    let seq = select.query_row(params![log.0], |row| row.get(0)).optional()?;
    Ok(Seq(seq.unwrap_or(0)))
}

/// Notes how far the server holds this station's logs; one that was restored may hold less than it
/// did.
pub(crate) fn note(db: &Connection, theirs: &Vector) -> Result<(), LedgerError> {
    let mut logs = own_logs(db)?.into_iter().map(|(log, _)| log).collect::<Vec<_>>();
    let own = own_log(db)?;
    if !logs.contains(&own) {
        logs.push(own);
    }
    let sql = "INSERT INTO confirmed (log, seq) VALUES (?1, ?2)
               ON CONFLICT (log) DO UPDATE SET seq = excluded.seq";
    let mut insert = db.prepare_cached(sql)?;
    for log in logs {
        insert.execute(params![log.0, theirs.seq(log).0])?;
    }
    Ok(())
}
