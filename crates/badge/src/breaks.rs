//! Where a text may be cut into lines, and the cut that keeps the widest line narrowest.

use std::collections::BTreeSet;

use icu_segmenter::LineSegmenter;
use unicode_segmentation::UnicodeSegmentation;

/// A stretch of text that stays on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// What stands between this piece and the next.
    pub(crate) then: Then,
}

/// What stands after a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// A space, which vanishes at the end of a line.
    Space,
    /// A place where a reader expects a break: after a middle dot or a hyphen, before a bracket or a company's legal form.
    Seam,
    /// A place between two Han characters or two Thai words: allowed, but only as the last resort.
    Anywhere,
    /// A place inside of a word; a line that ends here gets a hyphen.
    Torn,
}

/// Which breaks may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Between the parts of a text: after a comma or a dot, before a bracket, where the script changes. What belongs together,
    /// such as Hong Kong, stays so.
    Parts,
    /// Between words, never at a hyphen.
    Words,
    Natural,
    Every,
    /// Inside of very long words too, with a hyphen.
    Torn,
}

/// A line ends after these, which stay with it.
const ENDS_A_PART: &str = "·・•‧-－–/，、";
/// Of these, those between which a text has parts; hyphens hold words together.
const BETWEEN_PARTS: &str = "·・•/，、,;；";
const HYPHENS: [char; 5] = ['-', '－', '–', '‧', '‐'];
/// Words with more letters may be divided where nothing else helps, into equal parts of at most so many.
const LONG_WORD: usize = 16;
const LONGEST_PART: usize = 20;
const OPENING: &str = "（(「『【〔《〈“‘";
const CLOSING: &str = "）)」』】〕》〉”’·・•‧-－–/，、。．,.;；：:！!？?ーゝゞ々〻ぁぃぅぇぉっゃゅょァィゥェォッャュョ%％";
const LEGAL_FORMS: [&str; 5] = ["股份有限公司", "有限责任公司", "有限公司", "股份公司", "株式会社"];

/// Words that lean on the next one: a name is read wrongly when a line ends with them.
const LEANING: [&str; 41] = [
    "de", "del", "la", "las", "los", "y", "e", "da", "do", "dos", "das", "di", "du", "van", "von",
    "der", "den", "ter", "ten", "zu", "bin", "ibn", "bint", "binti", "bte", "al", "el", "abdul",
    "a/l", "a/p", "st.", "co.,", "بن", "ابن", "بنت", "عبد", "أبو", "ابو", "أبي", "أم", "آل",
];

/// Cuts a text at every allowed place.
pub(crate) fn pieces(text: &str, allowed: Allowed) -> Vec<Piece> {
    let thai = thai_words(text);
    let mut pieces = Vec::new();
    let mut current = String::new();
    let mut cut = |current: &mut String, then: Then| {
        if !current.is_empty() {
            pieces.push(Piece { text: std::mem::take(current), then });
        }
    };
    for (at, cluster) in text.grapheme_indices(true) {
        let (before, after) = text.split_at(at);
        if cluster == " " {
            let holds = match allowed {
                Allowed::Every | Allowed::Torn => false,
                Allowed::Natural | Allowed::Words => is_leaning(last_word(&current)),
                Allowed::Parts => is_leaning(last_word(&current)) || !are_parts(before, after),
            };
            if holds {
                current.push(' ');
            } else {
                cut(&mut current, Then::Space);
            }
            continue;
        }
        let boundary = boundary(before, after)
            .or_else(|| thai.contains(&at).then_some(Then::Anywhere))
            .or_else(|| is_inside_a_long_word(before, after).then_some(Then::Torn));
        match boundary {
            Some(Then::Torn) if allowed != Allowed::Torn => {}
            Some(Then::Anywhere) if !matches!(allowed, Allowed::Every | Allowed::Torn) => {}
            Some(Then::Seam) if allowed == Allowed::Parts && !are_parts(before, after) => {}
            Some(Then::Seam) if allowed == Allowed::Words && before.ends_with(HYPHENS) => {}
            Some(then) => cut(&mut current, then),
            None => {}
        }
        current.push_str(cluster);
    }
    cut(&mut current, Then::Space);
    pieces
}

