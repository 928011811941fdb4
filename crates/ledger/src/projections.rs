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
use rusqlite::{Connection, OptionalExtension, params};

use crate::blanks;
use crate::error::LedgerError;
use crate::facts::slug;
use crate::open::Ledger;

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
}

impl Folds {
    /// Notes a fact that was stored.
    pub(crate) fn note(&mut self, db: &Connection, fact: &Fact) -> Result<(), LedgerError> {
        let body = Body::of(fact);
        if let What::Bound { serials } = &body.what {
            blanks::mark_used(db, serials)?;
        }
        let sql = "INSERT OR IGNORE INTO concern (rehearsal, attendee, log, seq)
                   VALUES (?1, ?2, ?3, ?4)";
        for attendee in presence::concerns(fact, &body) {
            let key = params![body.rehearsal, attendee.0, fact.log.0, fact.seq.0];
            db.prepare_cached(sql)?.execute(key)?;
            self.whom.insert((body.rehearsal, attendee));
        }
        Ok(())
    }

    /// Notes a fact that is taken away, because it stands elsewhere from now on.
    pub(crate) fn forget(&mut self, db: &Connection, fact: &Fact) -> Result<(), LedgerError> {
        let body = Body::of(fact);
        let sql = "DELETE FROM concern WHERE rehearsal = ?1 AND attendee = ?2 AND log = ?3
                   AND seq = ?4";
        for attendee in presence::concerns(fact, &body) {
            let key = params![body.rehearsal, attendee.0, fact.log.0, fact.seq.0];
            db.prepare_cached(sql)?.execute(key)?;
            self.whom.insert((body.rehearsal, attendee));
        }
        Ok(())
    }

