//! Facts: what happened at a station, never changed.
//!
//! A sealed fact is the CBOR payload followed by the 64 bytes of an Ed25519 signature (RFC 8032)
//! over `yingbin-fact-v1` and the payload. Its hash is SHA-256 over both, and the next fact of the
//! log carries it, so a log cannot be thinned out or reordered.
//! `// Frozen:` the payload's layout is version 1 for good; `golden_bytes_of_fact_v1` guards it.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};

use crate::id::{AttendeeId, FactHash, FactId, LogId, Seq, Slug};
use crate::time::{Hybrid, Millis};

mod body;

pub use body::{Admission, Body, MOST_LISTED, MOVED, Slot, TripState, Visit, What};

const DOMAIN: &[u8] = b"yingbin-fact-v1";
const SIGNATURE: usize = 64;
/// Longest sealed fact that is accepted, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// The `prev` of the first fact of a log: 32 zero bytes.
pub const NO_PREVIOUS: FactHash = FactHash([0; 32]);

/// How sure a station was of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Compared with the server lately.
    Synced,
    /// Compared, but long ago.
    Drifted,
    /// Never compared.
    Unknown,
}

impl Confidence {
    fn number(self) -> u8 {
        match self {
            Confidence::Synced => 0,
            Confidence::Drifted => 1,
            Confidence::Unknown => 2,
        }
    }

    fn from_number(number: u8) -> Option<Confidence> {
        match number {
            0 => Some(Confidence::Synced),
            1 => Some(Confidence::Drifted),
            2 => Some(Confidence::Unknown),
            _ => None,
        }
    }
}

/// When something happened, as far as the station could tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The station's hybrid clock.
    pub hybrid: Hybrid,
    /// The station's clock as it stood.
    pub wall: Millis,
    /// Server clock minus station clock, in milliseconds, when last measured.
    pub offset_ms: Option<i64>,
    /// How long before `wall` the offset was measured, in milliseconds.
    pub offset_age_ms: Option<u64>,
    /// How sure the station was.
    pub confidence: Confidence,
}

/// One fact, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The log it belongs to.
    pub log: LogId,
    /// Its place there, from 1 without gaps.
    pub seq: Seq,
    /// Hash of the fact before it; [`NO_PREVIOUS`] for the first.
    pub prev: FactHash,
    /// When.
    pub moment: Moment,
    /// Number of its kind; see [`Body`].
    pub kind: u16,
    /// Version of the kind's body.
    pub kind_version: u8,
    /// Whether a station that does not know the kind must send the subject to the staff.
    pub must_understand: bool,
    /// The site.
    pub site: Slug,
    /// Whom it is about.
    pub subject: Option<AttendeeId>,
    /// The body's CBOR map, kept byte for byte by those who do not know the kind.
    pub body: Vec<u8>,
    /// Salted SHA-256 of an attachment that travels beside the fact.
    pub attachment: Option<[u8; 32]>,
}

impl Fact {
    /// Returns where the fact stands.
    pub fn id(&self) -> FactId {
        FactId { log: self.log, seq: self.seq }
    }
}

/// A fact and its signature, as the exact bytes that are stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    bytes: Vec<u8>,
}

/// Bytes that are not a fact that we keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// Not fact version 1, to the letter.
    #[error("not a fact of version 1")]
    Malformed,
    /// The log's station did not sign it.
    #[error("fact {0} is not signed by its station")]
    NotAuthentic(FactId),
}

