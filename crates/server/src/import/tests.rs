use std::fs;

use admission::roster::AssignmentState;

use super::*;
use crate::export;
use crate::root::Root;
use crate::testing::{self, PEOPLE, sheet};

/// Imports rows into a fresh folder and expects exactly these complaints.
#[track_caller]
fn check_text(text: &str, expected: &[&str]) {
    let (dir, folder) = testing::folder();
    let request = testing::people(dir.path(), text);
    let error = import(&folder, &request).unwrap_err();
    let complaints = error.downcast_ref::<Complaints>().unwrap();
    let folder_name = format!("{}/", dir.path().display());
    let found: Vec<String> =
        complaints.0.iter().map(|found| found.to_string().replace(&folder_name, "")).collect();
    assert_eq!(found, expected);
    assert!(folder.ledger().unwrap().entries().unwrap().is_empty(), "nothing may be imported");
}

#[track_caller]
fn check(rows: &str, expected: &[&str]) {
    check_text(&sheet(rows), expected);
}

fn row(changes: &[(&str, &str)]) -> String {
    let usual = [
        ("number", "100001"),
        ("name_zh", "王伟"),
        ("category", "guest"),
        ("delegation", "north"),
        ("country_region", "SG"),
        ("language", "zh-Hans"),
        ("status", "confirmed"),
    ];
    let value = |column: &str| {
        let changed = changes.iter().find(|(name, _)| *name == column);
        changed.or(usual.iter().find(|(name, _)| *name == column)).map_or("", |(_, value)| value)
    };
    let cells: Vec<&str> = COLUMNS.iter().map(|column| value(column)).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&cells).unwrap();
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[track_caller]
fn check_row(changes: &[(&str, &str)], expected: &str) {
    check(&row(changes), &[expected]);
}

fn entries(folder: &Folder) -> Vec<Entry> {
    folder.ledger().unwrap().entries().unwrap()
}

#[test]
fn people_get_ids_serials_and_a_signed_badge_pass() {
    let (_dir, folder) = testing::folder_with(PEOPLE);
    let entries = entries(&folder);
    assert_eq!(entries.len(), 3);
    let person = entries[0].attendee.person.as_ref().unwrap();
    assert_eq!((person.name.as_str(), person.latin.as_str()), ("王伟", "WANG Wei"));
    assert!(person.badge_pass.starts_with("YB1"));
    assert_ne!(entries[0].attendee.invitation, entries[0].attendee.badge);
    assert_eq!(entries[2].attendee.status, Status::Cancelled);
}

#[test]
fn the_same_file_again_changes_nothing() {
    let (dir, folder) = testing::folder_with(PEOPLE);
    let before = entries(&folder);
    let again = import(&folder, &testing::people(dir.path(), &sheet(PEOPLE))).unwrap();
    assert_eq!(again, Summary { unchanged: 3, revision: 2, ..Summary::default() });
    assert_eq!(entries(&folder), before);
}

#[test]
fn a_new_version_keeps_ids_and_passes_and_deletes_nobody() {
    let (dir, folder) = testing::folder_with(PEOPLE);
    let before = entries(&folder);
    let rows = format!("{}{}", row(&[("name_zh", "王炜")]), row(&[("number", "100009")]));
    let request = testing::people(dir.path(), &sheet(&rows));
    let planned = import(&folder, &Request { dry_run: true, ..request.clone() }).unwrap();
    let expected = Summary { new: 1, changed: 1, unchanged: 0, absent: 2, revision: 2 };
    assert_eq!(planned, expected);
    assert_eq!(entries(&folder), before, "a dry run changes nothing");
    assert_eq!(import(&folder, &request).unwrap(), Summary { revision: 3, ..expected });
    let after = entries(&folder);
    assert_eq!(after.len(), 4);
    let ids = |entry: &Entry| (entry.attendee.id, entry.attendee.invitation, entry.attendee.badge);
    assert_eq!(ids(&after[0]), ids(&before[0]));
    let person = after[0].attendee.person.as_ref().unwrap();
    assert_eq!(person.name, "王炜");
    assert_eq!(person.badge_pass, before[0].attendee.person.as_ref().unwrap().badge_pass);
}

