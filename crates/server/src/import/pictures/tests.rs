//! Photos and pictures of names beside a list, and everything that is none.

#![allow(clippy::arithmetic_side_effects, reason = "test pictures are small")]

use std::fs;
use std::path::PathBuf;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

use super::*;
use crate::complaint::Complaints;
use crate::export::{self, Format};
use crate::folder::Folder;
use crate::import::{COLUMNS, Summary, drafted, import};
use crate::testing;

fn photo_file(shade: u8) -> Vec<u8> {
    encoded(RgbImage::from_fn(300, 400, |x, y| Rgb([shade, x as u8, y as u8])), ImageFormat::Jpeg)
}

fn name_file() -> Vec<u8> {
    let ink = |x: u32, y: u32| {
        x > 40 && x < 360 && y > 40 && y < 160 && (x / 20 + y / 20).is_multiple_of(2)
    };
    let shade = |x, y| Luma([if ink(x, y) { 0 } else { 255 }]);
    encoded(GrayImage::from_fn(400, 200, shade), ImageFormat::Png)
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A folder that was set up, with pictures beside the list.
struct Place {
    dir: tempfile::TempDir,
    folder: Folder,
}

impl Place {
    fn new() -> Place {
        let (dir, folder) = testing::folder();
        fs::create_dir(dir.path().join("photos")).unwrap();
        fs::write(dir.path().join("photos/wang.jpg"), photo_file(200)).unwrap();
        fs::write(dir.path().join("name.png"), name_file()).unwrap();
        Place { dir, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn import(&self, text: &str) -> anyhow::Result<Summary> {
        import(&self.folder, &testing::people(self.dir.path(), text))
    }

    fn refused(&self, text: &str) -> Vec<String> {
        let error = self.import(text).unwrap_err();
        let complaints = error.downcast_ref::<Complaints>().unwrap();
        let folder = format!("{}/", self.dir.path().display());
        complaints.0.iter().map(|found| found.to_string().replace(&folder, "")).collect()
    }

    fn entry(&self) -> Entry {
        self.folder.ledger().unwrap().entry("100001").unwrap().unwrap()
    }

    /// Photo and picture of the name of 100001.
    fn pictures(&self) -> (Option<Picture>, Option<Picture>) {
        let person = self.entry().attendee.person.unwrap();
        (person.photo, person.name_image)
    }
}

/// A list of one person, with a photo and a picture of the name in its last columns.
fn list(name: &str, photo: &str, name_image: &str) -> String {
    format!(
        "{},photo,name_image\n100001,{name},,,,,,,,,,,guest,north,SG,,zh-Hans,,,,,confirmed,{photo},{name_image}\n",
        COLUMNS.join(",")
    )
}

/// The same without the two columns.
fn plain(name: &str) -> String {
    testing::sheet(&format!("100001,{name},,,,,,,,,,,guest,north,SG,,zh-Hans,,,,,confirmed\n"))
}

const WANG: &str = "photos/wang.jpg";

#[test]
fn a_photo_and_a_picture_of_a_rare_name_come_in_small_and_the_same_files_change_nothing() {
    let place = Place::new();
    let refused = place.refused(&list("王\u{31350}", WANG, ""));
    assert_eq!(
        refused,
        [
            "attendees.csv, line 2, column 2 (name_zh): no font has these characters of name: U+31350; write it \
          with other characters, such as the usual form of a rare one, or give a picture of the name in the \
          column name_image, or put a font that has them into the folder fonts of the server's"
        ]
    );
    let made = place.import(&list("王\u{31350}", WANG, "./name.png")).unwrap();
    assert_eq!(made.new, 1);
    let (photo, name) = place.pictures();
    assert_eq!(photo, badge::picture::photo(&photo_file(200)).ok());
    assert_eq!(name, badge::picture::name_image(&name_file()).ok());
    let again = place.import(&list("王\u{31350}", WANG, "./name.png")).unwrap();
    assert_eq!(again, Summary { unchanged: 1, revision: made.revision, ..Summary::default() });
}

#[test]
fn a_list_without_the_columns_keeps_pictures_an_empty_cell_takes_them_away() {
    let place = Place::new();
    place.import(&list("王伟", WANG, "name.png")).unwrap();
    let before = place.entry();
    assert_eq!(place.import(&plain("王伟")).unwrap().unchanged, 1);
    assert_eq!(place.entry(), before);
    place.import(&plain("王炜")).unwrap();
    assert_eq!(place.pictures(), (Place::pictures_of(&before).0, None), "it shows another name");
    place.import(&list("王炜", WANG, "name.png")).unwrap();
    assert_eq!(place.pictures(), Place::pictures_of(&before));
    place.import(&list("王炜", WANG, "")).unwrap();
    assert_eq!(place.pictures(), (Place::pictures_of(&before).0, None));
    place.import(&list("王炜", "", "")).unwrap();
    assert_eq!(place.pictures(), (None, None));
    let fresh = Place::new();
    fresh.import(&plain("王炜")).unwrap();
    assert_eq!(place.entry().fields, fresh.entry().fields, "nothing is left behind");
}

impl Place {
    fn pictures_of(entry: &Entry) -> (Option<Picture>, Option<Picture>) {
        let person = entry.attendee.person.clone().unwrap();
        (person.photo, person.name_image)
    }
}

#[test]
fn another_picture_under_the_same_name_is_a_change_and_is_told() {
    let place = Place::new();
    place.import(&list("王伟", WANG, "name.png")).unwrap();
    let before = place.entry();
    fs::write(place.path(WANG), photo_file(20)).unwrap();
    assert_eq!(place.import(&list("王伟", WANG, "name.png")).unwrap().changed, 1);
    assert_eq!(crate::import::differences(&before, &place.entry()), ["photo"]);
}

#[test]
fn what_was_exported_comes_back_without_loss_wherever_the_files_are() {
    let place = Place::new();
    place.import(&list("王伟", WANG, "name.png")).unwrap();
    let before = place.entry();
    let csv = export::export(&place.folder, export::Table::Roster, Format::Csv, false).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(
        csv.contains(",status,photo,name_image\r\n") && csv.contains(",photos/wang.jpg,name.png")
    );
    fs::remove_dir_all(place.path("photos")).unwrap();
    fs::remove_file(place.path("name.png")).unwrap();
    assert_eq!(place.import(&csv).unwrap().unchanged, 1);
    assert_eq!(place.entry(), before);
    // A name that nobody knows is a mistake all the same.
    let other = csv.replace("photos/wang.jpg", "photos/weng.jpg");
    assert!(place.refused(&other)[0].contains("(photo): there is no such file; put it into"));
    let fresh = Place::new();
    fresh.import(&plain("王伟")).unwrap();
    let csv = export::export(&fresh.folder, export::Table::Roster, Format::Csv, false).unwrap();
    assert!(!String::from_utf8(csv).unwrap().contains("photo"));
}

#[test]
fn every_bad_picture_is_told_by_line_and_column_with_its_cure_and_changes_nothing() {
    let place = Place::new();
    let whole = photo_file(9);
    fs::write(place.path("broken.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(place.path("list.png"), "number,name_zh").unwrap();
    fs::write(place.path("bomb.png"), bomb()).unwrap();
    fs::write(place.path("tiny.png"), encoded(RgbImage::new(8, 9), ImageFormat::Png)).unwrap();
    fs::write(place.path("large.jpg"), vec![0xFF; (16 << 20) + 1]).unwrap();
    fs::write(place.path("paper.png"), encoded(GrayImage::new(400, 100), ImageFormat::Png))
        .unwrap();
    testing::pipe(&place.path("pipe.jpg"));
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.jpg"), &whole).unwrap();
    let secret = outside.path().join("secret.jpg").display().to_string();
    std::os::unix::fs::symlink(&secret, place.path("link.jpg")).unwrap();
    std::os::unix::fs::symlink(outside.path(), place.path("way")).unwrap();
    let lies = "the file lies outside of the list's folder; put it there, and write its name from there, such as \
                photos/100001.jpg";
    for (file, said) in [
        ("broken.jpg", "the picture is broken; export it again"),
        ("list.png", "the file is neither a PNG nor a JPEG picture; export it as one of them"),
        (
            "bomb.png",
            "the picture has 30000 × 30000 pixels, 25 million are the most; scale it down",
        ),
        ("tiny.png", "the picture has only 8 × 9 pixels; take one of 90 × 120 or more"),
        ("large.jpg", "the picture has more than 16 MiB; scale it down"),
        ("photos", "it is no file; name a PNG or JPEG picture"),
        ("pipe.jpg", "it is no file; name a PNG or JPEG picture"),
        (
            "nobody.jpg",
            "there is no such file; put it into the list's folder, mend the name or empty the cell",
        ),
        ("../secret.jpg", lies),
        ("photos/../../secret.jpg", lies),
        (secret.as_str(), lies),
        ("link.jpg", lies),
        ("way/secret.jpg", lies),
        ("photos\\wang.jpg", "write / between folders, such as photos/100001.jpg"),
    ] {
        let expected = format!("attendees.csv, line 2, column 23 (photo): {said}");
        assert_eq!(place.refused(&list("王伟", file, "")), [expected]);
    }
    let both = place.refused(&list("王伟", "broken.jpg", "paper.png"));
    assert_eq!(
        both,
        [
            "attendees.csv, line 2, column 23 (photo): the picture is broken; export it again",
            "attendees.csv, line 2, column 24 (name_image): nothing can be seen in the picture; write the name in \
             black on white",
        ]
    );
    assert!(place.folder.ledger().unwrap().entries().unwrap().is_empty());
}

/// A PNG that declares 30,000 × 30,000 pixels.
fn bomb() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0\0\0".to_vec();
    let mut crc = !0_u32;
    for byte in png.get(12..).unwrap() {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    png.extend((!crc).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    png
}

#[test]
fn a_draft_of_a_list_has_its_pictures_too() {
    let place = Place::new();
    let list = testing::people(place.dir.path(), &list("王伟", WANG, "name.png")).people;
    let ledger = place.folder.ledger().unwrap();
    let (line, entry) = drafted(&place.folder, &ledger, &list).unwrap().remove(0);
    assert_eq!(line, 2);
    assert!(Place::pictures_of(&entry).0.is_some() && Place::pictures_of(&entry).1.is_some());
}

#[test]
fn more_pictures_than_travel_are_refused_in_a_sentence() {
    let place = Place::new();
    place.import(&list("王伟", WANG, "name.png")).unwrap();
    let mut attendee = place.entry().attendee;
    let people = |count: usize, attendee: &Attendee| {
        refuse_too_many(std::iter::repeat_n(attendee, count)).map_err(|error| error.to_string())
    };
    attendee.person.as_mut().unwrap().photo = Some(Picture::new(&[0; 16 << 10]));
    attendee.person.as_mut().unwrap().name_image = None;
    assert_eq!(people(6144, &attendee), Ok(()));
    assert_eq!(
        people(6145, &attendee).unwrap_err(),
        "6145 pictures of people take 97 MiB, and a list can carry 96 MiB of them; empty the column photo for those \
         whose badge shows none. Nothing was changed"
    );
}

#[test]
fn a_column_may_stand_anywhere_and_one_of_them_alone() {
    let place = Place::new();
    let text = format!(
        "photo,{}\n{WANG},100001,王伟,,,,,,,,,,,guest,north,SG,,zh-Hans,,,,,confirmed\n",
        COLUMNS.join(",")
    );
    place.import(&text).unwrap();
    assert!(place.pictures().0.is_some() && place.pictures().1.is_none());
    let twice = text.replacen("photo,", "photo,photo,", 1);
    assert!(place.refused(&twice)[0].contains("the column photo is there twice"));
}

/// Three characters of Hanazono Mincho B.
const FONT: &[u8] = include_bytes!("../../../../badge/tests/data/rare.ttf");

#[test]
fn a_name_that_only_the_organisers_font_can_write_is_drawn_with_it() {
    let place = Place::new();
    let refused = place.refused(&list("王𪻐", "", ""));
    assert!(refused[0].contains("U+2AED0") && refused[0].contains("fonts"), "{refused:?}");
    fs::create_dir(place.folder.path().join("fonts")).unwrap();
    fs::write(place.folder.path().join("fonts/rare.ttf"), FONT).unwrap();
    fs::write(place.folder.path().join("fonts/read.me"), "no font, and none by its name").unwrap();
    fs::create_dir(place.folder.path().join("fonts/folder.otf")).unwrap();
    testing::pipe(&place.folder.path().join("fonts/pipe.ttf"));
    place.import(&list("王𪻐", "", "")).unwrap();
    let drawn = place.pictures().1.expect("drawn");
    let again = place.import(&list("王𪻐", "", "")).unwrap();
    assert_eq!((again.changed, place.pictures().1.as_ref()), (0, Some(&drawn)), "the same again");
    // A picture that somebody gave is better, and the name of another is never left on a badge.
    place.import(&list("王𪻐", "", "name.png")).unwrap();
    let given = place.pictures().1.unwrap();
    assert_ne!(given, drawn);
    place.import(&list("王𡒄", "", "")).unwrap();
    let other = place.pictures().1.unwrap();
    assert!(other != drawn && other != given);
    place.import(&list("王伟", "", "")).unwrap();
    assert_eq!(place.pictures().1, None);
}

#[test]
fn a_file_that_is_no_font_is_named() {
    let place = Place::new();
    fs::create_dir(place.folder.path().join("fonts")).unwrap();
    fs::write(place.folder.path().join("fonts/broken.ttf"), "no font").unwrap();
    let refused = place.import(&list("王伟", "", "")).unwrap_err().to_string();
    assert!(refused.contains("broken.ttf is no font that can be read"), "{refused}");
}
