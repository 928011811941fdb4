//! Which texts stand in which box, as drawing programs let people say it.
//!
//! Three ways: a group with `data-box`; a rectangle whose name is that of a text or a group with `-box` behind it; a text that
//! was drawn as a box (Inkscape's `shape-inside`). A box is read where it stands, a text where that stands, whatever groups and
//! transforms are around them; what is fitted is drawn in the box's own directions.

use std::collections::BTreeSet;
use std::ops::Range;

use roxmltree::{Document, Node};
use usvg::Transform;

use super::person::PICTURED;
use super::style::{Sheet, length, sheets_of};
use super::{TemplateError, line_of};
use crate::breaks::is_han;
use crate::layout::{Column, Frame, Item, Place};
use crate::markup::escaped;

const SVG: &str = "http://www.w3.org/2000/svg";
const INKSCAPE: &str = "http://www.inkscape.org/namespaces/inkscape";
/// Behind the name of a text or a group, the name of its box.
const BOX: &str = "-box";
/// Line height of a text that says nothing, in em.
const LEADING: f32 = 1.25;

/// A `<text>` in the source, and what stays of it.
pub(super) struct Slot {
    pub(super) range: Range<usize>,
    /// Its colours, as a style.
    pub(super) style: String,
    /// How see-through it is as a whole, as a style.
    pub(super) opacity: String,
    /// From where the text stands to where its box stands, unless that is the same.
    pub(super) transform: Option<Transform>,
}

/// Everything that is fitted.
#[derive(Default)]
pub(super) struct Boxes {
    pub(super) columns: Vec<(Column, Vec<Slot>)>,
    /// What is not drawn: texts without content, and rectangles that only say where a box is.
    pub(super) absent: Vec<Range<usize>>,
    /// The texts that stand in boxes, by the ids of their nodes.
    fitted: BTreeSet<u32>,
}

impl Boxes {
    /// Tells whether a node lies in a text that is fitted.
    pub(super) fn hold(&self, node: Node) -> bool {
        node.ancestors().any(|around| self.fitted.contains(&around.id().get()))
    }
}

/// Reads the boxes of one side.
///
/// `name` is the shape of the picture that stands in place of the name.
pub(super) fn read(document: &Document, name: Option<f32>) -> Result<Boxes, TemplateError> {
    let css = sheets_of(document);
    let mut reader = Reader { sheet: Sheet::parse(&css), name, found: Boxes::default() };
    for node in document.descendants().filter(Node::is_element) {
        if node.has_attribute("data-box") {
            reader.column_of_group(node)?;
        } else if let Some(name) = names(node).find_map(|name| name.strip_suffix(BOX))
            && node.has_tag_name((SVG, "rect"))
        {
            reader.column_of_rect(node, name)?;
        } else if node.has_tag_name((SVG, "text")) {
            reader.text_in_shape(node)?;
        }
    }
    Ok(reader.found)
}

/// Returns what a drawing program calls an element: its id, or the name of its layer or object.
pub(super) fn names<'a>(node: Node<'a, '_>) -> impl Iterator<Item = &'a str> {
    let label = node.attribute((INKSCAPE, "label"));
    [node.attribute("id"), label, node.attribute("data-name")].into_iter().flatten()
}

struct Reader<'s> {
    sheet: Sheet<'s>,
    name: Option<f32>,
    found: Boxes,
}

