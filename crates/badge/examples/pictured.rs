//! Draws a badge with a photo and with a picture of a name, in every output, to be looked at:
//! `cargo run -p badge --example pictured -- FOLDER [PHOTO]`.
//!
//! The picture is 王 and biáng, drawn from its parts; the name itself has a character that no face has.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a tool for looking, which may fail"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;

use badge::{Template, Texts};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().unwrap_or_else(|| panic!("name a folder"));
    let out = Path::new(&out);
    let photo = match arguments.next() {
        Some(file) => std::fs::read(file).unwrap(),
        None => support::face(900, 1300),
    };
    let photo = badge::picture::photo(&photo).unwrap();
    let name = badge::picture::name_image(&support::biang()).unwrap();
    println!("photo {} bytes, name {} bytes", photo.bytes().len(), name.bytes().len());
    std::fs::write(out.join("photo.jpg"), photo.bytes()).unwrap();
    std::fs::write(out.join("name.png"), name.bytes()).unwrap();
    let texts = Texts {
        name: "王\u{31350}".to_owned(),
        second_name: "WANG Biáng".to_owned(),
        photo: Some(photo),
        name_image: Some(name),
        ..support::roster().swap_remove(0)
    };
    let templates = [
        ("day", support::with_photo("badge.svg")),
        ("night", support::night()),
        ("label", support::with_photo("label.svg")),
        ("a6", support::with_photo("a6.svg")),
        ("place", support::template("place-card.svg")),
    ];
    for (file, template) in templates {
        draw(out, file, &template, &texts);
    }
    let plain = Texts { photo: None, name_image: None, name: "王伟".to_owned(), ..texts };
    draw(out, "none", &support::night(), &plain);
}

fn draw(out: &Path, file: &str, template: &Template, texts: &Texts) {
    let badge = template.fill(texts).unwrap();
    let write = |ending: &str, bytes: &[u8]| {
        std::fs::write(out.join(format!("{file}{ending}")), bytes).unwrap();
    };
    write(".svg", badge.svg().as_bytes());
    write(".png", &badge.png(720).unwrap());
    write(".pdf", &badge.pdf().unwrap());
    if !texts.pass.is_empty() {
        let bits = badge.bits(203).unwrap();
        let dots = image::GrayImage::from_fn(bits.width(), bits.height(), |x, y| {
            image::Luma([if bits.is_black(x, y) { 0 } else { 255 }])
        });
        dots.save(out.join(format!("{file}-203.png"))).unwrap();
    }
}
