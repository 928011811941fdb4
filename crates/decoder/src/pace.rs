//! How fast it goes, for whoever sets a camera up.

use std::collections::VecDeque;
use std::time::Duration;

/// Frames that count.
const FRAMES: usize = 60;

/// The last frames: when each came, and how long it took to look at.
#[derive(Clone, Debug, Default)]
pub struct Pace(VecDeque<(Duration, Duration)>);

impl Pace {
    /// Takes a frame that came at `now`, since any start, and took so long.
    pub fn note(&mut self, now: Duration, took: Duration) {
        if self.0.len() >= FRAMES {
            self.0.pop_front();
        }
        self.0.push_back((now, took));
    }

    /// Returns frames a second over the last two seconds of a camera of thirty; none before the second frame.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.0.front()?.0, self.0.back()?.0);
        let time = last.checked_sub(first).filter(|time| !time.is_zero())?;
        Some(self.0.len().saturating_sub(1) as f64 / time.as_secs_f64())
    }

    /// Returns the middle and the longest time of the frames that count.
    pub fn times(&self) -> Option<(Duration, Duration)> {
        let mut times: Vec<Duration> = self.0.iter().map(|(_, took)| *took).collect();
        times.sort();
        Some((*times.get(times.len() / 2)?, *times.last()?))
    }
}
