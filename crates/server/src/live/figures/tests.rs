use serde_json::{Value, json};

use super::*;
use crate::folder::convention;
use crate::testing::folder_with;

/// Seven people: two enterprises of the trade, an office, and one who has called off.
const PEOPLE: &str = "\
100001,王伟,WANG Wei,,王,伟,董事长,Chairman,海洋公司,Ocean Co.,,foreign-trade,guest,north,CN,liaoning,zh-Hans,+86 139 0000 0001,,,,confirmed
100002,李娜,LI Na,,李,娜,,,海洋公司,Ocean Co.,,foreign-trade,guest,north,CN,liaoning,zh-Hans,+86 139 0000 0002,,,,confirmed
100003,,Maria Silva,,Silva,Maria,,Director,,Silva Ltda.,,Fisheries,guest,south,SG,,en,,,,100001,confirmed
100004,,John Tan,,Tan,John,,Director,,Silva Ltda.,,Fisheries,guest,south,SG,,en,,,,100001,cancelled
100005,赵敏,ZHAO Min,,赵,敏,,,组委会,Convention Office,,,guest,north,CN,liaoning,zh-Hans,,,,,confirmed
100006,钱多,QIAN Duo,,钱,多,,,组委会,Convention Office,,,press,north,CN,,zh-Hans,,,,,confirmed
100007,孙立,SUN Li,,孙,立,,,江河公司,,,foreign-trade,guest,south,CN,liaoning,zh-Hans,,,,,confirmed
";

struct Story {
    roster: Roster,
    ids: BTreeMap<String, AttendeeId>,
}

impl Story {
    fn new() -> Story {
        Story::of(PEOPLE)
    }

    fn of(people: &str) -> Story {
        let (_dir, folder) = folder_with(people);
        let ledger = folder.ledger().unwrap();
        let entries = ledger.entries().unwrap();
        let id = |entry: &Entry| (entry.number.clone(), entry.attendee.id);
        let ids = entries.iter().map(id).collect();
        Story { roster: Roster::new(convention(&ledger).unwrap(), entries), ids }
    }

    /// Somebody comes to an activity so many minutes after 07:30.
    fn came(&self, number: &str, activity: &str, minute: i64) -> Came {
        came(self.ids[number], activity, minute)
    }

    fn figures(&self, arrivals: Vec<Came>, activity: &str, view: View) -> Value {
        let activity = activity.parse().unwrap();
        let question = Question { activity: &activity, view, rehearsal: false };
        let seen = Seen { arrivals, ..Seen::default() };
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = Millis(MORNING).plus(3_600_000);
        let figures = count(&self.roster, &seen, question, &zone, now).unwrap();
        serde_json::to_value(figures).unwrap()
    }
}

/// 07:30 on 26 September 2023 in Shenyang.
const MORNING: i64 = 1_695_684_600_000;

fn came(attendee: AttendeeId, activity: &str, minute: i64) -> Came {
    let at = Millis(MORNING).plus(minute.saturating_mul(60_000));
    Came { attendee, activity: activity.parse().unwrap(), at, station: "K1".to_owned() }
}

/// Key, expected and arrived of every row.
fn rows(of: &Value) -> Vec<(String, u64, u64)> {
    let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
    let row = |row: &Value| {
        (row["key"].as_str().unwrap().to_owned(), number(row, "expected"), number(row, "arrived"))
    };
    of.as_array().unwrap().iter().map(row).collect()
}

fn row(key: &str, expected: u64, arrived: u64) -> (String, u64, u64) {
    (key.to_owned(), expected, arrived)
}

#[test]
fn expected_is_entitled_and_not_called_off() {
    let figures = Story::new().figures(vec![], "registration", View::Wall);
    assert_eq!((&figures["activity"]["expected"], &figures["missing"]), (&json!(6), &json!(6)));
    // The press is not entitled to the opening.
    assert_eq!(figures["activities"][1]["expected"], 5);
    assert_eq!(figures["as_of"], "2023-09-26T08:30:00+08:00");
    assert_eq!(figures["theme"]["accent"], "#C8402F");
}

#[test]
fn a_person_arrives_once_however_often_the_person_comes() {
    let story = Story::new();
    let twice = ["registration", "registration", "opening"];
    let arrivals = twice.iter().zip(0..).map(|(at, n)| story.came("100001", at, n)).collect();
    let figures = story.figures(arrivals, "registration", View::Organiser);
    assert_eq!((&figures["activity"]["arrived"], &figures["missing"]), (&json!(1), &json!(5)));
    assert_eq!(figures["line"]["points"], json!([[450, 1]]), "the first time counts");
    assert_eq!(figures["latest"].as_array().unwrap().len(), 1);
    assert_eq!(figures["activities"][1]["arrived"], 1);
}

#[test]
fn groups_are_sorted_by_those_expected_and_do_not_jump() {
    let story = Story::new();
    let before = story.figures(vec![], "registration", View::Wall);
    assert_eq!(rows(&before["regions"]), [row("CN", 5, 0), row("SG", 1, 0)]);
    assert_eq!(before["regions"][1]["title"], json!({ "zh-Hans": "新加坡", "en": "Singapore" }));
    let silva = vec![story.came("100003", "registration", 0)];
    let after = story.figures(silva, "registration", View::Wall);
    assert_eq!(rows(&after["regions"]), [row("CN", 5, 0), row("SG", 1, 1)]);
}

