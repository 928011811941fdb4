//! The rules: who is let in.
//!
//! [`decide`] is pure and total: the same [`Case`] at the same moment has one answer on every
//! station, with one reason and the next useful instruction.
//! Where several reasons hold, the first of the order below is told, because it is the one that
//! the person can act upon.

use serde::Serialize;

use crate::id::{AttendeeId, ConventionId, FactId};
use crate::pass::{Authentic, PassError, PassKind};
use crate::roster::{Activity, Entitled, Placing, Status};
use crate::time::{Day, Millis};

/// Everything that a decision may depend on, gathered by the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The convention that the station serves.
    pub convention: ConventionId,
    /// The activity that the station checks people in to.
    pub activity: Activity,
    /// The civil day in the convention's zone.
    pub today: Day,
    /// The pass that was shown.
    pub pass: Authentic,
    /// The attendee of its serial; `None` if the roster has none.
    pub attendee: Option<Standing>,
}

/// What the ledger knows of one attendee about one activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Who.
    pub id: AttendeeId,
    /// Whether the person still comes.
    pub status: Status,
    /// Whether the person may enter this activity.
    pub entitled: Entitled,
    /// The first admission to this activity, if there is one.
    pub entered: Option<FactId>,
}

/// The answer to one scan.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Let in.
    Admit {
        /// Who.
        attendee: AttendeeId,
        /// Where the person sits or rides.
        placing: Placing,
        /// Whether a badge is to be printed.
        collects: bool,
    },
    /// Not let in.
    Refuse {
        /// The one reason.
        reason: Reason,
        /// What the person can do now.
        next: Instruction,
    },
}

/// Why somebody is not let in. The texts are part of the interface of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Not one of our passes.
    NotOurs,
    /// A pass of a later layout.
    NewerPass,
    /// Signed by a key that nobody here knows.
    UnknownKey,
    /// Not signed by the key that it names.
    Forged,
    /// A pass of another convention.
    WrongConvention,
    /// Before the pass's first day.
    NotYet,
    /// After the pass's last day.
    Expired,
    /// The person called off.
    Cancelled,
    /// The roster has no such attendee.
    UnknownAttendee,
    /// Not among those who may enter.
    NotEntitled,
    /// Too early.
    DoorsNotOpen,
    /// Too late.
    DoorsClosed,
    /// Let in before.
    AlreadyIn,
    /// An invitation where a badge is asked for.
    InvitationAtDoor,
    /// A badge where badges are collected.
    BadgeAtRegistration,
}

impl Reason {
    /// Every reason, in the order in which they are tried.
    pub const ALL: [Reason; 15] = [
        Reason::NotOurs,
        Reason::NewerPass,
        Reason::UnknownKey,
        Reason::Forged,
        Reason::WrongConvention,
        Reason::NotYet,
        Reason::Expired,
        Reason::UnknownAttendee,
        Reason::Cancelled,
        Reason::BadgeAtRegistration,
        Reason::InvitationAtDoor,
        Reason::NotEntitled,
        Reason::AlreadyIn,
        Reason::DoorsNotOpen,
        Reason::DoorsClosed,
    ];

    /// Returns the name that commands, facts and screens use.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotOurs => "not_ours",
            Reason::NewerPass => "newer_pass",
            Reason::UnknownKey => "unknown_key",
            Reason::Forged => "forged",
            Reason::WrongConvention => "wrong_convention",
            Reason::NotYet => "not_yet",
            Reason::Expired => "expired",
            Reason::Cancelled => "cancelled",
            Reason::UnknownAttendee => "unknown_attendee",
            Reason::NotEntitled => "not_entitled",
            Reason::DoorsNotOpen => "doors_not_open",
            Reason::DoorsClosed => "doors_closed",
            Reason::AlreadyIn => "already_in",
            Reason::InvitationAtDoor => "invitation_at_door",
            Reason::BadgeAtRegistration => "badge_at_registration",
        }
    }

    /// Returns what the person can do now.
    pub fn instruction(self) -> Instruction {
        match self {
            Reason::NotOurs => Instruction::ShowYourCode,
            Reason::InvitationAtDoor => Instruction::GoToRegistration,
            Reason::BadgeAtRegistration | Reason::AlreadyIn => Instruction::GoIn,
            Reason::NotYet | Reason::DoorsNotOpen => Instruction::ComeBackLater,
            Reason::NewerPass
            | Reason::UnknownKey
            | Reason::Forged
            | Reason::WrongConvention
            | Reason::Expired
            | Reason::Cancelled
            | Reason::UnknownAttendee
            | Reason::NotEntitled
            | Reason::DoorsClosed => Instruction::GoToHelpDesk,
        }
    }
}

impl From<&PassError> for Reason {
    fn from(error: &PassError) -> Reason {
        match error {
            PassError::NotOurs => Reason::NotOurs,
            PassError::NewerPass => Reason::NewerPass,
            PassError::UnknownKey(_) => Reason::UnknownKey,
            PassError::Forged(_) => Reason::Forged,
        }
    }
}

/// The next useful thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Show the registration code of this convention.
    ShowYourCode,
    /// Collect the badge first.
    GoToRegistration,
    /// Nothing is missing: walk in.
    GoIn,
    /// Come again when it is time.
    ComeBackLater,
    /// A colleague will help.
    GoToHelpDesk,
}

/// Decides one scan.
pub fn decide(case: &Case, now: Millis) -> Decision {
    match admissible(case, now) {
        Ok((attendee, placing)) => {
            Decision::Admit { attendee, placing: placing.clone(), collects: case.activity.collects }
        }
        Err(reason) => Decision::Refuse { reason, next: reason.instruction() },
    }
}

/// Asks the pass, then the person, then the moment; the first objection is the reason.
fn admissible(case: &Case, now: Millis) -> Result<(AttendeeId, &Placing), Reason> {
    check_pass(case)?;
    let standing = case.attendee.as_ref().ok_or(Reason::UnknownAttendee)?;
    let placing = check_person(case, standing)?;
    check_moment(&case.activity, standing, now)?;
    Ok((standing.id, placing))
}

fn check_pass(case: &Case) -> Result<(), Reason> {
    let pass = &case.pass.pass;
    if case.pass.convention != case.convention {
        return Err(Reason::WrongConvention);
    }
    if case.today < pass.first_day() {
        return Err(Reason::NotYet);
    }
    if case.today >= pass.end_day() {
        return Err(Reason::Expired);
    }
    Ok(())
}

fn check_person<'a>(case: &Case, standing: &'a Standing) -> Result<&'a Placing, Reason> {
    if standing.status == Status::Cancelled {
        return Err(Reason::Cancelled);
    }
    match (case.pass.pass.kind(), case.activity.collects) {
        (PassKind::Badge, true) => Err(Reason::BadgeAtRegistration),
        (PassKind::Invitation, false) => Err(Reason::InvitationAtDoor),
        (PassKind::Invitation, true) | (PassKind::Badge, false) => match &standing.entitled {
            Entitled::Yes(placing) => Ok(placing),
            Entitled::Waiting | Entitled::No => Err(Reason::NotEntitled),
        },
    }
}

fn check_moment(activity: &Activity, standing: &Standing, now: Millis) -> Result<(), Reason> {
    if standing.entered.is_some() {
        return Err(Reason::AlreadyIn);
    }
    if now < activity.doors_open {
        return Err(Reason::DoorsNotOpen);
    }
    if now >= activity.doors_close {
        return Err(Reason::DoorsClosed);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
