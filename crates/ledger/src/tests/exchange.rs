//! Stations and the server bring each other up to date, and believe nobody else.

use admission::exchange::{self, ExchangeError, Held, Message, seal};
use minicbor::bytes::ByteVec;
use tokio::sync::oneshot;

use super::*;
use crate::db::places;
use crate::lan::Request;
use crate::lan::told::Told;

#[tokio::test]
async fn a_kiosk_joins_scans_and_brings_its_facts_home() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    assert!(matches!(kiosk.scan(1), Decision::Admit(_)));
    assert!(matches!(kiosk.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    let unknown = Decision::Refuse {
        reason: Reason::UnknownAttendee,
        next: Reason::UnknownAttendee.instruction(),
    };
    assert_eq!(kiosk.scan(99), unknown);
    assert_eq!(kiosk.ledger.waiting().unwrap(), 1);
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    let arrivals = town.ask(|ledger| ledger.arrivals(false)).await;
    assert_eq!(arrivals.len(), 1);
    assert_eq!(arrivals[0].attendee, AttendeeId([1; 16]));
    assert_eq!(
        town.ask(|ledger| ledger.inside(&slug("registration"), Slot::default(), false)).await,
        1
    );
}

#[tokio::test]
async fn a_server_that_was_away_loses_nothing_and_doubles_nothing() {
    let mut town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.sync().await;
    town.close().await;
    kiosk.scan(2);
    let question =
        kiosk.ledger.ask(&mut kiosk.caller, (Nonce([9; 16]), 0), &kiosk.key, MORNING).unwrap();
    let lost = kiosk.http.post("/v1/exchange", question, Duration::ZERO).await;
    assert!(!lost.unwrap_err().is_permanent(), "worth trying again");
    town.open().await;
    // The question arrives, its answer is lost: the same facts are brought once more.
    let question =
        kiosk.ledger.ask(&mut kiosk.caller, (Nonce([8; 16]), 0), &kiosk.key, MORNING).unwrap();
    kiosk.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.arrivals(false)).await.len(), 2);
    let findings = town.ask(|ledger| ledger.check(|_| None)).await;
    assert_eq!((findings.facts, findings.complaints), (2, Vec::<String>::new()));
}

#[tokio::test]
async fn facts_of_one_kiosk_reach_the_other_through_the_server() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.scan(1);
    one.sync().await;
    other.sync().await;
    assert!(matches!(other.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    assert_eq!(one.ledger.vector().unwrap(), other.ledger.vector().unwrap());
}

#[tokio::test]
async fn two_kiosks_apart_both_admit_and_agree_afterwards_on_one_entry() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    assert!(matches!(one.scan(1), Decision::Admit(_)));
    assert!(matches!(other.scan(1), Decision::Admit(_)));
    for _ in 0..2 {
        one.sync().await;
        other.sync().await;
    }
    let dossier = |ledger: &Ledger| ledger.dossier(AttendeeId([1; 16]), false).unwrap();
    let presence = |ledger: &Ledger| {
        dossier(ledger).presence(&slug("registration"), Slot::default()).unwrap().clone()
    };
    assert_eq!(presence(&one.ledger), presence(&other.ledger));
    assert_eq!(presence(&one.ledger).repeats, 1, "the second admission is kept in view");
    assert_eq!(
        one.ledger.inside(&slug("registration"), Slot::default(), false).unwrap(),
        1,
        "one person is in"
    );
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_told_from_a_fact_that_came_meanwhile() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.sync().await;
    // Recorded between question and answer: there is more, and nothing is wrong.
    let question =
        kiosk.ledger.ask(&mut kiosk.caller, (Nonce([50; 16]), 0), &kiosk.key, MORNING).unwrap();
    kiosk.scan(1);
    let answer = kiosk.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
    let taken = kiosk
        .ledger
        .take(&mut kiosk.caller, &answer, (&kiosk.key, Contact::real(MORNING)))
        .unwrap();
    assert_eq!((taken.more, taken.stuck), (true, false));
    // Facts that the kiosk's own key did not sign: the server leaves them where they are.
    let key = SigningKey::from_bytes(&[9; 32]);
    let draft = draft(2);
    kiosk.sync().await;
    kiosk.ledger.record(&draft, &key, MORNING).unwrap();
    let taken = kiosk.exchange().await;
    assert_eq!((taken.more, taken.stuck), (false, true));
    assert_eq!(kiosk.ledger.waiting().unwrap(), 1, "and it is kept here");
}

