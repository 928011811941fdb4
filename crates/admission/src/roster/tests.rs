//! Who may enter what, what a site is told, and the rows to the byte.

use data_encoding::HEXLOWER;

use super::*;
use crate::fixture::{self, slug};

fn words(en: &str) -> Words {
    Words(BTreeMap::from([("en".to_owned(), en.to_owned())]))
}

fn activity(id: &str, site: &str) -> Activity {
    Activity {
        site: slug(site),
        starts: Millis(2),
        ends: Millis(3),
        doors_close: Millis(4),
        ..fixture::activity(id, Millis(1))
    }
}

/// Entrepreneurs and the hosts' delegation may enter the opening, Jilin's delegation the plant.
fn convention() -> Convention {
    let may = |activity: &str, categories: &[&str], delegations: &[&str]| Entitlement {
        activity: slug(activity),
        categories: categories.iter().map(|text| slug(text)).collect(),
        delegations: delegations.iter().map(|text| slug(text)).collect(),
        placing: Placing::default(),
    };
    Convention {
        id: ConventionId([0xC0; 16]),
        title: words("Convention"),
        zone: "Asia/Shanghai".to_owned(),
        languages: vec!["zh-Hans".to_owned()],
        first_day: Day(19_625),
        days: 3,
        theme: Default::default(),
        sites: vec![Site { id: slug("hall"), title: words("Hall") }],
        categories: vec![Category {
            id: slug("press"),
            number: 3,
            title: words("Press"),
            band: "#336699".to_owned(),
            template: "plain".to_owned(),
            list_minutes: Some(60),
        }],
        delegations: vec![Delegation { id: slug("jilin"), title: words("Jilin") }],
        activities: vec![
            activity("opening", "hall"),
            activity("gala", "hall"),
            activity("visit", "plant"),
        ],
        entitlements: vec![
            may("opening", &["entrepreneur"], &["hosts"]),
            may("visit", &[], &["jilin"]),
        ],
        regions: BTreeMap::new(),
        provinces: BTreeMap::new(),
        templates: BTreeMap::new(),
        travel: Vec::new(),
    }
}

fn person() -> Person {
    Person {
        number: "204816".to_owned(),
        name: "林晓".to_owned(),
        latin: "Lin Xiao".to_owned(),
        region: "CN".to_owned(),
        province: Some(slug("jilin")),
        ..Person::default()
    }
}

fn attendee(category: &str, delegation: &str) -> Attendee {
    Attendee {
        id: AttendeeId([1; 16]),
        category: slug(category),
        delegation: slug(delegation),
        status: Status::Confirmed,
        invitation: Serial([2; 16]),
        badge: Serial([3; 16]),
        assignments: Vec::new(),
        person: Some(person()),
        revision: 0,
        test: false,
        accepted: None,
    }
}

fn seat() -> Placing {
    Placing { seat: "A12".to_owned(), table: "7".to_owned(), bus: String::new() }
}

/// `who` with a line of the own about `activity`.
fn with_line(who: Attendee, activity: &str, state: AssignmentState) -> Attendee {
    let line = Assignment { activity: slug(activity), state, placing: seat() };
    Attendee { assignments: vec![line], ..who }
}

#[test]
fn category_or_delegation_entitles() {
    let yes = Entitled::Yes(Placing::default());
    let rows = [
        ("an entrepreneur of Jilin", attendee("entrepreneur", "jilin"), yes.clone()),
        ("a companion of the hosts", attendee("companion", "hosts"), yes.clone()),
        ("an entrepreneur among the hosts", attendee("entrepreneur", "hosts"), yes),
        ("a companion of Jilin", attendee("companion", "jilin"), Entitled::No),
    ];
    for (who, attendee, expected) in rows {
        assert_eq!(convention().entitlement(&attendee, &slug("opening")), expected, "{who}");
    }
}

#[test]
fn a_line_of_the_own_decides_over_category_and_delegation() {
    let lines = [
        (AssignmentState::Entitled, Entitled::Yes(seat())),
        (AssignmentState::Excluded, Entitled::Excluded),
        (AssignmentState::Waiting, Entitled::Waiting),
    ];
    for (state, expected) in lines {
        for who in [attendee("entrepreneur", "hosts"), attendee("companion", "jilin")] {
            let who = with_line(who, "opening", state);
            assert_eq!(convention().entitlement(&who, &slug("opening")), expected, "{state:?}");
        }
    }
}

