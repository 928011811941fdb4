//! Forks: two copies of one station's folder wrote one log.
//!
//! A disk was cloned, or an image was put back, and both copies worked. The log that the server
//! holds stays as it is. The other copy asks for the server's facts from the last place that both
//! agreed on, finds where they part, and goes on in a log of its own (a new epoch): what it recorded
//! after that place moves there, sealed anew, with its times and its order, and each fact names the
//! place where it stood first. The bytes as they were sealed first are kept in `branch`.
//! A copy that recorded nothing since takes the server's facts and goes on with the log.
//! So nothing is lost, nobody counts twice for what both copies had before they parted, and what
//! both did meets as what any two stations did.

use std::collections::{BTreeMap, BTreeSet};

use admission::exchange::{Head, Left, Sifted, Vector};
use admission::fact::{Body, Fact, NO_PREVIOUS, Sealed, seal};
use admission::id::{FactHash, FactId, LogId, Seq};
use ed25519_dalek::SigningKey;

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::{self, hash_of, own_log};
use crate::membership::logs_of;
use crate::open::Ledger;
use crate::projections::Folds;
use crate::{confirmed, setting};

pub(crate) mod copied;
pub(crate) mod others;

/// What an answer settled about a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// There was none.
    Nothing,
    /// The server sent nothing that would tell more.
    Standstill,
    /// The two agree further than was known.
    Closer,
    /// The own facts from where they part have moved to a new log.
    Moved,
}

impl Ledger {
    /// Tells whether the server holds other facts in this station's log, and it is not yet known
    /// where the two part.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn is_forked(&self) -> Result<bool, LedgerError> {
        Ok(setting::read_number(&self.db, setting::FORKED_AFTER)?.is_some())
    }

    /// Returns how many facts of this folder had to move, because another copy of it had worked.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn moved_facts(&self) -> Result<u64, LedgerError> {
        let (first, last) = logs_of(own_log(&self.db)?.station());
        let sql = "SELECT count(*) FROM branch WHERE /*its*/ log >= ?1 AND log <= ?2";
        self.db.one(sql, &places![first.0, last.0], |row| row.get(0))
    }

    /// Returns what to say that is held: of a log that forked, what both surely agree on.
    pub(crate) fn spoken(&self) -> Result<Vector, LedgerError> {
        let mut vector = self.vector()?;
        others::speak(&self.db, &mut vector)?;
        let Some(after) = forked_after(&self.db)? else { return Ok(vector) };
        let log = own_log(&self.db)?;
        match head_at(&self.db, FactId { log, seq: after })? {
            Some(head) => vector.0.insert(log, head),
            None => vector.0.remove(&log),
        };
        Ok(vector)
    }
}

fn forked_after(db: &Db) -> Result<Option<Seq>, LedgerError> {
    let after = setting::read_number(db, setting::FORKED_AFTER)?;
    Ok(after.map(|after| Seq(u64::try_from(after).unwrap_or(0))))
}

fn fork_after(db: &Db, after: Seq) -> Result<(), LedgerError> {
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    setting::write_number(db, setting::FORKED_AFTER, after)
}

fn head_at(db: &Db, fact: FactId) -> Result<Option<Head>, LedgerError> {
    Ok(hash_of(db, fact)?.map(|hash| Head { seq: fact.seq, hash }))
}

/// Looks whether the server holds a fact in the own log that is not the one here; from then on the
/// station asks for what the server has there.
pub(crate) fn find(db: &Db, theirs: &Vector) -> Result<Option<FactId>, LedgerError> {
    let log = own_log(db)?;
    let Some(theirs) = theirs.0.get(&log) else {
        setting::forget(db, setting::FORKED_AFTER)?;
        return Ok(None);
    };
    let fact = FactId { log, seq: theirs.seq };
    if hash_of(db, fact)? == Some(theirs.hash) {
        setting::forget(db, setting::FORKED_AFTER)?;
        return Ok(None);
    }
    if forked_after(db)?.is_none() {
        // What the server confirmed it held as it is here, unless it was restored since.
        let confirmed = confirmed::of(db, log)?;
        fork_after(db, if confirmed < theirs.seq { confirmed } else { Seq(0) })?;
    }
    Ok(Some(fact))
}

/// Compares the server's facts of the own log with those here, and moves ours if they part.
///
/// What both have is taken out of `sifted`; of the rest the server's stay in it, to be stored.
pub(crate) fn settle(
    db: &Db,
    sifted: &mut Sifted,
    station: &SigningKey,
) -> Result<Settled, LedgerError> {
    let Some(mut agreed) = forked_after(db)? else { return Ok(Settled::Nothing) };
    let log = own_log(db)?;
    let (theirs, others) = sifted.fresh.drain(..).partition(|(_, fact)| fact.log == log);
    sifted.fresh = others;
    let theirs: Vec<(Sealed, Fact)> = theirs;
    let mut parted = None;
    for (place, (sealed, fact)) in theirs.iter().enumerate() {
        if hash_of(db, fact.id())? != Some(sealed.hash()) {
            parted = Some(place);
            break;
        }
        agreed = fact.seq;
    }
    let Some(parted) = parted else {
        let next = FactId { log, seq: agreed.next() };
        if theirs.is_empty() && sifted.left.contains(&Left::Gap(next)) {
            // Not even there do both agree: the server was restored, and heard the other copy since.
            fork_after(db, Seq(0))?;
            return Ok(Settled::Closer);
        }
        fork_after(db, agreed)?;
        return Ok(if theirs.is_empty() { Settled::Standstill } else { Settled::Closer });
    };
    let first = hash_of(db, FactId { log, seq: agreed.next() })?;
    let tail = cut(db, FactId { log, seq: agreed })?;
    // The server's go on from the place where ours were cut off.
    sifted.fresh.splice(0..0, theirs.into_iter().skip(parted));
    setting::forget(db, setting::FORKED_AFTER)?;
    // Nothing was recorded here since the place where they part: the log goes on.
    let Some(first) = first else { return Ok(Settled::Closer) };
    move_tail(db, log, (&tail, first), (station, sifted))?;
    Ok(Settled::Moved)
}

