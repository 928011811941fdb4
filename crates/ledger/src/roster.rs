//! The roster as it lies in the file: a station's scopes, and the server's whole list.

use admission::exchange::{HeldScope, ScopeChange, ScopeState};
use admission::id::{AttendeeId, Serial, Slug};
use admission::roster::{Attendee, Convention, Revision, Row, digest};
use ed25519_dalek::VerifyingKey;

use crate::db::{Db, places};
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
        let sql = "SELECT attendee FROM serial WHERE /*its*/ serial = ?1";
        let id: Option<[u8; 16]> = self.db.first(sql, &places![serial.0], |row| row.get(0))?;
        id.map_or(Ok(None), |id| self.attendee(AttendeeId(id)))
    }

    /// Finds an attendee; of several scopes the one that tells most.
    ///
    /// # Errors
    /// [`LedgerError`] if the row cannot be read.
    pub fn attendee(&self, id: AttendeeId) -> Result<Option<Attendee>, LedgerError> {
        let sql = "SELECT row FROM attendee
                   WHERE /*its*/ scope IN (SELECT scope FROM scope WHERE /*its*/ true) AND id = ?1
                   ORDER BY length(row) DESC LIMIT 1";
        let row: Option<Vec<u8>> = self.db.first(sql, &places![id.0], |row| row.get(0))?;
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
        let sql = "SELECT scope, revision FROM scope WHERE /*its*/ scope <> '*' ORDER BY scope";
        self.db.query(sql, &[], |row| {
            let scope = slug(&row.get::<String>(0)?)?;
            Ok(HeldScope { scope, revision: Revision(row.get(1)?) })
        })
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
        let mut rows = Vec::new();
        for (changed_at, bytes) in whole(&self.db, Revision(0))? {
            let attendee = decode(&bytes)?;
            let concerned = convention.concerns(&attendee, &held.scope);
            let bytes = if concerned { bytes } else { attendee.bare().bytes() };
            rows.push((changed_at, attendee.id, bytes));
        }
        let state = ScopeState {
            scope: held.scope.clone(),
            revision,
            rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
            digest: digest(rows.iter().map(|(_, _, bytes)| bytes.as_slice())),
        };
        let fresh = rows.into_iter().filter(|(changed_at, ..)| *changed_at > held.revision);
        let fresh = fresh.map(|(_, id, bytes)| Row { id, bytes: Some(bytes) });
        Ok(Some((state, fresh.collect())))
    }
}

/// Writes rows of the server's whole roster under the next revision, which it returns.
pub(crate) fn revise(db: &Db, attendees: &[Attendee]) -> Result<Revision, LedgerError> {
    let next = Revision(setting::after(db, revision(db)?.0, setting::SEEN_ROSTER)?);
    let row = |attendee: &Attendee| Row { id: attendee.id, bytes: Some(attendee.bytes()) };
    put_all(db, WHOLE, next, &attendees.iter().map(row).collect::<Vec<_>>())?;
    hold(db, WHOLE, next, &digested(db, WHOLE)?)?;
    Ok(next)
}

/// Applies a change that the server signed, and checks that the whole is what it signed.
pub(crate) fn apply(
    db: &Db,
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
    put_all(db, scope, state.revision, &change.rows)?;
    let (rows, digest) = digested(db, scope)?;
    if (rows, digest) != (state.rows, state.digest) {
        return Err(LedgerError::RosterMismatch(scope.to_owned()));
    }
    hold(db, scope, state.revision, &(rows, digest))
}

/// Forgets a scope, so that the next exchange brings it whole.
pub(crate) fn forget(db: &Db, scope: &Slug) -> Result<(), LedgerError> {
    db.execute("DELETE FROM attendee WHERE /*its*/ scope = ?1", &places![scope.as_str()])?;
    let sql = "UPDATE scope SET revision = 0 WHERE /*its*/ scope = ?1";
    db.execute(sql, &places![scope.as_str()])?;
    Ok(())
}

