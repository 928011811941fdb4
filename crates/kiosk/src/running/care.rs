//! What a station does for its own folder, on a thread of its own: ballast, backups, and a look at
//! the room on the disk. The desk never waits for any of it.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ledger::ballast::{self, Ballast, Room};
use ledger::clock::Clock;
use ledger::{DiskKey, backup, wal};

use crate::wipe;

/// How soon after the start it looks first: whoever starts a station wants to scan.
const FIRST: Duration = Duration::from_secs(5);
/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);
/// How old the newest backup may be.
const BACKUP_AFTER_MS: i64 = 60 * 60 * 1000;
/// How long what failed is left alone before it is tried, and told, again.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// The folder that is cared for.
pub(super) struct Care {
    pub(super) ledger: PathBuf,
    pub(super) key: DiskKey,
    /// Where the ledger lies.
    pub(super) folder: PathBuf,
    /// Where backups go.
    pub(super) backups: PathBuf,
}

impl Care {
    /// Goes on until the other end of `stop` is gone.
    pub(super) fn run(self, stop: &Receiver<()>) {
        let (mut pause, mut not_before, mut room) = (FIRST, Instant::now(), Room::Enough);
        let ballast = Ballast::of(&self.folder);
        let mut size = ballast.size();
        while stop.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            pause = EVERY;
            // Nothing is to come back of what was destroyed.
            if wipe::is_shut_down(&self.folder) {
                return;
            }
            if let Err(error) = ballast.make(size) {
                tracing::warn!(%error, "no reserve for a full disk can be made");
            }
            size = ballast.size().or(size);
            room = self.look_around(room);
            if Instant::now() >= not_before && !self.back_up() {
                not_before = Instant::now().checked_add(AGAIN).unwrap_or(not_before);
            }
        }
    }

    /// Makes a backup if the newest is too old; `false` if that failed.
    fn back_up(&self) -> bool {
        let now = Clock::Machine.now();
        // One from the future, by a clock that was set back, is no backup of this hour.
        let fresh = |age: i64| (0..BACKUP_AFTER_MS).contains(&age);
        if backup::age(&self.backups, now).is_some_and(fresh) {
            return true;
        }
        match backup::make(&self.ledger, Some(&self.key), &self.backups, now) {
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

    /// Tells staff when the disk gets full, once for each step; returns where it stands.
    fn look_around(&self, before: Room) -> Room {
        let log = wal::size(&self.ledger);
        if log > wal::ALARM {
            tracing::warn!(megabytes = log >> 20, "the write-ahead log grows: what holds it open?");
        }
        let Some(free) = ballast::free(&self.folder) else { return before };
        let room = Room::of(free);
        if room > before {
            tracing::warn!("{}", room.sentence(free));
        }
        room
    }
}
