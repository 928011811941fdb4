//! Doubts: what stations could not know alone, and a person has to look at.
//!
//! Two stations without a network may both let in one pass; that is declared, and found when their
//! facts meet. A [`Doubt`] names the facts that raise it. It is a function of the set of facts, of
//! the roster and the revocation list, so all who hold the same list the same doubts, whatever came
//! first. It ends when one of its facts is annulled, or when a person has settled it by a fact of
//! kind 16 that names them all; one more admission raises it anew.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::fact::{Fact, MOST_LISTED, Slot, What};
use crate::id::{AttendeeId, FactId, Serial, Slug};
use crate::presence::{Dossier, Event, Mark, events};
use crate::roster::{Activity, Convention, Status};
use crate::rule::Reason;
use crate::time::Millis;

mod passes;

use passes::Passes;

/// What a doubt is about. The texts are part of the interface, and stand in facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person was let in twice to one part of an activity, by stations that did not know of each
    /// other.
    DoubleEntry,
    /// Somebody was let in whose pass opens nothing, or who does not come any more.
    AfterRevocation,
    /// More people are inside than there is room for: these came last.
    OverCapacity,
    /// A station speaks of somebody whom the roster does not have, and whom no desk registered.
    UnknownPass,
    /// A person was let in at two sites within less time than the way takes.
    ImpossibleTravel,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 5] = [
        Kind::DoubleEntry,
        Kind::AfterRevocation,
        Kind::OverCapacity,
        Kind::UnknownPass,
        Kind::ImpossibleTravel,
    ];

    /// Returns the name that facts, orders and screens use.
    pub fn code(self) -> &'static str {
        match self {
            Kind::DoubleEntry => "double_entry",
            Kind::AfterRevocation => "after_revocation",
            Kind::OverCapacity => "over_capacity",
            Kind::UnknownPass => "unknown_pass",
            Kind::ImpossibleTravel => "impossible_travel",
        }
    }
}

/// Something that a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What it is about.
    pub kind: Kind,
    /// Whom it is about; nobody alone where a room is too full.
    pub attendee: Option<AttendeeId>,
    /// Of an admission after a revocation, what had been decided.
    pub because: Option<Reason>,
    /// The part of an activity, where it is about one.
    pub part: Option<(Slug, Slot)>,
    /// What raises it, in order; a settlement has to name all of it.
    pub traces: Vec<Trace>,
}

/// One fact that raises a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The fact, and when.
    pub mark: Mark,
    /// Whom it is about.
    pub attendee: AttendeeId,
    /// Where; unknown where the convention has no such activity any more.
    pub site: Option<Slug>,
}

impl Doubt {
    /// Returns the facts that raise it, in order.
    pub fn facts(&self) -> Vec<FactId> {
        self.traces.iter().map(|trace| trace.mark.fact).collect()
    }

    /// Returns when the last of them happened.
    pub fn at(&self) -> Option<Millis> {
        self.traces.iter().map(|trace| trace.mark.at).max()
    }

    /// Returns the fact that settles it.
    pub fn settled(&self, outcome: Slug) -> What {
        What::Settled { doubt: self.kind.code().to_owned(), about: self.facts(), outcome }
    }
}

/// Sorts doubts for people: the newest first.
pub fn sort(doubts: &mut [Doubt]) {
    doubts.sort_by_key(|doubt| (Reverse(doubt.at()), doubt.kind, doubt.facts()));
}

/// What a roster says of somebody, as far as doubts ask: a part of the attendee's row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Row {
    /// Whether the person still comes.
    #[n(3)]
    pub status: Status,
    /// Serial of the invitation.
    #[n(4)]
    pub invitation: Serial,
    /// Serial of the badge pass.
    #[n(5)]
    pub badge: Serial,
    /// Whether the passes are for trying things out; nothing about those is worth a question.
    #[n(9)]
    pub test: bool,
}

/// Whether the roster has somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// It does.
    Yes(Row),
    /// It does not.
    No,
    /// No roster is held whole, so nobody can tell.
    NoRoster,
}

