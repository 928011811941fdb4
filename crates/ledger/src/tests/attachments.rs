//! Particulars reach whoever asks for them, also where others' never will.

use std::collections::BTreeSet;

use admission::exchange::MemberState;

use super::*;
use crate::backup;
use crate::restore::{self, Aside};

/// More than one message asks for.
const LOST: u8 = 70;

/// Particulars whose hash begins with `first`, so that they are asked for early or late.
fn particulars(number: u8, first: u8) -> Attachment {
    let person = Person { name: format!("Lín {number}"), ..Person::default() };
    let salts = (0u32..).map(|salt| {
        let mut bytes = [number; 16];
        bytes[..4].copy_from_slice(&salt.to_be_bytes());
        Attachment::new(&person, bytes)
    });
    salts.into_iter().find(|attachment| attachment.hash()[0] == first).unwrap()
}

fn correct(kiosk: &mut Kiosk, attachment: &Attachment) {
    let body = Body { rehearsal: false, what: What::Corrected };
    let attachment = Some(attachment.clone());
    kiosk.ledger.record(&Draft { body, attachment, ..draft(1) }, &kiosk.key, MORNING).unwrap();
}

/// Records corrections whose particulars nobody has any more; those of all others come after them.
fn lose(kiosk: &mut Kiosk) {
    for number in 0..LOST {
        correct(kiosk, &particulars(number, 0));
    }
    kiosk.ledger.db.run("DELETE FROM attachment").unwrap();
}

async fn has_arrived(town: &Town, attachment: &Attachment) -> bool {
    let hash = attachment.hash();
    town.ask(move |ledger| ledger.attachment(hash)).await.is_some()
}

#[tokio::test]
async fn what_nobody_has_any_more_keeps_back_no_other_particulars() {
    let town = Town::new().await;
    let (mut unlucky, mut kiosk) = (town.staff(1).await, town.staff(2).await);
    lose(&mut unlucky);
    unlucky.sync().await;
    let late = particulars(200, 0xFF);
    correct(&mut kiosk, &late);
    correct(&mut unlucky, &particulars(201, 0xFF));
    for kiosk in [&mut kiosk, &mut unlucky] {
        kiosk.sync().await;
        assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    }
    assert!(has_arrived(&town, &late).await, "each station is asked for its own");
    assert!(has_arrived(&town, &particulars(201, 0xFF)).await);
    assert_eq!(town.ask(|ledger| ledger.wanted()).await.len(), crate::attachments::MOST);
}

#[tokio::test]
async fn who_asks_often_asks_for_everything() {
    let town = Town::new().await;
    let (mut one, mut kiosk) = (town.staff(1).await, town.staff(2).await);
    for number in 0..LOST {
        correct(&mut one, &particulars(number, number * 3));
    }
    one.sync().await;
    kiosk.sync().await;
    // As it asks its neighbours.
    let mut asked = BTreeSet::new();
    for _ in 0..100 {
        asked.extend(kiosk.ledger.wanted().unwrap());
    }
    assert_eq!(asked.len(), usize::from(LOST));
}

#[tokio::test]
async fn a_station_that_shuts_down_has_handed_in_all_particulars() {
    let town = Town::new().await;
    let (mut unlucky, mut kiosk) = (town.staff(1).await, town.staff(2).await);
    lose(&mut unlucky);
    unlucky.sync().await;
    kiosk.sync().await;
    let all: Vec<Attachment> = (0..LOST).map(|number| particulars(number, 0xFF)).collect();
    for attachment in &all {
        correct(&mut kiosk, attachment);
    }
    // One of a neighbour's that the server was not brought.
    let neighbours = particulars(201, 0xFF);
    correct(&mut unlucky, &neighbours);
    let facts = unlucky
        .ledger
        .facts_of(&unlucky.ledger.vector().unwrap().lacking(&kiosk.ledger.vector().unwrap()));
    let facts: Vec<_> = facts.unwrap().into_iter().map(|fact| fact.into_bytes().into()).collect();
    let (publics, held) = (kiosk.ledger.publics().unwrap(), kiosk.ledger.vector().unwrap());
    kiosk.ledger.keep(crate::membership::prove(&facts, &publics, &held)).unwrap();
    kiosk.ledger.take_attachments(std::slice::from_ref(&neighbours)).unwrap();
    let close =
        |ledger: &mut Ledger| ledger.close_member(StationId([2; 16]), MemberState::Replaced);
    assert!(town.ask(close).await);
    let mut asked = 0;
    while kiosk.exchange().await.shut_down.is_none() {
        asked += 1;
        assert!(asked < 10, "it is never told");
    }
    for attachment in all.iter().chain([&neighbours]) {
        assert!(has_arrived(&town, attachment).await);
    }
}

#[tokio::test]
async fn a_station_whose_server_names_as_many_as_it_can_does_not_shut_down() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    kiosk.scan(1);
    kiosk.sync().await;
    let wanted = |ledger: &mut Ledger| {
        let tx = ledger.write()?;
        for number in 0..5000u64 {
            let mut hash = [7; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            let fact = FactId { log: LogId::new(StationId([1; 16]), [1; 8]), seq: Seq(number) };
            crate::attachments::want(&tx, fact, hash)?;
        }
        tx.commit()?;
        ledger.close_member(StationId([1; 16]), MemberState::Replaced)
    };
    assert!(town.ask(wanted).await);
    for _ in 0..3 {
        assert_eq!(kiosk.exchange().await.shut_down, None, "what else it wants nobody knows");
    }
    let fewer = "DELETE FROM wanted WHERE /*its*/ seq > 100";
    town.ask(move |ledger| ledger.db.execute(fewer, &[])).await;
    assert_eq!(kiosk.exchange().await.shut_down, Some(MemberState::Replaced));
}

#[tokio::test]
async fn salvage_finds_particulars_behind_those_that_are_lost() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let (file, key) = (town.folder.path().join("1.db"), Some(&DiskKey([1; 32])));
    let backups = town.folder.path().join("backup");
    let backup = backup::make(&file, key, &backups, MORNING).unwrap().file;
    lose(&mut kiosk);
    let late = particulars(200, 0xFF);
    correct(&mut kiosk, &late);
    drop(kiosk);
    let aside = Aside::begin(&file, MORNING).unwrap();
    aside.copy(&backup).unwrap();
    let mut ledger = Ledger::open(&aside.restoring(), key).unwrap();
    let salvaged = aside.salvage(key, &mut ledger).unwrap();
    assert_eq!(salvaged.facts, usize::from(LOST) + 1);
    assert!(ledger.attachment(late.hash()).unwrap().is_some());
    assert!(restore::finish(&file).unwrap().is_none());
}
