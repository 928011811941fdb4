//! A contact sheet: many badges small beside each other, each with a label, to be looked at.

use std::io::Cursor;

use image::{ImageFormat, Rgba, RgbaImage, imageops};
use usvg::Tree;

use crate::badge::{drawn, tree};
use crate::faces::Order;
use crate::markup::{escaped, visual_runs};
use crate::pages::{Pages, Placed};
use crate::{Badge, BadgeError};

/// The width of a badge on the sheet, the room around it and below it for its label, in millimetres.
const CARD: f32 = 58.0;
const MARGIN: f32 = 6.0;
const LABEL: f32 = 6.0;
const COLUMNS: usize = 3;
/// A4, in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
/// Pixels of a millimetre in a picture: a badge is 464 wide.
const PIXELS_MM: f32 = 8.0;
/// The highest picture, in pixels: some sixty badges; a PDF holds more.
const TALLEST: u32 = 20_000;
const GROUND: Rgba<u8> = Rgba([0xD8, 0xD8, 0xDC, 0xFF]);

/// Returns pages of A4 with labelled badges, fronts and backs.
///
/// # Errors
/// [`BadgeError::Drawing`] if something cannot be drawn.
pub fn contact_pdf(cards: &[(String, Badge)]) -> Result<Vec<u8>, BadgeError> {
    let cards = Card::all(cards)?;
    let rows = ((A4.1 - MARGIN) / row_height(&cards)).floor().max(1.0) as usize;
    let mut pages = Pages::new(None);
    let (width, height) = A4;
    let ground = tree(
        &format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"><rect width="100%" height="100%" fill="#D8D8DC"/></svg>"##
        ),
        Order::for_language("en"),
    )?;
    for page in cards.chunks(rows.saturating_mul(COLUMNS)) {
        let mut drawn = placed(page, row_height(&cards));
        drawn.insert(0, Placed { tree: &ground, corner: (0.0, 0.0), size: A4 });
        pages.page(A4, &drawn)?;
    }
    pages.finish()
}

/// Returns one picture (PNG) with labelled badges, fronts and backs.
///
/// # Errors
/// [`BadgeError::Drawing`] if something cannot be drawn or the picture becomes too large.
pub fn contact_png(cards: &[(String, Badge)]) -> Result<Vec<u8>, BadgeError> {
    let cards = Card::all(cards)?;
    let row = row_height(&cards);
    let height = MARGIN + row * cards.len().div_ceil(COLUMNS) as f32;
    let pixels = |millimetres: f32| (millimetres * PIXELS_MM).round() as u32;
    let (wide, high) = (pixels(A4.0), pixels(height));
    if high > TALLEST {
        return Err(BadgeError::Drawing(format!("{} badges in one picture", cards.len())));
    }
    let mut sheet = RgbaImage::from_pixel(wide, high, GROUND);
    for Placed { tree, corner: (x, y), size: (width, height) } in placed(&cards, row) {
        let own = drawn(tree, pixels(width), pixels(height))?;
        let own = RgbaImage::from_raw(own.width(), own.height(), own.take());
        let own = own.ok_or_else(|| BadgeError::Drawing("picture".to_owned()))?;
        imageops::replace(&mut sheet, &own, i64::from(pixels(x)), i64::from(pixels(y)));
    }
    let mut png = Cursor::new(Vec::new());
    sheet
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|error| BadgeError::Drawing(error.to_string()))?;
    Ok(png.into_inner())
}

/// A side of a badge with its label.
struct Card<'a> {
    side: &'a Badge,
    label: Tree,
    height: f32,
}

impl<'a> Card<'a> {
    fn all(cards: &'a [(String, Badge)]) -> Result<Vec<Card<'a>>, BadgeError> {
        let mut all = Vec::new();
        for (name, badge) in cards {
            for side in badge.sides() {
                let (width, height) = side.paper_mm();
                let height = height * CARD / width;
                all.push(Card { side, label: label(name)?, height });
            }
        }
        Ok(all)
    }
}

fn row_height(cards: &[Card]) -> f32 {
    cards.iter().map(|card| card.height).fold(0.0, f32::max) + LABEL + MARGIN
}

fn placed<'a>(cards: &'a [Card<'a>], row: f32) -> Vec<Placed<'a>> {
    let mut placed = Vec::new();
    for (n, card) in cards.iter().enumerate() {
        let (column, line) = (n.rem_euclid(COLUMNS), n.div_euclid(COLUMNS));
        let left = (A4.0 - COLUMNS as f32 * (CARD + MARGIN) + MARGIN) / 2.0;
        let x = left + column as f32 * (CARD + MARGIN);
        let y = MARGIN + line as f32 * row;
        placed.push(Placed { tree: card.side.tree(), corner: (x, y), size: (CARD, card.height) });
        let below = (x, y + card.height);
        placed.push(Placed { tree: &card.label, corner: below, size: (CARD, LABEL) });
    }
    placed
}

fn label(text: &str) -> Result<Tree, BadgeError> {
    let order = Order::for_language("zh-Hans");
    let runs: String = visual_runs(text, order)
        .iter()
        .map(|run| {
            format!(r#"<tspan font-family="{}">{}</tspan>"#, run.family.name(), escaped(&run.text))
        })
        .collect();
    tree(
        &format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{CARD}mm" height="{LABEL}mm" viewBox="0 0 {CARD} {LABEL}"><text xml:space="preserve" x="29" y="4" font-size="3" fill="#303036" text-anchor="middle">{runs}</text></svg>"##
        ),
        order,
    )
}
