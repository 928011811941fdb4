//! The stage of every row: the demo convention, as many invented people as a row wants, a real
//! server, and stations that are its members.
//!
//! The people are those of the demo, over and over, with ids, numbers and passes of their own: so
//! names are as long and scripts as mixed as they really are. A seed decides everything but keys.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use admission::exchange::{Direction, Profile, Role};
use admission::fact::{
    Admission, Body, Confidence, Fact, Moment, NO_PREVIOUS, Sealed, Visit, What, seal,
};
use admission::id::{AttendeeId, LogId, Seq, Serial, Slug, StationId};
use admission::pass::{self, Pass, PassKind};
use admission::roster::{Attendee, Convention, Mode, Status};
use admission::time::{Day, Hybrid, Millis};
use anyhow::{Context, ensure};
use decoder::corpus::Chance;
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::clock::Clock;
use ledger::members::Station;
use ledger::register::Entry;
use server::folder::{self, Folder};
use server::root::Root;
use server::stations::NewStation;

use crate::Bench;
use crate::program::Running;

/// The moment of every row: the second morning, registration open.
pub const MORNING: &str = "2023-09-26T07:45:00+08:00";
/// Where people register.
pub const SITE: &str = "hall";
/// What they register at.
pub const REGISTRATION: &str = "registration";
/// What they go to next: its doors are open, and nothing is printed there.
pub const OPENING: &str = "opening";
/// Those of the demo who are entitled to both, and the most of them.
const CATEGORY: &str = "entrepreneur";
/// How many people are written at a time: few enough for the memory of any machine.
const AT_ONCE: u32 = 200_000;

/// Returns [`MORNING`] as an instant.
pub fn morning() -> Millis {
    Millis(MORNING.parse::<jiff::Timestamp>().unwrap_or_default().as_millisecond())
}

/// Returns the civil day of [`MORNING`].
pub fn today() -> Day {
    Day(19_626)
}

/// A convention on a server's folder, and everybody who could come.
pub struct Town {
    /// The server's folder.
    pub folder: Folder,
    /// What it serves.
    pub convention: Convention,
    issuing: SigningKey,
    data: PathBuf,
    patterns: Arc<[Attendee]>,
    seed: u64,
}

impl Town {
    /// Sets a server up for the demo convention, with nobody on its list yet.
    pub fn found(bench: &Bench) -> anyhow::Result<Town> {
        let data = bench.dir.path().join("server");
        let folder = set_up(&data)?;
        let ledger = folder.ledger()?;
        let convention = folder::convention(&ledger)?;
        let issuing = folder.issuing_key(&ledger)?;
        let patterns = Arc::clone(&bench.demo);
        Ok(Town { folder, convention, issuing, data, patterns, seed: bench.seed })
    }

    /// Returns the invented person of a number below a million.
    pub fn attendee(&self, number: u32) -> Attendee {
        let mut attendee = self.patterns[number as usize % self.patterns.len()].clone();
        attendee.id = AttendeeId(self.bytes(number, "attendee"));
        attendee.invitation = Serial(self.bytes(number, "invitation"));
        attendee.badge = Serial(self.bytes(number, "badge"));
        let badge_pass = self.pass(PassKind::Badge, &attendee);
        if let Some(person) = &mut attendee.person {
            person.number = format!("{number:06}");
            person.badge_pass = badge_pass;
        }
        attendee
    }

    /// Returns the text of a person's invitation.
    pub fn invitation(&self, number: u32) -> String {
        self.pass(PassKind::Invitation, &self.attendee(number))
    }

    /// Returns the text of the pass on a person's badge.
    pub fn badge_pass(&self, number: u32) -> String {
        self.pass(PassKind::Badge, &self.attendee(number))
    }

    fn pass(&self, kind: PassKind, attendee: &Attendee) -> String {
        let serial = match kind {
            PassKind::Invitation => attendee.invitation,
            PassKind::Badge => attendee.badge,
        };
        let category = self.convention.category(&attendee.category).map_or(0, |found| found.number);
        let days = (self.convention.first_day, self.convention.days);
        let pass = Pass::new(kind, serial, category, 0, days);
        pass.map(|pass| pass::issue(&pass, self.convention.id, &self.issuing)).unwrap_or_default()
    }

