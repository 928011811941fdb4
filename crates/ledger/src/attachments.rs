//! Attachments: particulars that travel beside facts and can be erased without touching a log.

use admission::exchange::{Attachment, Message};
use admission::id::{FactId, LogId, Seq, StationId};
use minicbor::bytes::ByteVec;

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::membership::logs_of;
use crate::open::Ledger;

/// Most attachments that one message carries.
pub(crate) const MOST: usize = 64;
/// Largest content of an attachment, in bytes.
const LARGEST: usize = 16 * 1024;
/// Most hashes of a message that are looked for; whoever names as many may lack more.
pub(crate) const MOST_NAMED: usize = 4096;

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

    /// Returns hashes of attachments that facts here name and nobody brought yet, as many as one
    /// message brings: from a random one on, so that those that nobody has keep back no other.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn wanted(&self) -> Result<Vec<[u8; 32]>, LedgerError> {
        let begin = random_hash();
        let mut hashes = self.wanted_after(begin)?;
        if hashes.len() < MOST {
            let around = self.wanted_after([0; 32])?.into_iter();
            hashes.extend(around.take_while(|hash| *hash <= begin));
            hashes.truncate(MOST);
        }
        Ok(hashes)
    }

    /// Returns the next such hashes after `last`, in order.
    pub(crate) fn wanted_after(&self, last: [u8; 32]) -> Result<Vec<[u8; 32]>, LedgerError> {
        let sql = "SELECT DISTINCT hash FROM wanted WHERE /*its*/ hash > ?1 ORDER BY hash LIMIT ?2";
        self.db.query(sql, &places![last, MOST], |row| row.get(0))
    }

    /// Returns what to ask of a station: some of all that is wanted, and all that it named itself.
    pub(crate) fn wanted_of(&self, station: StationId) -> Result<Vec<[u8; 32]>, LedgerError> {
        let (first, last) = logs_of(station);
        let sql = "SELECT DISTINCT hash FROM wanted WHERE /*its*/ log >= ?1 AND log <= ?2
                   ORDER BY hash LIMIT ?3";
        let own = &places![first.0, last.0, MOST_NAMED];
        let own: Vec<[u8; 32]> = self.db.query(sql, own, |row| row.get(0))?;
        let mut hashes = self.wanted()?;
        hashes.retain(|hash| !own.contains(hash));
        hashes.extend(own);
        hashes.truncate(MOST_NAMED);
        Ok(hashes)
    }

    /// Returns what nobody can bring any more once the asker has shut down, if it has it: all that is
    /// wanted of its own logs and of as much of others' as it says that it holds.
    pub(crate) fn wanted_last(&self, question: &Message) -> Result<Vec<[u8; 32]>, LedgerError> {
        let sql = "SELECT hash, log, seq FROM wanted WHERE /*its*/ true ORDER BY hash, log, seq";
        let mut hashes: Vec<[u8; 32]> = Vec::new();
        self.db.each(sql, &[], |row| -> Result<(), LedgerError> {
            let (log, seq) = (LogId(row.get(1)?), Seq(row.get(2)?));
            if log.station() == question.from || seq <= question.vector.seq(log) {
                hashes.push(row.get(0)?);
            }
            Ok(())
        })?;
        hashes.dedup();
        if hashes.len() > MOST_NAMED {
            let begin = random_hash();
            let begin = hashes.partition_point(|hash| *hash < begin);
            hashes.rotate_left(begin);
            hashes.truncate(MOST_NAMED);
        }
        Ok(hashes)
    }

    /// Returns those of `wanted` that are held here, as many as one message carries.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn attachments(&self, wanted: &[ByteVec]) -> Result<Vec<Attachment>, LedgerError> {
        let hashes = wanted.iter().take(MOST_NAMED);
        let hashes = hashes.filter_map(|hash| <[u8; 32]>::try_from(hash.as_slice()).ok());
        let found = hashes.map(|hash| self.attachment(hash));
        found.filter_map(Result::transpose).take(MOST).collect()
    }

    /// Tells whether nothing is left here of what the speaker lacks. Who names as many as a message
    /// names may lack more.
    pub(crate) fn has_brought_all(&self, message: &Message) -> Result<bool, LedgerError> {
        let named_all = message.wanted.len() < MOST_NAMED;
        Ok(named_all && self.attachments(&message.wanted)?.is_empty())
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
        for attachment in brought.iter().take(MOST) {
            let wanted = "SELECT 1 FROM wanted WHERE /*its*/ hash = ?1";
            let hash = attachment.hash();
            let is_wanted = tx.first(wanted, &places![hash], |_| Ok(()))?.is_some();
            if is_wanted && attachment.content.len() <= LARGEST {
                put(&tx, attachment)?;
            }
        }
        tx.commit()?;
        Ok(())
    }
}

/// A place to begin at; without randomness the first.
fn random_hash() -> [u8; 32] {
    let mut hash = [0; 32];
    match getrandom::fill(&mut hash) {
        Ok(()) => hash,
        Err(_) => [0; 32],
    }
}

/// Notes that a fact names an attachment.
pub(crate) fn want(db: &Db, fact: FactId, hash: [u8; 32]) -> Result<(), LedgerError> {
    let is_here = "SELECT 1 FROM attachment WHERE /*its*/ hash = ?1";
    if db.first(is_here, &places![hash], |_| Ok(()))?.is_none() {
        let sql = "INSERT INTO wanted (/*key*/ hash, log, seq) VALUES (/*own*/ ?1, ?2, ?3)
                   ON CONFLICT DO NOTHING";
        db.execute(sql, &places![hash, fact.log.0, fact.seq.0])?;
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
