//! Shades as numbers that may be anything in between, and what makes a code in them plainer.

use crate::frame::{BadFrame, Luma, Picture};

/// A part of a frame to be worked on.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    width: usize,
    shades: Vec<f32>,
}

impl Plane {
    pub(crate) fn of(frame: &Luma<'_>) -> Plane {
        let shades = frame.rows().flatten().map(|shade| f32::from(*shade)).collect();
        Plane { width: frame.width(), shades }
    }

    /// Rounds it to a picture again.
    pub(crate) fn picture(&self) -> Result<Picture, BadFrame> {
        let bytes = self.shades.iter().map(|shade| (shade + 0.5) as u8).collect();
        Picture::new(self.width, self.shades.len().checked_div(self.width).unwrap_or(0), bytes)
    }

    fn rows(&self) -> std::slice::Chunks<'_, f32> {
        self.shades.chunks(self.width.max(1))
    }

    fn height(&self) -> usize {
        self.rows().len()
    }

    /// Draws it `scale` times as large, between its points in straight lines.
    pub(crate) fn scaled(&self, scale: f32) -> Plane {
        let size = |side: usize| ((side as f32 * scale) as usize).max(1);
        let (width, height) = (size(self.width), size(self.height()));
        let ways: Vec<(usize, f32)> = (0..width).map(|x| between(x, scale)).collect();
        let mut shades = Vec::with_capacity(width.saturating_mul(height));
        let mut row = Vec::with_capacity(self.width);
        for y in 0..height {
            let (above, down) = between(y, scale);
            let (above, below) = (self.row(above), self.row(above.saturating_add(1)));
            row.clear();
            row.extend(above.iter().zip(below).map(|(a, b)| a + (b - a) * down));
            let last = row.last().copied().unwrap_or(0.0);
            shades.extend(ways.iter().map(|(left, right)| {
                let one = row.get(*left).copied().unwrap_or(last);
                let next = row.get(left.saturating_add(1)).copied().unwrap_or(last);
                one + (next - one) * right
            }));
        }
        Plane { width, shades }
    }

    /// Returns a row; below the last one that again.
    fn row(&self, y: usize) -> &[f32] {
        let y = y.min(self.height().saturating_sub(1));
        self.rows().nth(y).unwrap_or_default()
    }

    /// Makes it half as large; four points become one, so that less noise and no lines of a screen are left.
    pub(crate) fn halved(&self) -> Plane {
        let width = self.width / 2;
        let mut shades = Vec::with_capacity(self.shades.len() / 4);
        let rows: Vec<&[f32]> = self.rows().collect();
        for pair in rows.chunks_exact(2) {
            let [above, below] = pair else { continue };
            let columns = above.chunks_exact(2).zip(below.chunks_exact(2));
            shades.extend(columns.map(|(a, b)| a.iter().chain(b).sum::<f32>() / 4.0));
        }
        Plane { width, shades }
    }

    /// Smooths it with a bell of that deviation, in points.
    pub(crate) fn blurred(&self, deviation: f32) -> Plane {
        let reach = (deviation * 2.5).ceil().max(1.0) as usize;
        let bell = |n: usize| (-(n as f32 / deviation).powi(2) / 2.0).exp();
        let half: Vec<f32> = (0..=reach).map(bell).collect();
        let whole = half.iter().sum::<f32>() * 2.0 - 1.0;
        let taps: Vec<f32> =
            half.iter().skip(1).rev().chain(&half).map(|tap| tap / whole).collect();
        self.convolved(&taps, reach)
    }

    /// Puts the mean of a square around it in place of every point.
    fn boxed(&self, reach: usize) -> Plane {
        let mut shades = Vec::with_capacity(self.shades.len());
        self.rows().for_each(|row| running_mean(row, reach, &mut shades));
        let along = Plane { width: self.width, shades };
        let count = reach as f32 * 2.0 + 1.0;
        let mut sums = vec![0.0; self.width];
        let add = |sums: &mut [f32], row: &[f32], sign: f32| {
            sums.iter_mut().zip(row).for_each(|(sum, shade)| *sum += shade * sign);
        };
        (0..=reach).for_each(|_| add(&mut sums, along.row(0), 1.0));
        (0..reach).for_each(|y| add(&mut sums, along.row(y), 1.0));
        let mut shades = Vec::with_capacity(self.shades.len());
        for y in 0..self.height() {
            add(&mut sums, along.row(y.saturating_add(reach)), 1.0);
            add(&mut sums, along.row(y.saturating_sub(reach.saturating_add(1))), -1.0);
            shades.extend(sums.iter().map(|sum| sum / count));
        }
        Plane { width: self.width, shades }
    }

    fn convolved(&self, taps: &[f32], reach: usize) -> Plane {
        let mut shades = vec![0.0; self.shades.len()];
        let mut wide = Vec::with_capacity(self.width);
        for (row, out) in self.rows().zip(shades.chunks_mut(self.width.max(1))) {
            let (first, last) = ends(row);
            wide.clear();
            wide.resize(reach, first);
            wide.extend_from_slice(row);
            wide.extend(std::iter::repeat_n(last, reach));
            for (n, tap) in taps.iter().enumerate() {
                let from = wide.get(n..).unwrap_or_default();
                out.iter_mut().zip(from).for_each(|(sum, shade)| *sum += shade * tap);
            }
        }
        let along = Plane { width: self.width, shades };
        let mut shades = vec![0.0; self.shades.len()];
        for (y, out) in shades.chunks_mut(self.width.max(1)).enumerate() {
            for (n, tap) in taps.iter().enumerate() {
                let from = along.row(y.saturating_add(n).saturating_sub(reach));
                out.iter_mut().zip(from).for_each(|(sum, shade)| *sum += shade * tap);
            }
        }
        Plane { width: self.width, shades }
    }

    /// Brings out what is smaller than the bell: the edges that a lens out of focus spreads.
    pub(crate) fn sharpened(&self, deviation: f32, amount: f32) -> Plane {
        let soft = self.blurred(deviation);
        let pairs = self.shades.iter().zip(&soft.shades);
        let shades = pairs.map(|(a, b)| (a + (a - b) * amount).clamp(0.0, 255.0)).collect();
        Plane { width: self.width, shades }
    }

    /// Finds what, spread by the bell, would look like this, in so many rounds.
    pub(crate) fn focused(&self, deviation: f32, rounds: usize) -> Plane {
        self.undone(rounds, |plane| plane.blurred(deviation))
    }

    /// Finds what, moved over so many points while it was taken, would look like this, in so many rounds.
    ///
    /// It moved along the direction in which its edges are weakest.
    pub(crate) fn steadied(&self, length: f32, rounds: usize) -> Plane {
        let (down, right) = self.motion().sin_cos();
        let steps = (length * 2.0).ceil().max(2.0) as usize;
        let offset = |n: usize| (n as f32 / steps as f32 - 0.5) * length;
        let point =
            |n: usize| ((offset(n) * right).round() as isize, (offset(n) * down).round() as isize);
        let way: Vec<(isize, isize)> = (0..=steps).map(point).collect();
        self.undone(rounds, |plane| plane.moved(&way))
    }

    /// Undoes what `spread` does to a picture (Richardson and Lucy): a guess is spread, and corrected by what differs.
    fn undone(&self, rounds: usize, spread: impl Fn(&Plane) -> Plane) -> Plane {
        let mut guess = self.clone();
        for _ in 0..rounds {
            let seen = spread(&guess);
            let pairs = self.shades.iter().zip(&seen.shades);
            let shades = pairs.map(|(is, seen)| (is + 1.0) / (seen + 1.0)).collect();
            let wrong = spread(&Plane { width: self.width, shades });
            let better = guess.shades.iter_mut().zip(&wrong.shades);
            better.for_each(|(guess, wrong)| *guess = (*guess * wrong).min(400.0));
        }
        guess
    }

    /// Returns the direction in which its edges are weakest, from the right downwards.
    fn motion(&self) -> f32 {
        let (mut across, mut down, mut both) = (0.0, 0.0, 0.0);
        let rows: Vec<&[f32]> = self.rows().collect();
        for pair in rows.windows(2) {
            let [row, below] = pair else { continue };
            for ((here, next), under) in row.iter().zip(row.iter().skip(1)).zip(*below) {
                let (x, y) = (next - here, under - here);
                across += x * x;
                down += y * y;
                both += x * y;
            }
        }
        (2.0_f32 * both).atan2(across - down) / 2.0 + std::f32::consts::FRAC_PI_2
    }

    /// Returns the mean of what lies at these offsets from every point.
    fn moved(&self, way: &[(isize, isize)]) -> Plane {
        let (part, width) = (1.0 / way.len().max(1) as f32, self.width);
        let mut shades = vec![0.0; self.shades.len()];
        for (y, out) in shades.chunks_mut(width.max(1)).enumerate() {
            for (dx, dy) in way {
                let row = self.row(y.saturating_add_signed(*dy));
                let (first, last) = ends(row);
                let (lead, skip) = (dx.saturating_neg().max(0), (*dx).max(0));
                let lead = std::iter::repeat_n(first, lead.unsigned_abs());
                let source = lead.chain(row.iter().copied().skip(skip.unsigned_abs()));
                let source = source.chain(std::iter::repeat(last));
                out.iter_mut().zip(source).for_each(|(sum, shade)| *sum += shade * part);
            }
        }
        Plane { width, shades }
    }

    /// Makes the darkest black and the lightest white, without the last hundredth of either.
    pub(crate) fn stretched(&self) -> Plane {
        let mut some: Vec<f32> = self.shades.iter().step_by(7).copied().collect();
        some.sort_by(f32::total_cmp);
        let rank = |share: f32| some.get((some.len() as f32 * share) as usize).copied();
        let (dark, light) = (rank(0.01).unwrap_or(0.0), rank(0.99).unwrap_or(255.0));
        let factor = 255.0 / (light - dark).max(4.0);
        let shades =
            self.shades.iter().map(|shade| ((shade - dark) * factor).clamp(0.0, 255.0)).collect();
        Plane { width: self.width, shades }
    }

    /// Measures every point by its neighbourhood, so that glare, shadow and a dim screen are all the same.
    pub(crate) fn levelled(&self, reach: usize) -> Plane {
        let mean = self.boxed(reach);
        let off = |(shade, mean): (&f32, &f32)| (shade - mean).powi(2);
        let squares = self.shades.iter().zip(&mean.shades).map(off).collect();
        let spread = Plane { width: self.width, shades: squares }.boxed(reach);
        let points = self.shades.iter().zip(&mean.shades).zip(&spread.shades);
        let level = |((shade, mean), spread): ((&f32, &f32), &f32)| {
            (128.0 + 80.0 * (shade - mean) / (spread.sqrt() + 1.5)).clamp(0.0, 255.0)
        };
        Plane { width: self.width, shades: points.map(level).collect() }
    }
}

/// Returns the point before, and how far behind it, a point of the scaled plane lies.
fn between(place: usize, scale: f32) -> (usize, f32) {
    let place = ((place as f32 + 0.5) / scale - 0.5).max(0.0);
    (place as usize, place.fract())
}

fn ends(row: &[f32]) -> (f32, f32) {
    (row.first().copied().unwrap_or(0.0), row.last().copied().unwrap_or(0.0))
}

/// Writes the mean of `reach` neighbours on either side; beyond its ends a row goes on as it ends.
fn running_mean(row: &[f32], reach: usize, out: &mut Vec<f32>) {
    let (first, last) = ends(row);
    let lead = std::iter::repeat_n(first, reach.saturating_add(1));
    let entering = row.iter().copied().chain(std::iter::repeat(last)).skip(reach);
    let leaving = lead.chain(row.iter().copied());
    let start: f32 = row.iter().take(reach).sum::<f32>()
        + last * reach.saturating_sub(row.len()) as f32
        + first * (reach as f32 + 1.0);
    let count = reach as f32 * 2.0 + 1.0;
    let mut sum = start;
    out.extend(entering.zip(leaving).take(row.len()).map(|(new, old)| {
        sum += new - old;
        sum / count
    }));
}
