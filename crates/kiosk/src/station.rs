//! A station's data folder: who it is, what it keeps, and that nobody else writes there.
//!
//! `station.key` is the Ed25519 seed that makes it this station, `ledger.key` opens `ledger.db`,
//! `lock` is held by the one program that may write, and `badges/` is where the folder printer
//! prints unless told otherwise. `enrolment` says who the station is should the ledger be damaged,
//! `backup/` has its backups unless told otherwise, `broken-<time>/` what was damaged, and `ballast`
//! holds room for a full disk. A station that was shut down leaves `shut-down` ([`crate::wipe`]).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use admission::exchange::Policy;
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use ledger::backup::BackupError;
use ledger::ballast::Ballast;
use ledger::carrier::CarrierError;
use ledger::enrol::BadCode;
use ledger::join::JoinError;
use ledger::{DiskKey, Ledger, LedgerError};

use crate::bundle::APPLIED;
use crate::wipe::{self, Remains};

pub use mend::back_up;

pub(crate) use mend::{ENROLMENT, Enrolment};

/// Why a folder cannot be used as a station's.
#[derive(Debug, thiserror::Error)]
pub enum StationError {
    /// Another program writes there.
    #[error("another kiosk is running on the folder {0}; stop it first, or use another folder")]
    InUse(PathBuf),
    /// It belongs to no convention yet.
    #[error("{0} is not enrolled yet; run: yingbin-desk --data DIR enrol URL CODE")]
    NotEnrolled(PathBuf),
    /// It has applied by a file, and its welcome is still to come.
    #[error(
        "{0} has applied and waits for the server's welcome; take the server's answer in: \
         yingbin-desk --data DIR bundle in FILE"
    )]
    Applied(PathBuf),
    /// It belongs to one already.
    #[error("{0} is enrolled already; use an empty folder for another station")]
    AlreadyEnrolled(PathBuf),
    /// The organiser has shut it down.
    #[error("{0} was shut down by the organiser: {1}")]
    ShutDown(PathBuf, Remains),
    /// A file or folder cannot be used.
    #[error("cannot use {path}: {reason}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A key file holds no key.
    #[error("{0} is missing or damaged: it must hold 64 hexadecimal digits; put back a copy of it")]
    BadKey(PathBuf),
    /// The key is another station's.
    #[error("{0} is not the key of this station; put back the file that belongs to the folder")]
    WrongKey(PathBuf),
    /// The machine gives no random numbers.
    #[error("this machine has no randomness to make keys of")]
    Random,
    /// Address or code is missing, or the code is there twice.
    #[error(
        "give the address and the code that `station add` printed, or both in one as URL#CODE, as \
         its QR code has them"
    )]
    Invitation,
    /// The code was mistyped.
    #[error(transparent)]
    Code(#[from] BadCode),
    /// The server was not reached, or refused.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// What the server answered is not believed.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger is damaged, and nothing is there to put it back from.
    #[error(
        "{path} is damaged ({found}); there is no good backup, and the server cannot give its lists \
         again ({reason}); connect the station to its server and start it again, or put a backup \
         into {folder}; nothing was moved or deleted"
    )]
    Broken {
        /// The ledger's file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
        /// Where a backup is looked for.
        folder: PathBuf,
        /// Why the server does not help.
        reason: String,
    },
    /// The ledger cannot be read, and the next start mends it.
    #[error(
        "{path} is damaged ({found}); start the station: it puts its newest good backup back, or \
         fetches from the server what that has"
    )]
    Unreadable {
        /// The ledger's file.
        path: PathBuf,
        /// What is wrong with it.
        found: &'static str,
    },
    /// The ledger is damaged, and the organiser has ordered the station to shut down.
    #[error(
        "{0} is damaged, there is no good backup, and the organiser has ordered this station to shut \
         down; what it recorded may not have reached the server: bring the whole folder to the \
         organiser; nothing was moved or deleted"
    )]
    BrokenShutDown(PathBuf),
    /// There is no backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

/// An enrolled folder, open and locked: whoever has it is its only writer.
pub struct Station {
    pub(crate) ledger: Ledger,
    pub(crate) key: SigningKey,
    pub(crate) policy: Policy,
    pub(crate) folder: Folder,
}

/// An enrolled folder beside its writer.
pub struct Reader {
    /// The ledger; every attempt to write fails.
    pub ledger: Ledger,
    /// What the server decided last.
    pub policy: Policy,
}

