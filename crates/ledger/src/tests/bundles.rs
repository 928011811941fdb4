//! What travels on a stick: it comes late, twice, in the wrong order, or from the wrong hands.

use super::*;
use crate::bundle::container::{BundleError, Frame, Writer};
use crate::bundle::offline::{Applied, Invitation, JoinOffline, NoEnrolment, write_application};
use crate::bundle::read::{Heard, ReadError, Received};
use crate::bundle::write::{To, WriteError};
use crate::bundle::{EVERYBODY, Reader};
use crate::local::ServerCard;
use admission::exchange::{Envelope, Head, Held, Left, MemberState, Message, Vector, seal};
use admission::fact::{Confidence, Fact, NO_PREVIOUS, Sealed};
use admission::id::{FactHash, Seq};
use minicbor::bytes::ByteVec;

/// The town's server at another time.
fn server_at(now: Millis) -> Server {
    Server {
        id: StationId([100; 16]),
        key: SigningKey::from_bytes(&[100; 32]),
        convention: convention().id,
        clock: Clock::set(now),
        issuer: Box::new(|_| {
            Some(Issuer {
                key: SigningKey::from_bytes(&[ISSUING; 32]),
                convention: convention().id,
                days: (TODAY, 1),
            })
        }),
    }
}

impl Town {
    /// The server takes a file.
    async fn hears(&self, bytes: &[u8]) -> Result<Heard, ReadError> {
        let (bytes, now) = (bytes.to_vec(), MORNING.plus(HOUR));
        let read = move |ledger: &mut Ledger| {
            ledger.read_bundle_at_server(&bytes[..], &server_at(MORNING), (true, now))
        };
        self.shared.ask(read).await
    }

    /// The server writes a file for stations, at a time.
    async fn writes_at(&self, names: &[u8], at: Millis) -> Vec<u8> {
        let names: Vec<StationId> = names.iter().map(|name| StationId([*name; 16])).collect();
        let write = move |ledger: &mut Ledger| -> Result<Vec<u8>, WriteError> {
            let mut stations = ledger.stations()?;
            stations.retain(|station| names.contains(&station.id));
            let mut bytes = Vec::new();
            ledger.write_bundle_for(&mut bytes, (&stations, false), &server_at(at))?;
            Ok(bytes)
        };
        self.shared.ask(write).await.unwrap()
    }

    async fn writes(&self, names: &[u8]) -> Vec<u8> {
        self.writes_at(names, MORNING).await
    }

    async fn arrivals(&self) -> usize {
        self.ask(|ledger| ledger.arrivals(false)).await.len()
    }
}

impl Kiosk {
    fn writes(&self, to: To) -> Vec<u8> {
        self.writes_at(to, MORNING)
    }

    fn writes_at(&self, to: To, at: Millis) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.ledger.write_bundle(&mut bytes, (to, false), (&self.key, at)).unwrap();
        bytes
    }

    fn reads(&mut self, bytes: &[u8]) -> Result<Received, ReadError> {
        self.reads_at(bytes, MORNING.plus(HOUR))
    }

    fn reads_at(&mut self, bytes: &[u8], now: Millis) -> Result<Received, ReadError> {
        self.ledger.read_bundle(bytes, (&self.key, now))
    }

    /// Everything that a bundle can move.
    fn state(&self) -> String {
        let mut lists = self.ledger.lists(MORNING.plus(10 * HOUR)).unwrap();
        // Two letters of one file are some milliseconds apart.
        for age in
            [&mut lists.roster_age_ms, &mut lists.key_set_age_ms, &mut lists.revocations_age_ms]
        {
            *age = age.map(|age| (age + 30_000) / 60_000);
        }
        format!(
            "{lists:?} {:?} {:?} {:?} {}",
            self.ledger.vector().unwrap(),
            self.ledger.policy_number().unwrap(),
            self.ledger.contact_at().unwrap(),
            self.ledger.waiting().unwrap(),
        )
    }
}

