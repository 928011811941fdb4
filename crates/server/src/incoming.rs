//! Files that an organiser brings, read with bounds: no file makes the server take more memory than
//! its limits say, and a file of another kind is refused at its first bytes.
//!
//! What is refused says what the file probably is and how to save it so that it can be read.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;

use crate::complaint::{Complaint, Complaints, position};
use crate::regular;

/// How much of a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Largest file, in bytes.
    pub bytes: u64,
    /// Longest line, in bytes.
    pub line: usize,
    /// Most lines.
    pub lines: usize,
}

impl Bounds {
    /// Only the size of the whole is bounded.
    pub const fn bytes(bytes: u64) -> Bounds {
        Bounds { bytes, line: usize::MAX, lines: usize::MAX }
    }
}

/// Read at once, in bytes.
const PIECE: usize = 64 << 10;
/// Looked at to guess an encoding, in bytes.
const SAMPLE: usize = 64 << 10;

/// What a file is for: that says which program it comes from, and how to save it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A list, out of a spreadsheet.
    List,
    /// The convention file, out of a text editor.
    Convention,
    /// A badge template, out of a drawing program.
    Template,
}

impl Purpose {
    /// Says how to save text that has another encoding.
    fn save(self) -> &'static str {
        match self {
            Purpose::List => "save it as UTF-8 (in Excel: Save as, CSV UTF-8)",
            Purpose::Convention => "save it as UTF-8 (in Notepad: Save as, Encoding: UTF-8)",
            Purpose::Template => "save it as plain SVG in UTF-8 from the drawing program",
        }
    }

    /// Says what to do where a file is no text at all.
    fn bring(self) -> &'static str {
        match self {
            Purpose::List => "in Excel choose Save as, CSV UTF-8",
            Purpose::Convention => "name the convention.toml, as a text editor saves it",
            Purpose::Template => {
                "a badge template is an SVG drawing; draw it with shapes and texts"
            }
        }
    }

    /// Says which program saves GB18030.
    fn usual_source(self) -> &'static str {
        match self {
            Purpose::List => ", as Chinese Excel saves a plain CSV",
            Purpose::Convention => ", as a Chinese Windows saves ANSI text",
            Purpose::Template => "",
        }
    }
}

/// First bytes of files that are no text, and what they are.
const OTHER_KINDS: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip archive"),
    (&[0xD0, 0xCF, 0x11, 0xE0], "an old or encrypted Excel workbook (.xls)"),
    (&[0x1F, 0x8B], "a compressed file (gzip)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xFF\xD8\xFF", "a picture (JPEG)"),
];

/// Reads a file that must be UTF-8 text; a byte order mark at its beginning is dropped. A list may come through a pipe, as
/// whoever names it wants it; templates are named by other files, and nobody waits for one.
///
/// # Errors
/// A complaint that says what the file is instead, or which bound it breaks; a sentence if it cannot
/// be read.
pub fn read_text(path: &Path, purpose: Purpose, bounds: Bounds) -> anyhow::Result<String> {
    let name = path.display().to_string();
    let opened = match purpose {
        Purpose::Template => regular::open(path),
        Purpose::List | Purpose::Convention => File::open(path),
    };
    let file = opened.with_context(|| format!("cannot read {name}"))?;
    let kind = file.metadata().with_context(|| format!("cannot read {name}"))?.file_type();
    anyhow::ensure!(!kind.is_dir(), "{name} is a folder; name a file");
    let bytes = read_bounded(&name, file, purpose, bounds)?;
    Ok(text_of(&name, bytes, purpose)?)
}

/// Reads piece by piece and stops where a bound is broken, whatever the file says of its size: a pipe
/// says nothing, and a sparse file lies.
fn read_bounded(
    name: &str,
    mut from: impl Read,
    purpose: Purpose,
    bounds: Bounds,
) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE];
    let mut reached = Reached { line: 1, length: 0 };
    loop {
        let length = from.read(&mut piece).with_context(|| format!("cannot read {name}"))?;
        let new = piece.get(..length).unwrap_or_default();
        if new.is_empty() {
            return Ok(bytes);
        }
        if bytes.is_empty() {
            check_kind(name, new, purpose)?;
        }
        let size = bytes.len().saturating_add(new.len());
        if u64::try_from(size).unwrap_or(u64::MAX) > bounds.bytes {
            let text = format!("the file is larger than {} bytes; split it", bounds.bytes);
            return Err(complaint(name, (reached.line, 1), text).into());
        }
        reached.go_on(new, bounds).map_err(|text| complaint(name, (reached.line, 1), text))?;
        bytes.extend_from_slice(new);
    }
}

