//! Names that break other programs, each on every shipped template: drawn inside the paper, or refused with a way out.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail by panicking"
)]

use std::fmt::Write;

use crate::tests::{lin, scanned};
use crate::{Badge, BadgeError, Template, Texts};

pub(crate) const SHIPPED: [&str; 4] = [
    include_str!("../../../demo/badges/badge.svg"),
    include_str!("../../../demo/badges/a6.svg"),
    include_str!("../../../demo/badges/label.svg"),
    include_str!("../../../demo/badges/place-card.svg"),
];

fn shipped() -> Vec<Template> {
    SHIPPED.iter().map(|svg| Template::parse(svg).unwrap()).collect()
}

/// Everything that can hold a person's text holds this one.
fn everywhere(text: &str) -> Texts {
    let text = || text.to_owned();
    Texts { second_name: text(), enterprise: text(), post: text(), ..named(&text(), "en") }
}

fn named(name: &str, language: &str) -> Texts {
    Texts { name: name.to_owned(), language: language.to_owned(), ..lin() }
}

/// Draws on every template; nothing leaves the paper, and the code still reads.
#[track_caller]
fn drawn(texts: &Texts) -> Vec<Badge> {
    let badges: Vec<Badge> = shipped()
        .iter()
        .map(|template| template.fill(texts).unwrap_or_else(|e| panic!("{}: {e}", texts.name)))
        .collect();
    for badge in &badges {
        for text in badge.texts() {
            assert!(badge.holds(text), "{} leaves the paper: {}", text.id(), texts.name);
        }
    }
    assert_eq!(scanned(&badges[0].png(720).unwrap()), texts.pass);
    badges
}

/// Returns what is written on a badge, without blanks and marks of direction.
fn written(badge: &Badge) -> String {
    let texts = badge.texts();
    let chunks = texts.iter().flat_map(|text| text.chunks());
    plain(&chunks.map(|chunk| chunk.text()).collect::<String>())
}

fn plain(text: &str) -> String {
    text.replace([' ', '\u{202B}', '\u{202C}'], "")
}

#[track_caller]
fn printed_as_it_is(text: &str) {
    for badge in drawn(&everywhere(text)) {
        assert!(written(&badge).contains(&plain(text)), "{text} is not on the badge");
    }
}

#[track_caller]
fn refused(texts: &Texts) -> BadgeError {
    let refusal = |template: &Template| match template.fill(texts) {
        Ok(_) => panic!("{} was drawn", texts.name),
        Err(error) => error,
    };
    let refused: Vec<BadgeError> = shipped().iter().map(refusal).collect();
    assert!(refused.windows(2).all(|pair| pair[0] == pair[1]), "{refused:?}");
    refused[0].clone()
}

#[test]
fn case_42_formulas_of_spreadsheets_are_text() {
    for text in ["=HYPERLINK(1)", "+SUM(A1)", "-2+3", "@SUM", "＝1+1"] {
        printed_as_it_is(text);
    }
    for text in ["\0=1", "\t=1+1"] {
        assert!(matches!(refused(&everywhere(text)), BadgeError::ControlCharacter { .. }));
    }
}

#[test]
fn case_43_markup_and_placeholders_are_text() {
    for text in ["<script>", "{{7*7}}", "${7*7}", "%s%n", "{% if x %}", "&amp;", "]]>", "<!--"] {
        printed_as_it_is(text);
    }
}

#[test]
fn case_44_marks_of_direction_and_of_no_width_do_not_turn_a_name_around() {
    for badge in drawn(&named("\u{202E}ieM\u{200B} \u{2066}NIL\u{FEFF}", "en")) {
        assert!(written(&badge).contains("ieMNIL"));
        assert!(!written(&badge).contains(['\u{202E}', '\u{200B}', '\u{2066}', '\u{FEFF}']));
    }
}

#[test]
fn case_44_sixty_four_marks_on_a_letter_are_refused_or_stay_on_the_paper() {
    let mut name = "Z".to_owned();
    for n in 0..64_u32 {
        let _ = write!(name, "{}", char::from_u32(0x300 + n % 32).unwrap());
    }
    for template in shipped() {
        match template.fill(&named(&name, "en")) {
            Ok(badge) => assert!(badge.texts().iter().all(|text| badge.holds(text))),
            Err(error) => assert!(matches!(error, BadgeError::DoesNotFit { .. }), "{error}"),
        }
    }
}

