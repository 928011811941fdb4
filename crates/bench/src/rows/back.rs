//! Row `return`: 300 stations were without a network for eight hours and come back at once.
//!
//! Each brings 500 facts and takes what the others bring, until the server holds everything. They
//! keep what they take in memory: on one machine their three hundred disks are not what is meant.
//! Meanwhile people are scanned at one more station, a real `yingbin-desk` that takes everything
//! too, into its own encrypted file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use admission::exchange::Vector;
use anyhow::{Context, ensure};
use kiosk::Station;
use ledger::Ledger;

use crate::Bench;
use crate::courier::{Courier, Server, Wants};
use crate::program::{Running, await_some};
use crate::report::{Figure, Of, millis};
use crate::rows::merged;
use crate::town::{MORNING, OPENING, Town};

/// Most seconds until the server has merged everything.
const MERGED: f64 = 30.0;
/// Most milliseconds of a scan meanwhile.
const SCAN: f64 = 20.0;
/// Between two scans.
const PACE: Duration = Duration::from_millis(25);
/// After that nobody waits any longer.
const PATIENCE: Duration = Duration::from_secs(600);

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let (stations, each) = bench.size((300, 500), (12, 40));
    let crowd = bench.size(20_000, 2_000);
    let total = stations * each;
    let town = Town::found(bench)?;
    bench.say(&format!("a roster of {} for server and station", total + crowd));
    town.fill(&mut town.folder.ledger()?, total + crowd)?;
    let authors = town.members(stations)?;
    let (running, url) = town.open()?;
    let server = Server::of(&town, &url)?;
    let mut door = Door::open(bench, &town, &url, total..total + crowd)?;
    bench.say(&format!("sealing {total} facts"));
    let mut couriers = Vec::new();
    for (author, first) in authors.into_iter().zip((0..).step_by(each as usize)) {
        let facts = author.log((first..first + each).map(|number| town.attendee(number).id));
        couriers.push(Courier::new(author, facts, Wants::Everything, &server)?);
    }
    let heads = couriers.iter().map(Courier::head).collect();
    let calm = door.scans_for(bench.size(Duration::from_secs(10), Duration::from_secs(1)))?;
    let storm = Storm { town: &town, total: u64::from(total) };
    let over = storm.rage(couriers, &mut door)?;
    let scanned = door.close()?;
    running.terminate()?;
    // What the door let in meanwhile is beyond what the others brought, and theirs is whole.
    let (missed, doubled) = merged::count(&town, heads)?;
    bench.say(&format!("{scanned} people were let in at the door"));
    Ok(vec![
        Figure::one("all facts at the server", "s", over.seconds).at_most(Of::Max, MERGED),
        Figure::one("all facts at a real station too", "s", over.held),
        Figure::new("a scan meanwhile", "ms", &millis(&over.scans))
            .beside("in the calm before", &millis(&calm))
            .at_most(Of::P99, SCAN),
        Figure::count("questions without an answer", over.unanswered).detail(),
        Figure::count("missed", missed).detail().must_be_zero(),
        Figure::count("doubled", doubled).detail().must_be_zero(),
    ])
}

struct Storm<'a> {
    town: &'a Town,
    total: u64,
}

/// What is known when it is over.
struct Calm {
    /// Seconds until the server held everything.
    seconds: f64,
    /// Seconds until the door's own station held it too.
    held: f64,
    /// Scans while the server did not.
    scans: Vec<Duration>,
    /// Questions that nobody answered.
    unanswered: usize,
}

impl Storm<'_> {
    /// Lets everybody come back and people be scanned meanwhile.
    fn rage(&self, couriers: Vec<Courier>, door: &mut Door) -> anyhow::Result<Calm> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let over = Arc::new(AtomicBool::new(false));
        let server = self.town.folder.ledger_to_read()?;
        let began = Instant::now();
        let work: Vec<_> = couriers
            .into_iter()
            .map(|courier| runtime.spawn(come_back(courier, Arc::clone(&over))))
            .collect();
        let mut scans = Vec::new();
        let mut look = Instant::now();
        while held_of(&server, door.own)? < self.total {
            ensure!(began.elapsed() < PATIENCE, "the server does not get everything");
            while look.elapsed() < Duration::from_millis(200) {
                scans.push(door.scan()?);
            }
            look = Instant::now();
        }
        let seconds = began.elapsed().as_secs_f64();
        over.store(true, Ordering::Relaxed);
        let mut unanswered = 0;
        for courier in work {
            unanswered += runtime.block_on(courier)??;
        }
        let station = Station::read(&door.data)?;
        let held = await_some(PATIENCE, "the station to take everything", || {
            let all = held_of(&station.ledger, door.own)? >= self.total;
            Ok(all.then(|| began.elapsed().as_secs_f64()))
        })?;
        Ok(Calm { seconds, held, scans, unanswered })
    }
}

/// Brings the log, then takes what others bring, until it is over.
///
/// Returns how many of its questions nobody answered.
async fn come_back(mut courier: Courier, over: Arc<AtomicBool>) -> anyhow::Result<usize> {
    courier.bring().await?;
    while !over.load(Ordering::Relaxed) {
        courier.exchange().await?;
    }
    Ok(courier.unanswered())
}

/// Counts the facts of all logs but one.
fn held_of(ledger: &Ledger, own: admission::id::StationId) -> anyhow::Result<u64> {
    let Vector(heads) = ledger.vector()?;
    let others = heads.iter().filter(|(log, _)| log.station() != own);
    Ok(others.map(|(_, head)| head.seq.0).sum())
}

/// A real station at which people are scanned.
struct Door {
    desk: Running,
    data: std::path::PathBuf,
    own: admission::id::StationId,
    tokens: std::vec::IntoIter<String>,
    scanned: usize,
}

impl Door {
    fn open(
        bench: &Bench,
        town: &Town,
        url: &str,
        people: std::ops::Range<u32>,
    ) -> anyhow::Result<Door> {
        let data = bench.dir.path().join("door");
        let station = Station::enrol(&data, url, &town.add_kiosk("D1", OPENING, url)?)?;
        drop(station);
        let own = Station::read(&data)?.ledger.own_log()?.station();
        let text = data.to_string_lossy();
        let desk = Running::start("yingbin-desk", &["--data", &text, "run", "--now", MORNING])?;
        let tokens: Vec<String> = people.map(|number| town.badge_pass(number)).collect();
        Ok(Door { desk, data, own, tokens: tokens.into_iter(), scanned: 0 })
    }

    /// Scans the next guest, and waits until it is time for another.
    fn scan(&mut self) -> anyhow::Result<Duration> {
        let token = self.tokens.next().context("nobody is left to be scanned")?;
        let began = Instant::now();
        self.desk.say(&token)?;
        let answer = self.desk.hear()?;
        let took = began.elapsed();
        ensure!(answer["decision"] == "admit", "a guest was not let in: {answer}");
        self.scanned += 1;
        std::thread::sleep(PACE.saturating_sub(took));
        Ok(took)
    }

    fn scans_for(&mut self, time: Duration) -> anyhow::Result<Vec<Duration>> {
        let began = Instant::now();
        let mut scans = Vec::new();
        while began.elapsed() < time {
            scans.push(self.scan()?);
        }
        Ok(scans)
    }

    /// Ends the station; returns how many it let in.
    fn close(self) -> anyhow::Result<usize> {
        self.desk.finish()?;
        Ok(self.scanned)
    }
}
