//! Proposals: what desks learn about people becomes part of the roster.
//!
//! A walk-in becomes a person on the list, a correction changes one. Who may propose is what
//! `admission::authority` says, no more and no less: what is quarantined is in no dossier until a
//! person releases it. Rehearsed facts and test passes never propose anything. The organiser's next list may overrule a correction, and
//! never deletes a walk-in, because nobody is deleted by absence.

use std::collections::{BTreeMap, BTreeSet};

use admission::fact::{Body, Fact, What};
use admission::id::{AttendeeId, Serial};
use admission::presence::Dossier;
use admission::roster::{Attendee, Person, Status};
use anyhow::Context;
use ledger::Ledger;
use ledger::proposals::Bookmark;
use ledger::register::Entry;
use serde_json::{Map, Value};

use crate::import::{COLUMNS, PICTURES};
use crate::passes::Passes;
use crate::random;

/// Longest text of a person that is taken from a desk, in characters.
const LONGEST: usize = 500;

/// What was looked through, and who still waits for something.
#[derive(Clone, Debug, Default)]
pub struct Proposals {
    bookmark: Bookmark,
    /// How often facts had been released when they were looked through.
    releases: i64,
    open: BTreeSet<AttendeeId>,
}

/// What became of one person's proposal.
enum Outcome {
    /// It goes into the roster.
    Accept(Box<Entry>),
    /// Its particulars have not been brought yet.
    Wait,
    /// There is nothing to accept.
    Nothing,
}

impl Proposals {
    /// Looks through facts that are new; returns whether there are more.
    ///
    /// # Errors
    /// A sentence, if they cannot be read.
    pub fn look(&mut self, ledger: &Ledger) -> anyhow::Result<bool> {
        let releases = ledger.releases()?;
        if releases != self.releases {
            // What was passed over then may count now; what was accepted then is not accepted twice.
            (self.bookmark, self.releases) = (Bookmark::default(), releases);
        }
        let (facts, bookmark) = ledger.stored_since(&self.bookmark)?;
        let more = bookmark != self.bookmark;
        self.bookmark = bookmark;
        self.open.extend(facts.iter().filter_map(touched));
        Ok(more)
    }

    /// Tells whether anybody's proposal is still open.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes everything into the roster that can be taken, under one revision; returns who it was.
    ///
    /// # Errors
    /// A sentence; then nothing is accepted, and everything stays open.
    pub fn accept(
        &mut self,
        ledger: &mut Ledger,
        passes: &Passes,
    ) -> anyhow::Result<Vec<AttendeeId>> {
        let (mut entries, mut waiting) = (BTreeMap::new(), BTreeSet::new());
        for whom in &self.open {
            match judge(ledger, passes, *whom, &entries)? {
                Outcome::Accept(entry) => drop(entries.insert(entry.number.clone(), *entry)),
                Outcome::Wait => drop(waiting.insert(*whom)),
                Outcome::Nothing => {}
            }
        }
        let entries: Vec<Entry> = entries.into_values().collect();
        if !entries.is_empty() {
            ledger.register(&entries)?;
        }
        self.open = waiting;
        let accepted: Vec<AttendeeId> = entries.iter().map(|entry| entry.attendee.id).collect();
        for id in &accepted {
            tracing::info!(attendee = %id, "a desk's particulars are in the roster");
        }
        Ok(accepted)
    }
}

/// Returns about whom a fact proposes something, or takes it back.
fn touched(fact: &Fact) -> Option<AttendeeId> {
    let body = Body::of(fact);
    let proposes = matches!(
        body.what,
        What::WalkedIn { .. } | What::Corrected | What::Annulled { .. } | What::Bound { .. }
    );
    fact.subject.filter(|_| proposes && !body.rehearsal)
}

fn judge(
    ledger: &Ledger,
    passes: &Passes,
    whom: AttendeeId,
    batch: &BTreeMap<String, Entry>,
) -> anyhow::Result<Outcome> {
    let dossier = ledger.dossier(whom, false)?;
    let known = ledger.attendee(whom)?;
    if let Some(entry) = taken_back(ledger, known.as_ref(), &dossier)? {
        return Ok(Outcome::Accept(Box::new(entry)));
    }
    let Some(hash) = dossier.particulars else { return Ok(Outcome::Nothing) };
    if known.as_ref().is_some_and(|known| known.test || known.accepted == Some(hash)) {
        return Ok(Outcome::Nothing);
    }
    let Some(attachment) = ledger.attachment(hash)? else { return Ok(Outcome::Wait) };
    let Some(person) = attachment.person().filter(is_plain) else {
        tracing::warn!(attendee = %whom, "particulars that nobody could print stay out");
        return Ok(Outcome::Nothing);
    };
    let entry = match known {
        Some(known) => corrected(ledger, passes, known, person)?,
        None => walked_in(ledger, passes, (whom, &dossier), person, batch)?,
    };
    Ok(match entry {
        Some(mut entry) => {
            entry.attendee.accepted = Some(hash);
            Outcome::Accept(Box::new(entry))
        }
        None => Outcome::Nothing,
    })
}

