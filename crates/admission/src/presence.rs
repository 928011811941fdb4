//! Presence: what the facts about one person come to.
//!
//! [`fold`] is a function of the *set* of facts: it sorts before it looks, so whatever order they
//! came in, two stations that hold the same facts say the same.
//! "First" and "last" mean by hybrid clock, then log, then seq.
//! An annulled fact is left out before anything else is looked at.
//! A rehearsed fact is folded with rehearsed ones only, by whoever chooses the set.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::fact::{Admission, Body, Fact, Slot, TripState, Visit, What};
use crate::id::{AttendeeId, FactId, Serial, Slug};
use crate::roster::Mode;
use crate::time::{Day, Hybrid, Millis};

/// When and where something that counts stands in the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Mark {
    /// The fact's hybrid clock.
    #[n(0)]
    pub hybrid: Hybrid,
    /// The fact.
    #[n(1)]
    pub fact: FactId,
    /// The time to show: the station's clock, or the real time of a make-up.
    #[n(2)]
    pub at: Millis,
}

/// A person at one part of one activity.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Presence {
    /// The first admission.
    #[n(0)]
    pub entry: Mark,
    /// Admissions that no exit closed: the person is inside while there is one.
    #[n(1)]
    pub open: Vec<FactId>,
    /// Admissions that should not have been: two stations without a network may both let in.
    #[n(2)]
    pub repeats: u32,
}

impl Presence {
    /// Tells whether the person is inside.
    pub fn is_inside(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Everything that facts say about one person.
///
/// The dossier of nobody, [`NOBODY`], holds the departures, which have no subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dossier {
    /// Where the person is or was.
    #[n(0)]
    pub presences: BTreeMap<Slug, BTreeMap<Slot, Presence>>,
    /// The first admission anywhere, or the make-up of one: the arrival.
    #[n(1)]
    pub arrived: Option<Mark>,
    /// The first time a badge was handed out without the person arriving.
    #[n(2)]
    pub collected: Option<Mark>,
    /// Serials of blank passes that became the person's, the last bound first.
    #[n(3)]
    pub bound: Vec<Serial>,
    /// Serials of passes that open nothing any more.
    #[n(4)]
    pub replaced: BTreeSet<Serial>,
    /// Who comes instead of this person.
    #[n(5)]
    pub substitute: Option<AttendeeId>,
    /// Instead of whom this person comes.
    #[n(6)]
    pub stands_in_for: Option<AttendeeId>,
    /// To whom this person belongs.
    #[n(7)]
    pub principal: Option<AttendeeId>,
    /// Role and group of somebody who was registered at a desk.
    #[n(8)]
    pub walked_in: Option<(Slug, Slug)>,
    /// Attachment with the last corrected particulars.
    #[n(9)]
    #[cbor(with = "crate::hash")]
    pub particulars: Option<[u8; 32]>,
    /// The last word on each day of each trip.
    #[n(10)]
    pub trips: BTreeMap<Slug, BTreeMap<u32, TripState>>,
    /// Departures by trip, day, bus and leg: the heads that were counted.
    #[n(11)]
    pub departures: BTreeMap<Slug, BTreeMap<u32, BTreeMap<String, BTreeMap<u8, Departure>>>>,
}

/// A bus that left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Departure {
    /// The fact that counts: the first of this leg.
    #[n(0)]
    pub mark: Mark,
    /// Heads that the steward counted.
    #[n(1)]
    pub heads: u32,
}

/// Stands for the subject of facts that have none.
pub const NOBODY: AttendeeId = AttendeeId([0; 16]);

/// Returns whose dossiers `fact` changes: its subject, and the person that a substitute replaces.
///
/// A refusal changes nobody's; neither does a kind that this version does not know.
pub fn concerns(fact: &Fact, body: &Body) -> Vec<AttendeeId> {
    match (&body.what, fact.subject) {
        (What::Refused { .. } | What::Unknown, _) => Vec::new(),
        (What::Substituted { other }, Some(subject))
        | (What::Annulled { other: Some(other), .. }, Some(subject)) => {
            if subject == *other {
                vec![subject]
            } else {
                vec![subject, *other]
            }
        }
        (_, subject) => vec![subject.unwrap_or(NOBODY)],
    }
}

/// Folds the facts that concern `whom`, all real or all rehearsed.
pub fn fold<'a>(whom: AttendeeId, facts: impl IntoIterator<Item = &'a Fact>) -> Dossier {
    let mut events: Vec<Event> =
        facts.into_iter().filter_map(|fact| Event::of(whom, fact)).collect();
    events.sort_by_key(|event| event.mark);
    events.dedup_by_key(|event| event.mark.fact);
    let annulled: BTreeSet<FactId> = events.iter().filter_map(Event::annuls).collect();
    // An annulment cannot be annulled itself: which of two that name each other would hold?
    events.retain(|event| event.annuls().is_some() || !annulled.contains(&event.mark.fact));
    let mut dossier = Dossier::default();
    let mut visits = Visits::default();
    for event in &events {
        dossier.take(whom, event, &mut visits);
    }
    dossier.presences = visits.presences();
    dossier
}

/// A fact with what it says.
struct Event {
    mark: Mark,
    subject: AttendeeId,
    what: What,
    attachment: Option<[u8; 32]>,
}

impl Event {
    fn of(whom: AttendeeId, fact: &Fact) -> Option<Event> {
        let body = Body::of(fact);
        if !concerns(fact, &body).contains(&whom) {
            return None;
        }
        let mark = Mark { hybrid: fact.moment.hybrid, fact: fact.id(), at: fact.moment.wall };
        let subject = fact.subject.unwrap_or(NOBODY);
        Some(Event { mark, subject, what: body.what, attachment: fact.attachment })
    }

