//! Numbers that look random and are the same every time: SplitMix64.

/// A row of numbers that a seed decides.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Begins the row of `seed`; `what` keeps the rows of several uses apart.
    pub fn new(seed: u64, what: &str) -> Chance {
        let name = what.bytes().fold(0_u64, |sum, byte| {
            sum.rotate_left(9) ^ u64::from(byte).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        Chance(seed ^ name)
    }

    /// Returns the next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to one less than `end`, which is not 0.
    pub fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or(0)
    }

    /// Returns `count` different numbers below `end`, in any order.
    pub fn draw(&mut self, count: u32, end: u32) -> Vec<u32> {
        let mut seen = std::collections::BTreeSet::new();
        let mut drawn = Vec::new();
        while seen.len() < usize::try_from(count.min(end)).unwrap_or(usize::MAX) {
            let number = self.below(end);
            if seen.insert(number) {
                drawn.push(number);
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_and_a_use_has_its_own_row() {
        let draw = |seed, what| Chance::new(seed, what).draw(50, 1000);
        assert_eq!(draw(1, "scans"), draw(1, "scans"));
        assert_ne!(draw(1, "scans"), draw(2, "scans"));
        assert_ne!(draw(1, "scans"), draw(1, "kills"));
        let different: std::collections::BTreeSet<u32> = draw(1, "scans").into_iter().collect();
        assert_eq!(different.len(), 50);
    }
}
