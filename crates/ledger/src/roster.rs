//! The roster as it lies in the file: a station's scopes, and the server's whole list.

use admission::exchange::{HeldScope, ScopeChange, ScopeState};
use admission::id::{AttendeeId, Serial, Slug};
use admission::roster::{Attendee, Convention, Revision, Row, digest};
use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::LedgerError;
use crate::facts::slug;
use crate::open::Ledger;
use crate::setting;

/// The scope under which the server keeps the whole roster; no site can be called so.
const WHOLE: &str = "*";

impl Ledger {
    /// Finds an attendee by the number inside a pass.
    ///
    /// # Errors
    /// [`LedgerError`] if the row cannot be read.
    pub fn attendee_of(&self, serial: Serial) -> Result<Option<Attendee>, LedgerError> {
        let mut select = self.db.prepare_cached("SELECT attendee FROM serial WHERE serial = ?1")?;
        let id: Option<[u8; 16]> =
            select.query_row(params![serial.0], |row| row.get(0)).optional()?;
        id.map_or(Ok(None), |id| self.attendee(AttendeeId(id)))
    }

    /// Finds an attendee; of several scopes the one that tells most.
    ///
    /// # Errors
    /// [`LedgerError`] if the row cannot be read.
    pub fn attendee(&self, id: AttendeeId) -> Result<Option<Attendee>, LedgerError> {
        let sql = "SELECT row FROM attendee WHERE scope IN (SELECT scope FROM scope) AND id = ?1
                   ORDER BY length(row) DESC LIMIT 1";
        let mut select = self.db.prepare_cached(sql)?;
        let row: Option<Vec<u8>> = select.query_row(params![id.0], |row| row.get(0)).optional()?;
        row.map(|bytes| decode(&bytes)).transpose()
    }

    /// Returns the whole roster of the server in order of id.
    ///
    /// # Errors
    /// [`LedgerError`] if a row cannot be read.
    pub fn attendees(&self) -> Result<Vec<Attendee>, LedgerError> {
        whole(&self.db, Revision(0))?.iter().map(|(_, bytes)| decode(bytes)).collect()
    }

    /// Returns which scopes are held, and in which state.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn scopes(&self) -> Result<Vec<HeldScope>, LedgerError> {
        let sql = "SELECT scope, revision FROM scope WHERE scope <> '*' ORDER BY scope";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        rows.map(|row| {
            let (scope, revision) = row?;
            Ok(HeldScope { scope: slug(&scope)?, revision: Revision(revision) })
        })
        .collect()
    }

    /// Returns the number of the server's roster.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn revision(&self) -> Result<Revision, LedgerError> {
        revision(&self.db)
    }

    /// Works out what changed in a site's part of the roster since `held`; `None` if nothing did.
    ///
    /// A person whom nothing at the site concerns comes as a bare row.
    ///
    /// # Errors
    /// [`LedgerError`] if the roster cannot be read.
    pub fn change_since(
        &self,
        convention: &Convention,
        held: &HeldScope,
    ) -> Result<Option<(ScopeState, Vec<Row>)>, LedgerError> {
        let revision = revision(&self.db)?;
        if revision == held.revision {
            return Ok(None);
        }
        let (mut rows, mut fresh) = (Vec::new(), Vec::new());
        for (changed_at, bytes) in whole(&self.db, Revision(0))? {
            let attendee = decode(&bytes)?;
            let concerned = convention.concerns(&attendee, &held.scope);
            let bytes = if concerned { bytes } else { attendee.bare().bytes() };
            if changed_at > held.revision {
                fresh.push(Row { id: attendee.id, bytes: Some(bytes.clone()) });
            }
            rows.push(bytes);
        }
        let state = ScopeState {
            scope: held.scope.clone(),
            revision,
            rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
            digest: digest(rows.iter().map(Vec::as_slice)),
        };
        Ok(Some((state, fresh)))
    }
}

/// Writes rows of the server's whole roster under the next revision, which it returns.
pub(crate) fn revise(db: &Connection, attendees: &[Attendee]) -> Result<Revision, LedgerError> {
    let next = Revision(setting::after(db, revision(db)?.0, setting::SEEN_ROSTER)?);
    for attendee in attendees {
        let row = Row { id: attendee.id, bytes: Some(attendee.bytes()) };
        put(db, WHOLE, next, &row)?;
    }
    hold(db, WHOLE, next, &digested(db, WHOLE)?)?;
    Ok(next)
}

