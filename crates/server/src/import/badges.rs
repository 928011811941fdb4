//! Draws the badges of new and changed people at import, so that what cannot be printed is known
//! before the morning of the convention.

use std::collections::BTreeMap;

use admission::roster::{Attendee, Convention};
use anyhow::Context;
use badge::{BadgeError, Template, Texts};

use super::people::{
    CATEGORY, ENTERPRISE_EN, ENTERPRISE_ZH, NAME_LATIN, NAME_ZH, POST_EN, POST_ZH, REGION,
};
use crate::parallel;
use crate::progress::Progress;

/// A text that cannot be printed: the column that it comes from, and what is wrong.
pub(crate) struct Unprintable {
    pub(crate) column: usize,
    pub(crate) text: String,
}

/// Says where a text that cannot be printed comes from, and what to do about it.
pub(crate) fn unprintable(error: &BadgeError, attendee: &Attendee) -> Unprintable {
    // Only the name can stand on a badge as a picture.
    let picture = match error {
        BadgeError::MissingGlyph { field, .. } if field == "name" => {
            ", or give a picture of the name in the column name_image, or put a font that has them into the \
             folder fonts of the server's"
        }
        _ => "",
    };
    let pictured = attendee.person.as_ref().is_some_and(|person| person.name_image.is_some());
    let cure = match error {
        BadgeError::DoesNotFit { field } if field == "name" && pictured => {
            "its letters in the picture of the name would be too small; write the picture on two lines, or the name shorter"
        }
        _ => cure(error),
    };
    let text = format!("{error}; {cure}{picture}");
    Unprintable { column: column(error, attendee), text }
}

/// Draws every badge on all cores; answers in the order of `people`.
pub(super) fn try_all(
    convention: &Convention,
    people: &[&Attendee],
) -> anyhow::Result<Vec<Option<Unprintable>>> {
    let told =
        |(attendee, error): (&&Attendee, Option<BadgeError>)| Some(unprintable(&error?, attendee));
    Ok(people.iter().zip(draw_all(convention, people)?).map(told).collect())
}

/// Draws every badge on all cores; tells what is wrong with each, in the order of `people`.
pub(crate) fn draw_all(
    convention: &Convention,
    people: &[&Attendee],
) -> anyhow::Result<Vec<Option<BadgeError>>> {
    let mut templates = BTreeMap::new();
    for (name, svg) in &convention.templates {
        templates.insert(name.as_str(), Template::parse(svg).context("a stored badge template")?);
    }
    let progress = Progress::of(people.len(), "badges");
    Ok(parallel::map(people, |attendee| {
        progress.advance(1);
        let texts = Texts::of(attendee, convention)?;
        let category = convention.category(&attendee.category)?;
        let template = templates.get(category.template.as_str())?;
        template.fill(&texts).err()
    }))
}

/// Says what to do about a text that cannot be printed.
pub(crate) fn cure(error: &BadgeError) -> &'static str {
    match error {
        BadgeError::MissingGlyph { characters, .. } => {
            let is = |range: &[std::ops::RangeInclusive<char>]| {
                characters.iter().any(|c| range.iter().any(|range| range.contains(c)))
            };
            if is(&['\u{E000}'..='\u{F8FF}', '\u{F0000}'..='\u{10FFFF}']) {
                "write it with other characters: these are private to the font of another computer"
            } else if is(&['\u{3400}'..='\u{9FFF}', '\u{20000}'..='\u{3FFFF}']) {
                "write it with other characters, such as the usual form of a rare one"
            } else {
                "write it with other characters"
            }
        }
        BadgeError::ControlCharacter { .. } => "delete them",
        BadgeError::DoesNotFit { .. } => "write it shorter",
        _ => "look at the badge template",
    }
}

/// Finds the column whose text stands in a placeholder of this person's badge.
fn column(error: &BadgeError, attendee: &Attendee) -> usize {
    let field = match error {
        BadgeError::MissingGlyph { field, .. }
        | BadgeError::ControlCharacter { field, .. }
        | BadgeError::DoesNotFit { field }
        | BadgeError::Colour { field } => field.as_str(),
        _ => "",
    };
    let Some(person) = &attendee.person else {
        return CATEGORY;
    };
    let either = |text: &str, (filled, empty)| if text.is_empty() { empty } else { filled };
    match field {
        "name" => either(&person.name, (NAME_ZH, NAME_LATIN)),
        "second_name" => NAME_LATIN,
        "post" => either(&person.post_zh, (POST_ZH, POST_EN)),
        "enterprise" => either(&person.enterprise_zh, (ENTERPRISE_ZH, ENTERPRISE_EN)),
        "second_enterprise" => ENTERPRISE_EN,
        "place" => REGION,
        _ => CATEGORY,
    }
}
