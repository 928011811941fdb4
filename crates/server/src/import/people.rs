//! From rows of `attendees.csv` to people: every cell is judged.

use std::collections::BTreeMap;

use admission::id::Slug;
use admission::roster::{Convention, Person, Status};

use super::contact;
use super::pictures::Said;
use super::table::{Row, Rule, Table};
use crate::test_passes;
use admission::text::half_width;
use admission::text::is_language;

/// The columns of `attendees.csv`.
pub const COLUMNS: [&str; 22] = [
    "number",
    "name_zh",
    "name_latin",
    "other_names",
    "family",
    "given",
    "post_zh",
    "post_en",
    "enterprise_zh",
    "enterprise_en",
    "other_enterprises",
    "sector",
    "category",
    "delegation",
    "country_region",
    "province",
    "language",
    "phone",
    "other_phones",
    "email",
    "liaison",
    "status",
];

/// Columns that may be missing: names of files with pictures of the person.
pub const PICTURES: [&str; 2] = ["photo", "name_image"];

pub(super) const NUMBER: usize = 0;
pub(super) const NAME_ZH: usize = 1;
pub(super) const NAME_LATIN: usize = 2;
const FAMILY: usize = 4;
const GIVEN: usize = 5;
pub(super) const POST_ZH: usize = 6;
pub(super) const POST_EN: usize = 7;
pub(super) const ENTERPRISE_ZH: usize = 8;
pub(super) const ENTERPRISE_EN: usize = 9;
pub(super) const CATEGORY: usize = 12;
const DELEGATION: usize = 13;
pub(super) const REGION: usize = 14;
const PROVINCE: usize = 15;
const LANGUAGE: usize = 16;
const PHONE: usize = 17;
const OTHER_PHONES: usize = 18;
const EMAIL: usize = 19;
const STATUS: usize = 21;
pub(super) const PHOTO: usize = 22;
pub(super) const NAME_IMAGE: usize = 23;

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// Longest text of any other kind, in characters.
const LONGEST: usize = 500;
/// The region whose people have a province.
pub(crate) const MAINLAND: &str = "CN";

/// One person as the file tells; the badge pass is still missing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) line: usize,
    pub(super) category: Slug,
    pub(super) delegation: Slug,
    pub(super) status: Status,
    pub(super) person: Person,
    /// What the file says of the pictures, in the order of [`PICTURES`].
    pub(super) pictures: [Said; 2],
    /// Every cell by column, as JSON: what `export roster` gives back. Pictures are not among them yet.
    pub(super) fields: String,
}

/// Judges every row; complaints go to the table's sink.
pub(super) fn read(table: &mut Table, convention: &Convention) -> Vec<Written> {
    let is_name = |column| [NAME_ZH, NAME_LATIN, FAMILY, GIVEN].contains(&column);
    table.check_texts(|column| Rule {
        longest: if is_name(column) { LONGEST_NAME } else { LONGEST },
        contact: [PHONE, OTHER_PHONES, EMAIL].contains(&column),
    });
    let mut rows = std::mem::take(&mut table.rows);
    rows.iter_mut().for_each(|row| even_out_contacts(table, row));
    let mut first_lines = BTreeMap::new();
    let mut people = Vec::with_capacity(rows.len());
    for row in &rows {
        if table.sink.is_full() {
            break;
        }
        check_number(table, row, &mut first_lines);
        people.extend(written(table, row, convention));
    }
    people
}

/// Writes phones and addresses as they are kept, or complains about them.
fn even_out_contacts(table: &mut Table, row: &mut Row) {
    type Rule = fn(&str) -> Result<String, &'static str>;
    let rules: [(usize, Rule); 3] =
        [(PHONE, contact::phones), (OTHER_PHONES, contact::phones), (EMAIL, contact::email)];
    for (column, rule) in rules {
        let Some(cell) = row.cells.get_mut(column) else { continue };
        // That has been complained about.
        if cell.chars().any(char::is_control) {
            continue;
        }
        match rule(cell) {
            Ok(plain) => *cell = plain,
            Err(wrong) => table.complain(row.line, column, wrong),
        }
    }
}

