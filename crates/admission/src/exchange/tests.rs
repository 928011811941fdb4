//! Two ledgers in memory, a wire that loses messages, and what each side may believe.

#![allow(clippy::arithmetic_side_effects, reason = "tests count small numbers")]

use super::*;
use crate::fact::{
    self, Admission, Body, Confidence, Fact, FactError, Moment, NO_PREVIOUS, Sealed, Visit, What,
};
use crate::id::{AttendeeId, FactId};
use crate::pass::PassKind;
use crate::roster::Mode;
use crate::time::{Day, Hybrid};

const CONVENTION: ConventionId = ConventionId([7; 16]);
const NOW: Millis = Millis(1_695_684_600_000);

/// A station of the tests: its key, its own log and every fact that it holds.
struct Side {
    id: StationId,
    key: SigningKey,
    held: BTreeMap<LogId, Vec<Sealed>>,
}

impl Side {
    fn new(number: u8) -> Side {
        let key = SigningKey::from_bytes(&[number; 32]);
        Side { id: StationId([number; 16]), key, held: BTreeMap::new() }
    }

    fn log(&self) -> LogId {
        LogId::new(self.id, [1; 8])
    }

    fn admits(&mut self, attendee: u8) {
        let sealed = self.next_fact(attendee);
        self.held.entry(self.log()).or_default().push(sealed);
    }

    fn next_fact(&self, attendee: u8) -> Sealed {
        let before = self.held.get(&self.log()).map_or(&[][..], Vec::as_slice);
        let seq = Seq(u64::try_from(before.len()).unwrap() + 1);
        let visit = Visit {
            activity: "opening".parse().unwrap(),
            day: Day(19_626),
            mode: Mode::Once,
            leg: 0,
        };
        let admission = Admission { visit, pass: Some(PassKind::Badge), again: None };
        let body = Body { rehearsal: false, what: What::Admitted(admission) };
        let fact = Fact {
            log: self.log(),
            seq,
            prev: before.last().map_or(NO_PREVIOUS, Sealed::hash),
            moment: Moment {
                hybrid: Hybrid(0).tick(NOW),
                wall: NOW,
                offset_ms: None,
                offset_age_ms: None,
                confidence: Confidence::Unknown,
            },
            kind: body.kind(),
            kind_version: 1,
            must_understand: false,
            site: "hall".parse().unwrap(),
            subject: Some(AttendeeId([attendee; 16])),
            body: body.bytes(),
            attachment: None,
        };
        fact::seal(&fact, &self.key)
    }

    fn vector(&self) -> Vector {
        let head = |facts: &Vec<Sealed>| {
            let seq = Seq(u64::try_from(facts.len()).unwrap());
            Head { seq, hash: facts.last().unwrap().hash() }
        };
        Vector(self.held.iter().map(|(log, facts)| (*log, head(facts))).collect())
    }

    fn facts_of(&self, runs: &[Run]) -> Vec<Sealed> {
        let of = |run: &Run| {
            let after = usize::try_from(run.after.0).unwrap();
            self.held[&run.log][after..].to_vec()
        };
        runs.iter().flat_map(of).collect()
    }

    fn take(&mut self, message: &Message, members: &[VerifyingKey]) -> Sifted {
        let sifted = sift(&message.facts, &self.vector(), key_of(members));
        for (sealed, fact) in &sifted.fresh {
            self.held.entry(fact.log).or_default().push(sealed.clone());
        }
        sifted
    }
}

/// Finds a member's key: station `n` of the tests signs with the key made of `n`.
fn key_of(members: &[VerifyingKey]) -> impl Fn(StationId) -> Option<VerifyingKey> {
    move |id: StationId| {
        let key = SigningKey::from_bytes(&[id.0[0]; 32]).verifying_key();
        members.contains(&key).then_some(key)
    }
}

/// A small generator, so that a failing run can be told by its seed.
struct Dice(u64);

impl Dice {
    fn one_in(&mut self, sides: u64) -> bool {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).is_multiple_of(sides)
    }
}

