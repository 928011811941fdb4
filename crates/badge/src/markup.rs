//! Text on its way into SVG: escaped, and cut into runs of one face each.

use crate::faces::{Order, Run, faces};

const RIGHT_TO_LEFT: char = '\u{202B}';
const END_OF_DIRECTION: char = '\u{202C}';

/// Returns the runs of a line from left to right, each to be drawn on its own.
///
/// They are drawn one by one because the SVG library loses glyphs when it merges faces that make different numbers of
/// glyphs from one text, as Arabic with its ligatures does. It also lays everything out from the left: in a line that
/// begins in Arabic or Hebrew the runs change sides here, and each gets its direction from two marks.
pub(crate) fn visual_runs(line: &str, order: Order) -> Vec<Run> {
    let runs = faces().runs(line, order);
    if !is_right_to_left(line) {
        return runs;
    }
    let mut parts: Vec<Run> = runs.into_iter().flat_map(parted).collect();
    parts.reverse();
    for run in parts.iter_mut().filter(|run| !has_left_to_right(&run.text)) {
        run.text = format!("{RIGHT_TO_LEFT}{}{END_OF_DIRECTION}", run.text);
    }
    parts
}

/// Cuts off what belongs to the line and not to the run: spaces and brackets around a Latin word in an Arabic line
/// stand, and open, the Arabic way.
fn parted(run: Run) -> Vec<Run> {
    let outer: fn(char) -> bool =
        if has_left_to_right(&run.text) { |c| !c.is_alphanumeric() } else { char::is_whitespace };
    let core = run.text.trim_matches(outer);
    let (before, after) = run.text.split_once(core).unwrap_or_default();
    let parts = [before, core, after].into_iter().filter(|part| !part.is_empty());
    parts.map(|part| Run { family: run.family, text: part.to_owned() }).collect()
}

fn has_left_to_right(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() && !is_right_to_left_letter(c))
}

/// Returns a text that can stand in XML as content or as an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}

fn is_right_to_left(text: &str) -> bool {
    text.chars().find(|c| c.is_alphabetic()).is_some_and(is_right_to_left_letter)
}

fn is_right_to_left_letter(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visual(line: &str) -> Vec<String> {
        let runs = visual_runs(line, Order::for_language("en"));
        let marks = [RIGHT_TO_LEFT, END_OF_DIRECTION];
        runs.into_iter().map(|run| run.text.replace(marks, "")).collect()
    }

    #[test]
    fn markup_in_a_text_is_only_text() {
        assert_eq!(escaped("<script>&\""), "&lt;script&gt;&amp;&quot;");
    }

    #[test]
    fn an_arabic_line_begins_at_its_right() {
        assert_eq!(visual("شركة ABC لا"), ["لا", " ", "ABC", " ", "شركة"]);
    }

    #[test]
    fn brackets_around_latin_in_an_arabic_line_are_the_line_s() {
        assert_eq!(visual("شركة (Gulf Co.)"), [".)", "Gulf Co", "شركة ("]);
    }

    #[test]
    fn a_range_of_days_in_an_arabic_line_stays_in_order() {
        assert_eq!(visual("صالح 25–27"), ["25–27", " ", "صالح"]);
    }

    #[test]
    fn a_latin_line_begins_at_its_left() {
        assert_eq!(visual("Lin محمد"), ["Lin ", "محمد"]);
    }
}
