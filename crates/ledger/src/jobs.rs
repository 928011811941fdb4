//! Print jobs: what should be printed, and how far it got.
//!
//! `queued → sent → confirmed | unknown | failed`. A job is `sent` before the first byte leaves, so
//! after a crash a queued job surely did not print and a sent one nobody can tell about. A queued job
//! is `cancelled` when the badge comes from another printer, and `held` when nobody waits for it any
//! more: then a steward orders it again.

use crate::db::{Db, Row, places};
use admission::id::{AttendeeId, FactId, LogId, Seq};
use admission::time::Millis;
use std::collections::BTreeMap;

use crate::error::LedgerError;
use crate::open::Ledger;

/// Number of a print job on its station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// How far a print job got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// Nothing was sent to a printer yet.
    Queued,
    /// On its way to the printer.
    Sent,
    /// The printer said that it printed.
    Confirmed,
    /// Nobody knows whether it printed; a person must look.
    Unknown,
    /// It surely did not print, and trying again does not help.
    Failed,
    /// It surely did not print, and its guest has gone: a steward orders it again.
    Held,
    /// It surely did not print here: the badge was ordered elsewhere, or came out there.
    Cancelled,
}

impl JobState {
    /// Returns the name in the database and in output.
    pub fn name(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Sent => "sent",
            JobState::Confirmed => "confirmed",
            JobState::Unknown => "unknown",
            JobState::Failed => "failed",
            JobState::Held => "held",
            JobState::Cancelled => "cancelled",
        }
    }

    fn from_name(name: &str) -> Result<JobState, LedgerError> {
        match name {
            "queued" => Ok(JobState::Queued),
            "sent" => Ok(JobState::Sent),
            "confirmed" => Ok(JobState::Confirmed),
            "unknown" => Ok(JobState::Unknown),
            "failed" => Ok(JobState::Failed),
            "held" => Ok(JobState::Held),
            "cancelled" => Ok(JobState::Cancelled),
            other => Err(LedgerError::Damaged(format!("print job state {other:?}"))),
        }
    }
}

/// A badge to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The admission that it belongs to.
    pub fact: FactId,
    /// Whose badge.
    pub attendee: AttendeeId,
    /// How far it got.
    pub state: JobState,
    /// When it was ordered, by this station's clock.
    pub made_at: Millis,
    /// Whether it is only rehearsed.
    pub rehearsal: bool,
}

impl Ledger {
    /// Returns the jobs of which nothing was sent, the oldest first; a rehearsal sees rehearsed ones
    /// only.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn queued_jobs(&self, rehearsal: bool) -> Result<Vec<Job>, LedgerError> {
        let sql =
            "SELECT id, fact_log, fact_seq, attendee, state, made_at, rehearsal FROM print_job
                   WHERE /*its*/ state = 'queued' AND rehearsal = ?1 ORDER BY id";
        self.db.query(sql, &places![rehearsal], job)
    }

    /// Returns a job.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, LedgerError> {
        let sql =
            "SELECT id, fact_log, fact_seq, attendee, state, made_at, rehearsal FROM print_job
                   WHERE /*its*/ id = ?1";
        self.db.first(sql, &places![id.0], job)
    }

    /// Returns every job in order of number.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn jobs(&self) -> Result<Vec<Job>, LedgerError> {
        let sql =
            "SELECT id, fact_log, fact_seq, attendee, state, made_at, rehearsal FROM print_job
                   WHERE /*its*/ true ORDER BY id";
        self.db.query(sql, &[], job)
    }

    /// Counts the jobs in each state; states without jobs are absent.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn count_jobs(&self) -> Result<BTreeMap<JobState, u64>, LedgerError> {
        let sql = "SELECT state, count(*) FROM print_job WHERE /*its*/ true GROUP BY state";
        let counts = self.db.query(sql, &[], |row| {
            Ok((JobState::from_name(&row.get::<String>(0)?)?, row.get(1)?))
        })?;
        Ok(counts.into_iter().collect())
    }

    /// Moves a job on, if it still is in state `from`; returns whether it was.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn move_job(
        &mut self,
        id: JobId,
        from: JobState,
        to: JobState,
        now: Millis,
    ) -> Result<bool, LedgerError> {
        let sql = "UPDATE print_job SET state = ?3, changed_at = ?4
                   WHERE /*its*/ id = ?1 AND state = ?2";
        let moved = self.db.execute(sql, &places![id.0, from.name(), to.name(), now.0])?;
        Ok(moved == 1)
    }

    /// Returns the last job about a person.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn job_of(
        &self,
        attendee: AttendeeId,
        rehearsal: bool,
    ) -> Result<Option<Job>, LedgerError> {
        let sql =
            "SELECT id, fact_log, fact_seq, attendee, state, made_at, rehearsal FROM print_job
                   WHERE /*its*/ attendee = ?1 AND rehearsal = ?2 ORDER BY id DESC LIMIT 1";
        self.db.first(sql, &places![attendee.0, rehearsal], job)
    }

    /// After a crash: what was on its way to a printer becomes `unknown`; returns which jobs were.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn doubt_sent_jobs(&mut self, now: Millis) -> Result<Vec<Job>, LedgerError> {
        let sent =
            "SELECT id, fact_log, fact_seq, attendee, state, made_at, rehearsal FROM print_job
                    WHERE /*its*/ state = 'sent' ORDER BY id";
        let tx = self.write()?;
        let jobs = tx.query(sent, &[], job)?;
        let sql = "UPDATE print_job SET state = 'unknown', changed_at = ?1
                   WHERE /*its*/ state = 'sent'";
        tx.execute(sql, &places![now.0])?;
        tx.commit()?;
        Ok(jobs)
    }
}

pub(crate) fn queue(
    db: &Db,
    fact: FactId,
    (attendee, rehearsal): (AttendeeId, bool),
    now: Millis,
) -> Result<JobId, LedgerError> {
    let sql = "INSERT INTO print_job
                 (/*key*/ fact_log, fact_seq, attendee, rehearsal, state, made_at, changed_at)
               VALUES (/*own*/ ?1, ?2, ?3, ?4, 'queued', ?5, ?5) RETURNING id";
    let row = &places![fact.log.0, fact.seq.0, attendee.0, rehearsal, now.0];
    db.one(sql, row, |row| row.get(0).map(JobId))
}

fn job(row: &Row<'_>) -> Result<Job, LedgerError> {
    Ok(Job {
        id: JobId(row.get(0)?),
        fact: FactId { log: LogId(row.get(1)?), seq: Seq(row.get(2)?) },
        attendee: AttendeeId(row.get(3)?),
        state: JobState::from_name(&row.get::<String>(4)?)?,
        made_at: Millis(row.get(5)?),
        rehearsal: row.get(6)?,
    })
}
