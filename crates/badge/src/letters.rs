//! Letters in black and white: every one solid, none lost in what lies behind it.
//!
//! A threshold over the whole picture would make grey letters thin and those on a colour of their own lightness vanish.
//! So letters are drawn on their own, all black or all white, whichever stands out from what the threshold has made of
//! their background.

use image::imageops::interpolate_bilinear;
use image::{GrayImage, ImageFormat};
use resvg::tiny_skia::{FillRule, Mask, Point, Transform};
use usvg::{Group, ImageKind, Node, Text, Tree};

use crate::badge::texts;
use crate::dots::{Area, Grid};
use crate::screen::{BLACK, SCREENED};
use crate::template::NAME_IMAGE;

/// How much of a dot a stroke has to cover to blacken it: heat spreads, and a hair less than a half keeps thin strokes
/// of small Han characters whole.
const BLACK_COVERS: u8 = 115;
/// White letters lose what the black around them gains.
const WHITE_COVERS: u8 = 90;
/// The rim around letters that stand on a screen or across an edge, in millimetres.
const RIM_MM: f32 = 0.25;
/// From this share of one kind on, of a hundred, a background is plain.
const PLAIN: usize = 95;

/// The picture as it was drawn, and what has become of it.
pub(crate) struct Plate<'a> {
    pub(crate) grid: Grid,
    /// How light every dot was drawn.
    pub(crate) gray: &'a [u8],
    /// [`BLACK`] or not, [`SCREENED`] or not.
    pub(crate) dots: Vec<u8>,
}

/// The letters of one text: how much of each dot in an area they cover.
struct Letters {
    area: Area,
    covered: Vec<u8>,
}

/// Burns all texts of the drawing in.
pub(crate) fn burn(tree: &Tree, dpi: u32, plate: &mut Plate) {
    let scale = plate.grid.scale(tree);
    let rim = (RIM_MM / 25.4 * dpi as f32).round().max(1.0) as usize;
    let texts = texts(tree);
    let written = texts.iter().filter_map(|text| Letters::of(text, scale, plate.grid, rim));
    let pictures = name_images(tree.root());
    let drawn =
        pictures.into_iter().filter_map(|name| Letters::of_picture(name, scale, plate.grid, rim));
    let all: Vec<Letters> = written.chain(drawn).collect();
    let mut any = vec![0; plate.dots.len()];
    for letters in &all {
        let width = plate.grid.width as usize;
        for (there, &covered) in letters.area.dots(&mut any, width).zip(&letters.covered) {
            *there = covered.max(*there);
        }
    }
    for letters in &all {
        letters.burn(plate, &mut any, rim);
    }
}

impl Letters {
    fn of(text: &Text, scale: Transform, grid: Grid, rim: usize) -> Option<Letters> {
        let area =
            grid.around(text.abs_stroke_bounding_box().to_non_zero_rect()?.transform(scale)?, rim);
        let (width, height) = area.size();
        let mut mask = Mask::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
        let place = text
            .abs_transform()
            .post_concat(scale)
            .post_translate(-(area.left as f32), -(area.top as f32));
        fill(text.flattened(), place, &mut mask);
        Some(Letters { area, covered: mask.take() })
    }

    /// The ink of a picture of a name, which masks a rectangle of the ink's colour.
    fn of_picture(group: &Group, scale: Transform, grid: Grid, rim: usize) -> Option<Letters> {
        let Some(Node::Path(path)) = group.children().first() else { return None };
        let ink = ink(group.mask()?.root())?;
        let frame = path.data().bounds();
        let place = path
            .abs_transform()
            .post_concat(scale)
            .pre_translate(frame.left(), frame.top())
            .pre_scale(frame.width() / ink.width() as f32, frame.height() / ink.height() as f32);
        let area = grid.around(path.abs_bounding_box().to_non_zero_rect()?.transform(scale)?, rim);
        let back = place.invert()?;
        let mut covered = Vec::new();
        for y in area.top..area.bottom {
            covered.extend((area.left..area.right).map(|x| covered_by(&ink, back, (x, y))));
        }
        Some(Letters { area, covered })
    }

    fn burn(&self, plate: &mut Plate, any: &mut [u8], rim: usize) {
        let width = plate.grid.width as usize;
        let near = widened(&self.covered, self.area.size().0, rim);
        let free: Vec<bool> = self
            .area
            .dots(any, width)
            .zip(&near)
            .map(|(any, near)| *any == 0 && *near > 0)
            .collect();
        let background = self.background(plate, &free);
        let ink = background.ink(self.lightness(plate));
        let covers = if ink == BLACK { BLACK_COVERS } else { WHITE_COVERS };
        let paper = BLACK ^ ink;
        for ((dot, &covered), free) in
            self.area.dots(&mut plate.dots, width).zip(&self.covered).zip(free)
        {
            if covered >= covers {
                *dot = ink;
            } else if covered > 0 || (free && (!background.is_plain() || *dot & SCREENED != 0)) {
                *dot = paper;
            }
        }
    }

    fn background(&self, plate: &mut Plate, free: &[bool]) -> Background {
        let width = plate.grid.width as usize;
        let mut found = Background::default();
        let gray = self.area.shades(plate.gray, width);
        for ((dot, gray), _) in
            self.area.dots(&mut plate.dots, width).zip(gray).zip(free).filter(|(_, free)| **free)
        {
            found.dots = found.dots.saturating_add(1);
            found.black = found.black.saturating_add(usize::from(*dot & BLACK));
            found.gray = found.gray.saturating_add(usize::from(*gray));
        }
        found
    }

