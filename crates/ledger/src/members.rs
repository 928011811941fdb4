//! The server's stations: added by the organiser, enrolled by a one-time code.

use std::collections::BTreeMap;

use admission::exchange::{Left, Member, Message, Policy, Profile, Sifted};
use admission::fact::{Body, Fact};
use admission::id::{FactId, StationId};
use admission::roster::Convention;
use admission::time::Millis;
use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::LedgerError;
use crate::open::Ledger;
use crate::setting;

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
    /// Unknown, used by another station, or too old.
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
    /// A station that was never enrolled gets the new code and profile.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn add_station(
        &mut self,
        station: &Station,
        code_hash: [u8; 32],
        expires_at: Millis,
    ) -> Result<bool, LedgerError> {
        let tx = self.write()?;
        let taken = "SELECT count(*) FROM station WHERE name = ?1 AND public IS NOT NULL";
        if tx.query_row(taken, params![station.profile.name], |row| row.get::<_, u32>(0))? > 0 {
            return Ok(false);
        }
        let old = "DELETE FROM enrolment
                   WHERE station IN (SELECT id FROM station WHERE name = ?1)";
        tx.execute(old, params![station.profile.name])?;
        tx.execute("DELETE FROM station WHERE name = ?1", params![station.profile.name])?;
        let profile = minicbor::to_vec(&station.profile).unwrap_or_default();
        let insert = "INSERT INTO station (id, name, public, profile) VALUES (?1, ?2, NULL, ?3)";
        tx.execute(insert, params![station.id.0, station.profile.name, profile])?;
        let code = "INSERT INTO enrolment (code_hash, station, expires_at) VALUES (?1, ?2, ?3)";
        tx.execute(code, params![code_hash, station.id.0, expires_at.0])?;
        tx.commit()?;
        Ok(true)
    }

    /// Makes the station of a code a member with `public` as its key; `now` is the real time.
    ///
    /// The same station may use its code again, because the answer may have been lost.
    ///
    /// # Errors
    /// [`EnrolError::BadCode`] if the code is unknown, expired or used by another key.
    pub fn enrol_station(
        &mut self,
        code_hash: [u8; 32],
        public: [u8; 32],
        now: Millis,
    ) -> Result<Station, EnrolError> {
        let tx = self.write()?;
        let sql = "SELECT station FROM enrolment WHERE code_hash = ?1 AND expires_at > ?2";
        let id: Option<[u8; 16]> = tx
            .query_row(sql, params![code_hash, now.0], |row| row.get(0))
            .optional()
            .map_err(LedgerError::from)?;
        let id = StationId(id.ok_or(EnrolError::BadCode)?);
        let sql = "UPDATE station SET public = ?2
                   WHERE id = ?1 AND (public IS NULL OR public = ?2)";
        if tx.execute(sql, params![id.0, public]).map_err(LedgerError::from)? == 0 {
            return Err(EnrolError::BadCode);
        }
        count_up(&tx)?;
        tx.commit().map_err(LedgerError::from)?;
        self.station(id)?.ok_or(EnrolError::BadCode)
    }

    /// Finds a station.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn station(&self, id: StationId) -> Result<Option<Station>, LedgerError> {
        let sql = "SELECT id, public, profile FROM station WHERE id = ?1";
        let mut select = self.db.prepare_cached(sql)?;
        let row = select.query_row(params![id.0], raw).optional()?;
        row.map(decoded).transpose()
    }

    /// Returns the public keys of those that are enrolled.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn publics(&self) -> Result<BTreeMap<StationId, [u8; 32]>, LedgerError> {
        let sql = "SELECT id, public FROM station WHERE public IS NOT NULL";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map([], |row| Ok((StationId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns every station in order of name.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn stations(&self) -> Result<Vec<Station>, LedgerError> {
        let sql = "SELECT id, public, profile FROM station ORDER BY name";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map([], raw)?;
        rows.map(|row| decoded(row?)).collect()
    }

    /// Notes that a station's folder worked in more than one copy, if what the station holds of its
    /// own log, or brought of it, does not go with what is held here, or facts of it had to move.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read or written.
    pub fn note_copies(&mut self, question: &Message, sifted: &Sifted) -> Result<(), LedgerError> {
        let moved = |(_, fact): &(_, Fact)| {
            fact.log.station() == question.from && Body::moved_from(fact).is_some()
        };
        let mut copied = sifted.fresh.iter().any(moved);
        copied |= sifted.left.iter().any(|left| {
            let (Left::Gap(fact) | Left::Fork(fact)) = left else { return false };
            fact.log.station() == question.from
        });
        let own = question.vector.0.iter().filter(|(log, _)| log.station() == question.from);
        for (log, head) in own {
            let held = self.hash_of(FactId { log: *log, seq: head.seq })?;
            copied |= held.is_some_and(|hash| hash != head.hash);
        }
        if copied {
            let sql = "INSERT OR IGNORE INTO copied (station) VALUES (?1)";
            self.db.prepare_cached(sql)?.execute(params![question.from.0])?;
        }
        Ok(())
    }

    /// Notes that a station holds later lists than this server, which was restored from an older
    /// copy: what is written next gets a number above them.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read or written.
    pub fn note_held(&mut self, question: &Message) -> Result<(), LedgerError> {
        let roster = question.scopes.iter().map(|held| held.revision.0).max().unwrap_or(0);
        let lists = [
            (setting::SEEN_ROSTER, roster, self.revision()?.0),
            (setting::SEEN_REVOCATIONS, question.revocations_held, self.revocations()?),
            (setting::SEEN_POLICY, question.policy_held, self.policy_number()?),
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
        ];
        let mut lost = Vec::new();
        for (name, seen, own) in lists {
            let seen = setting::read_number(&self.db, seen)?.unwrap_or(0);
            if seen > i64::try_from(own).unwrap_or(i64::MAX) {
                lost.push(name);
            }
        }
        Ok(lost)
    }

    /// Returns the stations whose folder works in more than one copy.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn copied_stations(&self) -> Result<Vec<StationId>, LedgerError> {
        let mut select = self.db.prepare_cached("SELECT station FROM copied ORDER BY station")?;
        let rows = select.query_map([], |row| row.get(0).map(StationId))?;
        Ok(rows.collect::<Result<_, _>>()?)
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
        let stations = self.stations()?;
        let profile = stations.iter().find(|other| other.id == station);
        let (Some(served), Some(own)) = (self.served()?, profile) else {
            return Ok(None);
        };
        let profile = own.profile.clone();
        let members = stations.iter().filter_map(member).collect();
        let Served { convention, root } = served;
        Ok(Some(Policy { number, convention, root, members, profile }))
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

type RawStation = (StationId, Option<[u8; 32]>, Vec<u8>);

fn raw(row: &Row<'_>) -> Result<RawStation, rusqlite::Error> {
    Ok((StationId(row.get(0)?), row.get(1)?, row.get(2)?))
}

fn decoded((id, public, profile): RawStation) -> Result<Station, LedgerError> {
    let profile = minicbor::decode(&profile)
        .map_err(|error| LedgerError::Damaged(format!("profile: {error}")))?;
    Ok(Station { id, public, profile })
}

fn member(station: &Station) -> Option<Member> {
    let public = station.public?;
    let Profile { name, site, .. } = station.profile.clone();
    Some(Member { id: station.id, name, public, site })
}

fn count_up(db: &Connection) -> Result<(), LedgerError> {
    let number = setting::read_number(db, setting::POLICY_NUMBER)?.unwrap_or(0);
    let next = setting::after(db, u64::try_from(number).unwrap_or(0), setting::SEEN_POLICY)?;
    setting::write_number(db, setting::POLICY_NUMBER, i64::try_from(next).unwrap_or(i64::MAX))
}
