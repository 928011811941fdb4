//! Why somebody is not let in, in which order that is told, and what to do next.

use serde::Serialize;

use crate::pass::PassError;

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
    /// On the revocation list, or signed by a key that was killed.
    Revoked,
    /// Another pass, or another person, came instead.
    Replaced,
    /// A blank that belongs to nobody here, or to two.
    UnboundBlank,
    /// The station cannot trust its clock, and the answer depends on it.
    ClockUnsure,
    /// Before the pass's first day.
    NotYet,
    /// After the pass's last day.
    Expired,
    /// The person called off.
    Cancelled,
    /// A later version recorded something about the person that this one cannot read.
    NewerRecord,
    /// The roster has no such attendee.
    UnknownAttendee,
    /// Not among those who may enter.
    NotEntitled,
    /// Too early.
    DoorsNotOpen,
    /// Too late.
    DoorsClosed,
    /// Expected in another bus.
    WrongSite,
    /// Let in before.
    AlreadyIn,
    /// Goes out and never came in.
    NotIn,
    /// An invitation where a badge is asked for.
    InvitationAtDoor,
    /// A badge where badges are collected.
    BadgeAtRegistration,
    /// No room.
    Full,
    /// The list is older than the person's category allows.
    ListTooOld,
}

impl Reason {
    /// Every reason, in the order in which they are tried.
    pub const ALL: [Reason; 24] = [
        Reason::NotOurs,
        Reason::NewerPass,
        Reason::UnknownKey,
        Reason::Forged,
        Reason::WrongConvention,
        Reason::Revoked,
        Reason::UnboundBlank,
        Reason::Replaced,
        Reason::UnknownAttendee,
        Reason::Cancelled,
        Reason::NewerRecord,
        Reason::NotYet,
        Reason::Expired,
        Reason::BadgeAtRegistration,
        Reason::NotEntitled,
        Reason::WrongSite,
        Reason::NotIn,
        Reason::AlreadyIn,
        Reason::DoorsNotOpen,
        Reason::DoorsClosed,
        Reason::Full,
        Reason::ListTooOld,
        Reason::ClockUnsure,
        Reason::InvitationAtDoor,
    ];

    /// Returns the name that commands, facts and screens use.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotOurs => "not_ours",
            Reason::NewerPass => "newer_pass",
            Reason::UnknownKey => "unknown_key",
            Reason::Forged => "forged",
            Reason::WrongConvention => "wrong_convention",
            Reason::Revoked => "revoked",
            Reason::Replaced => "replaced",
            Reason::UnboundBlank => "unbound_blank",
            Reason::ClockUnsure => "clock_unsure",
            Reason::NotYet => "not_yet",
            Reason::Expired => "expired",
            Reason::Cancelled => "cancelled",
            Reason::NewerRecord => "newer_record",
            Reason::UnknownAttendee => "unknown_attendee",
            Reason::NotEntitled => "not_entitled",
            Reason::DoorsNotOpen => "doors_not_open",
            Reason::DoorsClosed => "doors_closed",
            Reason::WrongSite => "wrong_site",
            Reason::AlreadyIn => "already_in",
            Reason::NotIn => "not_in",
            Reason::InvitationAtDoor => "invitation_at_door",
            Reason::BadgeAtRegistration => "badge_at_registration",
            Reason::Full => "full",
            Reason::ListTooOld => "list_too_old",
        }
    }

    /// Tells whether the rule leaves the decision to a person.
    pub fn asks(self) -> bool {
        matches!(
            self,
            Reason::UnboundBlank
                | Reason::NewerRecord
                | Reason::InvitationAtDoor
                | Reason::WrongSite
                | Reason::ClockUnsure
                | Reason::ListTooOld
        )
    }

    /// Returns what the person can do now.
    pub fn instruction(self) -> Instruction {
        match self {
            Reason::NotOurs => Instruction::ShowYourCode,
            Reason::InvitationAtDoor => Instruction::GoToRegistration,
            Reason::BadgeAtRegistration | Reason::AlreadyIn => Instruction::GoIn,
            Reason::NotIn => Instruction::GoOn,
            Reason::NotYet | Reason::DoorsNotOpen => Instruction::ComeBackLater,
            Reason::WrongSite => Instruction::GoToYourBus,
            Reason::NewerPass
            | Reason::UnknownKey
            | Reason::Forged
            | Reason::WrongConvention
            | Reason::Revoked
            | Reason::Replaced
            | Reason::UnboundBlank
            | Reason::NewerRecord
            | Reason::ClockUnsure
            | Reason::Expired
            | Reason::Cancelled
            | Reason::UnknownAttendee
            | Reason::NotEntitled
            | Reason::DoorsClosed
            | Reason::Full
            | Reason::ListTooOld => Instruction::GoToHelpDesk,
        }
    }
}

impl From<&PassError> for Reason {
    fn from(error: &PassError) -> Reason {
        match error {
            PassError::NotOurs => Reason::NotOurs,
            PassError::NewerPass => Reason::NewerPass,
            PassError::UnknownKey(_) => Reason::UnknownKey,
            PassError::KilledKey(_) => Reason::Revoked,
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
    /// Nothing is missing: walk on.
    GoOn,
    /// Come again when it is time.
    ComeBackLater,
    /// Another bus has your seat.
    GoToYourBus,
    /// A colleague will help.
    GoToHelpDesk,
}
