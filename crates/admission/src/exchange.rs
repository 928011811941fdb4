//! The exchange: two ledgers bring each other up to date.
//!
//! A pure state machine: [`Caller::generate`] makes what a station says, [`Caller::receive`] takes
//! the answer; the other side uses [`sift`] and [`Vector::lacking`] to answer. No IO: a carrier
//! (HTTP, later the LAN and a file) moves the sealed bytes, and time and nonces are arguments.
//! One round trip: I say what I hold, and bring the facts you lack; you answer the same way, with
//! roster and policy. What was lost on the way is simply asked for again: nothing is ever counted as
//! delivered before the other side's vector says so.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::cose::{self, Unverified};
use crate::id::{ConventionId, FactHash, LogId, Seq, Slug, StationId};
use crate::revocation::ListChange;
use crate::roster::{Person, Revision, Row};
use crate::time::Millis;

mod caller;
mod members;
mod policy;
mod sift;
mod versions;
mod wipe;

pub use caller::{Caller, Held, answer};
pub use members::{MOST_MEMBERS, Member, MemberList, MemberState, MembersError};
pub use policy::{Direction, Policy, Profile, Role};
pub use sift::{Left, Sifted, sift};
pub use wipe::WipeOrder;

const AAD: &[u8] = b"yingbin-exchange-v1";
const SCOPE_DOMAIN: &[u8] = b"yingbin-scope-v1";
/// Number of the message layout.
pub const PROTOCOL: u8 = 1;
/// Most facts that one message carries.
pub const MOST_FACTS: usize = 500;

/// 16 random bytes that tie an answer to its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Nonce(#[cbor(with = "minicbor::bytes")] pub [u8; 16]);

/// How far a log is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// Place of the last fact.
    #[n(0)]
    pub seq: Seq,
    /// Its hash.
    #[n(1)]
    pub hash: FactHash,
}

/// What a ledger holds: the head of every log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Vector(pub BTreeMap<LogId, Head>);

/// The facts of one log after a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The log.
    pub log: LogId,
    /// The last place that the other side holds; 0 if none.
    pub after: Seq,
}

impl Vector {
    /// Returns how far `log` is held; place 0 if it is unknown.
    pub fn seq(&self, log: LogId) -> Seq {
        self.0.get(&log).map_or(Seq(0), |head| head.seq)
    }

    /// Returns what `theirs` lacks of what is held here, in order of logs.
    pub fn lacking(&self, theirs: &Vector) -> Vec<Run> {
        let behind = self.0.iter().filter(|(log, head)| theirs.seq(**log) < head.seq);
        behind.map(|(log, _)| Run { log: *log, after: theirs.seq(*log) }).collect()
    }
}

