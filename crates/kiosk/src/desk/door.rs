//! At the door: from a token to a decision, and the one transaction that makes it true.

use std::collections::HashMap;
use std::time::Duration;

use admission::fact::{Body, Scan};
use admission::id::{AttendeeId, FactId, Serial, Slug};
use admission::pass::{self, PassKind};
use admission::roster::Attendee;
use admission::rule::{self, Decision, Reason};
use admission::time::Day;
use ledger::LedgerError;
use ledger::case::Door;
use ledger::facts::Recorded;

use crate::scan::Token;

use super::{Desk, Effect, Now, Outcome, Verdict};

/// How long the same refusal of the same pass is not recorded again.
const REPEAT_AFTER: Duration = Duration::from_secs(10);
/// The reason that is shown and answered when the ledger could not store a decision.
pub const NOT_STORED: &str = "not_stored";

/// What the door remembers from scan to scan.
#[derive(Debug, Default)]
pub(super) struct Doorkeeper {
    refused: HashMap<(Serial, Slug, Reason), Duration>,
    foreign: u64,
}

impl Doorkeeper {
    /// Tells whether a refusal is to be recorded, and remembers it.
    fn is_new(&mut self, refusal: (Serial, Slug, Reason), uptime: Duration) -> bool {
        self.refused.retain(|_, at| uptime.saturating_sub(*at) < REPEAT_AFTER);
        match self.refused.contains_key(&refusal) {
            true => false,
            false => self.refused.insert(refusal, uptime).is_none(),
        }
    }
}

/// A decided scan; nothing of it is stored yet.
pub(super) struct Judged {
    /// Whether a badge is to be printed, or why not to let in.
    pub(super) answer: Result<Collects, Reason>,
    /// Whose pass it is. Without one there is nobody whom a fact could be about.
    pub(super) guest: Option<Guest>,
}

/// Whether an admission prints a badge.
pub(super) type Collects = bool;

/// A known person with an authentic pass.
pub(super) struct Guest {
    pub(super) attendee: Attendee,
    serial: Serial,
    kind: PassKind,
    day: Day,
}

impl Desk {
    /// Reads, gathers and decides; reads only.
    pub(super) fn judge(&self, token: &Token, now: Now) -> Result<Judged, LedgerError> {
        let pass = match pass::read(token.text(), &self.duty.keys) {
            Ok(pass) => pass,
            Err(error) => return Ok(Judged { answer: Err(Reason::from(&error)), guest: None }),
        };
        let (serial, kind) = (pass.pass.serial(), pass.pass.kind());
        let today = self.duty.day(now.clock);
        let door = Door {
            convention: &self.duty.convention,
            activity: &self.duty.activity,
            today,
            rehearsal: self.rehearsal,
        };
        let (case, attendee) = self.ledger.case(pass, &door)?;
        let answer = match rule::decide(&case, now.clock) {
            Decision::Admit { collects, .. } => Ok(collects),
            Decision::Refuse { reason, .. } => Err(reason),
        };
        let guest = attendee.map(|attendee| Guest { attendee, serial, kind, day: today });
        Ok(Judged { answer, guest })
    }

    /// Stores an admission and its print job; after this returns, the screen may turn green.
    pub(super) fn admit(
        &mut self,
        guest: &Guest,
        collects: Collects,
        now: Now,
    ) -> Result<Recorded, LedgerError> {
        let body = Body::Admitted(self.scan_of(guest));
        let draft = self.draft(body, guest.attendee.id, collects);
        let recorded = self.ledger.record(&draft, &self.key, now.clock)?;
        self.effects.push_back(Effect::Wake);
        Ok(recorded)
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
        let refusal = (guest.serial, self.duty.activity.id.clone(), reason);
        if !self.door.is_new(refusal, now.uptime) {
            return Ok(None);
        }
        let body = Body::Refused(self.scan_of(guest), reason.code().to_owned());
        let draft = self.draft(body, guest.attendee.id, false);
        let recorded = self.ledger.record(&draft, &self.key, now.clock)?;
        self.effects.push_back(Effect::Wake);
        Ok(Some(recorded.fact))
    }

    fn scan_of(&self, guest: &Guest) -> Scan {
        Scan {
            rehearsal: self.rehearsal,
            activity: self.duty.activity.id.clone(),
            day: guest.day,
            pass: guest.kind,
        }
    }
}

/// Makes the answer that commands print; called when everything is stored.
pub(super) fn outcome(
    token: &Token,
    reason: Option<&'static str>,
    attendee: Option<AttendeeId>,
    fact: Option<FactId>,
) -> Outcome {
    let decision = if reason.is_none() { Verdict::Admit } else { Verdict::Refuse };
    let micros = u64::try_from(token.read_at().elapsed().as_micros()).unwrap_or(u64::MAX);
    Outcome { decision, reason, attendee, fact, micros }
}
