//! Cases 42 to 45: texts that break other people's systems, as names, enterprises and posts.
//!
//! There are two outcomes: refused at import with line and reason, or kept, printed, and given back
//! as it came. There is no third.

use std::collections::BTreeMap;

use admission::text::{half_width, is_ignorable};
use serde_json::{Value, json};

use super::lists::{Office, list};
use crate::support::program::{Outcome, system};
use crate::support::venue::{MORNING, Venue, scan};
use crate::support::{project, wait_at_most};

/// The columns that stand on a badge, and what stands there if a text is refused.
const COLUMNS: [(&str, &str); 4] = [
    ("name_zh", "王伟"),
    ("name_latin", "WANG Wei"),
    ("enterprise_zh", "海洋公司"),
    ("post_zh", ""),
];

/// Somebody whose name, enterprise and post are all the same hard text, as far as import allows.
#[derive(Clone, Debug)]
struct Hard {
    number: String,
    cells: BTreeMap<&'static str, String>,
    /// Why a column does not hold the text.
    refused: BTreeMap<&'static str, String>,
}

impl Hard {
    fn new(number: u32, text: &str) -> Hard {
        let cells = COLUMNS.iter().map(|(column, _)| (*column, text.to_owned())).collect();
        Hard { number: number.to_string(), cells, refused: BTreeMap::new() }
    }

    fn row(&self) -> Vec<(&str, &str)> {
        let cells = self.cells.iter().map(|(column, text)| (*column, text.as_str()));
        std::iter::once(("number", self.number.as_str())).chain(cells).collect()
    }

    fn refuse(&mut self, column: &str, reason: &str) {
        let found = COLUMNS.iter().find(|(name, _)| *name == column);
        let (column, usual) = found.unwrap_or_else(|| panic!("{column}: {reason}"));
        self.cells.insert(column, (*usual).to_owned());
        let before = self.refused.insert(column, reason.to_owned());
        assert_eq!(before, None, "{column} was refused twice: {reason}");
    }
}

/// Asks an office about texts, until what it refused has been replaced; panics at a third outcome.
fn settle(office: &Office, texts: &[&str]) -> Vec<Hard> {
    let demo = std::fs::read_to_string(project("demo/attendees.csv")).unwrap();
    let is_free = |number: &u32| !demo.contains(&format!("\n{number},"));
    let numbers = (100_000..).filter(is_free);
    let mut all: Vec<Hard> =
        numbers.zip(texts).map(|(number, text)| Hard::new(number, text)).collect();
    // Complaints are shown fifty at a time.
    for some in all.chunks_mut(40) {
        while !is_taken(office, some) {}
    }
    all
}

fn is_taken(office: &Office, people: &mut [Hard]) -> bool {
    let rows: Vec<Vec<(&str, &str)>> = people.iter().map(Hard::row).collect();
    let file = office.path("hard.csv");
    std::fs::write(&file, list(&rows)).unwrap();
    let outcome = office.server(&["import", file.to_str().unwrap(), "--dry-run"]);
    if outcome.code == 0 {
        return true;
    }
    let refusals = refusals(&outcome);
    assert!(!refusals.is_empty(), "neither taken nor refused: {outcome:?}");
    for (line, column, reason) in refusals {
        people[line - 2].refuse(&column, &reason);
    }
    false
}

/// Reads complaints: line, column's name, reason.
fn refusals(outcome: &Outcome) -> Vec<(usize, String, String)> {
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(!outcome.err.contains("panicked"), "{}", outcome.err);
    let read = |text: &str| {
        let (_, rest) = text.split_once(", line ")?;
        let (line, rest) = rest.split_once(',')?;
        let (_, rest) = rest.split_once('(')?;
        let (column, reason) = rest.split_once("): ")?;
        Some((line.parse().ok()?, column.to_owned(), reason.to_owned()))
    };
    outcome.err.lines().filter_map(read).collect()
}

/// Takes people whose texts were accepted the whole way: list, passes, badges, and back.
fn whole_way(people: &[Hard]) {
    let venue = Venue::open();
    let file = venue.path("hard.csv");
    std::fs::write(&file, list(&people.iter().map(Hard::row).collect::<Vec<_>>())).unwrap();
    let summary = venue.server(&["import", file.to_str().unwrap()]).ok().json();
    assert_eq!(summary["new"], json!(people.len()));

    let invitations = venue.invitations();
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open_at(&["--now", MORNING]);
    for person in people {
        let answer = scan(&mut desk, &invitations[&person.number]);
        assert_eq!(answer["decision"], "admit", "{person:?}");
    }
    wait_at_most(std::time::Duration::from_secs(300), "a badge for everybody", || {
        (kiosk.badges().len() == people.len()).then_some(())
    });
    assert_eq!(desk.finish().code, 0);
    come_back(&venue, people);
    let roster = venue.server(&["export", "roster"]).ok().json();
    let rows = rows(&roster);
    // Jobs are numbered in the order of the scans, and files are named by them.
    for (person, badge) in people.iter().zip(kiosk.badges()) {
        let name = rows[person.number.as_str()]["name_zh"].as_str().unwrap();
        stands_on_badge(name, badge.to_str().unwrap());
    }
}

/// Checks that a badge has every letter of a name as a text; lines and blanks are the layout's, and
/// a reader turns a line from the right around.
fn stands_on_badge(name: &str, badge: &str) {
    let page = system("pdftotext", &["-enc", "UTF-8", badge, "-"]);
    let mut left: Vec<char> = page.chars().collect();
    // Letters of an input method, as wide as Han characters, are printed as usual ones.
    let printed = |c: char| if half_width(c).is_ascii_alphanumeric() { half_width(c) } else { c };
    let letters = name.chars().filter(|c| !c.is_whitespace() && !is_ignorable(*c));
    for letter in letters.map(printed) {
        let place = left.iter().position(|c| *c == letter);
        let place = place.unwrap_or_else(|| panic!("{name:?}: no {letter:?} on {page:?}"));
        left.swap_remove(place);
    }
}