    /// Returns 16 bytes that grow with the number: so a million rows are written in their order.
    fn bytes(&self, number: u32, what: &str) -> [u8; 16] {
        let mut chance = Chance::new(self.seed ^ (u64::from(number) << 32), what);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&chance.draw().to_be_bytes());
        bytes[8..].copy_from_slice(&chance.draw().to_be_bytes());
        let head = (number << 8) | u32::from(bytes[0]);
        bytes[..4].copy_from_slice(&head.to_be_bytes());
        bytes
    }

    /// Puts people 0 to `count` on the list of a ledger.
    pub fn fill(&self, ledger: &mut Ledger, count: u32) -> anyhow::Result<()> {
        let mut from = 0;
        while from < count {
            let to = count.min(from + AT_ONCE);
            ledger.register(&self.entries(from, to))?;
            if count > AT_ONCE {
                eprintln!("    {to} of {count} people are on the list");
            }
            from = to;
        }
        Ok(())
    }

    /// Invents entries on all cores: signing a million passes takes its time.
    fn entries(&self, from: u32, to: u32) -> Vec<Entry> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = (to - from).div_ceil(u32::try_from(threads).unwrap_or(1)).max(1);
        let invent = |start: u32| {
            let numbers = start..to.min(start + share);
            numbers.map(|number| self.entry(number)).collect::<Vec<_>>()
        };
        let starts = (from..to).step_by(share as usize);
        std::thread::scope(|scope| {
            let work: Vec<_> = starts.map(|start| scope.spawn(move || invent(start))).collect();
            // A thread that failed has said why.
            work.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    }

    fn entry(&self, number: u32) -> Entry {
        let attendee = self.attendee(number);
        Entry { number: format!("{number:06}"), attendee, fields: "{}".to_owned() }
    }

    /// Starts the real server on the folder; returns it and its address.
    pub fn open(&self) -> anyhow::Result<(Running, String)> {
        self.open_with(&[])
    }

    /// The same with more options.
    pub fn open_with(&self, options: &[&str]) -> anyhow::Result<(Running, String)> {
        let data = self.data.to_string_lossy();
        let arguments = [&["--data", &data, "serve", "--listen", "127.0.0.1:0"], options].concat();
        let mut running = Running::start("yingbin-server", &arguments)?;
        let ready = running.hear()?;
        let url = ready["ready"].as_str().context("the server does not say where it listens")?;
        Ok((running, url.to_owned()))
    }

    /// Adds a kiosk for an activity and returns its enrolment code.
    pub fn add_kiosk(&self, name: &str, activity: &str, url: &str) -> anyhow::Result<String> {
        let new = NewStation {
            name: name.to_owned(),
            role: Role::Kiosk,
            site: SITE.to_owned(),
            activities: vec![activity.to_owned()],
            direction: Direction::In,
            bus: String::new(),
            url: Some(url.to_owned()),
        };
        let added = server::stations::add(&self.folder, new)?;
        Ok(added["code"].as_str().context("no code")?.to_owned())
    }

    /// Makes stations members without asking them: their keys are made here.
    pub fn members(&self, count: u32) -> anyhow::Result<Vec<Author>> {
        let mut ledger = self.folder.ledger()?;
        (0..count)
            .map(|number| {
                let author = Author::new(number, self.seed)?;
                author.join(&mut ledger)?;
                Ok(author)
            })
            .collect()
    }
}

/// A station of which only its key and its log are there.
pub struct Author {
    /// Its id.
    pub id: StationId,
    /// Its key.
    pub key: SigningKey,
    /// Its log.
    pub log: LogId,
    site: Slug,
    activity: Slug,
}

