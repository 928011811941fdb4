//! Shades as black and white dots.
//!
//! What is dark becomes black and what is light stays white; in between, shapes, gradients and pictures become a screen
//! of dots, so that a golden band is still a band. Edges are never screened: they stay as sharp as they were drawn.

use crate::dots::Grid;

/// Below, everything is black: most bands are, and white letters stand on them.
const BLACK_BELOW: u8 = 110;
/// From here on everything is white: a tint of paper shall not be strewn with dots.
const WHITE_FROM: u8 = 228;
/// An edge's dots are black below. It is where letters on a band change from light to dark (`readable_on`).
const EDGE: u8 = 149;
/// What neighbours may differ by and still be one shade.
const EVEN: u8 = 20;

/// The order in which the dots of a tile turn white (Bayer).
const ORDER: [[u8; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

/// A black dot.
pub(crate) const BLACK: u8 = 1;
/// A dot of a screen, black or white.
pub(crate) const SCREENED: u8 = 2;

/// Returns for every dot [`BLACK`] or not, [`SCREENED`] or not.
pub(crate) fn screened(gray: &[u8], grid: Grid) -> Vec<u8> {
    let width = (grid.width as usize).max(1);
    let rows: Vec<&[u8]> = gray.chunks_exact(width).collect();
    let mut black = Vec::with_capacity(gray.len());
    for ((y, row), order) in rows.iter().enumerate().zip(ORDER.iter().cycle()) {
        let neighbours = [y.checked_sub(1), Some(y), y.checked_add(1)]
            .map(|y| y.and_then(|y| rows.get(y)).copied().unwrap_or(row));
        for ((x, &shade), &rank) in row.iter().enumerate().zip(order.iter().cycle()) {
            let dot = |is_black| if is_black { BLACK } else { 0 };
            black.push(match shade {
                ..BLACK_BELOW => BLACK,
                WHITE_FROM.. => 0,
                _ if is_even(shade, x, neighbours) => dot(shade < limit(rank)) | SCREENED,
                _ => dot(shade < EDGE),
            });
        }
    }
    black
}

fn is_even(shade: u8, x: usize, neighbours: [&[u8]; 3]) -> bool {
    let columns = x.saturating_sub(1)..=x.saturating_add(1);
    neighbours.iter().all(|row| {
        let three = row.iter().take(columns.end().saturating_add(1)).skip(*columns.start());
        three.clone().all(|near| near.abs_diff(shade) <= EVEN)
    })
}

/// Returns the shade from which on a dot of this rank is white.
fn limit(rank: u8) -> u8 {
    let share = (f32::from(rank) + 0.5) / 64.0;
    (f32::from(BLACK_BELOW) + share * f32::from(WHITE_FROM - BLACK_BELOW)) as u8
}