#[test]
fn case_44_rare_characters_of_the_extensions_are_drawn() {
    // Extension A, B, C, E and F, and the first block's latest additions.
    for name in ["王䶮", "𠮷野", "𫖮𫖯", "江𬸚", "𬭎", "㛃"] {
        for badge in drawn(&named(name, "zh-Hans")) {
            assert!(written(&badge).contains(name), "{name}");
        }
    }
}

#[test]
fn case_44_a_character_that_no_font_has_is_named_with_the_way_out() {
    // Private use, extension H, Tibetan, a family of emoji.
    for (name, points) in [
        ("王\u{E815}", "U+E815"),
        ("王\u{31350}", "U+31350"),
        ("\u{F56}\u{F66}\u{F7C}\u{F51}", "U+0F56, U+0F66, U+0F7C, U+0F51"),
        ("Lin 👨\u{200D}👩", "U+1F468, U+1F469"),
    ] {
        let said = refused(&named(name, "zh-Hans")).to_string();
        assert!(said.contains(points), "{said}");
        assert!(!said.contains("王") && !said.contains("Lin"), "{said}");
    }
}

#[test]
fn case_44_a_variant_of_a_character_is_drawn_in_its_usual_shape() {
    for name in ["渡邉\u{E0104}", "葛\u{E0100}城"] {
        drawn(&named(name, "ja"));
    }
}

#[test]
fn case_44_a_name_of_two_hundred_letters_is_refused_by_field() {
    let expected = BadgeError::DoesNotFit { field: "name".to_owned() };
    assert_eq!(refused(&named(&"W".repeat(200), "en")), expected);
}

#[test]
fn case_44_an_empty_name_and_one_of_blanks_leave_the_rest_in_place() {
    for name in ["", " ", "\u{3000}\u{A0}"] {
        for badge in drawn(&named(name, "en")) {
            assert!(written(&badge).contains("大连海洋精细化工"));
        }
    }
}

#[test]
fn case_45_naughty_strings_are_drawn_or_refused_in_words() {
    let strings = [
        "undefined",
        "NULL",
        "1/0",
        "-9223372036854775808",
        "0xffffffff",
        "¸˛Ç◊ı˜Â¯˘¿",
        "田中さんにあげて",
        "𐐜 𐐔",
        "表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀",
        "ヽ༼ຈل͜ຈ༽ﾉ",
        "בְּרֵאשִׁית",
        "ثم نفس سقطت وبالتحديد",
        "Ṱ̺̺̕o͞ ̷i̲̬n",
        "˙ɐnbᴉlɐ ɐuƃɐɯ",
        "<img src=x onerror=alert(1)>",
        "'; EXEC sp_MSForEachTable",
        "$HOME",
        "../../etc/passwd",
        "%d%s",
        "\u{1b}[0;31mred",
        "If you're reading this",
        "🏳️‍🌈",
        "ﷺ",
        "\u{202A}\u{202A}test\u{202A}",
        "Ａｂｃ",
    ];
    for text in strings {
        for template in shipped() {
            if let Err(error) = template.fill(&everywhere(text)) {
                let said = error.to_string();
                let known = matches!(
                    error,
                    BadgeError::MissingGlyph { .. }
                        | BadgeError::ControlCharacter { .. }
                        | BadgeError::DoesNotFit { .. }
                );
                assert!(known && !said.contains(text), "{said}");
            }
        }
    }
}

#[test]
fn case_46_names_of_files_are_text() {
    for text in ["../../x", "CON", "C:\\aux", "a.png"] {
        printed_as_it_is(text);
    }
    assert!(matches!(refused(&everywhere("a.b\0.png")), BadgeError::ControlCharacter { .. }));
}