#[test]
fn changes_are_named_by_column() {
    let (_dir, folder) = testing::folder_with(PEOPLE);
    let entries = entries(&folder);
    let mut changed = entries[0].clone();
    changed.fields = changed.fields.replace("WANG Wei", "WANG W.").replace("董事长", "总裁");
    changed.attendee.status = Status::Cancelled;
    assert_eq!(differences(&entries[0], &changed), ["name_latin", "post_zh", "(cancelled)"]);
}

#[test]
fn a_byte_order_mark_crlf_and_another_order_of_columns_are_fine() {
    let (dir, folder) = testing::folder();
    let mut columns: Vec<&str> = COLUMNS.to_vec();
    columns.swap(1, 21);
    let plain = sheet(&row(&[]));
    let cells: Vec<&str> = plain.lines().nth(1).unwrap().split(',').collect();
    let mut cells = cells.clone();
    cells.swap(1, 21);
    let text = format!(
        "\u{FEFF}{}\r\n\r\n{}\r\n,,,,,,,,,,,,,,,,,,,,,\r\n",
        columns.join(","),
        cells.join(",")
    );
    import(&folder, &testing::people(dir.path(), &text)).unwrap();
    assert_eq!(entries(&folder)[0].attendee.person.as_ref().unwrap().name, "王伟");
}

#[test]
fn a_header_is_complete_and_knows_no_other_columns() {
    check_text(
        "",
        &["attendees.csv, line 1, column 1: the file is empty; its first line must be: \
                      number,name_zh,name_latin,other_names,family,given,post_zh,post_en,\
                      enterprise_zh,enterprise_en,other_enterprises,sector,category,delegation,\
                      country_region,province,language,phone,other_phones,email,liaison,status"],
    );
    let without = COLUMNS.join(",").replace(",status", "");
    check_text(
        &without,
        &["attendees.csv, line 1, column 22: the column status is missing; add it"],
    );
    check_text(
        &format!("{},status", COLUMNS.join(",")),
        &["attendees.csv, line 1, column 23: the column status is there twice; remove one"],
    );
    check_text(
        &COLUMNS.join(";"),
        &["attendees.csv, line 1, column 1: columns are separated by ';'; save with commas"],
    );
    let (dir, folder) = testing::folder();
    let passport = testing::people(dir.path(), &format!("{},passport", COLUMNS.join(",")));
    let refused = import(&folder, &passport).unwrap_err().to_string();
    assert!(
        refused.contains("line 1, column 23: numbers of identity cards and passports are never")
    );
    let note = testing::people(dir.path(), &format!("{},note", COLUMNS.join(",")));
    let refused = import(&folder, &note).unwrap_err().to_string();
    assert!(refused.contains("line 1, column 23: no column is called \"note\"; remove it"));
}

#[test]
fn a_list_without_its_header_shows_nobody() {
    let expected = format!(
        "attendees.csv, line 1, column 1: this line names no column of the list; the first line must \
         be the header: {}",
        COLUMNS.join(",")
    );
    check_text(PEOPLE, &[&expected]);
    let (dir, folder) = testing::folder_with(PEOPLE);
    let path = dir.path().join("assignments.csv");
    fs::write(&path, "100001,opening,entitled,王伟,,\n").unwrap();
    let request = testing::people(dir.path(), &sheet(PEOPLE));
    let refused = import(&folder, &Request { assignments: Some(path), ..request }).unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("the header: number,activity,state,seat,table,bus\n"), "{refused}");
    assert!(!refused.contains("王伟") && !refused.contains("100001"), "{refused}");
}

