//! Test passes: every convention has three, so that anybody can try any station at any time.
//!
//! Whoever holds one is nobody: not on the organiser's list, in no count and in no export. What a
//! station records about them is a rehearsal everywhere.

use std::fs;
use std::path::Path;

use admission::id::{AttendeeId, Serial};
use admission::pass::PassKind;
use admission::roster::{Attendee, Convention, Person, Status};
use anyhow::Context;
use badge::pass_picture::{PassPicture, WIDTH_PX};
use badge::{Template, Texts};
use ed25519_dalek::SigningKey;
use ledger::Ledger;

use crate::folder::publish;
use crate::issue::Format;
use crate::passes::{Passes, token};
use crate::{days, random, sheet};

/// The names on the test passes; their numbers are 000001, 000002 and 000003.
const NAMES: [(&str, &str); 3] =
    [("测试一", "TEST ONE"), ("测试二", "TEST TWO"), ("测试三", "TEST THREE")];
const HEADER: [&str; 4] = ["number", "name", "invitation", "badge"];

/// Returns the number of a test pass, from 0.
fn number(place: usize) -> String {
    format!("{:06}", place.saturating_add(1))
}

/// Tells whether a registration number belongs to a test pass.
pub fn is_reserved(text: &str) -> bool {
    (0..NAMES.len()).any(|place| number(place) == text)
}

/// Makes the test attendees of a new convention, in its first category and delegation; none, if
/// it has neither.
///
/// # Errors
/// A sentence, if the system gives no random numbers.
pub fn attendees(convention: &Convention, key: &SigningKey) -> anyhow::Result<Vec<Attendee>> {
    let (Some(category), Some(delegation)) =
        (convention.categories.first(), convention.delegations.first())
    else {
        return Ok(Vec::new());
    };
    let mut made = Vec::with_capacity(NAMES.len());
    for (place, (name, latin)) in NAMES.iter().enumerate() {
        let mut attendee = Attendee {
            id: AttendeeId(random()?),
            category: category.id.clone(),
            delegation: delegation.id.clone(),
            status: Status::Confirmed,
            invitation: Serial(random()?),
            badge: Serial(random()?),
            assignments: Vec::new(),
            person: None,
            revision: 0,
            test: true,
            accepted: None,
        };
        let badge_pass = token(convention, key, &attendee, PassKind::Badge)?;
        attendee.person = Some(person(convention, number(place), (name, latin), badge_pass));
        made.push(attendee);
    }
    Ok(made)
}

fn person(
    convention: &Convention,
    number: String,
    (name, latin): (&str, &str),
    badge_pass: String,
) -> Person {
    Person {
        number,
        name: name.to_owned(),
        latin: latin.to_owned(),
        enterprise_zh: "测试证件，不计人数".to_owned(),
        enterprise_en: "TEST BADGE, COUNTS NOWHERE".to_owned(),
        language: convention.languages.first().cloned().unwrap_or_default(),
        badge_pass,
        ..Person::default()
    }
}

/// Finds the test attendee of a number.
///
/// # Errors
/// A sentence, if the roster cannot be read.
pub fn find(ledger: &Ledger, number: &str) -> anyhow::Result<Option<Attendee>> {
    if !is_reserved(number) {
        return Ok(None);
    }
    let is_it = |attendee: &Attendee| {
        attendee.test && attendee.person.as_ref().is_some_and(|person| person.number == number)
    };
    Ok(ledger.attendees()?.into_iter().find(is_it))
}

/// Writes the pictures of the test passes and `test.csv` into a folder of their own.
///
/// # Errors
/// A sentence, if a picture cannot be drawn or written.
pub fn issue(
    passes: &Passes,
    attendees: &[Attendee],
    out: &Path,
    formats: &[Format],
) -> anyhow::Result<()> {
    let folder = out.join("test");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut rows = Vec::new();
    for attendee in attendees.iter().filter(|attendee| attendee.test) {
        let Some(person) = &attendee.person else { continue };
        let invitation = passes.sign(attendee, PassKind::Invitation)?;
        if formats.contains(&Format::Png) {
            draw(passes.convention(), attendee, &invitation, &folder)?;
        }
        let (number, name) = (person.number.clone(), person.name.clone());
        rows.push([number, name, invitation, person.badge_pass.clone()]);
    }
    rows.sort();
    match formats.contains(&Format::Csv) {
        true => publish(&folder.join("test.csv"), &sheet::write(&HEADER, &rows)?),
        false => Ok(()),
    }
}

