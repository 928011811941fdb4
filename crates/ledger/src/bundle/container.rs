//! The file: parts for different readers, each a head and encrypted frames, so that whatever stands
//! before a cut can be taken, and a cut is told from damage.
//!
//! The writer neither knows nor cares what the frames say; who said it is proved by the messages
//! inside. Whoever can read a part could have written another: encryption keeps others from reading,
//! and proves nothing.

use std::io::{self, ErrorKind, Read, Write};

use admission::id::{ConventionId, StationId};
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use sha2::{Digest, Sha256};

use super::seal::{self, Frames, Wrapped, random};

/// The first bytes of a bundle.
pub const MAGIC: &[u8; 4] = b"YBB1";
/// Largest head of a part, in bytes: some ten thousand readers.
const LARGEST_HEAD: usize = 1 << 20;
/// Largest frame, in bytes, packed and unpacked: as the largest answer over HTTP.
const LARGEST_FRAME: usize = 256 << 20;
/// Most that is read of a bundle, in bytes.
pub const LARGEST: u64 = 2 << 30;
/// Wrapped keys that are tried of a head: an honest one has one for each reader.
const MOST_TRIED: usize = 4;
/// zlib's level: the higher ones take long and win little.
const LEVEL: u8 = 3;
/// Read at once, in bytes: a length that lies takes no memory.
const PIECE: u64 = 64 << 10;

/// What stands at the beginning of each part, readable by everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The convention.
    pub convention: ConventionId,
    /// Who made the bundle; zeros: a station that has no id yet.
    pub from: StationId,
    /// Number of the part, from 1.
    pub part: u32,
    /// Number of parts.
    pub parts: u32,
}

/// The head of a part.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Head {
    #[n(0)]
    convention: ConventionId,
    #[n(1)]
    from: StationId,
    #[n(2)]
    part: u32,
    #[n(3)]
    parts: u32,
    #[n(4)]
    readers: Vec<Wrapped>,
}

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A sealed message of the exchange.
    Message(Vec<u8>),
    /// An [`crate::enrol::Application`].
    Application(Vec<u8>),
    /// A [`crate::enrol::Welcome`].
    Welcome(Vec<u8>),
    /// Something that a later version put there.
    Later,
}

#[derive(Encode, Decode)]
struct Content {
    #[n(0)]
    kind: u8,
    #[n(1)]
    packed: bool,
    #[n(2)]
    bytes: ByteVec,
}

/// Why a bundle is not read, or not written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The first bytes are something else's.
    #[error("this is no hand-over file (bundle); name the file that bundle out wrote")]
    NotABundle,
    /// A later layout.
    #[error("this bundle was made by a newer version; update this program first")]
    Newer,
    /// Another convention's.
    #[error("this bundle belongs to another convention ({0}); nothing of it was taken")]
    OtherConvention(ConventionId),
    /// None of the parts is for this reader.
    #[error("this bundle is not for this machine; ask its sender to name this one when writing it")]
    NotForUs,
    /// A station's own, or an application.
    #[error(
        "a station wrote this bundle for the server; take it there and read it there: bundle in FILE"
    )]
    ForServer,
    /// The server's own.
    #[error(
        "this server wrote this bundle for stations; take it to its station and read it there: bundle in FILE"
    )]
    ForStation,
    /// It ends too early.
    #[error(
        "the bundle is cut off; everything before the cut was taken: copy the file again and read \
         the whole of it"
    )]
    Truncated,
    /// It is not as it was written.
    #[error(
        "the bundle is damaged; what stands before the damage was taken: copy the file again, and \
         if that does not help, have it written again"
    )]
    Damaged,
    /// It is larger than any that is written.
    #[error("the bundle is too large: more than {} MB are not read", LARGEST >> 20)]
    TooLarge,
    /// A reader's key is no key.
    #[error("a member's key is no key; nothing was written")]
    Reader,
    /// There is no randomness.
    #[error("this machine has no randomness")]
    Random,
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BundleError {
    /// Tells whether everything before this place was as it should be, so that it is kept.
    pub fn is_cut(&self) -> bool {
        matches!(self, BundleError::Truncated | BundleError::Damaged | BundleError::TooLarge)
    }
}

/// Writes a bundle.
pub struct Writer<W> {
    to: W,
    outline: Outline,
    frames: Option<Frames>,
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a bundle of so many parts.
    ///
    /// # Errors
    /// [`BundleError`] if it cannot be written.
    pub fn begin(
        mut to: W,
        (convention, from): (ConventionId, StationId),
        parts: u32,
    ) -> Result<Writer<W>, BundleError> {
        to.write_all(MAGIC)?;
        let outline = Outline { convention, from, part: 0, parts };
        Ok(Writer { to, outline, frames: None, written: 4 })
    }