impl Station {
    /// Opens an enrolled folder and locks it.
    ///
    /// # Errors
    /// [`StationError`], in a sentence that says the cure.
    pub fn open(dir: &Path) -> Result<Station, StationError> {
        Station::open_with(dir, None)
    }

    /// The same, and looks for backups in another folder too, should the ledger be damaged.
    ///
    /// A damaged ledger is moved aside and put back from the newest good backup, or from the server;
    /// the station then goes on in a new log.
    ///
    /// # Errors
    /// [`StationError`], in a sentence that says the cure.
    pub fn open_with(dir: &Path, backups: Option<&Path>) -> Result<Station, StationError> {
        require_enrolled(dir)?;
        let folder = Folder::lock(dir)?;
        let (key, disk) = (folder.station_key()?, folder.ledger_key()?);
        mend::make_whole(&folder, (&key, &disk), backups)?;
        let ledger = folder.with_room(|| Ledger::open(&folder.ledger_file(), Some(&disk)))?;
        let policy = policy(&ledger, dir)?;
        require_own_key(&key, &ledger, dir)?;
        folder.with_room(|| Enrolment::note(&folder, &disk, &ledger))?;
        mend::tell_losses(&ledger)?;
        Ok(Station { ledger, key, policy, folder })
    }

    /// Opens an enrolled folder to read, whether or not a kiosk is running on it.
    ///
    /// # Errors
    /// [`StationError`], in a sentence that says the cure.
    pub fn read(dir: &Path) -> Result<Reader, StationError> {
        require_enrolled(dir)?;
        let path = dir.join(LEDGER_KEY);
        let key = read_key(&path)?.ok_or(StationError::BadKey(path))?;
        let key = DiskKey(key);
        let ledger = Ledger::open_to_read(&dir.join(LEDGER), Some(&key))
            .map_err(|error| mend::unreadable(dir, &key, error))?;
        let policy = policy(&ledger, dir)?;
        Ok(Reader { ledger, policy })
    }

    /// Makes sure that a folder is an enrolled station's.
    ///
    /// # Errors
    /// [`StationError`], in a sentence that says the cure.
    pub fn require_enrolled(dir: &Path) -> Result<(), StationError> {
        require_enrolled(dir)
    }

    /// Returns where badges go unless another printer was named.
    pub fn badges(&self) -> PathBuf {
        self.folder.dir.join("badges")
    }

    /// Returns the station's name, such as `K2`.
    pub fn name(&self) -> &str {
        &self.policy.profile.name
    }
}

impl Reader {
    /// Makes sure that the folder has the key of its station, without which no desk starts there.
    ///
    /// # Errors
    /// [`StationError`], as [`Station::open`] gives it.
    pub fn check_key(&self, dir: &Path) -> Result<(), StationError> {
        self.own_key(dir).map(|_| ())
    }

    /// Returns the key of the folder's station.
    ///
    /// # Errors
    /// [`StationError`], as [`Station::open`] gives it.
    pub(crate) fn own_key(&self, dir: &Path) -> Result<SigningKey, StationError> {
        let path = dir.join(STATION_KEY);
        let key = SigningKey::from_bytes(&read_key(&path)?.ok_or(StationError::BadKey(path))?);
        require_own_key(&key, &self.ledger, dir)?;
        Ok(key)
    }
}

const STATION_KEY: &str = "station.key";
const LEDGER_KEY: &str = "ledger.key";
/// Without these, what is left of a station is noise.
pub(crate) const KEYS: [&str; 2] = [STATION_KEY, LEDGER_KEY];
/// The ledger's file.
pub const LEDGER: &str = "ledger.db";

/// Refuses a folder whose station was shut down, after what may be left of it is destroyed.
pub(crate) fn require_open(dir: &Path) -> Result<(), StationError> {
    if !wipe::is_shut_down(dir) {
        return Ok(());
    }
    Err(StationError::ShutDown(dir.to_owned(), wipe::finish(dir)))
}

fn require_enrolled(dir: &Path) -> Result<(), StationError> {
    require_open(dir)?;
    match [LEDGER, ENROLMENT].iter().any(|name| dir.join(name).exists()) {
        true => Ok(()),
        false if dir.join(APPLIED).exists() => Err(StationError::Applied(dir.to_owned())),
        false => Err(StationError::NotEnrolled(dir.to_owned())),
    }
}