/// One round over a wire that may lose either message.
fn round(
    kiosk: &mut Side,
    server: &mut Side,
    caller: &mut Caller,
    (number, dice): (u8, Option<&mut Dice>),
) {
    let members = [kiosk.key.verifying_key(), server.key.verifying_key()];
    let mut lost = {
        let mut dice = dice;
        move || dice.as_mut().is_some_and(|dice| dice.one_in(3))
    };
    let vector = kiosk.vector();
    let facts = kiosk.facts_of(&caller.offers(&vector));
    let held = Held { vector, facts, ..Held::default() };
    let question = caller.generate(held, Nonce([number; 16]), 0, NOW);
    if lost() {
        return;
    }
    server.take(&question, &members);
    let facts = server.facts_of(&server.vector().lacking(&question.vector));
    let held = Held { vector: server.vector(), facts, ..Held::default() };
    let reply = answer(&question, held, Nonce([number; 16]), NOW);
    if lost() {
        return;
    }
    caller.receive(&reply).unwrap();
    kiosk.take(&reply, &members);
}

#[test]
fn what_is_lost_on_the_way_is_brought_again_and_nothing_is_doubled() {
    for seed in 0..60 {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let (mut kiosk, mut server) = (Side::new(1), Side::new(2));
        let mut caller = Caller::new(kiosk.id, server.id);
        for number in 0..40 {
            if dice.one_in(2) {
                kiosk.admits(number);
            }
            if dice.one_in(4) {
                server.admits(number);
            }
            round(&mut kiosk, &mut server, &mut caller, (number, Some(&mut dice)));
        }
        for number in 100..103 {
            round(&mut kiosk, &mut server, &mut caller, (number, None));
        }
        assert_eq!(kiosk.vector(), server.vector(), "both hold the same after the wire heals");
        assert_eq!(kiosk.held, server.held, "fact for fact, in the same order");
    }
}

#[test]
fn nothing_is_brought_before_the_peer_has_said_what_it_holds() {
    let mut kiosk = Side::new(1);
    kiosk.admits(9);
    let caller = Caller::new(kiosk.id, StationId([2; 16]));
    assert!(caller.offers(&kiosk.vector()).is_empty());
}

#[test]
fn an_answer_to_another_question_teaches_nothing() {
    let (mut kiosk, server) = (Side::new(1), Side::new(2));
    kiosk.admits(9);
    let mut caller = Caller::new(kiosk.id, server.id);
    let first = caller.generate(Held::default(), Nonce([1; 16]), 0, NOW);
    let second = caller.generate(Held::default(), Nonce([2; 16]), 0, NOW);
    let late = answer(&first, Held::default(), Nonce([3; 16]), NOW);
    assert_eq!(caller.receive(&late), Err(ExchangeError::NotForUs), "given up before");
    let mirrored = Message {
        from: kiosk.id,
        to: server.id,
        ..answer(&second, Held::default(), Nonce([3; 16]), NOW)
    };
    assert_eq!(caller.receive(&mirrored), Err(ExchangeError::NotForUs), "our own voice");
    let right = answer(&second, Held::default(), Nonce([3; 16]), NOW);
    assert_eq!(caller.receive(&right), Ok(true));
    assert_eq!(caller.receive(&right), Err(ExchangeError::NotForUs), "once only");
}

#[test]
fn an_envelope_proves_its_sender_and_its_convention() {
    let kiosk = Side::new(1);
    let mut caller = Caller::new(kiosk.id, StationId([2; 16]));
    let message = caller.generate(Held::default(), Nonce([1; 16]), 0, NOW);
    let bytes = seal(&message, CONVENTION, &kiosk.key);
    let public = kiosk.key.verifying_key();
    let open = |bytes: &[u8], convention, key: &VerifyingKey| {
        Envelope::read(bytes).and_then(|envelope| envelope.open(convention, key))
    };
    assert_eq!(open(&bytes, CONVENTION, &public), Ok(message.clone()));

    let not_authentic = Err(ExchangeError::NotAuthentic(kiosk.id));
    let other = SigningKey::from_bytes(&[3; 32]).verifying_key();
    assert_eq!(open(&bytes, CONVENTION, &other), not_authentic);
    assert_eq!(open(&bytes, ConventionId([8; 16]), &public), not_authentic);
    for place in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        assert!(open(&altered, CONVENTION, &public).is_err(), "byte {place}");
    }
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length], CONVENTION, &public).is_err(), "cut at {length}");
    }

    let impostor = Message { from: StationId([9; 16]), ..message };
    let payload = minicbor::to_vec(&impostor).unwrap();
    let bytes = cose::sign(&kiosk.id.0, payload, &aad(CONVENTION), &kiosk.key).unwrap();
    assert_eq!(open(&bytes, CONVENTION, &public), Err(ExchangeError::Malformed));
}

