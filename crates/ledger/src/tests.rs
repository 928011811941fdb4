//! The story that every store must tell: a convention on a server, kiosks that join it, and what
//! each of them remembers. Enter through [`Town`].

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use admission::exchange::{Caller, Nonce, Profile, Role};
use admission::fact::{Body, Scan};
use admission::id::{AttendeeId, ConventionId, LogId, Serial, Slug, StationId};
use admission::pass::{Authentic, Pass, PassKind};
use admission::presence::PresenceKey;
use admission::roster::{
    Activity, Attendee, Category, Convention, Delegation, Entitlement, Mode, Person, Site, Status,
    Words,
};
use admission::rule::{Decision, Reason, decide};
use admission::time::{Day, Millis};
use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::carrier::Http;
use crate::case::Door;
use crate::clock::Clock;
use crate::enrol::{Application, Code, hash};
use crate::facts::Draft;
use crate::jobs::JobState;
use crate::join::JoinError;
use crate::local::Taken;
use crate::members::Station;
use crate::register::Entry;
use crate::routes::{Server, routes};
use crate::shared::Shared;
use crate::{DiskKey, Ledger, LedgerError};

const MORNING: Millis = Millis(1_695_685_500_000);
const TODAY: Day = Day(19_626);
const HOUR: i64 = 3_600_000;

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn words(text: &str) -> Words {
    Words(BTreeMap::from([("en".to_owned(), text.to_owned())]))
}

fn activity(id: &str, collects: bool) -> Activity {
    Activity {
        id: slug(id),
        title: words(id),
        mode: Mode::Once,
        site: slug("hall"),
        starts: MORNING,
        ends: MORNING.plus(2 * HOUR),
        doors_open: MORNING.plus(-HOUR),
        doors_close: MORNING.plus(HOUR),
        collects,
        place: words(""),
        way: words(""),
    }
}

fn convention() -> Convention {
    let entitled = |id| Entitlement {
        activity: slug(id),
        categories: vec![slug("guest")],
        delegations: Vec::new(),
    };
    Convention {
        id: ConventionId([7; 16]),
        title: words("Harvest"),
        zone: "Asia/Shanghai".to_owned(),
        languages: vec!["en".to_owned()],
        first_day: TODAY,
        days: 1,
        theme: std::array::from_fn(|_| "#14213D".to_owned()),
        sites: vec![
            Site { id: slug("hall"), title: words("Hall") },
            Site { id: slug("farm"), title: words("Farm") },
        ],
        categories: vec![Category {
            id: slug("guest"),
            number: 1,
            title: words("Guest"),
            band: "#C8402F".to_owned(),
            template: "plain".to_owned(),
        }],
        delegations: vec![Delegation { id: slug("north"), title: words("North") }],
        activities: vec![activity("registration", true), activity("opening", false)],
        entitlements: vec![entitled("registration"), entitled("opening")],
        regions: BTreeMap::new(),
        provinces: BTreeMap::new(),
        templates: BTreeMap::new(),
    }
}

fn guest(number: u8) -> Attendee {
    Attendee {
        id: AttendeeId([number; 16]),
        category: slug("guest"),
        delegation: slug("north"),
        status: Status::Confirmed,
        invitation: Serial([number; 16]),
        badge: Serial([number ^ 0x80; 16]),
        assignments: Vec::new(),
        person: Some(Person { name: format!("Lin {number}"), ..Person::default() }),
    }
}

fn entry(number: u8) -> Entry {
    Entry { number: format!("{number:06}"), attendee: guest(number), fields: "{}".to_owned() }
}

/// A server on port 0 and the folder in which everybody keeps their files.
struct Town {
    folder: TempDir,
    shared: Shared,
    server: Arc<Server>,
    url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Town {
    async fn new() -> Town {
        let folder = TempDir::new().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("server.db"), None).unwrap();
        ledger.set_convention(&convention(), &[]).unwrap();
        ledger.register(&[entry(1), entry(2), entry(3)]).unwrap();
        let key = SigningKey::from_bytes(&[100; 32]);
        let server = Server {
            id: StationId([100; 16]),
            key,
            convention: convention().id,
            clock: Clock::set(MORNING),
        };
        let shared = Shared::start(ledger).unwrap();
        let mut town = Town {
            folder,
            shared,
            server: Arc::new(server),
            url: String::new(),
            task: tokio::spawn(async {}),
        };
        town.open().await;
        town
    }

