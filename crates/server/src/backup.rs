//! `backup` and `restore`: whole copies of the database, and one of them in its place again.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ledger::backup::{self, Backup};
use ledger::ballast::Ballast;
use ledger::care::{Cared, EVERY, FIRST, Watch};
use ledger::clock::Clock;
use ledger::restore::{self, Aside};
use ledger::{Ledger, LedgerError};
use serde_json::json;

use crate::folder::Folder;
use crate::{alone, answer};

/// Backs the database up, beside a running `serve`, and prints what was made.
///
/// # Errors
/// A sentence; then earlier backups are still there.
pub fn run(data: &Path, to: Option<&Path>) -> anyhow::Result<()> {
    let made = make(&Folder::open(data)?, to)?;
    answer(&format!("{}\n", serde_json::to_string(&made)?))?;
    eprintln!("Keep keys/ and server.json too, apart from the backup: it holds none of them.");
    Ok(())
}

/// Backs the database up.
///
/// # Errors
/// A sentence, also where the data lies in PostgreSQL; then earlier backups are still there.
pub fn make(folder: &Folder, to: Option<&Path>) -> anyhow::Result<Backup> {
    folder.require_file()?;
    // Three of a file that lost everything would push the good ones out.
    folder.ledger_to_read()?;
    let own = folder.backups();
    let now = Clock::Machine.now();
    Ok(backup::make(&folder.file()?, None, to.unwrap_or(&own), now)?)
}

/// Makes a backup every hour, keeps the ballast, and tells when the disk gets full; until `serve`
/// ends.
///
/// What lies in PostgreSQL is not looked after here; the ballast of the time before goes.
pub async fn keep(folder: Folder, to: Option<PathBuf>) {
    if folder.require_file().is_err() {
        Ballast::of(folder.path()).throw_off();
        return;
    }
    let backups = to.unwrap_or_else(|| folder.backups());
    let cared = Cared { file: folder.database_file(), key: None, backups, throws_off: true };
    let mut watch = Watch::of(cared);
    let mut pause = FIRST;
    loop {
        tokio::time::sleep(pause).await;
        pause = EVERY;
        let mut looking = watch.clone();
        let looked = tokio::task::spawn_blocking(move || {
            looking.look();
            looking
        });
        // A thread that failed said so itself; the next look comes all the same.
        watch = looked.await.unwrap_or(watch);
    }
}

/// Puts a backup in the place of the database and prints what came of it.
///
/// # Errors
/// A sentence; then the database is what it was.
pub fn run_restore(data: &Path, file: Option<&Path>) -> anyhow::Result<()> {
    let report = put_back(&Folder::open(data)?, file)?;
    answer(&format!("{report}\n"))?;
    eprintln!(
        "Put back. Start serve: every station brings what this backup lacks when it next asks, by \
         itself, and who belongs to the convention too. Lists that were imported, and passes that were \
         made and revoked since the backup are not in it: do these again; check names what stations \
         know of."
    );
    if let Some(aside) = report.get("aside").and_then(serde_json::Value::as_str) {
        eprintln!("The database that was here lies in {aside}: keep it until check is content.");
    }
    Ok(())
}

/// Puts `file`, or the newest good backup of the folder, in the place of the database, which is
/// moved aside.
///
/// # Errors
/// A sentence; then the database is what it was.
pub fn put_back(folder: &Folder, file: Option<&Path>) -> anyhow::Result<serde_json::Value> {
    folder.require_file()?;
    folder.refuse_forgotten_move()?;
    let _alone = folder.lock("serve.lock", "serve runs on this folder; stop it first")?;
    let _still = folder.lock(alone::LOCK, "an import is running; let it end first")?;
    let (database, convention) = (folder.database_file(), folder.settings.convention);
    if let Some(aside) = restore::finish(&database)? {
        eprintln!(
            "An interrupted restore is finished; the old database lies in {}.",
            aside.display()
        );
    }
    let backup = match file {
        Some(file) => file.to_owned(),
        None => {
            backup::newest_good(&[folder.backups()], None, Some(convention)).with_context(|| {
                let lies = folder.backups();
                format!("no good backup lies in {}; name one: restore FILE", lies.display())
            })?
        }
    };
    let copy = backup::prove(&backup, None).map_err(|error| no_backup(&backup, error))?;
    match copy.served()?.map(|served| served.convention.id) {
        Some(served) if served == convention => {}
        Some(_) => bail!("{} is a backup of another convention", backup.display()),
        None => bail!("{} holds no convention; name another file", backup.display()),
    }
    drop(copy);
    let aside = Aside::begin(&database, Clock::Machine.now())?;
    match make_ready(&aside, &backup) {
        Ok(facts) => {
            let lies = aside.finish().context("the disk fails; run restore again")?;
            Ok(json!({ "file": backup, "facts": facts, "aside": lies }))
        }
        Err(error) => {
            aside.give_up();
            Err(error)
        }
    }
}

