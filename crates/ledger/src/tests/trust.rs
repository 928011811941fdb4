//! Keys, revocations and blanks: what a station believes, and that it never goes back.

use super::*;

const OTHER: u8 = 61;

fn token(serial: u8, key: u8) -> String {
    let pass = Pass::new(PassKind::Invitation, Serial([serial; 16]), 1, 0, (TODAY, 1)).unwrap();
    pass::issue(&pass, convention().id, &SigningKey::from_bytes(&[key; 32]))
}

fn reason(kiosk: &Kiosk, token: &str) -> Option<Reason> {
    match pass::read(token, &kiosk.ledger.issuing_keys().unwrap()) {
        Err(error) => Some(Reason::from(&error)),
        Ok(pass) => match kiosk.decide(pass, &convention(), "registration") {
            Decision::Admit(_) => None,
            Decision::Refuse { reason, .. } | Decision::Ask { reason, .. } => Some(reason),
        },
    }
}

#[tokio::test]
async fn a_new_key_comes_down_and_a_killed_one_opens_nothing() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    assert_eq!(reason(&kiosk, &token(1, ISSUING)), None);
    assert_eq!(reason(&kiosk, &token(1, OTHER)), Some(Reason::UnknownKey));
    let install = |number, keys: &[(u8, KeyStatus)]| {
        let signed = key_set(number, keys).sign(&root());
        town.ask(move |ledger| ledger.install_keys(&signed))
    };
    install(2, &[(ISSUING, KeyStatus::Retired), (OTHER, KeyStatus::Active)]).await;
    assert!(kiosk.exchange().await.news);
    assert_eq!(reason(&kiosk, &token(1, OTHER)), None);
    assert_eq!(reason(&kiosk, &token(1, ISSUING)), None, "retired keys are still believed");
    install(3, &[(ISSUING, KeyStatus::Killed), (OTHER, KeyStatus::Active)]).await;
    kiosk.sync().await;
    assert_eq!(reason(&kiosk, &token(1, ISSUING)), Some(Reason::Revoked));
    assert_eq!(reason(&kiosk, &token(1, OTHER)), None);
}

#[tokio::test]
async fn a_station_never_goes_back_to_an_older_key_set() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let killed = [(ISSUING, KeyStatus::Killed), (OTHER, KeyStatus::Active)];
    kiosk.ledger.install_keys(&key_set(3, &killed).sign(&root())).unwrap();
    let worse = [
        key_set(2, &[(ISSUING, KeyStatus::Active), (OTHER, KeyStatus::Active)]).sign(&root()),
        key_set(4, &[(ISSUING, KeyStatus::Active), (OTHER, KeyStatus::Active)]).sign(&root()),
        key_set(4, &[(OTHER, KeyStatus::Active)]).sign(&root()),
        key_set(4, &killed).sign(&SigningKey::from_bytes(&[51; 32])),
        b"no set at all".to_vec(),
    ];
    for signed in worse {
        let refused = kiosk.ledger.install_keys(&signed).unwrap_err();
        assert!(matches!(refused, LedgerError::KeySet(_)), "{refused}");
        assert_eq!(kiosk.ledger.key_set().unwrap().unwrap().number, 3);
    }
    // The server still holds set 1: what it says changes nothing either.
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.key_set().unwrap().unwrap().number, 3);
}

#[tokio::test]
async fn a_key_set_is_proved_when_it_is_taken_and_not_for_its_number() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    assert_eq!(kiosk.ledger.keys_number().unwrap(), 1);
    let keys = [(ISSUING, KeyStatus::Retired), (OTHER, KeyStatus::Active)];
    let signed = key_set(7, &keys).sign(&root());
    kiosk.ledger.install_keys(&signed).unwrap();
    assert!(kiosk.ledger.install_keys(&key_set(6, &keys).sign(&root())).is_err());
    assert_eq!(kiosk.ledger.keys_number().unwrap(), 7);
    // Without the root key nothing can be proved any more.
    crate::setting::forget(&kiosk.ledger.db, crate::setting::ROOT).unwrap();
    assert!(kiosk.ledger.key_set().is_err());
    assert_eq!(kiosk.ledger.keys_after(6).unwrap(), Some(signed));
    assert_eq!(kiosk.ledger.keys_after(7).unwrap(), None);
    assert_eq!(kiosk.ledger.here(None).unwrap().lists.keys, 7);
}

