//! What statements run on: one SQLite file, or one connection to PostgreSQL.
//!
//! Everything that a ledger does is written once, in SQL that both understand, with places `?1`,
//! `?2`, ... Integers have 64 bits, a truth is 0 or 1, there are texts and bytes and nothing else.
//!
//! In PostgreSQL several conventions share the tables, and the convention comes first in every key.
//! So a statement says in comments, which SQLite passes over, where it belongs:
//!
//! - `/*key*/` in a list of columns: the column `convention`;
//! - `/*own*/` in a list of values: this ledger's convention;
//! - `/*its*/` before a condition: only rows of this ledger's convention.

#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod value;

use std::ops::Deref;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

#[cfg(feature = "postgres")]
use self::postgres::Postgres;
pub(crate) use self::value::{Cell, FromCell, Value};
use crate::error::LedgerError;

/// Builds the places of a statement: `&places![log.0, seq]`.
macro_rules! places {
    ($($value:expr),* $(,)?) => {{
        #[allow(unused_imports, reason = "mostly one of the two")]
        use $crate::db::value::{OfBytes as _, OfNumber as _};
        [$($value.value()),*]
    }};
}
pub(crate) use places;

/// An open database.
#[allow(clippy::large_enum_variant, reason = "there is one of it in a ledger")]
pub(crate) enum Db {
    /// A file of this machine.
    Sqlite(Connection),
    /// A server that several processes share.
    #[cfg(feature = "postgres")]
    Postgres(Box<Postgres>),
}

/// One row of an answer.
pub(crate) enum Row<'a> {
    /// Of SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// Of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// Reads a column, counted from 0.
    pub(crate) fn get<T: FromCell>(&self, column: usize) -> Result<T, LedgerError> {
        T::from_cell(self.cell(column)?).ok_or_else(|| {
            LedgerError::Damaged(format!("column {column} of a row is out of range"))
        })
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, LedgerError> {
        match self {
            Row::Sqlite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(Cell::Null),
                ValueRef::Integer(number) => Ok(Cell::Number(number)),
                ValueRef::Text(text) => Ok(Cell::Text(text)),
                ValueRef::Blob(bytes) => Ok(Cell::Bytes(bytes)),
                ValueRef::Real(_) => Err(LedgerError::Damaged("a row holds a fraction".to_owned())),
            },
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => postgres::cell(row, column),
        }
    }
}

impl Db {
    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, places: &[Value<'_>]) -> Result<usize, LedgerError> {
        match self {
            Db::Sqlite(db) => Ok(db.prepare_cached(sql)?.execute(params_from_iter(places))?),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.execute(sql, places),
        }
    }

    /// Runs one statement for every row of places. An insert that changes the row that is there
    /// already must not come to one key twice: PostgreSQL takes many rows in one statement.
    pub(crate) fn execute_all(
        &self,
        sql: &str,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), LedgerError> {
        match self {
            Db::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                for places in rows {
                    statement.execute(params_from_iter(places))?;
                }
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.execute_all(sql, rows),
        }
    }

    /// Returns what `read` makes of every row.
    pub(crate) fn query<T>(
        &self,
        sql: &str,
        places: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
        let mut all = Vec::new();
        self.each(sql, places, |row| -> Result<(), LedgerError> {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Hands every row to `each`, which may end the walk by an error; rows are not kept.
    pub(crate) fn each<E: From<LedgerError>>(
        &self,
        sql: &str,
        places: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Db::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql).map_err(LedgerError::from)?;
                let rows = statement.query(params_from_iter(places));
                let mut rows = rows.map_err(LedgerError::from)?;
                while let Some(row) = rows.next().map_err(LedgerError::from)? {
                    each(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.each(sql, places, each),
        }
    }

    /// Runs one question for every key, and returns what `read` makes of the rows of each.
    pub(crate) fn query_all<T>(
        &self,
        sql: &str,
        keys: &[Vec<Value<'_>>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<Vec<T>>, LedgerError> {
        match self {
            Db::Sqlite(_) => keys.iter().map(|key| self.query(sql, key, &mut read)).collect(),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.query_all(sql, keys, read),
        }
    }

    /// Returns the first row, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        places: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Option<T>, LedgerError> {
        match self {
            Db::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let row = statement
                    .query_row(params_from_iter(places), |row| Ok(read(&Row::Sqlite(row))));
                row.optional()?.transpose()
            }
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.first(sql, places, read),
        }
    }

    /// Returns the one row that there must be.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        places: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let missing = || LedgerError::Damaged("a row that must be there is missing".to_owned());
        self.first(sql, places, read)?.ok_or_else(missing)
    }

    /// Runs statements without places, such as the borders of a transaction.
    pub(crate) fn run(&self, sql: &str) -> Result<(), LedgerError> {
        match self {
            Db::Sqlite(db) => Ok(db.execute_batch(sql)?),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.run(sql),
        }
    }

    /// Begins a transaction that alone may write; of PostgreSQL, alone in its convention.
    pub(crate) fn write(&self) -> Result<Writing<'_>, LedgerError> {
        let writing = self.begin("BEGIN IMMEDIATE", "BEGIN")?;
        #[cfg(feature = "postgres")]
        if let Db::Postgres(db) = self {
            db.lock_convention()?;
        }
        Ok(writing)
    }

