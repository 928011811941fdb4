//! The membership list: which stations belong to the convention, and which no longer do.
//!
//! A numbered list, signed by the server's key, which every station pins at its enrolment; so it may
//! come by any carrier (the server, a neighbour, a file), and a station never goes back to a lower
//! number. On the wire it is a COSE_Sign1 (RFC 9052) over a CBOR map, with the server's key id and
//! the external data `yingbin-members-v1` followed by the convention's id.
//! Maps have integer keys, and keys of a later version are passed over: the signed bytes are kept
//! and handed on as they came.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use super::Role;
use super::policy::{Direction, Profile};
use crate::cose::{self, Unverified};
use crate::id::{ConventionId, LogId, Seq, Slug, StationId};
use crate::pass;

const AAD: &[u8] = b"yingbin-members-v1";
/// Most members that a list has.
pub const MOST_MEMBERS: usize = 10_000;

/// Who belongs to the convention at one time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MemberList {
    /// Whose stations these are.
    #[n(0)]
    pub convention: ConventionId,
    /// Counts up with every change, from 1.
    #[n(1)]
    pub number: u64,
    /// Every station that was ever enrolled, in order of id.
    #[n(2)]
    pub members: Vec<Member>,
}

/// A station that was enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Member {
    /// Its id.
    #[n(0)]
    pub id: StationId,
    /// Its name, such as `K2`.
    #[n(1)]
    pub name: String,
    /// Its Ed25519 public key.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub public: [u8; 32],
    /// What it is for: that says what it may write.
    #[n(3)]
    pub role: Role,
    /// Where it stands.
    #[n(4)]
    pub site: Slug,
    /// Whether it still belongs.
    #[n(5)]
    pub state: MemberState,
    /// Of a revoked station, the last place of each of its logs that the server held when it was
    /// revoked; what comes later is not believed. A log that is not here begins later.
    #[n(6)]
    pub closed: BTreeMap<LogId, Seq>,
    /// The last place of each of its logs up to which a person released everything.
    #[n(7)]
    pub released: BTreeMap<LogId, Seq>,
    /// What it checks people in to; nobody else needs it, but a server that was restored does.
    #[n(8)]
    #[cbor(default)]
    pub activities: Vec<Slug>,
    /// Which way people pass it.
    #[n(9)]
    #[cbor(default)]
    pub direction: Direction,
    /// Which bus boards there; empty for any.
    #[n(10)]
    #[cbor(default)]
    pub bus: String,
}

/// Whether a station belongs to the convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum MemberState {
    /// It does.
    #[n(0)]
    Active,
    /// It is not trusted any more: stolen, or taken over.
    #[n(1)]
    Revoked,
    /// Another does its work now; what it recorded is believed.
    #[n(2)]
    Replaced,
}

/// Of the logs that stand in both, the lower place: a log that is in one alone begins later.
fn both(one: &BTreeMap<LogId, Seq>, other: &BTreeMap<LogId, Seq>) -> BTreeMap<LogId, Seq> {
    let lower = |(log, seq): (&LogId, &Seq)| Some((*log, *seq.min(other.get(log)?)));
    one.iter().filter_map(lower).collect()
}

/// Of every log, the higher place.
fn either(one: &BTreeMap<LogId, Seq>, other: &BTreeMap<LogId, Seq>) -> BTreeMap<LogId, Seq> {
    let mut all = one.clone();
    for (log, seq) in other {
        let place = all.entry(*log).or_insert(*seq);
        *place = (*place).max(*seq);
    }
    all
}

impl MemberState {
    /// Of two states of one station the more severe holds: nobody comes back from it.
    fn severity(self) -> u8 {
        match self {
            MemberState::Active => 0,
            MemberState::Replaced => 1,
            MemberState::Revoked => 2,
        }
    }

