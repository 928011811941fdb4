//! A look at a list: everything that import checks in the texts, and nothing kept or drawn.

use admission::roster::Convention;

use super::assignments;
use super::people::{self, COLUMNS, PICTURES};
use super::table::Table;
use crate::complaint::Complaints;
use crate::incoming::{Purpose, text_of};

/// Reads `attendees.csv` and returns the cells of each person as they would be kept.
///
/// # Errors
/// Every complaint about the list.
pub fn look_at_people(
    file: &str,
    bytes: &[u8],
    convention: &Convention,
) -> Result<Vec<Vec<String>>, Complaints> {
    let text = text_of(file, bytes.to_vec(), Purpose::List)?;
    let mut table = Table::read(file, &text, &COLUMNS, &PICTURES)?;
    let people = people::read(&mut table, convention);
    let cells = |fields: &str| {
        let fields: serde_json::Value = serde_json::from_str(fields).unwrap_or_default();
        let cell = |column| fields.get(column).and_then(|cell| cell.as_str()).unwrap_or_default();
        COLUMNS.iter().map(|column| cell(column).to_owned()).collect()
    };
    verdict(table, people.iter().map(|written| cells(&written.fields)).collect())
}

/// Reads `assignments.csv` for people whom nobody looks up; returns how many people it names.
///
/// # Errors
/// Every complaint about the list.
pub fn look_at_assignments(
    file: &str,
    bytes: &[u8],
    convention: &Convention,
) -> Result<usize, Complaints> {
    let text = text_of(file, bytes.to_vec(), Purpose::List)?;
    let mut table = Table::read(file, &text, &assignments::COLUMNS, &[])?;
    let lines = assignments::read(&mut table, convention, people::is_number);
    verdict(table, lines.len())
}

fn verdict<T>(table: Table, found: T) -> Result<T, Complaints> {
    match table.sink.is_empty() {
        true => Ok(found),
        false => Err(Complaints(table.sink.into_complaints())),
    }
}
