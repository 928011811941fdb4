//! What a peer said of itself on one connection, what it lacks by that, and how what is said and
//! brought becomes a message: the part of a talk that needs no connection.

use std::collections::{BTreeMap, BTreeSet};

use admission::exchange::{
    Caller, Envelope, ExchangeError, Held, Message, Nonce, PrinterNews, Run, Sifted, Vector,
    answer, sift,
};
use admission::id::{LogId, Seq, StationId};
use admission::time::Millis;
use minicbor::bytes::ByteVec;

use super::{Here, Lacks, Lists, Peer, Said};

/// Most attachments that are remembered as brought.
const MOST_BROUGHT: usize = 4096;

/// How often a peer takes nothing of a log before it is brought no more of it. Both speak when they
/// have news, so what one says may have been written before it heard the other.
const VAIN_AFTER: u8 = 3;

/// What a peer said of itself, and what was brought to it on this connection.
#[derive(Debug, Default)]
pub struct Told {
    vector: Option<Vector>,
    lists: Lists,
    wanted: Vec<ByteVec>,
    /// The first facts of the last message.
    brought: Option<Run>,
    /// Logs of which it took nothing, with the place up to which it held each and how often that
    /// was: another fact stands there, it does not know the author, or it spoke before it heard.
    vain: BTreeMap<LogId, (Seq, u8)>,
    /// Attachments and lists that it was brought: nothing is brought twice.
    attachments: BTreeSet<Vec<u8>>,
    lists_brought: Lists,
    /// How our printer was when it was told last.
    printer: Option<PrinterNews>,
}

/// Whether there is something that a peer lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing.
    None,
    /// Something that others recorded, or a list.
    Others,
    /// Own facts.
    Own,
}

impl Told {
    /// Tells whether the peer has said nothing yet.
    pub fn is_new(&self) -> bool {
        self.vector.is_none()
    }

    /// Notes what a proved message of the peer says.
    pub fn hear(&mut self, message: &Message) {
        self.vain.retain(|log, (after, _)| message.vector.seq(*log) <= *after);
        if let Some(run) = self.brought.take()
            && message.vector.seq(run.log) <= run.after
        {
            let (_, times) = self.vain.entry(run.log).or_insert((run.after, 0));
            *times = times.saturating_add(1);
        }
        if message.members_held != self.lists.members {
            // It may know by now whose log that is.
            self.vain.clear();
        }
        self.vector = Some(message.vector.clone());
        self.lists = Lists {
            keys: message.keys_held,
            revocations: message.revocations_held,
            members: message.members_held,
        };
        self.wanted.clone_from(&message.wanted);
    }

    /// Returns what the peer lacks of what is held here.
    pub fn lacks(&self, here: &Here) -> Lacks {
        let Some(theirs) = &self.vector else {
            // Nothing is brought before the peer has said what it holds.
            return Lacks { lists: Lists::ALL, ..Lacks::default() };
        };
        let mut runs = here.vector.lacking(theirs);
        runs.retain(|run| self.vain.get(&run.log).is_none_or(|(_, times)| *times < VAIN_AFTER));
        // Own news first.
        runs.sort_by_key(|run| run.log != here.own_log);
        let is_new = |hash: &&ByteVec| !self.attachments.contains(hash.as_slice());
        Lacks {
            runs,
            attachments: self.wanted.iter().filter(is_new).cloned().collect(),
            lists: self.lists.max(self.lists_brought),
            printer: here.printer.is_some() && here.printer != self.printer,
        }
    }

    /// Tells whether there is something that the peer lacks.
    pub fn news(&self, here: &Here) -> News {
        let lacks = self.lacks(here);
        let lists = lacks.lists.max(here.lists) != lacks.lists;
        match lacks.runs.first() {
            Some(run) if run.log == here.own_log => News::Own,
            _ if lacks.printer => News::Own,
            Some(_) => News::Others,
            None if lists => News::Others,
            None => News::None,
        }
    }

