//! Row `codes`: photographs of passes, from easy to hard, read by our eye and by four decoders.
//!
//! The photographs are drawn (`decoder::corpus`); every decoder is given the same, one after the other, in bursts of
//! four as a camera takes them. Then two seconds of a hand that brings a phone, and ten of an empty hall.

use std::time::{Duration, Instant};

use decoder::corpus::{Chance, Frame, SCENES, Scene, approach};
use decoder::{Decoder, Eye, Luma, Picture, Rust, Settings, Zxing};

use crate::Bench;
use crate::report::{Figure, Of, millis};

/// Photographs of a burst.
const SHOTS: u64 = 4;
/// Frames a second.
const RATE: f64 = 30.0;
/// Frames of a hand that brings a phone.
const APPROACH: u64 = 60;
/// Whoever has not read the code by then has not read it.
const NEVER: f64 = 2000.0;

/// The others, in the order of their figures.
const OTHERS: [Other; 4] = [Other::Zxing, Other::Rxing, Other::Rqrr, Other::Quircs];

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut all = Pooled::default();
    for scene in SCENES {
        bench.say(scene.name());
        let mut measured = Measured::default();
        for seed in 0..bench.size(16, 1) {
            let shots = bench.size(SHOTS, 1);
            let frames: Vec<Frame> =
                (0..shots).map(|shot| scene.frame(bench.seed + seed, shot)).collect();
            measured.burst(&frames);
        }
        all.take(scene, &measured);
        figures.extend(measured.figures(scene));
    }
    figures.extend(all.figures());
    bench.say("a hand that brings a phone");
    figures.extend(hands(bench));
    bench.say("an empty hall");
    figures.extend(idle(bench)?);
    Ok(figures)
}

/// A decoder that looks at one frame.
#[derive(Clone, Copy)]
enum Other {
    Zxing,
    Rxing,
    Rqrr,
    Quircs,
}

impl Other {
    /// Returns the texts that it reads.
    fn read(self, frame: &Luma<'_>) -> Vec<String> {
        let texts = |found: Vec<decoder::Found>| found.into_iter().map(|one| one.text).collect();
        match self {
            Other::Zxing => texts(Zxing::new().decode(frame)),
            Other::Rxing => texts(Rust::new().decode(frame)),
            Other::Rqrr => {
                let shade = |x: usize, y: usize| frame.row(y)[x];
                let (width, height) = (frame.width(), frame.height());
                let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
                let grids = image.detect_grids();
                grids.iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
            }
            Other::Quircs => {
                let picture = frame.to_picture();
                let mut quirc = quircs::Quirc::default();
                let codes = quirc.identify(picture.width(), picture.height(), picture.bytes());
                let text = |code: quircs::Code| String::from_utf8(code.decode().ok()?.payload).ok();
                codes.filter_map(|code| text(code.ok()?)).collect()
            }
        }
    }

    /// Tells whether it reads the pass, and how long it took.
    fn look(self, frame: &Frame) -> (bool, Duration) {
        let began = Instant::now();
        let texts = self.read(&frame.picture.luma());
        (frame.text.as_ref().is_some_and(|text| texts.contains(text)), began.elapsed())
    }
}

fn eye() -> Eye<Zxing> {
    Eye::new(Zxing::new(), Settings::default(), |text| text.starts_with("YB1"))
}

/// Lets the eye look at a frame that came so many milliseconds after the first.
fn glance(eye: &mut Eye<Zxing>, frame: &Frame, at: f64) -> (bool, Duration) {
    let began = Instant::now();
    let look = eye.look(&frame.picture.luma(), Duration::from_secs_f64(at / 1000.0));
    let hit = look.found.iter().any(|found| Some(&found.text) == frame.text.as_ref());
    (hit, began.elapsed())
}

/// What one reader did with the frames of a scene.
#[derive(Clone, Default)]
struct Reader {
    times: Vec<Duration>,
    hits: Vec<bool>,
    /// Bursts of which it read a frame.
    bursts: u32,
}

impl Reader {
    fn take(&mut self, looks: Vec<(bool, Duration)>) {
        self.bursts += u32::from(looks.iter().any(|look| look.0));
        self.hits.extend(looks.iter().map(|look| look.0));
        self.times.extend(looks.iter().map(|look| look.1));
    }

