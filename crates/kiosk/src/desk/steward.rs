//! What the desk does when a steward gives an order.
//!
//! Every order is checked whole before anything is written, and what it writes is one transaction.
//! `entry` lets in and undoes, `people` registers, `badges` hands out and replaces, `review` settles
//! doubts, `trip` knows who rides along.

mod badges;
mod entry;
mod people;
mod review;
mod trip;

use admission::fact::{Body, What};
use admission::id::{AttendeeId, FactId, Seq};
use admission::roster::{Mode, Person, Status};
use admission::rule::{Decision, Reason, Yes};
use admission::time::Millis;
use ledger::LedgerError;
use ledger::case::Known;
use ledger::facts::{Draft, Recorded};

use crate::order::{Answer, Code, Done, Order, Refused, Whom, refuse};
use crate::scan::Token;

use super::door::Judged;
use super::{Desk, Now};

pub(super) use entry::LetIn;

impl Desk {
    /// Carries an order out; when this returns, what it did is stored.
    pub(super) fn obey(&mut self, order: Order, now: Now) -> Result<Answer, Refused> {
        if let Order::Scan { token: Code(token) } = order {
            return match token.is_blank() {
                true => refuse("the token is empty"),
                false => Ok(Answer::Scanned(self.answer_scan(&token, now))),
            };
        }
        if !self.duty.profile.is_staffed() {
            return refuse(
                "nobody works this station, so it takes no orders; add one with --role staff",
            );
        }
        let done = match order {
            Order::Scan { .. } => return refuse("a scan is no order"),
            Order::Missing {} => return self.missing(now).map(Answer::Missing),
            Order::Lists {} => {
                let lists = self.ledger.lists(self.list_clock(now))?.into();
                return Ok(Answer::Lists { done: "lists", lists });
            }
            Order::LetIn { token, attendee, why } => {
                self.let_in_by_order(token, attendee, &why, now)
            }
            Order::Annul { fact, why } => self.annul(fact.0, why, now),
            Order::MakeUp { attendee, at, why, leg } => {
                self.make_up(attendee, (at.0, leg), why, now)
            }
            Order::HandOut { token, attendee, proxy, by } => {
                let holder = self.holder(token, attendee, now)?;
                self.hand_out(&holder, (proxy, by), now)
            }
            Order::WalkIn { person, category, delegation, anyway } => {
                let yes = if anyway { Yes::ToAll } else { Yes::To(&[]) };
                self.walk_in(&person, (category, delegation), yes, now)
            }
            Order::Substitute { whom, person, attendee } => {
                self.substitute(whom, (person, attendee), now)
            }
            Order::Companion { principal, person, attendee, category } => {
                self.companion(principal, (person, attendee), category, now)
            }
            Order::Correct { attendee, person } => self.correct(attendee, &person, now),
            Order::Replace { attendee, why } => self.replace(attendee, why, now),
            Order::Reprint { attendee, why } => self.reprint(attendee, why, now),
            Order::Bind { token, attendee } => self.bind(&token.0, attendee, now),
            Order::Note { attendee, state, bus } => {
                self.note(attendee, state.with(bus.as_ref())?, now)
            }
            Order::Depart { heads } => self.depart(heads, now),
            Order::Settle { doubt, facts, outcome } => {
                let facts: Vec<_> = facts.into_iter().map(|place| place.0).collect();
                self.settle_doubt(doubt, &facts, outcome, now)
            }
        };
        done.map(Answer::Done)
    }

    /// Stores the facts of an order, all or none.
    fn store(
        &mut self,
        done: &'static str,
        attendee: Option<AttendeeId>,
        drafts: &[Draft],
        now: Now,
    ) -> Result<Done, Refused> {
        let Recorded { fact, job } = self.record(drafts, now)?;
        let places = (0..drafts.len()).map_while(|step| u64::try_from(step).ok());
        let facts = places.map(|step| place_after(fact, step)).collect();
        Ok(Done { done, attendee, facts, prints: job.is_some(), ..Done::default() })
    }

    /// Finds a person by id.
    fn known(&self, id: AttendeeId) -> Result<Known, Refused> {
        match self.ledger.person(id, self.rehearsal)? {
            Some(known) => Ok(known),
            None => refuse(format!("nobody here has the id {id}")),
        }
    }

