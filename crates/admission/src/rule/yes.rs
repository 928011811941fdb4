//! What a steward's yes does to the objections of the rule.
//!
//! The rule tells one reason at a time. A yes makes that one reason part of the case, and the rule
//! is asked again, so that the next reason comes to light instead of being passed over.

use super::{Case, Caveat, Decision, Occupancy, Reason, Standing, caveat, decide};
use crate::fact::TripState;
use crate::pass::{Pass, PassKind};
use crate::roster::Activity;
use crate::time::Millis;

/// More objections than that follow on each other in no case.
const MOST_OBJECTIONS: usize = 16;

/// What a steward has said yes to.
#[derive(Clone, Copy, Debug)]
pub enum Yes<'a> {
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
pub struct Answered {
    /// What the rule says now. An objection in it is either one that nobody answered, or
    /// `overridden`.
    pub decision: Decision,
    /// Whether the guest moved to the bus of this station.
    pub moved: bool,
    /// The last reason against which the steward lets in.
    pub overridden: Option<Reason>,
}

/// Asks the rule again for every objection that the steward's yes answers.
pub fn answered(mut case: Case, decision: Decision, yes: Yes<'_>, now: Millis) -> Answered {
    let mut answered = Answered { decision, moved: false, overridden: None };
    for _ in 0..MOST_OBJECTIONS {
        let Some(reason) = answered.decision.objection() else { break };
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
        answered.decision = decide(&case, now);
    }
    answered
}

impl Answered {
    /// Returns what nobody can know about letting in; of a room that the rule did not come to look
    /// at, the same.
    pub fn caveat(&self, case: &Case) -> Option<Caveat> {
        match &self.decision {
            Decision::Admit(pleased) => pleased.caveat,
            Decision::Refuse { .. } | Decision::Ask { .. } => caveat(case),
        }
    }

    /// Returns the objection that nobody has answered.
    pub fn open_objection(&self) -> Option<Reason> {
        self.decision.objection().filter(|reason| self.overridden != Some(*reason))
    }
}

impl Decision {
    /// Returns the reason for which somebody is not simply let in.
    pub fn objection(&self) -> Option<Reason> {
        match self {
            Decision::Refuse { reason, .. } | Decision::Ask { reason, .. } => Some(*reason),
            Decision::Admit(_) => None,
        }
    }
}

impl Reason {
    /// Tells whether a yes on the screen answers it: questions, the hour and the room.
    ///
    /// What is wrong with a pass or a person is for the help desk and its orders, and a badge without
    /// a person needs one.
    pub fn yields_to_a_yes(self) -> bool {
        matches!(
            self,
            Reason::InvitationAtDoor
                | Reason::NewerRecord
                | Reason::WrongSite
                | Reason::ClockUnsure
                | Reason::ListTooOld
                | Reason::DoorsNotOpen
                | Reason::DoorsClosed
                | Reason::Full
        )
    }
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
        Reason::NewerRecord => {
            with_standing(case, |standing| Standing { beyond: false, ..standing })
        }
        Reason::ListTooOld => {
            with_standing(case, |standing| Standing { list_minutes: None, ..standing })
        }
        Reason::DoorsNotOpen | Reason::DoorsClosed => Some(with_open_doors(case)),
        Reason::ClockUnsure => Some(at_any_hour(case)),
        // There is always one more; and what nobody can know of the room stays unknown.
        Reason::Full => {
            let activity = Activity { capacity: Some(u32::MAX), ..case.activity };
            let occupancy = Occupancy { inside: 0, ..case.occupancy };
            Some(Case { activity, occupancy, ..case })
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
