//! What the routes for stations allow how often, and to whom.
//!
//! A station has a budget of its own, used only by questions that it surely signed: nobody can use it
//! up for it. Those who prove nothing share the budget of their address; a station that proved itself
//! from there does not wait for them. The address is the socket's; what a header says about it counts
//! for nothing.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use admission::exchange::Nonce;
use admission::id::StationId;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::limits::{Budget, Budgets, host};
use crate::replays::Replays;

/// Questions of one station: sixty a minute.
const STATION: Budget = Budget { burst: 120, refill: Duration::from_secs(1) };
/// Questions from one address that nobody surely signed.
const STRANGER: Budget = Budget { burst: 30, refill: Duration::from_secs(2) };
/// Wrong tries with one enrolment code, and from one address: five in a code's fifteen minutes.
const GUESS: Budget = Budget { burst: 5, refill: Duration::from_secs(180) };

/// The other end of a connection, as the listener puts it into a request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Peer, Infallible> {
        // A listener that does not tell lets all share one budget.
        let nobody = Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(parts.extensions.get().copied().unwrap_or(nobody))
    }
}

/// Why a question is not heard now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shut {
    /// It was asked before.
    Replayed,
    /// Too often; again after this long.
    Until(Duration),
}

/// The budgets of everybody, and what was asked already.
pub(crate) struct Gate {
    begun: Instant,
    state: Mutex<State>,
}

struct State {
    stations: Budgets<StationId>,
    strangers: Budgets<IpAddr>,
    guesses: Budgets<Guesser>,
    replays: Replays,
    /// Where each station proved itself last.
    homes: HashMap<StationId, IpAddr>,
}

/// Whose wrong enrolments are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Guesser {
    Address(IpAddr),
    Code([u8; 32]),
}

impl Gate {
    pub(crate) fn new() -> Gate {
        let state = State {
            stations: Budgets::new(STATION),
            strangers: Budgets::new(STRANGER),
            guesses: Budgets::new(GUESS),
            replays: Replays::default(),
            homes: HashMap::new(),
        };
        Gate { begun: Instant::now(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether somebody who has proved nothing yet may be given the work of a proof.
    pub(crate) fn may_prove(&self, peer: Peer, claims: Option<StationId>) -> Result<(), Shut> {
        let (state, now, host) = (self.state(), self.begun.elapsed(), host(peer.0));
        if claims.is_some_and(|station| state.homes.get(&station) == Some(&host)) {
            return Ok(());
        }
        state.strangers.check(&host, now).map_err(Shut::Until)
    }

    /// Notes that the proof failed.
    pub(crate) fn proof_failed(&self, peer: Peer) {
        let now = self.begun.elapsed();
        // Whoever has nothing left is shut out already.
        let _ = self.state().strangers.take(host(peer.0), now);
    }

    /// Lets a proved question in: once, and not too often.
    pub(crate) fn question(
        &self,
        peer: Peer,
        station: StationId,
        nonce: Nonce,
    ) -> Result<(), Shut> {
        if !self.state().replays.is_new(station, nonce) {
            // Not the station's fault: whoever copies pays.
            self.proof_failed(peer);
            return Err(Shut::Replayed);
        }
        let (mut state, now) = (self.state(), self.begun.elapsed());
        state.homes.insert(station, host(peer.0));
        state.stations.take(station, now).map_err(Shut::Until)
    }

    /// Looks whether another enrolment may be tried with a code from an address.
    pub(crate) fn may_guess(&self, peer: Peer, code: [u8; 32]) -> Result<(), Shut> {
        let (state, now) = (self.state(), self.begun.elapsed());
        for guesser in guessers(peer, code) {
            state.guesses.check(&guesser, now).map_err(Shut::Until)?;
        }
        Ok(())
    }

    /// Notes that the try was wrong.
    pub(crate) fn guessed_wrong(&self, peer: Peer, code: [u8; 32]) {
        let (mut state, now) = (self.state(), self.begun.elapsed());
        for guesser in guessers(peer, code) {
            let _ = state.guesses.take(guesser, now);
        }
    }
}

fn guessers(peer: Peer, code: [u8; 32]) -> [Guesser; 2] {
    [Guesser::Address(host(peer.0)), Guesser::Code(code)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
    }

    fn nonce(number: u8) -> Nonce {
        Nonce([number; 16])
    }

    #[test]
    fn a_station_asks_a_hundred_and_twenty_times_at_once_and_then_waits() {
        let gate = Gate::new();
        let station = StationId([1; 16]);
        for number in 0..120 {
            assert_eq!(gate.question(peer(1), station, nonce(number)), Ok(()));
        }
        let shut = gate.question(peer(1), station, nonce(120));
        assert!(matches!(shut, Err(Shut::Until(wait)) if wait <= Duration::from_secs(1)));
        assert_eq!(gate.question(peer(1), StationId([2; 16]), nonce(0)), Ok(()));
    }

    #[test]
    fn copies_of_a_question_use_up_the_copiers_budget_and_not_the_stations() {
        let gate = Gate::new();
        let station = StationId([1; 16]);
        gate.question(peer(1), station, nonce(1)).unwrap();
        for _ in 0..200 {
            assert_eq!(gate.question(peer(2), station, nonce(1)), Err(Shut::Replayed));
        }
        assert!(gate.may_prove(peer(2), None).is_err());
        assert!(gate.may_prove(peer(2), Some(station)).is_err(), "it is not at home there");
        assert_eq!(gate.may_prove(peer(1), None), Ok(()));
        assert_eq!(gate.question(peer(1), station, nonce(2)), Ok(()));
    }

    #[test]
    fn a_noisy_neighbour_shuts_no_station_out() {
        let gate = Gate::new();
        let station = StationId([1; 16]);
        gate.question(peer(1), station, nonce(1)).unwrap();
        for _ in 0..100 {
            gate.proof_failed(peer(1));
        }
        assert!(gate.may_prove(peer(1), None).is_err());
        assert!(gate.may_prove(peer(1), Some(StationId([2; 16]))).is_err());
        assert_eq!(gate.may_prove(peer(1), Some(station)), Ok(()));
    }

    #[test]
    fn five_wrong_codes_and_that_address_waits_for_minutes() {
        let gate = Gate::new();
        for wrong in 0..5 {
            assert_eq!(gate.may_guess(peer(1), [wrong; 32]), Ok(()));
            gate.guessed_wrong(peer(1), [wrong; 32]);
        }
        let shut = gate.may_guess(peer(1), [9; 32]);
        assert!(matches!(shut, Err(Shut::Until(wait)) if wait > Duration::from_secs(170)));
        assert_eq!(gate.may_guess(peer(2), [9; 32]), Ok(()), "another address is another matter");
    }

    #[test]
    fn five_wrong_tries_with_one_code_and_that_code_waits() {
        let gate = Gate::new();
        for from in 0..5 {
            gate.guessed_wrong(peer(from), [1; 32]);
        }
        assert!(gate.may_guess(peer(9), [1; 32]).is_err());
        assert_eq!(gate.may_guess(peer(9), [2; 32]), Ok(()));
    }
}
