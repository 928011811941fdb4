//! Photos and pictures of names: files beside the list that its optional columns name, read once, at import.

use std::path::Path;

use admission::roster::{Attendee, Person, Picture};
use badge::FontPack;
use badge::picture::{LARGEST_FILE, PictureError, name_image, photo};
use ledger::register::Entry;
use serde_json::{Map, Value};

use super::people::{NAME_IMAGE, PHOTO, PICTURES, Written};
use super::table::Table;
use crate::beside::{self, Unread};
use crate::parallel;
use crate::progress::Progress;

/// What all pictures of a list may take together, in bytes: it travels in one answer.
const MOST: usize = 96 << 20;

/// What a list says of one picture of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It has no such column: what is there stays.
    Nothing,
    /// There is none.
    Empty,
    /// A file by its name in the list's folder.
    File(String),
}

/// A picture, and the file from which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    file: String,
    picture: Picture,
}

/// The pictures of one person, in the order of [`PICTURES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pictures {
    named: [Option<Named>; 2],
    /// How many of them stay because their file is not there any more.
    pub(super) stay: usize,
}

impl Pictures {
    /// Returns what somebody on the list has.
    fn of(entry: &Entry) -> Pictures {
        let Some(person) = &entry.attendee.person else { return Pictures::default() };
        let pictures = [&person.photo, &person.name_image];
        if pictures.iter().all(|picture| picture.is_none()) {
            return Pictures::default();
        }
        let fields: Map<String, Value> = serde_json::from_str(&entry.fields).unwrap_or_default();
        let file = |column: &str| fields.get(column).and_then(Value::as_str).unwrap_or_default();
        let [photo, name] = PICTURES;
        let named = |column: &str, picture: &Option<Picture>| {
            Some(Named { file: file(column).to_owned(), picture: picture.clone()? })
        };
        let named = [named(photo, &person.photo), named(name, &person.name_image)];
        Pictures { named, stay: 0 }
    }

    /// Returns what somebody has and keeps: the picture of a name is that of this name, and one that
    /// was drawn is drawn anew.
    fn kept(entry: &Entry, person: &Person) -> Pictures {
        let mut had = Pictures::of(entry);
        let before = entry.attendee.person.as_ref();
        let is_same = before.is_some_and(|before| shown(before) == shown(person));
        let [_, name] = &mut had.named;
        if !is_same || name.as_ref().is_some_and(|named| named.file.is_empty()) {
            *name = None;
        }
        had
    }

    /// Draws a name that no built-in face can write, if the organiser's fonts can and nobody gave a
    /// picture of it. Where they cannot either, the badge is what is complained about.
    fn with_rare_name(mut self, person: &Person, fonts: Option<&FontPack>) -> Pictures {
        let [_, name] = &mut self.named;
        if let (None, Some(fonts)) = (&name, fonts)
            && let Ok(Some(png)) = fonts.picture(shown(person), &person.language)
            && let Ok(picture) = name_image(&png)
        {
            *name = Some(Named { file: String::new(), picture });
        }
        self
    }

    /// Gives the pictures to their person.
    pub(super) fn put(self, person: &mut Person) {
        let [photo, name] = self.named.map(|named| named.map(|named| named.picture));
        (person.photo, person.name_image) = (photo, name);
    }

    /// Adds the names of the files to the fields of a line; those of people without pictures stay as they are.
    pub(super) fn noted(&self, fields: &str) -> String {
        let named = PICTURES.iter().zip(&self.named);
        let files = named.filter_map(|(column, named)| Some((column, &named.as_ref()?.file)));
        let files: Vec<_> = files.filter(|(_, file)| !file.is_empty()).collect();
        if files.is_empty() {
            return fields.to_owned();
        }
        let mut all: Map<String, Value> = serde_json::from_str(fields).unwrap_or_default();
        all.extend(
            files.into_iter().map(|(column, file)| ((*column).to_owned(), file.as_str().into())),
        );
        Value::Object(all).to_string()
    }
}

