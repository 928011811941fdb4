//! Where a flat thing hangs before the camera.

/// The camera: pixels of its frame, and its focal length in pixels.
pub const WIDTH: usize = 1280;
pub const HEIGHT: usize = 720;
const FOCAL: f32 = 1000.0;

/// A thing's place: millimetres and radians.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// The point of the thing that lies on the line of sight to `(x, y)`, pixels from the middle of the frame.
    pub x: f32,
    pub y: f32,
    /// From the lens.
    pub distance: f32,
    /// Around the vertical, the horizontal and the line of sight.
    pub yaw: f32,
    pub pitch: f32,
    pub roll: f32,
    /// How much it bends around the vertical: one over the radius.
    pub bend: f32,
}

impl Pose {
    /// Straight ahead, as far away that a millimetre has `scale` pixels.
    pub fn at_scale(scale: f32) -> Pose {
        let distance = FOCAL / scale;
        Pose { x: 0.0, y: 0.0, distance, yaw: 0.0, pitch: 0.0, roll: 0.0, bend: 0.0 }
    }

    /// Returns the way from the frame to the thing.
    pub fn view(&self) -> View {
        let (sy, cy) = self.yaw.sin_cos();
        let (sp, cp) = self.pitch.sin_cos();
        let (sr, cr) = self.roll.sin_cos();
        // The first two columns of the rotation roll, then pitch, then yaw.
        let across = [cy * cr + sy * sp * sr, cp * sr, -sy * cr + cy * sp * sr];
        let down = [-cy * sr + sy * sp * cr, cp * cr, sy * sr + cy * sp * cr];
        let place = [self.x * self.distance / FOCAL, self.y * self.distance / FOCAL, self.distance];
        let row = |n: usize, middle: f32| {
            [across, down, place].map(|column| FOCAL * column[n] + middle * column[2])
        };
        let to = [
            row(0, WIDTH as f32 / 2.0),
            row(1, HEIGHT as f32 / 2.0),
            [across[2], down[2], place[2]],
        ];
        View { to, from: inverse(&to), bend: self.bend }
    }
}

type Matrix = [[f32; 3]; 3];

fn inverse(m: &Matrix) -> Matrix {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a][c] * m[b][d] - m[a][d] * m[b][c];
    let c = [
        [minor(1, 2, 1, 2), -minor(0, 2, 1, 2), minor(0, 1, 1, 2)],
        [-minor(1, 2, 0, 2), minor(0, 2, 0, 2), -minor(0, 1, 0, 2)],
        [minor(1, 2, 0, 1), -minor(0, 2, 0, 1), minor(0, 1, 0, 1)],
    ];
    let whole = m[0][0] * c[0][0] + m[0][1] * c[1][0] + m[0][2] * c[2][0];
    c.map(|row| row.map(|one| one / whole))
}

fn apply(m: &Matrix, x: f32, y: f32) -> (f32, f32) {
    let [a, b, c] = m.map(|row| row[0] * x + row[1] * y + row[2]);
    (a / c, b / c)
}

/// The way from a pixel to the millimetre that is seen there, and back.
#[derive(Clone, Debug)]
pub struct View {
    to: Matrix,
    from: Matrix,
    bend: f32,
}

impl View {
    /// Returns the millimetre on the thing, from its middle.
    pub fn on_thing(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = apply(&self.from, x, y);
        // On a cylinder the way around is longer, and what is farther away looks smaller.
        let turn = (x * self.bend).clamp(-0.95, 0.95);
        let around = if self.bend == 0.0 { x } else { turn.asin() / self.bend };
        (around, y * (1.0 + 0.22 * turn * turn))
    }

    /// Returns how much light falls on the thing there: less where it turns away.
    pub fn lit(&self, x: f32) -> f32 {
        (1.0 - (x * self.bend * 0.9).powi(2) * 0.55 + x * self.bend * 0.18).clamp(0.1, 1.2)
    }

    /// Returns the pixel where a millimetre of a thing that does not bend is seen.
    pub fn in_frame(&self, x: f32, y: f32) -> (f32, f32) {
        apply(&self.to, x, y)
    }
}
