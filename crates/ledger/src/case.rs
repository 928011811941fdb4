//! The case of one scan: everything that the rules may ask, by indexed reads.

use admission::exchange::Profile;
use admission::id::{AttendeeId, Serial, Slug};
use admission::pass::{Authentic, Pass};
use admission::presence::Dossier;
use admission::roster::{Activity, Attendee, Convention, Entitled, Mode, Status};
use admission::rule::{self, Case, Occupancy, Post, Standing, Ties};
use admission::time::{Day, Millis};

use crate::error::LedgerError;
use crate::open::Ledger;
use crate::setting;

/// News from the server that is younger than this counts as knowing what the others do.
const COMPLETE_FOR_MS: i64 = 60_000;
/// A clock that is this far behind the last contact, or was this far from the server's, is wrong.
const CLOCK_OFF_MS: i64 = 10 * 60_000;

/// Where and when a pass is shown.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// The convention of the station.
    pub convention: &'a Convention,
    /// The activity that it serves.
    pub activity: &'a Activity,
    /// The station's profile.
    pub profile: &'a Profile,
    /// The civil day in the convention's zone.
    pub today: Day,
    /// The station's clock.
    pub now: Millis,
    /// The clock by which lists age: the machine's while `now` is rehearsed.
    pub list_now: Millis,
    /// Whether a person set that clock, so that nobody asks whether it is right.
    pub clock_is_set: bool,
    /// Whether this is a rehearsal, which sees rehearsed presence only.
    pub rehearsal: bool,
}

