//! Folders that come back, twice or too old: what is found out, and what comes of it.
//!
//! | row | situation | found out by | what comes of it | tests |
//! |---|---|---|---|---|
//! | 1 | fresh install on known hardware | a new key is a new station | the old one is marked replaced; its log stays as far as it came, and what comes later is believed | `row_1_...`; `a_spare_takes_over_once_it_has_enrolled_and_the_old_one_is_believed` |
//! | 2 | ledger deleted, key kept | a new epoch under the same station | a new log; the server holds both | `row_2_...`; with a backup `a_restored_station_goes_on_in_a_new_log_and_fetches_the_rest_of_the_old_one` |
//! | 3 | image restored, snapshot rolled back | the server holds more of the log | its unsent tail moves to a new epoch, each fact naming where it stood | `row_3_...`; `a_restored_image_gets_its_own_past_back_and_goes_on` |
//! | 4 | two live clones | another hash at one place, seen by the server, a neighbour or on a stick | both branches are kept, the first is canonical, the other is folded and its double entries are doubts; `check` names the station | `row_4_...`; `what_two_copies_of_a_folder_recorded_arrives_once_whichever_is_longer`, `copies_with_one_tail_move_it_to_one_place_and_count_nobody_twice` |
//! | 5 | server restored | its heads are below what stations hold | stations bring everything again from the server's heads | `row_5_...`; `a_restored_server_learns_from_a_station_who_was_added_and_who_was_revoked`, `a_server_that_lost_its_list_takes_no_revocation_back` |
//! | 6 | a peer older than the horizon | there is no horizon | logs are never compacted, so it is brought everything | `row_6_...` |
//!
//! Departures from the plan. There is no fence: a copy is told by its first differing fact, so one
//! that recorded nothing goes on with the log (row 3), and nobody is stopped by a lost answer. The
//! second branch is not quarantined: what people did there happened, so it counts, and whom both
//! admitted is a doubt for a person (row 4). Nobody is made to take a new key; the steward is told.
//! No log is closed (row 2): one that nobody writes any more just ends, and what of it turns up
//! later is taken. Stations never delete a fact, so the server confirms no "durable through" (row 5).

use admission::exchange::{Held, MemberState};
use tokio::sync::oneshot;

use super::merging::{clone, entered, meet};
use super::*;
use crate::bundle::write::To;
use crate::fork;
use crate::lan::told::Told;
use crate::lan::{Contact, Request};

const HALL: StationId = StationId([1; 16]);

/// A neighbour takes over the LAN what another has and it lacks.
fn hears(neighbour: &mut Kiosk, other: &mut Kiosk) {
    let id = |kiosk: &Kiosk| kiosk.ledger.own_log().unwrap().station();
    let vector = neighbour.ledger.vector().unwrap();
    let question = Caller::new(id(neighbour), id(other)).generate(
        Held { vector, ..Held::default() },
        Nonce([9; 16]),
        0,
        MORNING,
    );
    let mut told = Told::default();
    told.hear(&question);
    let lacks = told.lacks(&other.ledger.here(None).unwrap());
    let (reply, mut said) = oneshot::channel();
    other.ledger.lan(Request::Say { lacks, reply }, MORNING);
    let answer = said.try_recv().unwrap().unwrap().answer(&question, Nonce([8; 16]), MORNING);
    let sifted = neighbour.ledger.here(None).unwrap().prove(&answer);
    let (reply, mut took) = oneshot::channel();
    neighbour.ledger.lan(Request::Take { message: Arc::new(answer), sifted, reply }, MORNING);
    took.try_recv().unwrap().unwrap();
}

/// The same, over the LAN or on a stick.
fn passes_on(neighbour: &mut Kiosk, other: &mut Kiosk, by_stick: bool) {
    match by_stick {
        true => {
            let stick = other.writes(To::Members);
            neighbour.reads(&stick).unwrap();
        }
        false => hears(neighbour, other),
    }
}

/// Facts of the server, of logs and complaints.
async fn held_at_server(town: &Town) -> (u64, u64, Vec<String>) {
    let findings = town.ask(|ledger| ledger.check()).await;
    (findings.facts, findings.logs, findings.complaints)
}