#[test]
fn provinces_hold_only_those_who_have_one() {
    let story = Story::new();
    let arrivals =
        vec![story.came("100001", "registration", 0), story.came("100006", "registration", 1)];
    let figures = story.figures(arrivals, "registration", View::Wall);
    assert_eq!(rows(&figures["provinces"]), [row("liaoning", 4, 1)]);
    assert_eq!(figures["provinces"][0]["title"]["zh-Hans"], "辽宁");
}

#[test]
fn whoever_states_no_sector_comes_last_and_their_office_is_no_enterprise() {
    let story = Story::new();
    let figures =
        story.figures(vec![story.came("100001", "registration", 0)], "registration", View::Wall);
    let sectors = [row("foreign-trade", 3, 1), row("Fisheries", 1, 0), row("", 2, 0)];
    assert_eq!(rows(&figures["sectors"]), sectors);
    assert_eq!(figures["sectors"][0]["title"]["en"], "Foreign trade");
    assert_eq!(figures["sectors"][1]["title"], json!({}), "shown as it is written");
    let enterprises = [row("海洋公司", 2, 1), row("Silva Ltda.", 1, 0), row("江河公司", 1, 0)];
    assert_eq!(rows(&figures["enterprises"]), enterprises);
    assert_eq!(figures["enterprises_all"], json!({ "expected": 3, "arrived": 1 }));
}

#[test]
fn a_list_without_sectors_tells_all_enterprises() {
    let story = Story::of(&PEOPLE.replace("foreign-trade", "").replace("Fisheries", ""));
    let figures = story.figures(vec![], "registration", View::Wall);
    assert_eq!(rows(&figures["sectors"]), [row("", 6, 0)]);
    assert_eq!(figures["enterprises"].as_array().unwrap().len(), 4);
}

#[test]
fn only_the_largest_enterprises_are_told_and_all_are_counted() {
    let person = |n: usize| {
        format!(
            "{},,G{n},,,,,,,E{n},,x,guest,north,SG,,en,,,,,confirmed\n",
            200_000_usize.saturating_add(n)
        )
    };
    let story = Story::of(&(0..60).map(person).collect::<String>());
    let figures = story.figures(vec![], "registration", View::Wall);
    assert_eq!(figures["enterprises"].as_array().unwrap().len(), MOST_ENTERPRISES);
    assert_eq!(figures["enterprises_all"]["expected"], 60);
}

#[test]
fn somebody_who_was_not_expected_is_here_and_makes_nobody_less_missing() {
    let story = Story::new();
    let stranger = came(AttendeeId([9; 16]), "registration", 0);
    let called_off = story.came("100004", "registration", 1);
    let figures = story.figures(vec![stranger, called_off], "registration", View::Organiser);
    assert_eq!((&figures["activity"]["arrived"], &figures["missing"]), (&json!(2), &json!(6)));
    assert_eq!(rows(&figures["regions"]), [row("CN", 5, 0), row("SG", 1, 1), row("", 0, 1)]);
    assert_eq!(
        figures["latest"][1],
        json!({
            "name": "", "latin": "", "enterprise": {}, "at": "07:30", "station": "K1",
        })
    );
}

#[test]
fn the_organiser_sees_who_came_last_newest_first() {
    let story = Story::new();
    let numbers = ["100001", "100002", "100003"];
    let arrivals = numbers.iter().zip([5, 9, 7]).map(|(n, m)| story.came(n, "registration", m));
    let figures = story.figures(arrivals.collect(), "registration", View::Organiser);
    let latest = figures["latest"].as_array().unwrap();
    let names: Vec<&str> = latest.iter().map(|one| one["latin"].as_str().unwrap()).collect();
    assert_eq!(names, ["LI Na", "Maria Silva", "WANG Wei"]);
    assert_eq!(
        (&latest[0]["at"], &latest[0]["enterprise"]["en"]),
        (&json!("07:39"), &json!("Ocean Co."))
    );
}

#[test]
fn a_wall_tells_of_no_person() {
    let story = Story::new();
    let arrivals = story.ids.keys().map(|number| story.came(number, "registration", 0)).collect();
    let wall = story.figures(arrivals, "registration", View::Wall);
    assert_eq!(wall["activity"]["arrived"], 7);
    let text = wall.to_string();
    for line in PEOPLE.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        for column in [0, 1, 2, 17] {
            let cell = cells[column];
            assert!(cell.is_empty() || !text.contains(cell), "{cell}");
        }
    }
    for id in story.ids.values() {
        assert!(!text.contains(&id.to_string()), "{id}");
    }
}

#[test]
fn badges_are_collected_at_the_usual_activity_and_another_one_does_not_exist() {
    let story = Story::new();
    assert_eq!(story.roster.usual_activity().unwrap().as_str(), "registration");
    let nowhere = "nowhere".parse().unwrap();
    let question = Question { activity: &nowhere, view: View::Wall, rehearsal: false };
    let figures = count(&story.roster, &Seen::default(), question, &TimeZone::UTC, Millis(0));
    assert_eq!(figures, None);
}
