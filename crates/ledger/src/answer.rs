//! Answering a question, whoever carried it: the server does, and so may any station.
//!
//! A carrier hands over sealed bytes and takes sealed bytes back ([`Ledger::answer`]). One that has
//! other threads takes the steps one by one, because proving signatures needs no ledger.

use std::cell::RefCell;
use std::collections::BTreeMap;

use admission::exchange::{
    self, Envelope, ExchangeError, Held, HeldScope, Left, Message, Nonce, ScopeChange, Sifted,
    Vector, seal, sift,
};
use admission::id::{ConventionId, StationId};
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;

use crate::blanks::{Issuer, SUPPLY};
use crate::error::LedgerError;
use crate::facts;
use crate::open::Ledger;

/// Who answers, and when.
pub struct Answering<'a> {
    /// Its station id.
    pub id: StationId,
    /// Its key.
    pub key: &'a SigningKey,
    /// The convention.
    pub convention: ConventionId,
    /// Its clock.
    pub now: Millis,
    /// What it may tell.
    pub duty: Duty<'a>,
}

/// What an answer may tell.
#[derive(Clone, Copy)]
pub enum Duty<'a> {
    /// A station: facts, and nothing else.
    Peer,
    /// The server: all that it decides too. The function finds what signs blanks.
    Server(&'a dyn Fn(&Ledger) -> Option<Issuer>),
}

/// Why a question gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Not a message of the exchange.
    #[error("this is not a message of the exchange")]
    Malformed,
    /// Not from a member, or not meant for whoever answers.
    #[error("this station is not a member of the convention")]
    Stranger,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<ExchangeError> for AnswerError {
    fn from(error: ExchangeError) -> AnswerError {
        match error {
            ExchangeError::Malformed => AnswerError::Malformed,
            ExchangeError::NotAuthentic(_) | ExchangeError::NotForUs => AnswerError::Stranger,
        }
    }
}

/// Tells whether a question brings something to store.
pub fn brings(question: &Message) -> bool {
    !question.facts.is_empty() || !question.attachments.is_empty()
}

/// Proves the facts of a question; each station's key is unpacked once.
pub fn prove_facts(
    question: &Message,
    publics: &BTreeMap<StationId, [u8; 32]>,
    held: &Vector,
) -> Sifted {
    let unpacked = RefCell::new(BTreeMap::new());
    let unpack = |id: &StationId| VerifyingKey::from_bytes(publics.get(id)?).ok();
    sift(&question.facts, held, |id| *unpacked.borrow_mut().entry(id).or_insert_with_key(unpack))
}

impl Ledger {
    /// Answers a sealed question: stores what it brings, and says what is held here.
    ///
    /// # Errors
    /// [`AnswerError`]; then nothing of it is stored.
    pub fn answer(
        &mut self,
        question: &[u8],
        who: &Answering<'_>,
        nonce: Nonce,
    ) -> Result<Vec<u8>, AnswerError> {
        let question = self.opened(&Envelope::read(question)?, who)?;
        if brings(&question) {
            let sifted = prove_facts(&question, &self.member_keys(who.duty)?, &self.vector()?);
            self.keep_brought(&question, sifted, who)?;
        }
        let message = self.reply(&question, who, nonce)?;
        Ok(seal(&message, who.convention, who.key))
    }

    /// Proves that a member sent the message, and that it is meant for whoever answers.
    ///
    /// # Errors
    /// [`AnswerError`] if it is not, or the members cannot be read.
    pub fn opened(&self, envelope: &Envelope, who: &Answering<'_>) -> Result<Message, AnswerError> {
        let sender = envelope.claimed_sender();
        let public = match who.duty {
            Duty::Server(_) => self.station(sender)?.and_then(|station| station.public),
            Duty::Peer => self.member_keys(who.duty)?.get(&sender).copied(),
        };
        let key = VerifyingKey::from_bytes(&public.ok_or(AnswerError::Stranger)?)
            .map_err(|_| AnswerError::Stranger)?;
        let message = envelope.open(who.convention, &key)?;
        match message.to == who.id {
            true => Ok(message),
            false => Err(AnswerError::Stranger),
        }
    }

