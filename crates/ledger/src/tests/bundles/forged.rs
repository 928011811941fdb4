//! Files that pretend: who packed it, for whom, and who wrote what is in it.

use super::*;

/// A stranger's container around messages.
fn bundle_of(sender: &Kiosk, to: &SigningKey, messages: &[Vec<u8>], id: ConventionId) -> Vec<u8> {
    let from = sender.ledger.own_log().unwrap().station();
    let mut writer = Writer::begin(Vec::new(), (id, from), 1).unwrap();
    writer.part(&[to.verifying_key()]).unwrap();
    for message in messages {
        writer.frame(&Frame::Message(message.clone())).unwrap();
    }
    writer.end().unwrap().0
}

fn message(sender: &Kiosk, facts: Vec<Sealed>) -> Message {
    let from = sender.ledger.own_log().unwrap().station();
    let held = Held { facts, ..Held::default() };
    Caller::new(from, EVERYBODY).generate(held, Nonce([1; 16]), 0, MORNING)
}

#[tokio::test]
async fn case_55_another_conventions_bundle_is_refused_and_so_is_one_that_pretends() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.sync().await;
    one.scan(1);
    let last_year = ConventionId([6; 16]);
    let facts = one.ledger.facts_of(&one.ledger.vector().unwrap().lacking(&Vector::default()));
    let replayed = seal(&message(&one, facts.unwrap()), last_year, &one.key);
    let state = other.state();
    for to in [other.key.clone(), SigningKey::from_bytes(&[100; 32])] {
        let honest = bundle_of(&one, &to, std::slice::from_ref(&replayed), last_year);
        let pretending = bundle_of(&one, &to, std::slice::from_ref(&replayed), convention().id);
        if to == other.key {
            let refused = other.reads(&honest).unwrap_err();
            assert!(refused.to_string().contains("belongs to another convention"), "{refused}");
            let received = other.reads(&pretending).unwrap();
            assert_eq!((received.facts, received.strange), (0, 1));
        } else {
            let refused = town.hears(&honest).await.unwrap_err();
            assert!(refused.to_string().contains("belongs to another convention"), "{refused}");
            let received = town.hears(&pretending).await.unwrap().received;
            assert_eq!((received.facts, received.strange), (0, 1));
        }
    }
    assert_eq!(other.state(), state);
    assert_eq!(town.arrivals().await, 0);
}

#[tokio::test]
async fn case_55_what_is_on_another_carrier_is_worth_nothing() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.sync().await;
    one.scan(1);
    let swap = one.writes(To::Members);
    // The other one takes the sealed message out and asks the server with it.
    let mut reader = Reader::begin(&swap[..], &other.key).unwrap();
    while let Some(Frame::Message(message)) = reader.next_frame().unwrap_or(None) {
        let asked = other.http.post("/v1/exchange", message, Duration::ZERO).await;
        assert!(asked.is_err(), "one's roster and blanks are not for the other");
    }
    let answer = town.writes(&[1]).await;
    let refused = other.reads(&answer).unwrap_err();
    assert!(matches!(refused, ReadError::Bundle(BundleError::NotForUs)), "{refused}");
    // One's letter, handed on by one itself, is still for one.
    let mut reader = Reader::begin(&answer[..], &one.key).unwrap();
    let Some(Frame::Message(letter)) = reader.next_frame().unwrap() else { panic!("no letter") };
    let state = other.state();
    let received = other.reads(&bundle_of(&one, &other.key, &[letter], convention().id)).unwrap();
    assert_eq!(received.strange, 1);
    assert_eq!(other.state(), state);
}

/// A fact of one station at a place of its log.
fn fact(station: u8, seq: u64, prev: FactHash, signer: u8) -> Sealed {
    let moment = admission::fact::Moment {
        hybrid: admission::time::Hybrid(1),
        wall: MORNING,
        offset_ms: None,
        offset_age_ms: None,
        confidence: Confidence::Unknown,
    };
    let body = admitted(false);
    let fact = Fact {
        log: LogId::new(StationId([station; 16]), [1; 8]),
        seq: Seq(seq),
        prev,
        moment,
        kind: body.kind(),
        kind_version: 1,
        must_understand: false,
        site: slug("hall"),
        subject: Some(AttendeeId([2; 16])),
        body: body.bytes(),
        attachment: None,
    };
    admission::fact::seal(&fact, &SigningKey::from_bytes(&[signer; 32]))
}