/// Applies a change that the server signed, and checks that the whole is what it signed.
pub(crate) fn apply(
    db: &Connection,
    change: &ScopeChange,
    server: &VerifyingKey,
) -> Result<(), LedgerError> {
    let (state, scope) = (&change.state, change.state.scope.as_str());
    if !state.is_signed_by(server, &change.signature) {
        return Err(LedgerError::RosterMismatch(scope.to_owned()));
    }
    if state.revision < held(db, scope)? {
        return Ok(());
    }
    for row in &change.rows {
        put(db, scope, state.revision, row)?;
    }
    let (rows, digest) = digested(db, scope)?;
    if (rows, digest) != (state.rows, state.digest) {
        return Err(LedgerError::RosterMismatch(scope.to_owned()));
    }
    hold(db, scope, state.revision, &(rows, digest))
}

/// Forgets a scope, so that the next exchange brings it whole.
pub(crate) fn forget(db: &Connection, scope: &Slug) -> Result<(), LedgerError> {
    db.execute("DELETE FROM attendee WHERE scope = ?1", params![scope.as_str()])?;
    let sql = "UPDATE scope SET revision = 0 WHERE scope = ?1";
    db.execute(sql, params![scope.as_str()])?;
    Ok(())
}

/// Begins to hold a scope of which nothing is known yet.
pub(crate) fn follow(db: &Connection, scope: &Slug) -> Result<(), LedgerError> {
    let sql = "INSERT OR IGNORE INTO scope (scope, revision, rows, digest) VALUES (?1, 0, 0, ?2)";
    db.execute(sql, params![scope.as_str(), digest(std::iter::empty())])?;
    Ok(())
}

fn put(db: &Connection, scope: &str, revision: Revision, row: &Row) -> Result<(), LedgerError> {
    let Some(bytes) = &row.bytes else {
        let sql = "DELETE FROM attendee WHERE scope = ?1 AND id = ?2";
        db.prepare_cached(sql)?.execute(params![scope, row.id.0])?;
        return Ok(());
    };
    let attendee = decode(bytes)?;
    let sql = "INSERT OR REPLACE INTO attendee (scope, id, revision, row) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![scope, row.id.0, revision.0, bytes])?;
    let sql = "INSERT OR REPLACE INTO serial (serial, attendee) VALUES (?1, ?2)";
    let mut insert = db.prepare_cached(sql)?;
    for serial in [attendee.invitation, attendee.badge] {
        insert.execute(params![serial.0, attendee.id.0])?;
    }
    Ok(())
}

fn hold(
    db: &Connection,
    scope: &str,
    revision: Revision,
    (rows, digest): &(u64, [u8; 32]),
) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO scope (scope, revision, rows, digest)
               VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![scope, revision.0, rows, digest])?;
    Ok(())
}

/// Counts and digests the rows of a scope as they lie in the file.
pub(crate) fn digested(db: &Connection, scope: &str) -> Result<(u64, [u8; 32]), LedgerError> {
    let sql = "SELECT row FROM attendee WHERE scope = ?1 ORDER BY id";
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map(params![scope], |row| row.get::<_, Vec<u8>>(0))?;
    let rows: Vec<Vec<u8>> = rows.collect::<Result<_, _>>()?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok((count, digest(rows.iter().map(Vec::as_slice))))
}

fn whole(db: &Connection, after: Revision) -> Result<Vec<(Revision, Vec<u8>)>, LedgerError> {
    let sql = "SELECT revision, row FROM attendee WHERE scope = '*' AND revision > ?1 ORDER BY id";
    let mut select = db.prepare_cached(sql)?;
    let rows =
        select.query_map(params![after.0], |row| Ok((Revision(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn revision(db: &Connection) -> Result<Revision, LedgerError> {
    held(db, WHOLE)
}

pub(crate) fn held(db: &Connection, scope: &str) -> Result<Revision, LedgerError> {
    let mut select = db.prepare_cached("SELECT revision FROM scope WHERE scope = ?1")?;
    let number: Option<u64> = select.query_row(params![scope], |row| row.get(0)).optional()?;
    Ok(Revision(number.unwrap_or(0)))
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Attendee, LedgerError> {
    minicbor::decode(bytes).map_err(|error| LedgerError::Damaged(format!("roster row: {error}")))
}
