//! Writes photographs of the corpus as PNG: `cargo run -p decoder --features corpus --example corpus -- FOLDER [SEED]`.

use std::path::Path;

use decoder::corpus::{SCENES, approach};
use image::{ExtendedColorType, save_buffer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let frames = SCENES.iter().map(|scene| (scene.name().to_owned(), scene.frame(seed, 0)));
    let hand = (0..60).step_by(8).map(|shot| (format!("approach {shot:02}"), approach(seed, shot)));
    for (name, frame) in frames.chain(hand) {
        let (width, height) = (frame.picture.width() as u32, frame.picture.height() as u32);
        let file = Path::new(&folder).join(format!("{name} {seed}.png"));
        save_buffer(file, frame.picture.bytes(), width, height, ExtendedColorType::L8)?;
    }
    Ok(())
}
