//! The cryptography of a bundle: a key for each part, wrapped for each reader by HPKE (RFC 9180), and
//! frames under it by ChaCha20-Poly1305.
//!
//! A reader's X25519 key follows from the Ed25519 key that everybody knows it by, so a membership list
//! is all that a sender needs.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use ed25519_dalek::{SigningKey, VerifyingKey};
use hpke::aead::ChaCha20Poly1305 as HpkeAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use super::container::{BundleError, Outline};

const DOMAIN: &[u8] = b"yingbin-bundle-v1";

/// The key of a part, wrapped for one reader.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Wrapped {
    /// Which key opens it: see [`hint`].
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) hint: [u8; 8],
    /// HPKE's encapsulated key.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    encapped: [u8; 32],
    /// The key of the part, sealed.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    sealed: [u8; 48],
}

/// Names a reader's key: the first 8 bytes of SHA-256 of the Ed25519 public key.
pub(super) fn hint(reader: &VerifyingKey) -> [u8; 8] {
    let hash = Sha256::digest(reader.as_bytes());
    hash.first_chunk().copied().unwrap_or_default()
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], BundleError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| BundleError::Random)?;
    Ok(bytes)
}

/// Binds a wrapped key to the head of its part.
fn info(outline: &Outline) -> Vec<u8> {
    let numbers = [outline.part.to_be_bytes(), outline.parts.to_be_bytes()].concat();
    [DOMAIN, &outline.convention.0, &outline.from.0, &numbers].concat()
}

/// Wraps a part's key for a reader.
///
/// # Errors
/// [`BundleError::Random`] if the machine has none; [`BundleError::Reader`] if the key is none.
pub(super) fn wrap(
    key: &[u8; 32],
    outline: &Outline,
    reader: &VerifyingKey,
) -> Result<Wrapped, BundleError> {
    // Drawing below panics where there is no randomness, so it is looked for first.
    random::<1>()?;
    type Public = <X25519HkdfSha256 as Kem>::PublicKey;
    let public = Public::from_bytes(&reader.to_montgomery().to_bytes());
    let public = public.map_err(|_| BundleError::Reader)?;
    let hint = hint(reader);
    let sealed = hpke::single_shot_seal::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        &info(outline),
        key,
        &hint,
    );
    let (encapped, sealed) = sealed.map_err(|_| BundleError::Reader)?;
    let encapped = encapped.to_bytes().as_slice().try_into().map_err(|_| BundleError::Reader)?;
    let sealed = sealed.try_into().map_err(|_| BundleError::Reader)?;
    Ok(Wrapped { hint, encapped, sealed })
}

/// Opens a part's key; `None` if it is not for this reader.
pub(super) fn unwrap(wrapped: &Wrapped, outline: &Outline, me: &SigningKey) -> Option<[u8; 32]> {
    type Private = <X25519HkdfSha256 as Kem>::PrivateKey;
    type Encapped = <X25519HkdfSha256 as Kem>::EncappedKey;
    let private = Private::from_bytes(&me.to_scalar_bytes()).ok()?;
    let encapped = Encapped::from_bytes(&wrapped.encapped).ok()?;
    let key = hpke::single_shot_open::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapped,
        &info(outline),
        &wrapped.sealed,
        &wrapped.hint,
    );
    key.ok()?.try_into().ok()
}

/// The key of a part and the number of the next frame under it.
pub(super) struct Frames {
    cipher: ChaCha20Poly1305,
    next: u64,
}

impl Frames {
    pub(super) fn new(key: &[u8; 32]) -> Frames {
        Frames { cipher: ChaCha20Poly1305::new(&Key::from(*key)), next: 0 }
    }

    /// A frame's nonce: whether it ends the part, three zeros, its number.
    fn nonce(&mut self, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        let number = self.next.to_be_bytes();
        self.next = self.next.saturating_add(1);
        nonce.iter_mut().skip(4).zip(number).for_each(|(to, from)| *to = from);
        nonce.iter_mut().take(1).for_each(|to| *to = u8::from(last));
        Nonce::from(nonce)
    }

    pub(super) fn seal(&mut self, plain: &[u8], last: bool) -> Result<Vec<u8>, BundleError> {
        let nonce = self.nonce(last);
        self.cipher.encrypt(&nonce, Payload::from(plain)).map_err(|_| BundleError::TooLarge)
    }

    /// Opens the next frame; `None` if it is damaged or stood elsewhere.
    pub(super) fn open(&mut self, sealed: &[u8], last: bool) -> Option<Vec<u8>> {
        let nonce = self.nonce(last);
        self.cipher.decrypt(&nonce, Payload::from(sealed)).ok()
    }
}