/// Returns the lines of an exported list by registration number.
fn rows(roster: &Value) -> BTreeMap<&str, &Value> {
    let rows = roster.as_array().unwrap().iter();
    rows.map(|row| (row["number"].as_str().unwrap(), row)).collect()
}

/// Checks that the exported list has every text as it was brought.
fn come_back(venue: &Venue, people: &[Hard]) {
    let roster = venue.server(&["export", "roster"]).ok().json();
    let rows = rows(&roster);
    let table = venue.server(&["export", "roster", "--format", "csv"]).ok().out;
    let mut reader = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let cells: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let cells: BTreeMap<&str, &BTreeMap<String, String>> =
        cells.iter().map(|row| (row["number"].as_str(), row)).collect();
    for person in people {
        for (column, text) in &person.cells {
            // What looks guarded already is taken as guarded: the table has it as it came.
            let guarded = cells[person.number.as_str()][*column].as_str();
            assert!(guarded == text || guarded == format!("'{text}"), "{column}: {text:?}");
            let bare = rows[person.number.as_str()][*column].as_str().unwrap();
            assert!(bare == text || format!("'{bare}") == *text, "{column}: {text:?} is {bare:?}");
            let first = guarded.trim_start().chars().next().unwrap_or('x');
            assert!(!"=+-@＝＋－＠".contains(first), "a spreadsheet would run {guarded:?}");
        }
    }
    let again = venue.path("again.csv");
    std::fs::write(&again, &table).unwrap();
    let summary = venue.server(&["import", again.to_str().unwrap(), "--dry-run"]).ok().json();
    assert_eq!((&summary["new"], &summary["changed"]), (&json!(0), &json!(0)));
}

/// Runs a story about texts that must all be kept as names.
fn all_kept(texts: &[&str]) {
    let people = settle(&Office::open(), texts);
    for (person, text) in people.iter().zip(texts) {
        assert!(person.refused.is_empty(), "{text:?}: {:?}", person.refused);
    }
    whole_way(&people);
}

#[test]
fn case_42_formulas_are_texts() {
    all_kept(&[
        "=HYPERLINK(\"http://x\",\"y\")",
        "+1+1",
        "-1",
        "@SUM(1+1)",
        "=cmd|' /C calc'!A0",
        "＝1+1",
        "＋1",
        "'=1",
        "''=1",
        " =1",
    ]);
    let office = Office::open();
    for person in settle(&office, &["\t=1+1", "\0=1+1", "\r=1+1"]) {
        assert_eq!(person.refused.len(), COLUMNS.len(), "{person:?}");
    }
}

#[test]
fn case_43_markup_and_placeholders_are_texts() {
    all_kept(&[
        "<script>alert(1)</script>",
        "{{7*7}}",
        "{% for x in y %}",
        "${7*7}",
        "%s%n%x",
        "&lt;b&gt;",
        "]]> --> <!--",
        "\" onload=\"x",
    ]);
}

#[test]
fn case_44_hard_scripts_and_long_names() {
    let marks = format!("W{0}e{0}i{0}", "\u{301}".repeat(64));
    let (long, endless) = ("王".repeat(200), "王".repeat(201));
    // What the reason says; nothing if it is kept.
    let texts: [(&str, &str); 14] = [
        ("𠮷田 䶮", ""),
        ("محمد عبد الله", ""),
        ("О’Коннор Ёлка", ""),
        ("Nguyễn Thị Hồng Hạnh", ""),
        ("王\u{202e}伟", "U+202E"),
        ("王\u{200b}伟", "U+200B"),
        ("王\u{2066}伟", "U+2066"),
        ("王\u{e000}伟", "write it with other characters"),
        ("བཀྲ་ཤིས", "write it with other characters"),
        ("👩\u{200d}👩\u{200d}👧", "write it with other characters"),
        (&marks, "name does not fit its box in the badge template; write it shorter"),
        (&long, "name does not fit its box in the badge template; write it shorter"),
        (&endless, "201 characters; at most 200 fit here"),
        ("王伟", ""),
    ];
    let office = Office::open();
    let people = settle(&office, &texts.map(|(text, _)| text));
    for (person, (text, reason)) in people.iter().zip(texts) {
        let found = person.refused.get("name_zh").cloned().unwrap_or_default();
        let expected = found.contains(reason) && found.is_empty() == reason.is_empty();
        assert!(expected, "{text:?}: {found:?}, not {reason:?}");
    }
    whole_way(&people);
    for nothing in ["", "   ", "\u{3000}"] {
        let row = vec![("name_zh", nothing), ("name_latin", nothing)];
        let refused = refusals(&office.import(&list(&[row])));
        assert!(refused[0].2.contains("the name is missing"), "{refused:?}");
    }
}

#[test]
fn case_45_the_big_list_of_naughty_strings() {
    let text = std::fs::read_to_string(project("tests/bad_input/blns.txt")).unwrap();
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 516);
    let people = settle(&Office::open(), &lines);
    let refused = people.iter().filter(|person| !person.refused.is_empty()).count();
    // A list that is refused as a whole would pass the rest of the story.
    assert!(refused < lines.len() / 3, "{refused} of {} are refused", lines.len());
    whole_way(&people);
}
