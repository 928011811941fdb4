//! The server's stations: added by the organiser, enrolled by a one-time code.

use admission::exchange::{Member, MemberState, Message, Policy, Profile};
use admission::id::StationId;
use admission::roster::Convention;
use admission::time::Millis;
use ed25519_dalek::VerifyingKey;

use crate::db::{Db, Row, places};
use crate::enrol::{self, Hashed};
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::{membership, setting};

/// A list number that no honest station holds.
const LAST_NUMBER: i64 = 1 << 48;

/// A station as the server knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// Its id.
    pub id: StationId,
    /// Its public key, once it is enrolled.
    pub public: Option<[u8; 32]>,
    /// What it is for.
    pub profile: Profile,
}

/// Why a code does not enrol a station.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// Unknown, used by another station, too old, or guessed at too often.
    #[error("this code is unknown, used or expired; ask for a new one (`station add`)")]
    BadCode,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Sets what the server serves: the convention, and the root key of its key sets.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn set_convention(
        &mut self,
        convention: &Convention,
        root: &VerifyingKey,
    ) -> Result<(), LedgerError> {
        let served = Served { convention: convention.clone(), root: root.to_bytes() };
        let tx = self.write()?;
        let bytes = minicbor::to_vec(&served).unwrap_or_default();
        setting::write(&tx, setting::POLICY, &bytes)?;
        count_up(&tx)?;
        tx.commit()?;
        Ok(())
    }

    /// Returns what the server serves; `None` before [`Ledger::set_convention`].
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn served(&self) -> Result<Option<Served>, LedgerError> {
        let bytes = setting::read(&self.db, setting::POLICY)?;
        let decode = |bytes: Vec<u8>| {
            minicbor::decode(&bytes).map_err(|error| LedgerError::Damaged(error.to_string()))
        };
        bytes.map(decode).transpose()
    }

    /// Adds a station and its one-time code; `false` if the name is taken by an enrolled one.
    ///
    /// A station that was never enrolled gets the new code and profile. `replaces` is whose work the
    /// new one takes over as soon as it has enrolled; a spare that was added for it before and has not
    /// enrolled is none any more.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn add_station(
        &mut self,
        (station, replaces): (&Station, Option<StationId>),
        code: &Hashed,
        expires_at: Millis,
    ) -> Result<bool, LedgerError> {
        let tx = self.write()?;
        let name = &station.profile.name[..];
        let taken = "SELECT 1 FROM station WHERE /*its*/ name = ?1 AND public IS NOT NULL";
        if tx.first(taken, &places![name], |_| Ok(()))?.is_some() {
            return Ok(false);
        }
        let old = "DELETE FROM enrolment WHERE /*its*/ station IN
                     (SELECT id FROM station WHERE /*its*/ name = ?1)";
        tx.execute(old, &places![name])?;
        tx.execute("DELETE FROM station WHERE /*its*/ name = ?1", &places![name])?;
        for spare in replaces.map_or(Ok(Vec::new()), |old| spares(&tx, old))? {
            if spare.public.is_none() {
                withdraw(&tx, spare.id)?;
            }
        }
        let profile = minicbor::to_vec(&station.profile).unwrap_or_default();
        let insert = "INSERT INTO station (/*key*/ id, name, public, profile)
                      VALUES (/*own*/ ?1, ?2, NULL, ?3)";
        tx.execute(insert, &places![station.id.0, name, profile])?;
        let Hashed { hash, selector } = code;
        let insert = "INSERT INTO enrolment (/*key*/ code_hash, selector, station, expires_at)
                      VALUES (/*own*/ ?1, ?2, ?3, ?4)";
        tx.execute(insert, &places![hash, selector, station.id.0, expires_at.0])?;
        if let Some(old) = replaces {
            let sql = "UPDATE enrolment SET replaces = ?2 WHERE /*its*/ code_hash = ?1";
            tx.execute(sql, &places![hash, old.0])?;
        }
        tx.commit()?;
        Ok(true)
    }

    /// Makes the station of a code a member with `public` as its key; `now` is the real time.
    ///
    /// The same station may use its code again, because the answer may have been lost.
    /// A wrong code is counted: see [`Hashed`].
    ///
    /// # Errors
    /// [`EnrolError::BadCode`] if the code is unknown, expired, used by another key or guessed at too
    /// often, or its station no longer belongs.
    pub fn enrol_station(
        &mut self,
        code: &Hashed,
        public: [u8; 32],
        now: Millis,
    ) -> Result<Station, EnrolError> {
        let tx = self.write()?;
        let enrolled = let_in(&tx, code, public, now)?;
        if enrolled.is_none() {
            enrol::count_wrong(&tx, code, now)?;
        }
        tx.commit()?;
        enrolled.ok_or(EnrolError::BadCode)
    }

    /// Finds a station.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn station(&self, id: StationId) -> Result<Option<Station>, LedgerError> {
        let sql = "SELECT id, public, profile FROM station WHERE /*its*/ id = ?1";
        self.db.first(sql, &places![id.0], read)
    }

    /// Returns the stations that took over the work of another, or will when they have enrolled.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn spares_of(&self, old: StationId) -> Result<Vec<Station>, LedgerError> {
        spares(&self.db, old)
    }

    /// Returns every station in order of name.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn stations(&self) -> Result<Vec<Station>, LedgerError> {
        let sql = "SELECT id, public, profile FROM station WHERE /*its*/ true";
        let mut stations = self.db.query(sql, &[], read)?;
        // Not by the database: each has rules of its own for letters.
        stations.sort_by(|one, other| one.profile.name.cmp(&other.profile.name));
        Ok(stations)
    }

    /// Notes that a station holds later lists than this server, which was restored from an older
    /// copy: what is written next gets a number above them.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read or written.
    pub fn note_held(&mut self, question: &Message) -> Result<(), LedgerError> {
        let roster = question.scopes.iter().map(|held| held.revision.0).max().unwrap_or(0);
        self.note_lost_roster(roster)?;
        let lists = [
            (setting::SEEN_ROSTER, roster, self.revision()?.0),
            (setting::SEEN_REVOCATIONS, question.revocations_held, self.revocations()?),
            (setting::SEEN_POLICY, question.policy_held, self.policy_number()?),
            (setting::SEEN_MEMBERS, question.members_held, self.members_number()?),
        ];
        for (seen, held, own) in lists {
            let held = i64::try_from(held).unwrap_or(i64::MAX);
            let known = setting::read_number(&self.db, seen)?.unwrap_or(0);
            // A station that lies could use all numbers up.
            let is_sound = held < LAST_NUMBER;
            if is_sound && held > known && held > i64::try_from(own).unwrap_or(i64::MAX) {
                tracing::warn!(seen, held, own, "a station holds a later list: restored?");
                setting::write_number(&self.db, seen, held)?;
            }
        }
        Ok(())
    }

    /// Returns the names of the lists of which a station holds a later state than this server.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn lost_lists(&self) -> Result<Vec<&'static str>, LedgerError> {
        let lists = [
            ("roster", setting::SEEN_ROSTER, self.revision()?.0),
            ("revocations", setting::SEEN_REVOCATIONS, self.revocations()?),
            ("stations", setting::SEEN_MEMBERS, self.members_number()?),
        ];
        let mut lost = Vec::new();
        if setting::read_number(&self.db, setting::ROSTER_LOST)?.is_some() {
            lost.push("roster");
        }
        for (name, seen, own) in lists {
            let seen = setting::read_number(&self.db, seen)?.unwrap_or(0);
            if seen > i64::try_from(own).unwrap_or(i64::MAX) && !lost.contains(&name) {
                lost.push(name);
            }
        }
        Ok(lost)
    }

    /// Makes the policy of one station, if the number that it holds is not the present one.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn policy_for(&self, station: StationId, held: u64) -> Result<Option<Policy>, LedgerError> {
        let number = setting::read_number(&self.db, setting::POLICY_NUMBER)?.unwrap_or(0);
        let number = u64::try_from(number).unwrap_or(0);
        if number <= held {
            return Ok(None);
        }
        let (Some(served), Some(own)) = (self.served()?, self.station(station)?) else {
            return Ok(None);
        };
        let Served { convention, root } = served;
        Ok(Some(Policy { number, convention, root, profile: own.profile }))
    }
}