fn boundary(before: &str, after: &str) -> Option<Then> {
    let (previous, next) = (before.chars().next_back()?, after.chars().next()?);
    if CLOSING.contains(next) || OPENING.contains(previous) || previous == ' ' {
        return None;
    }
    if ENDS_A_PART.contains(previous) || OPENING.contains(next) || starts_legal_form(before, after)
    {
        return Some(Then::Seam);
    }
    (is_ideographic(previous) || is_ideographic(next)).then_some(Then::Anywhere)
}

/// Tells whether a text has two parts here, a blank aside.
fn are_parts(before: &str, after: &str) -> bool {
    let ends = (before.trim_end().chars().next_back(), after.trim_start().chars().next());
    let (Some(previous), Some(next)) = ends else { return false };
    let is_word = |c: char| c.is_alphabetic();
    BETWEEN_PARTS.contains(previous)
        || OPENING.contains(next)
        || (is_word(previous) && is_word(next) && is_han(previous) != is_han(next))
}

/// Tells whether a very long word of letters that do not join may be divided here.
fn is_inside_a_long_word(before: &str, after: &str) -> bool {
    // Latin, Greek, Cyrillic, with their marks.
    let of_word =
        |c: &char| (c.is_alphabetic() || matches!(c, '\u{300}'..='\u{36F}')) && *c < '\u{530}';
    let head = before.chars().rev().take_while(of_word).count();
    let letters = head.saturating_add(after.chars().take_while(of_word).count());
    let parts = letters.div_ceil(LONGEST_PART).max(2);
    letters > LONG_WORD
        && (1..letters).contains(&head)
        && head.is_multiple_of(letters.div_ceil(parts))
}

fn is_leaning(word: &str) -> bool {
    LEANING.contains(&word.to_lowercase().as_str())
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or_default()
}

/// Returns where words begin that stand behind another without a space, as Thai writes them: a dictionary knows.
fn thai_words(text: &str) -> BTreeSet<usize> {
    if !text.chars().any(is_thai) {
        return BTreeSet::new();
    }
    let segmenter = LineSegmenter::new_dictionary(Default::default());
    let inside = |&at: &usize| {
        let (before, after) = text.split_at_checked(at).unwrap_or_default();
        before.ends_with(is_thai) && after.starts_with(is_thai)
    };
    segmenter.segment_str(text).filter(inside).collect()
}

fn is_thai(c: char) -> bool {
    matches!(c, '\u{0E01}'..='\u{0E5B}')
}

fn starts_legal_form(before: &str, after: &str) -> bool {
    let inside_a_longer_form = before.ends_with("股份");
    !inside_a_longer_form && LEGAL_FORMS.iter().any(|form| after.starts_with(form))
}

/// Tells whether a line may end at a character, and it is as wide as high: Han, Kana, Hangul, full-width signs.
pub(crate) fn is_ideographic(c: char) -> bool {
    is_han(c)
        || matches!(c, '\u{2E80}'..='\u{33FF}' | '\u{4DC0}'..='\u{4DFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{FF00}'..='\u{FFEF}')
}

/// Tells whether a character is Han: the first block, the extensions, those for compatibility.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' | '〇' | '々')
}

/// A text cut into lines, and the width of the widest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    pub(crate) lines: Vec<String>,
    pub(crate) widest: f32,
}

/// The widths of what stands between pieces, or ends a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaps {
    pub(crate) space: f32,
    pub(crate) hyphen: f32,
}