#[test]
fn only_the_next_authentic_fact_of_a_members_log_is_taken() {
    let mut kiosk = Side::new(1);
    (1..=3).for_each(|attendee| kiosk.admits(attendee));
    let all = bytes_of(kiosk.facts_of(&[Run { log: kiosk.log(), after: Seq(0) }]));
    let members = [kiosk.key.verifying_key()];
    let place = |seq| FactId { log: kiosk.log(), seq: Seq(seq) };
    let none = Vector::default();

    let sifted = sift(&all, &none, key_of(&members));
    assert_eq!((sifted.fresh.len(), sifted.left.len()), (3, 0));

    let again = sift(&all, &kiosk.vector(), key_of(&members));
    assert_eq!(again, Sifted::default(), "held already: passed over");

    // Two carriers brought them at once, and the other was first.
    assert_eq!(sifted.clone().against(&none), sifted);
    assert_eq!(sifted.clone().against(&kiosk.vector()), Sifted::default());
    let mut half = kiosk.vector();
    half.0.insert(kiosk.log(), Head { seq: Seq(1), hash: sifted.fresh[0].0.hash() });
    assert_eq!(sifted.clone().against(&half).fresh, sifted.fresh[1..]);
    half.0.insert(kiosk.log(), Head { seq: Seq(1), hash: FactHash([9; 32]) });
    let forked = sifted.against(&half);
    assert_eq!(forked.left, [Left::Fork(place(1)), Left::Gap(place(2)), Left::Gap(place(3))]);

    let gap = sift(&all[1..], &none, key_of(&members));
    assert_eq!(gap.left, [Left::Gap(place(2)), Left::Gap(place(3))]);

    let stranger = sift(&all[..1], &none, key_of(&[]));
    assert_eq!(stranger.left, [Left::Stranger(place(1))]);

    let mut forged = all[0].to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let sifted = sift(&[forged.into()], &none, key_of(&members));
    assert_eq!(sifted.left, [Left::NotAuthentic(FactError::NotAuthentic(place(1)))]);

    let sifted = sift(&[b"nonsense".to_vec().into()], &none, key_of(&members));
    assert_eq!(sifted.left, [Left::NotAuthentic(FactError::Malformed)]);
}

#[test]
fn two_facts_at_one_place_are_a_fork_and_both_are_kept_where_they_are() {
    let (mut kiosk, mut clone) = (Side::new(1), Side::new(1));
    kiosk.admits(1);
    clone.admits(2);
    let theirs = bytes_of(clone.facts_of(&[Run { log: clone.log(), after: Seq(0) }]));
    let sifted = sift(&theirs, &kiosk.vector(), key_of(&[kiosk.key.verifying_key()]));
    assert_eq!(sifted.left, [Left::Fork(FactId { log: kiosk.log(), seq: Seq(1) })]);
    assert!(sifted.fresh.is_empty());
}

#[test]
fn a_scope_is_believed_only_as_the_server_signed_it() {
    let server = SigningKey::from_bytes(&[2; 32]);
    let state = ScopeState {
        scope: "hall".parse().unwrap(),
        revision: Revision(4),
        rows: 614,
        digest: [5; 32],
    };
    let signature = state.sign(&server);
    assert!(state.is_signed_by(&server.verifying_key(), &signature));
    let older = ScopeState { revision: Revision(3), ..state.clone() };
    let shorter = ScopeState { rows: 613, ..state };
    for other in [older, shorter] {
        assert!(!other.is_signed_by(&server.verifying_key(), &signature));
    }
}

fn bytes_of(facts: Vec<Sealed>) -> Vec<ByteVec> {
    facts.into_iter().map(|fact| ByteVec::from(fact.into_bytes())).collect()
}

fn person() -> Person {
    Person { number: "204816".to_owned(), name: "林晓".to_owned(), ..Person::default() }
}

#[test]
fn particulars_hang_on_their_salted_hash() {
    let attachment = Attachment::new(&person(), [1; 16]);
    assert_eq!(attachment.person(), Some(person()));
    assert_eq!(attachment.hash(), Attachment::new(&person(), [1; 16]).hash());
    assert_ne!(attachment.hash(), Attachment::new(&person(), [2; 16]).hash(), "the salt counts");
    let other = Person { name: "林小".to_owned(), ..person() };
    assert_ne!(attachment.hash(), Attachment::new(&other, [1; 16]).hash(), "the name counts");
    for content in [vec![], b"no person".to_vec(), vec![0x81; 100_000], vec![0xFF]] {
        let foreign = Attachment { salt: [1; 16], content: content.into() };
        assert_eq!(foreign.person(), None);
    }
}

