//! Blanks: signed badge passes that belong to nobody until a station binds them to somebody.
//!
//! The server numbers the blanks of each station. A station says how far it is supplied, so an
//! answer that was lost is simply given again.

use admission::exchange::{Blank, BlanksHeld};
use admission::id::{ConventionId, Kid, Serial, StationId};
use admission::pass::{self, BLANK, IssuingKey, Pass, PassKind};
use admission::time::Day;
use ed25519_dalek::SigningKey;

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::own_log;
use crate::open::Ledger;

/// How many blanks each printing station is to have.
pub const SUPPLY: u32 = 50;

/// What the server signs blanks with.
pub struct Issuer {
    /// An active issuing key.
    pub key: SigningKey,
    /// The convention.
    pub convention: ConventionId,
    /// First day on which they are valid, and the number of days.
    pub days: (Day, u8),
}

/// A blank that is bound to nobody here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeBlank {
    /// The number inside it.
    pub serial: Serial,
    /// The pass.
    pub text: String,
}

impl Ledger {
    /// Returns how far this station is supplied; blanks of killed keys do not count.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn blanks_held(&self) -> Result<BlanksHeld, LedgerError> {
        let station = own_log(&self.db)?.station();
        let left = self.free_blanks()?.len();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        Ok(BlanksHeld { up_to: highest(&self.db, station)?, left })
    }

    /// Returns the blanks that can be bound, in order of number.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn free_blanks(&self) -> Result<Vec<FreeBlank>, LedgerError> {
        let station = own_log(&self.db)?.station();
        let keys = self.issuing_keys()?;
        let believed = |kid: Kid| keys.iter().any(|key| !key.killed && key.kid() == kid);
        let sql = "SELECT serial, text, kid FROM blank WHERE /*its*/ station = ?1 AND used = 0
                   ORDER BY number";
        let blanks = self.db.query(sql, &places![station.0], |row| {
            let blank = FreeBlank { serial: Serial(row.get(0)?), text: row.get(1)? };
            Ok((blank, Kid(row.get(2)?)))
        })?;
        let mut free = Vec::new();
        for (blank, kid) in blanks {
            if believed(kid) && !self.is_revoked(blank.serial)? {
                free.push(blank);
            }
        }
        Ok(free)
    }

    /// Returns the text of a blank of this station.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn blank_text(&self, serial: Serial) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT text FROM blank WHERE /*its*/ serial = ?1";
        self.db.first(sql, &places![serial.0], |row| row.get(0))
    }

    /// Brings a station's supply up to [`SUPPLY`]: signs what is missing, and gives again what the
    /// station says that it never got.
    ///
    /// `random` makes serials; what it cannot make is left for the next time.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is signed.
    pub fn supply(
        &mut self,
        station: StationId,
        held: BlanksHeld,
        issuer: &Issuer,
        mut random: impl FnMut() -> Option<[u8; 16]>,
    ) -> Result<Vec<Blank>, LedgerError> {
        let due = SUPPLY.saturating_sub(held.left);
        if due == 0 {
            return Ok(Vec::new());
        }
        let keys = self.issuing_keys()?;
        let tx = self.write()?;
        let given = blanks_after(&tx, station, (held.up_to, due), &keys)?;
        let missing = due.saturating_sub(u32::try_from(given.len()).unwrap_or(u32::MAX));
        let highest = highest(&tx, station)?;
        for step in 1..=u64::from(missing) {
            let Some(serial) = random() else { break };
            let number = highest.saturating_add(step);
            let text = issuer.blank(Serial(serial))?;
            let sql = "INSERT INTO blank (/*key*/ station, number, serial, kid, text)
                       VALUES (/*own*/ ?1, ?2, ?3, ?4, ?5)";
            let kid = pass::kid(&issuer.key.verifying_key()).0;
            tx.execute(sql, &places![station.0, number, serial, kid, text])?;
        }
        tx.commit()?;
        blanks_after(&self.db, station, (held.up_to, due), &keys)
    }

    /// Returns the texts of all blanks that were given out and belong to nobody yet.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn blanks_out(&self) -> Result<Vec<String>, LedgerError> {
        let sql = "SELECT text FROM blank WHERE /*its*/ serial NOT IN
                     (SELECT serial FROM binding WHERE /*its*/ rehearsal = 0)";
        self.db.query(sql, &[], |row| row.get(0))
    }
}

impl Issuer {
    fn blank(&self, serial: Serial) -> Result<String, LedgerError> {
        let pass = Pass::new(PassKind::Badge, serial, BLANK, 0, self.days);
        let pass = pass.map_err(|error| LedgerError::Damaged(error.to_string()))?;
        Ok(pass::issue(&pass, self.convention, &self.key))
    }
}

/// Marks blanks that a fact binds to somebody: they may be printed by now.
pub(crate) fn mark_used(
    db: &Db,
    serials: impl IntoIterator<Item = Serial>,
) -> Result<(), LedgerError> {
    for serial in serials {
        db.execute("UPDATE blank SET used = 1 WHERE /*its*/ serial = ?1", &places![serial.0])?;
    }
    Ok(())
}

/// Stores blanks that the server brought; what is no blank of a believed key is passed over.
pub(crate) fn keep(db: &Db, blanks: &[Blank], keys: &[IssuingKey]) -> Result<(), LedgerError> {
    let station = own_log(db)?.station();
    for blank in blanks {
        // Key by key, so that the one that signed it is known.
        let signed = |key: &IssuingKey| {
            let read = pass::read(&blank.text, std::slice::from_ref(key)).ok()?;
            read.pass.is_blank().then(|| (read.pass.serial(), key.kid()))
        };
        let Some((serial, kid)) = keys.iter().find_map(signed) else {
            tracing::warn!(number = blank.number, "the server brought a blank that is none");
            continue;
        };
        let sql = "INSERT INTO blank (/*key*/ station, number, serial, kid, text)
                   VALUES (/*own*/ ?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
        let row = &places![station.0, blank.number, serial.0, kid.0, blank.text];
        db.execute(sql, row)?;
        // After a restore, a blank can come again whose binding came back before it.
        let sql = "UPDATE blank SET used = 1 WHERE /*its*/ serial = ?1
                   AND EXISTS (SELECT 1 FROM binding WHERE /*its*/ serial = ?1)";
        db.execute(sql, &places![serial.0])?;
    }
    Ok(())
}

pub(crate) fn highest(db: &Db, station: StationId) -> Result<u64, LedgerError> {
    let sql = "SELECT coalesce(max(number), 0) FROM blank WHERE /*its*/ station = ?1";
    db.one(sql, &places![station.0], |row| row.get(0))
}

/// Returns blanks after a number, leaving out those of killed keys: a station passes them over.
fn blanks_after(
    db: &Db,
    station: StationId,
    (number, most): (u64, u32),
    keys: &[IssuingKey],
) -> Result<Vec<Blank>, LedgerError> {
    let sql = "SELECT number, text FROM blank WHERE /*its*/ station = ?1 AND number > ?2
               ORDER BY number";
    let blanks = db.query(sql, &places![station.0, number], |row| {
        Ok(Blank { number: row.get(0)?, text: row.get(1)? })
    })?;
    let is_good = |blank: &Blank| pass::read(&blank.text, keys).is_ok();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Ok(blanks.into_iter().filter(is_good).take(most).collect())
}
