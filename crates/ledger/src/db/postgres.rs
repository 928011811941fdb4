//! One connection to PostgreSQL, asked and waited for like a file.
//!
//! The connection belongs to one thread that waits: a ledger's. It must not be asked from inside
//! an event loop.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use super::Row;
use super::value::{Cell, Value};
use crate::error::LedgerError;
use crate::postgres::{self, Address};

/// Statements that are on their way at the same time.
const AT_ONCE: usize = 256;
/// Rows that one statement inserts; PostgreSQL takes up to 65,535 places.
const ROWS: usize = 50;
/// A statement that takes longer than this is given up by the server.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection, the convention whose rows it sees, and what it prepared.
pub(crate) struct Postgres {
    runtime: Runtime,
    client: Client,
    convention: [u8; 16],
    prepared: RefCell<HashMap<String, Statement>>,
}

impl Postgres {
    /// Connects for one convention.
    pub(crate) fn connect(
        address: &Address,
        convention: [u8; 16],
    ) -> Result<Postgres, LedgerError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| LedgerError::Disk(error.to_string()))?;
        let client = runtime.block_on(async {
            postgres::migrate(address).await?;
            postgres::connect(address).await
        })?;
        let postgres =
            Postgres { runtime, client, convention, prepared: RefCell::new(HashMap::new()) };
        let patience = PATIENCE.as_millis();
        postgres.run(&format!(
            "SET statement_timeout = {patience}; SET idle_in_transaction_session_timeout = {patience}"
        ))?;
        Ok(postgres)
    }

    /// Tells whether the other end is there. Nobody looks at the connection between two questions,
    /// so one is asked.
    pub(crate) fn answers(&self) -> bool {
        !self.client.is_closed() && self.run("").is_ok()
    }

    pub(super) fn run(&self, sql: &str) -> Result<(), LedgerError> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(LedgerError::from)
    }

    pub(super) fn execute(&self, sql: &str, places: &[Value<'_>]) -> Result<usize, LedgerError> {
        let changed = self.runtime.block_on(async {
            let statement = self.prepare(sql, places.len()).await?;
            self.client.execute_raw(&statement, self.all(&statement, places)).await
        })?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(super) fn execute_all(
        &self,
        sql: &str,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), LedgerError> {
        let Some(width) = rows.first().map(Vec::len) else { return Ok(()) };
        let together = of_rows(sql, width, ROWS);
        let (whole, rest) = match &together {
            Some(_) => rows.as_chunks::<ROWS>(),
            None => (&[][..], rows),
        };
        self.runtime.block_on(async {
            if let (Some(sql), false) = (&together, whole.is_empty()) {
                let statement = self.prepare(sql, ROWS.saturating_mul(width)).await?;
                for rows in whole {
                    let places = rows.concat();
                    self.client.execute_raw(&statement, self.all(&statement, &places)).await?;
                }
            }
            let statement = self.prepare(sql, width).await?;
            for some in rest.chunks(AT_ONCE) {
                let each = some.iter().map(|places| {
                    self.client.execute_raw(&statement, self.all(&statement, places))
                });
                try_join_all(each).await?;
            }
            Ok(())
        })
    }

    pub(super) fn each<E: From<LedgerError>>(
        &self,
        sql: &str,
        places: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // All of them at once: while some were still on their way, `each` could not ask anything.
        let rows: Result<Vec<tokio_postgres::Row>, _> = self.runtime.block_on(async {
            let statement = self.prepare(sql, places.len()).await?;
            let rows = self.client.query_raw(&statement, self.all(&statement, places)).await?;
            rows.try_collect().await
        });
        for row in rows.map_err(LedgerError::from)? {
            each(&Row::Postgres(&row))?;
        }
        Ok(())
    }

    pub(super) fn query_all<T>(
        &self,
        sql: &str,
        keys: &[Vec<Value<'_>>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<Vec<T>>, LedgerError> {
        let Some(width) = keys.first().map(Vec::len) else { return Ok(Vec::new()) };
        let mut all = Vec::with_capacity(keys.len());
        for some in keys.chunks(AT_ONCE) {
            let answers = self.runtime.block_on(async {
                let statement = self.prepare(sql, width).await?;
                let each = some.iter().map(async |key| {
                    let rows = self.client.query_raw(&statement, self.all(&statement, key));
                    rows.await?.try_collect::<Vec<_>>().await
                });
                try_join_all(each).await
            })?;
            for rows in answers {
                let made = rows.iter().map(|row| read(&Row::Postgres(row)));
                all.push(made.collect::<Result<_, _>>()?);
            }
        }
        Ok(all)
    }

    pub(super) fn first<T>(
        &self,
        sql: &str,
        places: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Option<T>, LedgerError> {
        let row = self.runtime.block_on(async {
            let statement = self.prepare(sql, places.len()).await?;
            let rows = self.client.query_raw(&statement, self.all(&statement, places)).await?;
            pin!(rows).next().await.transpose()
        })?;
        row.map(|row| read(&Row::Postgres(&row))).transpose()
    }

    /// Waits until nobody else changes the lists of this convention; until the transaction ends.
    pub(super) fn lock_convention(&self) -> Result<(), LedgerError> {
        let (number, _) = self.lock_numbers();
        self.run(&format!("SELECT pg_advisory_xact_lock({number})"))
    }

    pub(super) fn begin_alone(&self) -> Result<bool, LedgerError> {
        let (_, number) = self.lock_numbers();
        let sql = format!("SELECT pg_try_advisory_lock({number})");
        Ok(self.runtime.block_on(self.client.query_one(&sql, &[]))?.try_get(0)?)
    }

    pub(super) fn end_alone(&self) -> Result<(), LedgerError> {
        let (_, number) = self.lock_numbers();
        self.run(&format!("SELECT pg_advisory_unlock({number})"))
    }

    /// Numbers of the convention's two locks: for a transaction, and for longer work.
    fn lock_numbers(&self) -> (i64, i64) {
        let (one, other) = self.convention.split_at(8);
        let number = |half: &[u8]| half.try_into().map_or(0, i64::from_be_bytes);
        (number(one), number(other))
    }

    /// Has everybody who listens told, once the transaction holds.
    pub(super) fn announce(&self) -> Result<(), LedgerError> {
        let channel = postgres::channel(self.convention);
        self.run(&format!("NOTIFY {channel}"))
    }

    async fn prepare(&self, sql: &str, width: usize) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        debug_assert!(sql.contains("/*own*/") || sql.contains("/*its*/"), "no convention: {sql}");
        let statement = self.client.prepare(&spelt(sql, width)).await?;
        self.prepared.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Adds the convention behind the places, where the statement names it.
    fn all<'a>(&'a self, statement: &Statement, places: &[Value<'a>]) -> Vec<Value<'a>> {
        let mut all = places.to_vec();
        if statement.params().len() > all.len() {
            all.push(Value::Bytes(&self.convention));
        }
        all
    }
}

/// Spells a statement as PostgreSQL wants it: `$1` for `?1`, and the convention where the comments
/// ask for it.
fn spelt(sql: &str, width: usize) -> String {
    let own = format!("${}", width.saturating_add(1));
    sql.replace('?', "$")
        .replace("/*key*/", "convention,")
        .replace("/*own*/", &format!("{own},"))
        .replace("/*its*/", &format!("convention = {own} AND"))
}

/// Makes of an insert of one row one of several: `VALUES (?1, ?2), (?3, ?4)`. Nothing if the
/// statement is no insert, or has places outside of its row.
fn of_rows(sql: &str, width: usize, rows: usize) -> Option<String> {
    let (start, rest) = sql.split_once("VALUES (")?;
    let (row, end) = rest.split_once(')')?;
    if !start.starts_with("INSERT") || end.contains('?') {
        return None;
    }
    let numbered = |count: usize| {
        // From the last, since ?1 is the beginning of ?10.
        (1..=width).rev().fold(row.to_owned(), |row, place| {
            let place_here = count.saturating_mul(width).saturating_add(place);
            row.replace(&format!("?{place}"), &format!("${place_here}"))
        })
    };
    let rows: Vec<String> = (0..rows).map(|count| format!("({})", numbered(count))).collect();
    Some(format!("{start}VALUES {}{end}", rows.join(", ")))
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Number(number), &Type::INT4) => i32::try_from(*number)?.to_sql(ty, out),
            (Value::Number(number), _) => number.to_sql(ty, out),
            (Value::TooLarge, _) => Err("a number beyond 63 bits cannot be stored".into()),
            (Value::Text(text), _) => text.to_sql(ty, out),
            (Value::Bytes(bytes), _) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Cell<'a>, Box<dyn Error + Sync + Send>> {
        match *ty {
            Type::INT8 => Ok(Cell::Number(i64::from_sql(ty, raw)?)),
            Type::INT4 => Ok(Cell::Number(i32::from_sql(ty, raw)?.into())),
            Type::BOOL => Ok(Cell::Number(bool::from_sql(ty, raw)?.into())),
            Type::TEXT | Type::VARCHAR => Ok(Cell::Text(raw)),
            Type::BYTEA => Ok(Cell::Bytes(raw)),
            _ => Err(format!("a column of type {ty} is not expected").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Cell<'a>, Box<dyn Error + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(super) fn cell(row: &tokio_postgres::Row, column: usize) -> Result<Cell<'_>, LedgerError> {
    Ok(row.try_get(column)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_convention_stands_where_the_comments_ask_for_it() {
        let sql = "INSERT INTO log (/*key*/ log, head) VALUES (/*own*/ ?1, ?2)
                   ON CONFLICT (/*key*/ log) DO NOTHING";
        let spelt_out = "INSERT INTO log (convention, log, head) VALUES ($3, $1, $2)
                   ON CONFLICT (convention, log) DO NOTHING";
        assert_eq!(spelt(sql, 2), spelt_out);
        let sql = "SELECT head FROM log WHERE /*its*/ log = ?1";
        assert_eq!(spelt(sql, 1), "SELECT head FROM log WHERE convention = $2 AND log = $1");
    }

    #[test]
    fn an_insert_takes_several_rows_and_nothing_else_does() {
        let sql = "INSERT INTO log (/*key*/ log, head) VALUES (/*own*/ ?1, ?2)
                   ON CONFLICT (/*key*/ log) DO UPDATE SET head = excluded.head";
        let spelt_out = "INSERT INTO log (convention, log, head) VALUES ($5, $1, $2), ($5, $3, $4)
                   ON CONFLICT (convention, log) DO UPDATE SET head = excluded.head";
        assert_eq!(spelt(&of_rows(sql, 2, 2).unwrap(), 4), spelt_out);
        let ten: Vec<String> = (1..=10).map(|place| format!("?{place}")).collect();
        let wide = format!("INSERT INTO t (a) VALUES ({})", ten.join(", "));
        let both = of_rows(&wide, 10, 2).unwrap();
        assert!(both.ends_with("$9, $10), ($11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"));
        assert_eq!(of_rows("DELETE FROM log WHERE /*its*/ log = ?1", 1, 2), None);
        assert_eq!(
            of_rows("INSERT INTO t (a) VALUES (?1) ON CONFLICT DO UPDATE SET a = ?2", 2, 2),
            None
        );
    }
}
