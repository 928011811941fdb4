//! A rendered side of a template: its boxes are read, filled, and looked at after drawing.

use std::collections::BTreeMap;
use std::ops::Range;

use roxmltree::Node;

use super::boxes::{self, Boxes, Slot, four, frame_of, names};
use super::person::{PHOTO, PhotoSlot, Pictures, photo_id};
use super::places::{Kind, Part, faults};
use super::{TemplateError, parsed, safety};
use crate::BadgeError;
use crate::badge::{Badge, Paper, tree};
use crate::code::{CODE_ID, Code};
use crate::faces::{Order, Run};
use crate::layout::{Column, Frame, Item, Line, place, smaller};
use crate::markup::escaped;
use crate::room::Room;
use crate::ruler::Ruler;

/// The boxes and codes that are still to be drawn, and where they stand in the source.
pub(super) struct Drawing<'a> {
    xml: &'a str,
    paper: Paper,
    columns: Vec<(Column, Vec<Slot>)>,
    /// Texts without content.
    absent: Vec<Range<usize>>,
    codes: Vec<CodeSlot>,
    photos: Vec<PhotoSlot>,
    pictures: Pictures<'a>,
}

/// A `<rect data-code>` in the source.
struct CodeSlot {
    range: Range<usize>,
    /// Whether it is named by its id, which a file may have once.
    has_id: bool,
    frame: Frame,
    attributes: String,
    /// Its own; the code moves with its paper.
    transform: String,
}

impl<'a> Drawing<'a> {
    pub(super) fn read(xml: &'a str, pictures: Pictures<'a>) -> Result<Drawing<'a>, TemplateError> {
        let document = parsed(xml)?;
        safety::check(&document)?;
        let paper = paper(document.root_element())?;
        let Boxes { columns, absent, .. } = boxes::read(&document, pictures.shape())?;
        let (codes, photos) = (Vec::new(), Vec::new());
        let mut drawing = Drawing { xml, paper, columns, absent, codes, photos, pictures };
        for node in document.descendants().filter(is_code) {
            drawing.read_code(node)?;
        }
        for node in document.descendants() {
            drawing.photos.extend(PhotoSlot::read(node)?);
        }
        Ok(drawing)
    }

    fn read_code(&mut self, rect: Node) -> Result<(), TemplateError> {
        let frame = frame_of(rect)?;
        let transform = rect.attribute("transform").unwrap_or_default().to_owned();
        let attributes = all_attributes(rect);
        let (range, has_id) = (rect.range(), rect.attribute("id") == Some(CODE_ID));
        self.codes.push(CodeSlot { range, has_id, frame, attributes, transform });
        Ok(())
    }

    /// Draws, looks at what really got inked, and draws smaller what left its box.
    pub(super) fn fitted(&self, code: Option<&Code>, order: Order) -> Result<Badge, BadgeError> {
        self.fitted_lines(code, order).map(|(badge, _)| badge)
    }

    /// Returns a sentence about everything that was put in and cannot be seen, or stands there twice by mistake.
    pub(super) fn faults(
        &self,
        code: Option<&Code>,
        order: Order,
    ) -> Result<Vec<String>, BadgeError> {
        let (badge, lines) = self.fitted_lines(code, order)?;
        let mut all = faults(&badge, &self.parts(&lines, code));
        let photos = self.photos.iter().filter(|slot| slot.has_id).map(|slot| &slot.range);
        let codes = self.codes.iter().filter(|slot| slot.has_id).map(|slot| &slot.range);
        all.extend(photos.skip(1).map(|range| self.twice(range, PHOTO)));
        all.extend(codes.skip(1).map(|range| self.twice(range, CODE_ID)));
        Ok(all)
    }

    fn twice(&self, range: &Range<usize>, id: &str) -> String {
        let line = self.line_of(range);
        format!(
            "badge template, line {line}: another element has the id {id}; take one of them out"
        )
    }

    fn parts(&self, lines: &[Vec<Line>], code: Option<&Code>) -> Vec<Part> {
        let part = |kind, id, name: &str, range| {
            let (name, line) = (name.to_owned(), self.line_of(range));
            Part { kind, id, name, line }
        };
        let mut parts = Vec::new();
        for (n, ((column, slots), lines)) in self.columns.iter().zip(lines).enumerate() {
            for (m, line) in lines.iter().enumerate().filter(|(_, line)| line.picture.is_none()) {
                let item = column.items.get(line.item).zip(slots.get(line.item));
                let text = item.map(|(item, slot)| {
                    part(Kind::Text, line_id(n, m), &format!("text {}", item.field), &slot.range)
                });
                parts.extend(text);
            }
        }
        let codes = self.codes.iter().filter(|_| code.is_some());
        parts.extend(codes.map(|slot| part(Kind::Code, CODE_ID.to_owned(), "code", &slot.range)));
        let photos = self.photos.iter().enumerate();
        parts.extend(photos.map(|(n, slot)| part(Kind::Photo, photo_id(n), PHOTO, &slot.range)));
        parts
    }

    fn line_of(&self, range: &Range<usize>) -> usize {
        let before = self.xml.get(..range.start).unwrap_or_default();
        before.matches('\n').count().saturating_add(1)
    }

    fn fitted_lines(
        &self,
        code: Option<&Code>,
        order: Order,
    ) -> Result<(Badge, Vec<Vec<Line>>), BadgeError> {
        let mut ruler = Ruler::new(order);
        let mut ceilings: Vec<u32> = self.columns.iter().map(|_| 100).collect();
        loop {
            let lines = self.lines(&ceilings, &mut ruler)?;
            let svg = self.svg(&lines, code);
            let badge = Badge::new(tree(&svg, order)?, svg, self.paper);
            self.refuse_missing_glyphs(&badge, &lines)?;
            let Some((column, field)) = self.outside(&badge, &lines) else {
                return Ok((badge, lines));
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
                let markup = own.map(|(m, line)| match line.picture {
                    Some(frame) => self.pictures.name_markup(&line_id(n, m), frame, slot),
                    None => line_markup(&line_id(n, m), line, item, slot),
                });
                let markup = markup.collect();
                edits.push((slot.range.clone(), moved(markup, slot.transform)));
            }
        }
        for slot in &self.codes {
            edits.push((
                slot.range.clone(),
                code.map(|code| code_markup(slot, code)).unwrap_or_default(),
            ));
        }
        for (n, slot) in self.photos.iter().enumerate() {
            edits.push((slot.range.clone(), slot.markup(n, self.pictures)));
        }
        edited(self.xml, edits)
    }
}

