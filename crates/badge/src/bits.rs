//! The badge in black and white dots, for thermal label printers.

use usvg::Tree;

use crate::BadgeError;
use crate::badge::{Badge, drawn};
use crate::dots::{Grid, gray, snapped};
use crate::letters::{Plate, burn};
use crate::screen::{BLACK, screened};

/// A picture of black and white dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    width: u32,
    height: u32,
    rows: Vec<u8>,
}

impl Bits {
    /// Returns the dots in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the number of rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the bytes of a row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// Returns the rows from the top, each padded to whole bytes with white: 1 is black, the most significant bit is
    /// the left one.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rows.chunks_exact(self.row_bytes().max(1))
    }

    /// Tells whether a dot is black; outside the picture everything is white.
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        let row = self.rows().nth(y as usize);
        let byte = row.and_then(|row| row.get((x / 8) as usize)).copied().unwrap_or(0);
        byte & (0x80 >> (x % 8)) != 0
    }

    /// Packs a picture of one byte for each dot.
    fn packed(grid: Grid, dots: &[u8]) -> Bits {
        let width = grid.width as usize;
        let byte = |dots: &[u8]| {
            let bits = dots.iter().zip([0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1]);
            bits.filter(|(dot, _)| **dot & BLACK != 0).fold(0_u8, |byte, (_, bit)| byte | bit)
        };
        let rows = dots.chunks_exact(width.max(1)).flat_map(|row| row.chunks(8).map(byte));
        Bits { width: grid.width, height: grid.height, rows: rows.collect() }
    }
}

impl Badge {
    /// Returns the badge as a printer of this resolution (100 to 1200 dpi, usually 203 or 300) burns it: the paper's
    /// size in dots, the modules of the code on whole dots.
    pub fn bits(&self, dpi: u32) -> Result<Bits, BadgeError> {
        let grid = Grid::of(self.paper(), dpi)?;
        self.refuse_small_code(dpi)?;
        bits(self.tree(), grid, dpi)
    }
}

fn bits(tree: &Tree, grid: Grid, dpi: u32) -> Result<Bits, BadgeError> {
    let pixmap = drawn(tree, grid.width, grid.height)?;
    let gray: Vec<u8> = pixmap.pixels().iter().map(|&pixel| gray(pixel)).collect();
    drop(pixmap);
    let dots = screened(&gray, grid);
    let mut plate = Plate { grid, gray: &gray, dots };
    burn(tree, dpi, &mut plate);
    for (area, dark) in snapped(tree, grid).into_iter().flat_map(|code| code.areas) {
        area.fill(&mut plate.dots, grid.width as usize, if dark { BLACK } else { 0 });
    }
    Ok(Bits::packed(grid, &plate.dots))
}
