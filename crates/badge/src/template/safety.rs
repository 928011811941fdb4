//! What a template may not have: anything that runs, that reaches out of the file, or that takes memory or time beyond all
//! measure. The SVG library would pass over most of it in silence, and the badge would lack something.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};
use simplecss::{DeclarationTokenizer, StyleSheet};

use super::pictures::{self, href};
use super::{TemplateError, line_of};

/// The most elements, those drawn again by `<use>` counted each time.
const MOST_ELEMENTS: u64 = 20_000;
/// The most attributes of one element: they are compared with each other.
const MOST_ATTRIBUTES: usize = 200;
/// The most letters and spans of one text, and of all: the time for a text grows with their square.
const MOST_LETTERS: (usize, usize) = (2_000, 20_000);
const MOST_SPANS: (usize, usize) = (200, 2_000);
/// The most letters of all selectors, times elements: every rule is tried at every element.
const MOST_STYLING: usize = 10_000_000;
/// How deep groups may lie in each other.
const DEEPEST: usize = 64;
/// How many see-through groups, masks and clips may lie in each other: each is a whole picture in memory.
const MOST_LAYERS: usize = 12;

/// Elements that are not drawn on badges, and what to do instead.
const ELEMENTS: [(&str, &str); 13] = [
    ("script", "take the script out"),
    (
        "foreignObject",
        "save as plain SVG (in Illustrator: without Preserve Illustrator Editing Capabilities)",
    ),
    ("feImage", "put the picture in as a picture"),
    ("flowRoot", "in Inkscape choose Text, Convert to Text, or draw the text anew"),
    ("iframe", "take it out"),
    ("audio", "take it out"),
    ("video", "take it out"),
    ("canvas", "take it out"),
    ("animate", "take the animation out"),
    ("animateTransform", "take the animation out"),
    ("animateMotion", "take the animation out"),
    ("set", "take the animation out"),
    ("tref", "write the text where it stands"),
];

/// Properties that are not drawn, and what to do instead.
const PROPERTIES: [(&str, &str); 5] = [
    (
        "filter",
        "take shadow and blur off, or put the shadow in as a picture (PNG); printers draw it badly",
    ),
    ("marker", "turn the arrow into a path"),
    ("marker-start", "turn the arrow into a path"),
    ("marker-mid", "turn the arrow into a path"),
    ("marker-end", "turn the arrow into a path"),
];

/// Refuses what a template may not have, with its line.
pub(super) fn check(document: &Document) -> Result<(), TemplateError> {
    check_depth(document)?;
    check_texts(document)?;
    check_styles(document)?;
    for node in document.descendants() {
        if let Some(instruction) = node.pi() {
            refuse_instruction(node, instruction.target)?;
        }
        if node.is_element() {
            refuse_element(node)?;
            refuse_properties(node)?;
        }
    }
    check_references(document)?;
    pictures::check(document.descendants())
}

/// Goes on from each parent without recursion: whoever nests a million groups must not end the program.
fn check_depth(document: &Document) -> Result<(), TemplateError> {
    let mut reached: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for node in document.descendants().filter(Node::is_element) {
        let parent = node.parent_element().and_then(|parent| reached.get(&parent.id().get()));
        let (depth, layers) = parent.copied().unwrap_or_default();
        let depth = depth.saturating_add(1);
        let layers = layers.saturating_add(usize::from(is_layer(node)));
        reached.insert(node.id().get(), (depth, layers));
        if depth > DEEPEST {
            let what = format!("more than {DEEPEST} groups in each other");
            return Err(TemplateError::forbidden(line_of(node), &what, "ungroup them"));
        }
        if layers > MOST_LAYERS {
            let what = format!(
                "more than {MOST_LAYERS} transparent groups, masks and clips in each other"
            );
            return Err(TemplateError::forbidden(line_of(node), &what, "ungroup them"));
        }
    }
    Ok(())
}

