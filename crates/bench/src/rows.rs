//! What is measured: a module per row of the budgets whose part exists.

mod back;
mod badge;
#[path = "../../ledger/src/tests/cluster.rs"]
#[allow(dead_code, reason = "the tests ask it more")]
mod cluster;
mod codes;
mod decision;
mod first_load;
mod ingest;
mod kill;
mod merged;
mod revocations;
mod window;

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use crate::Bench;
use crate::report::Figure;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Row {
    /// From a token to a durable decision.
    Decision,
    /// Badges drawn.
    Badge,
    /// Start and memory of the window.
    Window,
    /// Facts that the server takes.
    Ingest,
    /// The same with its data in PostgreSQL.
    IngestPostgres,
    /// Three hundred stations come back at once.
    Return,
    /// A large roster to a new station.
    FirstLoad,
    /// A desk that is killed at any moment.
    Kill,
    /// A long list of passes that open nothing.
    Revocations,
    /// Codes before a camera.
    Codes,
}

/// Every row, in the order in which they are measured.
pub const ROWS: [Row; 10] = [
    Row::Decision,
    Row::Badge,
    Row::Window,
    Row::Ingest,
    Row::IngestPostgres,
    Row::Return,
    Row::FirstLoad,
    Row::Kill,
    Row::Revocations,
    Row::Codes,
];

impl Row {
    /// Measures the row.
    ///
    /// # Errors
    /// Whatever kept it from being measured.
    pub fn run(self, bench: &Bench) -> anyhow::Result<Vec<Figure>> {
        match self {
            Row::Decision => decision::run(bench),
            Row::Badge => badge::run(bench),
            Row::Window => window::run(bench),
            Row::Ingest => ingest::run(bench),
            Row::IngestPostgres => ingest::run_on_postgres(bench),
            Row::Return => back::run(bench),
            Row::FirstLoad => first_load::run(bench),
            Row::Kill => kill::run(bench),
            Row::Revocations => revocations::run(bench),
            Row::Codes => codes::run(bench),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}
