//! The order to shut down: what a station gets from the server that no longer belongs.
//!
//! A COSE_Sign1 (RFC 9052) over a CBOR map, with the server's key id and the external data
//! `yingbin-wipe-v1` followed by the convention's id. It names its station, so at any other it is
//! worth nothing; a station that was shut down has lost its key and never comes back under its id,
//! so at the same one it can be said as often as one likes.

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use super::MemberState;
use crate::cose::{self, Unverified};
use crate::id::{ConventionId, StationId};
use crate::pass;

const AAD: &[u8] = b"yingbin-wipe-v1";

/// Tells one station to destroy its keys, its roster and its records, once the server has these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WipeOrder {
    /// Which station.
    #[n(0)]
    pub station: StationId,
    /// Number of the membership list in which it no longer belongs.
    #[n(1)]
    pub members: u64,
    /// What it is there: revoked or replaced.
    #[n(2)]
    pub state: MemberState,
}

impl WipeOrder {
    /// Signs the order with the server's key.
    pub fn sign(&self, convention: ConventionId, server: &SigningKey) -> Vec<u8> {
        let kid = pass::kid(&server.verifying_key());
        let payload = minicbor::to_vec(self).unwrap_or_default();
        cose::sign(&kid.0, payload, &aad(convention), server).unwrap_or_default()
    }

    /// Reads an order; `None` unless `server` gave it to `station`, and for a reason.
    pub fn open(
        bytes: &[u8],
        convention: ConventionId,
        server: &VerifyingKey,
        station: StationId,
    ) -> Option<WipeOrder> {
        let (message, _) = Unverified::read::<4>(bytes)?;
        if !message.is_signed_by(server, &aad(convention)) {
            return None;
        }
        let order: WipeOrder = minicbor::decode(message.payload()).ok()?;
        (order.station == station && order.state != MemberState::Active).then_some(order)
    }
}

fn aad(convention: ConventionId) -> Vec<u8> {
    [AAD, &convention.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ConventionId = ConventionId([7; 16]);

    #[test]
    fn an_order_shuts_down_its_own_station_of_its_own_convention_by_its_own_server() {
        let server = SigningKey::from_bytes(&[1; 32]);
        let key = server.verifying_key();
        let (one, other) = (StationId([1; 16]), StationId([2; 16]));
        let order = WipeOrder { station: one, members: 4, state: MemberState::Revoked };
        let bytes = order.sign(HERE, &server);
        assert_eq!(WipeOrder::open(&bytes, HERE, &key, one), Some(order));
        assert_eq!(WipeOrder::open(&bytes, HERE, &key, other), None);
        assert_eq!(WipeOrder::open(&bytes, ConventionId([8; 16]), &key, one), None);
        let stranger = SigningKey::from_bytes(&[2; 32]);
        assert_eq!(WipeOrder::open(&order.sign(HERE, &stranger), HERE, &key, one), None);
        let baseless = WipeOrder { state: MemberState::Active, ..order };
        assert_eq!(WipeOrder::open(&baseless.sign(HERE, &server), HERE, &key, one), None);
        assert_eq!(WipeOrder::open(b"shut down", HERE, &key, one), None);
    }
}
