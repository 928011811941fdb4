//! The assembler: from what a scanner typed to a [`Token`].
//!
//! It removes what scanners add and evens out CapsLock, nothing else: the reader of passes is strict,
//! and a text that was made to look like a pass here would be one nobody issued.

use std::fmt;
use std::time::Instant;

use admission::pass::LONGEST;

/// A scanned text, ready for the reader of passes.
#[derive(Clone)]
pub struct Token {
    text: String,
    read_at: Instant,
}

impl Token {
    /// Assembles what a scanner read: CR, LF and Tab dropped at the ends, and letters to capitals
    /// where all of them are small. CapsLock turns every letter around; a code that has both kinds
    /// was printed so, by somebody else.
    ///
    /// One character more than a pass may have is kept of a longer text, so that it stays too long.
    pub fn assemble(raw: &str) -> Token {
        let bare = raw.trim_matches(['\r', '\n', '\t']);
        let mut text: String = bare.chars().take(LONGEST.saturating_add(1)).collect();
        if !text.chars().any(char::is_uppercase) {
            text.make_ascii_uppercase();
        }
        Token { text, read_at: Instant::now() }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether nothing was scanned.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Returns when it was assembled.
    pub fn read_at(&self) -> Instant {
        self.read_at
    }
}

impl fmt::Debug for Token {
    /// A token opens doors, so it never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} characters)", self.text.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scanners_add_is_dropped_and_capitals_are_restored() {
        assert_eq!(Token::assemble("\tyb1abc\r\n").text(), "YB1ABC");
        assert_eq!(Token::assemble(" yb1 ").text(), " YB1 ");
        assert_eq!(Token::assemble("ınk ß").text(), "ıNK ß");
    }

    #[test]
    fn letters_of_both_kinds_stay_as_they_are() {
        for mixed in ["yB1ABC", "YB1ABc", "Yb1abc", "yb1É"] {
            assert_eq!(Token::assemble(mixed).text(), mixed);
        }
    }

    #[test]
    fn a_megabyte_is_cut_to_something_that_is_still_too_long_for_a_pass() {
        assert_eq!(Token::assemble(&"界".repeat(1_000_000)).text().chars().count(), 513);
    }

    #[test]
    fn a_token_does_not_show_itself_in_a_log() {
        assert_eq!(format!("{:?}", Token::assemble("YB1SECRET")), "Token(9 characters)");
    }

    #[test]
    fn white_space_alone_is_no_scan() {
        assert!(Token::assemble("\r\n").is_blank());
        assert!(Token::assemble("  ").is_blank());
    }
}
