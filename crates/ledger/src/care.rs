//! The care of a ledger's file while it is at work: ballast for a full disk, hourly backups, and a
//! look at the room on the disk. Whoever works with the ledger waits for none of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::backup;
use crate::ballast::{self, Ballast, Room};
use crate::clock::Clock;
use crate::open::DiskKey;
use crate::wal;

/// How soon after the start the first look is: whoever starts a program wants to work with it.
pub const FIRST: Duration = Duration::from_secs(5);
/// How often to look from then on.
pub const EVERY: Duration = Duration::from_secs(60);
/// How old the newest backup may be.
const BACKUP_AFTER_MS: i64 = 60 * 60 * 1000;
/// How long a backup that failed is left alone before it is tried, and told, again.
const AGAIN: Duration = Duration::from_secs(10 * 60);
/// A disk with less room than this, in bytes, is full: what comes next may not fit.
const FULL: u64 = 4 << 20;

/// A file that is cared for.
#[derive(Clone, Debug)]
pub struct Cared {
    /// The ledger's file; the ballast lies beside it.
    pub file: PathBuf,
    /// What opens it.
    pub key: Option<DiskKey>,
    /// Where backups go.
    pub backups: PathBuf,
    /// Whether the ballast is thrown off here: where no writer does that when it finds the disk full.
    pub throws_off: bool,
}

/// What is remembered of a file from look to look.
#[derive(Clone, Debug)]
pub struct Watch {
    cared: Cared,
    room: Room,
    /// How large the ballast was when it was there last.
    size: Option<u64>,
    /// A backup that failed is left alone until then.
    not_before: Instant,
}

impl Watch {
    /// Begins to care; touches nothing yet.
    pub fn of(cared: Cared) -> Watch {
        let size = ballast(&cared).size();
        Watch { cared, room: Room::Enough, size, not_before: Instant::now() }
    }

    /// Looks once: keeps the ballast, tells when the disk gets full, and makes a backup if the newest
    /// is too old. What fails is told in the log.
    pub fn look(&mut self) {
        self.keep_ballast(ballast::free(self.folder()));
        self.look_around();
        if Instant::now() >= self.not_before && !self.back_up() {
            self.not_before = Instant::now().checked_add(AGAIN).unwrap_or(self.not_before);
        }
    }

    fn folder(&self) -> &Path {
        folder(&self.cared)
    }

    fn keep_ballast(&mut self, free: Option<u64>) {
        let ballast = ballast(&self.cared);
        self.size = ballast.size().or(self.size);
        let is_full = self.cared.throws_off && free.is_some_and(|free| free < FULL);
        if is_full && ballast.throw_off() {
            tracing::error!("the disk is full; the last reserve is in use: free some space now");
            return;
        }
        if let Err(error) = ballast.make(self.size) {
            tracing::warn!(%error, "no reserve for a full disk can be made");
        }
        self.size = ballast.size().or(self.size);
    }

    /// Tells when the disk gets full, once for each step.
    fn look_around(&mut self) {
        let log = wal::size(&self.cared.file);
        if log > wal::ALARM {
            tracing::warn!(megabytes = log >> 20, "the write-ahead log grows: what holds it open?");
        }
        let Some(free) = ballast::free(self.folder()) else { return };
        let room = Room::of(free);
        if room > self.room {
            tracing::warn!("{}", room.sentence(free));
        }
        self.room = room;
    }

    /// Makes a backup if the newest is too old; `false` if that failed.
    fn back_up(&self) -> bool {
        let Cared { file, key, backups, .. } = &self.cared;
        let now = Clock::Machine.now();
        // One from the future, by a clock that was set back, is no backup of this hour.
        let fresh = |age: i64| (0..BACKUP_AFTER_MS).contains(&age);
        if backup::age(backups, now).is_some_and(fresh) {
            return true;
        }
        match backup::make(file, key.as_ref(), backups, now) {
            Ok(made) => {
                tracing::info!(file = %made.file.display(), facts = made.facts, "backed up");
                true
            }
            Err(error) => {
                tracing::error!(%error, "no backup");
                false
            }
        }
    }
}

fn ballast(cared: &Cared) -> Ballast {
    Ballast::of(folder(cared))
}

fn folder(cared: &Cared) -> &Path {
    cared.file.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::Ledger;

    fn watch(dir: &Path, throws_off: bool) -> Watch {
        let file = dir.join("ledger.db");
        drop(Ledger::open(&file, None).unwrap());
        let cared = Cared { file, key: None, backups: dir.join("backup"), throws_off };
        Watch { size: Some(1 << 20), ..Watch::of(cared) }
    }

    #[test]
    fn a_full_disk_takes_the_reserve_and_room_brings_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(dir.path(), true);
        let size = || Ballast::of(dir.path()).size();
        watch.keep_ballast(Some(FULL));
        assert_eq!(size(), Some(1 << 20));
        watch.keep_ballast(Some(FULL - 1));
        assert_eq!((size(), watch.size), (None, Some(1 << 20)));
        watch.keep_ballast(Some(FULL));
        assert_eq!(size(), Some(1 << 20), "as large as before");
    }

    #[test]
    fn the_reserve_stays_for_the_writer_who_takes_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(dir.path(), false);
        watch.keep_ballast(Some(FULL));
        watch.keep_ballast(Some(FULL - 1));
        assert!(Ballast::of(dir.path()).is_there());
    }

    #[test]
    fn a_backup_is_made_once_an_hour_and_one_that_failed_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(dir.path(), false);
        let backups = dir.path().join("backup");
        std::fs::write(&backups, "in the way").unwrap();
        watch.look();
        assert!(watch.not_before > Instant::now(), "in ten minutes again");
        std::fs::remove_file(&backups).unwrap();
        watch.look();
        assert!(!backups.exists());
        watch.not_before = Instant::now();
        watch.look();
        watch.look();
        assert!(watch.not_before <= Instant::now());
        let made = std::fs::read_dir(&backups).unwrap().filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.starts_with("backup-").then_some(name)
        });
        assert_eq!(made.count(), 1);
    }
}
