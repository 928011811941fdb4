//! What is printed: badges and the pictures of passes.
//!
//! A template is an SVG drawing with placeholders. [`Template::fill`] puts the texts of one attendee in, fits every line
//! into its box, and gives a [`Badge`]: one tree, from which the screen's PNG, the printer's PDF, the SVG and the dots of
//! label printers all come, so that what the screen shows is what the printer prints.
//! It draws plain strings; `person` alone knows where on a roster they come from. No database, no printer, no network,
//! no rule of the convention.
//!
//! What a designer has to know is in [`template`]; where names break is in `breaks`, how they are fitted in `layout`,
//! which face draws a character in `faces`, how colours become black dots in `bits`.

use std::collections::BTreeSet;

mod badge;
mod bits;
mod breaks;
pub mod code;
mod contact;
mod dots;
mod faces;
mod font_pack;
mod jpeg;
mod layout;
mod letters;
mod lines_of_name;
mod markup;
#[cfg(test)]
mod names;
mod pages;
pub mod pass_picture;
mod person;
pub mod picture;
mod pwg;
mod room;
mod ruler;
mod screen;
pub mod station_picture;
pub mod template;
#[cfg(test)]
mod tests;
mod texts;
mod tspl;
mod words;
mod zpl;

pub use badge::Badge;
pub use bits::Bits;
pub use contact::{contact_pdf, contact_png};
pub use faces::{Weight, chinese_face};
pub use font_pack::FontPack;
pub use jpeg::jpeg;
pub use pages::{Pages, Sheet, document};
pub use pwg::{Colour, pwg};
pub use template::{Template, TemplateError};
pub use texts::Texts;
pub use tspl::{Label, tspl};
pub use zpl::zpl;

/// Why a badge cannot be drawn. Messages hold names of fields and code points, never a person's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadgeError {
    /// No face that is built in can draw these characters.
    #[error("no font has these characters of {field}: {}", code_points(.characters))]
    MissingGlyph {
        /// The placeholder.
        field: String,
        /// The characters.
        characters: Vec<char>,
    },
    /// A text has characters that are no text.
    #[error("{field} has control characters: {}", code_points(.characters))]
    ControlCharacter {
        /// The placeholder.
        field: String,
        /// The characters.
        characters: Vec<char>,
    },
    /// A text is too long for its box, even at the smallest size and on all its lines.
    #[error("{field} does not fit its box in the badge template")]
    DoesNotFit {
        /// The box, by the template's `data-fit`.
        field: String,
    },
    /// A colour is not written `#RRGGBB`.
    #[error("{field} is not a colour: write it like #C8402F")]
    Colour {
        /// The placeholder.
        field: String,
    },
    /// The text of the code is longer than a QR code holds.
    #[error("the code's text is too long for a QR code")]
    CodeTooLong,
    /// The code's box is so small that a printer cannot draw modules that scanners read.
    #[error(
        "the QR code has {} mm; a printer of {dpi} dpi needs at least {} mm for it: make its box in the template larger",
        millimetres(*.side), millimetres(*.needed)
    )]
    CodeTooSmall {
        /// The printer's resolution.
        dpi: u32,
        /// The side of the code with its quiet zone as the template has it, in tenths of a millimetre.
        side: u32,
        /// The side that it needs, in tenths of a millimetre.
        needed: u32,
    },
    /// No printer has this resolution.
    #[error("{dpi} dpi is not a printer's resolution: say 100 to 1200, for instance 203 or 300")]
    Resolution {
        /// What was asked for.
        dpi: u32,
    },
    /// The template breaks a rule that shows only with these texts.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The filled drawing could not be turned into a picture or a page.
    #[error("cannot draw the badge: {0}")]
    Drawing(String),
}

/// Most code points that are named: a name in a script that no face has is full of them.
const MOST_NAMED: usize = 8;

fn millimetres(tenths: u32) -> String {
    format!("{:.1}", f64::from(tenths) / 10.0)
}

fn code_points(characters: &[char]) -> String {
    let mut known = BTreeSet::new();
    let new = characters.iter().filter(|c| known.insert(**c));
    let mut points: Vec<String> = new.map(|&c| format!("U+{:04X}", u32::from(c))).collect();
    let more = points.len().saturating_sub(MOST_NAMED);
    points.truncate(MOST_NAMED);
    if more > 0 {
        points.push(format!("and {more} more"));
    }
    points.join(", ")
}

#[cfg(test)]
mod messages {
    use super::code_points;

    #[test]
    fn each_code_point_is_named_once_and_no_more_than_anybody_reads() {
        assert_eq!(code_points(&['བ', 'ས', 'བ']), "U+0F56, U+0F66");
        let many: Vec<char> = ('ა'..='ჰ').collect();
        assert!(code_points(&many).ends_with("U+10D7, and 25 more"), "{}", code_points(&many));
    }
}
