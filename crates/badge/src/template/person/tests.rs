//! Photos and pictures of names on a small template, pixel by pixel.

#![allow(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

use super::*;
use crate::template::sample;
use crate::{Badge, BadgeError, Template, Texts};

/// A name in white on night, and what a test puts in.
fn template(inner: &str) -> Template {
    Template::parse(&svg(inner)).unwrap()
}

fn svg(inner: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="90mm" height="130mm" viewBox="0 0 900 1300"><rect width="900" height="650" fill="#14213D"/>
<g data-box="100 100 700 300"><text data-fit="name" font-size="200" fill="#FFFFFF" text-anchor="start">{{{{ name }}}}</text><text data-fit="second_name" font-size="60" fill="#FFFFFF">{{{{ second_name }}}}</text></g>
{inner}</svg>"##
    )
}

fn file(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Red above, blue below.
fn photo() -> Picture {
    let half = |_, y| if y < 200 { Rgb([220, 0, 0]) } else { Rgb([0, 0, 220]) };
    crate::picture::photo(&file(RgbImage::from_fn(300, 400, half))).unwrap()
}

/// A block of ink twice as wide as high.
fn ink() -> Picture {
    Picture::new(&file(GrayImage::from_pixel(300, 150, Luma([255]))))
}

fn with(photo: Option<Picture>, name_image: Option<Picture>) -> Texts {
    Texts { name: "王\u{31350}".to_owned(), photo, name_image, ..sample() }
}

/// The colour at a place in the drawing's units.
fn at(badge: &Badge, x: u32, y: u32) -> [u8; 3] {
    let png = image::load_from_memory(&badge.png(900).unwrap()).unwrap().to_rgb8();
    png.get_pixel(x, y).0
}

fn is(found: [u8; 3], wanted: [u8; 3]) -> bool {
    found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 50)
}

const RED: [u8; 3] = [220, 0, 0];
const BLUE: [u8; 3] = [0, 0, 220];
const WHITE: [u8; 3] = [255; 3];

#[test]
fn a_photo_fills_its_rectangle_up_to_the_rounded_corners_and_below_its_edge() {
    let place = r##"<rect id="photo" x="300" y="700" width="300" height="200" rx="80" style="fill:#00FF00;stroke:#FFFF00;stroke-width:8"/>"##;
    let badge = template(place).fill(&with(Some(photo()), Some(ink()))).unwrap();
    assert!(is(at(&badge, 450, 720), RED), "the upper part of a photo is shown");
    assert!(is(at(&badge, 450, 880), RED), "a photo that is too high loses its lower part");
    assert!(is(at(&badge, 310, 800), RED), "and nothing at its sides");
    assert!(is(at(&badge, 303, 703), WHITE), "corners are round");
    assert!(is(at(&badge, 450, 700), [255, 255, 0]), "the edge is drawn over it");
    let (pdf, photo) = (badge.pdf().unwrap(), photo());
    assert!(pdf.windows(photo.bytes().len()).any(|part| part == photo.bytes()), "as it is");
}

#[test]
fn a_photo_stands_where_the_groups_around_its_place_and_its_own_transform_put_it() {
    let place = r##"<g transform="translate(100 700)"><rect data-name="photo" width="150" height="200" transform="rotate(180 200 200)"/></g>"##;
    let badge = template(place).fill(&with(Some(photo()), Some(ink()))).unwrap();
    assert!(is(at(&badge, 420, 1080), RED) && is(at(&badge, 420, 920), BLUE), "upside down");
    assert!(is(at(&badge, 150, 750), WHITE));
}

#[test]
fn a_picture_may_hold_the_place_and_is_never_printed() {
    let green = file(RgbImage::from_pixel(4, 4, Rgb([0, 200, 0])));
    let place = format!(
        r##"<image id="photo" x="300" y="700" width="300" height="400" href="data:image/png;base64,{}"/>"##,
        BASE64.encode(&green)
    );
    let template = template(&place);
    let badge = template.fill(&with(Some(photo()), Some(ink()))).unwrap();
    assert!(is(at(&badge, 450, 800), RED) && is(at(&badge, 450, 1000), BLUE));
    let without = template.fill(&with(None, Some(ink()))).unwrap();
    assert!(is(at(&without, 450, 800), WHITE));
}

