//! Doubts out of the ledger: what the facts of all stations leave for a person to decide.
//!
//! Which they are [`admission::review`] says. Here everybody's dossier is read once;
//! facts are read only of those about whom a dossier does not tell enough.

pub mod told;

use std::collections::{BTreeMap, BTreeSet};

use admission::fact::{Body, Slot, What};
use admission::id::{AttendeeId, Slug};
use admission::presence::{Dossier, Mark, NOBODY};
use admission::review::{self, Doubt, Kind, Listed, Person, Row};
use admission::revocation::Entry;
use admission::roster::{Activity, Convention, Entitled};
use admission::rule::Reason;

use crate::db::places;
use crate::error::LedgerError;
use crate::open::Ledger;

/// How many people are read at once: a roster may hold a million.
const AT_ONCE: i64 = 1000;

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
        let is_revoked = |serial| !revoked.is_empty() && revoked.contains(&Entry::of(serial));
        let (mut rooms, mut doubts) = (Rooms::new(), Vec::new());
        let mut last = NOBODY;
        loop {
            let people = self.people_after(last, scope.as_deref(), rehearsal)?;
            let Some(after) = people.last().map(|met| met.id) else { break };
            last = after;
            for Met { id, dossier, listed } in people {
                enter(convention, id, &dossier, &mut rooms);
                let person = Person { id, dossier: &dossier, listed: &listed };
                let facts = || self.facts_about(id, rehearsal);
                doubts.extend(review::of_person(&person, convention, is_revoked, facts)?);
            }
        }
        doubts.extend(self.crowds(convention, rooms, rehearsal)?);
        review::sort(&mut doubts);
        Ok(doubts)
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
        // No part of the roster has an empty name.
        let places = &places![scope.unwrap_or(""), rehearsal, last.0, AT_ONCE];
        self.db.query(sql, places, |row| {
            let dossier = decode("dossier", &row.get::<Vec<u8>>(1)?)?;
            let listed = match row.get::<Option<Vec<u8>>>(2)? {
                Some(bytes) => Listed::Yes(decode::<Row>("attendee", &bytes)?),
                None if scope.is_some() => Listed::No,
                None => Listed::NoRoster,
            };
            Ok(Met { id: AttendeeId(row.get(0)?), dossier, listed })
        })
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
