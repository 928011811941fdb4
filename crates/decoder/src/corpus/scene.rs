//! The kinds of photographs, from easy to hard.

use super::camera::{Camera, place};
use super::canvas::Canvas;
use super::chance::Chance;
use super::code::{Modules, pass};
use super::pose::{Pose, View};
use super::room::{hall, shirt};
use super::things::{Lanyard, Phone, Printed, Sheet, Thing};
use crate::decode::Corners;
use crate::frame::Picture;

/// What makes a photograph hard, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// A printed ticket in good light.
    Paper,
    /// A bright phone.
    Phone,
    /// Turned by any angle.
    Turned,
    /// A code that is light on dark.
    Dark,
    /// A sign in the middle of the code.
    Logo,
    /// Ours beside two codes of others.
    Several,
    /// A screen whose light is turned down, under lamps.
    Dim,
    /// Held askew.
    Askew,
    /// A badge that bends, in a sleeve that shines.
    Lanyard,
    /// Half in a shadow, on paper that was folded.
    Shadow,
    /// A lamp mirrored in the glass.
    Glare,
    /// Lines of the screen against those of the camera.
    Moire,
    /// Much noise.
    LowLight,
    /// Few pixels on a module.
    Small,
    /// Too close for the lens.
    Defocus,
    /// A hand that moves.
    Motion,
    /// A camera that saves bytes.
    Compressed,
    /// No code at all.
    Nothing,
}

/// All of them.
pub const SCENES: [Scene; 18] = [
    Scene::Paper,
    Scene::Phone,
    Scene::Turned,
    Scene::Dark,
    Scene::Logo,
    Scene::Several,
    Scene::Dim,
    Scene::Askew,
    Scene::Lanyard,
    Scene::Shadow,
    Scene::Glare,
    Scene::Moire,
    Scene::LowLight,
    Scene::Small,
    Scene::Defocus,
    Scene::Motion,
    Scene::Compressed,
    Scene::Nothing,
];

/// A photograph and what is on it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The photograph.
    pub picture: Picture,
    /// The text of our code; none if there is none.
    pub text: Option<String>,
    /// Where our code lies.
    pub corners: Corners,
    /// Pixels on a module of our code.
    pub module: f32,
}

impl Scene {
    /// Returns its name, as tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Scene::Paper => "paper",
            Scene::Phone => "phone",
            Scene::Turned => "turned",
            Scene::Dark => "dark mode",
            Scene::Logo => "logo",
            Scene::Several => "several codes",
            Scene::Dim => "dim phone",
            Scene::Askew => "askew",
            Scene::Lanyard => "lanyard",
            Scene::Shadow => "shadow",
            Scene::Glare => "glare",
            Scene::Moire => "moiré",
            Scene::LowLight => "low light",
            Scene::Small => "small",
            Scene::Defocus => "defocus",
            Scene::Motion => "motion",
            Scene::Compressed => "compressed",
            Scene::Nothing => "nothing",
        }
    }

    /// Takes the `shot`th photograph of the burst that `seed` decides.
    pub fn frame(self, seed: u64, shot: u64) -> Frame {
        let mut chance = Chance::new(seed, self.name());
        let stage = Stage::set(self, &mut chance);
        let mut shake = Chance::new(seed ^ (shot << 32), "shake");
        stage.shoot(&mut shake)
    }
}

/// Everything that a burst shares.
struct Stage {
    behind: Canvas,
    things: Vec<(Box<dyn Thing>, Pose)>,
    camera: Camera,
    text: Option<String>,
    side: f32,
    modules: f32,
}

