//! What is left of a ledger when its file is not: backups, and a file that is put back.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::backup::{self, BackupError};
use crate::restore::{self, Aside};

const KEY: DiskKey = DiskKey([1; 32]);

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

fn file(town: &Town) -> PathBuf {
    town.folder.path().join("1.db")
}

/// Puts the file of kiosk 1 back, as a station does at its start.
fn restore(town: &Town, backups: &Path, now: Millis) -> (Ledger, restore::Salvaged) {
    let (file, key) = (file(town), Some(&KEY));
    let aside = Aside::begin(&file, now).unwrap();
    let backup = backup::newest_good(&[backups.to_owned()], key, None).unwrap();
    aside.copy(&backup).unwrap();
    let mut ledger = Ledger::open(&aside.restoring(), key).unwrap();
    let salvaged = aside.salvage(key, &mut ledger).unwrap();
    let station = (StationId([1; 16]), [2; 8]);
    aside.begin_anew(&mut ledger, station, Some(&backup), &salvaged).unwrap();
    drop(ledger);
    aside.finish().unwrap();
    (Ledger::open(&file, key).unwrap(), salvaged)
}

/// Makes a file unreadable from its first page on.
fn smash(file: &Path) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, vec![0x5A; bytes.len()]).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(backup::with_ending(file, ending));
    }
}

#[tokio::test]
async fn the_newest_three_backups_are_kept_and_each_is_whole_and_encrypted() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let to = town.folder.path().join("backup");
    for number in 1..=5 {
        kiosk.scan(1 + number % 3);
        let now = MORNING.plus(i64::from(number) * HOUR);
        let made = backup::make(&file(&town), Some(&KEY), &to, now).unwrap();
        assert_eq!(made.facts, kiosk.ledger.count_facts().unwrap());
        assert_eq!(made.bytes, fs::metadata(&made.file).unwrap().len());
        let copy = backup::prove(&made.file, Some(&KEY)).unwrap();
        assert_eq!(copy.vector().unwrap(), kiosk.ledger.vector().unwrap());
        assert!(!fs::read(&made.file).unwrap().starts_with(b"SQLite format 3"));
        let wrong = backup::prove(&made.file, Some(&DiskKey([9; 32])));
        assert!(matches!(wrong, Err(LedgerError::WrongKey { .. })));
    }
    let kept = ["20230926T024500Z", "20230926T034500Z", "20230926T044500Z"];
    assert_eq!(names(&to), kept.map(|time| format!("backup-{time}.db")));
}

#[tokio::test]
async fn a_clock_that_was_set_back_never_makes_an_old_backup_the_newest() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let to = town.folder.path().join("backup");
    backup::make(&file(&town), Some(&KEY), &to, MORNING.plus(1000 * HOUR)).unwrap();
    for _ in 0..4 {
        kiosk.scan(1);
        backup::make(&file(&town), Some(&KEY), &to, MORNING).unwrap();
    }
    let newest = backup::newest_good(std::slice::from_ref(&to), Some(&KEY), None).unwrap();
    let facts = backup::prove(&newest, Some(&KEY)).unwrap().count_facts().unwrap();
    assert_eq!(facts, kiosk.ledger.count_facts().unwrap());
    assert_eq!(names(&to).len(), backup::KEPT);
}

#[tokio::test]
async fn a_backup_that_cannot_be_proved_costs_no_older_one() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    let to = town.folder.path().join("backup");
    for hour in 0..3 {
        backup::make(&file(&town), Some(&KEY), &to, MORNING.plus(hour * HOUR)).unwrap();
    }
    let before = names(&to);
    // A head that no fact stands behind.
    kiosk.ledger.db.run("UPDATE log SET head = head + 1").unwrap();
    let failed = backup::make(&file(&town), Some(&KEY), &to, MORNING.plus(9 * HOUR));
    assert!(matches!(failed, Err(BackupError::NotWhole(_))), "{failed:?}");
    assert_eq!(names(&to), before);
}

#[tokio::test]
async fn two_backups_into_one_folder_wait_for_one_another() {
    let town = Town::new().await;
    let _kiosk = town.kiosk(1).await;
    let to = town.folder.path().join("backup");
    backup::make(&file(&town), Some(&KEY), &to, MORNING).unwrap();
    let held = fs::File::open(to.join("backup.lock")).unwrap();
    held.lock().unwrap();
    let second = backup::make(&file(&town), Some(&KEY), &to, MORNING);
    assert!(matches!(second, Err(BackupError::Busy(_))), "{second:?}");
}

