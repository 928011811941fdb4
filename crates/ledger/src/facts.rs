//! Facts: own ones recorded, others' kept. What they come to is folded by [`crate::projections`].

use std::collections::{BTreeMap, BTreeSet};

use admission::exchange::{Attachment, Head, MOST_FACTS, Run, Sifted, Vector};
use admission::fact::{Body, Confidence, Fact, Moment, NO_PREVIOUS, Sealed, seal};
use admission::id::{AttendeeId, FactHash, FactId, LogId, Seq, Slug};
use admission::time::{Hybrid, Millis};
use ed25519_dalek::SigningKey;

use crate::db::{Db, Row, places};
use crate::error::LedgerError;
use crate::jobs::{self, JobId};
use crate::open::Ledger;
use crate::projections::Folds;
use crate::{attachments, setting};

/// Most bytes of facts that one message carries.
const MOST_BYTES: usize = 256 * 1024;
/// A clock compared with the server's within this time counts as synced: one hour.
const SYNCED_FOR_MS: i64 = 60 * 60 * 1000;

/// Something that just happened, before it has its place in the log.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What.
    pub body: Body,
    /// Whom it is about; nobody for a departure.
    pub subject: Option<AttendeeId>,
    /// Where.
    pub site: Slug,
    /// The badge that is to be printed for it.
    pub badge: Option<Paper>,
    /// Particulars that travel beside it.
    pub attachment: Option<Attachment>,
}

/// A badge to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Whether it is printed in a rehearsal only.
    pub rehearsal: bool,
}

impl Draft {
    /// Gives the draft its place in a log.
    fn at(&self, log: LogId, head: Head, moment: Moment) -> Fact {
        Fact {
            log,
            seq: head.seq.next(),
            prev: head.hash,
            moment,
            kind: self.body.kind(),
            kind_version: 1,
            must_understand: false,
            site: self.site.clone(),
            subject: self.subject,
            body: self.body.bytes(),
            attachment: self.attachment.as_ref().map(Attachment::hash),
        }
    }
}

/// A fact that is durably stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place; of several, that of the first.
    pub fact: FactId,
    /// The print job that was queued with it.
    pub job: Option<JobId>,
}

