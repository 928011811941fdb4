//! What is under way: over the network, and in pockets.

use admission::exchange::Nonce;
use ledger::bundle::write::To;

use super::{Event, Packet, Stick, Word, World};

impl World {
    pub(super) fn nonce(&mut self) -> Nonce {
        Nonce(self.chance.bytes16())
    }

    pub(super) fn ask(&mut self, now: i64, way: (usize, usize)) {
        if self.nodes[way.0].ended {
            return;
        }
        let (nonce, number) = (self.nonce(), self.nodes[way.1].number);
        let bookmark = self.nodes[way.0].bookmark;
        let asked = match number {
            0 => Some((self.nodes[way.0].ask(nonce, now), 0)),
            _ => {
                self.lines += 1;
                self.nodes[way.0].ask_peer((way.1, number), (nonce, self.lines), now)
            }
        };
        if let Some((bytes, line)) = asked {
            self.send(now, Packet { way, word: Word::Question, line, bytes, bookmark });
        }
    }

    fn send(&mut self, now: i64, packet: Packet) {
        self.story.messages += 1;
        self.story.neighbours += u64::from(packet.line > 0);
        let times = 1 + u64::from(self.chance.percent(self.weather.twice));
        for _ in 0..times {
            let is_answer = packet.word != Word::Question;
            let lost = self.chance.percent(self.weather.drop);
            if lost || self.weather.stops(now, packet.way, is_answer) {
                self.story.lost += 1;
                continue;
            }
            let late = self.chance.span(1, self.weather.slowest + 2);
            self.at(now + late, Event::Arrive(packet.clone()));
        }
    }

    pub(super) fn arrive(&mut self, now: i64, packet: Packet) -> Result<(), String> {
        let (from, to) = packet.way;
        if self.nodes[to].ended {
            return Ok(());
        }
        if self.chance.percent(1) {
            // It ends before it has read the message.
            self.crash(to);
            return Ok(());
        }
        match packet.word {
            Word::Question => self.answer(now, packet),
            Word::Answer => {
                let taken = match packet.line {
                    0 => self.nodes[to].take(&packet.bytes, (now, packet.bookmark))?,
                    line => {
                        let sender = (from, self.nodes[from].number);
                        self.nodes[to].take_of_peer(&packet.bytes, (sender, line), now)?
                    }
                };
                self.ends((to, false), taken.shut_down)?;
                if taken.more && self.chance.percent(70) {
                    self.ask(now, (to, from));
                }
                Ok(())
            }
            Word::Refusal => {
                self.nodes[to].is_refused();
                Ok(())
            }
        }
    }

    pub(super) fn answer(&mut self, now: i64, packet: Packet) -> Result<(), String> {
        let (from, to) = packet.way;
        let (nonce, bookmark) = (self.nonce(), packet.bookmark);
        let answer = match packet.line {
            0 => Some(match self.nodes[to].answer(&packet.bytes, nonce, (now, bookmark)) {
                Some((bytes, bookmark)) => (Word::Answer, bytes, bookmark),
                None => (Word::Refusal, Vec::new(), bookmark),
            }),
            line => {
                let sender = (from, self.nodes[from].number);
                let bytes = self.nodes[to].answer_peer(&packet.bytes, (sender, line), nonce, now);
                bytes.map(|bytes| (Word::Answer, bytes, bookmark))
            }
        };
        if self.chance.percent(1) {
            // It ends before the answer has left.
            self.crash(to);
            return Ok(());
        }
        if let Some((word, bytes, bookmark)) = answer {
            self.story.introduced += u64::from(word == Word::Refusal);
            self.send(now, Packet { way: (to, from), word, bytes, bookmark, ..packet });
        }
        Ok(())
    }

    // ------------------------------------------------------------ sticks

    pub(super) fn carry(&mut self, now: i64, node: usize) {
        if self.nodes[node].ended {
            return;
        }
        let to = if self.chance.percent(40) { To::Members } else { To::Server };
        let all = self.chance.percent(10);
        let file = self.nodes[node].write_stick(to, all, now);
        let others = self.peers(node);
        if to == To::Members && !others.is_empty() {
            let other = others[self.chance.place(others.len())];
            self.hand_over(now, other, Stick { file: file.clone(), of: node });
        }
        self.hand_over(now, 0, Stick { file, of: node });
    }

    /// A stick lies in a pocket for hours, is lost, copied badly, or read twice.
    fn hand_over(&mut self, now: i64, to: usize, mut stick: Stick) {
        self.story.sticks += 1;
        let times = 1 + u64::from(self.chance.percent(self.weather.twice));
        if self.chance.percent(self.weather.drop) {
            self.story.lost += 1;
            return;
        }
        if self.chance.percent(8) {
            self.story.cut += 1;
            // In thousandths: how long the file is depends on keys that the programs draw.
            stick.file.truncate(stick.file.len() * self.chance.place(1_000) / 1_000);
        }
        for _ in 0..times {
            let late = self.chance.span(3_600_000, 20 * 3_600_000);
            self.at(now + late, Event::Read(to, stick.clone()));
        }
    }

    pub(super) fn read(&mut self, now: i64, node: usize, stick: Stick) -> Result<(), String> {
        if self.nodes[node].ended {
            return Ok(());
        }
        let taken = self.nodes[node].read_stick(&stick.file, now)?;
        self.ends((node, true), taken.shut_down)?;
        if node == 0 {
            self.answer_by_stick(now, stick.of);
        }
        Ok(())
    }

    fn answer_by_stick(&mut self, now: i64, of: usize) {
        let mut readers = if self.chance.percent(30) { self.peers(of) } else { Vec::new() };
        readers.push(of);
        let numbers: Vec<u8> = readers.iter().map(|node| self.nodes[*node].number).collect();
        let all = self.chance.percent(10);
        let Some(file) = self.nodes[0].write_stick_for(&numbers, all, now) else { return };
        for reader in readers {
            self.hand_over(now, reader, Stick { file: file.clone(), of: reader });
        }
    }
}
