//! MJPEG: one JPEG after the other, cut apart by their own markers.

use std::io::{self, BufRead, Seek};

use super::MOST_BYTES;

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// A recording that is cut apart.
pub(super) struct Mjpeg<F> {
    file: F,
    /// The start of the next frame was found inside a torn one.
    begun: bool,
}

impl<F: BufRead + Seek> Mjpeg<F> {
    pub(super) fn new(file: F) -> Mjpeg<F> {
        Mjpeg { file, begun: false }
    }

    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.begun = false;
        self.file.rewind()
    }

    /// Takes the next JPEG: none at the end, words if it is torn. Whatever lies between two is passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Vec<u8>, String>>> {
        if !self.begun && !self.seek_start()? {
            return Ok(None);
        }
        self.begun = false;
        let mut frame = vec![0xff, START];
        let torn = |why: &str| Ok(Some(Err(format!("a frame of the recording {why}"))));
        let mut marker = self.marker()?;
        loop {
            let Some(this) = marker else { return torn("is torn or cut off") };
            frame.extend([0xff, this]);
            if frame.len() as u64 > MOST_BYTES {
                return torn("is larger than 64 MB");
            }
            marker = match this {
                END => return Ok(Some(Ok(frame))),
                START => {
                    self.begun = true;
                    return torn("is torn: another one begins in it");
                }
                0x01 | 0xd0..=0xd7 => self.marker()?,
                _ if !self.segment(&mut frame)? => None,
                SCAN => self.scan(&mut frame)?,
                _ => self.marker()?,
            };
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.file.fill_buf()?.first().copied();
        self.file.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// Passes over everything up to the start of a JPEG.
    fn seek_start(&mut self) -> io::Result<bool> {
        let mut before = 0;
        while let Some(byte) = self.byte()? {
            if before == 0xff && byte == START {
                return Ok(true);
            }
            before = byte;
        }
        Ok(false)
    }

    /// Takes a marker; none if something else is there, or nothing.
    fn marker(&mut self) -> io::Result<Option<u8>> {
        if self.byte()? != Some(0xff) {
            return Ok(None);
        }
        self.behind_mark()
    }

    /// Takes what follows 0xff, which may stand any number of times.
    fn behind_mark(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.byte()? {
                Some(0xff) => {}
                marker => return Ok(marker),
            }
        }
    }

    /// Takes a segment, which tells its length; false if it is cut off.
    fn segment(&mut self, frame: &mut Vec<u8>) -> io::Result<bool> {
        let (Some(high), Some(low)) = (self.byte()?, self.byte()?) else { return Ok(false) };
        frame.extend([high, low]);
        for _ in 2..u16::from_be_bytes([high, low]) {
            let Some(byte) = self.byte()? else { return Ok(false) };
            frame.push(byte);
        }
        Ok(true)
    }

    /// Takes compressed shades and the marker behind them.
    fn scan(&mut self, frame: &mut Vec<u8>) -> io::Result<Option<u8>> {
        while frame.len() as u64 <= MOST_BYTES {
            let held = self.file.fill_buf()?;
            if held.is_empty() {
                return Ok(None);
            }
            let plain = held.iter().position(|byte| *byte == 0xff).unwrap_or(held.len());
            frame.extend(held.iter().take(plain));
            let marked = plain < held.len();
            self.file.consume(plain);
            if !marked {
                continue;
            }
            self.byte()?;
            match self.behind_mark()? {
                // A shade that looks like a mark, and where a decoder may begin anew.
                Some(still @ (0x00 | 0xd0..=0xd7)) => frame.extend([0xff, still]),
                marker => return Ok(marker),
            }
        }
        // Told as too large with the next marker.
        Ok(Some(END))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    /// A segment with a thumbnail's start and end in it, a scan with all that a scan may hold.
    const ONE: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 6, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xda, 0, 2, 1, 0xff, 0, 2,
        0xff, 0xd0, 3, 0xff, 0xff, 0xd9,
    ];
    /// The same, without what only fills.
    const ONE_TAKEN: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 6, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xda, 0, 2, 1, 0xff, 0, 2,
        0xff, 0xd0, 3, 0xff, 0xd9,
    ];

    /// Returns what is taken with a buffer of so many bytes.
    fn taken(bytes: &[u8], buffer: usize) -> Vec<Option<Vec<u8>>> {
        let mut file = Mjpeg::new(BufReader::with_capacity(buffer, Cursor::new(bytes)));
        let next = || file.next().unwrap();
        std::iter::from_fn(next).map(Result::ok).collect()
    }

    #[test]
    fn frames_are_cut_apart_wherever_the_buffer_ends() {
        let bytes = [b"--boundary\r\n\r\n", ONE, b"\0\0", ONE, ONE].concat();
        for buffer in 1..bytes.len() {
            assert_eq!(taken(&bytes, buffer), vec![Some(ONE_TAKEN.to_vec()); 3], "{buffer}");
        }
    }

    #[test]
    fn a_torn_frame_costs_few_others() {
        // Where a length is torn, up to 64 KiB are taken for what it should have been the length of.
        let rest = ONE.repeat(4000);
        for cut in 2..ONE.len().saturating_sub(1) {
            let taken = taken(&[ONE, ONE.split_at(cut).0, &rest].concat(), 4096);
            let whole = taken.iter().flatten().count();
            assert!((1000..=4001).contains(&whole), "cut at {cut}: {whole}");
            assert_eq!(taken.last(), Some(&Some(ONE_TAKEN.to_vec())));
        }
        let within_the_scan = [ONE.split_at(15).0, ONE].concat();
        assert_eq!(taken(&within_the_scan, 4096), [None, Some(ONE_TAKEN.to_vec())]);
        let at_the_end = [ONE, ONE.split_at(17).0].concat();
        assert_eq!(taken(&at_the_end, 4096), [Some(ONE_TAKEN.to_vec()), None]);
    }
}
