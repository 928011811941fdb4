//! Which printers are there: what announces itself on the network, and the queues of this machine.

mod network;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use mdns_sd::IfKind;
use serde::Serialize;

use crate::address::{Address, Format, Ipp};
use crate::ipp::{self, IppPrinter};
#[cfg(windows)]
use crate::spooler::queues as of_windows;
use crate::{Printer, State};

/// A printer that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it calls itself.
    pub name: String,
    /// How it is written; `None` where its language is not known, see `what`.
    pub address: Option<Address>,
    /// Make and model, or what is missing to use it.
    pub what: String,
    /// What it takes, in the order in which it is tried.
    pub formats: Vec<Format>,
    /// How it is; `None` if nobody asked.
    pub state: Option<State>,
}

/// The queues of CUPS on this machine.
const CUPS: (&str, u16) = ("localhost", 631);
/// Most printers of a network that are asked how they are.
const MOST: usize = 64;
/// How long a printer that was found may take to answer.
const ANSWER: Duration = Duration::from_secs(3);

/// Lists the queues of this machine: those of CUPS, and on Windows its own.
pub fn queues() -> Vec<Found> {
    queues_of(CUPS).into_iter().chain(of_windows()).collect()
}

#[cfg(not(windows))]
fn of_windows() -> Vec<Found> {
    Vec::new()
}

/// Lists the queues of this machine, and what announces itself on the network within this time (two seconds reach
/// most); the same printer may be there as a queue, too.
pub fn discover(patience: Duration) -> Vec<Found> {
    let mut found = queues();
    found.extend(on_network(None, patience));
    found
}

fn queues_of((host, port): (&str, u16)) -> Vec<Found> {
    let server = Ipp::at(host, port, "/");
    let printer = IppPrinter::open(server, short());
    let queues = printer.ok().and_then(|printer| printer.queues().ok()).unwrap_or_default();
    queues
        .into_iter()
        .filter_map(|queue| {
            let address = format!("ipp://{host}:{port}/printers/{}", queue.queue?).parse().ok();
            Some(Found { address, ..queue.found })
        })
        .collect()
}

/// Listens on one interface, or on all.
fn on_network(interface: Option<IfKind>, patience: Duration) -> Vec<Found> {
    let heard = network::listen(interface, patience).unwrap_or_else(|error| {
        tracing::warn!(%error, "printers on the network are not heard");
        Vec::new()
    });
    // One printer announces itself on every network that it is in, and with and without TLS.
    let once: BTreeMap<String, Found> =
        heard.into_iter().map(|found| (key(&found), found)).collect();
    ask_all(once.into_values().take(MOST).collect())
}

fn key(found: &Found) -> String {
    let address = found.address.as_ref().map_or_else(|| found.what.clone(), Address::to_string);
    format!("{} {address}", found.name)
}

/// Asks all of them at the same time.
fn ask_all(found: Vec<Found>) -> Vec<Found> {
    let asked = found.into_iter().map(|found| {
        let kept = found.clone();
        (kept, thread::Builder::new().name("printer".to_owned()).spawn(move || ask(found)))
    });
    // All are asked before any is waited for.
    let asked: Vec<_> = asked.collect();
    asked
        .into_iter()
        .map(|(kept, asking)| asking.ok().and_then(|asking| asking.join().ok()).unwrap_or(kept))
        .collect()
}

fn ask(mut found: Found) -> Found {
    if let Some(Address::Ipp(ipp)) = &found.address
        && let Ok(printer) = IppPrinter::open(ipp.clone(), short())
    {
        match printer.found() {
            Ok(asked) => {
                found.formats = asked.formats;
                found.state = asked.state;
            }
            Err(state) => found.state = Some(state),
        }
    } else if let Some(address @ Address::Raw(_)) = &found.address {
        found.state = address.open("").ok().map(|mut printer| printer.state());
    }
    found
}

fn short() -> ipp::Patience {
    ipp::Patience { answer: ANSWER, ..ipp::Patience::default() }
}

#[cfg(test)]
mod tests;
