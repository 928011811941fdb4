//! From a roster row to the texts of its badge: the one place that decides what stands where.

use admission::roster::{Attendee, Convention, Entitled, Person, Words};

use crate::Texts;

const CHINESE: &str = "zh-Hans";
const ENGLISH: &str = "en";
/// Stands in the band of a pass for trying things out, so that nobody takes it for a real one.
const TEST: [&str; 2] = ["测试", "TEST"];
/// The region whose people are shown by province.
const MAINLAND: &str = "CN";

impl Texts {
    /// Returns what the badge of `attendee` says; `None` for a bare row, which has no name to print.
    pub fn of(attendee: &Attendee, convention: &Convention) -> Option<Texts> {
        let person = attendee.person.as_ref()?;
        let category = convention.category(&attendee.category);
        let (name, second_name) = first_and_other(&person.name, &person.latin);
        let (enterprise, second_enterprise) =
            first_and_other(&person.enterprise_zh, &person.enterprise_en);
        let (post, _) = first_and_other(&person.post_zh, &person.post_en);
        let title = |words: &Words| first_and_other(text(words, CHINESE), text(words, ENGLISH));
        let (convention_title, second_convention) = title(&convention.title);
        let (category_title, second_category) = match attendee.test {
            true => TEST.map(str::to_owned).into(),
            false => category.map(|category| title(&category.title)).unwrap_or_default(),
        };
        Some(Texts {
            name,
            second_name,
            post,
            enterprise,
            second_enterprise,
            place: place(person, convention),
            convention: convention_title,
            second_convention,
            category: category_title,
            second_category,
            table: table(attendee, convention),
            band: category.map(|category| category.band.clone()).unwrap_or_default(),
            language: person.language.clone(),
            pass: person.badge_pass.clone(),
            photo: person.photo.clone(),
            name_image: person.name_image.clone(),
        })
    }
}

/// Returns the first text, or the other where it is empty; then the other, where it says more.
fn first_and_other(first: &str, other: &str) -> (String, String) {
    match (first.trim(), other.trim()) {
        ("", only) => (only.to_owned(), String::new()),
        (first, other) if first == other => (first.to_owned(), String::new()),
        (first, other) => (first.to_owned(), other.to_owned()),
    }
}

/// People of mainland China are shown by province, everybody else by country or region.
fn place(person: &Person, convention: &Convention) -> String {
    let province = person.province.as_ref().filter(|_| person.region == MAINLAND);
    let province = province.and_then(|id| convention.provinces.get(id)).map(|found| &found.title);
    let region = || convention.regions.get(&person.region).map(|found| &found.title);
    let Some(words) = province.or_else(region) else {
        return String::new();
    };
    let (chinese, english) = first_and_other(text(words, CHINESE), text(words, ENGLISH));
    format!("{chinese} {english}").trim().to_owned()
}

/// Finds the first activity of the programme where the person sits at a table.
fn table(attendee: &Attendee, convention: &Convention) -> String {
    let mut tables = convention.activities.iter().filter_map(|activity| {
        match convention.entitlement(attendee, &activity.id) {
            Entitled::Yes(placing) if !placing.table.is_empty() => Some(placing.table),
            _ => None,
        }
    });
    tables.next().unwrap_or_default()
}

