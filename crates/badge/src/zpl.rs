//! ZPL II, the language of Zebra's label printers and of many that imitate them.
//!
//! The badge goes as one picture, never as text: the fonts in printers differ, and few have Han characters. The picture
//! is written in hexadecimal digits with repeat counts, which every firmware reads.

use crate::Bits;

/// Returns one label: what is sent to port 9100 or into a raw queue.
///
/// Darkness, speed and the gap between labels stay as they are set at the printer.
pub fn zpl(bits: &Bits) -> Vec<u8> {
    let (width, height, row_bytes) = (bits.width(), bits.height(), bits.row_bytes());
    let bytes = row_bytes.saturating_mul(height as usize);
    let mut label =
        format!("^XA^PW{width}^LL{height}^LH0,0^FO0,0^GFA,{bytes},{bytes},{row_bytes},");
    let mut above: Option<&[u8]> = None;
    for row in bits.rows() {
        if above == Some(row) {
            label.push(':');
        } else {
            push_row(&mut label, row);
        }
        above = Some(row);
    }
    label.push_str("^FS^PQ1^XZ\n");
    label.into_bytes()
}

/// A row ends with `,` when only white follows and with `!` when only black does.
fn push_row(label: &mut String, row: &[u8]) {
    let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]).collect();
    let runs: Vec<&[u8]> = digits.chunk_by(|a, b| a == b).collect();
    for (n, run) in runs.iter().enumerate() {
        let Some(&digit) = run.first() else { continue };
        match (digit, n.saturating_add(1) == runs.len()) {
            (0x0, true) => label.push(','),
            (0xF, true) => label.push('!'),
            _ => push_run(label, digit, run.len()),
        }
    }
}

/// `G` to `Y` repeat the next digit 1 to 19 times, `g` to `z` 20 to 400 times; counts that stand together add up.
fn push_run(label: &mut String, digit: u8, length: usize) {
    const TWENTIES: &str = "ghijklmnopqrstuvwxyz";
    const ONES: &str = "GHIJKLMNOPQRSTUVWXY";
    let nth = |letters: &str, n: usize| letters.chars().nth(n.checked_sub(1)?);
    if length > 1 {
        label.extend(std::iter::repeat_n('z', length / 400));
        label.extend(nth(TWENTIES, length % 400 / 20));
        label.extend(nth(ONES, length % 20));
    }
    label.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
}
