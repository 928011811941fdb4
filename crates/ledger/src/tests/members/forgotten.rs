//! A server that was restored from a backup, and what its stations know of who belongs.

use super::*;

/// The server as it was before the second kiosk was added and the third was revoked.
pub(in crate::tests) async fn restore(town: &Town, third: Member) {
    let restore = move |ledger: &mut Ledger| -> Result<(), LedgerError> {
        for table in ["member", "station"] {
            let sql = format!("DELETE FROM {table} WHERE /*its*/ id = ?1");
            ledger.db.execute(&sql, &places![[2u8; 16]])?;
        }
        let sql = "UPDATE member SET member = ?2 WHERE /*its*/ id = ?1";
        let third = minicbor::to_vec(&third).unwrap();
        ledger.db.execute(sql, &places![[3u8; 16], third])?;
        crate::setting::write_number(&ledger.db, crate::setting::MEMBERS_NUMBER, 2)
    };
    town.ask(restore).await;
}

/// A kiosk, one that is added after the backup, and one that is revoked after it.
pub(in crate::tests) async fn before_and_after(town: &Town) -> (Kiosk, Kiosk, Member) {
    let mut kiosk = town.kiosk(1).await;
    let _revoked = town.kiosk(3).await;
    let third = town.ask(|ledger| ledger.member(id(3))).await.unwrap();
    let mut added = town.kiosk(2).await;
    assert!(town.ask(|ledger| ledger.close_member(id(3), MemberState::Revoked)).await);
    kiosk.sync().await;
    added.sync().await;
    (kiosk, added, third)
}