impl Reader<'_> {
    fn column_of_group(&mut self, group: Node) -> Result<(), TemplateError> {
        let frame = match four(group.attribute("data-box").unwrap_or_default()) {
            Some([x, y, width, height]) if width > 0.0 && height > 0.0 => {
                Frame { x, y, width, height }
            }
            _ => return Err(bad(group, "data-box")),
        };
        let texts = group.children().filter(|child| child.has_tag_name((SVG, "text")));
        self.column(group, frame, to_paper(group)?, texts.collect())
    }

    /// The rectangle itself is only a guide.
    fn column_of_rect(&mut self, rect: Node, name: &str) -> Result<(), TemplateError> {
        self.found.absent.push(rect.range());
        let named = |node: &Node| node.is_element() && names(*node).any(|own| own == name);
        let document = rect.document();
        let Some(target) = document.descendants().find(named) else { return Ok(()) };
        let texts = target.descendants().filter(|node| node.has_tag_name((SVG, "text")));
        self.column(rect, frame_of(rect)?, to_paper(rect)?, texts.collect())
    }

    fn text_in_shape(&mut self, text: Node) -> Result<(), TemplateError> {
        let Some(shape) = self.sheet.own(text, "shape-inside") else { return Ok(()) };
        if self.found.fitted.contains(&text.id().get()) {
            return Ok(());
        }
        let id =
            shape.trim_start_matches("url(").trim_end_matches(')').trim_matches(['"', '\'', '#']);
        let document = text.document();
        let rect = document.descendants().find(|node| node.attribute("id") == Some(id));
        let Some(rect) = rect.filter(|node| node.has_tag_name((SVG, "rect"))) else {
            let cure = "draw the text in a rectangle, or give it a <rect> with -box behind its id";
            let what = "a text in a shape that is no rectangle";
            return Err(TemplateError::forbidden(line_of(text), what, cure));
        };
        self.column(text, frame_of(rect)?, to_paper(text)?, vec![text])
    }

    /// `holder` has the rules that hold for all texts of the box.
    fn column(
        &mut self,
        holder: Node,
        frame: Frame,
        at: Transform,
        texts: Vec<Node>,
    ) -> Result<(), TemplateError> {
        let align = match holder.attribute("data-align") {
            None => Place::Middle,
            Some(word) => place_of(word).ok_or_else(|| bad(holder, "data-align"))?,
        };
        if is_flat(at) {
            return Err(bad(holder, "transform"));
        }
        let alone = texts.len() == 1 && !holder.has_attribute("data-box");
        let (mut items, mut slots) = (Vec::new(), Vec::new());
        for text in texts {
            if !self.found.fitted.insert(text.id().get()) {
                let cure = "give each text one box";
                return Err(TemplateError::forbidden(line_of(text), "a text in two boxes", cure));
            }
            let own = to_paper(text)?;
            if is_flat(own) {
                return Err(bad(text, "transform"));
            }
            let larger = scale(own) / scale(at);
            let mut item = self.item(text, holder, larger)?;
            if alone && rule(text, holder, "data-lines").is_none() {
                // A box as high as three lines is for three lines.
                let lines = (frame.height / (item.font_size * item.leading)).floor();
                item.lines = lines.clamp(1.0, 6.0) as usize;
            }
            self.put_picture(&mut item);
            if item.text.is_empty() {
                self.found.absent.push(text.range());
                continue;
            }
            let around = text.parent_element().map_or(Ok(Transform::default()), to_paper)?;
            let Some(from) = around.invert() else { return Err(bad(text, "transform")) };
            items.push(item);
            slots.push(Slot {
                range: text.range(),
                style: self.style(text, larger),
                opacity: self.opacity(text),
                transform: (around != at).then(|| from.pre_concat(at)),
            });
        }
        self.found.columns.push((Column { frame, align, items }, slots));
        Ok(())
    }

    /// Puts the picture of a name in place of a text that is the name alone; with other words around it the name stays text.
    fn put_picture(&self, item: &mut Item) {
        let alone = item.text.strip_prefix(PICTURED).and_then(|rest| rest.strip_suffix(PICTURED));
        item.picture = self.name.filter(|_| alone.is_some_and(|name| !name.contains(PICTURED)));
        if item.picture.is_none() && item.text.contains(PICTURED) {
            item.text = item.text.replace(PICTURED, "");
        }
    }

    fn item(&self, text: Node, holder: Node, larger: f32) -> Result<Item, TemplateError> {
        let words = carrier(text);
        let style = |name: &str| self.sheet.computed(words, name);
        let number = |name: &str, default: f32, range: std::ops::RangeInclusive<f32>| {
            let value = match rule(text, holder, name) {
                Some(value) => value.trim().parse().ok(),
                None => Some(default),
            };
            value.filter(|value| range.contains(value)).ok_or_else(|| bad(text, name))
        };
        let size = style("font-size").and_then(|size| length(&size));
        let size = size.map(|size| size * larger).filter(|size| (0.01..=10_000.0).contains(size));
        let size = size.ok_or_else(|| bad(text, "font-size"))?;
        let content: String =
            text.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
        let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
        let loose = Loose::of(&content, number("data-loose", 0.0, 0.0..=1.0)?);
        let weight = style("font-weight").unwrap_or_default();
        let leading = style("line-height").and_then(|height| unitless(&height));
        Ok(Item {
            field: field(text),
            text: content,
            bold: weight == "bold" || weight.parse::<u16>().is_ok_and(|weight| weight >= 600),
            font_size: size * loose.larger,
            anchor: self.anchor(text, words)?,
            wrap: number("data-wrap", 75.0, 10.0..=100.0)? as u32,
            lines: number("data-lines", 1.0, 1.0..=6.0)? as usize,
            min: number("data-min", 55.0, 10.0..=100.0)? as u32,
            gap: number("data-gap", 0.0, -10_000.0..=10_000.0)?,
            leading: number("data-leading", leading.unwrap_or(LEADING), 0.8..=4.0)?,
            spacing: spacing(style("letter-spacing").as_deref(), size / larger)
                .ok_or_else(|| bad(text, "letter-spacing"))?
                + loose.apart,
            picture: None,
        })
    }

    fn anchor(&self, text: Node, words: Node) -> Result<Place, TemplateError> {
        if let Some(anchor) = self.sheet.computed(words, "text-anchor") {
            return place_of(&anchor).ok_or_else(|| bad(text, "text-anchor"));
        }
        Ok(match self.sheet.computed(words, "text-align").as_deref() {
            Some("center") => Place::Middle,
            Some("end" | "right") => Place::End,
            _ => Place::Start,
        })
    }

    /// Colour stays the designer's; everything that moves or resizes a line is decided here.
    ///
    /// Written as a style, because a style sheet is stronger than attributes.
    fn style(&self, text: Node, larger: f32) -> String {
        let words = carrier(text);
        let mut style = String::new();
        for name in ["fill", "fill-opacity", "stroke", "stroke-opacity", "paint-order"] {
            if let Some(value) = self.sheet.computed(words, name) {
                style.push_str(&format!(";{name}:{value}"));
            }
        }
        if let Some(width) = self.sheet.computed(words, "stroke-width").and_then(|w| length(&w)) {
            style.push_str(&format!(";stroke-width:{}", width * larger));
        }
        escaped(&style)
    }

    /// Not inherited: that of the groups around goes on to hold.
    fn opacity(&self, text: Node) -> String {
        let own = self.sheet.own(text, "opacity");
        own.map(|opacity| escaped(&format!(";opacity:{opacity}"))).unwrap_or_default()
    }
}