/// Golden: SHA-256 over 16 bytes of salt and the content.
#[test]
fn golden_hash_of_an_attachment() {
    let hash = Attachment { salt: [0xA5; 16], content: b"content".to_vec().into() }.hash();
    assert_eq!(
        data_encoding::HEXLOWER.encode(&hash),
        "bd60becc9cea45f3b66985e0fb6bb24c5d8b5d2d9ba057d272f4c028f68c0ae2"
    );
}

#[test]
fn a_question_that_is_lost_makes_the_next_one_smaller() {
    let (kiosk, server) = (Side::new(1), Side::new(2));
    let mut caller = Caller::new(kiosk.id, server.id);
    let ask = |caller: &mut Caller, facts| {
        caller.generate(Held { facts, ..Held::default() }, Nonce([1; 16]), 0, NOW)
    };
    ask(&mut caller, Vec::new());
    caller.lost();
    assert_eq!(caller.most_facts(), MOST_FACTS, "it brought nothing");
    let facts = || vec![kiosk.next_fact(1)];
    let sizes: Vec<usize> = (0..5)
        .map(|_| {
            ask(&mut caller, facts());
            caller.lost();
            caller.most_facts()
        })
        .collect();
    assert_eq!(sizes, [125, 32, 8, 8, 8]);
    caller.lost();
    assert_eq!(caller.most_facts(), 8, "one question is lost once");
    let question = ask(&mut caller, facts());
    let reply = answer(&question, Held::default(), Nonce([2; 16]), NOW);
    caller.receive(&reply).unwrap();
    assert_eq!(caller.most_facts(), 16, "what arrives makes it larger again");
}

/// What a kiosk says of keys, revocations, blanks and attachments, and what it gets.
#[test]
fn a_message_with_everything_comes_back_as_it_was_sealed() {
    let (kiosk, server) = (Side::new(1), Side::new(2));
    let mut caller = Caller::new(kiosk.id, server.id);
    let held = Held {
        keys: 3,
        revocations: 17,
        blanks: Some(BlanksHeld { up_to: 50, left: 12 }),
        attachments: vec![Attachment::new(&person(), [1; 16])],
        wanted: vec![[7; 32], [8; 32]],
        ..Held::default()
    };
    let question = caller.generate(held, Nonce([1; 16]), 25_000, NOW);
    assert_eq!((question.keys_held, question.revocations_held), (3, 17));
    assert_eq!(question.blanks_held.map(|blanks| blanks.left), Some(12));
    assert_eq!(opened(&question, &kiosk), question);

    let state = crate::revocation::ListState {
        convention: CONVENTION,
        number: 18,
        entries: 1,
        digest: [9; 32],
    };
    let signature = state.sign(&server.key);
    let added = ListChange::pack(&[crate::revocation::Entry([1; 8])]);
    let wanted = vec![[6; 32]];
    let mut reply = answer(&question, Held { wanted, ..Held::default() }, Nonce([2; 16]), NOW);
    reply.keys = Some(vec![1, 2, 3].into());
    reply.revocations = Some(ListChange { state, signature, after: 17, added });
    reply.blanks = vec![Blank { number: 51, text: "YB1".to_owned() }];
    assert_eq!(opened(&reply, &server), reply);
    assert_eq!(caller.wanted(), [] as [ByteVec; 0]);
    assert_eq!(caller.receive(&reply), Ok(true));
    assert_eq!(caller.wanted(), [ByteVec::from(vec![6; 32])], "the peer lacks an attachment");
}

fn opened(message: &Message, sender: &Side) -> Message {
    let bytes = seal(message, CONVENTION, &sender.key);
    Envelope::read(&bytes).unwrap().open(CONVENTION, &sender.key.verifying_key()).unwrap()
}

#[test]
fn a_message_of_a_later_version_with_more_fields_is_read() {
    let kiosk = Side::new(1);
    let message = Message::empty(kiosk.id, StationId([2; 16]), Nonce([1; 16]), NOW);
    let mut payload = minicbor::to_vec(&message).unwrap();
    let entries = payload.first().unwrap() - 0xA0;
    assert!(entries < 22, "a map of up to 22 has a head of one byte");
    *payload.first_mut().unwrap() += 1;
    // Key 99: a list.
    payload.extend([0x18, 0x63, 0x81, 0xF6]);
    let bytes = cose::sign(&kiosk.id.0, payload, &aad(CONVENTION), &kiosk.key).unwrap();
    let read = Envelope::read(&bytes).unwrap().open(CONVENTION, &kiosk.key.verifying_key());
    assert_eq!(read, Ok(message));
}
