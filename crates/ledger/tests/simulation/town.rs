//! The town before anything happens: a server and its stations, enrolled, as files to copy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use admission::exchange::{Caller, Direction, Held, HeldScope, Nonce, Profile, Role, seal};
use admission::id::{AttendeeId, ConventionId, Serial, Slug, StationId};
use admission::keys::{KeyLine, KeySet, KeyStatus};
use admission::roster::{
    Activity, Attendee, Category, Convention, Delegation, Entitlement, Mode, Person, Placing,
    Revision, Site, Status, Words,
};
use admission::time::{Day, Millis};
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::answer::{Answering, Duty};
use ledger::blanks::Issuer;
use ledger::enrol::{Code, Welcome, hash};
use ledger::local::Contact;
use ledger::members::Station;
use ledger::register::Entry;
use tempfile::TempDir;

/// When it begins, by the true clock.
pub const MORNING: Millis = Millis(1_695_685_500_000);
pub const TODAY: Day = Day(19_626);
pub const CONVENTION: ConventionId = ConventionId([7; 16]);
/// How many people are on the list.
pub const GUESTS: u8 = 30;
/// Stations: eight at the hall, eight at the hotel, four laptops in the field. 0 is the server.
pub const STATIONS: u8 = 20;

pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub fn id(number: u8) -> StationId {
    StationId([number; 16])
}

pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number + 1; 32])
}

pub fn site(number: u8) -> &'static str {
    match number {
        1..=8 => "hall",
        9..=16 => "hotel",
        _ => "farm",
    }
}

/// Signs blanks as the server does.
pub fn issuer(_: &Ledger) -> Option<Issuer> {
    Some(Issuer {
        key: SigningKey::from_bytes(&[60; 32]),
        convention: CONVENTION,
        days: (TODAY, 1),
    })
}

fn words(text: &str) -> Words {
    Words(BTreeMap::from([("en".to_owned(), text.to_owned())]))
}

fn activity(id: &str, mode: Mode) -> Activity {
    Activity {
        id: slug(id),
        title: words(id),
        mode,
        site: slug("hall"),
        starts: MORNING,
        ends: MORNING.plus(7_200_000),
        doors_open: MORNING,
        doors_close: MORNING.plus(7_200_000),
        collects: id == "registration",
        place: words(""),
        way: words(""),
        strict: false,
        open_to_all: None,
        capacity: None,
        wait_list: None,
    }
}

fn convention() -> Convention {
    let site = |id| Site { id: slug(id), title: words(id) };
    Convention {
        id: CONVENTION,
        title: words("Harvest"),
        zone: "Asia/Shanghai".to_owned(),
        languages: vec!["en".to_owned()],
        first_day: TODAY,
        days: 3,
        theme: std::array::from_fn(|_| "#14213D".to_owned()),
        sites: ["hall", "hotel", "farm"].map(site).to_vec(),
        categories: vec![Category {
            id: slug("guest"),
            number: 1,
            title: words("Guest"),
            band: "#C8402F".to_owned(),
            template: "plain".to_owned(),
            list_minutes: None,
        }],
        delegations: vec![Delegation { id: slug("north"), title: words("North") }],
        activities: vec![
            activity("registration", Mode::Once),
            activity("opening", Mode::Reentry),
            activity("forum", Mode::Daily),
        ],
        entitlements: vec![Entitlement {
            activity: slug("registration"),
            categories: vec![slug("guest")],
            delegations: Vec::new(),
            placing: Placing::default(),
        }],
        regions: BTreeMap::new(),
        provinces: BTreeMap::new(),
        templates: BTreeMap::new(),
    }
}

/// A line of the organiser's list.
pub fn entry(number: u8, status: Status) -> Entry {
    let attendee = Attendee {
        id: AttendeeId([number; 16]),
        category: slug("guest"),
        delegation: slug("north"),
        status,
        invitation: invitation(number),
        badge: Serial([number ^ 0x80; 16]),
        assignments: Vec::new(),
        person: Some(Person { name: format!("Lin {number}"), ..Person::default() }),
        revision: 0,
        test: false,
        accepted: None,
    };
    Entry { number: format!("{number:06}"), attendee, fields: "{}".to_owned() }
}

pub fn invitation(number: u8) -> Serial {
    Serial([number; 16])
}

