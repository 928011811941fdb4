//! The rules: who is let in.
//!
//! [`decide`] is pure and total: the same [`Case`] at the same moment has one answer on every
//! station, with one reason and the next useful instruction.
//! Where several reasons hold, the first of the order below is told, because it is the one that
//! the person can act upon.

use serde::Serialize;

use crate::exchange::Direction;
use crate::fact::{MOST_LISTED, Slot, TripState};
use crate::id::{AttendeeId, ConventionId, FactId};
use crate::pass::{Authentic, PassError, PassKind};
use crate::presence::Presence;
use crate::roster::{Activity, Entitled, Mode, Placing, Status};
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
    /// The station.
    pub post: Post,
    /// The pass that was shown.
    pub pass: Authentic,
    /// Whether the revocation list has it.
    pub revoked: bool,
    /// The attendee of its serial; `None` if neither roster nor facts have one.
    pub attendee: Option<Standing>,
    /// How full it is.
    pub occupancy: Occupancy,
    /// How long ago the server confirmed roster and revocations, in milliseconds; none: never.
    pub list_age_ms: Option<u64>,
    /// Whether the station's clock can be trusted.
    pub clock_sure: bool,
}

/// The station at which somebody stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Whether a steward works it.
    pub staffed: bool,
    /// Which way people pass.
    pub direction: Direction,
    /// The leg of the trip that boards now; 0 in every mode but `board`.
    pub leg: u8,
    /// The bus that boards here; empty for any.
    pub bus: String,
}

/// How many are inside, as far as the station knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Inside at this activity, day and leg.
    pub inside: u64,
    /// Whether the station has heard from the others lately; without that, more may be inside.
    pub complete: bool,
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
    /// Lowest revision of a pass that still opens something.
    pub revision: u8,
    /// Whether this very pass was replaced, or its person by a substitute.
    pub replaced: bool,
    /// Whether a blank is claimed by more than one person.
    pub disputed: bool,
    /// Whether the passes are for trying things out, as often as one likes.
    pub test: bool,
    /// Whether the badge was handed out already.
    pub collected: bool,
    /// Presence at this part of the activity.
    pub presence: Option<Presence>,
    /// Where the person is on this day of the trip.
    pub trip: Option<TripState>,
    /// Category's limit on the age of the list, in minutes.
    pub list_minutes: Option<u32>,
}

impl Case {
    /// Returns the part of the activity within which being in counts.
    pub fn slot(&self) -> Slot {
        slot(&self.activity, self.today, self.post.leg)
    }
}

/// Returns the part of an activity within which being in counts, by its mode.
pub fn slot(activity: &Activity, today: Day, leg: u8) -> Slot {
    match activity.mode {
        Mode::Once | Mode::Reentry => Slot::default(),
        Mode::Daily => Slot { day: today.0, leg: 0 },
        Mode::Board => Slot { day: today.0, leg },
    }
}

/// The answer to one scan.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Let in, or out.
    Admit(Pleased),
    /// Not let in.
    Refuse {
        /// The one reason.
        reason: Reason,
        /// What the person can do now.
        next: Instruction,
    },
    /// A person must decide; nothing is recorded until then.
    Ask {
        /// The one reason for asking.
        reason: Reason,
        /// Who it is; none where a blank belongs to nobody yet.
        attendee: Option<AttendeeId>,
    },
}

/// How somebody passes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pleased {
    /// Who.
    pub attendee: AttendeeId,
    /// Where the person sits or rides.
    pub placing: Placing,
    /// Whether a badge is to be printed.
    pub collects: bool,
    /// What is to be recorded.
    pub act: Act,
    /// What the station cannot know.
    pub caveat: Option<Caveat>,
}

/// What an admission does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Goes in.
    Enter,
    /// Is in already, since this admission; is let pass, and counts once.
    Again(FactId, Millis),
    /// Goes out, which closes these admissions.
    Leave(Vec<FactId>),
}

