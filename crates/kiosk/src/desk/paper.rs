//! Print jobs: `queued → sent → confirmed | unknown | failed`, apart from the check-in.
//!
//! One badge is in hand at a time. It is drawn first; only then is the job committed as `sent`, and
//! only then does the printer get it. So a queued job surely did not print, whatever crashed.
//!
//! A badge that simply comes out is nobody else's affair, and neither is one that was given to a printer
//! that never tells: its guest is asked, and a second scan asks again. One that does not, or of which nobody knows,
//! is said in a fact, so that the guest gets it at any other station: that one orders it, and this one
//! cancels its job when it hears so; after a start it waits until it has heard (`unheard`). Where no
//! steward stands by, a job that is two minutes old prints no more: its guest has gone.

use std::time::Duration;

use admission::fact::{Body, MOVED, What};
use admission::id::{AttendeeId, FactId, Slug};
use admission::presence::{BadgeNews, BadgeWord, Dossier};
use admission::time::Millis;
use ledger::LedgerError;
use ledger::facts::{Draft, Recorded};
use ledger::jobs::{Job, JobId, JobState};

use crate::config::Confirm;
use crate::print::{Drawn, Order, Printed};

use super::stage::{Ended, Stage};
use super::{Desk, Effect, Now};

/// The sentence for a guest whose badge does not come.
pub(super) const PRINT_FAILED: &str = "print_failed";
/// The sentence for a guest whose badge did not come, long ago or elsewhere.
pub(super) const BADGE_OPEN: &str = "badge_open";
/// How long a printer that could not print is left alone.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How long a guest is taken to wait for a badge, in milliseconds.
pub(super) const WAITS_MS: i64 = 120_000;

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
        let order = match self.next_job(now) {
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

    /// Returns the oldest job that is to be printed here now.
    fn next_job(&mut self, now: Now) -> Result<Option<Job>, LedgerError> {
        for job in self.ledger.queued_jobs(self.rehearsal)? {
            let dossier = self.ledger.dossier(job.attendee, self.is_rehearsed(&job))?;
            let to = if self.is_elsewhere(&job, &dossier) {
                JobState::Cancelled
            } else if self.is_too_old(&job, now) {
                JobState::Held
            } else if self.is_unheard(job.id) {
                continue;
            } else {
                return Ok(Some(job));
            };
            tracing::warn!(job = job.id.0, state = to.name(), "a badge is not printed here");
            self.move_job(job.id, (JobState::Queued, to), now)?;
            if to == JobState::Held {
                self.say_open(&job, now);
            }
        }
        Ok(None)
    }

    /// Tells whether the badge comes, or came, from another station since this job was made.
    fn is_elsewhere(&self, job: &Job, dossier: &Dossier) -> bool {
        let Some(badge) = dossier.badge else { return false };
        let comes = match badge.word {
            BadgeWord::Out => Some(badge.mark),
            BadgeWord::Ordered | BadgeWord::Open => badge.ordered,
        };
        let made = self.ledger.fact(job.fact).ok().flatten().map(|fact| fact.moment.hybrid);
        comes.is_some_and(|mark| {
            let is_others = mark.fact.log.station() != job.fact.log.station();
            is_others && Some((mark.hybrid, mark.fact)) > made.map(|hybrid| (hybrid, job.fact))
        })
    }

    /// Tells whether nobody stands there any more, where no steward looks after what comes out.
    fn is_too_old(&self, job: &Job, now: Now) -> bool {
        self.is_alone() && now.clock.since(job.made_at) > WAITS_MS && !self.is_awaited(job.id)
    }

    /// Tells whether guests are alone with this station: no steward looks after what comes out.
    pub(super) fn is_alone(&self) -> bool {
        self.confirm == Confirm::ByTouch && !self.duty.profile.is_staffed()
    }

    /// Says to all stations that a badge has not come out, or that nobody knows, unless that was said.
    pub(super) fn say_open(&mut self, job: &Job, now: Now) {
        self.say_of_badge(job, What::Unprinted { of: job.fact }, now);
    }

    /// Says of every badge that waits behind one that does not come out: their guests, too, may get
    /// theirs elsewhere.
    pub(super) fn say_waiting_open(&mut self, now: Now) {
        match self.ledger.queued_jobs(self.rehearsal) {
            Ok(jobs) => jobs.iter().for_each(|job| self.say_open(job, now)),
            Err(error) => tracing::error!(%error, "which badges wait cannot be read"),
        }
    }

    /// Says that a badge came out, if something else was said before.
    fn say_out(&mut self, job: &Job, now: Now) {
        self.say_of_badge(job, What::Printed { of: job.fact }, now);
    }

    fn say_of_badge(&mut self, job: &Job, what: What, now: Now) {
        let rehearsal = self.is_rehearsed(job);
        let dossier = match self.ledger.dossier(job.attendee, rehearsal) {
            Ok(dossier) => dossier,
            Err(error) => return tracing::error!(job = job.id.0, %error, "a badge is not told of"),
        };
        let said = dossier.badge.map(|badge| badge.word);
        let is_new = match &what {
            What::Printed { .. } => !matches!(said, None | Some(BadgeWord::Out)),
            // What another station prints since is no longer this one's to tell of.
            _ => said != Some(BadgeWord::Open) && !self.is_elsewhere(job, &dossier),
        };
        if !is_new {
            return;
        }
        let draft = self.badge_draft(job.attendee, rehearsal, what);
        if let Err(error) = self.record(&[draft], now) {
            tracing::error!(job = job.id.0, %error, "a badge is not told of");
        }
    }

    /// Tells whether what ordered the badge counts nowhere: in a rehearsal, or of a test pass.
    pub(super) fn is_rehearsed(&self, job: &Job) -> bool {
        let fact = self.ledger.fact(job.fact).ok().flatten();
        fact.map_or(job.rehearsal, |fact| Body::of(&fact).rehearsal)
    }

    fn badge_draft(&self, subject: AttendeeId, rehearsal: bool, what: What) -> Draft {
        Draft {
            body: Body { rehearsal, what },
            subject: Some(subject),
            site: self.duty.site.clone(),
            badge: None,
            attachment: None,
        }
    }

    /// Orders a badge anew, from this station's printer: `of` ordered it before.
    pub(super) fn order_again(
        &mut self,
        (whom, rehearsal): (AttendeeId, bool),
        (of, why): (FactId, Slug),
        now: Now,
    ) -> Result<Recorded, LedgerError> {
        let draft = self.badge_draft(whom, rehearsal, What::Ordered { of, why });
        self.record(&[Draft { badge: Some(self.paper()), ..draft }], now)
    }

    /// Looks what is to be done for somebody who was registered before and shows a pass again: the
    /// badge may not have come out.
    pub(super) fn open_badge(
        &self,
        (whom, rehearsal): (AttendeeId, bool),
        now: Now,
    ) -> Result<OpenBadge, LedgerError> {
        let dossier = self.ledger.dossier(whom, rehearsal)?;
        if dossier.collected.is_some() {
            return Ok(OpenBadge::No);
        }
        let here = self.ledger.job_of(whom, self.rehearsal)?;
        let comes = |job: &&Job| matches!(job.state, JobState::Queued | JobState::Sent);
        if let Some(job) = here.as_ref().filter(comes) {
            return Ok(OpenBadge::Comes(job.id));
        }
        let Some(BadgeNews { word: BadgeWord::Open, mark, .. }) = dossier.badge else {
            let in_doubt = here.filter(|job| {
                let is_young = now.clock.since(job.made_at) <= WAITS_MS;
                job.state == JobState::Unknown && is_young && !self.is_elsewhere(job, &dossier)
            });
            return Ok(in_doubt.map_or(OpenBadge::No, |job| OpenBadge::Asks(job.id)));
        };
        let ordered = self.ordered_at(&dossier).unwrap_or(mark.at);
        match now.clock.since(ordered) <= WAITS_MS {
            true => Ok(OpenBadge::Prints(mark.fact)),
            false => Ok(OpenBadge::NeedsSomebody),
        }
    }

    /// Returns when somebody registered here.
    fn ordered_at(&self, dossier: &Dossier) -> Option<Millis> {
        let part = dossier.presences.get(&self.duty.activity.id)?;
        part.values().map(|presence| presence.entry.at).max()
    }

    /// Makes the order of a job; a person whom the roster lost, or never named, cannot be printed.
    fn order(&mut self, job: &Job, now: Now) -> Result<Option<Order>, LedgerError> {
        let known = self.ledger.person(job.attendee, self.rehearsal)?;
        let badge = known.and_then(|known| {
            let (texts, template) = self.badge_of(&known.attendee)?;
            Some((texts, template, known.attendee.category))
        });
        let Some((texts, template, category)) = badge else {
            tracing::error!(job = job.id.0, attendee = %job.attendee, "no badge can be made");
            self.give_up(job.id, now)?;
            return Ok(None);
        };
        let station: String = self.duty.station.chars().filter(|c| c.is_alphanumeric()).collect();
        // Several stations may print into one folder.
        let file = format!("badge-{station}-{:06}-{}.pdf", job.id.0, job.fact.seq.0);
        let picture = self.is_awaited(job.id);
        Ok(Some(Order { job: job.id, file, category, template, texts, picture }))
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
        let known = self.ledger.job(job).ok().flatten();
        let to = match &outcome {
            Printed::Confirmed => JobState::Confirmed,
            Printed::Given => JobState::Unknown,
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
        match (&outcome, known) {
            (Printed::Confirmed, Some(known)) => self.say_out(&known, now),
            // Most likely it came out: the guest is asked first.
            (Printed::Given, _) => {}
            (_, Some(known)) => self.say_open(&known, now),
            (_, None) => {}
        }
        if matches!(outcome, Printed::NotPrinted(_)) {
            self.say_waiting_open(now);
        }
        match outcome {
            Printed::Confirmed => self.end_wait(job, Ended::Confirmed),
            Printed::Given | Printed::Unknown(_) => self.end_wait(job, Ended::InDoubt),
            // Where nobody is sent on, the guest keeps waiting; the page asks after half a minute.
            Printed::NotPrinted(_) => self.let_go(now),
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
        if let Some(known) = self.ledger.job(job)? {
            self.say_open(&known, now);
        }
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

    /// The guest stands there without the badge: whoever orders it anew is to know so.
    pub(super) fn badge_is_missing(&mut self, job: JobId, now: Now) {
        match self.ledger.job(job) {
            Ok(Some(known)) => self.say_open(&known, now),
            Ok(None) => {}
            Err(error) => tracing::error!(job = job.0, %error, "a badge is not told of"),
        }
    }

    /// Cancels what still waits here for somebody whose badge is ordered anew.
    pub(super) fn cancel_own(&mut self, whom: AttendeeId, now: Now) -> Result<(), LedgerError> {
        if let Some(job) = self.ledger.job_of(whom, self.rehearsal)? {
            self.move_job(job.id, (JobState::Queued, JobState::Cancelled), now)?;
        }
        Ok(())
    }

    /// The guest has the badge of which the printer could not tell.
    pub(super) fn badge_is_here(&mut self, job: JobId, now: Now) {
        let moved = self.move_job(job, (JobState::Unknown, JobState::Confirmed), now);
        match (moved, self.ledger.job(job)) {
            (Ok(true), Ok(Some(known))) => self.say_out(&known, now),
            (Ok(_), Ok(_)) => {}
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(job = job.0, %error, "cannot store that a badge is here");
            }
        }
    }

    /// Tells whether somebody stands in front of the screen and waits for this badge.
    fn is_awaited(&self, job: JobId) -> bool {
        let shown =
            matches!(&self.standing.stage, Stage::Printing { job: shown, .. } if *shown == job);
        shown && self.confirm == Confirm::ByTouch
    }

    /// Tells whether this badge is being drawn or printed.
    pub(super) fn has_in_hand(&self, job: JobId) -> bool {
        self.paper.in_hand == Some(job)
    }

    /// Tells whether a badge is being drawn or printed.
    pub(super) fn is_printing(&self) -> bool {
        self.paper.in_hand.is_some()
    }

    /// Counts the badges that are neither printed nor given up.
    pub(super) fn open_jobs(&self) -> u64 {
        let counts = self.ledger.count_jobs().unwrap_or_default();
        let open = [JobState::Queued, JobState::Sent];
        open.iter().filter_map(|state| counts.get(state)).fold(0, |sum, n| sum.saturating_add(*n))
    }
}

/// What is known of the badge of somebody who was registered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenBadge {
    /// Nothing is open.
    No,
    /// This station is about to print it.
    Comes(JobId),
    /// It was given to a printer here that cannot tell: the guest is asked.
    Asks(JobId),
    /// Another was to print it and has not, as this fact says: it prints here.
    Prints(FactId),
    /// That was so long ago that a person must look.
    NeedsSomebody,
}

/// Why a badge is ordered here that was to come from elsewhere.
pub(super) fn moved() -> Option<Slug> {
    MOVED.parse().ok()
}
