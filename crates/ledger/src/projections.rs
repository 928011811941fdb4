//! What facts come to, person by person, kept beside them.
//!
//! A new fact changes the dossiers of those whom it concerns. Each is folded anew from all of their
//! facts, so the order in which facts came cannot matter; the rows that others ask by (presence,
//! binding, occupancy) are what changed between the dossier before and after.

use std::collections::{BTreeMap, BTreeSet};

use admission::fact::{Body, Fact, Sealed, Slot, What};
use admission::id::{AttendeeId, FactId, LogId, Seq, Serial, Slug, StationId};
use admission::presence::{self, Dossier, NOBODY, Presence};
use admission::roster::{Activity, Mode};
use admission::rule;
use admission::time::{Day, Millis};

use crate::blanks;
use crate::db::{Db, Row, Value, places};
use crate::error::LedgerError;
use crate::facts::slug;
use crate::open::Ledger;
use crate::quarantine::{self, Authors};

/// One line of arrivals: a person at one part of an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Who.
    pub attendee: AttendeeId,
    /// Where to.
    pub activity: Slug,
    /// Which part of it; all zero where the activity is one.
    pub slot: Slot,
    /// When, by the clock of the station, or as it was made up.
    pub at: Millis,
    /// The admission that counts.
    pub fact: FactId,
    /// Whether the person is inside.
    pub inside: bool,
    /// Admissions that should not have been: a person looks at them.
    pub repeats: u32,
}

/// Whose dossiers have to be folded anew.
#[derive(Debug, Default)]
pub(crate) struct Folds {
    whom: BTreeSet<(bool, AttendeeId)>,
    authors: Authors,
}

impl Folds {
    /// Notes facts that were stored, or that they are not believed.
    pub(crate) fn note<'a>(
        &mut self,
        db: &Db,
        facts: impl Iterator<Item = &'a Fact>,
    ) -> Result<(), LedgerError> {
        let (mut concerns, mut used) = (Vec::new(), BTreeSet::new());
        for fact in facts {
            if let Some(doubt) = self.authors.doubt(db, fact)? {
                quarantine::put(db, fact.id(), doubt)?;
                continue;
            }
            let body = Body::of(fact);
            for attendee in presence::concerns(fact, &body) {
                concerns.push((body.rehearsal, attendee, fact.id()));
                self.whom.insert((body.rehearsal, attendee));
            }
            if let What::Bound { serials } = body.what {
                used.extend(serials);
            }
        }
        blanks::mark_used(db, used)?;
        let sql = "INSERT INTO concern (/*key*/ rehearsal, attendee, log, seq)
                   VALUES (/*own*/ ?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        db.execute_all(sql, &concerns.iter().map(filed).collect::<Vec<_>>())
    }

    /// Notes a fact that is taken away: it stands elsewhere from now on, or is to be noted anew.
    pub(crate) fn forget(&mut self, db: &Db, fact: &Fact) -> Result<(), LedgerError> {
        quarantine::remove(db, fact.id())?;
        let body = Body::of(fact);
        let sql = "DELETE FROM concern
                   WHERE /*its*/ rehearsal = ?1 AND attendee = ?2 AND log = ?3 AND seq = ?4";
        for attendee in presence::concerns(fact, &body) {
            db.execute(sql, &filed(&(body.rehearsal, attendee, fact.id())))?;
            self.whom.insert((body.rehearsal, attendee));
        }
        Ok(())
    }

    /// Folds every dossier that was noted.
    pub(crate) fn fold(self, db: &Db) -> Result<(), LedgerError> {
        let whom: Vec<(bool, AttendeeId)> = self.whom.into_iter().collect();
        let keys = whom.iter();
        let keys: Vec<_> =
            keys.map(|(rehearsal, whom)| places![*rehearsal, whom.0].to_vec()).collect();
        // Locked first, and only then are the facts read: whoever folds the same person at the same
        // time waits, and sees these facts too.
        let before = db.query_all(dossier_sql(db), &keys, read_dossier)?;
        let facts = db.query_all(FACTS_ABOUT, &keys, read_fact)?;
        let mut changes = Changes::default();
        for ((whose, before), facts) in whom.iter().zip(before).zip(facts) {
            let before = before.into_iter().next().unwrap_or_default();
            changes.note(*whose, &before, presence::fold(whose.1, &facts));
        }
        changes.write(db)
    }
}

type Concern = (bool, AttendeeId, FactId);

fn filed((rehearsal, attendee, fact): &Concern) -> Vec<Value<'_>> {
    places![*rehearsal, attendee.0, fact.log.0, fact.seq.0].to_vec()
}

