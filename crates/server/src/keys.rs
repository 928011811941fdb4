//! `keys`: the issuing keys of the convention: which there are, and the next set of them.
//!
//! A change is drawn up here, signed wherever the root key lies (`root sign`), and installed here.
//! The first active key of the set signs; keys are never left out of a set again.

use std::collections::BTreeMap;
use std::path::Path;

use admission::id::Kid;
use admission::keys::{KeyLine, KeySet, KeyStatus, MOST_KEYS};
use admission::pass::{self, IssuingKey, PassError};
use anyhow::{Context, bail, ensure};
use data_encoding::HEXLOWER;
use ed25519_dalek::{SigningKey, VerifyingKey};
use ledger::Ledger;
use ledger::clock::Clock;
use serde_json::json;

use crate::folder::{Folder, publish_new, refuse_taken};
use crate::root::{in_words, read_set, summary};
use crate::{answer, random};

/// A change to the issuing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One more active key.
    New,
    /// A key signs no more; what it signed stays good.
    Retire(Kid),
    /// A key is in wrong hands; what it signed is refused.
    Kill(Kid),
}

/// Prints the issuing keys as a JSON array.
///
/// # Errors
/// A sentence, if the folder is not set up or its database is damaged.
pub fn run(data: &Path) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let ledger = folder.ledger_to_read()?;
    let set = in_force(&ledger)?;
    let out = blanks_out(&ledger, &set)?;
    let line = |line: &KeyLine| {
        json!({
            "kid": line.kid(),
            "public_key": HEXLOWER.encode(&line.public),
            "convention": folder.settings.convention,
            "status": line.status.name(),
            "blanks": line.kid().and_then(|kid| out.get(&kid)).copied().unwrap_or(0),
        })
    };
    let keys: Vec<serde_json::Value> = set.keys.iter().map(line).collect();
    answer(&format!("{}\n", serde_json::to_string(&keys)?))
}