    /// Begins to serve, on the same port as before where there was one.
    async fn open(&mut self) {
        let address = self.url.strip_prefix("http://").unwrap_or("127.0.0.1:0").to_owned();
        let listener = TcpListener::bind(address).await.unwrap();
        self.url = format!("http://{}", listener.local_addr().unwrap());
        let router = routes(self.shared.clone(), Arc::clone(&self.server));
        self.task = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
    }

    async fn close(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> T {
        self.shared.ask(ask).await.unwrap()
    }

    /// Adds a station and returns its code.
    async fn add(&self, name: u8, site: &str) -> Code {
        let code = Code::new([name; 7], &self.server.key.verifying_key());
        let station = Station {
            id: StationId([name; 16]),
            public: None,
            profile: Profile {
                name: format!("K{name}"),
                role: Role::Kiosk,
                site: slug(site),
                activities: vec![slug("registration")],
            },
        };
        let secret = hash(code.secret());
        let expires_at = Clock::Machine.now().plus(HOUR);
        assert!(self.ask(move |ledger| ledger.add_station(&station, secret, expires_at)).await);
        code
    }

    /// Enrols a kiosk.
    async fn kiosk(&self, name: u8) -> Kiosk {
        let code = self.add(name, "hall").await;
        self.enrol(name, &code).await.unwrap()
    }

    async fn enrol(&self, name: u8, code: &Code) -> Result<Kiosk, JoinError> {
        let key = SigningKey::from_bytes(&[name; 32]);
        let nonce = Nonce([name; 16]);
        let application = minicbor::to_vec(Application::new(code, &key, nonce)).unwrap();
        let http = Http::new(&self.url).unwrap();
        let welcome = http.post("/v1/enrol", application, Duration::ZERO).await.unwrap();
        let path = self.folder.path().join(format!("{name}.db"));
        let mut ledger = Ledger::open(&path, Some(&DiskKey([name; 32]))).unwrap();
        let card = ledger.join(&welcome, (&self.url, code), (nonce, [1; 8]), MORNING)?;
        let caller = Caller::new(StationId([name; 16]), card.id);
        Ok(Kiosk { ledger, key, caller, http, count: 0 })
    }
}

/// A kiosk's ledger and its way to the server.
struct Kiosk {
    ledger: Ledger,
    key: SigningKey,
    caller: Caller,
    http: Http,
    count: u8,
}

impl Kiosk {
    /// Scans a guest's invitation and records what was decided.
    fn scan(&mut self, number: u8) -> Decision {
        let convention = convention();
        let door = Door {
            convention: &convention,
            activity: convention.activity(&slug("registration")).unwrap(),
            today: TODAY,
            rehearsal: false,
        };
        let (case, _) = self.ledger.case(invitation(number), &door).unwrap();
        let decision = decide(&case, MORNING);
        if let Decision::Admit { attendee, collects, .. } = &decision {
            self.admit(*attendee, *collects).unwrap();
        }
        decision
    }

    fn admit(&mut self, subject: AttendeeId, badge: bool) -> Result<(), LedgerError> {
        let draft = Draft { body: admitted(false), subject, site: slug("hall"), badge };
        self.ledger.record(&draft, &self.key, MORNING).map(|_| ())
    }

    /// One exchange with the server.
    async fn exchange(&mut self) -> Taken {
        self.count += 1;
        let nonce = Nonce([self.count; 16]);
        let (ledger, caller) = (&mut self.ledger, &mut self.caller);
        let question = ledger.ask(caller, (nonce, 0), &self.key, MORNING).unwrap();
        let answer = self.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
        ledger.take(caller, &answer, MORNING).unwrap()
    }

