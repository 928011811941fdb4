//! What happens at a device, kept for its [`State`]: written by its threads, read by anybody.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use decoder::Pace;

use crate::state::{Code, Condition, State, masked};

/// So many codes are told.
const LAST: usize = 5;

/// What a refused piece of a torn recording or a noisy line says, at most.
const WHY: usize = 200;

/// The notes about one device.
pub(crate) struct Log {
    device: String,
    notes: Mutex<Notes>,
}

struct Notes {
    name: Option<String>,
    condition: Condition,
    sentence: String,
    rate: Pace,
    looks: Option<(Duration, Duration)>,
    heard: u64,
    refused: u64,
    why: Option<String>,
    last: VecDeque<(String, bool, Instant)>,
}

impl Log {
    pub(crate) fn new(device: String) -> Log {
        let notes = Notes {
            name: None,
            condition: Condition::Opening,
            sentence: "the device is being opened".to_owned(),
            rate: Pace::default(),
            looks: None,
            heard: 0,
            refused: 0,
            why: None,
            last: VecDeque::new(),
        };
        Log { device, notes: Mutex::new(notes) }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn opened(&self, name: String) {
        tracing::info!(device = self.device, name, "a scanner is there");
        let mut notes = self.notes();
        notes.condition = Condition::Ready;
        notes.sentence = format!("{name} is ready");
        notes.name = Some(name);
        notes.rate = Pace::default();
    }

    /// Notes that it cannot be used; the same reason twice is one line in the log.
    pub(crate) fn lost(&self, reason: String) {
        let mut notes = self.notes();
        if notes.condition != Condition::Unplugged || notes.sentence != reason {
            tracing::warn!(device = self.device, reason, "a scanner is not there");
        }
        notes.condition = Condition::Unplugged;
        notes.sentence = reason;
    }

    pub(crate) fn heard(&self, text: &str, ours: bool) {
        let mut notes = self.notes();
        notes.heard = notes.heard.saturating_add(1);
        notes.last.push_front((masked(text, ours), ours, Instant::now()));
        notes.last.truncate(LAST);
    }

    pub(crate) fn refused(&self, why: &str) {
        let mut notes = self.notes();
        notes.refused = notes.refused.saturating_add(1);
        notes.why = Some(why.chars().take(WHY).collect());
    }

    /// Notes that a frame came at `now`, since any start.
    pub(crate) fn frame(&self, now: Duration) {
        self.notes().rate.note(now, Duration::ZERO);
    }

    /// Notes how long looks take: the middle one and the longest.
    pub(crate) fn looks(&self, looks: Option<(Duration, Duration)>) {
        self.notes().looks = looks;
    }

    pub(crate) fn state(&self) -> State {
        let notes = self.notes();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let ready = notes.condition == Condition::Ready;
        let code = |(masked, ours, at): &(String, bool, Instant)| Code {
            masked: masked.clone(),
            ours: *ours,
            seconds_ago: at.elapsed().as_secs(),
        };
        State {
            device: self.device.clone(),
            name: notes.name.clone(),
            condition: notes.condition,
            sentence: notes.sentence.clone(),
            frame_rate: notes.rate.rate().filter(|_| ready),
            look_micros: notes.looks.map(|(middle, _)| micros(middle)),
            longest_look_micros: notes.looks.map(|(_, longest)| micros(longest)),
            heard: notes.heard,
            refused: notes.refused,
            why: notes.why.clone(),
            last: notes.last.iter().map(code).collect(),
        }
    }
}
