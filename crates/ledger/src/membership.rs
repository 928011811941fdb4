//! Who belongs to the convention: the numbered list of stations, and what changes it.
//!
//! The server writes the lines and signs the whole; a station takes the list from whoever brings it,
//! if the server signed it and its number is higher than the one held. A station that a later list
//! leaves out stays as it was here: a server that was restored from a backup makes nobody a stranger.

use std::cell::RefCell;
use std::collections::BTreeMap;

use admission::exchange::{Member, MemberList, MemberState, Sifted, Vector, WipeOrder, sift};
use admission::id::{ConventionId, LogId, Seq, StationId};
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;

use crate::db::{Db, Row, places};
use crate::error::LedgerError;
use crate::fork::copied;
use crate::open::Ledger;
use crate::{members as stations, quarantine, setting};

mod forgotten;

/// What became of a station that was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It belongs no more.
    Closed,
    /// It had not enrolled: its code is worth nothing, and its name is free again.
    Withdrawn,
    /// It was revoked before.
    Already,
}

impl Ledger {
    /// Returns every station that was ever enrolled, in order of id.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn members(&self) -> Result<Vec<Member>, LedgerError> {
        members(&self.db)
    }

    /// Finds a station that was enrolled.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn member(&self, id: StationId) -> Result<Option<Member>, LedgerError> {
        member(&self.db, id)
    }

    /// Returns the key of a station that was enrolled, whether or not it still belongs.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn key_of(&self, id: StationId) -> Result<Option<VerifyingKey>, LedgerError> {
        Ok(self.member(id)?.and_then(|member| member.key()))
    }

    /// Returns the public keys of those that were enrolled.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn publics(&self) -> Result<BTreeMap<StationId, [u8; 32]>, LedgerError> {
        publics(&self.db)
    }

    /// Returns the number of the membership list; 0 before the first.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn members_number(&self) -> Result<u64, LedgerError> {
        number(&self.db)
    }

    /// Returns the list as the server signed it, to be handed on; `None` before the first.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn signed_members(&self) -> Result<Option<Vec<u8>>, LedgerError> {
        setting::read(&self.db, setting::MEMBERS)
    }

    /// Returns the signed list for those who hold a lower number than ours.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn members_after(&self, held: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        if number(&self.db)? <= held { Ok(None) } else { self.signed_members() }
    }

    /// Takes a list that somebody brought, whoever it was; `false` if it is no later than ours.
    ///
    /// What it says of a station decides anew which of that station's facts are believed.
    ///
    /// # Errors
    /// [`LedgerError::Members`] if the server did not sign it; then nothing is changed.
    pub fn take_members(&mut self, signed: &[u8]) -> Result<bool, LedgerError> {
        let server = self.server()?;
        let key = server.key()?;
        let tx = self.write()?;
        let taken = take(&tx, signed, (server.convention, &key))?;
        tx.commit()?;
        Ok(taken)
    }

    /// Signs the list as it stands, if that was not done yet: what the server does.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read or written.
    pub fn sign_members(
        &mut self,
        convention: ConventionId,
        server: &SigningKey,
    ) -> Result<(), LedgerError> {
        let is_signed = |db: &Db, number: u64| -> Result<bool, LedgerError> {
            let signed = setting::read_number(db, setting::MEMBERS_SIGNED)?;
            Ok(number == 0 || signed == i64::try_from(number).ok())
        };
        // Every question comes by here, and mostly there is nothing to write.
        if is_signed(&self.db, number(&self.db)?)? {
            return Ok(());
        }
        let tx = self.write()?;
        let number = number(&tx)?;
        if is_signed(&tx, number)? {
            return Ok(());
        }
        let list = MemberList { convention, number, members: members(&tx)? };
        setting::write(&tx, setting::MEMBERS, &list.sign(server))?;
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        setting::write_number(&tx, setting::MEMBERS_SIGNED, number)?;
        tx.commit()?;
        Ok(())
    }

    /// Makes the order to shut down for a station that no longer belongs.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn wipe_order(
        &self,
        station: StationId,
        convention: ConventionId,
        server: &SigningKey,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let state = self.member(station)?.map(|member| member.state);
        let Some(state) = state.filter(|state| *state != MemberState::Active) else {
            return Ok(None);
        };
        let order = WipeOrder { station, members: self.members_number()?, state };
        Ok(Some(order.sign(convention, server)))
    }

    /// Ends a station's membership; `false` if that changes nothing. A revoked station stays revoked.
    ///
    /// Of a revoked one, what is held here now is believed, and nothing that comes later.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub fn close_member(
        &mut self,
        station: StationId,
        state: MemberState,
    ) -> Result<bool, LedgerError> {
        let tx = self.write()?;
        let closed = close(&tx, station, state)?;
        tx.commit()?;
        Ok(closed)
    }

    /// Believes everything that is held here of a station, whatever it wrote, and has it no longer
    /// named as copied; returns how many facts were quarantined until now.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub fn release(&mut self, station: StationId) -> Result<u64, LedgerError> {
        let tx = self.write()?;
        let before = locked(&tx, station)?;
        copied::settle(&tx, station)?;
        let waiting = before.as_ref().map_or(Ok(0), |_| quarantine::count(&tx, station))?;
        if let Some(before) = before.filter(|_| waiting > 0) {
            put(&tx, &Member { released: heads(&tx, station)?, ..before })?;
            count_up(&tx)?;
            setting::write_number(&tx, setting::RELEASES, releases(&tx)?.saturating_add(1))?;
        }
        tx.commit()?;
        Ok(waiting)
    }

    /// Trusts a station no more, whether it has enrolled by now or not: its code is worth nothing,
    /// and a member is closed as by [`Ledger::close_member`].
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub fn revoke_station(&mut self, station: StationId) -> Result<Revoked, LedgerError> {
        let tx = self.write()?;
        let closed = close(&tx, station, MemberState::Revoked)?;
        let done = match member(&tx, station)? {
            Some(_) if closed => Revoked::Closed,
            Some(_) => Revoked::Already,
            None => Revoked::Withdrawn,
        };
        stations::withdraw(&tx, station)?;
        tx.commit()?;
        Ok(done)
    }

    /// Counts how often quarantined facts were released here, so that whoever looked through the facts
    /// before looks again.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn releases(&self) -> Result<i64, LedgerError> {
        releases(&self.db)
    }
}

