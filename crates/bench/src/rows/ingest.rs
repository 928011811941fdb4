//! Row `ingest`: eight stations bring batches of 500 sealed facts to the real server at once.
//!
//! The server is a process of its own with its own SQLite file; it verifies every signature and
//! every chain, and folds every fact before it answers. The facts are sealed beforehand. The
//! stations say that they hold everything else already, so that nothing flows the other way.

use std::time::Instant;

use crate::Bench;
use crate::courier::{Courier, Server, Wants};
use crate::report::{Figure, Of};
use crate::rows::merged;
use crate::town::Town;

/// Fewest facts a second on SQLite.
const BUDGET: f64 = 15_000.0;
const CLIENTS: u32 = 8;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let each = bench.size(12_500, 600);
    let town = Town::found(bench)?;
    town.fill(&mut town.folder.ledger()?, CLIENTS * each)?;
    let authors = town.members(CLIENTS)?;
    let (running, url) = town.open()?;
    let server = Server::of(&town, &url)?;
    bench.say(&format!("sealing {} facts", CLIENTS * each));
    let mut couriers = Vec::new();
    for (author, first) in authors.into_iter().zip((0..).step_by(each as usize)) {
        let facts = author.log((first..first + each).map(|number| town.attendee(number).id));
        couriers.push(Courier::new(author, facts, Wants::Nothing, &server)?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (couriers, seconds) = runtime.block_on(bring(couriers))?;
    running.terminate()?;
    let heads = couriers.iter().map(Courier::head).collect();
    let (missed, doubled) = merged::count(&town, heads)?;
    let rate = f64::from(CLIENTS * each) / seconds;
    Ok(vec![
        Figure::one("8 clients, batches of 500", "facts/s", rate.round())
            .at_least(Of::Median, BUDGET),
        Figure::count("missed", missed).detail().must_be_zero(),
        Figure::count("doubled", doubled).detail().must_be_zero(),
    ])
}

/// Lets all of them bring their logs; returns the seconds until the last one was through.
async fn bring(couriers: Vec<Courier>) -> anyhow::Result<(Vec<Courier>, f64)> {
    let began = Instant::now();
    let work: Vec<_> = couriers
        .into_iter()
        .map(|mut courier| {
            tokio::spawn(async move {
                courier.bring().await?;
                anyhow::Ok(courier)
            })
        })
        .collect();
    let mut back = Vec::new();
    for courier in work {
        back.push(courier.await??);
    }
    Ok((back, began.elapsed().as_secs_f64()))
}
