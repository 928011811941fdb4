//! How a printer is, in words that a program and a person understand.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Something that is to be known about a printer; the worst come first. Names in JSON are in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Nobody answers.
    Offline,
    /// Somebody answers, but not as such a printer does.
    Foreign,
    /// No paper, or no labels.
    PaperOut,
    /// Paper is stuck.
    Jam,
    /// The cover, a door or the print head is open.
    CoverOpen,
    /// No ribbon, ink or toner.
    InkOut,
    /// Somebody paused it.
    Paused,
    /// It takes no jobs.
    Rejecting,
    /// Too hot, or something broke that only its display names.
    Fault,
    /// It works on something.
    Busy,
    /// Paper is nearly at its end.
    PaperLow,
    /// Ribbon, ink or toner is nearly at its end.
    InkLow,
}

impl Condition {
    /// Tells whether nothing prints as long as this holds.
    pub fn stops(self) -> bool {
        !matches!(self, Condition::Busy | Condition::PaperLow | Condition::InkLow)
    }

    /// Returns the name in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Condition::Offline => "offline",
            Condition::Foreign => "foreign",
            Condition::PaperOut => "paper_out",
            Condition::Jam => "jam",
            Condition::CoverOpen => "cover_open",
            Condition::InkOut => "ink_out",
            Condition::Paused => "paused",
            Condition::Rejecting => "rejecting",
            Condition::Fault => "fault",
            Condition::Busy => "busy",
            Condition::PaperLow => "paper_low",
            Condition::InkLow => "ink_low",
        }
    }

    /// Returns what is the matter and what to do, in a sentence without its full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Condition::Offline => {
                "the printer does not answer; switch it on, and check its cable or network and its \
                 address"
            }
            Condition::Foreign => {
                "what answers at this address is not such a printer; check the address"
            }
            Condition::PaperOut => "the printer has no paper; put labels in",
            Condition::Jam => "paper is stuck in the printer; open it and take the paper out",
            Condition::CoverOpen => "the printer is open; close its cover",
            Condition::InkOut => "the printer has no ribbon, ink or toner; put a new one in",
            Condition::Paused => "the printer is paused; press its pause key, or resume its queue",
            Condition::Rejecting => "the printer takes no jobs; let its queue accept jobs again",
            Condition::Fault => "the printer has a fault; its display says which",
            Condition::Busy => "the printer is busy",
            Condition::PaperLow => "the printer has little paper left; have new labels at hand",
            Condition::InkLow => {
                "the printer has little ribbon, ink or toner left; have a new one at hand"
            }
        }
    }
}

/// How a printer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether a badge would print now, or after what it works on.
    pub ready: bool,
    /// What is to be known; the worst first.
    pub conditions: BTreeSet<Condition>,
    /// What is the matter and what to do; without personal data.
    pub sentence: String,
}

impl State {
    /// Returns the state with these conditions; the sentence is about the worst.
    pub fn of(conditions: impl IntoIterator<Item = Condition>) -> State {
        let conditions: BTreeSet<Condition> = conditions.into_iter().collect();
        let worst = conditions.first().map_or("the printer is ready", |worst| worst.sentence());
        State {
            ready: !conditions.iter().any(|condition| condition.stops()),
            sentence: worst.to_owned(),
            conditions,
        }
    }

    /// Returns the same state with another sentence, where more is known than the condition.
    pub fn saying(self, sentence: impl Into<String>) -> State {
        State { sentence: sentence.into(), ..self }
    }

    /// Returns the worst condition that stops printing.
    pub fn stopped_by(&self) -> Option<Condition> {
        self.conditions.first().copied().filter(|worst| worst.stops())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_said_and_names_are_those_of_the_documents() {
        let state = State::of([Condition::Busy, Condition::PaperOut, Condition::InkLow]);
        assert_eq!(
            serde_json::to_value(&state).unwrap(),
            serde_json::json!({
                "ready": false,
                "conditions": ["paper_out", "busy", "ink_low"],
                "sentence": "the printer has no paper; put labels in",
            })
        );
        assert_eq!(state.stopped_by(), Some(Condition::PaperOut));
    }

    #[test]
    fn a_busy_printer_that_runs_low_still_prints() {
        let state = State::of([Condition::PaperLow, Condition::Busy]);
        assert!(state.ready && state.stopped_by().is_none());
        assert_eq!(State::of([]).sentence, "the printer is ready");
    }
}
