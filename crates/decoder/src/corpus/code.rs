//! The codes: a pass as it is issued, and other people's.

use qrcode::{Color, EcLevel, QrCode};

use super::chance::Chance;

/// Invents the text of a pass: as long, and of the same letters, as a real one.
pub fn pass(chance: &mut Chance) -> String {
    let letter = |n: u64| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(n % 32) as usize] as char;
    let base32 = (0..170).map(|_| letter(chance.draw()));
    "YB1".chars().chain(base32).collect()
}

/// A code to be looked up by module.
#[derive(Clone, Debug)]
pub struct Modules {
    /// Modules on a side, without the quiet zone.
    pub side: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Encodes a text at level M.
    pub fn of(text: &str) -> Modules {
        // What is drawn here is shorter than the largest code by far.
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let code = code.expect("a text that fits a code");
        let dark = code.to_colors().into_iter().map(|c| c == Color::Dark).collect();
        Modules { side: code.width(), dark }
    }

    /// Tells whether it is dark at a place, from 0 to 1 over the code; the quiet zone is not.
    pub fn is_dark(&self, x: f32, y: f32) -> bool {
        let module = |place: f32| (place * self.side as f32).floor();
        let (i, j) = (module(x), module(y));
        let inside = |n: f32| (0.0..self.side as f32).contains(&n);
        inside(i) && inside(j) && self.dark[j as usize * self.side + i as usize]
    }
}