/// Reads the pictures of everybody in the file on all cores; answers in the order of `people`, and complains about what is no picture.
pub(super) fn read<'e>(
    table: &mut Table,
    people: &[Written],
    (folder, fonts): (&Path, Option<&FontPack>),
    before: impl Fn(&str) -> Option<&'e Entry> + Sync,
) -> Vec<Pictures> {
    let files = |written: &Written| {
        written.pictures.iter().filter(|said| matches!(said, Said::File(_))).count()
    };
    let progress = Progress::of(people.iter().map(files).sum(), "pictures");
    let found = parallel::map(people, |written| {
        let had =
            before(&written.person.number).map(|entry| Pictures::kept(entry, &written.person));
        let (pictures, wrong) = of_one(written, folder, had.unwrap_or_default());
        progress.advance(files(written));
        (pictures.with_rare_name(&written.person, fonts), wrong)
    });
    let mut all = Vec::with_capacity(people.len());
    for (written, (pictures, wrong)) in people.iter().zip(found) {
        for (column, text) in wrong {
            table.complain(written.line, column, text);
        }
        all.push(pictures);
    }
    all
}

/// Returns the name that stands first on a badge.
fn shown(person: &Person) -> &str {
    if person.name.is_empty() { &person.latin } else { &person.name }
}

type Make = fn(&[u8]) -> Result<Picture, PictureError>;

fn of_one(written: &Written, folder: &Path, had: Pictures) -> (Pictures, Vec<(usize, String)>) {
    const KINDS: [(usize, Make); 2] = [(PHOTO, photo), (NAME_IMAGE, name_image)];
    let (mut pictures, mut wrong) = (Pictures::default(), Vec::new());
    let each = pictures.named.iter_mut().zip(&written.pictures).zip(had.named).zip(KINDS);
    for (((to, said), had), (column, make)) in each {
        let file = match said {
            Said::Nothing => {
                *to = had;
                continue;
            }
            Said::Empty => continue,
            Said::File(file) => file,
        };
        match beside::read(folder, file, LARGEST_FILE) {
            Ok(bytes) => match make(&bytes) {
                Ok(picture) => *to = Some(Named { file: file.clone(), picture }),
                Err(error) => wrong.push((column, error.to_string())),
            },
            // A table that was exported names files that lie with the first list.
            Err(Unread::Missing) if had.as_ref().is_some_and(|had| had.file == *file) => {
                *to = had;
                pictures.stay = pictures.stay.saturating_add(1);
            }
            Err(why) => wrong.push((column, unread(&why, file))),
        }
    }
    (pictures, wrong)
}

fn unread(why: &Unread, file: &str) -> String {
    let cure = match why {
        Unread::Outside if file.contains('\\') => {
            return "write / between folders, such as photos/100001.jpg".to_owned();
        }
        Unread::Outside => {
            return "the file lies outside of the list's folder; put it there, and write its name from there, such as photos/100001.jpg".to_owned();
        }
        Unread::Missing => "put it into the list's folder, mend the name or empty the cell",
        Unread::NoFile => "name a PNG or JPEG picture",
        Unread::Unreadable(_) => "see to its rights or copy it anew",
    };
    format!("{why}; {cure}")
}

/// Refuses a list whose pictures together are too many to travel.
pub(super) fn refuse_too_many<'a>(
    people: impl Iterator<Item = &'a Attendee>,
) -> anyhow::Result<()> {
    let pictures = people.filter_map(|attendee| attendee.person.as_ref());
    let pictures = pictures.flat_map(|person| [&person.photo, &person.name_image]).flatten();
    let (count, bytes) = pictures.fold((0_usize, 0_usize), |(count, bytes), picture| {
        (count.saturating_add(1), bytes.saturating_add(picture.bytes().len()))
    });
    anyhow::ensure!(
        bytes <= MOST,
        "{count} pictures of people take {} MiB, and a list can carry {} MiB of them; empty the column photo \
         for those whose badge shows none. Nothing was changed",
        bytes.div_ceil(1 << 20),
        MOST >> 20
    );
    Ok(())
}

#[cfg(test)]
mod tests;