impl Stage {
    fn set(scene: Scene, chance: &mut Chance) -> Stage {
        let text = pass(chance);
        let modules = Modules::of(&text);
        let count = modules.side as f32;
        let seed = chance.draw();
        let on_phone = match scene {
            Scene::Paper | Scene::Shadow | Scene::Lanyard | Scene::Several | Scene::Nothing => {
                false
            }
            Scene::Phone | Scene::Dark | Scene::Logo | Scene::Dim | Scene::Moire => true,
            Scene::Glare => true,
            _ => chance.share() < 0.55,
        };
        let light = chance.between(0.75, 1.0);
        let quality = 70 + chance.below(25) as u8;
        let mut camera = Camera { quality, ..Camera::default() };
        let mut code = Printed { modules, side: 46.0, quiet: 4.0, inverted: false, logo: false };
        let mut pose = Pose::at_scale(1.0);
        let mut module = chance.between(3.6, 5.6);
        pose.roll = chance.between(-0.18, 0.18);
        pose.yaw = chance.between(-0.2, 0.2);
        pose.pitch = chance.between(-0.2, 0.2);
        let mut phone_white = chance.between(0.8, 1.15);
        let (mut mirrored, mut depth, mut grid) = (0.015, 0.0, 15.7);
        let mut sheet = (0.06, 0.0);
        match scene {
            Scene::Turned => pose.roll = chance.between(-3.1, 3.1),
            Scene::Dark => code.inverted = true,
            Scene::Logo => code.logo = true,
            Scene::Dim => {
                phone_white = chance.between(0.035, 0.09);
                mirrored = chance.between(0.03, 0.1);
                module = chance.between(2.8, 4.4);
                (camera.grain, camera.floor) = (0.03, 0.008);
            }
            Scene::Askew => {
                pose.yaw = chance.sign() * chance.between(0.6, 1.05);
                pose.pitch = chance.sign() * chance.between(0.3, 0.7);
                module = chance.between(3.4, 5.0);
            }
            Scene::Shadow => {
                sheet = (chance.between(0.15, 0.4), chance.between(0.7, 0.93));
                module = chance.between(2.0, 3.2);
                camera.grain = 0.04;
            }
            Scene::Moire => {
                depth = chance.between(0.5, 0.95);
                module = chance.between(2.3, 3.8);
                // Close to a whole number of lines on a pixel, where they beat slowly.
                grid = module * count / code.side * chance.between(0.88, 1.12) + 0.05;
                code.quiet = 2.0;
            }
            Scene::LowLight => {
                camera.exposure = chance.between(0.4, 0.8);
                (camera.grain, camera.floor) =
                    (chance.between(0.1, 0.22), chance.between(0.03, 0.07));
                phone_white = chance.between(0.25, 0.4);
                module = chance.between(2.4, 3.8);
                sheet.0 = 0.14;
            }
            Scene::Small => module = chance.between(1.45, 2.3),
            Scene::Defocus => {
                module = chance.between(3.5, 6.0);
                camera.defocus = module * chance.between(0.62, 0.95);
                camera.grain = 0.02;
            }
            Scene::Motion => {
                module = chance.between(3.2, 5.0);
                camera.motion = (module * chance.between(1.0, 2.0), chance.between(0.0, 3.1));
                camera.grain = 0.02;
            }
            Scene::Compressed => {
                module = chance.between(2.2, 3.6);
                camera.quality = 6 + chance.below(12) as u8;
            }
            _ => {}
        }
        if on_phone {
            code.side = 48.0;
        }
        let placed = (chance.between(-260.0, 260.0), chance.between(-70.0, 70.0));
        let mut side = code.side;
        let own = code.clone();
        let thing: Box<dyn Thing> = if scene == Scene::Lanyard || scene == Scene::Nothing {
            side = 30.0;
            code.side = side;
            pose.bend = chance.sign() * chance.between(0.012, 0.026);
            pose.yaw = chance.between(-0.5, 0.5);
            pose.pitch = chance.between(-0.55, 0.1);
            module = chance.between(1.9, 3.1);
            camera.motion = (chance.between(0.0, 2.5), chance.between(0.0, 3.1));
            let shine = chance.between(0.1, 0.5);
            let code = (scene == Scene::Lanyard).then_some(code);
            Box::new(Lanyard { code, light, shine, seed })
        } else if on_phone {
            Box::new(Phone {
                dark_mode: code.inverted || chance.share() < 0.3,
                code,
                white: phone_white,
                mirrored,
                grid,
                depth,
                light,
                seed,
            })
        } else {
            Box::new(Sheet { code, light, ink: sheet.0, shadow: sheet.1, seed })
        };
        let scale = module * count / side;
        let at = Pose::at_scale(scale);
        pose = Pose { distance: at.distance, x: placed.0, y: placed.1, ..pose };
        if scene == Scene::Glare {
            let (reach, bright) = (module * count, chance.between(0.8, 2.6));
            let spot = (chance.between(-0.3, 0.3), chance.between(-0.3, 0.3));
            let (x, y) = (640.0 + pose.x + spot.0 * reach, 360.0 + pose.y + spot.1 * reach);
            camera.glare = Some((x, y, reach * chance.between(0.2, 0.34), bright));
        }
        let worn = matches!(scene, Scene::Lanyard | Scene::Nothing);
        let behind = if worn { shirt(chance) } else { hall(chance) };
        let mut things = vec![(thing, pose)];
        if scene == Scene::Several {
            things = others(chance, &own, pose, light);
        }
        let text = (scene != Scene::Nothing).then_some(text);
        Stage { behind, things, camera, text, side, modules: count }
    }

