//! What one file keeps: all of it or nothing, for its key only, and whether it adds up.

use admission::exchange::Member;
use ed25519_dalek::VerifyingKey;

use super::*;
use crate::db::places;

#[tokio::test]
async fn fact_presence_and_print_job_stand_or_fall_together() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.scan(2);
    assert_eq!(kiosk.ledger.count_jobs().unwrap(), BTreeMap::from([(JobState::Queued, 2)]));
    let pages: i64 = kiosk.ledger.db.one("PRAGMA page_count", &[], |row| row.get(0)).unwrap();
    kiosk.ledger.db.one(&format!("PRAGMA max_page_count = {pages}"), &[], |_| Ok(())).unwrap();
    let mut stored = 2;
    let failed = (3..=200u8).find_map(|number| match kiosk.admit(AttendeeId([number; 16]), true) {
        Ok(()) => {
            stored += 1;
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(failed, Some(LedgerError::DiskFull)), "{failed:?}");
    assert_eq!(kiosk.ledger.count_jobs().unwrap()[&JobState::Queued], stored);
    assert_eq!(kiosk.ledger.waiting().unwrap(), stored);
    let key = kiosk.key.verifying_key();
    let findings = kiosk.ledger.check_with(|_| Some(key)).unwrap();
    assert_eq!((findings.facts, findings.complaints), (stored, Vec::<String>::new()));
}

#[tokio::test]
async fn projections_are_what_the_facts_say() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    for number in 1..=3 {
        kiosk.scan(number);
    }
    let badge = Some(Paper { rehearsal: true });
    let draft = Draft { body: admitted(true), badge, ..draft(1) };
    kiosk.ledger.record(&draft, &kiosk.key, MORNING).unwrap();
    assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
    assert_eq!(kiosk.ledger.arrivals(false).unwrap().len(), 3);
    assert_eq!(kiosk.ledger.arrivals(true).unwrap().len(), 1, "a rehearsal stands apart");
    let real = kiosk.ledger.queued_jobs(false).unwrap()[0];
    let rehearsed = kiosk.ledger.queued_jobs(true).unwrap()[0];
    assert_eq!((real.fact.seq.0, rehearsed.fact.seq.0), (1, 4), "and so do its badges");

    kiosk.ledger.db.execute("UPDATE presence SET repeats = 5 WHERE rehearsal = 0", &[]).unwrap();
    let complaints = kiosk.ledger.check().unwrap().complaints;
    assert_eq!(complaints, ["the projections do not follow from the facts"]);
}

#[tokio::test]
async fn a_fact_from_the_end_of_time_is_kept_like_any_other() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let draft = draft(1);
    kiosk.ledger.record(&draft, &kiosk.key, Millis(i64::MAX)).unwrap();
    kiosk.scan(2);
    kiosk.sync().await;
    assert_eq!(town.ask(|ledger| ledger.arrivals(false)).await.len(), 2);
    let findings = town.ask(|ledger| ledger.check()).await;
    assert_eq!(findings.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn who_signed_is_checked_by_the_list_and_a_list_that_cannot_be_read_is_no_excuse() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
    let forger = SigningKey::from_bytes(&[3; 32]);
    kiosk.ledger.record(&draft(2), &forger, MORNING).unwrap();
    let complaints = kiosk.ledger.check().unwrap().complaints;
    assert!(complaints.len() == 1 && complaints[0].contains("not signed"), "{complaints:?}");
    let no_key =
        (0..).map(|byte| [byte; 32]).find(|bytes| VerifyingKey::from_bytes(bytes).is_err());
    let line = kiosk.ledger.members().unwrap().remove(0);
    let sql = "UPDATE member SET member = ?1";
    let broken = minicbor::to_vec(Member { public: no_key.unwrap(), ..line }).unwrap();
    kiosk.ledger.db.execute(sql, &places![broken]).unwrap();
    let complaints = kiosk.ledger.check().unwrap().complaints;
    assert!(complaints.len() == 1 && complaints[0].contains("is no key"), "{complaints:?}");
    kiosk.ledger.db.execute(sql, &places![[0u8; 3]]).unwrap();
    assert!(matches!(kiosk.ledger.check(), Err(LedgerError::Damaged(_))));
}

