//! Who is expected and who is here, counted: pure, from a roster and what doors have seen.
//!
//! *Expected* is who is entitled to the activity and not called off. *Arrived* is every person whom
//! a door let in, once, however often they came; somebody who was let in without being expected is
//! counted too, so arrived can exceed expected. *Missing* is who is expected and not here.

use std::collections::{BTreeMap, BTreeSet};

use admission::id::{AttendeeId, Slug};
use admission::roster::{Activity, Convention, Entitled, Person, Status};
use admission::time::Millis;
use jiff::tz::TimeZone;
use ledger::register::Entry;
use ledger::review::told;
use serde::Serialize;

use super::line::{self, Line};
use super::sectors;

/// Most enterprises that are told one by one.
const MOST_ENTERPRISES: usize = 42;
/// How many of those who came last are named.
const LATEST: usize = 10;

/// For whose eyes the figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// For a wall that everybody sees: no person's name.
    Wall,
    /// For the organiser: names those who came last.
    Organiser,
}

/// The list, as counting needs it; made anew when the list changes.
pub struct Roster {
    /// What the organiser decided.
    pub convention: Convention,
    guests: BTreeMap<AttendeeId, Guest>,
}

/// One person of the list.
struct Guest {
    person: Option<Person>,
    sector: String,
    /// Activities to which the person is entitled and has not called off.
    expected_at: BTreeSet<Slug>,
}

/// What the doors have seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Everybody who was let in anywhere, in order of time.
    pub arrivals: Vec<Came>,
    /// How many are inside, by activity.
    pub inside: BTreeMap<Slug, u64>,
    /// What a person has to look at.
    pub doubts: told::Found,
}

/// Somebody was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// Who.
    pub attendee: AttendeeId,
    /// Where to.
    pub activity: Slug,
    /// When, by the station's clock.
    pub at: Millis,
    /// Name of the station.
    pub station: String,
}

/// Everything that the page shows about one activity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// When the server counted, with the convention's offset.
    pub as_of: String,
    /// What was counted.
    #[serde(flatten)]
    pub state: State,
}

/// What was counted; the same until something happens.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// Title of the convention.
    title: Texts,
    /// Colours by name.
    theme: BTreeMap<&'static str, String>,
    /// Whether rehearsed arrivals are counted, and no others.
    rehearsal: bool,
    /// For whom.
    view: View,
    /// The activity that the rest is about.
    activity: ActivityRow,
    /// How many are expected and not here.
    missing: u64,
    /// Every activity in the organiser's order.
    activities: Vec<ActivityRow>,
    /// By country or region.
    regions: Vec<Row>,
    /// By province, of those who have one.
    provinces: Vec<Row>,
    /// By sector.
    sectors: Vec<Row>,
    /// By enterprise: the largest.
    enterprises: Vec<Row>,
    /// How many enterprises there are, and how many of them somebody came for.
    enterprises_all: Tally,
    /// Arrivals over the day.
    line: Line,
    /// Who came last, newest first; nobody on a wall.
    latest: Vec<Latest>,
    /// What a person has to look at, newest first; nothing on a wall, because it has names.
    doubts: Vec<told::Line>,
    /// How many doubts there are in all.
    doubts_all: u64,
}

/// Words by language.
type Texts = BTreeMap<String, String>;

/// Expected and arrived of one activity.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct ActivityRow {
    id: Slug,
    title: Texts,
    /// The day on which it begins.
    day: String,
    /// When it begins, as the clock in the hall shows it.
    starts: String,
    expected: u64,
    arrived: u64,
    inside: u64,
}

/// Expected and arrived of one group. An empty key is whoever stated nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    key: String,
    title: Texts,
    expected: u64,
    arrived: u64,
}

/// Expected and arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Tally {
    expected: u64,
    arrived: u64,
}

/// One of those who came last.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Latest {
    name: String,
    latin: String,
    enterprise: Texts,
    at: String,
    station: String,
}

/// What is to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// For which activity.
    pub activity: &'a Slug,
    /// For whom.
    pub view: View,
    /// Whether what was seen is a rehearsal.
    pub rehearsal: bool,
}

impl Roster {
    /// Prepares a list for counting.
    pub fn new(convention: Convention, entries: Vec<Entry>) -> Roster {
        let guests = entries
            .into_iter()
            .map(|entry| (entry.attendee.id, Guest::of(&convention, entry)))
            .collect();
        Roster { convention, guests }
    }

    /// Returns the activity that is shown when none is asked for: where badges are collected.
    pub fn usual_activity(&self) -> Option<&Slug> {
        let all = &self.convention.activities;
        let named = all.iter().find(|activity| activity.id.as_str() == "registration");
        let collecting = || all.iter().find(|activity| activity.collects);
        named.or_else(collecting).or_else(|| all.first()).map(|activity| &activity.id)
    }
}