impl Ledger {
    /// Returns what facts say about a person; the real ones or the rehearsed.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn dossier(&self, whom: AttendeeId, rehearsal: bool) -> Result<Dossier, LedgerError> {
        dossier(&self.db, rehearsal, whom)
    }

    /// Returns the facts that concern a person, in no particular order.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn facts_about(&self, whom: AttendeeId, rehearsal: bool) -> Result<Vec<Fact>, LedgerError> {
        facts_about(&self.db, rehearsal, whom)
    }

    /// Returns who arrived where, in order of time; either the real ones or the rehearsed.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn arrivals(&self, rehearsal: bool) -> Result<Vec<Arrival>, LedgerError> {
        let sql = "SELECT attendee, activity, day, leg, at, entry_log, entry_seq, inside, repeats
                   FROM presence WHERE /*its*/ rehearsal = ?1 ORDER BY at, entry_log, entry_seq";
        self.db.query(sql, &places![rehearsal], |row| {
            Ok(Arrival {
                attendee: AttendeeId(row.get(0)?),
                activity: slug(&row.get::<String>(1)?)?,
                slot: Slot { day: row.get(2)?, leg: row.get(3)? },
                at: Millis(row.get(4)?),
                fact: FactId { log: LogId(row.get(5)?), seq: Seq(row.get(6)?) },
                inside: row.get(7)?,
                repeats: row.get(8)?,
            })
        })
    }

    /// Returns how many are inside a part of an activity.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn inside(&self, activity: &Slug, slot: Slot, rehearsal: bool) -> Result<u64, LedgerError> {
        let sql = "SELECT inside FROM occupancy
                   WHERE /*its*/ rehearsal = ?1 AND activity = ?2 AND day = ?3 AND leg = ?4";
        let key = &places![rehearsal, activity.as_str(), slot.day, slot.leg];
        Ok(self.db.first(sql, key, |row| row.get(0))?.unwrap_or(0))
    }

    /// Returns how many are inside an activity now: today, and of a trip on each bus the leg that it
    /// boards. For the server, which knows the bus of every station.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn inside_now(
        &self,
        activity: &Activity,
        today: Day,
        rehearsal: bool,
    ) -> Result<u64, LedgerError> {
        if activity.mode == Mode::Board {
            return self.aboard(&activity.id, today, rehearsal);
        }
        self.inside(&activity.id, rule::slot(activity, today, 0), rehearsal)
    }

    fn aboard(&self, trip: &Slug, today: Day, rehearsal: bool) -> Result<u64, LedgerError> {
        let stations = self.stations()?.into_iter();
        let buses: BTreeMap<StationId, String> =
            stations.map(|station| (station.id, station.profile.bus)).collect();
        let departures = self.dossier(NOBODY, rehearsal)?;
        let sql = "SELECT entry_log, leg, count(*) FROM presence
                   WHERE /*its*/ rehearsal = ?1 AND activity = ?2 AND day = ?3 AND inside = 1
                   GROUP BY entry_log, leg";
        let mut aboard = 0u64;
        let key = &places![rehearsal, trip.as_str(), today.0];
        self.db.each(sql, key, |row| -> Result<(), LedgerError> {
            let bus = buses.get(&LogId(row.get(0)?).station()).map_or("", String::as_str);
            if departures.leg(trip, today, bus) == row.get::<u8>(1)? {
                aboard = aboard.saturating_add(row.get(2)?);
            }
            Ok(())
        })?;
        Ok(aboard)
    }

    /// Returns the leg of a trip that a bus boards now.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn leg(
        &self,
        trip: &Slug,
        (day, bus): (Day, &str),
        rehearsal: bool,
    ) -> Result<u8, LedgerError> {
        Ok(self.dossier(NOBODY, rehearsal)?.leg(trip, day, bus))
    }

    /// Returns to whom a blank was bound; more than one is a dispute that a person must settle.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn bound_to(
        &self,
        serial: Serial,
        rehearsal: bool,
    ) -> Result<Vec<AttendeeId>, LedgerError> {
        let sql = "SELECT attendee FROM binding WHERE /*its*/ rehearsal = ?1 AND serial = ?2
                   ORDER BY attendee";
        self.db.query(sql, &places![rehearsal, serial.0], |row| row.get(0).map(AttendeeId))
    }

    /// Returns the blanks that more than one person has: a station's folder was copied, or a number
    /// was mistyped. Whose badge was replaced since has none any more.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn disputed_blanks(&self, rehearsal: bool) -> Result<Vec<Serial>, LedgerError> {
        let sql = "SELECT serial FROM binding WHERE /*its*/ rehearsal = ?1
                   GROUP BY serial HAVING count(*) > 1 ORDER BY serial";
        let serials = self.db.query(sql, &places![rehearsal], |row| row.get(0).map(Serial))?;
        let mut disputed = Vec::new();
        for serial in serials {
            let mut owners = 0u8;
            for whom in self.bound_to(serial, rehearsal)? {
                let dossier = self.dossier(whom, rehearsal)?;
                owners = owners.saturating_add(u8::from(!dossier.replaced.contains(&serial)));
            }
            if owners > 1 {
                disputed.push(serial);
            }
        }
        Ok(disputed)
    }
}