impl Ledger {
    /// Begins the own log of a station; a ledger has one.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn begin_log(&mut self, log: LogId) -> Result<(), LedgerError> {
        setting::write(&self.db, setting::OWN_LOG, &log.0)
    }

    /// Returns the log that this ledger writes.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] before [`Ledger::begin_log`].
    pub fn own_log(&self) -> Result<LogId, LedgerError> {
        own_log(&self.db)
    }

    /// Seals a fact into the own log, folds it, and queues its print job: one transaction.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing of it is stored.
    pub fn record(
        &mut self,
        draft: &Draft,
        station: &SigningKey,
        now: Millis,
    ) -> Result<Recorded, LedgerError> {
        self.record_all(std::slice::from_ref(draft), station, now)
    }

    /// Records facts that belong together, in order: all of them or none.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing of them is stored.
    pub fn record_all(
        &mut self,
        drafts: &[Draft],
        station: &SigningKey,
        now: Millis,
    ) -> Result<Recorded, LedgerError> {
        let tx = self.write()?;
        let log = own_log(&tx)?;
        let mut head = head(&tx, log)?.unwrap_or(Head { seq: Seq(0), hash: NO_PREVIOUS });
        let rehearsal = drafts.first().is_some_and(|draft| draft.body.rehearsal);
        let mut moment = moment(&tx, FactId { log, seq: head.seq }, (rehearsal, now))?;
        let mut facts = Vec::new();
        for draft in drafts {
            let fact = draft.at(log, head, moment);
            let sealed = seal(&fact, station);
            head = Head { seq: fact.seq, hash: sealed.hash() };
            moment.hybrid = moment.hybrid.tick(now);
            facts.push((sealed, fact));
        }
        let mut folds = Folds::default();
        store(&tx, &facts, &mut folds)?;
        let mut job = None;
        for (draft, (_, fact)) in drafts.iter().zip(&facts) {
            if let Some(attachment) = &draft.attachment {
                attachments::put(&tx, attachment)?;
            }
            if let (Some(paper), Some(subject)) = (draft.badge, draft.subject) {
                job = Some(jobs::queue(&tx, fact.id(), (subject, paper.rehearsal), now)?);
            }
        }
        folds.fold(&tx)?;
        tx.commit()?;
        let fact = facts.first().map_or(FactId { log, seq: head.seq }, |(_, fact)| fact.id());
        Ok(Recorded { fact, job })
    }

    /// Stores facts that came from elsewhere and passed [`admission::exchange::sift`]; returns
    /// what is new and what is left by now, because others may have brought some meanwhile.
    ///
    /// # Errors
    /// [`LedgerError`]; then none of them is stored.
    pub fn keep(&mut self, sifted: Sifted) -> Result<Sifted, LedgerError> {
        let tx = self.db.write_beside()?;
        let held = held(&tx, &sifted)?;
        let sifted = sifted.against(&held);
        keep(&tx, &sifted)?;
        tx.commit()?;
        Ok(sifted)
    }

    /// Returns how far every log is held.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn vector(&self) -> Result<Vector, LedgerError> {
        let sql = "SELECT log, head, hash FROM log WHERE /*its*/ head > 0";
        let heads = self.db.query(sql, &[], |row| {
            let head = Head { seq: Seq(row.get(1)?), hash: FactHash(row.get(2)?) };
            Ok((LogId(row.get(0)?), head))
        })?;
        Ok(Vector(heads.into_iter().collect()))
    }

    /// Returns the hash of a fact; `None` if it is not here.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn hash_of(&self, fact: FactId) -> Result<Option<FactHash>, LedgerError> {
        hash_of(&self.db, fact)
    }

    /// Returns the facts of `runs` in order, as many as one message carries.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn facts_of(&self, runs: &[Run]) -> Result<Vec<Sealed>, LedgerError> {
        self.some_facts_of(runs, MOST_FACTS)
    }

    /// The same, at most so many.
    ///
    /// # Errors
    /// As [`Ledger::facts_of`].
    pub fn some_facts_of(&self, runs: &[Run], most: usize) -> Result<Vec<Sealed>, LedgerError> {
        let sql = "SELECT sealed FROM fact WHERE /*its*/ log = ?1 AND seq > ?2
                   ORDER BY seq LIMIT ?3";
        let (mut facts, mut size) = (Vec::new(), 0usize);
        for run in runs {
            let room = most.saturating_sub(facts.len());
            if room == 0 {
                break;
            }
            let key = &places![run.log.0, run.after.0, room];
            for bytes in self.db.query(sql, key, |row| row.get::<Vec<u8>>(0))? {
                size = size.saturating_add(bytes.len());
                if size > MOST_BYTES && !facts.is_empty() {
                    return Ok(facts);
                }
                facts.push(Sealed::from_bytes(bytes));
            }
        }
        Ok(facts)
    }

    /// Hands every fact that is here to `each`, in order of log and place.
    ///
    /// # Errors
    /// [`LedgerError`] if one cannot be read; whatever `each` returns ends the walk.
    pub fn for_each_fact<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(Sealed) -> Result<(), E>,
    ) -> Result<(), E> {
        // Some at a time: `each` may ask the database too, and all of them would fill the memory.
        let sql = "SELECT log, seq, sealed FROM fact WHERE /*its*/ (log, seq) > (?1, ?2)
                   ORDER BY log, seq LIMIT 1000";
        let (mut log, mut seq) = (Vec::new(), 0u64);
        loop {
            let some = self.db.query(sql, &places![log, seq], |row| {
                Ok((row.get(0)?, row.get(1)?, Sealed::from_bytes(row.get(2)?)))
            })?;
            if some.is_empty() {
                return Ok(());
            }
            for (its_log, its_seq, sealed) in some {
                (log, seq) = (its_log, its_seq);
                each(sealed)?;
            }
        }
    }
}

pub(crate) fn own_log(db: &Db) -> Result<LogId, LedgerError> {
    let bytes = setting::read(db, setting::OWN_LOG)?.ok_or(LedgerError::NotEnrolled)?;
    LogId::try_from(bytes.as_slice()).map_err(|error| LedgerError::Damaged(error.to_string()))
}

pub(crate) fn slug(text: &str) -> Result<Slug, LedgerError> {
    text.parse().map_err(|error: admission::id::BadId| LedgerError::Damaged(error.to_string()))
}

pub(crate) fn keep(db: &Db, sifted: &Sifted) -> Result<(), LedgerError> {
    let mut folds = Folds::default();
    store(db, &sifted.fresh, &mut folds)?;
    folds.fold(db)
}

/// Reads how far the logs of these facts are held, and keeps others from adding to them until the
/// transaction ends.
pub(crate) fn held(db: &Db, sifted: &Sifted) -> Result<Vector, LedgerError> {
    let logs: BTreeSet<LogId> = sifted.fresh.iter().map(|(_, fact)| fact.log).collect();
    let mut held = BTreeMap::new();
    for log in logs {
        let head = if db.is_shared() { Some(locked_head(db, log)?) } else { head(db, log)? };
        held.extend(head.filter(|head| head.seq.0 > 0).map(|head| (log, head)));
    }
    Ok(Vector(held))
}

/// Locks the row of a log, which is made if there is none.
fn locked_head(db: &Db, log: LogId) -> Result<Head, LedgerError> {
    let sql = "INSERT INTO log (/*key*/ log, head, hash) VALUES (/*own*/ ?1, 0, ?2)
               ON CONFLICT (/*key*/ log) DO UPDATE SET head = log.head RETURNING head, hash";
    db.one(sql, &places![log.0, NO_PREVIOUS.0], read_head)
}

