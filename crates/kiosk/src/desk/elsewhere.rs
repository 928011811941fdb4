//! When the printer stops: guests are sent on to a station that prints, before one of them is checked
//! in here and stands without a badge.

use std::cmp::Reverse;

use admission::exchange::{Member, MemberState, PrinterNews};

use super::stage::Stage;
use super::{Desk, Effect, Now};

/// A neighbour that was heard longer ago than this may be switched off, in milliseconds; one that is
/// well is noted every minute.
const HEARD_MS: i64 = 150_000;
/// Most stations that are named.
const MOST: usize = 3;

impl Desk {
    /// Notes how the printers are, and tells the other stations and the server.
    pub(super) fn hear_of_printer(&mut self, news: PrinterNews, now: Now) {
        tracing::info!(works = news.works, troubles = ?news.troubles, "the printer");
        if let Err(error) = self.write(|ledger, _| ledger.note_printer(&news, now.clock)) {
            tracing::error!(%error, "how the printer is cannot be told");
        }
        let stopped = !news.works;
        self.printer = Some(news);
        if stopped {
            self.say_waiting_open(now);
        }
        self.effects.push_back(Effect::Wake);
        self.let_go(now);
    }

    /// Sends on who waits for a badge that surely has not printed: it may come out elsewhere.
    pub(super) fn let_go(&mut self, now: Now) {
        let Stage::Printing { job, ended: None, .. } = self.standing.stage else { return };
        if self.sends_on() && !self.has_in_hand(job) {
            self.enter(Stage::Attract, now);
        }
    }

    /// Tells whether guests are sent on: nobody stands by, and no badge would come out.
    pub(super) fn sends_on(&self) -> bool {
        let stopped = self.printer.as_ref().is_some_and(|news| !news.works);
        self.is_alone() && stopped && self.duty.activity.collects
    }

    /// Returns the names of stations of this site that serve the same and said that they print; the
    /// one that was heard last comes first.
    pub(super) fn printing_neighbours(&self, now: Now) -> Vec<String> {
        let (Ok(printers), Ok((_, met))) = (self.ledger.printers(), self.ledger.met_on_lan())
        else {
            return Vec::new();
        };
        let serves = |member: &Member| {
            member.state == MemberState::Active
                && member.activities.contains(&self.duty.activity.id)
                && printers.get(&member.id).is_some_and(|(news, _)| news.works)
        };
        let is_here = |member: Member| {
            let met = met.iter().find(|met| met.name == member.name)?;
            let is_fresh = self.list_clock(now).since(met.heard_at) <= HEARD_MS;
            is_fresh.then_some((Reverse(met.heard_at), member.name))
        };
        let members = self.ledger.members().unwrap_or_default().into_iter();
        let mut found: Vec<_> = members.filter(serves).filter_map(is_here).collect();
        found.sort();
        found.into_iter().map(|(_, name)| name).take(MOST).collect()
    }
}
