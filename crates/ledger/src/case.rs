//! The case of one scan: everything that the rules may ask, by indexed reads.

use admission::id::{ConventionId, Slug};
use admission::pass::Authentic;
use admission::presence::PresenceKey;
use admission::roster::{Activity, Attendee, Convention};
use admission::rule::{Case, Standing};
use admission::time::Day;

use crate::error::LedgerError;
use crate::open::Ledger;

/// Where and when a pass is shown.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// The convention of the station.
    pub convention: &'a Convention,
    /// The activity that it serves.
    pub activity: &'a Activity,
    /// The civil day in the convention's zone.
    pub today: Day,
    /// Whether this is a rehearsal, which sees rehearsed presence only.
    pub rehearsal: bool,
}

impl Ledger {
    /// Gathers what is known about a pass at a door, and whose it is.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn case(
        &self,
        pass: Authentic,
        door: &Door<'_>,
    ) -> Result<(Case, Option<Attendee>), LedgerError> {
        let attendee = match pass.convention == door.convention.id {
            true => self.attendee_of(pass.pass.serial())?,
            // A stranger's serial proves nothing about our people.
            false => None,
        };
        let standing = match &attendee {
            Some(attendee) => Some(self.standing(attendee, door)?),
            None => None,
        };
        let convention: ConventionId = door.convention.id;
        let activity = door.activity.clone();
        let case = Case { convention, activity, today: door.today, pass, attendee: standing };
        Ok((case, attendee))
    }

    fn standing(&self, attendee: &Attendee, door: &Door<'_>) -> Result<Standing, LedgerError> {
        let activity: &Slug = &door.activity.id;
        let key = PresenceKey {
            rehearsal: door.rehearsal,
            attendee: attendee.id,
            activity: activity.clone(),
        };
        Ok(Standing {
            id: attendee.id,
            status: attendee.status,
            entitled: door.convention.entitlement(attendee, activity),
            entered: self.presence(&key)?.map(|presence| presence.entry),
        })
    }
}
