//! What the organiser and the server decided, as one station gets it.

use minicbor::{Decode, Encode};

use crate::id::Slug;
use crate::roster::Convention;

/// What the organiser and the server decided, for one station.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Policy {
    /// Counts up with every change.
    #[n(0)]
    pub number: u64,
    /// The convention.
    #[n(1)]
    pub convention: Convention,
    /// Public half of the root key, which signs key sets.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub root: [u8; 32],
    /// What the receiving station is to do.
    #[n(3)]
    pub profile: Profile,
}

/// What a station is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Attendees serve themselves.
    #[n(0)]
    Kiosk,
    /// A steward works it.
    #[n(1)]
    Staff,
    /// A steward works it away from the network.
    #[n(2)]
    Field,
    /// Is to pass on what others bring; that is not built yet.
    #[n(3)]
    Relay,
}

impl Role {
    /// Returns the name in output.
    pub fn name(self) -> &'static str {
        match self {
            Role::Kiosk => "kiosk",
            Role::Staff => "staff",
            Role::Field => "field",
            Role::Relay => "relay",
        }
    }
}

/// What the organiser set up for one station.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Profile {
    /// The station's name, such as `K2`.
    #[n(0)]
    pub name: String,
    /// What it is for.
    #[n(1)]
    pub role: Role,
    /// Where it stands; also the scope of its roster.
    #[n(2)]
    pub site: Slug,
    /// What it may check people in to; the first is its usual one.
    #[n(3)]
    pub activities: Vec<Slug>,
    /// Whether people go in or out here.
    #[n(4)]
    pub direction: Direction,
    /// Which bus people board here; empty for any.
    #[n(5)]
    pub bus: String,
}

impl Profile {
    /// Tells whether a steward works the station, so that questions can be put to a person.
    pub fn is_staffed(&self) -> bool {
        matches!(self.role, Role::Staff | Role::Field)
    }

    /// Tells whether badges are printed here, so that it needs blanks.
    pub fn prints(&self) -> bool {
        self.role != Role::Relay
    }
}

/// Which way people pass a station; fixed for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Direction {
    /// In.
    #[n(0)]
    #[default]
    In,
    /// Out.
    #[n(1)]
    Out,
}

impl Direction {
    /// Returns the name in output.
    pub fn name(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }
}