#[tokio::test]
async fn what_the_server_does_not_take_of_a_neighbour_stops_nobody() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    // A neighbour's record, of a station that the server does not know.
    let (folder, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[9; 32]));
    let mut neighbour = Ledger::open(&folder.path().join("9.db"), None).unwrap();
    neighbour.begin_log(LogId::new(StationId([9; 16]), [9; 8])).unwrap();
    neighbour.record(&draft(2), &key, MORNING).unwrap();
    let runs = neighbour.vector().unwrap().lacking(&Vector::default());
    let facts = neighbour.facts_of(&runs).unwrap().into_iter();
    let facts: Vec<_> = facts.map(|fact| fact.into_bytes().into()).collect();
    let sifted = sift(&facts, &Vector::default(), |_| Some(key.verifying_key()));
    kiosk.ledger.keep(sifted).unwrap();
    kiosk.scan(1);
    for _ in 0..4 {
        let taken = kiosk.exchange().await;
        assert!(!taken.stuck, "the own records go on");
    }
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    let taken = kiosk.exchange().await;
    assert_eq!((taken.more, taken.stuck), (false, false), "and nobody hurries for nothing");
    // A later list may know the station.
    town.kiosk(9).await;
    assert!(kiosk.exchange().await.more);
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.vector()).await.0.len(), 2);
}

#[tokio::test]
async fn a_list_that_changes_comes_down_as_what_changed() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    assert!(!kiosk.exchange().await.news, "everything came with the welcome");
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    assert!(kiosk.exchange().await.news);
    assert!(kiosk.ledger.attendee(AttendeeId([4; 16])).unwrap().is_some());
    assert!(kiosk.ledger.attendee(AttendeeId([1; 16])).unwrap().is_some(), "nobody got lost");
}

#[tokio::test]
async fn a_roster_that_does_not_add_up_is_fetched_again() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk
        .ledger
        .db
        .execute("DELETE FROM attendee WHERE /*its*/ id = ?1", &places![[2u8; 16]])
        .unwrap();
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    let before = kiosk.ledger.lists_at().unwrap();
    assert!(kiosk.exchange_at(MORNING.plus(HOUR)).await.news);
    let later = kiosk.ledger.contact_at().unwrap();
    assert_eq!((before, later), (Some(MORNING), Some(MORNING.plus(HOUR))));
    assert_eq!(kiosk.ledger.lists_at().unwrap(), before, "heard, but the roster is none the newer");
    kiosk.exchange_at(MORNING.plus(2 * HOUR)).await;
    assert_eq!(kiosk.ledger.lists_at().unwrap(), Some(MORNING.plus(2 * HOUR)));
    for number in 1..=4 {
        assert!(kiosk.ledger.attendee(AttendeeId([number; 16])).unwrap().is_some(), "{number}");
    }
}

#[tokio::test]
async fn a_station_knows_that_another_at_the_same_room_was_not_heard() {
    let town = Town::new().await;
    let mut limited = convention();
    limited.activities[0].capacity = Some(2);
    town.ask(move |ledger| ledger.set_convention(&limited, &root().verifying_key())).await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let complete = |kiosk: &Kiosk| {
        let case = kiosk.case(invitation(1), &convention(), "registration");
        case.occupancy.complete
    };
    one.exchange().await;
    assert!(!complete(&one), "the other may have let in anybody");
    other.exchange().await;
    one.exchange().await;
    assert!(complete(&one));
}