    /// Folds every dossier that was noted.
    pub(crate) fn fold(self, db: &Connection) -> Result<(), LedgerError> {
        for (rehearsal, attendee) in self.whom {
            let facts = facts_about(db, rehearsal, attendee)?;
            let after = presence::fold(attendee, &facts);
            let before = dossier(db, rehearsal, attendee)?;
            write(db, (rehearsal, attendee), &before, &after)?;
            if facts.is_empty() {
                // All of them were taken away: as if nobody had ever said anything.
                let sql = "DELETE FROM dossier WHERE rehearsal = ?1 AND attendee = ?2";
                db.prepare_cached(sql)?.execute(params![rehearsal, attendee.0])?;
            }
        }
        Ok(())
    }
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
                   FROM presence WHERE rehearsal = ?1 ORDER BY at, entry_log, entry_seq";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map(params![rehearsal], |row| {
            let activity: String = row.get(1)?;
            let arrival = |activity| -> rusqlite::Result<Arrival> {
                Ok(Arrival {
                    attendee: AttendeeId(row.get(0)?),
                    activity,
                    slot: Slot { day: row.get(2)?, leg: row.get(3)? },
                    at: Millis(row.get(4)?),
                    fact: FactId { log: LogId(row.get(5)?), seq: Seq(row.get(6)?) },
                    inside: row.get(7)?,
                    repeats: row.get(8)?,
                })
            };
            Ok(slug(&activity).map(arrival))
        })?;
        rows.map(|row| Ok(row???)).collect()
    }

    /// Returns how many are inside a part of an activity.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn inside(&self, activity: &Slug, slot: Slot, rehearsal: bool) -> Result<u64, LedgerError> {
        let sql = "SELECT inside FROM occupancy
                   WHERE rehearsal = ?1 AND activity = ?2 AND day = ?3 AND leg = ?4";
        let mut select = self.db.prepare_cached(sql)?;
        let key = params![rehearsal, activity.as_str(), slot.day, slot.leg];
        Ok(select.query_row(key, |row| row.get(0)).optional()?.unwrap_or(0))
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
                   WHERE rehearsal = ?1 AND activity = ?2 AND day = ?3 AND inside = 1
                   GROUP BY entry_log, leg";
        let mut select = self.db.prepare_cached(sql)?;
        let mut rows = select.query(params![rehearsal, trip.as_str(), today.0])?;
        let mut aboard = 0u64;
        while let Some(row) = rows.next()? {
            let bus = buses.get(&LogId(row.get(0)?).station()).map_or("", String::as_str);
            if departures.leg(trip, today, bus) == row.get::<_, u8>(1)? {
                aboard = aboard.saturating_add(row.get(2)?);
            }
        }
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
        let sql = "SELECT attendee FROM binding WHERE rehearsal = ?1 AND serial = ?2";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map(params![rehearsal, serial.0], |row| row.get(0))?;
        Ok(rows.map(|row| row.map(AttendeeId)).collect::<Result<_, _>>()?)
    }

    /// Returns the blanks that more than one person has: a station's folder was copied, or a number
    /// was mistyped. Whose badge was replaced since has none any more.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn disputed_blanks(&self, rehearsal: bool) -> Result<Vec<Serial>, LedgerError> {
        let sql = "SELECT serial FROM binding WHERE rehearsal = ?1
                   GROUP BY serial HAVING count(*) > 1 ORDER BY serial";
        let mut select = self.db.prepare_cached(sql)?;
        let rows = select.query_map(params![rehearsal], |row| row.get(0))?;
        let mut disputed = Vec::new();
        for serial in rows {
            let serial = Serial(serial?);
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

fn dossier(db: &Connection, rehearsal: bool, attendee: AttendeeId) -> Result<Dossier, LedgerError> {
    let sql = "SELECT dossier FROM dossier WHERE rehearsal = ?1 AND attendee = ?2";
    let mut select = db.prepare_cached(sql)?;
    let bytes: Option<Vec<u8>> =
        select.query_row(params![rehearsal, attendee.0], |row| row.get(0)).optional()?;
    let Some(bytes) = bytes else { return Ok(Dossier::default()) };
    minicbor::decode(&bytes).map_err(|error| LedgerError::Damaged(format!("dossier: {error}")))
}

fn facts_about(
    db: &Connection,
    rehearsal: bool,
    attendee: AttendeeId,
) -> Result<Vec<Fact>, LedgerError> {
    let sql = "SELECT fact.sealed FROM concern JOIN fact USING (log, seq)
               WHERE concern.rehearsal = ?1 AND concern.attendee = ?2";
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map(params![rehearsal, attendee.0], |row| row.get(0))?;
    rows.map(|bytes| {
        let sealed = Sealed::from_bytes(bytes?);
        sealed.read().map_err(|error| LedgerError::Damaged(error.to_string()))
    })
    .collect()
}

/// Writes a dossier and the rows that differ from the one before.
pub(crate) fn write(
    db: &Connection,
    whose: (bool, AttendeeId),
    before: &Dossier,
    after: &Dossier,
) -> Result<(), LedgerError> {
    let (rehearsal, attendee) = whose;
    let sql = "INSERT OR REPLACE INTO dossier (rehearsal, attendee, dossier) VALUES (?1, ?2, ?3)";
    let bytes = minicbor::to_vec(after).unwrap_or_default();
    db.prepare_cached(sql)?.execute(params![rehearsal, attendee.0, bytes])?;
    let (old, new) = (parts(before), parts(after));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    for key in keys {
        let (old, new) = (old.get(&key).copied(), new.get(&key).copied());
        if old != new {
            write_presence(db, whose, key, new)?;
            let inside = |presence: Option<&Presence>| presence.is_some_and(Presence::is_inside);
            count(db, rehearsal, key, i64::from(inside(new)).saturating_sub(inside(old).into()))?;
        }
    }
    bind(db, whose, &before.bound, &after.bound)
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

fn write_presence(
    db: &Connection,
    (rehearsal, attendee): (bool, AttendeeId),
    (activity, slot): Part<'_>,
    presence: Option<&Presence>,
) -> Result<(), LedgerError> {
    let Some(presence) = presence else {
        let sql = "DELETE FROM presence WHERE rehearsal = ?1 AND attendee = ?2 AND activity = ?3
                   AND day = ?4 AND leg = ?5";
        let key = params![rehearsal, attendee.0, activity.as_str(), slot.day, slot.leg];
        db.prepare_cached(sql)?.execute(key)?;
        return Ok(());
    };
    let sql = "INSERT OR REPLACE INTO presence
                 (rehearsal, attendee, activity, day, leg, entry_log, entry_seq, at, inside, repeats)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    db.prepare_cached(sql)?.execute(params![
        rehearsal,
        attendee.0,
        activity.as_str(),
        slot.day,
        slot.leg,
        presence.entry.fact.log.0,
        presence.entry.fact.seq.0,
        presence.entry.at.0,
        presence.is_inside(),
        presence.repeats,
    ])?;
    Ok(())
}

fn count(
    db: &Connection,
    rehearsal: bool,
    (activity, slot): Part<'_>,
    change: i64,
) -> Result<(), LedgerError> {
    if change == 0 {
        return Ok(());
    }
    let sql = "INSERT INTO occupancy (rehearsal, activity, day, leg, inside)
               VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (rehearsal, activity, day, leg)
               DO UPDATE SET inside = inside + excluded.inside";
    let row = params![rehearsal, activity.as_str(), slot.day, slot.leg, change];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn bind(
    db: &Connection,
    (rehearsal, attendee): (bool, AttendeeId),
    before: &[Serial],
    after: &[Serial],
) -> Result<(), LedgerError> {
    for serial in before.iter().filter(|serial| !after.contains(serial)) {
        let sql = "DELETE FROM binding WHERE rehearsal = ?1 AND serial = ?2 AND attendee = ?3";
        db.prepare_cached(sql)?.execute(params![rehearsal, serial.0, attendee.0])?;
    }
    for serial in after.iter().filter(|serial| !before.contains(serial)) {
        let sql = "INSERT OR IGNORE INTO binding (rehearsal, serial, attendee)
                   VALUES (?1, ?2, ?3)";
        db.prepare_cached(sql)?.execute(params![rehearsal, serial.0, attendee.0])?;
    }
    Ok(())
}
