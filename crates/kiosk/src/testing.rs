//! A small convention with people in it, and a real server for it, for the tests of this crate.
#![allow(clippy::arithmetic_side_effects, reason = "test times are small")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use admission::exchange::{Direction, MemberState, Profile, Role};
use admission::id::{AttendeeId, ConventionId, LogId, Serial, Slug, StationId};
use admission::keys::{KeyLine, KeySet, KeyStatus};
use admission::pass::{self, Pass, PassKind};
use admission::roster::*;
use admission::time::{Day, Millis};
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::blanks::Issuer;
use ledger::clock::Clock;
use ledger::enrol::{Code, hash};
use ledger::register::Entry;
use ledger::routes::{Server, routes};
use ledger::shared::Shared;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::config::{Confirm, Options};
use crate::desk::Now;
use crate::station::Station;

/// 26 September 2023, 07:30 in Shenyang.
pub(crate) const MORNING: &str = "2023-09-26T07:30:00+08:00";
const ISSUING: [u8; 32] = [7; 32];
const ROOT: [u8; 32] = [6; 32];
const SERVER: [u8; 32] = [8; 32];
const SERVER_ID: StationId = StationId([0xEE; 16]);
const CONVENTION: ConventionId = ConventionId([1; 16]);
pub(crate) const TEMPLATE: &str = include_str!("../../../demo/badges/badge.svg");

/// Someone who comes, or not.
#[derive(Clone, Copy)]
pub(crate) struct Who(pub(crate) u8);

/// An entrepreneur from Singapore with a seat at the opening and table 8 at the gala.
pub(crate) const WANG_XIAOMING: Who = Who(1);
/// From Germany; reads English.
pub(crate) const ANNA_SCHMIDT: Who = Who(2);
/// Has called off.
pub(crate) const LI_CANCELLED: Who = Who(3);
/// From Hong Kong; reads traditional Chinese; rides bus 2 to Dalian.
pub(crate) const AU_YEUNG: Who = Who(4);
/// A name with a character that no font has.
pub(crate) const NO_GLYPH: Who = Who(5);
/// Tries things out, as often as needed.
pub(crate) const TESTER: Who = Who(6);
/// From Singapore; stands in where somebody else cannot come.
pub(crate) const CHEN_YIMING: Who = Who(7);
/// From Singapore; the badge lies in tray 12.
pub(crate) const FANG_IN_A_TRAY: Who = Who(8);
/// Has a pass, but is on no list.
pub(crate) const NOBODY: Who = Who(99);

impl Who {
    pub(crate) fn id(self) -> AttendeeId {
        AttendeeId([self.0; 16])
    }

    /// The code that was sent before the convention.
    pub(crate) fn invitation(self) -> String {
        self.pass(PassKind::Invitation, CONVENTION, &ISSUING)
    }

    /// The code on the badge.
    pub(crate) fn badge(self) -> String {
        self.pass(PassKind::Badge, CONVENTION, &ISSUING)
    }

    /// A pass that another organiser's key signed.
    pub(crate) fn elsewhere(self) -> String {
        self.pass(PassKind::Invitation, ConventionId([2; 16]), &[9; 32])
    }

    fn serial(self, kind: PassKind) -> Serial {
        let mut serial = [self.0; 16];
        serial[15] = kind.number();
        Serial(serial)
    }

    fn pass(self, kind: PassKind, convention: ConventionId, key: &[u8; 32]) -> String {
        let days = (day("2023-09-25"), 3);
        let pass = Pass::new(kind, self.serial(kind), 1, 0, days).unwrap();
        pass::issue(&pass, convention, &SigningKey::from_bytes(key))
    }