    /// Finds a person who still comes.
    fn guest(&self, id: AttendeeId) -> Result<Known, Refused> {
        let known = self.known(id)?;
        if known.attendee.status == Status::Cancelled {
            return refuse(format!("{id} has called off; the server must take that back first"));
        }
        if let Some(other) = known.dossier.substitute {
            return refuse(format!("{other} comes instead of {id}"));
        }
        Ok(known)
    }

    /// Finds whom an order names, by a pass that is good or by id.
    fn holder(
        &self,
        token: Option<Code>,
        attendee: Option<AttendeeId>,
        now: Now,
    ) -> Result<Known, Refused> {
        match (token, attendee) {
            (Some(Code(token)), None) => self.guest_with(&token, now),
            (None, Some(id)) => self.guest(id),
            _ => refuse(r#"say who it is: either "token" or "attendee""#),
        }
    }

    /// Finds whom a field names that takes both.
    fn whom(&self, whom: Whom, now: Now) -> Result<Known, Refused> {
        match whom {
            Whom::Id(id) => self.guest(id),
            Whom::Pass(token) => self.guest_with(&token, now),
        }
    }

    fn guest_with(&self, token: &Token, now: Now) -> Result<Known, Refused> {
        let Judged { decision, guest, .. } = self.judge(token, now)?;
        let reason = match decision {
            Decision::Admit(_) => None,
            Decision::Refuse { reason, .. } | Decision::Ask { reason, .. } => Some(reason),
        };
        match (guest, reason.filter(|reason| is_about_the_pass(*reason))) {
            (Some(guest), None) => self.guest(guest.attendee.id),
            (_, reason) => refuse(sentence(reason.unwrap_or(Reason::UnknownAttendee))),
        }
    }

    /// Returns who somebody is; not every station may know.
    fn named(&self, known: &Known) -> Result<Person, Refused> {
        match &known.attendee.person {
            Some(person) => Ok(person.clone()),
            None => refuse(format!(
                "this station does not know the particulars of {}; ask the help desk",
                known.attendee.id
            )),
        }
    }

    /// Returns the leg that boards now; 0 where there are none.
    fn leg(&self, now: Now) -> Result<u8, LedgerError> {
        let (activity, bus) = (&self.duty.activity, &self.duty.profile.bus);
        match activity.mode {
            Mode::Board => {
                self.ledger.leg(&activity.id, (self.duty.day(now.clock), bus), self.rehearsal)
            }
            Mode::Once | Mode::Daily | Mode::Reentry => Ok(0),
        }
    }

    /// Refuses what makes sense on a trip only.
    fn require_trip(&self) -> Result<(), Refused> {
        match self.duty.activity.mode {
            Mode::Board => Ok(()),
            _ => refuse(format!("{} is no trip; nobody boards here", self.duty.activity.id)),
        }
    }

    /// Begins a fact that is about nobody.
    fn draft_of_nobody(&self, what: What) -> Draft {
        Draft {
            body: Body { rehearsal: self.rehearsal, what },
            subject: None,
            site: self.duty.site.clone(),
            badge: None,
            attachment: None,
        }
    }

    fn local(&self, at: Millis) -> String {
        at.rfc3339_in(&self.duty.zone)
    }
}

fn place_after(first: FactId, step: u64) -> FactId {
    FactId { seq: Seq(first.seq.0.saturating_add(step)), ..first }
}

/// Makes 16 bytes that nobody can guess.
fn random() -> Result<[u8; 16], Refused> {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => refuse("this machine has no randomness"),
    }
}

/// Tells whether a reason says that the pass proves nothing about its bearer.
fn is_about_the_pass(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NotOurs
            | Reason::NewerPass
            | Reason::UnknownKey
            | Reason::Forged
            | Reason::WrongConvention
            | Reason::Revoked
            | Reason::Replaced
            | Reason::UnboundBlank
            | Reason::Expired
            | Reason::UnknownAttendee
    )
}

/// Says why a pass names nobody who could be served.
fn sentence(reason: Reason) -> String {
    let told = match reason {
        Reason::NotOurs | Reason::NewerPass | Reason::Forged => {
            "this is not a pass that can be read"
        }
        Reason::UnknownKey | Reason::WrongConvention => "this is not a pass of this convention",
        Reason::Revoked | Reason::Expired => "this pass is valid no more; find the person by name",
        Reason::Replaced => "another pass came instead of this one; find the person by name",
        Reason::UnboundBlank => {
            "this badge has no person yet, or two: bind it, or replace the badge of whoever is here"
        }
        _ => "nobody here has this pass",
    };
    format!("{told} ({})", reason.code())
}

#[cfg(test)]
mod tests;
