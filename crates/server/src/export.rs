//! `export`: arrivals, roster and facts, for spreadsheets and programs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use admission::fact::{Body, Fact, Sealed};
use anyhow::{Context, bail};
use jiff::tz::TimeZone;
use ledger::Ledger;
use ledger::register::Entry;
use serde_json::{Map, Value, json};

use crate::api::station_names;
use crate::folder::{Folder, served};
use crate::import::{COLUMNS, PICTURES};
use crate::sheet;

/// What to give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Table {
    /// Who arrived where.
    Arrivals,
    /// The organiser's list with every column; in JSON with ids.
    Roster,
    /// Everything that happened.
    Facts,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// An array of objects.
    Json,
    /// For spreadsheets: UTF-8 with a byte order mark, CRLF, no formulas.
    Csv,
    /// Not built yet.
    Xlsx,
}

const ARRIVALS: [&str; 10] = [
    "attendee",
    "number",
    "name",
    "latin",
    "delegation",
    "category",
    "activity",
    "station",
    "at",
    "fact",
];
const FACTS: [&str; 13] = [
    "log",
    "seq",
    "hash",
    "kind",
    "at",
    "site",
    "attendee",
    "activity",
    "reason",
    "rehearsal",
    "pass",
    "station",
    "quarantined",
];

