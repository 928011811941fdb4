//! Instants, civil days and the bounded hybrid clock.
//!
//! An instant is whole milliseconds since 1970 in UTC. Which civil day it falls on is always a
//! question to the convention's zone, never to the machine.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Millis(pub i64);

const COMPACT: &str = "%Y%m%dT%H%M%SZ";

impl Millis {
    /// Returns the instant as jiff's timestamp, held inside jiff's range.
    pub fn timestamp(self) -> jiff::Timestamp {
        let clamped = self
            .0
            .clamp(jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
        jiff::Timestamp::from_millisecond(clamped).unwrap_or_default()
    }

    /// Returns the civil day on which the instant falls in `zone`.
    pub fn day_in(self, zone: &TimeZone) -> Day {
        Day::from(zone.to_datetime(self.timestamp()).date())
    }

    /// Returns the instant as RFC 3339 text with the offset of `zone`.
    pub fn rfc3339_in(self, zone: &TimeZone) -> String {
        let timestamp = self.timestamp();
        let offset = zone.to_offset(timestamp);
        timestamp.display_with_offset(offset).to_string()
    }

    /// Returns the instant to the second in UTC as a part of a file's name, `20230926T073000Z`; such
    /// names sort by time.
    pub fn compact(self) -> String {
        self.timestamp().strftime(COMPACT).to_string()
    }

    /// Reads what [`Millis::compact`] wrote; `None` if it is anything else.
    pub fn from_compact(text: &str) -> Option<Millis> {
        let read = jiff::civil::DateTime::strptime(COMPACT, text).ok()?;
        let at = read.to_zoned(TimeZone::UTC).ok()?;
        Some(Millis(at.timestamp().as_millisecond())).filter(|at| at.compact() == text)
    }

    /// Returns the instant `millis` later, held at the ends of the range.
    pub fn plus(self, millis: i64) -> Millis {
        Millis(self.0.saturating_add(millis))
    }

    /// Returns how many milliseconds passed since `earlier`; negative if it is later.
    pub fn since(self, earlier: Millis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The last millisecond of the year 9998: whatever the zone, its civil day can be written.
const LAST_READ_MS: i64 = 253_370_764_799_999;

/// A text that is no time, or a time that no convention has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time looks like 2023-09-26T07:30:00+08:00, in the years 1970 to 9998")]
pub struct BadTime;

impl FromStr for Millis {
    type Err = BadTime;

    /// Reads RFC 3339, the offset included.
    fn from_str(text: &str) -> Result<Millis, BadTime> {
        let read: jiff::Timestamp = text.parse().map_err(|_| BadTime)?;
        let at = read.as_millisecond();
        if (0..=LAST_READ_MS).contains(&at) { Ok(Millis(at)) } else { Err(BadTime) }
    }
}

/// A civil day, counted in days since 1970-01-01.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Day(pub u32);

impl Day {
    /// Returns the day `days` later.
    pub fn plus(self, days: u32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Returns the day as a civil date, held inside jiff's range.
    pub fn date(self) -> Date {
        let days = i64::from(self.0.min(2_932_896));
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.checked_add(jiff::Span::new().days(days)).unwrap_or(epoch)
    }
}

impl From<Date> for Day {
    /// Days before 1970 become day 0: no convention lies there.
    fn from(date: Date) -> Day {
        let epoch = jiff::civil::date(1970, 1, 1);
        let days = date.since(epoch).map_or(0, |span| span.get_days());
        Day(u32::try_from(days).unwrap_or(0))
    }
}

/// How far ahead a stranger's clock may be before it is ignored: ten minutes.
const AHEAD_LIMIT_MS: i64 = 10 * 60 * 1000;

/// The largest reading of 48 bits, in the year 10889.
const LAST_WALL_MS: i64 = 0xFFFF_FFFF_FFFF;

/// A hybrid logical clock's reading: 48 bits of milliseconds, 16 bits of counter.
///
/// Only for display and for breaking ties across logs; inside a log the order is `seq`.
/// Source: Kulkarni et al., "Logical Physical Clocks", 2014.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Hybrid(pub u64);

impl Hybrid {
    /// Returns the reading for something that happens at `now`, after `self` was last given.
    pub fn tick(self, now: Millis) -> Hybrid {
        let wall = now.0.clamp(0, LAST_WALL_MS).unsigned_abs() << 16;
        Hybrid(self.0.saturating_add(1).max(wall))
    }

    /// Returns the clock after it saw `other`; one far ahead of `now` does not drag it along.
    pub fn meet(self, other: Hybrid, now: Millis) -> Hybrid {
        if other.millis().since(now) > AHEAD_LIMIT_MS { self } else { self.max(other) }
    }

    /// Returns the milliseconds part.
    pub fn millis(self) -> Millis {
        Millis(i64::try_from(self.0 >> 16).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
