//! The three commands on a small convention, by the files that they read and write.

use std::fs;
use std::path::Path;

use badge::Sheet;

use super::bulk::print;
use super::check::{Request, Summary, check_all};
use super::preview::{Choice, run as run_preview};
use super::{Kind, Order, Preview};
use crate::testing::{self, PEOPLE, TEMPLATE, sheet};

fn order(out: &Path) -> Order {
    Order { out: out.to_owned(), sheet: None, kind: Kind::Badge, delegation: None, trays: false }
}

fn pages(pdf: &Path) -> String {
    let text = String::from_utf8_lossy(&fs::read(pdf).unwrap()).into_owned();
    text.split("/Count ").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect()
}

fn checked(template: &str, rows: &str, dpi: u32) -> Summary {
    let (dir, _folder) = testing::folder();
    let (template_file, roster) = (dir.path().join("new.svg"), dir.path().join("list.csv"));
    fs::write(&template_file, template).unwrap();
    fs::write(&roster, sheet(rows)).unwrap();
    let request = Request { template: Some(template_file), roster: Some(roster), dpi };
    check_all(&dir.path().join("data"), &request).unwrap()
}

#[test]
fn a_check_names_everybody_whose_badge_is_wrong_by_line() {
    let long = "W".repeat(60);
    let rows =
        format!("{PEOPLE}100004,{long},,,,,,,海\u{F8F0}洋,,,,guest,north,SG,,en,,,,,confirmed\n");
    let rows = rows.replace("Silva Ltda.", "Silva \u{F8F1}").replace("海\u{F8F0}洋", "海洋");
    let found = checked(TEMPLATE, &rows, 203);
    assert_eq!(found.badges, 3, "nobody who is cancelled");
    let lines: Vec<serde_json::Value> =
        found.json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{}", found.json);
    for (line, number, at, column, problem) in [
        (&lines[0], "100004", 5, "name_zh", "does_not_fit"),
        (&lines[1], "100002", 3, "enterprise_en", "missing_glyph"),
    ] {
        assert_eq!(line["number"], number);
        assert_eq!((line["line"].as_u64(), &line["column"]), (Some(at), &column.into()));
        assert_eq!(line["problem"], problem);
    }
    assert_eq!(lines[1]["name"], "Maria Silva");
    assert!(
        found.told[1].contains("list.csv, line 3, column 10 (enterprise_en): 100002 Maria Silva")
    );
    assert!(found.told[1].contains("U+F8F1"), "{}", found.told[1]);
}

#[test]
fn a_check_finds_a_code_too_small_and_a_text_cut_off_once_for_all() {
    let small = TEMPLATE.replace(
        r#"x="275" y="800" width="350" height="350""#,
        r#"x="275" y="800" width="150" height="150""#,
    );
    let cut = small.replace(
        "</svg>",
        "<text x=\"800\" y=\"1290\" font-size=\"40\">Help desk Hall A</text></svg>",
    );
    let found = checked(&cut, PEOPLE, 203);
    assert_eq!(found.told.len(), 2, "{:?}", found.told);
    assert!(found.told[0].contains("the text Help desk Hall A is cut off"), "{:?}", found.told);
    assert!(found.told[1].contains("the QR code has 15.0 mm"), "{:?}", found.told);
    assert!(found.told.iter().all(|told| told.contains("and so 1 more")), "{:?}", found.told);
    assert_eq!(checked(&small, PEOPLE, 600).told, Vec::<String>::new(), "fine dots are enough");
}

#[test]
fn a_check_finds_a_place_that_nobody_would_see_once_for_all() {
    let beside = "<rect id=\"photo\" x=\"99999\" width=\"240\" height=\"320\"/></svg>";
    let found = checked(&TEMPLATE.replace("</svg>", beside), PEOPLE, 203);
    assert_eq!((found.wrong, found.told.len()), (2, 1), "{:?}", found.told);
    let said = "badge template, line 14: the photo lies outside of the card for the most part; move it into the card \
                (and so 1 more)";
    assert!(found.told[0].ends_with(said), "{:?}", found.told);
    assert!(found.json.contains("\"problem\":\"unseen\""), "{}", found.json);
}

#[test]
fn a_check_of_the_imported_list_needs_no_file() {
    let (dir, _folder) = testing::folder_with(PEOPLE);
    let request = Request { template: None, roster: None, dpi: 203 };
    let found = check_all(&dir.path().join("data"), &request).unwrap();
    assert_eq!((found.badges, found.told), (2, Vec::new()));
}