    /// Exchanges until neither side has anything left for the other.
    async fn sync(&mut self) {
        while self.exchange().await.more {}
    }
}

fn admitted(rehearsal: bool) -> Body {
    let activity = slug("registration");
    Body::Admitted(Scan { rehearsal, activity, day: TODAY, pass: PassKind::Invitation })
}

fn invitation(number: u8) -> Authentic {
    let serial = Serial([number; 16]);
    let pass = Pass::new(PassKind::Invitation, serial, 1, 0, (TODAY, 1)).unwrap();
    Authentic { pass, convention: convention().id }
}

#[tokio::test]
async fn a_kiosk_joins_scans_and_brings_its_facts_home() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    assert!(matches!(kiosk.scan(1), Decision::Admit { .. }));
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
    assert_eq!(town.ask(|ledger| ledger.inside(&slug("registration"), false)).await, 1);
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
    assert!(matches!(one.scan(1), Decision::Admit { .. }));
    assert!(matches!(other.scan(1), Decision::Admit { .. }));
    for _ in 0..2 {
        one.sync().await;
        other.sync().await;
    }
    let key = PresenceKey {
        rehearsal: false,
        attendee: AttendeeId([1; 16]),
        activity: slug("registration"),
    };
    let presence = |ledger: &Ledger| ledger.presence(&key).unwrap().unwrap();
    assert_eq!(presence(&one.ledger), presence(&other.ledger));
    assert_eq!(presence(&one.ledger).repeats, 1, "the second admission is kept in view");
    assert_eq!(one.ledger.inside(&slug("registration"), false).unwrap(), 1, "one person is in");
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
    let taken = kiosk.ledger.take(&mut kiosk.caller, &answer, MORNING).unwrap();
    assert_eq!((taken.more, taken.stuck), (true, false));
    // Facts that the kiosk's own key did not sign: the server leaves them where they are.
    let key = SigningKey::from_bytes(&[9; 32]);
    let draft = Draft {
        body: admitted(false),
        subject: AttendeeId([2; 16]),
        site: slug("hall"),
        badge: false,
    };
    kiosk.sync().await;
    kiosk.ledger.record(&draft, &key, MORNING).unwrap();
    let taken = kiosk.exchange().await;
    assert_eq!((taken.more, taken.stuck), (false, true));
    assert_eq!(kiosk.ledger.waiting().unwrap(), 1, "and it is kept here");
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
    kiosk.ledger.db.execute("DELETE FROM attendee WHERE id = ?1", [[2u8; 16]]).unwrap();
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    kiosk.sync().await;
    kiosk.sync().await;
    for number in 1..=4 {
        assert!(kiosk.ledger.attendee(AttendeeId([number; 16])).unwrap().is_some(), "{number}");
    }
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
        .ask(move |ledger| ledger.enrol_station(hash(code.secret()), [1; 32], late))
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
    assert_eq!(other.ledger.take(&mut other.caller, &answer.unwrap(), MORNING).unwrap().facts, 1);
}

#[tokio::test]
async fn fact_presence_and_print_job_stand_or_fall_together() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.scan(2);
    assert_eq!(kiosk.ledger.count_jobs().unwrap(), BTreeMap::from([(JobState::Queued, 2)]));
    let pages: i64 = kiosk.ledger.db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    kiosk.ledger.db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let mut stored = 2;
    let failed = (3..=200u8).find_map(|number| match kiosk.admit(AttendeeId([number; 16]), true) {
        Ok(()) => {
            stored += 1;
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(failed, Some(LedgerError::DiskFull)), "{failed:?}");
    assert_eq!(kiosk.ledger.count_jobs().unwrap()[&JobState::Queued], stored);
    assert_eq!(kiosk.ledger.waiting().unwrap(), stored);
    let key = kiosk.key.verifying_key();
    let findings = kiosk.ledger.check(|_| Some(key)).unwrap();
    assert_eq!((findings.facts, findings.complaints), (stored, Vec::<String>::new()));
}

#[tokio::test]
async fn projections_are_what_the_facts_say() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    for number in 1..=3 {
        kiosk.scan(number);
    }
    let draft = Draft {
        body: admitted(true),
        subject: AttendeeId([1; 16]),
        site: slug("hall"),
        badge: true,
    };
    kiosk.ledger.record(&draft, &kiosk.key, MORNING).unwrap();
    assert_eq!(kiosk.ledger.check(|_| None).unwrap().complaints, Vec::<String>::new());
    assert_eq!(kiosk.ledger.arrivals(false).unwrap().len(), 3);
    assert_eq!(kiosk.ledger.arrivals(true).unwrap().len(), 1, "a rehearsal stands apart");
    let real = kiosk.ledger.next_job(false).unwrap().unwrap();
    let rehearsed = kiosk.ledger.next_job(true).unwrap().unwrap();
    assert_eq!((real.fact.seq.0, rehearsed.fact.seq.0), (1, 4), "and so do its badges");

    kiosk.ledger.db.execute("UPDATE presence SET repeats = 5 WHERE rehearsal = 0", []).unwrap();
    let complaints = kiosk.ledger.check(|_| None).unwrap().complaints;
    assert_eq!(complaints, ["the projections do not follow from the facts"]);
}

