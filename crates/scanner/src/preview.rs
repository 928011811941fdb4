//! What a camera sees, for whoever holds a pass before it: small, upright, and with the code outlined.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use decoder::{Corners, Luma, Picture};
use serde::{Deserialize, Serialize};

/// Between two previews: fifteen a second.
const BETWEEN: Duration = Duration::from_millis(66);

/// The longer side of a preview, in pixels, at most.
const LARGEST: usize = 640;

/// The shade that is not one: the outline's. White is one darker.
const OUTLINE: u8 = 255;

/// Blue, green and red of the outline.
const COLOUR: [u8; 3] = [0x5a, 0xd0, 0x2e];

/// Headers of the file, of the picture, and 256 colours.
const BEFORE_PIXELS: u32 = 14 + 40 + 1024;

/// A picture for a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Rises with every new picture: whoever asks again with the same number has it already.
    pub number: u64,
    /// A BMP of 256 colours, shades and the outline's: nothing is compressed, so it costs next to nothing.
    pub bytes: Vec<u8>,
}

/// How a camera is mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Turn {
    /// Upright.
    #[default]
    None,
    /// The picture has to be turned clockwise to be upright.
    Right,
    /// It stands on its head.
    Over,
    /// The picture has to be turned the other way.
    Left,
}

impl Turn {
    /// Returns the degrees, clockwise.
    pub fn degrees(self) -> u16 {
        match self {
            Turn::None => 0,
            Turn::Right => 90,
            Turn::Over => 180,
            Turn::Left => 270,
        }
    }
}

/// What was looked at last, from which previews are made when somebody asks for one.
pub(crate) struct View {
    turn: Turn,
    mirror: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    number: u64,
    newest: Option<(Arc<Picture>, Vec<Corners>)>,
    drawn: Option<(Instant, Arc<Preview>)>,
}

impl View {
    pub(crate) fn new(turn: Turn, mirror: bool) -> View {
        View { turn, mirror, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was looked at. Where nothing moved, the picture before it stays the newest: nobody
    /// fetches and draws the same hall fifteen times a second.
    pub(crate) fn show(&self, picture: Arc<Picture>, found: Vec<Corners>, still: bool) {
        let mut seen = self.seen();
        if still && seen.newest.as_ref().is_some_and(|(_, before)| *before == found) {
            return;
        }
        seen.number = seen.number.wrapping_add(1);
        seen.newest = Some((picture, found));
    }

    /// Forgets what was seen: a picture that stands still would look as if the camera worked.
    pub(crate) fn clear(&self) {
        let mut seen = self.seen();
        seen.newest = None;
        seen.drawn = None;
    }

    pub(crate) fn preview(&self) -> Option<Arc<Preview>> {
        let (number, (picture, found)) = {
            let seen = self.seen();
            if let Some((at, drawn)) = &seen.drawn
                && (at.elapsed() < BETWEEN || drawn.number == seen.number)
            {
                return Some(Arc::clone(drawn));
            }
            (seen.number, seen.newest.clone()?)
        };
        // Drawn without the lock, so that the camera never waits for whoever watches.
        let bytes = draw(&picture.luma(), &found, self.turn, self.mirror);
        let preview = Arc::new(Preview { number, bytes });
        let mut seen = self.seen();
        if seen.newest.is_some() {
            seen.drawn = Some((Instant::now(), Arc::clone(&preview)));
        }
        Some(preview)
    }
}

/// A small picture whose shades leave room for the outline.
struct Canvas {
    width: usize,
    height: usize,
    shades: Vec<u8>,
}

impl Canvas {
    /// Takes every `step`th pixel.
    fn of(frame: &Luma<'_>, step: usize) -> Canvas {
        let rows = frame.rows().step_by(step);
        let height = rows.len();
        let shades: Vec<u8> =
            rows.flat_map(|row| row.iter().step_by(step).map(|shade| (*shade).min(254))).collect();
        Canvas { width: frame.width().div_ceil(step), height, shades }
    }

    fn place(&self, x: usize, y: usize) -> Option<usize> {
        let inside = x < self.width && y < self.height;
        inside.then(|| y.saturating_mul(self.width).saturating_add(x))
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        self.place(x, y).and_then(|place| self.shades.get(place)).copied().unwrap_or(0)
    }

    /// Draws a line three pixels thick; what lies outside is left out.
    fn line(&mut self, from: (f32, f32), to: (f32, f32)) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).clamp(1.0, 4096.0);
        let mut done = 0.0;
        while done <= steps {
            let part = done / steps;
            let x = from.0 + (to.0 - from.0) * part;
            let y = from.1 + (to.1 - from.1) * part;
            for (right, down) in (0..9).map(|n| (n % 3, n / 3)) {
                // Outside on the left and above is zero, as an `as` from a float is bounded.
                let (x, y) = ((x + right as f32 - 1.0), (y + down as f32 - 1.0));
                let place = (x >= 0.0 && y >= 0.0).then(|| self.place(x as usize, y as usize));
                if let Some(pixel) = place.flatten().and_then(|place| self.shades.get_mut(place)) {
                    *pixel = OUTLINE;
                }
            }
            done += 1.0;
        }
    }