fn releases(db: &Db) -> Result<i64, LedgerError> {
    Ok(setting::read_number(db, setting::RELEASES)?.unwrap_or(0))
}

fn number(db: &Db) -> Result<u64, LedgerError> {
    let number = setting::read_number(db, setting::MEMBERS_NUMBER)?.unwrap_or(0);
    Ok(u64::try_from(number).unwrap_or(0))
}

fn write_number(db: &Db, number: u64) -> Result<(), LedgerError> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    setting::write_number(db, setting::MEMBERS_NUMBER, number)
}

fn count_up(db: &Db) -> Result<(), LedgerError> {
    let next = setting::after(db, number(db)?, setting::SEEN_MEMBERS)?;
    write_number(db, next)
}

fn members(db: &Db) -> Result<Vec<Member>, LedgerError> {
    db.query("SELECT member FROM member WHERE /*its*/ true ORDER BY id", &[], read)
}

pub(crate) fn member(db: &Db, id: StationId) -> Result<Option<Member>, LedgerError> {
    db.first("SELECT member FROM member WHERE /*its*/ id = ?1", &places![id.0], read)
}

/// The same, and nobody changes it until the transaction ends: facts are believed by it.
pub(crate) fn author(db: &Db, id: StationId) -> Result<Option<Member>, LedgerError> {
    if !db.is_shared() {
        return member(db, id);
    }
    let sql = "SELECT member FROM member WHERE /*its*/ id = ?1 FOR SHARE";
    db.first(sql, &places![id.0], read)
}

/// The same, in order to change it: whoever stores facts by it has ended by then.
fn locked(db: &Db, id: StationId) -> Result<Option<Member>, LedgerError> {
    if !db.is_shared() {
        return member(db, id);
    }
    let sql = "SELECT member FROM member WHERE /*its*/ id = ?1 FOR UPDATE";
    db.first(sql, &places![id.0], read)
}

