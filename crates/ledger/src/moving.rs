//! A server outgrows one machine: what its file holds moves to PostgreSQL.

use rusqlite::types::ValueRef;

use crate::db::{Db, Value};
use crate::error::LedgerError;
use crate::open::Ledger;

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
        writing.commit()?;
        drop(still);
        Ok(true)
    }
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
