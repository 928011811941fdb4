use admission::roster::Mode;
use admission::time::Millis;

use super::*;
use crate::testing::{CONVENTION, TEMPLATE};

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("badge.svg"), TEMPLATE).unwrap();
    dir
}

fn read_text_of(text: &str) -> Result<Convention, Complaints> {
    parse("c.toml", text, folder().path(), ConventionId([1; 16]))
}

/// Changes one piece of the right file, and expects exactly these complaints.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert_eq!(CONVENTION.matches(from).count(), 1, "the piece to change must be there once");
    let found = read_text_of(&CONVENTION.replace(from, to)).unwrap_err();
    let found: Vec<String> = found.0.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_right_file_is_read_whole() {
    let convention = read_text_of(CONVENTION).unwrap();
    assert_eq!(convention.title.in_language("zh-Hans"), "测试大会");
    assert_eq!((convention.first_day, convention.days), (Day(19_625), 3));
    assert_eq!(convention.theme[3], "#C8402F");
    let counts = (convention.sites.len(), convention.categories.len(), convention.activities.len());
    assert_eq!(counts, (2, 2, 3));
    assert_eq!(convention.templates["badge.svg"], TEMPLATE);
    assert_eq!(convention.provinces[&"liaoning".parse().unwrap()].code, 21);
}

#[test]
fn times_are_local_and_doors_default_to_start_and_end() {
    let convention = read_text_of(CONVENTION).unwrap();
    let registration = &convention.activities[0];
    // 2023-09-25T08:00+08:00 and 09:00.
    assert_eq!(registration.doors_open, Millis(1_695_600_000_000));
    assert_eq!(registration.starts, Millis(1_695_603_600_000));
    assert!(registration.collects);
    let opening = &convention.activities[1];
    assert_eq!((opening.doors_open, opening.doors_close), (opening.starts, opening.ends));
    assert!(!opening.collects);
    assert_eq!(convention.activities[2].mode, Mode::Board);
}

#[test]
fn broken_toml_names_the_place() {
    check(
        "time_zone = \"Asia/Shanghai\"",
        "time_zone = \"Asia/Shanghai",
        &["c.toml, line 3, column 27: invalid basic string, expected `\"`"],
    );
}

#[test]
fn an_unknown_or_missing_key_is_named() {
    check(
        "first_day = 2023-09-25",
        "frist_day = 2023-09-25",
        &["c.toml, line 5, column 1: unknown field `frist_day`, expected one of `title`, \
           `time_zone`, `languages`, `first_day`, `last_day`"],
    );
    check("last_day = 2023-09-27\n", "", &["c.toml, line 1, column 1: missing field `last_day`"]);
}

#[test]
fn ids_and_numbers_are_there_once_and_well_formed() {
    check(
        "id = \"dalian\"",
        "id = \"hall\"",
        &[
            "c.toml, line 21, column 6: another site is called hall; give it another id",
            "c.toml, line 70, column 8: no site is called dalian; add it or mend the id",
        ],
    );
    check(
        "id = \"press\"",
        "id = \"Press Room\"",
        &[
            "c.toml, line 32, column 6: id must be 1 to 40 of a-z, 0-9 and -",
            "c.toml, line 76, column 24: no category is called press; add it or mend the id",
        ],
    );
    check(
        "number = 4",
        "number = 1",
        &["c.toml, line 33, column 10: another category has number 1"],
    );
    check(
        "number = 4",
        "number = 256",
        &["c.toml, line 33, column 10: a category's number is from 0 to 254; 255 is for blanks"],
    );
    check(
        "number = 4",
        "number = 255",
        &["c.toml, line 33, column 10: a category's number is from 0 to 254; 255 is for blanks"],
    );
    check(
        "code = 21",
        "code = 210000",
        &["c.toml, line 97, column 8: a province's code has two digits (GB/T 2260), such as 21"],
    );
}

#[test]
fn what_is_named_elsewhere_must_exist() {
    check(
        "categories = [\"guest\"]",
        "categories = [\"guest\", \"guset\"]",
        &["c.toml, line 80, column 24: no category is called guset; add it or mend the id"],
    );
    check(
        "delegations = [\"south\"]",
        "",
        &["c.toml, line 83, column 12: this entitles nobody; give it categories or delegations"],
    );
    check(
        "site = \"dalian\"",
        "site = \"moon\"",
        &["c.toml, line 70, column 8: no site is called moon; add it or mend the id"],
    );
}

