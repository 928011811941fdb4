//! Front and back: two files, or a group of one file.
//!
//! In one file the back is a group directly inside `<svg>` with `data-page="back"`, or the id `back`, or an Inkscape layer
//! of that name. What a drawing program has hidden on it is drawn all the same: designers hide one side while they draw the other.

use roxmltree::{Document, Node};

use super::{TemplateError, line_of, parsed};

/// Stands between the two files where they travel as one text; no XML can hold it.
pub(super) const PAGE_BREAK: char = '\u{0C}';

const INKSCAPE: &str = "http://www.inkscape.org/namespaces/inkscape";
/// Elements that draw nothing themselves: both sides may refer to them.
const SHARED: [&str; 9] = [
    "defs",
    "style",
    "symbol",
    "clipPath",
    "mask",
    "linearGradient",
    "radialGradient",
    "pattern",
    "filter",
];

/// Cuts a rendered file into its sides: the front, and the back if there is one.
pub(super) fn sides(xml: String) -> Result<Vec<String>, TemplateError> {
    let document = parsed(&xml)?;
    let root = document.root_element();
    let backs: Vec<Node> = root.descendants().filter(|node| is_back(*node)).collect();
    let back = match backs.as_slice() {
        [] => return Ok(vec![xml]),
        [back] => *back,
        [_, second, ..] => {
            return Err(TemplateError::forbidden(
                line_of(*second),
                "a second group for the back",
                "put everything of the back into one group",
            ));
        }
    };
    if back.parent_element() != Some(root) {
        return Err(TemplateError::forbidden(
            line_of(back),
            "the back inside another group",
            "put its group directly into <svg>, as a layer of its own",
        ));
    }
    let front = blanked(&document, |node| node == back);
    let rest = blanked(&document, |node| {
        node != back && node.is_element() && !SHARED.contains(&node.tag_name().name())
    });
    Ok(vec![front, shown(rest, &document, back)])
}

fn is_back(node: Node) -> bool {
    let is_layer = || {
        node.attribute((INKSCAPE, "groupmode")) == Some("layer")
            && node
                .attribute((INKSCAPE, "label"))
                .is_some_and(|label| label.trim().eq_ignore_ascii_case("back"))
    };
    node.tag_name().name() == "g"
        && (node.attribute("data-page") == Some("back")
            || node.attribute("id") == Some("back")
            || is_layer())
}

/// Puts blanks for the children of `<svg>` that are not of this side; every line stays where it is.
fn blanked(document: &Document, is_other: impl Fn(Node) -> bool) -> String {
    let source = document.input_text();
    let mut out = String::with_capacity(source.len());
    let mut copied = 0;
    for node in document.root_element().children().filter(|node| is_other(*node)) {
        let range = node.range();
        out.push_str(source.get(copied..range.start).unwrap_or_default());
        let other = source.get(range.clone()).unwrap_or_default();
        // As many bytes as before, so that ranges of the source hold in the result.
        out.extend(other.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        copied = range.end;
    }
    out.push_str(source.get(copied..).unwrap_or_default());
    out
}

/// Undoes the hiding of a layer in the drawing program.
fn shown(mut svg: String, document: &Document, back: Node) -> String {
    for attribute in back.attributes().filter(|a| matches!(a.name(), "style" | "display")) {
        let range = attribute.range_value();
        let value = document.input_text().get(range.clone()).unwrap_or_default();
        let hidden = ["display:none", "display: none", "none"];
        let found = hidden.iter().find_map(|word| Some((value.find(word)?, word.len())));
        if let Some((at, length)) = found {
            let from = range.start.saturating_add(at);
            let to = from.saturating_add(length);
            let instead = if attribute.name() == "style" { "" } else { "inline" };
            svg.replace_range(from..to, &format!("{instead:length$}"));
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(inner: &str) -> String {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="{INKSCAPE}">{inner}</svg>"#
        )
    }

    #[test]
    fn a_drawing_without_a_back_has_one_side() {
        let plain = svg("<rect/>");
        assert_eq!(sides(plain.clone()).unwrap(), [plain]);
    }

    #[test]
    fn each_side_has_its_own_things_and_both_have_the_definitions() {
        for back in [
            r#"<g data-page="back"><circle/></g>"#,
            r#"<g id="back"><circle/></g>"#,
            r#"<g inkscape:groupmode="layer" inkscape:label="Back" style="display:none"><circle/></g>"#,
        ] {
            let drawn = sides(svg(&format!("<defs/>\n<rect\n/>\n{back}"))).unwrap();
            let has =
                |side: usize| ["<defs", "<rect", "<circle"].map(|part| drawn[side].contains(part));
            assert_eq!((has(0), has(1)), ([true, true, false], [true, false, true]), "{back}");
            assert!(!drawn[1].contains("none"), "{}", drawn[1]);
            assert_eq!(drawn[0].lines().count(), drawn[1].lines().count());
        }
    }

    #[test]
    fn the_back_stands_alone_and_directly_in_the_drawing() {
        let two = sides(svg(r#"<g id="back"/><g data-page="back"/>"#)).unwrap_err();
        assert!(two.to_string().contains("a second group for the back"), "{two}");
        let deep = sides(svg(r#"<g><g id="back"/></g>"#)).unwrap_err();
        assert!(deep.to_string().contains("directly into <svg>"), "{deep}");
    }
}
