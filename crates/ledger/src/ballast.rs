//! Ballast: a file that holds room on the disk, and is thrown off when the disk is full, so that
//! the door goes on while somebody looks for space.
//!
//! When the disk is full, SQLite cannot even write its log back to free some; only a file that is
//! let go helps.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::backup::{remove, with_ending};

/// The file of the ballast.
pub const FILE: &str = "ballast";
/// What its name ends with while it is being made.
pub const PART: &str = ".part";
/// The ballast of a disk with room: enough for some ten thousand guests.
const MOST: u64 = 64 << 20;
/// A small disk gives an eighth of what is free; less than this helps nobody.
const LEAST: u64 = 256 << 10;
/// It is made again when this many times its size is free, so that it is not thrown off at once.
const ROOM: u64 = 4;

/// Room on a disk, as far as it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// At least 2 GB.
    Enough,
    /// Less: somebody should look.
    Low,
    /// Less than 500 MB: somebody must.
    VeryLow,
}

impl Room {
    /// Says how much is left on the disk of a folder.
    pub fn of(free: u64) -> Room {
        match free {
            0..500_000_000 => Room::VeryLow,
            500_000_000..2_000_000_000 => Room::Low,
            _ => Room::Enough,
        }
    }

    /// Says it to staff, with what is free in bytes.
    pub fn sentence(self, free: u64) -> String {
        let megabytes = free / 1_000_000;
        match self {
            Room::Enough => format!("{megabytes} MB are free on the disk"),
            Room::Low => format!("only {megabytes} MB are free on the disk; free some space today"),
            Room::VeryLow => format!(
                "only {megabytes} MB are free on the disk; free some space now, before nothing more \
                 can be stored"
            ),
        }
    }
}

/// Returns how many bytes are free on the disk of a folder; `None` if the system does not tell.
pub fn free(folder: &Path) -> Option<u64> {
    fs4::available_space(folder).ok()
}

/// The ballast of a folder.
#[derive(Clone, Debug)]
pub struct Ballast {
    path: PathBuf,
}

impl Ballast {
    /// Names the ballast of a folder; touches nothing.
    pub fn of(folder: &Path) -> Ballast {
        Ballast { path: folder.join(FILE) }
    }

    /// Tells whether it is there.
    pub fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// Makes it if it is not there and the disk has room; `false` if there is none now.
    ///
    /// `size` is what it had before, if it was thrown off.
    ///
    /// # Errors
    /// If it cannot be written; then nothing of it is left.
    pub fn make(&self, size: Option<u64>) -> io::Result<bool> {
        if self.is_there() {
            return Ok(true);
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let free = fs4::available_space(folder)?;
        let size = size.unwrap_or(MOST.min(free >> 3));
        if size < LEAST || free < size.saturating_mul(ROOM) {
            return Ok(false);
        }
        let part = with_ending(&self.path, PART);
        let written = write(&part, size).and_then(|()| fs::rename(&part, &self.path));
        if written.is_err() {
            remove(&part)?;
        }
        written.map(|()| true)
    }

    /// Returns its size in bytes; `None` if it is not there.
    pub fn size(&self) -> Option<u64> {
        Some(fs::metadata(&self.path).ok()?.len())
    }

    /// Throws it off; `false` if there was none.
    pub fn throw_off(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}

/// Writes bytes that no file system can make smaller: a hole, or what is compressed, holds no room.
fn write(path: &Path, size: u64) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let (mut state, mut left) = (0x9E37_79B9_7F4A_7C15u64, size);
    let mut block = Vec::with_capacity(1 << 16);
    while left > 0 {
        block.clear();
        for _ in 0..1 << 13 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend(state.to_le_bytes());
        }
        let part = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.write_all(block.get(..part).unwrap_or_default())?;
        left = left.saturating_sub(u64::try_from(part).unwrap_or(left));
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ballast_is_made_once_thrown_off_once_and_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let ballast = Ballast::of(dir.path());
        assert!(ballast.make(Some(1 << 20)).unwrap() && ballast.is_there());
        assert!(ballast.make(Some(1 << 20)).unwrap());
        assert_eq!(ballast.size(), Some(1 << 20));
        assert!(ballast.throw_off() && !ballast.throw_off());
        assert!(!ballast.make(Some(u64::MAX >> 8)).unwrap(), "no disk has that room");
        assert!(!ballast.make(Some(LEAST - 1)).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left of it");
        assert!(ballast.make(Some(1 << 20)).unwrap());
    }

    #[test]
    fn room_is_told_in_three_steps() {
        let told = [0, 499_999_999, 500_000_000, 1_999_999_999, 2_000_000_000].map(Room::of);
        use Room::*;
        assert_eq!(told, [VeryLow, VeryLow, Low, Low, Enough]);
    }
}
