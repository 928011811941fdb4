//! Pictures as people bring them: a photo of nobody, and a name with a character that no font has.

use std::io::Cursor;

use badge::{Template, Texts};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Returns a shipped template with a place for a photo, the texts beside it.
pub fn with_photo(name: &str) -> Template {
    let svg = std::fs::read_to_string(super::demo().join("badges").join(name))
        .expect("the demo has this template");
    let (from, to, photo) = match name {
        "badge.svg" => ("60 330 780 590", "330 400 520 500", [60, 480, 240, 320]),
        "a6.svg" => ("80 400 890 650", "390 420 590 620", [80, 560, 285, 380]),
        _ => ("30 136 560 500", "220 136 370 500", [30, 230, 180, 240]),
    };
    let [x, y, width, height] = photo;
    let photo = format!(
        r##"<rect id="photo" x="{x}" y="{y}" width="{width}" height="{height}" rx="24" fill="#C0C0C0" stroke="#C8A24A" stroke-width="6"/></svg>"##
    );
    assert_eq!(svg.matches(from).count(), 1, "{name} has another box by now");
    Template::parse(&svg.replace(from, to).replace("</svg>", &photo)).expect("a sound template")
}

/// Returns a badge of the night: light letters, a round photo where there is one.
pub fn night() -> Template {
    let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" width="90mm" height="130mm" viewBox="0 0 90 130">
<defs><linearGradient id="gold" x1="0" y1="0" x2="0" y2="1"><stop stop-color="#FFF3CC"/><stop offset="1" stop-color="#D9B45A"/></linearGradient></defs>
<rect width="90" height="130" fill="#14213D"/>
{% if photo %}<circle cx="45" cy="32" r="19" fill="#D9B45A"/>{% endif %}
<clipPath id="round"><circle cx="45" cy="32" r="17"/></clipPath>
<image id="photo" x="28" y="15" width="34" height="34" clip-path="url(#round)" href="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="/>
<g data-box="5 54 80 36"><text data-fit="name" font-size="20" font-weight="700" fill="url(#gold)" text-anchor="middle">{{ name }}</text>
<text data-fit="second_name" font-size="7" fill="#F7E7C1" text-anchor="middle">{{ second_name }}</text></g>
<rect data-code="pass" x="29" y="94" width="32" height="32" fill="#FFFFFF"/>
</svg>"##;
    Template::parse(svg).expect("a sound template")
}

/// Returns a JPEG of a head and shoulders before a window.
pub fn face(width: u32, height: u32) -> Vec<u8> {
    let (w, h) = (width as f32, height as f32);
    let inside = |x: f32, y: f32, middle: (f32, f32), radii: (f32, f32)| {
        let (dx, dy) = ((x / w - middle.0) / radii.0, (y / h - middle.1) / radii.1);
        (1.0 - (dx * dx + dy * dy)).max(0.0)
    };
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let mix = |colour: [f32; 3], light: f32| Rgb(colour.map(|c| (c * light).min(255.0) as u8));
        let face = inside(x, y, (0.5, 0.36), (0.21, 0.2));
        let hair = inside(x, y, (0.5, 0.3), (0.25, 0.21));
        let eye = |side: f32| inside(x, y, (0.5 + side, 0.34), (0.032, 0.012));
        let mouth = inside(x, y, (0.5, 0.455), (0.075, 0.011));
        if eye(-0.085).max(eye(0.085)) > 0.0 {
            return mix([60.0, 40.0, 30.0], 1.0);
        }
        if mouth > 0.0 {
            return mix([170.0, 80.0, 76.0], 1.0);
        }
        if face > 0.0 && !(hair > 0.0 && y / h < 0.245 + 0.03 * (x / w * 9.0).sin()) {
            return mix([226.0, 178.0, 148.0], 0.72 + 0.36 * face.sqrt() + 0.1 * (0.5 - x / w));
        }
        if hair > 0.0 {
            return mix([52.0, 38.0, 34.0], 0.6 + 0.9 * hair);
        }
        let neck = (x / w - 0.5).abs() < 0.09 && y / h > 0.5 && y / h < 0.64;
        let body = inside(x, y, (0.5, 1.0), (0.44, 0.4));
        match (neck, body > 0.0) {
            (true, false) => mix([205.0, 158.0, 130.0], 0.9),
            (_, true) => mix([58.0, 74.0, 112.0], 0.7 + 0.6 * body),
            _ => mix([196.0, 206.0, 214.0], 0.8 + 0.25 * (1.0 - y / h)),
        }
    });
    encoded(picture.into(), ImageFormat::Jpeg)
}

/// Returns a PNG of 王 and biáng, as in the noodles, put together from its parts.
pub fn biang() -> Vec<u8> {
    let parts = [
        ("王", 0, 0, 100, 100),
        ("穴", 127, -6, 68, 34),
        ("月", 130, 24, 17, 42),
        ("幺", 142, 22, 18, 24),
        ("言", 154, 20, 20, 30),
        ("幺", 172, 22, 18, 24),
        ("長", 141, 43, 18, 28),
        ("馬", 155, 44, 18, 28),
        ("長", 171, 43, 18, 28),
        ("刂", 184, 24, 18, 46),
        ("心", 138, 64, 46, 26),
        ("辶", 106, 0, 94, 104),
    ];
    let text = |(part, x, y, width, height): (&str, i32, i32, i32, i32)| {
        let (across, down) = (width as f32 / 100.0, height as f32 / 100.0);
        format!(
            r#"<text transform="translate({x} {y}) scale({across} {down})" x="0" y="88" font-size="100" font-weight="700" font-family="Noto Sans SC">{part}</text>"#
        )
    };
    let parts: String = parts.map(text).concat();
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="230mm" height="130mm" viewBox="-10 -15 230 130">{parts}</svg>"#
    );
    let texts = Texts { band: "#000000".to_owned(), ..Texts::default() };
    let badge = Template::parse(&svg).expect("a sound drawing").fill(&texts).expect("its parts");
    badge.png(1150).expect("a picture")
}

fn encoded(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}
