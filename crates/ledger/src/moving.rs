//! A server outgrows one machine: what its file holds moves to PostgreSQL.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::db::{Cell, Db, FromCell, Value};
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::setting;

/// Rows that are sent at once.
const AT_ONCE: usize = 1000;

/// What stood in a field of the file.
enum Field {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Ledger {
    /// Copies everything that this file holds to its convention in PostgreSQL, in one transaction;
    /// `false` if the convention is there already, and then nothing is copied.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing has moved.
    pub fn move_to(&self, other: &Ledger) -> Result<bool, LedgerError> {
        let Db::Sqlite(file) = &self.db else { return Ok(false) };
        // What is written to the file meanwhile would stay behind.
        let still = self.db.write()?;
        let writing = other.db.write()?;
        if other.served()?.is_some() {
            return Ok(false);
        }
        for table in tables(&self.db)? {
            copy(file, &table, &writing)?;
        }
        // By these a copy of this file is told that changed nothing since.
        let fingerprints = LISTS.map(|list| Ok(fingerprint(&said(&self.db, list)?)));
        let fingerprints = fingerprints.into_iter().collect::<Result<Vec<_>, LedgerError>>()?;
        setting::write(&writing, setting::MOVED, &fingerprints.concat())?;
        writing.commit()?;
        drop(still);
        Ok(true)
    }

    /// Names the lists of this file that say what its convention in PostgreSQL does not: a copy of the
    /// file was made before it moved, and changed since.
    ///
    /// One that is what moved there has been changed there alone, if at all.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn lists_that_lack(&self, there: &Ledger) -> Result<BTreeSet<&'static str>, LedgerError> {
        let moved = setting::read(&there.db, setting::MOVED)?.unwrap_or_default();
        let mut moved = moved.chunks(32);
        let mut lacking = BTreeSet::new();
        for list in LISTS {
            let here = said(&self.db, list)?;
            if moved.next() != Some(&fingerprint(&here)[..])
                && !here.is_subset(&said(&there.db, list)?)
            {
                lacking.insert(list.0);
            }
        }
        Ok(lacking)
    }
}

/// What a list is called, how many columns are compared, and which.
type List = (&'static str, usize, &'static str);

/// What people decided at a server and no station brings again.
const LISTS: [List; 7] = [
    ("people", 3, "SELECT number, id, fields FROM register WHERE /*its*/ true"),
    ("people", 2, "SELECT id, row FROM attendee WHERE /*its*/ scope = '*'"),
    ("revoked passes", 1, "SELECT entry FROM revocation WHERE /*its*/ true"),
    ("stations", 4, "SELECT id, name, public, profile FROM station WHERE /*its*/ true"),
    ("stations", 2, "SELECT id, member FROM member WHERE /*its*/ true"),
    ("blanks", 3, "SELECT station, number, serial FROM blank WHERE /*its*/ true"),
    (
        "keys and settings",
        2,
        "SELECT name, value FROM setting WHERE /*its*/ name IN ('keys', 'policy')",
    ),
];

/// One field, written so that two rows are the same bytes only if they are the same.
struct Said(Vec<u8>);

impl FromCell for Said {
    fn from_cell(cell: Cell<'_>) -> Option<Said> {
        let (kind, bytes) = match cell {
            Cell::Null => (0, &[][..]),
            Cell::Number(number) => (1, &number.to_be_bytes()[..]),
            Cell::Text(bytes) | Cell::Bytes(bytes) => (2, bytes),
        };
        let length = u64::try_from(bytes.len()).ok()?.to_be_bytes();
        Some(Said([&[kind][..], &length, bytes].concat()))
    }
}

fn said(db: &Db, (_, width, sql): List) -> Result<BTreeSet<Vec<u8>>, LedgerError> {
    let rows = db.query(sql, &[], |row| {
        let fields = (0..width).map(|column| Ok(row.get::<Said>(column)?.0));
        Ok(fields.collect::<Result<Vec<_>, LedgerError>>()?.concat())
    })?;
    Ok(rows.into_iter().collect())
}

fn fingerprint(rows: &BTreeSet<Vec<u8>>) -> [u8; 32] {
    rows.iter().fold(Sha256::new(), |hash, row| hash.chain_update(row)).finalize().into()
}

fn tables(db: &Db) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'
               AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'refinery_%' ORDER BY name";
    db.query(sql, &[], |row| row.get(0))
}

fn copy(file: &rusqlite::Connection, table: &str, other: &Db) -> Result<(), LedgerError> {
    let mut select = file.prepare(&format!("SELECT * FROM {table}"))?;
    let names: Vec<String> = select.column_names().map(str::to_owned).collect();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
    let sql = format!(
        "INSERT INTO {table} (/*key*/ {}) OVERRIDING SYSTEM VALUE VALUES (/*own*/ {})",
        names.join(", "),
        places.join(", ")
    );
    let mut rows = select.query([])?;
    let mut some: Vec<Vec<Field>> = Vec::new();
    while let Some(row) = rows.next()? {
        let fields = (0..names.len()).map(|column| row.get_ref(column).map(field));
        some.push(fields.collect::<Result<_, _>>()?);
        if some.len() >= AT_ONCE {
            send(other, &sql, &some)?;
            some.clear();
        }
    }
    send(other, &sql, &some)
}

fn field(value: ValueRef<'_>) -> Field {
    match value {
        ValueRef::Integer(number) => Field::Number(number),
        ValueRef::Text(text) => Field::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Field::Bytes(bytes.to_vec()),
        // There are no fractions in any table.
        ValueRef::Null | ValueRef::Real(_) => Field::Null,
    }
}

fn send(other: &Db, sql: &str, rows: &[Vec<Field>]) -> Result<(), LedgerError> {
    let rows: Vec<Vec<Value<'_>>> =
        rows.iter().map(|row| row.iter().map(Field::value).collect()).collect();
    other.execute_all(sql, &rows)
}

impl Field {
    fn value(&self) -> Value<'_> {
        match self {
            Field::Null => Value::Null,
            Field::Number(number) => Value::Number(*number),
            Field::Text(text) => Value::Text(text),
            Field::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}
