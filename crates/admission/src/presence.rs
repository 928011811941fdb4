//! Presence: what the facts about one person come to.
//!
//! [`fold`] is a function of the *set* of facts: it sorts before it looks, so whatever order they
//! came in, two stations that hold the same facts say the same.
//! "First" and "last" mean by hybrid clock, then log, then seq.
//! An annulled fact is left out before anything else is looked at.
//! A rehearsed fact is folded with rehearsed ones only, by whoever chooses the set.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::fact::{Body, Fact, Moment, Slot, TripState, Visit, What};
use crate::id::{AttendeeId, FactId, Serial, Slug};
use crate::roster::Mode;
use crate::rule::Reason;
use crate::time::{Day, Hybrid, Millis};

mod hop;

pub use hop::{Hop, LONGEST_TRAVEL_MS};

/// When and where something that counts stands in the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Mark {
    /// The fact's hybrid clock; of a make-up, the real time.
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
    /// Admissions that no exit closed, the first one first: the person is inside while there is one.
    #[n(1)]
    pub open: Vec<Mark>,
    /// Admissions that should not have been: two stations without a network may both let in.
    #[n(2)]
    pub repeats: u32,
    /// Whether a steward let in here somebody who had called off or was not expected: that was about
    /// this very person, so the next station does not ask the same again.
    #[n(3)]
    pub vouched: bool,
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
    pub departures: BTreeMap<Slug, BTreeMap<u32, Buses>>,
    /// Whether a later version recorded something that must be understood: a person decides.
    #[n(12)]
    #[cbor(default)]
    pub beyond: bool,
    /// Ways from one site to another, as far as they can be told by the clocks.
    #[n(13)]
    #[cbor(default)]
    pub hops: Vec<Hop>,
    /// By code of a doubt, the facts about which a person has decided it.
    #[n(14)]
    #[cbor(default)]
    pub settled: BTreeMap<String, BTreeSet<FactId>>,
    /// What was said of the person's badge last; nothing where it simply came out.
    #[n(15)]
    #[cbor(default)]
    pub badge: Option<BadgeNews>,
}

/// What is known of a badge that did not simply come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BadgeNews {
    /// The last word.
    #[n(0)]
    pub word: BadgeWord,
    /// When, and the fact that says so: its log tells at which station.
    #[n(1)]
    pub mark: Mark,
    /// How often a badge was ordered again.
    #[n(2)]
    pub orders: u32,
    /// The last of these orders: its log tells from which station the badge is to come.
    #[n(3)]
    #[cbor(default)]
    pub ordered: Option<Mark>,
}

/// Where a badge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum BadgeWord {
    /// It has not come out, or nobody knows whether it has.
    #[n(0)]
    Open,
    /// It is to come from another printer than before, or again.
    #[n(1)]
    Ordered,
    /// It came out.
    #[n(2)]
    Out,
}

/// Departures of one day of a trip, by bus and leg.
pub type Buses = BTreeMap<String, BTreeMap<u8, Departure>>;

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
/// A refusal changes nobody's; neither does one that lacks its subject, or a kind that this version
/// does not know, unless it must be understood.
pub fn concerns(fact: &Fact, body: &Body) -> Vec<AttendeeId> {
    let subject = fact.subject.filter(|subject| *subject != NOBODY);
    match (&body.what, subject) {
        (What::Unknown, Some(subject)) if fact.must_understand => vec![subject],
        (What::Refused { .. } | What::Unknown, _) => Vec::new(),
        (
            What::Substituted { other } | What::Annulled { other: Some(other), .. },
            Some(subject),
        ) => BTreeSet::from([subject, *other]).into_iter().collect(),
        (What::Departed { .. } | What::Annulled { .. } | What::Settled { .. }, None) => {
            vec![NOBODY]
        }
        (What::Departed { .. }, Some(_)) | (_, None) => Vec::new(),
        (_, Some(subject)) => vec![subject],
    }
}

/// Folds the facts that concern `whom`, all real or all rehearsed.
pub fn fold<'a>(whom: AttendeeId, facts: impl IntoIterator<Item = &'a Fact>) -> Dossier {
    let events = events(whom, facts);
    let mut dossier = Dossier::default();
    let mut visits = Visits::default();
    for event in &events {
        dossier.take(whom, event, &mut visits);
    }
    dossier.presences = visits.presences();
    dossier.hops = hop::hops(&events);
    dossier
}

/// Reads the facts that concern `whom` in order, each once and without those that were annulled.
pub(crate) fn events<'a>(
    whom: AttendeeId,
    facts: impl IntoIterator<Item = &'a Fact>,
) -> Vec<Event> {
    let mut events: Vec<Event> =
        facts.into_iter().filter_map(|fact| Event::of(whom, fact)).collect();
    events.sort_by_key(|event| event.mark);
    events.dedup_by_key(|event| event.mark.fact);
    // Every annulment counts before anything is left out, so that one cannot be annulled itself:
    // which of two that name each other would hold? One about another person's fact counts
    // nowhere, or two people's dossiers would tell two stories.
    let annulled: BTreeSet<_> = events.iter().filter_map(Event::annuls).collect();
    events.retain(|event| !annulled.contains(&(event.mark.fact, event.subject)));
    events
}

/// A fact with what it says.
pub(crate) struct Event {
    pub(crate) mark: Mark,
    pub(crate) subject: AttendeeId,
    pub(crate) what: What,
    pub(crate) site: Slug,
    moment: Moment,
    attachment: Option<[u8; 32]>,
}

