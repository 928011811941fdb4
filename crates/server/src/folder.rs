//! The server's data folder: what lies where, and who may write.
//!
//! `yingbin.db` is the ledger, `keys/issuing-N.key` sign passes, `keys/server.key` signs what the
//! server says; all are seeds of 32 bytes that only their owner can read. `server.json` names the
//! convention and is written last at `init`: a folder without it is not set up.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use admission::id::{ConventionId, StationId};
use admission::keys::{KeyLine, KeySet, KeyStatus, MOST_KEYS};
use admission::roster::Convention;
use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use jiff::tz::TimeZone;
use ledger::postgres::Address;
use ledger::shared::Shared;
use ledger::{Ledger, LedgerError, restore};
use serde::{Deserialize, Serialize};

use crate::database::{self, Database};

/// The file that makes a folder a server's.
pub const SETTINGS: &str = "server.json";
/// The ledger's file.
pub const DATABASE: &str = "yingbin.db";
/// The folder of the keys.
pub const KEYS: &str = "keys";
/// The root key, where `init` made one; its place is apart from the server.
pub const ROOT: &str = "keys/root.key";
const SERVER: &str = "keys/server.key";
const ADDRESS: &str = "address";

/// What `init` decided once for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The convention that the folder serves.
    pub convention: ConventionId,
    /// The server's own id.
    pub server: StationId,
    /// The public half of the server's key, in hexadecimal: stations were enrolled against it.
    pub server_key: String,
    /// SHA-256 of the API token, in hexadecimal; the token itself is only ever printed.
    pub api_token_sha256: String,
}

/// A data folder that `init` has set up.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    /// What `init` decided.
    pub settings: Settings,
}

impl Folder {
    /// Opens a folder that `init` has set up.
    ///
    /// # Errors
    /// A sentence, if it has not been set up or its settings cannot be read.
    pub fn open(path: &Path) -> anyhow::Result<Folder> {
        let file = path.join(SETTINGS);
        ensure!(
            file.exists(),
            "{} holds no convention yet; set it up with: yingbin-server --data {} init \
             --convention FILE",
            path.display(),
            path.display()
        );
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let settings = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; put it back", file.display()))?;
        Ok(Folder { path: path.to_owned(), settings })
    }

    /// Returns where the folder lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the ledger for writing, beside other commands. Not from an event loop.
    ///
    /// Its pages are looked over first, a tenth of a second for 100 MB: a code or a key that went into
    /// a damaged file would be lost with it.
    ///
    /// # Errors
    /// A sentence, if the file is missing, damaged or no database, or PostgreSQL does not answer.
    pub fn ledger(&self) -> anyhow::Result<Ledger> {
        match self.database()? {
            Database::File => {
                let file = self.file()?;
                self.read_whole(&file)?.quick_check().map_err(plainly)?;
                Ledger::open(&file, None).map_err(plainly)
            }
            Database::Postgres(address) => self.connect(&address),
        }
    }

    fn open_file(&self) -> anyhow::Result<Ledger> {
        let file = self.file()?;
        self.read_whole(&file)?;
        Ledger::open(&file, None).map_err(plainly)
    }

    /// Opens the file to read. One that lost its tables or its convention is damaged, and whoever
    /// opened it to write would make an empty ledger of it.
    fn read_whole(&self, file: &Path) -> anyhow::Result<Ledger> {
        let ledger = Ledger::open_to_read(file, None).map_err(plainly)?;
        ledger.require_convention(self.settings.convention).map_err(plainly)?;
        Ok(ledger)
    }

    /// Connects to this folder's convention in PostgreSQL.
    ///
    /// # Errors
    /// A sentence, if it does not answer, or holds another convention or none; then nothing is made
    /// there.
    pub fn connect(&self, address: &Address) -> anyhow::Result<Ledger> {
        let there = Ledger::connect_if_held(address, self.settings.convention)
            .with_context(|| format!("cannot use the database {address}"))?;
        there.with_context(|| {
            format!(
                "the database {address} does not hold this convention, and nothing is made in it; put \
                 its newest dump back there (docs/operations.md says how), or name the database that \
                 holds it: serve --database postgres://..."
            )
        })
    }

    /// Gives the ledger threads of its own, so many if it lies in PostgreSQL.
    ///
    /// # Errors
    /// As [`Folder::ledger`].
    pub fn share(&self, threads: usize) -> anyhow::Result<Shared> {
        let shared = match self.database()? {
            Database::File => Shared::start(self.open_file()?),
            Database::Postgres(address) => {
                Shared::connect(&address, self.settings.convention, threads)
            }
        };
        shared.context("cannot start a thread for the database")
    }

