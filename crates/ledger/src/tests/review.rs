//! What stations that were apart did, as a person finds it when they have met.

use std::collections::BTreeSet;

use admission::review::{Doubt, Kind};

use super::merging::{entered, meet};
use super::*;

/// Ten minutes.
const WHILE: i64 = 600_000;

fn doubts(ledger: &Ledger) -> Vec<Doubt> {
    doubts_in(ledger, &convention())
}

/// Returns all doubts; each is found by each of its facts alone, too.
fn doubts_in(ledger: &Ledger, convention: &Convention) -> Vec<Doubt> {
    let all = ledger.doubts(convention, false).unwrap();
    for doubt in &all {
        for fact in doubt.facts() {
            let named = (doubt.kind, &BTreeSet::from([fact]));
            let about = ledger.doubts_about(named, convention, false).unwrap();
            assert!(about.contains(doubt), "{doubt:?} is not among {about:?}");
            assert!(about.iter().all(|one| one.kind == doubt.kind && all.contains(one)));
        }
    }
    all
}

fn kinds(doubts: &[Doubt]) -> Vec<(Kind, Vec<u8>)> {
    let who = |doubt: &Doubt| doubt.traces.iter().map(|trace| trace.attendee.0[0]).collect();
    doubts.iter().map(|doubt| (doubt.kind, who(doubt))).collect()
}

async fn at_the_server(town: &Town) -> Vec<Doubt> {
    town.ask(|ledger| ledger.doubts(&convention(), false)).await
}

impl Kiosk {
    /// Records something at a time and a site.
    fn note_at(&mut self, subject: u8, what: What, (now, site): (Millis, &str)) -> FactId {
        let body = Body { rehearsal: false, what };
        let draft = Draft { body, site: slug(site), ..draft(subject) };
        self.ledger.record(&draft, &self.key, now).unwrap().fact
    }

    fn settle(&mut self, doubt: &Doubt) -> FactId {
        let what = doubt.settled(slug("same-person"));
        let body = Body { rehearsal: false, what };
        let draft = Draft { body, subject: doubt.attendee, ..draft(0) };
        self.ledger.record(&draft, &self.key, MORNING.plus(HOUR)).unwrap().fact
    }
}

#[tokio::test]
async fn one_pass_at_two_stations_apart_is_a_doubt_everywhere_until_one_of_them_settles_it() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    assert!(matches!(one.scan(1), Decision::Admit(_)));
    assert!(matches!(other.scan(1), Decision::Admit(_)));
    assert_eq!(doubts(&one.ledger), [], "nobody can know yet");
    meet(&mut [&mut one, &mut other]).await;
    let found = doubts(&one.ledger);
    assert_eq!(kinds(&found), [(Kind::DoubleEntry, vec![1, 1])]);
    let stations: Vec<_> = found[0].facts().iter().map(|fact| fact.log.station().0[0]).collect();
    assert_eq!(stations, [1, 2]);
    assert_eq!(doubts(&other.ledger), found);
    assert_eq!(at_the_server(&town).await, found);
    let settlement = other.settle(&found[0]);
    meet(&mut [&mut one, &mut other]).await;
    for ledger in [&one.ledger, &other.ledger] {
        assert_eq!(doubts(ledger), []);
        assert_eq!(ledger.check().unwrap().complaints, Vec::<String>::new());
    }
    assert_eq!(at_the_server(&town).await, []);
    one.note(1, What::Annulled { fact: settlement, why: slug("mistake"), other: None });
    meet(&mut [&mut one, &mut other]).await;
    assert_eq!(at_the_server(&town).await, found, "the history has both");
    one.note(1, What::Annulled { fact: found[0].facts()[1], why: slug("mistake"), other: None });
    assert_eq!(doubts(&one.ledger), [], "one of the two was none");
}

#[tokio::test]
async fn whoever_came_last_to_a_room_that_is_too_full_is_named_and_settled_together() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    let small = || {
        let mut convention = convention();
        convention.activities[1].capacity = Some(1);
        convention
    };
    let opening = || entered("opening", Mode::Once);
    one.note_at(1, opening(), (MORNING, "hall"));
    other.note_at(2, opening(), (MORNING.plus(WHILE), "hall"));
    let What::Admitted(admission) = opening() else { panic!() };
    let (reason, why) = ("full".to_owned(), slug("protocol"));
    let overridden = What::Overridden { admission, reason, why };
    other.note_at(3, overridden, (MORNING.plus(2 * WHILE), "hall"));
    meet(&mut [&mut one, &mut other]).await;
    let found = doubts_in(&one.ledger, &small());
    assert_eq!(kinds(&found), [(Kind::OverCapacity, vec![2])], "three is a steward's word");
    assert_eq!(doubts_in(&other.ledger, &small()), found);
    assert_eq!(town.ask(move |ledger| ledger.doubts(&small(), false)).await, found);
    one.settle(&found[0]);
    assert_eq!(one.ledger.doubts(&small(), false).unwrap(), []);
    let seat = |state: AssignmentState| {
        let placing = Placing { seat: "A1".to_owned(), ..Placing::default() };
        vec![Assignment { activity: slug("opening"), state, placing }]
    };
    let seated = Attendee { assignments: seat(AssignmentState::Entitled), ..guest(2) };
    town.ask(move |ledger| ledger.register(&[Entry { attendee: seated, ..entry(2) }])).await;
    other.sync().await;
    assert_eq!(other.ledger.doubts(&small(), false).unwrap(), [], "who has a seat has a place");
}