#[test]
fn a_broken_template_is_told_with_its_line_and_a_broken_list_as_import_tells_it() {
    let (dir, _folder) = testing::folder();
    let template = dir.path().join("new.svg");
    fs::write(&template, TEMPLATE.replace("</svg>", "<script/></svg>")).unwrap();
    let request = Request { template: Some(template.clone()), roster: None, dpi: 203 };
    let refused = check_all(&dir.path().join("data"), &request).unwrap_err().to_string();
    assert!(refused.contains("new.svg: badge template, line 14: <script>"), "{refused}");
    fs::write(&template, TEMPLATE).unwrap();
    let list = dir.path().join("list.csv");
    fs::write(&list, sheet(PEOPLE).replace("confirmed", "conformed")).unwrap();
    let request = Request { roster: Some(list), ..request };
    let refused = check_all(&dir.path().join("data"), &request).unwrap_err().to_string();
    assert!(refused.contains("line 2, column 22 (status): write confirmed"), "{refused}");
    assert!(refused.ends_with("mend the list and try again"), "{refused}");
    assert!(!refused.contains("changed"), "a check changes nothing anyway: {refused}");
}

#[test]
fn a_sheet_shows_the_badges_that_can_be_drawn() {
    let (dir, _folder) = testing::folder_with(PEOPLE);
    let show = |out: &str, choice| {
        let (template, roster) = (None, None);
        let request = Preview { template, roster, out: dir.path().join(out), choice };
        run_preview(&dir.path().join("data"), &request)
    };
    show("a.png", Choice::Hardest).unwrap();
    assert!(fs::read(dir.path().join("a.png")).unwrap().starts_with(b"\x89PNG"));
    show("a.pdf", Choice::Random { count: 1, seed: 7 }).unwrap();
    assert_eq!(pages(&dir.path().join("a.pdf")), "1");
    let refused = show("a.jpg", Choice::Hardest).unwrap_err().to_string();
    assert!(refused.contains(".pdf or .png"), "{refused}");
    for (out, count, said) in [
        ("b.pdf", 501, "a sheet shows at most 500 badges"),
        ("b.png", 61, "a picture shows at most 60 badges; name a file that ends with .pdf"),
        ("b.pdf", 0, "say how many badges, from 1"),
    ] {
        // Before anything is read: there is no data folder.
        let choice = Choice::Random { count, seed: 7 };
        let request = Preview { template: None, roster: None, out: dir.path().join(out), choice };
        let refused = run_preview(&dir.path().join("nothing"), &request).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn everybody_confirmed_is_printed_by_delegation_and_number() {
    let (dir, _folder) = testing::folder_with(PEOPLE);
    let out = dir.path().join("out/badges.pdf");
    let done = print(&dir.path().join("data"), &Order { trays: true, ..order(&out) }).unwrap();
    assert_eq!((done.badges, done.files, done.kept, done.refused), (2, 1, 0, 0));
    assert_eq!(pages(&out), "2");
    let trays = fs::read_to_string(dir.path().join("out/badges-trays.csv")).unwrap();
    let rows: Vec<&str> = trays.lines().collect();
    assert_eq!(
        rows[1..],
        ["north,1,100001,王伟,guest,badges.pdf", "south,1,100002,Maria Silva,guest,badges.pdf"]
    );
    let south = Order { delegation: Some("south".parse().unwrap()), ..order(&out) };
    assert_eq!(print(&dir.path().join("data"), &south).unwrap().badges, 1);
    let nobody = Order { delegation: Some("east".parse().unwrap()), ..order(&out) };
    let refused = print(&dir.path().join("data"), &nobody).unwrap_err().to_string();
    assert!(refused.contains("no delegation is called east"), "{refused}");
}

#[test]
fn four_on_a_sheet_stand_on_one_page_of_a4() {
    let (dir, _folder) = testing::folder_with(PEOPLE);
    let data = dir.path().join("data");
    let out = dir.path().join("sheets.pdf");
    let sheet = |name: &str| Some(name.parse::<Sheet>().unwrap());
    print(&data, &Order { sheet: sheet("a4-4"), ..order(&out) }).unwrap();
    assert_eq!(pages(&out), "1");
    let text = String::from_utf8_lossy(&fs::read(&out).unwrap()).into_owned();
    let media = text.split("/MediaBox").nth(1).unwrap().split(['[', ']']).nth(1).unwrap();
    let edges: Vec<f32> = media.split_whitespace().map(|n| n.parse().unwrap()).collect();
    assert!((edges[2] - 595.28).abs() < 0.1 && (edges[3] - 841.89).abs() < 0.1, "{media}");
    let crowded = print(&data, &Order { sheet: sheet("a4-10"), ..order(&out) }).unwrap_err();
    assert!(format!("{crowded:#}").contains("does not fit its place"), "{crowded:#}");
    let folder = Order { sheet: sheet("a4-4"), ..order(dir.path()) };
    assert!(print(&data, &folder).unwrap_err().to_string().contains("sheets go into a file"));
}

#[test]
fn an_interrupted_run_goes_on_and_a_later_one_prints_only_what_changed() {
    let (dir, folder) = testing::folder_with(PEOPLE);
    let (data, out) = (dir.path().join("data"), dir.path().join("badges"));
    let run = || {
        let done = print(&data, &order(&out)).unwrap();
        (done.badges, done.files, done.kept)
    };
    assert_eq!(run(), (2, 2, 0));
    assert_eq!(run(), (0, 0, 2));
    // As if the power went before the second file was noted, in the middle of its line.
    let note = fs::read_to_string(out.join("printed.txt")).unwrap();
    let (kept, last) = note.trim_end().rsplit_once('\n').unwrap();
    fs::write(out.join("printed.txt"), format!("{kept}\n{}", &last[..20])).unwrap();
    assert_eq!(run(), (1, 1, 1));
    fs::remove_file(out.join("south/100002.pdf")).unwrap();
    assert_eq!(run(), (1, 1, 1));
    // Cut short, and damaged at the same length.
    let south = out.join("south/100002.pdf");
    let whole = fs::read(&south).unwrap();
    fs::write(&south, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(run(), (1, 1, 1));
    assert_eq!(fs::read(&south).unwrap(), whole);
    fs::write(&south, vec![0; whole.len()]).unwrap();
    assert_eq!(run(), (1, 1, 1));
    let changed = testing::people(dir.path(), &sheet(&PEOPLE.replace("Maria Silva", "Mary Silva")));
    crate::import::import(&folder, &changed).unwrap();
    assert_eq!(run(), (1, 1, 1));
    assert_eq!(run(), (0, 0, 2));
}

#[test]
fn invitations_are_printed_as_they_are_issued() {
    let (dir, _folder) = testing::folder_with(PEOPLE);
    let (data, out) = (dir.path().join("data"), dir.path().join("letters"));
    let done = print(&data, &Order { kind: Kind::Invitation, ..order(&out) }).unwrap();
    assert_eq!((done.badges, done.files), (2, 2));
    let issued = dir.path().join("issued");
    crate::issue::run(&data, &issued, &[crate::issue::Format::Pdf]).unwrap();
    let file = "north/100001.pdf";
    assert_eq!(fs::read(out.join(file)).unwrap(), fs::read(issued.join(file)).unwrap());
}

#[test]
fn a_check_of_a_list_looks_at_the_pictures_beside_it() {
    let (dir, _folder) = testing::folder();
    let path = |name: &str| dir.path().join(name);
    let ink = |x, y| image::Luma([if (x / 20 + y / 20) % 2 == 0 { 0 } else { 255 }]);
    image::GrayImage::from_fn(300, 100, ink).save(path("name.png")).unwrap();
    image::RgbImage::from_pixel(300, 400, image::Rgb([90, 60, 30])).save(path("a.jpg")).unwrap();
    let place = "<rect id=\"photo\" x=\"20\" y=\"800\" width=\"150\" height=\"200\"/></svg>";
    fs::write(path("new.svg"), TEMPLATE.replace("</svg>", place)).unwrap();
    let check = |pictures: &str| {
        let row = format!(
            "100001,王\u{31350},,,,,,,,,,,guest,north,SG,,zh-Hans,,,,,confirmed,{pictures}\n"
        );
        let list = sheet(&row).replacen("status\n", "status,photo,name_image\n", 1);
        fs::write(path("list.csv"), list).unwrap();
        let roster = Some(path("list.csv"));
        let request = Request { template: Some(path("new.svg")), roster, dpi: 203 };
        check_all(&path("data"), &request)
    };
    assert_eq!(check("a.jpg,name.png").unwrap().told, Vec::<String>::new());
    let rare = check("a.jpg,").unwrap().told;
    assert!(rare[0].contains("or give a picture of the name in the column name_image"), "{rare:?}");
    let long = image::GrayImage::from_fn(3000, 60, ink);
    long.save(path("long.png")).unwrap();
    let low = check("a.jpg,long.png").unwrap();
    let said = "list.csv, line 2, column 2 (name_zh): 100001 王\u{31350}: name does not fit its box in the badge template; its \
                letters in the picture of the name would be too small; write the picture on two lines, or the name shorter";
    assert_eq!(low.told.len(), 1, "{:?}", low.told);
    assert!(low.told[0].ends_with(said), "{:?}", low.told);
    let missing = check("b.jpg,name.png").unwrap_err().to_string();
    assert!(
        missing.contains("list.csv, line 2, column 23 (photo): there is no such file"),
        "{missing}"
    );
}
