//! Whole badges: every line inside its box, nothing missing, nothing taken for markup, the code readable.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail by panicking"
)]

use crate::faces::{Family, faces};
use crate::pass_picture::PassPicture;
use crate::{Badge, BadgeError, Template, TemplateError, Texts, document};

const DEMO: &str = include_str!("../../../demo/badges/badge.svg");

fn demo() -> Template {
    Template::parse(DEMO).unwrap()
}

fn pass() -> String {
    "YB1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().cycle().take(173).collect()
}

/// Lin Mei, as the demo prints her.
pub(crate) fn lin() -> Texts {
    let text = |text: &str| text.to_owned();
    Texts {
        name: text("林美"),
        second_name: text("LIN Mei"),
        post: text("董事长"),
        enterprise: text("大连海洋精细化工股份有限公司"),
        second_enterprise: text("Dalian Ocean Fine Chemicals Co., Ltd."),
        place: text("辽宁 Liaoning"),
        convention: text("首届全球辽商大会"),
        second_convention: text("1st World Liaoning Entrepreneurs Convention"),
        category: text("嘉宾"),
        second_category: text("DELEGATE"),
        table: text("28"),
        band: text("#C8402F"),
        language: text("zh-Hans"),
        pass: pass(),
        ..Texts::default()
    }
}

fn named(name: &str, language: &str) -> Texts {
    Texts { name: name.to_owned(), language: language.to_owned(), ..lin() }
}

/// The boxes of the demo template (head, body, band), each by its edges.
fn boxes() -> Vec<[f32; 4]> {
    let boxes = DEMO.split("data-box=\"").skip(1).map(|rest| {
        let numbers = rest.split('"').next().unwrap().split(' ');
        let numbers: Vec<f32> = numbers.map(|number| number.parse().unwrap()).collect();
        [numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]]
    });
    boxes.collect()
}

/// Checks by the outlines that were really drawn, not by the numbers that placed them.
fn assert_inside(badge: &Badge) {
    // The template's unit is a tenth of a millimetre, the tree's a CSS pixel.
    let unit = 96.0 / 254.0;
    let boxes = boxes();
    for text in badge.texts() {
        let (ink, at) = (text.abs_stroke_bounding_box(), text.id().to_owned());
        let column: usize = at.split('-').nth(1).unwrap().parse().unwrap();
        let [left, top, right, bottom] = boxes[column].map(|edge| edge * unit);
        let slack = 2.0;
        assert!(ink.left() >= left - slack && ink.right() <= right + slack, "{at} {ink:?}");
        assert!(ink.top() >= top - slack && ink.bottom() <= bottom + slack, "{at} {ink:?}");
        assert!(badge.holds(text), "{at} leaves the paper");
    }
}

fn assert_lines_apart(badge: &Badge) {
    let mut bottom = f32::MIN;
    for text in badge.texts() {
        let ink = text.abs_stroke_bounding_box();
        assert!(ink.top() >= bottom - 0.5, "{} touches the line above", text.id());
        bottom = ink.bottom();
    }
}

fn lines_of(badge: &Badge, column: usize) -> Vec<String> {
    let prefix = format!("line-{column}-");
    let texts = badge.texts().into_iter().filter(|text| text.id().starts_with(&prefix));
    texts.map(|text| text.chunks().iter().map(|chunk| chunk.text()).collect()).collect()
}

