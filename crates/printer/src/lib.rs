//! Everything between a drawn badge and paper.
//!
//! An [`Address`] names a printer as people type it, [`Address::open`] makes a [`Printer`] of it, and that prints one
//! badge at a time and tells what became of it. It knows no attendee, no job of the desk and no rule: who asks keeps
//! count of what was printed.
//!
//! What [`Printed`] says is certain or it says that it is not: a badge that is said not to have printed is printed
//! again without asking anybody, so that is said only as long as no byte was accepted that could move paper.

pub mod address;
pub mod discover;
mod folder;
mod ipp;
mod raw;
#[cfg(windows)]
mod spooler;
mod state;
mod test_page;

use badge::Badge;

pub use address::{Address, BadAddress, OpenError};
pub use folder::Folder;
pub use state::{Condition, State};
pub use test_page::test_page;

/// What became of a badge at the printer; reasons hold no personal data and say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// It surely printed.
    Confirmed,
    /// The printer took all of it, and such a printer never says what becomes of a badge: only the guest can tell.
    Given,
    /// It surely did not print.
    NotPrinted(String),
    /// Nobody can tell: something went wrong after the printer had begun to take it.
    Unknown(String),
}

/// A device that prints one badge at a time.
///
/// Both calls wait for the printer, for a limited time. To show the state while a badge prints, open the same address a
/// second time.
pub trait Printer: Send {
    /// Prints a badge and returns what became of it. `name` is the document's name at the printer, such as
    /// `badge-K2-000007-12.pdf`; it says nothing about the person.
    fn print(&mut self, name: &str, badge: &Badge) -> Printed;

    /// Asks the printer how it is.
    fn state(&mut self) -> State;
}

impl<P: Printer + ?Sized> Printer for Box<P> {
    fn print(&mut self, name: &str, badge: &Badge) -> Printed {
        (**self).print(name, badge)
    }

    fn state(&mut self) -> State {
        (**self).state()
    }
}

#[cfg(test)]
mod testing;