fn whole(received: &Received) -> (u64, u64) {
    assert!(received.cut.is_none() && received.left.is_empty(), "{received:?}");
    assert_eq!(received.strange, 0);
    (received.facts, received.known)
}

#[tokio::test]
async fn a_stick_brings_facts_home_and_the_answer_confirms_them() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.scan(2);
    let home = kiosk.writes(To::Server);
    assert_eq!(whole(&town.hears(&home).await.unwrap().received), (2, 0));
    assert_eq!(town.arrivals().await, 2);
    let answer = town.writes(&[1]).await;
    assert_eq!(whole(&kiosk.reads(&answer).unwrap()), (0, 0), "its own come back to nobody");
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    let state = kiosk.state();
    kiosk.scan(3);
    let later = kiosk.writes_at(To::Server, MORNING.plus(1000));
    assert!(later.len() < home.len() + 200, "only what is new");
    // Both files twice, and the older after the newer.
    assert_eq!(whole(&town.hears(&later).await.unwrap().received), (1, 0));
    for (file, facts) in [(&home, 2), (&later, 1), (&home, 2)] {
        assert_eq!(whole(&town.hears(file).await.unwrap().received), (0, facts));
    }
    assert_eq!(town.arrivals().await, 3);
    kiosk.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    kiosk.reads(&answer).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0, "what was confirmed once stays so");
    assert_ne!(kiosk.state(), state);
    let findings = town.ask(|ledger| ledger.check(|_| None)).await;
    assert_eq!((findings.facts, findings.complaints), (3, Vec::<String>::new()));
}

#[tokio::test]
async fn a_stale_bundle_changes_nothing() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let old = town.writes_at(&[1, 2], MORNING.plus(HOUR)).await;
    let keys = key_set(2, &[(ISSUING, KeyStatus::Active), (61, KeyStatus::Active)]).sign(&root());
    town.ask(move |ledger| ledger.install_keys(&keys)).await;
    town.ask(|ledger| ledger.revoke(&[Serial([2; 16])])).await;
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    let new = town.writes_at(&[1, 2], MORNING.plus(2 * HOUR)).await;

    let now = MORNING.plus(3 * HOUR);
    kiosk.reads_at(&new, now).unwrap();
    let state = kiosk.state();
    kiosk.reads_at(&old, now).unwrap();
    kiosk.reads_at(&new, now.plus(HOUR)).unwrap();
    kiosk.reads_at(&old, now.plus(HOUR)).unwrap();
    assert_eq!(kiosk.state(), state);
    other.reads_at(&old, now).unwrap();
    other.reads_at(&new, now).unwrap();
    assert_eq!(other.state(), state, "in whatever order");
    let lists = kiosk.ledger.lists(now).unwrap();
    assert_eq!((lists.key_set, lists.revocations), (2, 1));
    assert!(kiosk.ledger.attendee(AttendeeId([4; 16])).unwrap().is_some());
    assert!(kiosk.ledger.is_revoked(Serial([2; 16])).unwrap());
}

/// Tells whether two times are the same but for the moments that a test takes.
fn about(one: Option<Millis>, other: Millis) -> bool {
    one.is_some_and(|one| one.since(other).abs() < 60_000)
}

#[tokio::test]
async fn lists_are_as_old_as_the_bundle_and_nothing_is_measured_from_it() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let contact = kiosk.ledger.contact_at().unwrap();
    let bundle = town.writes_at(&[1], MORNING.plus(2 * HOUR)).await;
    kiosk.reads_at(&bundle, MORNING.plus(5 * HOUR)).unwrap();
    assert!(about(kiosk.ledger.lists_at().unwrap(), MORNING.plus(2 * HOUR)));
    let fast = town.writes_at(&[1], MORNING.plus(9 * HOUR)).await;
    kiosk.reads_at(&fast, MORNING.plus(6 * HOUR)).unwrap();
    let now = Some(MORNING.plus(6 * HOUR));
    assert_eq!(kiosk.ledger.lists_at().unwrap(), now, "nothing was confirmed tomorrow");
    kiosk.reads_at(&bundle, MORNING.plus(6 * HOUR)).unwrap();
    assert_eq!(kiosk.ledger.lists_at().unwrap(), now, "an older word of the same lists");
    assert_eq!(kiosk.ledger.contact_at().unwrap(), contact, "nobody answered");
    let offset = crate::setting::read_number(&kiosk.ledger.db, crate::setting::OFFSET_MS).unwrap();
    assert!(offset.unwrap().abs() < 60_000, "{offset:?}");
}