#[tokio::test]
async fn a_restored_server_learns_from_a_station_who_was_added_and_who_was_revoked() {
    let town = Town::new().await;
    let (mut kiosk, mut added, third) = before_and_after(&town).await;
    let profile = town.ask(|ledger| ledger.station(id(2))).await.unwrap().profile;
    restore(&town, third).await;
    // Somebody else gets the name meanwhile, and has not enrolled yet.
    town.add(4, "hall").await;
    let rename = "UPDATE station SET name = 'K2' WHERE /*its*/ id = ?1";
    town.ask(|ledger| ledger.db.execute(rename, &places![[4u8; 16]])).await;
    added.scan(1);
    kiosk.sync().await;
    let number = kiosk.ledger.members_number().unwrap();
    assert_eq!(number, 1005, "higher than any that it may have signed before");
    let known = town.ask(|ledger| ledger.station(id(2))).await.unwrap();
    assert_eq!(known.profile, Profile { name: "K2-2".to_owned(), ..profile });
    let state = |member: Option<Member>| member.unwrap().state;
    assert_eq!(state(town.ask(|ledger| ledger.member(id(3))).await), MemberState::Revoked);
    assert_eq!(town.ask(|ledger| ledger.lost_lists()).await, Vec::<&str>::new());
    added.sync().await;
    assert_eq!(added.ledger.waiting().unwrap(), 0);
    kiosk.sync().await;
    assert!(matches!(kiosk.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
}

#[tokio::test]
async fn a_station_that_a_restored_server_has_forgotten_introduces_itself() {
    let town = Town::new().await;
    let (_, mut added, third) = before_and_after(&town).await;
    restore(&town, third).await;
    // A list of the same number that says something else.
    let _fourth = town.kiosk(4).await;
    let _fifth = town.kiosk(5).await;
    assert_eq!(
        town.ask(|ledger| ledger.members_number()).await,
        added.ledger.members_number().unwrap()
    );
    added.scan(1);
    let question = added.ledger.ask(&mut added.caller, (Nonce([70; 16]), 0), &added.key, MORNING);
    let refused = added.http.post("/v1/exchange", question.unwrap(), Duration::ZERO).await;
    assert!(matches!(refused, Err(CarrierError::Refused { status: 403, .. })), "{refused:?}");
    added.caller.forgotten();
    added.sync().await;
    assert_eq!(added.ledger.waiting().unwrap(), 0);
    assert_eq!(town.ask(|ledger| ledger.members()).await.len(), 5);
    assert_eq!(added.ledger.members().unwrap(), town.ask(|ledger| ledger.members()).await);
}

#[tokio::test]
async fn what_a_restored_server_has_forgotten_comes_back_also_when_others_were_there_first() {
    let town = Town::new().await;
    let (mut kiosk, mut added, third) = before_and_after(&town).await;
    // The fourth comes after the second, and only the second hears of the revocation of the fifth.
    let mut fourth = town.kiosk(4).await;
    town.kiosk(5).await;
    fourth.sync().await;
    close(&town, 5, MemberState::Revoked).await;
    added.sync().await;
    kiosk.sync().await;
    let remove = "DELETE FROM member WHERE /*its*/ id = ?1";
    town.ask(move |ledger| ledger.db.execute(remove, &places![[5u8; 16]])).await;
    let remove = "DELETE FROM station WHERE /*its*/ id = ?1";
    town.ask(move |ledger| ledger.db.execute(remove, &places![[5u8; 16]])).await;
    restore(&town, third).await;
    // Its list is an older one, and what the server signs next has the number of a later one.
    fourth.sync().await;
    kiosk.sync().await;
    added.sync().await;
    for name in [3, 5] {
        let known = town.ask(move |ledger| ledger.member(id(name))).await;
        assert_eq!(known.map(|member| member.state), Some(MemberState::Revoked), "K{name}");
    }
    kiosk.sync().await;
    added.sync().await;
    fourth.sync().await;
    let members = town.ask(|ledger| ledger.members()).await;
    for kiosk in [&kiosk, &added, &fourth] {
        assert_eq!(kiosk.ledger.members().unwrap(), members);
        assert_eq!(kiosk.ledger.members_for_server(&kiosk.caller).unwrap(), None, "and is quiet");
    }
}

#[tokio::test]
async fn a_later_list_of_a_restored_server_brings_nobody_back() {
    let town = Town::new().await;
    let (mut kiosk, _, third) = before_and_after(&town).await;
    restore(&town, third).await;
    for name in [4, 5, 6] {
        town.kiosk(name).await;
    }
    let later = town.ask(|ledger| ledger.signed_members()).await.unwrap();
    assert!(kiosk.ledger.take_members(&later).unwrap());
    let members = kiosk.ledger.members().unwrap();
    let states: Vec<_> = members.iter().map(|member| member.state == MemberState::Active).collect();
    assert_eq!(states, [true, true, false, true, true, true]);
}

#[tokio::test]
async fn a_list_that_another_server_signed_introduces_nobody() {
    let town = Town::new().await;
    let (_, mut added, third) = before_and_after(&town).await;
    restore(&town, third).await;
    let forged = MemberList {
        convention: convention().id,
        number: 9,
        members: added.ledger.members().unwrap(),
    };
    let held = Held { signed_members: Some(forged.sign(&added.key)), ..Held::default() };
    let question = added.caller.generate(held, Nonce([70; 16]), 0, MORNING);
    let sealed = seal(&question, convention().id, &added.key);
    let refused = added.http.post("/v1/exchange", sealed, Duration::ZERO).await;
    assert!(matches!(refused, Err(CarrierError::Refused { status: 403, .. })), "{refused:?}");
    assert_eq!(town.ask(|ledger| ledger.members()).await.len(), 2);
}

#[tokio::test]
async fn who_adds_stations_again_after_a_restore_hears_of_the_others_all_the_same() {
    let town = Town::new().await;
    let (mut kiosk, mut added, third) = before_and_after(&town).await;
    restore(&town, third).await;
    town.ask(Ledger::count_on).await;
    // As many changes as the server has forgotten.
    for name in [4, 5] {
        town.kiosk(name).await;
    }
    kiosk.sync().await;
    kiosk.sync().await;
    let members = town.ask(|ledger| ledger.members()).await;
    assert_eq!(members.len(), 5, "the one that was added before is back");
    let third = members.iter().find(|member| member.id == id(3)).unwrap();
    assert_eq!(third.state, MemberState::Revoked);
    added.scan(1);
    added.sync().await;
    assert_eq!(added.ledger.waiting().unwrap(), 0);
}

#[tokio::test]
async fn what_a_newcomer_recorded_after_a_restore_keeps_no_list_back() {
    let town = Town::new().await;
    let (mut kiosk, _, third) = before_and_after(&town).await;
    restore(&town, third).await;
    let mut newcomer = town.kiosk(4).await;
    newcomer.scan(1);
    newcomer.sync().await;
    // Whose fact that is the kiosk learns only after it has brought its own list.
    let taken = kiosk.exchange().await;
    assert!(taken.more && !taken.stuck, "{taken:?}");
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.members()).await.len(), 4);
    assert!(matches!(kiosk.scan(1), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
}