    /// The same for one who only reads, and may take long.
    ///
    /// # Errors
    /// As [`Folder::ledger_to_read`].
    pub fn share_to_read(&self) -> anyhow::Result<Shared> {
        match self.database()? {
            Database::File => Shared::start(self.ledger_to_read()?)
                .context("cannot start a thread for the database"),
            Database::Postgres(_) => self.share(1),
        }
    }

    /// Opens the ledger for reading, beside other commands.
    ///
    /// # Errors
    /// A sentence, if the file is missing, damaged or no database, or PostgreSQL does not answer.
    pub fn ledger_to_read(&self) -> anyhow::Result<Ledger> {
        match self.database()? {
            Database::File => self.read_whole(&self.file()?),
            Database::Postgres(address) => self.connect(&address),
        }
    }

    /// Finishes a restore that was interrupted when its copy was ready.
    ///
    /// # Errors
    /// A sentence, if the disk fails.
    pub fn finish_restore(&self) -> anyhow::Result<()> {
        if self.database()? != Database::File {
            return Ok(());
        }
        let finished = restore::finish(&self.database_file());
        if let Some(aside) = finished.context("cannot finish an interrupted restore")? {
            eprintln!("An interrupted restore is finished; see {}.", aside.display());
        }
        Ok(())
    }

    /// Makes sure that the ledger's file is whole, as far as its pages tell, or that PostgreSQL
    /// answers.
    ///
    /// # Errors
    /// A sentence, if it is missing, damaged or no database.
    pub fn refuse_damaged(&self) -> anyhow::Result<()> {
        match self.database()? {
            Database::File => {
                let file = self.file()?;
                restore::look_over(&file, None).map_err(plainly)?;
                self.read_whole(&file).map(drop)
            }
            // It looks after its own pages.
            Database::Postgres(address) => self.connect(&address).map(drop),
        }
    }

    /// Returns where this folder's data lies.
    ///
    /// # Errors
    /// A sentence, if what the folder says about it cannot be read.
    pub fn database(&self) -> anyhow::Result<Database> {
        database::of(&self.path)
    }

    /// Refuses what is done to files where the data lies in PostgreSQL.
    ///
    /// # Errors
    /// A sentence that says so.
    pub fn require_file(&self) -> anyhow::Result<()> {
        match self.database()? {
            Database::File => Ok(()),
            Database::Postgres(_) => Err(LedgerError::NoFile.into()),
        }
    }

    /// Returns the ledger's file.
    ///
    /// # Errors
    /// A sentence, if it is missing.
    pub fn file(&self) -> anyhow::Result<PathBuf> {
        let file = self.database_file();
        self.refuse_forgotten_move()?;
        ensure!(file.exists(), "{} is missing; {RESTORE}", file.display());
        Ok(file)
    }

    /// Stops whoever would begin anew with a file, although the data lies in PostgreSQL and only its
    /// address was lost.
    ///
    /// # Errors
    /// A sentence with the cure.
    pub fn refuse_forgotten_move(&self) -> anyhow::Result<()> {
        let has_moved = self.path.join(database::MOVED).exists() && !self.database_file().exists();
        ensure!(
            !has_moved || self.database()? != Database::File,
            "the data of this folder has moved to PostgreSQL ({} lies here), and the file with its \
             address is missing; name it again: serve --database postgres://...",
            database::MOVED
        );
        Ok(())
    }

