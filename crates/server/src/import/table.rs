//! Reads a table strictly: the header to the letter, every row as long as it, plain text in cells.

use admission::text::{documents, identity, is_invisible, is_seen};

use crate::complaint::{Complaint, Complaints};
use crate::sheet::unguarded;

/// After so many complaints the rest of a file is not looked at: it is another kind of file.
const ENOUGH: usize = 10_000;
/// More columns than a list of people has in any office.
const MOST_COLUMNS: usize = 200;

/// Collects complaints about one table.
pub(super) struct Sink {
    file: String,
    complaints: Vec<Complaint>,
}

impl Sink {
    pub(super) fn complain(&mut self, line: usize, (column, heading): (usize, &str), text: String) {
        if self.is_full() {
            return;
        }
        let (file, heading) = (self.file.clone(), heading.to_owned());
        self.complaints.push(Complaint { file, line, column, heading, text });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.complaints.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.complaints.len() >= ENOUGH
    }

    pub(super) fn into_complaints(self) -> Vec<Complaint> {
        self.complaints
    }
}

/// A table whose cells are in the order of the wanted header, whatever the order in the file.
pub(super) struct Table {
    /// Where complaints go.
    pub(super) sink: Sink,
    header: &'static [&'static str],
    /// Columns that may be missing; their cells stand behind those of the header.
    optional: &'static [&'static str],
    /// For each wanted column its number in the file, from 1; `None` for one that may be missing and is.
    columns: Vec<Option<usize>>,
    /// The rows that can be read.
    pub(super) rows: Vec<Row>,
}

/// One row: the line it begins on, and its cells in the order of the wanted header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

/// What the texts of a column may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// How long, in characters.
    pub(super) longest: usize,
    /// Whether they are phones or addresses.
    pub(super) contact: bool,
}

impl Row {
    /// Returns a cell without blanks at its ends.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

impl Table {
    /// Reads a table with this header, and with none, some or all of the optional columns.
    ///
    /// # Errors
    /// [`Complaints`] if the header is another; what is wrong below it goes to the sink.
    pub(super) fn read(
        file: &str,
        text: &str,
        header: &'static [&'static str],
        optional: &'static [&'static str],
    ) -> Result<Table, Complaints> {
        let sink = Sink { file: file.to_owned(), complaints: Vec::new() };
        let mut table = Table { sink, header, optional, columns: Vec::new(), rows: Vec::new() };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut lines = Lines { text: text.as_bytes(), seen: 0, line: 1 };
        let mut records = reader.records();
        let mut width = 0;
        while let Some(Ok(record)) = records.next() {
            let start = record.position().map_or(0, csv::Position::byte);
            let line = lines.at(usize::try_from(start).unwrap_or(usize::MAX));
            if table.columns.is_empty() {
                width = record.len();
                table.read_header(line, &record)?;
            } else {
                table.read_row(line, &record, width);
            }
            if table.sink.is_full() {
                break;
            }
        }
        if table.columns.is_empty() {
            let text = format!("the file is empty; its first line must be: {}", header.join(","));
            table.sink.complain(1, (1, ""), text);
            return Err(Complaints(table.sink.complaints));
        }
        Ok(table)
    }

    fn read_header(&mut self, line: usize, record: &csv::StringRecord) -> Result<(), Complaints> {
        let names: Vec<&str> = record.iter().map(str::trim).collect();
        match other_separator(&names) {
            Some(separator) => {
                let text = format!("columns are separated by {separator:?}; save with commas");
                self.sink.complain(line, (1, ""), text);
            }
            None if names.len() > MOST_COLUMNS => {
                let (found, wanted) = (names.len(), self.header.len());
                let text = format!("{found} columns; the list has {wanted}, remove the others");
                self.sink.complain(line, (1, ""), text);
            }
            // Cells of a person, most likely: none of them is shown.
            None if !names.iter().any(|name| self.header.contains(name)) => {
                let text = format!(
                    "this line names no column of the list; the first line must be the header: {}",
                    self.header.join(",")
                );
                self.sink.complain(line, (1, ""), text);
            }
            None => {
                self.check_names(line, &names);
                self.find_columns(line, &names);
            }
        }
        match self.sink.is_empty() {
            true => Ok(()),
            false => Err(Complaints(std::mem::take(&mut self.sink.complaints))),
        }
    }

    /// Complains about columns that are not wanted, or there twice.
    fn check_names(&mut self, line: usize, names: &[&str]) {
        for (place, name) in names.iter().enumerate() {
            let at = (place.saturating_add(1), "");
            if identity::is_heading(name) {
                self.sink.complain(line, at, identity::COLUMN.to_owned());
            } else if !self.wanted().any(|wanted| wanted == *name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                let known = self.wanted().collect::<Vec<_>>().join(", ");
                let text =
                    format!("no column is called {name:?}; remove it, or name it one of {known}");
                self.sink.complain(line, at, text);
            } else if names.iter().take(place).any(|earlier| earlier == name) {
                let text = format!("the column {name} is there twice; remove one");
                self.sink.complain(line, at, text);
            }
        }
    }

    /// Finds where each wanted column stands, and complains about those that are missing.
    fn find_columns(&mut self, line: usize, names: &[&str]) {
        for wanted in self.wanted() {
            let place = names.iter().position(|name| *name == wanted);
            self.columns.push(place.map(|place| place.saturating_add(1)));
            match place {
                None if self.header.contains(&wanted) => {
                    let end = names.len().saturating_add(1);
                    let text = format!("the column {wanted} is missing; add it");
                    self.sink.complain(line, (end, ""), text);
                }
                _ => {}
            }
        }
    }

    /// Returns the columns in the order of cells.
    fn wanted(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.header.iter().chain(self.optional).copied()
    }

    /// Tells whether the file has a column, which may be missing.
    pub(super) fn has(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(Option::is_some)
    }

    fn read_row(&mut self, line: usize, record: &csv::StringRecord, width: usize) {
        if record.len() != width {
            let last = record.get(record.len().saturating_sub(1)).unwrap_or_default();
            let text = match record.len() < width && last.contains('\n') {
                true => "a quotation mark that begins here is never closed; close it".to_owned(),
                false => format!(
                    "this row has {} columns and the header {width}; put text with commas \
                     between quotation marks",
                    record.len()
                ),
            };
            self.sink.complain(line, (record.len(), ""), text);
            return;
        }
        let cell = |column: &Option<usize>| {
            let Some(column) = column else { return String::new() };
            let place = column.saturating_sub(1);
            unguarded(record.get(place).unwrap_or_default()).to_owned()
        };
        let cells: Vec<String> = self.columns.iter().map(cell).collect();
        // Spreadsheets leave rows of nothing at the end.
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            self.rows.push(Row { line, cells });
        }
    }

    /// Returns number and name of a wanted column, for complaints.
    pub(super) fn place(&self, column: usize) -> (usize, &'static str) {
        let number = self.columns.get(column).copied().flatten().unwrap_or(1);
        (number, self.wanted().nth(column).unwrap_or_default())
    }

    /// Complains about a cell of a row.
    pub(super) fn complain(&mut self, line: usize, column: usize, text: impl Into<String>) {
        let place = self.place(column);
        self.sink.complain(line, place, text.into());
    }

    /// Complains about characters that are no text, numbers of documents, and texts that are too long.
    pub(super) fn check_texts(&mut self, rule: impl Fn(usize) -> Rule) {
        let mut found = Vec::new();
        for row in &self.rows {
            for (column, cell) in row.cells.iter().enumerate() {
                if let Some(text) = not_plain(cell, rule(column)) {
                    found.push((row.line, column, text));
                }
            }
            if found.len() >= ENOUGH {
                break;
            }
        }
        for (line, column, text) in found {
            self.complain(line, column, text);
        }
    }
}

