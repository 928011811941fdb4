//! What the organiser does at the server.

use admission::exchange::MemberState;
use admission::id::{AttendeeId, Serial};
use admission::roster::Status;

use super::{Event, World};
use crate::faults::some_time;
use crate::node::Node;
use crate::town::{GUESTS, SPARE, entry, id};

impl World {
    /// Draws one of the guests.
    pub(super) fn somebody(&mut self) -> u8 {
        1 + u8::try_from(self.chance.below(GUESTS.into())).unwrap()
    }

    /// Writes the lists anew, as they should be.
    pub(super) fn server_lists(&mut self) {
        let remaining = |number: &u8| !self.erased.contains(number);
        let cancelled = self.cancelled.iter().copied().filter(remaining);
        let mut list: Vec<_> = cancelled.map(|number| entry(number, Status::Cancelled)).collect();
        if list.is_empty() {
            // Somebody's line comes again as it was, so that the list has a number of its own.
            let first = (1..=GUESTS).find(remaining);
            list.extend(first.map(|number| entry(number, Status::Confirmed)));
        }
        let erased: Vec<_> = self.erased.iter().map(|number| AttendeeId([*number; 16])).collect();
        let revoked: Vec<Serial> = self.revoked.iter().copied().collect();
        self.nodes[0].write_lists(&list, &erased, &revoked);
    }

    /// The organiser revokes a station.
    pub(super) fn close(&mut self, number: u8) {
        self.story.closed += 1;
        // Who was replaced can be revoked all the same.
        self.closed.insert(number, MemberState::Revoked);
        self.nodes[0].close_member(number, MemberState::Revoked);
    }

    /// A spare takes over from a laptop.
    pub(super) fn replace(&mut self, now: i64, number: u8) {
        if self.closed.contains_key(&number) || self.story.spares > 0 {
            return;
        }
        let file = self.folder.path().join("spare.db");
        self.nodes[0].enrol(SPARE, &file, id(number));
        self.story.spares += 1;
        self.closed.insert(number, MemberState::Replaced);
        let (clock, plant) = (self.nodes[usize::from(number)].clock.clone(), self.nodes[0].plant);
        self.nodes.push(Node::open(SPARE, file, clock, plant));
        let spare = self.nodes.len() - 1;
        for _ in 0..4 {
            let at = now + self.chance.span(0, crate::faults::RUSH);
            self.at(at, Event::Act(spare));
            let at = some_time(&mut self.chance).max(now);
            let to_server = self.chance.percent(60);
            self.at(at, if to_server { Event::Ask(spare) } else { Event::AskPeer(spare) });
        }
    }

    /// What `check` asks of the organiser of a restored server: who does not belong, once more.
    pub(super) fn close_again(&mut self) {
        for (number, state) in &self.closed {
            self.nodes[0].close_member(*number, *state);
        }
    }
}
