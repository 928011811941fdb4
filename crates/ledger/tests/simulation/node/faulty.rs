//! What a carrier does with a fault planted in it.

use std::collections::BTreeSet;

use admission::exchange::{Envelope, Head, Held, Message, Nonce, PROTOCOL, Run, Vector, seal};
use admission::fact::Sealed;
use admission::id::{FactId, Seq};
use ledger::answer::{AnswerError, Answering, brings};

use super::{Bookmark, Node, read};
use crate::later;
use crate::plant::Plant;
use crate::town::{CONVENTION, GUESTS, key};

impl Node {
    /// Asks as a planted fault does.
    pub(super) fn ask_wrongly(&mut self, nonce: Nonce, now: i64) -> Vec<u8> {
        let mut held = self.held(self.theirs.clone());
        match self.plant {
            Plant::ForgetsToAdvance => held.vector = Vector::default(),
            _ => {
                for sealed in &held.facts {
                    let fact = sealed.read().unwrap();
                    let head = Head { seq: fact.seq, hash: sealed.hash() };
                    self.theirs.0.insert(fact.log, head);
                }
            }
        }
        let now = self.now(now);
        let question = self.caller.generate(held, nonce, 0, now);
        seal(&question, CONVENTION, &self.key)
    }

    fn held(&self, theirs: Vector) -> Held {
        let ledger = self.ledger();
        let (vector, members) = (ledger.vector().unwrap(), ledger.members_number().unwrap());
        let is_forgotten = self.caller.lacks_members(members);
        Held {
            facts: ledger.facts_of(&vector.lacking(&theirs)).unwrap(),
            vector,
            scopes: ledger.scopes().unwrap(),
            policy: ledger.policy().unwrap().map_or(0, |policy| policy.number),
            keys: ledger.key_set().unwrap().map_or(0, |set| set.number),
            revocations: ledger.revocations().unwrap(),
            members,
            signed_members: ledger.signed_members().unwrap().filter(|_| is_forgotten),
            ..Held::default()
        }
    }

    /// Says that it holds what it does not store.
    pub(super) fn acknowledge(
        &mut self,
        question: &[u8],
        who: &Answering<'_>,
        nonce: Nonce,
    ) -> Result<(Vec<u8>, Bookmark), AnswerError> {
        let opened = self.ledger_mut().opened(&Envelope::read(question).unwrap(), who)?;
        if opened.from.0[0] % 2 == 0 || !brings(&opened) {
            let answer = self.ledger_mut().answer(question, who, nonce)?;
            return Ok((answer, 0));
        }
        let mut message = self.ledger_mut().reply(&opened, who, nonce)?;
        let own = opened.vector.0.iter().filter(|(log, _)| log.station() == opened.from);
        message.vector.0.extend(own.map(|(log, head)| (*log, *head)));
        Ok((seal(&message, CONVENTION, who.key), 0))
    }

    /// Brings what it stored after a number.
    pub(super) fn feed(
        &mut self,
        question: &[u8],
        who: &Answering<'_>,
        (nonce, bookmark): (Nonce, Bookmark),
    ) -> Result<(Vec<u8>, Bookmark), AnswerError> {
        let answer = self.ledger_mut().answer(question, who, nonce)?;
        let mut message = read(&answer, &self.key.verifying_key());
        self.number_what_is_new();
        let some: Vec<FactId> = self.stored.iter().skip(bookmark).take(400).copied().collect();
        let bookmark = bookmark.max(self.stored.len().min(bookmark + 400));
        let sealed = some.iter().map(|fact| {
            let run = Run { log: fact.log, after: Seq(fact.seq.0 - 1) };
            let facts = self.ledger().facts_of(&[run]).unwrap();
            facts.into_iter().next().unwrap().into_bytes().into()
        });
        message.facts = sealed.collect();
        Ok((seal(&message, CONVENTION, who.key), bookmark))
    }

    /// Numbers facts as a database numbers rows: on from the last that is there.
    fn number_what_is_new(&mut self) {
        let held = self.ledger().vector().unwrap();
        self.stored.retain(|fact| held.seq(fact.log) >= fact.seq);
        let known: BTreeSet<FactId> = self.stored.iter().copied().collect();
        for (log, head) in held.0 {
            let all = (1..=head.seq.0).map(|seq| FactId { log, seq: Seq(seq) });
            self.stored.extend(all.filter(|fact| !known.contains(fact)));
        }
    }

    /// Takes out of the server's answer what a planted fault does not see.
    pub(super) fn doctored(&self, answer: &[u8]) -> Vec<u8> {
        let mut message = read(answer, &key(0).verifying_key());
        match self.plant {
            Plant::ComparesNoHashes => {
                for (log, head) in &mut message.vector.0 {
                    let own = self.ledger().hash_of(FactId { log: *log, seq: head.seq }).unwrap();
                    head.hash = own.unwrap_or(head.hash);
                }
            }
            Plant::StationsStayAsTheyWere => message.members = None,
            Plant::KeepsWhoIsGone => {
                message.roster.retain(|change| change.state.rows == u64::from(GUESTS));
            }
            Plant::DropsWhatItCannotRead => {
                message.facts.retain(|bytes| is_known(bytes));
            }
            _ => return answer.to_vec(),
        }
        seal(&message, CONVENTION, &key(0))
    }

    pub(super) fn see(&mut self, message: &Message) {
        if self.plant != Plant::FollowsEveryClock {
            return;
        }
        for bytes in &message.facts {
            let fact = Sealed::from_bytes(bytes.to_vec()).read().unwrap();
            self.latest_seen = self.latest_seen.max(fact.moment.hybrid.millis().0);
        }
    }
}

fn is_known(sealed: &[u8]) -> bool {
    Sealed::from_bytes(sealed.to_vec()).read().is_ok_and(|fact| fact.kind != later::KIND)
}

/// Tells whether a question has the number of this program's messages.
pub(super) fn is_of_this_version(question: &[u8]) -> bool {
    let envelope = Envelope::read(question).unwrap();
    let sender = key(envelope.claimed_sender().0[0]).verifying_key();
    envelope.open(CONVENTION, &sender).unwrap().protocol == PROTOCOL
}
