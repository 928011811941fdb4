//! What is true: passes, roster, rules, facts and the exchange, as pure functions over values.
//!
//! This crate knows no file, no network, no clock and no source of randomness: `now`, keys and
//! random bytes are arguments, so a station and a test reach the same answer from the same input.
//! A newcomer reads [`pass`], [`rule`] and [`fact`] first; [`exchange`] brings two ledgers together.

pub mod id;
pub mod text;
pub mod time;

pub mod pass;

pub mod keys;

pub mod revocation;

pub mod roster;

pub mod rule;

pub mod fact;

pub mod presence;

pub mod review;

pub mod exchange;

pub mod authority;

mod cose;
mod hash;

#[cfg(test)]
mod chance;
#[cfg(test)]
mod fixture;
