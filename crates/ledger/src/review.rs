//! Doubts out of the ledger: what the facts of all stations leave for a person to decide.
//!
//! Which they are [`admission::review`] says. Here everybody's dossier is read once;
//! facts are read only of those about whom a dossier does not tell enough.

pub mod told;

use std::collections::{BTreeMap, BTreeSet};

use admission::fact::{Body, Slot, What};
use admission::id::{AttendeeId, FactId, Slug};
use admission::presence::{Dossier, Mark, NOBODY};
use admission::review::{self, Doubt, Kind, Listed, Person, Row};
use admission::revocation::Entry;
use admission::roster::{Activity, Convention, Entitled};
use admission::rule::Reason;

use crate::db::{self, places};
use crate::error::LedgerError;
use crate::open::Ledger;

/// How many people are read at once: a roster may hold a million.
const AT_ONCE: i64 = 1000;
/// A name that no part of the roster has.
const NO_SCOPE: &str = "";

/// Somebody of whom facts tell.
struct Met {
    id: AttendeeId,
    dossier: Dossier,
    listed: Listed,
}

/// Everybody who is inside a part of an activity, with the admission since which.
type Rooms = BTreeMap<(Slug, Slot), Vec<(Mark, AttendeeId)>>;

impl Ledger {
    /// Returns what a person has to look at, the newest first; of the real facts or the rehearsed.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn doubts(
        &self,
        convention: &Convention,
        rehearsal: bool,
    ) -> Result<Vec<Doubt>, LedgerError> {
        let (scope, revoked) = (self.whole_scope()?, self.revoked()?);
        let (mut rooms, mut doubts) = (Rooms::new(), Vec::new());
        let mut last = NOBODY;
        loop {
            let people = self.people_after(last, scope.as_deref(), rehearsal)?;
            let Some(after) = people.last().map(|met| met.id) else { break };
            last = after;
            for met in people {
                enter(convention, met.id, &met.dossier, &mut rooms);
                doubts.extend(self.of_person(&met, &revoked, (convention, rehearsal))?);
            }
        }
        doubts.extend(self.crowds(convention, rooms, rehearsal)?);
        review::sort(&mut doubts);
        Ok(doubts)
    }

    /// Returns the doubts of one kind that these facts may raise, the newest first: those of
    /// [`Ledger::doubts`] that are about the same people, or about the same rooms, without reading
    /// about anybody else.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn doubts_about(
        &self,
        (kind, facts): (Kind, &BTreeSet<FactId>),
        convention: &Convention,
        rehearsal: bool,
    ) -> Result<Vec<Doubt>, LedgerError> {
        let (mut people, mut parts) = (BTreeSet::new(), BTreeSet::new());
        for fact in facts {
            let Some(fact) = self.fact(*fact)? else { continue };
            people.extend(fact.subject);
            parts.extend(
                Body::of(&fact).visit().map(|visit| (visit.activity.clone(), visit.slot())),
            );
        }
        let mut doubts = match kind {
            Kind::OverCapacity => {
                let rooms = self.rooms(convention, &parts, rehearsal)?;
                self.crowds(convention, rooms, rehearsal)?
            }
            Kind::DoubleEntry
            | Kind::AfterRevocation
            | Kind::UnknownPass
            | Kind::ImpossibleTravel => self.of_people(&people, (convention, rehearsal))?,
        };
        doubts.retain(|doubt| doubt.kind == kind);
        review::sort(&mut doubts);
        Ok(doubts)
    }

    fn of_people(
        &self,
        people: &BTreeSet<AttendeeId>,
        view: (&Convention, bool),
    ) -> Result<Vec<Doubt>, LedgerError> {
        let (scope, revoked) = (self.whole_scope()?, self.revoked()?);
        let mut doubts = Vec::new();
        for id in people {
            if let Some(met) = self.met(*id, scope.as_deref(), view.1)? {
                doubts.extend(self.of_person(&met, &revoked, view)?);
            }
        }
        Ok(doubts)
    }

    fn of_person(
        &self,
        Met { id, dossier, listed }: &Met,
        revoked: &BTreeSet<Entry>,
        (convention, rehearsal): (&Convention, bool),
    ) -> Result<Vec<Doubt>, LedgerError> {
        let is_revoked = |serial| !revoked.is_empty() && revoked.contains(&Entry::of(serial));
        let person = Person { id: *id, dossier, listed };
        let facts = || self.facts_about(*id, rehearsal);
        review::of_person(&person, convention, is_revoked, facts)
    }

    /// Finds who is inside these parts of activities.
    fn rooms(
        &self,
        convention: &Convention,
        parts: &BTreeSet<(Slug, Slot)>,
        rehearsal: bool,
    ) -> Result<Rooms, LedgerError> {
        let sql =
            "SELECT attendee, dossier FROM dossier WHERE /*its*/ rehearsal = ?1 AND attendee IN
                     (SELECT attendee FROM presence WHERE /*its*/ rehearsal = ?1
                      AND activity = ?2 AND day = ?3 AND leg = ?4 AND inside = 1)";
        let mut rooms = Rooms::new();
        for (activity, slot) in parts {
            let places = &places![rehearsal, activity.as_str(), slot.day, slot.leg];
            self.db.each(sql, places, |row| -> Result<(), LedgerError> {
                let dossier = decode("dossier", &row.get::<Vec<u8>>(1)?)?;
                enter(convention, AttendeeId(row.get(0)?), &dossier, &mut rooms);
                Ok(())
            })?;
        }
        // Who is inside one is inside others, too, where not everybody was read.
        rooms.retain(|part, _| parts.contains(part));
        Ok(rooms)
    }

    /// Names a part of the roster that is held whole; every one has a row for everybody.
    fn whole_scope(&self) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT scope FROM scope WHERE /*its*/ revision > 0 ORDER BY scope LIMIT 1";
        self.db.first(sql, &[], |row| row.get(0))
    }

    fn revoked(&self) -> Result<BTreeSet<Entry>, LedgerError> {
        let sql = "SELECT entry FROM revocation WHERE /*its*/ true";
        let entries = self.db.query(sql, &[], |row| row.get(0).map(Entry))?;
        Ok(entries.into_iter().collect())
    }

    /// Returns the next people of whom facts tell, with what the roster says, in order of id.
    fn people_after(
        &self,
        last: AttendeeId,
        scope: Option<&str>,
        rehearsal: bool,
    ) -> Result<Vec<Met>, LedgerError> {
        let sql = "SELECT attendee, dossier,
                       (SELECT row FROM attendee WHERE /*its*/ scope = ?1 AND id = dossier.attendee)
                   FROM dossier WHERE /*its*/ rehearsal = ?2 AND attendee > ?3
                   ORDER BY attendee LIMIT ?4";
        let places = &places![scope.unwrap_or(NO_SCOPE), rehearsal, last.0, AT_ONCE];
        self.db.query(sql, places, |row| met(row, scope.is_some()))
    }

    /// The same of one person; nothing if no fact tells of them.
    fn met(
        &self,
        whom: AttendeeId,
        scope: Option<&str>,
        rehearsal: bool,
    ) -> Result<Option<Met>, LedgerError> {
        let sql = "SELECT attendee, dossier,
                       (SELECT row FROM attendee WHERE /*its*/ scope = ?1 AND id = ?3)
                   FROM dossier WHERE /*its*/ rehearsal = ?2 AND attendee = ?3";
        let places = &places![scope.unwrap_or(NO_SCOPE), rehearsal, whom.0];
        self.db.first(sql, places, |row| met(row, scope.is_some()))
    }

    /// Finds who came last to rooms that are too full.
    fn crowds(
        &self,
        convention: &Convention,
        rooms: Rooms,
        rehearsal: bool,
    ) -> Result<Vec<Doubt>, LedgerError> {
        let settled = self.dossier(NOBODY, rehearsal)?.settled;
        let settled = settled.get(Kind::OverCapacity.code()).cloned().unwrap_or_default();
        let mut doubts = Vec::new();
        for ((activity, slot), inside) in rooms {
            let Some(activity) = convention.activity(&activity) else { continue };
            let has_place = |mark: Mark, whom| -> Result<bool, LedgerError> {
                Ok(self.is_let_in_though_full(mark)?
                    || self.has_own_place(whom, activity, (convention, rehearsal))?)
            };
            doubts.extend(review::over_capacity((activity, slot), inside, &settled, has_place)?);
        }
        Ok(doubts)
    }

    fn is_let_in_though_full(&self, mark: Mark) -> Result<bool, LedgerError> {
        let what = self.fact(mark.fact)?.map(|fact| Body::of(&fact).what);
        let full = Reason::Full.code();
        Ok(matches!(what, Some(What::Overridden { reason, .. }) if reason == full))
    }

    /// Tells whether somebody has a seat or a table there, which is honoured in a full room, too.
    fn has_own_place(
        &self,
        whom: AttendeeId,
        activity: &Activity,
        view: (&Convention, bool),
    ) -> Result<bool, LedgerError> {
        let Some(known) = self.person(whom, view.1)? else { return Ok(false) };
        match self.entitlement(&known, &activity.id, view)? {
            Entitled::Yes(placing) => Ok(!placing.seat.is_empty() || !placing.table.is_empty()),
            Entitled::Waiting | Entitled::No | Entitled::Excluded => Ok(false),
        }
    }
}