#[tokio::test]
async fn who_is_at_two_sites_at_once_and_whom_no_list_has_is_found() {
    let town = Town::new().await;
    let mut hall = town.kiosk(1).await;
    let code = town.add(2, "farm").await;
    let mut farm = town.enrol(2, &code).await.unwrap();
    hall.note_at(1, entered("opening", Mode::Once), (MORNING, "hall"));
    farm.note_at(1, entered("harvest", Mode::Once), (MORNING.plus(WHILE), "farm"));
    farm.note_at(9, entered("harvest", Mode::Once), (MORNING.plus(2 * WHILE), "farm"));
    meet(&mut [&mut hall, &mut farm]).await;
    let found = doubts(&hall.ledger);
    let (travel, unknown) = (Kind::ImpossibleTravel, Kind::UnknownPass);
    assert_eq!(kinds(&found), [(unknown, vec![9]), (travel, vec![1, 1])], "the newest first");
    assert_eq!(doubts(&farm.ledger), found);
    assert_eq!(at_the_server(&town).await, found);
    town.ask(|ledger| ledger.register(&[entry(9)])).await;
    hall.sync().await;
    assert_eq!(kinds(&doubts(&hall.ledger)), [(travel, vec![1, 1])]);
}

#[tokio::test]
async fn a_station_without_a_list_calls_nobody_unknown() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.note(9, entered("opening", Mode::Once));
    assert_eq!(kinds(&doubts(&kiosk.ledger)), [(Kind::UnknownPass, vec![9])]);
    kiosk.ledger.db.execute("UPDATE scope SET revision = 0", &[]).unwrap();
    assert_eq!(doubts(&kiosk.ledger), []);
}

#[tokio::test]
async fn an_entry_with_a_pass_that_was_revoked_or_of_somebody_who_called_off_is_found() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.scan(2);
    kiosk.sync().await;
    assert_eq!(at_the_server(&town).await, []);
    town.ask(|ledger| ledger.revoke(&[guest(1).invitation, guest(3).invitation])).await;
    let off = Attendee { status: Status::Cancelled, ..guest(2) };
    town.ask(move |ledger| ledger.register(&[Entry { attendee: off, ..entry(2) }])).await;
    kiosk.sync().await;
    let found = doubts(&kiosk.ledger);
    let mut because: Vec<_> =
        found.iter().map(|doubt| (doubt.traces[0].attendee.0[0], doubt.because)).collect();
    because.sort();
    assert_eq!(because, [(1, Some(Reason::Revoked)), (2, Some(Reason::Cancelled))]);
    assert_eq!(at_the_server(&town).await, found);
}

#[tokio::test]
async fn rehearsed_doubts_and_real_ones_are_apart() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    for _ in 0..2 {
        let twice = Draft { body: admitted(true), ..draft(1) };
        kiosk.ledger.record(&twice, &kiosk.key, MORNING).unwrap();
    }
    assert_eq!(doubts(&kiosk.ledger), []);
    let rehearsed = kiosk.ledger.doubts(&convention(), true).unwrap();
    assert_eq!(kinds(&rehearsed), [(Kind::DoubleEntry, vec![1, 1])]);
}

/// A kiosk that speaks for a steward is not believed; nor is a station about another's site.
#[tokio::test]
async fn what_is_quarantined_raises_no_doubt_and_settles_none() {
    let town = Town::new().await;
    let (mut kiosk, mut staff) = (town.kiosk(1).await, town.staff(2).await);
    kiosk.note_at(1, entered("opening", Mode::Once), (MORNING, "hall"));
    staff.note_at(1, entered("opening", Mode::Once), (MORNING, "farm"));
    meet(&mut [&mut kiosk, &mut staff]).await;
    assert_eq!(doubts(&staff.ledger), [], "the entry elsewhere is not believed");
    staff.note_at(1, entered("opening", Mode::Once), (MORNING, "hall"));
    meet(&mut [&mut kiosk, &mut staff]).await;
    let found = doubts(&kiosk.ledger);
    assert_eq!(kinds(&found), [(Kind::DoubleEntry, vec![1, 1])]);
    let settlement = kiosk.settle(&found[0]);
    meet(&mut [&mut kiosk, &mut staff]).await;
    for ledger in [&kiosk.ledger, &staff.ledger] {
        assert_eq!(doubts(ledger), found);
        assert_eq!(ledger.quarantined().unwrap()[&settlement], "not_its_kind");
    }
    assert_eq!(at_the_server(&town).await, found);
    staff.settle(&found[0]);
    meet(&mut [&mut kiosk, &mut staff]).await;
    assert_eq!(doubts(&kiosk.ledger), []);
    assert_eq!(at_the_server(&town).await, []);
}

/// A page of people is read at a time; nobody falls between two.
#[tokio::test]
async fn nobody_is_passed_over_among_very_many() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let stranger = |number: u16| {
        let mut id = [7; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        Draft { subject: Some(AttendeeId(id)), ..draft(0) }
    };
    let strangers: Vec<Draft> = (1..=2_001).map(stranger).collect();
    kiosk.ledger.record_all(&strangers, &kiosk.key, MORNING).unwrap();
    assert_eq!(doubts(&kiosk.ledger).len(), 2_001);
}
