//! What the server needs in order to take in what desks propose: walk-ins and corrections.
//!
//! Nothing lists the people about whom something was proposed; facts are looked through once, as
//! they come.

use admission::fact::{Fact, Sealed};
use admission::roster::{Attendee, Revision};
use rusqlite::params;

use crate::error::LedgerError;
use crate::open::Ledger;
use crate::roster;
use crate::setting;

/// A place in the order in which facts were stored here; the default is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bookmark(i64);

impl Ledger {
    /// Returns up to `most` facts that were stored after a bookmark, and the bookmark behind them.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn stored_since(
        &self,
        bookmark: Bookmark,
        most: u32,
    ) -> Result<(Vec<Fact>, Bookmark), LedgerError> {
        let sql = "SELECT rowid, sealed FROM fact WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
        let mut select = self.db.prepare_cached(sql)?;
        let rows =
            select.query_map(params![bookmark.0, most], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (mut facts, mut last) = (Vec::new(), bookmark);
        for row in rows {
            let (place, sealed) = row?;
            let read = Sealed::from_bytes(sealed).read();
            facts.push(read.map_err(|error| LedgerError::Damaged(error.to_string()))?);
            last = Bookmark(place);
        }
        Ok((facts, last))
    }

    /// Returns the number of the policy that the server serves.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn policy_number(&self) -> Result<u64, LedgerError> {
        let number = setting::read_number(&self.db, setting::POLICY_NUMBER)?.unwrap_or(0);
        Ok(u64::try_from(number).unwrap_or(0))
    }

    /// Writes roster rows under the next revision and leaves the organiser's list as it is: passes
    /// that are made anew, and test passes, which belong to nobody on the list.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub fn revise(&mut self, attendees: &[Attendee]) -> Result<Revision, LedgerError> {
        let tx = self.write()?;
        let revision = roster::revise(&tx, attendees)?;
        tx.commit()?;
        Ok(revision)
    }
}
