use super::*;

const ID: &str = "01010101010101010101010101010101";

fn complaint(text: &str) -> String {
    Order::read(text).unwrap_err().to_string()
}

#[test]
fn every_order_of_the_page_reads() {
    // The page that people read holds the examples.
    let page = include_str!("../../../../docs/steward.md");
    let examples: Vec<&str> = page.lines().filter(|line| line.starts_with("{\"do\"")).collect();
    assert!(examples.len() >= 15, "{}", examples.len());
    for example in examples {
        Order::read(example).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}

#[test]
fn what_is_unknown_or_missing_or_said_twice_is_no_order() {
    for (text, told) in [
        ("", "a JSON object"),
        ("null", "a JSON object"),
        (r#"["lists"]"#, "a JSON object"),
        ("{", "EOF"),
        ("{}", "missing field `do`"),
        (r#"{"do":"open_sesame"}"#, "unknown variant"),
        (r#"{"do":"missing","extra":1}"#, "unknown field"),
        (r#"{"do":"lists"} {"do":"lists"}"#, "trailing"),
        (r#"{"do":"scan"}"#, "missing field `token`"),
        (r#"{"do":"scan","token":7}"#, "invalid type"),
        (r#"{"do":"depart","heads":-1}"#, "invalid value"),
        (r#"{"do":"depart","heads":1,"heads":2}"#, "duplicate field"),
        (r#"{"do":"annul","fact":"7","why":"slip"}"#, "a log id, a slash and a number"),
        (r#"{"do":"annul","fact":"/+7","why":"slip"}"#, "a log id, a slash and a number"),
    ] {
        let sentence = complaint(text);
        assert!(sentence.contains(told) && sentence.starts_with("this is not"), "{sentence}");
    }
    let why = format!(r#"{{"do":"replace","attendee":"{ID}","why":"Lost it!"}}"#);
    assert!(complaint(&why).contains("why: id must be 1 to 40 of a-z"));
    let outcome = r#"{"do":"settle","doubt":"over_capacity","facts":[],"outcome":"Two people"}"#;
    assert!(complaint(outcome).contains("outcome: id must be 1 to 40"), "{}", complaint(outcome));
}

#[test]
fn a_person_is_named_by_id_and_by_a_pass_only_where_the_page_says_so() {
    const PASS: &str = "YB1QQQQ";
    let read = |order: &str| Order::read(&order.replace("ID", ID).replace("PASS", PASS));
    for taken in [
        r#"{"do":"let_in","token":"PASS","why":"w"}"#,
        r#"{"do":"hand_out","token":"PASS"}"#,
        r#"{"do":"substitute","for":"PASS","attendee":"ID"}"#,
        r#"{"do":"companion","principal":"PASS","attendee":"ID"}"#,
        r#"{"do":"reprint","attendee":"ID","why":"w"}"#,
    ] {
        assert!(read(taken).is_ok(), "{taken}");
    }
    let alone = [
        r#"{"do":"reprint","why":"w","#,
        r#"{"do":"replace","why":"w","#,
        r#"{"do":"correct","person":{},"#,
        r#"{"do":"make_up","at":"2023-09-26T08:55:00+08:00","why":"w","#,
        r#"{"do":"note","state":"excused","#,
    ];
    for order in alone {
        assert!(read(&format!(r#"{order}"attendee":"ID"}}"#)).is_ok(), "{order}");
        for whom in [r#""token":"PASS""#, r#""attendee":"PASS""#, r#""attendee":"100001""#] {
            assert!(read(&format!("{order}{whom}}}")).is_err(), "{order}{whom}");
        }
    }
}

#[test]
fn texts_are_bounded_and_hold_nothing_that_nobody_sees() {
    let named = |name: &str| {
        format!(r#"{{"do":"correct","attendee":"{ID}","person":{{"name":"{name}"}}}}"#)
    };
    for name in ["王小明", "Łukasz O’Brien", "क्\u{200D}ष", " 江䶮𬸚 "] {
        assert!(Order::read(&named(name)).is_ok(), "{name}");
    }
    for (name, told) in [
        ("a\\u0000b", "U+0000"),
        ("a\\nb", "U+000A"),
        ("\u{202E}gnaW", "U+202E"),
        ("\u{FFFD}", "nobody can see"),
        ("\u{3164}\u{AD}", "nobody can see"),
        ("210102199003070038", "identity card"),
        ("护照 E12345678", "identity card"),
        (&"王".repeat(201), "201 characters"),
    ] {
        assert!(complaint(&named(name)).contains(told), "{told}");
    }
    let unknown = named("x").replace("name", "shoe_size");
    assert!(complaint(&unknown).contains("unknown field"));
}

#[test]
fn a_complaint_never_repeats_megabytes() {
    let long = format!(r#"{{"do":"{}"}}"#, "x".repeat(100_000));
    assert!(complaint(&long).chars().count() < 400);
}

#[test]
fn only_who_moved_has_a_bus() {
    let bus = Text::try_from("2".to_owned()).unwrap();
    assert_eq!(State::Moved.with(Some(&bus)).unwrap(), TripState::Moved("2".to_owned()));
    assert_eq!(State::Excused.with(None).unwrap(), TripState::Excused);
    let long = Text::try_from("车".repeat(30)).unwrap();
    for (state, bus) in
        [(State::Moved, None), (State::OwnWay, Some(&bus)), (State::Moved, Some(&long))]
    {
        assert!(state.with(bus).is_err());
    }
}

#[test]
fn a_correction_changes_what_it_names_and_clears_what_it_empties() {
    let known = Person {
        name: "王小明".to_owned(),
        post_en: "Chairman".to_owned(),
        number: "100001".to_owned(),
        ..Person::default()
    };
    let text = |text: &str| Some(Text::try_from(text.to_owned()).unwrap());
    let said = Particulars { name: text("王晓明"), post_en: text(""), ..Particulars::default() };
    let person = said.over(known).unwrap();
    assert_eq!((person.name.as_str(), person.post_en.as_str()), ("王晓明", ""));
    assert_eq!(person.number, "100001");
    let nowhere = Particulars { province: text("Nowhere At All"), ..Particulars::default() };
    assert!(nowhere.over(Person::default()).is_err());
}
