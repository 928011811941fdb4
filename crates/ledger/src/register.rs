//! The organiser's list on the server: every field as it came, by registration number.

use admission::id::AttendeeId;
use admission::roster::{Attendee, Revision};
use rusqlite::{OptionalExtension, params};

use crate::error::LedgerError;
use crate::open::Ledger;
use crate::roster;

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
        let sql = "INSERT INTO register (number, id, fields) VALUES (?1, ?2, ?3)
                   ON CONFLICT (number) DO UPDATE SET fields = excluded.fields";
        for entry in entries {
            let id = entry.attendee.id.0;
            tx.prepare_cached(sql)?.execute(params![entry.number, id, entry.fields])?;
        }
        tx.commit()?;
        Ok(revision)
    }

    /// Returns everybody in order of number.
    ///
    /// # Errors
    /// [`LedgerError`] if the list cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        let mut select =
            self.db.prepare_cached("SELECT number, id, fields FROM register ORDER BY number")?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, AttendeeId(row.get(1)?), row.get(2)?))
        })?;
        rows.map(|row| {
            let (number, id, fields) = row?;
            let attendee = self
                .attendee(id)?
                .ok_or_else(|| LedgerError::Damaged(format!("no roster row for attendee {id}")))?;
            Ok(Entry { number, attendee, fields })
        })
        .collect()
    }

    /// Finds the person of a registration number.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn entry(&self, number: &str) -> Result<Option<Entry>, LedgerError> {
        let mut select =
            self.db.prepare_cached("SELECT id, fields FROM register WHERE number = ?1")?;
        let found: Option<([u8; 16], String)> =
            select.query_row(params![number], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((id, fields)) = found else {
            return Ok(None);
        };
        let attendee = self.attendee(AttendeeId(id))?;
        Ok(attendee.map(|attendee| Entry { number: number.to_owned(), attendee, fields }))
    }
}
