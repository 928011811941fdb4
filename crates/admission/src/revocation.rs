//! The revocation list: passes that open nothing although they are authentic.
//!
//! A numbered, sorted list of 8-byte entries, each the beginning of SHA-256 of a serial; the chance
//! that a good pass is hit is below one in 10^15 with 10,000 entries.
//! The list only grows. The server signs number, count and digest of the whole; a station that
//! holds an earlier number gets what was added since, and checks that the whole is what was signed.
//! Stations never go back to a lower number.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::id::{ConventionId, Serial};

const DOMAIN: &[u8] = b"yingbin-revocations-v1";
/// Bytes of an entry.
pub const ENTRY: usize = 8;

/// An entry of the list: the first 8 bytes of SHA-256 of a serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry(pub [u8; ENTRY]);

impl Entry {
    /// Returns the entry of a serial.
    pub fn of(serial: Serial) -> Entry {
        let hash = Sha256::digest(serial.0);
        Entry(hash.first_chunk().copied().unwrap_or_default())
    }
}

/// Digests a whole list: SHA-256 over its entries in ascending order.
pub fn digest(ascending: impl Iterator<Item = Entry>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for entry in ascending {
        hash.update(entry.0);
    }
    hash.finalize().into()
}

/// What the whole list is, as the server signed it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListState {
    /// Whose passes.
    #[n(0)]
    pub convention: ConventionId,
    /// Counts up with every change; 0 is the empty list.
    #[n(1)]
    pub number: u64,
    /// Number of entries.
    #[n(2)]
    pub entries: u64,
    /// [`digest`] of the list.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

impl ListState {
    fn signed_bytes(&self) -> Vec<u8> {
        [DOMAIN, &minicbor::to_vec(self).unwrap_or_default()].concat()
    }

    /// Signs the state with the server's key.
    pub fn sign(&self, server: &SigningKey) -> [u8; 64] {
        server.sign(&self.signed_bytes()).to_bytes()
    }

    /// Tells whether the server signed this state.
    pub fn is_signed_by(&self, server: &VerifyingKey, signature: &[u8; 64]) -> bool {
        server.verify_strict(&self.signed_bytes(), &Signature::from_bytes(signature)).is_ok()
    }
}

/// What was added to the list since an earlier number, and what the whole is afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListChange {
    /// The list after the change.
    #[n(0)]
    pub state: ListState,
    /// The server's signature over the state.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// The number to which the change is to be applied; 0 brings the whole list.
    #[n(2)]
    pub after: u64,
    /// The entries that were added, one after the other, ascending.
    #[n(3)]
    pub added: ByteVec,
}

impl ListChange {
    /// Returns the entries that were added; `None` unless they are whole, ascend and stand once.
    pub fn entries(&self) -> Option<Vec<Entry>> {
        let chunks = self.added.chunks_exact(ENTRY);
        if !chunks.remainder().is_empty() {
            return None;
        }
        let entries: Vec<Entry> =
            chunks.filter_map(|chunk| chunk.try_into().ok().map(Entry)).collect();
        entries.is_sorted_by(|one, next| one < next).then_some(entries)
    }

    /// Packs entries, which must ascend.
    pub fn pack(ascending: &[Entry]) -> ByteVec {
        let bytes: Vec<u8> = ascending.iter().flat_map(|entry| entry.0).collect();
        ByteVec::from(bytes)
    }
}

#[cfg(test)]
mod tests;
