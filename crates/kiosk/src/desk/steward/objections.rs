//! What a steward's yes does to the objections of the rule.
//!
//! The rule tells one reason at a time. A yes makes that one reason part of the case, and the rule
//! is asked again, so that the next reason comes to light instead of being passed over.

use admission::fact::TripState;
use admission::pass::{Pass, PassKind};
use admission::roster::Activity;
use admission::rule::{self, Case, Caveat, Decision, Reason, Standing};
use admission::time::Millis;

use super::super::card::placing_at;
use super::super::door::Judged;

/// More objections than that follow on each other in no case.
const MOST_OBJECTIONS: usize = 16;

/// What a steward has said yes to.
#[derive(Clone, Copy, Debug)]
pub(in crate::desk) enum Yes<'a> {
    /// To whatever the rule objects: an order that was thought about.
    ToAll,
    /// To these reasons, which were read on the screen.
    To(&'a [Reason]),
}

impl Yes<'_> {
    fn covers(self, reason: Reason) -> bool {
        match self {
            Yes::ToAll => true,
            Yes::To(said) => said.contains(&reason),
        }
    }
}

/// What is left when the steward's yes counts.
#[derive(Debug)]
pub(super) struct Answered {
    /// What the rule says now. An objection in it is either one that nobody answered, or
    /// `overridden`.
    pub(super) decision: Decision,
    /// Whether the guest moved to the bus of this station.
    pub(super) moved: bool,
    /// The last reason against which the steward lets in.
    pub(super) overridden: Option<Reason>,
}

/// Asks the rule again for every objection that the steward's yes answers.
pub(super) fn answered(mut case: Case, decision: Decision, yes: Yes<'_>, now: Millis) -> Answered {
    let mut answered = Answered { decision, moved: false, overridden: None };
    for _ in 0..MOST_OBJECTIONS {
        let Some(reason) = objection(&answered.decision) else { break };
        if !yes.covers(reason) {
            break;
        }
        match reason {
            Reason::InvitationAtDoor => {}
            Reason::WrongSite => answered.moved = true,
            reason => answered.overridden = Some(reason),
        }
        let Some(granted) = granted(case, reason) else { break };
        case = granted;
        answered.decision = rule::decide(&case, now);
    }
    answered
}

impl Answered {
    /// Returns what nobody can know about letting in; of a room that the rule did not come to look
    /// at, the same.
    pub(super) fn caveat(&self, case: &Case) -> Option<Caveat> {
        match &self.decision {
            Decision::Admit(pleased) => pleased.caveat,
            Decision::Refuse { .. } | Decision::Ask { .. } => caveat_of(case),
        }
    }

    /// Returns the objection that nobody has answered.
    pub(super) fn open_objection(&self) -> Option<Reason> {
        objection(&self.decision).filter(|reason| self.overridden != Some(*reason))
    }
}

impl Judged {
    /// Returns what the rule still objects when the steward's yes counts.
    pub(in crate::desk) fn open_objection(&self, yes: Yes<'_>, now: Millis) -> Option<Reason> {
        let Some(case) = &self.case else { return objection(&self.decision) };
        answered(*case.clone(), self.decision.clone(), yes, now).open_objection()
    }
}

/// Returns the reason for which somebody is not simply let in.
pub(super) fn objection(decision: &Decision) -> Option<Reason> {
    match decision {
        Decision::Refuse { reason, .. } | Decision::Ask { reason, .. } => Some(*reason),
        Decision::Admit(_) => None,
    }
}

/// Tells whether a yes on the screen answers a reason: questions, the hour and the room.
///
/// What is wrong with a pass or a person is for the help desk and its orders, and a badge without a
/// person needs one.
pub(in crate::desk) fn can_be_let_in(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::InvitationAtDoor
            | Reason::WrongSite
            | Reason::ClockUnsure
            | Reason::ListTooOld
            | Reason::DoorsNotOpen
            | Reason::DoorsClosed
            | Reason::Full
    )
}

/// Who has an own seat or table takes nobody's place.
fn caveat_of(case: &Case) -> Option<Caveat> {
    let placing = placing_at(Some(case));
    let has_place = !placing.seat.is_empty() || !placing.table.is_empty();
    let is_test = case.attendee.as_ref().is_some_and(|standing| standing.test);
    let bounded = case.activity.capacity.is_some() && !has_place && !is_test;
    (bounded && !case.occupancy.complete).then_some(Caveat::MoreMayBeInside)
}

/// Returns the case in which a reason does not hold any more; none where the reason is all there is
/// to say about the pass or the person.
fn granted(case: Case, reason: Reason) -> Option<Case> {
    match reason {
        Reason::InvitationAtDoor => as_badge(case),
        Reason::WrongSite => {
            let trip = Some(TripState::Moved(case.post.bus.clone()));
            with_standing(case, |standing| Standing { trip, ..standing })
        }
        Reason::ListTooOld => {
            with_standing(case, |standing| Standing { list_minutes: None, ..standing })
        }
        Reason::DoorsNotOpen | Reason::DoorsClosed => Some(with_open_doors(case)),
        Reason::ClockUnsure => Some(at_any_hour(case)),
        // There is always one more; and what nobody can know of the room stays unknown.
        Reason::Full => {
            let activity = Activity { capacity: Some(u32::MAX), ..case.activity };
            Some(Case { activity, ..case })
        }
        _ => None,
    }
}

fn with_open_doors(case: Case) -> Case {
    let (doors_open, doors_close) = (Millis(i64::MIN), Millis(i64::MAX));
    Case { activity: Activity { doors_open, doors_close, ..case.activity }, ..case }
}

/// Nobody knows the hour, so no hour stands in the way.
fn at_any_hour(case: Case) -> Case {
    let always = |from: Option<Millis>| from.map(|_| Millis(i64::MIN));
    let (open_to_all, wait_list) =
        (always(case.activity.open_to_all), always(case.activity.wait_list));
    let activity = Activity { open_to_all, wait_list, ..case.activity };
    let today = case.pass.pass.first_day();
    with_open_doors(Case { activity, today, clock_sure: true, ..case })
}

fn with_standing(case: Case, change: impl FnOnce(Standing) -> Standing) -> Option<Case> {
    let attendee = Some(change(case.attendee.clone()?));
    Some(Case { attendee, ..case })
}

/// The invitation counts as the badge that its bearer does not have yet.
fn as_badge(mut case: Case) -> Option<Case> {
    let pass = &case.pass.pass;
    let days = pass.end_day().0.checked_sub(pass.first_day().0)?;
    let days = (pass.first_day(), u8::try_from(days).ok()?);
    case.pass.pass =
        Pass::new(PassKind::Badge, pass.serial(), pass.category(), pass.revision(), days).ok()?;
    Some(case)
}
