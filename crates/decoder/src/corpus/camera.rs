//! What becomes of light in a cheap camera: blur, noise, tone, sharpening, JPEG.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::canvas::Canvas;
use super::chance::Chance;
use super::pose::{HEIGHT, WIDTH};
use super::things::{Thing, waves};
use crate::frame::Picture;

/// How a picture is taken. Lengths are pixels.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub defocus: f32,
    pub motion: (f32, f32),
    pub exposure: f32,
    /// Noise of a white pixel, and of a black one.
    pub grain: f32,
    pub floor: f32,
    /// Stray light that lies over everything.
    pub veil: f32,
    /// The quality of the JPEG, 1 to 100.
    pub quality: u8,
    /// A lamp that is mirrored: where, how wide, how bright.
    pub glare: Option<(f32, f32, f32, f32)>,
    pub sharpened: f32,
}

impl Default for Camera {
    fn default() -> Camera {
        Camera {
            defocus: 0.7,
            motion: (0.0, 0.0),
            exposure: 1.0,
            grain: 0.012,
            floor: 0.004,
            veil: 0.008,
            quality: 85,
            glare: None,
            sharpened: 0.5,
        }
    }
}

/// Puts a thing before what is behind it.
pub fn place(canvas: &mut Canvas, thing: &dyn Thing, view: &super::pose::View) {
    const FINE: [f32; 4] = [-0.375, -0.125, 0.125, 0.375];
    const COARSE: [f32; 2] = [-0.25, 0.25];
    let reach = thing.reach();
    for (n, pixel) in canvas.light.iter_mut().enumerate() {
        let (px, py) = ((n % WIDTH) as f32, (n / WIDTH) as f32);
        let (x, y) = view.on_thing(px, py);
        if x < reach.0 || y < reach.1 || x > reach.2 || y > reach.3 {
            continue;
        }
        // The code is what the picture is about.
        let steps: &[f32] = if x.abs().max(y.abs()) < 30.0 { &FINE } else { &COARSE };
        let weight = 1.0 / (steps.len() * steps.len()) as f32;
        let (mut sum, mut part) = (0.0, 0.0);
        for dy in steps {
            for dx in steps {
                let (x, y) = view.on_thing(px + dx, py + dy);
                if let Some(light) = thing.light(x, y) {
                    sum += light * view.lit(x) * weight;
                    part += weight;
                }
            }
        }
        *pixel = *pixel * (1.0 - part) + sum * thing.moire(x, y);
    }
}

impl Camera {
    /// Takes the picture.
    pub fn take(&self, mut canvas: Canvas, chance: &mut Chance) -> Picture {
        self.mirror(&mut canvas, chance.draw());
        let canvas = canvas.defocused(self.defocus).moved(self.motion.0, self.motion.1);
        let mut shades = Canvas::new(WIDTH, HEIGHT);
        for (n, (shade, light)) in shades.light.iter_mut().zip(&canvas.light).enumerate() {
            let (x, y) = ((n % WIDTH) as f32 / WIDTH as f32, (n / WIDTH) as f32 / HEIGHT as f32);
            let corner = 1.0 - 0.45 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
            let light = (light * corner + self.veil) * self.exposure;
            let noise = (self.grain.powi(2) * light.max(0.0) + self.floor.powi(2)).sqrt();
            let light = (light + noise * chance.noise()).clamp(0.0, 1.0);
            *shade = light.powf(1.0 / 2.2);
        }
        pressed(&self.finished(&shades), self.quality)
    }

    fn mirror(&self, canvas: &mut Canvas, seed: u64) {
        let Some((cx, cy, wide, bright)) = self.glare else { return };
        for (n, light) in canvas.light.iter_mut().enumerate() {
            let (x, y) = ((n % WIDTH) as f32, (n / WIDTH) as f32);
            let rough = 0.35 * (waves(x / 40.0, y / 40.0, seed) - 0.5);
            let off =
                (((x - cx) / wide).powi(2) + ((y - cy) / (wide * 0.6)).powi(2)).sqrt() + rough;
            // A core that is lost, and a wide soft rim.
            *light += bright * ((-(off * 1.3).powi(4)).exp() + 0.25 * (-off * 0.9).exp());
        }
    }

    /// Smooths and sharpens, as the chip of a webcam does.
    fn finished(&self, shades: &Canvas) -> Vec<u8> {
        let soft = shades.defocused(0.8);
        let softer = shades.defocused(1.8);
        let tones = soft.light.iter().zip(&softer.light);
        tones.map(|(a, b)| ((a + self.sharpened * (a - b)) * 255.0 + 0.5) as u8).collect()
    }
}

fn pressed(shades: &[u8], quality: u8) -> Picture {
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let written = encoder.write_image(shades, width, height, ExtendedColorType::L8);
    written.expect("a picture that fits in memory");
    Picture::from_jpeg(&jpeg).expect("the JPEG that was just written")
}
