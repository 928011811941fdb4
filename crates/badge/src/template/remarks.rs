//! What is drawn otherwise than the designer's program shows it, in sentences with lines: no mistake, and worth knowing.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

use super::boxes::{Boxes, carrier};
use super::line_of;
use super::style::{Sheet, sheets_of};

/// Families that every program takes for "any will do".
const GENERIC: [&str; 5] = ["sans-serif", "sans", "serif", "monospace", "system-ui"];
const BUILT_IN: &str = "noto sans";

/// Returns the remarks on one side; each family is named once.
pub(super) fn of(document: &Document, boxes: &Boxes) -> Vec<String> {
    let css = sheets_of(document);
    let sheet = Sheet::parse(&css);
    let (mut remarks, mut families) = (Vec::new(), BTreeSet::new());
    for text in document.descendants().filter(|node| is_text(*node)) {
        let words = carrier(text);
        let style = |name: &str| sheet.computed(words, name).unwrap_or_default();
        let mut remark = |what: String| remarks.push(format!("line {}: {what}", line_of(text)));
        let family = style("font-family");
        let first = family.split(',').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        let lower = first.to_lowercase();
        let known = lower.is_empty() || lower.starts_with(BUILT_IN) || GENERIC.contains(&&*lower);
        if !known && families.insert(lower) {
            remark(format!("the font {first} is not built in; its texts are drawn in Noto Sans"));
        }
        if matches!(style("font-style").as_str(), "italic" | "oblique") {
            remark("there are no italics; it is drawn upright".to_owned());
        }
        if boxes.hold(text) {
            let has = |name: &str| text.descendants().any(|node| node.has_attribute(name));
            if has("textLength") || has("rotate") || has("dx") || has("dy") {
                remark(
                    "a fitted text stands on straight lines, without shifts of letters".to_owned(),
                );
            }
            if looks(text, &sheet).len() > 1 {
                remark("a fitted text looks everywhere as its first words do".to_owned());
            }
        }
    }
    remarks
}

fn is_text(node: Node) -> bool {
    node.is_element() && node.tag_name().name() == "text"
}

/// Returns the different looks of a text's parts.
fn looks(text: Node, sheet: &Sheet) -> BTreeSet<Vec<Option<String>>> {
    let parts = text
        .descendants()
        .filter(|node| node.is_text() && node.text().is_some_and(|words| !words.trim().is_empty()));
    let look = |part: Node| {
        let names = ["font-size", "font-weight", "fill", "baseline-shift"];
        names.iter().map(|name| sheet.computed(part.parent_element()?, name)).collect()
    };
    parts.map(look).collect()
}
