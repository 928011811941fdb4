//! Sorting facts that came: what to keep, and what to leave with its sender.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use minicbor::bytes::ByteVec;

use super::{Head, Vector};
use crate::fact::{Fact, FactError, NO_PREVIOUS, Sealed};
use crate::id::{FactId, LogId, Seq, StationId};

/// Facts that came, sorted into what to keep and what to leave with the sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// New, authentic and without a gap: to be stored in this order.
    pub fresh: Vec<(Sealed, Fact)>,
    /// What stays with the sender, and why.
    pub left: Vec<Left>,
}

/// Why a fact was not taken. It stays with its sender; nothing is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Not a fact, or not signed by its station.
    NotAuthentic(FactError),
    /// The station is not a member.
    Stranger(FactId),
    /// A fact before it is missing, or it does not follow from the one before.
    Gap(FactId),
    /// Another fact stands at this place: two stations write one log.
    Fork(FactId),
}

/// Sorts the facts of a message against what is held.
///
/// `key_of` finds the public key of a member station. Facts that are held already are passed over.
pub fn sift(
    facts: &[ByteVec],
    held: &Vector,
    key_of: impl Fn(StationId) -> Option<VerifyingKey>,
) -> Sifted {
    let mut heads = held.0.clone();
    let mut sifted = Sifted::default();
    for bytes in facts {
        let sealed = Sealed::from_bytes(bytes.to_vec());
        match check(&sealed, &heads, &key_of) {
            Ok(Some(fact)) => {
                heads.insert(fact.log, Head { seq: fact.seq, hash: sealed.hash() });
                sifted.fresh.push((sealed, fact));
            }
            Ok(None) => {}
            Err(left) => sifted.left.push(left),
        }
    }
    sifted
}

/// Returns the fact if it is the next of its log, and nothing if it is held already.
fn check(
    sealed: &Sealed,
    heads: &BTreeMap<LogId, Head>,
    key_of: &impl Fn(StationId) -> Option<VerifyingKey>,
) -> Result<Option<Fact>, Left> {
    let fact = sealed.read().map_err(Left::NotAuthentic)?;
    let head = head_of(heads, fact.log);
    if is_held(sealed, &fact, head)? {
        return Ok(None);
    }
    let key = key_of(fact.log.station()).ok_or(Left::Stranger(fact.id()))?;
    sealed.prove(&fact, &key).map_err(Left::NotAuthentic)?;
    follows(&fact, head)?;
    Ok(Some(fact))
}

fn head_of(heads: &BTreeMap<LogId, Head>, log: LogId) -> Head {
    heads.get(&log).copied().unwrap_or(Head { seq: Seq(0), hash: NO_PREVIOUS })
}

fn is_held(sealed: &Sealed, fact: &Fact, head: Head) -> Result<bool, Left> {
    match fact.seq == head.seq && sealed.hash() != head.hash {
        true => Err(Left::Fork(fact.id())),
        false => Ok(fact.seq <= head.seq),
    }
}

fn follows(fact: &Fact, head: Head) -> Result<(), Left> {
    match fact.seq == head.seq.next() && fact.prev == head.hash {
        true => Ok(()),
        false => Err(Left::Gap(fact.id())),
    }
}

impl Sifted {
    /// Sorts facts that were proved already against what is held by now.
    ///
    /// Proving takes long and needs no ledger; meanwhile somebody else may have brought some.
    pub fn against(self, held: &Vector) -> Sifted {
        let mut heads = held.0.clone();
        let mut sifted = Sifted { fresh: Vec::new(), left: self.left };
        for (sealed, fact) in self.fresh {
            let head = head_of(&heads, fact.log);
            match is_held(&sealed, &fact, head) {
                Ok(true) => {}
                Ok(false) => match follows(&fact, head) {
                    Ok(()) => {
                        heads.insert(fact.log, Head { seq: fact.seq, hash: sealed.hash() });
                        sifted.fresh.push((sealed, fact));
                    }
                    Err(left) => sifted.left.push(left),
                },
                Err(left) => sifted.left.push(left),
            }
        }
        sifted
    }
}