fn require_own_key(key: &SigningKey, ledger: &Ledger, dir: &Path) -> Result<(), StationError> {
    match ledger.key_of(ledger.own_log()?.station())? == Some(key.verifying_key()) {
        true => Ok(()),
        // It would sign facts that nobody believes, and the log could never be mended.
        false => Err(StationError::WrongKey(dir.join(STATION_KEY))),
    }
}

fn policy(ledger: &Ledger, dir: &Path) -> Result<Policy, StationError> {
    ledger.server()?;
    ledger.policy()?.ok_or_else(|| StationError::NotEnrolled(dir.to_owned()))
}

/// A data folder that this process has locked.
pub(crate) struct Folder {
    dir: PathBuf,
    // Held as long as it lives; the system lets go when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder if there is none, readable by its owner only, and locks it.
    pub(crate) fn lock(dir: &Path) -> Result<Folder, StationError> {
        make_private_dir(dir).map_err(|reason| cannot_use(dir, reason))?;
        let path = dir.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|reason| cannot_use(&path, reason))?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StationError::InUse(dir.to_owned())),
            Err(TryLockError::Error(reason)) => Err(cannot_use(&path, reason)),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn ledger_file(&self) -> PathBuf {
        self.dir.join(LEDGER)
    }

    /// Returns the station's key, made at the first call.
    pub(crate) fn station_key(&self) -> Result<SigningKey, StationError> {
        Ok(SigningKey::from_bytes(&self.key(STATION_KEY)?))
    }

    /// Returns the ledger's key, made at the first call.
    pub(crate) fn ledger_key(&self) -> Result<DiskKey, StationError> {
        Ok(DiskKey(self.key(LEDGER_KEY)?))
    }

    pub(crate) fn ballast(&self) -> Ballast {
        Ballast::of(&self.dir)
    }

    /// Runs what writes; on a full disk the ballast is thrown off and it runs once more.
    fn with_room<T, E: Into<StationError>>(
        &self,
        write: impl Fn() -> Result<T, E>,
    ) -> Result<T, StationError> {
        match write().map_err(Into::into) {
            Err(error) if self.is_full(&error) && self.ballast().throw_off() => {
                tracing::error!("{FULL}");
                write().map_err(Into::into)
            }
            done => done,
        }
    }

    fn is_full(&self, error: &StationError) -> bool {
        match error {
            StationError::Ledger(error) => error.is_full(&self.dir),
            StationError::Folder { reason, .. } => reason.kind() == io::ErrorKind::StorageFull,
            _ => false,
        }
    }

    fn key(&self, name: &str) -> Result<[u8; 32], StationError> {
        let path = self.dir.join(name);
        // A new key would not fit the old ledger, and would hide what really is the matter.
        if require_enrolled(&self.dir).is_ok() && !path.exists() {
            return Err(StationError::BadKey(path));
        }
        read_or_make_key(&path)
    }
}

/// What staff read when the ballast went.
pub(crate) const FULL: &str =
    "the disk is full; the last reserve is in use and checking in goes on: free some space now";

pub(crate) fn cannot_use(path: &Path, reason: io::Error) -> StationError {
    StationError::Folder { path: path.to_owned(), reason }
}

fn read_key(path: &Path) -> Result<Option<[u8; 32]>, StationError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(reason) => return Err(cannot_use(path, reason)),
    };
    let bytes = HEXLOWER.decode(text.trim().as_bytes()).ok();
    let key = bytes.and_then(|bytes| bytes.try_into().ok());
    key.map(Some).ok_or_else(|| StationError::BadKey(path.to_owned()))
}

fn read_or_make_key(path: &Path) -> Result<[u8; 32], StationError> {
    if let Some(key) = read_key(path)? {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| StationError::Random)?;
    write_private(path, format!("{}\n", HEXLOWER.encode(&key)).as_bytes())
        .map_err(|reason| cannot_use(path, reason))?;
    Ok(key)
}

/// Returns under which name a file is written before it is there.
pub(crate) fn fresh(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Writes a file for its owner only; it is there whole and durably, or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = fresh(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_folder_of(path)
}

fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Makes the names in a file's folder durable.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

pub(crate) mod mend;
#[cfg(test)]
mod tests;