fn line_id(column: usize, line: usize) -> String {
    format!("line-{column}-{line}")
}

fn line_markup(id: &str, line: &Line, item: &Item, slot: &Slot) -> String {
    let (size, y, weight) = (line.size, line.y, if item.bold { 700 } else { 400 });
    let (style, opacity) = (&slot.style, &slot.opacity);
    // As styles, and on every part, because a style sheet of the designer's is stronger than attributes and than the text around.
    let run = |(x, run): &(f32, Run)| {
        let (family, text) = (run.family.name(), escaped(&run.text));
        let (spacing, room) =
            (item.spacing_of(run) * size, Room::of(run, item.bold).attribute(size));
        format!(
            r#"<tspan x="{x:.2}"{room} style="font-family:{family};font-size:{size:.2}px;font-weight:{weight};font-style:normal;letter-spacing:{spacing:.3}px;word-spacing:0;text-anchor:start;baseline-shift:baseline{style}">{text}</tspan>"#
        )
    };
    let runs: String = line.runs.iter().map(run).collect();
    format!(
        r#"<text id="{id}" xml:space="preserve" y="{y:.2}" style="text-anchor:start;writing-mode:lr-tb{opacity}">{runs}</text>"#
    )
}

/// Draws lines where their box stands, although their text stands elsewhere in the file.
fn moved(lines: String, transform: Option<usvg::Transform>) -> String {
    match transform {
        Some(usvg::Transform { sx, ky, kx, sy, tx, ty }) if !lines.is_empty() => {
            format!(r#"<g transform="matrix({sx} {ky} {kx} {sy} {tx} {ty})">{lines}</g>"#)
        }
        _ => lines,
    }
}

fn code_markup(slot: &CodeSlot, code: &Code) -> String {
    let side = slot.frame.width.min(slot.frame.height);
    let module = side / code.modules() as f32;
    let x = slot.frame.x + (slot.frame.width - side) / 2.0;
    let y = slot.frame.y + (slot.frame.height - side) / 2.0;
    let path = code.path();
    format!(
        r##"<rect{}/><path id="{CODE_ID}" transform="{} translate({x} {y}) scale({module})" fill="#1B1B1F" shape-rendering="crispEdges" d="{path}"/>"##,
        slot.attributes, slot.transform
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
    let view_box = four(svg.attribute("viewBox").unwrap_or_default());
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

/// The paper of a code: a rectangle with `data-code`, or with the name `code`.
fn is_code(node: &Node) -> bool {
    node.has_attribute("data-code")
        || (node.tag_name().name() == "rect" && names(*node).any(|name| name == "code"))
}

fn all_attributes(rect: Node) -> String {
    let kept = rect
        .attributes()
        .filter(|a| a.namespace().is_none() && a.name() != "id" && !a.name().starts_with("data-"));
    kept.map(|a| format!(r#" {}="{}""#, a.name(), escaped(a.value()))).collect()
}
