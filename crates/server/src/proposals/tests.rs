use std::path::Path;

use admission::exchange::{Attachment, Direction, MemberState, Profile, Role};
use admission::id::{FactId, LogId, Seq, StationId};
use admission::pass;
use admission::roster::Picture;
use admission::time::Millis;
use ed25519_dalek::SigningKey;
use ledger::blanks::Issuer;
use ledger::clock::Clock;
use ledger::facts::Draft;
use ledger::members::Station;

use super::*;
use crate::export;
use crate::folder::Folder;
use crate::import::{Summary, import};
use crate::testing::{self, PEOPLE, sheet};

const NOW: Millis = Millis(1_695_684_600_000);
const NEWCOMER: AttendeeId = AttendeeId([77; 16]);

/// The server beside a desk whose facts come in at once.
struct Hall {
    dir: tempfile::TempDir,
    folder: Folder,
    station: StationId,
    key: SigningKey,
    proposals: Proposals,
}

impl Hall {
    fn with(role: Role) -> Hall {
        let (dir, folder) = testing::folder_with(PEOPLE);
        let (station, key) = (StationId([31; 16]), SigningKey::from_bytes(&[31; 32]));
        let mut ledger = folder.ledger().unwrap();
        let profile = Profile {
            name: "D1".to_owned(),
            role,
            site: "hall".parse().unwrap(),
            activities: vec!["registration".parse().unwrap()],
            direction: Direction::In,
            bus: String::new(),
        };
        let now = Clock::Machine.now();
        let member = Station { id: station, public: None, profile };
        let code = ledger::enrol::hash("H1");
        assert!(ledger.add_station((&member, None), &code, now.plus(60_000)).unwrap());
        ledger.enrol_station(&code, key.verifying_key().to_bytes(), now).unwrap();
        ledger.begin_log(LogId::new(station, [1; 8])).unwrap();
        Hall { dir, folder, station, key, proposals: Proposals::default() }
    }

    fn desk() -> Hall {
        Hall::with(Role::Staff)
    }

    /// Records one fact, with particulars or without.
    fn record(&self, whom: AttendeeId, what: What, person: Option<Person>, rehearsal: bool) {
        let attachment = person.map(|person| Attachment::new(&person, [9; 16]));
        let draft = Draft {
            body: Body { rehearsal, what },
            subject: Some(whom),
            site: "hall".parse().unwrap(),
            badge: None,
            attachment,
        };
        self.folder.ledger().unwrap().record(&draft, &self.key, NOW).unwrap();
    }

    fn walk_in(&self, category: &str) {
        let (category, delegation) = (category.parse().unwrap(), "north".parse().unwrap());
        self.record(NEWCOMER, What::WalkedIn { category, delegation }, Some(newcomer()), false);
    }

    fn accept(&mut self) -> Vec<AttendeeId> {
        let mut ledger = self.folder.ledger().unwrap();
        while self.proposals.look(&ledger).unwrap() {}
        let passes = Passes::open(&self.folder, &ledger).unwrap();
        self.proposals.accept(&mut ledger, &passes).unwrap()
    }

    fn entry_of(&self, whom: AttendeeId) -> Option<Entry> {
        let entries = self.folder.ledger().unwrap().entries().unwrap();
        entries.into_iter().find(|entry| entry.attendee.id == whom)
    }

    fn import(&self) -> Summary {
        let request = testing::people(Path::new(self.dir.path()), &sheet(PEOPLE));
        import(&self.folder, &request).unwrap()
    }

    fn wang(&self) -> Attendee {
        self.folder.ledger().unwrap().entry("100001").unwrap().unwrap().attendee
    }
}

fn newcomer() -> Person {
    Person {
        name: "赵敏".to_owned(),
        latin: "ZHAO Min".to_owned(),
        enterprise_zh: "辽河公司".to_owned(),
        region: "CN".to_owned(),
        province: Some("liaoning".parse().unwrap()),
        language: "zh-Hans".to_owned(),
        ..Person::default()
    }
}