    /// Returns where the ledger's file lies, or would lie.
    pub fn database_file(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Returns where its backups lie unless another folder was named.
    pub fn backups(&self) -> PathBuf {
        self.path.join(ledger::backup::FOLDER)
    }

    /// Reads the key that signs passes: the first active one of the key set in force.
    ///
    /// # Errors
    /// A sentence, if its file is missing or holds another key.
    pub fn issuing_key(&self, ledger: &Ledger) -> anyhow::Result<SigningKey> {
        let set = ledger.key_set()?.context("the database holds no keys; put it back")?;
        self.signing_key_of(&set)
    }

    /// Reads the key that signs passes under `set`.
    ///
    /// # Errors
    /// A sentence, if its file is missing or holds another key.
    pub fn signing_key_of(&self, set: &KeySet) -> anyhow::Result<SigningKey> {
        let is_active = |line: &&KeyLine| line.status == KeyStatus::Active;
        let first = set.keys.iter().find(is_active);
        let first = first.context("no issuing key is active; add one (keys new)")?;
        for key in self.issuing_keys()? {
            if key.verifying_key().as_bytes() == &first.public {
                return Ok(key);
            }
        }
        anyhow::bail!(
            "{} holds no file with the active issuing key {}; put the right key file back",
            self.path.join(KEYS).display(),
            first.kid().map_or_else(String::new, |kid| kid.to_string())
        )
    }

    /// Reads every issuing key that lies in the folder, in order of number.
    ///
    /// # Errors
    /// A sentence, if a file is no key.
    pub fn issuing_keys(&self) -> anyhow::Result<Vec<SigningKey>> {
        self.issuing_files().filter(|file| file.exists()).map(|file| read_seed(&file)).collect()
    }

    /// Puts a key with this seed beside the others, under the next free number.
    ///
    /// # Errors
    /// A sentence, if it cannot be written.
    pub fn add_issuing_key(&self, seed: [u8; 32]) -> anyhow::Result<SigningKey> {
        let free = self.issuing_files().find(|file| !file.exists());
        let file = free.with_context(|| format!("{MOST_KEYS} key files are here already"))?;
        write_atomically(&file, &seed)?;
        Ok(SigningKey::from_bytes(&seed))
    }

    fn issuing_files(&self) -> impl Iterator<Item = PathBuf> {
        let numbers = 1..=u32::try_from(MOST_KEYS).unwrap_or(u32::MAX);
        numbers.map(|number| self.path.join(issuing_file(number)))
    }

    /// Says so at every start as long as the root key lies beside the server.
    pub fn warn_of_root(&self) {
        let file = self.path.join(ROOT);
        if file.exists() {
            eprintln!(
                "The root key lies beside the server ({}). Move it to a place apart: whoever has \
                 both can make passes for ever, and nobody can stop it.",
                file.display()
            );
        }
    }

    /// Reads the key that signs what the server says, and proves that it is the one that `init` made.
    ///
    /// # Errors
    /// A sentence, if the file is missing or holds another key.
    pub fn server_key(&self) -> anyhow::Result<SigningKey> {
        let file = self.path.join(SERVER);
        let key = read_seed(&file)?;
        ensure!(
            HEXLOWER.encode(key.verifying_key().as_bytes()) == self.settings.server_key,
            "{} is not the key of this server; put the right key file back",
            file.display()
        );
        Ok(key)
    }

    /// Takes the one lock of this name, which the system frees when the process ends.
    ///
    /// # Errors
    /// `refusal` as the sentence, if another process holds it.
    pub fn lock(&self, name: &str, refusal: &str) -> anyhow::Result<File> {
        lock(&self.path, name, refusal)
    }

    /// Remembers where `serve` answers, for `station add`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remember_address(&self, url: &str) -> anyhow::Result<()> {
        write_atomically(&self.path.join(ADDRESS), url.as_bytes())
    }

    /// Returns where `serve` last answered.
    pub fn address(&self) -> Option<String> {
        let text = fs::read_to_string(self.path.join(ADDRESS)).ok()?;
        Some(text.trim().to_owned()).filter(|url| !url.is_empty())
    }
}

/// Returns the file of an issuing key, by its number.
pub fn issuing_file(number: u32) -> PathBuf {
    PathBuf::from(format!("{KEYS}/issuing-{number}.key"))
}

/// The cure of a damaged database.
const RESTORE: &str = "put the newest backup back with: yingbin-server --data DIR restore";

/// Names the cure of damage. The server's database has no key, so what does not open is no database.
pub(crate) fn plainly(error: LedgerError) -> anyhow::Error {
    match error {
        LedgerError::WrongKey { path } => {
            anyhow::anyhow!("{} is not a database; {RESTORE}", path.display())
        }
        damaged if restore::is_damage(&damaged) => anyhow::anyhow!("{damaged}; {RESTORE}"),
        other => other.into(),
    }
}

/// Names the cure where a command found damage on its way.
pub(crate) fn with_cure(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<LedgerError>() {
        Some(found) if restore::is_damage(found) => anyhow::anyhow!("{error:#}; {RESTORE}"),
        _ => error,
    }
}

/// Returns the convention that a ledger serves.
///
/// # Errors
/// A sentence, if there is none.
pub fn convention(ledger: &Ledger) -> anyhow::Result<Convention> {
    let served = ledger.served()?.context("the database holds no convention; put it back")?;
    Ok(served.convention)
}

/// Returns the convention that a ledger serves, and its time zone.
///
/// # Errors
/// [`LedgerError`] if there is none, or nobody knows the zone.
pub fn served(ledger: &Ledger) -> Result<(Convention, TimeZone), LedgerError> {
    let convention = ledger.served()?.ok_or(LedgerError::NotEnrolled)?.convention;
    let zone = TimeZone::get(&convention.zone)
        .map_err(|error| LedgerError::Damaged(format!("time zone: {error}")))?;
    Ok((convention, zone))
}

