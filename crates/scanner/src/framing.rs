//! Codes out of bytes that come one after the other.

use std::time::{Duration, Instant};

/// The most bytes of a code: QR codes hold up to 7,089 digits, but no pass a tenth of that.
pub(crate) const LONGEST: usize = 4096;

/// What ends a code on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// CR, LF, both, or silence, whichever comes first.
    Any,
    /// CR alone.
    Cr,
    /// LF alone.
    Lf,
    /// CR and LF.
    CrLf,
    /// Silence alone.
    Silence,
}

impl Ending {
    pub(crate) const ALL: [Ending; 5] =
        [Ending::Any, Ending::Cr, Ending::Lf, Ending::CrLf, Ending::Silence];

    /// Returns how it is written in a device.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Any => "any",
            Ending::Cr => "cr",
            Ending::Lf => "lf",
            Ending::CrLf => "crlf",
            Ending::Silence => "silence",
        }
    }

    /// Returns the silence that ends a code, or that gives one up which ends otherwise, unless it is chosen.
    pub fn usual_silence(self) -> Duration {
        Duration::from_millis(match self {
            Ending::Any => 400,
            Ending::Silence => 50,
            Ending::Cr | Ending::Lf | Ending::CrLf => 2000,
        })
    }
}

/// Why bytes are no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("a code had more than 4,096 bytes; no pass is so long")]
    TooLong,
    #[error(
        "a code was no text; if it should be one, set the scanner to UTF-8 or to 7 or 8 bits without parity"
    )]
    NoText,
    #[error(
        "a code came without its end; set the scanner to send CR or LF behind it, or hold the cable tight"
    )]
    NoEnd,
}

/// What came: a code, or what has a flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Of what is too long the beginning; bytes that are no text are replaced.
    pub(crate) text: String,
    pub(crate) flaw: Option<Flaw>,
}

impl Piece {
    /// Makes a text of bytes.
    pub(crate) fn of(mut bytes: Vec<u8>) -> Piece {
        let too_long = bytes.len() > LONGEST;
        bytes.truncate(LONGEST);
        match String::from_utf8(bytes) {
            Ok(text) => Piece { text, flaw: too_long.then_some(Flaw::TooLong) },
            Err(bytes) => {
                let flaw = if too_long { Flaw::TooLong } else { Flaw::NoText };
                let text = String::from_utf8_lossy(bytes.as_bytes()).into_owned();
                Piece { text, flaw: Some(flaw) }
            }
        }
    }

    /// Makes a piece that was given up.
    pub(crate) fn without_end(bytes: Vec<u8>) -> Piece {
        Piece { flaw: Some(Flaw::NoEnd), ..Piece::of(bytes) }
    }
}

/// Puts codes together.
pub(crate) struct Framer {
    ending: Ending,
    silence: Duration,
    held: Vec<u8>,
    /// When the last byte came.
    last: Option<Instant>,
    /// The code was too long and told so; the rest of it is passed over.
    skipping: bool,
}

impl Framer {
    pub(crate) fn new(ending: Ending, silence: Duration) -> Framer {
        Framer { ending, silence, held: Vec::new(), last: None, skipping: false }
    }

