//! `import`: brings the organiser's list in, whole or not at all.
//!
//! People are matched by registration number. Nobody is deleted by absence, ids and serials are
//! minted once for ever, and a list that says nothing new changes nothing.

mod assignments;
pub(crate) mod badges;
mod contact;
mod look;
mod people;
mod pictures;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use admission::id::{AttendeeId, Serial};
use admission::roster::{Assignment, Attendee, Convention, Status};
use badge::Texts;
use ledger::Ledger;
use ledger::register::Entry;
use serde::Serialize;

use crate::complaint::{Complaint, Complaints};
use crate::folder::{Folder, convention};
use crate::incoming::{Bounds, Purpose, read_text};
use crate::passes::Passes;
use crate::{alone, answer, fonts, random};
use ::badge::FontPack;
use assignments::Lines;
pub use look::{look_at_assignments, look_at_people};
pub(crate) use people::MAINLAND;
use people::Written;
pub use people::{COLUMNS, PICTURES};
use pictures::Pictures;
use table::Table;

/// The largest list: a million people. A row of nothing but longest texts fills a sixth of a line.
const BOUNDS: Bounds = Bounds { bytes: 512 << 20, line: 256 << 10, lines: 1_000_100 };
/// Most changed people that are named one by one.
const MOST_NAMED: usize = 200;

/// What to bring in.
#[derive(Clone, Debug)]
pub struct Request {
    /// `attendees.csv`.
    pub people: PathBuf,
    /// `assignments.csv`.
    pub assignments: Option<PathBuf>,
    /// Show what would change, and change nothing.
    pub dry_run: bool,
}

/// What an import did, in numbers of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Were not on the list.
    pub new: usize,
    /// Were on the list, and something about them is different.
    pub changed: usize,
    /// Are on the list as the file says.
    pub unchanged: usize,
    /// Are on the list and not in the file; they stay.
    pub absent: usize,
    /// Number of the roster's state afterwards.
    pub revision: u64,
}

/// Imports and prints the summary as JSON.
///
/// # Errors
/// Every complaint about the files, or a sentence; then nothing was imported.
pub fn run(data: &Path, request: &Request) -> anyhow::Result<()> {
    let summary = import(&Folder::open(data)?, request)?;
    answer(&format!("{}\n", serde_json::to_string(&summary)?))
}

/// Imports; says on standard error who changed.
///
/// # Errors
/// Every complaint about the files, or a sentence; then nothing was imported.
pub fn import(folder: &Folder, request: &Request) -> anyhow::Result<Summary> {
    // Two at once would mint two ids for one person.
    let mut ledger = folder.ledger()?;
    alone::soon(folder, &mut ledger, |ledger| import_alone(ledger, folder, request))
}

fn import_alone(
    ledger: &mut Ledger,
    folder: &Folder,
    request: &Request,
) -> anyhow::Result<Summary> {
    let importer = Importer::open(folder, ledger)?;
    let plan = importer.plan(request)?;
    let mut summary = plan.summary;
    // After an older folder was put back, the same list is news to stations that hold a later one.
    let restored = ledger.lost_lists()?.contains(&"roster");
    if !request.dry_run && (restored || !plan.entries.is_empty()) {
        ledger.register(&plan.entries)?;
    }
    // Not before: a full disk must not follow upon words of success.
    plan.tell(request.dry_run);
    summary.revision = ledger.revision()?.0;
    Ok(summary)
}

/// Reads a list as an import would and keeps nothing: each person of the file with the line on which they stand.
///
/// # Errors
/// Every complaint about the file, but those about badges; or a sentence.
pub(crate) fn drafted(
    folder: &Folder,
    ledger: &Ledger,
    file: &Path,
) -> anyhow::Result<Vec<(usize, Entry)>> {
    let importer = Importer::open(folder, ledger)?;
    let text = read_text(file, Purpose::List, BOUNDS)?;
    let mut table = Table::read(&file.display().to_string(), &text, &COLUMNS, &PICTURES)?;
    let people = people::read(&mut table, &importer.convention);
    let pictures = importer.pictures(&mut table, &people, file);
    let mut complaints = table.sink.into_complaints();
    if !complaints.is_empty() {
        complaints.sort();
        return Err(Complaints(complaints).into());
    }
    let entries = importer.entries(&people, pictures, &Lines::new())?;
    Ok(people.iter().map(|written| written.line).zip(entries).collect())
}

fn by_number(ledger: &Ledger) -> anyhow::Result<BTreeMap<String, Entry>> {
    Ok(ledger.entries()?.into_iter().map(|entry| (entry.number.clone(), entry)).collect())
}

struct Importer {
    convention: Convention,
    passes: Passes,
    /// The list as it stands.
    before: BTreeMap<String, Entry>,
    /// The organiser's own fonts, for names with rare characters.
    fonts: Option<FontPack>,
}