/// How a Han name of one or two characters holds its own in a line that is made for three.
struct Loose {
    /// A single character is this much larger.
    larger: f32,
    /// Two stand this far apart, in em.
    apart: f32,
}

impl Loose {
    fn of(content: &str, loose: f32) -> Loose {
        let is_han = content.chars().all(is_han);
        let of = |count| if is_han && content.chars().count() == count { loose } else { 0.0 };
        Loose { larger: 1.0 + of(1), apart: of(2) }
    }
}

/// Returns the element that holds a text's first words: programs put the looks of a text there.
pub(super) fn carrier<'a, 'i>(text: Node<'a, 'i>) -> Node<'a, 'i> {
    let words = |node: &Node| node.is_text() && node.text().is_some_and(|t| !t.trim().is_empty());
    text.descendants().find(words).and_then(|node| node.parent_element()).unwrap_or(text)
}

/// Returns what complaints call a text.
fn field(text: Node) -> String {
    let named = text.attribute("data-fit").or_else(|| names(text).next());
    named.unwrap_or("text").to_owned()
}

/// Returns a rule of a text, or of the box that it stands in.
fn rule<'a>(text: Node<'a, '_>, holder: Node<'a, '_>, name: &str) -> Option<&'a str> {
    text.attribute(name).or_else(|| holder.attribute(name))
}

