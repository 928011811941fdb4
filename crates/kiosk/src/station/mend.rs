//! A damaged ledger at the start of a station: told, moved aside, and put back.
//!
//! `enrolment` beside the ledger says what a station cannot do without and the server cannot tell
//! it: who it is, where its server is, and by its hash which key opens the ledger. So a wrong key is
//! told from a damaged file, and where no backup is good, everything else comes from the server.

use std::fs;
use std::path::{Path, PathBuf};

use admission::id::{LogId, StationId};
use ed25519_dalek::SigningKey;
use ledger::backup::{self, Backup};
use ledger::ballast::{self, Ballast};
use ledger::clock::Clock;
use ledger::local::ServerCard;
use ledger::restore::{self, Aside};
use ledger::{DiskKey, Ledger, LedgerError};
use minicbor::{Decode, Encode};

use super::{
    Folder, LEDGER, LEDGER_KEY, StationError, cannot_use, read_key, require_enrolled, write_private,
};
use crate::enrol::random;
use crate::sync::{self, SyncError};

/// The file that says who a station is.
pub(crate) const ENROLMENT: &str = "enrolment";
const MISSING: &str = "it is missing";
const BEGINNING: &str = "its beginning cannot be read";

/// What a station without its ledger still knows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Enrolment {
    /// SHA-256 of the ledger's key.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    ledger_key: [u8; 32],
    #[n(1)]
    station: StationId,
    #[n(2)]
    server: ServerCard,
}

impl Enrolment {
    fn read(dir: &Path) -> Option<Enrolment> {
        minicbor::decode(&fs::read(dir.join(ENROLMENT)).ok()?).ok()
    }

    /// Writes down who the station is, unless that stands there already.
    pub(crate) fn note(
        folder: &Folder,
        key: &DiskKey,
        ledger: &Ledger,
    ) -> Result<(), StationError> {
        let station = ledger.own_log()?.station();
        let now = Enrolment { ledger_key: key.fingerprint(), station, server: ledger.server()? };
        if Enrolment::read(folder.dir()).as_ref() == Some(&now) {
            return Ok(());
        }
        let path = folder.dir().join(ENROLMENT);
        let bytes = minicbor::to_vec(&now).unwrap_or_default();
        write_private(&path, &bytes).map_err(|reason| cannot_use(&path, reason))
    }
}

/// Makes sure that the ledger is whole before anything is written to it, and puts it back if not.
///
/// # Errors
/// [`StationError`]; then the damaged file is where it was.
pub(super) fn make_whole(
    folder: &Folder,
    (station, key): (&SigningKey, &DiskKey),
    elsewhere: Option<&Path>,
) -> Result<(), StationError> {
    let file = folder.ledger_file();
    if let Some(aside) = restore::finish(&file).map_err(|reason| cannot_use(&file, reason))? {
        tracing::warn!(aside = %aside.display(), "an interrupted restore of the ledger is finished");
    }
    let enrolment = Enrolment::read(folder.dir());
    let found = match file.exists() {
        false => MISSING.to_owned(),
        true => match restore::look_over(&file, Some(key)) {
            Ok(()) => return Ok(()),
            Err(error) if restore::is_damage(&error) => error.to_string(),
            Err(LedgerError::WrongKey { .. }) if is_right(enrolment.as_ref(), key) => {
                BEGINNING.to_owned()
            }
            Err(error) => return Err(error.into()),
        },
    };
    tracing::error!(file = %file.display(), found, "the ledger is damaged; putting it back");
    let aside = Aside::begin(&file, Clock::Machine.now());
    let aside = aside.map_err(|reason| cannot_use(folder.dir(), reason))?;
    let broken = Broken { folder, station, key, enrolment, elsewhere, found };
    match broken.make_ready(&aside) {
        Ok(()) => {
            let aside = aside.finish().map_err(|reason| cannot_use(&file, reason))?;
            if let Some(aside) = aside {
                tracing::warn!(aside = %aside.display(), "the damaged ledger lies there; keep it");
            }
            Ok(())
        }
        Err(error) => {
            aside.give_up();
            Err(error)
        }
    }
}

/// Tells whether the ledger was made with this key; if so, a file that does not open with it is not as
/// it was written.
fn is_right(enrolment: Option<&Enrolment>, key: &DiskKey) -> bool {
    enrolment.is_some_and(|known| known.ledger_key == key.fingerprint())
}