#[test]
fn long_names_of_many_peoples_are_drawn_whole() {
    for (name, language) in [
        ("买买提·阿不都热依木", "zh-Hans"),
        ("古丽娜尔·买买提江", "zh-Hans"),
        ("阿卜杜热西提·阿卜杜吉力力·买买提江", "zh-Hans"),
        ("محمد بن عبد الرحمن بن عبد العزيز آل سعود", "ar"),
        ("شركة 2023 ABC (دبي) ٢٠٢٣", "ar"),
        ("ئابدۇرېھىم ئۆتكۈر", "ug"),
        ("กุลธิดา ศรีสวัสดิ์วัฒนา", "th"),
        ("สมชายวงศ์ประเสริฐกุลพัฒนา", "th"),
        ("श्रीकृष्ण चतुर्वेदी", "hi"),
        ("NGUYỄN Thị Phương Thảo ẬẪỮ", "vi"),
        ("María de los Ángeles FERNÁNDEZ DE CÓRDOBA Y VILLENA", "es"),
        ("Παπαδόπουλος Κωνσταντίνος", "el"),
        ("Салтыков-Щедрин Михаил Евграфович", "ru"),
        ("남궁민수", "ko"),
    ] {
        for badge in drawn(&named(name, language)) {
            assert!(written(&badge).contains(&plain(name)) || language == "ar", "{name}");
        }
    }
}

#[test]
fn a_word_longer_than_any_line_is_divided_as_a_last_resort() {
    let name = "Andrianampoinimerinatompokoindrindra Rakotomalala-Razafindrakoto";
    for badge in drawn(&named(name, "fr")) {
        let all = written(&badge);
        assert!(all.contains("ndra") && all.contains("Razafindrakoto"), "{all}");
        assert!(all.replace('-', "").contains(&plain(name).replace('-', "")), "{all}");
    }
}

#[test]
fn letters_of_an_input_method_are_drawn_as_letters() {
    for badge in drawn(&named("Ｊｏｈｎ　Ｓｍｉｔｈ３", "en")) {
        assert!(written(&badge).contains("JohnSmith3"));
    }
}

#[test]
fn the_order_of_a_latin_name_is_that_of_the_list() {
    for name in ["WANG Xiaoming", "KIM Minsu", "TAKAHASHI Sakura", "NGUYỄN Thị Thảo", "Maria SILVA"]
    {
        let texts = Texts { second_name: name.to_owned(), ..lin() };
        for badge in drawn(&texts) {
            assert!(written(&badge).contains(&plain(name)), "{name}");
        }
    }
}

/// Height and width of the name's ink on the badge, in millimetres; an enterprise and no more stands below it.
fn ink(name: &str, language: &str) -> (f32, f32) {
    let absent = String::new;
    let texts = Texts { post: absent(), second_enterprise: absent(), ..named(name, language) };
    let badge = shipped()[0].fill(&texts).unwrap();
    let ink = badge.text("line-1-0").unwrap().abs_stroke_bounding_box();
    (ink.height() * 25.4 / 96.0, ink.width() * 25.4 / 96.0)
}

#[test]
fn a_han_name_of_up_to_seven_characters_is_at_least_ten_millimetres_high() {
    for name in ["张", "王伟", "陈静怡", "欧阳静怡", "买买提江木", "古丽娜尔木提", "阿迪力买买提江"]
    {
        assert!(ink(name, "zh-Hans").0 >= 10.0, "{name}: {:?}", ink(name, "zh-Hans"));
    }
}

#[test]
fn a_short_han_name_is_not_lonely() {
    let (height, _) = ink("张", "zh-Hans");
    let (other, narrow) = ink("王伟", "zh-Hans");
    let (_, wide) = ink("陈静怡", "zh-Hans");
    assert!(height > other * 1.2, "one character is larger: {height} {other}");
    assert!(narrow > wide * 0.7, "two stand apart: {narrow} {wide}");
}