/// Says why a file cannot be put back. The server's database has no key, so what does not open is
/// something else.
fn no_backup(file: &Path, error: LedgerError) -> anyhow::Error {
    let name = file.display();
    match error {
        LedgerError::WrongKey { .. } => anyhow::anyhow!(
            "{name} is no database of a server; name a file that this server's backup made, such as \
             backup/backup-TIME.db (a station's backup is encrypted, and goes back at that station)"
        ),
        other => anyhow::Error::new(other).context(format!("{name} is no good backup")),
    }
}

/// Copies the backup and brings its schema up to date; returns how many facts it has.
fn make_ready(aside: &Aside, backup: &Path) -> anyhow::Result<u64> {
    aside.copy(backup).with_context(|| format!("cannot copy {}", backup.display()))?;
    let mut ledger = Ledger::open(&aside.restoring(), None)?;
    ledger.count_on()?;
    let mut facts = 0u64;
    ledger.for_each_fact(|_| -> Result<(), LedgerError> {
        facts = facts.saturating_add(1);
        Ok(())
    })?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, PEOPLE};

    fn smash(folder: &Folder) {
        std::fs::write(folder.database_file(), vec![0x5A; 8192]).unwrap();
    }

    #[test]
    fn a_smashed_database_is_put_back_and_kept_aside() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let (_dir, folder) = testing::folder_with(PEOPLE);
        testing::let_arrive(&folder, "100001", "registration", false);
        let made = make(&folder, None).unwrap();
        assert_eq!((made.facts, made.complete), (1, true));
        assert_eq!(mode(&made.file), 0o600);
        std::fs::set_permissions(&made.file, PermissionsExt::from_mode(0o644)).unwrap();
        testing::let_arrive(&folder, "100002", "registration", false);
        smash(&folder);
        let refused = folder.refuse_damaged().unwrap_err().to_string();
        assert!(refused.ends_with("yingbin-server --data DIR restore"), "{refused}");
        let report = put_back(&folder, None).unwrap();
        assert_eq!(report["facts"], 1);
        assert_eq!(mode(&folder.database_file()), 0o600);
        let aside = Path::new(report["aside"].as_str().unwrap()).join(crate::folder::DATABASE);
        assert_eq!(std::fs::metadata(aside).unwrap().len(), 8192);
        folder.refuse_damaged().unwrap();
        assert_eq!(folder.ledger().unwrap().arrivals(false).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_lost_everything_is_damaged_and_nothing_is_made_in_it() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        make(&folder, None).unwrap();
        std::fs::write(folder.database_file(), b"").unwrap();
        let revocation = crate::reissue::Revocation {
            numbers: vec!["100001".to_owned()],
            serials: Vec::new(),
            which: crate::reissue::Which::Both,
        };
        let refusals = [
            folder.ledger().err(),
            folder.ledger_to_read().err(),
            folder.share(1).err(),
            folder.refuse_damaged().err(),
            make(&folder, None).err(),
            crate::reissue::revoke(&folder, &revocation).err(),
        ];
        for refused in refusals {
            let refused = refused.unwrap().to_string();
            assert!(refused.contains("it is no ledger any more"), "{refused}");
            assert!(refused.ends_with("yingbin-server --data DIR restore"), "{refused}");
            assert_eq!(std::fs::metadata(folder.database_file()).unwrap().len(), 0);
        }
        put_back(&folder, None).unwrap();
        assert_eq!(crate::reissue::revoke(&folder, &revocation).unwrap().0, 2);
    }

    #[test]
    fn a_file_that_was_cut_off_is_told_in_one_sentence() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let file = std::fs::OpenOptions::new().write(true).open(folder.database_file()).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2 / 4096 * 4096).unwrap();
        for refused in [folder.ledger().err(), folder.refuse_damaged().err()] {
            let refused = refused.unwrap().to_string();
            assert!(refused.starts_with("the database is damaged: "), "{refused}");
            assert!(refused.lines().count() == 1 && !refused.contains("***"), "{refused}");
        }
        let lost = crate::export::run(
            folder.path(),
            crate::export::Table::Facts,
            crate::export::Format::Json,
            false,
        );
        let lost = crate::folder::with_cure(lost.unwrap_err()).to_string();
        assert!(lost.ends_with("yingbin-server --data DIR restore"), "{lost}");
    }

    #[test]
    fn backups_of_no_convention_and_of_another_are_passed_over() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        testing::let_arrive(&folder, "100001", "registration", false);
        let own = make(&folder, None).unwrap().file;
        let (_other_dir, other) = testing::folder_with(PEOPLE);
        let foreign = make(&other, None).unwrap().file;
        let later = |name: &str| own.with_file_name(format!("backup-{name}.db"));
        std::fs::copy(foreign, later("20990101T000000Z")).unwrap();
        drop(Ledger::open(&later("20990102T000000Z"), None).unwrap());
        std::fs::write(later("20990103T000000Z"), b"").unwrap();
        assert_eq!(backup::all(&folder.backups()).len(), 4);
        assert_eq!(put_back(&folder, None).unwrap()["file"], json!(own));
        let refused = put_back(&folder, Some(&later("20990102T000000Z"))).unwrap_err().to_string();
        assert!(refused.ends_with("holds no convention; name another file"), "{refused}");
    }

    #[test]
    fn what_is_no_backup_of_this_convention_is_not_put_back() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let none = put_back(&folder, None).unwrap_err().to_string();
        assert!(none.contains("no good backup lies in"), "{none}");
        let (_other_dir, other) = testing::folder_with(PEOPLE);
        let foreign = make(&other, None).unwrap().file;
        let mut settings = folder.clone();
        settings.settings.convention = admission::id::ConventionId([9; 16]);
        let refused = put_back(&settings, Some(&foreign)).unwrap_err().to_string();
        assert!(refused.ends_with("is a backup of another convention"), "{refused}");
        let junk = folder.path().join("junk.db");
        std::fs::write(&junk, "junk".repeat(2000)).unwrap();
        let refused = format!("{:#}", put_back(&folder, Some(&junk)).unwrap_err());
        assert!(refused.contains("junk.db is no database of a server; name a file"), "{refused}");
        assert!(!refused.contains("key"), "there is no key to put back: {refused}");
        folder.refuse_damaged().unwrap();
    }

    #[test]
    fn no_station_is_added_to_a_damaged_database() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let bytes = std::fs::read(folder.database_file()).unwrap();
        let page = 4096;
        let last = bytes.len() - page;
        // The pages of the list, which nothing about stations looks at.
        let mut damaged = bytes.clone();
        let of_list = |page: &[u8]| page.windows(8).any(|some| some == b"WANG Wei");
        for place in (page..=last).step_by(page) {
            if of_list(&bytes[place..place + page]) {
                damaged[place..place + page].fill(0x5A);
            }
        }
        assert_ne!(damaged, bytes);
        std::fs::write(folder.database_file(), damaged).unwrap();
        let new = crate::stations::NewStation {
            name: "K2".to_owned(),
            role: admission::exchange::Role::Kiosk,
            site: "hall".to_owned(),
            activities: vec!["opening".to_owned()],
            direction: admission::exchange::Direction::In,
            bus: String::new(),
            url: None,
        };
        let refused = crate::stations::add(&folder, new).unwrap_err().to_string();
        assert!(refused.starts_with("the database is damaged"), "{refused}");
        assert!(refused.ends_with("yingbin-server --data DIR restore"), "{refused}");
    }

    #[tokio::test]
    async fn what_lies_in_postgresql_is_not_backed_up_or_put_back_here() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let before = make(&folder, None).unwrap().file;
        let moved = folder.path().join("yingbin-before-postgres.db");
        std::fs::rename(folder.database_file(), moved).unwrap();
        let address = "postgres://yingbin@127.0.0.1:1/yingbin";
        std::fs::write(folder.path().join("database"), address).unwrap();
        assert!(Ballast::of(folder.path()).make(Some(1 << 20)).unwrap());
        let sentence = "this is about a file; a PostgreSQL database is backed up with its own \
                        tools, see docs/operations.md";
        assert_eq!(make(&folder, None).unwrap_err().to_string(), sentence);
        for file in [None, Some(before.as_path())] {
            assert_eq!(put_back(&folder, file).unwrap_err().to_string(), sentence);
        }
        folder.finish_restore().unwrap();
        tokio::time::timeout(FIRST, keep(folder.clone(), None)).await.unwrap();
        assert!(!folder.database_file().exists(), "nothing was opened");
        assert!(!Ballast::of(folder.path()).is_there());
    }

    #[test]
    fn a_database_that_is_served_is_not_put_back() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        make(&folder, None).unwrap();
        let _held = folder.lock("serve.lock", "").unwrap();
        let refused = put_back(&folder, None).unwrap_err().to_string();
        assert_eq!(refused, "serve runs on this folder; stop it first");
    }
}
