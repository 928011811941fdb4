//! Who speaks: what a side holds, the questions of the asking side, and the answer of the other.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;

use super::{
    Attachment, BlanksHeld, ExchangeError, HeldScope, MOST_FACTS, Message, Nonce, PrinterNews, Run,
    Vector,
};
use crate::fact::Sealed;
use crate::id::{FactId, LogId, StationId};
use crate::time::Millis;

/// Facts that a question brings however often questions were lost: some kilobytes.
const FEWEST_FACTS: usize = 8;

/// What a side holds when it speaks.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its logs.
    pub vector: Vector,
    /// Its parts of the roster.
    pub scopes: Vec<HeldScope>,
    /// Number of its policy; 0 for none.
    pub policy: u64,
    /// Facts for the other side, in order of log and place, at most [`MOST_FACTS`].
    pub facts: Vec<Sealed>,
    /// Number of its key set; 0 for none.
    pub keys: u64,
    /// Number of its revocation list.
    pub revocations: u64,
    /// Number of its membership list; 0 for none.
    pub members: u64,
    /// That list as the server signed it, for a server that may have forgotten it.
    pub signed_members: Option<Vec<u8>>,
    /// Its blanks; none if it prints no badges.
    pub blanks: Option<BlanksHeld>,
    /// Attachments for the other side.
    pub attachments: Vec<Attachment>,
    /// Hashes of the attachments that it lacks.
    pub wanted: Vec<[u8; 32]>,
    /// How its printer is, where that is to be told.
    pub printer: Option<PrinterNews>,
}

impl Held {
    fn say(self, message: &mut Message) {
        message.vector = self.vector;
        message.scopes = self.scopes;
        message.policy_held = self.policy;
        message.facts =
            self.facts.into_iter().map(|fact| ByteVec::from(fact.into_bytes())).collect();
        message.keys_held = self.keys;
        message.revocations_held = self.revocations;
        message.members_held = self.members;
        message.members = self.signed_members.map(ByteVec::from);
        message.blanks_held = self.blanks;
        message.attachments = self.attachments;
        message.printer = self.printer;
        message.wanted = self.wanted.into_iter().map(|hash| ByteVec::from(hash.to_vec())).collect();
    }
}

/// The asking side: one station and one peer, one question in flight.
#[derive(Clone, Debug)]
pub struct Caller {
    me: StationId,
    peer: StationId,
    in_flight: Option<Nonce>,
    /// The first fact that the question in flight brings.
    offered: Option<FactId>,
    theirs: Option<Vector>,
    wanted: Vec<ByteVec>,
    /// Others' logs of which the peer takes nothing.
    vain: BTreeSet<LogId>,
    /// Number of the membership list that the peer holds, as far as it said.
    members: Option<u64>,
    /// Whether the question in flight brings ours, and whether that was in vain.
    brings_members: bool,
    members_in_vain: bool,
    /// How many facts the next question brings at the most.
    most: usize,
}

impl Caller {
    /// Begins to know a peer of which nothing is known.
    pub fn new(me: StationId, peer: StationId) -> Caller {
        let (in_flight, offered, theirs) = (None, None, None);
        let (wanted, vain) = (Vec::new(), BTreeSet::new());
        let (members, brings_members, members_in_vain) = (None, false, false);
        Caller {
            me,
            peer,
            in_flight,
            offered,
            theirs,
            wanted,
            vain,
            members,
            brings_members,
            members_in_vain,
            most: MOST_FACTS,
        }
    }

    /// Returns which facts to bring: none until the peer has said what it holds, and none of
    /// another station's log of which it took nothing.
    pub fn offers(&self, mine: &Vector) -> Vec<Run> {
        let mut runs = self.theirs.as_ref().map_or(Vec::new(), |theirs| mine.lacking(theirs));
        runs.retain(|run| !self.vain.contains(&run.log));
        runs
    }

    /// Returns the hashes of the attachments that the peer said it lacks.
    pub fn wanted(&self) -> &[ByteVec] {
        &self.wanted
    }

    /// Returns how many facts of a station the peer said it holds, of all its logs.
    pub fn held_of(&self, station: StationId) -> u64 {
        let logs = self.theirs.iter().flat_map(|theirs| &theirs.0);
        let heads = logs.filter(|(log, _)| log.station() == station).map(|(_, head)| head.seq.0);
        heads.fold(0, u64::saturating_add)
    }

    /// Tells whether the peer lacks a membership list of this number: it said so, or it did not
    /// know whoever asked, as a server that was restored does not.
    pub fn lacks_members(&self, number: u64) -> bool {
        !self.members_in_vain && self.members.is_some_and(|theirs| theirs < number)
    }

    /// Returns how many facts the next question may bring: fewer where questions were lost, so that
    /// a network that breaks all the time, or is too slow for a large one, carries some.
    pub fn most_facts(&self) -> usize {
        self.most
    }

    /// Notes that the question in flight was lost.
    pub fn lost(&mut self) {
        if self.in_flight.take().is_some() && self.offered.is_some() {
            self.most = self.most.div_ceil(4).max(FEWEST_FACTS);
        }
    }

    /// Tells whether a list of stations was brought that the peer did not take.
    pub fn brings_members_in_vain(&self) -> bool {
        self.members_in_vain
    }

    /// Notes that the peer does not know us, or does not any more.
    pub fn forgotten(&mut self) {
        (self.members, self.members_in_vain) = (Some(0), false);
    }

    /// Asks. An earlier question that is still in flight is given up.
    pub fn generate(&mut self, held: Held, nonce: Nonce, wait_ms: u32, now: Millis) -> Message {
        self.in_flight = Some(nonce);
        self.offered = held.facts.first().and_then(|fact| Some(fact.read().ok()?.id()));
        self.brings_members = held.signed_members.is_some();
        let mut question = Message::empty(self.me, self.peer, nonce, now);
        held.say(&mut question);
        question.wait_ms = wait_ms;
        question
    }

    /// Takes the answer to the question in flight; `false` if it brought own facts and the peer,
    /// holding what it held before, took none of them. Others' that it does not take are their
    /// station's affair: their log is passed over until the peer has another list of stations.
    ///
    /// # Errors
    /// [`ExchangeError::NotForUs`] if the message answers anything else.
    pub fn receive(&mut self, answer: &Message) -> Result<bool, ExchangeError> {
        let ours = answer.from == self.peer && answer.to == self.me;
        if !ours || self.in_flight.is_none() || answer.answers != self.in_flight {
            return Err(ExchangeError::NotForUs);
        }
        self.in_flight = None;
        if self.offered.is_some() {
            self.most = self.most.saturating_mul(2).min(MOST_FACTS);
        }
        let mut moved = self.offered.is_none() || self.theirs.as_ref() != Some(&answer.vector);
        if Some(answer.members_held) == self.members {
            self.members_in_vain |= self.brings_members;
        } else {
            self.members = Some(answer.members_held);
            self.members_in_vain = false;
            self.vain.clear();
        }
        if let Some(fact) = self.offered
            && fact.log.station() != self.me
            && answer.vector.seq(fact.log) < fact.seq
        {
            self.vain.insert(fact.log);
            moved = true;
        }
        self.theirs = Some(answer.vector.clone());
        self.wanted = answer.wanted.clone();
        Ok(moved)
    }
}

/// Answers `question` with what this side holds.
pub fn answer(question: &Message, held: Held, nonce: Nonce, now: Millis) -> Message {
    let mut answer = Message::empty(question.to, question.from, nonce, now);
    held.say(&mut answer);
    answer.answers = Some(question.nonce);
    answer
}