/// A person as a station knows one: the roster's row with what was corrected since.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The row; of a walk-in that the roster does not have yet, made of the facts.
    pub attendee: Attendee,
    /// What the facts say, rehearsed ones in a rehearsal and for test passes.
    pub dossier: Dossier,
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
        let serial = pass.pass.serial();
        let mut known = None;
        // A stranger's serial proves nothing about our people.
        if pass.convention == door.convention.id {
            known = self.bearer(&pass.pass, door.rehearsal)?;
        }
        let post = self.post(door)?;
        let slot = rule::slot(door.activity, door.today, post.leg);
        let standing = match &known {
            Some((known, disputed)) => Some(Standing {
                presence: known.dossier.presence(&door.activity.id, slot).cloned(),
                disputed: *disputed,
                ..self.standing(known, serial, door)?
            }),
            None => None,
        };
        let rehearsal = door.rehearsal || standing.as_ref().is_some_and(|standing| standing.test);
        let clock_sure = door.clock_is_set || self.clock_is_sure(door.now)?;
        // With a clock that is wrong nobody can tell how old a list is.
        let age =
            |at: Option<Millis>| at.filter(|_| clock_sure).map(|at| door.list_now.since(at).max(0));
        let case = Case {
            convention: door.convention.id,
            activity: door.activity.clone(),
            today: door.today,
            post,
            revoked: self.is_revoked(serial)?,
            attendee: standing,
            occupancy: Occupancy {
                inside: self.inside(&door.activity.id, slot, rehearsal)?,
                complete: self.hears_everybody(age(self.contact_at()?))?,
            },
            list_age_ms: age(self.lists_at()?).map(|age| u64::try_from(age).unwrap_or(0)),
            clock_sure,
            pass,
        };
        Ok((case, known.map(|(known, _)| known.attendee)))
    }

    /// Finds whose pass it is, and whether more than one person claims it.
    ///
    /// Whose a blank is only facts tell, also when the roster has taken its person in: a binding
    /// can be undone or disputed.
    fn bearer(&self, pass: &Pass, rehearsal: bool) -> Result<Option<(Known, bool)>, LedgerError> {
        let serial = pass.serial();
        if !pass.is_blank() {
            let attendee = self.attendee_of(serial)?;
            let known = attendee.map(|attendee| self.known(attendee, rehearsal)).transpose()?;
            return Ok(known.map(|known| (known, false)));
        }
        let bound = self.bound_to(serial, rehearsal)?;
        let Some(first) = bound.first() else { return self.tester(serial) };
        Ok(self.person(*first, rehearsal)?.map(|known| (known, bound.len() > 1)))
    }

    /// Finds the test pass to which a blank was bound: its facts are rehearsed ones everywhere.
    fn tester(&self, serial: Serial) -> Result<Option<(Known, bool)>, LedgerError> {
        let bound = self.bound_to(serial, true)?;
        let Some(first) = bound.first() else { return Ok(None) };
        let known = self.person(*first, true)?.filter(|known| known.attendee.test);
        Ok(known.map(|known| (known, bound.len() > 1)))
    }

    /// Finds a person by id: from the roster, or from the facts of a walk-in.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn person(&self, id: AttendeeId, rehearsal: bool) -> Result<Option<Known>, LedgerError> {
        if let Some(attendee) = self.attendee(id)? {
            return self.known(attendee, rehearsal).map(Some);
        }
        let dossier = self.dossier(id, rehearsal)?;
        let Some((category, delegation)) = dossier.walked_in.clone() else { return Ok(None) };
        let nothing = Serial([0; 16]);
        let attendee = Attendee {
            id,
            category,
            delegation,
            status: Status::Confirmed,
            invitation: nothing,
            badge: dossier.bound.first().copied().unwrap_or(nothing),
            assignments: Vec::new(),
            person: None,
            revision: 0,
            test: false,
            accepted: None,
        };
        self.with_particulars(attendee, dossier).map(Some)
    }

    fn known(&self, attendee: Attendee, rehearsal: bool) -> Result<Known, LedgerError> {
        let dossier = self.dossier(attendee.id, rehearsal || attendee.test)?;
        self.with_particulars(attendee, dossier)
    }

    /// Lays corrected particulars over the roster's, until the roster has taken them in.
    fn with_particulars(
        &self,
        mut attendee: Attendee,
        dossier: Dossier,
    ) -> Result<Known, LedgerError> {
        let news = dossier.particulars.filter(|hash| attendee.accepted != Some(*hash));
        let attachment = match news {
            Some(hash) => self.attachment(hash)?,
            None => None,
        };
        if let Some(person) = attachment.and_then(|attachment| attachment.person()) {
            attendee.person = Some(match &attendee.person {
                Some(listed) => person.as_listed(listed),
                None => person.without_pictures(),
            });
        }
        // The badge that was bound last is the one to print.
        if let (Some(person), Some(serial)) = (&mut attendee.person, dossier.bound.first())
            && !self.is_revoked(*serial)?
            && let Some(text) = self.blank_text(*serial)?
        {
            person.badge_pass = text;
        }
        Ok(Known { attendee, dossier })
    }

    fn standing(
        &self,
        known: &Known,
        serial: Serial,
        door: &Door<'_>,
    ) -> Result<Standing, LedgerError> {
        let Known { attendee, dossier } = known;
        let entitled =
            self.entitlement(known, &door.activity.id, (door.convention, door.rehearsal))?;
        let day = dossier.trips.get(&door.activity.id).and_then(|days| days.get(&door.today.0));
        let category = door.convention.category(&attendee.category);
        Ok(Standing {
            id: attendee.id,
            status: attendee.status,
            entitled,
            revision: attendee.revision,
            replaced: dossier.replaced.contains(&serial) || dossier.substitute.is_some(),
            disputed: false,
            beyond: dossier.beyond,
            test: attendee.test,
            collected: dossier.collected.is_some(),
            presence: None,
            trip: day.cloned(),
            list_minutes: category.and_then(|category| category.list_minutes),
        })
    }

    /// Answers whether somebody may enter an activity: by the roster, as a substitute or along with
    /// a principal.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn entitlement(
        &self,
        known: &Known,
        activity: &Slug,
        (convention, rehearsal): (&Convention, bool),
    ) -> Result<Entitled, LedgerError> {
        let whose = &known.attendee;
        let mut ties = |id: AttendeeId| match id == whose.id {
            true => Ok(Some(ties_of(known, activity, convention))),
            false => {
                let other = self.person(id, rehearsal || whose.test)?;
                Ok::<_, LedgerError>(other.map(|other| ties_of(&other, activity, convention)))
            }
        };
        rule::entitlement_of(whose.id, &mut ties)
    }

    fn post(&self, door: &Door<'_>) -> Result<Post, LedgerError> {
        let Profile { direction, bus, .. } = door.profile;
        let leg = match door.activity.mode {
            Mode::Board => self.leg(&door.activity.id, (door.today, bus), door.rehearsal)?,
            Mode::Once | Mode::Daily | Mode::Reentry => 0,
        };
        let staffed = door.profile.is_staffed();
        Ok(Post { staffed, direction: *direction, leg, bus: bus.clone() })
    }

    /// Tells whether the server answered just now, and had heard from the others at these activities.
    fn hears_everybody(&self, contact_age: Option<i64>) -> Result<bool, LedgerError> {
        let unheard = setting::read_number(&self.db, setting::UNHEARD)?.unwrap_or(0);
        Ok(unheard == 0 && contact_age.is_some_and(|age| age <= COMPLETE_FOR_MS))
    }

    fn clock_is_sure(&self, now: Millis) -> Result<bool, LedgerError> {
        let Some(contact) = self.contact_at()? else { return Ok(false) };
        let offset = setting::read_number(&self.db, setting::OFFSET_MS)?.unwrap_or(0);
        let off = offset.saturating_abs();
        Ok(now.since(contact) > CLOCK_OFF_MS.saturating_neg() && off <= CLOCK_OFF_MS)
    }
}

/// Returns what ties a person to others, at an activity.
fn ties_of(known: &Known, activity: &Slug, convention: &Convention) -> Ties {
    let Known { attendee, dossier } = known;
    Ties {
        own: convention.entitlement(attendee, activity),
        cancelled: attendee.status == Status::Cancelled,
        stands_in_for: dossier.stands_in_for,
        substitute: dossier.substitute,
        principal: dossier.principal,
    }
}
