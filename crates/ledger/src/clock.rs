//! The clock of a station: the machine's, or one that was set for a rehearsal and ticks on.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use admission::time::Millis;

/// Tells the time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    Machine,
    /// A clock that showed `from` at the moment `since`.
    Set {
        /// What it showed.
        from: Millis,
        /// When it was set.
        since: Instant,
    },
}

impl Clock {
    /// Sets a clock that shows `from` now and ticks on.
    pub fn set(from: Millis) -> Clock {
        Clock::Set { from, since: Instant::now() }
    }

    /// Returns what the clock shows.
    pub fn now(&self) -> Millis {
        match self {
            Clock::Machine => machine(),
            Clock::Set { from, since } => {
                from.plus(i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
            }
        }
    }
}

fn machine() -> Millis {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
