//! Messages of other versions: a station with facts can always hand them in.
//!
//! What stands under these keys is the same in every version of the protocol; everything else may
//! change with its number.

use minicbor::Decode;
use minicbor::bytes::ByteVec;

use super::{Message, Nonce, PROTOCOL, Vector};
use crate::id::StationId;
use crate::time::Millis;

/// The part of a message that never changes.
#[derive(Decode)]
#[cbor(map)]
struct Core {
    #[n(0)]
    protocol: u8,
    #[n(1)]
    from: StationId,
    #[n(2)]
    to: StationId,
    #[n(3)]
    nonce: Nonce,
    #[n(4)]
    answers: Option<Nonce>,
    #[n(5)]
    sent_at: Millis,
    #[n(6)]
    vector: Vector,
    #[n(7)]
    facts: Vec<ByteVec>,
}

/// Reads a message: all of one of this version, of any other what never changes.
pub(super) fn read(payload: &[u8]) -> Option<Message> {
    let core: Core = minicbor::decode(payload).ok()?;
    if core.protocol == PROTOCOL {
        return minicbor::decode(payload).ok();
    }
    let Core { protocol, from, to, nonce, answers, sent_at, vector, facts } = core;
    let empty = Message::empty(from, to, nonce, sent_at);
    Some(Message { protocol, answers, vector, facts, ..empty })
}

impl Message {
    /// Tells whether the speaker's version is this one, so that both mean the same by lists.
    pub fn is_of_this_version(&self) -> bool {
        self.protocol == PROTOCOL
    }

    /// Returns a sentence for the people at a station of another version, whose question this is;
    /// nothing where both speak the same.
    pub fn to_update(&self) -> Option<String> {
        let Message { protocol, .. } = self;
        match protocol.cmp(&PROTOCOL) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Less => Some(format!(
                "its records are taken; for lists update this station: it speaks version {protocol} \
                 of the exchange, and the server {PROTOCOL}"
            )),
            std::cmp::Ordering::Greater => Some(format!(
                "its records are taken; for lists update the server: it speaks version {PROTOCOL} \
                 of the exchange, and this station {protocol}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::PROTOCOL;

    /// A message of version 9, in which key 8 means something else and a key 40 is new.
    fn of_version_9() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut to = minicbor::Encoder::new(&mut bytes);
        to.map(10).unwrap();
        to.u8(0).unwrap().u8(9).unwrap();
        to.u8(1).unwrap().bytes(&[1; 16]).unwrap().u8(2).unwrap().bytes(&[2; 16]).unwrap();
        to.u8(3).unwrap().bytes(&[3; 16]).unwrap().u8(4).unwrap().null().unwrap();
        to.u8(5).unwrap().i64(77).unwrap().u8(6).unwrap().map(0).unwrap();
        to.u8(7).unwrap().array(1).unwrap().bytes(b"a fact").unwrap();
        to.u8(8).unwrap().str("no list any more").unwrap();
        to.u8(40).unwrap().bool(true).unwrap();
        bytes
    }

    #[test]
    fn of_a_message_of_another_version_the_facts_are_read() {
        let message = read(&of_version_9()).unwrap();
        assert_eq!((message.protocol, message.from), (9, StationId([1; 16])));
        assert_eq!(message.facts, [ByteVec::from(b"a fact".to_vec())]);
        assert!(message.to_update().unwrap().contains("update the server"));
        let old = Message { protocol: PROTOCOL - 1, ..message };
        assert!(old.to_update().unwrap().contains("update this station"));
        assert_eq!(Message { protocol: PROTOCOL, ..old }.to_update(), None);
    }

    #[test]
    fn a_message_of_this_version_is_read_whole_or_not_at_all() {
        let mut bytes = of_version_9();
        bytes[2] = PROTOCOL;
        assert_eq!(read(&bytes), None, "key 8 is no list of scopes");
    }
}
