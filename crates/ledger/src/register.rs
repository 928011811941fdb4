//! The organiser's list on the server: every field as it came, by registration number.

use admission::id::AttendeeId;
use admission::roster::{Attendee, Revision};

use crate::db::places;
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::{roster, setting};

/// One person of the organiser's list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Registration number, six digits.
    pub number: String,
    /// What stations need of the person.
    pub attendee: Attendee,
    /// Every field of the list, as a JSON object.
    pub fields: String,
}

impl Ledger {
    /// Writes new and changed people under the next revision: one transaction.
    ///
    /// Nobody is deleted by absence.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub fn register(&mut self, entries: &[Entry]) -> Result<Revision, LedgerError> {
        let tx = self.write()?;
        let attendees: Vec<Attendee> = entries.iter().map(|entry| entry.attendee.clone()).collect();
        let revision = roster::revise(&tx, &attendees)?;
        let sql = "INSERT INTO register (/*key*/ number, id, fields) VALUES (/*own*/ ?1, ?2, ?3)
                   ON CONFLICT (/*key*/ number) DO UPDATE SET fields = excluded.fields";
        let rows = entries
            .iter()
            .map(|entry| places![entry.number, entry.attendee.id.0, entry.fields].to_vec());
        tx.execute_all(sql, &rows.collect::<Vec<_>>())?;
        if setting::read_number(&tx, setting::ROSTER_LOST)?.is_some() {
            // Whoever wrote this list knew.
            setting::forget(&tx, setting::ROSTER_LOST)?;
            setting::forget(&tx, setting::ROSTER_THEN)?;
        }
        tx.commit()?;
        Ok(revision)
    }

    /// Returns everybody in order of number.
    ///
    /// # Errors
    /// [`LedgerError`] if the list cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        let sql = "SELECT number, id, fields FROM register WHERE /*its*/ true ORDER BY number";
        let rows: Vec<(String, AttendeeId, String)> = self
            .db
            .query(sql, &[], |row| Ok((row.get(0)?, AttendeeId(row.get(1)?), row.get(2)?)))?;
        rows.into_iter()
            .map(|(number, id, fields)| {
                let missing = || LedgerError::Damaged(format!("no roster row for attendee {id}"));
                let attendee = self.attendee(id)?.ok_or_else(missing)?;
                Ok(Entry { number, attendee, fields })
            })
            .collect()
    }

    /// Finds the person of a registration number.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn entry(&self, number: &str) -> Result<Option<Entry>, LedgerError> {
        let sql = "SELECT id, fields FROM register WHERE /*its*/ number = ?1";
        let found: Option<([u8; 16], String)> =
            self.db.first(sql, &places![number], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((id, fields)) = found else {
            return Ok(None);
        };
        let attendee = self.attendee(AttendeeId(id))?;
        Ok(attendee.map(|attendee| Entry { number: number.to_owned(), attendee, fields }))
    }
}
