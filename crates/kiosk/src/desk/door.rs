//! At the door: from a token to a decision, and the one transaction that makes it true.

use std::collections::HashMap;
use std::time::Duration;

use admission::fact::{Admission, Body, Visit, What};
use admission::id::{AttendeeId, FactId, Serial, Slug};
use admission::pass::{self, Authentic, PassKind};
use admission::roster::{Activity, Attendee};
use admission::rule::{self, Act, Case, Decision, Pleased, Reason, Yes, answered};
use admission::time::{Day, Millis};
use ledger::LedgerError;
use ledger::case::Door;
use ledger::clock::Clock;
use ledger::facts::{Draft, Paper, Recorded};

use crate::scan::Token;

use super::{Desk, Effect, Now, Outcome, Verdict};

/// How long the same refusal of the same pass is not recorded again.
const REPEAT_AFTER: Duration = Duration::from_secs(10);
/// The reason that is shown and answered when the ledger could not store a decision.
pub const NOT_STORED: &str = "not_stored";

/// What the door remembers from scan to scan.
#[derive(Debug, Default)]
pub(super) struct Doorkeeper {
    said: HashMap<(Serial, Slug, &'static str), Duration>,
    foreign: u64,
}

impl Doorkeeper {
    /// Tells whether the same was not said to the same pass a moment ago, and remembers it.
    fn is_new(&mut self, guest: &Guest, said: &'static str, uptime: Duration) -> bool {
        self.said.retain(|_, at| uptime.saturating_sub(*at) < REPEAT_AFTER);
        let key = (guest.serial, guest.visit.activity.clone(), said);
        match self.said.contains_key(&key) {
            true => false,
            false => self.said.insert(key, uptime).is_none(),
        }
    }

    /// Forgets what could not be stored.
    fn forget(&mut self, guest: &Guest, said: &'static str) {
        self.said.remove(&(guest.serial, guest.visit.activity.clone(), said));
    }
}

/// A decided scan; nothing of it is stored yet.
pub(super) struct Judged {
    /// What the rule says.
    pub(super) decision: Decision,
    /// Whose pass it is. Without one there is nobody whom a fact could be about.
    pub(super) guest: Option<Guest>,
    /// What the rule was asked, so that a steward can ask it otherwise; none for foreign codes.
    pub(super) case: Option<Box<Case>>,
}

/// A known person with an authentic pass.
pub(super) struct Guest {
    pub(super) attendee: Attendee,
    pub(super) serial: Serial,
    pub(super) kind: PassKind,
    /// Whether no pass was shown: somebody found the person by name.
    pub(super) by_name: bool,
    pub(super) visit: Visit,
}

impl Guest {
    /// Returns the pass that was shown.
    pub(super) fn shown(&self) -> Option<PassKind> {
        (!self.by_name).then_some(self.kind)
    }
}

impl Judged {
    /// Returns what the rule still objects when the steward's yes counts.
    pub(super) fn open_objection(&self, yes: Yes<'_>, now: Millis) -> Option<Reason> {
        let Some(case) = &self.case else { return self.decision.objection() };
        answered(*case.clone(), self.decision.clone(), yes, now).open_objection()
    }
}

impl Desk {
    /// Reads, gathers and decides; reads only.
    pub(super) fn judge(&self, token: &Token, now: Now) -> Result<Judged, LedgerError> {
        match pass::read(token.text(), &self.duty.keys) {
            Ok(pass) => self.judge_pass(pass, now),
            Err(error) => {
                let reason = Reason::from(&error);
                let decision = Decision::Refuse { reason, next: reason.instruction() };
                Ok(Judged { decision, guest: None, case: None })
            }
        }
    }

    /// Gathers and decides about a pass that is authentic; reads only.
    pub(super) fn judge_pass(&self, pass: Authentic, now: Now) -> Result<Judged, LedgerError> {
        let (serial, kind) = (pass.pass.serial(), pass.pass.kind());
        let door = self.door_at(now);
        let (case, attendee) = self.ledger.case(pass, &door)?;
        let decision = rule::decide(&case, now.clock);
        let visit = self.visit(door.today, case.post.leg);
        let guest =
            attendee.map(|attendee| Guest { attendee, serial, kind, by_name: false, visit });
        Ok(Judged { decision, guest, case: Some(Box::new(case)) })
    }