/// What is to be written.
struct Plan {
    entries: Vec<Entry>,
    /// For people who change: number, and what.
    changes: Vec<(String, Vec<String>)>,
    /// How many pictures stay because their files are not beside this list.
    stay: usize,
    summary: Summary,
}

impl Importer {
    fn open(folder: &Folder, ledger: &Ledger) -> anyhow::Result<Importer> {
        Ok(Importer {
            convention: convention(ledger)?,
            passes: Passes::open(folder, ledger)?,
            before: by_number(ledger)?,
            fonts: fonts::pack(folder)?,
        })
    }

    fn plan(&self, request: &Request) -> anyhow::Result<Plan> {
        let name = request.people.display().to_string();
        let text = read_text(&request.people, Purpose::List, BOUNDS)?;
        let mut table = Table::read(&name, &text, &COLUMNS, &PICTURES)?;
        let listed = |number: &str| self.before.contains_key(number);
        let people = people::read(&mut table, &self.convention);
        let numbers: BTreeSet<&str> =
            people.iter().map(|written| written.person.number.as_str()).collect();
        let known = |number: &str| numbers.contains(number) || listed(number);
        let (lines, mut complaints) = match &request.assignments {
            Some(path) => self.lines(path, known)?,
            None => (Lines::new(), Vec::new()),
        };
        let pictures = self.pictures(&mut table, &people, &request.people);
        let stay = pictures.iter().map(|pictures| pictures.stay).sum();
        let entries = self.entries(&people, pictures, &lines)?;
        if table.sink.is_empty() {
            self.try_badges(&mut table, &people, &entries)?;
        }
        let Table { sink, .. } = table;
        complaints.extend(sink.into_complaints());
        complaints.sort();
        match complaints.is_empty() {
            true => {
                self.refuse_too_many_pictures(&entries)?;
                Ok(Plan { stay, ..self.compare(entries, numbers.len()) })
            }
            false => Err(Complaints(complaints).into()),
        }
    }

    fn lines(
        &self,
        path: &Path,
        known: impl Fn(&str) -> bool,
    ) -> anyhow::Result<(Lines, Vec<Complaint>)> {
        let text = read_text(path, Purpose::List, BOUNDS)?;
        let mut table =
            Table::read(&path.display().to_string(), &text, &assignments::COLUMNS, &[])?;
        let lines = assignments::read(&mut table, &self.convention, known);
        Ok((lines, table.sink.into_complaints()))
    }