/// What a station says that it cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caveat {
    /// Others may have let more people in than this station has heard of.
    MoreMayBeInside,
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
    pub const ALL: [Reason; 23] = [
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
        Reason::NotYet,
        Reason::Expired,
        Reason::BadgeAtRegistration,
        Reason::NotEntitled,
        Reason::InvitationAtDoor,
        Reason::WrongSite,
        Reason::NotIn,
        Reason::AlreadyIn,
        Reason::DoorsNotOpen,
        Reason::DoorsClosed,
        Reason::ClockUnsure,
        Reason::Full,
        Reason::ListTooOld,
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

/// Decides one scan.
pub fn decide(case: &Case, now: Millis) -> Decision {
    let reason = match pleased(case, now) {
        Ok(pleased) => return Decision::Admit(pleased),
        Err(reason) => reason,
    };
    let attendee = case.attendee.as_ref().map(|standing| standing.id);
    match reason.asks() {
        true => Decision::Ask { reason, attendee },
        false => Decision::Refuse { reason, next: reason.instruction() },
    }
}

/// Asks the pass, then the person, then the moment, then the room; the first objection is the
/// reason.
fn pleased(case: &Case, now: Millis) -> Result<Pleased, Reason> {
    check_pass(case)?;
    let standing = case.attendee.as_ref().ok_or(Reason::UnknownAttendee)?;
    if case.post.direction == Direction::Out {
        return leave(standing);
    }
    if standing.status == Status::Cancelled {
        return Err(Reason::Cancelled);
    }
    let mut clock = Clock { sure: case.clock_sure, doubted: false };
    clock.weigh(day_objection(case))?;
    if case.pass.pass.kind() == PassKind::Badge && case.activity.collects {
        return Err(Reason::BadgeAtRegistration);
    }
    let mut placing = check_entitlement(case, standing, now, &mut clock)?;
    // The bus where a steward moved the person to counts, then the one that was assigned.
    if let Some(TripState::Moved(bus)) = &standing.trip {
        placing.bus.clone_from(bus);
    }
    let act = presence_act(case, standing);
    check_code_and_bus(case, &placing, act.as_ref().ok())?;
    let act = act?;
    let enters = act == Act::Enter;
    if enters {
        clock.weigh(door_objection(&case.activity, now))?;
    }
    clock.settle()?;
    let mut caveat = None;
    if enters {
        caveat = check_room(case, standing, &placing)?;
        check_list(case, standing)?;
    }
    let collects = case.activity.collects && enters && !standing.collected;
    Ok(Pleased { attendee: standing.id, placing, collects, act, caveat })
}

fn check_pass(case: &Case) -> Result<(), Reason> {
    let pass = &case.pass.pass;
    let standing = case.attendee.as_ref();
    if case.pass.convention != case.convention {
        return Err(Reason::WrongConvention);
    }
    if case.revoked {
        return Err(Reason::Revoked);
    }
    if pass.is_blank() && standing.is_none_or(|standing| standing.disputed) {
        return Err(Reason::UnboundBlank);
    }
    let is_old = |standing: &Standing| !pass.is_blank() && pass.revision() < standing.revision;
    match standing.is_some_and(|standing| standing.replaced || is_old(standing)) {
        true => Err(Reason::Replaced),
        false => Ok(()),
    }
}

/// Whoever is in may go out: neither the hour nor a cancellation keeps anybody inside.
///
/// Only a pass that is not the person's own is stopped here too, lest its bearer closes the
/// admission of somebody who is still inside.
fn leave(standing: &Standing) -> Result<Pleased, Reason> {
    let open = standing.presence.as_ref().map_or(&[][..], |presence| &presence.open);
    if open.is_empty() && !standing.test {
        return Err(Reason::NotIn);
    }
    Ok(Pleased {
        attendee: standing.id,
        placing: Placing::default(),
        collects: false,
        // One fact lists no more; whoever was let in that often goes out twice.
        act: Act::Leave(open.iter().take(MOST_LISTED).map(|mark| mark.fact).collect()),
        caveat: None,
    })
}

/// Objections that are as good as the clock: of one that cannot be trusted they become a question,
/// which is put only where nothing firmer stands in the way.
struct Clock {
    sure: bool,
    doubted: bool,
}

impl Clock {
    fn weigh(&mut self, objection: Option<Reason>) -> Result<(), Reason> {
        match objection {
            Some(reason) if self.sure => return Err(reason),
            Some(_) => self.doubted = true,
            None => {}
        }
        Ok(())
    }

    fn settle(self) -> Result<(), Reason> {
        if self.doubted { Err(Reason::ClockUnsure) } else { Ok(()) }
    }
}

fn day_objection(case: &Case) -> Option<Reason> {
    let pass = &case.pass.pass;
    if case.today < pass.first_day() {
        return Some(Reason::NotYet);
    }
    (case.today >= pass.end_day()).then_some(Reason::Expired)
}

fn check_entitlement(
    case: &Case,
    standing: &Standing,
    now: Millis,
    clock: &mut Clock,
) -> Result<Placing, Reason> {
    if let Entitled::Yes(placing) = &standing.entitled {
        return Ok(placing.clone());
    }
    // Where badges are collected nobody has one yet.
    let to_all = case.activity.open_to_all.filter(|_| !case.activity.collects);
    let listed = case.activity.wait_list.filter(|_| standing.entitled == Entitled::Waiting);
    let from = match (to_all, listed) {
        (Some(to_all), Some(listed)) => to_all.min(listed),
        (Some(from), None) | (None, Some(from)) => from,
        (None, None) => return Err(Reason::NotEntitled),
    };
    clock.weigh((now < from).then_some(Reason::NotEntitled))?;
    Ok(Placing::default())
}

/// Whether the person goes in, or is in already.
fn presence_act(case: &Case, standing: &Standing) -> Result<Act, Reason> {
    let Some(presence) = standing.presence.as_ref().filter(|_| !standing.test) else {
        return Ok(Act::Enter);
    };
    let lenient = case.post.staffed && !case.activity.strict;
    let comes_and_goes = match case.activity.mode {
        Mode::Reentry | Mode::Board => true,
        Mode::Once | Mode::Daily => lenient,
    };
    match presence.open.first() {
        None if comes_and_goes => Ok(Act::Enter),
        Some(inside) if lenient => Ok(Act::Again(inside.fact, inside.at)),
        None | Some(_) => Err(Reason::AlreadyIn),
    }
}

/// Whoever was let in with an invitation before is not asked about it again.
fn check_code_and_bus(case: &Case, placing: &Placing, act: Option<&Act>) -> Result<(), Reason> {
    let is_in = matches!(act, Some(Act::Again(..)));
    let invited = case.pass.pass.kind() == PassKind::Invitation && !case.activity.collects;
    if invited && !is_in {
        return Err(Reason::InvitationAtDoor);
    }
    let elsewhere = !placing.bus.is_empty() && placing.bus != case.post.bus;
    match elsewhere && !case.post.bus.is_empty() {
        true => Err(Reason::WrongSite),
        false => Ok(()),
    }
}

fn door_objection(activity: &Activity, now: Millis) -> Option<Reason> {
    if now < activity.doors_open {
        return Some(Reason::DoorsNotOpen);
    }
    (now >= activity.doors_close).then_some(Reason::DoorsClosed)
}

/// A seat or a table of one's own is a place that nobody else takes.
fn check_room(
    case: &Case,
    standing: &Standing,
    placing: &Placing,
) -> Result<Option<Caveat>, Reason> {
    let Some(capacity) = case.activity.capacity else { return Ok(None) };
    if standing.test || !placing.seat.is_empty() || !placing.table.is_empty() {
        return Ok(None);
    }
    if case.occupancy.inside >= u64::from(capacity) {
        return Err(Reason::Full);
    }
    Ok((!case.occupancy.complete).then_some(Caveat::MoreMayBeInside))
}

fn check_list(case: &Case, standing: &Standing) -> Result<(), Reason> {
    let Some(minutes) = standing.list_minutes else { return Ok(()) };
    let limit = u64::from(minutes).saturating_mul(60_000);
    match case.list_age_ms {
        Some(age) if age <= limit => Ok(()),
        Some(_) | None => Err(Reason::ListTooOld),
    }
}

/// What ties one person's entitlement to that of others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kin {
    /// Entitlement of the person whom this one comes instead of.
    pub stands_in_for: Option<Entitled>,
    /// Entitlement of the person to whom this one belongs.
    pub principal: Option<Entitled>,
}

