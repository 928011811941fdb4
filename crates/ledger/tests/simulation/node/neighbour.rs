//! How a station talks to its neighbours: what its connections do, without the connections.
//!
//! A connection ends where a message is lost: the next question begins a new one. What is late, of a
//! connection that has ended, is read as the first of a new one.

use std::sync::Arc;

use admission::exchange::{Caller, Message, Nonce, seal};
use ledger::lan::told::{News, Told, brings};
use ledger::lan::{Here, Lacks, Peer, Request, Said};
use tokio::sync::oneshot;

use super::{Node, Took};
use crate::later;
use crate::town::{CONVENTION, id};

/// A connection that this side dialled.
pub struct Line {
    number: u64,
    caller: Caller,
    told: Told,
    /// Whether its last question has no answer yet.
    waits: bool,
}

/// Which node, and which station that is.
pub type Whom = (usize, u8);

impl Node {
    /// Asks a neighbour, on the connection that is there or on a new one of this number; nothing if
    /// the list has it not, and the list itself if it was closed.
    pub fn ask_peer(
        &mut self,
        (to, number): Whom,
        (nonce, new): (Nonce, u64),
        now: i64,
    ) -> Option<(Vec<u8>, u64)> {
        let here = self.here();
        let Some(peer) = here.members.peers.get(&id(number)) else {
            return self.part(&here, number, nonce, now).map(|bytes| (bytes, new));
        };
        let line = self.dialled.remove(&to).filter(|line| !line.waits);
        let mut line = line.unwrap_or_else(|| Line {
            number: new,
            caller: Caller::new(id(self.number), peer.id),
            told: Told::default(),
            waits: true,
        });
        let said = self.say(&here, &mut line.told, now);
        let question = said.ask(&mut line.caller, (nonce, 0), self.now(now));
        line.waits = true;
        let number = line.number;
        self.dialled.insert(to, line);
        Some((self.seal(&question), number))
    }

    /// Hears a neighbour's question on a connection, and answers it.
    pub fn answer_peer(
        &mut self,
        question: &[u8],
        ((from, number), line): (Whom, u64),
        nonce: Nonce,
        now: i64,
    ) -> Option<Vec<u8>> {
        let here = self.here();
        let Some(peer) = here.members.peers.get(&id(number)) else {
            return self.part(&here, number, nonce, now);
        };
        let question = here.open(question, peer).ok()?;
        let known = self.dialled_by.remove(&from).filter(|(known, _)| *known == line);
        let mut told = known.map_or_else(Told::default, |(_, told)| told);
        self.take_in(&question, &mut told, now);
        let here = self.here();
        if !here.is_peer(peer) {
            return self.part(&here, number, nonce, now);
        }
        let said = self.say(&here, &mut told, now);
        self.dialled_by.insert(from, (line, told));
        let answer = said.answer(&question, nonce, self.now(now));
        Some(self.seal(&answer))
    }

    /// Takes a neighbour's answer, if it is one to the question that waits.
    pub fn take_of_peer(
        &mut self,
        answer: &[u8],
        ((from, number), line): (Whom, u64),
        now: i64,
    ) -> Result<Took, String> {
        let here = self.here();
        let Some(peer) = here.members.peers.get(&id(number)) else { return Ok(Took::default()) };
        let Ok(answer) = here.open(answer, peer) else { return Ok(Took::default()) };
        let Some(mut dialled) = self.dialled.remove(&from) else { return Ok(Took::default()) };
        let parts = answer.answers.is_none() && answer.members.is_some();
        let is_ours = dialled.number == line && dialled.caller.receive(&answer).is_ok();
        if !is_ours && !parts {
            // Of a connection that has ended, or twice.
            self.dialled.insert(from, dialled);
            return Ok(Took::default());
        }
        dialled.waits = false;
        let facts = self.take_in(&answer, &mut dialled.told, now);
        self.goes_never_back()?;
        let here = self.here();
        let more = here.is_peer(peer) && dialled.told.news(&here) != News::None;
        if !parts {
            self.dialled.insert(from, dialled);
        }
        Ok(Took { facts, more: more && !parts, ..Took::default() })
    }

    /// Says who belongs here and how far this ledger is.
    fn here(&mut self) -> Arc<Here> {
        let here = Arc::new(self.ledger().here(self.here.as_deref()).unwrap());
        self.here = Some(Arc::clone(&here));
        here
    }

    fn take_in(&mut self, message: &Message, told: &mut Told, now: i64) -> usize {
        told.hear(message);
        self.see(message);
        if !brings(message) {
            return 0;
        }
        let (message, now) = (Arc::new(message.clone()), self.now(now));
        let sifted = self.here().prove(&message);
        let (reply, mut took) = oneshot::channel();
        self.ledger_mut().lan(Request::Take { message, sifted, reply }, now);
        took.try_recv().unwrap().unwrap().facts
    }

    fn say(&mut self, here: &Here, told: &mut Told, now: i64) -> Said {
        let lacks = told.lacks(here);
        let said = self.said(&lacks, now);
        told.note_brought(&lacks, &said);
        said
    }

    fn said(&mut self, lacks: &Lacks, now: i64) -> Said {
        let (reply, mut said) = oneshot::channel();
        let now = self.now(now);
        self.ledger_mut().lan(Request::Say { lacks: lacks.clone(), reply }, now);
        said.try_recv().unwrap().unwrap()
    }

    /// Brings the list to a neighbour that it has closed.
    fn part(&mut self, here: &Here, number: u8, nonce: Nonce, now: i64) -> Option<Vec<u8>> {
        let peer: &Peer = here.members.closed.get(&id(number))?;
        let said = self.said(&Lacks::parting(), now);
        let message = said.part((id(self.number), peer.id), nonce, self.now(now));
        Some(self.seal(&message))
    }

    fn seal(&self, message: &Message) -> Vec<u8> {
        match self.is_later {
            true => later::seal(message, &self.key),
            false => seal(message, CONVENTION, &self.key),
        }
    }
}
