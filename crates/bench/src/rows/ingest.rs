//! Row `ingest`: eight stations bring batches of 500 sealed facts to the real server at once.
//!
//! The server is a process of its own with its own SQLite file; it verifies every signature and
//! every chain, and folds every fact before it answers. The facts are sealed beforehand. The
//! stations say that they hold everything else already, so that nothing flows the other way.
//!
//! Beside it: the same bytes in the same batches, committed to a bare table of a plain file on the
//! same disk, nothing verified; half of the runs before the server's and half after, so that both
//! meet the same weather.

use std::time::Instant;

use admission::exchange::MOST_FACTS;

use crate::Bench;
use crate::bare::Bare;
use crate::courier::{Courier, Server, Wants};
use crate::report::{Figure, Of};
use crate::rows::cluster::Cluster;
use crate::rows::merged;
use crate::town::Town;

/// Fewest facts a second on SQLite.
const BUDGET: f64 = 15_000.0;
/// The same on PostgreSQL.
const BUDGET_POSTGRES: f64 = 10_000.0;
const CLIENTS: u32 = 8;
/// Runs of the bare table before the server's run, and as many after it.
const BARE_RUNS: u32 = 5;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    measure(bench, &[], BUDGET)
}

/// The row `ingest-postgres`: the same, with the server's data in a PostgreSQL of the row's own.
pub fn run_on_postgres(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    // As a server has it that must not lose anything: everything is flushed.
    let cluster = Cluster::start(&["fsync=on", "shared_buffers=256MB"]);
    measure(bench, &["--database", &cluster.url("postgres")], BUDGET_POSTGRES)
}

fn measure(bench: &Bench, options: &[&str], budget: f64) -> anyhow::Result<Vec<Figure>> {
    let each = bench.size(12_500, 600);
    let town = Town::found(bench)?;
    town.fill(&mut town.folder.ledger()?, CLIENTS * each)?;
    let authors = town.members(CLIENTS)?;
    let (running, url) = town.open_with(options)?;
    let server = Server::of(&town, &url)?;
    bench.say(&format!("sealing {} facts", CLIENTS * each));
    let mut couriers = Vec::new();
    for (author, first) in authors.into_iter().zip((0..).step_by(each as usize)) {
        let facts = author.log((first..first + each).map(|number| town.attendee(number).id));
        couriers.push(Courier::new(author, facts, Wants::Nothing, &server)?);
    }
    let count = f64::from(CLIENTS * each);
    let mut alone = bare_rates(bench, &couriers, count)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (couriers, seconds) = runtime.block_on(bring(couriers))?;
    running.terminate()?;
    alone.extend(bare_rates(bench, &couriers, count)?);
    let heads = couriers.iter().map(Courier::head).collect();
    let (missed, doubled) = merged::count(&town, heads)?;
    let rate = count / seconds;
    let bare = crate::report::Stats::of(&alone).median;
    Ok(vec![
        Figure::one("8 clients, batches of 500", "facts/s", rate.round())
            .beside("the bytes alone", &[bare.round()])
            .at_least(Of::Median, budget),
        Figure::one("÷ the bytes alone", "×", rate / bare).detail(),
        Figure::count("missed", missed).detail().must_be_zero(),
        Figure::count("doubled", doubled).detail().must_be_zero(),
    ])
}

/// Commits what all of them bring to a bare table, a batch of each in turn; returns the facts a
/// second of each run.
fn bare_rates(bench: &Bench, couriers: &[Courier], count: f64) -> anyhow::Result<Vec<f64>> {
    let rate = |_| Ok(count / bare_seconds(bench, couriers)?);
    (0..bench.size(BARE_RUNS, 1)).map(rate).collect()
}

fn bare_seconds(bench: &Bench, couriers: &[Courier]) -> anyhow::Result<f64> {
    let dir = tempfile::tempdir_in(bench.dir.path())?;
    let mut bare = Bare::make_plain(&dir.path().join("bare.db"))?;
    let mut logs: Vec<_> =
        couriers.iter().map(|courier| courier.facts().chunks(MOST_FACTS)).collect();
    let began = Instant::now();
    while !logs.is_empty() {
        logs.retain(|log| log.len() > 0);
        for batch in logs.iter_mut().filter_map(Iterator::next) {
            bare.commit(batch.iter().map(|fact| fact.bytes()))?;
        }
    }
    Ok(began.elapsed().as_secs_f64())
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
