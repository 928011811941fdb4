//! What is wrong with a file that somebody brought: where exactly, and what to do about it.

use std::fmt;

/// Most complaints that are shown at once: more would not be read.
pub const MOST: usize = 50;

/// One thing that is wrong, and its cure, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file as it was named on the command line.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1: a character of the line, or a column of the table.
    pub column: usize,
    /// The table column's name; empty in a file that is no table.
    pub heading: String,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Complaint { file, line, column, heading, text } = self;
        let heading = if heading.is_empty() { String::new() } else { format!(" ({heading})") };
        let sentence = format!("{file}, line {line}, column {column}{heading}: {text}");
        // A part of the file may stand in it, and a terminal would obey its control characters.
        f.write_str(&sentence.replace(char::is_control, "\u{FFFD}"))
    }
}

/// All that is wrong with what was brought: nothing of it is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Complaints(pub Vec<Complaint>);

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told("nothing was changed; mend this and try again"))
    }
}

impl Complaints {
    /// Tells as many as anybody reads, each on a line, how many more there are, and what to do.
    pub fn told(&self, cure: &str) -> String {
        let mut told: String =
            self.0.iter().take(MOST).map(|complaint| format!("{complaint}\n")).collect();
        let more = self.0.len().saturating_sub(MOST);
        if more > 0 {
            told.push_str(&format!("and {more} more; "));
        }
        told + cure
    }
}

/// Returns line and column (both from 1, the column in characters) of a byte of `text`.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    (before.matches('\n').count().saturating_add(1), column.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        assert_eq!(position("ab\n辽宁x", 0), (1, 1));
        assert_eq!(position("ab\n辽宁x", 2), (1, 3));
        assert_eq!(position("ab\n辽宁x", 9), (2, 3));
    }

    #[test]
    fn more_complaints_than_anybody_reads_are_counted() {
        let one = Complaint {
            file: "a.csv".to_owned(),
            line: 2,
            column: 1,
            heading: "number".to_owned(),
            text: "no".to_owned(),
        };
        let shown = Complaints(vec![one; 53]).to_string();
        assert_eq!(shown.lines().count(), 51);
        assert!(shown.ends_with("and 3 more; nothing was changed; mend this and try again"));
    }
}
