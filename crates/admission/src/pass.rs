//! The pass: signed proof in a QR code.
//!
//! Text is `YB1` and RFC 4648 base32 without padding over a COSE_Sign1 (RFC 9052) whose payload is
//! the positional CBOR array `[kind, serial, category, revision, first day, days]`.
//! The reader is strict: what does not encode back to the same text is not one of our passes.
//! Whether a pass of ours opens anything is [`crate::rule`]'s question, not this file's.

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};

use crate::cose::{self, Unverified};
use crate::id::{ConventionId, Kid, Serial};
use crate::time::Day;

/// What every pass text begins with; a changed layout gets another digit.
pub const PREFIX: &str = "YB1";
/// Category of a blank: a badge pass that belongs to nobody until a station binds it to somebody.
pub const BLANK: u8 = 255;
/// Longest text that is looked at, in characters.
pub const LONGEST: usize = 512;

const AAD: &[u8] = b"yingbin-pass-v1";

/// What a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassKind {
    /// Collects a badge at registration.
    Invitation,
    /// Opens activities, collects nothing.
    Badge,
}

impl PassKind {
    /// Returns the number in the pass: invitation 0, badge 1.
    pub fn number(self) -> u8 {
        match self {
            PassKind::Invitation => 0,
            PassKind::Badge => 1,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<PassKind> {
        match number {
            0 => Some(PassKind::Invitation),
            1 => Some(PassKind::Badge),
            _ => None,
        }
    }
}

/// What a pass says. No personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    kind: PassKind,
    serial: Serial,
    category: u8,
    revision: u8,
    first_day: Day,
    days: u8,
}

/// A value that a pass cannot carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassBound {
    /// Revisions go from 0 to 23.
    #[error("a pass has a revision from 0 to 23")]
    Revision,
    /// A pass is valid for 1 to 23 days.
    #[error("a pass is valid for 1 to 23 days")]
    Days,
}

impl Pass {
    /// Makes a pass valid on `days` days from `first_day`.
    ///
    /// # Errors
    /// [`PassBound`] if `revision` exceeds 23 or `days` is not in 1 to 23.
    pub fn new(
        kind: PassKind,
        serial: Serial,
        category: u8,
        revision: u8,
        (first_day, days): (Day, u8),
    ) -> Result<Pass, PassBound> {
        if revision > 23 {
            return Err(PassBound::Revision);
        }
        if !(1..=23).contains(&days) {
            return Err(PassBound::Days);
        }
        Ok(Pass { kind, serial, category, revision, first_day, days })
    }

    /// Returns what the pass is for.
    pub fn kind(&self) -> PassKind {
        self.kind
    }

    /// Returns the random number by which its attendee is found.
    pub fn serial(&self) -> Serial {
        self.serial
    }

    /// Returns the category's number in the convention file.
    pub fn category(&self) -> u8 {
        self.category
    }

    /// Tells whether it is a blank, which belongs to whom a station bound it.
    pub fn is_blank(&self) -> bool {
        self.category == BLANK
    }

    /// Returns how often the pass was issued anew, 0 to 23.
    pub fn revision(&self) -> u8 {
        self.revision
    }

    /// Returns the first day on which it is valid.
    pub fn first_day(&self) -> Day {
        self.first_day
    }

    /// Returns the first day on which it is valid no more.
    pub fn end_day(&self) -> Day {
        self.first_day.plus(u32::from(self.days))
    }

    /// Returns the positional CBOR array that is signed.
    pub fn payload(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        // Writing to a vector cannot fail.
        let _ = write_payload(self, &mut Encoder::new(&mut bytes));
        bytes
    }
}

fn write_payload(
    pass: &Pass,
    to: &mut Encoder<&mut Vec<u8>>,
) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
    to.array(6)?
        .u8(pass.kind.number())?
        .bytes(&pass.serial.0)?
        .u8(pass.category)?
        .u8(pass.revision)?
        .u32(pass.first_day.0)?
        .u8(pass.days)?;
    Ok(())
}

/// A public key that stations accept passes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuingKey {
    /// The public half.
    pub public: VerifyingKey,
    /// The only convention for which it speaks.
    pub convention: ConventionId,
    /// Whether it was killed: what it signs is believed no more, because others may hold it.
    pub killed: bool,
}

impl IssuingKey {
    /// Returns the key id: the first 4 bytes of SHA-256 of the public key.
    pub fn kid(&self) -> Kid {
        kid(&self.public)
    }
}

/// Returns the id of a public key: the first 4 bytes of its SHA-256.
pub fn kid(public: &VerifyingKey) -> Kid {
    let hash = Sha256::digest(public.as_bytes());
    Kid(hash.first_chunk::<4>().copied().unwrap_or_default())
}

