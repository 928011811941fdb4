//! Which passes somebody could have shown when a fact says that one was.

use std::collections::BTreeSet;

use super::Person;
use crate::fact::What;
use crate::id::{AttendeeId, Serial};
use crate::pass::PassKind;
use crate::presence::Event;
use crate::rule::Reason;

/// What somebody could have shown, as the facts go on.
pub(super) struct Passes {
    invitation: Vec<Serial>,
    badges: Vec<Serial>,
    replaced: BTreeSet<Serial>,
    /// Whether somebody else comes instead.
    is_substituted: bool,
}

impl Passes {
    pub(super) fn of(person: &Person<'_>) -> Passes {
        let is_there = |serial: &Serial| *serial != Serial([0; 16]);
        let (invitation, badge) = match person.row() {
            Some(row) => (Some(row.invitation), Some(row.badge)),
            None => (None, None),
        };
        Passes {
            invitation: invitation.into_iter().filter(is_there).collect(),
            badges: badge.into_iter().filter(is_there).collect(),
            replaced: BTreeSet::new(),
            is_substituted: false,
        }
    }

    pub(super) fn learn(&mut self, whom: AttendeeId, event: &Event) {
        match &event.what {
            What::Bound { serials } => self.badges.extend(serials),
            What::Replaced { serials, .. } => self.replaced.extend(serials),
            // Nobody comes instead of oneself; and who comes instead of somebody does come.
            What::Substituted { other } if *other != event.subject => {
                self.is_substituted = event.subject != whom;
            }
            _ => {}
        }
    }

    /// Returns why whatever was shown could open nothing; a fact tells the kind of the pass and not
    /// which one, so as long as one of them is good, that one counts as shown.
    pub(super) fn objection(
        &self,
        shown: Option<PassKind>,
        is_revoked: impl Fn(Serial) -> bool,
    ) -> Option<Reason> {
        if self.is_substituted {
            return Some(Reason::Replaced);
        }
        let passes = match shown? {
            PassKind::Invitation => &self.invitation,
            PassKind::Badge => &self.badges,
        };
        let all =
            |is_dead: &dyn Fn(&Serial) -> bool| !passes.is_empty() && passes.iter().all(is_dead);
        if all(&|serial| self.replaced.contains(serial)) {
            Some(Reason::Replaced)
        } else if all(&|serial| self.replaced.contains(serial) || is_revoked(*serial)) {
            Some(Reason::Revoked)
        } else {
            None
        }
    }
}