fn text<'a>(words: &'a Words, language: &str) -> &'a str {
    words.0.get(language).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use admission::id::{AttendeeId, ConventionId, Serial};
    use admission::roster::{
        Activity, Assignment, AssignmentState, Category, Mode, Placing, Province, Region, Status,
    };
    use admission::time::{Day, Millis};

    use super::*;

    fn words(chinese: &str, english: &str) -> Words {
        let pair = [(CHINESE, chinese), (ENGLISH, english)];
        Words(pair.map(|(tag, text)| (tag.to_owned(), text.to_owned())).into())
    }

    fn convention() -> Convention {
        let region = |title| Region { title, continent: "Asia".to_owned() };
        let guest = Category {
            id: "guest".parse().unwrap(),
            number: 1,
            title: words("嘉宾", "DELEGATE"),
            band: "#C8402F".to_owned(),
            template: "badge.svg".to_owned(),
            list_minutes: None,
        };
        Convention {
            id: ConventionId([1; 16]),
            title: words("大会", "Convention"),
            zone: "Asia/Shanghai".to_owned(),
            languages: vec![CHINESE.to_owned()],
            first_day: Day(19_625),
            days: 3,
            theme: Default::default(),
            sites: Vec::new(),
            categories: vec![guest],
            delegations: Vec::new(),
            activities: Vec::new(),
            entitlements: Vec::new(),
            regions: BTreeMap::from([
                ("SG".to_owned(), region(words("新加坡", "Singapore"))),
                ("CN".to_owned(), region(words("中国", "China"))),
            ]),
            provinces: BTreeMap::from([(
                "liaoning".parse().unwrap(),
                Province { code: 21, title: words("辽宁", "Liaoning") },
            )]),
            templates: BTreeMap::new(),
            travel: Vec::new(),
        }
    }

    fn attendee(person: Option<Person>) -> Attendee {
        Attendee {
            id: AttendeeId([2; 16]),
            category: "guest".parse().unwrap(),
            delegation: "north".parse().unwrap(),
            status: Status::Confirmed,
            invitation: Serial([3; 16]),
            badge: Serial([4; 16]),
            assignments: Vec::new(),
            person,
            revision: 0,
            test: false,
            accepted: None,
        }
    }

    fn texts(person: Person) -> Texts {
        Texts::of(&attendee(Some(person)), &convention()).unwrap()
    }

    fn person(name: &str, latin: &str) -> Person {
        Person { name: name.to_owned(), latin: latin.to_owned(), ..Person::default() }
    }

    #[test]
    fn the_own_script_is_first_and_latin_second() {
        let both = texts(person("王伟", "WANG Wei"));
        assert_eq!((both.name.as_str(), both.second_name.as_str()), ("王伟", "WANG Wei"));
        let latin = texts(person("", "Maria Silva"));
        assert_eq!((latin.name.as_str(), latin.second_name.as_str()), ("Maria Silva", ""));
        let twice = texts(person("Maria Silva", "Maria Silva"));
        assert_eq!(twice.second_name, "");
    }

    #[test]
    fn mainland_guests_are_shown_by_province_and_others_by_region() {
        let from = |region: &str, province: Option<&str>| {
            let region = region.to_owned();
            let province = province.map(|id| id.parse().unwrap());
            texts(Person { region, province, ..person("王伟", "") }).place
        };
        assert_eq!(from("CN", Some("liaoning")), "辽宁 Liaoning");
        assert_eq!(from("CN", None), "中国 China");
        assert_eq!(from("SG", None), "新加坡 Singapore");
        assert_eq!(from("SG", Some("liaoning")), "新加坡 Singapore");
        assert_eq!(from("??", None), "");
    }

    #[test]
    fn category_and_convention_speak_both_languages() {
        let texts = texts(person("王伟", ""));
        assert_eq!((texts.category.as_str(), texts.second_category.as_str()), ("嘉宾", "DELEGATE"));
        assert_eq!(texts.second_convention, "Convention");
        assert_eq!(texts.band, "#C8402F");
    }

    #[test]
    fn the_table_is_that_of_the_first_activity_that_has_one() {
        let at = |activity: &str, state, table: &str| Assignment {
            activity: activity.parse().unwrap(),
            state,
            placing: Placing { table: table.to_owned(), ..Placing::default() },
        };
        let convention = Convention {
            activities: ["opening", "lunch", "gala"].map(activity).into(),
            ..convention()
        };
        let table = |assignments: Vec<Assignment>| {
            let guest = Attendee { assignments, ..attendee(Some(person("王伟", ""))) };
            Texts::of(&guest, &convention).unwrap().table
        };
        let (yes, no) = (AssignmentState::Entitled, AssignmentState::Excluded);
        assert_eq!(table(vec![at("gala", yes, "28"), at("opening", yes, "")]), "28");
        assert_eq!(table(vec![at("gala", yes, "28"), at("lunch", no, "3")]), "28");
        assert_eq!(table(Vec::new()), "");
    }

    fn activity(id: &str) -> Activity {
        Activity {
            id: id.parse().unwrap(),
            title: Words::default(),
            mode: Mode::Once,
            site: "hall".parse().unwrap(),
            starts: Millis(0),
            ends: Millis(0),
            doors_open: Millis(0),
            doors_close: Millis(0),
            collects: false,
            place: Words::default(),
            way: Words::default(),
            strict: false,
            open_to_all: None,
            capacity: None,
            wait_list: None,
        }
    }

    #[test]
    fn a_test_pass_says_that_it_is_one() {
        let tester = Attendee { test: true, ..attendee(Some(person("王伟", ""))) };
        let texts = Texts::of(&tester, &convention()).unwrap();
        assert_eq!((texts.category.as_str(), texts.second_category.as_str()), ("测试", "TEST"));
    }

    #[test]
    fn a_bare_row_has_no_badge() {
        assert_eq!(Texts::of(&attendee(None), &convention()), None);
    }
}
