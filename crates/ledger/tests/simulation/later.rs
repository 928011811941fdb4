//! A program that was brought up to date before the others: its messages have another number and a
//! key that nobody knows, and it records what nobody else can read.

use admission::exchange::{Head, Message, PROTOCOL};
use admission::fact::{Body, Confidence, Fact, Moment, NO_PREVIOUS};
use admission::id::{AttendeeId, LogId, Seq, Slug};
use admission::time::{Hybrid, Millis};
use ed25519_dalek::{Signer, SigningKey};
use minicbor::{Decoder, Encoder};

use crate::town::CONVENTION;

/// Signs a message as a later program does. The server's version is the older one.
pub fn seal(message: &Message, sender: &SigningKey) -> Vec<u8> {
    let message = Message { protocol: PROTOCOL + 1, ..message.clone() };
    let known = minicbor::to_vec(&message).unwrap();
    let mut from = Decoder::new(&known);
    let fields = from.map().unwrap().unwrap();
    let mut payload = Vec::new();
    Encoder::new(&mut payload).map(fields + 1).unwrap();
    payload.extend(&known[from.position()..]);
    Encoder::new(&mut payload).u8(90).unwrap().str("what nobody knows yet").unwrap();
    envelope(&message.from.0, &payload, sender)
}

/// COSE_Sign1, as `admission::exchange::seal` makes it.
fn envelope(kid: &[u8], payload: &[u8], sender: &SigningKey) -> Vec<u8> {
    let protected = [&[0xA2, 0x01, 0x27, 0x04, 0x50][..], kid].concat();
    let aad = [&b"yingbin-exchange-v1"[..], &CONVENTION.0].concat();
    let mut signed = Vec::new();
    let mut to = Encoder::new(&mut signed);
    to.array(4).unwrap().str("Signature1").unwrap();
    to.bytes(&protected).unwrap().bytes(&aad).unwrap().bytes(payload).unwrap();
    let signature = sender.sign(&signed).to_bytes();
    let mut sealed = Vec::new();
    let mut to = Encoder::new(&mut sealed);
    to.array(4).unwrap().bytes(&protected).unwrap().map(0).unwrap();
    to.bytes(payload).unwrap().bytes(&signature).unwrap();
    sealed
}

/// Gives something its place after the last fact of a log.
pub fn next(
    (log, head, last): (LogId, Option<Head>, Option<Fact>),
    (site, who, body): (Slug, AttendeeId, &Body),
    wall: Millis,
) -> Fact {
    let head = head.unwrap_or(Head { seq: Seq(0), hash: NO_PREVIOUS });
    let hybrid = last.map_or(Hybrid(0), |last| last.moment.hybrid).tick(wall);
    let confidence = Confidence::Unknown;
    Fact {
        log,
        seq: head.seq.next(),
        prev: head.hash,
        moment: Moment { hybrid, wall, offset_ms: None, offset_age_ms: None, confidence },
        kind: body.kind(),
        kind_version: 1,
        must_understand: false,
        site,
        subject: Some(who),
        body: body.bytes(),
        attachment: None,
    }
}

/// Makes of a fact one of a kind that this program does not know.
pub fn unknown(fact: Fact, must_understand: bool) -> Fact {
    let body = vec![0xA1, 0x18, 0x63, 0x01];
    Fact { kind: KIND, kind_version: 7, must_understand, body, ..fact }
}

/// A kind that comes with the next version.
pub const KIND: u16 = 900;