#[tokio::test]
async fn case_56_who_wrote_it_counts_and_not_who_brings_it() {
    let town = Town::new().await;
    let (mut one, _two, mut third) =
        (town.kiosk(1).await, town.kiosk(2).await, town.kiosk(3).await);
    one.sync().await;
    one.scan(1);
    let mine = one.ledger.vector().unwrap().0.into_iter().next().unwrap();
    let at =
        |seq| admission::id::FactId { log: LogId::new(StationId([2; 16]), [1; 8]), seq: Seq(seq) };
    let first = fact(2, 1, NO_PREVIOUS, 2);
    let forged_mine = admission::id::FactId { log: mine.0, seq: Seq(1) };
    let cases: Vec<(&str, Vec<Sealed>, Vec<Left>, u64)> = vec![
        (
            "forged author, right relay",
            vec![fact(2, 1, NO_PREVIOUS, 1)],
            vec![Left::NotAuthentic(admission::fact::FactError::NotAuthentic(at(1)))],
            0,
        ),
        (
            "no member",
            vec![fact(9, 1, NO_PREVIOUS, 9)],
            vec![Left::Stranger(admission::id::FactId {
                log: LogId::new(StationId([9; 16]), [1; 8]),
                seq: Seq(1),
            })],
            0,
        ),
        ("right author, wrong place", vec![fact(2, 3, NO_PREVIOUS, 2)], vec![Left::Gap(at(3))], 0),
        (
            "the last place of all",
            vec![fact(2, u64::MAX, NO_PREVIOUS, 2)],
            vec![Left::Gap(at(u64::MAX))],
            0,
        ),
        (
            "the first, and one after a gap",
            vec![first.clone(), fact(2, 3, first.hash(), 2)],
            vec![Left::Gap(at(3))],
            1,
        ),
        (
            "another at the same place",
            vec![fact(2, 1, FactHash([1; 32]), 2)],
            vec![Left::Fork(at(1))],
            0,
        ),
        ("not what came before", vec![fact(2, 2, FactHash([1; 32]), 2)], vec![Left::Gap(at(2))], 0),
        ("the next", vec![fact(2, 2, first.hash(), 2)], vec![], 1),
        (
            "a forged one of the relay's own log",
            vec![fact(1, 1, NO_PREVIOUS, 3)],
            vec![Left::NotAuthentic(admission::fact::FactError::NotAuthentic(forged_mine))],
            0,
        ),
    ];
    for (name, facts, left, fresh) in cases {
        let sealed = seal(&message(&one, facts), convention().id, &one.key);
        let for_third = bundle_of(&one, &third.key, std::slice::from_ref(&sealed), convention().id);
        let received = third.reads(&for_third).unwrap();
        assert_eq!((&received.left, received.facts), (&left, fresh), "{name}, at a station");
        let server = SigningKey::from_bytes(&[100; 32]);
        let for_server = bundle_of(&one, &server, &[sealed], convention().id);
        let received = town.hears(&for_server).await.unwrap().received;
        assert_eq!((&received.left, received.facts), (&left, fresh), "{name}, at the server");
    }
    assert_eq!(third.ledger.check().unwrap().complaints, Vec::<String>::new());
    // A head at the last place of all, and a list of hashes that nobody holds.
    let mut hostile = message(&one, Vec::new());
    hostile.vector.0.insert(mine.0, Head { seq: Seq(u64::MAX), hash: FactHash([1; 32]) });
    hostile.scopes = one.ledger.scopes().unwrap();
    hostile.wanted = vec![ByteVec::from(vec![1; 5]); 1000];
    let sealed = seal(&hostile, convention().id, &one.key);
    let server = SigningKey::from_bytes(&[100; 32]);
    let _ = town.hears(&bundle_of(&one, &server, &[sealed], convention().id)).await;
    assert!(town.hears(&one.writes(To::Server)).await.is_ok(), "the server goes on");
    town.writes(&[1]).await;
}
