//! What the dots of a label printer look like.

use badge::{Badge, BadgeError, Bits, Template, Texts, zpl};

use super::codes::picture;
use super::people::label;
use super::picture::Picture;
use super::support;

/// The modules of a plain pass's code on a side, its quiet zone included.
const MODULES: usize = 53;
const QUIET: usize = 4;

fn person() -> Texts {
    support::roster().swap_remove(3)
}

/// A template with nothing but a code, its box `side` millimetres on a side and `at` from the left and top.
fn code_of(side: f32, at: f32, around: &str) -> Template {
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="62mm" height="100mm" viewBox="0 0 62 100">
        <rect width="62" height="100" fill="#1F3A68"/>
        <g transform="{around}"><rect data-code="pass" x="{at}" y="{at}" width="{side}" height="{side}" fill="#FFF"/></g></svg>"##
    );
    Template::parse(&svg).unwrap()
}

/// Checks that every module is a square of `module` dots, all of one colour, and that the quiet zone is free.
///
/// Where exactly between two dots the middle of the box lies is a matter of rounding.
fn assert_whole(bits: &Bits, [left, top]: [usize; 2], module: usize) {
    let corners = (left - 1..=left + 1).flat_map(|x| (top - 1..=top + 1).map(move |y| [x, y]));
    let torn: Vec<_> = corners.map(|corner| torn(bits, corner, module)).collect();
    assert_eq!(torn.iter().filter(|torn| torn.is_none()).count(), 1, "{left}, {top}: {torn:?}");
}

/// Returns a module that is not whole if the code's corner is this one.
fn torn(bits: &Bits, [left, top]: [usize; 2], module: usize) -> Option<[usize; 2]> {
    let picture = picture(bits);
    let shade = |x: usize, y: usize| picture.shades[(top + y) * picture.width + left + x];
    let mut dark = 0;
    for row in 0..MODULES {
        for column in 0..MODULES {
            let first = shade(column * module, row * module);
            for (dx, dy) in (0..module).flat_map(|dx| (0..module).map(move |dy| (dx, dy))) {
                let here = shade(column * module + dx, row * module + dy);
                if here != first {
                    return Some([column, row]);
                }
            }
            let quiet = |at: usize| !(QUIET..MODULES - QUIET).contains(&at);
            if first == 0 && (quiet(column) || quiet(row)) {
                return Some([column, row]);
            }
            dark += usize::from(first == 0);
        }
    }
    assert!(dark > 600, "{dark} dark modules");
    None
}

#[test]
fn modules_are_whole_dots_of_equal_size_wherever_the_box_stands() {
    for (dpi, side, expected) in [(203, 20.0, 3), (203, 30.0, 4), (300, 30.0, 6), (600, 20.0, 8)] {
        for at in [2.0, 3.03, 4.71, 11.9] {
            let badge = code_of(side, at, "").fill(&person()).unwrap();
            assert_eq!(badge.module_dots(dpi), Some(expected as u32));
            let dot = 25.4 / dpi as f32;
            let left = ((at + side / 2.0) / dot - (MODULES * expected) as f32 / 2.0).round();
            assert_whole(&badge.bits(dpi).unwrap(), [left as usize; 2], expected);
        }
    }
}

#[test]
fn a_code_that_is_turned_stays_on_whole_dots() {
    let texts = person();
    for (around, place) in [("rotate(180 31 31)", [22.0, 22.0]), ("rotate(90 31 31)", [22.0, 10.0])]
    {
        let badge = code_of(30.0, 10.0, around).fill(&texts).unwrap();
        let corner = |mm: f32| ((mm + 15.0) * 203.0 / 25.4 - MODULES as f32 * 2.0).round() as usize;
        let bits = badge.bits(203).unwrap();
        assert_whole(&bits, place.map(corner), 4);
        assert_eq!(picture(&bits).code().as_deref(), Ok(texts.pass.as_str()), "{around}");
    }
}

#[test]
fn a_code_that_stands_aslant_is_read_all_the_same() {
    let badge = code_of(30.0, 12.0, "rotate(10 31 31)").fill(&person()).unwrap();
    let dots = picture(&badge.bits(300).unwrap());
    assert_eq!(dots.code(), Ok(person().pass));
    // From one corner to the other it is 45 modules of 0.57 mm, by ten degrees.
    assert!((48.0..56.0).contains(&dots.fall()), "{}", dots.fall());
}

#[test]
fn a_code_that_is_too_small_is_refused_with_the_millimetres_that_it_needs() {
    let drawn = |side: f32| code_of(side, 5.0, "").fill(&person()).unwrap();
    let refused = drawn(19.0).bits(203).unwrap_err();
    assert_eq!(refused, BadgeError::CodeTooSmall { dpi: 203, side: 190, needed: 199 });
    assert_eq!(
        refused.to_string(),
        "the QR code has 19.0 mm; a printer of 203 dpi needs at least 19.9 mm for it: \
         make its box in the template larger"
    );
    assert!(drawn(19.9).bits(203).is_ok());
    assert_eq!(drawn(19.0).module_dots(203), Some(2));
    assert!(drawn(19.0).bits(300).is_ok());
    // A fine printer draws three dots a module that no scanner sees.
    assert!(matches!(drawn(11.0).bits(600), Err(BadgeError::CodeTooSmall { needed: 135, .. })));
}