/// Refuses texts that would take minutes to set.
fn check_texts(document: &Document) -> Result<(), TemplateError> {
    let (mut letters, mut spans) = (0_usize, 0_usize);
    let texts = document.descendants().filter(|node| node.tag_name().name() == "text");
    for text in texts {
        let own_letters = text_of(text).chars().count();
        let own_spans = text.descendants().filter(|node| node.tag_name().name() == "tspan").count();
        letters = letters.saturating_add(own_letters);
        spans = spans.saturating_add(own_spans);
        let too_long = own_letters > MOST_LETTERS.0 || letters > MOST_LETTERS.1;
        if too_long || own_spans > MOST_SPANS.0 || spans > MOST_SPANS.1 {
            let what = format!(
                "a text of more than {} letters or {} pieces, or {} letters or {} pieces in all",
                MOST_LETTERS.0, MOST_SPANS.0, MOST_LETTERS.1, MOST_SPANS.1
            );
            let cure = "shorten it, or turn what never changes into paths";
            return Err(TemplateError::forbidden(line_of(text), &what, cure));
        }
    }
    Ok(())
}

/// Refuses styles that would take minutes to apply.
fn check_styles(document: &Document) -> Result<(), TemplateError> {
    let elements = document.descendants().filter(Node::is_element).count();
    let mut selectors = 0_usize;
    for style in document.descendants().filter(|node| node.tag_name().name() == "style") {
        let heads =
            text_of(style).split('}').filter_map(|rule| Some(rule.split_once('{')?.0.len())).sum();
        selectors = selectors.saturating_add(heads);
        if selectors.saturating_mul(elements) > MOST_STYLING {
            let cure = "save it with presentation attributes instead of CSS, or simplify it";
            let what = "so many styles for so many elements";
            return Err(TemplateError::forbidden(line_of(style), what, cure));
        }
    }
    Ok(())
}

fn is_layer(node: Node) -> bool {
    const NAMES: [&str; 5] = ["opacity", "mask", "clip-path", "mix-blend-mode", "isolation"];
    let in_style = node.attribute("style").is_some_and(|style| {
        DeclarationTokenizer::from(style).any(|declared| NAMES.contains(&declared.name))
    });
    in_style || NAMES.iter().any(|name| node.has_attribute(*name))
}

fn refuse_instruction(node: Node, target: &str) -> Result<(), TemplateError> {
    if target == "xml-stylesheet" {
        let cure = "put the styles into a <style> element";
        return Err(TemplateError::forbidden(
            line_of(node),
            "a style sheet outside the file",
            cure,
        ));
    }
    Ok(())
}

fn refuse_element(node: Node) -> Result<(), TemplateError> {
    let name = node.tag_name().name();
    let refused = |what: &str, cure: &str| Err(TemplateError::forbidden(line_of(node), what, cure));
    if let Some((_, cure)) = ELEMENTS.iter().find(|(element, _)| *element == name) {
        return refused(&format!("<{name}>"), cure);
    }
    if node.attributes().len() > MOST_ATTRIBUTES {
        let what = format!("more than {MOST_ATTRIBUTES} attributes in <{name}>");
        return refused(&what, "take out what is not used");
    }
    if node.attributes().any(|a| a.name().starts_with("on") && a.namespace().is_none()) {
        return refused("a script in an attribute", "take the interactivity out");
    }
    let is_link = href(node).is_some_and(|target| !target.starts_with('#'));
    if is_link && name != "image" {
        return refused(&format!("a link out of the file in <{name}>"), "take it out");
    }
    let elsewhere = node.attributes().any(|a| links_out(a.value()));
    if elsewhere || (name == "style" && links_out(&text_of(node))) {
        return refused(
            "url() of something outside the file",
            "put it into the file, or take it out",
        );
    }
    Ok(())
}

/// Tells whether `url(…)` names anything but an element of the same file.
fn links_out(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    lower.split("url(").skip(1).any(|rest| {
        let target = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        !target.starts_with('#')
    })
}