/// Brings the own entitlement and that of kin together: a substitute takes over the place, a
/// companion comes along without one's seat.
pub fn entitlement(own: Entitled, kin: &Kin) -> Entitled {
    if let Some(inherited @ (Entitled::Yes(_) | Entitled::Waiting)) = &kin.stands_in_for {
        return inherited.clone();
    }
    match (own, &kin.principal) {
        (Entitled::No | Entitled::Waiting, Some(Entitled::Yes(placing))) => {
            Entitled::Yes(Placing { seat: String::new(), ..placing.clone() })
        }
        (own, _) => own,
    }
}

/// Longest chain of substitutes and principals that is followed: a substitute of a substitute's
/// companion is more than any desk has seen, and a ring ends here.
const LONGEST_CHAIN: u8 = 4;

/// One person's place in the chain of those who come for others.
#[derive(Clone, Debug, PartialEq)]
pub struct Ties {
    /// What the roster says.
    pub own: Entitled,
    /// Whether the roster has the person as cancelled.
    pub cancelled: bool,
    /// Instead of whom the person comes.
    pub stands_in_for: Option<AttendeeId>,
    /// Who comes instead of the person.
    pub substitute: Option<AttendeeId>,
    /// To whom the person belongs.
    pub principal: Option<AttendeeId>,
}

/// Answers whether `who` may enter, through substitutes of substitutes and companions of them.
///
/// Only the substitute whom the other's facts name takes over the place: of two, the later.
/// Nobody comes along with somebody who called off.
///
/// # Errors
/// Whatever `ties` answers when somebody cannot be looked up.
pub fn entitlement_of<E>(
    who: AttendeeId,
    ties: &mut impl FnMut(AttendeeId) -> Result<Option<Ties>, E>,
) -> Result<Entitled, E> {
    follow(who, LONGEST_CHAIN, ties)
}

fn follow<E>(
    who: AttendeeId,
    steps: u8,
    ties: &mut impl FnMut(AttendeeId) -> Result<Option<Ties>, E>,
) -> Result<Entitled, E> {
    let Some(mine) = ties(who)? else { return Ok(Entitled::No) };
    let Some(steps) = steps.checked_sub(1) else { return Ok(mine.own) };
    let mut kin = Kin::default();
    if let Some(other) = mine.stands_in_for
        && ties(other)?.is_some_and(|theirs| theirs.substitute == Some(who))
    {
        kin.stands_in_for = Some(follow(other, steps, ties)?);
    }
    if let Some(principal) = mine.principal
        && ties(principal)?.is_some_and(|theirs| !theirs.cancelled)
    {
        kin.principal = Some(follow(principal, steps, ties)?);
    }
    Ok(entitlement(mine.own, &kin))
}

#[cfg(test)]
mod tests;
