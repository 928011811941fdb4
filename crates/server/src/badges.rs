//! `badge`: looks at templates before the day, and prints badges and invitations in bulk.

mod bulk;
mod check;
mod people;
mod preview;
#[cfg(test)]
mod tests;

pub use bulk::{Kind, Order, run as run_print};
pub use check::{Request as Check, run as run_check};
pub use preview::{Choice, Request as Preview, run as run_preview};