#[test]
fn every_cell_that_is_wrong_is_named() {
    check_row(
        &[("number", "12345")],
        "attendees.csv, line 2, column 1 (number): a registration number has six digits, such as \
         452344",
    );
    check_row(
        &[("number", "１２３４５６")],
        "attendees.csv, line 2, column 1 (number): the digits are full-width; write them as usual, \
         such as 452344",
    );
    check_row(
        &[("name_zh", "  ")],
        "attendees.csv, line 2, column 2 (name_zh): the name is missing; fill in name_zh or \
         name_latin",
    );
    check_row(
        &[("category", "gast")],
        "attendees.csv, line 2, column 13 (category): no category of the convention file is \
         called this; mend the spelling",
    );
    check_row(
        &[("delegation", "")],
        "attendees.csv, line 2, column 14 (delegation): no delegation of the convention file is \
         called this; mend the spelling",
    );
    check_row(
        &[("country_region", "Singapore")],
        "attendees.csv, line 2, column 15 (country_region): this region is not in the convention \
         file; write its two capitals, such as SG",
    );
    check_row(
        &[("province", "liaoning")],
        "attendees.csv, line 2, column 16 (province): a province goes only with country_region \
         CN; leave it empty",
    );
    check_row(
        &[("country_region", "CN"), ("province", "Liaoning")],
        "attendees.csv, line 2, column 16 (province): no province of the convention file is \
         called this; mend the spelling",
    );
    check_row(
        &[("language", "Chinese")],
        "attendees.csv, line 2, column 17 (language): write a language tag such as zh-Hans, en \
         or ar",
    );
    check_row(
        &[("other_phones", "139 0000 OOOO")],
        "attendees.csv, line 2, column 19 (other_phones): a phone has digits only, and + at its \
         start; separate several with ;",
    );
    check_row(
        &[("email", "example.com")],
        "attendees.csv, line 2, column 20 (email): an e-mail address looks like name@example.com; \
         mend it or leave it empty",
    );
    check_row(
        &[("sector", "备注 11010519491231002X")],
        "attendees.csv, line 2, column 12 (sector): this looks like the number of an identity card \
         or passport; such numbers are never kept here, delete it",
    );
    check_row(
        &[("enterprise_en", "passport E12345678"), ("phone", "210102900307001")],
        "attendees.csv, line 2, column 10 (enterprise_en): this looks like the number of an \
         identity card or passport; such numbers are never kept here, delete it",
    );
    check_row(
        &[("status", "yes")],
        "attendees.csv, line 2, column 22 (status): write confirmed or cancelled",
    );
}

#[test]
fn characters_that_are_no_text_and_endless_cells_are_refused() {
    check_row(
        &[("enterprise_en", "Ocean\u{0}Co.")],
        "attendees.csv, line 2, column 10 (enterprise_en): the control character U+0000; delete it",
    );
    check_row(
        &[("enterprise_en", "Ocean\u{202e}Co.")],
        "attendees.csv, line 2, column 10 (enterprise_en): the control character U+202E; delete it",
    );
    check_row(
        &[("sector", "a\nb")],
        "attendees.csv, line 2, column 12 (sector): a line break inside the cell; write it in one \
         line",
    );
    check_row(
        &[("given", &"x".repeat(201))],
        "attendees.csv, line 2, column 6 (given): 201 characters; at most 200 fit here",
    );
    check_row(
        &[("sector", &"x".repeat(501))],
        "attendees.csv, line 2, column 12 (sector): 501 characters; at most 500 fit here",
    );
}

#[test]
fn a_name_that_nobody_can_see_is_none() {
    for nothing in [
        "\u{3164}", "\u{FFA0}", "\u{AD}", "\u{200D}", "\u{34F}", "\u{FE0F}", "\u{301}", "\u{2800}",
        "\u{FFFD}",
    ] {
        check_row(
            &[("name_zh", nothing)],
            "attendees.csv, line 2, column 2 (name_zh): nobody can see a character here; write the \
             text or empty the cell",
        );
        check_row(
            &[("enterprise_en", nothing)],
            "attendees.csv, line 2, column 10 (enterprise_en): nobody can see a character here; \
             write the text or empty the cell",
        );
    }
    let (dir, folder) = testing::folder();
    let joined = row(&[("name_zh", "می\u{200C}خواهم"), ("language", "fa")]);
    import(&folder, &testing::people(dir.path(), &sheet(&joined))).unwrap();
}

