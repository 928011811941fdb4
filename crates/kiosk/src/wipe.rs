//! Shutting a station down for good: what the server orders when it was revoked or replaced.
//!
//! The keys go first: without them the encrypted ledger is noise, whatever a disk still holds of it.
//! A note stays behind that says why nothing works here any more; written before everything else, it
//! also has the next start finish what a crash or a power cut left.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use admission::exchange::MemberState;
use ledger::{backup, ballast, restore};

use crate::bundle::APPLIED;
use crate::enrol::JOINING;
use crate::station::{ENROLMENT, KEYS, LEDGER, fresh, sync_folder_of, write_private};

/// The note.
const NOTE: &str = "shut-down";
/// What a station leaves in its folder besides ledger and keys: badges that were printed into files,
/// the window's own files, and backups. A backup elsewhere is noise like the ledger itself.
const FOLDERS: [&str; 3] = ["badges", "window", backup::FOLDER];
/// The files of a station, with what SQLite may have put beside them.
const FILES: [&str; 5] = [LEDGER, JOINING, ENROLMENT, APPLIED, ballast::FILE];

/// What is left in the folder of a station that was shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing that anybody could read.
    Nothing,
    /// Something that could not be destroyed yet.
    Something,
}

impl fmt::Display for Remains {
    /// Says it to whoever has the machine.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Remains::Nothing => {
                "its records are at the server, and nothing of them is left here; give this machine \
                 back, or enrol it anew in an empty folder"
            }
            Remains::Something => {
                "its records are at the server, but not everything could be destroyed here: start it \
                 once more, and keep this machine until it says that nothing is left"
            }
        })
    }
}

/// Tells whether a folder's station was shut down.
pub(crate) fn is_shut_down(dir: &Path) -> bool {
    dir.join(NOTE).exists()
}

/// Destroys keys, roster and records, in this order, and tells what is left.
///
/// Everything is tried, whatever fails before; the next start tries again what failed.
pub(crate) fn shut_down(dir: &Path, state: MemberState) -> Remains {
    // What stays is told; without the note nobody could tell later why nothing works here.
    let noted = write_private(&dir.join(NOTE), format!("{}\n", state.name()).as_bytes());
    let remains = finish(dir);
    match noted {
        Ok(()) => remains,
        Err(error) => told(&error),
    }
}

/// Destroys what is still there of a station that was shut down, and tells what is left.
pub(crate) fn finish(dir: &Path) -> Remains {
    let keys = KEYS.map(|name| dir.join(name));
    let keys: Vec<io::Result<()>> =
        keys.iter().flat_map(|key| [destroy(key), destroy(&fresh(key))]).collect();
    let synced = sync_folder_of(&dir.join(NOTE));
    let ends = ["", "-wal", "-shm", ballast::PART];
    let files = FILES.iter().flat_map(|name| ends.map(|end| dir.join(format!("{name}{end}"))));
    let fresh = FILES.iter().map(|name| fresh(&dir.join(name)));
    let files: Vec<io::Result<()>> =
        files.chain(fresh).map(|path| gone(fs::remove_file(path))).collect();
    let folders = FOLDERS.map(|name| gone(fs::remove_dir_all(dir.join(name))));
    let aside = remove_broken(dir);
    let done = keys.into_iter().chain([synced]).chain(files).chain(folders).chain([aside]);
    match done.collect::<io::Result<()>>() {
        Ok(()) => Remains::Nothing,
        Err(error) => told(&error),
    }
}

fn told(error: &io::Error) -> Remains {
    tracing::error!(%error, "not everything could be destroyed; it is tried again at the next start");
    Remains::Something
}

/// Removes what was moved aside when the ledger was damaged.
fn remove_broken(dir: &Path) -> io::Result<()> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(restore::ASIDE) {
            removed.push(gone(fs::remove_dir_all(entry.path())));
        }
    }
    removed.into_iter().collect()
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
        crate::station::back_up(dir.path(), None).unwrap();
        assert!(station.folder.ballast().make(Some(1 << 20)).unwrap());
        fs::create_dir(dir.path().join("broken-20230926T000000Z")).unwrap();
        fs::write(dir.path().join("broken-20230926T000000Z/ledger.db"), "damaged").unwrap();
        fs::write(dir.path().join(APPLIED), "a code").unwrap();
        fs::write(dir.path().join("station.new"), "half a key").unwrap();
        assert_eq!(shut_down(dir.path(), MemberState::Revoked), Remains::Nothing);
        assert_eq!(names(dir.path()), ["lock", "shut-down"]);
        drop(station);
        assert_eq!(names(dir.path()), ["lock", "shut-down"], "closing brings nothing back");
        let refusals = [
            Station::open(dir.path()).err(),
            Station::read(dir.path()).err(),
            Station::enrol(dir.path(), &venue.url, &venue.code("K3", &["registration"])).err(),
        ];
        for refused in refusals.map(Option::unwrap) {
            assert!(matches!(refused, StationError::ShutDown(..)), "{refused}");
            assert!(refused.to_string().contains("nothing of them is left here"), "{refused}");
        }
    }

    #[test]
    fn what_could_not_be_destroyed_is_told_until_it_is() {
        let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
        drop(venue.enrol(dir.path(), "K2", &["registration"]));
        let stuck = dir.path().join(JOINING);
        fs::create_dir(&stuck).unwrap();
        assert_eq!(shut_down(dir.path(), MemberState::Revoked), Remains::Something);
        assert_eq!(names(dir.path()), [JOINING, "lock", "shut-down"], "the rest is gone");
        let refused = Station::open(dir.path()).err().unwrap().to_string();
        assert!(refused.contains("not everything could be destroyed here"), "{refused}");
        assert!(!refused.contains("nothing of them is left"), "{refused}");
        fs::remove_dir(&stuck).unwrap();
        let refused = Station::open(dir.path()).err().unwrap().to_string();
        assert!(refused.contains("nothing of them is left here"), "{refused}");
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