#[test]
fn a_line_about_another_activity_says_nothing() {
    let who = with_line(attendee("entrepreneur", "jilin"), "gala", AssignmentState::Excluded);
    let entitled = convention().entitlement(&who, &slug("opening"));
    assert_eq!(entitled, Entitled::Yes(Placing::default()), "and gives no seat");
}

#[test]
fn nobody_may_enter_what_no_rule_opens() {
    let who = attendee("entrepreneur", "hosts");
    assert_eq!(convention().entitlement(&who, &slug("gala")), Entitled::No);
    assert_eq!(convention().entitlement(&who, &slug("never-planned")), Entitled::No);
}

#[test]
fn a_site_is_concerned_with_those_who_may_come_or_wait() {
    let concerns = |who: &Attendee, site: &str| convention().concerns(who, &slug(site));
    let lin = attendee("entrepreneur", "hosts");
    assert!(concerns(&lin, "hall") && !concerns(&lin, "plant") && !concerns(&lin, "airport"));
    let companion = attendee("companion", "zhejiang");
    assert!(!concerns(&companion, "hall"));
    let waiting = with_line(companion.clone(), "gala", AssignmentState::Waiting);
    assert!(concerns(&waiting, "hall"), "may be let in by a steward who needs the name");
    assert!(!concerns(&with_line(lin, "opening", AssignmentState::Excluded), "hall"));
}

#[test]
fn a_bare_row_tells_no_name_and_no_seat() {
    let who = with_line(attendee("entrepreneur", "jilin"), "gala", AssignmentState::Entitled);
    let bare = who.bare();
    assert_eq!(bare.person, None);
    assert!(bare.assignments.iter().all(|line| line.placing == Placing::default()));
    assert_eq!((bare.id, bare.badge, bare.status), (who.id, who.badge, who.status));
    let bytes = bare.bytes();
    for told in ["林晓", "Lin Xiao", "204816", "A12"] {
        assert!(!bytes.windows(told.len()).any(|window| window == told.as_bytes()), "{told}");
    }
}

#[test]
fn a_bare_row_entitles_exactly_as_the_whole_one() {
    let states = [AssignmentState::Entitled, AssignmentState::Excluded, AssignmentState::Waiting];
    for who in [attendee("entrepreneur", "hosts"), attendee("companion", "jilin")] {
        for (activity, state) in ["opening", "gala", "visit"].into_iter().zip(states) {
            let who = with_line(who.clone(), activity, state);
            for asked in ["opening", "gala", "visit"].map(slug) {
                let answer = |who: &Attendee| match convention().entitlement(who, &asked) {
                    Entitled::Yes(_) => "may",
                    Entitled::Waiting => "waits",
                    Entitled::No | Entitled::Excluded => "may not",
                };
                assert_eq!(answer(&who.bare()), answer(&who), "{state:?} to {activity}: {asked}");
            }
        }
    }
}

#[test]
fn a_row_reads_back_from_its_bytes() {
    let whole = with_line(attendee("entrepreneur", "jilin"), "gala", AssignmentState::Waiting);
    let cancelled = Attendee { status: Status::Cancelled, ..whole.bare() };
    for row in [whole, cancelled] {
        let read: Attendee = minicbor::decode(&row.bytes()).unwrap();
        assert_eq!(read, row);
        assert_eq!(read.bytes(), row.bytes(), "the bytes are canonical");
    }
    let bytes = minicbor::to_vec(convention()).unwrap();
    assert_eq!(minicbor::decode::<Convention>(&bytes).unwrap(), convention());
}

/// The digest of a scope goes over these bytes: a change makes every station load anew.
#[test]
fn golden_bytes_of_a_row() {
    let who = with_line(attendee("press", "jilin"), "gala", AssignmentState::Excluded);
    assert_eq!(
        HEXLOWER.encode(&who.bare().bytes()),
        "a9005001010101010101010101010101010101\
         0165707265737302656a696c696e0300\
         045002020202020202020202020202020202\
         055003030303030303030303030303030303\
         0681a3006467616c61010102a3006001600260080009f4"
    );
}

#[test]
fn a_row_with_a_field_of_a_later_version_is_read() {
    let row = attendee("entrepreneur", "jilin");
    let mut bytes = row.bytes();
    assert_eq!(bytes.first(), Some(&0xAA), "a map of ten");
    *bytes.first_mut().unwrap() = 0xAB;
    // Key 99: a list of a number and a map.
    bytes.extend([0x18, 0x63, 0x82, 0x01, 0xA1, 0x00, 0x61, b'x']);
    assert_eq!(minicbor::decode::<Attendee>(&bytes).unwrap(), row);
}