/// Prints a table; arrivals are the real ones, or with `rehearsal` the rehearsed.
///
/// # Errors
/// A sentence, if the form is not built yet or the ledger cannot be read.
pub fn run(data: &Path, table: Table, format: Format, rehearsal: bool) -> anyhow::Result<()> {
    if format == Format::Xlsx {
        bail!("xlsx is not built yet; use --format csv, which spreadsheets open as well");
    }
    let bytes = export(&Folder::open(data)?, table, format, rehearsal)?;
    let mut out = std::io::stdout().lock();
    match out.write_all(&bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Makes a table.
///
/// # Errors
/// A sentence, if the ledger cannot be read.
pub fn export(
    folder: &Folder,
    table: Table,
    format: Format,
    rehearsal: bool,
) -> anyhow::Result<Vec<u8>> {
    let ledger = folder.ledger_to_read()?;
    let (_, zone) = served(&ledger)?;
    match table {
        Table::Arrivals => written(&ARRIVALS, arrivals(&ledger, &zone, rehearsal)?, format),
        Table::Roster => {
            // Without ids the table is a list that `import` takes back.
            let rows = roster(&ledger)?;
            // Names of files alone; `import` keeps the pictures of names that it knows.
            let has = |column: &&&str| rows.iter().any(|row| row.contains_key(**column));
            let pictures = PICTURES.iter().filter(has);
            let columns: Vec<&str> = COLUMNS.iter().chain(pictures).copied().collect();
            written(&columns, rows, format)
        }
        Table::Facts => written(&FACTS, facts(&ledger, &zone)?, format),
    }
}

type Row = Map<String, Value>;

fn written(columns: &[&str], rows: Vec<Row>, format: Format) -> anyhow::Result<Vec<u8>> {
    if format == Format::Json {
        let mut bytes = serde_json::to_vec(&rows)?;
        bytes.push(b'\n');
        return Ok(bytes);
    }
    let cell = |row: &Row, column: &&str| match row.get(*column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    sheet::write(columns, &cells)
}

fn row<const N: usize>(cells: [(&str, Value); N]) -> Row {
    cells.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn arrivals(ledger: &Ledger, zone: &TimeZone, rehearsal: bool) -> anyhow::Result<Vec<Row>> {
    let entries: BTreeMap<_, Entry> =
        ledger.entries()?.into_iter().map(|entry| (entry.attendee.id, entry)).collect();
    let stations = station_names(ledger)?;
    let of = |arrival: ledger::projections::Arrival| {
        let entry = entries.get(&arrival.attendee);
        let person = entry.and_then(|entry| entry.attendee.person.as_ref());
        row([
            ("attendee", json!(arrival.attendee)),
            ("number", json!(entry.map(|entry| &entry.number))),
            ("name", json!(person.map(|person| &person.name))),
            ("latin", json!(person.map(|person| &person.latin))),
            ("delegation", json!(entry.map(|entry| &entry.attendee.delegation))),
            ("category", json!(entry.map(|entry| &entry.attendee.category))),
            ("activity", json!(arrival.activity)),
            ("station", json!(stations.get(&arrival.fact.log.station()))),
            ("at", json!(arrival.at.rfc3339_in(zone))),
            ("fact", json!(arrival.fact)),
        ])
    };
    Ok(ledger.arrivals(rehearsal)?.into_iter().map(of).collect())
}

fn roster(ledger: &Ledger) -> anyhow::Result<Vec<Row>> {
    let of = |entry: Entry| -> anyhow::Result<Row> {
        let mut row: Row = serde_json::from_str(&entry.fields)
            .with_context(|| format!("the stored row of {} is damaged", entry.number))?;
        row.insert("id".to_owned(), json!(entry.attendee.id));
        Ok(row)
    };
    ledger.entries()?.into_iter().map(of).collect()
}

fn facts(ledger: &Ledger, zone: &TimeZone) -> anyhow::Result<Vec<Row>> {
    let stations = station_names(ledger)?;
    let quarantined = ledger.quarantined()?;
    let mut rows = Vec::new();
    ledger.for_each_fact(|sealed: Sealed| -> Result<(), ledger::LedgerError> {
        let fact =
            sealed.read().map_err(|error| ledger::LedgerError::Damaged(error.to_string()))?;
        let mut row = fact_row(&fact, zone);
        row.insert("hash".to_owned(), json!(sealed.hash()));
        row.insert("station".to_owned(), json!(stations.get(&fact.log.station())));
        row.insert("quarantined".to_owned(), json!(quarantined.get(&fact.id())));
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

fn fact_row(fact: &Fact, zone: &TimeZone) -> Row {
    let body = Body::of(fact);
    let pass = |kind| match kind {
        admission::pass::PassKind::Invitation => "invitation",
        admission::pass::PassKind::Badge => "badge",
    };
    row([
        ("log", json!(fact.log)),
        ("seq", json!(fact.seq)),
        ("kind", json!(Body::name_of(fact.kind))),
        ("at", json!(fact.moment.wall.rfc3339_in(zone))),
        ("site", json!(fact.site)),
        ("attendee", json!(fact.subject)),
        ("activity", json!(body.visit().map(|visit| &visit.activity))),
        ("reason", json!(body.reason())),
        ("rehearsal", json!(body.rehearsal)),
        ("pass", json!(body.pass().map(pass))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn text(table: Table, format: Format) -> String {
        let (_dir, folder) = testing::folder_with(testing::PEOPLE);
        testing::let_arrive(&folder, "100001", "registration", false);
        testing::let_arrive(&folder, "100002", "registration", true);
        String::from_utf8(export(&folder, table, format, false).unwrap()).unwrap()
    }

    #[test]
    fn the_roster_comes_back_with_every_column_and_in_json_with_ids() {
        let csv = text(Table::Roster, Format::Csv);
        let mut lines = csv.split("\r\n");
        let header = format!("\u{FEFF}{}", COLUMNS.join(","));
        assert_eq!(lines.next().unwrap(), header);
        let first = lines.next().unwrap();
        assert!(first.starts_with("100001,王伟,WANG Wei,"), "{first}");
        assert!(first.contains(",'+86 139 0000 0000,"), "a phone is no formula: {first}");
        let rows: Vec<Row> = serde_json::from_str(&text(Table::Roster, Format::Json)).unwrap();
        assert_eq!(rows[0]["phone"], "+86 139 0000 0000");
        assert_eq!(rows[0]["id"].as_str().unwrap().len(), 32);
    }

    #[test]
    fn arrivals_are_the_real_ones_unless_rehearsed_ones_are_asked_for() {
        let rows: Vec<Row> = serde_json::from_str(&text(Table::Arrivals, Format::Json)).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((&rows[0]["number"], &rows[0]["station"]), (&json!("100001"), &json!("K1")));
        let (_dir, folder) = testing::folder_with(testing::PEOPLE);
        testing::let_arrive(&folder, "100002", "registration", true);
        let rehearsed = export(&folder, Table::Arrivals, Format::Json, true).unwrap();
        let rows: Vec<Row> = serde_json::from_slice(&rehearsed).unwrap();
        assert_eq!((rows.len(), &rows[0]["number"]), (1, &json!("100002")));
    }

    #[test]
    fn facts_say_what_happened_and_whether_it_was_a_rehearsal() {
        let rows: Vec<Row> = serde_json::from_str(&text(Table::Facts, Format::Json)).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows.iter().filter(|row| row["rehearsal"] == true).count(), 1);
        for row in &rows {
            assert_eq!(row["kind"], "admitted");
            assert_eq!(row["hash"].as_str().unwrap().len(), 64);
            assert!(FACTS.iter().all(|column| row.contains_key(*column)), "{row:?}");
        }
        assert!(text(Table::Facts, Format::Csv).starts_with("\u{FEFF}log,seq,hash,kind,at,"));
    }
}