    pub(crate) fn attendee(self) -> Attendee {
        let row = |name: &str, latin: &str, region: &str, language: &str| Person {
            number: format!("{:06}", 100_000 + u32::from(self.0)),
            name: name.to_owned(),
            latin: latin.to_owned(),
            post_zh: "董事长".to_owned(),
            post_en: "Chairman".to_owned(),
            enterprise_zh: "沈海科技有限公司".to_owned(),
            enterprise_en: "Shenhai Technology".to_owned(),
            region: region.to_owned(),
            province: None,
            language: language.to_owned(),
            badge_pass: self.badge(),
            ..Person::default()
        };
        let person = match self.0 {
            1 => row("王小明", "WANG Xiaoming", "SG", "zh-Hans"),
            2 => row("", "Anna SCHMIDT", "DE", "de"),
            3 => row("李未来", "LI Weilai", "SG", "zh-Hans"),
            4 => row("歐陽靜雯", "OUYANG Jingwen", "HK", "zh-Hant"),
            6 => row("测试", "TEST", "SG", "zh-Hans"),
            7 => row("陈一鸣", "CHEN Yiming", "SG", "zh-Hans"),
            8 => row("方圆", "FANG Yuan", "SG", "zh-Hans"),
            _ => row("王\u{E000}", "WANG", "SG", "zh-Hans"),
        };
        Attendee {
            id: self.id(),
            category: slug("entrepreneur"),
            delegation: slug("singapore"),
            status: if self.0 == 3 { Status::Cancelled } else { Status::Confirmed },
            invitation: self.serial(PassKind::Invitation),
            badge: self.serial(PassKind::Badge),
            assignments: self.assignments(),
            person: Some(person),
            revision: 0,
            test: self.0 == TESTER.0,
            accepted: None,
        }
    }

    fn assignments(self) -> Vec<Assignment> {
        let line = |activity: &str, seat: &str, table: &str, bus: &str| Assignment {
            activity: slug(activity),
            state: AssignmentState::Entitled,
            placing: Placing { seat: seat.into(), table: table.into(), bus: bus.into() },
        };
        match self.0 {
            1 => vec![line("opening", "A区 12排 8座", "", ""), line("gala", "", "8", "")],
            4 => vec![line("visit-dalian", "", "", "2"), line("trip", "", "", "2")],
            7 => vec![line("trip", "", "", "1")],
            8 => vec![line("registration", "12", "", "")],
            _ => Vec::new(),
        }
    }
}