    /// Returns where and when a pass is shown here.
    pub(super) fn door_at(&self, now: Now) -> Door<'_> {
        Door {
            convention: &self.duty.convention,
            activity: &self.duty.activity,
            profile: &self.duty.profile,
            today: self.duty.day(now.clock),
            now: now.clock,
            list_now: self.list_clock(now),
            clock_is_set: self.clock_is_set,
            rehearsal: self.rehearsal,
        }
    }

    /// Returns the clock by which lists age. A rehearsal sets the other one to whatever it likes, and
    /// must not make an old list fresh for the real day.
    pub(super) fn list_clock(&self, now: Now) -> Millis {
        if self.rehearsal { Clock::Machine.now() } else { now.clock }
    }

    /// Names a part of what is checked in to here.
    pub(super) fn visit(&self, day: Day, leg: u8) -> Visit {
        let Activity { id, mode, .. } = &self.duty.activity;
        Visit { activity: id.clone(), day, mode: *mode, leg }
    }

    /// Stores an admission and its print job; after this returns, the screen may turn green.
    pub(super) fn admit(
        &mut self,
        guest: &Guest,
        pleased: &Pleased,
        now: Now,
    ) -> Result<Recorded, LedgerError> {
        if let Act::Again(entry, _) = &pleased.act
            && !self.door.is_new(guest, "again", now.uptime)
        {
            // The badge is still held in front of the scanner.
            return Ok(Recorded { fact: *entry, job: None });
        }
        self.record(&[self.admission(guest, pleased)], now)
    }

    /// Makes the fact that lets somebody in or out, with the badge that is due.
    pub(super) fn admission(&self, guest: &Guest, pleased: &Pleased) -> Draft {
        let (visit, pass) = (guest.visit.clone(), guest.shown());
        let what = match &pleased.act {
            Act::Enter => What::Admitted(Admission { visit, pass, again: None }),
            Act::Again(entry, _) => What::Admitted(Admission { visit, pass, again: Some(*entry) }),
            Act::Leave(closes) => What::Left { visit, closes: closes.clone() },
        };
        let badge = pleased.collects.then(|| self.paper());
        Draft { badge, ..self.draft(what, &guest.attendee) }
    }

    /// Stores a refusal, unless the same one was stored a moment ago; foreign codes are counted.
    pub(super) fn refuse(
        &mut self,
        guest: Option<&Guest>,
        reason: Reason,
        now: Now,
    ) -> Result<Option<FactId>, LedgerError> {
        let Some(guest) = guest else {
            self.door.foreign = self.door.foreign.saturating_add(1);
            tracing::debug!(reason = reason.code(), foreign = self.door.foreign, "foreign code");
            return Ok(None);
        };
        if !self.door.is_new(guest, reason.code(), now.uptime) {
            return Ok(None);
        }
        let (visit, pass) = (guest.visit.clone(), guest.kind);
        let what = What::Refused { visit, pass, reason: reason.code().to_owned() };
        let draft = self.draft(what, &guest.attendee);
        match self.record(&[draft], now) {
            Ok(recorded) => Ok(Some(recorded.fact)),
            Err(error) => {
                self.door.forget(guest, reason.code());
                Err(error)
            }
        }
    }

    /// Stores facts, and wakes the exchange.
    pub(super) fn record(&mut self, drafts: &[Draft], now: Now) -> Result<Recorded, LedgerError> {
        let recorded = self.write(|ledger, key| ledger.record_all(drafts, key, now.clock))?;
        self.effects.push_back(Effect::Wake);
        Ok(recorded)
    }

    /// Orders a badge.
    pub(super) fn paper(&self) -> Paper {
        Paper { rehearsal: self.rehearsal }
    }

    /// Begins a fact about a person; with a test pass nothing is meant in earnest.
    pub(super) fn draft(&self, what: What, attendee: &Attendee) -> Draft {
        let rehearsal = self.rehearsal || attendee.test;
        Draft {
            body: Body { rehearsal, what },
            subject: Some(attendee.id),
            site: self.duty.site.clone(),
            badge: None,
            attachment: None,
        }
    }
}

/// Makes the answer that commands print; called when everything is stored.
pub(super) fn outcome(
    token: &Token,
    (decision, reason): (Verdict, Option<&'static str>),
    attendee: Option<AttendeeId>,
    fact: Option<FactId>,
) -> Outcome {
    let micros = u64::try_from(token.read_at().elapsed().as_micros()).unwrap_or(u64::MAX);
    let (caveat, since, placing) = (None, None, None);
    Outcome { decision, reason, attendee, fact, caveat, since, placing, micros }
}