    /// Makes the entries of everybody in the files: first the list's people in its order, then
    /// people whom only the assignments name.
    fn entries(
        &self,
        people: &[Written],
        pictures: Vec<Pictures>,
        lines: &Lines,
    ) -> anyhow::Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(people.len());
        for (written, pictures) in people.iter().zip(pictures) {
            entries.push(self.entry(written, pictures, lines)?);
        }
        let listed: BTreeSet<&str> =
            people.iter().map(|written| written.person.number.as_str()).collect();
        for (number, lines) in lines.iter().filter(|(number, _)| !listed.contains(number.as_str()))
        {
            if let Some(before) = self.before.get(number) {
                let mut entry = before.clone();
                entry.attendee.assignments = merged(&before.attendee, Some(lines));
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// Reads the pictures that a list names: the files lie in its folder.
    fn pictures(&self, table: &mut Table, people: &[Written], list: &Path) -> Vec<Pictures> {
        let folder = list.parent().unwrap_or(Path::new(""));
        let before = |number: &str| self.before.get(number);
        pictures::read(table, people, (folder, self.fonts.as_ref()), before)
    }

    fn refuse_too_many_pictures(&self, entries: &[Entry]) -> anyhow::Result<()> {
        let new: BTreeSet<&str> = entries.iter().map(|entry| entry.number.as_str()).collect();
        let stay = self.before.values().filter(|entry| !new.contains(entry.number.as_str()));
        pictures::refuse_too_many(entries.iter().chain(stay).map(|entry| &entry.attendee))
    }

    fn entry(&self, written: &Written, pictures: Pictures, lines: &Lines) -> anyhow::Result<Entry> {
        let number = written.person.number.clone();
        let before = self.before.get(&number).map(|entry| &entry.attendee);
        let (id, invitation, badge) = match before {
            Some(known) => (known.id, known.invitation, known.badge),
            None => (AttendeeId(random()?), Serial(random()?), Serial(random()?)),
        };
        let mut attendee = Attendee {
            id,
            category: written.category.clone(),
            delegation: written.delegation.clone(),
            status: written.status,
            invitation,
            badge,
            assignments: before.map(|known| known.assignments.clone()).unwrap_or_default(),
            person: None,
            revision: before.map_or(0, |known| known.revision),
            test: before.is_some_and(|known| known.test),
            accepted: before.and_then(|known| known.accepted),
        };
        attendee.assignments = merged(&attendee, lines.get(&number));
        let old = before.and_then(|known| known.person.as_ref());
        let old = old.map(|person| person.badge_pass.as_str());
        let badge_pass = self.passes.badge(&attendee, old)?;
        let mut person = written.person.clone();
        person.badge_pass = badge_pass;
        let fields = pictures.noted(&written.fields);
        pictures.put(&mut person);
        attendee.person = Some(person);
        Ok(Entry { number, attendee, fields })
    }

    /// Draws the badges of people whose badge is new or reads differently.
    fn try_badges(
        &self,
        table: &mut Table,
        people: &[Written],
        entries: &[Entry],
    ) -> anyhow::Result<()> {
        let texts = |attendee: &Attendee| Texts::of(attendee, &self.convention);
        let is_new = |entry: &Entry| {
            let before = self.before.get(&entry.number).map(|before| texts(&before.attendee));
            before != Some(texts(&entry.attendee))
        };
        let drawn: Vec<(&Written, &Entry)> =
            people.iter().zip(entries).filter(|(_, entry)| is_new(entry)).collect();
        let attendees: Vec<&Attendee> = drawn.iter().map(|(_, entry)| &entry.attendee).collect();
        let answers = badges::try_all(&self.convention, &attendees)?;
        for ((written, _), answer) in drawn.iter().zip(answers) {
            if let Some(unprintable) = answer {
                table.complain(written.line, unprintable.column, unprintable.text);
            }
        }
        Ok(())
    }

    fn compare(&self, entries: Vec<Entry>, in_file: usize) -> Plan {
        let (summary, stay) = (Summary::default(), 0);
        let mut plan = Plan { entries: Vec::new(), changes: Vec::new(), stay, summary };
        let mut seen = 0usize;
        for (place, entry) in entries.into_iter().enumerate() {
            match self.before.get(&entry.number) {
                Some(before) if *before == entry => {
                    let listed = usize::from(place < in_file);
                    plan.summary.unchanged = plan.summary.unchanged.saturating_add(listed);
                    seen = seen.saturating_add(listed);
                }
                Some(before) => {
                    plan.summary.changed = plan.summary.changed.saturating_add(1);
                    seen = seen.saturating_add(usize::from(place < in_file));
                    plan.changes.push((entry.number.clone(), differences(before, &entry)));
                    plan.entries.push(entry);
                }
                None => {
                    plan.summary.new = plan.summary.new.saturating_add(1);
                    plan.entries.push(entry);
                }
            }
        }
        plan.summary.absent = self.before.len().saturating_sub(seen);
        plan
    }
}

/// Puts new lines over a person's old ones, in order of activity.
fn merged(
    attendee: &Attendee,
    lines: Option<&BTreeMap<admission::id::Slug, Assignment>>,
) -> Vec<Assignment> {
    let old = attendee.assignments.iter().map(|line| (line.activity.clone(), line.clone()));
    let mut all: BTreeMap<_, _> = old.collect();
    all.extend(
        lines.into_iter().flatten().map(|(activity, line)| (activity.clone(), line.clone())),
    );
    all.into_values().collect()
}

/// Names the columns in which two entries differ.
fn differences(before: &Entry, after: &Entry) -> Vec<String> {
    let fields = |entry: &Entry| -> BTreeMap<String, String> {
        serde_json::from_str(&entry.fields).unwrap_or_default()
    };
    let (old, new) = (fields(before), fields(after));
    let picture = |entry: &Entry, column: &str| {
        let person = entry.attendee.person.as_ref()?;
        let [photo, name] = PICTURES;
        let pictures = [(photo, &person.photo), (name, &person.name_image)];
        pictures.into_iter().find(|(known, _)| *known == column).and_then(|(_, p)| p.clone())
    };
    let mut names: Vec<String> = COLUMNS
        .iter()
        .chain(&PICTURES)
        .filter(|column| {
            old.get(**column) != new.get(**column)
                || picture(before, column) != picture(after, column)
        })
        .map(|column| (*column).to_owned())
        .collect();
    if before.attendee.assignments != after.attendee.assignments {
        names.push("assignments".to_owned());
    }
    if before.attendee.status == Status::Confirmed && after.attendee.status == Status::Cancelled {
        names.push("(cancelled)".to_owned());
    }
    names
}

impl Plan {
    /// Says on standard error what changes; registration numbers only, no names.
    fn tell(&self, dry_run: bool) {
        for (number, what) in self.changes.iter().take(MOST_NAMED) {
            eprintln!("{number}: {}", what.join(", "));
        }
        let more = self.changes.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            eprintln!("… and {more} more");
        }
        let Summary { new, changed, unchanged, absent, .. } = self.summary;
        eprintln!("{new} new, {changed} changed, {unchanged} unchanged.");
        if absent > 0 {
            eprintln!("{absent} on the list are not in the file; they stay.");
        }
        if self.stay > 0 {
            eprintln!("{} pictures are not beside this list; they stay as they are.", self.stay);
        }
        if dry_run {
            eprintln!("Nothing was changed, because of --dry-run.");
        }
    }
}

#[cfg(test)]
mod tests;
