//! What is shown, drawn anew after everything that happens.

use admission::exchange::Direction;
use admission::roster::{self, Attendee};
use admission::rule::Caveat;
use admission::time::Millis;
use ledger::jobs::JobId;

use crate::screen::{Frame, Placing, Screen, Theme, View};

use super::card::{card, next, other_language, served_language, time_of_day, whereabouts};
use super::stage::Stage;
use super::{Desk, Now};

/// Lists that the server confirmed longer ago than this are marked.
const STALE_AFTER_MS: i64 = 10 * 60_000;

impl Desk {
    pub(super) fn draw(&self, now: Now) -> View {
        let language = self.language();
        View {
            number: self.standing.number,
            screen: self.screen(&language, now),
            countdown: self.standing.countdown(now.uptime),
            test: self.standing.stage.is_test(),
            frame: self.frame(&language, now),
            language,
        }
    }

    /// The guest's choice, else the guest's own language, else the convention's first.
    fn language(&self) -> String {
        let convention = &self.duty.convention;
        let own = || {
            let person = self.standing.stage.attendee()?.person.as_ref()?;
            Some(served_language(convention, &person.language))
        };
        let default = || convention.languages.first().cloned().unwrap_or_else(|| "en".to_owned());
        self.standing.language.clone().or_else(own).unwrap_or_else(default)
    }

    fn screen(&self, language: &str, now: Now) -> Screen {
        let card = |attendee: &Attendee| card(&self.duty.convention, attendee, language);
        match &self.standing.stage {
            Stage::Attract if self.sends_on() => {
                Screen::Elsewhere { stations: self.printing_neighbours(now) }
            }
            Stage::Attract => Screen::Attract,
            Stage::Confirm { attendee, prints, .. } => {
                Screen::Confirm { card: card(attendee), prints: *prints }
            }
            Stage::Printing { welcome, job, picture, .. } => Screen::Printing {
                card: card(&welcome.attendee),
                badge: picture.then(|| address(*job)),
            },
            Stage::Ask { reason, attendee, placing, .. } => Screen::Ask {
                reason: reason.code().to_owned(),
                card: attendee.as_ref().map(card),
                place: whereabouts("", placing, language),
                allowed: reason.yields_to_a_yes(),
            },
            Stage::Done { welcome, picture, ask_badge } => Screen::Done {
                card: card(&welcome.attendee),
                badge: picture.map(address),
                placing: self.placing_on_screen(&welcome.placing),
                next: (welcome.next.as_ref())
                    .and_then(|place| next(&self.duty, place, language, now.clock)),
                ask_badge: ask_badge.is_some(),
                // Only where a steward works does the rule let in again.
                since: welcome.since.map(|at| time_of_day(&self.duty, at, now.clock)),
                caveat: welcome
                    .caveat
                    .filter(|_| self.duty.profile.is_staffed())
                    .map(|caveat| code(caveat).to_owned()),
                leaving: self.duty.profile.direction == Direction::Out,
            },
            Stage::AlreadyIn { attendee } => Screen::AlreadyIn { card: card(attendee) },
            Stage::Help { reason, code, .. } => {
                Screen::Help { reason: (*reason).to_owned(), code: code.clone() }
            }
            Stage::Closed(reason) => {
                Screen::Help { reason: (*reason).to_owned(), code: self.duty.station.clone() }
            }
        }
    }

    /// Nobody sits down where badges are given: there it is the tray, if the badge lies in one.
    fn placing_on_screen(&self, placing: &roster::Placing) -> Option<Placing> {
        let goes_in = self.duty.profile.direction == Direction::In;
        Placing::of(placing, self.duty.activity.collects).filter(|_| goes_in)
    }

    fn frame(&self, language: &str, now: Now) -> Frame {
        let convention = &self.duty.convention;
        let list_at = self.ledger.lists_at().unwrap_or_default();
        let age = list_at.map(|at| self.list_clock(now).since(at));
        let waiting = self.ledger.waiting().unwrap_or(0);
        let day = || self.duty.day(now.clock).date().to_string();
        Frame {
            title: convention.title.in_language(language).to_owned(),
            second_title: convention.title.in_language(other_language(language)).to_owned(),
            station: self.duty.station.clone(),
            clock: self.hour(now.clock),
            rehearsal: self.rehearsal.then(day),
            // By the clock on the wall, also while that one is rehearsed.
            list_at: age.map(|age| self.hour(now.clock.plus(age.saturating_neg()))),
            list_age_minutes: age.map(whole_minutes),
            list_stale: is_stale(age),
            waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
            online: self.online == Some(true),
            printer: self.printer.as_ref().and_then(|news| news.troubles.first().cloned()),
            languages: convention.languages.clone(),
            theme: theme(&convention.theme),
        }
    }

    fn hour(&self, at: Millis) -> String {
        self.duty.zone.to_datetime(at.timestamp()).strftime("%H:%M").to_string()
    }
}

/// Where the window finds the picture of a badge.
fn address(job: JobId) -> String {
    format!("badge://localhost/{}", job.0)
}

/// Returns the name that answers and screens use.
fn code(caveat: Caveat) -> &'static str {
    match caveat {
        Caveat::MoreMayBeInside => "more_may_be_inside",
    }
}

/// Tells whether staff should know how old the lists are, in milliseconds; none: never confirmed.
fn is_stale(age: Option<i64>) -> bool {
    age.is_none_or(|age| age > STALE_AFTER_MS)
}

/// A list from the future, by a clock that was set back, is fresh.
fn whole_minutes(millis: i64) -> u32 {
    u32::try_from(millis.max(0).checked_div(60_000).unwrap_or(0)).unwrap_or(u32::MAX)
}

fn theme([night, dusk, moon, accent, paper, ink]: &[String; 6]) -> Theme {
    Theme {
        night: night.clone(),
        dusk: dusk.clone(),
        moon: moon.clone(),
        accent: accent.clone(),
        paper: paper.clone(),
        ink: ink.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_marked_after_ten_minutes_without_the_server_and_before_the_first_word() {
        assert!(is_stale(None) && is_stale(Some(600_001)));
        assert!(!is_stale(Some(600_000)) && !is_stale(Some(-1)));
    }
}
