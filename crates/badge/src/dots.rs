//! The paper as a grid of a printer's dots, and the QR code on whole ones.
//!
//! A module that is now four dots wide and now five is what scanners at a door stumble over, so codes are not drawn
//! where the template has them to the hundredth of a dot: they keep their middle, and their modules take the largest
//! number of whole dots that the box has room for.

use resvg::tiny_skia::{
    NonZeroRect, Path, PathSegment, Pixmap, Point, PremultipliedColorU8, Transform,
};
use usvg::{Group, Node, Tree};

use crate::badge::{Badge, Paper, drawn};
use crate::code::{CODE_ID, QUIET_ZONE};
use crate::{BadgeError, Colour};

/// The dots that a module needs on a side: heat spreads by a part of a dot, and two are no longer apart.
const LEAST_DOTS: u32 = 3;
/// What a module needs on a side however fine the printer is, in millimetres: what scanners see at arm's length.
const LEAST_MODULE_MM: f32 = 0.25;
/// What a module may lack of whole dots: boxes are drawn in tenths of a millimetre.
const SLACK: f32 = 0.02;
const MM_PER_INCH: f32 = 25.4;

/// How many dots a paper has at a resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Grid {
    pub(crate) fn of(paper: Paper, dpi: u32) -> Result<Grid, BadgeError> {
        if !(100..=1200).contains(&dpi) {
            return Err(BadgeError::Resolution { dpi });
        }
        let dots = |mm: f32| (mm / MM_PER_INCH * dpi as f32).round().max(1.0) as u32;
        Ok(Grid { width: dots(paper.width_mm), height: dots(paper.height_mm) })
    }

    /// Returns what turns the drawing's units into dots.
    pub(crate) fn scale(self, tree: &Tree) -> Transform {
        let size = tree.size();
        Transform::from_scale(self.width as f32 / size.width(), self.height as f32 / size.height())
    }
}

impl Grid {
    /// Returns the dots that a rectangle touches, and so many around it, as far as they are on the paper.
    pub(crate) fn around(self, rect: NonZeroRect, margin: usize) -> Area {
        let before = |at: f32| (at.floor().max(0.0) as usize).saturating_sub(margin);
        let after = |at: f32, end: u32| {
            (at.ceil().max(0.0) as usize).saturating_add(margin).min(end as usize)
        };
        let (right, bottom) = (after(rect.right(), self.width), after(rect.bottom(), self.height));
        let (left, top) = (before(rect.left()).min(right), before(rect.top()).min(bottom));
        Area { left, top, right, bottom }
    }
}

impl Badge {
    /// Returns the side of the smallest QR code's modules on paper, in millimetres; `None` if there is no code.
    pub fn module_mm(&self) -> Option<f32> {
        let mm = self.paper().width_mm / self.tree().size().width();
        let modules = codes(self.tree()).into_iter().map(|code| code.module(Transform::default()));
        modules.map(|module| module * mm).min_by(f32::total_cmp)
    }

    /// Returns how many dots a module of the smallest QR code has on a side at this resolution; below 3 no label
    /// printer draws a code that is read. `None` if there is no code.
    pub fn module_dots(&self, dpi: u32) -> Option<u32> {
        self.module_mm().map(|mm| whole(mm / MM_PER_INCH * dpi as f32))
    }

    /// Says how large the code would have to be, if a printer of this resolution cannot draw it.
    ///
    /// # Errors
    /// [`BadgeError::CodeTooSmall`].
    pub fn refuse_small_code(&self, dpi: u32) -> Result<(), BadgeError> {
        let dot_mm = MM_PER_INCH / dpi as f32;
        let least = LEAST_DOTS.max((LEAST_MODULE_MM / dot_mm).ceil() as u32);
        let mm = self.paper().width_mm / self.tree().size().width();
        for code in codes(self.tree()) {
            let module = code.module(Transform::default()) * mm;
            if whole(module / dot_mm) < least {
                let modules = code.modules as f32;
                return Err(BadgeError::CodeTooSmall {
                    dpi,
                    side: (module * modules * 10.0).round() as u32,
                    needed: (least as f32 * dot_mm * modules * 10.0).ceil() as u32,
                });
            }
        }
        Ok(())
    }
}

