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
        let mut chance = Chance(seed.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ name);
        // Neighbouring seeds begin far apart.
        chance.draw();
        chance
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to 1.
    pub fn share(&mut self) -> f32 {
        (self.draw() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Returns a number in a range.
    pub fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.share()
    }

    /// Returns one of the two signs.
    pub fn sign(&mut self) -> f32 {
        if self.draw().is_multiple_of(2) { 1.0 } else { -1.0 }
    }

    /// Returns a number from 0 to one less than `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end.max(1)
    }

    /// Returns noise of deviation 1 around 0: twelve dice, so that it ends somewhere.
    pub fn noise(&mut self) -> f32 {
        let (one, two) = (self.draw().to_le_bytes(), self.draw().to_le_bytes());
        let sum: u32 = one.iter().chain(&two[..4]).map(|byte| u32::from(*byte)).sum();
        (sum as f32 - 12.0 * 127.5) / 256.0
    }
}
