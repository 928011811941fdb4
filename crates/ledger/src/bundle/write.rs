//! What goes into a bundle.
//!
//! A station brings what the server is not known to hold; the server brings each station its lists
//! whole, because nobody answers on a stick, and the facts that it is not known to hold.

use std::io::Write;

use admission::exchange::{Caller, Head, Held, MemberState, Message, Vector, seal};
use admission::fact::Sealed;
use admission::id::{ConventionId, StationId};
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;

use super::container::{BundleError, Frame, Writer};
use super::{EVERYBODY, nonce};
use crate::attachments;
use crate::error::LedgerError;
use crate::hearing::LastQuestions;
use crate::local::nothing_of;
use crate::members::Station;
use crate::open::Ledger;
use crate::routes::{Server, unheard};

/// Who is to read a station's bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The server alone.
    Server,
    /// Every station that belongs as far as this one knows, and the server; what is the server's alone stays so.
    Members,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Facts.
    pub facts: u64,
    /// Attachments.
    pub attachments: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The file's place.
    #[error(transparent)]
    File(#[from] super::file::FileError),
}

/// Who speaks in a bundle.
struct Voice<'a, W> {
    writer: Writer<W>,
    from: StationId,
    convention: ConventionId,
    key: &'a SigningKey,
    now: Millis,
    sent: Sent,
}

impl<W: Write> Voice<'_, W> {
    /// Seals what a question says, with `add` on top.
    fn say(
        &mut self,
        to: StationId,
        held: Held,
        add: impl FnOnce(&mut Message),
    ) -> Result<(), WriteError> {
        let (facts, attachments) = (held.facts.len(), held.attachments.len());
        let mut message = Caller::new(self.from, to).generate(held, nonce()?, 0, self.now);
        add(&mut message);
        self.seal(&message)?;
        let add = |sum: &mut u64, more: usize| {
            *sum = sum.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        };
        add(&mut self.sent.facts, facts);
        add(&mut self.sent.attachments, attachments);
        Ok(())
    }

    fn seal(&mut self, message: &Message) -> Result<(), WriteError> {
        let sealed = seal(message, self.convention, self.key);
        Ok(self.writer.frame(&Frame::Message(sealed))?)
    }

    fn end(self) -> Result<Sent, WriteError> {
        let (_, bytes) = self.writer.end()?;
        Ok(Sent { bytes, ..self.sent })
    }
}

impl Ledger {
    /// Writes a station's bundle: what it holds, and the facts that the server is not known to hold,
    /// with their attachments; or, for members and on demand, every fact.
    ///
    /// It only reads, so it may run beside the station's desk.
    ///
    /// # Errors
    /// [`WriteError`]; then what was written is no whole bundle.
    pub fn write_bundle<W: Write>(
        &self,
        file: W,
        (to, all): (To, bool),
        (key, now): (&SigningKey, Millis),
    ) -> Result<Sent, WriteError> {
        let server = self.server()?;
        let from = self.own_log()?.station();
        let parts = if to == To::Members { 2 } else { 1 };
        let writer = Writer::begin(file, (server.convention, from), parts)?;
        let (convention, sent) = (server.convention, Sent::default());
        let mut voice = Voice { writer, from, convention, key, now, sent };
        let known = match all || to == To::Members {
            true => Vector::default(),
            false => self.known_of_server()?,
        };
        let mut hashes = match to {
            To::Server => {
                voice.writer.part(&[server.key()?])?;
                self.say_state(&mut voice, server.id)?;
                self.say_facts(&mut voice, server.id, known)?
            }
            To::Members => {
                let mut readers = self.other_members(from)?;
                readers.push(server.key()?);
                voice.writer.part(&readers)?;
                self.say_lists(&mut voice)?;
                let hashes = self.say_facts(&mut voice, EVERYBODY, known)?;
                voice.writer.part(&[server.key()?])?;
                self.say_state(&mut voice, server.id)?;
                hashes
            }
        };
        hashes.extend(self.asked()?);
        for some in hashes.chunks(attachments::MOST) {
            let attachments = self.attachments(some)?;
            if !attachments.is_empty() {
                voice.say(server.id, Held { attachments, ..Held::default() }, |_| {})?;
            }
        }
        voice.end()
    }

    /// Writes the server's bundle for these stations: to each its policy, lists, roster and blanks
    /// and what the server holds, for its eyes only; to all of them the facts that one of them is
    /// not known to hold, or every fact. One that no longer belongs gets the order to shut down, what
    /// has arrived of it, and nothing else.
    ///
    /// # Errors
    /// [`WriteError`]; then what was written is no whole bundle.
    pub fn write_bundle_for<W: Write>(
        &mut self,
        file: W,
        (stations, all): (&[Station], bool),
        server: &Server,
    ) -> Result<Sent, WriteError> {
        let readers: Vec<(&Station, VerifyingKey)> = stations
            .iter()
            .filter_map(|station| Some((station, VerifyingKey::from_bytes(&station.public?).ok()?)))
            .collect();
        let mut belonging = Vec::new();
        for (station, reader) in &readers {
            if self.member(station.id)?.is_some_and(|line| line.state == MemberState::Active) {
                belonging.push((station.id, *reader));
            }
        }
        let parts = readers.len().saturating_add(usize::from(!belonging.is_empty()));
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        let writer = Writer::begin(file, (server.convention, server.id), parts)?;
        let (from, convention, key, now) =
            (server.id, server.convention, &server.key, server.clock.now());
        let mut voice = Voice { writer, from, convention, key, now, sent: Sent::default() };
        for (station, reader) in &readers {
            voice.writer.part(&[*reader])?;
            let letter = self.letter(station, server)?;
            voice.seal(&letter)?;
        }
        if belonging.is_empty() {
            return voice.end();
        }
        let (ids, publics): (Vec<StationId>, Vec<VerifyingKey>) = belonging.into_iter().unzip();
        let known = if all { Vector::default() } else { self.known_of_all(&ids)? };
        voice.writer.part(&publics)?;
        self.say_facts(&mut voice, EVERYBODY, known)?;
        voice.end()
    }