#[test]
fn days_times_and_zones_make_sense() {
    check(
        "last_day = 2023-09-27",
        "last_day = 2023-10-20",
        &["c.toml, line 6, column 12: 26 days; passes are valid for at most 23 days"],
    );
    check(
        "last_day = 2023-09-27",
        "last_day = 2023-09-27T00:00:00",
        &["c.toml, line 6, column 12: write a day like 2023-09-25"],
    );
    check(
        "time_zone = \"Asia/Shanghai\"",
        "time_zone = \"Beijing\"",
        &["c.toml, line 3, column 13: no such time zone; write one like Asia/Shanghai"],
    );
    check(
        "doors_close = 2023-09-27T18:00:00",
        "doors_close = 2023-09-25T07:00:00",
        &["c.toml, line 54, column 15: the doors close before they open; mend the times"],
    );
    check(
        "ends = 2023-09-26T12:00:00",
        "ends = 2023-09-26T08:00:00",
        &["c.toml, line 63, column 8: it ends before it starts; exchange the times"],
    );
    check(
        "starts = 2023-09-26T09:00:00",
        "starts = 2023-09-26T09:00:00+08:00",
        &["c.toml, line 62, column 10: write the local time without an offset, like \
           2023-09-26T09:00:00"],
    );
    check(
        "starts = 2023-09-27T09:00:00\nends = 2023-09-27T17:00:00",
        "starts = 2023-09-28T09:00:00\nends = 2023-09-28T17:00:00",
        &["c.toml, line 71, column 10: it starts on a day on which no pass is valid; mend it, or \
           first_day and last_day"],
    );
}

#[test]
fn texts_colours_and_regions_are_checked() {
    check(
        "title = { zh-Hans = \"媒体\", en = \"PRESS\" }",
        "title = { zh-Hans = \"媒体\" }",
        &["c.toml, line 34, column 9: the text in en is missing; every title needs it"],
    );
    check(
        "en = \"PRESS\"",
        "en = \" \"",
        &["c.toml, line 34, column 32: this text is empty; write it"],
    );
    check(
        "night = \"#14213D\"",
        "night = \"navy\"",
        &["c.toml, line 9, column 9: a colour is written like #C8402F"],
    );
    check(
        "languages = [\"zh-Hans\", \"en\"]",
        "languages = [\"zh-Hans\", \"english!\"]",
        &["c.toml, line 4, column 25: write a language tag such as zh-Hans, en or ar"],
    );
    check(
        "[region.SG]",
        "[region.sgp]",
        &["c.toml, line 91, column 9: a region is two capitals of ISO 3166-1, such as SG"],
    );
    check(
        "en = \"Singapore\"\ncontinent = \"Asia\"",
        "en = \"Singapore\"\ncontinent = \"America\"",
        &["c.toml, line 94, column 13: write one of Africa, Asia, Europe, North-America, \
           South-America, Oceania"],
    );
    check(
        "mode = \"board\"",
        "mode = \"twice\"",
        &["c.toml, line 69, column 8: write once, daily, reentry or board"],
    );
}

#[test]
fn a_title_that_no_badge_can_show_is_refused_where_it_stands() {
    let glyphs = "write it with other characters";
    check(
        "en = \"PRESS\"",
        "en = \"PRESS 👩\u{200D}👧\"",
        &[&format!(
            "c.toml, line 34, column 32: no font has these characters of second_category: U+1F469, \
             U+1F467; {glyphs}"
        )],
    );
    check(
        "zh-Hans = \"媒体\"",
        "zh-Hans = \"媒\u{323AF}体\"",
        &[&format!(
            "c.toml, line 34, column 21: no font has these characters of category: U+323AF; \
             {glyphs}, such as the usual form of a rare one"
        )],
    );
    check(
        "A Test Convention",
        "A Test 👪",
        &[&format!(
            "c.toml, line 2, column 34: no font has these characters of second_convention: U+1F46A; {glyphs}"
        )],
    );
    check(
        "zh-Hans = \"媒体\"",
        &format!("zh-Hans = \"{}\"", "媒".repeat(200)),
        &[
            "c.toml, line 34, column 9: category does not fit its box in the badge template; write it shorter",
        ],
    );
    check(
        "en = \"Singapore\"",
        "en = \"Singapore 👪\"",
        &[&format!(
            "c.toml, line 93, column 6: no font has these characters of place: U+1F46A; {glyphs}"
        )],
    );
    check(
        "en = \"Liaoning\"",
        "en = \"Liaoning 👪\"",
        &[&format!(
            "c.toml, line 96, column 11: no font has these characters of place: U+1F46A; {glyphs}"
        )],
    );
}

#[test]
fn a_title_has_no_hidden_characters() {
    for (hidden, sentence) in [
        ("N\u{200B}orth", "the control character U+200B; delete it"),
        ("N\u{202E}orth", "the control character U+202E; delete it"),
        ("\u{3164}", "nobody can see a character here; write the text"),
    ] {
        let expected = format!("c.toml, line 40, column 32: {sentence}");
        check("en = \"North\"", &format!("en = \"{hidden}\""), &[&expected]);
    }
}

