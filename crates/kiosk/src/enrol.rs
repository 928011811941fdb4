//! Enrolment: a fresh folder becomes a station.
//!
//! The ledger is made under another name and takes its own only when the server's welcome is
//! stored: a failed attempt leaves nothing but `station.key`, with which the same code works again
//! after a lost answer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use admission::exchange::Nonce;
use ed25519_dalek::SigningKey;
use ledger::carrier::{CarrierError, Http};
use ledger::clock::Clock;
use ledger::enrol::{self, Application, Code};
use ledger::tls::Pin;
use ledger::{DiskKey, Ledger};

use crate::bundle::APPLIED;
use crate::station::{
    Enrolment, Folder, Station, StationError, cannot_use, require_open, sync_folder_of,
};

/// Takes what people give to enrol with: an address and a code, or both in one as `URL#CODE`.
///
/// # Errors
/// [`StationError::Invitation`] if one is missing or the code is there twice.
pub fn invitation<'a>(
    first: &'a str,
    code: Option<&'a str>,
) -> Result<(&'a str, &'a str), StationError> {
    match (enrol::divide(first), code) {
        (Some(both), None) => Ok(both),
        (None, Some(code)) => Ok((first, code)),
        _ => Err(StationError::Invitation),
    }
}

impl Station {
    /// Enrols the folder at the server at `url` with a one-time code, and opens it.
    ///
    /// # Errors
    /// [`StationError`]; then the folder can be enrolled again, with the same code if the server
    /// never heard of it or its answer was lost.
    pub fn enrol(dir: &Path, url: &str, code: &str) -> Result<Station, StationError> {
        let code = Code::read(code)?;
        require_open(dir)?;
        let http = Http::pinned(url, Pin::Code(code.clone()))?;
        let folder = Folder::lock(dir)?;
        if folder.ledger_file().exists() {
            return Err(StationError::AlreadyEnrolled(dir.to_owned()));
        }
        let key = folder.station_key()?;
        let nonce = Nonce(random()?);
        let welcome = apply(&http, &Application::new(&code, &key, nonce))?;
        let disk_key = folder.ledger_key()?;
        let joining = Joining::begin(&folder)?;
        let mut ledger = Ledger::open(&joining.file, Some(&disk_key))?;
        ledger.join(&welcome, (url, &code), (nonce, random()?), (&key, Clock::Machine.now()))?;
        // Closing brings everything from the write-ahead log into the file.
        drop(ledger);
        joining.finish(&folder)?;
        open(folder, key, &disk_key)
    }
}

pub(crate) fn open(
    folder: Folder,
    key: SigningKey,
    disk: &DiskKey,
) -> Result<Station, StationError> {
    let ledger = Ledger::open(&folder.ledger_file(), Some(disk))?;
    Enrolment::note(&folder, disk, &ledger)?;
    let policy = ledger.policy()?;
    let policy = policy.ok_or_else(|| StationError::NotEnrolled(folder.dir().to_owned()))?;
    Ok(Station { ledger, key, policy, folder })
}

pub(crate) fn apply(http: &Http, application: &Application) -> Result<Vec<u8>, StationError> {
    let unreachable = |error: io::Error| CarrierError::Unreachable {
        url: "(no network)".to_owned(),
        reason: error.to_string(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(unreachable)?;
    let body = minicbor::to_vec(application).unwrap_or_default();
    // The first roster comes with the welcome, and a large one takes its time.
    Ok(runtime.block_on(http.post("/v1/enrol", body, Duration::from_secs(60)))?)
}

/// What a ledger is called until it is this station's.
pub(crate) const JOINING: &str = "joining.db";

/// A ledger that is not this station's yet; what is left of it goes when this is dropped.
pub(crate) struct Joining {
    pub(crate) file: PathBuf,
}

impl Joining {
    pub(crate) fn begin(folder: &Folder) -> Result<Joining, StationError> {
        let joining = Joining { file: folder.dir().join(JOINING) };
        joining.clear().map_err(|reason| cannot_use(&joining.file, reason))?;
        Ok(joining)
    }

    pub(crate) fn finish(self, folder: &Folder) -> Result<(), StationError> {
        let ledger = folder.ledger_file();
        let moved = fs::rename(&self.file, &ledger).and_then(|()| sync_folder_of(&ledger));
        moved.map_err(|reason| cannot_use(&ledger, reason))?;
        // A code that was to go out on a stick has done its work, whichever way it went; what cannot
        // be removed is worth nothing any more.
        let _ = fs::remove_file(folder.dir().join(APPLIED));
        Ok(())
    }

    fn clear(&self) -> io::Result<()> {
        for ending in ["", "-wal", "-shm"] {
            let mut name = self.file.clone().into_os_string();
            name.push(ending);
            match fs::remove_file(PathBuf::from(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Drop for Joining {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next attempt.
        let _ = self.clear();
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], StationError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StationError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_code_come_apart_or_in_one() {
        let (url, code) = ("https://10.0.0.2:7300", "ABCDE23456-ABCDEFGH23456723");
        let both = format!(" {url}#{code}\n");
        assert_eq!(invitation(url, Some(code)).unwrap(), (url, code));
        assert_eq!(invitation(&both, None).unwrap(), (url, code));
        for (first, code) in [(url, None), (&both, Some(code)), ("#", None), ("", None)] {
            assert!(matches!(invitation(first, code), Err(StationError::Invitation)), "{first}");
        }
    }
}