#[tokio::test]
async fn a_fact_is_found_by_its_place_and_by_no_other() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let [one, two] = [1, 2].map(|who| kiosk.note(who, What::Corrected));
    for (place, who) in [(one, 1), (two, 2)] {
        let fact = kiosk.ledger.fact(place).unwrap().unwrap();
        assert_eq!((fact.id(), fact.subject), (place, Some(AttendeeId([who; 16]))));
    }
    for seq in [0, 3, u64::MAX] {
        assert_eq!(kiosk.ledger.fact(FactId { seq: Seq(seq), ..one }).unwrap(), None, "{seq}");
    }
    let elsewhere = FactId { log: LogId([9; 24]), ..one };
    assert_eq!(kiosk.ledger.fact(elsewhere).unwrap(), None);
}

#[tokio::test]
async fn where_no_place_is_limited_nobody_is_counted() {
    let town = Town::new().await;
    let _kiosks = (town.kiosk(1).await, town.kiosk(2).await);
    let count = |ledger: &mut Ledger| {
        let nobody = crate::hearing::LastQuestions::default();
        crate::routes::unheard(ledger, StationId([1; 16]), &nobody, MORNING)
    };
    // Whoever reads the list of stations now fails.
    let damage = "UPDATE member SET member = ?1 WHERE /*its*/ true";
    town.ask(move |ledger| ledger.db.execute(damage, &places![[0u8; 3]])).await;
    assert_eq!(town.ask(count).await, 0);
    let mut limited = convention();
    limited.activities[0].capacity = Some(2);
    town.ask(move |ledger| ledger.set_convention(&limited, &root().verifying_key())).await;
    assert!(matches!(town.shared.ask(count).await, Err(LedgerError::Damaged(_))));
}

#[tokio::test]
async fn a_site_learns_names_of_its_own_guests_only() {
    let town = Town::new().await;
    let code = town.add(5, "farm").await;
    let farm = town.enrol(5, &code).await.unwrap();
    let row = farm.ledger.attendee(AttendeeId([1; 16])).unwrap().unwrap();
    assert_eq!(row.person, None);
    assert!(farm.ledger.attendee_of(Serial([1; 16])).unwrap().is_some(), "yet the pass is known");
}

