//! `root`: the key that says which issuing keys are believed, and its signature on a set of them.
//!
//! The root key belongs in a drawer, on a stick, with a person: never on the server. Nothing here
//! opens a data folder. `docs/keys.md` tells the whole ceremony.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use admission::keys::{KeyLine, KeySet, KeyStatus};
use admission::time::Millis;
use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::folder::{publish_new, read_seed};
use crate::{answer, random};

/// Largest file with a set of keys that is read, in bytes.
pub const LARGEST_SET: u64 = 64 * 1024;

/// Makes a root key in `out` and prints `{"root"}`, its public half.
///
/// # Errors
/// A sentence, if the file is there already or cannot be written.
pub fn run_init(out: &Path) -> anyhow::Result<()> {
    let key = make(out)?;
    eprintln!(
        "The root key is in {}. Keep it apart from the server, with a copy in a second place: \
         without it no key can ever be added or killed.",
        out.display()
    );
    let made = json!({ "root": HEXLOWER.encode(key.verifying_key().as_bytes()) });
    answer(&format!("{made}\n"))
}

/// Makes a root key in a file that was not there.
///
/// # Errors
/// A sentence, if the file is there already or cannot be written.
pub fn make(out: &Path) -> anyhow::Result<SigningKey> {
    let key = SigningKey::from_bytes(&random()?);
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out);
    let mut file = match opened {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            anyhow::bail!("{} is there already; a root key is never overwritten", out.display())
        }
        opened => opened.with_context(|| format!("cannot make {}", out.display()))?,
    };
    let written = file.write_all(key.as_bytes()).and_then(|()| file.sync_all());
    written.with_context(|| format!("cannot write {}", out.display()))?;
    Ok(key)
}

/// Signs a set of keys; says in words what is signed, and prints the same as JSON.
///
/// # Errors
/// A sentence, if key or set cannot be read, or the file is there already or cannot be written.
pub fn run_sign(key: &Path, set: &Path, out: &Path) -> anyhow::Result<()> {
    let signed = sign(&read_seed(key)?, set)?;
    publish_new(out, &signed.bytes)?;
    eprint!("{}", in_words(&signed.set));
    let file = out.display();
    eprintln!("Signed in {file}. At the server: yingbin-server --data DIR keys install {file}");
    answer(&format!("{}\n", summary(&signed.set)))
}

/// A set of keys with the root key's signature.
pub struct Signed {
    /// What was signed.
    pub set: KeySet,
    /// What `keys install` takes.
    pub bytes: Vec<u8>,
}

/// Signs the set in a file that `keys new`, `retire` or `kill` wrote.
///
/// # Errors
/// A sentence, if the file is none of these.
pub fn sign(root: &SigningKey, file: &Path) -> anyhow::Result<Signed> {
    let set = KeySet::read(&read_set(file)?).ok().with_context(|| {
        format!("{} is no unsigned set of keys; make one with keys new", file.display())
    })?;
    let bytes = set.sign(root);
    Ok(Signed { set, bytes })
}

/// Reads a file that should hold a set of keys, signed or not.
///
/// # Errors
/// A sentence, if it cannot be read or is far too large.
pub fn read_set(file: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", file.display());
    let metadata = std::fs::metadata(file).with_context(cannot)?;
    ensure!(metadata.is_file(), "{} is no file; name a set of keys", file.display());
    ensure!(metadata.len() <= LARGEST_SET, "{} is too large for a set of keys", file.display());
    std::fs::read(file).with_context(cannot)
}

