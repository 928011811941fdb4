//! Opens what lies in a folder or what a file names, if it is a file: nobody waits for a pipe that nothing is written into.

use std::fs::{self, File};
use std::io::{Error, Read, Result};
use std::path::Path;

/// Opens a file, or the file to which a link leads. Anything else is not opened, for opening alone may take for ever.
///
/// # Errors
/// If it is a folder, a pipe, a socket or a device, or cannot be opened.
pub(crate) fn open(path: &Path) -> Result<File> {
    match fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(Error::other("it is a folder, a pipe or a device, and no file")),
    }
}

/// Reads such a file; at most `most` bytes and one more, which shows that it is too large.
///
/// # Errors
/// As [`open`], or if it cannot be read.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_file_is_read_and_what_is_no_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("file"), "12345").unwrap();
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        assert_eq!(read(&path("link"), 9).unwrap(), b"12345");
        assert_eq!(read(&path("file"), 3).unwrap(), b"1234", "one more than allowed");
        crate::testing::pipe(&path("pipe"));
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        for other in ["pipe", "socket", ".", "none"] {
            assert!(read(&path(other), 9).is_err(), "{other}");
        }
        assert!(read(Path::new("/dev/zero"), 9).is_err());
    }
}