#[test]
fn without_a_photo_nothing_is_drawn_and_a_condition_tells() {
    let place = r##"{% if photo %}<rect y="1000" width="900" height="100" fill="#DC0000"/>{% else %}<rect y="1000" width="900" height="100" fill="#0000DC"/>{% endif %}<rect id="photo" x="300" y="700" width="300" height="200" fill="#00FF00" stroke="#00FF00"/>"##;
    let template = template(place);
    let with_one = template.fill(&with(Some(photo()), Some(ink()))).unwrap();
    let without = template.fill(&with(None, Some(ink()))).unwrap();
    assert!(is(at(&with_one, 20, 1050), RED) && is(at(&without, 20, 1050), BLUE));
    assert!(is(at(&without, 450, 800), WHITE) && is(at(&without, 300, 700), WHITE));
}

#[test]
fn a_place_for_a_photo_that_cannot_be_one_is_refused_with_its_line() {
    for (place, said) in [
        (
            r#"<circle id="photo" r="9"/>"#,
            "line 3: a photo in <circle> is not allowed; give the id",
        ),
        (r#"<g id="photo"><rect/></g>"#, "line 3: a photo in <g>"),
        (r#"<rect id="photo" width="9"/>"#, "line 3: <rect> needs a valid height"),
        (r#"<text>{{ photo }}</text>"#, "line 3: {{ photo }} in the drawing is not allowed"),
        (r#"<rect fill="{{ photo }}"/>"#, "line 3: {{ photo }} in the drawing"),
        (r#"{% if photo %}<circle id="photo" r="9"/>{% endif %}"#, "a photo in <circle>"),
    ] {
        let error = Template::parse(&svg(place)).unwrap_err().to_string();
        assert!(error.contains(said), "{place}: {error}");
    }
}

#[test]
fn a_picture_of_a_name_stands_for_it_in_its_colour_and_the_second_name_stays_text() {
    let badge = template("").fill(&with(None, Some(ink()))).unwrap();
    assert!(is(at(&badge, 250, 200), WHITE), "light on night: {:?}", at(&badge, 250, 200));
    // Less than 188 high, because of the second name, and twice as wide; from the left of the box on.
    assert!(is(at(&badge, 110, 200), WHITE) && is(at(&badge, 450, 200), WHITE));
    assert!(is(at(&badge, 480, 200), [0x14, 0x21, 0x3D]));
    let texts: String =
        badge.texts().iter().flat_map(|text| text.chunks()).map(|c| c.text().to_owned()).collect();
    assert_eq!(texts, "WANG Wei");
    let named = badge.text("line-0-1").unwrap().abs_bounding_box().top() / 96.0 * 254.0;
    assert!((300.0..360.0).contains(&named), "the second name stands below: {named}");
}

#[test]
fn a_picture_of_a_name_is_white_or_black_on_labels_whichever_stands_out() {
    let badge = template("").fill(&with(None, Some(ink()))).unwrap();
    let dots = badge.bits(254).unwrap();
    assert!(!dots.is_black(250, 200) && dots.is_black(600, 200), "white on black");
    let gray = svg("")
        .replace("#14213D", "#FFFFFF")
        .replace("fill=\"#FFFFFF\" text", "fill=\"#9A9A9A\" text");
    let badge = Template::parse(&gray).unwrap().fill(&with(None, Some(ink()))).unwrap();
    let dots = badge.bits(254).unwrap();
    assert!((110..450).all(|x| dots.is_black(x, 200)), "gray letters are solid");
}

#[test]
fn a_name_with_other_words_around_it_stays_text_and_a_rare_one_is_refused() {
    let around = svg("").replace("{{ name }}", "Dear {{ name }}");
    let template = Template::parse(&around).unwrap();
    let usual = Texts { name: "王伟".to_owned(), ..with(None, Some(ink())) };
    let badge = template.fill(&usual).unwrap();
    let first = badge.texts()[0].chunks().iter().map(|c| c.text()).collect::<String>();
    assert_eq!(first, "Dear 王伟");
    let refused = template.fill(&with(None, Some(ink()))).map(drop).unwrap_err();
    let expected = vec!['\u{31350}'];
    assert_eq!(
        refused,
        BadgeError::MissingGlyph { field: "name".to_owned(), characters: expected }
    );
}

#[test]
fn bytes_that_are_no_picture_stand_for_no_name_and_hide_nothing() {
    let broken = Some(Picture::new(b"not a picture"));
    let refused = template("").fill(&with(broken.clone(), broken.clone())).map(drop).unwrap_err();
    assert!(matches!(refused, BadgeError::MissingGlyph { .. }));
    let usual = Texts { name: "王伟".to_owned(), ..with(broken.clone(), broken) };
    assert_eq!(template("").fill(&usual).unwrap().texts().len(), 2);
    let control = Texts { name: "王\u{7}".to_owned(), ..with(None, Some(ink())) };
    let refused = template("").fill(&control).map(drop).unwrap_err();
    assert!(matches!(refused, BadgeError::ControlCharacter { .. }));
}