fn read_head(row: &Row<'_>) -> Result<Head, LedgerError> {
    Ok(Head { seq: Seq(row.get(0)?), hash: FactHash(row.get(1)?) })
}

pub(crate) fn hash_of(db: &Db, fact: FactId) -> Result<Option<FactHash>, LedgerError> {
    Ok(sealed_at(db, fact)?.map(|sealed| sealed.hash()))
}

/// Returns a fact as it was sealed; `None` if it is not here.
pub(crate) fn sealed_at(db: &Db, fact: FactId) -> Result<Option<Sealed>, LedgerError> {
    let sql = "SELECT sealed FROM fact WHERE /*its*/ log = ?1 AND seq = ?2";
    db.first(sql, &places![fact.log.0, fact.seq.0], |row| row.get(0).map(Sealed::from_bytes))
}

/// Returns how far a log is held; `None` if it is not.
pub(crate) fn head(db: &Db, log: LogId) -> Result<Option<Head>, LedgerError> {
    db.first("SELECT head, hash FROM log WHERE /*its*/ log = ?1", &places![log.0], read_head)
}

/// Appends facts to their logs, and notes whose dossiers they change.
pub(crate) fn store(
    db: &Db,
    facts: &[(Sealed, Fact)],
    folds: &mut Folds,
) -> Result<(), LedgerError> {
    let sql = "INSERT INTO fact (/*key*/ log, seq, sealed) VALUES (/*own*/ ?1, ?2, ?3)";
    let rows =
        facts.iter().map(|(sealed, fact)| places![fact.log.0, fact.seq.0, sealed.bytes()].to_vec());
    db.execute_all(sql, &rows.collect::<Vec<_>>())?;
    // The last fact of each log is its head.
    let heads: BTreeMap<LogId, (Seq, FactHash)> =
        facts.iter().map(|(sealed, fact)| (fact.log, (fact.seq, sealed.hash()))).collect();
    let sql = "INSERT INTO log (/*key*/ log, head, hash) VALUES (/*own*/ ?1, ?2, ?3)
               ON CONFLICT (/*key*/ log)
               DO UPDATE SET head = excluded.head, hash = excluded.hash";
    for (log, (seq, hash)) in heads {
        db.execute(sql, &places![log.0, seq.0, hash.0])?;
    }
    for (_, fact) in facts {
        if let Some(hash) = fact.attachment {
            attachments::want(db, fact.id(), hash)?;
        }
    }
    folds.note(db, facts.iter().map(|(_, fact)| fact))
}

/// Reads the clocks: the hybrid one goes on from the last own fact and the latest that was seen.
fn moment(db: &Db, last: FactId, (rehearsal, now): (bool, Millis)) -> Result<Moment, LedgerError> {
    let last = last_hybrid(db, last, rehearsal)?;
    let met = if rehearsal { None } else { setting::read_number(db, setting::MET)? };
    let met = Hybrid(met.and_then(|met| u64::try_from(met).ok()).unwrap_or(0));
    let offset_ms = setting::read_number(db, setting::OFFSET_MS)?;
    let measured_at = setting::read_number(db, setting::OFFSET_AT)?;
    let age = measured_at.map(|at| now.since(Millis(at)));
    let confidence = match age {
        Some(0..=SYNCED_FOR_MS) => Confidence::Synced,
        Some(_) => Confidence::Drifted,
        None => Confidence::Unknown,
    };
    Ok(Moment {
        hybrid: last.max(met).tick(now),
        wall: now,
        offset_ms,
        offset_age_ms: age.and_then(|age| u64::try_from(age).ok()),
        confidence,
    })
}

/// Reads the hybrid clock of the last own fact. A rehearsal sets the clock to another day, so what
/// is real does not go on from what was rehearsed, nor the other way round.
fn last_hybrid(db: &Db, last: FactId, rehearsal: bool) -> Result<Hybrid, LedgerError> {
    let Some(sealed) = sealed_at(db, last)? else {
        return Ok(Hybrid(0));
    };
    let last = sealed.read();
    let last = last.map_err(|error| LedgerError::Damaged(error.to_string()))?;
    let same = Body::of(&last).rehearsal == rehearsal;
    Ok(if same { last.moment.hybrid } else { Hybrid(0) })
}

/// Notes the latest hybrid clock of real facts that came, so that own facts come after what was
/// known when they happened. One far ahead of `now` is stored like any other and drags nobody along.
pub(crate) fn meet(db: &Db, sifted: &Sifted, now: Millis) -> Result<(), LedgerError> {
    let before = setting::read_number(db, setting::MET)?;
    let before = Hybrid(before.and_then(|met| u64::try_from(met).ok()).unwrap_or(0));
    let real = sifted.fresh.iter().filter(|(_, fact)| !Body::of(fact).rehearsal);
    let met = real.fold(before, |met, (_, fact)| met.meet(fact.moment.hybrid, now));
    if met == before {
        return Ok(());
    }
    setting::write_number(db, setting::MET, i64::try_from(met.0).unwrap_or(i64::MAX))
}