/// Counts the blanks that stations hold and nobody has got yet, by the key that signed them.
///
/// # Errors
/// A sentence, if they cannot be read.
pub fn blanks_out(ledger: &Ledger, set: &KeySet) -> anyhow::Result<BTreeMap<Kid, u64>> {
    let keys = set.issuing();
    let mut counts = BTreeMap::new();
    for text in ledger.blanks_out()? {
        if let Some(kid) = signer(&text, &keys) {
            let count: &mut u64 = counts.entry(kid).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok(counts)
}

/// Returns which of the keys signed a pass.
fn signer(text: &str, keys: &[IssuingKey]) -> Option<Kid> {
    let signed = |key: &&IssuingKey| {
        let read = pass::read(text, std::slice::from_ref(*key));
        matches!(read, Ok(_) | Err(PassError::KilledKey(_)))
    };
    keys.iter().find(signed).map(IssuingKey::kid)
}

/// Draws the next set up into `out`, for `root sign`, and says what it changes.
///
/// # Errors
/// A sentence, if the change makes no sense, or the file is there already or cannot be written.
pub fn run_change(data: &Path, change: Change, out: &Path) -> anyhow::Result<()> {
    let set = draw_up(&Folder::open(data)?, change, out)?;
    eprint!("{}", in_words(&set));
    eprintln!(
        "Nothing has changed yet. Where the root key lies: yingbin-server root sign --key FILE {} \
         --out FILE",
        out.display()
    );
    answer(&format!("{}\n", summary(&set)))
}

/// Draws the next set up, unsigned, into `out`; a new key lies in the folder afterwards.
///
/// # Errors
/// A sentence, if the change makes no sense, or the file is there already or cannot be written.
pub fn draw_up(folder: &Folder, change: Change, out: &Path) -> anyhow::Result<KeySet> {
    let _alone =
        folder.lock("keys.lock", "another program changes the keys; wait until it ends")?;
    // Before a key is made that nobody would know of.
    refuse_taken(out)?;
    let mut set = in_force(&folder.ledger_to_read()?)?;
    set.number = set.number.saturating_add(1);
    set.issued = Clock::Machine.now();
    match change {
        Change::New => add(folder, &mut set)?,
        Change::Retire(kid) => end(&mut set, kid, KeyStatus::Retired)?,
        Change::Kill(kid) => end(&mut set, kid, KeyStatus::Killed)?,
    }
    publish_new(out, &set.bytes())?;
    Ok(set)
}

fn in_force(ledger: &Ledger) -> anyhow::Result<KeySet> {
    ledger.key_set()?.context("the database holds no keys; put it back")
}

/// Adds a key: one that lies in the folder since an earlier `keys new`, or else a new one.
fn add(folder: &Folder, set: &mut KeySet) -> anyhow::Result<()> {
    ensure!(
        set.keys.len() < MOST_KEYS,
        "a convention has at most {MOST_KEYS} issuing keys, and none is ever forgotten"
    );
    let listed = |key: &SigningKey| set.keys.iter().any(|line| line.public == public(key));
    let waiting = folder.issuing_keys()?.into_iter().find(|key| !listed(key));
    let key = match waiting {
        Some(key) => key,
        None => folder.add_issuing_key(random()?)?,
    };
    set.keys.push(KeyLine { public: public(&key), status: KeyStatus::Active, since: set.issued });
    Ok(())
}

fn public(key: &SigningKey) -> [u8; 32] {
    key.verifying_key().to_bytes()
}

/// Retires or kills a key; there must be another active one.
fn end(set: &mut KeySet, kid: Kid, status: KeyStatus) -> anyhow::Result<()> {
    let known: Vec<String> = set.keys.iter().map(crate::root::kid).collect();
    let actives = set.keys.iter().filter(|line| line.status == KeyStatus::Active).count();
    let line = set.keys.iter_mut().find(|line| line.kid() == Some(kid));
    let line = line.with_context(|| {
        format!("there is no issuing key {kid}; there is: {}", known.join(", "))
    })?;
    match (line.status, status) {
        (KeyStatus::Killed, _) => bail!("key {kid} is killed already, and stays so"),
        (KeyStatus::Retired, KeyStatus::Retired) => bail!("key {kid} is retired already"),
        (KeyStatus::Active, _) if actives < 2 => bail!(
            "key {kid} is the last active one, and without one no pass can be made; add another \
             first (keys new)"
        ),
        _ => (line.status, line.since) = (status, set.issued),
    }
    Ok(())
}

/// Installs a signed set; stations hear of it at once from a running `serve`.
///
/// # Errors
/// A sentence, if the root key did not sign it, it does not follow the set in force, or the key
/// that would sign passes is missing.
pub fn run_install(data: &Path, file: &Path) -> anyhow::Result<()> {
    let installed = install(&Folder::open(data)?, file)?;
    eprint!("{}", in_words(&installed.set));
    if installed.kills {
        eprintln!(
            "A key was killed by this set: what it signed is refused wherever the set arrives. \
             Now give everybody a new pass: reissue --all, then issue."
        );
    }
    answer(&format!("{}\n", summary(&installed.set)))
}

/// A set that came into force.
pub struct Installed {
    /// The set.
    pub set: KeySet,
    /// Whether a key that was good before is killed by it.
    pub kills: bool,
}

/// Installs a signed set.
///
/// # Errors
/// A sentence; then the set in force stays.
pub fn install(folder: &Folder, file: &Path) -> anyhow::Result<Installed> {
    let signed = read_set(file)?;
    ensure!(
        KeySet::read(&signed).is_err(),
        "{} is not signed yet; let the root key sign it (root sign)",
        file.display()
    );
    let _alone =
        folder.lock("keys.lock", "another program changes the keys; wait until it ends")?;
    let mut ledger = folder.ledger()?;
    let before = in_force(&ledger)?;
    let served = ledger.served()?.context("the database holds no convention; put it back")?;
    let root = VerifyingKey::from_bytes(&served.root).context("the root key is no key")?;
    // What is not authentic is refused below, with a sentence.
    if let Ok(set) = KeySet::open(&signed, served.convention.id, &root) {
        folder.signing_key_of(&set)?;
    }
    let set = ledger.install_keys(&signed)?;
    let killed =
        |set: &KeySet| set.keys.iter().filter(|line| line.status == KeyStatus::Killed).count();
    Ok(Installed { kills: killed(&set) > killed(&before), set })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::testing::{self, PEOPLE, change_keys};

    fn kids(set: &KeySet) -> Vec<Kid> {
        set.keys.iter().filter_map(KeyLine::kid).collect()
    }

    fn refusal(folder: &Folder, change: Change) -> String {
        let out = folder.path().join("out");
        let refused = draw_up(folder, change, &out).unwrap_err().to_string();
        assert!(!out.exists(), "nothing is written");
        refused
    }

    fn statuses(set: &KeySet) -> Vec<&'static str> {
        set.keys.iter().map(|line| line.status.name()).collect()
    }

    #[test]
    fn keys_are_added_retired_and_killed_by_numbered_sets() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let set = change_keys(&folder, Change::New);
        assert_eq!((set.number, statuses(&set)), (2, vec!["active", "active", "active"]));
        let signs = |folder: &Folder| {
            let ledger = folder.ledger().unwrap();
            pass::kid(&folder.issuing_key(&ledger).unwrap().verifying_key())
        };
        assert_eq!(signs(&folder), kids(&set)[0], "a new key signs when its turn comes");
        let set = change_keys(&folder, Change::Retire(kids(&set)[0]));
        assert_eq!((set.number, statuses(&set)), (3, vec!["retired", "active", "active"]));
        assert_eq!(signs(&folder), kids(&set)[1]);
        let set = change_keys(&folder, Change::Kill(kids(&set)[1]));
        assert_eq!((set.number, statuses(&set)), (4, vec!["retired", "killed", "active"]));
        assert_eq!(signs(&folder), kids(&set)[2]);
        let set = change_keys(&folder, Change::New);
        let set = change_keys(&folder, Change::Kill(kids(&set)[0]));
        assert_eq!(statuses(&set), ["killed", "killed", "active", "active"]);
    }

    #[test]
    fn the_last_active_key_stays_and_what_is_over_is_over() {
        let (_dir, folder) = testing::folder();
        let kids = kids(&in_force(&folder.ledger().unwrap()).unwrap());
        change_keys(&folder, Change::Kill(kids[0]));
        for change in [Change::Kill(kids[1]), Change::Retire(kids[1])] {
            let refused = refusal(&folder, change);
            let sentence = "is the last active one, and without one no pass can be made";
            assert!(refused.contains(sentence), "{refused}");
        }
        for change in [Change::Kill(kids[0]), Change::Retire(kids[0])] {
            assert!(refusal(&folder, change).ends_with("is killed already, and stays so"));
        }
        let stranger = refusal(&folder, Change::Kill(Kid([0; 4])));
        let known = format!("there is: {}, {}", kids[0], kids[1]);
        assert_eq!(stranger, format!("there is no issuing key 00000000; {known}"));
    }

    #[test]
    fn a_set_that_was_never_signed_leaves_no_second_key_behind() {
        let (_dir, folder) = testing::folder();
        let out = |name: &str| folder.path().join(name);
        let first = draw_up(&folder, Change::New, &out("first")).unwrap();
        let second = draw_up(&folder, Change::New, &out("second")).unwrap();
        assert_eq!(kids(&first), kids(&second));
        assert_eq!(folder.issuing_keys().unwrap().len(), 3);
    }

    #[test]
    fn a_set_replaces_no_file_and_makes_no_key_then() {
        let (_dir, folder) = testing::folder();
        let kid = kids(&in_force(&folder.ledger().unwrap()).unwrap())[0];
        for change in [Change::New, Change::Retire(kid), Change::Kill(kid)] {
            let out = folder.path().join("keys/server.key");
            let refused = draw_up(&folder, change, &out).unwrap_err().to_string();
            assert_eq!(refused, format!("{} is there already; give another name", out.display()));
        }
        folder.server_key().unwrap();
        assert_eq!(folder.issuing_keys().unwrap().len(), 2);
    }

    #[test]
    fn what_does_not_follow_is_not_installed() {
        let (_dir, folder) = testing::folder();
        let (file, out) = (folder.path().join("signed"), folder.path().join("out"));
        let refusal = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            install(&folder, &file).err().unwrap().to_string()
        };
        let set = draw_up(&folder, Change::New, &out).unwrap();
        let root = crate::folder::read_seed(&folder.path().join(crate::folder::ROOT)).unwrap();
        let stranger = refusal(&set.sign(&SigningKey::from_bytes(&[3; 32])));
        assert!(stranger.ends_with("is not signed by the convention's root key"), "{stranger}");
        assert!(refusal(&set.bytes()).contains("is not signed yet"));
        assert!(refusal(b"hello").ends_with("this is not a set of keys"));
        let forgetful = KeySet { keys: set.keys[1..].to_vec(), ..set.clone() };
        assert!(refusal(&forgetful.sign(&root)).contains("no key is left out"));
        fs::remove_file(folder.path().join("keys/issuing-1.key")).unwrap();
        let missing = refusal(&set.sign(&root));
        assert!(missing.contains("holds no file with the active issuing key"), "{missing}");
        assert_eq!(in_force(&folder.ledger().unwrap()).unwrap().number, 1);
    }
}
