//! A rendered side of a template: its boxes are read, filled, and looked at after drawing.

use std::collections::BTreeMap;
use std::ops::Range;

use roxmltree::Node;

use super::{TemplateError, line_of, parsed, safety};
use crate::BadgeError;
use crate::badge::{Badge, Paper, tree};
use crate::breaks::is_han;
use crate::code::{CODE_ID, Code};
use crate::faces::{Order, Run};
use crate::layout::{Column, Frame, Item, Line, Place, place, smaller};
use crate::markup::escaped;
use crate::ruler::Ruler;

/// The boxes and codes that are still to be drawn, and where they stand in the source.
pub(super) struct Drawing<'a> {
    xml: &'a str,
    paper: Paper,
    columns: Vec<(Column, Vec<Slot>)>,
    /// Texts without content.
    absent: Vec<Range<usize>>,
    codes: Vec<CodeSlot>,
}

/// A `<text>` in the source, and the attributes that stay.
struct Slot {
    range: Range<usize>,
    attributes: String,
}

/// A `<rect data-code>` in the source.
struct CodeSlot {
    range: Range<usize>,
    frame: Frame,
    attributes: String,
}

impl<'a> Drawing<'a> {
    pub(super) fn read(xml: &'a str) -> Result<Drawing<'a>, TemplateError> {
        let document = parsed(xml)?;
        let paper = paper(document.root_element())?;
        let mut drawing =
            Drawing { xml, paper, columns: Vec::new(), absent: Vec::new(), codes: Vec::new() };
        safety::check(&document)?;
        for node in document.descendants().filter(Node::is_element) {
            if node.has_attribute("data-box") {
                drawing.read_column(node)?;
            }
            if node.has_attribute("data-code") {
                drawing.read_code(node)?;
            }
        }
        Ok(drawing)
    }

    fn read_column(&mut self, group: Node) -> Result<(), TemplateError> {
        let frame = frame_of_box(group)?;
        let align = place_attribute(group, "data-align", Place::Middle)?;
        let (mut items, mut slots) = (Vec::new(), Vec::new());
        for text in group.children().filter(|child| child.has_tag_name((SVG, "text"))) {
            let item = item(text)?;
            if item.text.is_empty() {
                self.absent.push(text.range());
            } else {
                items.push(item);
                slots.push(Slot { range: text.range(), attributes: kept_attributes(text) });
            }
        }
        self.columns.push((Column { frame, align, items }, slots));
        Ok(())
    }

    fn read_code(&mut self, rect: Node) -> Result<(), TemplateError> {
        let frame = Frame {
            x: number(rect, "x", Some(0.0))?,
            y: number(rect, "y", Some(0.0))?,
            width: number(rect, "width", None)?,
            height: number(rect, "height", None)?,
        };
        self.codes.push(CodeSlot { range: rect.range(), frame, attributes: all_attributes(rect) });
        Ok(())
    }

    /// Draws, looks at what really got inked, and draws smaller what left its box.
    pub(super) fn fitted(&self, code: Option<&Code>, order: Order) -> Result<Badge, BadgeError> {
        let mut ruler = Ruler::new(order);
        let mut ceilings: Vec<u32> = self.columns.iter().map(|_| 100).collect();
        loop {
            let lines = self.lines(&ceilings, &mut ruler)?;
            let svg = self.svg(&lines, code);
            let badge = Badge::new(tree(&svg, order)?, svg, self.paper);
            self.refuse_missing_glyphs(&badge, &lines)?;
            let Some((column, field)) = self.outside(&badge, &lines) else {
                return Ok(badge);
            };
            let lowest = self
                .columns
                .get(column)
                .into_iter()
                .flat_map(|(column, _)| &column.items)
                .map(|item| item.min)
                .min();
            match ceilings.get_mut(column) {
                Some(ceiling) if *ceiling > lowest.unwrap_or(100) => *ceiling = smaller(*ceiling),
                _ => return Err(BadgeError::DoesNotFit { field }),
            }
        }
    }

    fn lines(&self, ceilings: &[u32], ruler: &mut Ruler) -> Result<Vec<Vec<Line>>, BadgeError> {
        self.columns
            .iter()
            .zip(ceilings)
            .map(|((column, _), &ceiling)| place(column, ceiling, ruler))
            .collect()
    }

    /// Returns the first column with ink outside its box or the paper, and the text that left it.
    fn outside(&self, badge: &Badge, lines: &[Vec<Line>]) -> Option<(usize, String)> {
        for (n, ((column, _), lines)) in self.columns.iter().zip(lines).enumerate() {
            for (m, line) in lines.iter().enumerate() {
                let Some(text) = badge.text(&line_id(n, m)) else { continue };
                // Italic-like overhang of a letter is not worth a smaller size.
                let overhang = line.size * 0.03;
                if !holds(column.frame, text.stroke_bounding_box(), overhang) || !badge.holds(text)
                {
                    let field = column.items.get(line.item).map(|item| item.field.clone());
                    return Some((n, field.unwrap_or_default()));
                }
            }
        }
        None
    }

    /// The faces were asked for every character; this asks for every glyph, after shaping.
    fn refuse_missing_glyphs(&self, badge: &Badge, lines: &[Vec<Line>]) -> Result<(), BadgeError> {
        let fitted =
            self.columns.iter().zip(lines).enumerate().flat_map(|(n, ((column, _), lines))| {
                let field =
                    |line: &Line| column.items.get(line.item).map(|item| item.field.clone());
                lines
                    .iter()
                    .enumerate()
                    .map(move |(m, line)| (line_id(n, m), field(line).unwrap_or_default()))
            });
        let fields: BTreeMap<String, String> = fitted.collect();
        match badge.first_missing_glyph() {
            None => Ok(()),
            Some((id, characters)) => {
                let field = fields
                    .get(&id)
                    .cloned()
                    .unwrap_or_else(|| "the template's own text".to_owned());
                Err(BadgeError::MissingGlyph { field, characters })
            }
        }
    }

    fn svg(&self, lines: &[Vec<Line>], code: Option<&Code>) -> String {
        let mut edits: Vec<(Range<usize>, String)> =
            self.absent.iter().map(|range| (range.clone(), String::new())).collect();
        for (n, ((column, slots), lines)) in self.columns.iter().zip(lines).enumerate() {
            for (index, (item, slot)) in column.items.iter().zip(slots).enumerate() {
                let own = lines.iter().enumerate().filter(|(_, line)| line.item == index);
                let markup = own
                    .map(|(m, line)| line_markup(&line_id(n, m), line, item, &slot.attributes))
                    .collect();
                edits.push((slot.range.clone(), markup));
            }
        }
        for slot in &self.codes {
            edits.push((
                slot.range.clone(),
                code.map(|code| code_markup(slot, code)).unwrap_or_default(),
            ));
        }
        edited(self.xml, edits)
    }
}

const SVG: &str = "http://www.w3.org/2000/svg";

fn line_id(column: usize, line: usize) -> String {
    format!("line-{column}-{line}")
}

fn line_markup(id: &str, line: &Line, item: &Item, attributes: &str) -> String {
    let (size, y, weight) = (line.size, line.y, if item.bold { 700 } else { 400 });
    let run = |(x, run): &(f32, Run)| {
        let (family, text) = (run.family.name(), escaped(&run.text));
        let spacing = item.spacing_of(run) * size;
        format!(
            r#"<tspan x="{x:.2}" font-family="{family}" letter-spacing="{spacing:.3}">{text}</tspan>"#
        )
    };
    let runs: String = line.runs.iter().map(run).collect();
    format!(
        r#"<text id="{id}" xml:space="preserve" y="{y:.2}" font-size="{size:.2}" font-weight="{weight}" text-anchor="start"{attributes}>{runs}</text>"#
    )
}

fn code_markup(slot: &CodeSlot, code: &Code) -> String {
    let side = slot.frame.width.min(slot.frame.height);
    let module = side / code.modules() as f32;
    let x = slot.frame.x + (slot.frame.width - side) / 2.0;
    let y = slot.frame.y + (slot.frame.height - side) / 2.0;
    let path = code.path();
    format!(
        r##"<rect{}/><path id="{CODE_ID}" transform="translate({x} {y}) scale({module})" fill="#1B1B1F" shape-rendering="crispEdges" d="{path}"/>"##,
        slot.attributes
    )
}

/// Replaces ranges of the source; they do not overlap, because elements of one kind do not nest here.
fn edited(source: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(source.len().saturating_mul(2));
    let mut copied = 0;
    for (range, replacement) in edits {
        out.push_str(source.get(copied..range.start).unwrap_or_default());
        out.push_str(&replacement);
        copied = range.end;
    }
    out.push_str(source.get(copied..).unwrap_or_default());
    out
}

fn holds(frame: Frame, ink: usvg::Rect, overhang: f32) -> bool {
    ink.left() >= frame.x - overhang
        && ink.right() <= frame.x + frame.width + overhang
        && ink.top() >= frame.y - overhang
        && ink.bottom() <= frame.y + frame.height + overhang
}

fn paper(svg: Node) -> Result<Paper, TemplateError> {
    let millimetres = |name: &str| {
        let value = svg.attribute(name)?.strip_suffix("mm")?.trim().parse::<f32>().ok()?;
        (value.is_finite() && (1.0..=2000.0).contains(&value)).then_some(value)
    };
    let view_box = numbers(svg.attribute("viewBox").unwrap_or_default());
    let sound = |view_box: &[f32; 4]| {
        let [x, y, width, height] = *view_box;
        let side = 0.01..=100_000.0;
        x.abs().max(y.abs()) <= 100_000.0 && side.contains(&width) && side.contains(&height)
    };
    match (millimetres("width"), millimetres("height"), view_box.filter(sound)) {
        (Some(width_mm), Some(height_mm), Some(_)) => Ok(Paper { width_mm, height_mm }),
        _ => Err(TemplateError::Size),
    }
}

fn frame_of_box(group: Node) -> Result<Frame, TemplateError> {
    match numbers(group.attribute("data-box").unwrap_or_default()) {
        Some([x, y, width, height]) if width > 0.0 && height > 0.0 => {
            Ok(Frame { x, y, width, height })
        }
        _ => Err(bad(group, "data-box")),
    }
}

/// Reads four finite numbers.
fn numbers(text: &str) -> Option<[f32; 4]> {
    let parts = text.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty());
    let numbers: Option<Vec<f32>> =
        parts.map(|part| part.parse().ok().filter(|n: &f32| n.is_finite())).collect();
    numbers?.try_into().ok()
}

