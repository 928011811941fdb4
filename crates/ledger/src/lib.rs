//! What is kept, and how ledgers exchange it.
//!
//! [`Ledger`] is one SQLite file: facts, projections, roster, print jobs. It applies rules of
//! `admission` and makes none. [`carrier`] brings sealed messages to a server, [`routes`] takes them
//! there, and [`shared`] lets many tasks use one ledger.
//! It knows no screen, no scanner and no printer.

pub mod clock;
mod db;
mod error;
mod open;
#[cfg(feature = "postgres")]
pub mod postgres;

pub use error::LedgerError;
pub use open::{DiskKey, Ledger};

pub mod attachments;
mod confirmed;
pub mod facts;
pub mod fork;
pub mod projections;
pub mod proving;
pub mod quarantine;
pub mod review;
pub mod roster;

pub mod blanks;
pub mod trust;

pub mod case;
pub mod jobs;

pub mod backup;
pub mod ballast;
pub mod care;
pub mod check;
pub mod local;
#[cfg(feature = "postgres")]
pub mod moving;
pub mod restore;
pub mod steward;
pub mod wal;

mod counting;
pub mod members;
pub mod membership;
mod printers;
pub mod proposals;
pub mod register;

pub mod answer;
pub mod bundle;
pub mod carrier;
pub mod enrol;
pub mod gate;
pub mod hearing;
pub mod join;
pub mod lan;
pub mod limits;
mod passed_on;
mod replays;
pub mod routes;
pub mod shared;
pub mod tls;

mod setting;

#[cfg(test)]
mod tests;