/// Files of everybody, ready to be copied for each seed.
pub struct Town {
    folder: TempDir,
}

/// Memory where there is some: what this looks for is not what a disk does.
pub fn folder() -> TempDir {
    let shared = Path::new("/dev/shm");
    let made = if shared.is_dir() { tempfile::tempdir_in(shared).ok() } else { None };
    made.unwrap_or_else(|| TempDir::new().unwrap())
}

impl Town {
    pub fn found() -> Town {
        let town = Town { folder: folder() };
        let root = SigningKey::from_bytes(&[50; 32]);
        let mut server = Ledger::open(&town.file(0), None).unwrap();
        let public = SigningKey::from_bytes(&[60; 32]).verifying_key().to_bytes();
        let line = KeyLine { public, status: KeyStatus::Active, since: MORNING };
        let keys = KeySet { convention: CONVENTION, number: 1, issued: MORNING, keys: vec![line] };
        let pinned = root.verifying_key();
        server.begin_trust(CONVENTION, pinned.to_bytes(), &keys.sign(&root)).unwrap();
        server.set_convention(&convention(), &pinned).unwrap();
        let list: Vec<Entry> =
            (1..=GUESTS).map(|number| entry(number, Status::Confirmed)).collect();
        server.register(&list).unwrap();
        for number in 1..=STATIONS {
            town.enrol(&mut server, number);
        }
        town.introduce(&mut server);
        town
    }

    /// Lets everybody know everybody.
    fn introduce(&self, server: &mut Ledger) {
        let server_key = key(0);
        let answering = Answering {
            id: id(0),
            key: &server_key,
            convention: CONVENTION,
            now: MORNING,
            duty: Duty::Server(&issuer),
        };
        for number in 1..=STATIONS {
            let (own, mut caller) = (key(number), Caller::new(id(number), id(0)));
            let mut ledger = Ledger::open(&self.file(number), None).unwrap();
            let nonce = Nonce([number; 16]);
            let question = ledger.ask(&mut caller, (nonce, 0), &own, MORNING).unwrap();
            let answer = server.answer(&question, &answering, Nonce([98; 16])).unwrap();
            ledger.take(&mut caller, &answer, (&own, Contact::real(MORNING))).unwrap();
        }
    }

    /// Where a station's file lies; the server is number 0.
    pub fn file(&self, number: u8) -> PathBuf {
        self.folder.path().join(format!("{number}.db"))
    }

    fn enrol(&self, server: &mut Ledger, number: u8) {
        let (server_key, own) = (key(0), key(number));
        let code = Code::new([number; 7], &server_key.verifying_key());
        let role = match number {
            17.. => Role::Field,
            // People work at all of them: what a kiosk may not write would count nowhere.
            _ => Role::Staff,
        };
        let profile = Profile {
            name: format!("K{number}"),
            role,
            site: slug(site(number)),
            activities: vec![slug("registration")],
            direction: Direction::In,
            bus: String::new(),
        };
        let station = Station { id: id(number), public: None, profile };
        let secret = hash(code.secret());
        assert!(server.add_station((&station, None), &secret, MORNING.plus(1)).unwrap());
        server.enrol_station(&secret, own.verifying_key().to_bytes(), MORNING).unwrap();
        let scope = HeldScope { scope: slug(site(number)), revision: Revision(0) };
        let held = Held { scopes: vec![scope], ..Held::default() };
        let nonce = Nonce([number; 16]);
        let question = Caller::new(id(number), id(0)).generate(held, nonce, 0, MORNING);
        let answering = Answering {
            id: id(0),
            key: &server_key,
            convention: CONVENTION,
            now: MORNING,
            duty: Duty::Server(&issuer),
        };
        let message = server.reply(&question, &answering, Nonce([99; 16])).unwrap();
        let welcome = Welcome {
            server_key: server_key.verifying_key().to_bytes(),
            server: id(0),
            station: id(number),
            convention: CONVENTION,
            message: seal(&message, CONVENTION, &server_key),
        };
        let welcome = minicbor::to_vec(&welcome).unwrap();
        let mut ledger = Ledger::open(&self.file(number), None).unwrap();
        let trip = (nonce, [1; 8]);
        ledger.join(&welcome, ("http://127.0.0.1", &code), trip, (&own, MORNING)).unwrap();
    }
}
