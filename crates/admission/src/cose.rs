//! COSE_Sign1 (RFC 9052) in the one strict form that passes and envelopes use.
//!
//! Untagged; protected header exactly `{1: -8, 4: kid}`; empty unprotected header; Ed25519.
//! Anything that does not encode back to the same bytes is refused, because a lenient reader
//! would give one pass two spellings.

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::Decoder;

/// Signs `payload` under `aad` with the key that readers know as `kid`.
pub(crate) fn sign(kid: &[u8], payload: Vec<u8>, aad: &[u8], key: &SigningKey) -> Option<Vec<u8>> {
    let protected =
        HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).key_id(kid.to_vec()).build();
    CoseSign1Builder::new()
        .protected(protected)
        .payload(payload)
        .create_signature(aad, |bytes| key.sign(bytes).to_bytes().to_vec())
        .build()
        .to_vec()
        .ok()
}

/// A message of the right form whose signature nobody has checked yet.
pub(crate) struct Unverified {
    message: CoseSign1,
}

impl Unverified {
    /// Reads `bytes`; `None` unless they have exactly the one allowed form with a `KID`-byte key id.
    pub(crate) fn read<const KID: usize>(bytes: &[u8]) -> Option<(Unverified, [u8; KID])> {
        // A general reader builds every item of a hostile array before it says no.
        has_the_form(bytes)?;
        let message = CoseSign1::from_slice(bytes).ok()?;
        let kid: [u8; KID] = message.protected.header.key_id.as_slice().try_into().ok()?;
        let sent = message.protected.original_data.as_deref()?;
        // coset re-encodes swapped header keys identically, so the header is compared by itself.
        if sent != protected_header(&kid) || !message.unprotected.is_empty() {
            return None;
        }
        if message.clone().to_vec().ok()? != bytes {
            return None;
        }
        message.payload.as_ref()?;
        Some((Unverified { message }, kid))
    }

    /// Returns the payload, of which nothing is proved yet.
    pub(crate) fn payload(&self) -> &[u8] {
        self.message.payload.as_deref().unwrap_or_default()
    }

    /// Tells whether `key` signed this under `aad`, by the strict rules of RFC 8032.
    pub(crate) fn is_signed_by(&self, key: &VerifyingKey, aad: &[u8]) -> bool {
        let check = |signature: &[u8], bytes: &[u8]| -> Result<(), ()> {
            let signature = Signature::from_slice(signature).map_err(|_| ())?;
            key.verify_strict(bytes, &signature).map_err(|_| ())
        };
        self.message.verify_signature(aad, check).is_ok()
    }
}

/// Looks for four parts, of which the second is an empty map and the others are byte strings.
fn has_the_form(bytes: &[u8]) -> Option<()> {
    let mut from = Decoder::new(bytes);
    if from.array().ok()? != Some(4) {
        return None;
    }
    from.bytes().ok()?;
    if from.map().ok()? != Some(0) {
        return None;
    }
    from.bytes().ok()?;
    from.bytes().ok()?;
    (from.position() == bytes.len()).then_some(())
}

/// Encodes `{1: -8, 4: kid}` for a key id of at most 23 bytes.
fn protected_header(kid: &[u8]) -> Vec<u8> {
    let length = u8::try_from(kid.len()).unwrap_or(0).min(23);
    let mut bytes = vec![0xA2, 0x01, 0x27, 0x04, 0x40 | length];
    bytes.extend_from_slice(kid);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    #[test]
    fn what_is_signed_is_read_and_verified() {
        let bytes = sign(b"kid!", b"payload".to_vec(), b"aad", &key()).unwrap();
        let (message, kid) = Unverified::read::<4>(&bytes).unwrap();
        assert_eq!((message.payload(), &kid), (b"payload".as_slice(), b"kid!"));
        assert!(message.is_signed_by(&key().verifying_key(), b"aad"));
        assert!(!message.is_signed_by(&key().verifying_key(), b"another aad"));
        let other = SigningKey::from_bytes(&[8; 32]);
        assert!(!message.is_signed_by(&other.verifying_key(), b"aad"));
    }

    #[test]
    fn a_key_id_has_the_length_that_the_reader_asks_for() {
        let bytes = sign(&[1; 16], Vec::new(), b"", &key()).unwrap();
        assert!(Unverified::read::<16>(&bytes).is_some());
        assert!(Unverified::read::<4>(&bytes).is_none());
    }

    #[test]
    fn envelopes_of_a_megabyte_are_read_whole() {
        let bytes = sign(&[1; 16], vec![0xAB; 1 << 20], b"aad", &key()).unwrap();
        let (message, _) = Unverified::read::<16>(&bytes).unwrap();
        assert!(message.is_signed_by(&key().verifying_key(), b"aad"));
        assert_eq!(message.payload().len(), 1 << 20);
    }

    #[test]
    fn an_array_of_four_million_items_is_refused_unread() {
        let mut bytes = vec![0x9A, 0x00, 0x3E, 0x8F, 0xA0];
        bytes.resize(4_100_000, 0xA0);
        assert!(has_the_form(&bytes).is_none());
        let part = |bytes: &[u8]| [&[0x84, 0x40, 0xA0], bytes, &[0x40]].concat();
        assert!(has_the_form(&part(&[0x40])).is_some());
        for wrong in [&[0xA0][..], &[0xF6], &[0x40, 0x40], &[0x5F, 0xFF]] {
            assert!(has_the_form(&part(wrong)).is_none(), "{wrong:02x?}");
        }
    }

    #[test]
    fn hostile_lengths_and_depths_are_refused_at_once() {
        let deep = |head: &[u8]| head.repeat(200_000);
        let hostile = [
            Vec::new(),
            vec![0xFF],
            deep(&[0x81]),
            deep(&[0x9F]),
            deep(&[0xA1, 0x00]),
            deep(&[0xD2]),
            deep(&[0x5F]),
            vec![0x5B, 0x80, 0, 0, 0, 0, 0, 0, 0],
            vec![0x84, 0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            vec![0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            vec![0xBB, 0, 0, 0, 1, 0, 0, 0, 0],
        ];
        for bytes in hostile {
            assert!(Unverified::read::<4>(&bytes).is_none(), "{:02x?}", bytes.get(..9));
        }
    }
}
