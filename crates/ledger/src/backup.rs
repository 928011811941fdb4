//! Backups: whole copies of a ledger, proved before anything older is let go.
//!
//! A copy is made by SQLite itself in one read transaction (`VACUUM INTO`), beside a writer that is
//! not held up, under a temporary name; it is synced, opened and looked over, and only then has its
//! name. The copy of an encrypted file is encrypted with the same key.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use admission::id::ConventionId;
use admission::time::Millis;
use rusqlite::OpenFlags;
use serde::Serialize;

use crate::db::Db;
use crate::error::LedgerError;
use crate::open::{DiskKey, Ledger, connect};

/// How many backups are kept in a folder.
pub const KEPT: usize = 3;
/// The folder beside a ledger where backups lie unless another was named.
pub const FOLDER: &str = "backup";
const LOCK: &str = "backup.lock";
const PART: &str = "backup.part";

/// A backup that was made and proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Facts in it, of every log.
    pub facts: u64,
    /// Whether it was opened again and found whole; nothing else is ever returned.
    pub complete: bool,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Another program makes one there now.
    #[error("another backup into {0} is being made; wait for it")]
    Busy(PathBuf),
    /// It would fill the disk.
    #[error(
        "no room for a backup in {folder}: it needs {needed} MB and there are {free}; free some \
         space, or name another disk"
    )]
    NoRoom {
        /// Where.
        folder: PathBuf,
        /// Megabytes that it needs at most.
        needed: u64,
        /// Megabytes that are free.
        free: u64,
    },
    /// The copy is not what the ledger is; it was removed again, and older ones stay.
    #[error("the backup is not whole ({0}) and was removed; check the ledger and the disk")]
    NotWhole(String),
    /// The folder or the file cannot be used.
    #[error("cannot use {path}: {reason}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Copies the ledger in `file` into the folder `to`, as `backup-<UTC time>.db`, and lets all but the
/// newest [`KEPT`] go.
///
/// Beside a writer; takes seconds where the file is large.
///
/// # Errors
/// [`BackupError`]; then every earlier backup is still there.
pub fn make(
    file: &Path,
    key: Option<&DiskKey>,
    to: &Path,
    now: Millis,
) -> Result<Backup, BackupError> {
    private_folder(to).map_err(|reason| cannot_use(to, reason))?;
    let _alone = alone(to)?;
    require_room(file, to)?;
    let part = Part::begin(to.join(PART))?;
    let source = Ledger { db: Db::Sqlite(connect(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?) };
    source.require_tables()?;
    let before = source.vector()?;
    let text = part.0.to_str().ok_or_else(|| {
        cannot_use(to, io::Error::new(io::ErrorKind::InvalidInput, "its name is not Unicode"))
    })?;
    // SQLite would make it for everybody to read, and takes an empty file as it is.
    private_file(&part.0).map_err(|reason| cannot_use(&part.0, reason))?;
    source.db.file()?.execute("VACUUM INTO ?1", [text]).map_err(LedgerError::from)?;
    sync(&part.0).map_err(|reason| cannot_use(&part.0, reason))?;
    let copy = prove(&part.0, key).map_err(|error| BackupError::NotWhole(error.to_string()))?;
    let held = copy.vector()?;
    if before.0.iter().any(|(log, head)| held.seq(*log) < head.seq) {
        return Err(BackupError::NotWhole("it has fewer facts than the ledger".to_owned()));
    }
    let facts = copy.count_facts()?;
    drop(copy);
    let named = to.join(next_name(to, now));
    let place = |path: &Path| -> io::Result<u64> {
        fs::rename(&part.0, path)?;
        sync_folder(to)?;
        Ok(fs::metadata(path)?.len())
    };
    let bytes = place(&named).map_err(|reason| cannot_use(&named, reason))?;
    for old in all(to).into_iter().skip(KEPT) {
        // One too many is no reason to say that there is none.
        let _ = fs::remove_file(old);
    }
    Ok(Backup { file: named, bytes, facts, complete: true })
}

/// Returns the backups in a folder, newest first; none if there is no such folder.
pub fn all(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| stamp(name).is_some())
        .collect();
    names.sort_unstable_by(|one, other| other.cmp(one));
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// Returns the newest backup in these folders that opens with the key, is whole, and is of the
/// convention that is named, if one is.
pub fn newest_good(
    folders: &[PathBuf],
    key: Option<&DiskKey>,
    convention: Option<ConventionId>,
) -> Option<PathBuf> {
    let mut files: Vec<PathBuf> = folders.iter().flat_map(|folder| all(folder)).collect();
    files.sort_by(|one, other| other.file_name().cmp(&one.file_name()));
    let is_good = |file: &Path| {
        let copy = prove(file, key)?;
        convention.map_or(Ok(()), |convention| copy.require_convention(convention))
    };
    files.into_iter().find(|file| match is_good(file) {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "a backup that is no good is passed over");
            false
        }
    })
}