/// Says in words what a set does, for the person who is about to sign or install it.
pub fn in_words(set: &KeySet) -> String {
    let mut text = format!(
        "Set {} of the keys of convention {}, drawn up at {}:\n",
        set.number,
        set.convention,
        spoken(set.issued)
    );
    let is_active = |line: &&KeyLine| line.status == KeyStatus::Active;
    let first = set.keys.iter().find(is_active);
    for line in &set.keys {
        let does = match line.status {
            KeyStatus::Active if Some(line) == first => "active: signs passes from now on",
            KeyStatus::Active => "active: ready to sign when the one before it is gone",
            KeyStatus::Retired => "retired: signs no more, its passes are good",
            KeyStatus::Killed => "killed: every pass that it signed is refused",
        };
        let news = if line.since == set.issued { "  <- changed by this set" } else { "" };
        text.push_str(&format!("  {}  {does}, since {}{news}\n", kid(line), spoken(line.since)));
    }
    text
}

fn spoken(at: Millis) -> String {
    let text = at.rfc3339_in(&TimeZone::UTC);
    // To the minute: people compare it with a calendar.
    text.get(..16).map_or(text.clone(), |minute| format!("{} UTC", minute.replace('T', " ")))
}

/// Returns a key's id as text.
pub(crate) fn kid(line: &KeyLine) -> String {
    line.kid().map_or_else(String::new, |kid| kid.to_string())
}

/// Returns what a set says, for programs.
pub(crate) fn summary(set: &KeySet) -> Value {
    let line = |line: &KeyLine| json!({ "kid": kid(line), "status": line.status.name() });
    let keys: Vec<Value> = set.keys.iter().map(line).collect();
    json!({ "convention": set.convention, "number": set.number, "keys": keys })
}

/// Where a root key comes from when a convention is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Root {
    /// A new one, which `init` leaves in the data folder for somebody to take away.
    #[default]
    Beside,
    /// One that `root init` made; it is read and not copied.
    Elsewhere(PathBuf),
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::keys::{self, Change};
    use crate::testing;

    #[test]
    fn a_root_key_is_private_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("root.key");
        let key = make(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), key.as_bytes());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = make(&file).unwrap_err().to_string();
        assert!(refused.ends_with("is there already; a root key is never overwritten"));
        assert_eq!(fs::read(&file).unwrap(), key.as_bytes());
    }

    #[test]
    fn what_is_signed_is_said_in_words() {
        let (dir, folder) = testing::folder();
        let file = dir.path().join("set.unsigned");
        let set = keys::draw_up(&folder, Change::New, &file).unwrap();
        let signed = sign(&SigningKey::from_bytes(&[4; 32]), &file).unwrap();
        assert_eq!(signed.set, set);
        let words = in_words(&set);
        assert!(words.starts_with("Set 2 of the keys of convention "), "{words}");
        assert_eq!(words.matches("active: signs passes from now on").count(), 1, "{words}");
        assert_eq!(words.matches("active: ready to sign").count(), 2, "{words}");
        assert_eq!(words.matches("<- changed by this set").count(), 1, "{words}");
    }

    #[test]
    fn a_signed_set_replaces_nothing() {
        let (dir, folder) = testing::folder();
        let (key, set) = (folder.path().join("keys/root.key"), dir.path().join("set.unsigned"));
        keys::draw_up(&folder, Change::New, &set).unwrap();
        let before = [&key, &set].map(|file| fs::read(file).unwrap());
        for out in [&key, &set] {
            let refused = run_sign(&key, &set, out).unwrap_err().to_string();
            assert!(refused.ends_with("is there already; give another name"), "{refused}");
        }
        assert_eq!([&key, &set].map(|file| fs::read(file).unwrap()), before);
    }

    #[test]
    fn what_is_no_set_is_not_signed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("set");
        let root = SigningKey::from_bytes(&[4; 32]);
        fs::write(&file, "hello").unwrap();
        let refused = sign(&root, &file).err().unwrap().to_string();
        assert!(refused.ends_with("is no unsigned set of keys; make one with keys new"));
        fs::write(&file, vec![0; 70_000]).unwrap();
        let refused = sign(&root, &file).err().unwrap().to_string();
        assert!(refused.ends_with("is too large for a set of keys"), "{refused}");
    }
}
