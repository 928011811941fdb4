//! Templates as drawing programs save them.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail by panicking"
)]

use super::*;
use crate::tests::scanned;

const INKSCAPE: &str = include_str!("../../../../docs/example-badge.svg");
const ILLUSTRATOR: &str = include_str!("../../tests/drawn/illustrator.svg");
const FIGMA: &str = include_str!("../../tests/drawn/figma.svg");

fn filled(svg: &str, name: &str) -> Badge {
    let texts = Texts { name: name.to_owned(), ..sample() };
    Template::parse(svg).unwrap().fill(&texts).unwrap()
}

/// Where the ink of a fitted line is, in millimetres: left, top, right, bottom.
fn ink(badge: &Badge, id: &str) -> [f32; 4] {
    let ink = badge.text(id).unwrap().abs_stroke_bounding_box();
    [ink.left(), ink.top(), ink.right(), ink.bottom()].map(|pixels| pixels * 25.4 / 96.0)
}

#[track_caller]
fn assert_within(ink: [f32; 4], frame: [f32; 4]) {
    let [left, top, right, bottom] = frame;
    let inside = ink[0] >= left && ink[1] >= top && ink[2] <= right && ink[3] <= bottom;
    assert!(inside, "{ink:?} is not in {frame:?}");
}

#[test]
fn the_example_of_the_handbook_is_fitted_box_by_box() {
    let badge = filled(INKSCAPE, "欧阳静怡");
    assert_within(ink(&badge, "line-0-0"), [6.0, 30.0, 84.0, 64.0]);
    assert_within(ink(&badge, "line-0-1"), [6.0, 30.0, 84.0, 64.0]);
    assert_within(ink(&badge, "line-1-0"), [6.0, 68.0, 84.0, 82.0]);
    // The band of the category lies between 118 and 130 mm; the box of the text between 120.2 and 126.2.
    assert_within(ink(&badge, "line-2-0"), [8.0, 120.0, 82.0, 126.5]);
    let large = badge.text("line-0-0").unwrap().abs_bounding_box();
    let middle = (large.left() + large.right()) / 2.0 * 25.4 / 96.0;
    assert!((middle - 45.0).abs() < 0.3, "{middle}");
    assert!(!badge.svg().contains("names-box"), "a guide is not printed");
    assert_eq!(scanned(&badge.png(1063).unwrap()), "YB1SAMPLE");
    let back = badge.back().unwrap();
    assert_eq!(back.texts().len(), 1, "the back has its own text and nothing of the front");
}

#[test]
fn a_hard_name_stays_in_the_box_that_inkscape_drew() {
    let badge = filled(INKSCAPE, "阿卜杜热西提·阿卜杜吉力力·买买提江");
    let lines = badge.texts().iter().filter(|text| text.id().starts_with("line-0-")).count();
    assert!(lines >= 3, "two lines of the name and one of the second name");
    for n in 0..lines {
        assert_within(ink(&badge, &format!("line-0-{n}")), [5.5, 29.5, 84.5, 64.5]);
    }
}

#[test]
fn style_sheets_of_illustrator_say_size_and_weight_and_spoil_no_line() {
    let badge = filled(ILLUSTRATOR, "王伟");
    let name = badge.text("line-0-0").unwrap();
    let span = &name.chunks()[0].spans()[0];
    assert_eq!((span.font_size().get(), span.font().weight()), (48.0, 700));
    let second = &badge.text("line-0-1").unwrap().chunks()[0].spans()[0];
    assert!((second.font_size().get() - 14.0 * 96.0 / 72.0).abs() < 0.01);
    let mm = 90.0 / 255.12;
    assert_within(ink(&badge, "line-0-0"), [20.0 * mm, 80.0 * mm, 235.12 * mm, 190.0 * mm]);
    assert_eq!(scanned(&badge.png(1063).unwrap()), "YB1SAMPLE", "the code turns with its paper");
    let remarks = Template::parse(ILLUSTRATOR).unwrap().remarks().join("\n");
    assert!(remarks.contains("line 42: the font MyriadPro-Bold is not built in"), "{remarks}");
}

#[test]
fn a_box_that_stands_on_its_head_has_text_that_does() {
    let badge = filled(FIGMA, "王伟");
    let mm = 90.0 / 340.0;
    // Turned around the middle of the paper: the box from (40, 80) reaches from (40, 261) to (300, 411).
    assert_within(ink(&badge, "line-0-0"), [40.0 * mm, 261.0 * mm, 300.0 * mm, 411.0 * mm]);
    assert!(badge.text("line-0-0").unwrap().abs_transform().sy < 0.0);
    assert_eq!(scanned(&badge.png(1063).unwrap()), "YB1SAMPLE");
}

#[test]
fn a_box_as_high_as_two_lines_is_for_two_lines() {
    let name = "Wolfeschl Bergerdorff";
    assert_eq!(filled(FIGMA, name).texts().len(), 2);
    let low = FIGMA.replace(r#"height="150""#, r#"height="80""#);
    assert_eq!(filled(&low, "Wolfes Berg").texts().len(), 1);
}

#[test]
fn what_is_not_understood_is_said_with_its_line() {
    let changed = |from: &str, to: &str| {
        assert_eq!(INKSCAPE.matches(from).count(), 1, "{from}");
        Template::parse(&INKSCAPE.replace(from, to)).unwrap_err().to_string()
    };
    let line = |of: &str| {
        let before = INKSCAPE.split(of).next().unwrap();
        format!("line {}: ", before.matches('\n').count() + 1)
    };
    let loose = changed(r#"id="enterprise-box""#, r#"id="enterprise-bx""#);
    assert!(loose.contains("{{ enterprise }} stands in no box"), "{loose}");
    assert!(loose.contains(&line("{{ enterprise }}")), "{loose}");
    let size = changed("font-size:5.29167px", "font-size:120%");
    let text = "<text\n       xml:space=\"preserve\"\n       style=\"font-size:5.29167px";
    assert!(size.contains(&format!("{}<text> needs a valid font-size", line(text))), "{size}");
    let shape = changed("url(#rect5)", "url(#path1)");
    assert!(shape.contains("a text in a shape that is no rectangle"), "{shape}");
    let turned = changed("scale(0.97562,1.02499)", "scale(0)");
    assert!(turned.contains("transform"), "{turned}");
    let flow = changed("</svg>", "<flowRoot/></svg>");
    assert!(flow.contains("<flowRoot> is not allowed; in Inkscape choose Text"), "{flow}");
    let unit = changed(r#"width="90mm""#, r#"width="340""#);
    assert!(unit.contains("in mm"), "{unit}");
    let inside = changed(
        r#"id="names"
       transform="translate(0,1.5)">"#,
        r#"id="names"><symbol>"#,
    );
    assert!(inside.contains("not well-formed"), "{inside}");
    let two = changed(r#"id="code""#, r#"id="name-box""#);
    assert!(two.contains("a text in two boxes"), "{two}");
}

#[test]
fn a_placeholder_in_the_other_branch_of_a_condition_needs_a_box_too() {
    let svg = INKSCAPE.replace(
        "Help desk: Hall A, 8:00–18:00",
        "{% if place %}Hall A{% else %}{{ post }}{% endif %}",
    );
    let error = Template::parse(&svg).unwrap_err().to_string();
    assert!(error.contains("{{ post }} stands in no box"), "{error}");
}
