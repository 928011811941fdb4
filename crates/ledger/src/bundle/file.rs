//! Files of bundles: which are read, and how one is written so that it is whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::container::{LARGEST, MAGIC};

/// Why a file is not read, or not written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("cannot use {path}: {reason}")]
    Cannot {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("{0} is no file but {1}; name the file that bundle out wrote")]
    Special(PathBuf, &'static str),
    /// Larger than any bundle.
    #[error("{path} is larger than any bundle ({} MB); it is not read", LARGEST >> 20)]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// Something else has the name.
    #[error("{0} is there already and is no bundle; give another name")]
    Taken(PathBuf),
    /// There is no room.
    #[error("{0} is not written: the disk is full; free some space or take another stick")]
    Full(PathBuf),
}

fn cannot(path: &Path, reason: io::Error) -> FileError {
    match reason.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FileError::Full(path.to_owned()),
        _ => FileError::Cannot { path: path.to_owned(), reason },
    }
}

/// Opens a file to read. A link is followed to a file and to nothing else.
///
/// # Errors
/// [`FileError`] unless it is a file, and no larger than any bundle.
pub fn open(path: &Path) -> Result<impl Read + use<>, FileError> {
    // Before it is opened: to open a pipe is to wait for somebody to write.
    require_file(path, &fs::metadata(path).map_err(|reason| cannot(path, reason))?)?;
    let file = File::open(path).map_err(|reason| cannot(path, reason))?;
    require_file(path, &file.metadata().map_err(|reason| cannot(path, reason))?)?;
    Ok(BufReader::new(file))
}

fn require_file(path: &Path, found: &fs::Metadata) -> Result<(), FileError> {
    if found.is_dir() {
        return Err(FileError::Special(path.to_owned(), "a folder"));
    }
    if !found.is_file() {
        return Err(FileError::Special(path.to_owned(), "a pipe or a device"));
    }
    match found.len() > LARGEST {
        true => Err(FileError::TooLarge { path: path.to_owned() }),
        false => Ok(()),
    }
}

/// Refuses a name that anything but a bundle has: a name mistyped would be the end of a key.
fn refuse_taken(path: &Path) -> Result<(), FileError> {
    let found = match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found.map_err(|reason| cannot(path, reason))?,
    };
    let mut start = [0; 3];
    let is_bundle = found.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && MAGIC.starts_with(&start);
    if is_bundle { Ok(()) } else { Err(FileError::Taken(path.to_owned())) }
}

/// A file that is being written, under a name of its own until it is whole.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes a bundle: a new file, or one in the place of another bundle. It appears whole and durable,
/// or not at all.
///
/// # Errors
/// What `fill` says, or [`FileError`]; then the name has what it had before, and nothing else is left.
pub fn write<T, E: From<FileError>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    refuse_taken(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = Part(path.with_file_name(name));
    // What an attempt left behind that was cut off by the power.
    let _ = fs::remove_file(&part.0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&part.0).map_err(|reason| cannot(path, reason))?;
    let mut to = BufWriter::new(file);
    let filled = fill(&mut to)?;
    let finish = || -> io::Result<()> {
        to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&part.0, path)?;
        sync_folder_of(path)
    };
    finish().map_err(|reason| cannot(path, reason))?;
    Ok(filled)
}

/// Makes the name durable, where the system can.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()) {
        // Not every stick's file system can do that.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}
