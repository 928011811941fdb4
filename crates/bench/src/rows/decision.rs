//! Row `decision`: from a token to a durable decision, a roster of a million, an encrypted file.
//!
//! The steps are the desk's own: verify the pass, gather the case, decide, commit fact, presence
//! and print job in one transaction. After each scan one row is committed to a bare table on the
//! same disk, so that both meet the same weather.

use std::time::{Duration, Instant};

use admission::exchange::Policy;
use admission::id::Slug;
use admission::pass::{self, IssuingKey};
use admission::rule::{Decision, decide};
use anyhow::{Context, bail};
use ledger::case::Door;
use ledger::facts::{Draft, Paper};

use crate::Bench;
use crate::bare::Bare;
use crate::report::{Figure, Of, millis};
use crate::station::Station;
use crate::town::{self, REGISTRATION, Town, admitted, morning, today};

/// How many times the bare commit the whole decision may take.
const RATIO: f64 = 2.0;
/// Most that everything but the commit may take, in milliseconds.
const THOUGHT: f64 = 0.2;
/// Rows until the bare file's write-ahead log is as long as it gets and is written over: growing
/// costs a file more than what is in it. The scans that are not counted do the same for the ledger.
const BEGINNING: u32 = 1_500;
/// What a sealed admission weighs, in bytes: what the bare table is given.
const FACT: usize = 300;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let people = bench.size(1_000_000, 500);
    let (warm, scans) = bench.size((300, 2_000), (5, 40));
    let town = Town::found(bench)?;
    let mut desk = Desk::set_up(bench, &town, people)?;
    let mut bare = Bare::make(&bench.dir.path().join("bare.db"))?;
    let arriving = town::several(bench.seed, warm + scans, people);
    let tokens: Vec<String> = arriving.into_iter().map(|number| town.invitation(number)).collect();
    let row = [0x5A; FACT];
    for _ in 0..bench.size(BEGINNING, 1) {
        bare.commit(std::iter::once(&row[..]))?;
    }
    let (mut thought, mut whole, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for (n, token) in (0..).zip(&tokens) {
        let (decided, stored) = desk.scan(token)?;
        let began = Instant::now();
        bare.commit(std::iter::once(&row[..]))?;
        if n >= warm {
            thought.push(decided);
            whole.push(stored);
            alone.push(began.elapsed());
        }
    }
    Ok(figures(&millis(&whole), &millis(&thought), &millis(&alone)))
}

fn figures(whole: &[f64], thought: &[f64], alone: &[f64]) -> Vec<Figure> {
    let decision = Figure::new("token → durable decision", "ms", whole);
    let decision = decision.beside("one bare row", alone);
    let peer = crate::report::Stats::of(alone);
    let ratio = |value: f64, by: f64| value / by.max(f64::MIN_POSITIVE);
    let p99 = ratio(decision.stats.p99, peer.p99);
    let median = ratio(decision.stats.median, peer.median);
    vec![
        decision,
        Figure::one("p99 ÷ bare p99", "×", p99).detail().at_most(Of::Max, RATIO),
        Figure::one("median ÷ bare median", "×", median).detail(),
        Figure::new("without the commit", "ms", thought).detail().at_most(Of::P99, THOUGHT),
    ]
}

/// A kiosk with everybody on its list, and what the desk knows beside it.
struct Desk {
    station: Station,
    keys: Vec<IssuingKey>,
    activity: Slug,
}

impl Desk {
    /// Enrols a kiosk at a real server that knows nobody yet, and then writes everybody into its
    /// file: a million rows are more than one answer carries.
    fn set_up(bench: &Bench, town: &Town, people: u32) -> anyhow::Result<Desk> {
        let data = bench.dir.path().join("kiosk");
        let (server, url) = town.open()?;
        let code = town.add_kiosk("K1", REGISTRATION, &url)?;
        let mut station = Station::enrol(&data, &url, &code)?;
        server.terminate()?;
        bench.say(&format!("writing a roster of {people} into an encrypted file"));
        town.fill(&mut station.ledger, people)?;
        // Opened anew, so that nothing of the writing is still in memory.
        drop(station);
        let station = Station::open(&data)?;
        let keys = station.ledger.issuing_keys()?;
        Ok(Desk { station, keys, activity: REGISTRATION.parse()? })
    }

    /// Does with a token what the desk does; returns the time to the decision and to its commit.
    fn scan(&mut self, token: &str) -> anyhow::Result<(Duration, Duration)> {
        let began = Instant::now();
        let now = morning();
        let pass = pass::read(token, &self.keys)?;
        let Station { ledger, key, policy } = &mut self.station;
        let Policy { convention, profile, .. } = &*policy;
        let door = Door {
            convention,
            activity: convention.activity(&self.activity).context("no such activity")?,
            profile,
            today: today(),
            now,
            list_now: now,
            clock_is_set: true,
            rehearsal: false,
        };
        let (case, _) = ledger.case(pass, &door)?;
        let Decision::Admit(pleased) = decide(&case, now) else {
            bail!("a guest was not let in");
        };
        let decided = began.elapsed();
        let draft = Draft {
            body: admitted(&self.activity),
            subject: Some(pleased.attendee),
            site: profile.site.clone(),
            badge: pleased.collects.then_some(Paper { rehearsal: false }),
            attachment: None,
        };
        ledger.record(&draft, key, now)?;
        Ok((decided, began.elapsed()))
    }
}