    /// Ends the part before and begins one for these readers.
    ///
    /// # Errors
    /// [`BundleError`] if it cannot be written.
    pub fn part(&mut self, readers: &[VerifyingKey]) -> Result<(), BundleError> {
        self.end_part()?;
        self.outline.part = self.outline.part.saturating_add(1);
        let key = random()?;
        let wrap = |reader: &VerifyingKey| seal::wrap(&key, &self.outline, reader);
        let Outline { convention, from, part, parts } = self.outline;
        let readers = readers.iter().map(wrap).collect::<Result<_, _>>()?;
        let head = Head { convention, from, part, parts, readers };
        let bytes = minicbor::to_vec(&head).unwrap_or_default();
        if bytes.len() > LARGEST_HEAD {
            return Err(BundleError::TooLarge);
        }
        self.record(b'P', &bytes)?;
        self.frames = Some(Frames::new(&key));
        Ok(())
    }

    /// Writes a frame into the part that was begun.
    ///
    /// # Errors
    /// [`BundleError`] if it cannot be written.
    pub fn frame(&mut self, frame: &Frame) -> Result<(), BundleError> {
        let (kind, bytes) = match frame {
            Frame::Message(bytes) => (0, bytes),
            Frame::Application(bytes) => (1, bytes),
            Frame::Welcome(bytes) => (2, bytes),
            Frame::Later => return Ok(()),
        };
        if bytes.len() > LARGEST_FRAME {
            return Err(BundleError::TooLarge);
        }
        let packed = compress_to_vec_zlib(bytes, LEVEL);
        let smaller = packed.len() < bytes.len();
        let bytes = if smaller { packed } else { bytes.clone() };
        let content = Content { kind, packed: smaller, bytes: ByteVec::from(bytes) };
        self.sealed(&minicbor::to_vec(&content).unwrap_or_default(), false)
    }

    /// Ends the bundle; returns what it was written to, and how many bytes it has.
    ///
    /// # Errors
    /// [`BundleError`] if it cannot be written.
    pub fn end(mut self) -> Result<(W, u64), BundleError> {
        self.end_part()?;
        Ok((self.to, self.written))
    }

    fn end_part(&mut self) -> Result<(), BundleError> {
        if self.frames.is_some() {
            self.sealed(&[], true)?;
        }
        self.frames = None;
        Ok(())
    }

    fn sealed(&mut self, plain: &[u8], last: bool) -> Result<(), BundleError> {
        let Some(frames) = &mut self.frames else { return Err(BundleError::NotForUs) };
        let sealed = frames.seal(plain, last)?;
        self.record(if last { b'E' } else { b'F' }, &sealed)
    }

    fn record(&mut self, tag: u8, bytes: &[u8]) -> Result<(), BundleError> {
        let length = u32::try_from(bytes.len()).map_err(|_| BundleError::TooLarge)?;
        let head = [&[tag][..], &length.to_be_bytes()].concat();
        for piece in [&head[..], &sum::<4>(&head), bytes, &sum::<8>(bytes)] {
            self.to.write_all(piece)?;
            let more = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.written = self.written.saturating_add(more);
        }
        match self.written > LARGEST {
            true => Err(BundleError::TooLarge),
            false => Ok(()),
        }
    }
}

/// A checksum: the first bytes of SHA-256.
fn sum<const N: usize>(bytes: &[u8]) -> [u8; N] {
    Sha256::digest(bytes).first_chunk().copied().unwrap_or([0; N])
}

/// Reads a bundle from its beginning to its end, or to where it is cut off.
pub struct Reader<'key, R> {
    from: R,
    me: &'key SigningKey,
    outline: Outline,
    frames: Option<Frames>,
    inside: bool,
    any: bool,
    left: u64,
}

impl<'key, R: Read> Reader<'key, R> {
    /// Reads the first head.
    ///
    /// # Errors
    /// [`BundleError`] if it is no bundle, or cut off before it says anything.
    pub fn begin(from: R, me: &'key SigningKey) -> Result<Reader<'key, R>, BundleError> {
        let none = Outline {
            convention: ConventionId([0; 16]),
            from: super::EVERYBODY,
            part: 0,
            parts: 1,
        };
        let mut reader = Reader {
            from,
            me,
            outline: none,
            frames: None,
            inside: false,
            any: false,
            left: LARGEST,
        };
        reader.magic()?;
        let (tag, head) = reader.record()?;
        if tag != b'P' {
            return Err(BundleError::Damaged);
        }
        reader.enter(&head)?;
        Ok(reader)
    }

    /// Returns what the present part says of itself.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Returns the next frame that is for this reader; `None` at the end of the whole bundle.
    ///
    /// # Errors
    /// [`BundleError`]; every frame that was returned before is as it was written.
    /// [`BundleError::NotForUs`] at the end, if no part was for this reader.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, BundleError> {
        loop {
            if !self.inside && self.outline.part == self.outline.parts {
                return self.end();
            }
            let (tag, bytes) = self.record()?;
            match (tag, self.inside) {
                (b'P', false) => self.enter(&bytes)?,
                (b'F' | b'E', true) => {
                    self.inside = tag == b'F';
                    if let Some(frame) = self.open(&bytes, tag == b'E')? {
                        return Ok(Some(frame));
                    }
                }
                _ => return Err(BundleError::Damaged),
            }
        }
    }

