//! Who may write what: which authentic facts are believed.
//!
//! A station writes the kinds of facts that its role needs, about its own site. Anything else that it
//! signed, and what a revoked station wrote after the server last heard of it, is *quarantined*: kept
//! byte for byte, counted in the vector, sent on, shown, and folded nowhere.
//! [`disbelief`] is a function of the fact and the author's line in the membership list and of nothing
//! else, so two stations that hold the same facts and the same list believe the same.

use crate::exchange::{Member, MemberState, Role};
use crate::fact::{Body, Fact};
use crate::id::{LogId, Seq};

/// Why an authentic fact is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disbelief {
    /// Its station was revoked, and the server had not heard of the fact by then.
    Revoked,
    /// Its station stands at another site.
    Site,
    /// Stations of that role do not write this kind.
    Kind,
}

impl Disbelief {
    /// Returns the name in output and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Disbelief::Revoked => "station_revoked",
            Disbelief::Site => "other_site",
            Disbelief::Kind => "not_its_kind",
        }
    }
}

/// Tells why `fact` is not believed; `None` if it is.
///
/// Without a line there is nothing to hold against the author: nobody's fact is taken whose key is
/// not on a list, and the server's own are on none.
pub fn disbelief(fact: &Fact, author: Option<&Member>) -> Option<Disbelief> {
    let author = author?;
    if is_up_to(&author.released, fact) {
        return None;
    }
    if author.state == MemberState::Revoked && !is_up_to(&author.closed, fact) {
        return Some(Disbelief::Revoked);
    }
    if fact.site != author.site {
        return Some(Disbelief::Site);
    }
    (!may_write(author.role, fact.kind)).then_some(Disbelief::Kind)
}

fn is_up_to(places: &std::collections::BTreeMap<LogId, Seq>, fact: &Fact) -> bool {
    places.get(&fact.log).is_some_and(|last| fact.seq <= *last)
}

/// Tells whether a station of this role writes facts of this kind; `docs/facts.md` has the table.
///
/// A kind of a later version has no effect here, and whether it may be written the later version
/// knows.
fn may_write(role: Role, kind: u16) -> bool {
    match role {
        Role::Relay => false,
        Role::Staff | Role::Field => true,
        // What a guest does alone: come, be refused, go, take the badge.
        Role::Kiosk => matches!(kind, 1 | 2 | 3 | 6 | 7 | 17..=19) || Body::is_later(kind),
    }
}

#[cfg(test)]
mod tests;