    /// Writes a newcomer's welcome, and every fact.
    pub(super) fn write_for_newcomer<W: Write>(
        &self,
        file: W,
        (station, welcome): (&Station, Vec<u8>),
        server: &Server,
    ) -> Result<Sent, WriteError> {
        let public = station.public.and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let (from, convention, key, now) =
            (server.id, server.convention, &server.key, server.clock.now());
        let writer = Writer::begin(file, (convention, from), 1)?;
        let mut voice = Voice { writer, from, convention, key, now, sent: Sent::default() };
        voice.writer.part(&[public.ok_or(BundleError::Reader)?])?;
        voice.writer.frame(&Frame::Welcome(welcome))?;
        self.say_facts(&mut voice, EVERYBODY, Vector::default())?;
        voice.end()
    }

    /// What the server tells one station: everything but facts.
    fn letter(&mut self, station: &Station, server: &Server) -> Result<Message, WriteError> {
        let belongs =
            self.member(station.id)?.is_some_and(|line| line.state == MemberState::Active);
        let held = Held {
            // Facts follow after the letters; who no longer belongs gets its own alone, and at once.
            vector: if belongs { self.vector()? } else { self.known_of(station.id)? },
            scopes: vec![nothing_of(&station.profile.site)],
            blanks: if belongs { self.take_need(station.id)? } else { None },
            ..Held::default()
        };
        let mut caller = Caller::new(station.id, server.id);
        let question = caller.generate(held, nonce()?, 0, server.clock.now());
        let mut letter = self.reply(&question, &server.answering(), nonce()?)?;
        letter.answers = None;
        if belongs {
            self.date(&mut letter, server)?;
        }
        Ok(letter)
    }

    /// Says which lists are the server's last at the time of a letter.
    pub(super) fn date(&self, letter: &mut Message, server: &Server) -> Result<(), LedgerError> {
        letter.keys_held = self.keys_number()?;
        letter.revocations_held = self.revocations()?;
        letter.policy_held = letter.policy.as_ref().map_or(0, |policy| policy.number);
        // Nobody is heard from on a stick.
        let nobody = LastQuestions::default();
        letter.unheard = unheard(self, letter.to, &nobody, server.clock.now())?;
        Ok(())
    }

    fn other_members(&self, me: StationId) -> Result<Vec<VerifyingKey>, LedgerError> {
        let members = self.members()?.into_iter();
        let others = members.filter(|one| one.id != me && one.state == MemberState::Active);
        Ok(others.filter_map(|member| member.key()).collect())
    }

    /// Says what the station holds, as a question over HTTP does.
    fn say_state<W: Write>(
        &self,
        voice: &mut Voice<'_, W>,
        server: StationId,
    ) -> Result<(), WriteError> {
        let policy = self.policy()?;
        let prints = policy.as_ref().is_some_and(|policy| policy.profile.prints());
        let forgotten = self.forgotten_members()?;
        let held = Held {
            vector: self.spoken()?,
            scopes: self.scopes()?,
            policy: policy.map_or(0, |policy| policy.number),
            keys: self.keys_number()?,
            revocations: self.revocations()?,
            members: self.members_number()?,
            signed_members: forgotten
                .map_or_else(|| self.signed_members(), |list| Ok(Some(list)))?,
            blanks: if prints { Some(self.blanks_held()?) } else { None },
            ..Held::default()
        };
        let revocations = self.forgotten_revocations()?;
        voice.say(server, held, |message| message.revocations = revocations)
    }

    /// Passes on the lists that carry a signature of their own.
    fn say_lists<W: Write>(&self, voice: &mut Voice<'_, W>) -> Result<(), WriteError> {
        let keys = self.keys_after(0)?.map(ByteVec::from);
        let revocations = self.signed_revocations()?;
        let held = Held {
            keys: self.keys_number()?,
            revocations: self.revocations()?,
            members: self.members_number()?,
            signed_members: self.signed_members()?,
            ..Held::default()
        };
        voice.say(EVERYBODY, held, |message| {
            message.keys = keys;
            message.revocations = revocations;
        })
    }

    /// Brings the facts that `theirs` lacks; returns the hashes of their attachments.
    fn say_facts<W: Write>(
        &self,
        voice: &mut Voice<'_, W>,
        to: StationId,
        mut theirs: Vector,
    ) -> Result<Vec<ByteVec>, WriteError> {
        let mine = self.spoken()?;
        let mut hashes = Vec::new();
        loop {
            let mut facts: Vec<Sealed> = Vec::new();
            for sealed in self.facts_of(&mine.lacking(&theirs))? {
                let fact = sealed.read();
                let fact = fact.map_err(|error| LedgerError::Damaged(error.to_string()))?;
                // Of a log that forked nobody takes what comes after the fork.
                if fact.seq > mine.seq(fact.log) {
                    continue;
                }
                theirs.0.insert(fact.log, Head { seq: fact.seq, hash: sealed.hash() });
                hashes.extend(fact.attachment.map(|hash| ByteVec::from(hash.to_vec())));
                facts.push(sealed);
            }
            if facts.is_empty() {
                return Ok(hashes);
            }
            voice.say(to, Held { facts, ..Held::default() }, |_| {})?;
        }
    }
}
