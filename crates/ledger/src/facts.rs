//! Facts: own ones recorded, others' kept. What they come to is folded by [`crate::projections`].

use admission::exchange::{Attachment, Head, MOST_FACTS, Run, Sifted, Vector};
use admission::fact::{Body, Confidence, Fact, Moment, NO_PREVIOUS, Sealed, seal};
use admission::id::{AttendeeId, FactHash, FactId, LogId, Seq, Slug};
use admission::time::{Hybrid, Millis};
use ed25519_dalek::SigningKey;
use rusqlite::{Connection, OptionalExtension, params};

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
        let (mut facts, mut job) = (Vec::new(), None);
        let mut folds = Folds::default();
        for draft in drafts {
            let fact = draft.at(log, head, moment);
            let sealed = seal(&fact, station);
            store(&tx, &sealed, &fact, &mut folds)?;
            if let Some(attachment) = &draft.attachment {
                attachments::put(&tx, attachment)?;
            }
            if let (Some(paper), Some(subject)) = (draft.badge, draft.subject) {
                job = Some(jobs::queue(&tx, fact.id(), (subject, paper.rehearsal), now)?);
            }
            head = Head { seq: fact.seq, hash: sealed.hash() };
            moment.hybrid = moment.hybrid.tick(now);
            facts.push(fact.id());
        }
        folds.fold(&tx)?;
        tx.commit()?;
        let fact = facts.first().copied().unwrap_or(FactId { log, seq: head.seq });
        Ok(Recorded { fact, job })
    }

    /// Stores facts that came from elsewhere and passed [`admission::exchange::sift`].
    ///
    /// # Errors
    /// [`LedgerError`]; then none of them is stored.
    pub fn keep(&mut self, sifted: &Sifted) -> Result<(), LedgerError> {
        let tx = self.write()?;
        keep(&tx, sifted)?;
        tx.commit()?;
        Ok(())
    }

    /// Returns how far every log is held.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn vector(&self) -> Result<Vector, LedgerError> {
        let mut select = self.db.prepare_cached("SELECT log, head, hash FROM log")?;
        let rows = select.query_map([], |row| {
            let head = Head { seq: Seq(row.get(1)?), hash: FactHash(row.get(2)?) };
            Ok((LogId(row.get(0)?), head))
        })?;
        Ok(Vector(rows.collect::<Result<_, _>>()?))
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
        let sql = "SELECT sealed FROM fact WHERE log = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        let mut select = self.db.prepare_cached(sql)?;
        let (mut facts, mut size) = (Vec::new(), 0usize);
        for run in runs {
            let room = i64::try_from(MOST_FACTS.saturating_sub(facts.len())).unwrap_or(0);
            let mut rows = select.query(params![run.log.0, run.after.0, room])?;
            while let Some(row) = rows.next()? {
                let bytes: Vec<u8> = row.get(0)?;
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
        let sql = "SELECT sealed FROM fact ORDER BY log, seq";
        let mut select = self.db.prepare_cached(sql).map_err(LedgerError::from)?;
        let mut rows = select.query([]).map_err(LedgerError::from)?;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            each(Sealed::from_bytes(row.get(0).map_err(LedgerError::from)?))?;
        }
        Ok(())
    }
}

pub(crate) fn own_log(db: &Connection) -> Result<LogId, LedgerError> {
    let bytes = setting::read(db, setting::OWN_LOG)?.ok_or(LedgerError::NotEnrolled)?;
    LogId::try_from(bytes.as_slice()).map_err(|error| LedgerError::Damaged(error.to_string()))
}

pub(crate) fn slug(text: &str) -> Result<Slug, LedgerError> {
    text.parse().map_err(|error: admission::id::BadId| LedgerError::Damaged(error.to_string()))
}

pub(crate) fn keep(db: &Connection, sifted: &Sifted) -> Result<(), LedgerError> {
    let mut folds = Folds::default();
    for (sealed, fact) in &sifted.fresh {
        store(db, sealed, fact, &mut folds)?;
    }
    folds.fold(db)
}

