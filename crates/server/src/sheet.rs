//! Tables for spreadsheets: UTF-8 with a byte order mark, CRLF, and no cell that is a formula.

use anyhow::Context;

/// Writes a table that a spreadsheet opens as text.
///
/// # Errors
/// If the rows have unequal lengths.
pub fn write<R: AsRef<[String]>>(header: &[&str], rows: &[R]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = "\u{FEFF}".as_bytes().to_vec();
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    writer.write_record(header).context("cannot write the table")?;
    for row in rows {
        let cells = row.as_ref().iter().map(|cell| guarded(cell));
        writer.write_record(cells).context("cannot write the table")?;
    }
    writer.flush().context("cannot write the table")?;
    drop(writer);
    Ok(bytes)
}

/// Puts `'` before what a spreadsheet would run as a formula.
///
/// A cell that looks guarded already gets one more, so that [`unguarded`] gives every cell back.
fn guarded(cell: &str) -> String {
    match is_risky(cell) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// Takes away the `'` that [`write`] put before a formula.
pub(crate) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_risky(rest) => rest,
        _ => cell,
    }
}

/// Tells whether a cell is a formula behind any number of `'`, or behind blanks that some
/// spreadsheets drop.
fn is_risky(cell: &str) -> bool {
    let bare = cell.trim_start_matches('\'');
    is_formula(bare)
        || is_formula(bare.trim_start_matches(|c: char| c == '\'' || c.is_whitespace()))
}

fn is_formula(cell: &str) -> bool {
    // Spreadsheets with an East Asian input method take the full-width signs as well.
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_text_and_comes_back() {
        let dangerous = ["=HYPERLINK(\"x\")", "+86 139", "-1", "@sum", "\tx", "\rx", "＝1"];
        for cell in dangerous.into_iter().chain([
            "'=1",
            "''=1",
            " =1",
            "' '=1",
            "\u{3000}＝1",
            "O'Neil",
            "'quoted'",
            "",
        ]) {
            let safe = guarded(cell);
            assert!(!is_formula(&safe), "{cell:?}");
            assert_eq!(unguarded(&safe), cell);
        }
        assert_eq!(guarded("=1"), "'=1");
        assert_eq!(guarded(" =1"), "' =1");
        assert_eq!(guarded("'quoted'"), "'quoted'");
    }

    #[test]
    fn a_table_has_a_mark_and_lines_that_end_with_crlf() {
        let rows = [vec!["一,二".to_owned(), "a\"b".to_owned()]];
        let bytes = write(&["x", "y"], &rows).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{FEFF}x,y\r\n\"一,二\",\"a\"\"b\"\r\n");
    }
}
