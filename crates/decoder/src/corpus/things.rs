//! What a code is on: a phone, a sheet of paper, a badge. Places are millimetres from the middle of the code.

use super::code::Modules;

/// Something flat that sends light.
pub trait Thing {
    /// Returns the light that comes from a place, or nothing where the thing ends.
    fn light(&self, x: f32, y: f32) -> Option<f32>;

    /// Returns the rectangle beyond which there is nothing of it: left, top, right, bottom.
    fn reach(&self) -> (f32, f32, f32, f32);

    /// Returns how much light the pixel there gets more or less, because its lines and the camera's do not agree.
    fn moire(&self, _x: f32, _y: f32) -> f32 {
        1.0
    }
}

/// Returns how far a place lies within a rectangle with round corners; below 0 it is outside.
pub fn inside(x: f32, y: f32, half: (f32, f32), radius: f32) -> f32 {
    let (dx, dy) = (x.abs() - half.0 + radius, y.abs() - half.1 + radius);
    let beyond = (dx.max(0.0).powi(2) + dy.max(0.0).powi(2)).sqrt();
    radius - beyond - dx.max(dy).min(0.0)
}

/// Returns a number from 0 to 1 that looks random and belongs to a place.
pub fn hash(x: i64, y: i64, seed: u64) -> f32 {
    let mixed = (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (y as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
        ^ seed.wrapping_mul(0x1656_67B1_9E37_79F9);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)) & 0xff_ffff) as f32 / 16_777_216.0
}

/// Returns smooth noise from 0 to 1 whose waves are about 1 long.
pub fn waves(x: f32, y: f32, seed: u64) -> f32 {
    let (i, j) = (x.floor(), y.floor());
    let soft = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (soft(x - i), soft(y - j));
    let corner = |di: i64, dj: i64| hash(i as i64 + di, j as i64 + dj, seed);
    let above = corner(0, 0) * (1.0 - u) + corner(1, 0) * u;
    let below = corner(0, 1) * (1.0 - u) + corner(1, 1) * u;
    above * (1.0 - v) + below * v
}

/// A line of print: `height` of its capitals, from `left` to `right`, its middle at `y`.
#[derive(Clone, Copy, Debug)]
pub struct Print {
    pub left: f32,
    pub right: f32,
    pub y: f32,
    pub height: f32,
}

impl Print {
    /// Tells whether there is ink: strokes like those of letters, in words.
    pub fn inked(&self, x: f32, y: f32, seed: u64) -> bool {
        let (u, v) = ((x - self.left) / (self.height * 0.72), (y - self.y) / self.height + 0.5);
        if x < self.left || x > self.right || !(0.0..1.0).contains(&v) {
            return false;
        }
        let letter = u.floor() as i64;
        let line = seed ^ u64::from(self.y.to_bits());
        if hash(letter, 3, line) < 0.16 || u.fract() > 0.78 {
            return false;
        }
        let (column, row) = (u.fract() / 0.78 * 4.0, v * 5.0);
        let upright = hash(letter, 10 + (column as i64 / 3), line) < 0.6;
        let bar = hash(letter, 20 + (row as i64 / 2), line) < 0.6;
        let at_side = !(1.0..3.0).contains(&column);
        let at_bar = (row as i64) % 2 == 0;
        (at_side && upright) || (at_bar && bar)
    }
}

/// A code in its quiet zone: `side` without it, `quiet` in modules; light where it is light.
#[derive(Clone, Debug)]
pub struct Printed {
    pub modules: Modules,
    pub side: f32,
    pub quiet: f32,
    pub inverted: bool,
    pub logo: bool,
}

impl Printed {
    fn half(&self) -> f32 {
        self.side * (0.5 + self.quiet / self.modules.side as f32)
    }

    /// Returns 0 for dark and 1 for light, nothing beyond the quiet zone.
    pub fn tone(&self, x: f32, y: f32) -> Option<f32> {
        let half = self.half();
        if x.abs() > half || y.abs() > half {
            return None;
        }
        let part = self.side * 0.085;
        if self.logo && inside(x, y, (part, part), part * 0.3) > 0.0 {
            let ring = ((x * x + y * y).sqrt() / part - 0.6).abs();
            let bar = x.abs() < part * 0.15 && y.abs() < part * 0.4;
            return Some(if ring < 0.14 || bar { 0.25 } else { 0.97 });
        }
        let dark = self.modules.is_dark(x / self.side + 0.5, y / self.side + 0.5);
        Some(if dark == self.inverted { 1.0 } else { 0.0 })
    }
}