/// Why a text is not a pass that we believe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// Somebody else's code, or not a code of ours to the letter.
    #[error("not one of our passes")]
    NotOurs,
    /// A pass of a later layout.
    #[error("a pass of a newer layout")]
    NewerPass,
    /// Nobody here knows the key that it names.
    #[error("the pass names the unknown key {0}")]
    UnknownKey(Kid),
    /// The key that signed it was killed.
    #[error("the pass was signed by key {0}, which was killed")]
    KilledKey(Kid),
    /// It names a key that did not sign it.
    #[error("key {0} did not sign this pass")]
    Forged(Kid),
}

/// An authentic pass and the convention that issued it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentic {
    /// What it says.
    pub pass: Pass,
    /// Whose it is: the convention of the key that signed it.
    pub convention: ConventionId,
}

/// Signs a pass and returns its text, the same bytes every time.
pub fn issue(pass: &Pass, convention: ConventionId, key: &SigningKey) -> String {
    let kid = kid(&key.verifying_key());
    let signed = cose::sign(&kid.0, pass.payload(), &aad(convention), key);
    let mut text = String::from(PREFIX);
    BASE32_NOPAD.encode_append(&signed.unwrap_or_default(), &mut text);
    text
}

/// Reads a scanned text against the known keys.
///
/// The text must be a pass to the letter: capitals, no blanks at the ends (the scan assembler
/// removes what scanners add).
///
/// # Errors
/// [`PassError`] if it is not one of ours, of a newer layout, or its signature proves nothing.
pub fn read(text: &str, keys: &[IssuingKey]) -> Result<Authentic, PassError> {
    let message = decode(text)?;
    let (unverified, kid) = Unverified::read::<4>(&message).ok_or(PassError::NotOurs)?;
    let layout = read_payload(unverified.payload()).ok_or(PassError::NotOurs)?;
    let kid = Kid(kid);
    let mut named = keys.iter().filter(|key| key.kid() == kid).peekable();
    if named.peek().is_none() {
        return Err(PassError::UnknownKey(kid));
    }
    let signer = named
        .find(|key| unverified.is_signed_by(&key.public, &aad(key.convention)))
        .ok_or(PassError::Forged(kid))?;
    if signer.killed {
        return Err(PassError::KilledKey(kid));
    }
    match layout {
        Layout::Plain(pass) => Ok(Authentic { pass, convention: signer.convention }),
        Layout::Sealed => Err(PassError::NewerPass),
    }
}

fn aad(convention: ConventionId) -> Vec<u8> {
    [AAD, &convention.0].concat()
}

/// Turns the text into the bytes of its COSE_Sign1, refusing every second spelling.
fn decode(text: &str) -> Result<Vec<u8>, PassError> {
    if text.len() > LONGEST {
        return Err(PassError::NotOurs);
    }
    let Some(body) = text.strip_prefix(PREFIX) else {
        return Err(if is_newer(text) { PassError::NewerPass } else { PassError::NotOurs });
    };
    let message = BASE32_NOPAD.decode(body.as_bytes()).map_err(|_| PassError::NotOurs)?;
    if message.is_empty() || BASE32_NOPAD.encode(&message) != body {
        return Err(PassError::NotOurs);
    }
    Ok(message)
}

/// Tells whether a text has the form of a pass, of this layout or a later one, whoever made it: among
/// several codes that a camera sees it is the one to look at.
pub fn looks_like_one(text: &str) -> bool {
    !matches!(decode(text), Err(PassError::NotOurs))
}

/// A later layout is `YB2` to `YB9` and a body of base32 letters.
fn is_newer(text: &str) -> bool {
    let mut bytes = text.bytes();
    let head = (bytes.next(), bytes.next(), bytes.next());
    let base32 = |c: u8| c.is_ascii_uppercase() || (b'2'..=b'7').contains(&c);
    matches!(head, (Some(b'Y'), Some(b'B'), Some(b'2'..=b'9')))
        && bytes.len() >= 16
        && bytes.all(base32)
}

enum Layout {
    Plain(Pass),
    /// With the seventh element, a block encrypted to stations, which this version cannot open.
    Sealed,
}

fn read_payload(bytes: &[u8]) -> Option<Layout> {
    let mut from = Decoder::new(bytes);
    let length = from.array().ok()??;
    let kind = PassKind::from_number(from.u8().ok()?)?;
    let serial = Serial::try_from(from.bytes().ok()?).ok()?;
    let (category, revision) = (from.u8().ok()?, from.u8().ok()?);
    let span = (Day(from.u32().ok()?), from.u8().ok()?);
    let pass = Pass::new(kind, serial, category, revision, span).ok()?;
    match length {
        6 => (pass.payload() == bytes).then_some(Layout::Plain(pass)),
        7 => {
            let block = from.bytes().ok()?;
            (sealed_payload(&pass, block)? == bytes).then_some(Layout::Sealed)
        }
        _ => None,
    }
}

/// Encodes a pass with a sealed block, to compare with what was read.
fn sealed_payload(pass: &Pass, block: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = pass.payload();
    // 0x86 is an array of six elements, 0x87 one of seven.
    *bytes.first_mut()? = 0x87;
    Encoder::new(&mut bytes).bytes(block).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
