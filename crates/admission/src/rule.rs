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
use crate::pass::{Authentic, PassKind};
use crate::presence::Presence;
use crate::roster::{Activity, Entitled, Mode, Placing, Status};
use crate::time::{Day, Millis};

mod reason;

mod kin;

mod yes;

pub use kin::{Kin, Ties, entitlement, entitlement_of};
pub use reason::{Instruction, Reason};
pub use yes::{Answered, Yes, answered};

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
    /// Whether a later version recorded something about the person that must be understood.
    pub beyond: bool,
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

impl Standing {
    /// Returns the standing of somebody of whom nothing is known but what they may enter.
    pub fn of_newcomer(id: AttendeeId, entitled: Entitled) -> Standing {
        Standing {
            id,
            status: Status::Confirmed,
            entitled,
            revision: 0,
            replaced: false,
            disputed: false,
            beyond: false,
            test: false,
            collected: false,
            presence: None,
            trip: None,
            list_minutes: None,
        }
    }

    /// Returns where the person sits or rides here, whatever the rule says; nothing without a place.
    pub fn placing(&self) -> Placing {
        match &self.entitled {
            Entitled::Yes(placing) => moved(placing.clone(), self),
            Entitled::Waiting | Entitled::No | Entitled::Excluded => Placing::default(),
        }
    }

    /// Tells whether a steward let the person in here although the list says no.
    fn is_vouched_for(&self) -> bool {
        self.presence.as_ref().is_some_and(|presence| presence.vouched)
    }
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

/// Decides one scan.
pub fn decide(case: &Case, now: Millis) -> Decision {
    let reason = match pleased(case, now) {
        Ok(pleased) => return Decision::Admit(pleased),
        Err(reason) => reason,
    };
    let attendee = case.attendee.as_ref().map(|standing| standing.id);
    match reason.asks() {
        true => Decision::Ask { reason, attendee },
        false => Decision::Refuse { reason, next: next_step(case, reason) },
    }
}

/// Where one scan is all that a pass is good for, a second may be somebody else's: nobody is told
/// to walk in.
fn next_step(case: &Case, reason: Reason) -> Instruction {
    match reason == Reason::AlreadyIn && case.activity.strict {
        true => Instruction::GoToHelpDesk,
        false => reason.instruction(),
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
    if standing.status == Status::Cancelled && !standing.is_vouched_for() {
        return Err(Reason::Cancelled);
    }
    if standing.beyond {
        return Err(Reason::NewerRecord);
    }
    let mut clock = Clock { sure: case.clock_sure || standing.test, doubted: false };
    // A test pass tries any station at any time.
    clock.weigh(day_objection(case).filter(|_| !standing.test))?;
    if case.pass.pass.kind() == PassKind::Badge && case.activity.collects {
        return Err(Reason::BadgeAtRegistration);
    }
    let placing = moved(check_entitlement(case, standing, now, &mut clock)?, standing);
    check_bus(case, &placing)?;
    let act = presence_act(case, standing)?;
    let enters = act == Act::Enter;
    if enters {
        clock.weigh(door_objection(&case.activity, now).filter(|_| !standing.test))?;
        check_room(case, standing)?;
        check_list(case, standing)?;
    }
    clock.settle()?;
    check_code(case, &act)?;
    // Nobody sits where badges are given: what stands there is the tray with the badge.
    let in_a_tray = !placing.seat.is_empty();
    let collects = case.activity.collects && enters && !standing.collected && !in_a_tray;
    let caveat = caveat(case).filter(|_| enters);
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
    match &standing.entitled {
        Entitled::Yes(placing) => return Ok(placing.clone()),
        _ if standing.test || standing.is_vouched_for() => return Ok(Placing::default()),
        Entitled::Waiting | Entitled::No | Entitled::Excluded => {}
    }
    // Where badges are collected nobody has one yet; and whoever is kept out by name stays out.
    let excluded = standing.entitled == Entitled::Excluded;
    let to_all = case.activity.open_to_all.filter(|_| !case.activity.collects && !excluded);
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

/// Asked last, when nothing else stands in the way: whoever answers yes has seen everything.
///
/// Whoever was let in with an invitation before is not asked about it again.
fn check_code(case: &Case, act: &Act) -> Result<(), Reason> {
    let invited = case.pass.pass.kind() == PassKind::Invitation && !case.activity.collects;
    match invited && *act == Act::Enter {
        true => Err(Reason::InvitationAtDoor),
        false => Ok(()),
    }
}

/// Where the own bus leaves is worth more than when this one's doors open.
fn check_bus(case: &Case, placing: &Placing) -> Result<(), Reason> {
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

/// The bus where a steward moved the person to counts, then the one that was assigned.
fn moved(placing: Placing, standing: &Standing) -> Placing {
    match &standing.trip {
        Some(TripState::Moved(bus)) => Placing { bus: bus.clone(), ..placing },
        _ => placing,
    }
}

/// Returns how many there is room for, if the person takes one of those places: a seat or a table of
/// one's own is a place that nobody else takes.
fn room_for(case: &Case, standing: &Standing) -> Option<u64> {
    let placing = standing.placing();
    let has_place = !placing.seat.is_empty() || !placing.table.is_empty();
    let capacity = case.activity.capacity.filter(|_| !standing.test && !has_place);
    capacity.map(u64::from)
}

fn check_room(case: &Case, standing: &Standing) -> Result<(), Reason> {
    match room_for(case, standing) {
        Some(room) if case.occupancy.inside >= room => Err(Reason::Full),
        _ => Ok(()),
    }
}

/// Returns what nobody can know about the room for somebody who goes in.
pub fn caveat(case: &Case) -> Option<Caveat> {
    let standing = case.attendee.as_ref()?;
    let unheard = room_for(case, standing).is_some() && !case.occupancy.complete;
    unheard.then_some(Caveat::MoreMayBeInside)
}

fn check_list(case: &Case, standing: &Standing) -> Result<(), Reason> {
    let Some(minutes) = standing.list_minutes else { return Ok(()) };
    let limit = u64::from(minutes).saturating_mul(60_000);
    match case.list_age_ms {
        Some(age) if age <= limit => Ok(()),
        Some(_) | None => Err(Reason::ListTooOld),
    }
}

#[cfg(test)]
mod tests;