#[test]
fn hard_names_lie_inside_their_boxes() {
    let names = [
        ("张", "zh-Hans"),
        ("王伟", "zh-Hans"),
        ("欧阳静怡", "zh-Hans"),
        ("阿卜杜热西提·阿卜杜吉力力·买买提江", "zh-Hans"),
        ("古丽巴哈尔阿卜杜热合曼阿卜杜吉力力买买", "zh-Hans"),
        ("江䶮𬸚", "zh-Hans"),
        ("髙橋 さくら", "ja"),
        ("渡邉󠄀 龍之介", "ja"),
        ("김민수", "ko"),
        ("محمد بن عبد الرحمن بن عبد العزيز العلي", "ar"),
        ("NGUYỄN Thị Phương Thảo ẬẪỮ", "vi"),
        ("Wolfeschlegelsteinhausen-Bergerdorff Maximilian", "de"),
        ("Anna-Maria Sophia Carolina von Hohenzollern-Z", "en"),
        ("Константин Константинопольский", "ru"),
        ("Jj Ŵ Ẫgjpq", "en"),
    ];
    let template = demo();
    for (name, language) in names {
        let badge = template.fill(&named(name, language)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_inside(&badge);
        assert_lines_apart(&badge);
        let drawn: String = lines_of(&badge, 1).concat();
        let plain = |text: &str| text.replace([' ', '\u{202B}', '\u{202C}'], "");
        assert!(plain(&drawn).starts_with(&plain(name)), "{drawn} lost something of {name}");
    }
}

#[test]
fn every_text_at_its_longest_still_fits_together() {
    let long = Texts {
        post: "副董事长兼首席执行官、技术委员会主任".to_owned(),
        enterprise: "大连北方精细化工与新能源材料产业发展集团股份有限公司".to_owned(),
        second_enterprise: "Dalian Northern Fine Chemicals and New Energy Materials Industrial \
                            Development Group Co., Ltd."
            .to_owned(),
        place: "中国香港 Hong Kong SAR, China".to_owned(),
        second_name: "ABDURISHIT Abdujelil Muhammad Turdi".to_owned(),
        ..named("阿卜杜热西提·阿卜杜吉力力·买买提", "zh-Hans")
    };
    let badge = demo().fill(&long).unwrap();
    assert_inside(&badge);
    assert_lines_apart(&badge);
}

#[test]
fn a_missing_text_leaves_no_line() {
    let bare = Texts { band: lin().band, name: "张".to_owned(), ..Texts::default() };
    let badge = demo().fill(&bare).unwrap();
    assert_eq!(badge.texts().len(), 1);
    assert!(!badge.svg().contains(r#"id="code""#));
}

#[test]
fn a_character_without_a_glyph_is_refused_by_field() {
    let refused =
        demo().fill(&Texts { enterprise: "海\u{F8F0}洋".to_owned(), ..lin() }).unwrap_err();
    let expected =
        BadgeError::MissingGlyph { field: "enterprise".to_owned(), characters: vec!['\u{F8F0}'] };
    assert_eq!(refused, expected);
}

#[test]
fn a_name_that_no_size_fits_is_refused_by_field() {
    let refused = demo().fill(&named(&"W".repeat(60), "en")).unwrap_err();
    assert_eq!(refused, BadgeError::DoesNotFit { field: "name".to_owned() });
}

#[test]
fn a_refusal_tells_nothing_about_the_person() {
    for name in ["Lin\u{1}Mei", "Lin Mei \u{F8F0}", &"LinMei".repeat(12)] {
        let message = demo().fill(&named(name, "en")).unwrap_err().to_string();
        assert!(!message.contains("Lin") && !message.contains("Mei"), "{message}");
    }
}

#[test]
fn markup_and_placeholders_in_a_text_are_printed_as_they_are() {
    let hostile = Texts {
        name: "<script>alert(1)</script>".to_owned(),
        second_name: "{{7*7}} & {% raw %}".to_owned(),
        enterprise: "\"/><image href='x'/>".to_owned(),
        post: "&lt;&#65;".to_owned(),
        ..lin()
    };
    let badge = demo().fill(&hostile).unwrap();
    let drawn = lines_of(&badge, 1).join(" ");
    for text in ["<script>alert", "{{7*7}} & {% raw %}", "\"/><image href='x'/>", "&lt;&#65;"] {
        assert!(drawn.contains(text), "{text} is not in {drawn}");
    }
    assert!(!badge.svg().contains("<script") && !badge.svg().contains("<image"));
}

#[test]
fn bold_stays_bold_in_every_script() {
    for (name, family) in [
        ("Łukasz", Family::Latin),
        ("王䶮", Family::Chinese),
        ("김민수", Family::Korean),
        ("さくら", Family::Japanese),
        ("محمد", Family::Arabic),
    ] {
        let badge = demo().fill(&named(name, "en")).unwrap();
        let text = badge.text("line-1-0").unwrap();
        let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
        for glyph in glyphs {
            assert_eq!(faces().describe(glyph.font), Some((family, true)), "{name}");
        }
    }
}

#[test]
fn a_fixed_text_of_the_template_falls_back_to_a_face_of_its_weight() {
    let svg = DEMO.replace("</svg>", r#"<text y="99" font-weight="700">Ab大会</text></svg>"#);
    let badge = Template::parse(&svg).unwrap().fill(&lin()).unwrap();
    let text = badge.texts().into_iter().last().unwrap();
    let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
    let faces: Vec<_> = glyphs.filter_map(|glyph| faces().describe(glyph.font)).collect();
    let (latin, han) = ((Family::Latin, true), (Family::Chinese, true));
    assert!(faces == [latin, latin, han, han] || faces == [han; 4], "{faces:?}");
}

#[test]
fn arabic_and_latin_in_one_line_lose_no_glyph() {
    // The ligature of lam and alef makes the faces disagree about the number of glyphs.
    let mixed =
        Texts { enterprise: "شركة الأعمال ABC (大连) لا".to_owned(), ..lin() };
    assert!(demo().fill(&mixed).is_ok());
}

#[test]
fn the_same_badge_gives_the_same_bytes() {
    let (one, two) = (demo().fill(&lin()).unwrap(), demo().fill(&lin()).unwrap());
    assert_eq!(one.svg(), two.svg());
    assert_eq!(one.pdf().unwrap(), two.pdf().unwrap());
    assert_eq!(one.png(300).unwrap(), two.png(300).unwrap());
}

#[test]
fn the_page_is_exactly_90_by_130_millimetres() {
    let pdf = demo().fill(&lin()).unwrap().pdf().unwrap();
    let text = String::from_utf8_lossy(&pdf);
    let media = text.split("/MediaBox").nth(1).unwrap().split(['[', ']']).nth(1).unwrap();
    let edges: Vec<f32> = media.split_whitespace().map(|n| n.parse().unwrap()).collect();
    assert_eq!(edges.len(), 4);
    for (edge, expected) in edges.iter().zip([0.0, 0.0, 90.0 / 25.4 * 72.0, 130.0 / 25.4 * 72.0]) {
        assert!((edge - expected).abs() < 0.001, "{media}");
    }
}

#[test]
fn a_document_has_a_page_for_each_badge() {
    let badge = demo().fill(&lin()).unwrap();
    let pdf = document([&badge, &badge, &badge]).unwrap();
    assert!(String::from_utf8_lossy(&pdf).contains("/Count 3"));
}

/// Reads the only code in a picture.
pub(crate) fn scanned(png: &[u8]) -> String {
    let picture = image::load_from_memory(png).unwrap().to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        picture.get_pixel(x as u32, y as u32).0[0]
    });
    let codes = prepared.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().unwrap().1
}

#[test]
fn the_code_on_the_badge_reads_back() {
    let badge = demo().fill(&lin()).unwrap();
    assert_eq!(scanned(&badge.png(1063).unwrap()), pass());
    assert_eq!(scanned(&badge.png(540).unwrap()), pass());
}

#[test]
fn the_code_on_the_badge_is_at_least_25_millimetres() {
    let size: f32 = DEMO
        .split("data-code")
        .nth(1)
        .unwrap()
        .split("width=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(size / 10.0 * 45.0 / 53.0 >= 25.0);
}

#[test]
fn a_band_that_is_no_colour_is_refused() {
    let refused = demo().fill(&Texts { band: "red".to_owned(), ..lin() }).unwrap_err();
    assert_eq!(refused, BadgeError::Colour { field: "band".to_owned() });
}

#[test]
fn a_picture_has_the_width_that_was_asked_for() {
    let png = demo().fill(&lin()).unwrap().png(900).unwrap();
    let picture = image::load_from_memory(&png).unwrap();
    assert_eq!((picture.width(), picture.height()), (900, 1300));
    assert!(demo().fill(&lin()).unwrap().png(0).is_err());
}

fn refused(svg: &str) -> TemplateError {
    Template::parse(svg).unwrap_err()
}

#[test]
fn a_broken_template_is_refused_with_the_place_to_look_at() {
    let unknown = refused(&DEMO.replace("{{ post }}", "{{ pots }}"));
    assert!(matches!(unknown, TemplateError::Placeholder(_)), "{unknown}");
    let open = refused(&DEMO.replace("</svg>", ""));
    assert!(matches!(open, TemplateError::Xml(_)), "{open}");
    let size = refused(&DEMO.replace("width=\"90mm\"", "width=\"900\""));
    assert_eq!(size, TemplateError::Size);
    let loose = refused(&DEMO.replace("</svg>", "<text y=\"9\">{{ name }}</text></svg>"));
    assert!(
        matches!(loose, TemplateError::Loose { ref placeholder, .. } if placeholder == "name"),
        "{loose}"
    );
    let attribute = refused(&DEMO.replace("</svg>", "<g id=\"{{ post }}\"/></svg>"));
    assert!(matches!(attribute, TemplateError::Loose { .. }), "{attribute}");
    let corners = refused(&DEMO.replace("data-box=\"60 140 780 104\"", "data-box=\"60 140 780\""));
    assert!(
        matches!(corners, TemplateError::Attribute { ref attribute, .. } if attribute == "data-box"),
        "{corners}"
    );
    let narrow =
        refused(&DEMO.replace("data-box=\"60 330 780 590\"", "data-box=\"60 330 20 590\""));
    assert!(matches!(narrow, TemplateError::Sample(_)), "{narrow}");
}

#[test]
fn a_template_reaches_no_file_and_runs_no_script() {
    for bad in [
        "<image href=\"file:///etc/hostname\"/>",
        "<script>1</script>",
        "<use href=\"https://example.org/x.svg#a\"/>",
        "<foreignObject/>",
    ] {
        let error = refused(&DEMO.replace("</svg>", &format!("{bad}</svg>")));
        assert!(matches!(error, TemplateError::Forbidden { .. }), "{bad}: {error}");
    }
}

fn pass_of(name: &str, language: &str) -> PassPicture {
    PassPicture {
        number: "482913".to_owned(),
        name: name.to_owned(),
        convention: "1st World Liaoning Entrepreneurs Convention".to_owned(),
        days: "25–27 September 2023".to_owned(),
        token: pass(),
        language: language.to_owned(),
    }
}

#[test]
fn a_pass_picture_reads_back_and_fills_a_phone() {
    for language in ["zh-Hans", "zh-Hant", "en", "ja", "ko", "ru", "ar", "fr", "es", "vi"] {
        let drawn =
            pass_of("欧阳静怡", language).draw().unwrap_or_else(|e| panic!("{language}: {e}"));
        assert!(drawn.texts().iter().all(|text| drawn.holds(text)), "{language}");
    }
    let png = pass_of("欧阳静怡", "zh-Hans").png().unwrap();
    assert_eq!(image::load_from_memory(&png).unwrap().width(), 1080);
    assert_eq!(scanned(&png), pass());
}

#[test]
fn a_pass_picture_asks_not_to_be_forwarded_in_the_own_language() {
    let said = |language: &str| {
        let drawn = pass_of("Lin Mei", language).draw().unwrap();
        drawn
            .texts()
            .iter()
            .flat_map(|text| text.chunks())
            .map(|c| c.text().to_owned())
            .collect::<String>()
    };
    assert!(said("zh-Hans").contains("请勿转发"));
    assert!(said("en").contains("Please do not forward"));
    assert!(said("en").contains("Valid 25–27 September 2023"));
    assert!(said("ja").contains("転送しないでください"));
}
