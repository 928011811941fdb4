//! Revocations and rosters that a server lost, because it was restored from an older copy.

use super::*;

/// The server as it was before it had more than `held` revocations.
async fn restore(town: &Town, held: u64) {
    let restore = move |ledger: &mut Ledger| -> Result<(), LedgerError> {
        let sql = "DELETE FROM revocation WHERE /*its*/ number > ?1";
        ledger.db.execute(sql, &places![held])?;
        let held = i64::try_from(held).unwrap();
        crate::setting::write_number(&ledger.db, crate::setting::REVOCATIONS, held)?;
        ledger.count_on()
    };
    town.ask(restore).await;
}

fn serials(numbers: &[u8]) -> Vec<Serial> {
    numbers.iter().map(|number| Serial([*number; 16])).collect()
}

#[tokio::test]
async fn a_restored_server_gets_its_revocations_back_whatever_was_revoked_meanwhile() {
    for meanwhile in [&[][..], &[9]] {
        let town = Town::new().await;
        let (mut kiosk, mut newcomer) = (town.kiosk(1).await, town.kiosk(2).await);
        town.ask(|ledger| ledger.revoke(&serials(&[1]))).await;
        town.ask(|ledger| ledger.revoke(&serials(&[2, 3]))).await;
        kiosk.sync().await;
        restore(&town, 1).await;
        if !meanwhile.is_empty() {
            town.ask(move |ledger| ledger.revoke(&serials(meanwhile))).await;
        }
        for _ in 0..3 {
            kiosk.sync().await;
        }
        newcomer.sync().await;
        for number in [1, 2, 3].iter().chain(meanwhile) {
            let serial = Serial([*number; 16]);
            let revoked = town.ask(move |ledger| ledger.is_revoked(serial)).await;
            assert!(revoked, "{number} at the server, {meanwhile:?} meanwhile");
            for station in [&kiosk, &newcomer] {
                assert!(station.ledger.is_revoked(serial).unwrap(), "{number}, {meanwhile:?}");
            }
        }
        assert_eq!(kiosk.ledger.revocations().unwrap(), newcomer.ledger.revocations().unwrap());
        assert_eq!(kiosk.ledger.forgotten_revocations().unwrap(), None, "nothing is brought again");
        assert_eq!(town.ask(|ledger| ledger.lost_lists()).await, Vec::<&str>::new());
    }
}

#[tokio::test]
async fn revocations_that_nobody_signed_are_not_taken_back() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    town.ask(|ledger| ledger.revoke(&serials(&[1]))).await;
    kiosk.sync().await;
    let mut forged = crate::lan::list_after(&kiosk.ledger.db, 0).unwrap().unwrap();
    forged.added = admission::revocation::ListChange::pack(&[admission::revocation::Entry::of(
        Serial([7; 16]),
    )]);
    let bytes = minicbor::to_vec(&forged).unwrap();
    let name = crate::setting::REVOCATIONS_FORGOTTEN;
    crate::setting::write(&kiosk.ledger.db, name, &bytes).unwrap();
    kiosk.sync().await;
    assert!(!town.ask(|ledger| ledger.is_revoked(Serial([7; 16]))).await);
}

#[tokio::test]
async fn a_roster_that_a_restored_server_lost_is_told_until_the_list_is_imported() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.sync().await;
    let then = town.ask(|ledger| ledger.revision()).await;
    town.ask(|ledger| ledger.register(&[entry(5)])).await;
    kiosk.sync().await;
    let back = move |ledger: &mut Ledger| -> Result<(), LedgerError> {
        let whole = "DELETE FROM attendee WHERE /*its*/ revision > ?1";
        ledger.db.execute(whole, &places![then.0])?;
        let sql = "UPDATE scope SET revision = ?1 WHERE /*its*/ true";
        ledger.db.execute(sql, &places![then.0])?;
        ledger.count_on()
    };
    town.ask(back).await;
    // Another list is imported before any station has said what it knows.
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    assert_eq!(town.ask(|ledger| ledger.lost_lists()).await, Vec::<&str>::new());
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.lost_lists()).await, ["roster"]);
    town.ask(|ledger| ledger.register(&[entry(5)])).await;
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.lost_lists()).await, Vec::<&str>::new());
}
