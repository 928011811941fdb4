//! Sides, pictures, and every kind of bad template.

#![allow(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::time::Instant;

use super::*;
use crate::document;

/// A badge that has everything, around what a test puts in.
fn svg(inner: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90mm" height="130mm" viewBox="0 0 900 1300">
<g data-box="70 380 760 300"><text data-fit="name" data-lines="2" font-size="180">{{{{ name }}}}</text></g>
{inner}
</svg>"##
    )
}

fn refused(inner: &str) -> String {
    Template::parse(&svg(inner)).expect_err(inner.get(..80).unwrap_or(inner)).to_string()
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let red = image::RgbImage::from_pixel(width, height, image::Rgb([200, 0, 0]));
    red.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn address(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", data_encoding::BASE64.encode(bytes))
}

fn image(href: &str) -> String {
    format!(r#"<image x="300" y="900" width="300" height="300" xlink:href="{href}"/>"#)
}

/// The colour in the middle of where [`image`] puts a picture.
fn drawn(badge: &Badge) -> [u8; 3] {
    let png = image::load_from_memory(&badge.png(90).unwrap()).unwrap().to_rgb8();
    png.get_pixel(45, 105).0
}

use image::ImageFormat;

#[test]
fn a_png_and_a_jpeg_inside_the_file_are_drawn_on_every_output() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let template = svg(&image(&address(&picture(30, 30, format))));
        let badge = Template::parse(&template).unwrap().fill(&sample()).unwrap();
        let [red, green, blue] = drawn(&badge);
        assert!(red > 180 && green < 30 && blue < 30, "{format:?}");
        assert!(String::from_utf8_lossy(&badge.pdf().unwrap()).contains("/Subtype/Image"));
    }
}

#[test]
fn a_picture_beside_the_template_is_put_into_it_and_nothing_else_is() {
    let png = picture(30, 30, ImageFormat::Png);
    let read = |name: &str| match name {
        "pictures/logo.png" => Ok(png.clone()),
        _ => Err("no such file".to_owned()),
    };
    let source = svg(&format!("\n{}", image("pictures/logo.png")));
    assert!(Template::parse(&source).unwrap_err().to_string().contains("a picture outside"));
    let whole = embed(&source, read).unwrap();
    assert_eq!(whole.lines().count(), source.lines().count());
    let badge = Template::parse(&whole).unwrap().fill(&sample()).unwrap();
    assert_eq!(drawn(&badge), [200, 0, 0]);
    for (link, said) in [
        ("missing.png", "no such file"),
        ("file:///etc/passwd", "a picture somewhere else"),
        ("https://example.org/a.png", "a picture somewhere else"),
    ] {
        let error = embed(&svg(&image(link)), read).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains(said), "{error}");
    }
}

#[test]
fn a_huge_picture_is_refused_by_its_pixels_and_by_its_bytes() {
    let bomb = refused(&image(&address(&picture(4000, 4000, ImageFormat::Png))));
    assert!(bomb.contains("line 3: a picture of 4000 × 4000 pixels"), "{bomb}");
    let many = image(&address(&picture(2500, 2500, ImageFormat::Png)));
    let together = refused(&format!("{many}{many}"));
    assert!(together.contains("12500000 pixels of pictures"), "{together}");
    let mut heavy = picture(10, 10, ImageFormat::Png);
    heavy.resize(600_000, 0);
    let error = refused(&image(&address(&heavy)));
    assert!(error.contains("more than 524288 bytes"), "{error}");
}

#[test]
fn a_broken_picture_and_another_kind_are_refused() {
    let whole = picture(300, 300, ImageFormat::Jpeg);
    let cut = refused(&image(&address(&whole[..whole.len() / 4])));
    assert!(cut.contains("line 3: a broken picture"), "{cut}");
    let png = picture(300, 300, ImageFormat::Png);
    let cut = refused(&image(&address(&png[..png.len() / 2])));
    assert!(cut.contains("line 3: a broken picture"), "{cut}");
    let drawing = refused(&image("data:image/svg+xml;base64,PHN2Zy8+"));
    assert!(drawing.contains("neither PNG nor JPEG"), "{drawing}");
    assert!(refused(&image("data:image/png;base64,%%%")).contains("not base64"));
    assert!(refused(&image("")).contains("a picture outside"));
}

const BACK: &str = r##"<g id="back" style="display:none"><rect width="900" height="1300" fill="#0000ff"/>
<g data-box="70 380 760 300"><text data-fit="place" font-size="90">{{ place }}</text></g></g>"##;