/// Returns the cut into at most `count` lines whose widest line is narrowest; `widths` are those of the pieces.
pub(crate) fn narrowest(pieces: &[Piece], widths: &[f32], gaps: Gaps, count: usize) -> Cut {
    let mut limits = possible_widths(pieces, widths, gaps);
    limits.sort_by(f32::total_cmp);
    let enough =
        limits.partition_point(|&limit| filled(pieces, widths, gaps, limit).lines.len() > count);
    let limit = limits.get(enough).or(limits.last()).copied().unwrap_or_default();
    filled(pieces, widths, gaps, limit)
}

/// Every width that a line of neighbouring pieces can have.
fn possible_widths(pieces: &[Piece], widths: &[f32], gaps: Gaps) -> Vec<f32> {
    let mut all = Vec::new();
    for start in 0..pieces.len() {
        let mut width = 0.0;
        let mut gap = 0.0;
        for (piece, own) in pieces.iter().zip(widths).skip(start) {
            width += gap + own;
            gap = gap_after(piece, gaps);
            all.push(width + end_of(piece, gaps));
        }
    }
    all
}

/// Fills lines from the left, none wider than `limit` unless a single piece is.
fn filled(pieces: &[Piece], widths: &[f32], gaps: Gaps, limit: f32) -> Cut {
    let mut cut = Cut { lines: Vec::new(), widest: 0.0 };
    let mut line = String::new();
    let (mut width, mut gap, mut end) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (piece, own) in pieces.iter().zip(widths) {
        // The tolerance is for sums of the same numbers in another order.
        if !line.is_empty() && width + gap + own + end_of(piece, gaps) > limit + 1e-4 {
            cut.widest = cut.widest.max(width + end);
            if end > 0.0 {
                line.push('-');
            }
            cut.lines.push(std::mem::take(&mut line));
            (width, gap) = (0.0, 0.0);
        }
        if gap > 0.0 {
            line.push(' ');
        }
        line.push_str(&piece.text);
        width += gap + own;
        gap = gap_after(piece, gaps);
        end = end_of(piece, gaps);
    }
    cut.widest = cut.widest.max(width);
    cut.lines.push(line);
    cut
}

fn gap_after(piece: &Piece, gaps: Gaps) -> f32 {
    if piece.then == Then::Space { gaps.space } else { 0.0 }
}