    /// Notes what the next message brings.
    pub fn note_brought(&mut self, lacks: &Lacks, said: &Said) {
        self.brought = lacks.runs.first().copied().filter(|_| !said.held.facts.is_empty());
        let attachments = said.held.attachments.iter().map(|one| one.hash().to_vec());
        self.attachments.extend(attachments);
        if self.attachments.len() > MOST_BROUGHT {
            self.attachments.clear();
        }
        if said.held.printer.is_some() {
            self.printer.clone_from(&said.held.printer);
        }
        if said.keys.is_some() {
            self.lists_brought.keys = said.held.keys;
        }
        if let Some(list) = &said.revocations {
            self.lists_brought.revocations = list.state.number;
        }
        if said.members.is_some() {
            self.lists_brought.members = said.held.members;
        }
    }
}

impl Here {
    /// Tells whether this station, with this key, stands at the same site and belongs.
    pub fn is_peer(&self, peer: &Peer) -> bool {
        self.members.peers.get(&peer.id).is_some_and(|known| known.key == peer.key)
    }

    /// Tells whether this station, with this key, stood at the same site and was closed.
    pub fn is_closed(&self, peer: &Peer) -> bool {
        self.members.closed.get(&peer.id).is_some_and(|known| known.key == peer.key)
    }

    /// Proves that a peer sent a message to this station.
    ///
    /// # Errors
    /// [`ExchangeError`] if it did not.
    pub fn open(&self, bytes: &[u8], peer: &Peer) -> Result<Message, ExchangeError> {
        let message = Envelope::read(bytes)?.open(self.members.convention, &peer.key)?;
        match message.from == peer.id && message.to == self.own_log.station() {
            true => Ok(message),
            false => Err(ExchangeError::NotForUs),
        }
    }

    /// Proves the facts of a message to be their authors'.
    pub fn prove(&self, message: &Message) -> Sifted {
        sift(&message.facts, &self.vector, |id| self.members.authors.get(&id).copied())
    }
}

impl Said {
    /// Tells whether anything is brought.
    pub fn brings(&self) -> bool {
        !self.held.facts.is_empty()
            || self.held.printer.is_some()
            || !self.held.attachments.is_empty()
            || self.keys.is_some()
            || self.revocations.is_some()
            || self.members.is_some()
    }

    /// Makes a question of it, which is answered within `wait_ms`.
    pub fn ask(
        mut self,
        caller: &mut Caller,
        (nonce, wait_ms): (Nonce, u32),
        now: Millis,
    ) -> Message {
        let held = std::mem::take(&mut self.held);
        let mut question = caller.generate(held, nonce, wait_ms, now);
        self.bring(&mut question);
        question
    }

    /// Makes an answer of it.
    pub fn answer(mut self, question: &Message, nonce: Nonce, now: Millis) -> Message {
        let held = std::mem::take(&mut self.held);
        let mut message = answer(question, held, nonce, now);
        self.bring(&mut message);
        message
    }

    /// Makes of it what a station hears that no longer belongs: the list that says so, and nothing
    /// of what is held here.
    pub fn part(self, (me, peer): (StationId, StationId), nonce: Nonce, now: Millis) -> Message {
        let mut message = Caller::new(me, peer).generate(Held::default(), nonce, 0, now);
        message.members = self.members;
        message
    }

    fn bring(self, message: &mut Message) {
        message.keys = self.keys;
        message.revocations = self.revocations;
        message.members = self.members;
    }
}

/// Tells whether a message brings anything to store.
pub fn brings(message: &Message) -> bool {
    !message.facts.is_empty()
        || message.printer.is_some()
        || !message.attachments.is_empty()
        || message.keys.is_some()
        || message.revocations.is_some()
        || message.members.is_some()
}

impl Lacks {
    /// What a station lacks that no longer belongs: the list that says so.
    pub fn parting() -> Lacks {
        Lacks { lists: Lists { members: 0, ..Lists::ALL }, ..Lacks::default() }
    }
}
