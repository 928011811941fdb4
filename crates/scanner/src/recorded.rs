//! A camera that was recorded: for trying things out without one, for tests, and for measuring.
//!
//! It plays one picture (PNG, JPEG), a recording (MJPEG, Y4M), or all pictures of a folder in the order of their names.
//! What it plays is known by its first bytes, not by its name. A file that goes away, or becomes another one, is a camera
//! that was unplugged.

mod mjpeg;
mod y4m;

use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::source::{Format, Frame, FrameSource, Trouble};
use mjpeg::Mjpeg;
use y4m::Header;

/// Bytes of one frame at most: 64 megapixels of shades, or any JPEG or PNG that a camera makes.
const MOST_BYTES: u64 = 64_000_000;

/// Frames a second of what does not say it itself.
const USUAL_RATE: f64 = 30.0;

/// How long one call waits at most.
const PATIENCE: Duration = Duration::from_millis(100);

/// How a recording is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Playing {
    /// Frames a second; without it what the recording says, or 30.
    pub rate: Option<u32>,
    /// Whether it begins anew after its last frame; otherwise nothing more comes.
    pub repeat: bool,
}

impl Default for Playing {
    fn default() -> Playing {
        Playing { rate: None, repeat: true }
    }
}

/// A recording that is played.
pub struct Recorded {
    path: PathBuf,
    stamp: Stamp,
    reel: Reel,
    playing: Playing,
    between: Duration,
    due: Instant,
    over: bool,
}

/// What is played.
enum Reel {
    Pictures(Vec<PathBuf>, usize),
    Mjpeg(Mjpeg<BufReader<File>>),
    Y4m(BufReader<File>, Header),
}

/// By what another file is told from this one.
#[derive(Clone, PartialEq, Eq)]
struct Stamp(Option<SystemTime>, u64, u64);

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp(metadata.modified().ok(), metadata.len(), number(metadata))
    }
}

/// Returns by what the file system knows a file, also one of the same size and age.
#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

impl Recorded {
    /// Opens a file or a folder.
    ///
    /// # Errors
    /// What is not there, cannot be read or is no recording, in a sentence.
    pub fn open(path: &Path, playing: Playing) -> Result<Recorded, String> {
        let refuse = |error: io::Error| format!("cannot play {}: {error}", path.display());
        let metadata = fs::metadata(path).map_err(refuse)?;
        let stamp = Stamp::of(&metadata);
        // A pipe would be waited for without end.
        if !metadata.is_dir() && !metadata.is_file() {
            return Err(format!("cannot play {}: it is no file and no folder", path.display()));
        }
        let reel = if metadata.is_dir() { folder(path)? } else { Reel::of(path)? };
        let own = match &reel {
            Reel::Y4m(_, header) => header.rate,
            _ => None,
        };
        let rate = playing.rate.map(f64::from).or(own).unwrap_or(USUAL_RATE);
        let between = Duration::try_from_secs_f64(rate.recip()).unwrap_or(PATIENCE);
        let due = Instant::now();
        Ok(Recorded { path: path.to_owned(), stamp, reel, playing, between, due, over: false })
    }

    /// Says whether it is still there, and still the same.
    fn look_after(&self) -> Result<(), Trouble> {
        let path = self.path.display();
        match fs::metadata(&self.path) {
            Ok(metadata) if Stamp::of(&metadata) == self.stamp => Ok(()),
            Ok(_) => Err(Trouble::Gone(format!("{path} is another one now"))),
            Err(error) => Err(Trouble::Gone(format!(
                "{path} is not there any more ({error}); put it back, and it is played again"
            ))),
        }
    }

    /// Takes the next frame; none at the end.
    fn next(&mut self) -> Result<Option<Frame>, Trouble> {
        let gone = |error: io::Error| Trouble::Gone(format!("the recording broke off: {error}"));
        match &mut self.reel {
            Reel::Pictures(paths, next) => {
                let Some(path) = paths.get(*next) else { return Ok(None) };
                *next = next.saturating_add(1);
                picture(path).map(Some)
            }
            Reel::Mjpeg(file) => match file.next().map_err(gone)? {
                None => Ok(None),
                Some(Ok(bytes)) => Ok(Some(Frame::packed(Format::Jpeg, bytes))),
                Some(Err(torn)) => Err(Trouble::Torn(torn)),
            },
            Reel::Y4m(file, header) => match y4m::next(file, header).map_err(gone)? {
                None => Ok(None),
                Some(Ok(frame)) => Ok(Some(frame)),
                Some(Err(torn)) => Err(Trouble::Torn(torn)),
            },
        }
    }

