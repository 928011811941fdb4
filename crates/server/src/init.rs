//! `init`: sets a data folder up for one convention, whole or not at all.
//!
//! Everything is made in a folder inside, `.init`, and moved out of it; `server.json` moves last.
//! A folder that has `.init` and no `server.json` was interrupted, and what lies there is thrown away
//! by the next `init`.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use admission::id::{ConventionId, StationId};
use admission::keys::{KeyLine, KeySet, KeyStatus};
use admission::roster::Convention;
use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::clock::Clock;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::folder::{
    DATABASE, Folder, KEYS, ROOT, SETTINGS, Settings, issuing_file, lock, read_seed,
    write_atomically,
};
use crate::root::Root;
use crate::{answer, convention_file, random, test_passes};

const STAGE: &str = ".init";
/// What moves out of the stage, in this order.
const MADE: [&str; 3] = [KEYS, DATABASE, SETTINGS];

/// Sets the folder up and prints `{"convention", "api_token"}`.
///
/// # Errors
/// Complaints about the convention file, or a sentence; then the folder is as it was.
pub fn run(data: &Path, file: &Path, root: &Root) -> anyhow::Result<()> {
    let made = init(data, file, root)?;
    eprintln!("Set up in {}. Keep the API token: it is not shown again.", data.display());
    Folder::open(data)?.warn_of_root();
    let made = json!({ "convention": made.convention, "api_token": made.api_token });
    answer(&format!("{made}\n"))
}

/// What is known only now: the token is not stored.
#[derive(Clone, Debug)]
pub struct Made {
    /// The new convention's id.
    pub convention: ConventionId,
    /// The token for the API.
    pub api_token: String,
}

/// Sets the folder up.
///
/// # Errors
/// Complaints about the convention file, or a sentence; then the folder is as it was.
pub fn init(data: &Path, file: &Path, root: &Root) -> anyhow::Result<Made> {
    refuse_second(data)?;
    let root = match root {
        Root::Beside => RootKey { key: SigningKey::from_bytes(&random()?), keep: true },
        Root::Elsewhere(file) => RootKey { key: read_seed(file)?, keep: false },
    };
    let id = ConventionId(random()?);
    let convention = convention_file::read(file, id)?;
    let existed = data.exists();
    let made = make(data, &convention, &root);
    if made.is_err() && !existed {
        // Nothing of value can lie in a folder that was made a moment ago.
        let _ = fs::remove_dir_all(data);
    }
    made
}

/// The root key during `init`.
struct RootKey {
    key: SigningKey,
    /// Whether it is to be left in the folder, because nobody else has it.
    keep: bool,
}

fn refuse_second(data: &Path) -> anyhow::Result<()> {
    ensure!(
        !data.join(SETTINGS).exists(),
        "{} already holds a convention; choose another folder for another one",
        data.display()
    );
    let unfinished = data.join(STAGE).exists();
    let leftover = [KEYS, DATABASE].into_iter().find(|name| data.join(name).exists());
    match leftover {
        Some(name) if !unfinished => anyhow::bail!(
            "{} holds {name} but no {SETTINGS}; put {SETTINGS} back or choose another folder",
            data.display()
        ),
        _ => Ok(()),
    }
}

fn make(data: &Path, convention: &Convention, root: &RootKey) -> anyhow::Result<Made> {
    let cannot = || format!("cannot make the folder {}", data.display());
    private_folder(data).with_context(cannot)?;
    let _alone = lock(data, "serve.lock", "another program is setting this folder up")?;
    // Again, now that nobody else can: another `init` may have been first.
    refuse_second(data)?;
    clear(data);
    let made = stage(&data.join(STAGE), convention, root).and_then(|made| {
        for name in MADE {
            fs::rename(data.join(STAGE).join(name), data.join(name)).with_context(cannot)?;
        }
        Ok(made)
    });
    match &made {
        Ok(_) => {
            // The folder is set up; an empty stage is not worth an error.
            let _ = fs::remove_dir_all(data.join(STAGE));
        }
        Err(_) => clear(data),
    }
    made
}

/// Throws away what an `init` without an end has left.
fn clear(data: &Path) {
    // What is not there needs no removal; what cannot be removed shows at the next write.
    let _ = fs::remove_dir_all(data.join(KEYS));
    let _ = fs::remove_file(data.join(DATABASE));
    let _ = fs::remove_dir_all(data.join(STAGE));
}

fn stage(stage: &Path, convention: &Convention, root: &RootKey) -> anyhow::Result<Made> {
    private_folder(&stage.join(KEYS))
        .with_context(|| format!("cannot make the folder {}", stage.display()))?;
    let issuing = [SigningKey::from_bytes(&random()?), SigningKey::from_bytes(&random()?)];
    let server = SigningKey::from_bytes(&random()?);
    for (number, key) in (1u32..).zip(&issuing) {
        write_atomically(&stage.join(issuing_file(number)), key.as_bytes())?;
    }
    if root.keep {
        write_atomically(&stage.join(ROOT), root.key.as_bytes())?;
    }
    write_atomically(&stage.join(KEYS).join("server.key"), server.as_bytes())?;
    // The empty file gives the database and its journal the mode of private files.
    write_atomically(&stage.join(DATABASE), b"")?;
    let mut ledger = Ledger::open(&stage.join(DATABASE), None)?;
    let public = root.key.verifying_key();
    let keys = first_keys(convention.id, &issuing);
    ledger.begin_trust(convention.id, public.to_bytes(), &keys.sign(&root.key))?;
    ledger.set_convention(convention, &public)?;
    if let Some(first) = issuing.first() {
        ledger.revise(&test_passes::attendees(convention, first)?)?;
    }
    drop(ledger);
    let api_token = HEXLOWER.encode(&random::<32>()?);
    let settings = Settings {
        convention: convention.id,
        server: StationId(random()?),
        server_key: HEXLOWER.encode(server.verifying_key().as_bytes()),
        api_token_sha256: HEXLOWER.encode(&Sha256::digest(api_token.as_bytes())),
    };
    let text = format!("{}\n", serde_json::to_string_pretty(&settings)?);
    write_atomically(&stage.join(SETTINGS), text.as_bytes())?;
    Ok(Made { convention: convention.id, api_token })
}