/// Draws on white with as many pixels as a printer of this resolution has dots, the codes on whole ones.
pub(crate) fn page(tree: &Tree, paper: Paper, dpi: u32) -> Result<Pixmap, BadgeError> {
    let grid = Grid::of(paper, dpi)?;
    let mut pixmap = drawn(tree, grid.width, grid.height)?;
    for code in snapped(tree, grid) {
        for (area, dark) in code.areas {
            fill(&mut pixmap, area, if dark { INK } else { PAPER });
        }
    }
    Ok(pixmap)
}

/// Returns the colours of a picture on white, pixel by pixel.
pub(crate) fn samples(pixmap: &Pixmap, colour: Colour) -> Vec<u8> {
    // On white every pixel is opaque, so that premultiplied colours are the colours.
    let pixels = pixmap.pixels().iter();
    match colour {
        Colour::Rgb => pixels.flat_map(|p| [p.red(), p.green(), p.blue()]).collect(),
        Colour::Gray => pixels.map(|&p| gray(p)).collect(),
    }
}

/// Returns how light a pixel is, as sRGB counts (BT.709).
pub(crate) fn gray(pixel: PremultipliedColorU8) -> u8 {
    let part = |sample: u8, weight: u32| u32::from(sample).saturating_mul(weight);
    let sum = part(pixel.red(), 2126)
        .saturating_add(part(pixel.green(), 7152))
        .saturating_add(part(pixel.blue(), 722));
    u8::try_from(sum / 10_000).unwrap_or(u8::MAX)
}

const INK: [u8; 4] = [0, 0, 0, 255];
const PAPER: [u8; 4] = [255, 255, 255, 255];

fn fill(pixmap: &mut Pixmap, area: Area, [red, green, blue, alpha]: [u8; 4]) {
    let Some(colour) = PremultipliedColorU8::from_rgba(red, green, blue, alpha) else { return };
    let width = pixmap.width() as usize;
    area.fill(pixmap.pixels_mut(), width, colour);
}

/// A rectangle of dots, its right and bottom edges outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl Area {
    /// Returns the dots that lie between two corners, whichever corners they are.
    fn between(a: Point, b: Point) -> Area {
        // What lies outside the paper is cut off by whoever fills.
        let dot = |at: f32| at.round().max(0.0) as usize;
        Area {
            left: dot(a.x.min(b.x)),
            top: dot(a.y.min(b.y)),
            right: dot(a.x.max(b.x)),
            bottom: dot(a.y.max(b.y)),
        }
    }

    /// Returns the dots across and down.
    pub(crate) fn size(self) -> (usize, usize) {
        (self.right.saturating_sub(self.left), self.bottom.saturating_sub(self.top))
    }

    /// Returns the area's part of a picture of this width, row by row.
    pub(crate) fn dots<T>(self, picture: &mut [T], width: usize) -> impl Iterator<Item = &mut T> {
        let rows = picture.chunks_exact_mut(width.max(1)).take(self.bottom).skip(self.top);
        let right = self.right.min(width);
        rows.flat_map(move |row| row.get_mut(self.left..right).into_iter().flatten())
    }

    /// Returns the area's part of a picture of this width, row by row, to be looked at.
    pub(crate) fn shades<T>(self, picture: &[T], width: usize) -> impl Iterator<Item = &T> {
        let rows = picture.chunks_exact(width.max(1)).take(self.bottom).skip(self.top);
        let right = self.right.min(width);
        rows.flat_map(move |row| row.get(self.left..right).into_iter().flatten())
    }

    /// Fills the area in a picture of this width.
    pub(crate) fn fill<T: Copy>(self, picture: &mut [T], width: usize, value: T) {
        self.dots(picture, width).for_each(|dot| *dot = value);
    }
}

/// A code on whole dots, to be painted in order: white where the drawn one was, its quiet zone, the dark modules.
pub(crate) struct Snapped {
    pub(crate) areas: Vec<(Area, bool)>,
}

/// Returns the codes of a drawing on whole dots; one that stands aslant stays as it is drawn.
pub(crate) fn snapped(tree: &Tree, grid: Grid) -> Vec<Snapped> {
    let scale = grid.scale(tree);
    codes(tree).into_iter().filter_map(|code| code.snapped(scale)).collect()
}

