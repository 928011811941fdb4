//! What the disk alone costs: a bare table in a file that is opened as a ledger is, encrypted like a
//! station's or plain like the server's.

use std::path::Path;

use anyhow::Context;
use rusqlite::{Connection, TransactionBehavior, params};

/// A file with one table of two columns, opened as the ledger opens its own.
pub struct Bare {
    db: Connection,
}

impl Bare {
    /// Makes the file, encrypted.
    pub fn make(path: &Path) -> anyhow::Result<Bare> {
        let db = Connection::open(path).context("cannot make the bare file")?;
        db.pragma_update(None, "cipher_log_level", "NONE")?;
        let key: String = (0..32).map(|byte: u8| format!("{byte:02x}")).collect();
        db.pragma_update(None, "key", format!("x'{key}'"))?;
        Bare::begin(db)
    }

    /// Makes the file, plain.
    pub fn make_plain(path: &Path) -> anyhow::Result<Bare> {
        Bare::begin(Connection::open(path).context("cannot make the bare file")?)
    }

    fn begin(db: Connection) -> anyhow::Result<Bare> {
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch("CREATE TABLE bare (id INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT")?;
        Ok(Bare { db })
    }

    /// Commits these rows in one transaction.
    pub fn commit<'a>(&mut self, rows: impl Iterator<Item = &'a [u8]>) -> anyhow::Result<()> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for row in rows {
            tx.prepare_cached("INSERT INTO bare (row) VALUES (?1)")?.execute(params![row])?;
        }
        tx.commit()?;
        Ok(())
    }
}
