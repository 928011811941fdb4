//! The demo convention has exactly the counts that the first convention had.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::support::project;

type Row = BTreeMap<String, String>;

fn rows(name: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(project("demo").join(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Returns the confirmed entrepreneurs.
fn entrepreneurs() -> Vec<Row> {
    let all = rows("attendees.csv").into_iter();
    all.filter(|row| row["category"] == "entrepreneur" && row["status"] == "confirmed").collect()
}

fn distinct<'a>(rows: impl IntoIterator<Item = &'a Row>, field: &str) -> BTreeSet<&'a str> {
    rows.into_iter().map(|row| row[field].as_str()).filter(|value| !value.is_empty()).collect()
}

#[test]
fn six_hundred_and_fourteen_entrepreneurs_come_from_43_regions_and_28_provinces() {
    let people = entrepreneurs();
    assert_eq!(people.len(), 614);

    let overseas: Vec<&Row> = people.iter().filter(|row| row["country_region"] != "CN").collect();
    let regions = distinct(overseas.iter().copied(), "country_region");
    assert_eq!(regions.len(), 43);
    assert!(["HK", "MO", "TW"].iter().all(|region| regions.contains(region)));

    let text = std::fs::read_to_string(project("demo/convention.toml")).unwrap();
    let convention: toml::Table = text.parse().unwrap();
    let continent = |region: &str| convention["region"][region]["continent"].as_str().unwrap();
    let continents: BTreeSet<&str> = regions.iter().map(|region| continent(region)).collect();
    assert_eq!(continents.len(), 6);

    let provinces = distinct(&people, "province");
    assert_eq!(provinces.len(), 28);
    let home = people.iter().filter(|row| row["country_region"] == "CN");
    assert!(home.clone().all(|row| !row["province"].is_empty()));

    let outside = people.iter().filter(|row| row["province"] != "liaoning");
    assert!(distinct(outside, "enterprise_zh").len() > 300);
    assert_eq!(distinct(&people, "sector").len(), 9);
}

#[test]
fn others_come_on_top_and_some_have_called_off() {
    let all = rows("attendees.csv");
    for category in ["press", "interpreter", "liaison", "companion", "host", "staff"] {
        assert!(all.iter().any(|row| row["category"] == category), "no {category}");
    }
    assert!(all.iter().filter(|row| row["status"] == "cancelled").count() > 5);
    assert_eq!(distinct(&all, "number").len(), all.len(), "a number is one person's");
}

#[test]
fn the_names_are_as_hard_as_in_life() {
    let people = entrepreneurs();
    let has = |test: &dyn Fn(&str) -> bool| people.iter().any(|row| test(&row["name_zh"]));
    let within = |range: std::ops::RangeInclusive<char>| {
        move |name: &str| name.chars().any(|c| range.contains(&c))
    };
    assert!(has(&within('\u{400}'..='\u{4ff}')), "Cyrillic");
    assert!(has(&within('\u{3040}'..='\u{30ff}')), "Kana");
    assert!(has(&within('\u{ac00}'..='\u{d7a3}')), "Hangul");
    assert!(has(&within('\u{600}'..='\u{6ff}')), "Arabic");
    assert!(has(&|name| name.contains('·')), "a name with a middle dot");
    assert!(has(&|name| name.starts_with("欧阳")), "a compound surname");
    for length in 2..=4 {
        assert!(has(&|name| name.chars().count() == length), "{length} characters");
    }
    let vietnamese = |row: &Row| row["country_region"] == "VN";
    assert!(people.iter().any(vietnamese));

    let mut namesakes = BTreeMap::new();
    people.iter().for_each(|row| *namesakes.entry(&row["name_zh"]).or_insert(0) += 1);
    assert!(namesakes.iter().any(|(name, count)| !name.is_empty() && *count > 1));
    assert!(people.iter().any(|row| row["other_names"].split(';').count() >= 2), "three spellings");
    let mut phones = BTreeMap::new();
    people.iter().for_each(|row| *phones.entry(&row["phone"]).or_insert(0) += 1);
    assert!(phones.iter().any(|(phone, count)| !phone.is_empty() && *count == 6), "one assistant");
    assert!(phones.contains_key(&String::new()), "some without a phone");
    assert!(people.iter().any(|row| !row["other_enterprises"].is_empty()), "two enterprises");
}

#[test]
fn the_generator_writes_the_same_lists_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let generator = project("demo/generate.mjs");
    let status = Command::new("node").arg(generator).arg(folder.path()).output().unwrap().status;
    assert!(status.success());
    for name in ["attendees.csv", "assignments.csv"] {
        let fresh = std::fs::read(folder.path().join(name)).unwrap();
        assert!(fresh == std::fs::read(project("demo").join(name)).unwrap(), "{name} differs");
    }
}
