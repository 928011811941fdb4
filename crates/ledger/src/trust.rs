//! Whom and what a ledger believes: the root key, the key set, the revocation list.
//!
//! All of them are numbered, and a ledger never goes back to a lower number.

use admission::id::{ConventionId, Serial};
use admission::keys::KeySet;
use admission::pass::IssuingKey;
use admission::revocation::{Entry, ListChange, ListState, digest};
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::{lan, setting};

impl Ledger {
    /// Returns the key set that is in force; `None` before the first.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read, or is not signed by the root key that was pinned.
    pub fn key_set(&self) -> Result<Option<KeySet>, LedgerError> {
        key_set(&self.db)
    }

    /// Returns the number of the key set; 0 before the first.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn keys_number(&self) -> Result<u64, LedgerError> {
        let number = setting::read_number(&self.db, setting::KEYS_NUMBER)?.unwrap_or(0);
        Ok(u64::try_from(number).unwrap_or(0))
    }

    /// Returns the keys whose passes are believed, and those that were killed.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn issuing_keys(&self) -> Result<Vec<IssuingKey>, LedgerError> {
        Ok(self.key_set()?.map(|set| set.issuing()).unwrap_or_default())
    }

    /// Pins the root key and takes the first key set: what a server does when it is set up.
    ///
    /// # Errors
    /// [`LedgerError`] if the set is not signed by the root key, or cannot be written.
    pub fn begin_trust(
        &mut self,
        convention: ConventionId,
        root: [u8; 32],
        signed: &[u8],
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        pin_root(&tx, convention, root)?;
        take_keys(&tx, signed)?;
        tx.commit()?;
        Ok(())
    }

    /// Takes a later key set.
    ///
    /// # Errors
    /// [`LedgerError::KeySet`] with a sentence if the root key did not sign it, or it goes back.
    pub fn install_keys(&mut self, signed: &[u8]) -> Result<KeySet, LedgerError> {
        let tx = self.write()?;
        take_keys(&tx, signed)?;
        tx.commit()?;
        self.key_set()?.ok_or(LedgerError::NotEnrolled)
    }

    /// Returns the signed bytes of the key set, for those who hold a lower number than ours.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn keys_after(&self, held: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        if self.keys_number()? <= held { Ok(None) } else { setting::read(&self.db, setting::KEYS) }
    }

    /// Tells whether the revocation list has a serial.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn is_revoked(&self, serial: Serial) -> Result<bool, LedgerError> {
        let sql = "SELECT 1 FROM revocation WHERE /*its*/ entry = ?1";
        let entry = Entry::of(serial).0;
        Ok(self.db.first(sql, &places![entry], |_| Ok(()))?.is_some())
    }

    /// Returns the number of the revocation list; 0 is the empty one.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn revocations(&self) -> Result<u64, LedgerError> {
        list_number(&self.db)
    }

    /// Adds serials to the list under the next number, which is returned: what the server does.
    /// Serials that are on it already change nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub fn revoke(&mut self, serials: &[Serial]) -> Result<u64, LedgerError> {
        let tx = self.write()?;
        let entries: Vec<Entry> = serials.iter().map(|serial| Entry::of(*serial)).collect();
        let number = setting::after(&tx, list_number(&tx)?, setting::SEEN_REVOCATIONS)?;
        if add(&tx, &entries, number)? == 0 {
            return list_number(&tx);
        }
        write_list_number(&tx, number)?;
        tx.commit()?;
        Ok(number)
    }

    /// Returns a list that the server signed and has forgotten some of, to bring it back.
    pub(crate) fn forgotten_revocations(&self) -> Result<Option<ListChange>, LedgerError> {
        let bytes = setting::read(&self.db, setting::REVOCATIONS_FORGOTTEN)?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// Takes back from a list that this server signed what it has forgotten, because it was restored
    /// from an older copy. Nobody is ever taken off that list, so that any of them may be taken.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub(crate) fn recall_revocations(
        &mut self,
        list: &ListChange,
        (convention, server): (ConventionId, &VerifyingKey),
    ) -> Result<(), LedgerError> {
        let entries = list.entries().filter(|_| list.after == 0).unwrap_or_default();
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let whole = (count, digest(entries.iter().copied()));
        let is_ours = list.state.convention == convention
            && list.state.is_signed_by(server, &list.signature)
            && whole == (list.state.entries, list.state.digest);
        if !is_ours {
            return Ok(());
        }
        let tx = self.write()?;
        let held = list_number(&tx)?.max(list.state.number);
        let number = setting::after(&tx, held, setting::SEEN_REVOCATIONS)?;
        if add(&tx, &entries, number)? > 0 {
            write_list_number(&tx, number)?;
            tracing::warn!(number, "revocations were taken back from a list that a station held");
        }
        tx.commit()
    }

    /// Returns what was added to the list since `held`, signed by the server; `None` if nothing
    /// was.
    ///
    /// # Errors
    /// [`LedgerError`] if the list cannot be read.
    pub fn revocations_after(
        &self,
        held: u64,
        convention: ConventionId,
        server: &SigningKey,
    ) -> Result<Option<ListChange>, LedgerError> {
        let number = list_number(&self.db)?;
        if held >= number {
            return Ok(None);
        }
        let sql = "SELECT entry FROM revocation WHERE /*its*/ number > ?1 ORDER BY entry";
        let added = self.db.query(sql, &places![held], |row| row.get(0).map(Entry))?;
        let (entries, digest) = digested(&self.db)?;
        let state = ListState { convention, number, entries, digest };
        let signature = state.sign(server);
        Ok(Some(ListChange { state, signature, after: held, added: ListChange::pack(&added) }))
    }
}

