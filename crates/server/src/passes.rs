//! Signing the passes of attendees, and keeping those that are good as they are.

use admission::pass::{self, IssuingKey, Pass, PassKind};
use admission::roster::{Attendee, Convention};
use anyhow::Context;
use ed25519_dalek::SigningKey;
use ledger::Ledger;

use crate::folder::{Folder, convention};

/// What signs passes at one time.
pub struct Passes {
    convention: Convention,
    key: SigningKey,
    keys: Vec<IssuingKey>,
}

impl Passes {
    /// Reads the signing key of a folder and the keys that are believed.
    ///
    /// # Errors
    /// A sentence, if the key is missing.
    pub fn open(folder: &Folder, ledger: &Ledger) -> anyhow::Result<Passes> {
        Ok(Passes {
            convention: convention(ledger)?,
            key: folder.issuing_key(ledger)?,
            keys: ledger.issuing_keys()?,
        })
    }

    /// Returns the convention whose passes they are.
    pub fn convention(&self) -> &Convention {
        &self.convention
    }

    /// Signs one of the two passes of a person with the key that signs now.
    ///
    /// # Errors
    /// A sentence, if the person's category is gone from the convention.
    pub fn sign(&self, attendee: &Attendee, kind: PassKind) -> anyhow::Result<String> {
        token(&self.convention, &self.key, attendee, kind)
    }

    /// Returns the text of a person's badge pass: the one on the badge as long as it is good, so
    /// that a new signing key alone changes nobody; else a new one.
    ///
    /// # Errors
    /// A sentence, if the person's category is gone from the convention.
    pub fn badge(&self, attendee: &Attendee, before: Option<&str>) -> anyhow::Result<String> {
        let fresh = self.sign(attendee, PassKind::Badge)?;
        match before {
            Some(text) if text != fresh && self.is_good(attendee, text)? => Ok(text.to_owned()),
            _ => Ok(fresh),
        }
    }

    /// Tells whether a text is a badge pass of this person as the roster stands.
    fn is_good(&self, attendee: &Attendee, text: &str) -> anyhow::Result<bool> {
        let Ok(read) = pass::read(text, &self.keys) else { return Ok(false) };
        // A blank that was bound to the person has neither category nor revision.
        let blank = read.pass.is_blank() && read.pass.serial() == attendee.badge;
        let due = pass_of(&self.convention, attendee, PassKind::Badge)?;
        Ok(blank || read.pass == due)
    }
}

/// Signs one of the two passes of a person; the same text every time.
///
/// # Errors
/// A sentence, if the person's category is gone from the convention.
pub fn token(
    convention: &Convention,
    key: &SigningKey,
    attendee: &Attendee,
    kind: PassKind,
) -> anyhow::Result<String> {
    Ok(pass::issue(&pass_of(convention, attendee, kind)?, convention.id, key))
}

fn pass_of(convention: &Convention, attendee: &Attendee, kind: PassKind) -> anyhow::Result<Pass> {
    let category = convention.category(&attendee.category).context("a category is gone")?;
    let serial = match kind {
        PassKind::Invitation => attendee.invitation,
        PassKind::Badge => attendee.badge,
    };
    let days = (convention.first_day, convention.days);
    Ok(Pass::new(kind, serial, category.number, attendee.revision, days)?)
}
