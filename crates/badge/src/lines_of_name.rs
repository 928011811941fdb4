//! Lines of a name that stands on a badge as a picture: where it is cut, and how many a picture has.
//!
//! A picture is only as readable as its letters are high. It says nothing of its lines; its shape does, beside the name.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

use crate::breaks::{Allowed, Cut, Gaps, is_ideographic, narrowest, pieces};

/// Distance of lines, in em.
pub(crate) const LEADING: f32 = 1.15;
/// A line that is wider, in em, is cut: up to here a Han name is read from afar.
const COMFORTABLE: f32 = 7.0;
/// Most lines; names that need more are for no badge.
const MOST: usize = 3;
/// A natural break may make the widest line this much wider than a break between two Han characters would.
const WORTH_A_NATURAL_BREAK: f32 = 1.25;
/// The usual width of letters that are not as wide as high, and of a blank, in em.
const LETTER: f32 = 0.6;
const BLANK: f32 = 0.3;

/// Cuts a name into the lines of its picture.
pub(crate) fn lines(name: &str) -> Vec<String> {
    let count = ((rough_width(name) / COMFORTABLE).ceil() as usize).clamp(1, MOST);
    if count == 1 {
        return vec![name.to_owned()];
    }
    let cut = |allowed| -> Cut {
        let pieces = pieces(name, allowed);
        let widths: Vec<f32> = pieces.iter().map(|piece| rough_width(&piece.text)).collect();
        narrowest(&pieces, &widths, Gaps { space: BLANK, hyphen: LETTER }, count)
    };
    let (natural, every) = (cut(Allowed::Natural), cut(Allowed::Every));
    match natural.widest <= every.widest * WORTH_A_NATURAL_BREAK {
        true => natural.lines,
        false => every.lines,
    }
}

/// Returns how many lines of a name a picture of this shape (width by height) most probably shows.
pub(crate) fn shown(name: &str, shape: f32) -> usize {
    let width = rough_width(name);
    let off = |count: usize| (shape * height(count) * count as f32 / width).ln().abs();
    let most = name.graphemes(true).filter(|cluster| rough_width(cluster) >= LETTER).count();
    let counts = 1..=most.max(1);
    counts.min_by(|&a, &b| off(a).total_cmp(&off(b))).unwrap_or(1)
}

/// Returns the height of so many lines, in em.
pub(crate) fn height(lines: usize) -> f32 {
    1.0 + lines.saturating_sub(1) as f32 * LEADING
}

/// Guesses how wide a text of any script is, in em: no built-in face can measure it.
fn rough_width(text: &str) -> f32 {
    // First of all, because tables of categories do not know the latest Han characters.
    let width = |c: char| match c.general_category_group() {
        _ if is_ideographic(c) => 1.0,
        GeneralCategoryGroup::Mark | GeneralCategoryGroup::Other => 0.0,
        GeneralCategoryGroup::Separator => BLANK,
        _ => LETTER,
    };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_where_a_reader_expects_it() {
        assert_eq!(lines("王𪻐𡒄"), ["王𪻐𡒄"]);
        assert_eq!(lines("𪻐𡒄买买提·阿卜杜喀迪尔"), ["𪻐𡒄买买提·", "阿卜杜喀迪尔"]);
        assert_eq!(lines(&"𪻐".repeat(30)), ["𪻐".repeat(10), "𪻐".repeat(10), "𪻐".repeat(10)]);
        assert_eq!(lines("བསྟན་འཛིན"), ["བསྟན་འཛིན"]);
    }

    #[test]
    fn a_picture_shows_as_many_lines_as_its_shape_says() {
        for name in ["王𪻐", "王𪻐𡒄", "𪻐𡒄买买提阿卜杜喀迪尔"] {
            let count = name.chars().count();
            for lines in 1..=count.min(3) {
                let wide = count.div_ceil(lines) as f32;
                // Nobody writes exactly as wide as high.
                for stretched in [0.8, 1.0, 1.2] {
                    let shape = wide * stretched / height(lines);
                    assert_eq!(shown(name, shape), lines, "{name} {stretched}");
                }
            }
        }
        assert_eq!(shown("王𪻐𡒄", 0.3), 3, "written downwards");
        assert_eq!(shown("𪻐", 0.3), 1);
        assert_eq!(shown("", 3.0), 1);
    }
}
