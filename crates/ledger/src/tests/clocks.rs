//! Clocks that are wrong, and hours that are strange: what is decided, how sure a station says that
//! it was, which time is shown, and in which order it stands.

use admission::fact::Confidence;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::setting;

const SHANGHAI: &str = "Asia/Shanghai";
const BERLIN: &str = "Europe/Berlin";
const MINUTE: i64 = 60_000;

/// One case. Doors are open from one hour before `opens` to one hour after; the pass is good on the
/// civil day of `opens` alone.
struct Clocked {
    name: &'static str,
    zone: &'static str,
    opens: &'static str,
    /// What the station's clock shows at the scan.
    shows: &'static str,
    /// When it last heard from the server, by its own clock, and by how much that one was ahead.
    heard: Option<(&'static str, i64)>,
    /// What its clock showed when it recorded the fact before.
    before: Option<&'static str>,
    decision: &'static str,
    confidence: Confidence,
    /// The time on lists, in the convention's zone.
    shown: &'static str,
    /// The hybrid clock's time, where that is not the one that is shown.
    stands_at: Option<&'static str>,
}

const USUAL: Clocked = Clocked {
    name: "a clock that is right",
    zone: SHANGHAI,
    opens: "2023-09-26T01:00:00Z",
    shows: "2023-09-26T01:00:00Z",
    heard: Some(("2023-09-26T00:59:00Z", 0)),
    before: None,
    decision: "admitted",
    confidence: Confidence::Synced,
    shown: "2023-09-26T09:00:00+08:00",
    stands_at: None,
};

fn cases() -> Vec<Clocked> {
    use Confidence::{Drifted, Unknown};
    let c = |name, change: &dyn Fn(&mut Clocked)| {
        let mut case = Clocked { name, ..USUAL };
        change(&mut case);
        case
    };
    vec![
        USUAL,
        c("a clock that was never compared", &|c| {
            (c.heard, c.confidence) = (None, Unknown);
        }),
        c("compared an hour ago", &|c| c.heard = Some(("2023-09-26T00:00:00Z", 0))),
        c("compared a moment more than an hour ago", &|c| {
            (c.heard, c.confidence) = (Some(("2023-09-25T23:59:59.999Z", 0)), Drifted);
        }),
        c("eight hours asleep", &|c| {
            (c.heard, c.confidence) = (Some(("2023-09-25T17:00:00Z", 0)), Drifted);
        }),
        c("put back by nine minutes since", &|c| {
            (c.heard, c.confidence) = (Some(("2023-09-26T01:09:00Z", 0)), Drifted);
        }),
        c("put back by an hour during a scan: the order stays", &|c| {
            (c.heard, c.confidence) = (Some(("2023-09-26T02:00:00Z", 0)), Drifted);
            (c.before, c.stands_at) = (Some("2023-09-26T02:00:00Z"), Some("2023-09-26T02:00:00Z"));
        }),
        c("put back by an hour, before the doors open by it: a person looks", &|c| {
            (c.heard, c.confidence) = (Some(("2023-09-26T00:50:00Z", 0)), Drifted);
            (c.shows, c.shown) = ("2023-09-25T23:50:00Z", "2023-09-26T07:50:00+08:00");
            c.decision = "clock_unsure";
        }),
        c("a dead battery: 1970 after a start, known before", &|c| {
            (c.shows, c.shown) = ("1970-01-01T00:00:10Z", "1970-01-01T08:00:10+08:00");
            (c.decision, c.confidence) = ("clock_unsure", Drifted);
            (c.before, c.stands_at) = (Some("2023-09-26T00:58:00Z"), Some("2023-09-26T00:58:00Z"));
        }),
        c("a dead battery: 1970, and no server ever", &|c| {
            (c.shows, c.shown) = ("1970-01-01T00:00:10Z", "1970-01-01T08:00:10+08:00");
            (c.heard, c.decision, c.confidence) = (None, "clock_unsure", Unknown);
        }),
        c("the second after 31 bits of seconds", &|c| {
            (c.shows, c.shown) = ("2038-01-19T03:14:08Z", "2038-01-19T11:14:08+08:00");
            (c.heard, c.decision) = (Some(("2038-01-19T03:14:00Z", 0)), "expired");
        }),
        c("the second after 32 bits of seconds", &|c| {
            (c.shows, c.shown) = ("2106-02-07T06:28:16Z", "2106-02-07T14:28:16+08:00");
            (c.heard, c.decision) = (Some(("2106-02-07T06:28:00Z", 0)), "expired");
        }),
        c("ten years ahead: the server says so", &|c| {
            (c.shows, c.shown) = ("2033-09-26T01:00:00Z", "2033-09-26T09:00:00+08:00");
            c.heard = Some(("2033-09-26T00:59:00Z", -3653 * 24 * HOUR));
            c.decision = "clock_unsure";
        }),
        c("ten years ahead and back: the order stays", &|c| {
            (c.before, c.stands_at) = (Some("2033-09-26T01:00:00Z"), Some("2033-09-26T01:00:00Z"));
        }),
        c("half a thousandth of a second a second, for fourteen days", &|c| {
            c.heard = Some(("2023-09-26T00:59:00Z", 604_800));
            (c.shows, c.shown) = ("2023-09-26T02:00:00Z", "2023-09-26T10:00:00+08:00");
            (c.heard, c.decision) = (Some(("2023-09-26T01:59:00Z", 604_800)), "clock_unsure");
        }),
        c("local time taken for UTC: eight hours ahead", &|c| {
            (c.shows, c.shown) = ("2023-09-26T09:00:00Z", "2023-09-26T17:00:00+08:00");
            c.heard = Some(("2023-09-26T08:59:00Z", -8 * HOUR));
            c.decision = "clock_unsure";
        }),
        c("the server is nine minutes ahead", &|c| {
            c.heard = Some(("2023-09-26T00:59:00Z", 9 * MINUTE));
            (c.shows, c.shown) = ("2023-09-25T23:59:59.999Z", "2023-09-26T07:59:59.999+08:00");
            (c.heard, c.decision) = (Some(("2023-09-25T23:59:00Z", 9 * MINUTE)), "doors_not_open");
        }),
        c("the server is eleven minutes ahead", &|c| {
            (c.shows, c.shown) = ("2023-09-25T23:59:59.999Z", "2023-09-26T07:59:59.999+08:00");
            (c.heard, c.decision) = (Some(("2023-09-25T23:59:00Z", 11 * MINUTE)), "clock_unsure");
        }),
        c("a machine in UTC: by the zone of the convention it is the day", &|c| {
            (c.opens, c.shows) = ("2023-09-25T17:00:00Z", "2023-09-25T16:30:00Z");
            (c.heard, c.shown) = (Some(("2023-09-25T16:29:00Z", 0)), "2023-09-26T00:30:00+08:00");
        }),
        c("the last moment before the day", &|c| {
            (c.opens, c.shows) = ("2023-09-25T16:30:00Z", "2023-09-25T15:59:59.999Z");
            (c.heard, c.shown) =
                (Some(("2023-09-25T15:59:00Z", 0)), "2023-09-25T23:59:59.999+08:00");
            c.decision = "not_yet";
        }),
        c("the first moment of the day", &|c| {
            (c.opens, c.shows) = ("2023-09-25T16:30:00Z", "2023-09-25T16:00:00Z");
            (c.heard, c.shown) = (Some(("2023-09-25T15:59:00Z", 0)), "2023-09-26T00:00:00+08:00");
        }),
        c("the last moment of the day", &|c| {
            (c.opens, c.shows) = ("2023-09-26T15:30:00Z", "2023-09-26T15:59:59.999Z");
            (c.heard, c.shown) =
                (Some(("2023-09-26T15:59:00Z", 0)), "2023-09-26T23:59:59.999+08:00");
        }),
        c("the first moment after the day", &|c| {
            (c.opens, c.shows) = ("2023-09-26T15:30:00Z", "2023-09-26T16:00:00Z");
            (c.heard, c.shown) = (Some(("2023-09-26T15:59:00Z", 0)), "2023-09-27T00:00:00+08:00");
            c.decision = "expired";
        }),
        c("the leap day", &|c| {
            (c.opens, c.shows) = ("2024-02-29T01:00:00Z", "2024-02-29T01:00:00Z");
            (c.heard, c.shown) = (Some(("2024-02-29T00:59:00Z", 0)), "2024-02-29T09:00:00+08:00");
        }),
        c("summer begins: the hour that is missing", &|c| {
            c.zone = BERLIN;
            (c.opens, c.shows) = ("2023-03-26T01:00:00Z", "2023-03-26T01:00:00Z");
            (c.heard, c.shown) = (Some(("2023-03-26T00:59:00Z", 0)), "2023-03-26T03:00:00+02:00");
        }),
        c("summer ends: the hour that comes twice, the second time", &|c| {
            c.zone = BERLIN;
            (c.opens, c.shows) = ("2023-10-29T01:00:00Z", "2023-10-29T01:30:00Z");
            (c.heard, c.shown) = (Some(("2023-10-29T01:29:00Z", 0)), "2023-10-29T02:30:00+01:00");
            c.before = Some("2023-10-29T00:30:00Z");
        }),
    ]
}

fn at(text: &str) -> Millis {
    Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// Plays a case and says what came of it, as the case says what should.
fn play(case: &Clocked) -> (String, Confidence, String, Millis) {
    let folder = TempDir::new().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("l.db"), None).unwrap();
    let (key, zone) = (SigningKey::from_bytes(&[1; 32]), TimeZone::get(case.zone).unwrap());
    ledger.begin_log(LogId::new(StationId([1; 16]), [1; 8])).unwrap();
    ledger.register(&[entry(1)]).unwrap();
    if let Some(before) = case.before {
        ledger.record(&draft(2), &key, at(before)).unwrap();
    }
    if let Some((heard, offset)) = case.heard {
        setting::write_number(&ledger.db, setting::CONTACT_AT, at(heard).0).unwrap();
        setting::write_number(&ledger.db, setting::OFFSET_MS, offset).unwrap();
        setting::write_number(&ledger.db, setting::OFFSET_AT, at(heard).0).unwrap();
    }
    let (now, opens) = (at(case.shows), at(case.opens));
    let mut convention = convention();
    convention.zone = case.zone.to_owned();
    let activity = &mut convention.activities[0];
    (activity.doors_open, activity.doors_close) = (opens.plus(-HOUR), opens.plus(HOUR));
    let profile = Profile {
        name: "K1".to_owned(),
        role: Role::Staff,
        site: slug("hall"),
        activities: vec![slug("registration")],
        direction: Direction::In,
        bus: String::new(),
    };
    let door = Door {
        convention: &convention,
        activity: &convention.activities[0],
        profile: &profile,
        today: now.day_in(&zone),
        now,
        list_now: now,
        clock_is_set: false,
        rehearsal: false,
    };
    let days = (opens.day_in(&zone), 1);
    let pass = Pass::new(PassKind::Invitation, Serial([1; 16]), 1, 0, days).unwrap();
    let pass = Authentic { pass, convention: convention.id };
    let case = ledger.case(pass, &door).unwrap().0;
    let decision = match decide(&case, now) {
        Decision::Admit(_) => "admitted",
        Decision::Refuse { reason, .. } | Decision::Ask { reason, .. } => reason.code(),
    };
    let recorded = ledger.record(&draft(1), &key, now).unwrap();
    let moment = ledger.fact(recorded.fact).unwrap().unwrap().moment;
    let shown = moment.wall.rfc3339_in(&zone);
    (decision.to_owned(), moment.confidence, shown, moment.hybrid.millis())
}

#[test]
fn clocks_that_are_wrong_and_hours_that_are_strange() {
    let cases = cases();
    assert!(cases.len() >= 24);
    for case in cases {
        let stands_at = at(case.stands_at.unwrap_or(case.shows));
        let expected =
            (case.decision.to_owned(), case.confidence, case.shown.to_owned(), stands_at);
        assert_eq!(play(&case), expected, "{}", case.name);
    }
}

#[tokio::test]
async fn a_rehearsal_measures_no_clock() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let later = MORNING.plus(2 * HOUR);
    let (ledger, caller, key) = (&mut kiosk.ledger, &mut kiosk.caller, &kiosk.key);
    let question = ledger.ask(caller, (Nonce([9; 16]), 0), key, later).unwrap();
    let answer = kiosk.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
    let contact = Contact { now: later, rehearsal: true };
    ledger.take(caller, &answer, (key, contact)).unwrap();
    assert_eq!(ledger.contact_at().unwrap(), Some(later));
    let recorded = ledger.record(&draft(1), key, later.plus(MINUTE)).unwrap();
    let moment = ledger.fact(recorded.fact).unwrap().unwrap().moment;
    let measured = (moment.offset_age_ms, moment.confidence);
    let age = u64::try_from(2 * HOUR + MINUTE).unwrap();
    assert_eq!(measured, (Some(age), Confidence::Drifted), "that was at the enrolment");
}
