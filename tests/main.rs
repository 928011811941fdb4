//! The journeys: stories told with the real programs on real files, sockets, windows and printers.
//!
//! One binary, one module a story. Each story brings its own folder and its own port and leaves
//! nothing behind. The programs must be built first (`./kiosk test` does).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a story that goes wrong is to stop where it went wrong"
)]

mod support;

mod demo;
mod walls;

mod arrival;
mod bad_input;
mod bundles;
mod durability;
mod faults;
mod keys;
mod live;
mod membership;
mod moved_badges;
mod neighbours;
mod network;
mod offline;
mod printing;
mod proposals;
mod review;
mod rules;
mod scanners;
mod secure;
mod shared_database;
mod window;
