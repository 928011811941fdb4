//! Print jobs: what should be printed, and how far it got.
//!
//! `queued → sent → confirmed | unknown | failed`. A job is `sent` before the first byte leaves, so
//! after a crash a queued job surely did not print and a sent one nobody can tell about.

use admission::id::{AttendeeId, FactId, LogId, Seq};
use admission::time::Millis;
use rusqlite::{Connection, OptionalExtension, Row, params};
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
        }
    }

    fn from_name(name: &str) -> Result<JobState, LedgerError> {
        match name {
            "queued" => Ok(JobState::Queued),
            "sent" => Ok(JobState::Sent),
            "confirmed" => Ok(JobState::Confirmed),
            "unknown" => Ok(JobState::Unknown),
            "failed" => Ok(JobState::Failed),
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
}

impl Ledger {
    /// Returns the oldest job that nothing was sent of; a rehearsal sees rehearsed ones only.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn next_job(&self, rehearsal: bool) -> Result<Option<Job>, LedgerError> {
        let sql = "SELECT id, fact_log, fact_seq, attendee, state FROM print_job
                   WHERE state = 'queued' AND rehearsal = ?1 ORDER BY id LIMIT 1";
        let mut select = self.db.prepare_cached(sql)?;
        select.query_row(params![rehearsal], raw).optional()?.map(job).transpose()
    }

    /// Returns a job.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, LedgerError> {
        let sql = "SELECT id, fact_log, fact_seq, attendee, state FROM print_job WHERE id = ?1";
        let mut select = self.db.prepare_cached(sql)?;
        select.query_row(params![id.0], raw).optional()?.map(job).transpose()
    }

    /// Returns every job in order of number.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn jobs(&self) -> Result<Vec<Job>, LedgerError> {
        let sql = "SELECT id, fact_log, fact_seq, attendee, state FROM print_job ORDER BY id";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map([], raw)?;
        rows.map(|row| job(row?)).collect()
    }

    /// Counts the jobs in each state; states without jobs are absent.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn count_jobs(&self) -> Result<BTreeMap<JobState, u64>, LedgerError> {
        let sql = "SELECT state, count(*) FROM print_job GROUP BY state";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        rows.map(|row| {
            let (name, count) = row?;
            Ok((JobState::from_name(&name)?, count))
        })
        .collect()
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
        let sql = "UPDATE print_job SET state = ?3, changed_at = ?4 WHERE id = ?1 AND state = ?2";
        let moved =
            self.db.prepare_cached(sql)?.execute(params![id.0, from.name(), to.name(), now.0])?;
        Ok(moved == 1)
    }

    /// After a crash: what was on its way to a printer becomes `unknown`; returns how many were.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn doubt_sent_jobs(&mut self, now: Millis) -> Result<usize, LedgerError> {
        let sql = "UPDATE print_job SET state = 'unknown', changed_at = ?1 WHERE state = 'sent'";
        Ok(self.db.prepare_cached(sql)?.execute(params![now.0])?)
    }
}

pub(crate) fn queue(
    db: &Connection,
    fact: FactId,
    (attendee, rehearsal): (AttendeeId, bool),
    now: Millis,
) -> Result<JobId, LedgerError> {
    let sql = "INSERT INTO print_job
                 (fact_log, fact_seq, attendee, rehearsal, state, made_at, changed_at)
               VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?5)";
    let key = (fact.log.0, fact.seq.0, attendee.0);
    db.prepare_cached(sql)?.execute(params![key.0, key.1, key.2, rehearsal, now.0])?;
    Ok(JobId(db.last_insert_rowid()))
}

type RawJob = (JobId, FactId, AttendeeId, String);

fn raw(row: &Row<'_>) -> Result<RawJob, rusqlite::Error> {
    let fact = FactId { log: LogId(row.get(1)?), seq: Seq(row.get(2)?) };
    Ok((JobId(row.get(0)?), fact, AttendeeId(row.get(3)?), row.get(4)?))
}

fn job((id, fact, attendee, state): RawJob) -> Result<Job, LedgerError> {
    Ok(Job { id, fact, attendee, state: JobState::from_name(&state)? })
}