#[tokio::test]
async fn two_stations_do_without_the_server() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    town.ask(|ledger| ledger.revoke(&[Serial([3; 16])])).await;
    one.sync().await;
    one.scan(1);
    let before = other.ledger.lists_at().unwrap();
    let swap = one.writes(To::Members);
    assert_eq!(whole(&other.reads(&swap).unwrap()), (1, 0));
    assert!(matches!(other.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    assert!(other.ledger.is_revoked(Serial([3; 16])).unwrap(), "the list has its own signature");
    assert_eq!(other.ledger.lists_at().unwrap(), before, "and says nothing of its age");
    assert_eq!(whole(&other.reads(&swap).unwrap()), (0, 1));
    // Whoever holds a log passes it on whole.
    other.scan(2);
    let relayed = other.writes(To::Server);
    assert_eq!(whole(&town.hears(&relayed).await.unwrap().received), (2, 0));
    assert_eq!(whole(&town.hears(&swap).await.unwrap().received), (0, 1));
    assert_eq!(town.arrivals().await, 2);
    // One's list is back on an older number: the other's is kept.
    town.ask(|ledger| ledger.revoke(&[Serial([2; 16])])).await;
    other.sync().await;
    other.reads(&swap).unwrap();
    assert_eq!(other.ledger.revocations().unwrap(), 2);
}

#[tokio::test]
async fn particulars_go_to_the_server_and_to_nobody_else() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.sync().await;
    let person = Person { name: "Walk In".to_owned(), ..Person::default() };
    let attachment = Attachment::new(&person, [3; 16]);
    let hash = attachment.hash();
    let what = What::WalkedIn { category: slug("guest"), delegation: slug("north") };
    let body = Body { rehearsal: false, what };
    let walked_in = Draft { body, attachment: Some(attachment), ..draft(9) };
    one.ledger.record(&walked_in, &one.key, MORNING).unwrap();
    let swap = one.writes(To::Members);
    assert_eq!(whole(&other.reads(&swap).unwrap()), (1, 0));
    assert_eq!(other.ledger.attachment(hash).unwrap(), None);
    // The fact comes by the other one, the particulars when the server asks for them.
    town.hears(&other.writes(To::Server)).await.unwrap();
    assert_eq!(town.ask(move |ledger| ledger.attachment(hash)).await, None);
    one.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(one.ledger.waiting().unwrap(), 0, "the fact is confirmed");
    town.hears(&one.writes(To::Server)).await.unwrap();
    assert!(town.ask(move |ledger| ledger.attachment(hash)).await.is_some());
}

#[tokio::test]
async fn a_number_of_a_blank_stands_in_one_file_only() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let free = |kiosk: &Kiosk| kiosk.ledger.free_blanks().unwrap();
    let bind = |kiosk: &mut Kiosk, attendee| {
        let serial = free(kiosk)[0].serial;
        kiosk.note(attendee, What::Bound { serials: vec![serial] });
    };
    bind(&mut kiosk, 1);
    let silent = town.writes(&[1]).await;
    kiosk.reads(&silent).unwrap();
    assert_eq!(free(&kiosk).len(), 49, "a station that has not spoken gets none");
    let home = kiosk.writes(To::Server);
    town.hears(&home).await.unwrap();
    let first = town.writes(&[1]).await;
    town.hears(&home).await.unwrap();
    let second = town.writes(&[1]).await;
    let before = free(&kiosk);
    kiosk.reads(&second).unwrap();
    assert_eq!(free(&kiosk), before, "the second file has none, nor has an old word a new answer");
    // The first file is lost; the next word gets another number, and the lost one does no harm.
    town.hears(&kiosk.writes_at(To::Server, MORNING.plus(5))).await.unwrap();
    kiosk.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(free(&kiosk).len(), 50);
    kiosk.reads(&first).unwrap();
    let all = free(&kiosk);
    assert_eq!(all.len(), 51);
    let serials: std::collections::BTreeSet<_> = all.iter().map(|blank| blank.serial).collect();
    assert_eq!(serials.len(), 51);
    kiosk.reads(&first).unwrap();
    assert_eq!(free(&kiosk), all, "read twice is once");
}

