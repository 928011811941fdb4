//! Answering a question, whoever carried it: what the server does. Stations answer their neighbours
//! by [`crate::lan`].
//!
//! A carrier hands over sealed bytes and takes sealed bytes back ([`Ledger::answer`]). One that has
//! other threads takes the steps one by one, because proving signatures needs no ledger.

use std::collections::BTreeMap;

use admission::exchange::{
    self, Envelope, ExchangeError, Head, Held, HeldScope, MemberList, Message, Nonce, ScopeChange,
    Sifted, Vector, seal,
};
use admission::id::{ConventionId, LogId, StationId};
use admission::time::Millis;
use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteVec;

use crate::blanks::{Issuer, SUPPLY};
use crate::error::LedgerError;
use crate::membership;
use crate::open::Ledger;

/// The server that answers, and when.
pub struct Answering<'a> {
    /// Its station id.
    pub id: StationId,
    /// Its key.
    pub key: &'a SigningKey,
    /// The convention.
    pub convention: ConventionId,
    /// Its clock.
    pub now: Millis,
    /// Finds what signs blanks.
    pub issuer: &'a dyn Fn(&Ledger) -> Option<Issuer>,
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
    membership::prove(&question.facts, publics, held)
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
            let sifted = prove_facts(&question, &self.publics()?, &self.vector()?);
            self.keep_brought(&question, sifted)?;
        }
        let message = self.reply(&question, who, nonce)?;
        Ok(seal(&message, who.convention, who.key))
    }

    /// Proves that a member sent the message, and that it is meant for whoever answers.
    ///
    /// # Errors
    /// [`AnswerError`] if it is not, or the members cannot be read or written.
    pub fn opened(
        &mut self,
        envelope: &Envelope,
        who: &Answering<'_>,
    ) -> Result<Message, AnswerError> {
        let message = self.proved(envelope, who)?;
        match message.to == who.id {
            true => Ok(message),
            false => Err(AnswerError::Stranger),
        }
    }

    /// Proves that a member sent the message, to whomever.
    ///
    /// A list of stations that comes along and carries the server's signature is taken by the server:
    /// it may have been restored from a backup that does not know the sender.
    ///
    /// # Errors
    /// [`AnswerError`] if nobody we know did, or the members cannot be read or written.
    pub(crate) fn proved(
        &mut self,
        envelope: &Envelope,
        who: &Answering<'_>,
    ) -> Result<Message, AnswerError> {
        let (sender, server) = (envelope.claimed_sender(), who.key.verifying_key());
        let mut key = self.key_of(sender)?;
        if key.is_none()
            && let Some(list) = envelope.introduction(who.convention, &server)
        {
            self.recall_members(&list)?;
            key = self.key_of(sender)?;
        }
        let message = envelope.open(who.convention, &key.ok_or(AnswerError::Stranger)?)?;
        if let Some(signed) = &message.members
            && let Ok(list) = MemberList::open(signed, who.convention, &server)
        {
            self.recall_members(&list)?;
        }
        if let Some(list) = &message.revocations {
            self.recall_revocations(list, (who.convention, &server))?;
        }
        Ok(message)
    }

    /// Stores what a question brought and [`prove_facts`] proved; returns what of it is new and what
    /// stays with its sender.
    ///
    /// # Errors
    /// [`LedgerError`]; then no fact of it is stored.
    pub fn keep_brought(
        &mut self,
        question: &Message,
        sifted: Sifted,
    ) -> Result<Sifted, LedgerError> {
        let sifted = self.keep(sifted)?;
        self.take_attachments(&question.attachments)?;
        self.note_copies(question, &sifted)?;
        Ok(sifted)
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
        self.sign_members(who.convention, who.key)?;
        if let Some(order) = self.wipe_order(question.from, who.convention, who.key)? {
            return self.last_reply(question, who, nonce, order);
        }
        let (vector, members) = (self.vector()?, self.members_number()?);
        let facts = self.facts_of(&vector.lacking(&question.vector))?;
        let revocations = self.revocations()?;
        let held = Held { vector, members, facts, revocations, ..Held::default() };
        let mut message = exchange::answer(question, held, nonce, who.now);
        message.notice = question.to_update();
        if question.is_of_this_version() {
            self.decree(question, &mut message, who)?;
        }
        Ok(message)
    }

    /// Says to a station that no longer belongs what has arrived, and nothing of others.
    fn last_reply(
        &mut self,
        question: &Message,
        who: &Answering<'_>,
        nonce: Nonce,
        order: Vec<u8>,
    ) -> Result<Message, LedgerError> {
        self.note_copies(question, &Sifted::default())?;
        let vector = confirmed(&self.vector()?, question);
        // Of its own logs alone: without them a copy of its folder could not hand in what it has.
        let facts = self.facts_of(&vector.lacking(&question.vector))?;
        let (members, wanted) = (self.members_number()?, self.wanted_last(question)?);
        let held = Held { vector, members, facts, wanted, ..Held::default() };
        let mut message = exchange::answer(question, held, nonce, who.now);
        message.wipe = Some(ByteVec::from(order));
        Ok(message)
    }

    /// Adds what the server decides.
    fn decree(
        &mut self,
        question: &Message,
        message: &mut Message,
        who: &Answering<'_>,
    ) -> Result<(), LedgerError> {
        self.note_copies(question, &Sifted::default())?;
        self.note_held(question)?;
        let wanted = self.wanted_of(question.from)?.into_iter();
        message.wanted = wanted.map(|hash| ByteVec::from(hash.to_vec())).collect();
        message.policy = self.policy_for(question.from, question.policy_held)?;
        message.keys = self.keys_after(question.keys_held)?.map(ByteVec::from);
        message.members = self.members_after(question.members_held)?.map(ByteVec::from);
        message.revocations =
            self.revocations_after(question.revocations_held, who.convention, who.key)?;
        if let Some(held) = question.blanks_held
            && held.left < SUPPLY
            && let Some(issuer) = (who.issuer)(self)
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

/// Says to a station that no longer belongs what has arrived of its own logs, and of others no more
/// than it holds already.
fn confirmed(held: &Vector, question: &Message) -> Vector {
    let of = |(log, ours): (&LogId, &Head)| {
        if log.station() == question.from {
            return Some((*log, *ours));
        }
        let theirs = question.vector.0.get(log)?;
        Some((*log, if ours.seq < theirs.seq { *ours } else { *theirs }))
    };
    Vector(held.0.iter().filter_map(of).collect())
}

/// Without randomness there are no new blanks this time.
fn random_serial() -> Option<[u8; 16]> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).ok().map(|()| serial)
}
