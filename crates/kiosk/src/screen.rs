//! What a station shows: one [`View`] value at a time.
//!
//! The desk makes it, the window draws it and decides nothing.
//! Texts that belong to the convention arrive already in the chosen language; texts of the
//! program itself are Fluent messages of `ui/words`, named here by reason or screen.
//! The TypeScript of these types is written by a test into `ui/src/bindings`.

use admission::roster;
use serde::Serialize;

mod scanners;

pub use scanners::{Device, Scanners, Tried};

/// Everything the window needs to draw, complete at every change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct View {
    /// Counts up with every change of screen; a touch names the number it was aimed at, so a tap
    /// that arrives late never answers another person's question.
    pub number: u32,
    /// BCP 47 tag of the language in use: `zh-Hans` or `en`.
    pub language: String,
    /// What is shown.
    pub screen: Screen,
    /// Whole seconds until the page clears, 20 to 0; `null` while nobody is being waited for.
    pub countdown: Option<u8>,
    /// Whether the screen is about a test pass; marked on every one.
    pub test: bool,
    /// What stands around every screen.
    pub frame: Frame,
}

/// Head and foot of every screen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Frame {
    /// Title of the convention in the language in use.
    pub title: String,
    /// Title in the other language of the pair Chinese and English.
    pub second_title: String,
    /// Name of the station, such as `K2`.
    pub station: String,
    /// Local time of the convention, `HH:MM`.
    pub clock: String,
    /// The rehearsed day, `YYYY-MM-DD`, when the clock rehearses; marked on every screen.
    pub rehearsal: Option<String>,
    /// Local time of the last answer from the server, `HH:MM`; `null` before the first.
    pub list_at: Option<String>,
    /// Whole minutes since that answer.
    pub list_age_minutes: Option<u32>,
    /// Whether that is so long ago that staff should know; marked beside the age.
    pub list_stale: bool,
    /// Records that the server has not confirmed yet.
    pub waiting: u32,
    /// Whether the last contact with the server succeeded.
    pub online: bool,
    /// What staff should look at first at the printer: key of a word, `printer-` + this, underscores as
    /// hyphens, in `ui/words`; `null` while there is nothing.
    pub printer: Option<String>,
    /// Languages that a guest can choose, in order.
    pub languages: Vec<String>,
    /// The convention's colours.
    pub theme: Theme,
}

/// The convention's colours, each `#RRGGBB`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Theme {
    /// Darker end of the background.
    pub night: String,
    /// Lighter end of the background.
    pub dusk: String,
    /// The disc.
    pub moon: String,
    /// The one accent.
    pub accent: String,
    /// What names are read on.
    pub paper: String,
    /// Text on paper.
    pub ink: String,
}

/// The screens of a kiosk.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a view, and a view in a box")]
pub enum Screen {
    /// Nobody is here: show your code.
    Attract,
    /// Nobody is checked in here, because the printer has stopped.
    Elsewhere {
        /// Names of stations that print; none where none is known.
        stations: Vec<String>,
    },
    /// Is it you?
    Confirm {
        /// Whose pass was scanned.
        card: Card,
        /// Whether saying yes prints a badge.
        prints: bool,
    },
    /// The badge is on its way.
    Printing {
        /// Who it is for.
        card: Card,
        /// Picture of the badge as it prints; `null` until it is drawn.
        badge: Option<String>,
    },
    /// Welcome.
    Done {
        /// Who was welcomed.
        card: Card,
        /// Picture of the badge; `null` where none was printed.
        badge: Option<String>,
        /// Where the person sits or rides here; `null` where there is nothing to say.
        placing: Option<Placing>,
        /// Where to go now.
        next: Option<Next>,
        /// Whether the printer could not confirm, so that the screen asks for the badge.
        ask_badge: bool,
        /// Local time since which the person was in already, `HH:MM`, with the day in front when it
        /// is not today; only where a steward works.
        since: Option<String>,
        /// What the station cannot know about this admission: key of a sentence, `done-` + this,
        /// underscores as hyphens, in `ui/words`; only where a steward works.
        caveat: Option<String>,
        /// Whether the person goes out.
        leaving: bool,
    },
    /// A steward is to decide; only where one works.
    Ask {
        /// Key of the question: `ask-` + reason, underscores as hyphens, in `ui/words`.
        reason: String,
        /// Who it is; `null` where a badge belongs to nobody yet.
        card: Option<Card>,
        /// Seat, table or bus of the person in one line; may be empty.
        place: String,
        /// Whether a yes answers the question.
        allowed: bool,
    },
    /// Registered before; good news.
    AlreadyIn {
        /// Who it is.
        card: Card,
    },
    /// A colleague will help.
    Help {
        /// Key of the sentence: `help-` + reason, underscores as hyphens, in `ui/words`.
        reason: String,
        /// Short code to tell the help desk, such as `K2-117`.
        code: String,
    },
}

/// A person as on the badge.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Card {
    /// The largest line: the name in its own script where there is one.
    pub name: String,
    /// The name in Latin letters, empty if `name` already is.
    pub second_name: String,
    /// Post, in the language in use, or empty.
    pub post: String,
    /// Enterprise, in the language in use, or empty.
    pub enterprise: String,
    /// Country, region or province, in the language in use.
    pub place: String,
    /// Category as shown to people.
    pub category: String,
}

/// Where a person sits or rides, as the organiser wrote it; empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Placing {
    /// Seat.
    pub seat: String,
    /// Table.
    pub table: String,
    /// Bus.
    pub bus: String,
    /// Tray in which the badge lies, where badges are given.
    pub tray: String,
}

impl Placing {
    /// Returns what there is to say at an activity; none where all is empty. Nobody sits where badges
    /// are given: there the seat is the tray in which the badge lies, and the rest is not said.
    pub(crate) fn of(placing: &roster::Placing, collects: bool) -> Option<Placing> {
        let roster::Placing { seat, table, bus } = placing.clone();
        let none = String::new;
        let said = match collects {
            true => Placing { seat: none(), table: none(), bus: none(), tray: seat },
            false => Placing { seat, table, bus, tray: none() },
        };
        let is_any =
            [&said.seat, &said.table, &said.bus, &said.tray].iter().any(|it| !it.is_empty());
        is_any.then_some(said)
    }
}

/// The next activity this person may enter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Next {
    /// Title of the activity.
    pub title: String,
    /// Local start, `HH:MM`, with the day in front when it is not today (`09-27 08:30`).
    pub at: String,
    /// Room, seat, table or bus in one line; may be empty.
    pub place: String,
    /// How to get there; may be empty.
    pub way: String,
}

/// What a guest can touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Touch {
    /// "This is me".
    ThisIsMe,
    /// "Not me", "another code", "start over", "not now".
    NotMe,
    /// "Let in": a steward's answer.
    LetIn,
    /// "I have my badge", and leaving a finished screen.
    Finished,
    /// "No badge came": only where the printer could not confirm.
    NoBadge,
    /// Any other touch, and "more time": the person is still here.
    StillHere,
}

#[cfg(test)]
mod bindings;
