//! What the tests of several rooms are about.

use crate::exchange::{Direction, Profile, Role};
use crate::id::Slug;
use crate::roster::{Activity, Mode, Words};
use crate::time::Millis;

/// Reads a slug that is one.
pub(crate) fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// An activity in the hall that people enter once, without limits and without a duration.
pub(crate) fn activity(id: &str, at: Millis) -> Activity {
    Activity {
        id: slug(id),
        title: Words::default(),
        mode: Mode::Once,
        site: slug("hall"),
        starts: at,
        ends: at,
        doors_open: at,
        doors_close: at,
        collects: false,
        place: Words::default(),
        way: Words::default(),
        strict: false,
        open_to_all: None,
        capacity: None,
        wait_list: None,
    }
}

/// A station in the hall.
pub(crate) fn profile(name: &str, role: Role) -> Profile {
    Profile {
        name: name.to_owned(),
        role,
        site: slug("hall"),
        activities: vec![slug("opening")],
        direction: Direction::Out,
        bus: "2".to_owned(),
    }
}