/// Begins to hold a scope of which nothing is known yet.
pub(crate) fn follow(db: &Db, scope: &Slug) -> Result<(), LedgerError> {
    let sql = "INSERT INTO scope (/*key*/ scope, revision, rows, digest)
               VALUES (/*own*/ ?1, 0, 0, ?2) ON CONFLICT DO NOTHING";
    let nothing = digest(std::iter::empty());
    db.execute(sql, &places![scope.as_str(), nothing])?;
    Ok(())
}

/// Writes rows of a scope; one without bytes takes its person out of it.
fn put_all(db: &Db, scope: &str, revision: Revision, rows: &[Row]) -> Result<(), LedgerError> {
    let (mut gone, mut written, mut serials) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let Some(bytes) = &row.bytes else {
            gone.push(places![scope, row.id.0].to_vec());
            continue;
        };
        let attendee = decode(bytes)?;
        written.push(places![scope, row.id.0, revision.0, bytes].to_vec());
        serials.extend([(attendee.invitation, row.id), (attendee.badge, row.id)]);
    }
    let sql = "DELETE FROM attendee WHERE /*its*/ scope = ?1 AND id = ?2";
    db.execute_all(sql, &gone)?;
    let sql = "INSERT INTO attendee (/*key*/ scope, id, revision, row)
               VALUES (/*own*/ ?1, ?2, ?3, ?4)
               ON CONFLICT (/*key*/ scope, id)
               DO UPDATE SET revision = excluded.revision, row = excluded.row";
    db.execute_all(sql, &written)?;
    let sql = "INSERT INTO serial (/*key*/ serial, attendee) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ serial) DO UPDATE SET attendee = excluded.attendee";
    let serials: Vec<_> =
        serials.iter().map(|(serial, id)| places![serial.0, id.0].to_vec()).collect();
    db.execute_all(sql, &serials)
}

fn hold(
    db: &Db,
    scope: &str,
    revision: Revision,
    (rows, digest): &(u64, [u8; 32]),
) -> Result<(), LedgerError> {
    let sql = "INSERT INTO scope (/*key*/ scope, revision, rows, digest)
               VALUES (/*own*/ ?1, ?2, ?3, ?4)
               ON CONFLICT (/*key*/ scope)
               DO UPDATE SET revision = excluded.revision, rows = excluded.rows,
                             digest = excluded.digest";
    db.execute(sql, &places![scope, revision.0, *rows, *digest])?;
    Ok(())
}

/// Counts and digests the rows of a scope as they lie in the file.
pub(crate) fn digested(db: &Db, scope: &str) -> Result<(u64, [u8; 32]), LedgerError> {
    let sql = "SELECT row FROM attendee WHERE /*its*/ scope = ?1 ORDER BY id";
    let rows: Vec<Vec<u8>> = db.query(sql, &places![scope], |row| row.get(0))?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok((count, digest(rows.iter().map(Vec::as_slice))))
}

fn whole(db: &Db, after: Revision) -> Result<Vec<(Revision, Vec<u8>)>, LedgerError> {
    let sql = "SELECT revision, row FROM attendee WHERE /*its*/ scope = '*' AND revision > ?1
               ORDER BY id";
    db.query(sql, &places![after.0], |row| Ok((Revision(row.get(0)?), row.get(1)?)))
}

fn revision(db: &Db) -> Result<Revision, LedgerError> {
    held(db, WHOLE)
}

pub(crate) fn held(db: &Db, scope: &str) -> Result<Revision, LedgerError> {
    let sql = "SELECT revision FROM scope WHERE /*its*/ scope = ?1";
    let number: Option<u64> = db.first(sql, &places![scope], |row| row.get(0))?;
    Ok(Revision(number.unwrap_or(0)))
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Attendee, LedgerError> {
    minicbor::decode(bytes).map_err(|error| LedgerError::Damaged(format!("roster row: {error}")))
}