/// Records what was cut off an own log again elsewhere.
fn move_tail(
    db: &Db,
    old: LogId,
    cut_off: (&[Fact], FactHash),
    (station, sifted): (&SigningKey, &mut Sifted),
) -> Result<(), LedgerError> {
    let written = continue_elsewhere(db, old, cut_off, station)?;
    // Another copy may have moved the same facts there before: what it has beyond comes next time.
    sifted.fresh.retain(|(_, fact)| !written.contains(&fact.log));
    Ok(())
}

/// Takes the facts after `last` out of their log, and keeps their bytes as a branch of it.
pub(crate) fn cut(db: &Db, last: FactId) -> Result<Vec<Fact>, LedgerError> {
    let sql = "SELECT sealed FROM fact WHERE /*its*/ log = ?1 AND seq > ?2 ORDER BY seq";
    let (log, after) = (last.log.0, last.seq.0);
    let key = &places![log, after];
    let tail = db.query(sql, key, |row| {
        let fact = Sealed::from_bytes(row.get(0)?).read();
        fact.map_err(|error| LedgerError::Damaged(error.to_string()))
    })?;
    let keep = "INSERT INTO branch (/*key*/ log, seq, sealed)
                SELECT /*key*/ log, seq, sealed FROM fact
                WHERE /*its*/ log = ?1 AND seq > ?2 ON CONFLICT DO NOTHING";
    db.execute(keep, key)?;
    db.execute("DELETE FROM fact WHERE /*its*/ log = ?1 AND seq > ?2", key)?;
    match head_at(db, last)? {
        Some(head) => {
            let sql = "UPDATE log SET head = ?2, hash = ?3 WHERE /*its*/ log = ?1";
            db.execute(sql, &places![log, head.seq.0, head.hash.0])?;
        }
        None => {
            db.execute("DELETE FROM log WHERE /*its*/ log = ?1", &places![log])?;
        }
    }
    let mut folds = Folds::default();
    for fact in &tail {
        folds.forget(db, fact)?;
    }
    folds.fold(db)?;
    Ok(tail)
}

/// Begins a new log of the same station and records the facts there again.
///
/// The first fact that moves names the log: if this folder is put back once more, or was copied with
/// these facts in it, they move to the same places and stay the same facts. Returns the logs that
/// were written to.
fn continue_elsewhere(
    db: &Db,
    old: LogId,
    (tail, first): (&[Fact], FactHash),
    station: &SigningKey,
) -> Result<BTreeSet<LogId>, LedgerError> {
    let mut written = BTreeSet::new();
    let mut head = Head { seq: Seq(0), hash: NO_PREVIOUS };
    let mut log = named_after(old, first);
    let mut names: BTreeMap<FactId, FactId> = BTreeMap::new();
    let mut facts = Vec::new();
    for was in tail {
        let renamed = |fact: FactId| names.get(&fact).copied().unwrap_or(fact);
        let body = Body::moved(was, renamed);
        let mut fact = Fact { log, seq: head.seq.next(), prev: head.hash, body, ..was.clone() };
        let mut sealed = seal(&fact, station);
        // A copy of this folder moved something else to this place: the two part here again.
        while hash_of(db, fact.id())?.is_some_and(|held| held != sealed.hash()) {
            log = named_after(old, sealed.hash());
            fact = Fact { log, seq: Seq(1), prev: NO_PREVIOUS, ..fact };
            sealed = seal(&fact, station);
        }
        if hash_of(db, fact.id())?.is_none() {
            facts.push((sealed.clone(), fact.clone()));
        }
        move_job(db, was.id(), fact.id())?;
        head = Head { seq: fact.seq, hash: sealed.hash() };
        names.insert(was.id(), fact.id());
        written.insert(log);
    }
    let mut folds = Folds::default();
    facts::store(db, &facts, &mut folds)?;
    folds.fold(db)?;
    // What goes on from an earlier log of this station is written as little as that one.
    if own_log(db)? == old {
        setting::write(db, setting::OWN_LOG, &log.0)?;
    }
    confirmed::forget(db, log)?;
    tracing::warn!(facts = tail.len(), %old, new = %log, "another copy of this folder has worked: \
                   this one goes on in a log of its own");
    Ok(written)
}

/// Names a log of the same station after the fact that begins it.
fn named_after(old: LogId, first: FactHash) -> LogId {
    let epoch = first.0.first_chunk().copied().unwrap_or_default();
    LogId::new(old.station(), epoch)
}

fn move_job(db: &Db, old: FactId, new: FactId) -> Result<(), LedgerError> {
    let sql = "UPDATE print_job SET fact_log = ?3, fact_seq = ?4
               WHERE /*its*/ fact_log = ?1 AND fact_seq = ?2";
    db.execute(sql, &places![old.log.0, old.seq.0, new.log.0, new.seq.0])?;
    Ok(())
}
