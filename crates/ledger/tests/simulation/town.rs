//! The town before anything happens: a server and its stations, enrolled, as files to copy.

#[path = "../harvest/mod.rs"]
#[allow(dead_code, reason = "the crate's own tests use all of it")]
mod harvest;

use std::path::{Path, PathBuf};

use admission::exchange::{Caller, Direction, Held, HeldScope, Nonce, Profile, Role, seal};
use admission::id::{ConventionId, Serial, StationId};
use admission::keys::KeyStatus;
use admission::roster::{Activity, Attendee, Convention, Mode, Revision, Site, Status};
use ed25519_dalek::SigningKey;
pub use harvest::{MORNING, TODAY, slug};
use ledger::Ledger;
use ledger::answer::Answering;
use ledger::blanks::Issuer;
use ledger::enrol::{Code, Welcome, hash};
use ledger::local::Contact;
use ledger::members::Station;
use ledger::register::Entry;
use tempfile::TempDir;

pub const CONVENTION: ConventionId = ConventionId([7; 16]);
/// How many people are on the list.
pub const GUESTS: u8 = 30;
/// Stations: eight at the hall, eight at the hotel, four laptops in the field. 0 is the server.
pub const STATIONS: u8 = 20;
/// The one that takes over from a laptop.
pub const SPARE: u8 = STATIONS + 1;

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
        key: SigningKey::from_bytes(&[harvest::ISSUING; 32]),
        convention: CONVENTION,
        days: (TODAY, 1),
    })
}

/// A part of the programme, open for two hours.
fn part(id: &str, mode: Mode) -> Activity {
    let ends = MORNING.plus(7_200_000);
    let activity = harvest::activity(id, id == "registration");
    Activity { mode, ends, doors_open: MORNING, doors_close: ends, ..activity }
}

fn convention() -> Convention {
    let site = |id| Site { id: slug(id), title: harvest::words(id) };
    let harvest = harvest::convention();
    Convention {
        days: 3,
        sites: ["hall", "hotel", "farm"].map(site).to_vec(),
        activities: vec![
            part("registration", Mode::Once),
            part("opening", Mode::Reentry),
            part("forum", Mode::Daily),
        ],
        entitlements: harvest.entitlements.into_iter().take(1).collect(),
        ..harvest
    }
}

/// A line of the organiser's list.
pub fn entry(number: u8, status: Status) -> Entry {
    let attendee = Attendee { status, ..harvest::guest(number) };
    Entry { number: format!("{number:06}"), attendee, fields: "{}".to_owned() }
}

pub fn invitation(number: u8) -> Serial {
    harvest::guest(number).invitation
}

/// How the server answers with this key of its own.
pub fn answering(key: &SigningKey) -> Answering<'_> {
    Answering { id: id(0), key, convention: CONVENTION, now: MORNING, issuer: &issuer }
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
        let root = harvest::root();
        let mut server = Ledger::open(&town.file(0), None).unwrap();
        let keys = harvest::key_set(1, &[(harvest::ISSUING, KeyStatus::Active)]);
        let pinned = root.verifying_key();
        server.begin_trust(CONVENTION, pinned.to_bytes(), &keys.sign(&root)).unwrap();
        server.set_convention(&convention(), &pinned).unwrap();
        let list: Vec<Entry> =
            (1..=GUESTS).map(|number| entry(number, Status::Confirmed)).collect();
        server.register(&list).unwrap();
        for number in 1..=STATIONS {
            enrol(&mut server, number, &town.file(number), None);
        }
        town.introduce(&mut server);
        town
    }

    /// Lets everybody know everybody.
    fn introduce(&self, server: &mut Ledger) {
        let server_key = key(0);
        for number in 1..=STATIONS {
            let (own, mut caller) = (key(number), Caller::new(id(number), id(0)));
            let mut ledger = Ledger::open(&self.file(number), None).unwrap();
            let nonce = Nonce([number; 16]);
            let question = ledger.ask(&mut caller, (nonce, 0), &own, MORNING).unwrap();
            let answer =
                server.answer(&question, &answering(&server_key), Nonce([98; 16])).unwrap();
            ledger.take(&mut caller, &answer, (&own, Contact::real(MORNING))).unwrap();
        }
    }

    /// Where a station's file lies; the server is number 0.
    pub fn file(&self, number: u8) -> PathBuf {
        self.folder.path().join(format!("{number}.db"))
    }
}

/// Makes a station, its ledger lying in `file`; it may take over from another.
pub fn enrol(server: &mut Ledger, number: u8, file: &Path, replaces: Option<StationId>) {
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
    assert!(server.add_station((&station, replaces), &secret, MORNING.plus(1)).unwrap());
    server.enrol_station(&secret, own.verifying_key().to_bytes(), MORNING).unwrap();
    let scope = HeldScope { scope: slug(site(number)), revision: Revision(0) };
    let held = Held { scopes: vec![scope], ..Held::default() };
    let nonce = Nonce([number; 16]);
    let question = Caller::new(id(number), id(0)).generate(held, nonce, 0, MORNING);
    let message = server.reply(&question, &answering(&server_key), Nonce([99; 16])).unwrap();
    let welcome = Welcome {
        server_key: server_key.verifying_key().to_bytes(),
        server: id(0),
        station: id(number),
        convention: CONVENTION,
        message: seal(&message, CONVENTION, &server_key),
    };
    let welcome = minicbor::to_vec(&welcome).unwrap();
    let mut ledger = Ledger::open(file, None).unwrap();
    let trip = (nonce, [1; 8]);
    ledger.join(&welcome, ("http://127.0.0.1", &code), trip, (&own, MORNING)).unwrap();
}