#[test]
fn bold_has_more_ink_than_regular_in_every_script() {
    let svg = |weight: u32| {
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="20mm" viewBox="0 0 600 200"><g data-box="10 10 580 180"><text data-fit="name" font-size="90" font-weight="{weight}">{{{{ name }}}}</text></g></svg>"##
        )
    };
    let dark = |weight, name: &str, language: &str| -> u64 {
        let badge = Template::parse(&svg(weight)).unwrap().fill(&named(name, language)).unwrap();
        let picture = image::load_from_memory(&badge.png(600).unwrap()).unwrap().to_luma8();
        picture.pixels().map(|pixel| u64::from(255 - pixel.0[0])).sum()
    };
    for (name, language) in [
        ("欧阳静", "zh-Hans"),
        ("歐陽靜", "zh-Hant"),
        ("髙橋", "ja"),
        ("さくら", "ja"),
        ("김민수", "ko"),
        ("Анна", "ru"),
        ("محمد", "ar"),
        ("Thảo", "vi"),
        ("Ελένη", "el"),
        ("สมชาย", "th"),
        ("कृष्ण", "hi"),
        ("Maria", "en"),
        ("𠮷䶮", "zh-Hans"),
    ] {
        let (regular, bold) = (dark(400, name, language), dark(700, name, language));
        assert!(bold * 100 > regular * 112, "{name}: {regular} {bold}");
    }
}

#[test]
fn arabic_letters_are_joined_and_run_from_the_right() {
    let badge = shipped()[0].fill(&named("محمد", "ar")).unwrap();
    let of = |badge: &Badge| {
        let text = badge.text("line-1-0").unwrap();
        let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
        let letters = glyphs.filter(|glyph| glyph.text.chars().any(char::is_alphabetic));
        letters.map(|glyph| (glyph.id, glyph.text.clone())).collect::<Vec<_>>()
    };
    let word = of(&badge);
    let alone = of(&shipped()[0].fill(&named("م", "ar")).unwrap())[0].0;
    assert!(word.iter().all(|(id, _)| *id != alone), "no meem stands alone");
    assert_eq!(word.first().unwrap().1, "د", "the last letter is leftmost");
}

#[test]
fn no_letter_stands_upon_the_sign_before_it() {
    for (name, language) in
        [("लक्ष्मीनारायण", "hi"), ("हिमालय", "hi"), ("น้ำจำปา", "th"), ("त्रिपाठी", "hi")]
    {
        let badge = shipped()[0].fill(&named(name, language)).unwrap();
        let text = badge.text("line-1-0").unwrap();
        let glyphs: Vec<_> =
            text.layouted().iter().flat_map(|span| &span.positioned_glyphs).collect();
        // Where the shaper itself would put them, without regard to clusters.
        let wanted = |data: &[u8], index| {
            let mut buffer = rustybuzz::UnicodeBuffer::new();
            buffer.push_str(name);
            let shaped =
                rustybuzz::shape(&rustybuzz::Face::from_slice(data, index).unwrap(), &[], buffer);
            let mut x = 0;
            let place = |position: &rustybuzz::GlyphPosition| {
                let own = x + position.x_offset;
                x += position.x_advance;
                own as f32
            };
            shaped.glyph_positions().iter().map(place).collect::<Vec<f32>>()
        };
        let database = crate::faces::faces().database();
        let wanted = database.with_face_data(glyphs[0].font, wanted).unwrap();
        assert_eq!(glyphs.len(), wanted.len());
        let first = glyphs[0].transform();
        for (glyph, wanted) in glyphs.iter().zip(wanted) {
            let found = (glyph.transform().tx - first.tx) / first.sx;
            assert!((found - wanted).abs() < 3.0, "{name}: {found} {wanted} of 1000");
        }
    }
}

#[test]
fn stacked_marks_of_two_lines_do_not_touch() {
    for (name, language) in [
        ("NGUYỄN ẬẪỮ Thị Phương ẬẪỮ Thảo ỆỂỄ", "vi"),
        ("श्रीकृष्ण चतुर्वेदी श्रीवास्तव ज्योतिर्मयी", "hi"),
        ("ปิ่นปินัทธ์ ศรีสวัสดิ์วัฒนกุลเจริญ ปิ่นญี่", "th"),
    ] {
        for badge in drawn(&named(name, language)) {
            let mut columns = std::collections::BTreeMap::new();
            for text in badge.texts().into_iter().filter(|text| text.id().starts_with("line-")) {
                let column = text.id().split('-').nth(1).unwrap_or_default().to_owned();
                let ink = text.stroke_bounding_box();
                if let Some(bottom) = columns.insert(column, ink.bottom()) {
                    assert!(ink.top() >= bottom - 2.0, "{name}: {} touches", text.id());
                }
            }
        }
    }
}