/// A person about whom there may be doubts.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Who.
    pub id: AttendeeId,
    /// What the facts come to.
    pub dossier: &'a Dossier,
    /// What the roster says.
    pub listed: &'a Listed,
}

/// Returns what is doubtful about one person.
///
/// `is_revoked` answers for a serial, from the list that is held now. `facts` returns the person's
/// facts; it is asked only where the dossier does not tell enough, which is seldom.
///
/// # Errors
/// What `facts` returns.
pub fn of_person<E>(
    person: &Person<'_>,
    convention: &Convention,
    is_revoked: impl Fn(Serial) -> bool,
    facts: impl FnOnce() -> Result<Vec<Fact>, E>,
) -> Result<Vec<Doubt>, E> {
    if matches!(person.listed, Listed::Yes(row) if row.test) {
        return Ok(Vec::new());
    }
    let mut doubts = person.double_entries(convention);
    doubts.extend(person.impossible_travels(convention));
    let is_stranger = *person.listed == Listed::No && person.dossier.walked_in.is_none();
    if is_stranger || person.may_have_come_too_late(&is_revoked) {
        let facts = facts()?;
        let events = events(person.id, &facts);
        match is_stranger {
            true => doubts.extend(person.unknown(&events)),
            false => doubts.extend(person.after_revocation(&events, is_revoked)),
        }
    }
    Ok(doubts)
}

/// Returns who came last to a part of an activity that holds more people than there is room for.
///
/// `inside` are all who are in, with the admission since which they are. `has_place` tells of an
/// admission whether there was a place for it all the same: a seat of the person's own, or a
/// steward who let in although it was full. `decided` are facts that a person has settled.
///
/// # Errors
/// What `has_place` returns.
pub fn over_capacity<E>(
    (activity, slot): (&Activity, Slot),
    mut inside: Vec<(Mark, AttendeeId)>,
    decided: &BTreeSet<FactId>,
    mut has_place: impl FnMut(Mark, AttendeeId) -> Result<bool, E>,
) -> Result<Option<Doubt>, E> {
    let room = activity.capacity.and_then(|room| usize::try_from(room).ok());
    inside.sort();
    let mut traces = Vec::new();
    for (mark, attendee) in inside.into_iter().skip(room.unwrap_or(usize::MAX)) {
        if !decided.contains(&mark.fact) && !has_place(mark, attendee)? {
            traces.push(Trace { mark, attendee, site: Some(activity.site.clone()) });
        }
        // More than one settlement can name come up when these are settled.
        if traces.len() == MOST_LISTED {
            break;
        }
    }
    let part = Some((activity.id.clone(), slot));
    let doubt = Doubt { kind: Kind::OverCapacity, attendee: None, because: None, part, traces };
    Ok(Some(doubt).filter(|doubt| !doubt.traces.is_empty()))
}