#[tokio::test]
async fn a_copy_that_lags_behind_gets_no_blanks_until_it_goes_on_by_itself() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let serial = kiosk.ledger.free_blanks().unwrap()[0].serial;
    let copy = town.folder.path().join("copy.db");
    kiosk.ledger.db.run(&format!("VACUUM INTO '{}'", copy.display())).unwrap();
    let mut copy = Kiosk {
        ledger: Ledger::open(&copy, Some(&DiskKey([1; 32]))).unwrap(),
        key: kiosk.key.clone(),
        caller: kiosk.caller.clone(),
        http: kiosk.http.clone(),
        count: 0,
    };
    kiosk.note(1, What::Bound { serials: vec![serial] });
    town.hears(&kiosk.writes(To::Server)).await.unwrap();
    let answer = town.writes(&[1]).await;
    copy.scan(2);
    copy.reads(&answer).unwrap();
    assert!(copy.ledger.is_forked().unwrap());
    assert_eq!(copy.ledger.free_blanks().unwrap().len(), 50, "none came");
    kiosk.reads(&answer).unwrap();
    assert_eq!(kiosk.ledger.free_blanks().unwrap().len(), 50, "one was used, and one came");
    // It says where both surely agree, and gets what it lacks from there.
    town.hears(&copy.writes_at(To::Server, MORNING.plus(5))).await.unwrap();
    copy.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(copy.ledger.moved_facts().unwrap(), 1, "it goes on in a log of its own");
    assert_eq!(copy.ledger.free_blanks().unwrap().len(), 49, "one is known to be used by now");
    town.hears(&copy.writes_at(To::Server, MORNING.plus(6))).await.unwrap();
    assert_eq!(town.ask(|ledger| ledger.copied_stations()).await, [StationId([1; 16])]);
    let findings = town.ask(|ledger| ledger.check(|_| None)).await;
    assert_eq!((findings.facts, findings.complaints), (2, Vec::<String>::new()));
}

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
    assert_eq!(third.ledger.check(|_| None).unwrap().complaints, Vec::<String>::new());
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

