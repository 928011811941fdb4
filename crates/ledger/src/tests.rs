//! The story that every store must tell: a convention on a server, kiosks that join it, and what
//! each of them remembers. Enter through [`Town`].

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

mod attachments;
mod bundles;
mod clocks;
mod clones;
#[cfg(feature = "postgres")]
mod cluster;
mod durable;
mod exchange;
#[path = "../tests/harvest/mod.rs"]
mod harvest;
mod keeping;
mod members;
mod merging;
#[cfg(target_os = "linux")]
mod power;
mod proving;
mod restored;
mod review;
#[cfg(feature = "postgres")]
mod stores;
mod trust;
mod versions;
#[cfg(feature = "postgres")]
mod writers;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use admission::exchange::{Attachment, Caller, Direction, Nonce, Profile, Role, Vector, sift};
use admission::fact::{Admission, Body, Slot, Visit, What};
use admission::id::{AttendeeId, ConventionId, FactId, LogId, Seq, Serial, StationId};
use admission::keys::KeyStatus;
use admission::pass::{self, Authentic, Pass, PassKind};
use admission::roster::{
    Activity, Assignment, AssignmentState, Attendee, Convention, Mode, Person, Placing, Status,
};
use admission::rule::{Case, Decision, Reason, decide};
use admission::time::Millis;
use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::blanks::{FreeBlank, Issuer, SUPPLY};
use crate::carrier::Http;
use crate::case::Door;
use crate::clock::Clock;
use crate::enrol::{Application, Code, hash};
use crate::facts::{Draft, Paper};
use crate::jobs::JobState;
use crate::join::JoinError;
use crate::local::Contact;
use crate::local::Taken;
use crate::members::Station;
use crate::register::Entry;
use crate::routes::{Server, routes};
use crate::shared::Shared;
use crate::{DiskKey, Ledger, LedgerError};

use harvest::{ISSUING, TODAY, activity, guest, root, slug};
pub(crate) use harvest::{MORNING, convention, key_set};

const HOUR: i64 = 3_600_000;

fn entry(number: u8) -> Entry {
    Entry { number: format!("{number:06}"), attendee: guest(number), fields: "{}".to_owned() }
}

#[cfg(feature = "postgres")]
use stores::open;