    fn annuls(&self) -> Option<FactId> {
        match &self.what {
            What::Annulled { fact, .. } => Some(*fact),
            _ => None,
        }
    }
}

impl Dossier {
    /// Takes the next event in order.
    fn take(&mut self, whom: AttendeeId, event: &Event, visits: &mut Visits) {
        let mark = event.mark;
        match &event.what {
            What::Admitted(admission) | What::Overridden { admission, .. } => {
                self.arrived = self.arrived.or(Some(mark));
                visits.enter(admission, mark);
            }
            What::MadeUp { visit, real, .. } => {
                let mark = Mark { at: *real, ..mark };
                self.arrived = self.arrived.or(Some(mark));
                visits.make_up(visit, mark);
            }
            What::Left { visit, closes } => visits.leave(visit, closes),
            What::Collected { .. } => self.collected = self.collected.or(Some(mark)),
            What::Bound { serials } => {
                self.bound.splice(0..0, serials.iter().copied()).for_each(drop)
            }
            What::Replaced { serials, .. } => self.replaced.extend(serials),
            // Nobody comes instead of oneself.
            What::Substituted { other } if *other == event.subject => {}
            What::Substituted { other } if event.subject == whom => {
                self.stands_in_for = self.stands_in_for.or(Some(*other));
            }
            What::Substituted { .. } => {
                self.substitute = self.substitute.or(Some(event.subject));
            }
            What::WalkedIn { category, delegation } => {
                self.walked_in =
                    self.walked_in.take().or_else(|| Some((category.clone(), delegation.clone())));
                self.particulars = self.particulars.or(event.attachment);
            }
            What::Accompanied { principal } => self.principal = Some(*principal),
            What::Corrected => self.particulars = event.attachment.or(self.particulars),
            What::Noted { visit, state } => {
                let days = self.trips.entry(visit.activity.clone()).or_default();
                days.insert(visit.day.0, state.clone());
            }
            What::Departed { visit, bus, heads } => self.depart(visit, bus, *heads, mark),
            What::Annulled { .. } | What::Refused { .. } | What::Unknown => {}
        }
    }

    fn depart(&mut self, visit: &Visit, bus: &str, heads: u32, mark: Mark) {
        let days = self.departures.entry(visit.activity.clone()).or_default();
        let legs = days.entry(visit.day.0).or_default().entry(bus.to_owned()).or_default();
        legs.entry(visit.leg).or_insert(Departure { mark, heads });
    }

    /// Returns the person's presence at a part of an activity.
    pub fn presence(&self, activity: &Slug, slot: Slot) -> Option<&Presence> {
        self.presences.get(activity)?.get(&slot)
    }

    /// Returns the leg that people board now: the one after the last that departed.
    pub fn leg(&self, trip: &Slug, day: Day, bus: &str) -> u8 {
        let legs = self.departures.get(trip).and_then(|days| days.get(&day.0)?.get(bus));
        legs.and_then(|legs| legs.keys().max()).map_or(0, |last| last.saturating_add(1))
    }
}

/// Admissions and exits, part by part, before they are set against each other.
#[derive(Default)]
struct Visits {
    parts: BTreeMap<(Slug, Slot), Part>,
}

#[derive(Default)]
struct Part {
    entries: Vec<Mark>,
    closed: BTreeSet<FactId>,
    comes_and_goes: bool,
}

impl Visits {
    fn part(&mut self, visit: &Visit) -> &mut Part {
        self.parts.entry((visit.activity.clone(), visit.slot())).or_default()
    }

    fn enter(&mut self, admission: &Admission, mark: Mark) {
        if admission.again.is_some() {
            return;
        }
        let part = self.part(&admission.visit);
        part.comes_and_goes |= admission.visit.mode == Mode::Reentry;
        part.entries.push(mark);
    }

    /// Who was signed in afterwards has been there, and is not there now if people come and go.
    fn make_up(&mut self, visit: &Visit, mark: Mark) {
        let comes_and_goes = visit.mode == Mode::Reentry;
        let part = self.part(visit);
        part.comes_and_goes |= comes_and_goes;
        part.entries.push(mark);
        if comes_and_goes {
            part.closed.insert(mark.fact);
        }
    }

    fn leave(&mut self, visit: &Visit, closes: &[FactId]) {
        self.part(visit).closed.extend(closes);
    }

    fn presences(self) -> BTreeMap<Slug, BTreeMap<Slot, Presence>> {
        let mut presences: BTreeMap<Slug, BTreeMap<Slot, Presence>> = BTreeMap::new();
        for ((activity, slot), part) in self.parts {
            if let Some(presence) = part.presence() {
                presences.entry(activity).or_default().insert(slot, presence);
            }
        }
        presences
    }
}

impl Part {
    fn presence(self) -> Option<Presence> {
        let entry = *self.entries.first()?;
        let open: Vec<FactId> = self
            .entries
            .iter()
            .map(|mark| mark.fact)
            .filter(|fact| !self.closed.contains(fact))
            .collect();
        // Coming back is no repeat; being in twice is.
        let due = if self.comes_and_goes { open.len().min(1) } else { 1 };
        let admissions = if self.comes_and_goes { open.len() } else { self.entries.len() };
        let repeats = u32::try_from(admissions.saturating_sub(due)).unwrap_or(u32::MAX);
        Some(Presence { entry, open, repeats })
    }
}

#[cfg(test)]
mod tests;