#[test]
fn lines_are_counted_in_the_file_and_not_in_rows() {
    let rows = format!(
        "{}\n\n{}{}",
        row(&[("email", "one\ntwo")]),
        row(&[("number", "100002")]),
        row(&[("number", "100002")])
    );
    check(
        &rows,
        &[
            "attendees.csv, line 2, column 20 (email): a line break inside the cell; write it in \
             one line",
            "attendees.csv, line 7, column 1 (number): line 6 has the same number; give one of \
             them another",
        ],
    );
}

#[test]
fn rows_of_another_length_and_open_quotes_are_named() {
    check(
        "100001,王伟\n",
        &["attendees.csv, line 2, column 2: this row has 2 columns and the header 22; put text \
           with commas between quotation marks"],
    );
    let open = format!("100001,\"王伟\n{}", row(&[("number", "100002")]));
    check(
        &open,
        &["attendees.csv, line 2, column 2: a quotation mark that begins here is never closed; \
           close it"],
    );
}

#[test]
fn what_cannot_be_printed_is_named_at_import() {
    check_row(
        &[("name_zh", "王\u{E000}")],
        "attendees.csv, line 2, column 2 (name_zh): no font has these characters of name: \
         U+E000; write it with other characters: these are private to the font of another \
         computer, or give a picture of the name in the column name_image, or put a font that has \
         them into the folder fonts of the server's",
    );
    let long = "Wolfeschlegelsteinhausenbergerdorff".repeat(5);
    check_row(
        &[("name_latin", &long)],
        "attendees.csv, line 2, column 3 (name_latin): second_name does not fit its box in the \
         badge template; write it shorter",
    );
}

#[test]
fn complaints_tell_no_names_or_phones() {
    let (dir, folder) = testing::folder();
    let rows = row(&[("name_zh", "ZZCANARY"), ("phone", "ZZPHONE"), ("status", "ZZ")]);
    let refused = import(&folder, &testing::people(dir.path(), &sheet(&rows))).unwrap_err();
    assert!(!format!("{refused:#}").contains("ZZ"));
}

/// Names that break other people's systems; the first three are formulas.
const NAUGHTY: [&str; 18] = [
    "=HYPERLINK(\"http://x\",\"y\")",
    "+1-555",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "'=1",
    "O'Brien, \"Bob\"",
    "Robert'); DROP TABLE attendee;--",
    "<script>alert(1)</script>",
    "{{ 7*7 }} ${7*7} %s%n",
    "../../etc/passwd",
    "CON",
    "NULL",
    "undefined",
    "True",
    "1E+02",
    "null;none",
    "Jean--Luc D’Arc",
    "ﬁligree Ⅷ ½",
    "00012",
];

#[test]
fn naughty_names_come_back_as_they_went_in() {
    let (dir, folder) = testing::folder();
    let number = |place: usize| format!("{}", 200_000 + place);
    let rows: String = NAUGHTY
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let number = number(place);
            row(&[("number", &number), ("name_zh", ""), ("name_latin", name), ("sector", name)])
        })
        .collect();
    // The organiser's own file carries formulas as they are.
    import(&folder, &testing::people(dir.path(), &sheet(&rows))).unwrap();
    let bytes = |format| export::export(&folder, export::Table::Roster, format, false).unwrap();
    let json: Vec<serde_json::Value> =
        serde_json::from_slice(&bytes(export::Format::Json)).unwrap();
    for (name, row) in NAUGHTY.iter().zip(&json) {
        // What looks guarded already is taken as guarded.
        let expected = name.strip_prefix("'").filter(|rest| rest.starts_with('=')).unwrap_or(name);
        assert_eq!(row["name_latin"], expected);
    }
    let csv = String::from_utf8(bytes(export::Format::Csv)).unwrap();
    assert!(csv.contains(",\"'=HYPERLINK"), "a formula must be guarded");
    assert!(csv.contains(",'+1-555,"));
    // The export is a list as `import` wants it.
    let again = import(&folder, &testing::people(dir.path(), &csv)).unwrap();
    assert_eq!((again.unchanged, again.changed, again.new), (NAUGHTY.len(), 0, 0));
}

