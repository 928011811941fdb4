//! Whether anything moved: small pictures of what was seen are compared.

use crate::frame::{Luma, Part};

/// Cells of the small picture, across and down.
const ACROSS: usize = 40;
const DOWN: usize = 24;

/// Points of a cell that are looked at, on a side.
const POINTS: usize = 8;

/// By so much a cell must differ, beyond what noise does to a mean of 64 points.
const MOVED: f32 = 5.0;

/// A frame in a thousand cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thumbnail {
    size: (usize, usize),
    cells: Vec<f32>,
}

impl Thumbnail {
    pub(crate) fn of(frame: &Luma<'_>) -> Thumbnail {
        let size = (frame.width(), frame.height());
        let mut cells = Vec::with_capacity(ACROSS.saturating_mul(DOWN));
        for down in 0..DOWN {
            for across in 0..ACROSS {
                let sum: f32 = (0..POINTS)
                    .flat_map(|j| {
                        let row = frame.row(place(down, j, DOWN, size.1));
                        (0..POINTS).map(move |i| row.get(place(across, i, ACROSS, size.0)))
                    })
                    .map(|shade| f32::from(shade.copied().unwrap_or(0)))
                    .sum();
                cells.push(sum / (POINTS * POINTS) as f32);
            }
        }
        Thumbnail { size, cells }
    }

    /// Returns where it differs from an earlier one: nothing if nothing moved, all if they cannot be compared.
    ///
    /// Lamps that flicker, and a camera that gets used to the light, change every cell by the same.
    pub(crate) fn moved_since(&self, earlier: &Thumbnail) -> Option<Part> {
        let (width, height) = self.size;
        let whole = Part { x: 0, y: 0, width, height };
        if self.size != earlier.size {
            return Some(whole);
        }
        let off = |(now, then): (&f32, &f32)| now - then;
        let all: Vec<f32> = self.cells.iter().zip(&earlier.cells).map(off).collect();
        let mut sorted = all.clone();
        sorted.sort_by(f32::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let moved = |off: f32| (off - usual).abs() > MOVED;
        if usual.abs() > 4.0 * MOVED {
            return Some(whole);
        }
        let mut bounds: Option<(usize, usize, usize, usize)> = None;
        for (y, row) in all.chunks(ACROSS).enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, off)| moved(**off)) {
                let (left, top, right, low) = bounds.unwrap_or((x, y, x, y));
                bounds = Some((left.min(x), top.min(y), right.max(x), low.max(y)));
            }
        }
        let (left, top, right, low) = bounds?;
        let edge = |cell: usize, cells, size| place(cell, 0, cells, size);
        let (x, y) = (edge(left, ACROSS, width), edge(top, DOWN, height));
        let end = |cell: usize, cells, size| edge(cell.saturating_add(1), cells, size);
        Some(Part {
            x,
            y,
            width: end(right, ACROSS, width).saturating_sub(x).max(1),
            height: end(low, DOWN, height).saturating_sub(y).max(1),
        })
    }
}

/// Returns where the `n`th point of a cell lies in a frame of `size` pixels.
fn place(cell: usize, n: usize, cells: usize, size: usize) -> usize {
    let points = cell.saturating_mul(POINTS).saturating_add(n);
    size.saturating_mul(points).checked_div(cells.saturating_mul(POINTS)).unwrap_or(0)
}