    /// Returns the public keys of the members: as the server enrolled them, or as its policy says.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn member_keys(
        &self,
        duty: Duty<'_>,
    ) -> Result<BTreeMap<StationId, [u8; 32]>, LedgerError> {
        match duty {
            Duty::Server(_) => self.publics(),
            Duty::Peer => {
                let members = self.policy()?.map(|policy| policy.members).unwrap_or_default();
                Ok(members.into_iter().map(|member| (member.id, member.public)).collect())
            }
        }
    }

    /// Stores what a question brought and [`prove_facts`] proved; returns what stays with its
    /// sender, and why.
    ///
    /// # Errors
    /// [`LedgerError`]; then no fact of it is stored.
    pub fn keep_brought(
        &mut self,
        question: &Message,
        sifted: Sifted,
        who: &Answering<'_>,
    ) -> Result<Vec<Left>, LedgerError> {
        let sifted = sifted.against(&self.vector()?);
        let tx = self.write()?;
        facts::keep(&tx, &sifted)?;
        if let Duty::Peer = who.duty {
            // The server records nothing of its own that would have to come after these.
            facts::meet(&tx, &sifted, who.now)?;
        }
        tx.commit()?;
        if let Duty::Server(_) = who.duty {
            self.take_attachments(&question.attachments)?;
            self.note_copies(question, &sifted)?;
        }
        Ok(sifted.left)
    }

    /// Says what is held here, and brings what the asker lacks.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn reply(
        &mut self,
        question: &Message,
        who: &Answering<'_>,
        nonce: Nonce,
    ) -> Result<Message, LedgerError> {
        let vector = self.vector()?;
        let facts = self.facts_of(&vector.lacking(&question.vector))?;
        let held = Held { vector, facts, ..Held::default() };
        let mut message = exchange::answer(question, held, nonce, who.now);
        message.notice = question.to_update();
        if let Duty::Server(issuer) = who.duty
            && question.is_of_this_version()
        {
            self.decree(question, &mut message, who, issuer)?;
        }
        Ok(message)
    }

    /// Adds what only the server tells.
    fn decree(
        &mut self,
        question: &Message,
        message: &mut Message,
        who: &Answering<'_>,
        issuer: &dyn Fn(&Ledger) -> Option<Issuer>,
    ) -> Result<(), LedgerError> {
        self.note_copies(question, &Sifted::default())?;
        self.note_held(question)?;
        message.wanted =
            self.wanted()?.into_iter().map(|hash| ByteVec::from(hash.to_vec())).collect();
        message.policy = self.policy_for(question.from, question.policy_held)?;
        message.keys = self.keys_after(question.keys_held)?.map(ByteVec::from);
        message.revocations =
            self.revocations_after(question.revocations_held, who.convention, who.key)?;
        if let Some(held) = question.blanks_held
            && held.left < SUPPLY
            && let Some(issuer) = issuer(self)
        {
            message.blanks = self.supply(question.from, held, &issuer, random_serial)?;
        }
        message.roster = self.roster_news(question, who.key)?;
        Ok(())
    }

    /// A station gets its own site's part of the roster and no other.
    fn roster_news(
        &self,
        question: &Message,
        server: &SigningKey,
    ) -> Result<Vec<ScopeChange>, LedgerError> {
        let Some(station) = self.station(question.from)? else {
            return Ok(Vec::new());
        };
        let own = |held: &&HeldScope| held.scope == station.profile.site;
        let Some(held) = question.scopes.iter().find(own) else {
            return Ok(Vec::new());
        };
        // What a station holds of a later roster it keeps: this server was restored.
        if self.revision()? <= held.revision {
            return Ok(Vec::new());
        }
        let Some(served) = self.served()? else {
            return Ok(Vec::new());
        };
        let change = self.change_since(&served.convention, held)?;
        Ok(change
            .into_iter()
            .map(|(state, rows)| ScopeChange { signature: state.sign(server), state, rows })
            .collect())
    }
}

/// Without randomness there are no new blanks this time.
fn random_serial() -> Option<[u8; 16]> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).ok().map(|()| serial)
}