const DOSSIER: &str = "SELECT dossier FROM dossier WHERE /*its*/ rehearsal = ?1 AND attendee = ?2";
/// The same, and nobody else changes it until the transaction ends; it is made if there is none.
const LOCKED_DOSSIER: &str =
    "INSERT INTO dossier (/*key*/ rehearsal, attendee, dossier) VALUES (/*own*/ ?1, ?2, '')
     ON CONFLICT (/*key*/ rehearsal, attendee) DO UPDATE SET rehearsal = dossier.rehearsal
     RETURNING dossier";
const FACTS_ABOUT: &str = "SELECT fact.sealed FROM concern JOIN fact USING (/*key*/ log, seq)
     WHERE /*its*/ concern.rehearsal = ?1 AND concern.attendee = ?2";

fn dossier_sql(db: &Db) -> &'static str {
    if db.is_shared() { LOCKED_DOSSIER } else { DOSSIER }
}

fn dossier(db: &Db, rehearsal: bool, attendee: AttendeeId) -> Result<Dossier, LedgerError> {
    let key = &places![rehearsal, attendee.0];
    Ok(db.first(DOSSIER, key, read_dossier)?.unwrap_or_default())
}

fn read_dossier(row: &Row<'_>) -> Result<Dossier, LedgerError> {
    let bytes: Vec<u8> = row.get(0)?;
    // Just made, to be locked.
    if bytes.is_empty() {
        return Ok(Dossier::default());
    }
    minicbor::decode(&bytes).map_err(|error| LedgerError::Damaged(format!("dossier: {error}")))
}

fn facts_about(db: &Db, rehearsal: bool, attendee: AttendeeId) -> Result<Vec<Fact>, LedgerError> {
    db.query(FACTS_ABOUT, &places![rehearsal, attendee.0], read_fact)
}

fn read_fact(row: &Row<'_>) -> Result<Fact, LedgerError> {
    let fact = Sealed::from_bytes(row.get(0)?).read();
    fact.map_err(|error| LedgerError::Damaged(error.to_string()))
}

/// A person, in a rehearsal or for real.
type Whose = (bool, AttendeeId);

/// What dossiers become, and the rows that differ from those before.
#[derive(Default)]
pub(crate) struct Changes {
    dossiers: Vec<(Whose, Vec<u8>)>,
    empty: Vec<Whose>,
    presences: Vec<(Whose, (Slug, Slot), Option<Presence>)>,
    /// In order of their keys, so that two who count at the same time do not wait for each other.
    inside: BTreeMap<(bool, Slug, Slot), i64>,
    unbound: Vec<(bool, Serial, AttendeeId)>,
    bound: Vec<(bool, Serial, AttendeeId)>,
}

impl Changes {
    /// Notes what becomes of one person's dossier.
    pub(crate) fn note(&mut self, (rehearsal, attendee): Whose, before: &Dossier, after: Dossier) {
        let (old, new) = (parts(before), parts(&after));
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
        for (activity, slot) in keys {
            let (old, new) = (old.get(&(activity, slot)), new.get(&(activity, slot)));
            if old == new {
                continue;
            }
            let inside = |presence: Option<&&Presence>| presence.is_some_and(|p| p.is_inside());
            let change = i64::from(inside(new)).saturating_sub(inside(old).into());
            let count = self.inside.entry((rehearsal, activity.clone(), slot)).or_default();
            *count = count.saturating_add(change);
            let part = (activity.clone(), slot);
            self.presences.push(((rehearsal, attendee), part, new.copied().cloned()));
        }
        let gone = before.bound.iter().filter(|serial| !after.bound.contains(serial));
        self.unbound.extend(gone.map(|serial| (rehearsal, *serial, attendee)));
        let fresh = after.bound.iter().filter(|serial| !before.bound.contains(serial));
        self.bound.extend(fresh.map(|serial| (rehearsal, *serial, attendee)));
        match after == Dossier::default() {
            // Facts may be believed no more: then nothing is left, as if they had never come.
            true => self.empty.push((rehearsal, attendee)),
            false => {
                let bytes = minicbor::to_vec(&after).unwrap_or_default();
                self.dossiers.push(((rehearsal, attendee), bytes));
            }
        }
    }

