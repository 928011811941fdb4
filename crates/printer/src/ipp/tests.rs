//! Badges on a real IPP printer in software, on a real queue, and on printers that do what they should not.

mod fakes;
mod real;

use std::time::Duration;

use super::*;
use crate::Address;

/// Short, so that nobody waits for a test.
const HASTE: Patience = Patience {
    answer: Duration::from_millis(500),
    sending: Duration::from_millis(1000),
    busy: Duration::from_secs(10),
    job: Duration::from_millis(1500),
    silence: Duration::from_millis(600),
};

/// As long as a test of real programs on a busy machine may need.
const CALM: Patience = Patience {
    answer: Duration::from_secs(10),
    sending: Duration::from_secs(20),
    busy: Duration::from_secs(20),
    job: Duration::from_secs(40),
    silence: Duration::from_secs(10),
};

fn open(address: &str, patience: Patience) -> IppPrinter {
    let Ok(Address::Ipp(ipp)) = address.parse() else { panic!("{address}") };
    IppPrinter::open(ipp, patience).unwrap()
}

fn reason(printed: Printed) -> String {
    match printed {
        Printed::Confirmed | Printed::Given => panic!("no reason"),
        Printed::NotPrinted(reason) => format!("not: {reason}"),
        Printed::Unknown(reason) => format!("unknown: {reason}"),
    }
}
