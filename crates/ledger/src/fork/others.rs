//! Forks of logs that are not written here: a copied folder told one story to a neighbour and another
//! to the server, or the server was restored and heard the other copy first.
//!
//! The server's story holds. Whoever holds the other one asks for the log from its beginning, keeps
//! what both agree on, and lays the rest aside in `branch`, byte for byte: the station that wrote it
//! records it anew elsewhere. Of an earlier log of this station, that is this one.

use std::collections::BTreeMap;

use admission::exchange::{Head, Left, Message, Sifted, Vector};
use admission::fact::{Fact, Sealed};
use admission::id::{FactId, LogId, Seq};
use ed25519_dalek::SigningKey;

use super::{cut, head_at, move_tail};
use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::{hash_of, own_log};
use crate::open::Ledger;

impl Ledger {
    /// Returns the facts that a fork took out of their logs, as they were sealed, in order of log
    /// and place.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn branches(&self) -> Result<Vec<Sealed>, LedgerError> {
        let sql = "SELECT sealed FROM branch WHERE /*its*/ true ORDER BY log, seq";
        self.db.query(sql, &[], |row| row.get(0).map(Sealed::from_bytes))
    }
}

/// Returns the logs that the server holds otherwise, and up to where both surely agree.
pub(crate) fn parted(db: &Db) -> Result<BTreeMap<LogId, Seq>, LedgerError> {
    let sql = "SELECT log, after FROM parted WHERE /*its*/ true";
    let logs = db.query(sql, &[], |row| Ok((LogId(row.get(0)?), Seq(row.get(1)?))))?;
    Ok(logs.into_iter().collect())
}

fn part(db: &Db, log: LogId, after: Seq) -> Result<(), LedgerError> {
    let sql = "INSERT INTO parted (/*key*/ log, after) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ log) DO UPDATE SET after = excluded.after";
    db.execute(sql, &places![log.0, after.0])?;
    Ok(())
}

fn join(db: &Db, log: LogId) -> Result<(), LedgerError> {
    db.execute("DELETE FROM parted WHERE /*its*/ log = ?1", &places![log.0])?;
    Ok(())
}

/// Says of logs that parted only what both surely agree on.
pub(super) fn speak(db: &Db, vector: &mut Vector) -> Result<(), LedgerError> {
    for (log, after) in parted(db)? {
        match head_at(db, FactId { log, seq: after })? {
            Some(head) => vector.0.insert(log, head),
            None => vector.0.remove(&log),
        };
    }
    Ok(())
}

/// Looks which logs of others the server holds otherwise than they are held here; returns whether
/// there are any.
///
/// Who no longer belongs is told nothing of others, and so has nothing to ask for.
pub(crate) fn find(db: &Db, letter: &Message, left: &[Left]) -> Result<bool, LedgerError> {
    let (known, own) = (parted(db)?, own_log(db)?);
    let mut theirs = letter.vector.clone();
    if letter.wipe.is_some() {
        theirs.0.retain(|log, _| log.station() == own.station());
    }
    for log in known.keys().filter(|log| !theirs.0.contains_key(log)) {
        join(db, *log)?;
    }
    let mut any = false;
    for (log, head) in theirs.0.iter().filter(|(log, _)| **log != own) {
        if known.contains_key(log) {
            // The server may have been put back to before the place where they parted.
            let agree = hash_of(db, FactId { log: *log, seq: head.seq })? == Some(head.hash);
            if agree {
                join(db, *log)?;
            }
            any |= !agree;
        } else if differs(db, (*log, *head), left)? {
            tracing::warn!(%log, "the server holds other facts in this log; asking for them");
            part(db, *log, Seq(0))?;
            any = true;
        }
    }
    Ok(any)
}

/// Tells whether the server has everything that it takes: of a neighbour's log of which it holds
/// another story it takes nothing more.
pub(crate) fn has_arrived(db: &Db, held: &Vector, theirs: &Vector) -> Result<bool, LedgerError> {
    let own = own_log(db)?.station();
    for run in held.lacking(theirs) {
        let head = theirs.0.get(&run.log).filter(|_| run.log.station() != own);
        let Some(head) = head else { return Ok(false) };
        if !differs(db, (run.log, *head), &[])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Tells whether the server's log is another one: at its last place, or, where it is longer, because
/// what it sent does not follow from what is here.
fn differs(db: &Db, (log, head): (LogId, Head), left: &[Left]) -> Result<bool, LedgerError> {
    let sql = "SELECT head, hash FROM log WHERE /*its*/ log = ?1";
    let held = db.first(sql, &places![log.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((seq, hash)): Option<(u64, [u8; 32])> = held else { return Ok(false) };
    if seq == head.seq.0 {
        return Ok(hash != head.hash.0);
    }
    if seq > head.seq.0 {
        let here = hash_of(db, FactId { log, seq: head.seq })?;
        return Ok(here.is_some_and(|here| here != head.hash));
    }
    let next = FactId { log, seq: Seq(seq).next() };
    Ok(left.contains(&Left::Gap(next)))
}

/// Compares the server's facts of logs that parted with those here: what both have is taken out of
/// `sifted`, and where they part, those here are laid aside. Returns whether it came closer.
pub(crate) fn settle(
    db: &Db,
    sifted: &mut Sifted,
    station: &SigningKey,
) -> Result<bool, LedgerError> {
    let mut closer = false;
    for (log, after) in parted(db)? {
        let (theirs, others) = sifted.fresh.drain(..).partition(|(_, fact)| fact.log == log);
        sifted.fresh = others;
        closer |= settle_one(db, (log, after), (theirs, sifted), station)?;
    }
    Ok(closer)
}

fn settle_one(
    db: &Db,
    (log, mut agreed): (LogId, Seq),
    (theirs, sifted): (Vec<(Sealed, Fact)>, &mut Sifted),
    station: &SigningKey,
) -> Result<bool, LedgerError> {
    let (before, any) = (agreed, !theirs.is_empty());
    let mut rest = theirs.into_iter().peekable();
    while let Some((sealed, fact)) = rest.peek() {
        if hash_of(db, fact.id())? != Some(sealed.hash()) {
            break;
        }
        agreed = fact.seq;
        rest.next();
    }
    if rest.peek().is_none() {
        part(db, log, agreed)?;
        return Ok(any && agreed != before);
    }
    let first = hash_of(db, FactId { log, seq: agreed.next() })?;
    let aside = cut(db, FactId { log, seq: agreed })?;
    tracing::warn!(%log, facts = aside.len(), "another story holds; these are laid aside");
    sifted.fresh.extend(rest);
    join(db, log)?;
    match first {
        Some(first) if log.station() == own_log(db)?.station() => {
            move_tail(db, log, (&aside, first), (station, sifted))?;
        }
        _ => {}
    }
    Ok(true)
}