/// A phone that somebody holds.
#[derive(Clone, Debug)]
pub struct Phone {
    pub code: Printed,
    /// Light of a white pixel, and of what the glass mirrors.
    pub white: f32,
    pub mirrored: f32,
    pub dark_mode: bool,
    /// Pixels of the screen on a millimetre, and how deep the lines between them are.
    pub grid: f32,
    pub depth: f32,
    pub light: f32,
    pub seed: u64,
}

impl Phone {
    fn screen(&self, x: f32, y: f32) -> f32 {
        let half = self.code.half();
        // A card with round corners around the code, as wallets and tickets draw it.
        if inside(x, y, (half, half), half * 0.08) > 0.0 {
            return self.code.tone(x, y).unwrap_or(0.5);
        }
        let (paper, ink) = if self.dark_mode { (0.03, 0.75) } else { (0.93, 0.1) };
        let line = |y, height, right| Print { left: -27.0, right, y, height };
        let above = -half - 9.0;
        let lines = [
            line(above, 3.2, 14.0),
            line(above - 8.0, 2.0, 3.0),
            line(-62.0, 1.6, -16.0),
            line(half + 8.0, 2.2, 24.0),
            line(half + 13.0, 1.8, 18.0),
            line(half + 18.0, 1.8, 9.0),
        ];
        if lines.iter().any(|line| line.inked(x, y, self.seed)) {
            return ink;
        }
        let button = inside(x, y - half - 29.0, (24.0, 4.5), 4.5) > 0.0;
        if button { 0.42 } else { paper }
    }
}

/// Fingers of the hand that holds it: from, to, half width.
const FINGERS: [(f32, f32, f32, f32, f32); 6] = [
    (-60.0, 34.0, -33.0, 30.0, 8.0),
    (-60.0, 12.0, -34.5, 10.0, 8.2),
    (60.0, 66.0, 30.0, 42.0, 11.0),
    (-60.0, 55.0, -34.0, 50.0, 7.6),
    (-60.0, 78.0, -34.0, 68.0, 7.0),
    (64.0, 100.0, 34.0, 70.0, 14.0),
];

fn finger(x: f32, y: f32, seed: u64) -> Option<f32> {
    let mut best: Option<f32> = None;
    for (x0, y0, x1, y1, radius) in FINGERS {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let along = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        let off = ((x - x0 - along * dx).powi(2) + (y - y0 - along * dy).powi(2)).sqrt() / radius;
        if off < 1.0 {
            let round = (1.0 - off * off).sqrt();
            let skin = 0.26 + 0.03 * waves(x / 3.0, y / 3.0, seed);
            let fold = 1.0 - 0.12 * (-((along - 0.62) * 14.0).powi(2)).exp();
            best = Some(skin * (0.25 + 0.75 * round) * fold);
        }
    }
    best
}

impl Thing for Phone {
    fn reach(&self) -> (f32, f32, f32, f32) {
        (-72.0, -80.0, 80.0, 116.0)
    }

    fn light(&self, x: f32, y: f32) -> Option<f32> {
        if let Some(skin) = finger(x, y, self.seed) {
            return Some(skin * self.light);
        }
        let rim = inside(x, y, (36.5, 77.0), 11.0);
        if rim < 0.0 {
            return None;
        }
        if rim < 1.4 {
            // Metal that catches the lamps.
            return Some(
                self.light * (0.06 + 0.35 * (1.0 - rim / 1.4) * waves(x / 30.0, y / 40.0, 5)),
            );
        }
        let glass =
            self.mirrored * (0.45 + 1.1 * waves(x / 45.0 + 0.02 * y, y / 60.0, self.seed ^ 9));
        let hole = (x.powi(2) + (y + 70.0).powi(2)).sqrt() < 1.9;
        if rim < 3.6 || hole {
            return Some(0.012 * self.light + glass);
        }
        Some(glass + self.white * self.screen(x, y))
    }

    fn moire(&self, x: f32, y: f32) -> f32 {
        if inside(x, y, (33.0, 73.0), 8.0) < 0.0 || finger(x, y, self.seed).is_some() {
            return 1.0;
        }
        let turn = std::f32::consts::TAU * self.grid;
        1.0 + self.depth * ((turn * x).cos() * 0.6 + (turn * y).cos() * 0.4)
    }
}

/// A sheet of paper or a ticket.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub code: Printed,
    pub light: f32,
    /// How dark the ink is, from 0, and how deep its folds and shadows are.
    pub ink: f32,
    pub shadow: f32,
    pub seed: u64,
}

