//! Where in a report the code stands: read out of the descriptor that the scanner itself gives.
//!
//! Makers agree on the usages and on little else: some count the bytes, some add fields of their own.

use super::PAGE;

/// The usages that matter, page and number in one.
const COUNT: u32 = 0x0001_003b;
const DATA: u32 = ((PAGE as u32) << 16) | 0xfe;
const CONTINUED: u32 = ((PAGE as u32) << 16) | 0xff;

/// No report of any device has more bits.
const MOST_BITS: usize = 8 * 4096;

/// Where the parts of a report lie, in bits behind its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The number that the report begins with, if reports have one.
    pub(super) report: Option<u8>,
    /// How many bytes of the data count.
    pub(super) count: Option<usize>,
    /// Where the data begin and how many bytes there are.
    pub(super) data: (usize, usize),
    /// The bit that says that the code goes on.
    pub(super) continued: Option<usize>,
}

/// What a report brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) continues: bool,
}

impl Default for Layout {
    /// As most makers have it, for scanners that do not give their descriptor.
    fn default() -> Layout {
        Layout { report: Some(2), count: Some(0), data: (32, 56), continued: Some(62 * 8) }
    }
}

impl Layout {
    /// Reads a descriptor; none if it has no report with data.
    pub(super) fn read(descriptor: &[u8]) -> Option<Layout> {
        let mut reading = Reading::default();
        let mut rest = descriptor;
        while let Some((head, behind)) = rest.split_first() {
            // An item that is long tells its own length; none that matters is long.
            let (size, skip) = match head {
                0xfe => (0, usize::from(*behind.first()?).saturating_add(2)),
                _ => ([0, 1, 2, 4].get(usize::from(head & 3)).copied()?, 0),
            };
            let value = behind.get(..size)?;
            let number = value.iter().rev().fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte));
            if skip == 0 {
                reading.item(head & 0xfc, number, size)?;
            }
            rest = behind.get(size.saturating_add(skip)..)?;
        }
        reading.reports.into_iter().find_map(Report::layout)
    }

    /// Takes what a report brings; none if it is another report, or torn.
    pub(super) fn part<'a>(&self, report: &'a [u8]) -> Option<Part<'a>> {
        let body = match self.report {
            Some(number) => report.split_first().filter(|(first, _)| **first == number)?.1,
            None => report,
        };
        let from = self.data.0 / 8;
        let data = body.get(from..from.checked_add(self.data.1)?)?;
        let bytes = match self.count {
            Some(count) => data.get(..usize::from(*body.get(count / 8)?))?,
            // Nobody counts: what is left is filled with zeros.
            None => data.get(
                ..data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1)),
            )?,
        };
        let continues = match self.continued {
            Some(bit) => (body.get(bit / 8)? >> (bit % 8)) & 1 == 1,
            None => false,
        };
        Some(Part { bytes, continues })
    }
}

/// A report while its descriptor is read.
#[derive(Default)]
struct Report {
    number: u32,
    bits: usize,
    count: Option<usize>,
    data: Option<(usize, usize)>,
    continued: Option<usize>,
}

impl Report {
    fn layout(self) -> Option<Layout> {
        let report = u8::try_from(self.number).ok().filter(|number| *number != 0);
        let whole = |bit: usize| bit.is_multiple_of(8);
        let data = self.data.filter(|(from, _)| whole(*from))?;
        let count = self.count.filter(|bit| whole(*bit));
        Some(Layout { report, count, data, continued: self.continued })
    }
}

/// What holds for all items that follow, and for the next one alone.
#[derive(Default)]
struct Reading {
    globals: Globals,
    pushed: Vec<Globals>,
    usages: Vec<u32>,
    reports: Vec<Report>,
}

#[derive(Clone, Copy, Default)]
struct Globals {
    page: u32,
    size: usize,
    count: usize,
    report: u32,
}

impl Reading {
    /// Takes an item; none if it makes no sense.
    fn item(&mut self, tag: u8, number: u32, size: usize) -> Option<()> {
        let amount = usize::try_from(number).ok()?;
        match tag {
            0x04 => self.globals.page = number,
            0x74 => self.globals.size = amount,
            0x84 => self.globals.report = number,
            0x94 => self.globals.count = amount,
            0xa4 if self.pushed.len() < 16 => self.pushed.push(self.globals),
            0xb4 => self.globals = self.pushed.pop()?,
            0x08 => {
                let page = if size == 4 { 0 } else { self.globals.page.checked_shl(16)? };
                self.usages.push(page | number);
            }
            0x80 => self.input()?,
            _ => {}
        }
        // What says something about one main item is over with it.
        if tag & 0x0c == 0 {
            self.usages.clear();
        }
        Some(())
    }

    /// Places the fields of an input item.
    fn input(&mut self) -> Option<()> {
        let Globals { size, count, report: number, .. } = self.globals;
        let room = size.checked_mul(count).filter(|bits| *bits <= MOST_BITS)?;
        if !self.reports.iter().any(|report| report.number == number) {
            self.reports.push(Report { number, ..Report::default() });
        }
        let report = self.reports.iter_mut().find(|report| report.number == number)?;
        for (place, usage) in self.usages.iter().enumerate().take(count) {
            let from = report.bits.checked_add(place.checked_mul(size)?)?;
            match *usage {
                COUNT if size == 8 => report.count = Some(from),
                // The last usage holds for all that are left.
                DATA if size == 8 => report.data = Some((from, count.checked_sub(place)?)),
                CONTINUED => report.continued = Some(from),
                _ => {}
            }
        }
        report.bits = report.bits.checked_add(room).filter(|bits| *bits <= MOST_BITS)?;
        Some(())
    }
}
