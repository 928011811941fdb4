//! Three days of a town under a seed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt;

use admission::exchange::Nonce;
use admission::id::{Serial, StationId};
use admission::roster::Status;
use admission::time::Millis;
use tempfile::TempDir;

use crate::chance::Chance;
use crate::faults::{BadClock, END, Weather, some_time};
use crate::node::{Bookmark, Node, Tag, tag};
use crate::plant::Plant;
use crate::town::{GUESTS, MORNING, STATIONS, Town, entry, folder, id, invitation, site};
use crate::verdict;

/// What a desk confirmed, and what became of it.
#[derive(Default)]
pub struct Confirmed {
    /// A disk was put back, and no other had it.
    pub lost_with_a_disk: bool,
}

/// What happened, counted.
#[derive(Clone, Debug, Default)]
pub struct Story {
    pub facts: u64,
    pub messages: u64,
    pub lost: u64,
    pub crashes: u64,
    pub clones: u64,
    pub rollbacks: u64,
    pub restores: u64,
    pub forks: u64,
    pub sticks: u64,
    pub steps: u64,
    pub gone_with_a_disk: u64,
    pub laid_aside: u64,
    pub most_rounds: u64,
}

impl Story {
    pub fn add(&mut self, other: &Story) {
        self.facts += other.facts;
        self.messages += other.messages;
        self.lost += other.lost;
        self.crashes += other.crashes;
        self.clones += other.clones;
        self.rollbacks += other.rollbacks;
        self.restores += other.restores;
        self.forks += other.forks;
        self.sticks += other.sticks;
        self.steps += other.steps;
        self.gone_with_a_disk += other.gone_with_a_disk;
        self.laid_aside += other.laid_aside;
        self.most_rounds = self.most_rounds.max(other.most_rounds);
    }

    pub fn has_seen_everything(&self) -> bool {
        let seen = [
            self.facts,
            self.lost,
            self.crashes,
            self.clones,
            self.rollbacks,
            self.restores,
            self.forks,
            self.sticks,
            self.steps,
        ];
        seen.iter().all(|count| *count > 0)
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} facts, {} messages ({} lost), {} crashes, {} clones, {} rollbacks, {} restores, \
             {} facts moved by forks, {} stick trips, {} clocks set wrong, {} facts gone with a \
             disk, {} laid aside, healed in at most {} rounds",
            self.facts,
            self.messages,
            self.lost,
            self.crashes,
            self.clones,
            self.rollbacks,
            self.restores,
            self.forks,
            self.sticks,
            self.steps,
            self.gone_with_a_disk,
            self.laid_aside,
            self.most_rounds,
        )
    }
}

enum Event {
    Act(usize),
    Ask(usize),
    AskPeer(usize),
    Stick(usize),
    Arrive(Packet),
    Crash(usize),
    Clone(usize),
    Snapshot(usize),
    Rollback(usize),
    Revoke,
    Cancel,
}

#[derive(Clone)]
struct Packet {
    way: (usize, usize),
    is_answer: bool,
    by_stick: bool,
    bytes: Vec<u8>,
    bookmark: Bookmark,
}

pub struct World {
    pub nodes: Vec<Node>,
    pub confirmed: BTreeMap<Tag, Confirmed>,
    pub cancelled: BTreeSet<u8>,
    pub revoked: BTreeSet<Serial>,
    /// Stations whose disk was put back.
    pub put_back: BTreeSet<StationId>,
    pub story: Story,
    chance: Chance,
    weather: Weather,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    events: BTreeMap<u64, Event>,
    counted: u64,
    walls: BTreeSet<i64>,
    was_restored: bool,
    folder: TempDir,
}

