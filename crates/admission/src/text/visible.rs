//! Which characters anybody sees: a name of others would be an empty badge, and between the digits of
//! a number they would hide it.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Letters and signs that are drawn as nothing, though their category says otherwise; and the sign
/// that stands where a character was lost.
const BLANKS: [char; 7] =
    ['\u{115F}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{FFA0}', '\u{FFFC}', '\u{FFFD}'];

/// Tells whether a text holds something that is seen; a mark that stands on no letter is not.
pub fn is_seen(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_ignorable(c))
}

/// Tells whether a character only joins, marks or shapes others, or is drawn as nothing; blanks are
/// another matter.
pub fn is_ignorable(c: char) -> bool {
    use unicode_properties::GeneralCategory::{Control, Format};
    BLANKS.contains(&c)
        || matches!(c.general_category(), Control | Format)
        || c.general_category_group() == GeneralCategoryGroup::Mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_no_text() {
        for nothing in [
            "",
            " ",
            "\u{3000}",
            "\u{3164}",
            "\u{FFA0}",
            "\u{AD}",
            "\u{200C}",
            "\u{200D}",
            "\u{34F}",
            "\u{FE0F}",
            "\u{301}",
            "\u{2800}",
            "\u{FFFD}",
            "\u{E0100}",
            "\u{E0041}",
            "\u{180E}",
            "\u{3164} \u{301}\u{200D}",
        ] {
            assert!(!is_seen(nothing), "{:?}", nothing.escape_unicode().to_string());
        }
    }

    #[test]
    fn a_letter_is_seen_whatever_joins_and_marks_it() {
        for text in
            ["王", "x", "-", "1", "می\u{200C}خواهم", "क्\u{200D}ष", "e\u{301}", "葛\u{E0100}", "한"]
        {
            assert!(is_seen(text), "{text}");
        }
    }
}
