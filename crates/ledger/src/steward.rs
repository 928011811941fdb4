//! What a steward asks of a ledger: one fact by its place, who may be expected, how old the lists
//! are. And how to look at it all at one moment.

use std::collections::BTreeSet;

use admission::exchange::HeldScope;
use admission::fact::Fact;
use admission::id::{AttendeeId, FactId};
use admission::roster::Attendee;
use admission::time::Millis;

use crate::db::places;
use crate::error::LedgerError;
use crate::jobs::JobState;
use crate::open::Ledger;
use crate::{facts, roster, setting};

/// The numbers of every list that a station goes by, and how long ago the server confirmed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Parts of the roster, each with the number of its state.
    pub roster: Vec<HeldScope>,
    /// Number of the set of issuing keys; 0 before the first.
    pub key_set: u64,
    /// Number of the revocation list; 0 is the empty one.
    pub revocations: u64,
    /// Number of the policy; 0 before the first.
    pub policy: u64,
    /// Milliseconds since the server confirmed the roster; none: never.
    pub roster_age_ms: Option<u64>,
    /// The same of the key set.
    pub key_set_age_ms: Option<u64>,
    /// The same of the revocation list.
    pub revocations_age_ms: Option<u64>,
    /// Blank badges that can still be bound.
    pub blanks: u64,
}

impl Ledger {
    /// Lets a reader see the file as it is now until the ledger is dropped, whatever its writer does
    /// meanwhile: a check that reads here and there must not find the two halves of a change.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn hold_still(&self) -> Result<(), LedgerError> {
        self.db.hold_still()
    }

    /// Does something that no other process may do at the same time, such as taking new people in;
    /// nothing if another does it now. Those who share a file lock a file beside it for that.
    ///
    /// # Errors
    /// What `work` returns, and [`LedgerError`] if the database cannot be asked.
    pub fn alone<T, E: From<LedgerError>>(
        &mut self,
        work: impl FnOnce(&mut Ledger) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        if !self.db.begin_alone()? {
            return Ok(None);
        }
        let done = work(self);
        self.db.end_alone()?;
        done.map(Some)
    }

    /// Finds a fact by its place; `None` if it is not here.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn fact(&self, id: FactId) -> Result<Option<Fact>, LedgerError> {
        // No log is that long, and SQLite cannot count so far.
        if i64::try_from(id.seq.0).is_err() {
            return Ok(None);
        }
        let fact = facts::sealed_at(&self.db, id)?.map(|sealed| sealed.read()).transpose();
        fact.map_err(|error| LedgerError::Damaged(error.to_string()))
    }

    /// Returns whom the roster lists by `is_listed`, and everybody of whom facts tell: walk-ins,
    /// substitutes and companions are on no list. In order of id.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn listed_or_known(
        &self,
        rehearsal: bool,
        is_listed: impl Fn(&Attendee) -> bool,
    ) -> Result<BTreeSet<AttendeeId>, LedgerError> {
        let sql = "SELECT attendee FROM dossier WHERE /*its*/ rehearsal = ?1";
        let known = self.db.query(sql, &places![rehearsal], |row| row.get(0).map(AttendeeId))?;
        let mut whom: BTreeSet<AttendeeId> = known.into_iter().collect();
        let sql = "SELECT row FROM attendee
                   WHERE /*its*/ scope IN (SELECT scope FROM scope WHERE /*its*/ true)";
        self.db.each(sql, &[], |row| -> Result<(), LedgerError> {
            let attendee = roster::decode(&row.get::<Vec<u8>>(0)?)?;
            if is_listed(&attendee) {
                whom.insert(attendee.id);
            }
            Ok(())
        })?;
        Ok(whom)
    }

    /// Returns the numbers and the age of every list.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn lists(&self, now: Millis) -> Result<Lists, LedgerError> {
        let policy = setting::read_number(&self.db, setting::POLICY_NUMBER)?.unwrap_or(0);
        Ok(Lists {
            roster: self.scopes()?,
            key_set: self.keys_number()?,
            revocations: self.revocations()?,
            policy: u64::try_from(policy).unwrap_or(0),
            roster_age_ms: self.age_of(setting::ROSTER_AT, now)?,
            key_set_age_ms: self.age_of(setting::KEYS_AT, now)?,
            revocations_age_ms: self.age_of(setting::REVOCATIONS_AT, now)?,
            blanks: u64::try_from(self.free_blanks()?.len()).unwrap_or(u64::MAX),
        })
    }

    fn age_of(&self, list: &str, now: Millis) -> Result<Option<u64>, LedgerError> {
        let at = setting::read_number(&self.db, list)?.map(Millis);
        Ok(at.and_then(|at| u64::try_from(now.since(at).max(0)).ok()))
    }

    /// Returns when the server had last confirmed every list: the time of the oldest, by this
    /// station's clock; none: one was never confirmed.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn lists_at(&self) -> Result<Option<Millis>, LedgerError> {
        let mut oldest = None;
        for list in [setting::ROSTER_AT, setting::KEYS_AT, setting::REVOCATIONS_AT] {
            let Some(at) = setting::read_number(&self.db, list)?.map(Millis) else {
                return Ok(None);
            };
            oldest = Some(oldest.map_or(at, |oldest: Millis| oldest.min(at)));
        }
        Ok(oldest)
    }

    /// Gives up the badges that were queued with a fact and of which nothing was sent yet.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be written.
    pub fn give_up_jobs_of(&mut self, fact: FactId, now: Millis) -> Result<(), LedgerError> {
        let jobs = self.jobs()?.into_iter();
        for job in jobs.filter(|job| job.fact == fact && job.state == JobState::Queued) {
            self.move_job(job.id, JobState::Queued, JobState::Failed, now)?;
        }
        Ok(())
    }
}
