//! Row `first-load`: a new station joins a convention of 250,000 and holds everything that a badge
//! needs.
//!
//! Measured from the enrolment to the station's folder being ready, over HTTP, digest and signature
//! checked, all of it durable in an encrypted file. Beside it: the same rows, committed at once to
//! a bare table of an equally encrypted file.

use std::time::Instant;

use admission::roster::Attendee;
use anyhow::ensure;
use kiosk::Station;

use crate::Bench;
use crate::bare::Bare;
use crate::report::{Figure, Of};
use crate::town::{self, REGISTRATION, Town};

/// Most seconds.
const BUDGET: f64 = 10.0;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let people = bench.size(250_000, 1_000);
    let town = Town::found(bench)?;
    bench.say(&format!("a roster of {people} for the server"));
    town.fill(&mut town.folder.ledger()?, people)?;
    let rows: Vec<Vec<u8>> =
        (0..people).map(|number| town.attendee(number)).map(|one| one.bytes()).collect();
    let (running, url) = town.open()?;
    let (mut loads, mut alone) = (Vec::new(), Vec::new());
    for n in 0..bench.size(3, 1) {
        let data = bench.dir.path().join(format!("kiosk-{n}"));
        let code = town.add_kiosk(&format!("K{n}"), REGISTRATION, &url)?;
        let began = Instant::now();
        let station = Station::enrol(&data, &url, &code)?;
        loads.push(began.elapsed().as_secs_f64());
        drop(station);
        hold_true(&data, &town, people)?;
        std::fs::remove_dir_all(&data)?;
        let path = bench.dir.path().join(format!("bare-{n}.db"));
        let began = Instant::now();
        Bare::make(&path)?.commit(rows.iter().map(Vec::as_slice))?;
        alone.push(began.elapsed().as_secs_f64());
        std::fs::remove_file(path)?;
    }
    running.terminate()?;
    let bytes: usize = rows.iter().map(Vec::len).sum();
    Ok(vec![
        Figure::new("enrol → roster held", "s", &loads)
            .beside("the rows alone", &alone)
            .at_most(Of::Max, BUDGET),
        Figure::one("rows", "", f64::from(people)).detail(),
        Figure::one("their bytes", "MB", bytes as f64 / 1e6).detail(),
    ])
}

/// Looks a thousand people up: they are there, with everything that a badge says.
fn hold_true(data: &std::path::Path, town: &Town, people: u32) -> anyhow::Result<()> {
    let ledger = Station::read(data)?.ledger;
    for number in town::several(1, 1_000, people) {
        let invented: Attendee = town.attendee(number);
        let held = ledger.attendee_of(invented.invitation)?;
        ensure!(held == Some(invented), "person {number} did not arrive whole");
    }
    Ok(())
}
