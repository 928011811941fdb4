//! A damaged ledger: told at the start, moved aside, and put back from the newest good backup.
//!
//! Everything is made ready in a folder `broken-<time>` beside the ledger: the copy of the backup,
//! what could still be read of the damaged file, the new log. When that is durable it is named
//! `restored.db`, and from then on every start finishes the exchange of the two files, wherever it
//! was interrupted. The damaged file is moved there too, and never deleted.
//!
//! The restored station writes a new log at once: facts after the backup may be elsewhere already,
//! and a log has one fact at each place. The old log comes back like anybody's, from whoever has it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use admission::exchange::Head;
use admission::fact::{NO_PREVIOUS, Sealed};
use admission::id::{ConventionId, FactId, LogId, Seq, StationId};
use admission::time::Millis;
use minicbor::bytes::ByteVec;
use rusqlite::config::DbConfig;
use rusqlite::{ErrorCode, OpenFlags};
use serde::Serialize;

use crate::backup::{private_file, private_folder, remove, sync, sync_folder, with_ending};
use crate::check::follow;
use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::{self, own_log};
use crate::open::{DiskKey, Ledger, connect};
use crate::{confirmed, membership, setting, wal};

/// What the names of the folders begin with in which damaged ledgers lie.
pub const ASIDE: &str = "broken-";
/// How many of the own facts are looked at when a station starts.
const LOOKED_AT: u64 = 1000;
const RESTORING: &str = "restoring.db";
const RESTORED: &str = "restored.db";
const SALVAGE: &str = "salvage.db";

/// Looks over a ledger's file before anything is written to it: the write-ahead log, the pages, the
/// heads of the logs, and the last own facts with their signatures.
///
/// # Errors
/// [`LedgerError::Damaged`] with what is wrong; [`LedgerError::WrongKey`] if it does not open.
pub fn look_over(file: &Path, key: Option<&DiskKey>) -> Result<(), LedgerError> {
    match wal::is_cut_off(file) {
        Ok(false) => {}
        Ok(true) => {
            let found = "stored records are missing from its write-ahead log";
            return Err(LedgerError::Damaged(found.to_owned()));
        }
        Err(error) => return Err(LedgerError::Disk(error.to_string())),
    }
    let ledger = untouched(file, key)?;
    let looked = ledger.look_over();
    looked.map_err(|error| if is_damage(&error) { as_damage(error) } else { error })
}

/// Tells whether an error means that the file is not what was written.
pub fn is_damage(error: &LedgerError) -> bool {
    match error {
        LedgerError::Damaged(_) => true,
        // With a key, a page that was touched is answered in one of these ways.
        LedgerError::Database(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown)
        ),
        _ => false,
    }
}

fn as_damage(error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Damaged(_) => error,
        other => LedgerError::Damaged(other.to_string()),
    }
}

