//! What the tests of devices share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use decoder::corpus::Scene;
use decoder::{Picture, Settings};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use scanner::{Device, Ears, Heard, Scanner, State};

/// A device at work and what it reads.
pub struct Bench {
    pub scanner: Scanner,
    heard: Receiver<Heard>,
}

impl Bench {
    pub fn open(device: &str) -> Bench {
        Bench::with(device, Settings::default())
    }

    pub fn with(device: &str, eye: Settings) -> Bench {
        let device: Device = device.parse().unwrap();
        let (ears, heard) = ears();
        let ours = Arc::new(|text: &str| text.starts_with("YB1"));
        Bench { scanner: device.open(eye, ours, ears).unwrap(), heard }
    }

    /// Waits for the next code.
    pub fn hear(&self) -> String {
        let heard = self.heard.recv_timeout(Duration::from_secs(10));
        heard.unwrap_or_else(|_| panic!("nothing was read: {:?}", self.state())).text
    }

    /// Asserts that nothing is read for a moment.
    pub fn hears_nothing(&self, time: Duration) {
        let heard = self.heard.recv_timeout(time);
        assert_eq!(heard.unwrap_err(), RecvTimeoutError::Timeout);
    }

    pub fn state(&self) -> State {
        self.scanner.state()
    }

    /// Waits until something holds of the state; returns how long that took.
    pub fn until(&self, what: &str, holds: impl Fn(&State) -> bool) -> Duration {
        let began = Instant::now();
        while !holds(&self.state()) {
            assert!(began.elapsed().as_secs() < 10, "waited in vain: {what}: {:?}", self.state());
            std::thread::sleep(Duration::from_millis(2));
        }
        began.elapsed()
    }
}

pub fn ears() -> (Ears, Receiver<Heard>) {
    let (sender, heard) = channel();
    // Whoever hears may be gone before the device is.
    let ears = move |heard| drop(sender.send(heard));
    (Arc::new(ears), heard)
}

/// One of three photographs of passes, and its text: drawing one takes a while.
pub fn photograph(number: usize) -> (Picture, String) {
    static DRAWN: [OnceLock<(Picture, String)>; 3] = [const { OnceLock::new() }; 3];
    let draw = || {
        let frame = Scene::Paper.frame(number as u64, 0);
        (frame.picture, frame.text.unwrap())
    };
    DRAWN[number - 1].get_or_init(draw).clone()
}

pub fn jpeg(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .write_image(picture.bytes(), width, height, ExtendedColorType::L8)
        .unwrap();
    bytes
}

pub fn png(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(picture.bytes(), width, height, ExtendedColorType::L8)
        .unwrap();
    bytes
}

pub fn y4m(frames: &[&Picture]) -> Vec<u8> {
    let (width, height) = (frames[0].width(), frames[0].height());
    let mut bytes = format!("YUV4MPEG2 W{width} H{height} F60:1 C420jpeg\n").into_bytes();
    for frame in frames {
        bytes.extend(b"FRAME\n");
        bytes.extend(frame.bytes());
        bytes.resize(bytes.len() + width.div_ceil(2) * height.div_ceil(2) * 2, 128);
    }
    bytes
}

pub fn camera(path: &Path, choices: &str) -> Bench {
    Bench::open(&format!("camera:file:{}?{choices}", path.display()))
}
