//! Where in a frame a code may lie that nobody could read.

use crate::decode::{Corners, area};
use crate::frame::{Luma, Part};

/// Pixels of a cell on a side.
const CELL: usize = 16;

/// The least side of a region, in pixels: a code of 45 modules with its quiet zone at a pixel a module.
const LEAST: usize = 56;

/// Modules on a side of a pass. What is larger is looked at a little too closely, and what is smaller from too far.
const MODULES: f32 = 45.0;

/// A part of a frame, and how many pixels a module of a code has there, as far as one can tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    pub(crate) part: Part,
    pub(crate) module: f32,
}

/// Returns the region around four corners, wider on every side by `margin` of its own size.
pub(crate) fn around(corners: &Corners, margin: f32, frame: &Luma<'_>) -> Region {
    let [xs, ys] = [corners.map(|corner| corner.0), corners.map(|corner| corner.1)];
    let low = |all: [f32; 4]| all.into_iter().fold(f32::MAX, f32::min);
    let high = |all: [f32; 4]| all.into_iter().fold(f32::MIN, f32::max);
    let reach = (high(xs) - low(xs)).max(high(ys) - low(ys)) * margin;
    let from = |all| (low(all) - reach).max(0.0) as usize;
    let size = |all, from: usize, most: usize| {
        ((high(all) + reach).max(0.0) as usize).min(most).saturating_sub(from)
    };
    let (x, y) = (from(xs).min(frame.width()), from(ys).min(frame.height()));
    let (width, height) = (size(xs, x, frame.width()), size(ys, y, frame.height()));
    Region { part: Part { x, y, width, height }, module: area(corners).sqrt() / MODULES }
}

/// Returns the parts with much detail in both directions, as only codes and print have, the busiest first.
pub(crate) fn busy(frame: &Luma<'_>, most: usize) -> Vec<Region> {
    let (columns, rows) = (frame.width() / CELL, frame.height() / CELL);
    if columns == 0 || rows == 0 {
        return Vec::new();
    }
    let cells = smoothed(&details(frame, columns, rows), columns);
    let mut sorted = cells.clone();
    sorted.sort_by(f32::total_cmp);
    let rank = |of: usize| sorted.get(sorted.len().saturating_mul(of) / 1000).copied();
    // Most of a frame holds nothing but its noise; a code has more, however dim it is.
    let (usual, top) = (rank(500).unwrap_or(0.0), rank(995).unwrap_or(0.0));
    let least = usual + ((top - usual) * 0.5).max(0.5);
    let mut patches = patches(&cells, columns, least);
    patches.retain(|patch| {
        let (width, height) = patch.size();
        width.min(height) >= 3 && width.max(height) <= width.min(height).saturating_mul(3)
    });
    patches.sort_by(|a, b| b.detail.total_cmp(&a.detail));
    patches.iter().take(most).map(|patch| patch.region(frame)).collect()
}

/// Returns the mean of every cell and its neighbours: a code is several cells wide, and noise evens out.
fn smoothed(cells: &[f32], columns: usize) -> Vec<f32> {
    let along = |row: &[f32]| -> Vec<f32> {
        let first = row.first().into_iter().chain(row);
        let last = row.iter().skip(1).chain(row.last());
        first.zip(row).zip(last).map(|((a, b), c)| (a + b + c) / 3.0).collect()
    };
    let rows: Vec<Vec<f32>> = cells.chunks(columns.max(1)).map(along).collect();
    let above = rows.first().into_iter().chain(&rows);
    let below = rows.iter().skip(1).chain(rows.last());
    let triples = above.zip(&rows).zip(below);
    let mean = |((a, b), c): ((&f32, &f32), &f32)| (a + b + c) / 3.0;
    triples.flat_map(|((a, b), c)| a.iter().zip(b).zip(c).map(mean)).collect()
}

