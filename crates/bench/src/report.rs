//! Figures, the table that a person reads, and the JSON that a program reads.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::machine::{self, Machine};
use crate::rows::Row;

/// Samples in short: nearest rank, nothing interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stats {
    /// How many.
    pub samples: usize,
    /// The middle one.
    pub median: f64,
    /// Ninety-nine of a hundred are not larger.
    pub p99: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Stats {
    /// Sums samples up; no samples give zeros.
    pub fn of(samples: &[f64]) -> Stats {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let place = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        let (min, max) = (rank(0.0), rank(1.0));
        Stats { samples: sorted.len(), median: rank(0.5), p99: rank(0.99), min, max }
    }
}

/// Turns times into milliseconds.
pub fn millis(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1000.0).collect()
}

/// Which number of the samples a budget is about.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The middle one.
    Median,
    /// The one that 99 of 100 do not exceed.
    P99,
    /// The worst.
    Max,
}

/// What was promised, and whether it holds.
#[derive(Clone, Debug, Serialize)]
pub struct Budget {
    /// In words, such as `p99 ≤ 2`.
    pub text: String,
    /// Which number is judged.
    pub of: Of,
    /// The limit.
    pub limit: f64,
    /// Whether the limit is the largest that is allowed; otherwise the smallest.
    pub at_most: bool,
    /// Whether it is met.
    pub met: bool,
}

/// The peer that was measured in the same run.
#[derive(Clone, Debug, Serialize)]
pub struct Peer {
    /// What it is.
    pub name: &'static str,
    /// What it took.
    #[serde(flatten)]
    pub stats: Stats,
}

/// One thing that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What.
    pub name: &'static str,
    /// In what.
    pub unit: &'static str,
    /// How much.
    #[serde(flatten)]
    pub stats: Stats,
    /// Beside whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
    /// Why nobody is beside it who should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_peer: Option<String>,
    /// What was promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Belongs to the figure before it.
    pub detail: bool,
    /// Must be zero, whatever the machine: facts that were lost or doubled.
    pub must_be_zero: bool,
}

impl Figure {
    /// Sums samples up.
    pub fn new(name: &'static str, unit: &'static str, samples: &[f64]) -> Figure {
        let stats = Stats::of(samples);
        Figure {
            name,
            unit,
            stats,
            peer: None,
            no_peer: None,
            budget: None,
            detail: false,
            must_be_zero: false,
        }
    }

    /// States one number.
    pub fn one(name: &'static str, unit: &'static str, value: f64) -> Figure {
        Figure::new(name, unit, &[value])
    }

    /// States a number of things.
    pub fn count(name: &'static str, value: usize) -> Figure {
        Figure::one(name, "", value as f64)
    }

    /// Says that it belongs to the figure before it.
    pub fn detail(mut self) -> Figure {
        self.detail = true;
        self
    }

    /// Says that anything but zero is a defect.
    pub fn must_be_zero(mut self) -> Figure {
        self.must_be_zero = true;
        self.at_most(Of::Max, 0.0)
    }

    /// Sets the peer beside it.
    pub fn beside(mut self, name: &'static str, samples: &[f64]) -> Figure {
        self.peer = Some(Peer { name, stats: Stats::of(samples) });
        self
    }

    /// Says why there is no peer beside it.
    pub fn without_peer(mut self, reason: String) -> Figure {
        self.no_peer = Some(reason);
        self
    }

    /// Judges it by the largest value that is allowed.
    pub fn at_most(self, of: Of, limit: f64) -> Figure {
        self.judge(of, limit, true)
    }

    /// Judges it by the smallest value that is allowed.
    pub fn at_least(self, of: Of, limit: f64) -> Figure {
        self.judge(of, limit, false)
    }

    fn judge(mut self, of: Of, limit: f64, at_most: bool) -> Figure {
        let (word, value) = match of {
            Of::Median => ("median ", self.stats.median),
            Of::P99 => ("p99 ", self.stats.p99),
            Of::Max => ("", self.stats.max),
        };
        let word = if self.stats.samples == 1 { "" } else { word };
        let met = if at_most { value <= limit } else { value >= limit };
        let sign = if at_most { '≤' } else { '≥' };
        let text = format!("{word}{sign} {}", number(limit));
        self.budget = Some(Budget { text, of, limit, at_most, met });
        self
    }
}

/// The figures of one row, or why there are none.
#[derive(Clone, Debug, Serialize)]
struct Measured {
    row: Row,
    figures: Vec<Figure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Everything that a run found out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    machine: Machine,
    date: String,
    commit: String,
    seed: u64,
    quick: bool,
    rows: Vec<Measured>,
}

impl Report {
    /// Begins a report on this machine.
    pub fn begin(place: &Path, seed: u64, quick: bool) -> Report {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let machine = Machine::look(place);
        Report { machine, date, commit: machine::commit(), seed, quick, rows: Vec::new() }
    }

    /// Takes what a row measured.
    pub fn add(&mut self, row: Row, figures: Vec<Figure>) {
        self.rows.push(Measured { row, figures, error: None });
    }

    /// Takes why a row could not be measured.
    pub fn fail(&mut self, row: Row, error: &anyhow::Error) {
        eprintln!("    {error:#}");
        self.rows.push(Measured { row, figures: Vec::new(), error: Some(format!("{error:#}")) });
    }

    /// Tells whether every row was measured and nothing was lost or doubled.
    pub fn is_sound(&self) -> bool {
        let kept = |figure: &Figure| !figure.must_be_zero || figure.stats.max == 0.0;
        self.rows.iter().all(|row| row.error.is_none() && row.figures.iter().all(kept))
    }