    fn shoot(&self, shake: &mut Chance) -> Frame {
        let mut canvas = self.behind.clone();
        let mut camera = self.camera;
        let (dx, dy, turn) = (shake.noise() * 2.5, shake.noise() * 2.5, shake.noise() * 0.008);
        let (yaw, pitch) = (shake.noise() * 0.015, shake.noise() * 0.015);
        camera.motion.0 *= shake.between(0.8, 1.15);
        camera.motion.1 += shake.between(-0.3, 0.3);
        camera.defocus *= shake.between(0.94, 1.05);
        if let Some((x, y, ..)) = &mut camera.glare {
            *x += shake.noise() * 9.0;
            *y += shake.noise() * 9.0;
        }
        let moved = |pose: &Pose| Pose {
            x: pose.x + dx,
            y: pose.y + dy,
            roll: pose.roll + turn,
            yaw: pose.yaw + yaw,
            pitch: pose.pitch + pitch,
            ..*pose
        };
        let views: Vec<View> = self.things.iter().map(|(_, pose)| moved(pose).view()).collect();
        for ((thing, _), view) in self.things.iter().zip(&views) {
            place(&mut canvas, thing.as_ref(), view);
        }
        let half = self.side / 2.0;
        let ours = views.last().expect("a scene has a thing");
        let corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
            .map(|(x, y)| ours.in_frame(x, y));
        let (a, b) = (corners[0], corners[2]);
        let diagonal = ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt();
        let module = diagonal / std::f32::consts::SQRT_2 / self.modules;
        Frame { picture: camera.take(canvas, shake), text: self.text.clone(), corners, module }
    }
}

/// Returns a sheet with somebody's web address and one with a network, and ours between them.
fn others(
    chance: &mut Chance,
    own: &Printed,
    pose: Pose,
    light: f32,
) -> Vec<(Box<dyn Thing>, Pose)> {
    let sheet = |modules, seed, side| -> Box<dyn Thing> {
        let code = Printed { modules, side, ..own.clone() };
        Box::new(Sheet { code, light, ink: 0.06, shadow: 0.0, seed })
    };
    let beside = |x: f32, y: f32| Pose { x, y, ..pose };
    let url = Modules::of("HTTPS://EXAMPLE.ORG/MENU?TABLE=12");
    let network = Modules::of("WIFI:T:WPA;S:Venue Guests;P:welcome2026;;");
    let small = own.side * 0.6;
    vec![
        (sheet(url, chance.draw(), small), beside(-430.0, 60.0)),
        (sheet(network, chance.draw(), small), beside(430.0, 90.0)),
        (sheet(own.modules.clone(), chance.draw(), own.side), beside(-20.0, 0.0)),
    ]
}

/// Frames a second of [`approach`].
const RATE: f32 = 30.0;

/// Takes the `shot`th of sixty photographs, two seconds, of a hand that brings a phone to the camera.
pub fn approach(seed: u64, shot: u64) -> Frame {
    let mut chance = Chance::new(seed, "approach");
    let mut stage = Stage::set(Scene::Phone, &mut chance);
    let time = shot as f32 / RATE;
    // It comes from below and from afar, is there after a second, and then only trembles.
    let arrival = chance.between(0.8, 1.2);
    let left = (1.0 - time / arrival).clamp(0.0, 1.0);
    let pose = &mut stage.things[0].1;
    let rest = pose.distance;
    pose.distance = rest * (1.0 + 1.3 * left * left);
    pose.y += 620.0 * left * left;
    pose.x += 240.0 * left * left * chance.sign();
    pose.pitch += 0.7 * left;
    let speed = (2.0 * 620.0 * left / arrival / RATE).abs();
    // Half of the time between two frames the shutter is open.
    stage.camera.motion = (speed * 0.4 + 0.6, 1.2);
    // The lens follows, late.
    let sharp = ((time - arrival * 0.7) / 0.7).clamp(0.0, 1.0);
    stage.camera.defocus = 0.7 + 3.6 * (1.0 - sharp).powi(2);
    // So does the exposure: the screen is too bright at first.
    stage.camera.exposure = 1.0 + 0.9 * (1.0 - (time / 1.4).min(1.0));
    stage.shoot(&mut Chance::new(seed ^ (shot << 32), "shake"))
}