/// Makes the entry of a walk-in whose registration was undone after the list had taken it in: nobody
/// is deleted, and who is cancelled counts nowhere.
fn taken_back(
    ledger: &Ledger,
    known: Option<&Attendee>,
    dossier: &Dossier,
) -> anyhow::Result<Option<Entry>> {
    let Some(known) = known.filter(|known| known.accepted.is_some()) else { return Ok(None) };
    if dossier.walked_in.is_some() || known.status == Status::Cancelled {
        return Ok(None);
    }
    let facts = ledger.facts_about(known.id, false)?;
    if !facts.iter().any(|fact| matches!(Body::of(fact).what, What::WalkedIn { .. })) {
        return Ok(None);
    }
    let number = known.person.as_ref().map(|person| person.number.clone()).unwrap_or_default();
    let Some(entry) = ledger.entry(&number)? else { return Ok(None) };
    let fields: Map<String, Value> = serde_json::from_str(&entry.fields)
        .with_context(|| format!("the stored row of {number} is damaged"))?;
    let attendee = Attendee { status: Status::Cancelled, ..known.clone() };
    Ok(Some(Entry { fields: written(fields, &attendee), number, attendee }))
}

/// Tells whether a list could hold these particulars: no control characters, nothing endless.
fn is_plain(person: &Person) -> bool {
    let texts = [
        &person.name,
        &person.latin,
        &person.post_zh,
        &person.post_en,
        &person.enterprise_zh,
        &person.enterprise_en,
        &person.region,
        &person.language,
    ];
    let is_named = !person.name.trim().is_empty() || !person.latin.trim().is_empty();
    let is_short =
        |text: &&String| text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    is_named && texts.iter().all(is_short)
}

/// Makes the entry of a person on the list whose particulars a desk corrected.
fn corrected(
    ledger: &Ledger,
    passes: &Passes,
    known: Attendee,
    person: Person,
) -> anyhow::Result<Option<Entry>> {
    let Some(listed) = known.person.clone() else { return Ok(None) };
    let Some(entry) = ledger.entry(&listed.number)? else { return Ok(None) };
    let mut attendee = known;
    let badge_pass = passes.badge(&attendee, Some(&listed.badge_pass))?;
    let number = listed.number.clone();
    let fields: Map<String, Value> = serde_json::from_str(&entry.fields)
        .with_context(|| format!("the stored row of {number} is damaged"))?;
    attendee.person = Some(Person { badge_pass, ..person.as_listed(&listed) });
    Ok(Some(Entry { fields: written(fields, &attendee), number, attendee }))
}

/// Makes the entry of somebody whom a desk registered.
fn walked_in(
    ledger: &Ledger,
    passes: &Passes,
    (whom, dossier): (AttendeeId, &Dossier),
    person: Person,
    batch: &BTreeMap<String, Entry>,
) -> anyhow::Result<Option<Entry>> {
    let Some((category, delegation)) = dossier.walked_in.clone() else { return Ok(None) };
    let convention = passes.convention();
    if convention.category(&category).is_none() || convention.delegation(&delegation).is_none() {
        tracing::warn!(attendee = %whom, "a walk-in of an unknown category stays out");
        return Ok(None);
    }
    let bound = dossier.bound.first().copied();
    let mut attendee = Attendee {
        id: whom,
        category,
        delegation,
        status: Status::Confirmed,
        invitation: Serial(random()?),
        badge: bound.map_or_else(|| random().map(Serial), Ok)?,
        assignments: Vec::new(),
        person: None,
        revision: 0,
        test: false,
        accepted: None,
    };
    let blank = match bound {
        Some(serial) => ledger.blank_text(serial)?,
        None => None,
    };
    let badge_pass = passes.badge(&attendee, blank.as_deref())?;
    let number = free_number(ledger, batch)?;
    let person = person.without_pictures();
    attendee.person = Some(Person { number: number.clone(), badge_pass, ..person });
    Ok(Some(Entry { fields: written(Map::new(), &attendee), number, attendee }))
}

/// Draws a registration number that nobody has.
fn free_number(ledger: &Ledger, batch: &BTreeMap<String, Entry>) -> anyhow::Result<String> {
    loop {
        // Two numbers of 2^32 more or less for each of 900,000: nobody gains from the difference.
        let drawn = u32::from_le_bytes(random()?).checked_rem(900_000).unwrap_or(0);
        let number = drawn.saturating_add(100_000).to_string();
        if !batch.contains_key(&number) && ledger.entry(&number)?.is_none() {
            return Ok(number);
        }
    }
}

/// Writes what is known of a person over the columns of the organiser's list.
fn written(mut fields: Map<String, Value>, attendee: &Attendee) -> String {
    let person = attendee.person.clone().unwrap_or_default();
    let status = match attendee.status {
        Status::Confirmed => "confirmed",
        Status::Cancelled => "cancelled",
    };
    let province = person.province.as_ref().map_or(String::new(), ToString::to_string);
    let known = [
        ("number", person.number),
        ("name_zh", person.name),
        ("name_latin", person.latin),
        ("post_zh", person.post_zh),
        ("post_en", person.post_en),
        ("enterprise_zh", person.enterprise_zh),
        ("enterprise_en", person.enterprise_en),
        ("country_region", person.region),
        ("province", province),
        ("language", person.language),
        ("category", attendee.category.to_string()),
        ("delegation", attendee.delegation.to_string()),
        ("status", status.to_owned()),
    ];
    fields.extend(known.map(|(column, text)| (column.to_owned(), Value::from(text))));
    // In the order of the organiser's columns, with none left out.
    let all = COLUMNS.iter().map(|column| {
        let value = fields.get(*column).cloned().unwrap_or_else(|| Value::from(""));
        ((*column).to_owned(), value)
    });
    // Files are named for the pictures that there are.
    let there = [person.photo.is_some(), person.name_image.is_some()];
    let there = PICTURES.iter().zip(there).filter(|(_, there)| *there);
    let files =
        there.filter_map(|(column, _)| Some(((*column).to_owned(), fields.get(*column)?.clone())));
    Value::Object(all.chain(files).collect()).to_string()
}

#[cfg(test)]
mod tests;
