//! Print jobs: `queued → sent → confirmed | unknown | failed`, apart from the check-in.
//!
//! One badge is in hand at a time. It is drawn first; only then is the job committed as `sent`, and
//! only then does the printer get it. So a queued job surely did not print, whatever crashed.

use std::time::Duration;

use ledger::LedgerError;
use ledger::jobs::{Job, JobId, JobState};

use crate::config::Confirm;
use crate::print::{Drawn, Order, Printed};

use super::stage::{Ended, Stage};
use super::{Desk, Effect, Now};

/// The sentence for a guest whose badge does not come.
pub(super) const PRINT_FAILED: &str = "print_failed";
/// How long a printer that could not print is left alone.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What the desk remembers of the printer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    in_hand: Option<JobId>,
    not_before: Duration,
}

impl Desk {
    /// Gives the printer the oldest job, if it has none.
    pub(super) fn feed_printer(&mut self, now: Now) {
        let ends = self.stopping || self.closed;
        if ends || self.paper.in_hand.is_some() || now.uptime < self.paper.not_before {
            return;
        }
        let order = match self.ledger.next_job(self.rehearsal) {
            Ok(None) => return,
            Ok(Some(job)) => self.order(&job, now),
            Err(error) => Err(error),
        };
        match order {
            Ok(Some(order)) => {
                self.paper.in_hand = Some(order.job);
                self.effects.push_back(Effect::Draw(Box::new(order)));
            }
            // The job cannot be printed at all; the next one has its turn with the next input.
            Ok(None) => {}
            Err(error) => self.pause(&error, now),
        }
    }

    /// Makes the order of a job; a person whom the roster lost, or never named, cannot be printed.
    fn order(&mut self, job: &Job, now: Now) -> Result<Option<Order>, LedgerError> {
        let known = self.ledger.person(job.attendee, self.rehearsal)?;
        let badge = known.and_then(|known| self.badge_of(&known.attendee));
        let Some((texts, template)) = badge else {
            tracing::error!(job = job.id.0, attendee = %job.attendee, "no badge can be made");
            self.give_up(job.id, now)?;
            return Ok(None);
        };
        let station: String = self.duty.station.chars().filter(|c| c.is_alphanumeric()).collect();
        // Several stations may print into one folder.
        let file = format!("badge-{station}-{:06}-{}.pdf", job.id.0, job.fact.seq.0);
        Ok(Some(Order { job: job.id, file, template, texts, picture: self.is_awaited(job.id) }))
    }

    pub(super) fn drawn(&mut self, job: JobId, drawn: Drawn, now: Now) {
        if self.stopping {
            // It stays queued, and prints at the next start.
            self.paper.in_hand = None;
            return;
        }
        let moved = match drawn {
            Drawn::Ready { picture } => self.send(job, picture, now),
            Drawn::Impossible(reason) => {
                tracing::error!(job = job.0, reason, "a badge cannot be drawn");
                self.paper.in_hand = None;
                self.give_up(job, now)
            }
        };
        if let Err(error) = moved {
            self.paper.in_hand = None;
            self.pause(&error, now);
        }
    }

    fn send(&mut self, job: JobId, drawn: bool, now: Now) -> Result<(), LedgerError> {
        match self.move_job(job, (JobState::Queued, JobState::Sent), now)? {
            true => self.effects.push_back(Effect::Print(job)),
            false => self.paper.in_hand = None,
        }
        if let Stage::Printing { job: shown, picture, .. } = &mut self.standing.stage
            && *shown == job
        {
            *picture = drawn;
        }
        Ok(())
    }

    /// Moves a job on, if it still is in the first state; returns whether it was.
    fn move_job(
        &mut self,
        job: JobId,
        (from, to): (JobState, JobState),
        now: Now,
    ) -> Result<bool, LedgerError> {
        self.write(|ledger, _| ledger.move_job(job, from, to, now.clock))
    }

    pub(super) fn printed(&mut self, job: JobId, outcome: Printed, now: Now) {
        self.paper.in_hand = None;
        let to = match &outcome {
            Printed::Confirmed => JobState::Confirmed,
            Printed::NotPrinted(reason) => {
                tracing::warn!(job = job.0, reason, "the printer did not print; trying again");
                self.paper.not_before = now.uptime.saturating_add(TRY_AGAIN_AFTER);
                JobState::Queued
            }
            Printed::Unknown(reason) => {
                tracing::error!(job = job.0, reason, "nobody can tell whether a badge printed");
                JobState::Unknown
            }
        };
        if let Err(error) = self.move_job(job, (JobState::Sent, to), now) {
            // It stays sent, and is in doubt at the next start.
            tracing::error!(job = job.0, %error, "cannot store what became of a badge");
        }
        match outcome {
            Printed::Confirmed => self.end_wait(job, Ended::Confirmed),
            Printed::Unknown(_) => self.end_wait(job, Ended::InDoubt),
            // The guest keeps waiting; the page asks after half a minute.
            Printed::NotPrinted(_) => {}
        }
    }

    fn end_wait(&mut self, job: JobId, how: Ended) {
        if let Stage::Printing { job: shown, ended, .. } = &mut self.standing.stage
            && *shown == job
        {
            *ended = Some(how);
        }
    }

    fn give_up(&mut self, job: JobId, now: Now) -> Result<(), LedgerError> {
        self.move_job(job, (JobState::Queued, JobState::Failed), now)?;
        if let Stage::Printing { welcome, job: shown, .. } = &self.standing.stage
            && *shown == job
        {
            let whose = welcome.attendee.clone();
            self.help(PRINT_FAILED, Some(&whose), now);
        }
        Ok(())
    }

    fn pause(&mut self, error: &LedgerError, now: Now) {
        tracing::error!(%error, "cannot print now; trying again");
        self.paper.not_before = now.uptime.saturating_add(TRY_AGAIN_AFTER);
    }

    /// Tells whether somebody stands in front of the screen and waits for this badge.
    fn is_awaited(&self, job: JobId) -> bool {
        let shown =
            matches!(&self.standing.stage, Stage::Printing { job: shown, .. } if *shown == job);
        shown && self.confirm == Confirm::ByTouch
    }

    /// Counts the badges that are neither printed nor given up.
    pub(super) fn open_jobs(&self) -> u64 {
        let counts = self.ledger.count_jobs().unwrap_or_default();
        let open = [JobState::Queued, JobState::Sent];
        open.iter().filter_map(|state| counts.get(state)).fold(0, |sum, n| sum.saturating_add(*n))
    }
}
