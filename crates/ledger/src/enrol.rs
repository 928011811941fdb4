//! Enrolment: how a fresh station becomes a member.
//!
//! The code is ten base32 letters and, after a hyphen, the first 10 bytes of SHA-256 of the
//! server's public key in base32: the station knows whom it may believe before it says anything.

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use admission::exchange::Nonce;
use admission::id::{ConventionId, StationId};
use admission::time::Millis;

use crate::db::{Db, places};
use crate::error::LedgerError;

const DOMAIN: &[u8] = b"yingbin-enrol-v1";

/// A one-time code: the secret half and the fingerprint of the server's key.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    secret: String,
    fingerprint: String,
}

/// A text that is no enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an enrolment code looks like ABCDE23456-ABCDEFGH23456723, as `station add` printed it")]
pub struct BadCode;

impl Code {
    /// Makes a code out of random bytes for a server's key.
    pub fn new(random: [u8; 7], server: &VerifyingKey) -> Code {
        let mut secret = BASE32_NOPAD.encode(&random);
        secret.truncate(10);
        Code { secret, fingerprint: fingerprint(server) }
    }

    /// Reads a code as people type it: any case, blanks ignored.
    ///
    /// # Errors
    /// [`BadCode`] if it does not have the form.
    pub fn read(text: &str) -> Result<Code, BadCode> {
        let text: String =
            text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
        let (secret, fingerprint) = text.split_once('-').ok_or(BadCode)?;
        let base32 = |part: &str| part.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'7'));
        match secret.len() == 10 && fingerprint.len() == 16 && base32(secret) && base32(fingerprint)
        {
            true => Ok(Code { secret: secret.to_owned(), fingerprint: fingerprint.to_owned() }),
            false => Err(BadCode),
        }
    }

    /// Returns the text that is printed once.
    pub fn text(&self) -> String {
        format!("{}-{}", self.secret, self.fingerprint)
    }

    /// Returns the secret half, which the server is shown.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Tells whether `server` is the key that the code names.
    pub fn names(&self, server: &VerifyingKey) -> bool {
        fingerprint(server) == self.fingerprint
    }
}

/// Divides `URL#CODE`, as the QR code of `station add` holds it, into address and code.
pub fn divide(text: &str) -> Option<(&str, &str)> {
    text.trim().split_once('#').filter(|(url, code)| !url.is_empty() && !code.is_empty())
}

/// Wrong tries after which a code is worth nothing any more.
const MOST_TRIES: u32 = 5;

/// The secret half as it is stored, so that whoever reads the database cannot enrol.
///
/// A wrong code is not any code's, so it is counted by its first two letters: against every code that
/// is open and begins with them. A typing error costs other stations nothing but once in a thousand
/// times, whoever wants to guess one code has five tries at its other eight letters, and the count
/// lies in the database: a restart of the server gives no tries back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// SHA-256 of the secret half.
    pub hash: [u8; 32],
    /// Its first two letters.
    pub selector: String,
}

/// Hashes the secret half for storage.
pub fn hash(secret: &str) -> Hashed {
    let selector = secret.chars().take(2).collect();
    Hashed { hash: Sha256::digest(secret.as_bytes()).into(), selector }
}

/// Finds the station of a code that is still good, and whose work that station takes over.
pub(crate) fn open_code(
    db: &Db,
    code: &Hashed,
    now: Millis,
) -> Result<Option<(StationId, Option<StationId>)>, LedgerError> {
    let sql = "SELECT station, replaces FROM enrolment
               WHERE /*its*/ code_hash = ?1 AND expires_at > ?2 AND wrong < ?3";
    db.first(sql, &places![code.hash, now.0, MOST_TRIES], |row| {
        let replaces: Option<[u8; 16]> = row.get(1)?;
        Ok((StationId(row.get(0)?), replaces.map(StationId)))
    })
}

/// Counts a wrong try against the codes that it may have been meant for.
pub(crate) fn count_wrong(db: &Db, code: &Hashed, now: Millis) -> Result<(), LedgerError> {
    let sql = "UPDATE enrolment SET wrong = wrong + 1
               WHERE /*its*/ selector = ?1 AND expires_at > ?2";
    db.execute(sql, &places![code.selector, now.0])?;
    Ok(())
}

fn fingerprint(server: &VerifyingKey) -> String {
    let hash = Sha256::digest(server.as_bytes());
    BASE32_NOPAD.encode(hash.first_chunk::<10>().map_or(&[], |head| head.as_slice()))
}

/// What a fresh station says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Application {
    /// The secret half of the code.
    #[n(0)]
    pub secret: String,
    /// The station's new public key.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub public: [u8; 32],
    /// Proof that the station has the other half: a signature over the secret.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub proof: [u8; 64],
    /// Random; the answer names it.
    #[n(3)]
    pub nonce: Nonce,
}

impl Application {
    /// Applies with a code.
    pub fn new(code: &Code, station: &SigningKey, nonce: Nonce) -> Application {
        let proof = station.sign(&signed(code.secret())).to_bytes();
        let public = station.verifying_key().to_bytes();
        Application { secret: code.secret().to_owned(), public, proof, nonce }
    }

    /// Tells whether the applicant has the key that it names.
    pub fn is_proved(&self) -> bool {
        let proof = Signature::from_bytes(&self.proof);
        VerifyingKey::from_bytes(&self.public)
            .is_ok_and(|key| key.verify_strict(&signed(&self.secret), &proof).is_ok())
    }
}

fn signed(secret: &str) -> Vec<u8> {
    [DOMAIN, secret.as_bytes()].concat()
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// The server's key, which the code names.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub server_key: [u8; 32],
    /// The server's id.
    #[n(1)]
    pub server: StationId,
    /// The new member's id.
    #[n(2)]
    pub station: StationId,
    /// The convention.
    #[n(3)]
    pub convention: ConventionId,
    /// A sealed answer of the exchange, with policy and roster.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub message: Vec<u8>,
}