#[tokio::test]
async fn a_code_names_its_server_and_works_for_one_key() {
    let town = Town::new().await;
    let code = town.add(1, "hall").await;
    let elsewhere = Code::new([1; 7], &SigningKey::from_bytes(&[66; 32]).verifying_key());
    let refused = town.enrol(1, &elsewhere).await.err().unwrap();
    assert!(matches!(refused, JoinError::WrongServer), "{refused}");
    assert!(town.enrol(1, &code).await.is_ok(), "the same station may ask again");
    let other = SigningKey::from_bytes(&[77; 32]);
    let application = Application::new(&code, &other, Nonce([0; 16]));
    let bytes = minicbor::to_vec(&application).unwrap();
    let http = Http::new(&town.url).unwrap();
    let answer = http.post("/v1/enrol", bytes, Duration::ZERO).await.unwrap_err();
    assert!(answer.to_string().contains("code"), "{answer}");
    let unproved = Application { public: [1; 32], ..application };
    let bytes = minicbor::to_vec(&unproved).unwrap();
    assert!(http.post("/v1/enrol", bytes, Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn an_expired_code_enrols_nobody() {
    let town = Town::new().await;
    let code = town.add(1, "hall").await;
    let late = Clock::Machine.now().plus(2 * HOUR);
    let refused = town
        .shared
        .ask(move |ledger| ledger.enrol_station(&hash(code.secret()), [1; 32], late))
        .await;
    assert!(matches!(refused, Err(crate::members::EnrolError::BadCode)));
}

#[tokio::test]
async fn a_stranger_and_noise_get_no_answer() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let http = kiosk.http.clone();
    for noise in [Vec::new(), b"hello".to_vec(), vec![0x9f; 4096]] {
        let answer = http.post("/v1/exchange", noise, Duration::ZERO).await.unwrap_err();
        assert!(answer.to_string().contains("400"), "{answer}");
    }
    let stranger = SigningKey::from_bytes(&[55; 32]);
    let question = kiosk.ledger.ask(&mut kiosk.caller, (Nonce([1; 16]), 0), &stranger, MORNING);
    let answer = http.post("/v1/exchange", question.unwrap(), Duration::ZERO).await.unwrap_err();
    assert!(answer.to_string().contains("not a member"), "{answer}");
    let mut last = String::new();
    for _ in 0..40 {
        let answer = http.post("/v1/exchange", vec![0xA0; 64], Duration::ZERO).await;
        last = answer.unwrap_err().to_string();
    }
    assert!(last.contains("too many questions"), "noise has a budget: {last}");
}

#[tokio::test]
async fn a_waiting_kiosk_is_woken_by_news_and_not_before() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.sync().await;
    other.sync().await;
    let question = other
        .ledger
        .ask(&mut other.caller, (Nonce([33; 16]), 20_000), &other.key, MORNING)
        .unwrap();
    let http = other.http.clone();
    let wait = Duration::from_secs(20);
    let poll = tokio::spawn(async move { http.post("/v1/exchange", question, wait).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!poll.is_finished(), "there is nothing to tell yet");
    one.scan(1);
    one.sync().await;
    let answer = tokio::time::timeout(Duration::from_secs(5), poll).await.unwrap().unwrap();
    assert_eq!(
        other
            .ledger
            .take(&mut other.caller, &answer.unwrap(), (&other.key, Contact::real(MORNING)))
            .unwrap()
            .facts,
        1
    );
}

#[tokio::test]
async fn a_station_answers_a_peer_with_facts_and_signed_lists_and_with_nothing_else() {
    let town = Town::new().await;
    let (mut one, other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.exchange().await;
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    one.exchange().await;
    one.scan(1);
    let (here, mut told) = (one.ledger.here(None).unwrap(), Told::default());
    let question = empty_question();
    told.hear(&question);
    let (reply, mut said) = oneshot::channel();
    let lacks = told.lacks(&here);
    one.ledger.lan(Request::Say { lacks, reply }, MORNING);
    let said = said.try_recv().unwrap().unwrap();
    let answer = said.answer(&question, Nonce([2; 16]), MORNING);
    let lists = (one.ledger.signed_members().unwrap(), one.ledger.keys_after(0).unwrap());
    let expected = Message {
        vector: answer.vector.clone(),
        facts: answer.facts.clone(),
        members_held: 2,
        members: lists.0.map(ByteVec::from),
        keys_held: 1,
        keys: lists.1.map(ByteVec::from),
        ..exchange::answer(&question, Held::default(), Nonce([2; 16]), MORNING)
    };
    assert_eq!((answer.facts.len(), answer), (1, expected));
    let sealed = seal(&question, convention().id, &other.key);
    let peer = &here.members.peers[&StationId([2; 16])];
    assert_eq!(here.open(&sealed, peer), Ok(question.clone()));
    let elsewhere = Message { to: StationId([3; 16]), ..question };
    let elsewhere = seal(&elsewhere, convention().id, &other.key);
    assert_eq!(here.open(&elsewhere, peer), Err(ExchangeError::NotForUs));
}

/// What kiosk 2 asks kiosk 1 when it holds nothing.
fn empty_question() -> Message {
    let mut asks = Caller::new(StationId([2; 16]), StationId([1; 16]));
    asks.generate(Held::default(), Nonce([1; 16]), 0, MORNING)
}
