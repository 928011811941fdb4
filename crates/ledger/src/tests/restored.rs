//! A server that was put back to an older state: what it has lost comes again, and nobody is blamed.

use super::merging::clone;
use super::*;
use crate::db::places;

fn id(name: u8) -> StationId {
    StationId([name; 16])
}

/// Puts the server's copy of a log back to an earlier place, as an older backup has it.
pub(super) async fn put_back(town: &Town, log: LogId, seq: u64) {
    let put_back = move |ledger: &mut Ledger| {
        let key = &places![log.0, seq];
        let last = ledger.hash_of(FactId { log, seq: Seq(seq) })?;
        ledger.db.execute("DELETE FROM fact WHERE /*its*/ log = ?1 AND seq > ?2", key)?;
        match last {
            Some(hash) => {
                let sql = "UPDATE log SET head = ?2, hash = ?3 WHERE /*its*/ log = ?1";
                ledger.db.execute(sql, &places![log.0, seq, hash.0])
            }
            None => ledger.db.execute("DELETE FROM log WHERE /*its*/ log = ?1", &places![log.0]),
        }
    };
    town.ask(put_back).await;
}

async fn copied(town: &Town) -> Vec<StationId> {
    town.ask(|ledger| ledger.copied_stations()).await
}

#[tokio::test]
async fn a_station_that_outruns_a_restored_server_is_no_copy() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    for who in 1..=3 {
        kiosk.note(who, What::Corrected);
    }
    kiosk.sync().await;
    let log = kiosk.ledger.own_log().unwrap();
    // It goes on where it knows the server to be.
    put_back(&town, log, 1).await;
    kiosk.note(1, What::Corrected);
    kiosk.exchange().await;
    assert_eq!(town.ask(move |ledger| Ok(ledger.vector()?.seq(log))).await, Seq(1));
    assert_eq!(copied(&town).await, []);
    kiosk.sync().await;
    // The same of a server that lost all of it.
    put_back(&town, log, 0).await;
    kiosk.note(2, What::Corrected);
    kiosk.sync().await;
    assert_eq!(town.ask(move |ledger| Ok(ledger.vector()?.seq(log))).await, Seq(5));
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    assert_eq!(copied(&town).await, []);
}

#[tokio::test]
async fn a_copy_that_a_restored_server_heard_first_is_told_by_the_next_fact() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    kiosk.note(1, What::Corrected);
    kiosk.sync().await;
    let mut other = clone(&kiosk, &town);
    kiosk.note(1, What::Corrected);
    kiosk.sync().await;
    put_back(&town, kiosk.ledger.own_log().unwrap(), 1).await;
    other.note(2, What::Corrected);
    other.sync().await;
    assert_eq!(copied(&town).await, []);
    kiosk.note(3, What::Corrected);
    kiosk.exchange().await;
    assert_eq!(copied(&town).await, [id(1)]);
}

/// Hands a station's facts to another, as over the venue's own network.
pub(super) fn hand_over(from: &Kiosk, to: &mut Kiosk) {
    let held = to.ledger.vector().unwrap();
    let facts = from.ledger.facts_of(&from.ledger.vector().unwrap().lacking(&held)).unwrap();
    let facts: Vec<_> = facts.into_iter().map(|fact| fact.into_bytes().into()).collect();
    let publics = to.ledger.publics().unwrap();
    to.ledger.keep(crate::membership::prove(&facts, &publics, &held)).unwrap();
}

#[tokio::test]
async fn a_neighbour_of_two_copies_brings_one_story_once_the_server_has_lost_the_other() {
    let town = Town::new().await;
    let (mut kiosk, mut neighbour) = (town.staff(1).await, town.staff(2).await);
    kiosk.note(1, What::Corrected);
    kiosk.sync().await;
    let mut other = clone(&kiosk, &town);
    kiosk.note(2, What::Corrected);
    hand_over(&kiosk, &mut neighbour);
    other.note(3, What::Corrected);
    other.sync().await;
    let log = kiosk.ledger.own_log().unwrap();
    let taken = neighbour.exchange().await;
    assert!(taken.more, "the server tells another story, which comes next");
    put_back(&town, log, 1).await;
    for _ in 0..2 {
        neighbour.exchange().await;
    }
    let taken = neighbour.exchange().await;
    assert_eq!((taken.more, taken.stuck), (false, false), "and nobody hurries for nothing");
    let told = town.ask(move |ledger| Ok(ledger.vector()?.0.get(&log).copied())).await;
    assert_eq!(told, neighbour.ledger.vector().unwrap().0.get(&log).copied());
    assert_eq!(told.unwrap().seq, Seq(2), "what was here is brought");
    // The copy that still has the other story brings it anew, in a log of its own.
    other.sync().await;
    neighbour.sync().await;
    assert_eq!(neighbour.ledger.vector().unwrap().0.len(), 2);
    assert_eq!(neighbour.ledger.branches().unwrap(), []);
}
