//! A label printer for TSPL in so far as badges use it, from TSC's programming manual.

use super::picture::Picture;

/// A label, and the size that the printer was told.
pub struct Printed {
    pub picture: Picture,
    pub size_mm: [f32; 2],
    pub gap_mm: f32,
}

/// Returns the label that a printer makes of what it is sent.
pub fn printed(mut sent: &[u8], dots_per_mm: f32) -> Printed {
    let (mut size_mm, mut gap_mm) = ([0.0; 2], 0.0);
    let mut picture = None;
    loop {
        let line = line(&mut sent);
        let (command, parameters) = line.split_once(' ').unwrap_or((&line, ""));
        let millimetres = || {
            let numbers = parameters.split(',').map(|n| n.strip_suffix(" mm").expect("mm"));
            numbers.map(|n| n.parse::<f32>().expect("a number")).collect::<Vec<_>>()
        };
        match command {
            "SIZE" => size_mm = millimetres().try_into().expect("two sides"),
            "GAP" => gap_mm = millimetres()[0],
            "DIRECTION" | "REFERENCE" => assert!(parameters.split(',').all(|n| n == "0")),
            "CLS" => {
                let dots = size_mm.map(|mm| (mm * dots_per_mm).round() as usize);
                picture = Some(Picture::blank(dots[0], dots[1]));
            }
            "BITMAP" => {
                draw(parameters, &mut sent, picture.as_mut().expect("CLS comes first"));
                assert_eq!(self::line(&mut sent), "", "the data end where they should");
            }
            "PRINT" => {
                assert_eq!((parameters, sent.len()), ("1,1", 0));
                return Printed { picture: picture.expect("something to print"), size_mm, gap_mm };
            }
            _ => panic!("{command} is not known"),
        }
    }
}

/// Takes a line, which ends with CR LF. The data of a bitmap have no end but their length.
fn line(sent: &mut &[u8]) -> String {
    let stop = sent.windows(2).position(|two| two == b"\r\n").expect("CR LF");
    let bitmap = sent.starts_with(b"BITMAP ");
    let end = if bitmap { nth_comma(sent, 5) } else { stop };
    let line = std::str::from_utf8(&sent[..end]).expect("text").to_owned();
    *sent = &sent[end + if bitmap { 1 } else { 2 }..];
    line
}

fn nth_comma(sent: &[u8], n: usize) -> usize {
    let mut commas = sent.iter().enumerate().filter(|(_, byte)| **byte == b',');
    commas.nth(n - 1).expect("five parameters before the data").0
}

/// `BITMAP x,y,width in bytes,height,mode,data`: mode 0 overwrites, and a bit that is 0 is burned.
fn draw(parameters: &str, sent: &mut &[u8], picture: &mut Picture) {
    let numbers: Vec<usize> = parameters.split(',').map(|n| n.parse().expect("a number")).collect();
    let [left, top, row, height, mode] = numbers[..] else { panic!("five numbers") };
    assert_eq!(mode, 0);
    let (data, rest) = sent.split_at(row * height);
    for (n, byte) in data.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte & (0x80 >> bit) == 0) {
            picture.blacken(left + n % row * 8 + bit, top + n / row);
        }
    }
    *sent = rest;
}