fn met(row: &db::Row<'_>, has_scope: bool) -> Result<Met, LedgerError> {
    let dossier = decode("dossier", &row.get::<Vec<u8>>(1)?)?;
    let listed = match row.get::<Option<Vec<u8>>>(2)? {
        Some(bytes) => Listed::Yes(decode::<Row>("attendee", &bytes)?),
        None if has_scope => Listed::No,
        None => Listed::NoRoster,
    };
    Ok(Met { id: AttendeeId(row.get(0)?), dossier, listed })
}

/// Notes where somebody is inside, of rooms that hold only so many.
fn enter(convention: &Convention, id: AttendeeId, dossier: &Dossier, rooms: &mut Rooms) {
    for activity in convention.activities.iter().filter(|activity| activity.capacity.is_some()) {
        for (slot, presence) in dossier.presences.get(&activity.id).into_iter().flatten() {
            if let Some(since) = presence.open.first() {
                rooms.entry((activity.id.clone(), *slot)).or_default().push((*since, id));
            }
        }
    }
}

fn decode<T: for<'b> minicbor::Decode<'b, ()>>(what: &str, bytes: &[u8]) -> Result<T, LedgerError> {
    minicbor::decode(bytes).map_err(|error| LedgerError::Damaged(format!("{what}: {error}")))
}