#[test]
fn a_template_must_be_there_and_work() {
    let bad = |name: &str| {
        CONVENTION.replacen("badge = \"badge.svg\"", &format!("badge = \"{name}\""), 1)
    };
    let complaint = |name: &str| read_text_of(&bad(name)).unwrap_err().0[0].to_string();
    let missing = complaint("none.svg");
    assert!(missing.starts_with("c.toml, line 29, column 9: cannot read "), "{missing}");
    assert!(missing.ends_with("put the template there or name another"), "{missing}");
    let outside = "c.toml, line 29, column 9: name a template in the folder of this file, such as \
                   badges/badge.svg";
    assert_eq!(complaint("../../etc/passwd"), outside);
    assert_eq!(complaint("/etc/passwd"), outside);
    let dir = folder();
    std::fs::write(dir.path().join("picture.svg"), b"\x89PNG\r\n\x1a\n").unwrap();
    let found = parse("c.toml", &bad("picture.svg"), dir.path(), ConventionId([1; 16]));
    let found = found.unwrap_err().0[0].to_string();
    assert!(
        found.ends_with(
            "picture.svg, line 1, column 1: the file is a picture (PNG), not text; a badge template \
             is an SVG drawing; draw it with shapes and texts"
        ),
        "{found}"
    );
    std::fs::write(dir.path().join("broken.svg"), TEMPLATE.replace("{{ name }}", "{{ nmae }}"))
        .unwrap();
    let found = parse("c.toml", &bad("broken.svg"), dir.path(), ConventionId([1; 16]));
    let found = found.unwrap_err().0[0].to_string();
    assert!(found.starts_with("c.toml, line 29, column 9: broken.svg: badge template"), "{found}");
}

#[test]
fn all_complaints_come_at_once_in_order_of_line() {
    let text = CONVENTION.replace("#14213D", "x").replace("code = 21", "code = 1");
    let lines: Vec<usize> =
        read_text_of(&text).unwrap_err().0.iter().map(|complaint| complaint.line).collect();
    assert_eq!(lines, [9, 97]);
}

/// Adds keys to the right file: after the line that begins an activity, a category or a rule.
fn with(after: &str, keys: &str) -> String {
    assert_eq!(CONVENTION.matches(after).count(), 1, "the place must be there once");
    CONVENTION.replace(after, &format!("{after}\n{keys}"))
}

#[test]
fn a_door_may_be_strict_full_open_to_all_and_have_a_wait_list() {
    let plain = read_text_of(CONVENTION).unwrap().activities[1].clone();
    assert_eq!((plain.strict, plain.capacity), (false, None));
    assert_eq!((plain.open_to_all, plain.wait_list), (None, None));
    let keys = "strict = true\ncapacity = 800\nopen_to_all = 2023-09-26T09:30:00\n\
                wait_list = 2023-09-26T08:50:00";
    let opening = read_text_of(&with("id = \"opening\"", keys)).unwrap().activities[1].clone();
    assert_eq!((opening.strict, opening.capacity), (true, Some(800)));
    // 2023-09-26T09:30+08:00 and 08:50.
    assert_eq!(opening.open_to_all, Some(Millis(1_695_691_800_000)));
    assert_eq!(opening.wait_list, Some(Millis(1_695_689_400_000)));
}

#[test]
fn a_door_key_of_the_wrong_kind_is_refused() {
    let at = "site = \"dalian\"";
    for capacity in ["0", "-1", "1000001"] {
        check(
            at,
            &format!("{at}\ncapacity = {capacity}"),
            &["c.toml, line 71, column 12: write a whole number from 1 to 1000000"],
        );
    }
    check(
        at,
        &format!("{at}\nopen_to_all = 2023-09-27T10:00:00+08:00"),
        &["c.toml, line 71, column 15: write the local time without an offset, \
           like 2023-09-26T09:00:00"],
    );
    check(
        at,
        &format!("{at}\nwait_list = 2023-09-27"),
        &["c.toml, line 71, column 13: write day and time like 2023-09-26T09:00:00"],
    );
    check(
        at,
        &format!("{at}\nstrict = \"yes\""),
        &["c.toml, line 71, column 10: invalid type: string \"yes\", expected a boolean"],
    );
}

#[test]
fn a_category_may_limit_the_age_of_the_list() {
    let read = read_text_of(&with("id = \"press\"", "list_minutes = 30")).unwrap();
    assert_eq!(
        (read.categories[0].list_minutes, read.categories[1].list_minutes),
        (None, Some(30))
    );
    check(
        "id = \"press\"",
        "id = \"press\"\nlist_minutes = 0",
        &["c.toml, line 33, column 16: write a whole number from 1 to 1000000"],
    );
}

#[test]
fn a_group_may_sit_and_ride_together() {
    let keys = "seat = \"East\"\ntable = \"7\"\nbus = \"3\"";
    let read = read_text_of(&with("delegations = [\"south\"]", keys)).unwrap();
    let placing = &read.entitlements[2].placing;
    let seat = (placing.seat.as_str(), placing.table.as_str(), placing.bus.as_str());
    assert_eq!(seat, ("East", "7", "3"));
    assert_eq!(read.entitlements[0].placing, Placing::default());
    let long = "delegations = [\"south\"]\nbus = \"the seventeenth bus\"";
    check(
        "delegations = [\"south\"]",
        long,
        &["c.toml, line 85, column 7: write at most 16 plain characters"],
    );
}
