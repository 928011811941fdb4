//! A kiosk's own file, opened as the kiosk opens it.

use std::path::Path;

use admission::exchange::Policy;
use admission::id::FactHash;
use anyhow::Context;
use ed25519_dalek::SigningKey;
use ledger::{DiskKey, Ledger};

/// A kiosk of which nothing runs.
pub struct Station {
    /// Its ledger.
    pub ledger: Ledger,
    /// Its key.
    pub key: SigningKey,
    /// What the server decided for it.
    pub policy: Policy,
}

impl Station {
    /// Enrols a kiosk in the folder `data`.
    pub fn enrol(data: &Path, url: &str, code: &str) -> anyhow::Result<Station> {
        drop(kiosk::Station::enrol(data, url, code)?);
        Station::open(data)
    }

    /// Opens the folder of a kiosk that is enrolled.
    pub fn open(data: &Path) -> anyhow::Result<Station> {
        let disk = DiskKey(seed(&data.join("ledger.key"))?);
        let ledger = Ledger::open(&data.join("ledger.db"), Some(&disk))?;
        let policy = ledger.policy()?.context("the kiosk has no policy")?;
        Ok(Station {
            ledger,
            key: SigningKey::from_bytes(&seed(&data.join("station.key"))?),
            policy,
        })
    }
}

/// Reads one of the two keys in a kiosk's folder: 64 hexadecimal digits, as those of a hash.
fn seed(file: &Path) -> anyhow::Result<[u8; 32]> {
    Ok(std::fs::read_to_string(file)?.trim().parse::<FactHash>()?.0)
}
