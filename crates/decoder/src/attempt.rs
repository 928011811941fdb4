//! What is tried on a region of a frame, in the order in which it helped most on the corpus.

use crate::plane::Plane;
use crate::region::Region;

/// What is done to the shades. Lengths are modules.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    /// Contrast is stretched: mostly another size is enough.
    Stretch,
    /// Every point is measured by its neighbourhood: shadow, glare, dim screens.
    Level(f32),
    /// Smoothed, then measured so: noise, and lines of a screen.
    Smooth(f32, f32),
    /// Edges are brought out, so many times: a little out of focus.
    Sharpen(f32, f32),
    /// What was spread is put together in so many rounds: much out of focus.
    Focus(f32, usize),
    /// The same along the way that a hand moved.
    Steady(f32, usize),
}

/// One way to look at a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Attempt {
    /// Pixels that a module should have.
    module: f32,
    work: Work,
}

const fn attempt(module: f32, work: Work) -> Attempt {
    Attempt { module, work }
}

/// The rotation.
pub(crate) const ATTEMPTS: [Attempt; 10] = [
    attempt(6.5, Work::Stretch),
    attempt(4.0, Work::Focus(0.45, 8)),
    attempt(4.5, Work::Steady(1.5, 10)),
    attempt(6.0, Work::Smooth(0.25, 3.5)),
    attempt(6.0, Work::Sharpen(0.55, 4.0)),
    attempt(3.5, Work::Level(4.0)),
    attempt(4.5, Work::Focus(0.6, 14)),
    attempt(3.0, Work::Smooth(0.4, 6.0)),
    attempt(4.5, Work::Steady(2.1, 16)),
    attempt(6.0, Work::Focus(0.33, 8)),
];

impl Attempt {
    /// Returns by how much the region is enlarged.
    pub(crate) fn scale(&self, region: &Region) -> f32 {
        let scale = self.module / region.module.max(0.5);
        match scale {
            ..0.35 => 0.25,
            ..0.7 => 0.5,
            ..1.4 => 1.0,
            _ => scale.min(4.0),
        }
    }

    /// Returns what it costs, in pixels of a plain look.
    pub(crate) fn cost(&self, region: &Region) -> f32 {
        let (width, height) = (region.part.width as f32, region.part.height as f32);
        let work = match self.work {
            Work::Stretch => 2.5,
            Work::Level(_) => 4.5,
            Work::Smooth(..) => 5.5,
            Work::Sharpen(..) => 4.0,
            Work::Focus(_, rounds) | Work::Steady(_, rounds) => 2.5 + rounds as f32 * 2.0,
        };
        width * height * self.scale(region).powi(2) * work
    }

    /// Does it.
    pub(crate) fn apply(&self, crop: &Plane, region: &Region) -> Plane {
        let scale = self.scale(region);
        let plane = match scale {
            0.25 => crop.halved().halved(),
            0.5 => crop.halved(),
            1.0 => crop.clone(),
            _ => crop.scaled(scale),
        };
        let module = region.module * scale;
        let reach = |modules: f32| (modules * module).max(2.0) as usize;
        match self.work {
            Work::Stretch => plane.stretched(),
            Work::Level(around) => plane.levelled(reach(around)),
            Work::Smooth(spread, around) => plane.blurred(spread * module).levelled(reach(around)),
            Work::Sharpen(spread, amount) => plane.sharpened(spread * module, amount),
            Work::Steady(length, rounds) => plane.steadied(length * module, rounds),
            Work::Focus(spread, rounds) => plane.focused(spread * module, rounds),
        }
    }
}
