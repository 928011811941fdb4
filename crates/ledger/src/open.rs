//! Opening the file: encryption, durability and migrations.

use std::path::Path;
use std::time::Duration;

#[cfg(feature = "postgres")]
use admission::id::ConventionId;
use data_encoding::HEXLOWER;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use sha2::{Digest, Sha256};

#[cfg(feature = "postgres")]
use crate::db::postgres::Postgres;
use crate::db::{Db, Writing};
use crate::error::LedgerError;
#[cfg(feature = "postgres")]
use crate::postgres::{self, Address};

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// How long a write waits for another program's.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A raw 256-bit SQLCipher key: no passphrase, so opening costs nothing.
#[derive(Clone)]
pub struct DiskKey(pub [u8; 32]);

impl DiskKey {
    /// Returns SHA-256 of the key, by which the right one is told from another.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"yingbin-disk-key-v1").chain_update(self.0).finalize().into()
    }
}

impl std::fmt::Debug for DiskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DiskKey(..)")
    }
}

/// One ledger file, open.
///
/// Every write is one transaction; a method that returned `Ok` has committed durably
/// (`synchronous=FULL`).
pub struct Ledger {
    pub(crate) db: Db,
}

impl Ledger {
    /// Opens or makes the file for writing, and brings its schema up to date.
    ///
    /// A key encrypts the file with SQLCipher; without one it is a plain file, as on the server.
    ///
    /// # Errors
    /// [`LedgerError`] if the file cannot be opened with this key or does not fit this version.
    pub fn open(path: &Path, key: Option<&DiskKey>) -> Result<Ledger, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut db = connect(path, key, flags)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
        // Whoever fills the log copies all of it into the file: with 16 MB one guest in three
        // hundred waits for that, with SQLite's 4 MB one in seventy.
        db.pragma_update(None, "wal_autocheckpoint", 4000)?;
        migrate(&mut db)?;
        Ok(Ledger { db: Db::Sqlite(db) })
    }

    /// Opens an existing file beside its writer; every attempt to write fails.
    ///
    /// # Errors
    /// [`LedgerError`] if there is no such file or the key does not open it.
    pub fn open_to_read(path: &Path, key: Option<&DiskKey>) -> Result<Ledger, LedgerError> {
        let db = connect(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.pragma_update(None, "query_only", true)?;
        Ok(Ledger { db: Db::Sqlite(db) })
    }

    /// Connects to a convention in PostgreSQL; the tables are made, or brought up to date.
    ///
    /// A connection belongs to a thread that may wait, never to an event loop's.
    ///
    /// # Errors
    /// [`LedgerError::Away`] if the database does not answer, [`LedgerError::Schema`] if its tables
    /// are those of a later version.
    #[cfg(feature = "postgres")]
    pub fn connect(address: &Address, convention: ConventionId) -> Result<Ledger, LedgerError> {
        let db = Postgres::connect(address, convention.0)?;
        let mut ledger = Ledger { db: Db::Postgres(Box::new(db)) };
        ledger.notice_dump()?;
        Ok(ledger)
    }

    /// The same for a convention that PostgreSQL holds already; `None`, and nothing is made there, if it
    /// does not.
    ///
    /// # Errors
    /// As [`Ledger::connect`].
    #[cfg(feature = "postgres")]
    pub fn connect_if_held(
        address: &Address,
        convention: ConventionId,
    ) -> Result<Option<Ledger>, LedgerError> {
        match postgres::holds(address, convention.0)? {
            true => Ledger::connect(address, convention).map(Some),
            false => Ok(None),
        }
    }

    /// Tells whether PostgreSQL answers on this connection; a file always does.
    #[cfg(feature = "postgres")]
    pub(crate) fn answers(&self) -> bool {
        match &self.db {
            Db::Sqlite(_) => true,
            Db::Postgres(db) => db.answers(),
        }
    }

    /// Makes a ledger in memory, for what is thrown away again.
    pub(crate) fn in_memory() -> Result<Ledger, LedgerError> {
        let mut db = Connection::open_in_memory()?;
        migrate(&mut db)?;
        Ok(Ledger { db: Db::Sqlite(db) })
    }

    /// Begins a transaction that takes the write lock at once.
    pub(crate) fn write(&mut self) -> Result<Writing<'_>, LedgerError> {
        self.db.write()
    }
}

fn migrate(db: &mut Connection) -> Result<(), LedgerError> {
    let done = migrations::migrations::runner().run(db);
    done.map(|_| ()).map_err(|error| LedgerError::Schema(error.to_string()))
}

pub(crate) fn connect(
    path: &Path,
    key: Option<&DiskKey>,
    flags: OpenFlags,
) -> Result<Connection, LedgerError> {
    let version = rusqlite::version_number();
    if version < 3_051_003 {
        return Err(LedgerError::OldLibrary(rusqlite::version().to_owned()));
    }
    let cannot_open = |error: rusqlite::Error| LedgerError::CannotOpen {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(cannot_open)?;
    if let Some(key) = key {
        // What SQLCipher has to say comes back as an error, and needs no lines of its own.
        db.pragma_update(None, "cipher_log_level", "NONE")?;
        let raw = format!("x'{}'", HEXLOWER.encode(&key.0));
        db.pragma_update(None, "key", raw)?;
    }
    db.busy_timeout(PATIENCE)?;
    // The first read shows whether the key is right.
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(
        |error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => LedgerError::WrongKey { path: path.to_owned() },
            _ => LedgerError::from(error),
        },
    )?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // The inner pages of a roster of a million, decrypted once and not at every scan: 16 MB at most.
    db.pragma_update(None, "cache_size", -16_000)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}
