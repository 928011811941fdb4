//! Attachments: particulars that travel beside facts and can be erased without touching a log.

use admission::exchange::Attachment;
use minicbor::bytes::ByteVec;

use crate::db::{Db, places};
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
        let sql = "SELECT salt, content FROM attachment WHERE /*its*/ hash = ?1";
        let found: Option<([u8; 16], Vec<u8>)> =
            self.db.first(sql, &places![hash], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.map(|(salt, content)| Attachment { salt, content: ByteVec::from(content) }))
    }

    /// Returns the hashes of attachments that facts here name and nobody brought yet.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn wanted(&self) -> Result<Vec<[u8; 32]>, LedgerError> {
        let sql = "SELECT hash FROM wanted WHERE /*its*/ true ORDER BY hash LIMIT ?1";
        self.db.query(sql, &places![MOST.0], |row| row.get(0))
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
            let wanted = "SELECT 1 FROM wanted WHERE /*its*/ hash = ?1";
            let hash = attachment.hash();
            let is_wanted = tx.first(wanted, &places![hash], |_| Ok(()))?.is_some();
            if is_wanted && attachment.content.len() <= MOST.1 {
                put(&tx, attachment)?;
            }
        }
        tx.commit()?;
        Ok(())
    }
}

/// Notes that a fact names an attachment.
pub(crate) fn want(db: &Db, hash: [u8; 32]) -> Result<(), LedgerError> {
    let is_here = "SELECT 1 FROM attachment WHERE /*its*/ hash = ?1";
    if db.first(is_here, &places![hash], |_| Ok(()))?.is_none() {
        let sql = "INSERT INTO wanted (/*key*/ hash) VALUES (/*own*/ ?1) ON CONFLICT DO NOTHING";
        db.execute(sql, &places![hash])?;
    }
    Ok(())
}

pub(crate) fn put(db: &Db, attachment: &Attachment) -> Result<(), LedgerError> {
    let hash = attachment.hash();
    let sql = "INSERT INTO attachment (/*key*/ hash, salt, content) VALUES (/*own*/ ?1, ?2, ?3)
               ON CONFLICT DO NOTHING";
    let content = attachment.content.as_slice();
    db.execute(sql, &places![hash, attachment.salt, content])?;
    db.execute("DELETE FROM wanted WHERE /*its*/ hash = ?1", &places![hash])?;
    Ok(())
}