/// Draws up the first key set: two keys, so that one can be killed without a day's delay.
fn first_keys(convention: ConventionId, issuing: &[SigningKey]) -> KeySet {
    let now = Clock::Machine.now();
    let line = |key: &SigningKey| KeyLine {
        public: key.verifying_key().to_bytes(),
        status: KeyStatus::Active,
        since: now,
    };
    KeySet { convention, number: 1, issued: now, keys: issuing.iter().map(line).collect() }
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::testing;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_is_set_up_with_private_keys_and_a_token() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let made = init(&data, &testing::convention_file(dir.path()), &Root::Beside).unwrap();
        assert_eq!(made.api_token.len(), 64);
        assert_eq!(mode(&data), 0o700);
        for file in ["keys/issuing-1.key", "keys/server.key", "yingbin.db", "server.json"] {
            assert_eq!(mode(&data.join(file)), 0o600, "{file}");
        }
        assert!(!data.join(STAGE).exists());
        let folder = Folder::open(&data).unwrap();
        assert_eq!(folder.settings.convention, made.convention);
        assert!(!fs::read_to_string(data.join(SETTINGS)).unwrap().contains(&made.api_token));
        folder.issuing_key(&folder.ledger().unwrap()).unwrap();
    }

    #[test]
    fn a_root_key_from_elsewhere_is_used_and_not_copied() {
        let dir = tempfile::tempdir().unwrap();
        let (data, file) = (dir.path().join("data"), dir.path().join("root.key"));
        let root = crate::root::make(&file).unwrap();
        let elsewhere = Root::Elsewhere(file);
        init(&data, &testing::convention_file(dir.path()), &elsewhere).unwrap();
        assert!(!data.join(ROOT).exists());
        let ledger = Folder::open(&data).unwrap().ledger().unwrap();
        let pinned = ledger.served().unwrap().unwrap().root;
        assert_eq!(pinned, root.verifying_key().to_bytes());
        for entry in fs::read_dir(data.join(KEYS)).unwrap() {
            assert_ne!(fs::read(entry.unwrap().path()).unwrap(), root.as_bytes());
        }
    }

    #[test]
    fn a_second_init_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let file = testing::convention_file(dir.path());
        init(&data, &file, &Root::Beside).unwrap();
        let read = |name: &str| fs::read(data.join(name)).unwrap();
        let before = (read(SETTINGS), read("keys/issuing-1.key"), read(DATABASE));
        let refused = init(&data, &file, &Root::Beside).unwrap_err().to_string();
        assert!(refused.contains("already holds a convention"), "{refused}");
        assert_eq!((read(SETTINGS), read("keys/issuing-1.key"), read(DATABASE)), before);
    }

    #[test]
    fn an_init_that_failed_does_not_block_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let bad = dir.path().join("bad.toml");
        fs::write(&bad, "[convention]\n").unwrap();
        init(&data, &bad, &Root::Beside).unwrap_err();
        assert!(!data.exists());
        init(&data, &testing::convention_file(dir.path()), &Root::Beside).unwrap();
    }

    #[test]
    fn an_init_that_was_killed_does_not_block_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join(STAGE)).unwrap();
        fs::create_dir_all(data.join(KEYS)).unwrap();
        fs::write(data.join(DATABASE), "half").unwrap();
        init(&data, &testing::convention_file(dir.path()), &Root::Beside).unwrap();
        Folder::open(&data).unwrap().ledger().unwrap();
    }

    #[test]
    fn keys_without_settings_are_somebodys_and_stay() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join(KEYS)).unwrap();
        let refused = init(&data, &testing::convention_file(dir.path()), &Root::Beside)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("holds keys but no server.json; put server.json back"));
        assert!(data.join(KEYS).exists());
    }

    #[test]
    fn another_key_in_the_place_of_the_issuing_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        init(&data, &testing::convention_file(dir.path()), &Root::Beside).unwrap();
        let folder = Folder::open(&data).unwrap();
        let ledger = folder.ledger().unwrap();
        fs::write(data.join("keys/issuing-1.key"), [9; 32]).unwrap();
        let refused = folder.issuing_key(&ledger).unwrap_err().to_string();
        assert!(refused.contains("holds no file with the active issuing key"), "{refused}");
        fs::write(data.join("keys/issuing-1.key"), [9; 31]).unwrap();
        let refused = folder.issuing_key(&ledger).unwrap_err().to_string();
        assert!(refused.contains("is no key: it must have 32 bytes"), "{refused}");
        fs::write(data.join(DATABASE), "this is not a database at all, but text".repeat(99))
            .unwrap();
        let refused = folder.ledger().err().unwrap().to_string();
        assert!(refused.ends_with("yingbin-server --data DIR restore"), "{refused}");
    }
}
