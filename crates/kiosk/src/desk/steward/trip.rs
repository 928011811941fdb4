//! Trips: who rides along, who is missing, and the departure.

use admission::exchange::Direction;
use admission::fact::{TripState, What};
use admission::id::AttendeeId;
use admission::roster::{Activity, Attendee, Placing};
use admission::rule::{self, Act, Case, Decision, Standing};
use admission::time::Millis;
use ledger::case::Known;

use crate::order::{Absent, Done, MOST_HEADS, Missing, Refused, refuse};

use super::super::{Desk, Now};

impl Desk {
    pub(super) fn note(
        &mut self,
        id: AttendeeId,
        state: TripState,
        now: Now,
    ) -> Result<Done, Refused> {
        self.require_trip()?;
        let known = self.guest(id)?;
        let visit = self.visit(self.duty.day(now.clock), self.leg(now)?);
        let draft = self.draft(What::Noted { visit, state }, &known.attendee);
        self.store("note", Some(id), &[draft], now)
    }

    pub(super) fn depart(&mut self, heads: u32, now: Now) -> Result<Done, Refused> {
        self.require_trip()?;
        if heads > MOST_HEADS {
            return refuse(format!("{heads} heads are more than any vehicle holds"));
        }
        let Missing { leg, aboard, .. } = self.missing(now)?;
        let Some(next) = leg.checked_add(1) else { return refuse("a trip has at most 255 legs") };
        let visit = self.visit(self.duty.day(now.clock), leg);
        let bus = self.duty.profile.bus.clone();
        let draft = self.draft_of_nobody(What::Departed { visit, bus, heads });
        let done = self.store("depart", None, &[draft], now)?;
        Ok(Done { leg: Some(next), aboard: Some(aboard), ..done })
    }

    /// Calls the roll: everybody whom the rule would let in here, and has not.
    pub(super) fn missing(&self, now: Now) -> Result<Missing, Refused> {
        let (convention, activity) = (&self.duty.convention, &self.duty.activity);
        let may =
            |attendee: &Attendee| convention.entitlement(attendee, &activity.id).is_expected();
        let leg = self.leg(now)?;
        let mut roll =
            Missing { done: "missing", leg, expected: 0, aboard: 0, missing: Vec::new() };
        for id in self.ledger.listed_or_known(self.rehearsal, may)? {
            let Some(known) = self.ledger.person(id, self.rehearsal)? else { continue };
            let pass = self.pass_of(&known)?;
            let (case, attendee) = self.ledger.case(pass, &self.door_at(now))?;
            if attendee.is_none_or(|attendee| attendee.id != id) {
                continue;
            }
            let Some((placing, is_here)) = expected(&case, now.clock) else { continue };
            roll.expected = roll.expected.saturating_add(1);
            match is_here {
                true => roll.aboard = roll.aboard.saturating_add(1),
                false => roll.missing.push(absent(&known, placing)),
            }
        }
        Ok(roll)
    }
}

/// Tells whether the rule would let somebody in here whose name was on the list all along, and
/// whether the person is here.
fn expected(case: &Case, now: Millis) -> Option<(Placing, bool)> {
    let standing = case.attendee.as_ref()?;
    if standing.test || has_gone(standing) {
        return None;
    }
    let is_here = standing.presence.as_ref().is_some_and(|presence| presence.is_inside());
    let standing = Standing { presence: None, list_minutes: None, ..standing.clone() };
    let mut asked = Case { attendee: Some(standing), clock_sure: true, ..case.clone() };
    asked.activity = Activity {
        doors_open: Millis(i64::MIN),
        doors_close: Millis(i64::MAX),
        capacity: None,
        open_to_all: None,
        wait_list: None,
        ..asked.activity
    };
    asked.post.direction = Direction::In;
    match rule::decide(&asked, now) {
        Decision::Admit(pleased) if pleased.act == Act::Enter => Some((pleased.placing, is_here)),
        _ => None,
    }
}

fn has_gone(standing: &Standing) -> bool {
    matches!(standing.trip, Some(TripState::Excused | TripState::OwnWay | TripState::LeftEarly))
}

fn absent(known: &Known, placing: Placing) -> Absent {
    let person = known.attendee.person.clone().unwrap_or_default();
    Absent {
        attendee: known.attendee.id,
        number: person.number,
        name: person.name,
        latin: person.latin,
        delegation: known.attendee.delegation.clone(),
        bus: placing.bus,
    }
}
