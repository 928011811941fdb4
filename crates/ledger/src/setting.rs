//! Single values by name.

use crate::db::{Db, places};

use crate::error::LedgerError;

pub(crate) const OWN_LOG: &str = "own_log";
pub(crate) const POLICY: &str = "policy";
pub(crate) const POLICY_NUMBER: &str = "policy_number";
pub(crate) const CONTACT_AT: &str = "contact_at";
/// When the server last confirmed each list, by this station's clock.
pub(crate) const ROSTER_AT: &str = "roster_at";
pub(crate) const KEYS_AT: &str = "keys_at";
pub(crate) const REVOCATIONS_AT: &str = "revocations_at";
/// Server: the highest numbers that a station was seen to hold, above the own ones: this database was
/// restored from an older copy.
pub(crate) const SEEN_ROSTER: &str = "seen_roster";
pub(crate) const SEEN_REVOCATIONS: &str = "seen_revocations";
pub(crate) const SEEN_POLICY: &str = "seen_policy";
pub(crate) const SEEN_MEMBERS: &str = "seen_members";
/// Server: above every number that a list may have had before this database was put back, and the
/// roster's number then. Whether a station was seen to hold a roster from between the two.
pub(crate) const FLOOR: &str = "floor";
pub(crate) const ROSTER_THEN: &str = "roster_then";
pub(crate) const ROSTER_LOST: &str = "roster_lost";
/// PostgreSQL: the fingerprints of the lists that moved there from a file.
#[cfg(feature = "postgres")]
pub(crate) const MOVED: &str = "moved";
/// PostgreSQL: the transaction that wrote this row, as the row itself says.
#[cfg(feature = "postgres")]
pub(crate) const WRITTEN_IN: &str = "written_in";
/// Number of the membership list; the list as the server signed it; server: which number that was.
pub(crate) const MEMBERS_NUMBER: &str = "members_number";
pub(crate) const MEMBERS: &str = "members";
pub(crate) const MEMBERS_SIGNED: &str = "members_signed";
/// Station: a list that says something that the server, as its later list shows, has forgotten.
pub(crate) const MEMBERS_FORGOTTEN: &str = "members_forgotten";
/// Server: how often quarantined facts were released.
pub(crate) const RELEASES: &str = "releases";
/// How many others at the same activities the server had not heard from lately.
pub(crate) const UNHEARD: &str = "unheard";
/// The latest hybrid clock of a fact that came from elsewhere.
pub(crate) const MET: &str = "met";
/// How far the server's clock was ahead, and when that was measured, by this station's clock: not in
/// a rehearsal.
pub(crate) const OFFSET_MS: &str = "offset_ms";
pub(crate) const OFFSET_AT: &str = "offset_at";
pub(crate) const SERVER: &str = "server";
/// While the server holds other facts in the own log: the place up to which both may agree.
pub(crate) const FORKED_AFTER: &str = "forked_after";
/// Convention id and root key, pinned.
pub(crate) const ROOT: &str = "root";
/// The signed key set, and its number.
pub(crate) const KEYS: &str = "keys";
pub(crate) const KEYS_NUMBER: &str = "keys_number";
pub(crate) const REVOCATIONS: &str = "revocations";
/// Number, count and digest of the revocation list as the server signed them, with its signature.
pub(crate) const REVOCATIONS_SIGNED: &str = "revocations_signed";
/// Station: a list of which the server has forgotten something, whole and as it was signed.
pub(crate) const REVOCATIONS_FORGOTTEN: &str = "revocations_forgotten";
/// The number to ask from: that of the list, or 0 after a change that did not add up.
pub(crate) const REVOCATIONS_ASKED: &str = "revocations_asked";

pub(crate) fn read(db: &Db, name: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    let sql = "SELECT value FROM setting WHERE /*its*/ name = ?1";
    db.first(sql, &places![name], |row| row.get(0))
}

pub(crate) fn write(db: &Db, name: &str, value: &[u8]) -> Result<(), LedgerError> {
    let sql = "INSERT INTO setting (/*key*/ name, value) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ name) DO UPDATE SET value = excluded.value";
    db.execute(sql, &places![name, value])?;
    Ok(())
}

pub(crate) fn forget(db: &Db, name: &str) -> Result<(), LedgerError> {
    db.execute("DELETE FROM setting WHERE /*its*/ name = ?1", &places![name])?;
    Ok(())
}

pub(crate) fn read_number(db: &Db, name: &str) -> Result<Option<i64>, LedgerError> {
    let bytes = read(db, name)?;
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes))
}

/// Returns the next number of a list: above the last, above what was seen of it elsewhere, and above
/// what this database may have forgotten.
pub(crate) fn after(db: &Db, last: u64, seen: &str) -> Result<u64, LedgerError> {
    let above = |name| -> Result<u64, LedgerError> {
        Ok(u64::try_from(read_number(db, name)?.unwrap_or(0)).unwrap_or(0))
    };
    Ok(last.max(above(seen)?).max(above(FLOOR)?).saturating_add(1))
}

pub(crate) fn write_number(db: &Db, name: &str, value: i64) -> Result<(), LedgerError> {
    write(db, name, &value.to_be_bytes())
}