#[test]
fn pictures_travel_in_the_row_of_whoever_has_some_and_in_no_bare_one() {
    let plain = attendee("entrepreneur", "jilin");
    let pictures = |photo: &[u8], name: &[u8]| Person {
        photo: Some(Picture::new(photo)),
        name_image: Some(Picture::new(name)),
        ..person()
    };
    let row = Attendee { person: Some(pictures(&[7; 300], b"ink")), ..plain.clone() };
    let bytes = row.bytes();
    assert_eq!(bytes.len(), plain.bytes().len() + 1 + 3 + 300 + 1 + 1 + 3, "nothing else grows");
    assert_eq!(minicbor::decode::<Attendee>(&bytes).unwrap(), row);
    assert_eq!(row.bare().bytes(), plain.bare().bytes());
    let shown = format!("{:?}", pictures(b"a", b"b").photo);
    assert_ne!(shown, format!("{:?}", pictures(b"c", b"b").photo));
}

#[test]
fn a_correction_keeps_the_photo_and_the_picture_of_a_name_that_stays() {
    let listed = Person {
        badge_pass: "YB1".to_owned(),
        photo: Some(Picture::new(b"face")),
        name_image: Some(Picture::new(b"ink")),
        ..person()
    };
    let kept = Person { post_en: "Chair".to_owned(), ..person() }.as_listed(&listed);
    assert_eq!(kept, Person { post_en: "Chair".to_owned(), ..listed.clone() });
    let renamed = Person { latin: "Lin X.".to_owned(), ..person() }.as_listed(&listed);
    assert_eq!((renamed.photo, renamed.name_image), (listed.photo.clone(), None));
    let foreign = Person { photo: Some(Picture::new(b"?")), ..person() };
    assert_eq!(foreign.clone().as_listed(&listed).photo, listed.photo);
    assert_eq!(foreign.without_pictures(), person());
}

#[test]
fn bytes_that_are_no_row_are_refused() {
    let row = attendee("entrepreneur", "jilin").bytes();
    for end in 0..row.len() {
        assert!(minicbor::decode::<Attendee>(row.get(..end).unwrap()).is_err(), "{end} bytes");
    }
    let words = minicbor::to_vec("林晓").unwrap();
    assert!(minicbor::decode::<Attendee>(&words).is_err());
}

#[test]
fn a_row_that_left_the_scope_is_sent_as_gone() {
    let id = AttendeeId([1; 16]);
    for bytes in [None, Some(vec![]), Some(vec![0xA0])] {
        let row = Row { id, bytes };
        let sent = minicbor::to_vec(&row).unwrap();
        assert_eq!(minicbor::decode::<Row>(&sent).unwrap(), row);
    }
}

#[test]
fn golden_digest_of_a_scope() {
    let hex = |rows: &[&[u8]]| HEXLOWER.encode(&digest(rows.iter().copied()));
    let (one, two) = ([0xA1, 0, 1].as_slice(), [0xA1, 0, 2].as_slice());
    assert_eq!(
        hex(&[one, two]),
        "3020473e7ee13aa6d5ad7f3391a8202922a772fc7ac69e3d14e6b61cb8023433"
    );
    assert_eq!(hex(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_ne!(hex(&[one, two]), hex(&[two, one]), "the order counts");
    assert_ne!(hex(&[one, two]), hex(&[one]), "every row counts");
}

#[test]
fn a_text_falls_back_to_english_and_then_to_any() {
    let words = |texts: &[(&str, &str)]| {
        Words(texts.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect())
    };
    let both = words(&[("en", "Opening"), ("zh-Hans", "开幕式")]);
    assert_eq!(both.in_language("zh-Hans"), "开幕式");
    assert_eq!(both.in_language("ko"), "Opening");
    assert_eq!(words(&[("zh-Hans", "开幕式")]).in_language("ko"), "开幕式");
    assert_eq!(Words::default().in_language("en"), "");
}

#[test]
fn things_are_found_by_their_names() {
    let convention = convention();
    assert_eq!(convention.activity(&slug("gala")).map(|found| &found.id), Some(&slug("gala")));
    assert_eq!(convention.category(&slug("press")).map(|found| found.number), Some(3));
    assert!(convention.delegation(&slug("jilin")).is_some());
    assert!(convention.site(&slug("hall")).is_some());
    let nowhere = slug("nowhere");
    assert!(convention.activity(&nowhere).is_none() && convention.category(&nowhere).is_none());
    assert!(convention.delegation(&nowhere).is_none() && convention.site(&nowhere).is_none());
}
