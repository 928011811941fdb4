//! Which questions were asked already.
//!
//! Every question has a nonce of its own under the station's signature, so a question that comes
//! twice is a copy. Clocks are not asked: a station's may be wrong. What is remembered is bounded and
//! goes with the process; a copy from before is answered once more, with what its station was
//! entitled to and facts that are held already.

use std::collections::{HashMap, HashSet, VecDeque};

use admission::exchange::Nonce;
use admission::id::StationId;

/// Nonces that are remembered for each station: half an hour at the busiest.
const KEPT: usize = 2000;

/// The nonces that the stations used last.
#[derive(Default)]
pub(crate) struct Replays(HashMap<StationId, Used>);

#[derive(Default)]
struct Used {
    known: HashSet<[u8; 16]>,
    order: VecDeque<[u8; 16]>,
}

impl Replays {
    /// Notes a nonce of a proved question; `false` if the station used it before.
    pub(crate) fn is_new(&mut self, station: StationId, nonce: Nonce) -> bool {
        let used = self.0.entry(station).or_default();
        if !used.known.insert(nonce.0) {
            return false;
        }
        used.order.push_back(nonce.0);
        if used.order.len() > KEPT
            && let Some(oldest) = used.order.pop_front()
        {
            used.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce(number: usize) -> Nonce {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Nonce(bytes)
    }

    #[test]
    fn a_nonce_counts_once_for_each_station() {
        let (mut replays, one, other) =
            (Replays::default(), StationId([1; 16]), StationId([2; 16]));
        assert!(replays.is_new(one, nonce(1)));
        assert!(!replays.is_new(one, nonce(1)));
        assert!(replays.is_new(other, nonce(1)));
    }

    #[test]
    #[allow(clippy::arithmetic_side_effects, reason = "small numbers")]
    fn memory_is_bounded_and_keeps_the_newest() {
        let (mut replays, station) = (Replays::default(), StationId([1; 16]));
        for number in 0..KEPT + 10 {
            assert!(replays.is_new(station, nonce(number)));
        }
        assert_eq!(replays.0[&station].known.len(), KEPT);
        assert!(!replays.is_new(station, nonce(KEPT + 9)));
        assert!(!replays.is_new(station, nonce(10)));
        assert!(replays.is_new(station, nonce(9)), "older ones are forgotten");
    }
}