impl Person<'_> {
    fn doubt(&self, kind: Kind, part: Option<(Slug, Slot)>, traces: Vec<Trace>) -> Doubt {
        Doubt { kind, attendee: Some(self.id), because: None, part, traces }
    }

    fn trace(&self, mark: Mark, site: Option<Slug>) -> Trace {
        Trace { mark, attendee: self.id, site }
    }

    /// Tells whether a person has decided that this doubt is none.
    fn is_settled(&self, doubt: &Doubt) -> bool {
        let settled = self.dossier.settled.get(doubt.kind.code());
        let is_named = |trace: &Trace| settled.is_some_and(|all| all.contains(&trace.mark.fact));
        doubt.traces.iter().all(is_named)
    }

    fn is_open(&self, kind: Kind, fact: FactId) -> bool {
        self.dossier.settled.get(kind.code()).is_none_or(|settled| !settled.contains(&fact))
    }

    fn double_entries(&self, convention: &Convention) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for (activity, slots) in &self.dossier.presences {
            let site = convention.activity(activity).map(|activity| activity.site.clone());
            for (slot, presence) in slots.iter().filter(|(_, presence)| presence.repeats > 0) {
                // One settlement has to be able to name them all.
                let marks = presence.open.iter().take(MOST_LISTED);
                let traces = marks.map(|mark| self.trace(*mark, site.clone())).collect();
                let part = Some((activity.clone(), *slot));
                doubts.push(self.doubt(Kind::DoubleEntry, part, traces));
            }
        }
        doubts.retain(|doubt| !self.is_settled(doubt));
        doubts
    }

    fn impossible_travels(&self, convention: &Convention) -> Vec<Doubt> {
        let too_short = self.dossier.hops.iter().filter(|hop| {
            let [from, to] = &hop.sites;
            let minutes = u64::from(convention.travel_minutes([from, to]));
            hop.at_most_ms < minutes.saturating_mul(60_000)
        });
        let doubt = too_short.map(|hop| {
            let [from, to] = hop.sites.clone();
            let traces = vec![self.trace(hop.from, Some(from)), self.trace(hop.to, Some(to))];
            self.doubt(Kind::ImpossibleTravel, None, traces)
        });
        doubt.filter(|doubt| !self.is_settled(doubt)).collect()
    }

    fn unknown(&self, events: &[Event]) -> Option<Doubt> {
        let about = events.iter().filter(|event| {
            event.subject == self.id
                && !matches!(event.what, What::Annulled { .. } | What::Settled { .. })
                && self.is_open(Kind::UnknownPass, event.mark.fact)
        });
        let traces = about.map(|event| self.trace(event.mark, Some(event.site.clone())));
        let traces: Vec<Trace> = traces.take(MOST_LISTED).collect();
        (!traces.is_empty()).then(|| self.doubt(Kind::UnknownPass, None, traces))
    }

    /// Tells whether it is worth looking at every admission.
    fn may_have_come_too_late(&self, is_revoked: &impl Fn(Serial) -> bool) -> bool {
        let Dossier { presences, bound, replaced, substitute, .. } = self.dossier;
        let is_gone = substitute.is_some() || !replaced.is_empty();
        let is_cancelled = || self.row().is_some_and(|row| row.status == Status::Cancelled);
        let own = self.row().map(|row| [row.invitation, row.badge]);
        let has_dead_pass = || own.iter().flatten().chain(bound).any(|serial| is_revoked(*serial));
        !presences.is_empty() && (is_gone || is_cancelled() || has_dead_pass())
    }

    fn row(&self) -> Option<&Row> {
        match self.listed {
            Listed::Yes(row) => Some(row),
            Listed::No | Listed::NoRoster => None,
        }
    }

    /// Finds admissions with a pass that opens nothing, or of somebody who does not come any more.
    /// One that a steward ordered is decided already.
    fn after_revocation(
        &self,
        events: &[Event],
        is_revoked: impl Fn(Serial) -> bool,
    ) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> = Vec::new();
        let mut known = Passes::of(self);
        for event in events {
            known.learn(self.id, event);
            let What::Admitted(admission) = &event.what else { continue };
            if !self.is_open(Kind::AfterRevocation, event.mark.fact) {
                continue;
            }
            let (activity, slot) = (&admission.visit.activity, admission.visit.slot());
            let there = self.dossier.presence(activity, slot);
            let is_vouched = there.is_some_and(|presence| presence.vouched);
            let is_cancelled = self.row().is_some_and(|row| row.status == Status::Cancelled);
            let because = match known.objection(admission.pass, &is_revoked) {
                Some(reason) => reason,
                None if is_cancelled && !is_vouched => Reason::Cancelled,
                None => continue,
            };
            let trace = self.trace(event.mark, Some(event.site.clone()));
            let part = Some((activity.clone(), slot));
            let same = |doubt: &&mut Doubt| doubt.because == Some(because) && doubt.part == part;
            match doubts.iter_mut().find(same) {
                Some(doubt) if doubt.traces.len() < MOST_LISTED => doubt.traces.push(trace),
                Some(_) => {}
                None => doubts.push(Doubt {
                    because: Some(because),
                    ..self.doubt(Kind::AfterRevocation, part, vec![trace])
                }),
            }
        }
        doubts
    }
}

#[cfg(test)]
mod tests;
