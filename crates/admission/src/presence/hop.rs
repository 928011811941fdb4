//! Ways from one site to another: how much time there was for each, as far as clocks can tell.

use minicbor::{Decode, Encode};

use super::{Event, Mark};
use crate::fact::{Confidence, Moment, What};
use crate::id::Slug;
use crate::time::Millis;

/// A way that took longer than this is never worth a question: a day.
pub const LONGEST_TRAVEL_MS: u64 = 24 * 60 * 60 * 1000;
/// A clock strays from the one that it was compared with by a thousandth of the time since: ten
/// times what a cheap one does.
const STRAYS_BY: u64 = 1000;

/// Somebody was let in at one site, and next at another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hop {
    /// The admission at the first site.
    #[n(0)]
    pub from: Mark,
    /// The one at the second.
    #[n(1)]
    pub to: Mark,
    /// The two sites.
    #[n(2)]
    pub sites: [Slug; 2],
    /// The longest time that can lie between the two, in milliseconds.
    #[n(3)]
    pub at_most_ms: u64,
}

/// Returns the ways between sites that took less than a day, in order of time.
///
/// A second scan tells as well as a first one where somebody is. A make-up does not: it is typed
/// where the steward is. What a clock says that was never compared with the server's, or was set
/// since, is no proof of anything.
pub(super) fn hops(events: &[Event]) -> Vec<Hop> {
    let mut seen: Vec<Seen<'_>> = events.iter().filter_map(Seen::of).collect();
    seen.sort_by_key(|seen| (seen.at, seen.event.mark.fact));
    let pairs = seen.iter().zip(seen.iter().skip(1));
    pairs.filter_map(|(from, to)| Seen::hop(from, to)).collect()
}

/// Somebody was seen, at a time that can be trusted.
struct Seen<'a> {
    event: &'a Event,
    /// By the server's clock.
    at: Millis,
    /// How far from that it may have been, in milliseconds.
    give_ms: u64,
}

impl<'a> Seen<'a> {
    fn of(event: &'a Event) -> Option<Seen<'a>> {
        let (What::Admitted(_) | What::Overridden { .. }) = event.what else { return None };
        let Moment { wall, offset_ms, offset_age_ms, confidence, .. } = event.moment;
        if confidence == Confidence::Unknown {
            return None;
        }
        let give_ms = offset_age_ms?.checked_div(STRAYS_BY)?;
        Some(Seen { event, at: wall.plus(offset_ms?), give_ms })
    }

    fn hop(from: &Seen<'_>, to: &Seen<'_>) -> Option<Hop> {
        let sites = [from.event.site.clone(), to.event.site.clone()];
        let between = u64::try_from(to.at.since(from.at)).ok()?;
        let at_most_ms = between.saturating_add(from.give_ms).saturating_add(to.give_ms);
        let counts = from.event.site != to.event.site && at_most_ms < LONGEST_TRAVEL_MS;
        counts.then_some(Hop { from: from.event.mark, to: to.event.mark, sites, at_most_ms })
    }
}
