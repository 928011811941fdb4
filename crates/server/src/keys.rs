//! `keys`: the public keys with which anybody can verify the convention's passes.

use std::path::Path;

use admission::keys::KeyLine;
use anyhow::Context;
use data_encoding::HEXLOWER;
use serde_json::json;

use crate::answer;
use crate::folder::Folder;

/// Prints the issuing keys as a JSON array.
///
/// # Errors
/// A sentence, if the folder is not set up or its database is damaged.
pub fn run(data: &Path) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let set = folder.ledger_to_read()?.key_set()?.context("the database holds no keys")?;
    let line = |line: &KeyLine| {
        json!({
            "kid": line.kid(),
            "public_key": HEXLOWER.encode(&line.public),
            "convention": folder.settings.convention,
            "status": line.status.name(),
        })
    };
    let keys: Vec<serde_json::Value> = set.keys.iter().map(line).collect();
    answer(&format!("{}\n", serde_json::to_string(&keys)?))
}