/// Finds what separates the columns of a header that has no commas.
fn other_separator(names: &[&str]) -> Option<char> {
    match names {
        [only] => [';', '\t', '，'].into_iter().find(|separator| only.contains(*separator)),
        _ => None,
    }
}

fn not_plain(cell: &str, Rule { longest, contact }: Rule) -> Option<String> {
    let control = cell.chars().find(|c| c.is_control() || is_invisible(*c));
    if let Some(control) = control {
        let text = match control {
            '\n' | '\r' => "a line break inside the cell; write it in one line".to_owned(),
            other => {
                format!("the control character U+{:04X}; delete it", u32::from(other))
            }
        };
        return Some(text);
    }
    if !cell.trim().is_empty() && !is_seen(cell) {
        return Some(
            "nobody can see a character here; write the text or empty the cell".to_owned(),
        );
    }
    // A phone may look like a passport, and so may the name before an @.
    if identity::is_in(cell) || (!contact && documents::is_in(cell)) {
        return Some(identity::VALUE.to_owned());
    }
    let length = cell.chars().count();
    (length > longest).then(|| format!("{length} characters; at most {longest} fit here"))
}

/// Counts lines along the way; positions are asked for in ascending order.
struct Lines<'a> {
    text: &'a [u8],
    seen: usize,
    line: usize,
}

impl Lines<'_> {
    /// Returns the line of the record that begins at `byte`, after empty lines.
    fn at(&mut self, byte: usize) -> usize {
        let ahead = self.text.get(self.seen..).unwrap_or_default();
        let mut left = byte.saturating_sub(self.seen);
        for c in ahead {
            let blank = matches!(c, b'\n' | b'\r');
            if left == 0 && !blank {
                break;
            }
            left = left.saturating_sub(1);
            self.seen = self.seen.saturating_add(1);
            if *c == b'\n' {
                self.line = self.line.saturating_add(1);
            }
        }
        self.line
    }
}
