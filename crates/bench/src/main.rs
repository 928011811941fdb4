//! `yingbin-bench`: measures what the project promises, one row after the other.
//!
//! [`rows`] holds a module per row; each sets its own stage up with [`town`], runs real parts, and
//! hands [`report::Figure`]s back. A budget that is missed is marked and fails nothing; a fact that
//! was lost or doubled ends the run with 1. `docs/bench.md` says how each row measures.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong is to stop where it went wrong"
)]

mod bare;
mod courier;
mod machine;
mod program;
mod report;
mod reportlab;
mod rows;
mod screen;
mod station;
mod town;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use admission::roster::Attendee;
use anyhow::Context;
use clap::Parser;
use tempfile::TempDir;

use report::Report;
use rows::{ROWS, Row};

/// Measures Yingbin's budgets and prints them as a table.
///
/// Figures count only on a quiet machine and from a release build; `./kiosk bench` makes one.
#[derive(Debug, Parser)]
#[command(
    name = "yingbin-bench",
    version,
    after_help = "Ends with 0 (measured, whether or not a budget is met), 1 (a fact was lost or doubled, or a row could \
                  not be measured), 2 (wrong use)."
)]
struct Arguments {
    /// Measure this row only; may be given several times.
    #[arg(long, value_name = "ROW")]
    only: Vec<Row>,
    /// Write every figure to this file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Tiny sizes: shows in a minute that every row runs; its figures say nothing.
    #[arg(long)]
    quick: bool,
    /// What the invented people and every choice are made of.
    #[arg(long, default_value_t = 20_230_926)]
    seed: u64,
    /// How long people arrive at the window of the row `window`, in minutes.
    #[arg(long, value_name = "N")]
    minutes: Option<f64>,
    /// How often the row `kill` kills the desk.
    #[arg(long, value_name = "N")]
    cycles: Option<u32>,
    /// Where the databases lie while they are measured: on the disk that is meant.
    // ./kiosk bench names one before whatever it is given: the last one counts.
    #[arg(long, value_name = "DIR", overrides_with = "dir")]
    dir: Option<PathBuf>,
    /// A Python that has ReportLab, the peer of the row `badge`.
    #[arg(long, value_name = "FILE", overrides_with = "python")]
    python: Option<PathBuf>,
    /// Why there is no such Python; the row says it.
    #[arg(long, value_name = "REASON")]
    no_python: Option<String>,
    /// Name the rows and end.
    #[arg(long)]
    list: bool,
}

/// What every row is given.
struct Bench {
    /// A folder of the row's own, which goes when it is through.
    dir: TempDir,
    /// Everybody on the demo's list, imported once.
    demo: Arc<[Attendee]>,
    seed: u64,
    quick: bool,
    minutes: Option<f64>,
    cycles: Option<u32>,
    /// The Python of the peer, or why there is none.
    python: Result<PathBuf, String>,
}

impl Bench {
    /// Returns `full`, or `quick` where only the way is tried.
    fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Says what goes on; a row may take minutes.
    fn say(&self, text: &str) {
        eprintln!("    {text}");
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        ROWS.iter().for_each(|row| println!("{row}"));
        return ExitCode::SUCCESS;
    }
    match measure(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("yingbin-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what was asked for; tells whether everything that was stored is still there, once.
fn measure(arguments: &Arguments) -> anyhow::Result<bool> {
    let place = arguments.dir.clone().unwrap_or_else(std::env::temp_dir);
    std::fs::create_dir_all(&place)?;
    let mut report = Report::begin(&place, arguments.seed, arguments.quick);
    eprint!("{}", report.heading());
    let demo: Arc<[Attendee]> = town::demo_people(folder_in(&place)?.path())?.into();
    for row in ROWS.iter().filter(|row| wanted(arguments, **row)) {
        eprintln!("==> {row}");
        let bench = Bench {
            dir: folder_in(&place)?,
            demo: Arc::clone(&demo),
            seed: arguments.seed,
            quick: arguments.quick,
            minutes: arguments.minutes,
            cycles: arguments.cycles,
            python: python(arguments),
        };
        match row.run(&bench).with_context(|| format!("the row {row} could not be measured")) {
            Ok(figures) => report.add(*row, figures),
            Err(error) => report.fail(*row, &error),
        }
    }
    print!("{}", report.table());
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(report.is_sound())
}

fn folder_in(place: &Path) -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("bench-").tempdir_in(place)
}

fn python(arguments: &Arguments) -> Result<PathBuf, String> {
    let reason = || match &arguments.no_python {
        Some(reason) => reason.clone(),
        None => "--python names none".to_owned(),
    };
    arguments.python.clone().ok_or_else(reason)
}

fn wanted(arguments: &Arguments, row: Row) -> bool {
    arguments.only.is_empty() || arguments.only.contains(&row)
}
