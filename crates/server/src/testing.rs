//! A small convention for tests, on real files.

use std::fs;
use std::path::{Path, PathBuf};

use admission::exchange::{Direction, Profile, Role};
use admission::fact::{Admission, Body, Visit, What};
use admission::id::{AttendeeId, LogId, StationId};
use admission::keys::KeySet;
use admission::pass::PassKind;
use admission::roster::Mode;
use admission::time::{Day, Millis};
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::clock::Clock;
use ledger::facts::Draft;
use ledger::members::Station;

use crate::folder::{Folder, ROOT, read_seed};
use crate::import::{COLUMNS, Request, import};
use crate::init::init;
use crate::keys;
use crate::root::{self, Root};

/// A convention file that is right.
pub(crate) const CONVENTION: &str = include_str!("../tests/convention.toml");
/// The badge template beside it.
pub(crate) const TEMPLATE: &str = include_str!("../tests/badge.svg");
/// Rows of three people, the last one cancelled.
pub(crate) const PEOPLE: &str = "\
100001,王伟,WANG Wei,,王,伟,董事长,Chairman,海洋公司,Ocean Co.,,,guest,north,CN,liaoning,zh-Hans,+86 139 0000 0000,,,,confirmed
100002,,Maria Silva,,Silva,Maria,,Director,,Silva Ltda.,,,guest,south,SG,,en,,,,100001,confirmed
100003,김민준,KIM Min-jun,,,,,,,,,,press,south,SG,,ko,,,,,cancelled
";

/// Writes the convention file and its template into a folder.
pub(crate) fn convention_file(folder: &Path) -> PathBuf {
    fs::write(folder.join("badge.svg"), TEMPLATE).unwrap();
    let path = folder.join("convention.toml");
    fs::write(&path, CONVENTION).unwrap();
    path
}

/// A folder that was set up, in `data` of a temporary folder.
pub(crate) fn folder() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    init(&data, &convention_file(dir.path()), &Root::Beside).unwrap();
    let folder = Folder::open(&data).unwrap();
    (dir, folder)
}

/// The same with these rows imported.
pub(crate) fn folder_with(rows: &str) -> (tempfile::TempDir, Folder) {
    let (dir, folder) = folder();
    import(&folder, &people(dir.path(), &sheet(rows))).unwrap();
    (dir, folder)
}

/// Lays a pipe somewhere, into which nobody writes.
pub(crate) fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Puts the header over rows.
pub(crate) fn sheet(rows: &str) -> String {
    format!("{}\n{rows}", COLUMNS.join(","))
}

/// Writes a list of people and asks for its import.
pub(crate) fn people(folder: &Path, text: &str) -> Request {
    let path = folder.join("attendees.csv");
    fs::write(&path, text).unwrap();
    Request { people: path, assignments: None, dry_run: false }
}

/// Changes the keys with the root key that `init` left in the folder.
pub(crate) fn change_keys(folder: &Folder, change: keys::Change) -> KeySet {
    let dir = tempfile::tempdir().unwrap();
    let (unsigned, signed) = (dir.path().join("unsigned"), dir.path().join("signed"));
    keys::draw_up(folder, change, &unsigned).unwrap();
    let root = read_seed(&folder.path().join(ROOT)).unwrap();
    fs::write(&signed, root::sign(&root, &unsigned).unwrap().bytes).unwrap();
    keys::install(folder, &signed).unwrap().set
}

/// Lets somebody arrive at station K1, as the exchange would bring it.
pub(crate) fn let_arrive(folder: &Folder, number: &str, activity: &str, rehearsal: bool) {
    let visit =
        Visit { activity: activity.parse().unwrap(), day: Day(19_626), mode: Mode::Once, leg: 0 };
    let pass = Some(PassKind::Invitation);
    let what = What::Admitted(Admission { visit, pass, again: None });
    record_body(folder, number, Body { rehearsal, what });
}

/// Records something about somebody at station K1, as the exchange would bring it.
pub(crate) fn record(folder: &Folder, number: &str, what: What) -> AttendeeId {
    record_body(folder, number, Body { rehearsal: false, what })
}

fn record_body(folder: &Folder, number: &str, body: Body) -> AttendeeId {
    let key = SigningKey::from_bytes(&[21; 32]);
    let station = StationId([21; 16]);
    let mut ledger = folder.ledger().unwrap();
    enrol(&mut ledger, station, &key);
    let log = LogId::new(station, [1; 8]);
    let subject = ledger.entry(number).unwrap().unwrap().attendee.id;
    let draft = Draft {
        body,
        subject: Some(subject),
        site: "hall".parse().unwrap(),
        badge: None,
        attachment: None,
    };
    ledger.begin_log(log).unwrap();
    ledger.record(&draft, &key, Millis(1_695_684_600_000)).unwrap();
    subject
}

fn enrol(ledger: &mut Ledger, id: StationId, key: &SigningKey) {
    let profile = Profile {
        name: "K1".to_owned(),
        role: Role::Kiosk,
        site: "hall".parse().unwrap(),
        activities: vec!["registration".parse().unwrap()],
        direction: Direction::In,
        bus: String::new(),
    };
    let station = Station { id, public: None, profile };
    let now = Clock::Machine.now();
    let code = ledger::enrol::hash("K1");
    if ledger.add_station((&station, None), &code, now.plus(60_000)).unwrap() {
        ledger.enrol_station(&code, key.verifying_key().to_bytes(), now).unwrap();
    }
}