/// Opens the server's ledger.
#[cfg(not(feature = "postgres"))]
async fn open(folder: &Path) -> Shared {
    Shared::start(Ledger::open(&folder.join("server.db"), None).unwrap()).unwrap()
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
        let shared = open(folder.path()).await;
        let set_up = shared.ask(|ledger| -> Result<(), LedgerError> {
            let (root, keys) = (root(), key_set(1, &[(ISSUING, KeyStatus::Active)]));
            let public = root.verifying_key();
            ledger.begin_trust(convention().id, public.to_bytes(), &keys.sign(&root))?;
            ledger.set_convention(&convention(), &public)?;
            ledger.register(&[entry(1), entry(2), entry(3)])?;
            Ok(())
        });
        set_up.await.unwrap();
        let key = SigningKey::from_bytes(&[100; 32]);
        let server = Server {
            id: StationId([100; 16]),
            key,
            convention: convention().id,
            clock: Clock::set(MORNING),
            issuer: Box::new(|_| {
                Some(Issuer {
                    key: SigningKey::from_bytes(&[ISSUING; 32]),
                    convention: convention().id,
                    days: (TODAY, 1),
                })
            }),
        };
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
        self.add_for(name, site, (Role::Kiosk, "")).await
    }

    async fn add_for(&self, name: u8, site: &str, (role, bus): (Role, &str)) -> Code {
        self.add_station(name, site, (role, bus), None).await
    }

    /// Adds a kiosk that takes over from another.
    async fn add_spare(&self, name: u8, old: u8) -> Code {
        self.add_station(name, "hall", (Role::Kiosk, ""), Some(StationId([old; 16]))).await
    }

    async fn add_station(
        &self,
        name: u8,
        site: &str,
        (role, bus): (Role, &str),
        replaces: Option<StationId>,
    ) -> Code {
        let code = Code::new([name; 7], &self.server.key.verifying_key());
        let station = Station {
            id: StationId([name; 16]),
            public: None,
            profile: Profile {
                name: format!("K{name}"),
                role,
                site: slug(site),
                activities: vec![slug("registration")],
                direction: Direction::In,
                bus: bus.to_owned(),
            },
        };
        let secret = hash(code.secret());
        let expires_at = Clock::Machine.now().plus(HOUR);
        assert!(
            self.ask(move |ledger| ledger.add_station((&station, replaces), &secret, expires_at))
                .await
        );
        code
    }

    /// Enrols a kiosk.
    async fn kiosk(&self, name: u8) -> Kiosk {
        let code = self.add(name, "hall").await;
        self.enrol(name, &code).await.unwrap()
    }

    /// Enrols a station with a steward, who may record anything.
    async fn staff(&self, name: u8) -> Kiosk {
        let code = self.add_for(name, "hall", (Role::Staff, "")).await;
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
        let card = ledger.join(&welcome, (&self.url, code), (nonce, [1; 8]), (&key, MORNING))?;
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
        let decision = self.decide(invitation(number), &convention, "registration");
        if let Decision::Admit(pleased) = &decision {
            self.admit(pleased.attendee, pleased.collects).unwrap();
        }
        decision
    }

    /// Decides about a pass at an activity; stores nothing.
    fn decide(&self, pass: Authentic, convention: &Convention, activity: &str) -> Decision {
        decide(&self.case(pass, convention, activity), MORNING)
    }

    fn case(&self, pass: Authentic, convention: &Convention, activity: &str) -> Case {
        let profile = self.ledger.policy().unwrap().unwrap().profile;
        let door = Door {
            convention,
            activity: convention.activity(&slug(activity)).unwrap(),
            profile: &profile,
            today: TODAY,
            now: MORNING,
            list_now: MORNING,
            clock_is_set: true,
            rehearsal: false,
        };
        self.ledger.case(pass, &door).unwrap().0
    }

    /// Records something about a person.
    fn note(&mut self, subject: u8, what: What) -> FactId {
        let draft = Draft { body: Body { rehearsal: false, what }, ..draft(subject) };
        self.ledger.record(&draft, &self.key, MORNING).unwrap().fact
    }

    fn admit(&mut self, subject: AttendeeId, badge: bool) -> Result<(), LedgerError> {
        let badge = badge.then_some(Paper { rehearsal: false });
        let draft = Draft { subject: Some(subject), badge, ..draft(0) };
        self.ledger.record(&draft, &self.key, MORNING).map(|_| ())
    }

    /// One exchange with the server.
    async fn exchange(&mut self) -> Taken {
        self.exchange_at(MORNING).await
    }

    async fn exchange_at(&mut self, now: Millis) -> Taken {
        self.count += 1;
        let nonce = Nonce([self.count; 16]);
        let (ledger, caller) = (&mut self.ledger, &mut self.caller);
        let question = ledger.ask(caller, (nonce, 0), &self.key, now).unwrap();
        let answer = self.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
        ledger.take(caller, &answer, (&self.key, Contact::real(now))).unwrap()
    }

    /// Exchanges until neither side has anything left for the other.
    async fn sync(&mut self) {
        while self.exchange().await.more {}
    }
}

/// Somebody is let in to registration, for real.
pub(crate) fn draft(subject: u8) -> Draft {
    Draft {
        body: admitted(false),
        subject: Some(AttendeeId([subject; 16])),
        site: slug("hall"),
        badge: None,
        attachment: None,
    }
}

fn admitted(rehearsal: bool) -> Body {
    let visit = visit("registration", Mode::Once);
    let admission = Admission { visit, pass: Some(PassKind::Invitation), again: None };
    Body { rehearsal, what: What::Admitted(admission) }
}

fn visit(activity: &str, mode: Mode) -> Visit {
    Visit { activity: slug(activity), day: TODAY, mode, leg: 0 }
}

fn invitation(number: u8) -> Authentic {
    let serial = Serial([number; 16]);
    let pass = Pass::new(PassKind::Invitation, serial, 1, 0, (TODAY, 1)).unwrap();
    Authentic { pass, convention: convention().id }
}
