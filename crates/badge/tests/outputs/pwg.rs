//! A reader of PWG raster, from PWG 5102.4.

use super::picture::Picture;

/// Returns the pages, turned into shades.
pub fn pages(file: &[u8], dpi: u32) -> Vec<Picture> {
    let mut rest = file.strip_prefix(b"RaS2").expect("the synchronisation word");
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (header, data) = rest.split_at(1796);
        rest = data;
        pages.push(page(header, &mut rest, dpi));
    }
    pages
}

fn page(header: &[u8], data: &mut &[u8], dpi: u32) -> Picture {
    let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
    assert_eq!(&header[..10], b"PwgRaster\0");
    assert_eq!([number(276), number(280)], [dpi, dpi], "HWResolution");
    let (width, height) = (number(372) as usize, number(376) as usize);
    let (bits_per_color, bits_per_pixel) = (number(384), number(388));
    assert_eq!(bits_per_color, 8);
    let pixel = bits_per_pixel as usize / 8;
    match pixel {
        1 => assert_eq!((number(400), number(420)), (18, 1), "sgray"),
        3 => assert_eq!((number(400), number(420)), (19, 3), "srgb"),
        _ => panic!("{bits_per_pixel} bits"),
    }
    assert_eq!(number(392) as usize, width * pixel, "BytesPerLine");
    assert_eq!(number(396), 0, "chunky pixels");
    for (at, dots) in [(352, width), (356, height)] {
        let points = dots as f32 / dpi as f32 * 72.0;
        assert!((number(at) as f32 - points).abs() < 1.0, "PageSize");
    }
    let mut picture = Picture { width, height, shades: Vec::new() };
    while picture.shades.len() < width * height {
        let times = take(data, 1)[0] as usize + 1;
        let line = line(data, width, pixel);
        for _ in 0..times {
            picture.shades.extend_from_slice(&line);
        }
    }
    assert_eq!(picture.shades.len(), width * height, "no line too many");
    picture
}

fn line(data: &mut &[u8], width: usize, pixel: usize) -> Vec<u8> {
    let mut shades = Vec::new();
    let shade = |p: &[u8]| (p.iter().map(|&s| usize::from(s)).sum::<usize>() / p.len()) as u8;
    while shades.len() < width {
        match take(data, 1)[0] {
            count @ ..128 => {
                let shade = shade(take(data, pixel));
                shades.extend(std::iter::repeat_n(shade, count as usize + 1));
            }
            128 => panic!("128 is reserved"),
            count => {
                let pixels = take(data, (257 - count as usize) * pixel);
                shades.extend(pixels.chunks(pixel).map(shade));
            }
        }
    }
    assert_eq!(shades.len(), width, "no pixel too many");
    shades
}

fn take<'a>(data: &mut &'a [u8], bytes: usize) -> &'a [u8] {
    let (taken, rest) = data.split_at(bytes);
    *data = rest;
    taken
}
