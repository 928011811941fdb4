//! `keys`: the public keys with which anybody can verify the convention's passes.

use std::path::Path;

use admission::pass;
use anyhow::Context;
use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use serde_json::json;

use crate::answer;
use crate::folder::Folder;

/// Prints the issuing keys as a JSON array.
///
/// # Errors
/// A sentence, if the folder is not set up or its database is damaged.
pub fn run(data: &Path) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let served = folder.ledger_to_read()?.served()?.context("the database holds no keys")?;
    let line = |issuing: &[u8]| -> anyhow::Result<serde_json::Value> {
        let bytes: [u8; 32] = issuing.try_into().context("a stored key is damaged")?;
        let public = VerifyingKey::from_bytes(&bytes).context("a stored key is damaged")?;
        Ok(json!({
            "kid": pass::kid(&public).to_string(),
            "public_key": HEXLOWER.encode(&bytes),
            "convention": folder.settings.convention.to_string(),
            "status": "active",
        }))
    };
    let keys =
        served.issuing.iter().map(|issuing| line(issuing)).collect::<anyhow::Result<Vec<_>>>()?;
    answer(&format!("{}\n", serde_json::to_string(&keys)?))
}