/// What one side says to the other.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Message {
    /// Layout, [`PROTOCOL`].
    #[n(0)]
    pub protocol: u8,
    /// Who speaks.
    #[n(1)]
    pub from: StationId,
    /// To whom.
    #[n(2)]
    pub to: StationId,
    /// Random, new in every message.
    #[n(3)]
    pub nonce: Nonce,
    /// The nonce of the question, in an answer.
    #[n(4)]
    pub answers: Option<Nonce>,
    /// The speaker's clock.
    #[n(5)]
    pub sent_at: Millis,
    /// What the speaker holds.
    #[n(6)]
    pub vector: Vector,
    /// Sealed facts, in order of log and place.
    #[n(7)]
    pub facts: Vec<ByteVec>,
    /// Which states of the roster the asker holds.
    #[n(8)]
    pub scopes: Vec<HeldScope>,
    /// Number of the policy that the asker holds; 0 for none.
    #[n(9)]
    pub policy_held: u64,
    /// How long the answer may wait for news, in milliseconds.
    #[n(10)]
    pub wait_ms: u32,
    /// Changes to the roster, in an answer.
    #[n(11)]
    pub roster: Vec<ScopeChange>,
    /// The policy, in an answer, where the asker's is old.
    #[n(12)]
    pub policy: Option<Policy>,
    /// Number of the key set that the asker holds; 0 for none.
    #[n(13)]
    pub keys_held: u64,
    /// The key set, signed by the root key, in an answer where the asker's is old.
    #[n(14)]
    pub keys: Option<ByteVec>,
    /// Number of the revocation list that the asker holds.
    #[n(15)]
    pub revocations_held: u64,
    /// Changes to the revocation list, in an answer.
    #[n(16)]
    pub revocations: Option<ListChange>,
    /// Which blanks the asker holds; none if it prints no badges.
    #[n(17)]
    pub blanks_held: Option<BlanksHeld>,
    /// Blanks for the asker, in an answer.
    #[n(18)]
    pub blanks: Vec<Blank>,
    /// Attachments of facts, by whoever holds them.
    #[n(19)]
    pub attachments: Vec<Attachment>,
    /// Hashes of attachments that the speaker lacks.
    #[n(20)]
    pub wanted: Vec<ByteVec>,
    /// How many other stations of the asker's activities the answerer has not heard from lately, so
    /// that what they recorded is unknown.
    #[n(21)]
    #[cbor(default)]
    pub unheard: u32,
    /// Number of the membership list that the speaker holds; 0 for none.
    #[n(22)]
    #[cbor(default)]
    pub members_held: u64,
    /// The membership list, signed by the server, where the other's is old; in a question too, if
    /// the server was restored from a backup that knew fewer stations.
    #[n(23)]
    #[cbor(default)]
    pub members: Option<ByteVec>,
    /// The order to shut down, signed by the server, in an answer to a station that no longer
    /// belongs.
    #[n(24)]
    #[cbor(default)]
    pub wipe: Option<ByteVec>,
    /// What to update, for the people at the asker's, in an answer to a question of another version.
    #[n(25)]
    #[cbor(default)]
    pub notice: Option<String>,
    /// How the speaker's printer is; none if it has no printer, or has said so before.
    #[n(26)]
    #[cbor(default)]
    pub printer: Option<PrinterNews>,
}

/// Most words about a printer, and the most bytes of one.
const MOST_TROUBLES: (usize, usize) = (16, 40);

/// How a station's printer is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PrinterNews {
    /// Whether a badge that is ordered now comes out.
    #[n(0)]
    pub works: bool,
    /// What people should look at, as codes such as `paper_low`; in order of the alphabet.
    #[n(1)]
    #[cbor(default)]
    pub troubles: Vec<String>,
}

impl PrinterNews {
    /// Returns what somebody else said, within bounds: codes of lower-case letters and `_`.
    #[must_use]
    pub fn bounded(mut self) -> PrinterNews {
        let is_code = |code: &String| {
            code.len() <= MOST_TROUBLES.1
                && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        self.troubles.retain(is_code);
        self.troubles.truncate(MOST_TROUBLES.0);
        self
    }
}

impl Message {
    /// Makes a message that says nothing but who speaks, and where to.
    fn empty(from: StationId, to: StationId, nonce: Nonce, sent_at: Millis) -> Message {
        Message {
            protocol: PROTOCOL,
            from,
            to,
            nonce,
            answers: None,
            sent_at,
            vector: Vector::default(),
            facts: Vec::new(),
            scopes: Vec::new(),
            policy_held: 0,
            wait_ms: 0,
            roster: Vec::new(),
            policy: None,
            keys_held: 0,
            keys: None,
            revocations_held: 0,
            revocations: None,
            blanks_held: None,
            blanks: Vec::new(),
            attachments: Vec::new(),
            wanted: Vec::new(),
            unheard: 0,
            members_held: 0,
            members: None,
            wipe: None,
            notice: None,
            printer: None,
        }
    }
}

/// How far a station is supplied with blanks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct BlanksHeld {
    /// Highest number that it ever got; 0 for none.
    #[n(0)]
    pub up_to: u64,
    /// How many are not bound to anybody yet.
    #[n(1)]
    pub left: u32,
}

/// A signed badge pass that belongs to nobody yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Blank {
    /// Its number at the station that gets it, from 1.
    #[n(0)]
    pub number: u64,
    /// The pass.
    #[n(1)]
    pub text: String,
}

/// Particulars that travel beside a fact, so that they can be erased without touching the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Attachment {
    /// Random, so that nobody can guess the content from its hash.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// The content: a [`crate::roster::Person`] as its CBOR map.
    #[n(1)]
    pub content: ByteVec,
}

