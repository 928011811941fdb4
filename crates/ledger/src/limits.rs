//! How often somebody may do something: a budget that refills with time.
//!
//! Pure: the time is an argument. A [`Budgets`] keeps one number for everybody who used some of
//! theirs lately, and forgets whoever has all of it again.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Most whose budgets are kept at once; beyond it, those who used least are forgotten.
const MOST_KEPT: usize = 8192;

/// A budget: so many at once, and one more after every `refill`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many may come at once.
    pub burst: u32,
    /// After how long there is one more.
    pub refill: Duration,
}

/// The budgets of many, each with a key of its own.
///
/// Kept for a key is the moment at which its budget is whole again.
#[derive(Clone, Debug)]
pub struct Budgets<K> {
    budget: Budget,
    whole_at: HashMap<K, Duration>,
}

impl<K: Eq + Hash + Clone> Budgets<K> {
    /// Gives everybody the same budget.
    pub fn new(budget: Budget) -> Budgets<K> {
        Budgets { budget, whole_at: HashMap::new() }
    }

    /// Tells whether something is left, and uses nothing; `now` counts from any fixed moment.
    ///
    /// # Errors
    /// How long to wait until there is.
    pub fn check(&self, key: &K, now: Duration) -> Result<(), Duration> {
        let Budget { burst, refill } = self.budget;
        let owed = self.whole_at.get(key).map_or(Duration::ZERO, |at| at.saturating_sub(now));
        let most_owed = refill.saturating_mul(burst.saturating_sub(1));
        match owed.checked_sub(most_owed) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// Uses one, if one is left.
    ///
    /// # Errors
    /// How long to wait until there is; then nothing was used.
    pub fn take(&mut self, key: K, now: Duration) -> Result<(), Duration> {
        self.check(&key, now)?;
        if self.whole_at.len() >= MOST_KEPT && !self.whole_at.contains_key(&key) {
            self.forget(now);
        }
        let from = self.whole_at.get(&key).map_or(now, |at| (*at).max(now));
        self.whole_at.insert(key, from.saturating_add(self.budget.refill));
        Ok(())
    }

    /// Forgets those whose budget is whole, and half of the others if that frees nothing.
    fn forget(&mut self, now: Duration) {
        self.whole_at.retain(|_, at| *at > now);
        if self.whole_at.len() < MOST_KEPT {
            return;
        }
        let mut moments: Vec<Duration> = self.whole_at.values().copied().collect();
        let (_, middle, _) = moments.select_nth_unstable(MOST_KEPT / 2);
        let middle = *middle;
        self.whole_at.retain(|_, at| *at > middle);
    }
}

/// Returns whom an address stands for: one host, or a whole network of IPv6, where a host has many.
pub fn host(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let network = six.to_bits() >> 64 << 64;
            if six.is_loopback() { address } else { IpAddr::V6(Ipv6Addr::from_bits(network)) }
        }
        four => four,
    }
}

/// Returns the seconds to name in `Retry-After`: the wait, and by chance up to half of it more, so
/// that those who were sent away together do not come back together.
pub fn retry_after(wait: Duration, chance: u32) -> u64 {
    let share = f64::from(chance) / f64::from(u32::MAX);
    let seconds = wait.as_secs_f64() * share.mul_add(0.5, 1.0);
    // Never zero: a client that comes back at once was not sent away.
    Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)).as_secs().saturating_add(1)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers")]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { burst: 3, refill: Duration::from_secs(10) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    #[test]
    fn a_budget_is_used_up_and_refills_one_by_one() {
        let mut budgets = Budgets::new(BUDGET);
        for _ in 0..3 {
            assert_eq!(budgets.take('a', at(0)), Ok(()));
        }
        assert_eq!(budgets.take('a', at(0)), Err(Duration::from_secs(10)));
        assert_eq!(budgets.take('a', at(4)), Err(Duration::from_secs(6)), "asking costs nothing");
        assert_eq!(budgets.take('a', at(10)), Ok(()));
        assert_eq!(budgets.take('a', at(10)), Err(Duration::from_secs(10)));
        for _ in 0..3 {
            assert_eq!(budgets.take('a', at(100)), Ok(()), "never more than the burst");
        }
        assert!(budgets.take('a', at(100)).is_err());
    }

    #[test]
    fn everybody_has_an_own_budget() {
        let mut budgets = Budgets::new(BUDGET);
        while budgets.take('a', at(0)).is_ok() {}
        assert_eq!(budgets.check(&'b', at(0)), Ok(()));
        assert_eq!(budgets.take('b', at(0)), Ok(()));
    }

    #[test]
    fn a_clock_that_jumps_back_neither_panics_nor_refuses_for_ever() {
        let mut budgets = Budgets::new(BUDGET);
        budgets.take('a', at(100)).unwrap();
        let wait = budgets.take('a', Duration::ZERO).unwrap_err();
        assert!(wait <= at(100));
        assert_eq!(Budgets::new(BUDGET).take('a', Duration::MAX), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let mut budgets = Budgets::new(BUDGET);
        while budgets.take(u32::MAX, at(0)).is_ok() {}
        for stranger in 0..50_000 {
            let _ = budgets.take(stranger, at(0));
        }
        assert!(budgets.whole_at.len() <= MOST_KEPT);
        assert!(budgets.check(&u32::MAX, at(0)).is_err(), "a flood of others buys nothing");
        let _ = budgets.take(1, at(1000));
    }

    #[test]
    fn a_house_with_many_addresses_is_one() {
        let host = |text: &str| super::host(text.parse().unwrap());
        assert_eq!(host("2001:db8::1"), host("2001:db8::ffff:2"));
        assert_ne!(host("2001:db8::1"), host("2001:db8:0:1::1"));
        assert_eq!(host("::ffff:10.0.0.1"), host("10.0.0.1"));
        assert_ne!(host("10.0.0.1"), host("10.0.0.2"));
        assert_ne!(host("::1"), host("::2"));
    }

    #[test]
    fn who_is_sent_away_comes_back_later_and_apart() {
        assert_eq!(retry_after(Duration::ZERO, 0), 1);
        assert_eq!(retry_after(Duration::from_secs(10), 0), 11);
        assert_eq!(retry_after(Duration::from_secs(10), u32::MAX), 16);
        assert!(retry_after(Duration::MAX, u32::MAX) <= 86_401);
    }
}
