//! From rows of `assignments.csv` to lines of people's own.
//!
//! A line replaces the earlier one of the same person and activity; what the file does not mention
//! stays, so that seats and tables can come in files of their own.

use std::collections::BTreeMap;

use admission::id::Slug;
use admission::roster::{Assignment, AssignmentState, Convention, Placing};

use super::table::{Row, Rule, Table};

/// The columns of `assignments.csv`.
pub const COLUMNS: [&str; 6] = ["number", "activity", "state", "seat", "table", "bus"];

const NUMBER: usize = 0;
const ACTIVITY: usize = 1;
const STATE: usize = 2;
const SEAT: usize = 3;
const TABLE: usize = 4;
const BUS: usize = 5;
/// Longest seat or table, in characters: they stand on screens.
const LONGEST: usize = 60;
/// Longest bus, as a station's bus, which it must equal.
const LONGEST_BUS: usize = crate::stations::LONGEST_BUS;

/// Lines by registration number and activity.
pub(super) type Lines = BTreeMap<String, BTreeMap<Slug, Assignment>>;

/// Judges every row; complaints go to the table's sink.
pub(super) fn read(
    table: &mut Table,
    convention: &Convention,
    known: impl Fn(&str) -> bool,
) -> Lines {
    table.check_texts(|column| {
        let longest = if column == BUS { LONGEST_BUS } else { LONGEST };
        Rule { longest, contact: false }
    });
    let rows = std::mem::take(&mut table.rows);
    let (mut lines, mut first_lines) = (Lines::new(), BTreeMap::new());
    for row in &rows {
        if table.sink.is_full() {
            break;
        }
        if !known(row.cell(NUMBER)) {
            let text = "nobody has this registration number; add the person or mend the number";
            table.complain(row.line, NUMBER, text);
        }
        let key = (row.cell(NUMBER), row.cell(ACTIVITY));
        if let Some(first) = first_lines.insert(key, row.line) {
            let text = format!("line {first} says something about the same person and activity");
            table.complain(row.line, ACTIVITY, text);
        }
        if let Some(line) = assignment(table, row, convention) {
            let number = row.cell(NUMBER).to_owned();
            lines.entry(number).or_default().insert(line.activity.clone(), line);
        }
    }
    lines
}

fn assignment(table: &mut Table, row: &Row, convention: &Convention) -> Option<Assignment> {
    let activity: Option<Slug> = row.cell(ACTIVITY).parse().ok();
    let activity = activity.filter(|id| convention.activity(id).is_some());
    if activity.is_none() {
        let text = "no activity of the convention file is called this; mend the spelling";
        table.complain(row.line, ACTIVITY, text);
    }
    let state = match row.cell(STATE) {
        "entitled" => Some(AssignmentState::Entitled),
        "excluded" => Some(AssignmentState::Excluded),
        "waiting" => Some(AssignmentState::Waiting),
        _ => {
            table.complain(row.line, STATE, "write entitled, excluded or waiting");
            None
        }
    };
    let text = |column| row.cell(column).to_owned();
    let placing = Placing { seat: text(SEAT), table: text(TABLE), bus: text(BUS) };
    Some(Assignment { activity: activity?, state: state?, placing })
}