    /// Returns the name in output.
    pub fn name(self) -> &'static str {
        match self {
            MemberState::Active => "active",
            MemberState::Revoked => "revoked",
            MemberState::Replaced => "replaced",
        }
    }
}

impl Member {
    /// Makes the line of a station that belongs from now on.
    pub fn new(id: StationId, public: [u8; 32], profile: Profile) -> Member {
        let Profile { name, role, site, activities, direction, bus } = profile;
        let (state, closed, released) = (MemberState::Active, BTreeMap::new(), BTreeMap::new());
        Member { id, name, public, role, site, state, closed, released, activities, direction, bus }
    }

    /// Returns what the station is for.
    pub fn profile(&self) -> Profile {
        Profile {
            name: self.name.clone(),
            role: self.role,
            site: self.site.clone(),
            activities: self.activities.clone(),
            direction: self.direction,
            bus: self.bus.clone(),
        }
    }

    /// Returns what follows from two lines of one station that the server signed at different
    /// times, whichever came first: who was shut down stays so, of a revoked station nothing is
    /// believed that one of them did not believe, and what a person released stays released. What
    /// else they say is this line's.
    #[must_use]
    pub fn joined(&self, other: &Member) -> Member {
        let closed = match (self.state, other.state) {
            (MemberState::Revoked, MemberState::Revoked) => both(&self.closed, &other.closed),
            (MemberState::Revoked, _) => self.closed.clone(),
            (_, MemberState::Revoked) => other.closed.clone(),
            _ => BTreeMap::new(),
        };
        let state = match self.state.severity() < other.state.severity() {
            true => other.state,
            false => self.state,
        };
        let released = either(&self.released, &other.released);
        Member { state, closed, released, ..self.clone() }
    }

    /// Returns the key, if the bytes are one.
    pub fn key(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(&self.public).ok()
    }
}

/// Bytes that are no membership list for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MembersError {
    /// Not a list.
    #[error("this is not a list of stations")]
    Malformed,
    /// The server did not sign it for this convention.
    #[error("this list of stations is not signed by the convention's server")]
    NotAuthentic,
}

impl MemberList {
    /// Signs the list with the server's key.
    pub fn sign(&self, server: &SigningKey) -> Vec<u8> {
        let kid = pass::kid(&server.verifying_key());
        let payload = minicbor::to_vec(self).unwrap_or_default();
        cose::sign(&kid.0, payload, &aad(self.convention), server).unwrap_or_default()
    }

    /// Reads a signed list and proves that `server` signed it for `convention`.
    ///
    /// # Errors
    /// [`MembersError`] if the bytes are malformed or the server did not sign them.
    pub fn open(
        bytes: &[u8],
        convention: ConventionId,
        server: &VerifyingKey,
    ) -> Result<MemberList, MembersError> {
        let (message, _) = Unverified::read::<4>(bytes).ok_or(MembersError::Malformed)?;
        if !message.is_signed_by(server, &aad(convention)) {
            return Err(MembersError::NotAuthentic);
        }
        let list: MemberList =
            minicbor::decode(message.payload()).map_err(|_| MembersError::Malformed)?;
        // A station that stands twice could be active and revoked at once.
        let distinct: BTreeSet<_> = list.members.iter().map(|member| member.id).collect();
        let sound = list.number > 0
            && list.members.len() <= MOST_MEMBERS
            && distinct.len() == list.members.len();
        match list.convention == convention {
            true if sound => Ok(list),
            true => Err(MembersError::Malformed),
            false => Err(MembersError::NotAuthentic),
        }
    }

    /// Finds a station.
    pub fn member(&self, id: StationId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// Returns the key of a station, whether or not it still belongs: what it signed stays signed.
    pub fn key_of(&self, id: StationId) -> Option<VerifyingKey> {
        self.member(id)?.key()
    }
}

fn aad(convention: ConventionId) -> Vec<u8> {
    [AAD, &convention.0].concat()
}

#[cfg(test)]
mod tests;