#[tokio::test]
async fn a_restored_station_goes_on_in_a_new_log_and_fetches_the_rest_of_the_old_one() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let to = town.folder.path().join("backup");
    kiosk.scan(1);
    backup::make(&file(&town), Some(&KEY), &to, MORNING).unwrap();
    kiosk.scan(2);
    kiosk.sync().await;
    let old = kiosk.ledger.own_log().unwrap();
    let Kiosk { ledger, key, caller, http, count } = kiosk;
    drop(ledger);
    smash(&file(&town));
    let looked = restore::look_over(&file(&town), Some(&KEY));
    assert!(matches!(looked, Err(LedgerError::WrongKey { .. })), "{looked:?}");

    let (ledger, salvaged) = restore(&town, &to, MORNING.plus(HOUR));
    assert_eq!(salvaged.facts, 0);
    let mut kiosk = Kiosk { ledger, key, caller, http, count };
    let new = kiosk.ledger.own_log().unwrap();
    assert!(new != old && new.station() == old.station());
    let loss = kiosk.ledger.losses().unwrap().remove(0);
    assert_eq!((loss.log, loss.held.0, loss.known), (old, 1, None));
    assert!(loss.to_string().contains("after place 1 is here only if"), "{loss}");
    assert_eq!(kiosk.ledger.count_jobs().unwrap()[&JobState::Unknown], 1, "nobody can tell");

    kiosk.scan(3);
    assert_eq!(kiosk.ledger.waiting().unwrap(), 2, "of both logs: nothing is known of the server");
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
    let vector = kiosk.ledger.vector().unwrap();
    assert_eq!((vector.seq(old).0, vector.seq(new).0), (2, 1), "the old log is whole again");
    assert!(matches!(kiosk.scan(2), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    let key = kiosk.key.verifying_key();
    assert_eq!(kiosk.ledger.check_with(|_| Some(key)).unwrap().complaints, Vec::<String>::new());
    assert_eq!(town.ask(|ledger| ledger.vector()).await, vector);
}

#[tokio::test]
async fn what_can_still_be_read_of_a_damaged_file_is_salvaged_and_the_rest_is_named() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let to = town.folder.path().join("backup");
    kiosk.scan(1);
    backup::make(&file(&town), Some(&KEY), &to, MORNING).unwrap();
    kiosk.scan(2);
    kiosk.scan(3);
    let old = kiosk.ledger.own_log().unwrap();
    // The last one cannot be read any more.
    kiosk.ledger.db.run("DELETE FROM fact WHERE seq = 3").unwrap();
    drop(kiosk);
    let looked = restore::look_over(&file(&town), Some(&KEY));
    assert!(matches!(looked, Err(LedgerError::Damaged(_))), "{looked:?}");
    let (ledger, salvaged) = restore(&town, &to, MORNING.plus(HOUR));
    assert_eq!((salvaged.facts, ledger.vector().unwrap().seq(old).0), (1, 2));
    let loss = ledger.losses().unwrap().remove(0);
    assert_eq!((loss.missing(), loss.known.unwrap().0), (1, 3));
    assert!(loss.to_string().contains("1 records of this station are missing"), "{loss}");
    assert!(loss.to_string().contains("places 3 to 3"), "{loss}");
}

#[tokio::test]
async fn a_restore_that_was_interrupted_is_finished_or_begun_again() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    let to = town.folder.path().join("backup");
    let backup = backup::make(&file(&town), Some(&KEY), &to, MORNING).unwrap().file;
    drop(kiosk);
    smash(&file(&town));
    let smashed = fs::read(file(&town)).unwrap();
    // Before it was ready: the next attempt begins anew, and nothing was moved.
    Aside::begin(&file(&town), MORNING).unwrap().copy(&backup).unwrap();
    assert_eq!(restore::finish(&file(&town)).unwrap(), None);
    assert_eq!(fs::read(file(&town)).unwrap(), smashed);
    // Ready, and interrupted at each step of the exchange.
    for step in 0..3 {
        let aside = Aside::begin(&file(&town), MORNING.plus(step * HOUR)).unwrap();
        aside.copy(&backup).unwrap();
        let folder = aside.restoring().parent().unwrap().to_owned();
        fs::rename(aside.restoring(), folder.join("restored.db")).unwrap();
        fs::write(backup::with_ending(&file(&town), "-wal"), "stale").unwrap();
        if step > 0 {
            fs::rename(file(&town), folder.join("1.db")).unwrap();
        }
        if step > 1 {
            let wal = backup::with_ending(&file(&town), "-wal");
            fs::rename(wal, folder.join("1.db-wal")).unwrap();
        }
        assert_eq!(restore::finish(&file(&town)).unwrap(), Some(folder.clone()));
        assert_eq!(fs::read(folder.join("1.db")).unwrap(), smashed, "kept as it was");
        assert_eq!(names(&folder), ["1.db", "1.db-wal"]);
        restore::look_over(&file(&town), Some(&KEY)).unwrap();
        fs::write(file(&town), &smashed).unwrap();
    }
}

#[test]
fn of_a_file_that_lost_everything_there_is_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let (file, to) = (dir.path().join("l.db"), dir.path().join("backup"));
    std::fs::write(&file, b"").unwrap();
    let made = backup::make(&file, None, &to, MORNING).unwrap_err().to_string();
    let proved = backup::prove(&file, None).err().unwrap().to_string();
    for refused in [made, proved] {
        assert!(refused.contains("it is no ledger any more"), "{refused}");
    }
    assert_eq!(backup::all(&to), Vec::<std::path::PathBuf>::new());
}
