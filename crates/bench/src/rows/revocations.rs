//! Row `revocations`: a list of 100,000 passes that open nothing.
//!
//! The server revokes; a real kiosk's file takes the list over HTTP, first whole and then what was
//! added, and is asked about passes. Beside the whole list: its entries, committed at once to a
//! bare table of an equally encrypted file.

use std::time::{Duration, Instant};

use admission::exchange::{Caller, Nonce};
use admission::id::Serial;
use anyhow::ensure;
use decoder::corpus::Chance;
use ledger::Ledger;
use ledger::carrier::Http;
use ledger::local::Contact;

use crate::Bench;
use crate::bare::Bare;
use crate::report::{Figure, millis};
use crate::station::Station;
use crate::town::{self, REGISTRATION, Town, morning};

/// Entries that are added later.
const DELTA: u32 = 100;
/// How often something is added.
const DELTAS: u32 = 20;
/// Passes that are looked up.
const LOOK_UPS: u32 = 10_000;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let entries = bench.size(100_000, 1_000);
    let town = Town::found(bench)?;
    let (running, url) = town.open()?;
    let data = bench.dir.path().join("kiosk");
    let code = town.add_kiosk("K1", REGISTRATION, &url)?;
    let mut kiosk = Kiosk::new(&town, Station::enrol(&data, &url, &code)?, &url)?;
    let mut server = town.folder.ledger()?;
    let began = Instant::now();
    server.revoke(&serials(bench.seed, 0..entries))?;
    let revoked = began.elapsed().as_secs_f64();
    let whole = size(&town, &server, 0)?;
    let applied = kiosk.exchange()?;
    let (mut deltas, mut delta) = (Vec::new(), 0);
    for n in 0..DELTAS {
        let (held, from) = (server.revocations()?, entries + n * DELTA);
        server.revoke(&serials(bench.seed, from..from + DELTA))?;
        delta = size(&town, &server, held)?;
        deltas.push(kiosk.exchange()?);
    }
    ensure!(kiosk.station.ledger.revocations()? == server.revocations()?, "the list is not held");
    running.terminate()?;
    let look_ups = kiosk.look_up(bench.seed, entries)?;
    let began = Instant::now();
    let rows: Vec<[u8; 8]> = (0..u64::from(entries)).map(u64::to_be_bytes).collect();
    Bare::make(&bench.dir.path().join("bare.db"))?.commit(rows.iter().map(|row| &row[..]))?;
    let bare = began.elapsed().as_secs_f64();
    Ok(vec![
        Figure::one("the whole list", "MB", whole as f64 / 1e6),
        Figure::one("entries", "", f64::from(entries)).detail(),
        Figure::one("100 entries more", "bytes", delta as f64),
        Figure::one("to revoke them at the server", "s", revoked),
        Figure::one("to take the whole list", "s", applied.as_secs_f64())
            .beside("the entries alone", &[bare]),
        Figure::new("to take 100 more", "ms", &millis(&deltas)),
        Figure::new("to look a pass up", "µs", &look_ups),
    ])
}

/// Invents serials.
fn serials(seed: u64, numbers: std::ops::Range<u32>) -> Vec<Serial> {
    let serial = |number: u32| {
        let mut chance = Chance::new(seed ^ (u64::from(number) << 32), "revoked");
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&chance.draw().to_be_bytes());
        bytes[8..].copy_from_slice(&chance.draw().to_be_bytes());
        Serial(bytes)
    };
    numbers.map(serial).collect()
}

/// Returns the bytes of what a station gets that holds the list of a number.
fn size(town: &Town, server: &Ledger, held: u64) -> anyhow::Result<usize> {
    let key = town.folder.server_key()?;
    let change = server.revocations_after(held, town.convention.id, &key)?;
    Ok(minicbor::to_vec(&change)?.len())
}

/// A kiosk's file, and its way to the server.
struct Kiosk {
    station: Station,
    caller: Caller,
    http: Http,
    runtime: tokio::runtime::Runtime,
    asked: u8,
}

impl Kiosk {
    fn new(town: &Town, station: Station, url: &str) -> anyhow::Result<Kiosk> {
        let own = station.ledger.own_log()?.station();
        let caller = Caller::new(own, town.folder.settings.server);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Kiosk { station, caller, http: Http::new(url)?, runtime, asked: 0 })
    }

    /// Exchanges once; returns how long the answer took to be taken.
    fn exchange(&mut self) -> anyhow::Result<Duration> {
        self.asked += 1;
        let (nonce, now) = (Nonce([self.asked; 16]), morning());
        let Station { ledger, key, .. } = &mut self.station;
        let question = ledger.ask(&mut self.caller, (nonce, 0), key, now)?;
        let asking = self.http.post("/v1/exchange", question, Duration::from_secs(30));
        let answer = self.runtime.block_on(asking)?;
        let began = Instant::now();
        ledger.take(&mut self.caller, &answer, (key, Contact::real(now)))?;
        Ok(began.elapsed())
    }

    /// Looks passes up, every second of them revoked; returns microseconds.
    fn look_up(&self, seed: u64, entries: u32) -> anyhow::Result<Vec<f64>> {
        let mut times = Vec::new();
        for (n, number) in (0..LOOK_UPS).zip(town::several(seed, LOOK_UPS, entries).iter().cycle())
        {
            let revoked = n % 2 == 0;
            let from = if revoked { 0 } else { 1 << 30 };
            let number = from + number;
            let serial = serials(seed, number..number + 1)[0];
            let began = Instant::now();
            let found = self.station.ledger.is_revoked(serial)?;
            times.push(began.elapsed().as_secs_f64() * 1e6);
            ensure!(found == revoked, "a pass is judged wrongly");
        }
        Ok(times)
    }
}