/// How far a file has been read.
struct Reached {
    /// The line, from 1.
    line: usize,
    /// Length of that line so far.
    length: usize,
}

impl Reached {
    fn go_on(&mut self, new: &[u8], bounds: Bounds) -> Result<(), String> {
        for (place, part) in new.split(|byte| *byte == b'\n').enumerate() {
            if place > 0 {
                self.line = self.line.saturating_add(1);
                self.length = 0;
            }
            self.length = self.length.saturating_add(part.len());
            if self.length > bounds.line {
                return Err(format!(
                    "this line is longer than {} bytes; if the file is a list, save it again as CSV",
                    bounds.line
                ));
            }
            if self.line > bounds.lines {
                return Err(format!("the file has more than {} lines; split it", bounds.lines));
            }
        }
        Ok(())
    }
}

fn check_kind(name: &str, start: &[u8], purpose: Purpose) -> Result<(), Complaints> {
    let other = OTHER_KINDS.iter().find(|(magic, _)| start.starts_with(magic));
    other.map_or(Ok(()), |(_, what)| {
        let text = format!("the file is {what}, not text; {}", purpose.bring());
        Err(complaint(name, (1, 1), text))
    })
}

/// Takes bytes as UTF-8 text without its byte order mark.
///
/// # Errors
/// [`Complaints`] that name the probable encoding, and the first place that is no UTF-8.
pub fn text_of(file: &str, mut bytes: Vec<u8>, purpose: Purpose) -> Result<String, Complaints> {
    let save = purpose.save();
    if let Some(which) = utf16(&bytes) {
        return Err(complaint(file, (1, 1), format!("the file is {which}, not UTF-8; {save}")));
    }
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let (good, rest) = bytes.split_at_checked(at).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        let place = position(&good, good.len());
        complaint(file, place, other_encoding(&good, rest, at.saturating_add(1), purpose))
    })
}

/// Says what bytes that are not UTF-8 probably are.
fn other_encoding(before: &str, rest: &[u8], byte: usize, purpose: Purpose) -> String {
    let (save, source) = (purpose.save(), purpose.usual_source());
    let chinese = is_gb18030(rest.get(..SAMPLE).unwrap_or(rest));
    match (chinese, before.is_ascii()) {
        (true, true) => format!("the file is not UTF-8 but probably GB18030 (GBK){source}; {save}"),
        (true, false) => format!(
            "up to here the file is UTF-8, and from byte {byte} on probably GB18030 (GBK): it was \
             put together from two; {save}"
        ),
        (false, _) => format!("byte {byte} of the file is not UTF-8; {save}"),
    }
}

/// Recognises UTF-16 by its byte order mark, or by the zero bytes beside its ASCII characters.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, ..] => return Some("UTF-16LE"),
        [0xFE, 0xFF, ..] => return Some("UTF-16BE"),
        _ => {}
    }
    let sample = bytes.get(..4096).unwrap_or(bytes);
    let (mut even, mut odd) = (0usize, 0usize);
    for pair in sample.chunks_exact(2) {
        even = even.saturating_add(usize::from(pair.first() == Some(&0)));
        odd = odd.saturating_add(usize::from(pair.last() == Some(&0)));
    }
    // A header of ASCII names makes every second byte zero; a stray NUL is another matter.
    let many = (sample.len() / 8).max(4);
    match (even >= many, odd >= many) {
        (false, true) => Some("UTF-16LE"),
        (true, false) => Some("UTF-16BE"),
        _ => None,
    }
}

/// Tells whether bytes are GB18030 throughout; the last character may be cut.
fn is_gb18030(mut rest: &[u8]) -> bool {
    loop {
        rest = match rest {
            [0..=0x7F, rest @ ..] => rest,
            [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, rest @ ..] => rest,
            [0x81..=0xFE, 0x30..=0x39, 0x81..=0xFE, 0x30..=0x39, rest @ ..] => rest,
            [] | [0x81..=0xFE] => return true,
            [0x81..=0xFE, 0x30..=0x39, cut @ ..] if cut.len() < 2 => return true,
            _ => return false,
        };
    }
}