#[tokio::test]
async fn a_log_that_was_tampered_with_is_found() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    (1..=3).for_each(|number| {
        kiosk.scan(number);
    });
    let key = kiosk.key.verifying_key();
    kiosk.ledger.db.execute("DELETE FROM fact WHERE seq = 2", &[]).unwrap();
    let complaints = kiosk.ledger.check_with(|_| Some(key)).unwrap().complaints;
    assert!(complaints[0].contains("does not follow"), "{complaints:?}");
    let other = SigningKey::from_bytes(&[3; 32]).verifying_key();
    let complaints = kiosk.ledger.check_with(|_| Some(other)).unwrap().complaints;
    assert!(complaints.iter().any(|c| c.contains("not signed")), "{complaints:?}");
}

#[tokio::test]
async fn what_was_on_its_way_to_the_printer_is_in_doubt_after_a_crash() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.scan(2);
    let job = kiosk.ledger.queued_jobs(false).unwrap()[0];
    let (ledger, now) = (&mut kiosk.ledger, MORNING);
    assert!(ledger.move_job(job.id, JobState::Queued, JobState::Sent, now).unwrap());
    assert!(!ledger.move_job(job.id, JobState::Queued, JobState::Sent, now).unwrap(), "once");
    let doubted = ledger.doubt_sent_jobs(now).unwrap();
    assert_eq!(doubted.iter().map(|doubted| doubted.id).collect::<Vec<_>>(), [job.id]);
    assert_eq!(ledger.job(job.id).unwrap().unwrap().state, JobState::Unknown);
    let next = ledger.queued_jobs(false).unwrap()[0];
    assert_ne!(next.id, job.id, "what may have printed is not printed again");
}

#[test]
fn a_ledger_opens_with_its_key_only() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let log = LogId::new(StationId([1; 16]), [1; 8]);
    Ledger::open(&path, Some(&DiskKey([1; 32]))).unwrap().begin_log(log).unwrap();
    for wrong in [Some(DiskKey([2; 32])), None] {
        let refused = Ledger::open(&path, wrong.as_ref()).err().unwrap();
        assert!(matches!(refused, LedgerError::WrongKey { .. }), "{refused}");
    }
    let ledger = Ledger::open_to_read(&path, Some(&DiskKey([1; 32]))).unwrap();
    assert_eq!(ledger.own_log().unwrap(), log);
    assert!(ledger.db.execute("DELETE FROM setting", &[]).is_err(), "a reader writes nothing");
    let plain = folder.path().join("plain.db");
    Ledger::open(&plain, None).unwrap();
    assert!(std::fs::read(plain).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for near in ["http://127.0.0.1:7300", "http://localhost:1", "http://[::1]:7300/"] {
        assert!(Http::new(near).is_ok(), "{near}");
    }
    let far = ["http://192.168.1.5:7300", "http://example.com", "http://127.0.0.1.example.com"];
    for address in far {
        let refused = Http::new(address).unwrap_err();
        assert!(refused.to_string().contains("encryption"), "{refused}");
    }
    for nonsense in ["", "127.0.0.1:7300", "ftp://127.0.0.1", "http://"] {
        assert!(Http::new(nonsense).is_err(), "{nonsense}");
    }
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let key = SigningKey::from_bytes(&[100; 32]).verifying_key();
    let code = Code::new([1, 2, 3, 4, 5, 6, 7], &key);
    let typed = format!(" {} ", code.text().to_lowercase());
    assert!(Code::read(&typed).unwrap() == code);
    assert!(code.names(&key));
    for bad in ["", "ABC", "ABCDEFGHIJ", "ABCDEFGHI1-ABCDEFGHIJKLMNOP", "ABCDEFGHIJ-ABC"] {
        assert!(Code::read(bad).is_err(), "{bad}");
    }
}
