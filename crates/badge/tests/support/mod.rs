//! The demo roster as texts of badges, read as plainly as possible.
//!
//! The real way from roster to badge is the kiosk's; this one only needs every text that can occur.

use std::path::{Path, PathBuf};

use badge::{Template, Texts};

/// Returns the folder of the demo convention.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo")
}

/// Returns a template of the demo convention by its file name.
pub fn template(name: &str) -> Template {
    let svg = std::fs::read_to_string(demo().join("badges").join(name))
        .expect("the demo has this template");
    Template::parse(&svg).expect("the demo's template is sound")
}

/// Returns the texts of everyone on the demo roster.
pub fn roster() -> Vec<Texts> {
    let convention = std::fs::read_to_string(demo().join("convention.toml"))
        .expect("the demo has a convention.toml");
    let convention: toml::Table = convention.parse().expect("the demo's convention.toml is TOML");
    let tables = tables();
    let texts = |row: Row| {
        let table = tables.get(cell(&row, "number")).cloned().unwrap_or_default();
        Texts { table, ..texts(&row, &convention) }
    };
    rows("attendees.csv").into_iter().map(texts).collect()
}

/// Returns the tables of those who sit at one, by registration number.
fn tables() -> Row {
    let placed = rows("assignments.csv").into_iter();
    let placed =
        placed.map(|row| (cell(&row, "number").to_owned(), cell(&row, "table").to_owned()));
    placed.filter(|(_, table)| !table.is_empty()).collect()
}

fn cell<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).map_or("", String::as_str)
}

fn rows(file: &str) -> Vec<Row> {
    let mut rows = csv::Reader::from_path(demo().join(file)).expect("the demo has its lists");
    rows.deserialize().map(|row| row.expect("the list is sound")).collect()
}

type Row = std::collections::BTreeMap<String, String>;

fn texts(row: &Row, convention: &toml::Table) -> Texts {
    let cell = |name: &str| cell(row, name).to_owned();
    let category = category(convention, &cell("category"));
    let (name, second_name) = first_and_second(cell("name_zh"), cell("name_latin"));
    let (enterprise, second_enterprise) =
        first_and_second(cell("enterprise_zh"), cell("enterprise_en"));
    Texts {
        name,
        second_name,
        post: first_and_second(cell("post_zh"), cell("post_en")).0,
        enterprise,
        second_enterprise,
        place: place(convention, &cell("province"), &cell("country_region")),
        convention: title(convention.get("convention"), "zh-Hans"),
        second_convention: title(convention.get("convention"), "en"),
        category: title(category, "zh-Hans"),
        second_category: title(category, "en"),
        table: String::new(),
        band: word(category, "band"),
        language: cell("language"),
        pass: "YB1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().cycle().take(173).collect(),
        ..Texts::default()
    }
}

fn first_and_second(first: String, second: String) -> (String, String) {
    if first.is_empty() { (second, first) } else { (first, second) }
}

fn category<'a>(convention: &'a toml::Table, id: &str) -> Option<&'a toml::Value> {
    let categories = convention.get("category")?.as_array()?;
    categories.iter().find(|category| word(Some(category), "id") == id)
}

fn place(convention: &toml::Table, province: &str, region: &str) -> String {
    let (table, key) =
        if province.is_empty() { ("region", region) } else { ("province", province) };
    let place = convention.get(table).and_then(|table| table.get(key));
    format!("{} {}", word(place, "zh-Hans"), word(place, "en"))
}

fn title(of: Option<&toml::Value>, language: &str) -> String {
    word(of.and_then(|of| of.get("title")), language)
}

fn word(of: Option<&toml::Value>, key: &str) -> String {
    let value = of.and_then(|of| of.get(key)).and_then(toml::Value::as_str);
    value.unwrap_or_default().to_owned()
}

/// What is drawn with pictures of a person.
#[allow(dead_code, reason = "not everything that looks at the roster looks at pictures")]
mod pictured;
#[allow(unused_imports, reason = "the same")]
pub use pictured::{biang, face, night, with_photo};
