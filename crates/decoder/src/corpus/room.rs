//! What is behind: a hall out of focus, or the shirt of whoever wears the badge.

use super::canvas::Canvas;
use super::chance::Chance;
use super::pose::{HEIGHT, WIDTH};
use super::things::{inside, waves};

/// The hall is drawn this much smaller: nobody looks at it sharply.
const COARSE: usize = 4;

/// Draws a hall: walls, booths, people and lamps, far beyond where the camera is sharp.
pub fn hall(chance: &mut Chance) -> Canvas {
    let (width, height) = (WIDTH / COARSE, HEIGHT / COARSE);
    let mut coarse = Canvas::new(width, height);
    let seed = chance.draw();
    let slope = chance.between(-0.25, 0.25);
    for (n, light) in coarse.light.iter_mut().enumerate() {
        let (x, y) = ((n % width) as f32 / width as f32, (n / width) as f32 / height as f32);
        *light = 0.34 - 0.2 * y + slope * (x - 0.5) + 0.12 * waves(x * 5.0, y * 3.0, seed);
    }
    for _ in 0..26 {
        let (x, y) = (chance.between(0.0, width as f32), chance.between(20.0, height as f32));
        let half = (chance.between(4.0, 42.0), chance.between(8.0, 60.0));
        let radius = half.0.min(half.1) * chance.between(0.05, 1.0);
        let tone = chance.between(0.02, 0.55);
        shape(&mut coarse, (x, y), half, radius, tone);
    }
    for _ in 0..3 {
        person(&mut coarse, chance);
    }
    let soft = coarse.defocused(chance.between(2.0, 5.0));
    let mut hall = enlarged(&soft);
    lamps(&mut hall, chance);
    hall
}

fn shape(canvas: &mut Canvas, middle: (f32, f32), half: (f32, f32), radius: f32, tone: f32) {
    let width = canvas.width;
    for (n, light) in canvas.light.iter_mut().enumerate() {
        let (x, y) = ((n % width) as f32 - middle.0, (n / width) as f32 - middle.1);
        if inside(x, y, half, radius) > 0.0 {
            *light = tone * (1.0 - 0.2 * x / half.0.max(1.0));
        }
    }
}

fn person(canvas: &mut Canvas, chance: &mut Chance) {
    let (x, size) = (chance.between(0.0, canvas.width as f32), chance.between(12.0, 30.0));
    let top = chance.between(20.0, 70.0);
    let cloth = chance.between(0.03, 0.3);
    shape(canvas, (x, top + size * 4.2), (size * 1.7, size * 3.0), size * 1.1, cloth);
    shape(canvas, (x, top), (size * 0.72, size), size * 0.7, 0.27);
    shape(canvas, (x, top - size * 0.65), (size * 0.78, size * 0.5), size * 0.45, 0.05);
}

fn enlarged(coarse: &Canvas) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    for (n, light) in canvas.light.iter_mut().enumerate() {
        let (x, y) = ((n % WIDTH) as f32, (n / WIDTH) as f32);
        *light = coarse.sample(x / COARSE as f32, y / COARSE as f32).max(0.0);
    }
    canvas
}

fn lamps(canvas: &mut Canvas, chance: &mut Chance) {
    for _ in 0..chance.below(14) {
        let (x, y) = (chance.between(0.0, WIDTH as f32), chance.between(0.0, HEIGHT as f32 * 0.45));
        let (radius, light) = (chance.between(6.0, 26.0), chance.between(0.1, 0.7));
        for (n, pixel) in canvas.light.iter_mut().enumerate() {
            let (dx, dy) = ((n % WIDTH) as f32 - x, (n / WIDTH) as f32 - y);
            let off = (dx * dx + dy * dy).sqrt();
            if off < radius {
                *pixel += light * (radius - off).min(1.0) * (0.8 + 0.2 * off / radius);
            }
        }
    }
}

/// Draws a shirt with folds and its weave.
pub fn shirt(chance: &mut Chance) -> Canvas {
    let (seed, tone) = (chance.draw(), chance.between(0.05, 0.4));
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    for (n, light) in canvas.light.iter_mut().enumerate() {
        let (x, y) = ((n % WIDTH) as f32, (n / WIDTH) as f32);
        let bent = x + 90.0 * waves(x / 300.0, y / 180.0, seed);
        let fold =
            waves(bent / 95.0, y / 420.0, seed ^ 1) + 0.5 * waves(bent / 40.0, y / 260.0, seed ^ 2);
        let weave = waves(x / 2.1, y / 2.1, seed ^ 3);
        *light = tone * (0.5 + 0.55 * fold + 0.12 * weave);
    }
    canvas
}
