//! Whether what is put into a template can be seen on the badge: a place that is hidden or lies beside the card is filled, and
//! nobody would notice before the badges are in people's hands.

use usvg::{Group, Node, Rect, Text};

use crate::Badge;
use crate::badge::clip_of;

/// What is fainter cannot be seen on paper, from 0 to 1.
const FAINTEST: f32 = 0.05;
/// From here on a picture that runs out of the card is a mistake and no design.
const LEAST_OF_A_PHOTO: f32 = 0.5;
/// A code has to be there whole; the rest is for rounding.
const LEAST_OF_A_CODE: f32 = 0.995;
/// The smallest photo on which somebody can be told, in millimetres.
const SMALLEST_PHOTO: f32 = 8.0;
const MM: f32 = 25.4 / 96.0;

/// What was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Code,
    Photo,
}

/// Something that was put in, by the id that it has in the filled drawing.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) id: String,
    /// What the designer calls it.
    pub(super) name: String,
    /// Its line in the file.
    pub(super) line: usize,
}

/// How something came out.
struct Sight {
    id: String,
    opacity: f32,
    /// Where it stands, and which part of that is neither clipped nor off the card.
    whole: Rect,
    shown: Option<Rect>,
}

/// Returns a sentence about each part that nobody can see, or not whole.
pub(super) fn faults(badge: &Badge, parts: &[Part]) -> Vec<String> {
    let mut look = Look { parts, sights: Vec::new() };
    look.go(badge.tree().root(), 1.0, badge.tree().size().to_rect(0.0, 0.0));
    let told = |part: &Part| {
        let sight = look.sights.iter().find(|sight| sight.id == part.id);
        let wrong = wrong_with(part.kind, sight)?;
        Some(format!("badge template, line {}: the {} {wrong}", part.line, part.name))
    };
    let mut all: Vec<String> = parts.iter().filter_map(told).collect();
    all.dedup();
    all
}

fn wrong_with(kind: Kind, sight: Option<&Sight>) -> Option<String> {
    let Some(Sight { opacity, whole, shown, .. }) = sight else {
        return Some("cannot be seen: it is hidden or has no size; show it, or take it out".into());
    };
    if *opacity < FAINTEST {
        return Some(
            "cannot be seen: it is see-through; give it its opacity, or take it out".into(),
        );
    }
    let area = |rect: Rect| rect.width() * rect.height();
    // What has no end has no share: `max` takes the number.
    let share = (shown.map_or(0.0, area) / area(*whole)).max(0.0);
    let (across, down) = (whole.width() * MM, whole.height() * MM);
    match kind {
        Kind::Photo if share < LEAST_OF_A_PHOTO => {
            Some("lies outside of the card for the most part; move it into the card".into())
        }
        Kind::Code if share < LEAST_OF_A_CODE => {
            Some("is cut off; move it into the card and its clip".into())
        }
        Kind::Photo if across.min(down) < SMALLEST_PHOTO => Some(format!(
            "has only {across:.1} × {down:.1} mm; make its place at least {SMALLEST_PHOTO} mm wide and high"
        )),
        _ => None,
    }
}

/// Goes through a drawing and keeps what it looks for.
struct Look<'p> {
    parts: &'p [Part],
    sights: Vec<Sight>,
}

impl Look<'_> {
    /// Goes down with what the groups around let through.
    fn go(&mut self, group: &Group, opacity: f32, shown: Option<Rect>) {
        let opacity = opacity * group.opacity().get();
        let clip = clip_of(group);
        if let Some(clip) = clip.filter(|_| has_picture(group)) {
            self.see(group.id(), opacity, clip, shown);
        }
        let inside = match (shown, clip) {
            (Some(shown), Some(clip)) => shown.intersect(&clip),
            (shown, _) => shown,
        };
        for node in group.children() {
            match node {
                Node::Text(text) => {
                    self.see(text.id(), opacity * ink_of(text), text.abs_bounding_box(), inside);
                }
                Node::Path(path) if path.is_visible() => {
                    let own = path.fill().map_or(0.0, |fill| fill.opacity().get());
                    self.see(path.id(), opacity * own, path.abs_bounding_box(), inside);
                }
                Node::Path(_) | Node::Image(_) => {}
                Node::Group(group) => self.go(group, opacity, inside),
            }
        }
    }

    fn see(&mut self, id: &str, opacity: f32, whole: Rect, around: Option<Rect>) {
        if self.parts.iter().any(|part| part.id == id) {
            let shown = around.and_then(|shown| shown.intersect(&whole));
            self.sights.push(Sight { id: id.to_owned(), opacity, whole, shown });
        }
    }
}

/// Tells whether a picture in a group is shown.
fn has_picture(group: &Group) -> bool {
    group.children().iter().any(|node| match node {
        Node::Group(group) => has_picture(group),
        Node::Image(image) => image.is_visible(),
        Node::Text(_) | Node::Path(_) => false,
    })
}

/// Returns the opacity of the letters that are seen best.
fn ink_of(text: &Text) -> f32 {
    let spans = text.chunks().iter().flat_map(|chunk| chunk.spans()).filter(|s| s.is_visible());
    let own = spans.flat_map(|span| {
        let fill = span.fill().map(|fill| fill.opacity().get());
        [fill, span.stroke().map(|stroke| stroke.opacity().get())]
    });
    own.flatten().fold(0.0, f32::max)
}