fn draw(
    convention: &Convention,
    attendee: &Attendee,
    invitation: &str,
    folder: &Path,
) -> anyhow::Result<()> {
    let person = attendee.person.as_ref().context("a test pass has no name")?;
    let code = picture(convention, person, invitation).png()?;
    publish(&folder.join(format!("{}.png", person.number)), &code)?;
    publish(&folder.join(format!("badge-{}.png", person.number)), &badge(convention, attendee)?)
}

fn picture(convention: &Convention, person: &Person, invitation: &str) -> PassPicture {
    let last = convention.first_day.plus(u32::from(convention.days).saturating_sub(1));
    let language = person.language.clone();
    PassPicture {
        number: person.number.clone(),
        name: format!("{} {}", person.name, person.latin),
        convention: format!("TEST 测试 · {}", convention.title.in_language(&language)),
        days: days::spoken(convention.first_day.date(), last.date(), &language),
        token: invitation.to_owned(),
        language,
    }
}

/// Draws the badge itself, so that a door can be tried without a printer.
fn badge(convention: &Convention, attendee: &Attendee) -> anyhow::Result<Vec<u8>> {
    let texts = Texts::of(attendee, convention).context("a test pass has no name")?;
    let category = convention.category(&attendee.category).context("a category is gone")?;
    let svg = convention.templates.get(&category.template).context("a template is gone")?;
    let template = Template::parse(svg).context("a stored badge template")?;
    Ok(template.fill(&texts)?.png(WIDTH_PX)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue;
    use crate::testing::{self, PEOPLE};
    use crate::{api, export};

    #[test]
    fn every_convention_has_three_and_they_count_nowhere() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let ledger = folder.ledger().unwrap();
        let tests: Vec<Attendee> =
            ledger.attendees().unwrap().into_iter().filter(|attendee| attendee.test).collect();
        assert_eq!(tests.len(), 3);
        assert_eq!(ledger.entries().unwrap().len(), 3, "the list has the people only");
        let table = export::export(&folder, export::Table::Roster, export::Format::Csv, false);
        assert!(!String::from_utf8(table.unwrap()).unwrap().contains("TEST"));
        let view = (false, admission::time::Millis(1_695_684_600_000));
        let answer = api::answer(&ledger, view, &api::Expected::default()).unwrap();
        assert_eq!(answer["activities"][0]["expected"], 2);
    }

    #[test]
    fn their_pictures_lie_apart_and_say_what_they_are() {
        let (dir, folder) = testing::folder_with(PEOPLE);
        let out = dir.path().join("out");
        issue::run(folder.path(), &out, &[Format::Png, Format::Csv]).unwrap();
        let read = |name: &str| fs::read(out.join("test").join(name)).unwrap();
        for number in ["000001", "000002", "000003"] {
            assert!(read(&format!("{number}.png")).starts_with(b"\x89PNG"));
            assert!(read(&format!("badge-{number}.png")).starts_with(b"\x89PNG"));
        }
        let list = String::from_utf8(read("test.csv")).unwrap();
        let first: Vec<&str> = list.lines().nth(1).unwrap().split(',').collect();
        assert_eq!(first[..2], ["000001", "测试一"]);
        let keys = folder.ledger().unwrap().issuing_keys().unwrap();
        let kind = |text: &str| admission::pass::read(text, &keys).unwrap().pass.kind();
        assert_eq!((kind(first[2]), kind(first[3])), (PassKind::Invitation, PassKind::Badge));
        let send = fs::read_to_string(out.join("send.csv")).unwrap();
        assert!(!send.contains("000001"), "nobody is sent one");
        let before = (list, read("badge-000002.png"));
        issue::run(folder.path(), &out, &[Format::Png, Format::Csv]).unwrap();
        let after = (String::from_utf8(read("test.csv")).unwrap(), read("badge-000002.png"));
        assert!(before == after, "issued again, every byte is the same");
    }
}