fn item(text: Node) -> Result<Item, TemplateError> {
    let content: String =
        text.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    let weight = text.attribute("font-weight").unwrap_or("400");
    let loose = loose(text, &content)?;
    Ok(Item {
        field: text.attribute("data-fit").ok_or_else(|| bad(text, "data-fit"))?.to_owned(),
        text: content,
        bold: weight == "bold" || weight.parse::<u16>().is_ok_and(|weight| weight >= 600),
        font_size: in_range(text, "font-size", None, 0.1..=10_000.0)? * loose.larger,
        anchor: place_attribute(text, "text-anchor", Place::Start)?,
        wrap: in_range(text, "data-wrap", Some(75.0), 10.0..=100.0)? as u32,
        lines: in_range(text, "data-lines", Some(1.0), 1.0..=6.0)? as usize,
        min: in_range(text, "data-min", Some(55.0), 10.0..=100.0)? as u32,
        gap: number(text, "data-gap", Some(0.0))?,
        leading: in_range(text, "data-leading", Some(1.25), 0.8..=4.0)?,
        spacing: letter_spacing(text)? + loose.apart,
    })
}

/// How a Han name of one or two characters holds its own in a line that is made for three.
struct Loose {
    /// A single character is this much larger.
    larger: f32,
    /// Two stand this far apart, in em.
    apart: f32,
}