fn refuse_properties(node: Node) -> Result<(), TemplateError> {
    let refuse = |name: &str, value: &str| {
        let known = PROPERTIES.iter().find(|(property, _)| *property == name);
        match known.filter(|_| !matches!(value.trim(), "none" | "")) {
            Some((name, cure)) => Err(TemplateError::forbidden(line_of(node), name, cure)),
            None => Ok(()),
        }
    };
    for attribute in node.attributes().filter(|a| a.namespace().is_none()) {
        refuse(attribute.name(), attribute.value())?;
    }
    for declared in DeclarationTokenizer::from(node.attribute("style").unwrap_or_default()) {
        refuse(declared.name, declared.value)?;
    }
    if node.tag_name().name() == "style" {
        let text = text_of(node);
        for (word, cure) in [
            ("@import", "put the styles into this file"),
            ("@font-face", "take the font out: badges are drawn with the built-in faces"),
        ] {
            if text.to_ascii_lowercase().contains(word) {
                return Err(TemplateError::forbidden(line_of(node), word, cure));
            }
        }
        for declared in StyleSheet::parse(&text).rules.iter().flat_map(|rule| &rule.declarations) {
            refuse(declared.name, declared.value)?;
        }
    }
    Ok(())
}

/// Returns all text below an element.
pub(super) fn text_of(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

/// Counts what is drawn when every `<use>` draws its target, and refuses one that draws itself or nothing.
fn check_references(document: &Document) -> Result<(), TemplateError> {
    let by_id: BTreeMap<&str, Node> =
        document.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect();
    let mut counts = Counts { by_id, known: BTreeMap::new(), open: BTreeSet::new() };
    for node in document.descendants().filter(|node| is_use(*node)) {
        counts.count(node)?;
    }
    let total = counts.count(document.root_element())?;
    if total > MOST_ELEMENTS {
        let what = format!("a drawing of more than {MOST_ELEMENTS} elements");
        return Err(TemplateError::forbidden(
            1,
            &what,
            "simplify it, or put parts in as a picture",
        ));
    }
    Ok(())
}

struct Counts<'a, 'i> {
    by_id: BTreeMap<&'a str, Node<'a, 'i>>,
    /// What a `<use>` draws.
    known: BTreeMap<u32, u64>,
    /// The `<use>` elements that are being counted.
    open: BTreeSet<u32>,
}

impl<'a, 'i> Counts<'a, 'i> {
    /// Recursion goes only from `<use>` to `<use>`, and [`DEEPEST`] bounds it.
    fn count(&mut self, node: Node<'a, 'i>) -> Result<u64, TemplateError> {
        let mut total = 0u64;
        for found in node.descendants().filter(Node::is_element) {
            let own = if is_use(found) { self.drawn_by(found)? } else { 1 };
            total = total.saturating_add(own);
        }
        Ok(total)
    }

    fn drawn_by(&mut self, node: Node<'a, 'i>) -> Result<u64, TemplateError> {
        if let Some(known) = self.known.get(&node.id().get()) {
            return Ok(*known);
        }
        let line = line_of(node);
        let name = href(node).unwrap_or_default().trim_start_matches('#');
        let Some(target) = self.by_id.get(name).copied() else {
            let what = format!("<use> of #{name}, which is not on this side,");
            return Err(TemplateError::forbidden(line, &what, "put what it shows into <defs>"));
        };
        if !self.open.insert(node.id().get()) || self.open.len() > DEEPEST {
            let what = "a <use> that draws itself, or a chain of too many,";
            return Err(TemplateError::forbidden(line, what, "unlink the clones"));
        }
        let total = self.count(target)?.saturating_add(1);
        self.open.remove(&node.id().get());
        self.known.insert(node.id().get(), total);
        Ok(total)
    }
}

fn is_use(node: Node) -> bool {
    node.is_element() && node.tag_name().name() == "use"
}