fn unitless(height: &str) -> Option<f32> {
    let percent = height.strip_suffix('%').and_then(|number| number.trim().parse::<f32>().ok());
    let factor = percent.map(|percent| percent / 100.0).or_else(|| height.parse().ok());
    factor.filter(|factor| (0.8..=4.0).contains(factor))
}

/// Reads letter spacing in em.
fn spacing(written: Option<&str>, size: f32) -> Option<f32> {
    let em = match written {
        None | Some("normal") => return Some(0.0),
        Some(value) => match value.strip_suffix("em") {
            Some(em) => em.trim().parse::<f32>().ok()?,
            None => length(value)? / size,
        },
    };
    Some(em).filter(|em| (-0.2..=2.0).contains(em))
}

fn place_of(word: &str) -> Option<Place> {
    match word {
        "start" => Some(Place::Start),
        "middle" => Some(Place::Middle),
        "end" => Some(Place::End),
        _ => None,
    }
}

/// Reads place and size of a rectangle.
pub(super) fn frame_of(rect: Node) -> Result<Frame, TemplateError> {
    let side = |name: &str, default: Option<f32>| {
        let value = match rect.attribute(name) {
            Some(value) => length(value),
            None => default,
        };
        value.ok_or_else(|| bad(rect, name))
    };
    let positive =
        |name: &str| side(name, None)?.gt(&0.0).then_some(()).ok_or_else(|| bad(rect, name));
    positive("width")?;
    positive("height")?;
    Ok(Frame {
        x: side("x", Some(0.0))?,
        y: side("y", Some(0.0))?,
        width: side("width", None)?,
        height: side("height", None)?,
    })
}

/// Returns the way from an element's own units to those of the whole drawing.
fn to_paper(node: Node) -> Result<Transform, TemplateError> {
    let mut whole = Transform::default();
    let around: Vec<Node> = node.ancestors().filter(Node::is_element).collect();
    for element in around.iter().rev().skip(1) {
        let name = element.tag_name().name();
        if !matches!(name, "g" | "a" | "switch" | "text" | "rect") {
            let what = format!("a text or its box inside <{name}>");
            return Err(TemplateError::forbidden(line_of(node), &what, "take it out of there"));
        }
        whole = whole.pre_concat(own_transform(*element)?);
    }
    Ok(whole)
}

fn own_transform(node: Node) -> Result<Transform, TemplateError> {
    let Some(written) = node.attribute("transform").filter(|text| !text.trim().is_empty()) else {
        return Ok(Transform::default());
    };
    let read = written.parse::<svgtypes::Transform>().map_err(|_| bad(node, "transform"))?;
    let numbers = [read.a, read.b, read.c, read.d, read.e, read.f].map(|number| number as f32);
    if !numbers.iter().all(|number| number.is_finite() && number.abs() < 1e7) {
        return Err(bad(node, "transform"));
    }
    let [a, b, c, d, e, f] = numbers;
    Ok(Transform::from_row(a, b, c, d, e, f))
}

/// How much larger things become, over all directions.
fn scale(transform: Transform) -> f32 {
    (transform.sx * transform.sy - transform.kx * transform.ky).abs().sqrt()
}

/// Tells whether nothing could be drawn in it.
fn is_flat(transform: Transform) -> bool {
    scale(transform) < 1e-6
}

/// Reads four finite numbers.
pub(super) fn four(text: &str) -> Option<[f32; 4]> {
    let parts = text.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty());
    let numbers: Option<Vec<f32>> =
        parts.map(|part| part.parse().ok().filter(|n: &f32| n.is_finite())).collect();
    numbers?.try_into().ok()
}

pub(super) fn bad(node: Node, attribute: &str) -> TemplateError {
    TemplateError::Attribute {
        line: line_of(node),
        element: node.tag_name().name().to_owned(),
        attribute: attribute.to_owned(),
    }
}
