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
        write!(f, "{file}, line {line}, column {column}")?;
        if !heading.is_empty() {
            write!(f, " ({heading})")?;
        }
        write!(f, ": {text}")
    }
}

/// All that is wrong with what was brought: nothing of it is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Complaints(pub Vec<Complaint>);

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for complaint in self.0.iter().take(MOST) {
            writeln!(f, "{complaint}")?;
        }
        match self.0.len().saturating_sub(MOST) {
            0 => write!(f, "nothing was changed; mend this and try again"),
            more => write!(f, "and {more} more; nothing was changed; mend this and try again"),
        }
    }
}

/// Returns line and column (both from 1, the column in characters) of a byte of `text`.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    (before.matches('\n').count().saturating_add(1), column.saturating_add(1))
}

/// Reads a file that must be UTF-8 text; a byte order mark at its beginning is dropped.
///
/// # Errors
/// A complaint that names the first byte that is no UTF-8, or a sentence why it cannot be read.
pub fn read_text(path: &std::path::Path, most_bytes: u64) -> anyhow::Result<String> {
    use anyhow::Context;
    let file = path.display().to_string();
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {file}"))?.len();
    anyhow::ensure!(size <= most_bytes, "{file} is larger than {most_bytes} bytes; split it");
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {file}"))?;
    Ok(text_of(&file, &bytes)?)
}

/// Takes bytes as UTF-8 text without its byte order mark.
///
/// # Errors
/// [`Complaints`] that name line and column of the first byte that is no UTF-8.
pub fn text_of(file: &str, bytes: &[u8]) -> Result<String, Complaints> {
    let complain = |line, column, text: &str| {
        let (file, text) = (file.to_owned(), text.to_owned());
        Complaints(vec![Complaint { file, line, column, heading: String::new(), text }])
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(complain(1, 1, "the file is UTF-16; save it as UTF-8"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        let (line, column) = position(&good, good.len());
        let text = format!(
            "byte {} of the file is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)",
            error.valid_up_to().saturating_add(1)
        );
        complain(line, column, &text)
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned())
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
    fn bytes_that_are_no_utf8_are_named_by_line_column_and_byte() {
        let gb18030 = b"number\n\xb3\xc2";
        let complaints = text_of("a.csv", gb18030).unwrap_err();
        let expected = "a.csv, line 2, column 1: byte 8 of the file is not UTF-8; \
                        save the file as UTF-8 (in Excel: CSV UTF-8)";
        assert_eq!(complaints.0[0].to_string(), expected);
        let utf16 = text_of("a.csv", &[0xFF, 0xFE, 0x61, 0x00]).unwrap_err();
        assert!(utf16.to_string().contains("the file is UTF-16; save it as UTF-8"));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(text_of("a.csv", b"\xEF\xBB\xBFnumber").unwrap(), "number");
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