/// Far below fifty: what has not settled by then talks for ever.
const MOST_ROUNDS: u64 = 12;

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
            put_back: BTreeSet::new(),
            story: Story { steps: steps as u64, ..Story::default() },
            chance,
            weather,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            counted: 0,
            walls: BTreeSet::new(),
            was_restored: false,
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
        }
        for _ in 0..4 {
            let at = some_time(&mut self.chance);
            self.at(at, Event::Revoke);
            let at = some_time(&mut self.chance);
            self.at(at, Event::Cancel);
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
            Event::Arrive(packet) => self.arrive(now, packet)?,
            Event::Crash(node) => self.crash(node),
            Event::Clone(node) => self.clone_disk(now, node),
            Event::Snapshot(node) => {
                let file = self.folder.path().join(format!("snapshot-{node}-{now}.db"));
                self.nodes[node].copy_to(&file);
                self.nodes[node].snapshot = Some(file);
            }
            Event::Rollback(node) => self.roll_back(node)?,
            Event::Revoke if !self.was_restored => {
                let number = 1 + u8::try_from(self.chance.below(GUESTS.into())).unwrap();
                self.revoked.insert(invitation(number));
                self.server_lists();
            }
            Event::Cancel if !self.was_restored => {
                let number = 1 + u8::try_from(self.chance.below(GUESTS.into())).unwrap();
                self.cancelled.insert(number);
                self.server_lists();
            }
            // Until all stations have asked a restored server, nobody writes lists there.
            Event::Revoke | Event::Cancel => {}
        }
        Ok(())
    }

    fn server_lists(&mut self) {
        let cancelled: Vec<_> =
            self.cancelled.iter().map(|number| entry(*number, Status::Cancelled)).collect();
        let revoked: Vec<Serial> = self.revoked.iter().copied().collect();
        self.nodes[0].write_lists(&cancelled, &revoked);
    }

    fn peers(&self, node: usize) -> Vec<usize> {
        let own = self.nodes[node].number;
        let is_peer = |other: &usize| {
            let number = self.nodes[*other].number;
            number != 0 && number != own && site(number) == site(own)
        };
        (0..self.nodes.len()).filter(is_peer).collect()
    }

    fn act(&mut self, now: i64, node: usize) -> Result<(), String> {
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
        Ok(())
    }

    // ------------------------------------------------------------ the network

    fn nonce(&mut self) -> Nonce {
        Nonce(self.chance.bytes16())
    }

    fn ask(&mut self, now: i64, way: (usize, usize)) {
        let (nonce, number) = (self.nonce(), self.nodes[way.1].number);
        let bytes = self.nodes[way.0].ask((way.1, number), nonce, now);
        let bookmark = self.nodes[way.0].bookmark;
        self.send(now, Packet { way, is_answer: false, by_stick: false, bytes, bookmark });
    }

    fn carry(&mut self, now: i64, node: usize) {
        let nonce = self.nonce();
        let bytes = self.nodes[node].ask_by_stick(nonce, now);
        let bookmark = self.nodes[node].bookmark;
        self.story.sticks += 1;
        self.send(
            now,
            Packet { way: (node, 0), is_answer: false, by_stick: true, bytes, bookmark },
        );
    }

    fn send(&mut self, now: i64, packet: Packet) {
        self.story.messages += 1;
        let times = 1 + u64::from(self.chance.percent(self.weather.twice));
        for _ in 0..times {
            let lost = self.chance.percent(self.weather.drop);
            let stopped = self.weather.stops(now, packet.way, packet.is_answer);
            if lost || (stopped && !packet.by_stick) {
                self.story.lost += 1;
                continue;
            }
            let late = match packet.by_stick {
                true => self.chance.span(3_600_000, 20 * 3_600_000),
                false => self.chance.span(1, self.weather.slowest + 2),
            };
            self.at(now + late, Event::Arrive(packet.clone()));
        }
    }

    fn arrive(&mut self, now: i64, packet: Packet) -> Result<(), String> {
        let (from, to) = packet.way;
        if self.chance.percent(1) {
            // It ends before it has read the message.
            self.crash(to);
            return Ok(());
        }
        if packet.is_answer {
            let sender = (from, self.nodes[from].number);
            let taken = self.nodes[to].take(&packet.bytes, sender, (now, packet.bookmark))?;
            if taken.more && self.chance.percent(70) {
                self.ask(now, (to, from));
            }
            return Ok(());
        }
        let nonce = self.nonce();
        let answer = self.nodes[to].answer(&packet.bytes, nonce, (now, packet.bookmark));
        if self.chance.percent(1) {
            // It ends before the answer has left.
            self.crash(to);
            return Ok(());
        }
        if let Some((bytes, bookmark)) = answer {
            self.send(now, Packet { way: (to, from), is_answer: true, bytes, bookmark, ..packet });
        }
        Ok(())
    }

    // ------------------------------------------------------------ disks

    fn crash(&mut self, node: usize) {
        self.story.crashes += 1;
        self.nodes[node].restart();
    }

    fn clone_disk(&mut self, now: i64, node: usize) {
        let file = self.folder.path().join(format!("clone-{}.db", self.nodes.len()));
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

    fn roll_back(&mut self, node: usize) -> Result<(), String> {
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
            }
            _ => {
                self.put_back.insert(id(self.nodes[node].number));
                self.story.rollbacks += 1;
            }
        }
        Ok(())
    }

    /// Everything that some disk holds.
    pub fn all_tags(&self) -> BTreeSet<Tag> {
        self.nodes.iter().flat_map(Node::tags).collect()
    }

    fn missing_are(&self, wrong: impl Fn(&Tag) -> Result<(), String>) -> Result<(), String> {
        let held = self.all_tags();
        let missing = |(tag, confirmed): &(&Tag, &Confirmed)| {
            !confirmed.lost_with_a_disk && !held.contains(tag)
        };
        self.confirmed.iter().filter(missing).try_for_each(|(tag, _)| wrong(tag))
    }

    // ------------------------------------------------------------ healing

    /// Everybody asks the server until nothing moves.
    fn heal(&mut self) -> Result<(), String> {
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
                }
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
                let took = self.talk(now, node)?;
                moved += took.facts + usize::from(took.more);
                if !took.more {
                    break;
                }
            }
        }
        Ok(moved)
    }

    /// One question that arrives, and its answer that does.
    fn talk(&mut self, now: i64, node: usize) -> Result<crate::node::Took, String> {
        let (nonce, back) = (self.nonce(), self.nonce());
        self.story.messages += 2;
        let bookmark = self.nodes[node].bookmark;
        let question = self.nodes[node].ask((0, 0), nonce, now);
        let answer = self.nodes[0].answer(&question, back, (now, bookmark));
        let (answer, bookmark) = answer.ok_or_else(|| format!("node {node} got no answer"))?;
        self.nodes[node].take(&answer, (0, 0), (now, bookmark))
    }

    fn rest(&mut self, now: i64) -> Result<(), String> {
        let rest: Vec<Event> = std::mem::take(&mut self.events).into_values().collect();
        self.queue.clear();
        for event in rest {
            if let Event::Arrive(packet) = event
                && !packet.is_answer
            {
                let nonce = self.nonce();
                let _ =
                    self.nodes[packet.way.1].answer(&packet.bytes, nonce, (now, packet.bookmark));
            }
        }
        Ok(())
    }

    fn nobody_talks_on(&mut self, now: i64) -> Result<(), String> {
        for node in 1..self.nodes.len() {
            let took = self.talk(now + 60_000, node)?;
            if took.more || took.facts > 0 {
                return Err(format!("talk without end: node {node} is told {} facts", took.facts));
            }
        }
        Ok(())
    }
}