#[tokio::test]
async fn a_fact_from_the_end_of_time_is_kept_like_any_other() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let draft = Draft {
        body: admitted(false),
        subject: AttendeeId([1; 16]),
        site: slug("hall"),
        badge: false,
    };
    kiosk.ledger.record(&draft, &kiosk.key, Millis(i64::MAX)).unwrap();
    kiosk.scan(2);
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.arrivals(false)).await.len(), 2);
    let findings = town.ask(|ledger| ledger.check(|_| None)).await;
    assert_eq!(findings.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_log_that_was_tampered_with_is_found() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    (1..=3).for_each(|number| {
        kiosk.scan(number);
    });
    let key = kiosk.key.verifying_key();
    kiosk.ledger.db.execute("DELETE FROM fact WHERE seq = 2", []).unwrap();
    let complaints = kiosk.ledger.check(|_| Some(key)).unwrap().complaints;
    assert!(complaints[0].contains("does not follow"), "{complaints:?}");
    let other = SigningKey::from_bytes(&[3; 32]).verifying_key();
    let complaints = kiosk.ledger.check(|_| Some(other)).unwrap().complaints;
    assert!(complaints.iter().any(|c| c.contains("not signed")), "{complaints:?}");
}

#[tokio::test]
async fn what_was_on_its_way_to_the_printer_is_in_doubt_after_a_crash() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.scan(2);
    let job = kiosk.ledger.next_job(false).unwrap().unwrap();
    let (ledger, now) = (&mut kiosk.ledger, MORNING);
    assert!(ledger.move_job(job.id, JobState::Queued, JobState::Sent, now).unwrap());
    assert!(!ledger.move_job(job.id, JobState::Queued, JobState::Sent, now).unwrap(), "once");
    assert_eq!(ledger.doubt_sent_jobs(now).unwrap(), 1);
    assert_eq!(ledger.job(job.id).unwrap().unwrap().state, JobState::Unknown);
    let next = ledger.next_job(false).unwrap().unwrap();
    assert_ne!(next.id, job.id, "what may have printed is not printed again");
}

#[test]
fn a_ledger_opens_with_its_key_only() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let log = LogId::new(StationId([1; 16]), [1; 8]);
    Ledger::open(&path, Some(&DiskKey([1; 32]))).unwrap().begin_log(log).unwrap();
    for wrong in [Some(DiskKey([2; 32])), None] {
        let refused = Ledger::open(&path, wrong.as_ref()).err().unwrap();
        assert!(matches!(refused, LedgerError::WrongKey { .. }), "{refused}");
    }
    let ledger = Ledger::open_to_read(&path, Some(&DiskKey([1; 32]))).unwrap();
    assert_eq!(ledger.own_log().unwrap(), log);
    assert!(ledger.db.execute("DELETE FROM setting", []).is_err(), "a reader writes nothing");
    let plain = folder.path().join("plain.db");
    Ledger::open(&plain, None).unwrap();
    assert!(std::fs::read(plain).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for near in ["http://127.0.0.1:7300", "http://localhost:1", "http://[::1]:7300/"] {
        assert!(Http::new(near).is_ok(), "{near}");
    }
    let far = ["http://192.168.1.5:7300", "http://example.com", "http://127.0.0.1.example.com"];
    for address in far {
        let refused = Http::new(address).unwrap_err();
        assert!(refused.to_string().contains("encryption"), "{refused}");
    }
    for nonsense in ["", "127.0.0.1:7300", "ftp://127.0.0.1", "http://"] {
        assert!(Http::new(nonsense).is_err(), "{nonsense}");
    }
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let key = SigningKey::from_bytes(&[100; 32]).verifying_key();
    let code = Code::new([1, 2, 3, 4, 5, 6, 7], &key);
    let typed = format!(" {} ", code.text().to_lowercase());
    assert!(Code::read(&typed).unwrap() == code);
    assert!(code.names(&key));
    for bad in ["", "ABC", "ABCDEFGHIJ", "ABCDEFGHI1-ABCDEFGHIJKLMNOP", "ABCDEFGHIJ-ABC"] {
        assert!(Code::read(bad).is_err(), "{bad}");
    }
}
