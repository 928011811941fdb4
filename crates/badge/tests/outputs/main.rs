//! Every output of a badge as others see it: drawn back by readers that were written from the manuals, with a code that
//! is read to exactly its pass.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod codes;
mod dots;
mod people;
mod picture;
mod pwg;
mod tspl;
mod zpl;