/// Remembers the root key for good; a later one that differs is not believed.
pub(crate) fn pin_root(
    db: &Db,
    convention: ConventionId,
    root: [u8; 32],
) -> Result<(), LedgerError> {
    match setting::read(db, setting::ROOT)? {
        Some(pinned) if pinned == [&convention.0[..], &root].concat() => Ok(()),
        Some(_) => {
            tracing::error!("the server names another root key; keeping the one from enrolment");
            Ok(())
        }
        None => setting::write(db, setting::ROOT, &[&convention.0[..], &root].concat()),
    }
}

fn root(db: &Db) -> Result<(ConventionId, VerifyingKey), LedgerError> {
    let bytes = setting::read(db, setting::ROOT)?.ok_or(LedgerError::NotEnrolled)?;
    let damaged = || LedgerError::Damaged("the root key is no key".to_owned());
    let (convention, root) = bytes.split_at_checked(16).ok_or_else(damaged)?;
    let convention = ConventionId::try_from(convention).map_err(|_| damaged())?;
    let root: [u8; 32] = root.try_into().map_err(|_| damaged())?;
    Ok((convention, VerifyingKey::from_bytes(&root).map_err(|_| damaged())?))
}

fn key_set(db: &Db) -> Result<Option<KeySet>, LedgerError> {
    let Some(signed) = setting::read(db, setting::KEYS)? else { return Ok(None) };
    let (convention, root) = root(db)?;
    let set = KeySet::open(&signed, convention, &root);
    set.map(Some).map_err(|error| LedgerError::Damaged(error.to_string()))
}

/// Takes a key set that the root key signed and that may follow the one in force.
pub(crate) fn take_keys(db: &Db, signed: &[u8]) -> Result<(), LedgerError> {
    let (convention, root) = root(db)?;
    let set = KeySet::open(signed, convention, &root)
        .map_err(|error| LedgerError::KeySet(error.to_string()))?;
    if let Some(held) = key_set(db)? {
        if held == set {
            return Ok(());
        }
        if !held.may_be_followed_by(&set) {
            return Err(LedgerError::KeySet(format!(
                "set {} does not follow set {}: numbers only rise, no key is left out, and a \
                 killed key stays killed",
                set.number, held.number
            )));
        }
    }
    setting::write(db, setting::KEYS, signed)?;
    let number = i64::try_from(set.number).unwrap_or(i64::MAX);
    setting::write_number(db, setting::KEYS_NUMBER, number)
}

