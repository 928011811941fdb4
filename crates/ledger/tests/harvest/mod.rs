//! The convention of the ledger's tests: a hall and a farm, guests from the north, two activities.

use std::collections::BTreeMap;

use admission::id::{AttendeeId, ConventionId, Serial, Slug};
use admission::keys::{KeyLine, KeySet, KeyStatus};
use admission::roster::{
    Activity, Attendee, Category, Convention, Delegation, Entitlement, Mode, Person, Placing, Site,
    Status, Words,
};
use admission::time::{Day, Millis};
use ed25519_dalek::SigningKey;

/// When the first doors open.
pub const MORNING: Millis = Millis(1_695_685_500_000);
/// The day on which they do.
pub const TODAY: Day = Day(19_626);
/// Seed of the issuing key.
pub const ISSUING: u8 = 60;
const HOUR: i64 = 3_600_000;

pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub fn words(text: &str) -> Words {
    Words(BTreeMap::from([("en".to_owned(), text.to_owned())]))
}

pub fn activity(id: &str, collects: bool) -> Activity {
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
        strict: false,
        open_to_all: None,
        capacity: None,
        wait_list: None,
    }
}

pub fn convention() -> Convention {
    let entitled = |id| Entitlement {
        activity: slug(id),
        categories: vec![slug("guest")],
        delegations: Vec::new(),
        placing: Placing::default(),
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
            list_minutes: None,
        }],
        delegations: vec![Delegation { id: slug("north"), title: words("North") }],
        activities: vec![activity("registration", true), activity("opening", false)],
        entitlements: vec![entitled("registration"), entitled("opening")],
        regions: BTreeMap::new(),
        provinces: BTreeMap::new(),
        templates: BTreeMap::new(),
        travel: Vec::new(),
    }
}

/// Somebody on the organiser's list.
pub fn guest(number: u8) -> Attendee {
    Attendee {
        id: AttendeeId([number; 16]),
        category: slug("guest"),
        delegation: slug("north"),
        status: Status::Confirmed,
        invitation: Serial([number; 16]),
        badge: Serial([number ^ 0x80; 16]),
        assignments: Vec::new(),
        person: Some(Person { name: format!("Lin {number}"), ..Person::default() }),
        revision: 0,
        test: false,
        accepted: None,
    }
}

/// Where the root key comes from that signs the sets of keys.
pub fn root() -> SigningKey {
    SigningKey::from_bytes(&[50; 32])
}

/// Draws up a key set out of seeds.
pub fn key_set(number: u64, keys: &[(u8, KeyStatus)]) -> KeySet {
    let line = |(seed, status): &(u8, KeyStatus)| KeyLine {
        public: SigningKey::from_bytes(&[*seed; 32]).verifying_key().to_bytes(),
        status: *status,
        since: MORNING,
    };
    let keys = keys.iter().map(line).collect();
    KeySet { convention: convention().id, number, issued: MORNING, keys }
}
