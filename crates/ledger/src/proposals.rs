//! What the server needs in order to take in what desks propose: walk-ins and corrections.
//!
//! Nothing lists the people about whom something was proposed; facts are looked through once, as
//! they come.

use admission::exchange::{Head, Vector};
use admission::fact::Fact;
use admission::roster::{Attendee, Revision};

use crate::error::LedgerError;
use crate::open::Ledger;
use crate::roster;
use crate::setting;

/// How far every log was looked through; the default is not at all.
///
/// Not a number that all facts share: facts that are stored at the same time become visible in
/// another order than they were numbered, and a reader who counts would miss some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmark(Vector);

impl Ledger {
    /// Returns facts that are behind a bookmark, as many as one message carries, and the bookmark
    /// behind them.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn stored_since(&self, bookmark: &Bookmark) -> Result<(Vec<Fact>, Bookmark), LedgerError> {
        let (mut facts, mut last) = (Vec::new(), bookmark.clone());
        for sealed in self.facts_of(&self.vector()?.lacking(&bookmark.0))? {
            let read = sealed.read();
            let fact = read.map_err(|error| LedgerError::Damaged(error.to_string()))?;
            last.0.0.insert(fact.log, Head { seq: fact.seq, hash: sealed.hash() });
            facts.push(fact);
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
