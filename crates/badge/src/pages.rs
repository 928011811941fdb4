//! Many badges on paper: a page for each side, or several on a sheet of A4 with crop marks.
//!
//! A document lies in memory until it is finished, so whoever prints thousands makes several.

use std::str::FromStr;

use krilla::Document;
use krilla::geom::{Size, Transform};
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use usvg::Tree;

use crate::badge::tree;
use crate::faces::Order;
use crate::{Badge, BadgeError};

/// A PDF point, in millimetres.
const POINT_MM: f32 = 25.4 / 72.0;
/// A4, in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
/// Length of a crop mark and its distance from the badge, in millimetres.
const MARK: (f32, f32) = (4.0, 1.0);

/// How badges stand on a sheet of A4, upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    columns: usize,
    rows: usize,
}

impl FromStr for Sheet {
    type Err = String;

    fn from_str(text: &str) -> Result<Sheet, String> {
        let (columns, rows) = match text {
            "a4-1" => (1, 1),
            "a4-2" => (1, 2),
            "a4-4" => (2, 2),
            "a4-8" => (2, 4),
            "a4-10" => (2, 5),
            _ => return Err("write a4-1, a4-2, a4-4, a4-8 or a4-10".to_owned()),
        };
        Ok(Sheet { columns, rows })
    }
}

impl Sheet {
    /// Returns how many badges a sheet holds.
    pub fn places(self) -> usize {
        self.columns.saturating_mul(self.rows)
    }

    /// Returns the corner of the badge on a place, in millimetres; on the back of a sheet the places are turned around its long
    /// edge.
    fn corner(self, place: usize, (width, height): (f32, f32), back: bool) -> (f32, f32) {
        let columns = self.columns.max(1);
        let (column, row) = (place.rem_euclid(columns), place.div_euclid(columns));
        let column = if back { columns.saturating_sub(column.saturating_add(1)) } else { column };
        let cell = (A4.0 / columns as f32, A4.1 / self.rows.max(1) as f32);
        let x = cell.0 * (column as f32 + 0.5) - width / 2.0;
        let y = cell.1 * (row as f32 + 0.5) - height / 2.0;
        (x, y)
    }
}

/// A drawing on a page: its corner and its size, in millimetres.
pub(crate) struct Placed<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) corner: (f32, f32),
    pub(crate) size: (f32, f32),
}

/// A PDF that grows badge by badge.
pub struct Pages {
    document: Document,
    sheet: Option<Sheet>,
    /// Badges of a sheet that is not full yet.
    waiting: Vec<Badge>,
}

impl Pages {
    /// Begins a PDF: with a page for each side of each badge, or with sheets.
    pub fn new(sheet: Option<Sheet>) -> Pages {
        Pages { document: Document::new(), sheet, waiting: Vec::new() }
    }

    /// Adds a badge.
    ///
    /// # Errors
    /// [`BadgeError::Drawing`] if it cannot be drawn or is too large for its place on the sheet.
    pub fn add(&mut self, badge: Badge) -> Result<(), BadgeError> {
        let Some(sheet) = self.sheet else { return self.add_pages(&badge) };
        self.waiting.push(badge);
        if self.waiting.len() >= sheet.places() { self.put_sheet(sheet) } else { Ok(()) }
    }

    /// Ends the PDF and returns its bytes; without any badge it has no page.
    ///
    /// # Errors
    /// [`BadgeError::Drawing`] if a sheet cannot be drawn.
    pub fn finish(mut self) -> Result<Vec<u8>, BadgeError> {
        if let Some(sheet) = self.sheet.filter(|_| !self.waiting.is_empty()) {
            self.put_sheet(sheet)?;
        }
        self.document.finish().map_err(|error| BadgeError::Drawing(format!("{error:?}")))
    }

    /// Adds a page of the badge's own size for each side.
    pub(crate) fn add_pages(&mut self, badge: &Badge) -> Result<(), BadgeError> {
        for side in badge.sides() {
            let size = side.paper_mm();
            self.page(size, &[Placed { tree: side.tree(), corner: (0.0, 0.0), size }])?;
        }
        Ok(())
    }

    fn put_sheet(&mut self, sheet: Sheet) -> Result<(), BadgeError> {
        let badges = std::mem::take(&mut self.waiting);
        self.side_of_sheet(sheet, badges.iter().map(Some).collect(), false)?;
        if badges.iter().any(|badge| badge.back().is_some()) {
            self.side_of_sheet(sheet, badges.iter().map(Badge::back).collect(), true)?;
        }
        Ok(())
    }

