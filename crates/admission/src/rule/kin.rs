//! Entitlement through others: substitutes, and companions of a principal.

use crate::id::AttendeeId;
use crate::roster::{Entitled, Placing};

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
