//! Doubts as people read them: with the names of people, places and stations.

use std::collections::{BTreeMap, BTreeSet};

use admission::id::{AttendeeId, FactId, Slug, StationId};
use admission::review::{Doubt, Kind, Trace};
use admission::roster::Convention;
use admission::rule::Reason;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::LedgerError;
use crate::open::Ledger;

/// The newest doubts, and how many there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The newest first.
    pub doubts: Vec<Line>,
    /// How many there are in all.
    pub all: u64,
}

/// A doubt as people read it; in JSON, the keys are those of the fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    doubt: Kind,
    because: Option<Reason>,
    /// The activity that it is about, if it is about one.
    activity: Option<Slug>,
    title: Texts,
    /// Everybody whom it is about, once.
    people: Vec<Who>,
    /// What raises it, in order.
    traces: Vec<Told>,
    /// The facts, as an order to settle names them.
    facts: Vec<FactId>,
}

/// Words by language.
type Texts = BTreeMap<String, String>;

/// Somebody, as far as the roster that is held here knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Who {
    attendee: AttendeeId,
    number: String,
    name: String,
    latin: String,
}

/// When and where something happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Told {
    fact: FactId,
    attendee: AttendeeId,
    /// RFC 3339, in the convention's zone.
    at: String,
    site: Option<Slug>,
    place: Texts,
    /// Name of the station.
    station: Option<String>,
}

impl Ledger {
    /// Tells the newest `most` doubts, with times in `zone`.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub fn doubts_told(
        &self,
        (convention, zone): (&Convention, &TimeZone),
        rehearsal: bool,
        most: usize,
    ) -> Result<Found, LedgerError> {
        let doubts = self.doubts(convention, rehearsal)?;
        let all = u64::try_from(doubts.len()).unwrap_or(u64::MAX);
        let stations = self.members()?.into_iter().map(|member| (member.id, member.name));
        let stations = stations.collect();
        let teller = Teller { ledger: self, convention, zone, rehearsal, stations };
        let doubts = doubts.iter().take(most).map(|doubt| teller.line(doubt));
        Ok(Found { doubts: doubts.collect::<Result<_, _>>()?, all })
    }
}

/// Who knows the names.
struct Teller<'a> {
    ledger: &'a Ledger,
    convention: &'a Convention,
    zone: &'a TimeZone,
    rehearsal: bool,
    stations: BTreeMap<StationId, String>,
}

impl Teller<'_> {
    fn line(&self, doubt: &Doubt) -> Result<Line, LedgerError> {
        let activity = doubt.part.as_ref().map(|(activity, _)| activity.clone());
        let known = activity.as_ref().and_then(|activity| self.convention.activity(activity));
        let mut seen = BTreeSet::new();
        let people = doubt.traces.iter().map(|trace| trace.attendee);
        let people = people.filter(|whom| seen.insert(*whom));
        Ok(Line {
            doubt: doubt.kind,
            because: doubt.because,
            title: known.map(|activity| activity.title.0.clone()).unwrap_or_default(),
            activity,
            people: people.map(|whom| self.who(whom)).collect::<Result<_, _>>()?,
            traces: doubt.traces.iter().map(|trace| self.told(trace)).collect(),
            facts: doubt.facts(),
        })
    }

    fn who(&self, attendee: AttendeeId) -> Result<Who, LedgerError> {
        let known = self.ledger.person(attendee, self.rehearsal)?;
        let person = known.and_then(|known| known.attendee.person).unwrap_or_default();
        Ok(Who { attendee, number: person.number, name: person.name, latin: person.latin })
    }

    fn told(&self, trace: &Trace) -> Told {
        let site = trace.site.as_ref().and_then(|site| self.convention.site(site));
        Told {
            fact: trace.mark.fact,
            attendee: trace.attendee,
            at: trace.mark.at.rfc3339_in(self.zone),
            site: trace.site.clone(),
            place: site.map(|site| site.title.0.clone()).unwrap_or_default(),
            station: self.stations.get(&trace.mark.fact.log.station()).cloned(),
        }
    }
}
