//! How a text looks, wherever the drawing program wrote it: in attributes, in `style`, or in a style sheet.

use roxmltree::{Document, Node};
use simplecss::{DeclarationTokenizer, Element, PseudoClass, StyleSheet};

use super::safety::text_of;

/// Returns the text of all style sheets of a file.
pub(super) fn sheets_of(document: &Document) -> String {
    let sheets = document.descendants().filter(|node| node.tag_name().name() == "style");
    sheets.map(text_of).collect::<Vec<_>>().join("\n")
}

/// The style sheets of a file.
pub(super) struct Sheet<'s>(StyleSheet<'s>);

impl<'s> Sheet<'s> {
    /// Reads the text of [`sheets_of`].
    pub(super) fn parse(text: &'s str) -> Sheet<'s> {
        Sheet(StyleSheet::parse(text))
    }

    /// Returns a property as it is written for this element itself.
    pub(super) fn own(&self, node: Node, name: &str) -> Option<String> {
        let inline = DeclarationTokenizer::from(node.attribute("style").unwrap_or_default())
            .filter(|declared| declared.name == name)
            .last();
        let ruled = || {
            // The sheet is in order of weight: the last rule that says something decides.
            let rules = self.0.rules.iter().filter(|rule| rule.selector.matches(&Styled(node)));
            let mut declared = rules.flat_map(|rule| &rule.declarations);
            declared.rfind(|declared| declared.name == name).copied()
        };
        let declared = inline.or_else(ruled).map(|declared| declared.value.trim().to_owned());
        declared.or_else(|| node.attribute(name).map(|value| value.trim().to_owned()))
    }

    /// Returns a property of this element or the nearest one around it that has it.
    pub(super) fn computed(&self, node: Node, name: &str) -> Option<String> {
        let around = node.ancestors().filter(Node::is_element);
        around.into_iter().find_map(|node| self.own(node, name).filter(|value| value != "inherit"))
    }
}

/// An element as style sheets see it.
struct Styled<'a, 'i>(Node<'a, 'i>);

impl Element for Styled<'_, '_> {
    fn parent_element(&self) -> Option<Self> {
        self.0.parent_element().map(Styled)
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.0.prev_sibling_element().map(Styled)
    }

    fn has_local_name(&self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    fn attribute_matches(&self, name: &str, operator: simplecss::AttributeOperator) -> bool {
        self.0.attribute(name).is_some_and(|value| operator.matches(value))
    }

    fn pseudo_class_matches(&self, class: PseudoClass) -> bool {
        matches!(class, PseudoClass::FirstChild) && self.prev_sibling_element().is_none()
    }
}

/// Reads a length in the units of the drawing; `None` for one that depends on something else, as `em` and `%`.
pub(super) fn length(text: &str) -> Option<f32> {
    const UNITS: [(&str, f32); 6] = [
        ("px", 1.0),
        ("pt", 96.0 / 72.0),
        ("pc", 16.0),
        ("mm", 96.0 / 25.4),
        ("cm", 96.0 / 2.54),
        ("in", 96.0),
    ];
    let text = text.trim();
    let unit = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, factor) = unit.unwrap_or((text, 1.0));
    let number = number.trim().parse::<f32>().ok()?;
    Some(number * factor).filter(|length| length.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_found_wherever_it_is_written() {
        let xml = r##"<svg font-size="1"><style>text{font-size:2px} .b{font-size:3px} #c{font-size:4px}</style>
<text id="a"/><text class="b"/><text id="c" class="b"/><text style="font-size: 5px" class="b"/><rect/>
<g style="fill:red"><text fill="blue"><tspan/></text></g></svg>"##;
        let document = Document::parse(xml).unwrap();
        let css = sheets_of(&document);
        let sheet = Sheet::parse(&css);
        let sizes: Vec<String> = document
            .root_element()
            .children()
            .filter(|node| matches!(node.tag_name().name(), "text" | "rect"))
            .map(|node| sheet.computed(node, "font-size").unwrap())
            .collect();
        assert_eq!(sizes, ["2px", "3px", "4px", "5px", "1"]);
        let span = document.descendants().find(|node| node.has_tag_name("tspan")).unwrap();
        assert_eq!(sheet.computed(span, "fill").unwrap(), "blue");
    }

    #[test]
    fn a_length_has_the_units_that_drawing_programs_write() {
        assert_eq!(length("12"), Some(12.0));
        assert_eq!(length(" 10.5px"), Some(10.5));
        assert_eq!(length("9pt"), Some(12.0));
        assert_eq!(length("25.4mm"), Some(96.0));
        for unclear in ["2em", "50%", "", "NaN", "inf", "large"] {
            assert_eq!(length(unclear), None, "{unclear}");
        }
    }
}
