//! Badges that were said not to have come out before the station was started: their guests may have
//! got them elsewhere meanwhile, and nobody has told this station yet.
//!
//! Each of them waits until all is heard that the server knows, or a station of this site, or until its guest
//! shows the pass again. Where somebody stands by, it is enough that nobody answers for a while; at a
//! kiosk alone it is not, since a badge without its guest is of use to nobody.

use std::collections::BTreeSet;
use std::time::Duration;

use admission::exchange::Vector;
use admission::presence::BadgeWord;
use ledger::LedgerError;
use ledger::jobs::JobId;
use ledger::lan::Contact;

use super::{Desk, Now};

/// How long nobody is heard until nobody is taken to be there.
const NOBODY_AFTER: Duration = Duration::from_secs(30);

/// The badges that wait for word of others.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    jobs: BTreeSet<JobId>,
    since: Duration,
    /// What the one holds who spoke last: all is heard once that is here.
    there: Option<Vector>,
}

impl Desk {
    /// Finds the badges that are to wait, at the start.
    pub(super) fn wait_for_word(&mut self, now: Now) -> Result<(), LedgerError> {
        self.unheard.since = now.uptime;
        for job in self.ledger.queued_jobs(self.rehearsal)? {
            let dossier = self.ledger.dossier(job.attendee, self.is_rehearsed(&job))?;
            if dossier.badge.is_some_and(|badge| badge.word == BadgeWord::Open) {
                self.unheard.jobs.insert(job.id);
            }
        }
        Ok(())
    }

    /// Tells whether a badge waits for word of others.
    pub(super) fn is_unheard(&self, job: JobId) -> bool {
        self.unheard.jobs.contains(&job)
    }

    /// The guest shows the pass again, and has no badge.
    pub(super) fn is_asked_for(&mut self, job: JobId) {
        self.unheard.jobs.remove(&job);
    }

    /// The server spoke, or a station of this site, which has all this.
    pub(super) fn hears_from_one_with(&mut self, vector: &Vector) {
        if !self.unheard.jobs.is_empty() {
            self.unheard.there = Some(vector.clone());
        }
    }

    /// A station of this site is there; or this one listens itself.
    pub(super) fn hears_of(&mut self, contact: &Contact) {
        if self.ledger.own_log().is_ok_and(|own| own.station() != contact.station) {
            self.hears_from_one_with(&contact.vector);
        }
    }

    /// Lets badges go for which it was waited long enough, or of which somebody has told everything.
    pub(super) fn end_waiting_for_word(&mut self, now: Now) {
        if self.unheard.jobs.is_empty() {
            return;
        }
        let silence = now.uptime.saturating_sub(self.unheard.since);
        let nobody = silence >= NOBODY_AFTER && !self.is_alone();
        let all_here =
            |there: &Vector| self.ledger.vector().is_ok_and(|here| there.lacking(&here).is_empty());
        if nobody || self.unheard.there.as_ref().is_some_and(all_here) {
            self.unheard = Unheard::default();
        }
    }
}
