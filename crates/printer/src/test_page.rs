//! The page that shows whether a printer is set up well: nothing is cut off at the edges, a millimetre is a millimetre,
//! and a scanner reads the code.

use badge::{Badge, BadgeError, Template, Texts};

use crate::Address;
use crate::address::{Paper, Raw};

/// What the code says; no station takes it for a pass.
const CODE: &str = "YINGBIN PRINTER TEST";
/// How thick frames and rulers are, in tenths of a millimetre.
const LINE: f64 = 2.0;

/// Draws the page on this paper: two frames, one at the very edge and one 3 mm inside, rulers in centimetres, lines from
/// 0.1 to 0.5 mm, a code, and the printer's address and resolution.
///
/// # Errors
/// [`BadgeError`] if the paper is too small for it.
pub fn test_page(address: &Address, paper: Paper) -> Result<Badge, BadgeError> {
    let texts = Texts {
        name: "测试 · Test".to_owned(),
        second_name: address.to_string(),
        post: format!("{paper} mm · {}", resolution(address)),
        band: "#000000".to_owned(),
        pass: CODE.to_owned(),
        ..Texts::default()
    };
    Template::parse(&drawing(paper))?.fill(&texts)
}

fn resolution(address: &Address) -> String {
    match address {
        Address::Raw(Raw { dpi, .. }) => format!("{dpi} dpi"),
        Address::Ipp(ipp) => match ipp.dpi {
            Some(dpi) => format!("{dpi} dpi"),
            None => "dpi of the printer".to_owned(),
        },
        Address::Folder(_) | Address::Windows(_) => "PDF".to_owned(),
    }
}

/// Draws in tenths of a millimetre.
fn drawing(paper: Paper) -> String {
    let (width, height) = (f64::from(paper.width) / 10.0, f64::from(paper.height) / 10.0);
    let room = width - 100.0;
    let code = room.min((height - 100.0) * 0.4);
    let (code_x, code_y) = ((width - code) / 2.0, height - code - 50.0);
    let lines_y = code_y - 55.0;
    let texts = lines_y - 60.0;
    let frame = |inset: f64| {
        let (wide, high) = (width - 2.0 * inset, height - 2.0 * inset);
        format!(
            r##"<rect x="{inset}" y="{inset}" width="{wide}" height="{high}" fill="none" stroke="#000000" stroke-width="{LINE}"/>"##
        )
    };
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{mm_wide}mm" height="{mm_high}mm" viewBox="0 0 {width} {height}">
<rect width="{width}" height="{height}" fill="#FFFFFF"/>
{outer}{inner}{rulers}{lines}
<g data-box="50 50 {room} {texts}" data-align="middle">
  <text data-fit="name" data-min="30" font-size="90" font-weight="700" text-anchor="middle">{{{{ name }}}}</text>
  <text data-fit="address" data-lines="4" data-min="20" data-gap="15" font-size="40" text-anchor="middle">{{{{ second_name }}}}</text>
  <text data-fit="paper" data-lines="2" data-min="20" data-gap="10" font-size="36" text-anchor="middle">{{{{ post }}}}</text>
</g>
<rect data-code="pass" x="{code_x}" y="{code_y}" width="{code}" height="{code}" fill="#FFFFFF"/>
</svg>"##,
        mm_wide = width / 10.0,
        mm_high = height / 10.0,
        outer = frame(LINE / 2.0),
        inner = frame(30.0),
        rulers = rulers(paper),
        lines = lines(width, lines_y),
    )
}

/// Draws a mark every centimetre from the left and from the top edge.
fn rulers(paper: Paper) -> String {
    let centimetres = |side: u32| (1..side.div_ceil(1000)).map(|n| f64::from(n) * 100.0);
    let across = centimetres(paper.width).map(|x| (x, 0.0, x, 30.0));
    let down = centimetres(paper.height).map(|y| (0.0, y, 30.0, y));
    across.chain(down).map(|(x1, y1, x2, y2)| line((x1, y1), (x2, y2), LINE)).collect()
}

/// Draws lines that become thicker: which of them print says how fine the printer is.
fn lines(width: f64, y: f64) -> String {
    let each = (1..=5).map(f64::from).map(|thickness| {
        let x = width / 2.0 + (thickness - 3.0) * 60.0;
        line((x, y), (x, y + 40.0), thickness)
    });
    each.collect()
}

fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64), thickness: f64) -> String {
    format!(
        r##"<path d="M{x1} {y1}L{x2} {y2}" stroke="#000000" stroke-width="{thickness}" fill="none"/>"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_code(png: &[u8]) -> Option<String> {
        let picture = image::load_from_memory(png).unwrap().to_luma8();
        let (width, height) = picture.dimensions();
        let dark = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[0];
        let mut prepared =
            rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, dark);
        prepared.detect_grids().first()?.decode().ok().map(|(_, text)| text)
    }

    #[test]
    fn a_scanner_reads_the_code_on_every_paper_and_long_addresses_fit() {
        let long =
            format!("ipps://{}.example/ipp/print?pin={}", "printer".repeat(6), "0f".repeat(32));
        for address in ["folder:/srv/badges", "zpl://10.0.0.7:9100?dpi=300", &long] {
            for (width, height) in
                [(9000, 13000), (6200, 10000), (10000, 6200), (21000, 29700), (5000, 5000)]
            {
                let page = test_page(&address.parse().unwrap(), Paper { width, height });
                let page =
                    page.unwrap_or_else(|error| panic!("{address} {width}x{height}: {error}"));
                let png = page.png(width / 10).unwrap();
                assert_eq!(read_code(&png).as_deref(), Some(CODE), "{address} {width}x{height}");
            }
        }
        let too_small = test_page(&"zpl://h".parse().unwrap(), Paper { width: 1000, height: 1000 });
        assert!(too_small.is_err());
    }
}