#[test]
fn a_badge_without_a_code_has_no_modules_and_prints() {
    let badge = support::template("badge.svg").fill(&Texts { pass: String::new(), ..person() }).unwrap();
    assert_eq!((badge.module_mm(), badge.module_dots(203)), (None, None));
    assert!(badge.bits(203).is_ok());
    let with_code = support::template("badge.svg").fill(&person()).unwrap();
    assert!((with_code.module_mm().unwrap() - 30.0 / 53.0).abs() < 0.001);
}

#[test]
fn the_picture_has_the_paper_s_size() {
    let badge = support::template("badge.svg").fill(&person()).unwrap();
    let size = |dpi| badge.bits(dpi).map(|bits| (bits.width(), bits.height(), bits.row_bytes()));
    assert_eq!(size(203), Ok((719, 1039, 90)));
    assert_eq!(size(300), Ok((1063, 1535, 133)));
    for dpi in [0, 99, 1201, u32::MAX] {
        assert_eq!(size(dpi), Err(BadgeError::Resolution { dpi }));
    }
    assert!(badge.bits(1200).is_ok());
}

#[test]
fn padding_is_white_and_a_dot_outside_is_white() {
    let bits = code_of(30.0, 5.0, "").fill(&person()).unwrap().bits(203).unwrap();
    assert_eq!((bits.width() % 8, bits.row_bytes()), (0, 62));
    let bits = support::template("badge.svg").fill(&person()).unwrap().bits(203).unwrap();
    assert!(bits.rows().all(|row| row[89] & 1 == 0), "719 dots leave one bit");
    assert!(bits.is_black(0, 0) && bits.is_black(718, 0));
    assert!(!bits.is_black(719, 0) && !bits.is_black(0, 1039) && !bits.is_black(0, 500));
}

fn band(shade: u8, letters: &str) -> Badge {
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="62mm" height="30mm" viewBox="0 0 620 300">
        <rect width="620" height="300" fill="#{shade:02X}{shade:02X}{shade:02X}"/>
        <g data-box="20 20 580 260"><text data-fit="name" font-size="100" font-weight="700" fill="{letters}" text-anchor="middle">{{{{ name }}}}</text></g></svg>"##
    );
    Template::parse(&svg).unwrap().fill(&person()).unwrap()
}

/// Returns the dots within `by` of a dot.
fn near(picture: &Picture, by: usize) -> impl Fn(usize) -> Vec<u8> + '_ {
    move |n| {
        let (x, y) = (n % picture.width, n / picture.width);
        let rows = y.saturating_sub(by)..(y + by + 1).min(picture.height);
        let columns = move |_: &usize| x.saturating_sub(by)..(x + by + 1).min(picture.width);
        rows.flat_map(|row| {
            columns(&row).map(move |column| picture.shades[row * picture.width + column])
        })
        .collect()
    }
}

#[test]
fn letters_are_readable_on_every_shade_and_in_every_colour() {
    let plain = picture(&band(255, "#000000").bits(203).unwrap());
    let near_plain = near(&plain, 1);
    let dots = 0..plain.shades.len();
    // Black on white, and what is around the letters but not in them.
    let inside: Vec<usize> =
        dots.clone().filter(|&n| near_plain(n).iter().all(|&s| s == 0)).collect();
    let wide = near(&plain, 2);
    let rim: Vec<usize> =
        dots.filter(|&n| near_plain(n).iter().all(|&s| s == 255) && wide(n).contains(&0)).collect();
    assert!(inside.len() > 1000 && rim.len() > 300);
    for shade in (0..=255).step_by(15) {
        for letters in ["#000000", "#54545C", "#808080", "#C8402F", "#F7E7C1", "#FFFFFF"] {
            let drawn = picture(&band(shade, letters).bits(203).unwrap());
            let ink = drawn.shades[inside[0]];
            assert!(inside.iter().all(|&n| drawn.shades[n] == ink), "{letters} on {shade}");
            let lost = rim.iter().filter(|&&n| drawn.shades[n] == ink).count();
            assert!(lost * 50 < rim.len(), "{letters} on {shade}: {lost} of {}", rim.len());
        }
    }
}

#[test]
fn grey_letters_are_as_strong_as_black_ones() {
    let strokes = |letters| {
        let picture = picture(&band(255, letters).bits(203).unwrap());
        picture.shades.iter().filter(|&&shade| shade == 0).count()
    };
    assert_eq!(strokes("#AAAAAA"), strokes("#000000"));
}

#[test]
fn a_band_between_black_and_white_is_a_screen() {
    let black = |shade| {
        let bits = band(shade, "#000000").bits(203).unwrap();
        let corner = (0..16).flat_map(|y| (0..16).map(move |x| (x, y)));
        corner.filter(|&(x, y)| bits.is_black(x, y)).count()
    };
    let blacks = [0, 100, 130, 160, 190, 220, 250].map(black);
    assert_eq!((blacks[0], blacks[1], blacks[6]), (256, 256, 0));
    assert!(blacks[1..].is_sorted_by(|a, b| a > b), "{blacks:?}");
}

#[test]
fn the_same_badge_gives_the_same_dots() {
    let (one, two) = (label().fill(&person()).unwrap(), label().fill(&person()).unwrap());
    assert_eq!(zpl(&one.bits(203).unwrap()), zpl(&two.bits(203).unwrap()));
}