/// Takes a lock in a folder.
///
/// # Errors
/// `refusal` as the sentence, if another process holds it.
pub fn lock(folder: &Path, name: &str, refusal: &str) -> anyhow::Result<File> {
    try_lock(folder, name)?.with_context(|| refusal.to_owned())
}

/// Takes a lock in a folder; `None` if another process holds it.
///
/// # Errors
/// A sentence, if its file cannot be opened or locked.
pub fn try_lock(folder: &Path, name: &str) -> anyhow::Result<Option<File>> {
    let path = folder.join(name);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Writes a file that only its owner can read: whole or not at all, also in a power cut.
///
/// # Errors
/// If it cannot be written; then the old one stands.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace(path, bytes, 0o600, true)
}

/// Writes a file for others to take away: whole or not at all.
///
/// # Errors
/// If it cannot be written; then the old one stands.
pub fn publish(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace(path, bytes, 0o644, false)
}

/// Writes a file for others to take away, under a name that nothing has yet.
///
/// # Errors
/// A sentence, if the name is taken or the file cannot be written; what is there stays.
pub fn publish_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    refuse_taken(path)?;
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path);
    let written = opened.and_then(|mut file| {
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.inspect_err(|_| {
            // Half a file would only be in the way; it was ours from its first byte.
            let _ = fs::remove_file(path);
        })
    });
    written.map_err(|error| cannot_write(path, error))
}

/// Refuses a name that a file, a link or a device has: a name mistyped would be the end of a key.
///
/// # Errors
/// A sentence that names it.
pub fn refuse_taken(path: &Path) -> anyhow::Result<()> {
    let taken = path.symlink_metadata().is_ok();
    ensure!(!taken, "{} is there already; give another name", path.display());
    Ok(())
}

fn cannot_write(path: &Path, error: std::io::Error) -> anyhow::Error {
    let full = error.kind() == std::io::ErrorKind::StorageFull;
    let cure = if full { "; the disk is full, free some space and try again" } else { "" };
    anyhow::Error::from(error).context(format!("cannot write {}{cure}", path.display()))
}

fn replace(path: &Path, bytes: &[u8], mode: u32, sync: bool) -> anyhow::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&part)?;
        file.write_all(bytes)?;
        if sync {
            file.sync_all()?;
        }
        fs::rename(&part, path)
    };
    write().map_err(|error| {
        // What is left of the attempt would only be in the way.
        let _ = fs::remove_file(&part);
        cannot_write(path, error)
    })
}

/// Reads a key file: a seed of 32 bytes.
///
/// # Errors
/// A sentence, if it cannot be read or has another length.
pub fn read_seed(path: &Path) -> anyhow::Result<SigningKey> {
    let file = path.display();
    let cannot = || format!("cannot read the key {file}");
    let metadata = fs::metadata(path).with_context(cannot)?;
    ensure!(
        metadata.is_file() && metadata.len() <= 1024,
        "{file} is no key: it must be a file of 32 bytes; put it back"
    );
    let bytes = fs::read(path).with_context(cannot)?;
    let seed: [u8; 32] = bytes
        .try_into()
        .ok()
        .with_context(|| format!("{file} is no key: it must have 32 bytes; put it back"))?;
    Ok(SigningKey::from_bytes(&seed))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_was_not_set_up_says_how() {
        let dir = tempfile::tempdir().unwrap();
        let refused = Folder::open(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("holds no convention yet; set it up with"), "{refused}");
    }

    #[test]
    fn a_lock_is_held_once() {
        let dir = tempfile::tempdir().unwrap();
        let held = lock(dir.path(), "serve.lock", "taken").unwrap();
        assert_eq!(lock(dir.path(), "serve.lock", "taken").unwrap_err().to_string(), "taken");
        drop(held);
        lock(dir.path(), "serve.lock", "taken").unwrap();
    }

    #[test]
    fn private_files_are_for_their_owner_and_leave_no_parts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_name_that_is_taken_is_refused_whatever_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        publish_new(&file, b"one").unwrap();
        std::os::unix::fs::symlink(dir.path().join("nowhere"), &link).unwrap();
        for taken in [&file, &link, Path::new("/dev/null"), dir.path()] {
            let refused = publish_new(taken, b"two").unwrap_err().to_string();
            let sentence = format!("{} is there already; give another name", taken.display());
            assert_eq!(refused, sentence);
        }
        assert_eq!(fs::read(&file).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let refused = write_atomically(&dir.path().join("no/such"), b"").unwrap_err();
        assert!(refused.to_string().starts_with("cannot write "));
    }
}
