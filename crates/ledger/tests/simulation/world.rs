//! Three days of a town under a seed.

mod disks;
mod heal;
mod organiser;
mod traffic;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use admission::exchange::MemberState;
use admission::id::{Serial, StationId};
use admission::time::Millis;
use tempfile::TempDir;

use crate::chance::Chance;
use crate::faults::{BadClock, END, Weather, some_time};
use crate::later;
use crate::node::{Bookmark, Node, Tag, tag};
use crate::plant::Plant;
use crate::story::Story;
use crate::town::{MORNING, STATIONS, Town, folder, invitation, site};
use crate::verdict;

/// What a desk confirmed, and what became of it.
#[derive(Default)]
pub struct Confirmed {
    /// A disk was put back, and no other had it.
    pub lost_with_a_disk: bool,
}

enum Event {
    Act(usize),
    Ask(usize),
    AskPeer(usize),
    Stick(usize),
    /// A node reads a stick; at the server, whose it is.
    Read(usize, Stick),
    Arrive(Packet),
    Crash(usize),
    Clone(usize),
    Snapshot(usize),
    Rollback(usize),
    Revoke,
    Cancel,
    /// Somebody is taken off the list for good.
    Erase,
    /// A station is revoked.
    Close(u8),
    /// A laptop is replaced.
    Replace(u8),
    /// A station is brought up to date before the others.
    Update(usize),
}

#[derive(Clone)]
struct Stick {
    file: Vec<u8>,
    /// Who wrote it, or waits for it.
    of: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Question,
    Answer,
    /// The server does not know who asks.
    Refusal,
}

#[derive(Clone)]
struct Packet {
    way: (usize, usize),
    word: Word,
    /// The connection, between neighbours.
    line: u64,
    bytes: Vec<u8>,
    bookmark: Bookmark,
}

pub struct World {
    pub nodes: Vec<Node>,
    pub confirmed: BTreeMap<Tag, Confirmed>,
    pub cancelled: BTreeSet<u8>,
    pub revoked: BTreeSet<Serial>,
    /// Who was taken off the list.
    pub erased: BTreeSet<u8>,
    /// Stations whose disk was put back.
    pub put_back: BTreeSet<StationId>,
    /// Stations that were revoked or replaced.
    pub closed: BTreeMap<u8, MemberState>,
    pub story: Story,
    chance: Chance,
    weather: Weather,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    events: BTreeMap<u64, Event>,
    counted: u64,
    walls: BTreeSet<i64>,
    was_restored: bool,
    lines: u64,
    folder: TempDir,
}

impl World {
    pub fn new(town: &Town, seed: u64, plant: Plant) -> World {
        let mut chance = Chance::new(seed);
        let folder = folder();
        let mut nodes = Vec::new();
        for number in 0..=STATIONS {
            let file = folder.path().join(format!("{number}.db"));
            std::fs::copy(town.file(number), &file).unwrap();
            let clock = if number == 0 { BadClock::default() } else { BadClock::draw(&mut chance) };
            nodes.push(Node::open(number, file, clock, plant));
        }
        let weather = Weather::draw(&mut chance, nodes.len());
        let steps = nodes.iter().filter(|node| node.clock.step.is_some()).count();
        let mut world = World {
            nodes,
            confirmed: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            revoked: BTreeSet::new(),
            erased: BTreeSet::new(),
            put_back: BTreeSet::new(),
            closed: BTreeMap::new(),
            story: Story { steps: steps as u64, ..Story::default() },
            chance,
            weather,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            counted: 0,
            walls: BTreeSet::new(),
            was_restored: false,
            lines: 0,
            folder,
        };
        world.plan();
        world
    }

    /// Draws what happens and when.
    fn plan(&mut self) {
        let stations = usize::from(STATIONS);
        let any = |chance: &mut Chance| 1 + chance.place(stations);
        for _ in 0..130 {
            let (at, node) = (some_time(&mut self.chance), any(&mut self.chance));
            self.at(at, Event::Act(node));
        }
        for _ in 0..190 {
            let (at, node) = (some_time(&mut self.chance), 1 + self.chance.place(16));
            let to_server = self.chance.percent(60);
            self.at(at, if to_server { Event::Ask(node) } else { Event::AskPeer(node) });
        }
        for laptop in 17..=stations {
            for _ in 0..4 {
                let at = some_time(&mut self.chance);
                self.at(at, Event::Stick(laptop));
            }
        }
        for _ in 0..self.chance.below(8) {
            let (at, node) = (some_time(&mut self.chance), self.chance.place(stations + 1));
            self.at(at, Event::Crash(node));
        }
        for _ in 0..self.chance.below(3) {
            let (at, node) = (some_time(&mut self.chance), any(&mut self.chance));
            self.at(at, Event::Clone(node));
            // Both copies work on.
            for _ in 0..3 {
                let at = at + self.chance.span(0, crate::faults::RUSH);
                self.at(at, Event::Act(node));
            }
        }
        for _ in 0..self.chance.below(3) {
            let (at, node) = (some_time(&mut self.chance), any(&mut self.chance));
            let back = at + self.chance.span(60_000, END / 3);
            self.at(at, Event::Snapshot(node));
            self.at(back, Event::Rollback(node));
            self.at(back + 1000, Event::Act(node));
        }
        if self.chance.percent(30) {
            let at = some_time(&mut self.chance);
            let back = at + self.chance.span(60_000, END / 3);
            self.at(at, Event::Snapshot(0));
            self.at(back, Event::Rollback(0));
            // What it has forgotten afterwards: who came, and who had to go.
            let meanwhile = at + self.chance.span(1000, 50_000);
            self.at(meanwhile, Event::Replace(17));
            let meanwhile = at + self.chance.span(1000, 50_000);
            self.at(meanwhile, Event::Close(3));
        }
        for _ in 0..4 {
            let at = some_time(&mut self.chance);
            self.at(at, Event::Revoke);
            let at = some_time(&mut self.chance);
            self.at(at, Event::Cancel);
        }
        for _ in 0..self.chance.below(3) {
            let at = some_time(&mut self.chance);
            self.at(at, Event::Erase);
        }
        if self.chance.percent(40) {
            let number = 1 + u8::try_from(self.chance.below(STATIONS.into())).unwrap();
            let at = some_time(&mut self.chance);
            self.at(at, Event::Close(number));
        }
        if self.chance.percent(30) {
            let number = 17 + u8::try_from(self.chance.below(4)).unwrap();
            let at = some_time(&mut self.chance);
            self.at(at, Event::Replace(number));
        }
        for _ in 0..self.chance.below(4) {
            let (at, node) = (some_time(&mut self.chance), any(&mut self.chance));
            self.at(at, Event::Update(node));
        }
    }

