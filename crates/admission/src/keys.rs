//! The key set: which issuing keys a convention believes.
//!
//! A numbered list, signed by the convention's root key, which lies apart from every server.
//! Stations know the root's public half from their enrolment and never go back to a lower number,
//! so neither a thief of an issuing key nor an old backup can make a key good again.
//! On the wire a set is a COSE_Sign1 (RFC 9052) over a CBOR map, with the root's key id and the
//! external data `yingbin-keys-v1` followed by the convention's id.

use std::collections::BTreeSet;

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::cose::{self, Unverified};
use crate::id::{ConventionId, Kid};
use crate::pass::{self, IssuingKey};
use crate::time::Millis;

const AAD: &[u8] = b"yingbin-keys-v1";
/// Most keys that a set lists.
pub const MOST_KEYS: usize = 64;

/// What a key may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyStatus {
    /// Signs new passes, and its passes are believed.
    #[n(0)]
    Active,
    /// Signs nothing new; its passes are still believed.
    #[n(1)]
    Retired,
    /// Its passes are believed no more.
    #[n(2)]
    Killed,
}

impl KeyStatus {
    /// Returns the name in output.
    pub fn name(self) -> &'static str {
        match self {
            KeyStatus::Active => "active",
            KeyStatus::Retired => "retired",
            KeyStatus::Killed => "killed",
        }
    }
}

/// One issuing key of a set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeyLine {
    /// Ed25519 public key.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub public: [u8; 32],
    /// What it may still do.
    #[n(1)]
    pub status: KeyStatus,
    /// Since when.
    #[n(2)]
    pub since: Millis,
}

impl KeyLine {
    /// Returns the key's id; `None` if the bytes are no key.
    pub fn kid(&self) -> Option<Kid> {
        VerifyingKey::from_bytes(&self.public).ok().map(|public| pass::kid(&public))
    }
}

/// The issuing keys of a convention at one time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeySet {
    /// Whose passes the keys sign.
    #[n(0)]
    pub convention: ConventionId,
    /// Counts up with every set, from 1.
    #[n(1)]
    pub number: u64,
    /// When it was drawn up.
    #[n(2)]
    pub issued: Millis,
    /// The keys; none is ever left out again.
    #[n(3)]
    pub keys: Vec<KeyLine>,
}

/// Bytes that are no key set for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a key set to the letter.
    #[error("this is not a set of keys")]
    Malformed,
    /// The root key did not sign it for this convention.
    #[error("this set of keys is not signed by the convention's root key")]
    NotAuthentic,
}

impl KeySet {
    /// Signs the set with the convention's root key.
    pub fn sign(&self, root: &SigningKey) -> Vec<u8> {
        let kid = pass::kid(&root.verifying_key());
        let payload = minicbor::to_vec(self).unwrap_or_default();
        cose::sign(&kid.0, payload, &aad(self.convention), root).unwrap_or_default()
    }

    /// Reads a signed set and proves that `root` signed it for `convention`.
    ///
    /// # Errors
    /// [`KeySetError`] if the bytes are malformed or the root key did not sign them.
    pub fn open(
        bytes: &[u8],
        convention: ConventionId,
        root: &VerifyingKey,
    ) -> Result<KeySet, KeySetError> {
        let (message, _) = Unverified::read::<4>(bytes).ok_or(KeySetError::Malformed)?;
        if !message.is_signed_by(root, &aad(convention)) {
            return Err(KeySetError::NotAuthentic);
        }
        let set = KeySet::read(message.payload())?;
        match set.convention == convention {
            true => Ok(set),
            false => Err(KeySetError::NotAuthentic),
        }
    }

    /// Reads a set that nobody signed yet: what is handed to the root key's keeper.
    ///
    /// # Errors
    /// [`KeySetError::Malformed`] unless it is a set and its only encoding.
    pub fn read(bytes: &[u8]) -> Result<KeySet, KeySetError> {
        let set: KeySet = minicbor::decode(bytes).map_err(|_| KeySetError::Malformed)?;
        let same = minicbor::to_vec(&set).is_ok_and(|again| again == bytes);
        // A key that stands twice could be active and killed at once.
        let distinct: BTreeSet<_> = set.keys.iter().map(|line| line.public).collect();
        let sound = set.number > 0
            && set.keys.len() <= MOST_KEYS
            && distinct.len() == set.keys.len()
            && set.keys.iter().all(|line| line.kid().is_some());
        if same && sound { Ok(set) } else { Err(KeySetError::Malformed) }
    }

    /// Returns the unsigned bytes, for [`KeySet::read`].
    pub fn bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Returns the keys as readers of passes want them.
    pub fn issuing(&self) -> Vec<IssuingKey> {
        let key = |line: &KeyLine| {
            let public = VerifyingKey::from_bytes(&line.public).ok()?;
            let killed = line.status == KeyStatus::Killed;
            Some(IssuingKey { public, convention: self.convention, killed })
        };
        self.keys.iter().filter_map(key).collect()
    }

    /// Returns the key of this id.
    pub fn line(&self, kid: Kid) -> Option<&KeyLine> {
        self.keys.iter().find(|line| line.kid() == Some(kid))
    }

    /// Tells whether `next` may follow this set: a higher number, no key left out, none good again
    /// that was killed.
    pub fn may_be_followed_by(&self, next: &KeySet) -> bool {
        let kept = |line: &KeyLine| {
            let later = next.keys.iter().find(|other| other.public == line.public);
            later.is_some_and(|later| {
                line.status != KeyStatus::Killed || later.status == KeyStatus::Killed
            })
        };
        next.convention == self.convention
            && next.number > self.number
            && self.keys.iter().all(kept)
    }
}

fn aad(convention: ConventionId) -> Vec<u8> {
    [AAD, &convention.0].concat()
}

#[cfg(test)]
mod tests;