    /// Takes bytes that came at `now`.
    pub(crate) fn push(&mut self, bytes: &[u8], now: Instant) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = self.pass(now).into_iter().collect();
        for byte in bytes {
            self.last = Some(now);
            if self.ends_with(*byte) {
                pieces.extend(self.finish());
            } else if !self.skipping {
                self.held.push(*byte);
                if self.held.len() > LONGEST {
                    pieces.extend(self.finish());
                    self.skipping = true;
                }
            }
        }
        pieces
    }

    /// Lets time pass: silence ends a code.
    pub(crate) fn pass(&mut self, now: Instant) -> Option<Piece> {
        let last = self.last?;
        if now.saturating_duration_since(last) < self.silence {
            return None;
        }
        self.last = None;
        match self.ending {
            Ending::Any | Ending::Silence => self.finish(),
            Ending::Cr | Ending::Lf | Ending::CrLf => {
                let held = self.held.clone();
                self.finish().map(|_| Piece::without_end(held))
            }
        }
    }

    /// Tells whether a code ends here, and drops what belongs to its end.
    fn ends_with(&mut self, byte: u8) -> bool {
        match self.ending {
            Ending::Any => matches!(byte, b'\r' | b'\n'),
            Ending::Cr => byte == b'\r',
            Ending::Lf => byte == b'\n',
            Ending::CrLf if byte == b'\n' => {
                let returned = self.held.last() == Some(&b'\r') || self.skipping;
                self.held.pop_if(|last| *last == b'\r');
                returned
            }
            Ending::CrLf | Ending::Silence => false,
        }
    }

    /// Ends what is held; nothing, if nothing is.
    fn finish(&mut self) -> Option<Piece> {
        self.skipping = false;
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then(|| Piece::of(held))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test that counts wrong is to stop")]

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn framer(ending: Ending) -> Framer {
        Framer::new(ending, ending.usual_silence())
    }

    fn texts(pieces: Vec<Piece>) -> Vec<String> {
        assert!(pieces.iter().all(|piece| piece.flaw.is_none()), "{pieces:?}");
        pieces.into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn a_code_ends_as_the_scanner_ends_it() {
        let now = Instant::now();
        let bytes = b"A\rB\nC\r\nD\r";
        let read = |ending| texts(framer(ending).push(bytes, now));
        assert_eq!(read(Ending::Any), ["A", "B", "C", "D"]);
        assert_eq!(read(Ending::Cr), ["A", "B\nC", "\nD"]);
        assert_eq!(read(Ending::Lf), ["A\rB", "C\r"]);
        assert_eq!(read(Ending::CrLf), ["A\rB\nC"]);
        assert!(read(Ending::Silence).is_empty());
    }

    #[test]
    fn silence_ends_a_code_or_gives_it_up() {
        let now = Instant::now();
        for ending in Ending::ALL {
            let mut framer = framer(ending);
            let silence = ending.usual_silence();
            assert!(framer.push(b"AB", now).is_empty());
            assert!(framer.push(b"C", now + silence - MS).is_empty(), "{ending:?}");
            assert_eq!(framer.pass(now + silence * 2 - MS * 2), None);
            let piece = framer.pass(now + silence * 2 - MS).unwrap();
            let given_up = matches!(ending, Ending::Cr | Ending::Lf | Ending::CrLf);
            assert_eq!(piece.flaw, given_up.then_some(Flaw::NoEnd));
            assert_eq!(piece.text, "ABC");
            assert_eq!(framer.pass(now + silence * 9), None);
        }
    }

    #[test]
    fn what_comes_after_silence_is_another_code_even_if_nobody_looked_in_between() {
        let now = Instant::now();
        let mut framer = framer(Ending::Silence);
        assert!(framer.push(b"A", now).is_empty());
        assert_eq!(texts(framer.push(b"B", now + MS * 60)), ["A"]);
    }

    #[test]
    fn what_is_too_long_is_told_once_and_the_next_code_is_read() {
        let now = Instant::now();
        for ending in [Ending::Any, Ending::Cr, Ending::CrLf] {
            let mut framer = framer(ending);
            let long = [vec![b'7'; LONGEST * 20], b"\r\nYB1\r\n".to_vec()].concat();
            let pieces: Vec<Piece> =
                long.chunks(100).flat_map(|bytes| framer.push(bytes, now)).collect();
            let flaws: Vec<Option<Flaw>> = pieces.iter().map(|piece| piece.flaw).collect();
            assert_eq!(flaws, [Some(Flaw::TooLong), None], "{ending:?}");
            assert_eq!(pieces.first().map(|piece| piece.text.len()), Some(LONGEST));
            assert_eq!(pieces.last().map(|piece| piece.text.trim()), Some("YB1"));
        }
        // Exactly as long as may be.
        let most = framer(Ending::Any).push(&[vec![b'7'; LONGEST], b"\r".to_vec()].concat(), now);
        assert_eq!(most.first().and_then(|piece| piece.flaw), None);
    }

    #[test]
    fn what_is_no_text_is_told_and_cannot_become_a_pass() {
        let pieces = framer(Ending::Any).push(b"YB1\xff\xfeABC\rYB1\r", Instant::now());
        assert_eq!(pieces.first().and_then(|piece| piece.flaw), Some(Flaw::NoText));
        assert!(pieces.first().is_some_and(|piece| piece.text.contains('\u{fffd}')));
        assert_eq!(pieces.last().map(|piece| piece.text.as_str()), Some("YB1"));
    }
}
