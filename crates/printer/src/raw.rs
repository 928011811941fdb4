//! Label printers that take their own language over TCP: ZPL and TSPL, usually at port 9100.
//!
//! Such a port takes bytes and says nothing, unless it is asked. So the printer is asked before anything is sent, and
//! asked again behind the label until it says that it printed: by its count of labels where it has one, else because
//! it was seen at work and then at rest. One that never answers gets its label, and nobody can tell: with `status=no`
//! that is how it always is, else something is wrong.
//!
//! Most of these printers speak with one station at a time: others are refused, or wait. Stations that share one
//! therefore come and go, each with a connection for one label.

mod link;
mod tspl;
mod zpl;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::thread::sleep;
use std::time::{Duration, Instant};

use badge::{Badge, Label};

use self::link::{Broken, Link};
use crate::address::{Language, Raw};
use crate::{Condition, Printed, Printer, State};

/// How long a printer is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a connection, while another station may have the printer.
    pub(crate) connect: Duration,
    /// For an answer to a question.
    pub(crate) answer: Duration,
    /// For each part of a label to be taken.
    pub(crate) sending: Duration,
    /// For a label to come out.
    pub(crate) label: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(2),
            sending: Duration::from_secs(10),
            label: Duration::from_secs(30),
        }
    }
}

/// How long it is waited between two looks at a label that prints.
const LOOK: Duration = Duration::from_millis(50);

/// What a printer says of itself at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    conditions: BTreeSet<Condition>,
    /// Labels that it has printed in its life, if it counts them.
    count: Option<u64>,
}

impl Look {
    fn is_busy(&self) -> bool {
        self.conditions.contains(&Condition::Busy)
    }

    fn stopped_by(&self) -> Option<Condition> {
        self.conditions.iter().copied().find(|condition| condition.stops())
    }
}

/// A label printer.
pub(crate) struct RawPrinter {
    address: Raw,
    patience: Patience,
    /// Whether it has answered before: then silence means that somebody else has it.
    talks: bool,
    answers: zpl::Answers,
}

impl RawPrinter {
    pub(crate) fn new(address: Raw, patience: Patience) -> RawPrinter {
        RawPrinter { address, patience, talks: false, answers: zpl::Answers::ALL }
    }

    fn connect(&self, patience: Duration) -> Result<Link, Condition> {
        let begun = Instant::now();
        loop {
            match Link::open(&self.address, self.patience) {
                Ok(link) => return Ok(link),
                Err(error) if begun.elapsed() >= patience => return Err(self.absence(&error)),
                // Another station prints: most printers refuse a second connection.
                Err(_) => sleep(LOOK),
            }
        }
    }

    /// Says what it means that there is no connection: a port that is closed now and was not before is in use.
    fn absence(&self, error: &io::Error) -> Condition {
        match self.talks && error.kind() == ErrorKind::ConnectionRefused {
            true => Condition::Busy,
            false => Condition::Offline,
        }
    }

    /// Asks how the printer is; `None` if it does not say.
    fn look(&mut self, link: &mut Link) -> Result<Option<Look>, Broken> {
        if !self.address.status {
            return Ok(None);
        }
        let look = match self.address.language {
            Language::Zpl => zpl::look(link, &mut self.answers),
            Language::Tspl => tspl::look(link),
        }?;
        self.talks |= look.is_some();
        let foreign = || Look { conditions: BTreeSet::from([Condition::Foreign]), count: None };
        Ok(look.or_else(|| link.heard_nonsense().then(foreign)))
    }

    fn draw(&self, badge: &Badge) -> Result<Vec<u8>, String> {
        let bits = badge.bits(self.address.dpi).map_err(|error| error.to_string())?;
        let (width_mm, height_mm) = badge.paper_mm();
        Ok(match self.address.language {
            Language::Zpl => badge::zpl(&bits),
            Language::Tspl => {
                let gap_mm = self.address.gap as f32 / 10.0;
                badge::tspl(&bits, Label { width_mm, height_mm, gap_mm })
            }
        })
    }