    fn end(&mut self) -> Result<Option<Frame>, BundleError> {
        if self.fill(&mut [0])? > 0 {
            // Two bundles in one file, perhaps: not to say so would be to lose the second.
            return Err(BundleError::Damaged);
        }
        if self.any { Ok(None) } else { Err(BundleError::NotForUs) }
    }

    fn open(&mut self, bytes: &[u8], last: bool) -> Result<Option<Frame>, BundleError> {
        let Some(frames) = &mut self.frames else { return Ok(None) };
        let plain = frames.open(bytes, last).ok_or(BundleError::Damaged)?;
        if last {
            return if plain.is_empty() { Ok(None) } else { Err(BundleError::Damaged) };
        }
        let content: Content = minicbor::decode(&plain).map_err(|_| BundleError::Damaged)?;
        let bytes = match content.packed {
            true => decompress_to_vec_zlib_with_limit(&content.bytes, LARGEST_FRAME)
                .map_err(|_| BundleError::Damaged)?,
            false => content.bytes.into(),
        };
        Ok(Some(match content.kind {
            0 => Frame::Message(bytes),
            1 => Frame::Application(bytes),
            2 => Frame::Welcome(bytes),
            _ => Frame::Later,
        }))
    }

    /// Enters a part: all of them are of one bundle, and each has its number.
    fn enter(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        let head: Head = minicbor::decode(bytes).map_err(|_| BundleError::Damaged)?;
        let Head { convention, from, part, parts, readers } = head;
        let outline = Outline { convention, from, part, parts };
        let (before, first) = (&self.outline, self.outline.part == 0);
        let follows =
            first || (before.convention, before.from, before.parts) == (convention, from, parts);
        if !follows || part != before.part.saturating_add(1) || part > parts {
            return Err(BundleError::Damaged);
        }
        let mine = seal::hint(&self.me.verifying_key());
        let mut mine = readers.iter().filter(|wrapped| wrapped.hint == mine).take(MOST_TRIED);
        let key = mine.find_map(|wrapped| seal::unwrap(wrapped, &outline, self.me));
        self.any |= key.is_some();
        self.frames = key.map(|key| Frames::new(&key));
        self.outline = outline;
        self.inside = true;
        Ok(())
    }

    fn magic(&mut self) -> Result<(), BundleError> {
        let mut magic = [0; 4];
        let length = self.fill(&mut magic)?;
        let begins = magic.iter().zip(MAGIC).take(length).all(|(one, other)| one == other);
        match (magic.starts_with(b"YBB"), length, begins) {
            (_, 4, true) => Ok(()),
            (_, 0..=3, true) => Err(BundleError::Truncated),
            (true, 4, false) => Err(BundleError::Newer),
            _ => Err(BundleError::NotABundle),
        }
    }

    fn record(&mut self) -> Result<(u8, Vec<u8>), BundleError> {
        let mut head = [0; 9];
        self.exact(&mut head)?;
        let [tag, a, b, c, d, check @ ..] = head;
        if check != sum::<4>(&[tag, a, b, c, d]) {
            return Err(BundleError::Damaged);
        }
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        let largest = if tag == b'P' { LARGEST_HEAD } else { LARGEST_FRAME };
        if usize::try_from(length).unwrap_or(usize::MAX) > largest {
            return Err(BundleError::TooLarge);
        }
        let bytes = self.bytes(length)?;
        let mut check = [0; 8];
        self.exact(&mut check)?;
        match check == sum::<8>(&bytes) {
            true => Ok((tag, bytes)),
            false => Err(BundleError::Damaged),
        }
    }

    /// Reads piece by piece, so that memory is taken for what is there and not for what is said.
    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, BundleError> {
        let (mut bytes, mut missing) = (Vec::new(), length);
        while missing > 0 {
            let mut piece = vec![0; usize::try_from(missing.min(PIECE)).unwrap_or(0)];
            self.exact(&mut piece)?;
            missing = missing.saturating_sub(PIECE);
            bytes.append(&mut piece);
        }
        Ok(bytes)
    }

    fn exact(&mut self, to: &mut [u8]) -> Result<(), BundleError> {
        match self.fill(to)? == to.len() {
            true => Ok(()),
            false => Err(BundleError::Truncated),
        }
    }

    /// Reads as much as there is.
    fn fill(&mut self, to: &mut [u8]) -> Result<usize, BundleError> {
        let mut filled = 0usize;
        while let Some(rest) = to.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.from.read(rest) {
                Ok(0) => break,
                Ok(length) => filled = filled.saturating_add(length),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let length = u64::try_from(filled).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or(BundleError::TooLarge)?;
        Ok(filled)
    }
}
