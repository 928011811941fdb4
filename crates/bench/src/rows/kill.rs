//! Row `kill`: a real desk is killed at any moment, again and again; what it had said is there.
//!
//! Every cycle starts `yingbin-desk run`, feeds it passes as fast as it takes them, and kills it
//! somewhere between its start and a good many decisions. Guests whose answer the kill swallowed
//! come again in the next cycle, and must not be let in twice. Badges print meanwhile, as at any
//! kiosk; they are swept away now and then, because thousands of them are not the question.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use admission::fact::Body;
use anyhow::{Context, ensure};
use decoder::corpus::Chance;
use kiosk::Station;
use serde_json::Value;

use crate::Bench;
use crate::program::Running;
use crate::report::Figure;
use crate::town::{MORNING, REGISTRATION, Town};

/// Guests who stand before the desk in one cycle. A desk that gets through them begins to end, and
/// is killed while it does.
const QUEUE: usize = 100;
/// The latest moment of a kill after the first answer, in microseconds.
const LATEST: u64 = 60_000;
/// Kills before any answer: one cycle in so many.
const EARLY: u64 = 8;
/// Cycles between two sweeps.
const SWEEP: u32 = 100;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let cycles = bench.cycles.unwrap_or(bench.size(2_000, 12));
    let people = cycles * 100;
    let town = Town::found(bench)?;
    bench.say(&format!("a roster of {people}"));
    town.fill(&mut town.folder.ledger()?, people)?;
    let (server, url) = town.open()?;
    let data = bench.dir.path().join("desk");
    drop(Station::enrol(&data, &url, &town.add_kiosk("K1", REGISTRATION, &url)?)?);
    let mut street = Street::new(&town, people, bench.seed);
    let began = Instant::now();
    for cycle in 0..cycles {
        street.cycle(&data).with_context(|| format!("cycle {cycle}"))?;
        if cycle % SWEEP == SWEEP - 1 {
            sweep(&data)?;
            bench.say(&format!(
                "{} of {cycles} cycles, {} decisions",
                cycle + 1,
                street.told.len()
            ));
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    server.terminate()?;
    let kept = Kept::read(&data, &street)?;
    Ok(vec![
        Figure::one("kill -9 of a desk at work", "cycles", f64::from(cycles)),
        Figure::count("confirmed facts", street.told.len()).detail(),
        Figure::count("facts kept that no answer told", kept.untold).detail(),
        Figure::count("lost", kept.lost).detail().must_be_zero(),
        Figure::count("doubled", kept.doubled).detail().must_be_zero(),
        Figure::one("time", "s", seconds).detail(),
    ])
}

/// The guests, and what they were told.
struct Street<'a> {
    town: &'a Town,
    waiting: VecDeque<(u32, String)>,
    next: u32,
    people: u32,
    /// Fact by guest, as an answer told it.
    told: BTreeMap<u32, (String, String)>,
    chance: Chance,
}

impl<'a> Street<'a> {
    fn new(town: &'a Town, people: u32, seed: u64) -> Street<'a> {
        let chance = Chance::new(seed, "kills");
        let (waiting, told) = (VecDeque::new(), BTreeMap::new());
        Street { town, waiting, next: 0, people, told, chance }
    }

    /// Starts the desk, lets guests come, kills it, and notes what they were told.
    fn cycle(&mut self, data: &Path) -> anyhow::Result<()> {
        while self.waiting.len() < QUEUE && self.next < self.people {
            self.waiting.push_back((self.next, self.town.invitation(self.next)));
            self.next += 1;
        }
        let text = data.to_string_lossy();
        let mut desk = Running::start("yingbin-desk", &["--data", &text, "run", "--now", MORNING])?;
        let (mut input, mut output) = desk.take_ends()?;
        let lines: String = self.waiting.iter().map(|(_, token)| format!("{token}\n")).collect();
        let writer = std::thread::spawn(move || {
            // The kill breaks the pipe.
            let _ = input.write_all(lines.as_bytes());
        });
        let mut said = String::new();
        if self.chance.below(EARLY) == 0 {
            std::thread::sleep(self.moment());
        } else {
            ensure!(output.read_line(&mut said)? > 0, "the desk ended before it said anything");
            std::thread::sleep(self.moment());
        }
        desk.kill()?;
        // What the desk wrote before it died is still in the pipe, and somebody has seen it.
        std::io::Read::read_to_string(&mut output, &mut said)?;
        let _ = writer.join();
        self.note(&said)
    }

    fn moment(&mut self) -> Duration {
        Duration::from_micros(self.chance.below(LATEST))
    }

    fn note(&mut self, said: &str) -> anyhow::Result<()> {
        // A line without its end was never read by anybody.
        for line in said.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let answer: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
            let (guest, _) = self.waiting.pop_front().context("an answer to nobody")?;
            match (answer["decision"].as_str(), answer["reason"].as_str()) {
                (Some("admit"), _) => {
                    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
                    let before = self.told.insert(guest, (text("fact"), text("attendee")));
                    ensure!(before.is_none(), "guest {guest} was let in twice");
                }
                // The kill swallowed the answer, not the fact.
                (_, Some("already_in")) => {}
                _ => anyhow::bail!("guest {guest} was not let in: {line}"),
            }
        }
        Ok(())
    }
}

/// What the desk's file holds in the end.
struct Kept {
    lost: usize,
    doubled: usize,
    untold: usize,
}

impl Kept {
    fn read(data: &Path, street: &Street<'_>) -> anyhow::Result<Kept> {
        let reader = Station::read(data)?;
        let own = reader.ledger.own_log()?;
        let mut facts: BTreeMap<String, String> = BTreeMap::new();
        let mut entered: BTreeMap<String, usize> = BTreeMap::new();
        reader.ledger.for_each_fact(|sealed| -> anyhow::Result<()> {
            let fact = sealed.read()?;
            let subject = fact.subject.map(|id| id.to_string()).unwrap_or_default();
            if fact.log == own && Body::name_of(fact.kind) == "admitted" {
                *entered.entry(subject.clone()).or_default() += 1;
                facts.insert(fact.id().to_string(), subject);
            }
            Ok(())
        })?;
        let findings = reader.ledger.check()?;
        ensure!(findings.complaints.is_empty(), "{:?}", findings.complaints);
        let there = |(fact, who): &&(String, String)| facts.get(fact) == Some(who);
        let found = street.told.values().filter(there).count();
        Ok(Kept {
            lost: street.told.len() - found,
            doubled: entered.values().filter(|times| **times > 1).count(),
            untold: facts.len().saturating_sub(found),
        })
    }
}

/// Removes the badges that were printed.
fn sweep(data: &Path) -> anyhow::Result<()> {
    let badges = data.join("badges");
    for entry in std::fs::read_dir(badges)? {
        std::fs::remove_file(entry?.path())?;
    }
    Ok(())
}