    /// Waits until the printer has done what others gave it, and tells how it is then; `None` if it does not say.
    fn look_at_rest(&mut self, link: &mut Link) -> Result<Option<Look>, Broken> {
        let begun = Instant::now();
        loop {
            let look = self.look(link)?;
            let works =
                look.as_ref().is_some_and(|look| look.is_busy() && look.stopped_by().is_none());
            if !works || begun.elapsed() > self.patience.connect {
                return Ok(look);
            }
            sleep(LOOK);
        }
    }

    /// Looks until the label has come out, or the time for that has passed.
    fn watch(&mut self, link: &mut Link, before: &Look) -> Printed {
        let begun = Instant::now();
        let (mut was_busy, mut rests) = (false, 0_u32);
        let mut stopped_by = None;
        while begun.elapsed() < self.patience.label {
            let now = match self.look(link) {
                Ok(now) => now,
                Err(Broken) => return unknown("the printer hung up while it printed"),
            };
            if let Some(now) = now {
                stopped_by = now.stopped_by();
                was_busy |= now.is_busy();
                let rested = !now.is_busy() && stopped_by.is_none();
                rests = if rested { rests.saturating_add(1) } else { 0 };
                let printed = match (before.count, now.count) {
                    (Some(before), Some(now)) => now > before,
                    // Twice, because a printer may look idle between reading a label and printing it.
                    _ => was_busy && rests > 1,
                };
                if printed {
                    return Printed::Confirmed;
                }
            }
            sleep(LOOK);
        }
        match stopped_by {
            Some(why) => unknown(why.sentence()),
            None => unknown("the printer took the badge and does not say that it printed it"),
        }
    }
}

fn unknown(what: &str) -> Printed {
    Printed::Unknown(format!("{what}; look whether the badge came out"))
}

fn not_printed(condition: Condition) -> Printed {
    Printed::NotPrinted(condition.sentence().to_owned())
}

/// Another station has the printer, or it hangs.
const SILENT: &str =
    "the printer is busy with another station or hangs; if it stays so, switch it off and on";

impl Printer for RawPrinter {
    fn print(&mut self, _name: &str, badge: &Badge) -> Printed {
        let label = match self.draw(badge) {
            Ok(label) => label,
            Err(reason) => return Printed::NotPrinted(reason),
        };
        let mut link = match self.connect(self.patience.connect) {
            Ok(link) => link,
            Err(Condition::Busy) => return Printed::NotPrinted(SILENT.to_owned()),
            Err(condition) => return not_printed(condition),
        };
        // A question moves no paper: until here the badge surely did not print.
        let before = match self.look_at_rest(&mut link) {
            Ok(before) => before,
            Err(Broken) => return not_printed(Condition::Offline),
        };
        if let Some(condition) = before.as_ref().and_then(Look::stopped_by) {
            return not_printed(condition);
        }
        let taken = before.as_ref().is_some_and(Look::is_busy);
        if taken || (before.is_none() && self.talks) {
            return Printed::NotPrinted(SILENT.to_owned());
        }
        if link.send(&label).is_err() {
            return unknown("the printer hung up while it took the badge");
        }
        match before {
            Some(before) => self.watch(&mut link, &before),
            None => match link.finish() {
                Ok(()) if !self.address.status => Printed::Given,
                Ok(()) => unknown("the printer took the badge and does not say what became of it"),
                Err(Broken) => unknown("the printer hung up while it took the badge"),
            },
        }
    }

    fn state(&mut self) -> State {
        let mut link = match self.connect(Duration::ZERO) {
            Ok(link) => link,
            Err(Condition::Busy) => return State::of([Condition::Busy]).saying(SILENT),
            Err(condition) => return State::of([condition]),
        };
        match self.look(&mut link) {
            Ok(Some(look)) => State::of(look.conditions),
            Ok(None) if self.talks => State::of([Condition::Busy]).saying(SILENT),
            Ok(None) => State::of([]).saying("the printer is there and does not say how it is"),
            Err(Broken) => State::of([Condition::Offline]),
        }
    }
}

#[cfg(test)]
mod tests;