/// Opens a file so that closing it changes nothing: what is damaged is not to be touched.
fn untouched(file: &Path, key: Option<&DiskKey>) -> Result<Ledger, LedgerError> {
    let db = connect(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(Ledger { db: Db::Sqlite(db) })
}

impl Ledger {
    fn look_over(&self) -> Result<(), LedgerError> {
        self.quick_check()?;
        self.require_tables()?;
        self.heads_match()?;
        self.last_own_facts_hold()
    }

    /// Makes sure that a file is a ledger: a database without tables is a good one to SQLite.
    pub(crate) fn require_tables(&self) -> Result<(), LedgerError> {
        let tables = "SELECT count(*) FROM sqlite_schema
                      WHERE type = 'table' AND name IN ('setting', 'log', 'fact')";
        match self.db.one(tables, &[], |row| row.get::<u32>(0))? {
            0..3 => Err(LedgerError::Damaged("it is no ledger any more".to_owned())),
            _ => Ok(()),
        }
    }

    /// Makes sure that a server's file serves this convention.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] if it serves none, or another; others if it cannot be read.
    pub fn require_convention(&self, convention: ConventionId) -> Result<(), LedgerError> {
        self.require_tables()?;
        let found = match self.served()?.map(|served| served.convention.id) {
            Some(served) if served == convention => return Ok(()),
            Some(_) => "it holds another convention",
            None => "it holds no convention any more",
        };
        Err(LedgerError::Damaged(found.to_owned()))
    }

    /// Makes sure that every log ends with the fact that its head names.
    pub(crate) fn heads_match(&self) -> Result<(), LedgerError> {
        let logs = "SELECT count(DISTINCT log) FROM fact WHERE /*its*/ true";
        let logs: u64 = self.db.one(logs, &[], |row| row.get(0))?;
        let vector = self.vector()?;
        let last = "SELECT seq, sealed FROM fact WHERE /*its*/ log = ?1 ORDER BY seq DESC LIMIT 1";
        let mut all = usize::try_from(logs) == Ok(vector.0.len());
        for (log, head) in &vector.0 {
            let found = self.db.first(last, &places![log.0], |row| {
                Ok(Head { seq: Seq(row.get(0)?), hash: Sealed::from_bytes(row.get(1)?).hash() })
            })?;
            all &= found == Some(*head);
        }
        match all {
            true => Ok(()),
            false => {
                Err(LedgerError::Damaged("the heads of the logs do not match the facts".to_owned()))
            }
        }
    }

    /// Makes sure that the last own facts follow one another and are signed by this station.
    fn last_own_facts_hold(&self) -> Result<(), LedgerError> {
        if let Err(LedgerError::NotEnrolled) = self.server() {
            // The server's own: what it keeps is all others'.
            return Ok(());
        }
        let log = own_log(&self.db)?;
        let key = self.key_of(log.station())?;
        let head = self.vector()?.seq(log);
        let first = head.0.saturating_sub(LOOKED_AT);
        let before = facts::hash_of(&self.db, FactId { log, seq: Seq(first) })?;
        let before = before.unwrap_or(NO_PREVIOUS);
        let mut heads = [(log, Head { seq: Seq(first), hash: before })].into();
        let sql = "SELECT sealed FROM fact WHERE /*its*/ log = ?1 AND seq > ?2 ORDER BY seq";
        self.db.each(sql, &places![log.0, first], |row| {
            let sealed = Sealed::from_bytes(row.get(0)?);
            follow(&sealed, &mut heads, &|_| key).map_err(LedgerError::Damaged)
        })?;
        match heads.get(&log).map(|head| head.seq) == Some(head) {
            true => Ok(()),
            false => Err(LedgerError::Damaged("own records are missing".to_owned())),
        }
    }
}

/// A folder in which a restored ledger is made ready, and where the damaged one will lie.
pub struct Aside {
    folder: PathBuf,
    file: PathBuf,
    at: Millis,
}

/// What could still be read of a damaged file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// Facts that were not in the backup.
    pub facts: usize,
    /// How far the station's own logs had gone, as far as that could be read.
    known: Vec<(LogId, Seq)>,
}