impl Guest {
    fn of(convention: &Convention, entry: Entry) -> Guest {
        let attendee = entry.attendee;
        let comes = attendee.status == Status::Confirmed;
        let entitled = |activity: &&Activity| {
            comes && matches!(convention.entitlement(&attendee, &activity.id), Entitled::Yes(_))
        };
        let expected = convention.activities.iter().filter(entitled);
        let expected_at = expected.map(|activity| activity.id.clone()).collect();
        // No wall shows a face, and thousands of them would lie in memory.
        let person = attendee.person.map(Person::without_pictures);
        Guest { sector: sector(&entry.fields), person, expected_at }
    }

    fn enterprise(&self) -> Texts {
        let Some(person) = &self.person else {
            return Texts::new();
        };
        words([("zh-Hans", &person.enterprise_zh), ("en", &person.enterprise_en)])
    }
}

/// Reads the sector out of the fields of a line; what is not there is empty.
fn sector(fields: &str) -> String {
    let fields: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(fields).unwrap_or_default();
    let sector = fields.get("sector").and_then(serde_json::Value::as_str);
    sector.unwrap_or_default().trim().to_owned()
}

fn words<const N: usize>(texts: [(&str, &str); N]) -> Texts {
    let told = texts.into_iter().filter(|(_, text)| !text.is_empty());
    told.map(|(language, text)| (language.to_owned(), text.to_owned())).collect()
}

/// Counts one activity; `None` if the convention has no such activity.
pub fn count(
    roster: &Roster,
    seen: &Seen,
    question: Question<'_>,
    zone: &TimeZone,
    now: Millis,
) -> Option<Figures> {
    let convention = &roster.convention;
    let activity = convention.activity(question.activity)?;
    let first = first_arrivals(seen);
    let here = first.get(&activity.id);
    let arrivals: Vec<Millis> =
        here.into_iter().flat_map(BTreeMap::values).map(|came| came.at).collect();
    let audience = audience(roster, &activity.id, here);
    let row = |activity| activity_row(roster, seen, &first, activity, zone);
    let latest = match question.view {
        View::Wall => Vec::new(),
        View::Organiser => latest(roster, here, zone),
    };
    let doubts = match question.view {
        View::Wall => told::Found::default(),
        View::Organiser => seen.doubts.clone(),
    };
    let enterprises = by_enterprise(&audience);
    let state = State {
        title: convention.title.0.clone(),
        theme: theme(convention),
        rehearsal: question.rehearsal,
        view: question.view,
        activity: row(activity),
        missing: total(audience.iter().filter(|one| one.expected && !one.arrived)),
        activities: convention.activities.iter().map(row).collect(),
        regions: by_region(convention, &audience),
        provinces: by_province(convention, &audience),
        sectors: by_sector(&audience),
        enterprises_all: groups(&enterprises),
        enterprises: enterprises.into_iter().take(MOST_ENTERPRISES).collect(),
        line: line::draw(&arrivals, activity, zone, now),
        latest,
        doubts: doubts.doubts,
        doubts_all: doubts.all,
    };
    Some(Figures { as_of: now.rfc3339_in(zone), state })
}

/// The first arrival of everybody, by activity.
type First<'a> = BTreeMap<&'a Slug, BTreeMap<AttendeeId, &'a Came>>;

fn first_arrivals(seen: &Seen) -> First<'_> {
    let mut first = First::new();
    for came in &seen.arrivals {
        let of = first.entry(&came.activity).or_default();
        let earliest = of.entry(came.attendee).or_insert(came);
        if came.at < earliest.at {
            *earliest = came;
        }
    }
    first
}

/// Somebody who counts for the activity. `guest` is missing where the list does not know the person.
struct One<'a> {
    guest: Option<&'a Guest>,
    expected: bool,
    arrived: bool,
}

fn audience<'a>(
    roster: &'a Roster,
    activity: &Slug,
    here: Option<&BTreeMap<AttendeeId, &Came>>,
) -> Vec<One<'a>> {
    let is_here = |id: &AttendeeId| here.is_some_and(|here| here.contains_key(id));
    let listed = roster.guests.iter().map(|(id, guest)| One {
        guest: Some(guest),
        expected: guest.expected_at.contains(activity),
        arrived: is_here(id),
    });
    let strangers = here.into_iter().flat_map(BTreeMap::keys);
    let unlisted = strangers.filter(|id| !roster.guests.contains_key(id)).map(|_| One {
        guest: None,
        expected: false,
        arrived: true,
    });
    listed.filter(|one| one.expected || one.arrived).chain(unlisted).collect()
}

fn activity_row(
    roster: &Roster,
    seen: &Seen,
    first: &First<'_>,
    activity: &Activity,
    zone: &TimeZone,
) -> ActivityRow {
    let starts = zone.to_datetime(activity.starts.timestamp());
    let entitled = roster.guests.values().filter(|guest| guest.expected_at.contains(&activity.id));
    ActivityRow {
        id: activity.id.clone(),
        title: activity.title.0.clone(),
        day: starts.date().to_string(),
        starts: starts.strftime("%H:%M").to_string(),
        expected: total(entitled),
        arrived: first.get(&activity.id).map_or(0, |here| total(here.iter())),
        inside: seen.inside.get(&activity.id).copied().unwrap_or(0),
    }
}