pub(crate) fn hash_of(db: &Connection, fact: FactId) -> Result<Option<FactHash>, LedgerError> {
    let sql = "SELECT sealed FROM fact WHERE log = ?1 AND seq = ?2";
    let mut select = db.prepare_cached(sql)?;
    let key = params![fact.log.0, fact.seq.0];
    let bytes: Option<Vec<u8>> = select.query_row(key, |row| row.get(0)).optional()?;
    Ok(bytes.map(|bytes| Sealed::from_bytes(bytes).hash()))
}

fn head(db: &Connection, log: LogId) -> Result<Option<Head>, LedgerError> {
    let mut select = db.prepare_cached("SELECT head, hash FROM log WHERE log = ?1")?;
    let head = select.query_row(params![log.0], |row| {
        Ok(Head { seq: Seq(row.get(0)?), hash: FactHash(row.get(1)?) })
    });
    Ok(head.optional()?)
}

/// Appends one fact to its log, and notes whose dossiers it changes.
pub(crate) fn store(
    db: &Connection,
    sealed: &Sealed,
    fact: &Fact,
    folds: &mut Folds,
) -> Result<(), LedgerError> {
    let insert = "INSERT INTO fact (log, seq, sealed) VALUES (?1, ?2, ?3)";
    db.prepare_cached(insert)?.execute(params![fact.log.0, fact.seq.0, sealed.bytes()])?;
    let advance = "INSERT INTO log (log, head, hash) VALUES (?1, ?2, ?3)
                   ON CONFLICT (log) DO UPDATE SET head = excluded.head, hash = excluded.hash";
    db.prepare_cached(advance)?.execute(params![fact.log.0, fact.seq.0, sealed.hash().0])?;
    if let Some(hash) = fact.attachment {
        attachments::want(db, hash)?;
    }
    folds.note(db, fact)
}

/// Reads the clocks: the hybrid one goes on from the last own fact and the latest that was seen.
fn moment(
    db: &Connection,
    last: FactId,
    (rehearsal, now): (bool, Millis),
) -> Result<Moment, LedgerError> {
    let last = last_hybrid(db, last, rehearsal)?;
    let met = if rehearsal { None } else { setting::read_number(db, setting::MET)? };
    let met = Hybrid(met.and_then(|met| u64::try_from(met).ok()).unwrap_or(0));
    let offset_ms = setting::read_number(db, setting::OFFSET_MS)?;
    let measured_at = setting::read_number(db, setting::CONTACT_AT)?;
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
fn last_hybrid(db: &Connection, last: FactId, rehearsal: bool) -> Result<Hybrid, LedgerError> {
    let mut select = db.prepare_cached("SELECT sealed FROM fact WHERE log = ?1 AND seq = ?2")?;
    let bytes: Option<Vec<u8>> =
        select.query_row(params![last.log.0, last.seq.0], |row| row.get(0)).optional()?;
    let Some(bytes) = bytes else {
        return Ok(Hybrid(0));
    };
    let last = Sealed::from_bytes(bytes).read();
    let last = last.map_err(|error| LedgerError::Damaged(error.to_string()))?;
    let same = Body::of(&last).rehearsal == rehearsal;
    Ok(if same { last.moment.hybrid } else { Hybrid(0) })
}

/// Notes the latest hybrid clock of real facts that came, so that own facts come after what was
/// known when they happened. One far ahead of `now` is stored like any other and drags nobody along.
pub(crate) fn meet(db: &Connection, sifted: &Sifted, now: Millis) -> Result<(), LedgerError> {
    let before = setting::read_number(db, setting::MET)?;
    let before = Hybrid(before.and_then(|met| u64::try_from(met).ok()).unwrap_or(0));
    let real = sifted.fresh.iter().filter(|(_, fact)| !Body::of(fact).rehearsal);
    let met = real.fold(before, |met, (_, fact)| met.meet(fact.moment.hybrid, now));
    if met == before {
        return Ok(());
    }
    setting::write_number(db, setting::MET, i64::try_from(met.0).unwrap_or(i64::MAX))
}
