//! Attachments: particulars that travel beside facts and can be erased without touching a log.

use admission::exchange::Attachment;
use minicbor::bytes::ByteVec;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::LedgerError;
use crate::open::Ledger;

/// Most attachments that one message carries, and largest content of one, in bytes.
const MOST: (usize, usize) = (64, 16 * 1024);

impl Ledger {
    /// Finds an attachment; `None` if nobody brought it yet, or it was erased.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn attachment(&self, hash: [u8; 32]) -> Result<Option<Attachment>, LedgerError> {
        let sql = "SELECT salt, content FROM attachment WHERE hash = ?1";
        let mut select = self.db.prepare_cached(sql)?;
        let found: Option<([u8; 16], Vec<u8>)> =
            select.query_row(params![hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(found.map(|(salt, content)| Attachment { salt, content: ByteVec::from(content) }))
    }

    /// Returns the hashes of attachments that facts here name and nobody brought yet.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn wanted(&self) -> Result<Vec<[u8; 32]>, LedgerError> {
        let mut select =
            self.db.prepare_cached("SELECT hash FROM wanted ORDER BY hash LIMIT ?1")?;
        let rows = select.query_map(params![MOST.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns those of `wanted` that are held here.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn attachments(&self, wanted: &[ByteVec]) -> Result<Vec<Attachment>, LedgerError> {
        let hashes = wanted.iter().take(MOST.0);
        let hashes = hashes.filter_map(|hash| <[u8; 32]>::try_from(hash.as_slice()).ok());
        let found = hashes.map(|hash| self.attachment(hash));
        found.filter_map(Result::transpose).collect()
    }

    /// Stores attachments that were wanted; others are passed over.
    ///
    /// # Errors
    /// [`LedgerError`]; then none is stored.
    pub fn take_attachments(&mut self, brought: &[Attachment]) -> Result<(), LedgerError> {
        if brought.is_empty() {
            return Ok(());
        }
        let tx = self.write()?;
        for attachment in brought.iter().take(MOST.0) {
            let wanted = "SELECT count(*) FROM wanted WHERE hash = ?1";
            let hash = attachment.hash();
            let is_wanted: u32 = tx.query_row(wanted, params![hash], |row| row.get(0))?;
            if is_wanted > 0 && attachment.content.len() <= MOST.1 {
                put(&tx, attachment)?;
            }
        }
        tx.commit()?;
        Ok(())
    }
}

/// Notes that a fact names an attachment.
pub(crate) fn want(db: &Connection, hash: [u8; 32]) -> Result<(), LedgerError> {
    let sql = "INSERT OR IGNORE INTO wanted (hash) SELECT ?1
               WHERE NOT EXISTS (SELECT 1 FROM attachment WHERE hash = ?1)";
    db.prepare_cached(sql)?.execute(params![hash])?;
    Ok(())
}

pub(crate) fn put(db: &Connection, attachment: &Attachment) -> Result<(), LedgerError> {
    let hash = attachment.hash();
    let sql = "INSERT OR IGNORE INTO attachment (hash, salt, content) VALUES (?1, ?2, ?3)";
    let content = attachment.content.as_slice();
    db.prepare_cached(sql)?.execute(params![hash, attachment.salt, content])?;
    db.prepare_cached("DELETE FROM wanted WHERE hash = ?1")?.execute(params![hash])?;
    Ok(())
}