impl Attachment {
    /// Wraps particulars.
    pub fn new(person: &Person, salt: [u8; 16]) -> Attachment {
        Attachment { salt, content: ByteVec::from(minicbor::to_vec(person).unwrap_or_default()) }
    }

    /// Returns what the fact names: SHA-256 over salt and content.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(self.content.as_slice());
        hash.finalize().into()
    }

    /// Reads the particulars; `None` if the content is something else.
    pub fn person(&self) -> Option<Person> {
        minicbor::decode(&self.content).ok()
    }
}

/// A part of the roster that a station holds, and in which state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeldScope {
    /// The scope: a site's id.
    #[n(0)]
    pub scope: Slug,
    /// Its state.
    #[n(1)]
    pub revision: Revision,
}

/// What a whole scope is, as the server signed it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ScopeState {
    /// The scope: a site's id.
    #[n(0)]
    pub scope: Slug,
    /// Number of the state.
    #[n(1)]
    pub revision: Revision,
    /// Number of rows.
    #[n(2)]
    pub rows: u64,
    /// [`crate::roster::digest`] of the rows.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

impl ScopeState {
    fn signed_bytes(&self) -> Vec<u8> {
        [SCOPE_DOMAIN, &minicbor::to_vec(self).unwrap_or_default()].concat()
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

/// The rows that changed in a scope, and what the whole is afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ScopeChange {
    /// The scope after the change.
    #[n(0)]
    pub state: ScopeState,
    /// The server's signature over the state.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// Rows that are new, changed or gone since the state that the asker named.
    #[n(2)]
    pub rows: Vec<Row>,
}

/// Bytes that are not a message for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Not an envelope, or not a message of the exchange.
    #[error("not a message of the exchange")]
    Malformed,
    /// The sender did not sign it.
    #[error("the message is not signed by station {0}")]
    NotAuthentic(StationId),
    /// It is addressed to another station or answers another question.
    #[error("the message answers another question")]
    NotForUs,
}

/// Signs a message for its carrier.
pub fn seal(message: &Message, convention: ConventionId, sender: &SigningKey) -> Vec<u8> {
    let payload = minicbor::to_vec(message).unwrap_or_default();
    cose::sign(&message.from.0, payload, &aad(convention), sender).unwrap_or_default()
}

/// An envelope whose signature nobody has checked yet.
pub struct Envelope {
    unverified: Unverified,
    from: StationId,
}

impl Envelope {
    /// Takes bytes from a carrier.
    ///
    /// # Errors
    /// [`ExchangeError::Malformed`] unless they are a COSE_Sign1 with a station's id as key id.
    pub fn read(bytes: &[u8]) -> Result<Envelope, ExchangeError> {
        let (unverified, from) = Unverified::read::<16>(bytes).ok_or(ExchangeError::Malformed)?;
        Ok(Envelope { unverified, from: StationId(from) })
    }

    /// Returns who claims to have sent it, so that the key can be looked up.
    pub fn claimed_sender(&self) -> StationId {
        self.from
    }

    /// Returns the membership list that the message brings, if `server` signed it: whoever sent it,
    /// the list proves itself. A server that was restored learns so who is asking.
    pub fn introduction(
        &self,
        convention: ConventionId,
        server: &VerifyingKey,
    ) -> Option<MemberList> {
        let message = versions::read(self.unverified.payload())?;
        MemberList::open(&message.members?, convention, server).ok()
    }

    /// Proves the sender and reads the message; of one of another version its vector and its facts.
    ///
    /// # Errors
    /// [`ExchangeError`] if the signature, the layout or the sender inside is not right.
    pub fn open(
        &self,
        convention: ConventionId,
        sender: &VerifyingKey,
    ) -> Result<Message, ExchangeError> {
        if !self.unverified.is_signed_by(sender, &aad(convention)) {
            return Err(ExchangeError::NotAuthentic(self.from));
        }
        let message = versions::read(self.unverified.payload()).ok_or(ExchangeError::Malformed)?;
        match message.from == self.from {
            true => Ok(message),
            false => Err(ExchangeError::Malformed),
        }
    }
}

fn aad(convention: ConventionId) -> Vec<u8> {
    [AAD, &convention.0].concat()
}

#[cfg(test)]
mod tests;