/// Says why a ledger does not open to be read, where the next start mends it.
pub(super) fn unreadable(dir: &Path, key: &DiskKey, error: LedgerError) -> StationError {
    let path = dir.join(LEDGER);
    match error {
        _ if !path.exists() => StationError::Unreadable { path, found: MISSING },
        LedgerError::WrongKey { .. } if is_right(Enrolment::read(dir).as_ref(), key) => {
            StationError::Unreadable { path, found: BEGINNING }
        }
        error => error.into(),
    }
}

/// Says what restores may have cost, as staff should read it.
pub(super) fn tell_losses(ledger: &Ledger) -> Result<(), StationError> {
    for loss in ledger.losses()?.iter().filter(|loss| !loss.is_healed()) {
        tracing::warn!("{loss}");
    }
    Ok(())
}

struct Broken<'a> {
    folder: &'a Folder,
    station: &'a SigningKey,
    key: &'a DiskKey,
    enrolment: Option<Enrolment>,
    elsewhere: Option<&'a Path>,
    found: String,
}

impl Broken<'_> {
    fn make_ready(&self, aside: &Aside) -> Result<(), StationError> {
        let folders = folders(self.folder.dir(), self.elsewhere);
        let backup = backup::newest_good(&folders, Some(self.key), None);
        let epoch = random()?;
        let (mut ledger, station) = match &backup {
            Some(backup) => self.copied(aside, backup)?,
            None => self.fetched(aside, epoch)?,
        };
        let salvaged = aside.salvage(Some(self.key), &mut ledger)?;
        tracing::info!(facts = salvaged.facts, "read from the damaged ledger");
        aside.begin_anew(&mut ledger, (station, epoch), backup.as_deref(), &salvaged)?;
        Ok(())
    }

    fn copied(&self, aside: &Aside, backup: &Path) -> Result<(Ledger, StationId), StationError> {
        let size = fs::metadata(backup).map_or(0, |found| found.len());
        if ballast::free(self.folder.dir()).is_some_and(|free| free < size.saturating_mul(2)) {
            Ballast::of(self.folder.dir()).throw_off();
        }
        aside.copy(backup).map_err(|reason| cannot_use(backup, reason))?;
        let ledger = Ledger::open(&aside.restoring(), Some(self.key))?;
        let station = ledger.own_log()?.station();
        Ok((ledger, station))
    }

    /// Fetches policy, keys, lists and everybody's facts anew.
    fn fetched(&self, aside: &Aside, epoch: [u8; 8]) -> Result<(Ledger, StationId), StationError> {
        let lost = |reason: String| StationError::Broken {
            path: self.folder.ledger_file(),
            found: self.found.clone(),
            folder: self.folder.dir().join(backup::FOLDER),
            reason,
        };
        let enrolment = self.enrolment.as_ref();
        let known = enrolment.ok_or_else(|| lost(format!("{ENROLMENT} is missing")))?;
        let mut ledger = Ledger::open(&aside.restoring(), Some(self.key))?;
        ledger.set_server(&known.server)?;
        ledger.begin_log(LogId::new(known.station, epoch))?;
        sync::fetch(&mut ledger, self.station).map_err(|error| match error {
            SyncError::ShutDown(_) => StationError::BrokenShutDown(self.folder.ledger_file()),
            error => lost(error.to_string()),
        })?;
        if ledger.policy()?.is_none() {
            return Err(lost("the server sent no policy".to_owned()));
        }
        Ok((ledger, known.station))
    }
}

/// Returns where backups may lie.
fn folders(dir: &Path, elsewhere: Option<&Path>) -> Vec<PathBuf> {
    let own = dir.join(backup::FOLDER);
    elsewhere.map(Path::to_owned).into_iter().chain([own]).collect()
}

/// Backs an enrolled folder's ledger up, whether or not a station is running on it.
///
/// # Errors
/// [`StationError`]; then earlier backups are still there.
pub fn back_up(dir: &Path, to: Option<&Path>) -> Result<Backup, StationError> {
    require_enrolled(dir)?;
    let path = dir.join(LEDGER_KEY);
    let key = DiskKey(read_key(&path)?.ok_or(StationError::BadKey(path))?);
    let own = dir.join(backup::FOLDER);
    let now = Clock::Machine.now();
    Ok(backup::make(&dir.join(LEDGER), Some(&key), to.unwrap_or(&own), now)?)
}

#[cfg(test)]
pub(crate) mod tests;
