//! The stages of one guest's visit, and how long each waits.

use std::time::Duration;

use admission::id::Slug;
use admission::roster::{Attendee, Placing};
use admission::rule::{Caveat, Reason};
use admission::time::Millis;
use ledger::jobs::JobId;

use crate::scan::Token;

/// Where a visit stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nobody is here.
    Attract,
    /// Somebody showed a pass that would be let in; nothing is stored.
    Confirm { token: Token, attendee: Attendee, prints: bool },
    /// Let in; the badge is on its way.
    Printing {
        welcome: Box<Welcome>,
        job: JobId,
        picture: bool,
        /// Set when the printer is through: whether it could not tell.
        ended: Option<Ended>,
    },
    /// A steward is to decide; nothing is stored.
    Ask {
        token: Token,
        reason: Reason,
        attendee: Option<Attendee>,
        /// Where the person sits or rides here.
        placing: Placing,
        /// What the steward said yes to before this came up.
        said: Vec<Reason>,
    },
    /// Let in, and the badge is out; or let out.
    Done {
        welcome: Box<Welcome>,
        picture: Option<JobId>,
        /// The badge of which the printer could not tell.
        ask_badge: Option<JobId>,
    },
    /// Let in before.
    AlreadyIn { attendee: Attendee },
    /// To the help desk.
    Help {
        reason: &'static str,
        code: String,
        /// Whether a test pass was shown.
        test: bool,
    },
    /// The organiser has closed the station, or shut it down: the reason.
    Closed(&'static str),
}

/// Somebody who was let in or out, with everything that the screens say about it.
///
/// It is put together once, beside the decision, so that a screen never tells another story.
#[derive(Debug)]
pub(super) struct Welcome {
    pub(super) attendee: Attendee,
    /// Where the person sits or rides at this activity.
    pub(super) placing: Placing,
    /// Where the person may go next, and sits or rides there.
    pub(super) next: Option<(Slug, Placing)>,
    /// Since when the person was in already.
    pub(super) since: Option<Millis>,
    /// What the station cannot know about it.
    pub(super) caveat: Option<Caveat>,
}

/// How a badge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The printer confirmed it.
    Confirmed,
    /// Nobody can tell.
    InDoubt,
}

/// Shorter than this, a printing screen is only a flash.
const PRINTING_AT_LEAST: Duration = Duration::from_secs(1);
/// Longer than this, nobody waits for a printer without being asked.
const PRINTING_AT_MOST: Duration = Duration::from_secs(30);
/// How long a countdown takes.
pub(super) const COUNTDOWN: Duration = Duration::from_secs(20);
/// A touch that comes sooner after one guest's name replaced another's, or one question another,
/// was meant for the other.
const TOO_SOON: Duration = Duration::from_millis(700);
/// How long a language that was chosen before any scan lasts.
const LANGUAGE_LASTS: Duration = Duration::from_secs(30);

impl Stage {
    /// Returns whom the screen is about.
    pub(super) fn attendee(&self) -> Option<&Attendee> {
        match self {
            Stage::Attract | Stage::Help { .. } | Stage::Closed(_) => None,
            Stage::Ask { attendee, .. } => attendee.as_ref(),
            Stage::Printing { welcome, .. } | Stage::Done { welcome, .. } => {
                Some(&welcome.attendee)
            }
            Stage::Confirm { attendee, .. } | Stage::AlreadyIn { attendee } => Some(attendee),
        }
    }

    /// Tells whether the screen is about a test pass.
    pub(super) fn is_test(&self) -> bool {
        match self {
            Stage::Help { test, .. } => *test,
            stage => stage.attendee().is_some_and(|attendee| attendee.test),
        }
    }

    /// Returns how long after the last sign of life the page clears.
    fn patience(&self) -> Option<Duration> {
        match self {
            Stage::Attract | Stage::Printing { .. } | Stage::Closed(_) => None,
            // Thirty seconds, then the countdown.
            Stage::Confirm { .. } => Some(Duration::from_secs(50)),
            Stage::Ask { .. } => Some(Duration::from_secs(60)),
            Stage::Done { ask_badge: None, .. } => Some(Duration::from_secs(6)),
            Stage::Done { ask_badge: Some(_), .. } => Some(Duration::from_secs(20)),
            Stage::AlreadyIn { .. } => Some(Duration::from_secs(8)),
            Stage::Help { .. } => Some(Duration::from_secs(15)),
        }
    }
}

/// What time asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing yet.
    Nothing,
    /// Clear the page.
    Clear,
    /// Forget the language that was chosen.
    ForgetLanguage,
    /// The printing screen has been there long enough.
    EndPrinting(Ended),
}

/// A stage, since when, and when somebody was last there.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) stage: Stage,
    /// Counts the screens; a touch names the one it was aimed at.
    pub(super) number: u32,
    /// The language that the guest chose.
    pub(super) language: Option<String>,
    entered: Duration,
    alive: Duration,
    /// The screen before was about somebody else, or asked something else.
    took_over: bool,
}

impl Standing {
    pub(super) fn new(uptime: Duration) -> Standing {
        let stage = Stage::Attract;
        Standing {
            stage,
            number: 1,
            language: None,
            entered: uptime,
            alive: uptime,
            took_over: false,
        }
    }

    pub(super) fn enter(&mut self, stage: Stage, uptime: Duration) {
        let changes_guest = match (self.stage.attendee(), stage.attendee()) {
            (Some(before), Some(after)) => before.id != after.id,
            _ => false,
        };
        if changes_guest || matches!(stage, Stage::Attract) {
            self.language = None;
        }
        let asks_on = matches!((&self.stage, &stage), (Stage::Ask { .. }, Stage::Ask { .. }));
        self.took_over = changes_guest || asks_on;
        self.stage = stage;
        self.number = self.number.wrapping_add(1);
        (self.entered, self.alive) = (uptime, uptime);
    }

    /// Somebody is there.
    pub(super) fn touch(&mut self, uptime: Duration) {
        self.alive = uptime;
    }

    /// Tells whether a touch now can hardly be meant for this screen.
    pub(super) fn is_too_soon(&self, uptime: Duration) -> bool {
        self.took_over && uptime.saturating_sub(self.entered) < TOO_SOON
    }

    /// Returns what is due by now.
    pub(super) fn due(&self, uptime: Duration) -> Due {
        let (age, silence) = (uptime.saturating_sub(self.entered), self.silence(uptime));
        match (&self.stage, self.stage.patience()) {
            (Stage::Attract, _) if self.language.is_some() && silence >= LANGUAGE_LASTS => {
                Due::ForgetLanguage
            }
            (Stage::Printing { ended: Some(ended), .. }, _) if age >= PRINTING_AT_LEAST => {
                Due::EndPrinting(*ended)
            }
            (Stage::Printing { .. }, _) if age >= PRINTING_AT_MOST => {
                Due::EndPrinting(Ended::InDoubt)
            }
            (_, Some(patience)) if silence >= patience => Due::Clear,
            _ => Due::Nothing,
        }
    }

    /// Returns the whole seconds of a running countdown.
    pub(super) fn countdown(&self, uptime: Duration) -> Option<u8> {
        let Stage::Confirm { .. } = self.stage else {
            return None;
        };
        let left = self.stage.patience()?.saturating_sub(self.silence(uptime));
        if left > COUNTDOWN {
            return None;
        }
        // The last second is shown until it is over.
        let whole = left.as_millis().div_ceil(1000);
        u8::try_from(whole).ok()
    }

    fn silence(&self, uptime: Duration) -> Duration {
        uptime.saturating_sub(self.alive)
    }
}