/// Returns the width of what a line gets that ends with this piece.
fn end_of(piece: &Piece, gaps: Gaps) -> f32 {
    if piece.then == Then::Torn { gaps.hyphen } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character one em wide, as Han is.
    fn cut(text: &str, allowed: Allowed, count: usize) -> Vec<String> {
        let pieces = pieces(text, allowed);
        let widths: Vec<f32> = pieces.iter().map(|p| p.text.chars().count() as f32).collect();
        narrowest(&pieces, &widths, Gaps { space: 1.0, hyphen: 1.0 }, count).lines
    }

    #[test]
    fn a_long_name_breaks_after_its_dot() {
        assert_eq!(cut("阿迪力·买买提", Allowed::Natural, 2), ["阿迪力·", "买买提"]);
    }

    #[test]
    fn a_company_breaks_before_its_legal_form() {
        assert_eq!(
            cut("沈阳东方海洋新材料股份有限公司", Allowed::Natural, 2),
            ["沈阳东方海洋新材料", "股份有限公司"]
        );
        assert_eq!(cut("沈阳海洋有限公司", Allowed::Natural, 2), ["沈阳海洋", "有限公司"]);
    }

    #[test]
    fn a_word_that_leans_on_the_next_does_not_end_a_line() {
        assert_eq!(
            cut("María de los Ángeles Fernández y Villaverde", Allowed::Natural, 3),
            ["María de los Ángeles", "Fernández", "y Villaverde"]
        );
        assert_eq!(
            cut("محمد بن عبد الرحمن بن عبد العزيز", Allowed::Natural, 3),
            ["محمد", "بن عبد الرحمن", "بن عبد العزيز"]
        );
        assert_eq!(
            cut("Wolfgang VON SCHARFENBERG", Allowed::Natural, 2),
            ["Wolfgang", "VON SCHARFENBERG"]
        );
        assert_eq!(cut("Ludwig van", Allowed::Natural, 2), ["Ludwig", "van"]);
    }

    #[test]
    fn thai_breaks_between_words_and_never_inside_one() {
        let company = "บริษัทพลังงานอนาคตแห่งเอเชีย";
        assert_eq!(cut(company, Allowed::Natural, 3), [company]);
        for count in 2..5 {
            let lines = cut(company, Allowed::Every, count);
            assert!((2..=count).contains(&lines.len()), "{lines:?}");
            assert_eq!(lines.concat(), company);
            let words = ["บริษัท", "พลังงาน", "อนาคต", "แห่ง", "เอเชีย"];
            for line in lines {
                assert!(words.iter().any(|word| line.starts_with(word)), "{line}");
            }
        }
        assert_eq!(cut("กุลธิดา ศรีสวัสดิ์", Allowed::Natural, 2), ["กุลธิดา", "ศรีสวัสดิ์"]);
    }

    #[test]
    fn han_breaks_anywhere_only_when_that_is_allowed() {
        assert_eq!(cut("欧阳静怡", Allowed::Natural, 2), ["欧阳静怡"]);
        assert_eq!(cut("欧阳静怡", Allowed::Every, 2), ["欧阳", "静怡"]);
    }

    #[test]
    fn latin_words_stay_whole_and_lines_are_even() {
        assert_eq!(
            cut("Liaoning Overseas Advanced Materials", Allowed::Every, 2),
            ["Liaoning Overseas", "Advanced Materials"]
        );
        assert_eq!(cut("Jean-Pierre", Allowed::Natural, 2), ["Jean-", "Pierre"]);
    }

    #[test]
    fn a_hyphen_holds_words_together_where_words_are_enough() {
        let name = "O'Neill-García y Vega";
        assert_eq!(cut(name, Allowed::Words, 2), ["O'Neill-García", "y Vega"]);
        assert_eq!(cut(name, Allowed::Natural, 2), ["O'Neill-", "García y Vega"]);
    }

    #[test]
    fn a_very_long_word_is_divided_with_a_hyphen() {
        let name = "Andrianampoinimerinatompo Rakoto";
        assert_eq!(cut(name, Allowed::Every, 3).len(), 2);
        assert_eq!(cut(name, Allowed::Torn, 3), ["Andrianampoin-", "imerinatompo", "Rakoto"]);
        assert_eq!(cut("Wolfeschlegelst", Allowed::Torn, 3), ["Wolfeschlegelst"]);
    }

    #[test]
    fn parts_of_a_text_stay_together() {
        let lines = |text| cut(text, Allowed::Parts, 2);
        assert_eq!(lines("中国香港 Hong Kong SAR"), ["中国香港", "Hong Kong SAR"]);
        assert_eq!(lines("Ocean Materials, Hong Kong"), ["Ocean Materials,", "Hong Kong"]);
        assert_eq!(lines("Ocean (Hong Kong) Limited"), ["Ocean", "(Hong Kong) Limited"]);
        assert_eq!(lines("Ocean Shipping Co., Ltd."), ["Ocean Shipping Co., Ltd."]);
        assert_eq!(lines("Jean-Pierre Martin"), ["Jean-Pierre Martin"]);
        assert_eq!(lines("阿迪力·买买提"), ["阿迪力·", "买买提"]);
    }

    #[test]
    fn no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() {
        for count in 2..6 {
            for line in cut("北方（大连）精细化工、新能源ー公司", Allowed::Every, count)
            {
                assert!(!line.starts_with(['）', '、', 'ー']) && !line.ends_with('（'), "{line}");
            }
        }
    }

    #[test]
    fn an_empty_text_is_one_empty_line() {
        assert_eq!(cut("", Allowed::Every, 2), [""]);
    }
}
