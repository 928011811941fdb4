//! Older and newer programs: whoever has facts can hand them in, and what nobody here can read yet is
//! kept and passed on as it is.

use admission::exchange::{Envelope, Message, PROTOCOL, Sifted, seal as seal_message};
use admission::fact::{Fact, Sealed, seal};
use admission::id::Seq;

use super::*;

/// Asks as a station of another version would, and returns the answer, sealed and opened.
async fn ask_as(kiosk: &mut Kiosk, town: &Town, protocol: u8) -> (Vec<u8>, Message) {
    kiosk.count += 1;
    let nonce = Nonce([kiosk.count; 16]);
    let question = kiosk.ledger.ask(&mut kiosk.caller, (nonce, 0), &kiosk.key, MORNING).unwrap();
    let own = kiosk.key.verifying_key();
    let question = Envelope::read(&question).unwrap().open(convention().id, &own).unwrap();
    let question = Message { protocol, ..question };
    let question = seal_message(&question, convention().id, &kiosk.key);
    let answer = kiosk.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
    let server = town.server.key.verifying_key();
    let opened = Envelope::read(&answer).unwrap().open(convention().id, &server).unwrap();
    (answer, opened)
}

#[tokio::test]
async fn case_69_a_station_of_any_version_hands_its_facts_in() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.sync().await;
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    for (protocol, who, advice) in
        [(0, 1, "update this station"), (PROTOCOL + 1, 2, "update the server"), (255, 3, "server")]
    {
        kiosk.scan(who);
        let before = kiosk.ledger.lists_at().unwrap();
        let (answer, opened) = ask_as(&mut kiosk, &town, protocol).await;
        assert!(opened.notice.unwrap().contains(advice));
        assert!(opened.roster.is_empty() && opened.policy.is_none(), "lists are for version 1");
        assert_eq!(town.ask(|ledger| ledger.arrivals(false)).await.len(), usize::from(who));
        let contact = Contact::real(MORNING.plus(HOUR));
        kiosk.ledger.take(&mut kiosk.caller, &answer, (&kiosk.key, contact)).unwrap();
        assert_eq!(kiosk.ledger.waiting().unwrap(), 0, "and it knows that they have arrived");
        assert_eq!(kiosk.ledger.lists_at().unwrap(), before, "nothing was said of lists");
    }
    let (_, opened) = ask_as(&mut kiosk, &town, PROTOCOL).await;
    assert_eq!((opened.notice, opened.roster.len()), (None, 1));
}

#[tokio::test]
async fn a_server_of_another_version_says_nothing_of_who_was_not_heard() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let (_, said) = ask_as(&mut kiosk, &town, PROTOCOL).await;
    for (protocol, unheard, complete) in [(PROTOCOL, 1, false), (9, 0, false), (PROTOCOL, 0, true)]
    {
        kiosk.count += 1;
        let nonce = Nonce([kiosk.count; 16]);
        kiosk.ledger.ask(&mut kiosk.caller, (nonce, 0), &kiosk.key, MORNING).unwrap();
        let answers = Some(nonce);
        let message = Message { protocol, unheard, answers, ..said.clone() };
        let answer = seal_message(&message, convention().id, &town.server.key);
        let contact = Contact::real(MORNING);
        kiosk.ledger.take(&mut kiosk.caller, &answer, (&kiosk.key, contact)).unwrap();
        let case = kiosk.case(invitation(1), &convention(), "registration");
        assert_eq!(case.occupancy.complete, complete, "version {protocol}");
    }
}

#[tokio::test]
async fn case_57_a_clock_in_the_year_9999_is_kept_and_drags_nobody_along() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let year_9999 = Millis(253_370_764_800_000);
    one.ledger.record(&draft(1), &one.key, year_9999).unwrap();
    one.sync().await;
    other.sync().await;
    for ledger in [&one.ledger, &other.ledger] {
        assert_eq!(ledger.arrivals(false).unwrap()[0].at, year_9999);
        assert_eq!(ledger.check().unwrap().complaints, Vec::<String>::new());
    }
    let recorded = other.ledger.record(&draft(2), &other.key, MORNING).unwrap();
    let moment = other.ledger.fact(recorded.fact).unwrap().unwrap().moment;
    assert_eq!(moment.hybrid.millis(), MORNING);
    other.sync().await;
    assert_eq!(town.ask(|ledger| ledger.arrivals(false)).await.len(), 2);
}

/// Records a fact of a kind that this version does not know.
fn note_unknown(kiosk: &mut Kiosk, subject: u8, must_understand: bool) -> Sealed {
    let fact = kiosk.note(subject, What::Collected { proxy: false, by: None });
    let known = kiosk.ledger.fact(fact).unwrap().unwrap();
    let head = kiosk.ledger.hash_of(fact).unwrap().unwrap();
    let unknown = Fact {
        seq: Seq(fact.seq.0 + 1),
        prev: head,
        kind: 900,
        kind_version: 7,
        must_understand,
        body: vec![0xA1, 0x18, 0x63, 0x01],
        ..known
    };
    let sealed = seal(&unknown, &kiosk.key);
    let fresh = vec![(sealed.clone(), unknown)];
    kiosk.ledger.keep(Sifted { fresh, left: Vec::new() }).unwrap();
    sealed
}

#[tokio::test]
async fn case_58_an_unknown_kind_is_passed_on_and_has_no_effect() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let sealed = note_unknown(&mut one, 1, false);
    one.sync().await;
    other.sync().await;
    let vector = other.ledger.vector().unwrap();
    let fact = FactId { log: one.ledger.own_log().unwrap(), seq: Seq(2) };
    assert_eq!(vector.seq(fact.log), Seq(2));
    assert_eq!(other.ledger.hash_of(fact).unwrap(), Some(sealed.hash()), "byte for byte");
    assert!(matches!(other.scan(1), Decision::Admit(_)));
    assert_eq!(other.ledger.check().unwrap().complaints, Vec::<String>::new());
}

#[tokio::test]
async fn case_58_an_unknown_kind_that_must_be_understood_sends_its_subject_to_the_staff() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.kiosk(2).await);
    let fact = note_unknown(&mut one, 1, true).read().unwrap().id();
    one.sync().await;
    other.sync().await;
    let asked = Decision::Ask { reason: Reason::NewerRecord, attendee: Some(AttendeeId([1; 16])) };
    assert_eq!(other.scan(1), asked);
    assert!(matches!(other.scan(2), Decision::Admit(_)), "nobody else");
    assert_eq!(other.ledger.check().unwrap().complaints, Vec::<String>::new());
    one.note(1, What::Annulled { fact, why: slug("mistake"), other: None });
    one.sync().await;
    other.sync().await;
    assert!(matches!(other.scan(1), Decision::Admit(_)), "what was undone asks nobody");
}
