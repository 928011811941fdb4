//! Draws badges as label printers burn them, to be looked at: `cargo run -p badge --example dots -- [FOLDER [TEMPLATE]]`.
//!
//! Writes for a few people of the demo roster `N-203.png` and `N-300.png` (the dots), `N-203.zpl`, `N-203.tspl`,
//! `N.pwg` and `N.jpg`, for other programs to read; prints how long a badge takes.

use std::path::PathBuf;
use std::time::Instant;

use badge::{Badge, Bits, Colour, Label, Template, jpeg, pwg, tspl, zpl};
use image::{GrayImage, Luma};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/dots".to_owned()));
    std::fs::create_dir_all(&folder)?;
    let template = match arguments.next() {
        Some(file) => Template::parse(&std::fs::read_to_string(file)?)?,
        None => support::template("badge.svg"),
    };
    let roster = support::roster();
    let badges: Result<Vec<Badge>, _> =
        roster.iter().step_by(60).map(|texts| template.fill(texts)).collect();
    let badges = badges?;
    for (n, badge) in badges.iter().enumerate() {
        for dpi in [203, 300] {
            let bits = badge.bits(dpi)?;
            picture(&bits).save(folder.join(format!("{n}-{dpi}.png")))?;
        }
        let bits = badge.bits(203)?;
        let (width_mm, height_mm) = badge.paper_mm();
        std::fs::write(folder.join(format!("{n}-203.zpl")), zpl(&bits))?;
        let label = Label { width_mm, height_mm, gap_mm: 2.0 };
        std::fs::write(folder.join(format!("{n}-203.tspl")), tspl(&bits, label))?;
        std::fs::write(folder.join(format!("{n}.pwg")), pwg(badge, 300, Colour::Rgb)?)?;
        std::fs::write(folder.join(format!("{n}.jpg")), jpeg(badge, 300)?)?;
    }
    measure(&badges)?;
    println!("look at {}", folder.display());
    Ok(())
}

/// The dots as a picture.
fn picture(bits: &Bits) -> GrayImage {
    let shade = |x, y| Luma([if bits.is_black(x, y) { 0 } else { 255 }]);
    GrayImage::from_fn(bits.width(), bits.height(), shade)
}

fn measure(badges: &[Badge]) -> Result<(), badge::BadgeError> {
    timed("dots, 203 dpi", badges, |badge| badge.bits(203).map(drop))?;
    timed("dots, 300 dpi", badges, |badge| badge.bits(300).map(drop))?;
    timed("ZPL, 300 dpi", badges, |badge| badge.bits(300).map(|bits| drop(zpl(&bits))))?;
    timed("PWG, 300 dpi", badges, |badge| pwg(badge, 300, Colour::Rgb).map(drop))?;
    timed("JPEG, 300 dpi", badges, |badge| jpeg(badge, 300).map(drop))
}

fn timed(
    what: &str,
    badges: &[Badge],
    draw: impl Fn(&Badge) -> Result<(), badge::BadgeError>,
) -> Result<(), badge::BadgeError> {
    let mut times = Vec::new();
    for badge in badges {
        let start = Instant::now();
        draw(badge)?;
        times.push(start.elapsed());
    }
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    println!("{what:14} {:6.2} ms a badge (median)", median.as_secs_f64() * 1000.0);
    Ok(())
}