    /// Writes it all.
    pub(crate) fn write(&self, db: &Db) -> Result<(), LedgerError> {
        let sql = "INSERT INTO dossier (/*key*/ rehearsal, attendee, dossier)
                   VALUES (/*own*/ ?1, ?2, ?3)
                   ON CONFLICT (/*key*/ rehearsal, attendee)
                   DO UPDATE SET dossier = excluded.dossier";
        let rows = self.dossiers.iter();
        let rows =
            rows.map(|((rehearsal, whose), bytes)| places![*rehearsal, whose.0, *bytes].to_vec());
        db.execute_all(sql, &rows.collect::<Vec<_>>())?;
        let sql = "DELETE FROM dossier WHERE /*its*/ rehearsal = ?1 AND attendee = ?2";
        let gone = self.empty.iter();
        let gone = gone.map(|(rehearsal, whose)| places![*rehearsal, whose.0].to_vec());
        db.execute_all(sql, &gone.collect::<Vec<_>>())?;
        self.write_presences(db)?;
        self.write_bindings(db)?;
        let sql = "INSERT INTO occupancy (/*key*/ rehearsal, activity, day, leg, inside)
                   VALUES (/*own*/ ?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (/*key*/ rehearsal, activity, day, leg)
                   DO UPDATE SET inside = occupancy.inside + excluded.inside";
        for ((rehearsal, activity, slot), change) in &self.inside {
            if *change != 0 {
                let place = (activity.as_str(), slot.day, slot.leg);
                db.execute(sql, &places![*rehearsal, place.0, place.1, place.2, *change])?;
            }
        }
        Ok(())
    }

    fn write_presences(&self, db: &Db) -> Result<(), LedgerError> {
        let (mut gone, mut rows) = (Vec::new(), Vec::new());
        for ((rehearsal, attendee), (activity, slot), presence) in &self.presences {
            let mut row = places![*rehearsal, attendee.0].to_vec();
            row.push(Value::Text(activity.as_str()));
            row.extend(places![slot.day, slot.leg]);
            let Some(presence) = presence else {
                gone.push(row);
                continue;
            };
            let entry = &presence.entry;
            row.extend(places![entry.fact.log.0, entry.fact.seq.0, entry.at.0]);
            row.extend(places![presence.is_inside(), presence.repeats]);
            rows.push(row);
        }
        let sql = "DELETE FROM presence WHERE /*its*/ rehearsal = ?1 AND attendee = ?2
                   AND activity = ?3 AND day = ?4 AND leg = ?5";
        db.execute_all(sql, &gone)?;
        let sql = "INSERT INTO presence
                     (/*key*/ rehearsal, attendee, activity, day, leg,
                      entry_log, entry_seq, at, inside, repeats)
                   VALUES (/*own*/ ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                   ON CONFLICT (/*key*/ rehearsal, attendee, activity, day, leg)
                   DO UPDATE SET entry_log = excluded.entry_log, entry_seq = excluded.entry_seq,
                     at = excluded.at, inside = excluded.inside, repeats = excluded.repeats";
        db.execute_all(sql, &rows)
    }

    fn write_bindings(&self, db: &Db) -> Result<(), LedgerError> {
        let sql = "DELETE FROM binding WHERE /*its*/ rehearsal = ?1 AND serial = ?2
                   AND attendee = ?3";
        db.execute_all(sql, &self.unbound.iter().map(binding).collect::<Vec<_>>())?;
        let sql = "INSERT INTO binding (/*key*/ rehearsal, serial, attendee)
                   VALUES (/*own*/ ?1, ?2, ?3) ON CONFLICT DO NOTHING";
        db.execute_all(sql, &self.bound.iter().map(binding).collect::<Vec<_>>())
    }
}

fn binding((rehearsal, serial, attendee): &(bool, Serial, AttendeeId)) -> Vec<Value<'_>> {
    places![*rehearsal, serial.0, attendee.0].to_vec()
}

type Part<'a> = (&'a Slug, Slot);

fn parts(dossier: &Dossier) -> BTreeMap<Part<'_>, &Presence> {
    let of = |(activity, slots)| part_of(activity, slots);
    dossier.presences.iter().flat_map(of).collect()
}

fn part_of<'a>(
    activity: &'a Slug,
    slots: &'a BTreeMap<Slot, Presence>,
) -> impl Iterator<Item = (Part<'a>, &'a Presence)> {
    slots.iter().map(move |(slot, presence)| ((activity, *slot), presence))
}
