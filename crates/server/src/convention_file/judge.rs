//! Judges single values of the convention file and collects complaints.

use std::collections::{BTreeMap, BTreeSet};

use admission::id::Slug;
use admission::pass::BLANK;
use admission::roster::{Convention, Words};
use admission::time::Day;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::value::Datetime;

use super::written::{Text, Title};
use super::{NEEDED, start};
use crate::complaint::{Complaint, Complaints, position};
use admission::text::{is_invisible, is_language, is_seen};

/// Longest title, in characters.
const LONGEST_TITLE: usize = 200;
/// Longest seat, table or bus, in characters: they stand on screens and travel in facts.
const LONGEST_SHORT: usize = 16;
/// After so many complaints nobody reads the rest, and each is looked up in the whole file.
const ENOUGH: usize = 200;
/// Most days for which a pass can be valid.
const MOST_DAYS: i32 = 23;

pub(super) struct Judge<'a> {
    file: &'a str,
    text: &'a str,
    complaints: Vec<Complaint>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Judge<'a> {
        Judge { file, text, complaints: Vec::new() }
    }

    /// Returns the convention if there was nothing to complain about.
    pub(super) fn verdict(mut self, convention: Convention) -> Result<Convention, Complaints> {
        self.complaints.sort();
        // One title stands on the badges of every category.
        self.complaints.dedup();
        match self.complaints.is_empty() {
            true => Ok(convention),
            false => Err(Complaints(self.complaints)),
        }
    }

    /// Tells whether there was nothing to complain about so far.
    pub(super) fn is_content(&self) -> bool {
        self.complaints.is_empty()
    }

    /// Complains about a value.
    pub(super) fn complain<T>(&mut self, at: &Spanned<T>, text: impl Into<String>) {
        if self.complaints.len() >= ENOUGH {
            return;
        }
        let (line, column) = position(self.text, start(at));
        let (file, heading, text) = (self.file.to_owned(), String::new(), text.into());
        self.complaints.push(Complaint { file, line, column, heading, text });
    }

    /// Complains about a value; what it returns stands in for the value until the verdict.
    pub(super) fn refuse<T, U: Default>(&mut self, at: &Spanned<T>, text: impl Into<String>) -> U {
        self.complain(at, text);
        U::default()
    }

    pub(super) fn slug(&mut self, text: &Text) -> Option<Slug> {
        match text.get_ref().parse() {
            Ok(slug) => Some(slug),
            Err(error) => self.refuse(text, format!("{error}")),
        }
    }

    /// Reads an id that nothing else of its kind has.
    pub(super) fn new_slug(
        &mut self,
        text: &Text,
        what: &str,
        seen: &mut BTreeSet<Slug>,
    ) -> Option<Slug> {
        let slug = self.slug(text)?;
        if is_reserved(slug.as_str()) {
            self.complain(text, "Windows keeps this name for itself; give it another id");
        }
        match seen.insert(slug.clone()) {
            true => Some(slug),
            false => {
                self.refuse(text, format!("another {what} is called {slug}; give it another id"))
            }
        }
    }

    /// Reads an id that names something of this file.
    pub(super) fn known_slug(
        &mut self,
        text: &Text,
        what: &str,
        known: impl Fn(&Slug) -> bool,
    ) -> Option<Slug> {
        let slug = self.slug(text)?;
        match known(&slug) {
            true => Some(slug),
            false => {
                self.refuse(text, format!("no {what} is called {slug}; add it or mend the id"))
            }
        }
    }

    pub(super) fn known_slugs(
        &mut self,
        texts: &[Text],
        what: &str,
        known: impl Fn(&Slug) -> bool,
    ) -> Vec<Slug> {
        texts.iter().filter_map(|text| self.known_slug(text, what, &known)).collect()
    }

    pub(super) fn title(&mut self, title: &Title) -> Words {
        self.titles(title, title.get_ref().iter())
    }

    /// Reads texts by language tag; Chinese and English must be among them.
    pub(super) fn titles<'t, T>(
        &mut self,
        at: &Spanned<T>,
        texts: impl Iterator<Item = (&'t Text, &'t Text)>,
    ) -> Words {
        let mut words = BTreeMap::new();
        for (tag, text) in texts {
            if !is_language(tag.get_ref()) {
                self.complain(tag, "write a language tag such as zh-Hans, en or ar");
            }
            self.plain(text);
            words.insert(tag.get_ref().clone(), text.get_ref().clone());
        }
        for tag in NEEDED.iter().filter(|tag| !words.contains_key(**tag)) {
            self.complain(at, format!("the text in {tag} is missing; every title needs it"));
        }
        Words(words)
    }

    fn plain(&mut self, text: &Text) {
        let value = text.get_ref();
        if value.trim().is_empty() {
            self.complain(text, "this text is empty; write it");
        } else if value.chars().any(char::is_control) {
            self.complain(text, "a control character or line break; write plain text");
        } else if let Some(hidden) = value.chars().find(|c| is_invisible(*c)) {
            let found = format!("the control character U+{:04X}; delete it", u32::from(hidden));
            self.complain(text, found);
        } else if !is_seen(value) {
            self.complain(text, "nobody can see a character here; write the text");
        } else if value.chars().count() > LONGEST_TITLE {
            self.complain(text, format!("longer than {LONGEST_TITLE} characters; shorten it"));
        }
    }

    pub(super) fn languages(&mut self, languages: &Spanned<Vec<Text>>) -> Vec<String> {
        if languages.get_ref().is_empty() {
            self.complain(languages, "name at least one language; the first is the default");
        }
        let mut tags = Vec::new();
        for tag in languages.get_ref() {
            if !is_language(tag.get_ref()) {
                self.complain(tag, "write a language tag such as zh-Hans, en or ar");
            } else if tags.contains(tag.get_ref()) {
                self.complain(tag, "this language is there already; take one out");
            }
            tags.push(tag.get_ref().clone());
        }
        tags
    }

    pub(super) fn colour(&mut self, colour: &Text) -> String {
        let digits = colour.get_ref().strip_prefix('#').unwrap_or_default();
        match digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            true => colour.get_ref().clone(),
            false => self.refuse(colour, "a colour is written like #C8402F"),
        }
    }

    pub(super) fn zone(&mut self, name: &Text) -> TimeZone {
        // A zone out of the machine's environment or a bare offset would differ between stations.
        let known = name.get_ref().contains('/') || name.get_ref() == "UTC";
        match TimeZone::get(name.get_ref()) {
            Ok(zone) if known => zone,
            _ => {
                self.complain(name, "no such time zone; write one like Asia/Shanghai");
                TimeZone::UTC
            }
        }
    }

    /// Reads the days on which passes are valid: the first, and how many; `None` after a complaint.
    pub(super) fn span_of_days(
        &mut self,
        first: &Spanned<Datetime>,
        last: &Spanned<Datetime>,
    ) -> Option<(Day, u8)> {
        let (from, to) = (self.day(first), self.day(last));
        let (from, to) = (from?, to?);
        let days = to.since(from).map_or(0, |span| span.get_days()).saturating_add(1);
        if days < 1 {
            self.complain(last, "the last day is before the first; exchange them");
        } else if days > MOST_DAYS {
            let text = format!("{days} days; passes are valid for at most {MOST_DAYS} days");
            self.complain(last, text);
        }
        let days = u8::try_from(days).ok().filter(|days| (1..=23).contains(days));
        Some((Day::from(from), days?))
    }

    fn day(&mut self, day: &Spanned<Datetime>) -> Option<Date> {
        let Datetime { date: Some(date), time: None, offset: None } = day.get_ref() else {
            return self.refuse(day, "write a day like 2023-09-25");
        };
        match civil_date(date).filter(|date| date.year() >= 1970) {
            Some(date) => Some(date),
            None => self.refuse(day, "there is no such day; write one like 2023-09-25"),
        }
    }

    pub(super) fn number_of_category(
        &mut self,
        number: &Spanned<i64>,
        seen: &mut BTreeSet<u8>,
    ) -> u8 {
        let value = u8::try_from(*number.get_ref()).ok().filter(|value| *value != BLANK);
        let Some(value) = value else {
            return self.refuse(number, "a category's number is from 0 to 254; 255 is for blanks");
        };
        if !seen.insert(value) {
            self.complain(number, format!("another category has number {value}"));
        }
        value
    }

    /// Reads a whole number from 1 to a million, where there is one.
    pub(super) fn count(&mut self, number: Option<&Spanned<i64>>) -> Option<u32> {
        let number = number?;
        let value = u32::try_from(*number.get_ref()).ok();
        let value = value.filter(|value| (1..=1_000_000).contains(value));
        if value.is_none() {
            self.complain(number, "write a whole number from 1 to 1000000");
        }
        value
    }

    /// Reads a seat, a table or a bus; empty where there is none.
    pub(super) fn short(&mut self, text: &Option<Text>) -> String {
        let Some(text) = text else { return String::new() };
        let value = text.get_ref();
        let is_hidden = |c: char| c.is_control() || is_invisible(c);
        if value.chars().count() > LONGEST_SHORT || value.chars().any(is_hidden) {
            self.complain(text, format!("write at most {LONGEST_SHORT} plain characters"));
        }
        value.clone()
    }

    pub(super) fn code_of_province(
        &mut self,
        province: &Text,
        code: Option<&Spanned<toml::Value>>,
        seen: &mut BTreeSet<u8>,
    ) -> u8 {
        let Some(code) = code else {
            return self.refuse(province, "this province lacks its code (GB/T 2260), such as 21");
        };
        let value = code.get_ref().as_integer().and_then(|value| u8::try_from(value).ok());
        let Some(value) = value.filter(|value| (10..=99).contains(value)) else {
            return self.refuse(code, "a province's code has two digits (GB/T 2260), such as 21");
        };
        if !seen.insert(value) {
            self.complain(code, format!("another province has code {value}"));
        }
        value
    }

    /// Takes a value that must be a text.
    pub(super) fn text_of(&mut self, value: &Spanned<toml::Value>) -> Text {
        let text = match value.get_ref().as_str() {
            Some(text) => text.to_owned(),
            None => {
                self.complain(value, "write a text between quotation marks");
                // Stands in, so that the same value is not complained about twice.
                "-".to_owned()
            }
        };
        Spanned::new(value.span(), text)
    }
}

pub(super) fn civil_date(date: &toml::value::Date) -> Option<Date> {
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Date::new(i16::try_from(date.year).ok()?, month, day).ok()
}

/// Tells whether Windows has no folder of this name: ids name the folders of `issue`.
fn is_reserved(id: &str) -> bool {
    let device = |rest: &str| matches!(rest.as_bytes(), [b'1'..=b'9']);
    matches!(id, "con" | "prn" | "aux" | "nul")
        || id.strip_prefix("com").is_some_and(device)
        || id.strip_prefix("lpt").is_some_and(device)
}