#[tokio::test]
async fn revocations_come_as_what_was_added_and_are_checked_as_a_whole() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    town.ask(|ledger| ledger.revoke(&[Serial([1; 16])])).await;
    kiosk.sync().await;
    assert_eq!(reason(&kiosk, &token(1, ISSUING)), Some(Reason::Revoked));
    assert_eq!(reason(&kiosk, &token(2, ISSUING)), None);
    assert_eq!(kiosk.ledger.revocations().unwrap(), 1);
    town.ask(|ledger| ledger.revoke(&[Serial([1; 16])])).await;
    assert_eq!(town.ask(|ledger| ledger.revocations()).await, 1, "nothing new, no new number");
    // An entry that was lost here: the next change does not add up, and the whole list comes.
    kiosk.ledger.db.execute("DELETE FROM revocation", &[]).unwrap();
    town.ask(|ledger| ledger.revoke(&[Serial([3; 16])])).await;
    assert!(kiosk.exchange().await.more, "the whole list is to come");
    assert_eq!(reason(&kiosk, &token(1, ISSUING)), None, "it is still missing");
    kiosk.sync().await;
    for serial in [1, 3] {
        assert_eq!(reason(&kiosk, &token(serial, ISSUING)), Some(Reason::Revoked), "{serial}");
    }
}

#[tokio::test]
async fn a_server_that_lost_its_list_takes_no_revocation_back() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    town.ask(|ledger| ledger.revoke(&[Serial([1; 16])])).await;
    town.ask(|ledger| ledger.revoke(&[Serial([2; 16])])).await;
    kiosk.sync().await;
    let restored = |ledger: &mut Ledger| {
        ledger.db.execute("DELETE FROM revocation WHERE /*its*/ number = 2", &[])?;
        crate::setting::write_number(&ledger.db, crate::setting::REVOCATIONS, 1)
    };
    town.ask(restored).await;
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.revocations().unwrap(), 2);
    assert_eq!(reason(&kiosk, &token(2, ISSUING)), Some(Reason::Revoked));
}

#[tokio::test]
async fn blanks_are_refilled_and_a_lost_answer_costs_none() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let supply = usize::try_from(SUPPLY).unwrap();
    assert_eq!(kiosk.ledger.free_blanks().unwrap().len(), supply, "they came with the welcome");
    for _ in 0..3 {
        let blank = kiosk.ledger.free_blanks().unwrap().remove(0);
        kiosk.note(1, What::Bound { serials: vec![blank.serial] });
    }
    for lost in 0..3u8 {
        let nonce = Nonce([90 + lost; 16]);
        let (ledger, caller) = (&mut kiosk.ledger, &mut kiosk.caller);
        let question = ledger.ask(caller, (nonce, 0), &kiosk.key, MORNING).unwrap();
        kiosk.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
    }
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.free_blanks().unwrap().len(), supply);
    let made: u32 = town
        .ask(|ledger| {
            ledger.db.one("SELECT count(*) FROM blank WHERE /*its*/ true", &[], |row| row.get(0))
        })
        .await;
    assert_eq!(made, SUPPLY + 3, "the same three were given again");
}

#[tokio::test]
async fn blanks_of_a_killed_key_are_no_supply() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let killed = [(ISSUING, KeyStatus::Killed), (OTHER, KeyStatus::Active)];
    let signed = key_set(2, &killed).sign(&root());
    kiosk.ledger.install_keys(&signed).unwrap();
    assert_eq!(kiosk.ledger.free_blanks().unwrap(), []);
    assert_eq!(kiosk.ledger.blanks_held().unwrap().left, 0);
    assert_eq!(kiosk.ledger.blanks_held().unwrap().up_to, u64::from(SUPPLY));
}