#[test]
fn a_badge_with_a_back_has_two_sides_and_two_pages() {
    let badge = Template::parse(&svg(BACK)).unwrap().fill(&sample()).unwrap();
    let back = badge.back().unwrap();
    assert_eq!((drawn(&badge), drawn(back)), ([255; 3], [0, 0, 255]));
    let words = |side: &Badge| -> String {
        side.texts().iter().flat_map(|text| text.chunks()).map(|c| c.text().to_owned()).collect()
    };
    assert_eq!((words(&badge).as_str(), words(back).as_str()), ("王伟", "辽宁"));
    assert!(String::from_utf8_lossy(&badge.pdf().unwrap()).contains("/Count 2"));
    let many = document([&badge, &badge]).unwrap();
    assert!(String::from_utf8_lossy(&many).contains("/Count 4"));
}

#[test]
fn the_back_may_be_a_file_of_its_own_and_is_as_large_as_the_front() {
    let two = Template::joined(&svg(""), &svg(r##"<rect y="900" width="900" height="400"/>"##));
    let badge = Template::parse(&two).unwrap().fill(&sample()).unwrap();
    assert_eq!((drawn(&badge), drawn(badge.back().unwrap())), ([255; 3], [0; 3]));
    let small = svg("").replace("90mm", "80mm");
    let error = Template::parse(&Template::joined(&svg(""), &small)).unwrap_err().to_string();
    assert!(error.contains("different sizes"), "{error}");
    let three = Template::joined(&svg(BACK), &svg(""));
    assert!(Template::parse(&three).unwrap_err().to_string().contains("more than two sides"));
}

#[test]
fn a_part_with_a_condition_is_left_out_where_it_has_nothing_to_say() {
    let with = svg(
        r##"{% if post %}<rect y="900" width="900" height="400" fill="#00ff00"/>{% else %}<rect y="900" width="900" height="400" fill="#ff0000"/>{% endif %}"##,
    );
    let template = Template::parse(&with).unwrap();
    assert_eq!(drawn(&template.fill(&sample()).unwrap()), [0, 255, 0]);
    let without = Texts { post: String::new(), ..sample() };
    assert_eq!(drawn(&template.fill(&without).unwrap()), [255, 0, 0]);
}

#[test]
fn a_script_is_refused_in_every_way_of_writing_it() {
    for bad in [
        "<script>1</script>",
        r#"<rect onclick="x()"/>"#,
        r#"<a href="javascript:x()"><rect/></a>"#,
        r#"<animate attributeName="x"/>"#,
        "<foreignObject/>",
        "<iframe/>",
    ] {
        assert!(refused(bad).contains("line 3: "), "{bad}");
    }
}

#[test]
fn a_link_out_of_the_file_is_refused_in_every_way_of_writing_it() {
    for bad in [
        r#"<use href="https://example.org/x.svg#a"/>"#,
        r#"<use xlink:href="other.svg#a"/>"#,
        r#"<rect fill="url(https://example.org/x.svg#a)"/>"#,
        r#"<rect style="fill: URL( 'http://example.org/#a' )"/>"#,
        "<style>rect { fill: url(x.svg#a) }</style>",
        "<style>@import 'x.css';</style>",
        "<style>@font-face { font-family: x; src: local(x) }</style>",
        r#"<image href="file:///etc/hostname"/>"#,
        r#"<image href="//example.org/x.png"/>"#,
        r#"<feImage href="x"/>"#,
        r#"<?xml-stylesheet href="x.css"?>"#,
    ] {
        let error = refused(bad);
        assert!(error.contains("line 3: ") && error.contains("not allowed"), "{bad}: {error}");
    }
    let inside =
        r##"<defs><linearGradient id="a"/></defs><rect fill="url( '#a' )"/><a href="#a"/>"##;
    assert!(Template::parse(&svg(inside)).is_ok());
}

#[test]
fn entities_are_refused_and_a_plain_document_type_is_not_minded() {
    let bomb =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE svg [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n";
    let error = Template::parse(&format!("{bomb}{}", svg("<!-- &b; -->"))).unwrap_err().to_string();
    assert!(error.contains("line 2: a document type with entities"), "{error}");
    let plain = "<?xml version=\"1.0\"?>\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\"\n \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n";
    assert!(Template::parse(&format!("{plain}{}", svg(""))).is_ok());
    let wrong = Template::parse(&format!("{plain}{}", svg("<script/>"))).unwrap_err().to_string();
    assert!(wrong.contains("line 6: "), "{wrong}");
}

#[test]
fn use_upon_use_is_counted_before_anything_is_drawn() {
    let step = |n: u32| {
        let below = n.saturating_sub(1);
        let again = format!(r##"<use href="#u{below}"/>"##).repeat(10);
        format!(r#"<g id="u{n}">{again}</g>"#)
    };
    let bomb: String = (1..20).map(step).collect();
    let started = Instant::now();
    let error = refused(&format!(r##"<defs><rect id="u0"/>{bomb}</defs><use href="#u19"/>"##));
    assert!(error.contains("more than 20000 elements"), "{error}");
    assert!(started.elapsed().as_secs() < 2);
    let own = refused(r##"<g id="own"><use href="#own"/></g>"##);
    assert!(own.contains("line 3: a <use> that draws itself"), "{own}");
    let nothing = refused(r##"<use href="#nowhere"/>"##);
    assert!(nothing.contains("line 3: <use> of #nowhere"), "{nothing}");
}

#[test]
fn what_would_take_minutes_to_draw_is_refused_before_it_is_tried() {
    let attributes: String = (0..5_000).map(|n| format!(r#" a{n}="1""#)).collect();
    let spans = "<tspan>x</tspan>".repeat(19_000);
    let (rules, marks) = ("a b c d e f g h>i{fill:red}".repeat(3_000), "<g/>".repeat(3_000));
    for (hostile, what) in [
        (format!("<rect{attributes}/>"), "more than 200 attributes in <rect>"),
        (format!("<text>{}</text>", "x".repeat(200_000)), "a text of more than 2000 letters"),
        (format!("<text>{}</text>", "x".repeat(1_900)).repeat(11), "or 20000 letters"),
        (format!("<text>{spans}</text>"), "or 200 pieces"),
        (format!("<style>{rules}</style>{marks}"), "so many styles for so many elements"),
    ] {
        let error = refused(&hostile);
        assert!(error.contains(what) && error.contains("line 3: "), "{error}");
    }
    let drawing =
        format!("<style>{}</style>{}", ".cls-17{fill:red}".repeat(150), "<g/>".repeat(3_000));
    assert!(Template::parse(&svg(&drawing)).is_ok(), "as Illustrator writes it");
}

#[test]
fn deep_nesting_is_refused_and_ends_no_program() {
    let deep = |n: usize, open: &str| format!("{}{}", open.repeat(n), "</g>".repeat(n));
    assert!(refused(&deep(45_000, "<g>")).contains("line 3: more than 64 groups"));
    assert!(refused(&deep(20, "<g opacity=\"0.9\">")).contains("more than 12 transparent"));
    assert!(refused(&deep(20, "<g style=\"mask:url(#m)\">")).contains("more than 12 transparent"));
    assert!(refused(&deep(120_000, "<g>")).contains("not well-formed"));
    assert!(Template::parse(&svg(&deep(50, "<g>"))).is_ok());
}

#[test]
fn a_gigantic_or_senseless_size_is_refused() {
    for (from, to) in [
        ("0 0 900 1300", "0 0 1e30 1e30"),
        ("0 0 900 1300", "0 0 NaN 1300"),
        ("0 0 900 1300", "0 0 0 0"),
        ("0 0 900 1300", "0 0 900"),
        ("0 0 900 1300", "-1e38 0 900 1300"),
        ("\"90mm\"", "\"NaNmm\""),
        ("\"90mm\"", "\"1e9mm\""),
        ("\"90mm\"", "\"100%\""),
    ] {
        let error = Template::parse(&svg("").replace(from, to)).unwrap_err();
        assert_eq!(error, TemplateError::Size, "{to}");
    }
    for (from, to) in [("70 380 760 300", "70 380 inf 300"), ("\"180\"", "\"NaN\"")] {
        let error = Template::parse(&svg("").replace(from, to)).unwrap_err().to_string();
        assert!(error.contains("line 2: "), "{error}");
    }
}

#[test]
fn filters_are_refused_where_they_are_used() {
    let blur = r#"<filter id="f"><feGaussianBlur stdDeviation="1e9"/></filter>"#;
    for used in [
        r#"<rect filter="url(#f)"/>"#,
        r#"<rect style="fill:red;filter:url(#f)"/>"#,
        "<style>.a{filter:url(#f)}</style>",
        r#"<rect filter="blur(99999px)"/>"#,
    ] {
        let error = refused(&format!("{blur}{used}"));
        assert!(error.contains("line 3: filter is not allowed; take shadow"), "{error}");
    }
    assert!(Template::parse(&svg(&format!(r#"{blur}<rect filter="none"/>"#))).is_ok());
}

#[test]
fn a_template_that_fills_without_end_is_stopped() {
    let started = Instant::now();
    for bad in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "<!-- {{ 'x' * 90000000 }} -->",
        "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
    ] {
        let error = Template::parse(&svg(bad)).unwrap_err();
        assert!(matches!(error, TemplateError::Placeholder(_)), "{error}");
    }
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_placeholder_that_a_drawing_program_tore_apart_is_explained() {
    let torn = svg("").replace("{{ name }}", "{{ na</tspan><tspan>me }}");
    let error = Template::parse(&torn).unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("type it again in one go"), "{error}");
}

#[test]
fn a_placeholder_that_there_is_not_is_named_with_those_that_there_are() {
    let svg = r#"<svg width="90mm" height="130mm" viewBox="0 0 90 130"><g data-box="5 5 80 20">
        <text>{{ nmae }}</text></g></svg>"#;
    let told = Template::parse(svg).unwrap_err().to_string();
    assert!(told.contains("line 2: {{ nmae }} is no placeholder; there are"), "{told}");
    assert!(told.contains(" name, ") && told.contains("enterprise"), "{told}");
}

#[test]
fn an_empty_file_is_called_empty() {
    let told = Template::parse(" \n").unwrap_err().to_string();
    assert!(told.ends_with("the file is empty"), "{told}");
}

/// Tells what cannot be seen of a template with this in it.
fn faults(inner: &str) -> Vec<String> {
    let template = Template::parse(&svg(inner)).unwrap_or_else(|error| panic!("{inner}: {error}"));
    template.faults()
}

#[test]
fn a_photo_that_nobody_would_see_is_told_with_its_line() {
    let place = r#"x="300" y="700" width="240" height="320""#;
    let photo = |place: &str, more: &str| format!(r#"<rect id="photo" {place} {more}/>"#);
    assert_eq!(faults(&photo(place, "rx=\"90\"")), Vec::<String>::new());
    let bleeding = photo(&place.replace("300", "-80"), "");
    assert_eq!(faults(&bleeding), Vec::<String>::new(), "a third beyond the edge is a design");
    for (inner, said) in [
        (photo(&place.replace("300", "99999"), ""), "lies outside of the card"),
        (photo(&place.replace("240", "1e30"), ""), "the photo "),
        (photo(&place.replace("240", "3"), ""), "has only 0.3 × 32.0 mm"),
        (photo(place, r#"style="display:none""#), "it is hidden or has no size"),
        (photo(place, r#"visibility="hidden""#), "it is hidden or has no size"),
        (photo(place, r#"transform="scale(0)""#), "it is hidden or has no size"),
        (photo(place, r#"opacity="0""#), "it is see-through"),
        (format!(r#"<g opacity="0.01">{}</g>"#, photo(place, "")), "it is see-through"),
        (format!(r#"<g display="none">{}</g>"#, photo(place, "")), "it is hidden"),
        (photo(place, "") + &photo(place, ""), "another element has the id photo"),
    ] {
        let found = faults(&inner);
        assert_eq!(found.len(), 1, "{inner}: {found:?}");
        assert!(found[0].starts_with("badge template, line 3: "), "{found:?}");
        assert!(found[0].contains(said), "{inner}: {found:?}");
    }
    let other = photo(place, "").replace("id=", "data-name=");
    assert_eq!(faults(&(photo(place, "") + &other)), Vec::<String>::new(), "a card to be folded");
}

#[test]
fn a_code_and_a_text_that_nobody_would_see_are_told_with_their_lines() {
    let code = |more: &str| {
        format!(
            r##"<rect data-code="pass" x="300" y="850" width="300" height="300" fill="#FFFFFF" {more}/>"##
        )
    };
    let text = |more: &str| {
        format!(
            r#"<g data-box="70 700 760 100" {more}><text data-fit="post" font-size="60">{{{{ post }}}}</text></g>"#
        )
    };
    assert_eq!(faults(&(code("") + &text(""))), Vec::<String>::new());
    for (inner, said) in [
        (code("").replace("850", "1100"), "the code is cut off"),
        (code(r#"transform="scale(0)""#), "the code cannot be seen: it is hidden or has no size"),
        (format!(r#"<g style="display:none">{}</g>"#, code("")), "the code cannot be seen"),
        (
            format!(r#"<g opacity="0">{}</g>"#, code("")),
            "the code cannot be seen: it is see-through",
        ),
        (text(r#"style="display:none""#), "the text post cannot be seen: it is hidden"),
        (text(r#"opacity="0""#), "the text post cannot be seen: it is see-through"),
        (text(r#"fill="none""#), "the text post cannot be seen: it is see-through"),
        (text(r#"visibility="hidden""#), "the text post cannot be seen"),
    ] {
        let found = faults(&inner);
        assert_eq!(found.len(), 1, "{inner}: {found:?}");
        assert!(found[0].starts_with("badge template, line 3: "), "{found:?}");
        assert!(found[0].contains(said), "{inner}: {found:?}");
    }
}

#[test]
fn everything_on_the_shipped_templates_can_be_seen() {
    for svg in crate::names::SHIPPED {
        assert_eq!(Template::parse(svg).unwrap().faults(), Vec::<String>::new());
    }
}
