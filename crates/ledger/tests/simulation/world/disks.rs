//! What becomes of disks.

use std::collections::BTreeSet;

use super::{Confirmed, Event, World};
use crate::faults::some_time;
use crate::node::{Node, Tag};
use crate::town::{SPARE, id};
use crate::verdict;

impl World {
    pub(super) fn crash(&mut self, node: usize) {
        self.story.crashes += 1;
        self.nodes[node].restart();
    }

    pub(super) fn clone_disk(&mut self, now: i64, node: usize) {
        let file = self.folder.path().join(format!("clone-{}.db", self.nodes.len()));
        if self.nodes[node].ended {
            return;
        }
        self.nodes[node].copy_to(&file);
        let original = &self.nodes[node];
        let clone = Node::open(original.number, file, original.clock.clone(), original.plant);
        self.nodes.push(clone);
        self.story.clones += 1;
        let copy = self.nodes.len() - 1;
        for _ in 0..3 {
            let at = now + self.chance.span(0, crate::faults::RUSH);
            self.at(at, Event::Act(copy));
            let at = some_time(&mut self.chance).max(now);
            let to_server = self.chance.percent(60);
            self.at(at, if to_server { Event::Ask(copy) } else { Event::AskPeer(copy) });
        }
    }

    pub(super) fn roll_back(&mut self, now: i64, node: usize) -> Result<(), String> {
        let Some(file) = self.nodes[node].snapshot.take() else { return Ok(()) };
        self.missing_are(|tag| Err(format!("I1: {tag:?} was lost before any disk was")))?;
        verdict::nobody_comes_back(self, node)?;
        self.nodes[node].put_back(&file);
        let (mut gone, held) = (0, self.all_tags());
        for (tag, confirmed) in &mut self.confirmed {
            if !held.contains(tag) && !confirmed.lost_with_a_disk {
                confirmed.lost_with_a_disk = true;
                gone += 1;
            }
        }
        self.story.gone_with_a_disk += gone;
        match node {
            0 => {
                self.was_restored = true;
                self.story.restores += 1;
                // Who came after the backup asks before others tell who that is.
                let spare = self.nodes.iter().position(|node| node.number == SPARE);
                if let Some(spare) = spare {
                    (1..4).for_each(|minute| self.at(now + minute * 60_000, Event::Ask(spare)));
                }
            }
            _ => {
                self.put_back.insert(id(self.nodes[node].number));
                self.story.rollbacks += 1;
            }
        }
        Ok(())
    }

    /// Everything that some disk holds that can still be read.
    pub fn all_tags(&self) -> BTreeSet<Tag> {
        self.nodes.iter().filter(|node| !node.ended).flat_map(Node::tags).collect()
    }

    fn missing_are(&self, wrong: impl Fn(&Tag) -> Result<(), String>) -> Result<(), String> {
        let held = self.all_tags();
        let missing = |(tag, confirmed): &(&Tag, &Confirmed)| {
            !confirmed.lost_with_a_disk && !held.contains(tag)
        };
        self.confirmed.iter().filter(missing).try_for_each(|(tag, _)| wrong(tag))
    }

    /// A station that was told that all has arrived destroys what opens its disk.
    pub(super) fn ends(
        &mut self,
        (node, by_stick): (usize, bool),
        is_told: bool,
    ) -> Result<(), String> {
        if !is_told {
            return Ok(());
        }
        let number = self.nodes[node].number;
        if !self.closed.contains_key(&number) {
            return Err(format!("node {node} ends, and nobody has closed station {number}"));
        }
        self.nodes[node].ended = true;
        let held = self.all_tags();
        for (tag, confirmed) in &mut self.confirmed {
            if confirmed.lost_with_a_disk || held.contains(tag) {
                continue;
            }
            // What only its branch had of a neighbour whose disk was put back; or a stick says that
            // all has arrived, and the server has been put back since.
            let is_stale = by_stick && self.was_restored;
            if !is_stale && !self.put_back.contains(&tag.0) {
                return Err(format!("I1: {tag:?} ended with node {node}"));
            }
            confirmed.lost_with_a_disk = true;
            self.story.gone_with_a_disk += 1;
        }
        Ok(())
    }
}