#[tokio::test]
async fn a_station_that_never_saw_a_network_joins_by_three_files() {
    let town = Town::new().await;
    let code = town.add(5, "hall").await;
    let server = town.server.key.clone();
    let card = ServerCard {
        url: town.url.clone(),
        id: StationId([100; 16]),
        public: server.verifying_key().to_bytes(),
        convention: convention().id,
    };
    let invitation = Invitation { server: card.clone() }.seal(&server);
    let wrong = Code::new([5; 7], &root().verifying_key());
    assert!(Invitation::open(&invitation, &wrong).is_err(), "the code names another server");
    for place in 0..invitation.len() {
        let mut damaged = invitation.clone();
        damaged[place] ^= 1;
        assert!(Invitation::open(&damaged, &code).is_err(), "{place}");
    }
    let invited = Invitation::open(&invitation, &code).unwrap();
    let applied = |nonce| Applied { server: invited.server.clone(), code: code.text(), nonce };
    let key = SigningKey::from_bytes(&[5; 32]);
    let apply = |nonce, key: &SigningKey| {
        let mut file = Vec::new();
        write_application(&mut file, &applied(nonce), (&code, key)).unwrap();
        file
    };
    town.kiosk(1).await.scan(1);
    let (now, nonce) = (Clock::Machine.now(), Nonce([5; 16]));
    let hear = async |file: Vec<u8>, answering: bool| {
        let hear = move |ledger: &mut Ledger| {
            let heard =
                ledger.read_bundle_at_server(&file[..], &server_at(MORNING), (answering, now))?;
            let mut welcome = Vec::new();
            let applicant = heard.applicant.unwrap();
            ledger.write_welcome(&mut welcome, &applicant, &server_at(MORNING)).unwrap();
            Ok::<_, ReadError>(welcome)
        };
        town.shared.ask(hear).await
    };
    let refused = hear(apply(nonce, &key), false).await.unwrap_err();
    assert!(matches!(refused, ReadError::Enrol(NoEnrolment::NoAnswer)), "{refused}");
    let welcome = hear(apply(nonce, &key), true).await.unwrap();
    let thief = hear(apply(nonce, &SigningKey::from_bytes(&[6; 32])), true).await;
    assert!(thief.is_err(), "a code is for one station");

    let path = town.folder.path().join("offline.db");
    let mut ledger = Ledger::open(&path, Some(&DiskKey([5; 32]))).unwrap();
    let old = (&applied(Nonce([6; 16])), &code);
    let refused = ledger.join_offline(&welcome[..], old, [1; 8], (&key, MORNING)).unwrap_err();
    assert!(matches!(refused, JoinOffline::Old), "{refused}");
    let both = (&applied(nonce), &code);
    assert_eq!(ledger.join_offline(&welcome[..], both, [1; 8], (&key, MORNING)).unwrap(), card);
    let caller = Caller::new(StationId([5; 16]), card.id);
    let http = Http::new(&town.url).unwrap();
    let mut kiosk = Kiosk { ledger, key: key.clone(), caller, http, count: 0 };
    kiosk.reads_at(&welcome, MORNING).unwrap();
    assert_eq!(kiosk.ledger.contact_at().unwrap(), None);
    assert!(about(kiosk.ledger.lists_at().unwrap(), MORNING));
    assert_eq!(kiosk.ledger.free_blanks().unwrap().len(), 50);
    assert!(matches!(kiosk.scan(2), Decision::Admit(_)));
    let bytes = kiosk.ledger.facts_of(&kiosk.ledger.vector().unwrap().lacking(&Vector::default()));
    let moment = bytes.unwrap()[0].read().unwrap().moment;
    assert_eq!((moment.offset_ms, moment.confidence), (None, Confidence::Unknown));
    // The welcome was lost: the same application again, and other blanks.
    let again = hear(apply(nonce, &key), true).await.unwrap();
    let path = town.folder.path().join("again.db");
    let mut ledger = Ledger::open(&path, Some(&DiskKey([5; 32]))).unwrap();
    ledger.join_offline(&again[..], both, [2; 8], (&key, MORNING)).unwrap();
    let serials = |ledger: &Ledger| -> Vec<Serial> {
        ledger.free_blanks().unwrap().iter().map(|blank| blank.serial).collect()
    };
    let first = serials(&kiosk.ledger);
    assert!(serials(&ledger).iter().all(|serial| !first.contains(serial)));
}

#[tokio::test]
async fn a_bundle_that_is_cut_off_brings_what_stands_before_the_cut() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    // More than one message carries.
    let drafts: Vec<Draft> = (0..1100).map(|_| draft(1)).collect();
    kiosk.ledger.record_all(&drafts, &kiosk.key, MORNING).unwrap();
    let home = kiosk.writes(To::Server);
    let received = town.hears(&home[..home.len() / 2]).await.unwrap().received;
    assert!(matches!(received.cut, Some(BundleError::Truncated)));
    assert!(received.facts > 0 && received.facts < 1100, "{}", received.facts);
    let rest = town.hears(&home).await.unwrap().received;
    assert_eq!(whole(&rest), (1100 - received.facts, received.facts));
    kiosk.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
}

async fn close(town: &Town, name: u8, state: MemberState) {
    let id = StationId([name; 16]);
    assert!(town.ask(move |ledger| ledger.close_member(id, state)).await);
}

async fn server_doubts(town: &Town) -> usize {
    town.ask(|ledger| ledger.quarantined()).await.len()
}