fn complaint(file: &str, (line, column): (usize, usize), text: String) -> Complaints {
    let (file, heading) = (file.to_owned(), String::new());
    Complaints(vec![Complaint { file, line, column, heading, text }])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { bytes: 1 << 20, line: 1000, lines: 100 };

    fn refused(bytes: &[u8]) -> String {
        refused_as(Purpose::List, bytes)
    }

    fn refused_as(purpose: Purpose, bytes: &[u8]) -> String {
        let read = read_bounded("a.csv", bytes, purpose, BOUNDS)
            .and_then(|bytes| Ok(text_of("a.csv", bytes, purpose)?));
        let error = read.unwrap_err();
        error.downcast::<Complaints>().unwrap().0[0].to_string()
    }

    #[test]
    fn bytes_that_are_no_utf8_are_named_with_the_probable_encoding() {
        assert_eq!(
            refused(b"number\n\xb3\xc2\xce\xb0,\x81\x30\x81\x30"),
            "a.csv, line 2, column 1: the file is not UTF-8 but probably GB18030 (GBK), as Chinese \
             Excel saves a plain CSV; save it as UTF-8 (in Excel: Save as, CSV UTF-8)"
        );
        let mixed = ["辽宁\n".as_bytes(), b"\xb3\xc2"].concat();
        assert!(
            refused(&mixed).starts_with("a.csv, line 2, column 1: up to here the file is UTF-8")
        );
        assert_eq!(
            refused(b"Jos\xe9\n"),
            "a.csv, line 1, column 4: byte 4 of the file is not UTF-8; save it as UTF-8 (in Excel: \
             Save as, CSV UTF-8)"
        );
    }

    #[test]
    fn utf16_is_recognised_with_and_without_its_mark() {
        let text = "number,name_zh\n100001,王伟\n";
        let units = || text.encode_utf16();
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        let marked = [&[0xFF, 0xFE], little.as_slice()].concat();
        for (bytes, name) in [(&little, "UTF-16LE"), (&big, "UTF-16BE"), (&marked, "UTF-16LE")] {
            assert!(refused(bytes).contains(&format!("the file is {name}, not UTF-8")), "{name}");
        }
        assert!(
            text_of("a.csv", b"a\0b".to_vec(), Purpose::List).is_ok(),
            "one stray NUL is the cell's fault"
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(
            text_of("a.csv", b"\xEF\xBB\xBFnumber".to_vec(), Purpose::List).unwrap(),
            "number"
        );
    }

    #[test]
    fn files_of_another_kind_are_named_at_their_first_bytes() {
        assert!(refused(b"PK\x03\x04rest").contains("Excel workbook (.xlsx)"));
        assert!(refused(b"\xD0\xCF\x11\xE0\xA1").contains("(.xls)"));
        assert!(refused(b"\x1F\x8B\x08").contains("gzip"));
    }

    #[test]
    fn only_a_list_is_sent_back_to_a_spreadsheet() {
        let utf16: Vec<u8> = "[convention]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, kind) in [
            (utf16.as_slice(), "UTF-16LE"),
            (b"title = \"\xb3\xc2\xce\xb0\"\n", "GB18030"),
            (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
            (b"\xFF\xD8\xFF\xE0", "a picture (JPEG)"),
            (b"PK\x03\x04rest", "zip archive"),
        ] {
            let purposes: [(Purpose, &[&str]); 3] = [
                (Purpose::List, &["in Excel"]),
                (Purpose::Convention, &["in Notepad", "as a text editor saves it"]),
                (Purpose::Template, &["plain SVG", "an SVG drawing"]),
            ];
            for (purpose, cures) in purposes {
                let refused = refused_as(purpose, bytes);
                assert!(refused.contains(kind), "{refused}");
                assert!(cures.iter().any(|cure| refused.contains(cure)), "{refused}");
                assert_eq!(refused.contains("in Excel"), purpose == Purpose::List, "{refused}");
            }
        }
    }

    #[test]
    fn an_endless_line_an_endless_file_and_endless_lines_end_early() {
        struct Counted(usize);
        impl Read for &mut Counted {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                to.fill(b'x');
                self.0 += to.len();
                Ok(to.len())
            }
        }
        let mut endless = Counted(0);
        let error = read_bounded("a.csv", &mut endless, Purpose::List, BOUNDS).unwrap_err();
        assert!(error.to_string().starts_with("a.csv, line 1, column 1: this line is longer"));
        assert_eq!(endless.0, PIECE, "no more than a piece was read");
        assert!(
            refused("x\n".repeat(101).as_bytes()).contains("line 101, column 1: the file has more")
        );
        let large = "x\n".repeat(1 << 20);
        let bounds = Bounds { lines: usize::MAX, ..BOUNDS };
        let error = read_bounded("a.csv", large.as_bytes(), Purpose::List, bounds).unwrap_err();
        assert!(error.to_string().contains("larger than 1048576 bytes; split it"));
    }
}