impl Event {
    fn of(whom: AttendeeId, fact: &Fact) -> Option<Event> {
        let body = Body::of(fact);
        if !concerns(fact, &body).contains(&whom) {
            return None;
        }
        let mut mark = Mark { hybrid: fact.moment.hybrid, fact: fact.id(), at: fact.moment.wall };
        if let What::MadeUp { real, .. } = &body.what {
            mark = Mark { hybrid: Hybrid(0).tick(*real), at: *real, ..mark };
        }
        let subject = fact.subject.unwrap_or(NOBODY);
        Some(Event {
            mark,
            subject,
            what: body.what,
            site: fact.site.clone(),
            moment: fact.moment,
            attachment: fact.attachment,
        })
    }

    /// Returns the fact that it undoes, and whose that must be.
    fn annuls(&self) -> Option<(FactId, AttendeeId)> {
        match &self.what {
            What::Annulled { fact, .. } => Some((*fact, self.subject)),
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
                self.come_along(&admission.visit);
                if let What::Overridden { reason, .. } = &event.what {
                    visits.vouch(&admission.visit, reason);
                }
                // A second scan counts nothing.
                if admission.again.is_none() {
                    self.arrived = self.arrived.or(Some(mark));
                    visits.enter(&admission.visit, mark);
                }
            }
            What::MadeUp { visit, .. } => {
                self.come_along(visit);
                self.arrived = self.arrived.or(Some(mark));
                visits.make_up(visit, mark);
            }
            What::Left { closes, .. } => visits.closed.extend(closes),
            What::Collected { .. } => self.collected = self.collected.or(Some(mark)),
            What::Bound { serials } => {
                self.bound.splice(0..0, serials.iter().copied()).for_each(drop)
            }
            What::Replaced { serials, .. } => self.replaced.extend(serials),
            // Nobody comes instead of oneself.
            What::Substituted { other } if *other == event.subject => {}
            // The last word holds: who comes instead of somebody does come.
            What::Substituted { other } if event.subject == whom => {
                (self.stands_in_for, self.substitute) = (Some(*other), None);
            }
            What::Substituted { .. } => self.substitute = Some(event.subject),
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
            What::Settled { doubt, about, .. } => {
                self.settled.entry(doubt.clone()).or_default().extend(about);
            }
            What::Unprinted { .. } => self.hear_of_badge(BadgeWord::Open, mark),
            What::Ordered { .. } => self.hear_of_badge(BadgeWord::Ordered, mark),
            What::Printed { .. } => self.hear_of_badge(BadgeWord::Out, mark),
            // Only one that must be understood is filed under anybody.
            What::Unknown => self.beyond = true,
            What::Annulled { .. } | What::Refused { .. } => {}
        }
    }

    /// Whoever boards is on the trip, whatever was noted before; a move to another bus stays.
    fn come_along(&mut self, visit: &Visit) {
        let Some(days) = self.trips.get_mut(&visit.activity) else { return };
        if visit.mode == Mode::Board && !matches!(days.get(&visit.day.0), Some(TripState::Moved(_)))
        {
            days.remove(&visit.day.0);
        }
    }

    fn hear_of_badge(&mut self, word: BadgeWord, mark: Mark) {
        let (before, ordered) = self.badge.map_or((0, None), |badge| (badge.orders, badge.ordered));
        let is_order = word == BadgeWord::Ordered;
        let orders = before.saturating_add(u32::from(is_order));
        let ordered = if is_order { Some(mark) } else { ordered };
        self.badge = Some(BadgeNews { word, mark, orders, ordered });
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

/// Admissions part by part, and exits, before they are set against each other.
#[derive(Default)]
struct Visits {
    parts: BTreeMap<(Slug, Slot), Part>,
    /// An exit closes what it names, whichever day it was by then.
    closed: BTreeSet<FactId>,
}

#[derive(Default)]
struct Part {
    entries: Vec<Mark>,
    made_up: BTreeSet<FactId>,
    vouched: bool,
}

impl Visits {
    fn part(&mut self, visit: &Visit) -> &mut Part {
        self.parts.entry((visit.activity.clone(), visit.slot())).or_default()
    }

    fn enter(&mut self, visit: &Visit, mark: Mark) {
        self.part(visit).entries.push(mark);
    }

    fn vouch(&mut self, visit: &Visit, reason: &str) {
        let about_the_person = [Reason::Cancelled, Reason::NotEntitled].map(Reason::code);
        self.part(visit).vouched |= about_the_person.contains(&reason);
    }

    /// Who was signed in afterwards has been there, and is not there now if people come and go.
    fn make_up(&mut self, visit: &Visit, mark: Mark) {
        self.part(visit).made_up.insert(mark.fact);
        self.part(visit).entries.push(mark);
        if visit.mode == Mode::Reentry {
            self.closed.insert(mark.fact);
        }
    }

    fn presences(self) -> BTreeMap<Slug, BTreeMap<Slot, Presence>> {
        let mut presences: BTreeMap<Slug, BTreeMap<Slot, Presence>> = BTreeMap::new();
        for ((activity, slot), part) in self.parts {
            if let Some(presence) = part.presence(&self.closed) {
                presences.entry(activity).or_default().insert(slot, presence);
            }
        }
        presences
    }
}

impl Part {
    fn presence(self, closed: &BTreeSet<FactId>) -> Option<Presence> {
        let entry = *self.entries.first()?;
        let is_open = |mark: &Mark| !closed.contains(&mark.fact);
        let open: Vec<Mark> = self.entries.into_iter().filter(is_open).collect();
        // Coming back is no repeat, and neither is a steward's make-up; being let in twice is.
        let let_in = open.iter().filter(|mark| !self.made_up.contains(&mark.fact)).count();
        let repeats = u32::try_from(let_in.saturating_sub(1)).unwrap_or(u32::MAX);
        Some(Presence { entry, open, repeats, vouched: self.vouched })
    }
}

#[cfg(test)]
mod tests;
