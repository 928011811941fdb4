//! A filled badge, and its three forms: SVG, PDF and PNG, all from one tree.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use usvg::{Node, Options, Tree};

use crate::BadgeError;
use crate::faces::{Order, faces};
use crate::pages::document;
use crate::template::{TemplateError, resolver};

/// The most pixels on a side of a picture: a poster at 300 dpi, not a memory bomb.
const MOST_PIXELS: u32 = 16_384;
/// The most pixels of a picture: A4 at 600 dpi, a quarter of a gigabyte while it is drawn.
const LARGEST_AREA: u64 = 50_000_000;

/// The paper's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paper {
    pub(crate) width_mm: f32,
    pub(crate) height_mm: f32,
}

/// A filled tree: what the screen shows is what the printer prints.
#[derive(Clone, Debug)]
pub struct Badge {
    svg: String,
    tree: Tree,
    paper: Paper,
    /// What is printed on the other side.
    back: Option<Box<Badge>>,
}

impl Badge {
    pub(crate) fn new(tree: Tree, svg: String, paper: Paper) -> Badge {
        Badge { svg, tree, paper, back: None }
    }

    /// Puts front and back together.
    pub(crate) fn of_sides(sides: Vec<Badge>) -> Result<Badge, TemplateError> {
        let mut sides = sides.into_iter();
        match (sides.next(), sides.next(), sides.next()) {
            (Some(front), None, _) => Ok(front),
            (Some(front), Some(back), None) if front.paper == back.paper => {
                Ok(Badge { back: Some(Box::new(back)), ..front })
            }
            (Some(_), Some(_), None) => {
                let cure = "give the back the same width and height";
                Err(TemplateError::forbidden(1, "front and back of different sizes", cure))
            }
            _ => {
                let cure = "draw one front and at most one back";
                Err(TemplateError::forbidden(1, "a badge of more than two sides", cure))
            }
        }
    }

    /// Returns the other side, if the template has one. It is a badge as the front is: draw it like that one.
    pub fn back(&self) -> Option<&Badge> {
        self.back.as_deref()
    }

    /// Returns the front and then the back: what a printer puts on one card or on two pages.
    pub fn sides(&self) -> impl Iterator<Item = &Badge> {
        std::iter::once(self).chain(self.back())
    }

    /// Draws what has pictures once in every way: some files can be read and not be drawn.
    pub(crate) fn try_pictures(&self) -> Result<(), BadgeError> {
        if self.sides().any(|side| has_picture(side.tree.root())) {
            self.pdf()?;
            self.sides().try_for_each(|side| side.pixels(100).map(drop))?;
        }
        Ok(())
    }

    /// Returns the drawing. Its texts name the built-in faces; only this crate draws it exactly.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Returns a PDF page of the paper's size for each side, with text that can be selected. The same badge gives the same bytes.
    pub fn pdf(&self) -> Result<Vec<u8>, BadgeError> {
        document([self])
    }