/// Applies a change to the revocation list, and checks that the whole is what the server signed.
pub(crate) fn take_revocations(
    db: &Db,
    change: &ListChange,
    (convention, server): (ConventionId, &VerifyingKey),
) -> Result<(), LedgerError> {
    let held = list_number(db)?;
    let signed = change.state.is_signed_by(server, &change.signature);
    if !signed || change.state.convention != convention {
        return Err(LedgerError::RevocationMismatch);
    }
    if change.state.number <= held {
        return Ok(());
    }
    let entries = change.entries().ok_or(LedgerError::RevocationMismatch)?;
    let before = if change.after == 0 { lan::list_after(db, 0)? } else { None };
    if change.after == 0 {
        // What the server lost stays in force here, outside the count: nobody is let in again
        // because a backup was put back.
        db.execute("UPDATE revocation SET number = 0 WHERE /*its*/ true", &[])?;
    }
    add(db, &entries, change.state.number)?;
    let whole = digested(db)?;
    if change.after > held || whole != (change.state.entries, change.state.digest) {
        return Err(LedgerError::RevocationMismatch);
    }
    lan::keep_signature(db, change)?;
    write_list_number(db, change.state.number)?;
    let lost = "SELECT 1 FROM revocation WHERE /*its*/ number = 0 LIMIT 1";
    match (db.first(lost, &[], |_| Ok(()))?, before) {
        (None, _) => setting::forget(db, setting::REVOCATIONS_FORGOTTEN),
        (Some(()), Some(before)) => remember_for_server(db, &before),
        (Some(()), None) => Ok(()),
    }
}

/// Keeps a list of which the server has forgotten something, to bring it back; the first such list,
/// if there is one already.
fn remember_for_server(db: &Db, list: &ListChange) -> Result<(), LedgerError> {
    if setting::read(db, setting::REVOCATIONS_FORGOTTEN)?.is_some() {
        return Ok(());
    }
    tracing::warn!(
        number = list.state.number,
        "the server has forgotten revocations; bringing them"
    );
    let bytes = minicbor::to_vec(list).unwrap_or_default();
    setting::write(db, setting::REVOCATIONS_FORGOTTEN, &bytes)
}

/// Looks whether the server, by the number that it names, has forgotten a list that is here.
pub(crate) fn compare_revocations(db: &Db, at_server: u64) -> Result<(), LedgerError> {
    match lan::list_after(db, 0)?.filter(|whole| whole.state.number > at_server) {
        Some(whole) => remember_for_server(db, &whole),
        None => Ok(()),
    }
}

/// Has the next exchange bring the whole list. What is on it stays in force until then.
pub(crate) fn ask_for_whole_list(db: &Db) -> Result<(), LedgerError> {
    setting::write_number(db, setting::REVOCATIONS_ASKED, 0)
}

/// Returns the number to name in a question: 0 after a change that did not add up.
pub(crate) fn number_to_ask(db: &Db) -> Result<u64, LedgerError> {
    let asked = setting::read_number(db, setting::REVOCATIONS_ASKED)?.unwrap_or(0);
    Ok(u64::try_from(asked).unwrap_or(0))
}

fn add(db: &Db, entries: &[Entry], number: u64) -> Result<usize, LedgerError> {
    let sql = "INSERT INTO revocation (/*key*/ entry, number) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ entry) DO UPDATE SET number = excluded.number
               WHERE revocation.number = 0";
    let mut added = 0usize;
    for entry in entries {
        added = added.saturating_add(db.execute(sql, &places![entry.0, number])?);
    }
    Ok(added)
}

/// Counts and digests the list as it lies in the file.
fn digested(db: &Db) -> Result<(u64, [u8; 32]), LedgerError> {
    let sql = "SELECT entry FROM revocation WHERE /*its*/ number > 0 ORDER BY entry";
    let entries = db.query(sql, &[], |row| row.get(0).map(Entry))?;
    let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    Ok((count, digest(entries.into_iter())))
}

fn list_number(db: &Db) -> Result<u64, LedgerError> {
    let number = setting::read_number(db, setting::REVOCATIONS)?.unwrap_or(0);
    Ok(u64::try_from(number).unwrap_or(0))
}

fn write_list_number(db: &Db, number: u64) -> Result<(), LedgerError> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    setting::write_number(db, setting::REVOCATIONS, number)?;
    setting::write_number(db, setting::REVOCATIONS_ASKED, number)
}