    /// Returns how light the letters themselves were drawn.
    fn lightness(&self, plate: &Plate) -> usize {
        let most = self.covered.iter().max().copied().unwrap_or(0);
        let gray = self.area.shades(plate.gray, plate.grid.width as usize);
        let whole = gray.zip(&self.covered).filter(|(_, covered)| **covered == most);
        let (sum, count) = whole.fold((0_usize, 0_usize), |(sum, count), (gray, _)| {
            (sum.saturating_add(usize::from(*gray)), count.saturating_add(1))
        });
        sum.checked_div(count).unwrap_or(0)
    }
}

/// What lies around letters.
#[derive(Clone, Copy, Debug, Default)]
struct Background {
    dots: usize,
    black: usize,
    gray: usize,
}

impl Background {
    fn has_most(self, kind: usize) -> bool {
        kind.saturating_mul(100) >= self.dots.saturating_mul(PLAIN)
    }

    fn is_plain(self) -> bool {
        self.has_most(self.black) || self.has_most(self.dots.saturating_sub(self.black))
    }

    /// Returns [`BLACK`] for black letters, 0 for white ones.
    fn ink(self, lightness: usize) -> u8 {
        let is_black = if self.is_plain() {
            !self.has_most(self.black)
        } else {
            lightness.saturating_mul(self.dots) < self.gray
        };
        if is_black { BLACK } else { 0 }
    }
}

/// Draws all outlines of letters, whatever their colour.
fn fill(group: &Group, place: Transform, mask: &mut Mask) {
    for node in group.children() {
        match node {
            Node::Group(group) => fill(group, place.pre_concat(group.transform()), mask),
            Node::Path(path) => {
                if path.fill().is_some() {
                    mask.fill_path(path.data(), FillRule::Winding, true, place);
                }
                let stroke = path.stroke().map(usvg::Stroke::to_tiny_skia);
                if let Some(outline) = stroke.and_then(|stroke| path.data().stroke(&stroke, 1.0)) {
                    mask.fill_path(&outline, FillRule::Winding, true, place);
                }
            }
            Node::Image(_) | Node::Text(_) => {}
        }
    }
}

/// Returns the pictures of names, as the template's drawing has them.
fn name_images(group: &Group) -> Vec<&Group> {
    let groups = group.children().iter().filter_map(|node| match node {
        Node::Group(group) => Some(group),
        Node::Path(_) | Node::Image(_) | Node::Text(_) => None,
    });
    let found = groups.flat_map(|group| match group.id().starts_with(NAME_IMAGE) {
        true => vec![&**group],
        false => name_images(group),
    });
    found.collect()
}

/// Finds the one picture in a mask.
fn ink(group: &Group) -> Option<GrayImage> {
    group.children().iter().find_map(|node| match node {
        Node::Group(group) => ink(group),
        Node::Image(image) => match image.kind() {
            ImageKind::PNG(png) => {
                let picture = image::load_from_memory_with_format(png, ImageFormat::Png);
                picture.ok().map(image::DynamicImage::into_luma8)
            }
            _ => None,
        },
        Node::Path(_) | Node::Text(_) => None,
    })
}

/// Returns how much of a dot the ink covers: the mean of nine points in it.
fn covered_by(ink: &GrayImage, back: Transform, (x, y): (usize, usize)) -> u8 {
    const PARTS: [f32; 3] = [1.0 / 6.0, 0.5, 5.0 / 6.0];
    let mut sum = 0.0;
    for (dx, dy) in PARTS.iter().flat_map(|dx| PARTS.iter().map(move |dy| (dx, dy))) {
        let mut point = Point::from_xy(x as f32 + dx, y as f32 + dy);
        back.map_point(&mut point);
        let (width, height) = (ink.width() as f32, ink.height() as f32);
        if (0.0..width).contains(&point.x) && (0.0..height).contains(&point.y) {
            // Pixels have their shade in their middle.
            let (x, y) = (point.x - 0.5, point.y - 0.5);
            let (x, y) = (x.clamp(0.0, width - 1.0), y.clamp(0.0, height - 1.0));
            sum += interpolate_bilinear(ink, x, y).map_or(0.0, |shade| f32::from(shade.0[0]));
        }
    }
    (sum / 9.0).round() as u8
}

/// Returns where something is within `by` dots, along rows and then along columns.
fn widened(covered: &[u8], width: usize, by: usize) -> Vec<u8> {
    let rows: Vec<u8> =
        covered.chunks_exact(width.max(1)).flat_map(|row| spread(row, by)).collect();
    let mut wide = rows.clone();
    for shift in (1..=by).map(|rows| rows.saturating_mul(width)) {
        let later = rows.get(shift..).unwrap_or_default();
        wide.iter_mut().zip(later).for_each(|(to, from)| *to |= from);
        let below = wide.get_mut(shift..).unwrap_or_default();
        below.iter_mut().zip(&rows).for_each(|(to, from)| *to |= from);
    }
    wide
}

fn spread(row: &[u8], by: usize) -> Vec<u8> {
    let mut wide = row.to_vec();
    for shift in 1..=by {
        let later = row.get(shift..).unwrap_or_default();
        wide.iter_mut().zip(later).for_each(|(to, from)| *to |= from);
        let after = wide.get_mut(shift..).unwrap_or_default();
        after.iter_mut().zip(row).for_each(|(to, from)| *to |= from);
    }
    wide
}