fn by_region(convention: &Convention, audience: &[One<'_>]) -> Vec<Row> {
    let key = |person: &Person| person.region.clone();
    let title = |key: &str| {
        let region = convention.regions.get(key);
        region.map(|region| region.title.0.clone()).unwrap_or_default()
    };
    rows(audience.iter().map(|one| (one, person_key(one, key))), title)
}

/// Whoever has no province comes from elsewhere and is counted by region alone.
fn by_province(convention: &Convention, audience: &[One<'_>]) -> Vec<Row> {
    let province = |one: &One<'_>| one.guest?.person.as_ref()?.province.clone();
    let provincial = audience.iter().filter_map(|one| Some((one, province(one)?.to_string())));
    let title = |key: &str| {
        let province = key.parse().ok().and_then(|slug: Slug| convention.provinces.get(&slug));
        province.map(|province| province.title.0.clone()).unwrap_or_default()
    };
    rows(provincial, title)
}

fn by_sector(audience: &[One<'_>]) -> Vec<Row> {
    let sector = |one: &One<'_>| one.guest.map(|guest| guest.sector.clone()).unwrap_or_default();
    rows(audience.iter().map(|one| (one, sector(one))), sectors::title)
}

/// Where a list tells sectors, the rows without one are the convention's own people, hosts and
/// press: their offices are no enterprises.
fn by_enterprise(audience: &[One<'_>]) -> Vec<Row> {
    let tells_sectors = audience.iter().any(|one| has_sector(one));
    let counted = audience.iter().filter(|one| !tells_sectors || has_sector(one));
    let key = |person: &Person| match person.enterprise_zh.is_empty() {
        true => person.enterprise_en.clone(),
        false => person.enterprise_zh.clone(),
    };
    let keyed: Vec<_> = counted
        .map(|one| (one, person_key(one, key)))
        .filter(|(_, enterprise)| !enterprise.is_empty())
        .collect();
    let mut titles = BTreeMap::new();
    for (one, enterprise) in &keyed {
        let title = || one.guest.map(Guest::enterprise).unwrap_or_default();
        titles.entry(enterprise.clone()).or_insert_with(title);
    }
    rows(keyed.into_iter(), |key| titles.get(key).cloned().unwrap_or_default())
}

fn has_sector(one: &One<'_>) -> bool {
    one.guest.is_some_and(|guest| !guest.sector.is_empty())
}

fn person_key(one: &One<'_>, key: impl Fn(&Person) -> String) -> String {
    one.guest.and_then(|guest| guest.person.as_ref()).map(key).unwrap_or_default()
}

/// Counts groups, the largest first: the order of a wall must not jump when somebody arrives.
/// Whoever stated nothing comes last.
fn rows<'a>(
    keyed: impl Iterator<Item = (&'a One<'a>, String)>,
    title: impl Fn(&str) -> Texts,
) -> Vec<Row> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (one, key) in keyed {
        let tally = tallies.entry(key).or_default();
        tally.expected = tally.expected.saturating_add(u64::from(one.expected));
        tally.arrived = tally.arrived.saturating_add(u64::from(one.arrived));
    }
    let row = |(key, tally): (String, Tally)| Row {
        title: title(&key),
        key,
        expected: tally.expected,
        arrived: tally.arrived,
    };
    let mut rows: Vec<Row> = tallies.into_iter().map(row).collect();
    rows.sort_by_key(|row| {
        (row.key.is_empty(), std::cmp::Reverse(row.expected.max(row.arrived)), row.key.clone())
    });
    rows
}

/// Counts the groups themselves: those that are expected, and those of whom somebody came.
fn groups(rows: &[Row]) -> Tally {
    Tally {
        expected: total(rows.iter().filter(|row| row.expected > 0)),
        arrived: total(rows.iter().filter(|row| row.arrived > 0)),
    }
}

fn latest(
    roster: &Roster,
    here: Option<&BTreeMap<AttendeeId, &Came>>,
    zone: &TimeZone,
) -> Vec<Latest> {
    let mut came: Vec<&Came> = here.into_iter().flat_map(BTreeMap::values).copied().collect();
    came.sort_by_key(|came| (std::cmp::Reverse(came.at), came.attendee));
    came.into_iter().take(LATEST).map(|came| named(roster, came, zone)).collect()
}

fn named(roster: &Roster, came: &Came, zone: &TimeZone) -> Latest {
    let guest = roster.guests.get(&came.attendee);
    let person = guest.and_then(|guest| guest.person.as_ref());
    Latest {
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        latin: person.map(|person| person.latin.clone()).unwrap_or_default(),
        enterprise: guest.map(Guest::enterprise).unwrap_or_default(),
        at: zone.to_datetime(came.at.timestamp()).strftime("%H:%M").to_string(),
        station: came.station.clone(),
    }
}

fn theme(convention: &Convention) -> BTreeMap<&'static str, String> {
    let names = ["night", "dusk", "moon", "accent", "paper", "ink"];
    names.into_iter().zip(convention.theme.iter().cloned()).collect()
}

/// How many there are, as every count is written.
fn total<T>(counted: impl Iterator<Item = T>) -> u64 {
    u64::try_from(counted.count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