pub(crate) fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Millis {
    Millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

pub(crate) fn day(text: &str) -> Day {
    text.parse::<jiff::civil::Date>().unwrap().into()
}

/// The moment `seconds` after the station started at [`MORNING`].
pub(crate) fn after(seconds: f64) -> Now {
    let uptime = Duration::from_secs_f64(seconds);
    Now { clock: at(MORNING).plus(i64::try_from(uptime.as_millis()).unwrap()), uptime }
}

fn words(chinese: &str, english: &str) -> Words {
    let pairs = [("zh-Hans", chinese), ("en", english)];
    Words(pairs.map(|(tag, text)| (tag.to_owned(), text.to_owned())).into())
}

fn activity(id: &str, site: &str, starts: &str, ends: &str) -> Activity {
    let time = |text: &str| at(&format!("{text}:00+08:00"));
    Activity {
        id: slug(id),
        title: words(&format!("{id}（中）"), id),
        mode: Mode::Once,
        site: slug(site),
        starts: time(starts),
        ends: time(ends),
        doors_open: time(starts).plus(-90 * 60 * 1000),
        doors_close: time(ends),
        collects: false,
        place: words("一号厅", "Hall 1"),
        way: words("左侧扶梯上二层", "Escalator on the left"),
        strict: false,
        open_to_all: None,
        capacity: None,
        wait_list: None,
    }
}

pub(crate) fn convention() -> Convention {
    let registration = activity("registration", "hall", "2023-09-25T09:00", "2023-09-27T12:00");
    let workshop = activity("workshop", "hall", "2023-09-26T09:00", "2023-09-26T18:00");
    let lounge = activity("lounge", "hall", "2023-09-26T06:00", "2023-09-26T23:00");
    let trip = activity("trip", "hall", "2023-09-26T07:00", "2023-09-26T18:00");
    let everyone = |id: &str| Entitlement {
        activity: slug(id),
        categories: vec![slug("entrepreneur")],
        delegations: Vec::new(),
        placing: Placing::default(),
    };
    let region =
        |chinese, english| Region { title: words(chinese, english), continent: "Asia".to_owned() };
    Convention {
        id: CONVENTION,
        title: words("首届全球辽商大会", "1st World Liaoning Entrepreneurs Convention"),
        zone: "Asia/Shanghai".to_owned(),
        languages: vec!["zh-Hans".to_owned(), "en".to_owned()],
        first_day: day("2023-09-25"),
        days: 3,
        theme: ["#14213D", "#1F3A68", "#F7E7C1", "#C8402F", "#FBF8F1", "#1B1B1F"]
            .map(str::to_owned),
        sites: ["hall", "dalian"].map(|id| Site { id: slug(id), title: words(id, id) }).into(),
        categories: vec![Category {
            id: slug("entrepreneur"),
            number: 1,
            title: words("嘉宾", "DELEGATE"),
            band: "#C8402F".to_owned(),
            template: "badge".to_owned(),
            list_minutes: None,
        }],
        delegations: vec![Delegation {
            id: slug("singapore"),
            title: words("新加坡代表团", "Singapore"),
        }],
        activities: vec![
            Activity { collects: true, ..registration },
            activity("opening", "hall", "2023-09-26T09:00", "2023-09-26T11:30"),
            activity("forum", "hall", "2023-09-26T14:00", "2023-09-26T16:45"),
            activity("gala", "hall", "2023-09-26T18:30", "2023-09-26T21:00"),
            activity("visit-dalian", "dalian", "2023-09-27T10:30", "2023-09-27T13:00"),
            Activity { mode: Mode::Daily, ..workshop },
            Activity {
                mode: Mode::Reentry,
                capacity: Some(2),
                open_to_all: Some(lounge.starts),
                ..lounge
            },
            Activity { mode: Mode::Board, ..trip },
        ],
        entitlements: ["registration", "opening", "forum", "gala"].map(everyone).into(),
        regions: BTreeMap::from([
            ("SG".to_owned(), region("新加坡", "Singapore")),
            ("DE".to_owned(), region("德国", "Germany")),
            ("HK".to_owned(), region("中国香港", "Hong Kong, China")),
        ]),
        provinces: BTreeMap::new(),
        templates: BTreeMap::from([("badge".to_owned(), TEMPLATE.to_owned())]),
        travel: Vec::new(),
    }
}

fn key_set() -> KeySet {
    let public = SigningKey::from_bytes(&ISSUING).verifying_key().to_bytes();
    let since = at(MORNING);
    let keys = vec![KeyLine { public, status: KeyStatus::Active, since }];
    KeySet { convention: CONVENTION, number: 1, issued: since, keys }
}

fn issuer() -> Issuer {
    let key = SigningKey::from_bytes(&ISSUING);
    Issuer { key, convention: CONVENTION, days: (day("2023-09-25"), 3) }
}

/// A server with the convention and its people, on a port of its own.
pub(crate) struct Venue {
    pub(crate) url: String,
    ledger: Shared,
    runtime: Runtime,
    dir: TempDir,
}

/// A server that was killed; its file and its port are kept.
pub(crate) struct Closed {
    address: SocketAddr,
    dir: TempDir,
}

impl Closed {
    pub(crate) fn open(self) -> Venue {
        Venue::serve(self.dir, self.address)
    }
}

impl Venue {
    pub(crate) fn open() -> Venue {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("server.db"), None).unwrap();
        ledger.begin_log(LogId::new(SERVER_ID, [0; 8])).unwrap();
        let root = SigningKey::from_bytes(&ROOT);
        ledger.set_convention(&convention(), &root.verifying_key()).unwrap();
        let root_public = root.verifying_key().to_bytes();
        ledger.begin_trust(CONVENTION, root_public, &key_set().sign(&root)).unwrap();
        let people = [1, 2, 3, 4, 5, 6, 7, 8].map(Who);
        let entries = people.map(|who| Entry {
            number: who.attendee().person.unwrap().number,
            attendee: who.attendee(),
            fields: "{}".to_owned(),
        });
        ledger.register(&entries).unwrap();
        drop(ledger);
        Venue::serve(dir, "127.0.0.1:0".parse().unwrap())
    }

    fn serve(dir: TempDir, address: SocketAddr) -> Venue {
        let ledger = Ledger::open(&dir.path().join("server.db"), None).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let ledger = Shared::start(ledger).unwrap();
        let key = SigningKey::from_bytes(&SERVER);
        let clock = Clock::Machine;
        let issuer = Box::new(|_: &Ledger| Some(issuer()));
        let server = Server { id: SERVER_ID, key, convention: CONVENTION, clock, issuer };
        let app = routes(ledger.clone(), Arc::new(server));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Venue { url, ledger, runtime, dir }
    }

    /// Kills the server.
    pub(crate) fn close(self) -> Closed {
        let address = self.url.trim_start_matches("http://").parse().unwrap();
        self.runtime.shutdown_timeout(Duration::from_secs(5));
        Closed { address, dir: self.dir }
    }

    /// Adds a kiosk at the hall and returns its one-time code.
    pub(crate) fn code(&self, name: &str, activities: &[&str]) -> String {
        self.code_of(kiosk_profile(name, activities))
    }

    /// Adds a station and returns its one-time code.
    pub(crate) fn code_of(&self, profile: Profile) -> String {
        let number = profile.name.bytes().fold(0u8, u8::wrapping_add);
        let station =
            ledger::members::Station { id: StationId([number; 16]), public: None, profile };
        let server = SigningKey::from_bytes(&SERVER).verifying_key();
        let code = Code::new([number; 7], &server);
        let (hash, expires) = (hash(code.secret()), Clock::Machine.now().plus(900_000));
        let added = self.runtime.block_on(
            self.ledger.ask(move |ledger| ledger.add_station((&station, None), &hash, expires)),
        );
        assert!(added.unwrap());
        code.text()
    }

    /// Enrols a fresh station in `dir`.
    pub(crate) fn enrol(&self, dir: &Path, name: &str, activities: &[&str]) -> Station {
        Station::enrol(dir, &self.url, &self.code(name, activities)).unwrap()
    }

    /// Enrols a fresh station with a profile in `dir`.
    pub(crate) fn enrol_as(&self, dir: &Path, profile: Profile) -> Station {
        Station::enrol(dir, &self.url, &self.code_of(profile)).unwrap()
    }

    /// Takes a station's bundle and returns the answer.
    pub(crate) fn answers(&self, bundle: Vec<u8>, station: StationId) -> Vec<u8> {
        let key = SigningKey::from_bytes(&SERVER);
        let issuer = Box::new(|_: &Ledger| Some(issuer()));
        let clock = Clock::Machine;
        let server = Server { id: SERVER_ID, key, convention: CONVENTION, clock, issuer };
        let answer = move |ledger: &mut Ledger| -> Result<Vec<u8>, ledger::LedgerError> {
            let now = Clock::Machine.now();
            ledger.read_bundle_at_server(&bundle[..], &server, (true, now)).unwrap();
            let mut stations = ledger.stations()?;
            stations.retain(|one| one.id == station);
            let mut answer = Vec::new();
            ledger.write_bundle_for(&mut answer, (&stations, false), &server).unwrap();
            Ok(answer)
        };
        self.runtime.block_on(self.ledger.ask(answer)).unwrap()
    }

    /// Puts somebody on the list anew.
    pub(crate) fn register(&self, attendee: Attendee) {
        let number = attendee.person.clone().unwrap().number;
        let entry = Entry { number, attendee, fields: "{}".to_owned() };
        self.runtime.block_on(self.ledger.ask(move |ledger| ledger.register(&[entry]))).unwrap();
    }

    /// Ends a station's membership, as the organiser does.
    pub(crate) fn revoke(&self, station: StationId) {
        let state = MemberState::Revoked;
        let asked = self.ledger.ask(move |ledger| ledger.close_member(station, state));
        assert!(self.runtime.block_on(asked).unwrap());
    }

    /// Returns how many facts the server keeps and does not believe.
    pub(crate) fn quarantined(&self) -> usize {
        self.runtime.block_on(self.ledger.ask(|ledger| ledger.quarantined())).unwrap().len()
    }

    /// Returns how many arrivals the server knows.
    pub(crate) fn arrivals(&self, rehearsal: bool) -> usize {
        self.runtime
            .block_on(self.ledger.ask(move |ledger| ledger.arrivals(rehearsal)))
            .unwrap()
            .len()
    }
}

/// The profile of a kiosk at the hall.
pub(crate) fn kiosk_profile(name: &str, activities: &[&str]) -> Profile {
    Profile {
        name: name.to_owned(),
        role: Role::Kiosk,
        site: slug("hall"),
        activities: activities.iter().map(|id| slug(id)).collect(),
        direction: Direction::In,
        bus: String::new(),
    }
}

/// The profile of a desk at the hall that a steward works.
pub(crate) fn staffed_profile(name: &str, activities: &[&str]) -> Profile {
    Profile { role: Role::Staff, ..kiosk_profile(name, activities) }
}

/// A station that asks its guests, on the morning of the opening.
pub(crate) fn by_touch() -> Options {
    Options {
        activity: None,
        clock: Clock::set(at(MORNING)),
        rehearsal: false,
        printer: None,
        backups: None,
        confirm: Confirm::ByTouch,
        lan: None,
    }
}

/// Returns the names in a folder in order; none if there is no such folder.
pub(crate) fn names(dir: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