    /// Returns it turned and mirrored.
    fn turned(&self, turn: Turn, mirror: bool) -> Canvas {
        let (width, height) = match turn {
            Turn::None | Turn::Over => (self.width, self.height),
            Turn::Right | Turn::Left => (self.height, self.width),
        };
        let mut shades = Vec::with_capacity(self.shades.len());
        for y in 0..height {
            for x in 0..width {
                let x = if mirror { width.saturating_sub(1).saturating_sub(x) } else { x };
                let (right, low) = (self.width.saturating_sub(1), self.height.saturating_sub(1));
                shades.push(match turn {
                    Turn::None => self.at(x, y),
                    Turn::Right => self.at(y, low.saturating_sub(x)),
                    Turn::Over => self.at(right.saturating_sub(x), low.saturating_sub(y)),
                    Turn::Left => self.at(right.saturating_sub(y), x),
                });
            }
        }
        Canvas { width, height, shades }
    }

    /// Returns it as a BMP, the first row on top.
    fn bmp(&self) -> Vec<u8> {
        let row = self.width.next_multiple_of(4);
        let number = |number: usize| u32::try_from(number).unwrap_or(0);
        let pixels = number(row.saturating_mul(self.height));
        let mut bytes = b"BM".to_vec();
        let file = [BEFORE_PIXELS.saturating_add(pixels), 0, BEFORE_PIXELS];
        let top_down = number(self.height).wrapping_neg();
        // One plane, eight bits a pixel, not compressed, and so many colours.
        let picture =
            [40, number(self.width), top_down, 1 | (8 << 16), 0, pixels, 2835, 2835, 256, 0];
        bytes.extend(file.iter().chain(&picture).flat_map(|number: &u32| number.to_le_bytes()));
        bytes.extend((0..OUTLINE).flat_map(|shade| [shade, shade, shade, 0]));
        let [blue, green, red] = COLOUR;
        bytes.extend([blue, green, red, 0]);
        for line in self.shades.chunks(self.width.max(1)) {
            bytes.extend(line);
            bytes.resize(bytes.len().saturating_add(row.saturating_sub(line.len())), 0);
        }
        bytes
    }
}

fn draw(frame: &Luma<'_>, found: &[Corners], turn: Turn, mirror: bool) -> Vec<u8> {
    let step = frame.width().max(frame.height()).div_ceil(LARGEST).max(1);
    let mut canvas = Canvas::of(frame, step);
    for corners in found {
        let [a, b, c, d] = corners.map(|(x, y)| (x / step as f32, y / step as f32));
        for (from, to) in [(a, b), (b, c), (c, d), (d, a)] {
            canvas.line(from, to);
        }
    }
    if turn != Turn::None || mirror {
        canvas = canvas.turned(turn, mirror);
    }
    canvas.bmp()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "a test that counts wrong is to stop"
    )]

    use super::*;

    /// Returns width, height and the rows of a BMP as they are written here.
    fn read(bytes: &[u8]) -> (usize, usize, Vec<Vec<u8>>) {
        let number = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(&bytes[..2], b"BM");
        assert_eq!(number(2) as usize, bytes.len());
        let (width, height) = (number(18) as usize, -number(22) as usize);
        let row = width.next_multiple_of(4);
        let rows = bytes[number(10) as usize..].chunks(row).map(|row| row[..width].to_vec());
        (width, height, rows.collect())
    }

    fn numbered() -> Picture {
        Picture::new(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap()
    }

    #[test]
    fn a_preview_is_turned_as_the_camera_is_mounted_and_mirrored_last() {
        let rows = |turn, mirror| read(&draw(&numbered().luma(), &[], turn, mirror)).2;
        assert_eq!(rows(Turn::None, false), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(rows(Turn::None, true), [[3, 2, 1], [6, 5, 4]]);
        assert_eq!(rows(Turn::Right, false), [[4, 1], [5, 2], [6, 3]]);
        assert_eq!(rows(Turn::Over, false), [[6, 5, 4], [3, 2, 1]]);
        assert_eq!(rows(Turn::Left, false), [[3, 6], [2, 5], [1, 4]]);
        assert_eq!(rows(Turn::Left, true), [[6, 3], [5, 2], [4, 1]]);
    }

    #[test]
    fn a_large_frame_is_small_and_the_code_in_it_is_outlined_wherever_it_lies() {
        let white = Picture::new(1280, 720, vec![255; 1280 * 720]).unwrap();
        let square = [(100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0)];
        let outside = [(-50.0, -9e9), (f32::NAN, 10.0), (9e9, 9e9), (1300.0, 700.0)];
        let (width, height, rows) =
            read(&draw(&white.luma(), &[square, outside], Turn::None, false));
        assert_eq!((width, height), (640, 360));
        assert_eq!((rows[50][50], rows[75][50], rows[100][100]), (OUTLINE, OUTLINE, OUTLINE));
        assert_eq!((rows[75][75], rows[40][40]), (254, 254));
    }

    #[test]
    fn previews_are_made_only_when_asked_and_not_twice_of_one_frame() {
        let view = View::new(Turn::None, false);
        assert_eq!(view.preview(), None);
        view.show(Arc::new(numbered()), Vec::new(), false);
        let first = view.preview().unwrap();
        assert_eq!(first.number, 1);
        view.show(Arc::new(numbered()), Vec::new(), false);
        assert_eq!(view.preview().unwrap().number, 1, "fifteen a second are enough");
        view.clear();
        assert_eq!(view.preview(), None);
    }

    #[test]
    fn a_picture_in_which_nothing_moved_is_no_new_one_unless_it_is_the_first() {
        let view = View::new(Turn::None, false);
        let show = |found: Vec<Corners>| view.show(Arc::new(numbered()), found, true);
        let number = || view.seen().number;
        show(Vec::new());
        show(Vec::new());
        assert_eq!(number(), 1);
        show(vec![[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]]);
        assert_eq!(number(), 2, "it has an outline now");
        view.clear();
        show(Vec::new());
        assert_eq!(number(), 3, "the camera is back");
    }
}
