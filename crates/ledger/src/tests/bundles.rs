//! What travels on a stick: it comes late, twice, in the wrong order, or from the wrong hands.

mod forged;
mod membership;

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
    pub(super) async fn hears(&self, bytes: &[u8]) -> Result<Heard, ReadError> {
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

    pub(super) async fn writes(&self, names: &[u8]) -> Vec<u8> {
        self.writes_at(names, MORNING).await
    }

    async fn arrivals(&self) -> usize {
        self.ask(|ledger| ledger.arrivals(false)).await.len()
    }
}

impl Kiosk {
    pub(super) fn writes(&self, to: To) -> Vec<u8> {
        self.writes_at(to, MORNING)
    }

    fn writes_at(&self, to: To, at: Millis) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.ledger.write_bundle(&mut bytes, (to, false), (&self.key, at)).unwrap();
        bytes
    }

    pub(super) fn reads(&mut self, bytes: &[u8]) -> Result<Received, ReadError> {
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
    kiosk.reads(&town.writes_at(&[1], MORNING.plus(2000)).await).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    kiosk.reads(&answer).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0, "an older word takes nothing back");
    assert_ne!(kiosk.state(), state);
    let findings = town.ask(|ledger| ledger.check()).await;
    assert_eq!((findings.facts, findings.complaints), (3, Vec::<String>::new()));
}

#[tokio::test]
async fn a_server_that_was_put_back_hears_by_stick_what_it_lost() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let mut other = town.staff(2).await;
    other.note(1, What::Corrected);
    kiosk.sync().await;
    kiosk.reads(&other.writes(To::Members)).unwrap();
    kiosk.note(1, What::Corrected);
    kiosk.note(2, What::Corrected);
    town.hears(&kiosk.writes(To::Server)).await.unwrap();
    let first = town.writes_at(&[1], MORNING.plus(1000)).await;
    kiosk.reads(&first).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    for log in [&kiosk, &other].map(|one| one.ledger.own_log().unwrap()) {
        restored::put_back(&town, log, 0).await;
    }
    kiosk.note(3, What::Corrected);
    let after = town.hears(&kiosk.writes_at(To::Server, MORNING.plus(2000))).await.unwrap();
    assert_eq!(after.received.left.len(), 1, "what stands before it is missing");
    let second = town.writes_at(&[1], MORNING.plus(3000)).await;
    kiosk.reads(&second).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 3, "the server's last word holds");
    let home = kiosk.writes_at(To::Server, MORNING.plus(4000));
    assert_eq!(whole(&town.hears(&home).await.unwrap().received), (4, 0));
    kiosk.reads(&town.writes_at(&[1], MORNING.plus(5000)).await).unwrap();
    kiosk.reads(&second).unwrap();
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
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
    let findings = town.ask(|ledger| ledger.check()).await;
    assert_eq!((findings.facts, findings.complaints), (2, Vec::<String>::new()));
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

#[tokio::test]
async fn who_reads_its_own_file_is_told_whose_it_is() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let (home, back) = (kiosk.writes(To::Server), town.writes(&[1]).await);
    let own = kiosk.reads(&home).unwrap_err().to_string();
    assert!(own.contains("wrote this bundle for the server; take it there"), "{own}");
    let own = town.hears(&back).await.unwrap_err().to_string();
    assert!(own.contains("take it to its station"), "{own}");
    let strange = other.reads(&home).unwrap_err().to_string();
    assert!(strange.contains("is not for this machine"), "{strange}");
    let code = Code::new([5; 7], &town.server.key.verifying_key());
    let card = kiosk.ledger.server().unwrap();
    let applied = Applied { server: card, code: code.text(), nonce: Nonce([5; 16]) };
    let mut file = Vec::new();
    write_application(&mut file, &applied, (&code, &kiosk.key)).unwrap();
    let own = kiosk.reads(&file).unwrap_err().to_string();
    assert!(own.contains("for the server; take it there"), "{own}");
    let mut fresh = Ledger::open(&town.folder.path().join("fresh.db"), None).unwrap();
    let joined = fresh.join_offline(&file[..], (&applied, &code), [1; 8], (&kiosk.key, MORNING));
    let own = joined.unwrap_err().to_string();
    assert!(own.contains("for the server; take it there"), "{own}");
}

/// A stick that is pulled out: what was read stands, and then nothing can be read.
struct Pulled<'a>(&'a [u8]);

impl std::io::Read for Pulled<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        match self.0.is_empty() {
            true => Err(std::io::Error::other("no such device")),
            false => std::io::Read::read(&mut self.0, to),
        }
    }
}

#[tokio::test]
async fn a_stick_that_is_pulled_out_is_not_taken_for_a_bundle_that_is_cut_off() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    other.sync().await;
    let drafts: Vec<Draft> = (0..1100).map(|_| draft(1)).collect();
    kiosk.ledger.record_all(&drafts, &kiosk.key, MORNING).unwrap();
    kiosk.sync().await;
    let bundle = kiosk.writes(To::Members);
    let pulled = Pulled(&bundle[..bundle.len() / 2]);
    let read = other.ledger.read_bundle(pulled, (&other.key, MORNING)).unwrap_err();
    assert!(matches!(read, ReadError::Unreadable(_)), "{read}");
    assert!(read.to_string().contains("what stands before was taken"), "{read}");
    let before = other.ledger.count_facts().unwrap();
    assert!(before > 0 && before < 1100, "{before}");
    assert_eq!(whole(&other.reads(&bundle).unwrap()), (1100 - before, before));
}