impl Author {
    fn new(number: u32, seed: u64) -> anyhow::Result<Author> {
        let mut chance = Chance::new(seed ^ (u64::from(number) << 32), "station");
        let mut bytes = [0; 40];
        bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&chance.draw().to_be_bytes()));
        let (mut id, mut key) = ([0; 16], [0; 32]);
        key.copy_from_slice(&bytes[..32]);
        id[..8].copy_from_slice(&bytes[32..]);
        let id = StationId(id);
        Ok(Author {
            id,
            key: SigningKey::from_bytes(&key),
            log: LogId::new(id, [1; 8]),
            site: SITE.parse()?,
            activity: REGISTRATION.parse()?,
        })
    }

    fn join(&self, ledger: &mut Ledger) -> anyhow::Result<()> {
        let profile = Profile {
            name: format!("S{}", self.id),
            role: Role::Kiosk,
            site: self.site.clone(),
            activities: vec![self.activity.clone()],
            direction: Direction::In,
            bus: String::new(),
        };
        let station = Station { id: self.id, public: None, profile };
        let now = Clock::Machine.now();
        let code = ledger::enrol::hash(&self.id.to_string());
        let added = ledger.add_station((&station, None), &code, now.plus(60_000))?;
        ensure!(added, "a station is there twice");
        ledger.enrol_station(&code, self.key.verifying_key().to_bytes(), now)?;
        Ok(())
    }

    /// Writes the log of a day: each of these people was let in once.
    pub fn log(&self, subjects: impl Iterator<Item = AttendeeId>) -> Vec<Sealed> {
        let mut hybrid = Hybrid(0);
        let (mut prev, mut seq) = (NO_PREVIOUS, Seq(0));
        subjects
            .map(|subject| {
                seq = seq.next();
                let wall = morning().plus(i64::try_from(seq.0).unwrap_or(0) * 1000);
                hybrid = hybrid.tick(wall);
                let body = admitted(&self.activity);
                let fact = Fact {
                    log: self.log,
                    seq,
                    prev,
                    moment: Moment {
                        hybrid,
                        wall,
                        offset_ms: None,
                        offset_age_ms: None,
                        confidence: Confidence::Unknown,
                    },
                    kind: body.kind(),
                    kind_version: 1,
                    must_understand: false,
                    site: self.site.clone(),
                    subject: Some(subject),
                    body: body.bytes(),
                    attachment: None,
                };
                let sealed = seal(&fact, &self.key);
                prev = sealed.hash();
                sealed
            })
            .collect()
    }
}

/// Says that somebody was let in with an invitation.
pub fn admitted(activity: &Slug) -> Body {
    let visit = Visit { activity: activity.clone(), day: today(), mode: Mode::Once, leg: 0 };
    let admission = Admission { visit, pass: Some(PassKind::Invitation), again: None };
    Body { rehearsal: false, what: What::Admitted(admission) }
}

/// Draws `count` different numbers below `end`, or all of them if there are no more, in any order.
pub fn several(seed: u64, count: u32, end: u32) -> Vec<u32> {
    let mut chance = Chance::new(seed, "several");
    let (mut seen, mut drawn) = (BTreeSet::new(), Vec::new());
    while drawn.len() < count.min(end) as usize {
        let number = chance.below(end.into()) as u32;
        if seen.insert(number) {
            drawn.push(number);
        }
    }
    drawn
}

/// Sets a server's folder up for the demo convention.
fn set_up(data: &Path) -> anyhow::Result<Folder> {
    server::init::init(data, &demo("convention.toml"), &Root::Beside)?;
    Folder::open(data)
}

fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo").join(name)
}

/// Imports the demo's list as an organiser would, and returns the entrepreneurs who come.
pub fn demo_people(data: &Path) -> anyhow::Result<Vec<Attendee>> {
    let folder = set_up(&data.join("demo"))?;
    let request = server::import::Request {
        people: demo("attendees.csv"),
        assignments: None,
        dry_run: false,
    };
    server::import::import(&folder, &request)?;
    let entries = folder.ledger_to_read()?.entries()?.into_iter();
    let people: Vec<Attendee> = entries
        .map(|entry| entry.attendee)
        .filter(|attendee| attendee.status == Status::Confirmed)
        .filter(|attendee| attendee.category.as_str() == CATEGORY)
        .collect();
    ensure!(!people.is_empty(), "the demo has no people");
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_which_people_are_drawn_and_nobody_twice() {
        assert_eq!(several(1, 50, 1000), several(1, 50, 1000));
        assert_ne!(several(1, 50, 1000), several(2, 50, 1000));
        assert_eq!(several(1, 50, 1000).into_iter().collect::<BTreeSet<u32>>().len(), 50);
        assert_eq!(several(1, 50, 3).into_iter().collect::<BTreeSet<u32>>(), (0..3).collect());
    }
}