#[tokio::test]
async fn the_list_of_stations_comes_by_stick_and_by_neighbour_and_never_goes_back() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let old = town.writes(&[1, 2]).await;
    let mut third = town.kiosk(3).await;
    let new = town.writes(&[1]).await;
    one.reads(&new).unwrap();
    assert_eq!(one.ledger.members_number().unwrap(), 3);
    one.reads(&old).unwrap();
    assert_eq!(one.ledger.members_number().unwrap(), 3, "an older list changes nothing");
    // The other has never heard of the third, and believes it by the list that one passes on.
    third.scan(1);
    let home = third.writes(To::Server);
    town.hears(&home).await.unwrap();
    one.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(other.ledger.members_number().unwrap(), 2);
    assert_eq!(whole(&other.reads(&one.writes(To::Members)).unwrap()), (1, 0));
    assert_eq!(other.ledger.members_number().unwrap(), 3);
}

#[tokio::test]
async fn what_comes_by_stick_is_believed_by_the_same_rules() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    kiosk.sync().await;
    kiosk.note(1, What::Replaced { serials: vec![Serial([0x81; 16])], why: slug("lost") });
    kiosk.scan(2);
    assert_eq!(whole(&town.hears(&kiosk.writes(To::Server)).await.unwrap().received), (2, 0));
    assert_eq!(server_doubts(&town).await, 1, "a kiosk replaces nothing");
    assert_eq!(whole(&other.reads(&kiosk.writes(To::Members)).unwrap()), (2, 0));
    assert_eq!(other.ledger.quarantined().unwrap().len(), 1);
    close(&town, 1, MemberState::Revoked).await;
    kiosk.note(3, admitted(false).what);
    let late = kiosk.writes_at(To::Server, MORNING.plus(5));
    assert_eq!(whole(&town.hears(&late).await.unwrap().received), (1, 2), "it is kept");
    assert_eq!(server_doubts(&town).await, 2, "and counts nowhere");
    other.reads(&town.writes(&[2]).await).unwrap();
    assert_eq!(other.ledger.quarantined().unwrap().len(), 2);
    let findings = town.ask(|ledger| ledger.check(|_| None)).await;
    assert_eq!(findings.complaints, Vec::<String>::new());
    assert_eq!(other.ledger.check(|_| None).unwrap().complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_revoked_station_gets_the_order_to_shut_down_by_stick_and_nothing_else() {
    let town = Town::new().await;
    let (mut stolen, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    other.scan(3);
    other.sync().await;
    stolen.scan(1);
    close(&town, 1, MemberState::Revoked).await;
    let old = town.writes(&[1, 2]).await;
    let letter = |bytes: &[u8]| {
        let mut reader = Reader::begin(bytes, &stolen.key).unwrap();
        let Some(Frame::Message(letter)) = reader.next_frame().unwrap() else { panic!("none") };
        assert!(reader.next_frame().unwrap().is_none(), "no facts of others");
        let server = town.server.key.verifying_key();
        Envelope::read(&letter).unwrap().open(convention().id, &server).unwrap()
    };
    let said = letter(&old);
    assert!(said.wipe.is_some() && said.facts.is_empty() && said.roster.is_empty());
    assert!(said.policy.is_none() && said.keys.is_none() && said.revocations.is_none());
    assert!(said.members.is_none() && said.blanks.is_empty());
    let received = stolen.reads(&old).unwrap();
    assert_eq!((received.order, received.has_arrived), (Some(MemberState::Revoked), false));
    assert_eq!(stolen.ledger.waiting().unwrap(), 1, "first it hands in what it has");
    town.hears(&stolen.writes(To::Server)).await.unwrap();
    let received = stolen.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!((received.order, received.has_arrived), (Some(MemberState::Revoked), true));
    stolen.scan(2);
    let received = stolen.reads(&town.writes(&[1]).await).unwrap();
    assert!(!received.has_arrived, "an order that knows less destroys nothing");
    let received = other.reads(&old).unwrap();
    assert_eq!(received.order, None);
}
