//! What a station does: scan, decide, show, print, exchange.
//!
//! [`desk::Desk`] is the one loop's body and the only writer of the station's ledger: everything
//! that can happen is an [`desk::Input`], everything it wants done is an [`desk::Effect`].
//! [`start`] puts it on a thread and gives it its hands: a printer, an exchange with the server,
//! and a screen. The window and `yingbin-desk` are two thin users of [`Handle`].

pub mod bundle;
pub mod config;
pub mod duty;
pub mod enrol;
pub mod order;
pub mod scan;
pub mod screen;
pub mod station;

pub mod desk;

pub mod print;
mod running;
pub mod sync;
mod wipe;

pub use config::{Confirm, Lan, Options, PeerAddress, PrinterAddress};
pub use enrol::invitation;
pub use ledger::clock::Clock;
pub use print::{Choice, ChoiceError};
pub use running::{Handle, Progress, StartError, start};
pub use station::{Station, StationError};
pub use wipe::Remains;

#[cfg(test)]
mod testing;