    /// Returns a picture of this side that is `width_px` wide.
    pub fn png(&self, width_px: u32) -> Result<Vec<u8>, BadgeError> {
        let pixels = self.pixels(width_px)?;
        let mut png = Vec::new();
        // On white every pixel is opaque, so that premultiplied colours are the colours.
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up)
            .write_image(pixels.data(), pixels.width(), pixels.height(), ExtendedColorType::Rgba8)
            .map_err(|error| BadgeError::Drawing(error.to_string()))?;
        Ok(png)
    }

    /// Returns the paper's width and height, in millimetres.
    pub fn paper_mm(&self) -> (f32, f32) {
        (self.paper.width_mm, self.paper.height_mm)
    }

    fn pixels(&self, width_px: u32) -> Result<Pixmap, BadgeError> {
        let size = self.tree.size();
        let height_px = (size.height() * width_px as f32 / size.width()).round() as u32;
        drawn(&self.tree, width_px, height_px)
    }

    /// Returns the drawing, for what turns it into dots.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the paper's size.
    pub(crate) fn paper(&self) -> Paper {
        self.paper
    }

    /// Returns the text with this id.
    pub(crate) fn text(&self, id: &str) -> Option<&usvg::Text> {
        match self.tree.node_by_id(id)? {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Tells whether all ink of a text is on the paper.
    pub(crate) fn holds(&self, text: &usvg::Text) -> bool {
        let (ink, paper) = (text.abs_stroke_bounding_box(), self.tree.size());
        ink.left() >= 0.0
            && ink.top() >= 0.0
            && ink.right() <= paper.width()
            && ink.bottom() <= paper.height()
    }

    /// Returns the texts of which something is cut off: at the edge of the paper, or by a clip of the template.
    pub fn clipped(&self) -> Vec<String> {
        let mut cut = Vec::new();
        for side in self.sides() {
            let paper = side.tree.size().to_rect(0.0, 0.0);
            collect_clipped(side.tree.root(), paper, &mut cut);
        }
        cut
    }

    /// Returns the first text with a glyph that no face has: its id and the characters.
    pub(crate) fn first_missing_glyph(&self) -> Option<(String, Vec<char>)> {
        self.texts().into_iter().find_map(|text| {
            let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
            let missing: Vec<char> = glyphs
                .filter(|glyph| glyph.id.0 == 0)
                .flat_map(|glyph| glyph.text.chars())
                .collect();
            (!missing.is_empty()).then(|| (text.id().to_owned(), missing))
        })
    }

    /// Returns all texts, in drawing order.
    pub(crate) fn texts(&self) -> Vec<&usvg::Text> {
        texts(&self.tree)
    }
}

/// Draws on white, in exactly so many pixels.
pub(crate) fn drawn(tree: &Tree, width_px: u32, height_px: u32) -> Result<Pixmap, BadgeError> {
    let fits = (1..=MOST_PIXELS).contains(&width_px)
        && (1..=MOST_PIXELS).contains(&height_px)
        && u64::from(width_px).saturating_mul(u64::from(height_px)) <= LARGEST_AREA;
    let pixmap = fits.then(|| Pixmap::new(width_px, height_px)).flatten();
    let mut pixmap =
        pixmap.ok_or_else(|| BadgeError::Drawing(format!("{width_px} × {height_px} pixels")))?;
    pixmap.fill(Color::WHITE);
    let size = tree.size();
    let exact =
        Transform::from_scale(width_px as f32 / size.width(), height_px as f32 / size.height());
    resvg::render(tree, exact, &mut pixmap.as_mut());
    Ok(pixmap)
}

/// Returns all texts of a drawing, in drawing order.
pub(crate) fn texts(tree: &Tree) -> Vec<&usvg::Text> {
    let mut found = Vec::new();
    collect_texts(tree.root(), &mut found);
    found
}

/// Goes down with what the clips around let through.
fn collect_clipped(group: &usvg::Group, shown: Option<usvg::Rect>, cut: &mut Vec<String>) {
    let shown = match (shown, clip_of(group)) {
        (Some(shown), Some(own)) => shown.intersect(&own),
        (shown, _) => shown,
    };
    for node in group.children() {
        match node {
            Node::Group(group) => collect_clipped(group, shown, cut),
            Node::Text(text) => {
                let ink = text.abs_stroke_bounding_box();
                let slack = ink.height() * 0.05;
                let holds = |shown: usvg::Rect| {
                    ink.left() >= shown.left() - slack
                        && ink.top() >= shown.top() - slack
                        && ink.right() <= shown.right() + slack
                        && ink.bottom() <= shown.bottom() + slack
                };
                if !shown.is_some_and(holds) {
                    cut.push(text.chunks().iter().map(|chunk| chunk.text()).collect());
                }
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

/// Returns what a group's own clip lets through, on the paper.
pub(crate) fn clip_of(group: &usvg::Group) -> Option<usvg::Rect> {
    let clip = group.clip_path()?;
    let at = group.abs_transform().pre_concat(clip.transform());
    clip.root().bounding_box().transform(at)
}

fn collect_texts<'a>(group: &'a usvg::Group, found: &mut Vec<&'a usvg::Text>) {
    for node in group.children() {
        match node {
            Node::Group(group) => collect_texts(group, found),
            Node::Text(text) => found.push(text),
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

fn has_picture(group: &usvg::Group) -> bool {
    group.children().iter().any(|node| match node {
        Node::Group(group) => has_picture(group),
        Node::Image(_) => true,
        Node::Text(_) | Node::Path(_) => false,
    })
}

/// Reads a finished drawing with the built-in faces and the pictures inside it and nothing else: no file, no system font.
pub(crate) fn tree(svg: &str, order: Order) -> Result<Tree, BadgeError> {
    let options = Options {
        font_resolver: faces().resolver(order),
        fontdb: faces().database(),
        image_href_resolver: resolver(),
        ..Options::default()
    };
    Tree::from_str(svg, &options).map_err(|error| BadgeError::Drawing(error.to_string()))
}
