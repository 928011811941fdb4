//! Shutting a station down for good: what the server orders when it was revoked or replaced.
//!
//! The keys go first: without them the encrypted ledger is noise, whatever a disk still holds of it.
//! A note stays behind that says why nothing works here any more; written before everything else, it
//! also has the next start finish what a crash or a power cut left.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use admission::exchange::MemberState;

use crate::station::{KEYS, LEDGER, sync_folder_of, write_private};

/// The note.
const NOTE: &str = "shut-down";
/// What a station leaves in its folder besides ledger and keys: badges that were printed into files,
/// and the window's own files.
const FOLDERS: [&str; 2] = ["badges", "window"];

/// Tells whether a folder's station was shut down.
pub(crate) fn is_shut_down(dir: &Path) -> bool {
    dir.join(NOTE).exists()
}

/// Destroys keys, roster and records, in this order.
///
/// Everything is tried, whatever fails before.
///
/// # Errors
/// What failed first; the next start tries again.
pub(crate) fn shut_down(dir: &Path, state: MemberState) -> io::Result<()> {
    let noted = write_private(&dir.join(NOTE), format!("{}\n", state.name()).as_bytes());
    noted.and(finish(dir))
}

/// Destroys what is still there of a station that was shut down.
///
/// # Errors
/// As [`shut_down`].
pub(crate) fn finish(dir: &Path) -> io::Result<()> {
    let keys = KEYS.map(|name| destroy(&dir.join(name)));
    let synced = sync_folder_of(&dir.join(NOTE));
    let databases = [LEDGER, "joining.db"].into_iter();
    let files = databases.flat_map(|name| ["", "-wal", "-shm"].map(|end| format!("{name}{end}")));
    let files: Vec<io::Result<()>> =
        files.map(|name| gone(fs::remove_file(dir.join(name)))).collect();
    let folders = FOLDERS.map(|name| gone(fs::remove_dir_all(dir.join(name))));
    keys.into_iter().chain([synced]).chain(files).chain(folders).collect()
}

/// Overwrites a key's file before it is removed.
///
/// A file system or a disk may keep old blocks all the same; that is why disks are to be encrypted.
fn destroy(path: &Path) -> io::Result<()> {
    let overwritten = OpenOptions::new().write(true).open(path).and_then(|mut file| {
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        file.write_all(&vec![0; length.min(4096)])?;
        file.sync_all()
    });
    gone(overwritten).and(gone(fs::remove_file(path)))
}

/// What is not there needs no removing.
fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::{Station, StationError};
    use crate::testing::{Venue, names};

    #[test]
    fn a_station_that_was_shut_down_keeps_a_note_and_says_so_when_it_is_started() {
        let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
        let station = venue.enrol(dir.path(), "K2", &["registration"]);
        fs::create_dir(station.badges()).unwrap();
        fs::write(station.badges().join("0001.pdf"), "a name").unwrap();
        shut_down(dir.path(), MemberState::Revoked).unwrap();
        assert_eq!(names(dir.path()), ["lock", "shut-down"]);
        drop(station);
        assert_eq!(names(dir.path()), ["lock", "shut-down"], "closing brings nothing back");
        let refusals = [
            Station::open(dir.path()).err(),
            Station::read(dir.path()).err(),
            Station::enrol(dir.path(), &venue.url, &venue.code("K3", &["registration"])).err(),
        ];
        for refused in refusals.map(Option::unwrap) {
            assert!(matches!(refused, StationError::ShutDown(_)), "{refused}");
        }
    }

    #[test]
    fn a_wipe_that_was_cut_off_after_its_note_is_finished_at_the_next_start() {
        let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
        drop(venue.enrol(dir.path(), "K2", &["registration"]));
        fs::write(dir.path().join(NOTE), "revoked\n").unwrap();
        assert!(Station::open(dir.path()).is_err());
        assert_eq!(names(dir.path()), ["lock", "shut-down"]);
    }
}
