//! What a text about a person may hold, in a list or in a steward's order: characters that somebody
//! sees, and no number of an identity card or passport.

pub mod documents;
pub mod identity;
mod visible;

pub use identity::half_width;
pub use visible::{is_ignorable, is_seen};

/// Tells whether nobody sees a character that turns a line around, breaks it or makes two equal
/// names differ.
///
/// The joiners U+200C and U+200D are not among them: Persian and Indic names are written with them.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Tells whether a text has the shape of a language tag (BCP 47).
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|letter| letter.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
        })
}
