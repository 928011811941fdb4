//! The exchange in a file: what travels on a USB stick where no network reaches.
//!
//! [`container`] is the file, [`write`] what a station and the server put into it, [`read`] how they
//! take it, [`offline`] how a station joins that never saw a network, and [`file`] which files are
//! read and how they are written. The format stands in `docs/bundle.md`.
//!
//! A bundle is never answered while it is read, so everything in it holds by itself: facts and lists
//! are numbered and signed, and whatever is older than what is held changes nothing.

pub mod container;
pub mod file;
pub mod offline;
pub mod read;
pub mod write;

pub(crate) mod known;
mod seal;

#[cfg(test)]
mod tests;

pub use container::{BundleError, Outline, Reader};

use admission::exchange::Nonce;
use admission::id::StationId;

/// To whom a message is addressed that is for everybody who can open it: no station is called so,
/// and no server answers it, so that it is worth nothing on another carrier.
pub const EVERYBODY: StationId = StationId([0; 16]);

/// Draws a nonce.
fn nonce() -> Result<Nonce, BundleError> {
    Ok(Nonce(seal::random()?))
}