    /// Begins a transaction beside which others may write to PostgreSQL: it locks what it reads in
    /// order to change it.
    pub(crate) fn write_beside(&self) -> Result<Writing<'_>, LedgerError> {
        self.begin("BEGIN IMMEDIATE", "BEGIN")
    }

    /// Begins to see everything as it is now.
    pub(crate) fn hold_still(&self) -> Result<(), LedgerError> {
        match self {
            Db::Sqlite(_) => self.run("BEGIN"),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        }
    }

    /// Takes the one lock of the convention for work in several transactions; `false` if another
    /// process has it.
    pub(crate) fn begin_alone(&self) -> Result<bool, LedgerError> {
        match self {
            Db::Sqlite(_) => Ok(true),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.begin_alone(),
        }
    }

    /// Gives it back. It goes with the connection, too.
    pub(crate) fn end_alone(&self) -> Result<(), LedgerError> {
        match self {
            Db::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Db::Postgres(db) => db.end_alone(),
        }
    }

    /// Tells whether others may write at the same time, so that rows have to be locked.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self, Db::Sqlite(_))
    }

    /// Returns the file, for what only a file has.
    pub(crate) fn file(&self) -> Result<&Connection, LedgerError> {
        match self {
            Db::Sqlite(db) => Ok(db),
            #[cfg(feature = "postgres")]
            Db::Postgres(_) => Err(LedgerError::NoFile),
        }
    }

    /// Returns what one of SQLite's own checks complains about; PostgreSQL looks after its pages.
    pub(crate) fn pages(&self, pragma: &str) -> Result<Vec<String>, LedgerError> {
        if self.is_shared() {
            return Ok(Vec::new());
        }
        let found = self.query(pragma, &[], |row| row.get::<String>(0))?;
        // What is wrong with a tree comes as one text of up to a hundred lines, under a heading.
        let lines = found.iter().flat_map(|text| text.lines());
        let is_told = |line: &&str| *line != "ok" && !line.starts_with("*** in database");
        Ok(lines.filter(is_told).map(str::to_owned).collect())
    }

    /// Returns numbers that differ after any change to the file, by others and from here. What
    /// changes in PostgreSQL is told by [`crate::postgres::listen`].
    pub(crate) fn changes_seen(&self) -> (Option<i64>, u64) {
        match self {
            Db::Sqlite(db) => {
                let others = db.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
                (others, db.total_changes())
            }
            #[cfg(feature = "postgres")]
            Db::Postgres(_) => (None, 0),
        }
    }

    fn begin(&self, sqlite: &str, postgres: &str) -> Result<Writing<'_>, LedgerError> {
        self.run(if self.is_shared() { postgres } else { sqlite })?;
        Ok(Writing { db: self, open: true })
    }
}

/// A transaction: rolled back unless [`Writing::commit`] says that it holds.
pub(crate) struct Writing<'a> {
    db: &'a Db,
    open: bool,
}

impl Writing<'_> {
    /// Makes it durable.
    pub(crate) fn commit(mut self) -> Result<(), LedgerError> {
        #[cfg(feature = "postgres")]
        if let Db::Postgres(db) = self.db {
            db.announce()?;
        }
        self.db.run("COMMIT")?;
        self.open = false;
        Ok(())
    }
}

impl Deref for Writing<'_> {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.db
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        // On a full disk SQLite has rolled back already, and says so.
        if self.open
            && let Err(error) = self.db.run("ROLLBACK")
        {
            tracing::debug!(%error, "nothing to roll back");
        }
    }
}
