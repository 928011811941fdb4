//! What happens when all faults are over.

use super::{Event, Word, World};
use crate::faults::END;
use crate::node::Took;
use crate::verdict;

/// How many rounds it may take until everybody holds the same.
const MOST_ROUNDS: u64 = 12;

impl World {
    /// Everybody asks the server until nothing moves.
    pub(super) fn heal(&mut self) -> Result<(), String> {
        let mut now = END;
        for round in 1..=MOST_ROUNDS {
            now += 60_000;
            let moved = self.round(now)?;
            if round == 1 {
                // Sticks that lay in a pocket come now, twice and in any order.
                self.rest(now)?;
                if self.was_restored {
                    // What `check` asks of the organiser: the list once more.
                    self.server_lists();
                    self.close_again();
                }
                // The server's program is brought up to date, so that all speak one version.
                self.nodes.iter_mut().for_each(|node| node.is_later = false);
                continue;
            }
            let settled = verdict::same_vectors(self).is_ok();
            if moved == 0 && settled {
                self.story.most_rounds = round;
                return self.nobody_talks_on(now);
            }
            if moved == 0 {
                // Nobody has anything to tell, and they differ.
                break;
            }
        }
        verdict::same_vectors(self)?;
        Err(format!("talk without end: facts still moved after {MOST_ROUNDS} rounds"))
    }

    fn round(&mut self, now: i64) -> Result<usize, String> {
        let mut moved = 0;
        for node in 1..self.nodes.len() {
            for _ in 0..12 {
                if self.nodes[node].ended {
                    break;
                }
                let took = self.talk(now, node)?;
                self.ends((node, false), took.shut_down)?;
                moved += took.facts + usize::from(took.more);
                if !took.more {
                    break;
                }
            }
        }
        Ok(moved)
    }

    /// One question that arrives, and its answer that does; whom the server does not know asks again.
    fn talk(&mut self, now: i64, node: usize) -> Result<Took, String> {
        for _ in 0..2 {
            let (nonce, back) = (self.nonce(), self.nonce());
            self.story.messages += 2;
            let bookmark = self.nodes[node].bookmark;
            let question = self.nodes[node].ask(nonce, now);
            match self.nodes[0].answer(&question, back, (now, bookmark)) {
                Some((answer, bookmark)) => {
                    return self.nodes[node].take(&answer, (now, bookmark));
                }
                None => self.nodes[node].is_refused(),
            }
        }
        Err(format!("node {node} got no answer"))
    }

    fn rest(&mut self, now: i64) -> Result<(), String> {
        let rest: Vec<Event> = std::mem::take(&mut self.events).into_values().collect();
        self.queue.clear();
        for event in rest {
            match event {
                Event::Arrive(packet) if packet.word == Word::Question => {
                    self.answer(now, packet)?;
                }
                Event::Read(node, stick) => self.read(now, node, stick)?,
                _ => {}
            }
        }
        // Answers to all of that nobody waits for.
        self.events.clear();
        self.queue.clear();
        Ok(())
    }

    fn nobody_talks_on(&mut self, now: i64) -> Result<(), String> {
        for node in 1..self.nodes.len() {
            if self.nodes[node].ended {
                continue;
            }
            let took = self.talk(now + 60_000, node)?;
            if took.more || took.facts > 0 {
                return Err(format!("talk without end: node {node} is told {} facts", took.facts));
            }
        }
        Ok(())
    }
}