impl Sheet {
    fn shade(&self, x: f32, y: f32) -> f32 {
        let crease =
            |place: f32| (-(place / 1.6).powi(2)).exp() - (-((place - 2.5) / 2.2).powi(2)).exp();
        let folds = crease(x + y * 0.06 - 9.0) + 0.7 * crease(y - x * 0.04 + 7.0);
        let soft = waves(x / 34.0, y / 34.0, self.seed) - 0.5;
        // The edge of somebody's shadow, as it falls across the sheet.
        let edge =
            (x * 0.8 + y * 0.6 + 22.0 * (waves(x / 60.0, y / 25.0, self.seed ^ 3) - 0.5)) / 3.0;
        let cast = 1.0 - self.shadow / (1.0 + edge.exp());
        (1.0 + 0.14 * soft - 0.1 * folds * (self.shadow + 0.25)) * cast
    }
}

impl Thing for Sheet {
    fn reach(&self) -> (f32, f32, f32, f32) {
        (-53.0, -81.0, 97.0, 45.0)
    }

    fn light(&self, x: f32, y: f32) -> Option<f32> {
        if inside(x - 22.0, y + 18.0, (74.0, 62.0), 0.5) < 0.0 {
            return None;
        }
        let fibre = 1.0 + 0.03 * (waves(x * 4.0, y * 4.0, self.seed) - 0.5);
        let half = self.code.half();
        let tone = self.code.tone(x, y).unwrap_or_else(|| {
            let lines = (0..9).map(|n| Print {
                left: half + 5.0,
                right: if n % 3 == 2 { 62.0 } else { 88.0 },
                y: -58.0 + n as f32 * 9.0,
                height: if n == 0 { 5.0 } else { 2.4 },
            });
            let title = Print { left: -44.0, right: 40.0, y: -half - 14.0, height: 6.5 };
            let foot = Print { left: -44.0, right: 20.0, y: half + 8.0, height: 2.2 };
            let inked = lines.chain([title, foot]).any(|line| line.inked(x, y, self.seed));
            if inked { 0.1 } else { 1.0 }
        });
        let paper = (self.ink + (0.84 - self.ink) * tone) * fibre;
        Some(paper * self.shade(x, y) * self.light)
    }
}

/// A badge in a plastic sleeve on a lanyard.
#[derive(Clone, Debug)]
pub struct Lanyard {
    pub code: Option<Printed>,
    pub light: f32,
    /// How brightly the sleeve mirrors a lamp.
    pub shine: f32,
    pub seed: u64,
}

impl Lanyard {
    fn card(&self, x: f32, y: f32) -> f32 {
        if let Some(tone) = self.code.as_ref().and_then(|code| code.tone(x, y)) {
            return 0.05 + 0.8 * tone;
        }
        let line = |y, height, right: f32| Print { left: -right, right, y, height };
        let name = [line(-74.0, 9.5, 34.0), line(-60.0, 9.5, 24.0)];
        let rest = [line(-46.0, 4.0, 36.0), line(-38.0, 4.0, 27.0), line(25.0, 3.0, 22.0)];
        if name.iter().chain(&rest).any(|line| line.inked(x, y, self.seed)) {
            return 0.06;
        }
        if y < -84.0 {
            let sky = 0.22 + 0.18 * waves(x / 22.0, y / 11.0, self.seed ^ 2);
            let band = Print { left: -30.0, right: 30.0, y: -93.0, height: 6.0 };
            return if band.inked(x, y, self.seed) { 0.85 } else { sky };
        }
        0.84
    }
}

impl Thing for Lanyard {
    fn reach(&self) -> (f32, f32, f32, f32) {
        (-62.0, -300.0, 62.0, 34.0)
    }

    fn light(&self, x: f32, y: f32) -> Option<f32> {
        let ribbon = x.abs() - 4.0 - (-105.0 - y) * 0.12;
        let card = inside(x, y + 36.0, (45.0, 68.0), 3.0);
        if card < -3.0 {
            let side = (x.abs() - (-105.0 - y) * 0.16 - 4.0).abs();
            let strap = y < -104.0 && side < 7.5;
            let weave = 0.16
                + 0.05 * waves(x * 2.0, y * 2.0, self.seed)
                + 0.08 * waves(x / 2.0, y / 9.0, 8);
            return (strap || (y < -98.0 && ribbon < 0.0)).then_some(weave * self.light);
        }
        let streak = |place: f32, wide: f32| (-(place / wide).powi(2)).exp();
        let wrinkle = 7.0 * (waves(y / 18.0, x / 50.0, self.seed ^ 7) - 0.5);
        let mirror =
            streak(x + 0.35 * y + 14.0 + wrinkle, 3.2) + 0.35 * streak(x - 29.0 + wrinkle, 1.8);
        let slot = inside(x, y + 99.0, (8.0, 1.8), 1.8) > 0.0;
        let base = if card < 0.0 { 0.3 } else { self.card(x, y) };
        let base = if slot { 0.04 } else { base };
        let haze = 0.02 + 0.05 * waves(x / 25.0, y / 25.0, self.seed ^ 4);
        Some((base * 0.92 + haze + self.shine * mirror) * self.light)
    }
}
