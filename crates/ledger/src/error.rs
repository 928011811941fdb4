//! What can go wrong with a ledger, in sentences that say the cure.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::ballast;

/// A ledger that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file's folder is missing or the file cannot be opened.
    #[error("cannot open {path}: {reason}")]
    CannotOpen {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The key does not open the file, or the file is not a database.
    #[error("{path} does not open with this key; put back the key file that belongs to it")]
    WrongKey {
        /// The database file.
        path: PathBuf,
    },
    /// The SQLite library is one with known defects.
    #[error("SQLite {0} is too old; 3.51.3 or later is needed")]
    OldLibrary(String),
    /// The file was made by a later version of the program, or its schema was changed by hand.
    #[error("the database schema does not fit this version of the program: {0}")]
    Schema(String),
    /// No room on the disk. Nothing of what was asked is stored.
    #[error("the disk is full; free some space and try again")]
    DiskFull,
    /// The disk fails, or has no room where SQLite needs it.
    #[error("the disk cannot be read or written ({0}); is it full or failing?")]
    Disk(String),
    /// Another process holds the file too long.
    #[error("the database is busy; another program holds it")]
    Busy,
    /// What is stored contradicts itself.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The folder belongs to no convention yet.
    #[error("this station is not enrolled")]
    NotEnrolled,
    /// A roster that does not add up to what the server signed; it is asked for anew.
    #[error("the roster of {0} does not match what the server signed; it will be fetched again")]
    RosterMismatch(String),
    /// A revocation list that does not add up; it is asked for anew.
    #[error("the revocation list does not match what the server signed; it will be fetched again")]
    RevocationMismatch,
    /// A key set that is not believed.
    #[error("this set of keys is not taken: {0}")]
    KeySet(String),
    /// PostgreSQL cannot be reached, or has gone away.
    #[error("the database server does not answer: {0}")]
    Away(String),
    /// PostgreSQL does not let this user into this database.
    #[error("the database server refuses this address: {0}; check its user, password and database")]
    NotLetIn(String),
    /// PostgreSQL does not encrypt, and here it has to.
    #[error(
        "the database server does not encrypt its connections (TLS): let it (ssl = on in its \
         postgresql.conf, with a certificate that this machine believes); on this machine itself the \
         address may leave sslmode out"
    )]
    NoTls,
    /// The data lies in PostgreSQL, and this is done to files.
    #[error(
        "this is about a file; a PostgreSQL database is backed up with its own tools, see \
         docs/operations.md"
    )]
    NoFile,
    /// Anything else that PostgreSQL says.
    #[cfg(feature = "postgres")]
    #[error("database: {}", said(.0))]
    Postgres(tokio_postgres::Error),
    /// A membership list that is not believed.
    #[error("this list of stations is not taken: {0}")]
    Members(String),
    /// Anything else that SQLite says.
    #[error("database: {0}")]
    Database(rusqlite::Error),
}

impl LedgerError {
    /// Tells whether trying again without a person's help is useless.
    pub fn is_permanent(&self) -> bool {
        match self {
            LedgerError::DiskFull
            | LedgerError::Disk(_)
            | LedgerError::Busy
            | LedgerError::Away(_)
            | LedgerError::RosterMismatch(_)
            | LedgerError::RevocationMismatch => false,
            LedgerError::CannotOpen { .. }
            | LedgerError::WrongKey { .. }
            | LedgerError::OldLibrary(_)
            | LedgerError::Schema(_)
            | LedgerError::Damaged(_)
            | LedgerError::NotEnrolled
            | LedgerError::NotLetIn(_)
            | LedgerError::NoTls
            | LedgerError::NoFile
            | LedgerError::KeySet(_)
            | LedgerError::Members(_)
            | LedgerError::Database(_) => true,
            #[cfg(feature = "postgres")]
            LedgerError::Postgres(_) => true,
        }
    }
}

impl LedgerError {
    /// Tells whether it means that the disk of `folder` has no room; SQLite has several words for it.
    pub fn is_full(&self, folder: &Path) -> bool {
        match self {
            LedgerError::DiskFull => true,
            LedgerError::Disk(_) => ballast::free(folder).is_some_and(|free| free < 1 << 20),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> LedgerError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => LedgerError::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerError::Busy,
            Some(ErrorCode::SystemIoFailure) => LedgerError::Disk(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt) => LedgerError::Damaged(error.to_string()),
            _ => LedgerError::Database(error),
        }
    }
}

#[cfg(feature = "postgres")]
impl From<tokio_postgres::Error> for LedgerError {
    fn from(error: tokio_postgres::Error) -> LedgerError {
        use tokio_postgres::error::SqlState;

        let Some(said) = error.as_db_error() else {
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or_else(|| error.to_string(), ToString::to_string);
            return match cause.as_str() {
                "server does not support TLS" => LedgerError::NoTls,
                _ => LedgerError::Away(cause),
            };
        };
        match *said.code() {
            SqlState::DISK_FULL => LedgerError::DiskFull,
            // Two who wait for each other, one who waited too long: it works the next time.
            SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::LOCK_NOT_AVAILABLE
            | SqlState::QUERY_CANCELED => LedgerError::Busy,
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS => LedgerError::Away(said.message().to_owned()),
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_PASSWORD
            | SqlState::INVALID_CATALOG_NAME => LedgerError::NotLetIn(said.message().to_owned()),
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
                LedgerError::Damaged(said.message().to_owned())
            }
            _ => LedgerError::Postgres(error),
        }
    }
}

/// Returns PostgreSQL's own sentence.
#[cfg(feature = "postgres")]
fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
}
