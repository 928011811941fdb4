//! Draws badges with the titles of a convention file, so that a title that cannot be printed is known
//! at `init`, and is not told of every person of the list.

use std::collections::BTreeSet;

use admission::id::{AttendeeId, Serial};
use admission::roster::{Attendee, Category, Convention, Person, Status};
use badge::BadgeError;
use toml::Spanned;

use super::judge::Judge;
use super::written::{File, Text};
use super::{MAINLAND, NEEDED};
use crate::import::badges::{cure, draw_all};

/// Complains about titles of convention, categories, regions and provinces that no badge can show.
pub(super) fn try_titles(judge: &mut Judge, file: &File, convention: &Convention) {
    if judge.is_content() {
        try_categories(judge, file, convention);
    }
    // A badge that fails already says nothing about places.
    if judge.is_content() {
        try_places(judge, file, convention);
    }
}

fn try_categories(judge: &mut Judge, file: &File, convention: &Convention) {
    let somebody = |category: &Category| sample(category, Person::default());
    let people = convention.categories.iter().map(somebody).collect();
    for (category, error) in file.category.iter().zip(errors(convention, people)) {
        let Some(error) = error else { continue };
        let title = match &error {
            BadgeError::MissingGlyph { field, .. } | BadgeError::DoesNotFit { field }
                if field.ends_with("convention") =>
            {
                &file.convention.title
            }
            _ => &category.title,
        };
        blame(judge, title, title.get_ref().iter(), &error);
    }
}

fn try_places(judge: &mut Judge, file: &File, convention: &Convention) {
    let mut seen = BTreeSet::new();
    let drawn: Vec<&Category> =
        convention.categories.iter().filter(|category| seen.insert(&category.template)).collect();
    for category in drawn {
        let from = |region: &str| Person { region: region.to_owned(), ..Person::default() };
        let people = file.region.keys().map(|code| sample(category, from(code.get_ref())));
        let found = errors(convention, people.collect());
        for ((code, titles), error) in file.region.iter().zip(found) {
            error.iter().for_each(|error| blame(judge, code, titles.iter(), error));
        }
        let of = |id: &Text| Person { province: id.get_ref().parse().ok(), ..from(MAINLAND) };
        let people = file.province.keys().map(|id| sample(category, of(id)));
        let found = errors(convention, people.collect());
        for (id, error) in file.province.keys().zip(found) {
            error.iter().for_each(|error| blame(judge, id, std::iter::empty(), error));
        }
    }
}

/// Draws with the function that import draws with.
fn errors(convention: &Convention, people: Vec<Attendee>) -> Vec<Option<BadgeError>> {
    // Every template has been read by now, so there is always an answer.
    draw_all(convention, &people.iter().collect::<Vec<_>>()).unwrap_or_default()
}

/// Complains about the text that holds what is missing, or else about all of them.
fn blame<'t, T>(
    judge: &mut Judge,
    all: &Spanned<T>,
    texts: impl Iterator<Item = (&'t Text, &'t Text)>,
    error: &BadgeError,
) {
    let complaint = format!("{error}; {}", cure(error));
    let missing: &[char] = match error {
        BadgeError::MissingGlyph { characters, .. } => characters,
        _ => &[],
    };
    let mut printed = texts.filter(|(tag, _)| NEEDED.contains(&tag.get_ref().as_str()));
    match printed.find(|(_, text)| text.get_ref().contains(missing)) {
        Some((_, text)) => judge.complain(text, complaint),
        None => judge.complain(all, complaint),
    }
}

/// Somebody of this category, with a short name that every font has.
fn sample(category: &Category, person: Person) -> Attendee {
    let person = Person {
        name: "王伟".to_owned(),
        latin: "WANG Wei".to_owned(),
        language: "zh-Hans".to_owned(),
        badge_pass: "YB1SAMPLE".to_owned(),
        ..person
    };
    Attendee {
        id: AttendeeId([0; 16]),
        category: category.id.clone(),
        delegation: category.id.clone(),
        status: Status::Confirmed,
        invitation: Serial([0; 16]),
        badge: Serial([0; 16]),
        assignments: Vec::new(),
        person: Some(person),
        revision: 0,
        test: false,
        accepted: None,
    }
}
