//! Letting in what the rule asks about or refuses, making up, and undoing.

use admission::exchange::Direction;
use admission::fact::{Admission, Body, TripState, Visit, What};
use admission::id::{AttendeeId, FactId, Serial, Slug};
use admission::pass::{Authentic, BLANK, Pass, PassKind};
use admission::presence::NOBODY;
use admission::roster::{Attendee, Mode, Placing};
use admission::rule::{Act, Answered, Case, Caveat, Decision, Reason, Yes, answered};
use admission::time::Millis;
use ledger::LedgerError;
use ledger::case::Known;
use ledger::facts::{Draft, Recorded};

use crate::order::{Code, Done, Refused, refuse};
use crate::screen;

use super::super::door::{Guest, Judged};
use super::super::{Desk, Now, card};
use super::sentence;

/// Somebody whom a steward let in.
pub(in crate::desk) struct LetIn {
    pub(in crate::desk) attendee: Attendee,
    pub(in crate::desk) recorded: Recorded,
    /// How many facts were stored.
    facts: usize,
    /// The last reason of the rule that was overridden.
    overridden: Option<Reason>,
    /// What the admission did.
    pub(in crate::desk) act: Act,
    /// Where the person sits or rides here.
    pub(in crate::desk) placing: Placing,
    /// What the station cannot know about it.
    pub(in crate::desk) caveat: Option<Caveat>,
}