impl Sealed {
    /// Takes bytes as they came; nothing is proved until [`Sealed::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Sealed {
        Sealed { bytes }
    }

    /// Returns the exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the exact bytes away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns SHA-256 over payload and signature.
    pub fn hash(&self) -> FactHash {
        FactHash(Sha256::digest(&self.bytes).into())
    }

    /// Reads the fact without proving who signed it: for bytes out of one's own ledger.
    ///
    /// # Errors
    /// [`FactError::Malformed`] unless the bytes are fact version 1 and its only encoding.
    pub fn read(&self) -> Result<Fact, FactError> {
        let (payload, _) = self.split().ok_or(FactError::Malformed)?;
        read(payload).filter(|fact| encode(fact) == payload).ok_or(FactError::Malformed)
    }

    /// Reads the fact and proves that `station` signed it.
    ///
    /// # Errors
    /// [`FactError`] if the bytes are malformed or the signature is not the station's.
    pub fn open(&self, station: &VerifyingKey) -> Result<Fact, FactError> {
        let fact = self.read()?;
        self.prove(&fact, station)?;
        Ok(fact)
    }

    /// Proves that `station` signed these bytes, which [`Sealed::read`] read as `fact`.
    ///
    /// # Errors
    /// [`FactError`] if the signature is not the station's.
    pub fn prove(&self, fact: &Fact, station: &VerifyingKey) -> Result<(), FactError> {
        let not_authentic = FactError::NotAuthentic(fact.id());
        let (payload, signature) = self.split().ok_or(FactError::Malformed)?;
        let signature = Signature::from_slice(signature).map_err(|_| not_authentic.clone())?;
        station.verify_strict(&signed(payload), &signature).map_err(|_| not_authentic)
    }

    fn split(&self) -> Option<(&[u8], &[u8])> {
        if self.bytes.len() > LONGEST {
            return None;
        }
        self.bytes.split_at_checked(self.bytes.len().checked_sub(SIGNATURE)?)
    }
}

/// Signs a fact with its station's key.
pub fn seal(fact: &Fact, station: &SigningKey) -> Sealed {
    let mut bytes = encode(fact);
    let signature = station.sign(&signed(&bytes));
    bytes.extend_from_slice(&signature.to_bytes());
    Sealed { bytes }
}

fn signed(payload: &[u8]) -> Vec<u8> {
    [DOMAIN, payload].concat()
}

fn encode(fact: &Fact) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    // Writing to a vector cannot fail.
    let _ = write(fact, &mut Encoder::new(&mut bytes));
    bytes
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn write(fact: &Fact, to: &mut Encoder<&mut Vec<u8>>) -> Written {
    to.array(16)?.u8(1)?.bytes(&fact.log.0)?.u64(fact.seq.0)?.bytes(&fact.prev.0)?;
    to.u64(fact.moment.hybrid.0)?.i64(fact.moment.wall.0)?;
    to.encode(fact.moment.offset_ms)?.encode(fact.moment.offset_age_ms)?;
    to.u8(fact.moment.confidence.number())?;
    to.u16(fact.kind)?.u8(fact.kind_version)?.bool(fact.must_understand)?;
    to.str(fact.site.as_str())?;
    match &fact.subject {
        Some(subject) => to.bytes(&subject.0)?,
        None => to.null()?,
    };
    to.bytes(&fact.body)?;
    match &fact.attachment {
        Some(hash) => to.bytes(hash)?,
        None => to.null()?,
    };
    Ok(())
}

fn read(payload: &[u8]) -> Option<Fact> {
    let mut from = Decoder::new(payload);
    if from.array().ok()?? != 16 || from.u8().ok()? != 1 {
        return None;
    }
    let fact = Fact {
        log: LogId::try_from(from.bytes().ok()?).ok()?,
        seq: Seq(from.u64().ok()?),
        prev: FactHash::try_from(from.bytes().ok()?).ok()?,
        moment: Moment {
            hybrid: Hybrid(from.u64().ok()?),
            wall: Millis(from.i64().ok()?),
            offset_ms: from.decode().ok()?,
            offset_age_ms: from.decode().ok()?,
            confidence: Confidence::from_number(from.u8().ok()?)?,
        },
        kind: from.u16().ok()?,
        kind_version: from.u8().ok()?,
        must_understand: from.bool().ok()?,
        site: from.str().ok()?.parse().ok()?,
        subject: optional_bytes(&mut from)?.map(AttendeeId::try_from).transpose().ok()?,
        body: from.bytes().ok()?.to_vec(),
        attachment: optional_bytes(&mut from)?.map(<[u8; 32]>::try_from).transpose().ok()?,
    };
    (fact.seq.0 > 0).then_some(fact)
}

fn optional_bytes<'b>(from: &mut Decoder<'b>) -> Option<Option<&'b [u8]>> {
    match from.datatype().ok()? {
        minicbor::data::Type::Null => from.null().ok().map(|()| None),
        _ => from.bytes().ok().map(Some),
    }
}

#[cfg(test)]
mod tests;