fn read(row: &Row<'_>) -> Result<Member, LedgerError> {
    minicbor::decode(&row.get::<Vec<u8>>(0)?)
        .map_err(|error| LedgerError::Damaged(format!("member: {error}")))
}

pub(crate) fn publics(db: &Db) -> Result<BTreeMap<StationId, [u8; 32]>, LedgerError> {
    Ok(members(db)?.into_iter().map(|member| (member.id, member.public)).collect())
}

/// Proves facts; each station's key is unpacked once.
pub(crate) fn prove(
    facts: &[ByteVec],
    publics: &BTreeMap<StationId, [u8; 32]>,
    held: &Vector,
) -> Sifted {
    let unpacked = RefCell::new(BTreeMap::new());
    let unpack = |id: &StationId| VerifyingKey::from_bytes(publics.get(id)?).ok();
    sift(facts, held, |id| *unpacked.borrow_mut().entry(id).or_insert_with_key(unpack))
}

/// Writes a station's line, and believes its facts as the line says.
fn put(db: &Db, after: &Member) -> Result<(), LedgerError> {
    let before = locked(db, after.id)?;
    if before.as_ref() == Some(after) {
        return Ok(());
    }
    let sql = "INSERT INTO member (/*key*/ id, member) VALUES (/*own*/ ?1, ?2)
               ON CONFLICT (/*key*/ id) DO UPDATE SET member = excluded.member";
    let bytes = minicbor::to_vec(after).unwrap_or_default();
    db.execute(sql, &places![after.id.0, bytes])?;
    quarantine::sort_anew(db, before.as_ref(), after)
}

/// Takes a line that the server signed: nobody comes back who was shut down, as the server itself may
/// have forgotten.
fn join(db: &Db, line: &Member) -> Result<(), LedgerError> {
    let before = locked(db, line.id)?;
    put(db, &before.map_or_else(|| line.clone(), |before| line.joined(&before)))
}

/// Makes a station a member, under the next number: what the server does at an enrolment.
pub(crate) fn admit(db: &Db, new: &Member) -> Result<(), LedgerError> {
    put(db, new)?;
    count_up(db)
}

/// Ends a membership, under the next number.
pub(crate) fn close(db: &Db, station: StationId, state: MemberState) -> Result<bool, LedgerError> {
    let may_close = |member: &Member| match member.state {
        MemberState::Active => state != MemberState::Active,
        MemberState::Replaced => state == MemberState::Revoked,
        MemberState::Revoked => false,
    };
    let Some(before) = locked(db, station)?.filter(may_close) else { return Ok(false) };
    let closed = if state == MemberState::Revoked { heads(db, station)? } else { BTreeMap::new() };
    put(db, &Member { state, closed, ..before })?;
    count_up(db)?;
    Ok(true)
}

/// Returns how far every log of a station is held.
fn heads(db: &Db, station: StationId) -> Result<BTreeMap<LogId, Seq>, LedgerError> {
    let sql = "SELECT log, head FROM log WHERE /*its*/ log >= ?1 AND log <= ?2 AND head > 0";
    let (first, last) = logs_of(station);
    let heads =
        db.query(sql, &places![first.0, last.0], |row| Ok((LogId(row.get(0)?), Seq(row.get(1)?))))?;
    Ok(heads.into_iter().collect())
}

/// Returns the first and the last log that a station can have.
pub(crate) fn logs_of(station: StationId) -> (LogId, LogId) {
    (LogId::new(station, [0; 8]), LogId::new(station, [0xFF; 8]))
}

/// Takes a list that the server signed; `false` if its number is no higher than the one held.
pub(crate) fn take(
    db: &Db,
    signed: &[u8],
    (convention, server): (ConventionId, &VerifyingKey),
) -> Result<bool, LedgerError> {
    let list = MemberList::open(signed, convention, server)
        .map_err(|error| LedgerError::Members(error.to_string()))?;
    if list.number <= number(db)? {
        return Ok(false);
    }
    for member in &list.members {
        join(db, member)?;
    }
    forgotten::note(db, &list)?;
    setting::write(db, setting::MEMBERS, signed)?;
    write_number(db, list.number)?;
    Ok(true)
}