#[test]
fn a_walk_in_becomes_a_person_on_the_list() {
    let mut hall = Hall::desk();
    hall.walk_in("guest");
    assert_eq!(hall.accept(), [NEWCOMER]);
    assert!(hall.accept().is_empty(), "once");
    let entry = hall.entry_of(NEWCOMER).unwrap();
    assert!((100_000..1_000_000).contains(&entry.number.parse::<u32>().unwrap()));
    let person = entry.attendee.person.clone().unwrap();
    assert_eq!((person.name.as_str(), &person.number), ("赵敏", &entry.number));
    let keys = hall.folder.ledger().unwrap().issuing_keys().unwrap();
    let read = pass::read(&person.badge_pass, &keys).unwrap().pass;
    assert_eq!((read.serial(), read.category()), (entry.attendee.badge, 1));
    let table = export::export(&hall.folder, export::Table::Roster, export::Format::Csv, false);
    let table = String::from_utf8(table.unwrap()).unwrap();
    let line = format!("{},赵敏,ZHAO Min,,,,,,辽河公司,", entry.number);
    assert!(table.contains(&line), "{table}");
    let summary = hall.import();
    assert_eq!((summary.unchanged, summary.absent), (3, 1), "the organiser's list deletes nobody");
    assert_eq!(hall.entry_of(NEWCOMER), Some(entry));
    assert_eq!(crate::check::check(&hall.folder).unwrap()["complaints"], serde_json::json!([]));
}

#[test]
fn a_walk_in_of_a_revoked_desk_is_on_the_list_once_a_person_releases_it() {
    let mut hall = Hall::desk();
    let revoked = hall.folder.ledger().unwrap().close_member(hall.station, MemberState::Revoked);
    assert!(revoked.unwrap());
    hall.walk_in("guest");
    assert!(hall.accept().is_empty());
    assert_eq!(hall.folder.ledger().unwrap().release(hall.station).unwrap(), 1);
    assert_eq!(hall.accept(), [NEWCOMER]);
    assert!(hall.accept().is_empty(), "once");
}

#[test]
fn the_blank_in_the_hand_of_a_walk_in_stays_the_badge() {
    let mut hall = Hall::desk();
    let mut ledger = hall.folder.ledger().unwrap();
    let issuer = Issuer {
        key: hall.folder.issuing_key(&ledger).unwrap(),
        convention: hall.folder.settings.convention,
        days: (admission::time::Day(19_625), 3),
    };
    let blanks = ledger
        .supply(hall.station, Default::default(), &issuer, || Some(random().unwrap()))
        .unwrap();
    let keys = ledger.issuing_keys().unwrap();
    let serial = pass::read(&blanks[0].text, &keys).unwrap().pass.serial();
    hall.walk_in("guest");
    hall.record(NEWCOMER, What::Bound { serials: vec![serial] }, None, false);
    hall.accept();
    let attendee = hall.entry_of(NEWCOMER).unwrap().attendee;
    assert_eq!(attendee.badge, serial);
    assert_eq!(attendee.person.unwrap().badge_pass, blanks[0].text);
    assert_eq!(hall.import().absent, 1);
    let kept = hall.entry_of(NEWCOMER).unwrap().attendee.person.unwrap().badge_pass;
    assert_eq!(kept, blanks[0].text, "an import changes no badge");
}

#[test]
fn a_correction_changes_the_person_and_keeps_number_and_passes() {
    let mut hall = Hall::desk();
    let before = hall.wang();
    let corrected = Person { name: "王玮".to_owned(), ..before.person.clone().unwrap() };
    hall.record(before.id, What::Corrected, Some(corrected), false);
    assert_eq!(hall.accept(), [before.id]);
    let after = hall.wang();
    let (old, new) = (before.person.unwrap(), after.person.unwrap());
    assert_eq!(
        (new.name.as_str(), new.number, new.badge_pass),
        ("王玮", old.number, old.badge_pass)
    );
    assert!(after.accepted.is_some());
    let fields = hall.entry_of(after.id).unwrap().fields;
    assert!(fields.contains("王玮") && fields.contains("+86 139 0000 0000"), "{fields}");
    assert!(hall.accept().is_empty());
}

