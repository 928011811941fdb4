//! Presence: who is in, folded from facts.
//!
//! The fold is a function of the set of facts and not of the order in which they came: the entry is
//! the least admission by hybrid clock, log and seq, and every other one is a repeat.

use minicbor::{Decode, Encode};

use crate::fact::{Body, Fact};
use crate::id::{AttendeeId, FactId, Slug};
use crate::time::{Hybrid, Millis};

/// What a presence is about: one person at one activity, for real or in rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PresenceKey {
    /// Rehearsed presence stands apart and is seen by rehearsals only.
    pub rehearsal: bool,
    /// Who.
    pub attendee: AttendeeId,
    /// Where to.
    pub activity: Slug,
}

/// The entry of a person to an activity.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Presence {
    /// The admission that counts.
    #[n(0)]
    pub entry: FactId,
    /// Its hybrid clock.
    #[n(1)]
    pub hybrid: Hybrid,
    /// Its station's clock.
    #[n(2)]
    pub at: Millis,
    /// How many more admissions there are: two offline stations may both admit.
    #[n(3)]
    pub repeats: u32,
}

/// Returns which presence `fact` changes, and what it would be by this fact alone.
pub fn change(fact: &Fact) -> Option<(PresenceKey, Presence)> {
    let attendee = fact.subject?;
    match Body::of(fact) {
        Body::Admitted(scan) => {
            let key = PresenceKey { rehearsal: scan.rehearsal, attendee, activity: scan.activity };
            let (hybrid, at) = (fact.moment.hybrid, fact.moment.wall);
            Some((key, Presence { entry: fact.id(), hybrid, at, repeats: 0 }))
        }
        Body::Refused(..) | Body::Unknown => None,
    }
}

/// Brings two presences of one key together; associative and commutative.
pub fn merge(one: Presence, other: Presence) -> Presence {
    let repeats = one.repeats.saturating_add(other.repeats).saturating_add(1);
    let rank = |presence: &Presence| (presence.hybrid, presence.entry);
    let first = if rank(&one) <= rank(&other) { one } else { other };
    Presence { repeats, ..first }
}

#[cfg(test)]
mod tests;