fn check_number<'r>(table: &mut Table, row: &'r Row, first_lines: &mut BTreeMap<&'r str, usize>) {
    let number = row.cell(NUMBER);
    if !is_number(number) {
        let plain: String = number.chars().map(half_width).collect();
        let text = match is_number(&plain) {
            true => "the digits are full-width; write them as usual, such as 452344",
            false => "a registration number has six digits, such as 452344",
        };
        table.complain(row.line, NUMBER, text);
    } else if test_passes::is_reserved(number) {
        let text = "000001 to 000003 are the numbers of the test passes; give another number";
        table.complain(row.line, NUMBER, text);
    } else if let Some(first) = first_lines.get(number) {
        let text = format!("line {first} has the same number; give one of them another");
        table.complain(row.line, NUMBER, text);
    } else {
        first_lines.insert(number, row.line);
    }
}

/// Tells whether a text has the form of a registration number.
pub(super) fn is_number(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// Judges one row; `None` after a complaint without which there is no person.
fn written(table: &mut Table, row: &Row, convention: &Convention) -> Option<Written> {
    if row.cell(NAME_ZH).is_empty() && row.cell(NAME_LATIN).is_empty() {
        table.complain(row.line, NAME_ZH, "the name is missing; fill in name_zh or name_latin");
    }
    if !is_language(row.cell(LANGUAGE)) {
        table.complain(row.line, LANGUAGE, "write a language tag such as zh-Hans, en or ar");
    }
    let region = row.cell(REGION);
    if !convention.regions.contains_key(region) {
        let text = "this region is not in the convention file; write its two capitals, such as SG";
        table.complain(row.line, REGION, text);
    }
    let province = province(table, row, convention);
    let known = |id: &Slug| convention.category(id).is_some();
    let category = listed(table, row, CATEGORY, known);
    let known = |id: &Slug| convention.delegation(id).is_some();
    let delegation = listed(table, row, DELEGATION, known);
    let status = match row.cell(STATUS) {
        "confirmed" => Some(Status::Confirmed),
        "cancelled" => Some(Status::Cancelled),
        _ => {
            table.complain(row.line, STATUS, "write confirmed or cancelled");
            None
        }
    };
    let text = |column| row.cell(column).to_owned();
    let person = Person {
        number: text(NUMBER),
        name: text(NAME_ZH),
        latin: text(NAME_LATIN),
        post_zh: text(POST_ZH),
        post_en: text(POST_EN),
        enterprise_zh: text(ENTERPRISE_ZH),
        enterprise_en: text(ENTERPRISE_EN),
        region: text(REGION),
        province,
        language: text(LANGUAGE),
        badge_pass: String::new(),
        ..Person::default()
    };
    let pictures = [PHOTO, NAME_IMAGE].map(|column| match row.cell(column) {
        _ if !table.has(column) => Said::Nothing,
        "" => Said::Empty,
        file => Said::File(file.to_owned()),
    });
    let (line, fields) = (row.line, fields(row));
    let (category, delegation, status) = (category?, delegation?, status?);
    Some(Written { line, category, delegation, status, person, pictures, fields })
}

fn province(table: &mut Table, row: &Row, convention: &Convention) -> Option<Slug> {
    match row.cell(PROVINCE) {
        "" => None,
        _ if row.cell(REGION) != MAINLAND => {
            let text = "a province goes only with country_region CN; leave it empty";
            table.complain(row.line, PROVINCE, text);
            None
        }
        _ => listed(table, row, PROVINCE, |id| convention.provinces.contains_key(id)),
    }
}

/// Reads an id that the convention file must know.
fn listed(
    table: &mut Table,
    row: &Row,
    column: usize,
    known: impl Fn(&Slug) -> bool,
) -> Option<Slug> {
    let id = row.cell(column).parse().ok().filter(known);
    if id.is_none() {
        let (_, heading) = table.place(column);
        let text = format!("no {heading} of the convention file is called this; mend the spelling");
        table.complain(row.line, column, text);
    }
    id
}

fn fields(row: &Row) -> String {
    let cells = COLUMNS.iter().zip(&row.cells);
    let fields: serde_json::Map<String, serde_json::Value> =
        cells.map(|(name, cell)| ((*name).to_owned(), cell.as_str().into())).collect();
    serde_json::Value::Object(fields).to_string()
}
