//! Room for vowel signs that have a width of their own, as in Hindi, Thai and Tibetan.
//!
//! The SVG library takes the widest glyph of a cluster for the cluster's width, so the next letter would stand upon the sign.
//! What is missing is counted here, with the shaper that the library uses, and given back between the letters.

use std::fmt::Write as _;

use rustybuzz::{Direction, Face, UnicodeBuffer};

use crate::faces::Run;

/// What is missing in a text, in em.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Room {
    /// Before each character.
    before: Vec<f32>,
    /// Behind the last one.
    pub(crate) after: f32,
}

impl Room {
    /// Returns what is missing in a run of a built-in face.
    pub(crate) fn of(run: &Run, bold: bool) -> Room {
        Room::in_face(&run.text, run.family.file(bold), 0)
    }

    /// Returns what is missing in a text in the face of a font file.
    pub(crate) fn in_face(text: &str, file: &[u8], index: u32) -> Room {
        let face = text.contains(takes_signs).then(|| Face::from_slice(file, index)).flatten();
        let Some(face) = face else { return Room::default() };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        let shaped = rustybuzz::shape(&face, &[], buffer);
        let glyphs: Vec<(u32, i32)> = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| (info.cluster, position.x_advance))
            .collect();
        let missing = |cluster: &[(u32, i32)]| {
            let advances = || cluster.iter().map(|(_, advance)| *advance as f32);
            advances().sum::<f32>() - advances().fold(0.0, f32::max)
        };
        let (mut before, mut after) = (vec![0.0; text.chars().count()], 0.0);
        for cluster in glyphs.chunk_by(|a, b| a.0 == b.0) {
            let at = cluster.first().and_then(|(byte, _)| text.get(..*byte as usize));
            if let Some(to) = at.and_then(|head| before.get_mut(head.chars().count())) {
                *to = after;
            }
            after = missing(cluster) / face.units_per_em() as f32;
        }
        Room { before, after }
    }

    /// Adds room before the first character.
    pub(crate) fn shifted(mut self, by: f32) -> Room {
        match self.before.first_mut() {
            Some(first) => *first += by,
            None => self.before.push(by),
        }
        self
    }

    /// Returns all that is missing.
    pub(crate) fn total(&self) -> f32 {
        self.before.iter().sum::<f32>() + self.after
    }

    /// Returns it as an attribute of a `<tspan>` of this size; nothing where nothing is missing.
    pub(crate) fn attribute(&self, size: f32) -> String {
        if self.before.iter().all(|room| *room == 0.0) {
            return String::new();
        }
        let mut attribute = r#" dx=""#.to_owned();
        for room in &self.before {
            // Writing to a string cannot fail.
            let _ = write!(attribute, "{:.3} ", room * size);
        }
        attribute + "\""
    }
}

/// Tells whether signs with a width of their own may belong to a letter: the scripts of South and South-East Asia.
fn takes_signs(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{109F}' | '\u{1700}'..='\u{18AF}' | '\u{1900}'..='\u{1CFF}' | '\u{A800}'..='\u{ABFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::Family;

    fn room(family: Family, text: &str) -> Room {
        Room::of(&Run { family, text: text.to_owned() }, true)
    }

    #[test]
    fn a_sign_with_a_width_needs_room_and_one_without_none() {
        let hindi = room(Family::Devanagari, "नारा");
        let [first, sign, second, last] = hindi.before[..] else { panic!("{hindi:?}") };
        assert_eq!((first, sign, last), (0.0, 0.0, 0.0));
        assert!(second > 0.2 && hindi.after > 0.2, "{hindi:?}");
        assert!((hindi.total() - second - hindi.after).abs() < 0.001);
        assert_eq!(room(Family::Devanagari, "कमल").total(), 0.0);
        assert!(room(Family::Thai, "น้ำ").after > 0.2);
        assert_eq!(room(Family::Thai, "กิน").total(), 0.0);
        assert_eq!(room(Family::Latin, "Z\u{351}a").total(), 0.0);
    }
}