#[test]
fn a_correction_keeps_the_photo_and_the_picture_of_a_name_that_stays() {
    let mut hall = Hall::desk();
    let picture = |text: &str| Some(Picture::new(text.as_bytes()));
    let mut entry = hall.entry_of(hall.wang().id).unwrap();
    let person = entry.attendee.person.as_mut().unwrap();
    (person.photo, person.name_image) = (picture("face"), picture("ink"));
    entry.fields = entry.fields.replacen('{', r#"{"photo":"a.jpg","name_image":"b.png","#, 1);
    hall.folder.ledger().unwrap().register(&[entry.clone()]).unwrap();
    let before = entry.attendee.person.unwrap();
    // A desk sends no pictures, and what it sends is not taken.
    let moved = Person { post_en: "Chair".to_owned(), photo: picture("?"), ..before.clone() };
    hall.record(entry.attendee.id, What::Corrected, Some(moved), false);
    let known = hall.folder.ledger().unwrap().person(entry.attendee.id, false).unwrap().unwrap();
    let expected = Person { post_en: "Chair".to_owned(), ..before.clone() };
    assert_eq!(known.attendee.person, Some(expected.clone()), "at a station");
    hall.accept();
    assert_eq!(hall.wang().person, Some(expected.clone()), "on the list");
    let fields = |hall: &Hall| hall.entry_of(entry.attendee.id).unwrap().fields;
    assert!(fields(&hall).contains("a.jpg") && fields(&hall).contains("b.png"));

    let renamed = Person { name: "王玮".to_owned(), ..expected };
    hall.record(entry.attendee.id, What::Corrected, Some(renamed.without_pictures()), false);
    hall.accept();
    let after = hall.wang().person.unwrap();
    assert_eq!((after.photo, after.name_image), (picture("face"), None));
    assert!(fields(&hall).contains("a.jpg") && !fields(&hall).contains("b.png"));
}

#[test]
fn a_kiosk_proposes_nothing_until_a_person_releases_it() {
    let mut hall = Hall::with(Role::Kiosk);
    hall.walk_in("guest");
    assert!(hall.accept().is_empty());
    assert_eq!(hall.entry_of(NEWCOMER), None);
    assert_eq!(hall.folder.ledger().unwrap().release(hall.station).unwrap(), 1);
    assert_eq!(hall.accept(), [NEWCOMER]);
    assert!(hall.entry_of(NEWCOMER).is_some());
}

#[test]
fn what_was_only_rehearsed_is_not_taken_in() {
    let mut hall = Hall::desk();
    let wang = hall.wang();
    let corrected = Person { name: "王玮".to_owned(), ..wang.person.clone().unwrap() };
    hall.record(wang.id, What::Corrected, Some(corrected), true);
    assert!(hall.accept().is_empty());
    assert_eq!(hall.wang(), wang);
}

#[test]
fn an_unknown_category_or_an_unprintable_name_stays_out() {
    let mut hall = Hall::desk();
    hall.walk_in("astronaut");
    let wang = hall.wang();
    let broken = Person { name: "王\u{0}伟".to_owned(), ..wang.person.clone().unwrap() };
    hall.record(wang.id, What::Corrected, Some(broken), false);
    assert!(hall.accept().is_empty());
    assert_eq!((hall.entry_of(NEWCOMER), hall.wang()), (None, wang));
    assert!(hall.proposals.is_idle(), "nobody asks again and again");
}

#[test]
fn a_walk_in_that_is_undone_counts_nowhere_although_the_list_had_taken_it_in() {
    let mut hall = Hall::desk();
    hall.walk_in("guest");
    assert_eq!(hall.accept(), [NEWCOMER]);
    let fact = FactId { log: LogId::new(hall.station, [1; 8]), seq: Seq(1) };
    let what = What::Annulled { fact, why: "mistake".parse().unwrap(), other: None };
    hall.record(NEWCOMER, what, None, false);
    assert_eq!(hall.accept(), [NEWCOMER]);
    let entry = hall.entry_of(NEWCOMER).unwrap();
    assert_eq!(entry.attendee.status, Status::Cancelled);
    assert!(entry.fields.contains("\"status\":\"cancelled\""), "{}", entry.fields);
    assert!(hall.accept().is_empty(), "once");
}
