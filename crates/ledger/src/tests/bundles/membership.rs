//! Who belongs to the convention, told by stick.

use super::*;
use crate::tests::members::forgotten::{before_and_after, restore};

async fn close(town: &Town, name: u8, state: MemberState) {
    let id = StationId([name; 16]);
    assert!(town.ask(move |ledger| ledger.close_member(id, state)).await);
}

async fn server_doubts(town: &Town) -> usize {
    town.ask(|ledger| ledger.quarantined()).await.len()
}

#[tokio::test]
async fn the_list_of_stations_comes_by_stick_and_by_neighbour_and_never_goes_back() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let old = town.writes(&[1, 2]).await;
    let mut third = town.kiosk(3).await;
    let new = town.writes(&[1]).await;
    one.reads(&new).unwrap();
    assert_eq!(one.ledger.members_number().unwrap(), 3);
    one.reads(&old).unwrap();
    assert_eq!(one.ledger.members_number().unwrap(), 3, "an older list changes nothing");
    // The other has never heard of the third, and believes it by the list that one passes on.
    third.scan(1);
    let home = third.writes(To::Server);
    town.hears(&home).await.unwrap();
    one.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!(other.ledger.members_number().unwrap(), 2);
    assert_eq!(whole(&other.reads(&one.writes(To::Members)).unwrap()), (1, 0));
    assert_eq!(other.ledger.members_number().unwrap(), 3);
}

#[tokio::test]
async fn what_comes_by_stick_is_believed_by_the_same_rules() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    kiosk.sync().await;
    kiosk.note(1, What::Replaced { serials: vec![Serial([0x81; 16])], why: slug("lost") });
    kiosk.scan(2);
    assert_eq!(whole(&town.hears(&kiosk.writes(To::Server)).await.unwrap().received), (2, 0));
    assert_eq!(server_doubts(&town).await, 1, "a kiosk replaces nothing");
    assert_eq!(whole(&other.reads(&kiosk.writes(To::Members)).unwrap()), (2, 0));
    assert_eq!(other.ledger.quarantined().unwrap().len(), 1);
    close(&town, 1, MemberState::Revoked).await;
    kiosk.note(3, admitted(false).what);
    let late = kiosk.writes_at(To::Server, MORNING.plus(5));
    assert_eq!(whole(&town.hears(&late).await.unwrap().received), (1, 2), "it is kept");
    assert_eq!(server_doubts(&town).await, 2, "and counts nowhere");
    other.reads(&town.writes(&[2]).await).unwrap();
    assert_eq!(other.ledger.quarantined().unwrap().len(), 2);
    let findings = town.ask(|ledger| ledger.check()).await;
    assert_eq!(findings.complaints, Vec::<String>::new());
    assert_eq!(other.ledger.check().unwrap().complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_revoked_station_gets_the_order_to_shut_down_by_stick_and_nothing_else() {
    let town = Town::new().await;
    let (mut stolen, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    other.scan(3);
    other.sync().await;
    stolen.scan(1);
    close(&town, 1, MemberState::Revoked).await;
    let old = town.writes(&[1, 2]).await;
    let letter = |bytes: &[u8]| {
        let mut reader = Reader::begin(bytes, &stolen.key).unwrap();
        let Some(Frame::Message(letter)) = reader.next_frame().unwrap() else { panic!("none") };
        assert!(reader.next_frame().unwrap().is_none(), "no facts of others");
        let server = town.server.key.verifying_key();
        Envelope::read(&letter).unwrap().open(convention().id, &server).unwrap()
    };
    let said = letter(&old);
    assert!(said.wipe.is_some() && said.facts.is_empty() && said.roster.is_empty());
    assert!(said.policy.is_none() && said.keys.is_none() && said.revocations.is_none());
    assert!(said.members.is_none() && said.blanks.is_empty());
    let received = stolen.reads(&old).unwrap();
    assert_eq!((received.order, received.has_arrived), (Some(MemberState::Revoked), false));
    assert_eq!(stolen.ledger.waiting().unwrap(), 1, "first it hands in what it has");
    town.hears(&stolen.writes(To::Server)).await.unwrap();
    let received = stolen.reads(&town.writes(&[1]).await).unwrap();
    assert_eq!((received.order, received.has_arrived), (Some(MemberState::Revoked), true));
    stolen.scan(2);
    let received = stolen.reads(&town.writes(&[1]).await).unwrap();
    assert!(!received.has_arrived, "an order that knows less destroys nothing");
    let received = other.reads(&old).unwrap();
    assert_eq!(received.order, None);
}

#[tokio::test]
async fn a_stick_introduces_whom_a_restored_server_has_forgotten() {
    let town = Town::new().await;
    let (_, mut added, third) = before_and_after(&town).await;
    restore(&town, third).await;
    added.scan(1);
    let heard = town.hears(&added.writes(To::Server)).await.unwrap();
    assert_eq!((heard.received.strange, town.arrivals().await), (0, 1));
}