/// What a server serves.
#[derive(Clone, Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Served {
    /// The convention.
    #[n(0)]
    pub convention: Convention,
    /// Public half of the root key.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub root: [u8; 32],
}

fn spares(db: &Db, old: StationId) -> Result<Vec<Station>, LedgerError> {
    let sql = "SELECT id, public, profile FROM station WHERE /*its*/ id IN
                 (SELECT station FROM enrolment WHERE /*its*/ replaces = ?1)";
    db.query(sql, &places![old.0], read)
}

/// Ends the code of a station; one that has not enrolled is forgotten with it.
pub(crate) fn withdraw(db: &Db, id: StationId) -> Result<(), LedgerError> {
    db.execute("DELETE FROM enrolment WHERE /*its*/ station = ?1", &places![id.0])?;
    let waiting = "DELETE FROM station WHERE /*its*/ id = ?1 AND public IS NULL";
    db.execute(waiting, &places![id.0])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Station, LedgerError> {
    let profile = minicbor::decode(&row.get::<Vec<u8>>(2)?)
        .map_err(|error| LedgerError::Damaged(format!("profile: {error}")))?;
    Ok(Station { id: StationId(row.get(0)?), public: row.get(1)?, profile })
}

/// Lets the station of a code in; `None` if the code is not good for it.
fn let_in(
    db: &Db,
    code: &Hashed,
    public: [u8; 32],
    now: Millis,
) -> Result<Option<Station>, LedgerError> {
    let Some((id, replaces)) = enrol::open_code(db, code, now)? else { return Ok(None) };
    let sql = "SELECT id, public, profile FROM station WHERE /*its*/ id = ?1";
    let Some(station) = db.first(sql, &places![id.0], read)? else { return Ok(None) };
    match (station.public, membership::member(db, id)?) {
        (Some(key), Some(member)) if key == public && member.state == MemberState::Active => {
            return Ok(Some(station));
        }
        (None, _) => {}
        _ => return Ok(None),
    }
    let sql = "UPDATE station SET public = ?2 WHERE /*its*/ id = ?1";
    db.execute(sql, &places![id.0, public])?;
    membership::admit(db, &Member::new(station.id, public, station.profile.clone()))?;
    if let Some(old) = replaces {
        membership::close(db, old, MemberState::Replaced)?;
    }
    Ok(Some(Station { public: Some(public), ..station }))
}

/// Writes down a station that a membership list names and this server has forgotten. Whose name was
/// given to another meanwhile gets a number behind it.
pub(crate) fn recall(db: &Db, line: &Member) -> Result<(), LedgerError> {
    let sql = "SELECT 1 FROM station WHERE /*its*/ id = ?1 AND public IS NOT NULL";
    if db.first(sql, &places![line.id.0], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    // Added and not enrolled when the backup was made.
    db.execute("DELETE FROM enrolment WHERE /*its*/ station = ?1", &places![line.id.0])?;
    db.execute("DELETE FROM station WHERE /*its*/ id = ?1", &places![line.id.0])?;
    let taken = "SELECT 1 FROM station WHERE /*its*/ name = ?1";
    let mut profile = line.profile();
    for count in 2u16.. {
        if db.first(taken, &places![&profile.name[..]], |_| Ok(()))?.is_none() {
            break;
        }
        profile.name = format!("{}-{count}", line.name);
    }
    let bytes = minicbor::to_vec(&profile).unwrap_or_default();
    let insert = "INSERT INTO station (/*key*/ id, name, public, profile)
                  VALUES (/*own*/ ?1, ?2, ?3, ?4)";
    db.execute(insert, &places![line.id.0, &profile.name[..], line.public, bytes])?;
    Ok(())
}

fn count_up(db: &Db) -> Result<(), LedgerError> {
    let number = setting::read_number(db, setting::POLICY_NUMBER)?.unwrap_or(0);
    let next = setting::after(db, u64::try_from(number).unwrap_or(0), setting::SEEN_POLICY)?;
    setting::write_number(db, setting::POLICY_NUMBER, i64::try_from(next).unwrap_or(i64::MAX))
}
