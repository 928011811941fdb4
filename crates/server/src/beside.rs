//! Reads files that another file names: in its folder or below, and nowhere else.

use std::path::{Component, Path, PathBuf};

use crate::regular;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The name, or a link, leads out of the folder.
    #[error("it lies outside of the folder")]
    Outside,
    /// Nothing has this name.
    #[error("there is no such file")]
    Missing,
    /// A folder, or something stranger.
    #[error("it is no file")]
    NoFile,
    /// The disk, or its rights.
    #[error("it cannot be read: {0}")]
    Unreadable(std::io::Error),
}

/// Reads a file in `folder` or below, wherever links lead; at most `most` bytes and one more, which shows that it is too large.
pub(crate) fn read(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, Unread> {
    if !is_inside(name) {
        return Err(Unread::Outside);
    }
    let found = |path: PathBuf| path.canonicalize().map_err(|_| Unread::Missing);
    let path = found(folder.join(name))?;
    let folder = found(match folder.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => folder.to_owned(),
    })?;
    if !path.starts_with(folder) {
        return Err(Unread::Outside);
    }
    if !path.is_file() {
        return Err(Unread::NoFile);
    }
    regular::read(&path, most).map_err(Unread::Unreadable)
}

/// Tells whether a name leads nowhere but down.
pub(crate) fn is_inside(name: &str) -> bool {
    let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    !name.is_empty() && !name.contains('\\') && Path::new(name).components().all(is_plain)
}