    fn at(&mut self, at: i64, event: Event) {
        self.counted += 1;
        self.queue.push(Reverse((at, self.counted)));
        self.events.insert(self.counted, event);
    }

    /// Lives until the end, heals, and says what is wrong then.
    pub fn live(mut self) -> Result<Story, String> {
        while let Some(Reverse((now, number))) = self.queue.pop() {
            if now > END {
                self.queue.push(Reverse((now, number)));
                break;
            }
            let event = self.events.remove(&number).unwrap();
            self.happen(now, event)?;
        }
        self.heal()?;
        verdict::pronounce(&mut self)?;
        Ok(self.story)
    }

    fn happen(&mut self, now: i64, event: Event) -> Result<(), String> {
        match event {
            Event::Act(node) => self.act(now, node)?,
            Event::Ask(node) => self.ask(now, (node, 0)),
            Event::AskPeer(node) => {
                let peers = self.peers(node);
                if !peers.is_empty() {
                    let peer = peers[self.chance.place(peers.len())];
                    self.ask(now, (node, peer));
                }
            }
            Event::Stick(node) => self.carry(now, node),
            Event::Read(node, stick) => self.read(now, node, stick)?,
            Event::Arrive(packet) => self.arrive(now, packet)?,
            Event::Crash(node) => self.crash(node),
            Event::Clone(node) => self.clone_disk(now, node),
            Event::Snapshot(node) => {
                let file = self.folder.path().join(format!("snapshot-{node}-{now}.db"));
                self.nodes[node].copy_to(&file);
                self.nodes[node].snapshot = Some(file);
            }
            Event::Rollback(node) => self.roll_back(now, node)?,
            Event::Update(node) => {
                self.nodes[node].is_later = true;
                self.story.updated += 1;
            }
            // Until all stations have asked a restored server, nobody writes lists there.
            Event::Revoke | Event::Cancel | Event::Erase | Event::Close(_) | Event::Replace(_)
                if self.was_restored => {}
            Event::Revoke => {
                let number = self.somebody();
                self.revoked.insert(invitation(number));
                self.server_lists();
            }
            Event::Cancel => {
                let number = self.somebody();
                self.cancelled.insert(number);
                self.server_lists();
            }
            Event::Erase => {
                let number = self.somebody();
                self.erased.insert(number);
                self.story.erased += 1;
                self.server_lists();
            }
            Event::Close(number) => self.close(number),
            Event::Replace(number) => self.replace(now, number),
        }
        Ok(())
    }

    fn peers(&self, node: usize) -> Vec<usize> {
        let own = self.nodes[node].number;
        let is_peer = |other: &usize| {
            let number = self.nodes[*other].number;
            let other = &self.nodes[*other];
            number != 0 && number != own && site(number) == site(own) && !other.ended
        };
        (0..self.nodes.len()).filter(is_peer).collect()
    }

    fn act(&mut self, now: i64, node: usize) -> Result<(), String> {
        if self.nodes[node].ended {
            return Ok(());
        }
        let mut wall = self.nodes[node].now(now);
        while !self.walls.insert(wall.0) {
            wall = Millis(wall.0 + 1);
        }
        let fact = self.nodes[node].act(&mut self.chance, wall);
        // A clock that was never set wrong is dragged along by nobody's.
        let is_sound = self.nodes[node].clock.step.is_none();
        let ahead = fact.moment.hybrid.millis().since(MORNING.plus(now));
        if is_sound && ahead > 12 * 60_000 {
            return Err(format!("the hybrid clock of node {node} is {ahead} ms ahead"));
        }
        self.confirmed.insert(tag(&fact), Confirmed::default());
        self.story.facts += 1;
        self.story.unreadable += u64::from(fact.kind == later::KIND);
        Ok(())
    }
}
