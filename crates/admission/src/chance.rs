//! Chance for tests: seeded, so that a failure can be had again.
#![allow(clippy::arithmetic_side_effects, reason = "the divisor is at least one")]

/// A small seeded generator (splitmix64, Vigna 2015); its state is printed when a test fails.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % (end.max(1) as u64)) as usize
    }
}