    fn side_of_sheet(
        &mut self,
        sheet: Sheet,
        sides: Vec<Option<&Badge>>,
        back: bool,
    ) -> Result<(), BadgeError> {
        let (mut placed, mut marks) = (Vec::new(), String::new());
        for (place, side) in sides.into_iter().enumerate() {
            let Some(side) = side else { continue };
            let size = side.paper_mm();
            let corner = sheet.corner(place, size, back);
            let cell = (A4.0 / sheet.columns.max(1) as f32, A4.1 / sheet.rows.max(1) as f32);
            if size.0 > cell.0 + 0.5 || size.1 > cell.1 + 0.5 {
                return Err(BadgeError::Drawing(format!(
                    "a badge of {} × {} mm does not fit its place of {:.0} × {:.0} mm on the sheet; put fewer on one",
                    size.0, size.1, cell.0, cell.1
                )));
            }
            marks.push_str(&crop_marks(corner, size));
            placed.push(Placed { tree: side.tree(), corner, size });
        }
        let (width, height) = A4;
        let marks = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}"><path stroke="#000000" stroke-width="0.1" d="{marks}"/></svg>"##
        );
        let marks = tree(&marks, Order::for_language("en"))?;
        // Below the badges: where they touch each other, a mark must not stand in one.
        placed.insert(0, Placed { tree: &marks, corner: (0.0, 0.0), size: A4 });
        self.page(A4, &placed)
    }

    /// Adds a page with drawings on it; all in millimetres.
    pub(crate) fn page(
        &mut self,
        (width, height): (f32, f32),
        placed: &[Placed],
    ) -> Result<(), BadgeError> {
        let settings = PageSettings::from_wh(width / POINT_MM, height / POINT_MM);
        let settings = settings.ok_or_else(|| BadgeError::Drawing("page size".to_owned()))?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        let mut drawn = Some(());
        for Placed { tree, corner, size } in placed {
            let at = Transform::from_translate(corner.0 / POINT_MM, corner.1 / POINT_MM);
            surface.push_transform(&at);
            let size = Size::from_wh(size.0 / POINT_MM, size.1 / POINT_MM);
            let own = size.and_then(|size| surface.draw_svg(tree, size, SvgSettings::default()));
            drawn = drawn.and(own);
            surface.pop();
        }
        surface.finish();
        page.finish();
        drawn.ok_or_else(|| BadgeError::Drawing("page".to_owned()))
    }
}

/// Returns the path of eight short lines that point at the corners of a badge.
fn crop_marks((x, y): (f32, f32), (width, height): (f32, f32)) -> String {
    let (length, away) = MARK;
    let mut path = String::new();
    for (corner, outward) in [(x, -1.0), (x + width, 1.0)] {
        for (edge, up) in [(y, -1.0), (y + height, 1.0)] {
            let (from_x, from_y) = (corner + outward * away, edge + up * away);
            let (along, down) = (outward * length, up * length);
            path.push_str(&format!(
                "M{from_x:.3} {edge:.3}h{along}M{corner:.3} {from_y:.3}v{down}"
            ));
        }
    }
    path
}

/// Returns one PDF with a page for each side of each badge.
pub fn document<'a>(badges: impl IntoIterator<Item = &'a Badge>) -> Result<Vec<u8>, BadgeError> {
    let mut pages = Pages::new(None);
    for badge in badges {
        pages.add_pages(badge)?;
    }
    pages.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_of_a_sheet_is_the_front_turned_around_its_long_edge() {
        let sheet: Sheet = "a4-4".parse().unwrap();
        let corner = |place, back| sheet.corner(place, (90.0, 130.0), back);
        assert_eq!(corner(0, false), (7.5, 9.25));
        assert_eq!(corner(3, false), (112.5, 157.75));
        assert_eq!(corner(0, true), corner(1, false));
        assert_eq!(corner(3, true), corner(2, false));
        assert!("a3-4".parse::<Sheet>().is_err());
    }

    #[test]
    fn crop_marks_point_at_the_corners_and_stay_off_the_badge() {
        let marks = crop_marks((10.0, 20.0), (90.0, 130.0));
        assert!(marks.starts_with("M9.000 20.000h-4M10.000 19.000v-4"), "{marks}");
        assert!(marks.ends_with("M101.000 150.000h4M100.000 151.000v4"), "{marks}");
    }
}