    fn rewind(&mut self) -> Result<(), Trouble> {
        let rewound = match &mut self.reel {
            Reel::Pictures(_, next) => {
                *next = 0;
                Ok(())
            }
            Reel::Mjpeg(file) => file.rewind(),
            Reel::Y4m(file, header) => file.seek(io::SeekFrom::Start(header.length)).map(|_| ()),
        };
        rewound.map_err(|error| Trouble::Gone(format!("the recording broke off: {error}")))
    }
}

impl FrameSource for Recorded {
    fn name(&self) -> String {
        format!("the recording {}", self.path.display())
    }

    fn frame(&mut self) -> Result<Option<Frame>, Trouble> {
        let wait = self.due.saturating_duration_since(Instant::now());
        thread::sleep(wait.min(PATIENCE));
        if wait > PATIENCE {
            return Ok(None);
        }
        // Whoever comes late goes on from now: frames that were missed are not made up for.
        let now = Instant::now();
        let next = self.due.checked_add(self.between).unwrap_or(now);
        self.due = next.max(now);
        self.look_after()?;
        if self.over {
            return Ok(None);
        }
        if let Some(frame) = self.next()? {
            return Ok(Some(frame));
        }
        self.over = !self.playing.repeat;
        if self.over {
            return Ok(None);
        }
        self.rewind()?;
        self.next()
    }
}

impl Reel {
    /// Knows a file by its first bytes.
    fn of(path: &Path) -> Result<Reel, String> {
        let refuse = |error: io::Error| format!("cannot play {}: {error}", path.display());
        let mut file = BufReader::new(File::open(path).map_err(refuse)?);
        let mut first = Vec::new();
        file.by_ref().take(9).read_to_end(&mut first).map_err(refuse)?;
        file.rewind().map_err(refuse)?;
        match first.as_slice() {
            [0xff, 0xd8, ..] => Ok(Reel::Mjpeg(Mjpeg::new(file))),
            [0x89, b'P', b'N', b'G', ..] => Ok(Reel::Pictures(vec![path.to_owned()], 0)),
            b"YUV4MPEG2" => {
                let header = y4m::header(&mut file)
                    .map_err(|why| format!("cannot play {}: {why}", path.display()))?;
                Ok(Reel::Y4m(file, header))
            }
            [] => Err(format!("cannot play {}: it is empty", path.display())),
            _ => Err(format!(
                "cannot play {}: it is neither PNG, JPEG, MJPEG nor Y4M",
                path.display()
            )),
        }
    }
}

/// Returns the pictures of a folder, in the order of their names.
fn folder(path: &Path) -> Result<Reel, String> {
    let refuse = |error: io::Error| format!("cannot play {}: {error}", path.display());
    let mut pictures = Vec::new();
    for entry in fs::read_dir(path).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let extension = extension.unwrap_or_default().to_ascii_lowercase();
        if ["png", "jpg", "jpeg"].contains(&extension.as_str()) {
            pictures.push(path);
        }
    }
    if pictures.is_empty() {
        return Err(format!("cannot play {}: there is no PNG or JPEG in it", path.display()));
    }
    pictures.sort();
    Ok(Reel::Pictures(pictures, 0))
}

/// Reads a picture; one that cannot be read is a torn frame.
fn picture(path: &Path) -> Result<Frame, Trouble> {
    let name = path.file_name().unwrap_or_default().display();
    let mut bytes = Vec::new();
    // A pipe would be waited for without end.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return Err(Trouble::Torn(format!("{name} is no file")));
    }
    let read = File::open(path)
        .and_then(|file| file.take(MOST_BYTES.saturating_add(1)).read_to_end(&mut bytes));
    match (read, bytes.as_slice()) {
        (Err(error), _) => Err(Trouble::Torn(format!("{name} cannot be read: {error}"))),
        (Ok(_), bytes) if bytes.len() as u64 > MOST_BYTES => {
            Err(Trouble::Torn(format!("{name} is larger than 64 MB; make it smaller")))
        }
        (Ok(_), [0xff, 0xd8, ..]) => Ok(Frame::packed(Format::Jpeg, bytes)),
        (Ok(_), [0x89, ..]) => Ok(Frame::packed(Format::Png, bytes)),
        (Ok(_), _) => Err(Trouble::Torn(format!("{name} is neither PNG nor JPEG"))),
    }
}
