//! The texts of one badge, and what is checked before any of them is drawn.

use admission::roster::Picture;
use admission::text::half_width;

use crate::BadgeError;
use crate::faces::{faces, is_bidi_control};

/// The texts of one badge. All plain text; empty = line absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// The name that is largest: in its own script where there is one.
    pub name: String,
    /// The name in Latin letters, when `name` is in another script.
    pub second_name: String,
    /// What the person does there (职务).
    pub post: String,
    /// The enterprise.
    pub enterprise: String,
    /// The enterprise in the other language, or a second enterprise.
    pub second_enterprise: String,
    /// Country, region or province.
    pub place: String,
    /// The convention's title.
    pub convention: String,
    /// The convention's title in the other language.
    pub second_convention: String,
    /// The category: delegate, press, staff …
    pub category: String,
    /// The category in the other language.
    pub second_category: String,
    /// The table where the person sits, as the organiser wrote it.
    pub table: String,
    /// The colour of the category band, `#RRGGBB`.
    pub band: String,
    /// The attendee's language, BCP 47: chooses the shapes of Han characters.
    pub language: String,
    /// The text of the badge pass, drawn as a QR code.
    pub pass: String,
    /// A photo, as [`crate::picture::photo`] makes them.
    pub photo: Option<Picture>,
    /// What is drawn in place of the name, as [`crate::picture::name_image`] makes it.
    pub name_image: Option<Picture>,
}

impl Texts {
    /// Returns what is printed, each with the name of its placeholder.
    pub(crate) fn printed(&self) -> [(&'static str, &str); 11] {
        [
            ("name", &self.name),
            ("second_name", &self.second_name),
            ("post", &self.post),
            ("enterprise", &self.enterprise),
            ("second_enterprise", &self.second_enterprise),
            ("place", &self.place),
            ("convention", &self.convention),
            ("second_convention", &self.second_convention),
            ("category", &self.category),
            ("second_category", &self.second_category),
            ("table", &self.table),
        ]
    }
}

/// Returns a text as it can be drawn: white space evened out, direction marks dropped.
///
/// Direction marks come along from copied text and can turn a name around; the drawing sets its own.
/// Refuses control characters and whatever no face can draw, so that no box is ever printed in place of a name.
pub(crate) fn printable(field: &str, text: &str) -> Result<String, BadgeError> {
    let even = evened(field, text)?;
    let missing: Vec<char> = even.chars().filter(|&c| !faces().can_draw(c)).collect();
    if missing.is_empty() {
        Ok(even)
    } else {
        Err(BadgeError::MissingGlyph { field: field.to_owned(), characters: missing })
    }
}

/// The same for a text that stands there as a picture: no face has to draw it.
pub(crate) fn evened(field: &str, text: &str) -> Result<String, BadgeError> {
    let controls: Vec<char> = text.chars().filter(|&c| is_control(c)).collect();
    if !controls.is_empty() {
        return Err(BadgeError::ControlCharacter { field: field.to_owned(), characters: controls });
    }
    let kept: String = text.chars().filter(|&c| !is_dropped(c)).map(narrow).collect();
    Ok(kept.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Returns a colour if it is written `#RRGGBB`: nothing else may enter an attribute of the template.
pub(crate) fn colour(field: &str, text: &str) -> Result<String, BadgeError> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err(BadgeError::Colour { field: field.to_owned() })
    }
}

/// Returns the colour, paper or ink, that is read best on `background` (`#RRGGBB`).
pub(crate) fn readable_on(background: &str) -> &'static str {
    let channel = |range: std::ops::Range<usize>| {
        let digits = background.get(range).unwrap_or("00");
        let value = f32::from(u8::from_str_radix(digits, 16).unwrap_or(0)) / 255.0;
        value.powf(2.2)
    };
    let luminance = 0.2126 * channel(1..3) + 0.7152 * channel(3..5) + 0.0722 * channel(5..7);
    // At 0.3 dark ink begins to have more contrast than paper has.
    if luminance > 0.3 { "#1B1B1F" } else { "#FBF8F1" }
}

/// Latin letters and digits as wide as Han characters are an input method's accident, and torn apart on a badge.
fn narrow(c: char) -> char {
    let is_wide = matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ');
    if is_wide { half_width(c) } else { c }
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_dropped(c: char) -> bool {
    is_bidi_control(c) || matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{2060}' | '\u{00AD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_is_refused_and_its_field_named() {
        let refused = printable("name", "Lin\u{7}").unwrap_err();
        assert!(
            matches!(refused, BadgeError::ControlCharacter { ref field, .. } if field == "name")
        );
        assert_eq!(refused.to_string(), "name has control characters: U+0007");
    }

    #[test]
    fn a_character_that_no_face_has_is_refused_by_its_code_point_alone() {
        let refused = printable("name", "王\u{E000}伟").unwrap_err();
        assert_eq!(refused.to_string(), "no font has these characters of name: U+E000");
    }

    #[test]
    fn direction_marks_and_odd_spaces_do_not_reach_the_badge() {
        assert_eq!(
            printable("name", " \u{202E}Lin\u{3000}\u{a0} Mei\u{200F}\u{FEFF}").unwrap(),
            "Lin Mei"
        );
    }

    #[test]
    fn a_variation_selector_stays_with_its_character() {
        assert_eq!(printable("name", "葛\u{E0100}城").unwrap(), "葛\u{E0100}城");
    }

    #[test]
    fn only_six_hex_digits_are_a_colour() {
        assert!(colour("band", "#C8402F").is_ok());
        for bad in ["", "red", "#C84", "#C8402F;", "#GGGGGG", "url(#x)", "#C8402F\"/>"] {
            assert!(matches!(colour("band", bad), Err(BadgeError::Colour { .. })), "{bad}");
        }
    }

    #[test]
    fn words_on_the_band_are_dark_on_light_and_light_on_dark() {
        assert_eq!(readable_on("#C8402F"), "#FBF8F1");
        assert_eq!(readable_on("#F7E7C1"), "#1B1B1F");
    }
}