#[tokio::test]
async fn row_1_a_fresh_install_is_another_station_and_the_old_log_stays() {
    let town = Town::new().await;
    let mut old = town.kiosk(1).await;
    old.scan(1);
    old.sync().await;
    old.scan(2);
    let log = old.ledger.own_log().unwrap();
    let code = town.add_spare(3, 1).await;
    let mut fresh = town.enrol(3, &code).await.unwrap();
    assert!(fresh.ledger.own_log().unwrap().station() != HALL && fresh.key != old.key);
    let state = town.ask(|ledger| ledger.member(HALL)).await.unwrap().state;
    assert_eq!(state, MemberState::Replaced);
    assert_eq!(town.ask(|ledger| ledger.vector()).await.seq(log).0, 1, "the tail is unknown");
    fresh.sync().await;
    assert!(matches!(fresh.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    // The old disk is found, and read.
    old.sync().await;
    assert_eq!(town.ask(|ledger| ledger.vector()).await.seq(log).0, 2);
    assert_eq!(town.ask(|ledger| ledger.quarantined()).await.len(), 0);
}

#[tokio::test]
async fn row_2_a_deleted_ledger_goes_on_in_a_new_log_of_the_same_station() {
    let town = Town::new().await;
    let code = town.add(1, "hall").await;
    let mut kiosk = town.enrol(1, &code).await.unwrap();
    kiosk.scan(1);
    kiosk.sync().await;
    let old = kiosk.ledger.own_log().unwrap();
    let Kiosk { ledger, key, http, .. } = kiosk;
    drop(ledger);
    let nonce = Nonce([77; 16]);
    let application = minicbor::to_vec(Application::new(&code, &key, nonce)).unwrap();
    let welcome = http.post("/v1/enrol", application, Duration::ZERO).await.unwrap();
    let anew = town.folder.path().join("anew.db");
    let mut ledger = Ledger::open(&anew, Some(&DiskKey([1; 32]))).unwrap();
    let trip = (nonce, [2; 8]);
    let card = ledger.join(&welcome, (&town.url, &code), trip, (&key, MORNING)).unwrap();
    let mut kiosk = Kiosk { ledger, key, caller: Caller::new(HALL, card.id), http, count: 50 };
    let new = kiosk.ledger.own_log().unwrap();
    assert!(new != old && new.station() == old.station());
    kiosk.sync().await;
    assert!(matches!(kiosk.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    kiosk.scan(2);
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    let vector = town.ask(|ledger| ledger.vector()).await;
    assert_eq!((vector.seq(old).0, vector.seq(new).0), (1, 1), "the server holds both");
    assert_eq!(town.ask(|ledger| ledger.copied_stations()).await, [], "and nobody copied anything");
}

#[tokio::test]
async fn row_3_a_restored_image_opens_a_new_epoch_for_what_it_recorded() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.sync().await;
    let mut image = clone(&kiosk, &town);
    kiosk.scan(2);
    kiosk.sync().await;
    let old = kiosk.ledger.own_log().unwrap();
    drop(kiosk);
    image.scan(3);
    image.sync().await;
    let new = image.ledger.own_log().unwrap();
    assert!(new != old && new.station() == old.station(), "a new epoch");
    assert!(matches!(image.scan(2), Decision::Refuse { reason: Reason::AlreadyIn, .. }), "pulled");
    let moved =
        image.ledger.fact(FactId { log: new, seq: admission::id::Seq(1) }).unwrap().unwrap();
    let stood = FactId { log: old, seq: admission::id::Seq(2) };
    assert_eq!(Body::moved_from(&moved), Some(stood), "it names where it stood");
    assert_eq!(image.ledger.waiting().unwrap(), 0);
    assert_eq!(town.ask(|ledger| ledger.copied_stations()).await, [HALL], "staff are told");
    let arrivals = town.ask(|ledger| ledger.arrivals(false)).await;
    assert_eq!(arrivals.iter().map(|arrival| arrival.repeats).collect::<Vec<_>>(), [0, 0, 0]);
}

#[tokio::test]
async fn row_3_a_restored_image_gets_its_past_from_a_neighbour_and_goes_on() {
    for by_stick in [false, true] {
        let town = Town::new().await;
        let (mut kiosk, mut neighbour) = (town.kiosk(1).await, town.kiosk(2).await);
        kiosk.sync().await;
        kiosk.scan(1);
        let mut image = clone(&kiosk, &town);
        kiosk.scan(2);
        passes_on(&mut neighbour, &mut kiosk, by_stick);
        drop(kiosk);
        // The server has never heard of any of it, and cannot be asked.
        passes_on(&mut image, &mut neighbour, by_stick);
        assert!(matches!(image.scan(2), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
        image.scan(3);
        image.sync().await;
        assert_eq!(image.ledger.moved_facts().unwrap(), 0, "it goes on where it was");
        let facts = image.ledger.vector().unwrap().seq(image.ledger.own_log().unwrap()).0;
        assert_eq!(held_at_server(&town).await, (facts, 1, Vec::new()), "{by_stick}");
    }
}

#[tokio::test]
async fn row_4_whom_two_clones_admitted_is_a_doubt_and_both_are_kept() {
    let town = Town::new().await;
    let mut one = town.kiosk(1).await;
    let mut other = clone(&one, &town);
    let log = one.ledger.own_log().unwrap();
    one.scan(1);
    other.ledger.record(&draft(1), &other.key, MORNING.plus(1)).unwrap();
    meet(&mut [&mut one, &mut other]).await;
    assert_eq!(one.ledger.own_log().unwrap(), log, "the first to speak is canonical");
    assert!(other.ledger.own_log().unwrap() != log);
    assert_eq!(held_at_server(&town).await, (2, 2, Vec::new()));
    let arrivals = town.ask(|ledger| ledger.arrivals(false)).await;
    assert_eq!(arrivals.iter().map(|arrival| arrival.repeats).collect::<Vec<_>>(), [1]);
    for kiosk in [&one, &other] {
        assert_eq!(kiosk.ledger.doubts(&convention(), false).unwrap().len(), 1, "for a person");
    }
    assert_eq!(town.ask(|ledger| ledger.copied_stations()).await, [HALL], "staff are told");
}

#[tokio::test]
async fn row_4_a_neighbour_that_heard_the_second_clone_keeps_both_branches() {
    for by_stick in [false, true] {
        let town = Town::new().await;
        let (mut one, mut neighbour) = (town.kiosk(1).await, town.kiosk(2).await);
        one.sync().await;
        let mut second = clone(&one, &town);
        one.scan(1);
        one.sync().await;
        second.scan(2);
        passes_on(&mut neighbour, &mut second, by_stick);
        assert!(matches!(neighbour.scan(2), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
        // The server tells another story; asked for, it comes next. Meanwhile the stick again.
        neighbour.exchange().await;
        passes_on(&mut neighbour, &mut second, by_stick);
        neighbour.sync().await;
        assert_eq!(neighbour.ledger.branches().unwrap().len(), 1, "laid aside, byte for byte");
        assert!(matches!(neighbour.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
        meet(&mut [&mut one, &mut second, &mut neighbour]).await;
        for kiosk in [&one, &second, &neighbour] {
            let vector = town.ask(|ledger| ledger.vector()).await;
            assert_eq!(kiosk.ledger.vector().unwrap(), vector);
            assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
        }
        let arrivals = town.ask(|ledger| ledger.arrivals(false)).await;
        assert_eq!(arrivals.iter().map(|arrival| arrival.repeats).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(town.ask(|ledger| ledger.copied_stations()).await, [HALL]);
    }
}

#[tokio::test]
async fn row_4_two_clones_beside_a_neighbour_are_told_to_people_without_the_server() {
    for (guests, by_stick) in [(&[2][..], false), (&[2, 3], false), (&[2, 3], true)] {
        let town = Town::new().await;
        let (mut one, mut neighbour) = (town.kiosk(1).await, town.kiosk(2).await);
        one.sync().await;
        neighbour.sync().await;
        let mut second = clone(&one, &town);
        one.scan(1);
        guests.iter().for_each(|guest| drop(second.scan(*guest)));
        passes_on(&mut neighbour, &mut one, by_stick);
        assert_eq!(neighbour.ledger.copied_stations().unwrap(), []);
        passes_on(&mut neighbour, &mut second, by_stick);
        meets(&mut neighbour, &second);
        assert_eq!(neighbour.ledger.copied_stations().unwrap(), [HALL], "{guests:?}, {by_stick}");
        meets(&mut second, &neighbour);
        assert_eq!(second.ledger.copied_stations().unwrap(), [HALL], "it is one of them itself");
        meet(&mut [&mut one, &mut second, &mut neighbour]).await;
        for kiosk in [&one, &second, &neighbour] {
            assert_eq!(kiosk.ledger.copied_stations().unwrap(), [], "{guests:?}, {by_stick}");
        }
        let named = |ledger: &mut Ledger| ledger.copied_stations();
        assert_eq!(town.ask(named).await, [HALL]);
        town.ask(|ledger| ledger.release(HALL)).await;
        one.sync().await;
        second.sync().await;
        assert_eq!(town.ask(named).await, [], "a person has looked");
    }
}

/// Hears on the LAN how far another is.
fn meets(kiosk: &mut Kiosk, other: &Kiosk) {
    let (station, vector) = (other.ledger.own_log().unwrap().station(), other.ledger.vector());
    let contact = Contact { station, address: String::new(), vector: vector.unwrap() };
    kiosk.ledger.lan(Request::Note(contact), MORNING);
}

#[tokio::test]
async fn row_4_a_revoked_station_that_heard_the_second_clone_is_shut_down_all_the_same() {
    let town = Town::new().await;
    let (mut one, mut neighbour) = (town.kiosk(1).await, town.kiosk(2).await);
    one.sync().await;
    let mut second = clone(&one, &town);
    one.scan(1);
    one.sync().await;
    second.scan(2);
    second.scan(3);
    hears(&mut neighbour, &mut second);
    neighbour.scan(1);
    let revoked =
        |ledger: &mut Ledger| ledger.close_member(StationId([2; 16]), MemberState::Revoked);
    assert!(town.ask(revoked).await);
    let mut asked = 0;
    while neighbour.exchange().await.shut_down.is_none() {
        asked += 1;
        assert!(asked < 10, "it is never told");
    }
    meet(&mut [&mut one, &mut second]).await;
    assert_eq!(held_at_server(&town).await, (4, 3, Vec::new()), "nothing was lost");
}

#[tokio::test]
async fn row_5_stations_bring_a_restored_server_everything_from_its_heads() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    one.scan(1);
    one.scan(2);
    one.sync().await;
    other.sync().await;
    other.scan(3);
    let log = one.ledger.own_log().unwrap();
    // The server as it was after the first record.
    let restore = move |ledger: &mut Ledger| -> Result<(), LedgerError> {
        let tx = ledger.write()?;
        fork::cut(&tx, FactId { log, seq: admission::id::Seq(1) })?;
        tx.execute("DELETE FROM branch WHERE /*its*/ true", &[])?;
        tx.commit()
    };
    town.ask(restore).await;
    // A neighbour has them too, whoever comes first.
    other.sync().await;
    assert_eq!(town.ask(|ledger| ledger.vector()).await.seq(log).0, 2);
    one.sync().await;
    for kiosk in [&one, &other] {
        assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
        assert_eq!(kiosk.ledger.moved_facts().unwrap(), 0);
    }
    assert_eq!(held_at_server(&town).await, (3, 2, Vec::new()));
    assert_eq!(town.ask(|ledger| ledger.copied_stations()).await, []);
}

#[tokio::test]
async fn row_6_a_station_that_was_away_from_the_beginning_is_brought_everything() {
    let town = Town::new().await;
    let (mut one, mut away) = (town.staff(1).await, town.staff(2).await);
    // More than one message carries, while the other has some of its own.
    for _ in 0..620 {
        one.note(3, entered("opening", Mode::Reentry));
    }
    away.note(2, entered("opening", Mode::Reentry));
    one.sync().await;
    away.sync().await;
    one.sync().await;
    let vector = town.ask(|ledger| ledger.vector()).await;
    assert_eq!(
        (one.ledger.vector().unwrap(), away.ledger.vector().unwrap()),
        (vector.clone(), vector)
    );
    assert_eq!(held_at_server(&town).await, (621, 2, Vec::new()));
}