/// A code as the template's drawing has it.
struct Drawn {
    /// On a side, the quiet zone included.
    modules: usize,
    /// The dark runs, in modules: two corners each.
    dark: Vec<[Point; 2]>,
    /// From modules to the drawing's units.
    place: Transform,
}

impl Drawn {
    /// Reads a path as [`crate::code::Code::path`] writes it; anything else that has its name is no code.
    fn read(path: &Path, place: Transform) -> Option<Drawn> {
        let mut dark: Vec<[Point; 2]> = Vec::new();
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(start) => dark.push([start, start]),
                PathSegment::LineTo(to) => {
                    let [_, far] = dark.last_mut()?;
                    *far = Point::from_xy(far.x.max(to.x), far.y.max(to.y));
                }
                PathSegment::Close => {}
                PathSegment::QuadTo(..) | PathSegment::CubicTo(..) => return None,
            }
        }
        let quiet = QUIET_ZONE as f32;
        let run = |[near, far]: &[Point; 2]| {
            far.y - near.y == 1.0 && far.x > near.x && near.x >= quiet && near.y >= quiet
        };
        let right = dark.iter().map(|[_, far]| far.x).fold(0.0, f32::max);
        // Three corners of every code are dark, so that its ink reaches both edges.
        let bottom = dark.iter().map(|[_, far]| far.y).fold(0.0, f32::max);
        let is_code = !dark.is_empty() && dark.iter().all(run) && right == bottom;
        is_code.then(|| Drawn { modules: (right as usize).saturating_add(QUIET_ZONE), dark, place })
    }

    /// Returns the side of a module.
    fn module(&self, scale: Transform) -> f32 {
        let (x, y) = self.place.post_concat(scale).get_scale();
        x.min(y)
    }

    fn snapped(&self, scale: Transform) -> Option<Snapped> {
        let exact = self.place.post_concat(scale);
        let turn = quarter_turn(exact)?;
        let module = whole(self.module(scale)) as f32;
        let half = self.modules as f32 / 2.0;
        let mut middle = Point::from_xy(half, half);
        exact.map_point(&mut middle);
        // The corner stands on a whole dot, and with it every module.
        let corner = |at: f32| (at - half * module).round() + half * module;
        let place = Transform::from_translate(-half, -half)
            .post_concat(turn)
            .post_scale(module, module)
            .post_translate(corner(middle.x), corner(middle.y));
        let area = |place: Transform, [mut a, mut b]: [Point; 2]| {
            place.map_point(&mut a);
            place.map_point(&mut b);
            Area::between(a, b)
        };
        let (quiet, side) = (QUIET_ZONE as f32, self.modules as f32);
        let square = |from: f32, to: f32| [Point::from_xy(from, from), Point::from_xy(to, to)];
        let mut areas = vec![
            (area(exact, square(quiet - 0.5, side - quiet + 0.5)), false),
            (area(place, square(0.0, side)), false),
        ];
        areas.extend(self.dark.iter().map(|&run| (area(place, run), true)));
        (module >= 1.0).then_some(Snapped { areas })
    }
}

/// Returns how a code is turned or mirrored if its edges are the paper's.
fn quarter_turn(place: Transform) -> Option<Transform> {
    let (x, y) = place.get_scale();
    let unit = |value: f32, scale: f32| {
        let turned = value / scale;
        ((turned - turned.round()).abs() < 0.001).then(|| turned.round())
    };
    Some(Transform::from_row(
        unit(place.sx, x)?,
        unit(place.ky, y)?,
        unit(place.kx, x)?,
        unit(place.sy, y)?,
        0.0,
        0.0,
    ))
}

/// Returns the whole dots of a length.
fn whole(dots: f32) -> u32 {
    (dots + SLACK).floor() as u32
}

fn codes(tree: &Tree) -> Vec<Drawn> {
    let mut found = Vec::new();
    collect_codes(tree.root(), &mut found);
    found
}

fn collect_codes(group: &Group, found: &mut Vec<Drawn>) {
    for node in group.children() {
        match node {
            Node::Group(group) => collect_codes(group, found),
            Node::Path(path) if path.id() == CODE_ID => {
                found.extend(Drawn::read(path.data(), path.abs_transform()));
            }
            Node::Path(_) | Node::Image(_) | Node::Text(_) => {}
        }
    }
}