/// Returns how much every cell changes along rows and along columns, whichever is less.
fn details(frame: &Luma<'_>, columns: usize, rows: usize) -> Vec<f32> {
    let mut cells = Vec::with_capacity(columns.saturating_mul(rows));
    for row in 0..rows {
        let top = row.saturating_mul(CELL);
        let mut sums = vec![(0_u32, 0_u32); columns];
        for y in (0..CELL).step_by(2) {
            let here = frame.row(top.saturating_add(y));
            let below = frame.row(top.saturating_add(y).saturating_add(2));
            let below = if below.is_empty() { here } else { below };
            let pairs = here.chunks_exact(CELL).zip(below.chunks_exact(CELL));
            for ((along, down), (one, other)) in sums.iter_mut().zip(pairs) {
                let off = |(a, b): (&u8, &u8)| u32::from(a.abs_diff(*b));
                let next = one.iter().skip(2);
                *along = along.saturating_add(one.iter().zip(next).step_by(2).map(off).sum());
                *down = down.saturating_add(one.iter().zip(other).step_by(2).map(off).sum());
            }
        }
        cells.extend(sums.iter().map(|(along, down)| *along.min(down) as f32 / 64.0));
    }
    cells
}

/// Cells that hang together.
struct Patch {
    left: usize,
    top: usize,
    right: usize,
    low: usize,
    detail: f32,
}

impl Patch {
    fn size(&self) -> (usize, usize) {
        let side = |from: usize, to: usize| to.saturating_sub(from).saturating_add(1);
        (side(self.left, self.right), side(self.top, self.low))
    }

    /// Returns its pixels, with half a cell and an eighth more on every side.
    fn region(&self, frame: &Luma<'_>) -> Region {
        let (width, height) = self.size();
        let margin =
            |cells: usize| (CELL / 2).saturating_add(cells.saturating_mul(CELL) / 8).max(LEAST / 4);
        let from = |cell: usize, margin| cell.saturating_mul(CELL).saturating_sub(margin);
        let (x, y) = (from(self.left, margin(width)), from(self.top, margin(height)));
        let side = |cells: usize, from: usize, most: usize| {
            let both = margin(cells).saturating_mul(2);
            cells.saturating_mul(CELL).saturating_add(both).min(most.saturating_sub(from))
        };
        // Cells at the rim are hardly filled.
        let module = width.min(height).saturating_mul(CELL) as f32 / (MODULES * 1.15);
        let (width, height) = (side(width, x, frame.width()), side(height, y, frame.height()));
        Region { part: Part { x, y, width, height }, module }
    }
}

fn patches(cells: &[f32], columns: usize, least: f32) -> Vec<Patch> {
    let mut open: Vec<bool> = cells.iter().map(|detail| *detail >= least).collect();
    let mut patches = Vec::new();
    while let Some(start) = open.iter().position(|open| *open) {
        let x = start.checked_rem(columns).unwrap_or(0);
        let y = start.checked_div(columns).unwrap_or(0);
        let mut patch = Patch { left: x, top: y, right: x, low: y, detail: 0.0 };
        let mut to_see = vec![(x, y)];
        while let Some((x, y)) = to_see.pop() {
            let place = y.saturating_mul(columns).saturating_add(x);
            let Some(cell) = open.get_mut(place).filter(|open| **open) else { continue };
            *cell = false;
            patch.left = patch.left.min(x);
            patch.right = patch.right.max(x);
            patch.top = patch.top.min(y);
            patch.low = patch.low.max(y);
            patch.detail = patch.detail.max(cells.get(place).copied().unwrap_or(0.0));
            for (dx, dy) in [(1, 0), (0, 1), (1, 1)] {
                let (left, up) = (x.checked_sub(dx), y.checked_sub(dy));
                let right = x.checked_add(dx).filter(|x| *x < columns);
                let low = y.checked_add(dy);
                for x in [left, right].into_iter().flatten() {
                    to_see.extend([up, low].into_iter().flatten().map(|y| (x, y)));
                }
            }
        }
        patches.push(patch);
    }
    patches
}
