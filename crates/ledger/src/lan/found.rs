//! Where peers may be: addresses that somebody typed, and what is announced on the network.
//!
//! Pure: the time is an argument. Whoever floods the network with announcements fills nothing here:
//! only members of this site are remembered, at most [`MOST_PEERS`], each with at most
//! [`MOST_ADDRESSES`]; and hints share one budget of connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use admission::id::StationId;

use crate::limits::{Budget, Budgets};

/// Most peers that are remembered.
pub(super) const MOST_PEERS: usize = 64;
/// Most addresses of one peer.
const MOST_ADDRESSES: usize = 4;
/// Pauses between tries: the first, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));
/// How long whoever has the higher id leaves it to the other to dial.
const COURTESY: Duration = Duration::from_secs(2);
/// How often a hint may be followed, all of them together.
const FOLLOW: Budget = Budget { burst: 64, refill: Duration::from_millis(500) };

/// Where to dial.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// What somebody typed.
    Typed(String),
    /// What was announced, and for whom.
    Hint(StationId, SocketAddr),
}

/// A place to try, and when next.
#[derive(Clone, Copy, Debug)]
struct Try {
    next: Duration,
    pause: Duration,
    /// Being tried now, or connected.
    busy: bool,
}

/// The addresses that are known.
pub(super) struct Book {
    me: StationId,
    tries: BTreeMap<Target, Try>,
    follow: Budgets<()>,
}

impl Book {
    /// Begins with the typed addresses; more than [`MOST_PEERS`] of them are passed over.
    pub(super) fn new(me: StationId, typed: &[String]) -> Book {
        let now = Try { next: Duration::ZERO, pause: PAUSE.0, busy: false };
        let typed = typed.iter().take(MOST_PEERS).cloned();
        let tries = typed.map(|address| (Target::Typed(address), now)).collect();
        Book { me, tries, follow: Budgets::new(FOLLOW) }
    }

    /// Notes what a member of this site seems to announce; returns whether it is new.
    pub(super) fn hint(&mut self, peer: StationId, address: SocketAddr, now: Duration) -> bool {
        let target = Target::Hint(peer, address);
        if peer == self.me || self.tries.contains_key(&target) {
            return false;
        }
        let hints = || {
            self.tries.iter().filter_map(|(target, at)| match target {
                Target::Hint(id, address) => Some((*id, *address, at.busy)),
                Target::Typed(_) => None,
            })
        };
        let own: Vec<_> = hints().filter(|(id, ..)| *id == peer).collect();
        let mut peers: Vec<StationId> = hints().map(|(id, ..)| id).collect();
        peers.dedup();
        if own.is_empty() && peers.len() >= MOST_PEERS {
            return false;
        }
        if own.len() >= MOST_ADDRESSES {
            // A newer announcement is worth more than one that leads nowhere.
            let Some((id, old, _)) = own.into_iter().find(|(.., busy)| !busy) else {
                return false;
            };
            self.tries.remove(&Target::Hint(id, old));
        }
        let wait = if self.me < peer { Duration::ZERO } else { COURTESY };
        let next = now.saturating_add(wait);
        self.tries.insert(target, Try { next, pause: PAUSE.0, busy: false });
        true
    }

    /// Forgets announcements of whom `is_peer` does not know any more.
    pub(super) fn keep(&mut self, is_peer: impl Fn(StationId) -> bool) {
        self.tries.retain(|target, at| match target {
            Target::Typed(_) => true,
            Target::Hint(id, _) => at.busy || is_peer(*id),
        });
    }

    /// Returns where to dial now; whoever is connected already is not dialled by a hint.
    pub(super) fn due(
        &mut self,
        now: Duration,
        is_connected: impl Fn(StationId) -> bool,
    ) -> Vec<Target> {
        let mut due = Vec::new();
        for (target, at) in &mut self.tries {
            if at.busy || at.next > now {
                continue;
            }
            if let Target::Hint(id, _) = target
                && (is_connected(*id) || self.follow.take((), now).is_err())
            {
                continue;
            }
            at.busy = true;
            due.push(target.clone());
        }
        due
    }

    /// Notes that a connection could not be made, or ended; `worked` if the peer was proved.
    pub(super) fn over(&mut self, target: &Target, worked: bool, now: Duration, chance: u32) {
        let Some(at) = self.tries.get_mut(target) else { return };
        at.busy = false;
        at.pause = if worked { PAUSE.0 } else { at.pause.saturating_mul(2).min(PAUSE.1) };
        let share = f64::from(chance) / f64::from(u32::MAX);
        at.next = now.saturating_add(at.pause.mul_f64(share.mul_add(0.5, 0.5)));
    }

    /// Notes that the peer at this place is connected by another way: look again much later.
    pub(super) fn met(&mut self, target: &Target, now: Duration) {
        if let Some(at) = self.tries.get_mut(target) {
            *at = Try { next: now.saturating_add(PAUSE.1), pause: PAUSE.0, busy: false };
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.tries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn id(number: u32) -> StationId {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        StationId(id)
    }

    fn address(number: u32) -> SocketAddr {
        SocketAddr::from((number.to_be_bytes(), 7301))
    }

    #[test]
    fn case_60_a_flood_of_hints_is_bounded_in_memory_and_in_connections() {
        let mut book = Book::new(id(0), &[]);
        for number in 1..10_000u32 {
            book.hint(id(number), address(number), NOW);
        }
        assert_eq!(book.len(), MOST_PEERS, "of many peers");
        let mut book = Book::new(id(0), &[]);
        let mut dialled = 0;
        for number in 1..10_000u32 {
            book.hint(id(1), address(number), NOW);
            for target in book.due(NOW, |_| false) {
                dialled += 1;
                book.over(&target, false, NOW, 0);
            }
        }
        assert_eq!(book.len(), MOST_ADDRESSES, "of one peer");
        assert!(dialled <= 64, "{dialled} connections at once");
    }

    #[test]
    fn typed_addresses_are_never_pushed_out_and_tried_after_growing_pauses() {
        let mut book = Book::new(id(0), &["k2:7301".to_owned()]);
        for number in 1..10_000u32 {
            book.hint(id(number), address(number), NOW);
        }
        let typed = Target::Typed("k2:7301".to_owned());
        assert!(book.due(NOW, |_| true).contains(&typed));
        assert_eq!(book.due(NOW, |_| true), [], "one try at a time");
        for _ in 0..20 {
            book.over(&typed, false, NOW, u32::MAX);
        }
        assert_eq!(book.due(NOW.saturating_add(Duration::from_secs(9)), |_| true), []);
        assert_eq!(book.due(NOW.saturating_add(PAUSE.1), |_| true), [typed]);
    }

    #[test]
    fn nobody_dials_itself_and_of_two_the_lower_dials_first() {
        let mut book = Book::new(id(5), &[]);
        assert!(!book.hint(id(5), address(5), NOW));
        assert!(book.hint(id(4), address(4), NOW));
        assert_eq!(book.due(NOW, |_| false), []);
        assert!(book.hint(id(6), address(6), NOW));
        assert_eq!(book.due(NOW, |_| false), [Target::Hint(id(6), address(6))]);
        let later = NOW.saturating_add(COURTESY);
        assert_eq!(book.due(later, |_| true), [], "connected");
        assert_eq!(book.due(later, |_| false), [Target::Hint(id(4), address(4))]);
    }
}