fn loose(text: Node, content: &str) -> Result<Loose, TemplateError> {
    let loose = in_range(text, "data-loose", Some(0.0), 0.0..=1.0)?;
    let is_han = content.chars().all(is_han);
    let of = |count| if is_han && content.chars().count() == count { loose } else { 0.0 };
    Ok(Loose { larger: 1.0 + of(1), apart: of(2) })
}

fn letter_spacing(text: Node) -> Result<f32, TemplateError> {
    let Some(value) = text.attribute("letter-spacing") else {
        return Ok(0.0);
    };
    let em = value.strip_suffix("em").and_then(|number| number.parse::<f32>().ok());
    em.filter(|em| (-0.2..=2.0).contains(em)).ok_or_else(|| bad(text, "letter-spacing"))
}

fn place_attribute(node: Node, name: &str, default: Place) -> Result<Place, TemplateError> {
    match node.attribute(name) {
        None => Ok(default),
        Some("start") => Ok(Place::Start),
        Some("middle") => Ok(Place::Middle),
        Some("end") => Ok(Place::End),
        Some(_) => Err(bad(node, name)),
    }
}

fn in_range(
    node: Node,
    name: &str,
    default: Option<f32>,
    range: std::ops::RangeInclusive<f32>,
) -> Result<f32, TemplateError> {
    let value = number(node, name, default)?;
    if range.contains(&value) { Ok(value) } else { Err(bad(node, name)) }
}

fn number(node: Node, name: &str, default: Option<f32>) -> Result<f32, TemplateError> {
    let value = match node.attribute(name) {
        Some(value) => value.trim().parse().ok(),
        None => default,
    };
    value.filter(|value: &f32| value.is_finite()).ok_or_else(|| bad(node, name))
}

/// Colour stays the designer's; everything that moves or resizes a line is decided here.
fn kept_attributes(text: Node) -> String {
    let kept =
        text.attributes().filter(|a| matches!(a.name(), "fill" | "fill-opacity" | "opacity"));
    kept.map(|a| format!(r#" {}="{}""#, a.name(), escaped(a.value()))).collect()
}

fn all_attributes(rect: Node) -> String {
    let kept =
        rect.attributes().filter(|a| a.namespace().is_none() && !a.name().starts_with("data-"));
    kept.map(|a| format!(r#" {}="{}""#, a.name(), escaped(a.value()))).collect()
}

fn bad(node: Node, attribute: &str) -> TemplateError {
    TemplateError::Attribute {
        line: line_of(node),
        element: node.tag_name().name().to_owned(),
        attribute: attribute.to_owned(),
    }
}