fn assignments(dir: &Path, rows: &str) -> Option<PathBuf> {
    let path = dir.join("assignments.csv");
    fs::write(&path, format!("number,activity,state,seat,table,bus\n{rows}")).unwrap();
    Some(path)
}

#[test]
fn assignments_replace_line_by_line_and_stay_when_unmentioned() {
    let (dir, folder) = testing::folder_with(PEOPLE);
    let request = testing::people(dir.path(), &sheet(PEOPLE));
    let bring = |rows: &str| {
        let assignments = assignments(dir.path(), rows);
        import(&folder, &Request { assignments, ..request.clone() }).unwrap()
    };
    assert_eq!(bring("100001,opening,entitled,A1,,\n100002,opening,waiting,,,\n").changed, 2);
    assert_eq!(bring("100001,visit-dalian,entitled,,,bus 3\n").changed, 1);
    assert_eq!(bring("100001,opening,entitled,A2,,\n").changed, 1);
    assert_eq!(bring("100001,opening,entitled,A2,,\n").changed, 0);
    let lines = entries(&folder)[0].attendee.assignments.clone();
    let told: Vec<(&str, &str, &str)> = lines
        .iter()
        .map(|line| (line.activity.as_str(), line.placing.seat.as_str(), line.placing.bus.as_str()))
        .collect();
    assert_eq!(told, [("opening", "A2", ""), ("visit-dalian", "", "bus 3")]);
    assert_eq!(entries(&folder)[1].attendee.assignments[0].state, AssignmentState::Waiting);
}

#[test]
fn bad_assignments_are_named_and_import_nothing() {
    let (dir, folder) = testing::folder();
    let rows = "100001,opening,entitled,A1,,\n100001,opening,excluded,,,\n\
                999999,opening,entitled,,,\n100002,tea,entitled,,,\n100002,opening,maybe,,,\n";
    let assignments = assignments(dir.path(), rows);
    let request = testing::people(dir.path(), &sheet(PEOPLE));
    let error = import(&folder, &Request { assignments, ..request }).unwrap_err();
    let complaints = error.downcast_ref::<Complaints>().unwrap();
    let found: Vec<(usize, usize, &str)> = complaints
        .0
        .iter()
        .map(|found| (found.line, found.column, found.heading.as_str()))
        .collect();
    let expected = [(3, 2, "activity"), (4, 1, "number"), (5, 2, "activity"), (6, 3, "state")];
    assert_eq!(found, expected);
    assert!(entries(&folder).is_empty());
}

#[test]
fn ten_thousand_columns_and_a_file_of_another_kind_end_calmly() {
    let (dir, folder) = testing::folder();
    let wide = vec!["x"; 10_000].join(",");
    let refused = import(&folder, &testing::people(dir.path(), &wide)).unwrap_err().to_string();
    assert!(refused.contains("10000 columns; the list has 22, remove the others"), "{refused}");
    let noise = format!("{}\n{}", COLUMNS.join(","), "junk\n".repeat(100_000));
    let refused = import(&folder, &testing::people(dir.path(), &noise)).unwrap_err().to_string();
    assert_eq!(refused.lines().count(), 51);
}

#[test]
fn the_demo_convention_is_imported_whole_and_every_badge_can_be_printed() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    crate::init::init(&data, &demo.join("convention.toml"), &Root::Beside).unwrap();
    let folder = Folder::open(&data).unwrap();
    let request = Request {
        people: demo.join("attendees.csv"),
        assignments: Some(demo.join("assignments.csv")),
        dry_run: false,
    };
    let first = import(&folder, &request).unwrap();
    assert!(first.new >= 614);
    let again = import(&folder, &request).unwrap();
    assert_eq!((again.unchanged, again.revision), (first.new, first.revision));
    let report = crate::check::check(&folder).unwrap();
    assert_eq!(report["complaints"], serde_json::json!([]));
}

#[test]
fn the_numbers_of_test_passes_are_taken() {
    check_row(
        &[("number", "000002")],
        "attendees.csv, line 2, column 1 (number): 000001 to 000003 are the numbers of the test \
         passes; give another number",
    );
}