    /// Returns the share of frames that it read, in percent.
    fn found(&self) -> f64 {
        let hits = self.hits.iter().filter(|hit| **hit).count();
        100.0 * hits as f64 / self.hits.len().max(1) as f64
    }
}

/// A scene.
#[derive(Default)]
struct Measured {
    ours: Reader,
    others: [Reader; 4],
    photographs: Reader,
    bursts: u32,
}

impl Measured {
    fn burst(&mut self, frames: &[Frame]) {
        let mut eye = eye();
        let at = |shot: usize| shot as f64 * 1000.0 / RATE;
        // In turn, frame by frame, so that all meet the same weather.
        let mut looks: [Vec<(bool, Duration)>; 5] = Default::default();
        for (shot, frame) in frames.iter().enumerate() {
            // Whoever comes first after the drawing meets cold caches; this look does not count.
            Zxing::new().decode(&frame.picture.luma());
            looks[0].push(glance(&mut eye, frame, at(shot)));
            for (other, looks) in OTHERS.iter().zip(&mut looks[1..]) {
                looks.push(other.look(frame));
            }
        }
        let [ours, others @ ..] = looks;
        self.ours.take(ours);
        self.others.iter_mut().zip(others).for_each(|(reader, looks)| reader.take(looks));
        let began = Instant::now();
        let found = eye.study(&frames[0].picture.luma());
        let hit = found.iter().any(|one| Some(&one.text) == frames[0].text.as_ref());
        self.photographs.take(vec![(hit, began.elapsed())]);
        self.bursts += 1;
    }

    fn figures(&self, scene: Scene) -> Vec<Figure> {
        let [zxing, rxing, rqrr, quircs] = &self.others;
        let time = Figure::new(scene.name(), "ms", &millis(&self.ours.times))
            .beside("zxing-cpp", &millis(&zxing.times));
        if scene == Scene::Nothing {
            return vec![time];
        }
        let share = |bursts: u32| 100.0 * f64::from(bursts) / f64::from(self.bursts.max(1));
        vec![
            time,
            Figure::one("frames read", "%", self.ours.found())
                .beside("zxing-cpp", &[zxing.found()])
                .at_least(Of::Median, zxing.found())
                .detail(),
            Figure::one("bursts of four read", "%", share(self.ours.bursts))
                .beside("zxing-cpp", &[share(zxing.bursts)])
                .at_least(Of::Median, share(zxing.bursts))
                .detail(),
            Figure::one("photographs read, in any time", "%", self.photographs.found()).detail(),
            Figure::one("frames read by rxing", "%", rxing.found()).detail(),
            Figure::one("frames read by rqrr", "%", rqrr.found())
                .beside("quircs", &[quircs.found()])
                .detail(),
        ]
    }
}

/// Times over all scenes.
#[derive(Default)]
struct Pooled {
    /// Of frames that zxing-cpp reads: ours, its own.
    hits: [Vec<Duration>; 2],
    /// Of frames that it does not read and that have a code.
    hard: [Vec<Duration>; 2],
    /// Of frames without a code.
    empty: [Vec<Duration>; 2],
    others: [Vec<Duration>; 3],
}

impl Pooled {
    fn take(&mut self, scene: Scene, measured: &Measured) {
        let zxing = &measured.others[0];
        let ours = measured.ours.times.iter().zip(&zxing.times);
        for (hit, (own, its)) in zxing.hits.iter().zip(ours) {
            let pair = match (hit, scene) {
                (_, Scene::Nothing) => &mut self.empty,
                (true, _) => &mut self.hits,
                (false, _) => &mut self.hard,
            };
            pair[0].push(*own);
            pair[1].push(*its);
        }
        let others = self.others.iter_mut().zip(&measured.others[1..]);
        others.for_each(|(all, reader)| all.extend(&reader.times));
    }

