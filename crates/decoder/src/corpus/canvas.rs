//! Light on a sensor, and what a lens does to it.

/// Light, row after row: 0 is none, 1 is white paper in good light.
#[derive(Clone, Debug)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub light: Vec<f32>,
}

impl Canvas {
    pub fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, light: vec![0.0; width * height] }
    }

    fn at(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.light[y * self.width + x]
    }

    /// Returns what lies between four pixels.
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = (x - left, y - top);
        let (i, j) = (left as isize, top as isize);
        let above = self.at(i, j) * (1.0 - right) + self.at(i + 1, j) * right;
        let below = self.at(i, j + 1) * (1.0 - right) + self.at(i + 1, j + 1) * right;
        above * (1.0 - down) + below * down
    }

    /// Spreads every point over a disc, as a lens does that is not in focus.
    pub fn defocused(&self, radius: f32) -> Canvas {
        if radius < 0.3 {
            return self.clone();
        }
        let reach = radius.ceil() as isize;
        let mut taps = Vec::new();
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                // The rim counts by how much of the pixel lies in the disc.
                let part = (radius + 0.5 - ((dx * dx + dy * dy) as f32).sqrt()).clamp(0.0, 1.0);
                if part > 0.0 {
                    taps.push((dx, dy, part));
                }
            }
        }
        self.spread(&taps)
    }

    /// Spreads every point over a line of `length` pixels, as a hand does that moves.
    pub fn moved(&self, length: f32, angle: f32) -> Canvas {
        if length < 1.0 {
            return self.clone();
        }
        let steps = (length * 2.0).ceil() as isize;
        let mut canvas = Canvas::new(self.width, self.height);
        for (n, light) in canvas.light.iter_mut().enumerate() {
            let (x, y) = ((n % self.width) as f32, (n / self.width) as f32);
            let along = |step: isize| (step as f32 / steps as f32 - 0.5) * length;
            let point = |d: f32| self.sample(x + d * angle.cos(), y + d * angle.sin());
            *light = (0..=steps).map(|step| point(along(step))).sum::<f32>() / (steps + 1) as f32;
        }
        canvas
    }

    fn spread(&self, taps: &[(isize, isize, f32)]) -> Canvas {
        let whole: f32 = taps.iter().map(|tap| tap.2).sum();
        let mut canvas = Canvas::new(self.width, self.height);
        let inside = |n: isize, end: usize| n.clamp(0, end as isize - 1) as usize;
        for (y, row) in canvas.light.chunks_mut(self.width).enumerate() {
            for (dx, dy, part) in taps {
                let from = inside(y as isize + dy, self.height) * self.width;
                let source = &self.light[from..from + self.width];
                let (skip, lead) = (inside(*dx, self.width), inside(-dx, self.width));
                let part = part / whole;
                for (light, other) in row[lead..].iter_mut().zip(&source[skip..]) {
                    *light += other * part;
                }
                // Beyond the edge it goes on as it ends.
                for light in &mut row[..lead] {
                    *light += source[0] * part;
                }
                let end = self.width - skip;
                for light in &mut row[end..] {
                    *light += source[self.width - 1] * part;
                }
            }
        }
        canvas
    }
}