    /// Returns what was measured on what.
    pub fn heading(&self) -> String {
        let Machine { processor, cores, memory_gib, system, disk, load, build } = &self.machine;
        let mut text = format!(
            "{} · commit {} · {build} build · seed {}\n{processor} · {cores} cores · {memory_gib} GiB · {system} · {disk}\n",
            self.date, self.commit, self.seed
        );
        if self.quick || *build == "debug" {
            text.push_str("Tiny sizes or a debug build: these figures say nothing.\n");
        } else if *load > 0.5 {
            let _ = writeln!(
                text,
                "The machine is busy (load {load}): take these figures for worse than they are."
            );
        }
        text
    }

    /// Returns the table.
    pub fn table(&self) -> String {
        let mut lines = vec![
            ["row", "what", "median", "p99", "min … max", "n", "beside", "budget"]
                .map(str::to_owned),
        ];
        for Measured { row, figures, error } in &self.rows {
            let mut name = row.to_string();
            for figure in figures {
                lines.push(line(std::mem::take(&mut name), figure));
            }
            if let Some(error) = error {
                let mut line = [const { String::new() }; 8];
                (line[0], line[1]) = (name, format!("NOT MEASURED: {error}"));
                lines.push(line);
            }
        }
        format!("\n{}\n{}", self.heading(), columns(&lines))
    }
}

fn line(row: String, figure: &Figure) -> [String; 8] {
    let Figure { name, unit, stats, budget, detail, .. } = figure;
    let one = stats.samples == 1;
    let with_unit = |value: f64| format!("{} {unit}", number(value)).trim_end().to_owned();
    let several = |text: String| if one { String::new() } else { text };
    let peer = figure.peer.as_ref().map(|Peer { name, stats }| match stats.samples {
        1 => format!("{name}: {}", with_unit(stats.median)),
        _ => format!("{name}: {} / {}", number(stats.median), with_unit(stats.p99)),
    });
    let peer = peer.or_else(|| Some(format!("no peer: {}", figure.no_peer.as_ref()?)));
    let budget = budget
        .as_ref()
        .map(|budget| format!("{} {}", budget.text, if budget.met { "met" } else { "MISSED" }));
    [
        row,
        format!("{}{name}", if *detail { "  " } else { "" }),
        with_unit(stats.median),
        several(with_unit(stats.p99)),
        several(format!("{} … {}", number(stats.min), number(stats.max))),
        several(stats.samples.to_string()),
        peer.unwrap_or_default(),
        budget.unwrap_or_default(),
    ]
}

/// Sets lines out in columns, as wide as their widest cell.
fn columns(lines: &[[String; 8]]) -> String {
    let width = |text: &str| text.chars().count();
    let widest = |column: usize| {
        // A row that was not measured says so across all columns.
        let cells =
            lines.iter().filter(|line| !line[2].is_empty()).map(|line| width(&line[column]));
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..8).map(widest).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (cell, wide) in line.iter().zip(&widths) {
            row.push_str(cell);
            row.push_str(&" ".repeat(wide.saturating_sub(width(cell)) + 2));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// Writes a number as exactly as anybody wants to read it: three digits that say something.
fn number(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 || size >= 100.0 {
        return format!("{value:.0}");
    }
    match size {
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_samples_that_were_there() {
        let samples: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let stats = Stats::of(&samples);
        assert_eq!((stats.median, stats.p99, stats.min, stats.max), (100.0, 198.0, 1.0, 200.0));
        assert_eq!(Stats::of(&[7.0]).p99, 7.0);
        assert_eq!(Stats::of(&[]).samples, 0);
    }

    #[test]
    fn a_budget_looks_at_the_number_that_it_is_about() {
        let samples = [1.0, 1.0, 1.0, 9.0];
        let met = |figure: Figure| figure.budget.unwrap().met;
        assert!(met(Figure::new("a", "ms", &samples).at_most(Of::Median, 1.0)));
        assert!(!met(Figure::new("a", "ms", &samples).at_most(Of::P99, 8.9)));
        assert!(!met(Figure::one("a", "/s", 9_999.0).at_least(Of::Median, 10_000.0)));
    }

    #[test]
    fn only_what_is_lost_or_doubled_is_unsound() {
        let mut report = Report::begin(Path::new("/"), 1, true);
        report.add(Row::Kill, vec![Figure::one("slow", "ms", 5.0).at_most(Of::Max, 1.0)]);
        report.add(Row::Kill, vec![Figure::count("lost", 0).must_be_zero()]);
        assert!(report.is_sound() && report.table().contains("MISSED"));
        report.add(Row::Kill, vec![Figure::count("lost", 1).must_be_zero()]);
        assert!(!report.is_sound());
    }

    #[test]
    fn a_peer_that_is_not_there_is_told_and_fails_nothing() {
        let mut report = Report::begin(Path::new("/"), 1, true);
        let figure = Figure::one("PDF", "ms", 5.0).without_peer("no network".to_owned());
        report.add(Row::Badge, vec![figure]);
        assert!(report.is_sound() && report.table().contains("no peer: no network"));
    }

    #[test]
    fn a_row_that_fails_is_told_and_unsound() {
        let mut report = Report::begin(Path::new("/"), 1, true);
        report.fail(Row::Window, &anyhow::anyhow!("no display"));
        assert!(!report.is_sound() && report.table().contains("NOT MEASURED: no display"));
    }
}