    fn figures(&self) -> Vec<Figure> {
        let beside = |name, [ours, its]: &[Vec<Duration>; 2]| {
            Figure::new(name, "ms", &millis(ours)).beside("zxing-cpp", &millis(its))
        };
        // The budget: at most 1.2 times what zxing-cpp takes for the same frames, by median.
        let judged = |figure: Figure| {
            let its = figure.peer.as_ref().map_or(0.0, |peer| peer.stats.median);
            figure.at_most(Of::Median, 1.2 * its)
        };
        let [rxing, rqrr, quircs] = &self.others;
        vec![
            judged(beside("a frame that zxing-cpp reads", &self.hits)),
            judged(beside("a frame without a code", &self.empty)),
            beside("a frame that it does not read", &self.hard),
            Figure::new("any frame: rxing", "ms", &millis(rxing)).detail(),
            Figure::new("any frame: rqrr", "ms", &millis(rqrr))
                .beside("quircs", &millis(quircs))
                .detail(),
        ]
    }
}

/// Two seconds of a hand that brings a phone: how long each reader takes until it has the code.
///
/// While one looks, frames that come are dropped; the newest is next.
fn hands(bench: &Bench) -> Vec<Figure> {
    let mut ours = Vec::new();
    let mut others: [Vec<f64>; 4] = Default::default();
    for seed in 0..bench.size(20, 1) {
        let frames: Vec<Frame> = (0..APPROACH)
            .filter(|shot| !bench.quick || shot % 15 == 14)
            .map(|shot| approach(bench.seed + seed, shot))
            .collect();
        let mut eye = eye();
        ours.push(first(&frames, |frame, at| glance(&mut eye, frame, at)));
        for (other, times) in OTHERS.iter().zip(&mut others) {
            times.push(first(&frames, |frame, _| other.look(frame)));
        }
    }
    let [zxing, rxing, rqrr, quircs] = &others;
    vec![
        Figure::new("a hand brings a phone: first hit", "ms", &ours).beside("zxing-cpp", zxing),
        Figure::new("the same by rxing", "ms", rxing).detail(),
        Figure::new("the same by rqrr", "ms", rqrr).beside("quircs", quircs).detail(),
    ]
}

/// Returns after how many milliseconds the code was read; [`NEVER`] if it was not.
fn first(frames: &[Frame], mut look: impl FnMut(&Frame, f64) -> (bool, Duration)) -> f64 {
    let step = APPROACH as f64 / frames.len() as f64 * 1000.0 / RATE;
    let mut next = 0;
    while let Some(frame) = frames.get(next) {
        let at = next as f64 * step;
        let (hit, took) = look(frame, at);
        let done = at + took.as_secs_f64() * 1000.0;
        if hit {
            return done;
        }
        next = (next + 1).max((done / step).floor() as usize);
    }
    NEVER
}

/// Ten seconds of an empty hall, in which nothing moves but noise: what a core does meanwhile.
fn idle(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let hall = Scene::Nothing.frame(bench.seed, 0).picture;
    let frames: u32 = bench.size(300, 30);
    let (mut eye, mut chance) = (eye(), Chance::new(bench.seed, "idle"));
    let (mut ours, mut zxing) = (Duration::ZERO, Duration::ZERO);
    for n in 0..frames {
        let frame = shaken(&hall, &mut chance)?;
        let at = Duration::from_secs_f64(f64::from(n) / RATE);
        let began = Instant::now();
        eye.look(&frame.luma(), at);
        ours += began.elapsed();
        let began = Instant::now();
        Zxing::new().decode(&frame.luma());
        zxing += began.elapsed();
    }
    let share = |busy: Duration| 100.0 * busy.as_secs_f64() / (f64::from(frames) / RATE);
    let idle = Figure::one("an idle camera, of a core", "%", share(ours))
        .beside("zxing-cpp on every frame", &[share(zxing)]);
    Ok(vec![idle.at_most(Of::Max, 10.0)])
}

/// Shakes shades a little, as a camera does that sees the same again.
fn shaken(frame: &Picture, chance: &mut Chance) -> anyhow::Result<Picture> {
    let bytes = frame.bytes().iter().map(|shade| {
        let noise = (chance.draw() % 13) as i16 - 6;
        (i16::from(*shade) + noise).clamp(0, 255) as u8
    });
    Ok(Picture::new(frame.width(), frame.height(), bytes.collect())?)
}
