//! Y4M: frames that are not compressed, shades first.

use std::io::{self, BufRead, Read, Seek};

use decoder::MOST_PIXELS;

use crate::source::{Format, Frame};

/// What stands at the beginning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Frames a second.
    pub(super) rate: Option<f64>,
    /// Bytes of a frame's colours, which are passed over.
    colours: usize,
    /// Bytes of the header.
    pub(super) length: u64,
}

/// The longest line of a header.
const LONGEST_LINE: u64 = 512;

/// Reads the header.
pub(super) fn header(file: &mut impl BufRead) -> Result<Header, String> {
    let line = line(file).map_err(|error| error.to_string())?;
    let line = line.ok_or("its header is cut off")?;
    let length = u64::try_from(line.len()).unwrap_or(u64::MAX).saturating_add(1);
    let (mut width, mut height, mut rate, mut space) = (0, 0, None, "420");
    for word in line.split(' ').skip(1).filter(|word| !word.is_empty()) {
        let mut value = word.chars();
        let key = value.next();
        let value = value.as_str();
        let size = || value.parse::<usize>().map_err(|_| format!("its header says {word}"));
        match key {
            Some('W') => width = size()?,
            Some('H') => height = size()?,
            Some('F') => rate = fraction(value),
            Some('C') => space = value,
            _ => {}
        }
    }
    let pixels = width.checked_mul(height).filter(|pixels| (1..=MOST_PIXELS).contains(pixels));
    if pixels.is_none() {
        return Err(format!(
            "its frames have {width} × {height} pixels; there may be 64 million, and one at least"
        ));
    }
    let half = |side: usize| side.div_ceil(2);
    let colours = match space {
        "mono" => 0,
        "422" => half(width).saturating_mul(height).saturating_mul(2),
        "444" => width.saturating_mul(height).saturating_mul(2),
        "420" | "420jpeg" | "420paldv" | "420mpeg2" => {
            half(width).saturating_mul(half(height)).saturating_mul(2)
        }
        _ => return Err(format!("its colours are {space}; have it made with 420, eight bits")),
    };
    Ok(Header { width, height, rate, colours, length })
}

/// Reads `30000:1001`; nothing that would stand still or race.
fn fraction(text: &str) -> Option<f64> {
    let (over, under) = text.split_once(':')?;
    let rate = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    (0.1..=240.0).contains(&rate).then_some(rate)
}

/// Takes a line without its end; none if it has none, or is none.
fn line(file: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    let whole = line.pop() == Some(b'\n');
    Ok(String::from_utf8(line).ok().filter(|_| whole))
}

/// Takes the next frame: none at the end, words if it is torn.
pub(super) fn next(
    file: &mut (impl BufRead + Seek),
    header: &Header,
) -> io::Result<Option<Result<Frame, String>>> {
    if file.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let begins = line(file)?.is_some_and(|line| line.starts_with("FRAME"));
    let wanted = header.width.saturating_mul(header.height);
    let mut bytes = Vec::new();
    if begins {
        file.take(wanted as u64).read_to_end(&mut bytes)?;
    }
    let colours = i64::try_from(header.colours).unwrap_or(i64::MAX);
    if bytes.len() < wanted {
        // Where the next one begins cannot be told: the rest is passed over.
        file.seek(io::SeekFrom::End(0))?;
        let why = if begins { "is cut off" } else { "begins where none can" };
        return Ok(Some(Err(format!("a frame of the recording {why}"))));
    }
    file.seek_relative(colours)?;
    let (width, height) = (header.width, header.height);
    Ok(Some(Ok(Frame { format: Format::Grey, width, height, stride: width, bytes })))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &[u8]) -> Result<Header, String> {
        header(&mut Cursor::new(text))
    }

    #[test]
    fn what_a_header_says_is_believed_within_bounds() {
        let header =
            read(b"YUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG\n").unwrap();
        assert_eq!((header.width, header.height, header.colours), (5, 3, 12));
        assert_eq!(header.rate.map(|rate| rate.round()), Some(30.0));
        let still = read(b"YUV4MPEG2 W5 H3 F1:0 Cmono\n").unwrap();
        assert_eq!((still.rate, still.colours), (None, 0));
        for bad in [
            &b"YUV4MPEG2 W0 H3\n"[..],
            b"YUV4MPEG2 W5\n",
            b"YUV4MPEG2 W99999999999999999999 H3\n",
            b"YUV4MPEG2 W-5 H3\n",
            b"YUV4MPEG2 W9000 H9000\n",
            b"YUV4MPEG2 W4294967296 H4294967296\n",
            b"YUV4MPEG2 W5 H3 C420p10\n",
            b"YUV4MPEG2 W5 H3",
            b"YUV4MPEG2 W5 H3 \xff\n",
        ] {
            assert!(read(bad).is_err(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn shades_are_taken_and_what_is_cut_off_is_told() {
        let mut bytes = b"YUV4MPEG2 W2 H2 C444\nFRAME\n1234--------FRAME Ix\n5678--------".to_vec();
        bytes.extend(b"FRAME\n12");
        let mut file = Cursor::new(&bytes);
        let header = header(&mut file).unwrap();
        let mut shades = || next(&mut file, &header).unwrap().map(|it| it.map(|it| it.bytes));
        assert_eq!(shades(), Some(Ok(b"1234".to_vec())));
        assert_eq!(shades(), Some(Ok(b"5678".to_vec())));
        assert!(shades().is_some_and(|torn| torn.is_err()));
        assert_eq!(shades(), None);
    }
}
