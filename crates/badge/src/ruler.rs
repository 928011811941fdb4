//! How wide and how high a text is, measured by the library that draws it.

use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::BadgeError;
use crate::breaks::{Allowed, Cut, Gaps, narrowest, pieces};
use crate::faces::{Order, Run, faces, is_bidi_control};
use crate::layout::Item;
use crate::markup::{escaped, visual_runs};
use crate::room::Room;

/// The optical middle of a line above its baseline, in em: half the height of a capital or of a Han character.
const MIDDLE: f32 = 0.37;
/// Free room above and below the ink of a line, in em.
const CLEARANCE: f32 = 0.02;
/// The size at which texts are measured.
const MEASURED_AT: f32 = 100.0;

/// Measures texts, each run of them only once.
pub(crate) struct Ruler {
    order: Order,
    /// By run and weight.
    measures: BTreeMap<(Run, bool), Measure>,
}

/// The size of a run, in em.
#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    width: f32,
    /// The highest ink above the baseline.
    rise: f32,
    /// The lowest ink below it.
    fall: f32,
}

impl Measure {
    fn of(text: &usvg::Text) -> Measure {
        let (advance, ink) = (text.bounding_box(), text.stroke_bounding_box());
        Measure {
            width: advance.width() / MEASURED_AT,
            rise: -ink.top() / MEASURED_AT,
            fall: ink.bottom() / MEASURED_AT,
        }
    }
}

impl Ruler {
    pub(crate) fn new(order: Order) -> Ruler {
        Ruler { order, measures: BTreeMap::new() }
    }

    /// Measures these texts in one drawing, so that asking for them one by one costs nothing.
    pub(crate) fn measure(&mut self, texts: Vec<(&str, &Item)>) -> Result<(), BadgeError> {
        let runs = texts.into_iter().flat_map(|(text, item)| {
            let runs = visual_runs(text, self.order.for_text(&item.text)).into_iter();
            runs.map(|run| (run, item.bold))
        });
        let new: BTreeSet<_> = runs.filter(|run| !self.measures.contains_key(run)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let markup: String =
            new.iter().enumerate().map(|(n, (run, bold))| markup(n, run, *bold)).collect();
        let drawing = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">{markup}</svg>"#
        );
        let tree = crate::badge::tree(&drawing, self.order)?;
        for (n, run) in new.into_iter().enumerate() {
            let measure = match tree.node_by_id(&format!("m{n}")) {
                Some(usvg::Node::Text(text)) => Measure::of(text),
                _ => Measure::default(),
            };
            let measure =
                Measure { width: measure.width + Room::of(&run.0, run.1).total(), ..measure };
            // Blanks without ink are left out of a drawing, yet they keep words apart.
            let measure = match blanks(&run.0.text) {
                Some(count) => Measure { width: faces().space() * count, ..measure },
                None => measure,
            };
            self.measures.insert(run, measure);
        }
        Ok(())
    }

    /// Returns the runs of a line from left to right, each with its width in em, letter spacing included.
    pub(crate) fn runs(&mut self, line: &str, item: &Item) -> Result<Vec<(f32, Run)>, BadgeError> {
        let measured = self.measured(line, item)?.into_iter();
        let width = |measure: Measure, run: &Run| {
            measure.width + clusters(&run.text) * item.spacing_of(run)
        };
        Ok(measured.map(|(measure, run)| (width(measure, &run), run)).collect())
    }

    /// Returns the width of a line, in em.
    pub(crate) fn width(&mut self, line: &str, item: &Item) -> Result<f32, BadgeError> {
        let runs = self.runs(line, item)?;
        let width: f32 = runs.iter().map(|(width, _)| width).sum();
        Ok(width - runs.last().map_or(0.0, |(_, run)| item.spacing_of(run)))
    }

    /// Returns what a line takes above and below its baseline, in em: the designer's distance of lines, or more where
    /// ink needs it, as Arabic below and Vietnamese above.
    pub(crate) fn extent(&mut self, item: &Item) -> Result<(f32, f32), BadgeError> {
        let half = item.leading / 2.0;
        let (mut above, mut below) = (half + MIDDLE, half - MIDDLE);
        for (measure, _) in self.measured(&item.text, item)? {
            above = above.max(measure.rise + CLEARANCE);
            below = below.max(measure.fall + CLEARANCE);
        }
        Ok((above, below))
    }

    /// Cuts an item's text into at most `count` lines, the widest as narrow as can be.
    pub(crate) fn cut(
        &mut self,
        item: &Item,
        allowed: Allowed,
        count: usize,
    ) -> Result<Cut, BadgeError> {
        let pieces = pieces(&item.text, allowed);
        if let [only] = pieces.as_slice() {
            let lines = vec![only.text.clone()];
            return Ok(Cut { lines, widest: self.width(&item.text, item)? });
        }
        self.measure(pieces.iter().map(|piece| (piece.text.as_str(), item)).collect())?;
        let widths = pieces.iter().map(|piece| self.width(&piece.text, item));
        let widths = widths.collect::<Result<Vec<f32>, BadgeError>>()?;
        let spaced: Vec<f32> = widths.iter().map(|width| width + item.spacing).collect();
        let space = faces().space() + item.spacing;
        let hyphen = self.width("-", item)? + item.spacing;
        Ok(narrowest(&pieces, &spaced, Gaps { space, hyphen }, count))
    }

    fn measured(&mut self, line: &str, item: &Item) -> Result<Vec<(Measure, Run)>, BadgeError> {
        self.measure(vec![(line, item)])?;
        let runs = visual_runs(line, self.order.for_text(&item.text)).into_iter();
        let of = |run: &Run| self.measures.get(&(run.clone(), item.bold)).copied();
        Ok(runs.map(|run| (of(&run).unwrap_or_default(), run)).collect())
    }
}

/// Counts what letter spacing stands behind.
fn clusters(text: &str) -> f32 {
    text.graphemes(true).filter(|cluster| !cluster.chars().all(is_bidi_control)).count() as f32
}

/// Counts the blanks of a text that has nothing else to see.
fn blanks(text: &str) -> Option<f32> {
    let seen = |c: &char| !is_bidi_control(*c);
    let all = text.chars().filter(seen).all(char::is_whitespace);
    all.then(|| text.chars().filter(seen).count() as f32)
}

fn markup(n: usize, run: &Run, bold: bool) -> String {
    let weight = if bold { 700 } else { 400 };
    let (family, text) = (run.family.name(), escaped(&run.text));
    format!(
        r#"<text id="m{n}" xml:space="preserve" font-size="{MEASURED_AT}" font-weight="{weight}" font-family="{family}">{text}</text>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Place;

    #[test]
    fn blanks_keep_words_of_two_directions_apart() {
        let item = Item {
            field: "days".to_owned(),
            text: String::new(),
            bold: false,
            font_size: 10.0,
            anchor: Place::Middle,
            wrap: 75,
            lines: 1,
            min: 55,
            gap: 0.0,
            leading: 1.2,
            spacing: 0.0,
            picture: None,
        };
        let mut ruler = Ruler::new(Order::for_language("ar"));
        let wide = ruler.width("صالح 27", &item).unwrap();
        let tight = ruler.width("صالح27", &item).unwrap();
        assert!((wide - tight - faces().space()).abs() < 0.01, "{wide} {tight}");
    }
}