impl Aside {
    /// Makes the folder; what an attempt that was interrupted left is removed.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn begin(file: &Path, at: Millis) -> io::Result<Aside> {
        for folder in folders(file)? {
            for name in [RESTORING, SALVAGE] {
                remove_all(&folder.join(name))?;
            }
            // Only an empty one goes.
            let _ = fs::remove_dir(folder);
        }
        let beside = file.parent().unwrap_or(Path::new("."));
        let mut at = at;
        let mut folder = beside.join(format!("{ASIDE}{}", at.compact()));
        while folder.exists() {
            at = at.plus(1000);
            folder = beside.join(format!("{ASIDE}{}", at.compact()));
        }
        private_folder(&folder)?;
        sync_folder(beside)?;
        Ok(Aside { folder, file: file.to_owned(), at })
    }

    /// Returns where the restored ledger is made ready.
    pub fn restoring(&self) -> PathBuf {
        self.folder.join(RESTORING)
    }

    /// Copies a backup there.
    ///
    /// # Errors
    /// If there is no room, or it cannot be read.
    pub fn copy(&self, backup: &Path) -> io::Result<()> {
        fs::copy(backup, self.restoring())?;
        // The copy has the mode of a file that may have been carried about.
        private_file(&self.restoring())?;
        sync(&self.restoring())
    }

    /// Reads what can still be read of the damaged file, and keeps the facts that prove: of known
    /// stations, signed, each following the one before. The damaged file is not touched.
    ///
    /// # Errors
    /// [`LedgerError`] if the restored ledger cannot be written; what cannot be read is no error.
    pub fn salvage(
        &self,
        key: Option<&DiskKey>,
        into: &mut Ledger,
    ) -> Result<Salvaged, LedgerError> {
        let copy = self.folder.join(SALVAGE);
        let salvaged = match copy_with_log(&self.file, &copy) {
            Ok(()) => salvage(&copy, key, into),
            // Without room for a copy nothing is salvaged; the file stays for whoever tries later.
            Err(_) => Ok(Salvaged::default()),
        };
        // It was only a copy; what cannot be removed is only in the way.
        let _ = remove_all(&copy);
        salvaged
    }

    /// Lets the restored ledger begin a new log of its station, and remembers what is missing.
    ///
    /// Badges that were not printed at the time of the backup may have been since, so nobody can
    /// tell; and what blanks were given out since, neither.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn begin_anew(
        &self,
        ledger: &mut Ledger,
        (station, epoch): (StationId, [u8; 8]),
        backup: Option<&Path>,
        salvaged: &Salvaged,
    ) -> Result<(), LedgerError> {
        let tx = ledger.write()?;
        let log = LogId::new(station, epoch);
        setting::write(&tx, setting::OWN_LOG, &log.0)?;
        setting::forget(&tx, setting::FORKED_AFTER)?;
        let doubt = "UPDATE print_job SET state = 'unknown', changed_at = ?1
                     WHERE /*its*/ state IN ('queued', 'sent')";
        tx.execute(doubt, &places![self.at.0])?;
        let spent = "UPDATE blank SET used = 1 WHERE /*its*/ station = ?1";
        tx.execute(spent, &places![station.0])?;
        let mut held = confirmed::own_logs(&tx)?;
        for (known, _) in &salvaged.known {
            if !held.iter().any(|(log, _)| log == known) {
                held.push((*known, Seq(0)));
            }
        }
        if held.is_empty() {
            held.push((log, Seq(0)));
        }
        let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
        let backup = backup.map(name).unwrap_or_default();
        let aside = if is_there(&self.file) { name(&self.folder) } else { String::new() };
        let sql = "INSERT INTO restored (/*key*/ at, log, held, known, backup, aside)
                   VALUES (/*own*/ ?1, ?2, ?3, ?4, ?5, ?6)";
        for (log, held) in held {
            let known = salvaged.known.iter().find(|(known, _)| *known == log);
            let known = known.map(|(_, seq)| seq.0);
            let row = &places![self.at.0, log.0, held.0, known, backup, aside];
            tx.execute(sql, row)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Says that the restored ledger, closed by now, is ready, and puts it in its place; returns
    /// where the damaged one lies now, if there was one.
    ///
    /// # Errors
    /// If the disk fails; then [`finish`] goes on where this was.
    pub fn finish(self) -> io::Result<Option<PathBuf>> {
        sync(&self.restoring())?;
        fs::rename(self.restoring(), self.folder.join(RESTORED))?;
        sync_folder(&self.folder)?;
        exchange(&self.file, &self.folder)
    }

    /// Gives up: what was made ready is removed, and the damaged file stays where it is.
    pub fn give_up(self) {
        let _ = remove_all(&self.restoring());
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Finishes a restore that was interrupted after the restored ledger was ready; returns where the
/// damaged one lies now, or `None` if there is nothing to finish, or nothing was there.
///
/// # Errors
/// If the disk fails.
pub fn finish(file: &Path) -> io::Result<Option<PathBuf>> {
    for folder in folders(file)? {
        if folder.join(RESTORED).exists() {
            return exchange(file, &folder);
        }
    }
    Ok(None)
}

/// Moves the damaged file aside and the restored one into its place. The file itself goes first: a
/// ledger without its write-ahead log would look whole and lack what stood there. Where nothing lies
/// aside, no empty folder stays.
fn exchange(file: &Path, folder: &Path) -> io::Result<Option<PathBuf>> {
    let beside = file.parent().unwrap_or(Path::new("."));
    for ending in ["", "-wal", "-shm"] {
        let (from, name) = (with_ending(file, ending), file.file_name().unwrap_or_default());
        match fs::rename(&from, with_ending(&folder.join(name), ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    sync_folder(folder)?;
    sync_folder(beside)?;
    fs::rename(folder.join(RESTORED), file)?;
    let is_empty = fs::remove_dir(folder).is_ok();
    sync_folder(beside)?;
    Ok((!is_empty).then(|| folder.to_owned()))
}

/// Tells whether there is anything to be moved aside.
fn is_there(file: &Path) -> bool {
    ["", "-wal", "-shm"].iter().any(|ending| with_ending(file, ending).exists())
}

/// Returns the folders of earlier restores, finished or not.
fn folders(file: &Path) -> io::Result<Vec<PathBuf>> {
    let beside = file.parent().unwrap_or(Path::new("."));
    let mut folders = Vec::new();
    for entry in fs::read_dir(beside)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(ASIDE) && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

fn remove_all(file: &Path) -> io::Result<()> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        remove(&with_ending(file, ending))?;
    }
    Ok(())
}

fn copy_with_log(file: &Path, to: &Path) -> io::Result<()> {
    fs::copy(file, to)?;
    match fs::copy(with_ending(file, "-wal"), with_ending(to, "-wal")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn salvage(copy: &Path, key: Option<&DiskKey>, into: &mut Ledger) -> Result<Salvaged, LedgerError> {
    let Ok(damaged) = untouched(copy, key) else { return Ok(Salvaged::default()) };
    let known = confirmed::own_logs(&damaged.db).unwrap_or_default();
    let held = into.vector()?;
    let logs = damaged.vector().unwrap_or_else(|_| held.clone());
    let mut bytes = Vec::new();
    for log in logs.0.keys() {
        // What was read before an error is as good as any: each fact proves itself.
        let _ = facts_after(&damaged.db, *log, held.seq(*log), &mut bytes);
    }
    let sifted = into.keep(membership::prove(&bytes, &into.publics()?, &held))?;
    let mut wanted = into.wanted_after([0; 32])?;
    while let Some(last) = wanted.last().copied() {
        let hashes = wanted.iter().map(|hash| ByteVec::from(hash.to_vec()));
        let found = damaged.attachments(&hashes.collect::<Vec<_>>()).unwrap_or_default();
        into.take_attachments(&found)?;
        wanted = into.wanted_after(last)?;
    }
    Ok(Salvaged { facts: sifted.fresh.len(), known })
}

fn facts_after(
    db: &Db,
    log: LogId,
    after: Seq,
    facts: &mut Vec<ByteVec>,
) -> Result<(), LedgerError> {
    let sql = "SELECT sealed FROM fact WHERE /*its*/ log = ?1 AND seq > ?2 ORDER BY seq";
    db.each(sql, &places![log.0, after.0], |row| {
        facts.push(ByteVec::from(row.get::<Vec<u8>>(0)?));
        Ok(())
    })
}

const LOOKED_INTO: &str =
    " until somebody has tried to read more of it, then move it out of this folder";

/// What a restore may have cost, for one log of this station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// When it was restored, in milliseconds since 1970.
    pub at: Millis,
    /// The log.
    pub log: LogId,
    /// How far it was here right after.
    pub held: Seq,
    /// How far it is here now.
    pub here: Seq,
    /// How far it had gone; `null` if nobody can tell.
    pub known: Option<Seq>,
    /// The backup; empty if there was none.
    pub backup: String,
    /// The folder with the damaged file; empty if there was no file any more.
    pub aside: String,
}

impl Loss {
    /// Tells whether nothing is missing for sure.
    pub fn is_healed(&self) -> bool {
        self.known.is_some_and(|known| known <= self.here)
    }

    /// Returns how many facts are known to be missing.
    pub fn missing(&self) -> u64 {
        self.known.map_or(0, |known| known.0.saturating_sub(self.here.0))
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Loss { at, log, here, known, backup, aside, .. } = self;
        write!(f, "the ledger was damaged; on {} it was put back from ", at.timestamp())?;
        match backup.as_str() {
            "" => f.write_str("the server, because there was no good backup")?,
            backup => f.write_str(backup)?,
        }
        let keep = |until: &str| match aside.as_str() {
            "" => String::new(),
            aside => format!("; keep the folder {aside}{until}"),
        };
        match known {
            Some(known) if known <= here => write!(f, "; nothing of log {log} is missing"),
            Some(known) => write!(
                f,
                "; {} records of this station are missing (log {log}, places {} to {}): they come \
                 back from the server or a station that has them{}",
                self.missing(),
                here.next().0,
                known.0,
                keep(" until then")
            ),
            // Nobody knows which logs it had.
            None if backup.is_empty() => write!(
                f,
                "; what this station recorded before is here only if it had reached the server or a \
                 station{}",
                keep(LOOKED_INTO)
            ),
            None => write!(
                f,
                "; what this station recorded in log {log} after place {} is here only if it had \
                 reached the server or a station{}",
                here.0,
                keep(LOOKED_INTO)
            ),
        }
    }
}

impl Ledger {
    /// Tells what restores of this file may have cost, latest first.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn losses(&self) -> Result<Vec<Loss>, LedgerError> {
        let vector = self.vector()?;
        let sql = "SELECT at, log, held, known, backup, aside FROM restored WHERE /*its*/ true
                   ORDER BY at DESC, log";
        self.db.query(sql, &[], |row| {
            let log = LogId(row.get(1)?);
            Ok(Loss {
                at: Millis(row.get(0)?),
                log,
                held: Seq(row.get(2)?),
                here: vector.seq(log),
                known: row.get::<Option<u64>>(3)?.map(Seq),
                backup: row.get(4)?,
                aside: row.get(5)?,
            })
        })
    }
}
