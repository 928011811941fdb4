//! Pictures in a template: PNG and JPEG, inside the file, of a bounded size.
//!
//! A file beside the template is put into it once, where the organiser brings the template ([`embed`]); nothing is read when a
//! badge is drawn.

use std::io::Cursor;
use std::sync::Arc;

use data_encoding::BASE64;
use image::{ImageFormat, ImageReader};
use roxmltree::Node;
use usvg::{ImageHrefResolver, ImageKind};

use super::{TemplateError, line_of, parsed};

/// The largest picture file, in bytes; a template with its pictures travels to every station.
pub const LARGEST_FILE: u64 = 512 << 10;
/// The most pixels of all pictures of one side: 300 dpi on a sheet of A4.
const MOST_PIXELS: u64 = 9_000_000;

const XLINK: &str = "http://www.w3.org/1999/xlink";
const SCALE_DOWN: &str = "scale it down to the size it has on the badge (300 dpi)";

/// Returns what an element refers to, in the old or the new way of writing it.
pub(super) fn href<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.attribute("href").or_else(|| node.attribute((XLINK, "href"))).map(str::trim)
}

/// Refuses pictures that are not in the file, or are too large, or nothing that can be drawn.
pub(super) fn check<'a, 'i: 'a>(
    elements: impl Iterator<Item = Node<'a, 'i>>,
) -> Result<(), TemplateError> {
    let mut pixels = 0u64;
    for node in elements.filter(|node| node.tag_name().name() == "image") {
        let line = line_of(node);
        let refused = |(what, cure): (String, &str)| TemplateError::forbidden(line, &what, cure);
        let own = Picture::read(href(node).unwrap_or_default()).map_err(refused)?.pixels;
        pixels = pixels.saturating_add(own);
        if pixels > MOST_PIXELS {
            let what = format!("{pixels} pixels of pictures, of at most {MOST_PIXELS},");
            return Err(TemplateError::forbidden(line, &what, SCALE_DOWN));
        }
    }
    Ok(())
}

/// Decodes every picture whole: one that breaks off would leave a hole in each badge.
pub(super) fn decode<'a, 'i: 'a>(
    elements: impl Iterator<Item = Node<'a, 'i>>,
) -> Result<(), TemplateError> {
    for node in elements.filter(|node| node.tag_name().name() == "image") {
        let Ok(picture) = Picture::read(href(node).unwrap_or_default()) else { continue };
        let decoded = image::load_from_memory_with_format(&picture.bytes, picture.format);
        // A JPEG that breaks off is decoded with a grey rest.
        let whole = picture.format != ImageFormat::Jpeg || has_end(&picture.bytes);
        if decoded.is_err() || !whole {
            let cure = "export the picture again";
            return Err(TemplateError::forbidden(line_of(node), "a broken picture", cure));
        }
    }
    Ok(())
}

/// Tells whether a JPEG has its end mark, other than that of a preview in its head.
fn has_end(jpeg: &[u8]) -> bool {
    let end = jpeg.windows(2).rposition(|pair| pair == [0xFF, 0xD9]);
    end.is_some_and(|at| at > jpeg.len() / 2)
}

struct Picture {
    bytes: Vec<u8>,
    format: ImageFormat,
    pixels: u64,
}

impl Picture {
    /// Reads a data address as far as its header; what is wrong with it, and the cure.
    fn read(address: &str) -> Result<Picture, (String, &'static str)> {
        let Some(rest) = address.strip_prefix("data:") else {
            return Err((
                "a picture outside of the file".to_owned(),
                "put its PNG or JPEG file into the folder of the template, or embed it",
            ));
        };
        let data = rest.split_once(";base64,").map(|(_, data)| data);
        let data: Option<String> =
            data.map(|data| data.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let bytes = data.and_then(|data| BASE64.decode(data.as_bytes()).ok());
        let Some(bytes) = bytes else {
            return Err(("a picture that is not base64".to_owned(), "embed the picture again"));
        };
        Picture::of(bytes)
    }

    fn of(bytes: Vec<u8>) -> Result<Picture, (String, &'static str)> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_FILE {
            let what = format!("a picture of more than {LARGEST_FILE} bytes");
            return Err((what, SCALE_DOWN));
        }
        let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format();
        let known = reader.ok().and_then(|reader| Some((reader.format()?, reader)));
        let Some((format @ (ImageFormat::Png | ImageFormat::Jpeg), reader)) = known else {
            return Err((
                "a picture that is neither PNG nor JPEG".to_owned(),
                "export it as PNG; a drawing goes in as shapes",
            ));
        };
        let Ok((width, height)) = reader.into_dimensions() else {
            return Err(("a broken picture".to_owned(), "export the picture again"));
        };
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        if pixels > MOST_PIXELS {
            return Err((format!("a picture of {width} × {height} pixels"), SCALE_DOWN));
        }
        Ok(Picture { bytes, format, pixels })
    }
}

/// Takes pictures that passed [`check`] out of a drawing, and reads nothing else.
pub(crate) fn resolver() -> ImageHrefResolver<'static> {
    ImageHrefResolver {
        resolve_data: Box::new(|_, data, _| {
            let picture = Picture::of(Arc::unwrap_or_clone(data)).ok()?;
            let bytes = Arc::new(picture.bytes);
            Some(match picture.format {
                ImageFormat::Png => ImageKind::PNG(bytes),
                _ => ImageKind::JPEG(bytes),
            })
        }),
        resolve_string: Box::new(|_, _| None),
    }
}

/// Puts pictures that lie in files beside a template into it.
///
/// `read` gets the name as it stands in the template (`logo.png`, `pictures/logo.png`), and returns the file or a sentence that
/// says why there is none; it decides which files may be read.
///
/// # Errors
/// [`TemplateError`] with the line of the picture that cannot be put in.
pub fn embed(
    svg: &str,
    read: impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<String, TemplateError> {
    // A file that cannot be read as it is will be told so when it is parsed.
    let Ok(document) = parsed(svg) else { return Ok(svg.to_owned()) };
    let mut out = String::with_capacity(svg.len());
    let mut copied = 0;
    for node in document.descendants().filter(|node| node.tag_name().name() == "image") {
        let address = node.attributes().find(|a| {
            a.name() == "href" && (a.namespace().is_none() || a.namespace() == Some(XLINK))
        });
        let Some(address) = address.filter(|a| !a.value().trim().starts_with("data:")) else {
            continue;
        };
        let name = address.value().trim().to_owned();
        let refused = |what: &str, cure: &str| TemplateError::forbidden(line_of(node), what, cure);
        if name.contains(':') {
            let cure = "put the file into the folder of the template and link that one";
            return Err(refused("a picture somewhere else", cure));
        }
        let bytes = read(&name)
            .map_err(|why| refused(&format!("the picture {name} ({why})"), "mend it"))?;
        let picture = Picture::of(bytes).map_err(|(what, cure)| refused(&what, cure))?;
        let range = address.range_value();
        out.push_str(svg.get(copied..range.start).unwrap_or_default());
        let kind = if picture.format == ImageFormat::Png { "png" } else { "jpeg" };
        out.push_str(&format!("data:image/{kind};base64,{}", BASE64.encode(&picture.bytes)));
        copied = range.end;
    }
    out.push_str(svg.get(copied..).unwrap_or_default());
    Ok(out)
}