/// Tells how long ago the newest backup in a folder was made, in milliseconds; `None` if there is
/// none.
pub fn age(folder: &Path, now: Millis) -> Option<i64> {
    let newest = all(folder).into_iter().next()?;
    let made = fs::metadata(newest).ok()?.modified().ok()?;
    let made = made.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
    Some(now.since(Millis(i64::try_from(made).ok()?)))
}

/// Opens a backup and makes sure that it is whole.
///
/// # Errors
/// [`LedgerError`] if the key does not open it, or it is damaged.
pub fn prove(file: &Path, key: Option<&DiskKey>) -> Result<Ledger, LedgerError> {
    let copy = Ledger { db: Db::Sqlite(connect(file, key, OpenFlags::SQLITE_OPEN_READ_ONLY)?) };
    copy.whole_pages()?;
    copy.require_tables()?;
    copy.heads_match()?;
    Ok(copy)
}

/// A copy that is not proved yet; what is left of it goes when this is dropped.
struct Part(PathBuf);

impl Part {
    fn begin(path: PathBuf) -> Result<Part, BackupError> {
        let part = Part(path);
        part.clear().map_err(|reason| cannot_use(&part.0, reason))?;
        Ok(part)
    }

    fn clear(&self) -> io::Result<()> {
        for ending in ["", "-journal", "-wal", "-shm"] {
            remove(&with_ending(&self.0, ending))?;
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next backup.
        let _ = self.clear();
    }
}

fn alone(to: &Path) -> Result<File, BackupError> {
    let path = to.join(LOCK);
    let lock = OpenOptions::new().create(true).append(true).open(&path);
    let lock = lock.map_err(|reason| cannot_use(&path, reason))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy(to.to_owned())),
        Err(TryLockError::Error(reason)) => Err(cannot_use(&path, reason)),
    }
}

/// A backup must not be what fills the disk on which the station works.
fn require_room(file: &Path, to: &Path) -> Result<(), BackupError> {
    let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let needed = size(file).saturating_add(size(&with_ending(file, "-wal")));
    let Ok(free) = fs4::available_space(to) else { return Ok(()) };
    if free < needed {
        let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let (needed, free) = (megabytes(needed), free >> 20);
        return Err(BackupError::NoRoom { folder: to.to_owned(), needed, free });
    }
    Ok(())
}

/// Names the next backup: later than every other there, also by a clock that was set back.
fn next_name(to: &Path, now: Millis) -> String {
    let newest = all(to).first().and_then(|path| stamp(path.file_name()?.to_str()?));
    let at = newest.map_or(now, |newest| now.max(newest.plus(1000)));
    format!("backup-{}.db", at.compact())
}

/// Returns the time in a backup's name.
fn stamp(name: &str) -> Option<Millis> {
    Millis::from_compact(name.strip_prefix("backup-")?.strip_suffix(".db")?)
}

fn cannot_use(path: &Path, reason: io::Error) -> BackupError {
    BackupError::Folder { path: path.to_owned(), reason }
}

pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// Removes a file that may not be there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes the bytes of a file durable.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    OpenOptions::new().read(true).write(true).open(path)?.sync_all()
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes an empty file that only its owner can read, or makes one that is there such.
pub(crate) fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Ledger {
    /// Makes sure that every page of the file is whole.
    fn whole_pages(&self) -> Result<(), LedgerError> {
        match self.db.pages("PRAGMA integrity_check")?.into_iter().next() {
            Some(found) => Err(LedgerError::Damaged(found)),
            None => Ok(()),
        }
    }

    /// Counts the facts of every log.
    pub(crate) fn count_facts(&self) -> Result<u64, LedgerError> {
        self.db.one("SELECT count(*) FROM fact WHERE /*its*/ true", &[], |row| row.get(0))
    }
}
