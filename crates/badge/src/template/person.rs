//! Pictures of a person: the photo where the template has a place for one, and a name that no font can write.

use std::ops::Range;

use admission::roster::Picture;
use data_encoding::BASE64;
use roxmltree::Node;

use super::boxes::{Slot, frame_of, names};
use super::{TemplateError, line_of};
use crate::layout::Frame;
use crate::markup::escaped;
use crate::picture;

/// Stands around a name of which there is a picture, until it is known whether it stands alone.
pub(super) const PICTURED: char = '\u{E001}';
/// The id of the place of a photo, and the condition that tells whether there is one.
pub(super) const PHOTO: &str = "photo";
/// How the ids of pictures of names begin in a filled drawing.
pub(crate) const NAME_IMAGE: &str = "name-image-";
/// Whether a photo keeps its shape, and which part of it is shown.
const FILLS: &str = "xMidYMin slice";

/// The pictures of one person.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pictures<'p> {
    photo: Option<&'p Picture>,
    name: Option<(&'p Picture, f32)>,
}

impl<'p> Pictures<'p> {
    /// Takes what can be drawn.
    pub(super) fn of(photo: Option<&'p Picture>, name: Option<&'p Picture>) -> Pictures<'p> {
        let shaped = |name| Some((name, picture::shape(name)?));
        Pictures { photo, name: name.and_then(shaped) }
    }

    /// Returns width by height of the picture of the name.
    pub(super) fn shape(self) -> Option<f32> {
        self.name.map(|(_, shape)| shape)
    }

    /// Draws the name in a frame, in the colour of the text that it stands for.
    pub(super) fn name_markup(self, line: &str, frame: Frame, slot: &Slot) -> String {
        let Some((picture, _)) = self.name else { return String::new() };
        let Frame { x, y, width, height } = frame;
        let at = format!(r#"x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}""#);
        // Without black beyond its edge, readers of PDF draw a hair along it.
        let (rim_x, rim_y) = (width * 0.05, height * 0.05);
        let wide = format!(
            r#"x="{:.2}" y="{:.2}" width="{:.2}" height="{:.2}""#,
            x - rim_x,
            y - rim_y,
            width + rim_x * 2.0,
            height + rim_y * 2.0
        );
        let (style, opacity, data) = (&slot.style, &slot.opacity, BASE64.encode(picture.bytes()));
        format!(
            r##"<mask id="ink-{line}" maskUnits="userSpaceOnUse" {wide}><rect {wide} style="fill:#000000;stroke:none"/><image {at} preserveAspectRatio="none" href="data:image/png;base64,{data}"/></mask><g id="{NAME_IMAGE}{line}" mask="url(#ink-{line})" style="stroke:none{opacity}"><rect {at} style="fill:#000000{style};stroke:none"/></g>"##
        )
    }
}

/// Where a photo goes, in the source.
pub(super) struct PhotoSlot {
    pub(super) range: Range<usize>,
    /// Whether it is named by its id, which a file may have once.
    pub(super) has_id: bool,
    frame: Frame,
    /// The corners of a rectangle as attributes; `None` for a picture that only holds the place.
    corners: Option<String>,
    /// What the designer says of it otherwise.
    attributes: String,
}

impl PhotoSlot {
    /// Reads an element that has the name `photo`; nothing of any other.
    pub(super) fn read(node: Node) -> Result<Option<PhotoSlot>, TemplateError> {
        if !node.is_element() || !names(node).any(|name| name == PHOTO) {
            return Ok(None);
        }
        let corners = match node.tag_name().name() {
            "image" => None,
            "rect" => Some(attributes(node, |name| matches!(name, "rx" | "ry"))),
            other => {
                let what = format!("a photo in <{other}>");
                let cure =
                    "give the id photo to a rectangle, rounded as far as you like, or to a picture";
                return Err(TemplateError::forbidden(line_of(node), &what, cure));
            }
        };
        let is_own = |name: &str| {
            let place = ["x", "y", "width", "height", "rx", "ry", "href", "preserveAspectRatio"];
            !place.contains(&name) && !name.starts_with("data-")
        };
        Ok(Some(PhotoSlot {
            range: node.range(),
            has_id: node.attribute("id") == Some(PHOTO),
            frame: frame_of(node)?,
            corners,
            attributes: attributes(node, is_own),
        }))
    }

    /// Draws the photo over its place, and the edge of the rectangle over the photo.
    pub(super) fn markup(&self, n: usize, pictures: Pictures) -> String {
        let Some(photo) = pictures.photo else { return String::new() };
        let Frame { x, y, width, height } = self.frame;
        let at = format!(r#"x="{x}" y="{y}" width="{width}" height="{height}""#);
        let corners = self.corners.clone().unwrap_or_default();
        let edge = match self.corners {
            Some(_) => format!(r#"<rect {at}{corners} style="fill:none"/>"#),
            None => String::new(),
        };
        let (own, data, id) = (&self.attributes, BASE64.encode(photo.bytes()), photo_id(n));
        format!(
            r##"<g{own}><clipPath id="photo-clip-{n}"><rect {at}{corners}/></clipPath><g id="{id}" clip-path="url(#photo-clip-{n})"><image {at} preserveAspectRatio="{FILLS}" href="data:image/jpeg;base64,{data}"/></g>{edge}</g>"##
        )
    }
}

/// Returns the id of a photo in a filled drawing.
pub(super) fn photo_id(n: usize) -> String {
    format!("photo-{n}")
}

fn attributes(node: Node, kept: impl Fn(&str) -> bool) -> String {
    let kept = node.attributes().filter(|a| a.namespace().is_none() && kept(a.name()));
    kept.map(|a| format!(r#" {}="{}""#, a.name(), escaped(a.value()))).collect()
}

#[cfg(test)]
mod tests;