impl Desk {
    pub(super) fn let_in_by_order(
        &mut self,
        token: Option<Code>,
        attendee: Option<AttendeeId>,
        why: &Slug,
        now: Now,
    ) -> Result<Done, Refused> {
        let judged = match (token, attendee) {
            (Some(Code(token)), None) => self.judge(&token, now)?,
            (None, Some(id)) => self.judge_by_name(id, now)?,
            _ => return refuse(r#"say who it is: either "token" or "attendee""#),
        };
        let let_in = self.let_in_anyway(judged, (Yes::ToAll, why), now)?;
        let first = let_in.recorded.fact;
        let places = (0..let_in.facts).map_while(|step| u64::try_from(step).ok());
        Ok(Done {
            done: "let_in",
            attendee: Some(let_in.attendee.id),
            facts: places.map(|step| super::place_after(first, step)).collect(),
            prints: let_in.recorded.job.is_some(),
            overridden: let_in.overridden.map(Reason::code),
            since: match let_in.act {
                Act::Again(_, since) => Some(self.local(since)),
                Act::Enter | Act::Leave(_) => None,
            },
            placing: screen::Placing::of(&let_in.placing, self.duty.activity.collects),
            caveat: let_in.caveat,
            ..Done::default()
        })
    }

    /// Lets in whoever was judged: as the rule says, as it says once its questions are answered, or
    /// against it; all that only as far as the steward's yes goes.
    pub(in crate::desk) fn let_in_anyway(
        &mut self,
        judged: Judged,
        (yes, why): (Yes<'_>, &Slug),
        now: Now,
    ) -> Result<LetIn, Refused> {
        let (Some(guest), Some(case)) = (judged.guest, judged.case) else {
            return refuse(sentence(reason_of(&judged.decision)));
        };
        let answered = answered(*case.clone(), judged.decision, yes, now.clock);
        let caveat = answered.caveat(&case);
        let Answered { decision, moved, overridden } = answered;
        let trip = moved.then(|| TripState::Moved(case.post.bus.clone()));
        let placing = card::moved(card::placing_at(Some(&case)), trip.as_ref());
        let mut drafts: Vec<Draft> = Vec::new();
        if moved {
            let (visit, state) = (guest.visit.clone(), TripState::Moved(case.post.bus.clone()));
            drafts.push(self.draft(What::Noted { visit, state }, &guest.attendee));
        }
        let (draft, act) = match (decision, overridden) {
            (Decision::Admit(pleased), None) => (self.admission(&guest, &pleased), pleased.act),
            (_, Some(reason)) => self.override_rule(&guest, &case, (reason, why))?,
            (decision, None) => return refuse(sentence(reason_of(&decision))),
        };
        drafts.push(draft);
        // Whoever is in already makes no room fuller.
        let caveat = caveat.filter(|_| act == Act::Enter);
        let recorded = self.record(&drafts, now)?;
        let (attendee, facts) = (guest.attendee, drafts.len());
        Ok(LetIn { attendee, recorded, facts, overridden, act, placing, caveat })
    }

    /// Makes the fact that lets somebody in against the rule; whoever is in counts once.
    fn override_rule(
        &self,
        guest: &Guest,
        case: &Case,
        (reason, why): (Reason, &Slug),
    ) -> Result<(Draft, Act), Refused> {
        if reason == Reason::UnboundBlank {
            return refuse(sentence(reason));
        }
        let standing = case.attendee.as_ref();
        let presence = standing.and_then(|standing| standing.presence.as_ref());
        let presence = presence.filter(|_| standing.is_some_and(|standing| !standing.test));
        let open = presence.map_or(&[][..], |presence| &presence.open);
        let visit = guest.visit.clone();
        if case.post.direction == Direction::Out {
            let closes: Vec<FactId> = open.iter().map(|mark| mark.fact).collect();
            if closes.is_empty() {
                return refuse("nobody knows that this person is in: let out, nothing is recorded");
            }
            let what = What::Left { visit, closes: closes.clone() };
            return Ok((self.draft(what, &guest.attendee), Act::Leave(closes)));
        }
        let act = open.first().map_or(Act::Enter, |mark| Act::Again(mark.fact, mark.at));
        let collected = standing.is_some_and(|standing| standing.collected);
        let prints = case.activity.collects
            && act == Act::Enter
            && !collected
            && card::placing_at(Some(case)).seat.is_empty()
            && guest.kind == PassKind::Invitation;
        let again = open.first().map(|mark| mark.fact);
        let what = What::Overridden {
            admission: Admission { visit, pass: guest.shown(), again },
            reason: reason.code().to_owned(),
            why: why.clone(),
        };
        let badge = prints.then(|| self.paper());
        Ok((Draft { badge, ..self.draft(what, &guest.attendee) }, act))
    }

    /// Decides about somebody who was found by name, as if the right pass had been shown.
    pub(in crate::desk) fn judge_by_name(
        &self,
        id: AttendeeId,
        now: Now,
    ) -> Result<Judged, Refused> {
        let known = self.known(id)?;
        let mut judged = self.judge_pass(self.pass_of(&known)?, now)?;
        match &mut judged.guest {
            Some(guest) if guest.attendee.id == id => guest.by_name = true,
            Some(_) => return refuse(sentence(Reason::UnboundBlank)),
            None => return refuse(format!("{id} has no pass yet; replace the badge first")),
        }
        Ok(judged)
    }

    /// Returns what a person's pass for this door says.
    pub(super) fn pass_of(&self, known: &Known) -> Result<Authentic, LedgerError> {
        let Known { attendee, dossier } = known;
        let convention = &self.duty.convention;
        let collects = self.duty.activity.collects;
        let kind = if collects { PassKind::Invitation } else { PassKind::Badge };
        let number = convention.category(&attendee.category).map_or(0, |category| category.number);
        let mut bound = None;
        for serial in dossier.bound.iter().filter(|serial| !dossier.replaced.contains(serial)) {
            if bound.is_none() && !self.ledger.is_revoked(*serial)? {
                bound = Some(*serial);
            }
        }
        let (serial, number) = match bound {
            _ if collects && attendee.invitation != Serial([0; 16]) => {
                (attendee.invitation, number)
            }
            // Whose a blank is only facts tell.
            Some(serial) => (serial, BLANK),
            None => (attendee.badge, number),
        };
        let days = (convention.first_day, convention.days);
        let pass = Pass::new(kind, serial, number, attendee.revision, days)
            .map_err(|error| LedgerError::Damaged(error.to_string()))?;
        Ok(Authentic { pass, convention: convention.id })
    }

    pub(super) fn make_up(
        &mut self,
        id: AttendeeId,
        (real, leg): (Millis, Option<u8>),
        why: Slug,
        now: Now,
    ) -> Result<Done, Refused> {
        let known = self.known(id)?;
        let activity = &self.duty.activity;
        if real > now.clock {
            return refuse("that time is still to come");
        }
        if real < activity.doors_open {
            let opened = self.local(activity.doors_open);
            return refuse(format!("{} opened its doors at {opened} only", activity.id));
        }
        let visit = self.past_visit(real, leg, now)?;
        if let Some(there) = known.dossier.presence(&activity.id, visit.slot()) {
            let since = self.local(there.entry.at);
            return refuse(format!("{id} is signed in already, since {since}"));
        }
        let draft = self.draft(What::MadeUp { visit, real, why }, &known.attendee);
        self.store("make_up", Some(id), &[draft], now)
    }

    /// Names the part of the activity at a past time.
    fn past_visit(&self, real: Millis, leg: Option<u8>, now: Now) -> Result<Visit, Refused> {
        let day = self.duty.day(real);
        let is_trip = self.duty.activity.mode == Mode::Board;
        if leg.is_some() && !is_trip {
            return refuse(format!("{} has no legs", self.duty.activity.id));
        }
        let boards = match is_trip {
            true => {
                let trip = (&self.duty.activity.id, &self.duty.profile.bus);
                self.ledger.leg(trip.0, (day, trip.1), self.rehearsal)?
            }
            false => self.leg(now)?,
        };
        match leg {
            Some(leg) if leg > boards => refuse(format!("leg {leg} has not begun yet")),
            leg => Ok(self.visit(day, leg.unwrap_or(boards))),
        }
    }

    pub(super) fn annul(&mut self, id: FactId, why: Slug, now: Now) -> Result<Done, Refused> {
        let Some(fact) = self.ledger.fact(id)? else {
            return refuse(format!("no fact {id} is here"));
        };
        let body = Body::of(&fact);
        let other = match body.what {
            What::Refused { .. } => return refuse("a refusal counts nowhere; nothing to undo"),
            What::Annulled { .. } => {
                return refuse("an annulment stands; record anew what is true");
            }
            What::Unknown => return refuse("this station is too old to know what that fact says"),
            What::Substituted { other } => Some(other),
            _ => None,
        };
        let subject = fact.subject.unwrap_or(NOBODY);
        let is_tester = self.ledger.attendee(subject)?.is_some_and(|attendee| attendee.test);
        match (body.rehearsal, self.rehearsal) {
            (false, true) => {
                return refuse("that is a real record; a rehearsal undoes nothing real");
            }
            (true, false) if !is_tester => {
                return refuse("that was only rehearsed and counts nowhere; nothing to undo");
            }
            _ => {}
        }
        let about = self.ledger.facts_about(subject, body.rehearsal)?;
        let undoes = |what: What| matches!(what, What::Annulled { fact, .. } if fact == id);
        if about.iter().any(|fact| undoes(Body::of(fact).what)) {
            return refuse(format!("fact {id} is annulled already"));
        }
        let what = What::Annulled { fact: id, why, other };
        let body = Body { rehearsal: body.rehearsal, what: what.clone() };
        let draft = Draft { body, subject: fact.subject, ..self.draft_of_nobody(what) };
        let done = self.store("annul", fact.subject, &[draft], now)?;
        // Nobody is to get a badge for what did not happen.
        self.ledger.give_up_jobs_of(id, now.clock)?;
        Ok(done)
    }
}

/// The rule lets in nobody whom it does not know.
fn reason_of(decision: &Decision) -> Reason {
    decision.objection().unwrap_or(Reason::UnknownAttendee)
}
