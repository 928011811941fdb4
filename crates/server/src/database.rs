//! Where a server's data lies: in its folder, or in a PostgreSQL that several servers share.
//!
//! The folder keeps the address in a file for its owner only, because it may hold a password; so
//! every command finds the data without being told.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use ledger::Ledger;
use ledger::postgres::Address;

use crate::alone;
use crate::folder::{DATABASE, Folder, write_atomically};

/// The file with the address.
const PLACE: &str = "database";
/// What the ledger's file is called once everything has moved.
pub(crate) const MOVED: &str = "yingbin-before-postgres.db";

/// Where a server's data lies.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a process")]
pub enum Database {
    /// In the file of its folder.
    File,
    /// In PostgreSQL.
    Postgres(Address),
}

impl Database {
    /// Returns the kind as programs read it.
    pub fn kind(&self) -> &'static str {
        match self {
            Database::File => "sqlite",
            Database::Postgres(_) => "postgres",
        }
    }
}

/// Reads what `--database` says.
///
/// # Errors
/// A sentence, if it is neither `sqlite` nor an address.
pub fn parse(text: &str) -> Result<Database, String> {
    match text {
        "sqlite" => Ok(Database::File),
        address => {
            let address = address.parse().map_err(|error| format!("{error}; or write sqlite"))?;
            Ok(Database::Postgres(address))
        }
    }
}

/// Reads where the data of a folder lies.
///
/// # Errors
/// A sentence, if the address that it keeps cannot be read.
pub fn of(folder: &Path) -> anyhow::Result<Database> {
    let place = folder.join(PLACE);
    if !place.exists() {
        return Ok(Database::File);
    }
    let bad = || format!("{} is damaged; put it back", place.display());
    let text = fs::read_to_string(&place).with_context(bad)?;
    Ok(Database::Postgres(text.trim().parse().with_context(bad)?))
}

/// Does what `--database` asks: everything moves to PostgreSQL the first time, a folder whose
/// convention is there already uses it from now on.
///
/// # Errors
/// A sentence; then the data lies where it lay.
pub fn settle(folder: &Folder, wanted: &Database) -> anyhow::Result<()> {
    let Database::Postgres(address) = wanted else {
        ensure!(
            folder.database()? == Database::File,
            "the data of this folder lies in PostgreSQL; leave --database out"
        );
        return Ok(());
    };
    let lies_here = folder.database()? == Database::File;
    if lies_here && folder.path().join(DATABASE).exists() {
        move_there(folder, address)?;
    } else {
        // Another address of the same database is fine.
        folder.connect(address)?;
        if lies_here {
            tell_of_others(address);
        }
    }
    write_atomically(&folder.path().join(PLACE), address.as_str().as_bytes())?;
    // The last step: whoever is interrupted before comes here again.
    let file = folder.path().join(DATABASE);
    if file.exists() {
        let aside = folder.path().join(MOVED);
        fs::rename(&file, &aside).with_context(|| format!("cannot rename {}", file.display()))?;
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("{DATABASE}{end}")));
        }
    }
    Ok(())
}

fn move_there(folder: &Folder, address: &Address) -> anyhow::Result<()> {
    let _alone = folder.lock(alone::LOCK, "an import is running; wait for its end")?;
    folder.refuse_damaged()?;
    let here = folder.ledger()?;
    let there = Ledger::connect(address, folder.settings.convention);
    let there = there.with_context(|| format!("cannot use the database {address}"))?;
    if here.move_to(&there)? {
        eprintln!("Everything has moved to the database {address}.");
        return Ok(());
    }
    let mut own = here.lists_that_lack(&there)?;
    if !here.vector()?.lacking(&there.vector()?).is_empty() {
        own.insert("records");
    }
    let own: Vec<&str> = own.into_iter().collect();
    ensure!(
        own.is_empty(),
        "the database {address} holds this convention already, but not what this folder says of: {}. \
         Nothing is changed. Either serve this folder without --database, and take out with export \
         what is its own; or put it aside, and in its place copy keys/, server.json and the file \
         {PLACE} from the folder of the server that moved there",
        own.join(", ")
    );
    tell_of_others(address);
    Ok(())
}

fn tell_of_others(address: &Address) {
    eprintln!("This server shares the database {address} with others.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alone::cluster::Cluster;
    use crate::testing::{self, PEOPLE};

    fn copy(from: &Folder, to: &Path) -> Folder {
        fs::create_dir_all(to.join("keys")).unwrap();
        for some in [from.path().to_owned(), from.path().join("keys")] {
            for entry in fs::read_dir(&some).unwrap().map(Result::unwrap) {
                let name = entry.path().strip_prefix(from.path()).unwrap().to_owned();
                if entry.path().is_file() {
                    fs::copy(entry.path(), to.join(name)).unwrap();
                }
            }
        }
        Folder::open(to).unwrap()
    }

    fn revoke(folder: &Folder, number: &str) {
        let serials = Vec::new();
        let numbers = vec![number.to_owned()];
        let which = crate::reissue::Which::Both;
        let wanted = crate::reissue::Revocation { numbers, serials, which };
        crate::reissue::revoke(folder, &wanted).unwrap();
    }

    fn add(folder: &Folder, name: &str) {
        let new = crate::stations::NewStation {
            name: name.to_owned(),
            role: admission::exchange::Role::Kiosk,
            site: "hall".to_owned(),
            activities: vec!["opening".to_owned()],
            direction: admission::exchange::Direction::In,
            bus: String::new(),
            url: Some("http://127.0.0.1:7300".to_owned()),
        };
        crate::stations::add(folder, new).unwrap();
    }

    #[test]
    fn a_copy_that_went_on_by_itself_loses_nothing_to_the_database() {
        let (dir, folder) = testing::folder_with(PEOPLE);
        let cluster = Cluster::start(&["fsync=off"]);
        let place = parse(&cluster.url("postgres")).unwrap();
        revoke(&folder, "100002");
        let [same, revoked, imported, added, recorded] =
            ["1", "2", "3", "4", "5"].map(|name| copy(&folder, &dir.path().join(name)));
        revoke(&revoked, "100001");
        let more = "100004,,Ann Ng,,,,,,,,,,guest,north,SG,,en,,,,,confirmed\n";
        let people = testing::people(dir.path(), &testing::sheet(more));
        crate::import::import(&imported, &people).unwrap();
        add(&added, "W1");
        testing::let_arrive(&recorded, "100001", "registration", false);
        // The first one changes too, and then moves.
        add(&folder, "K7");
        crate::import::import(&folder, &people).unwrap();
        let at_move = copy(&folder, &dir.path().join("6"));
        settle(&folder, &place).unwrap();
        for (folder, what) in [
            (&imported, "people."),
            (&revoked, "revoked passes."),
            (&added, "stations."),
            (&recorded, "records, stations."),
        ] {
            let refused = settle(folder, &place).unwrap_err().to_string();
            assert!(
                refused.contains(&format!("not what this folder says of: {what}")),
                "{refused}"
            );
            assert!(refused.contains("copy keys/, server.json and the file database"), "{refused}");
            assert_eq!(folder.database().unwrap(), Database::File);
            folder.ledger().unwrap();
        }
        // What stands there too, and what moved there and was changed there since, is no loss.
        revoke(&folder, "100001");
        testing::change_keys(&folder, crate::keys::Change::New);
        for folder in [&same, &at_move, &revoked] {
            settle(folder, &place).unwrap();
            assert!(folder.database().unwrap() != Database::File);
        }
    }

    #[test]
    fn a_database_without_this_convention_gets_no_tables() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let cluster = Cluster::start(&["fsync=off"]);
        let url = cluster.url("postgres");
        let file = folder.path().join(DATABASE);
        fs::rename(&file, folder.path().join(MOVED)).unwrap();
        fs::write(folder.path().join(PLACE), &url).unwrap();
        let refusals = [
            folder.ledger().err(),
            folder.refuse_damaged().err(),
            settle(&folder, &parse(&url).unwrap()).err(),
        ];
        for refused in refusals {
            let refused = refused.unwrap().to_string();
            assert!(refused.contains("docs/operations.md says how"), "{refused}");
        }
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(cluster.sql("postgres", tables), "0");
        // Nor do a file that is damaged, or of which nothing is left.
        fs::remove_file(folder.path().join(PLACE)).unwrap();
        fs::write(&file, b"").unwrap();
        settle(&folder, &parse(&url).unwrap()).unwrap_err();
        assert_eq!(cluster.sql("postgres", tables), "0");
    }

    #[test]
    fn a_folder_that_lost_the_address_does_not_begin_anew() {
        let (_dir, folder) = crate::testing::folder_with("");
        let moved = folder.path().join(MOVED);
        fs::rename(folder.path().join(DATABASE), &moved).unwrap();
        let cure = "name it again: serve --database postgres://...";
        let refused = folder.ledger().err().unwrap().to_string();
        assert!(refused.ends_with(cure), "{refused}");
        let refused = crate::backup::put_back(&folder, Some(&moved)).unwrap_err().to_string();
        assert!(refused.ends_with(cure), "{refused}");
        assert!(moved.exists() && !folder.path().join(DATABASE).exists(), "nothing was put back");
    }

    #[test]
    fn an_address_is_told_from_a_mistake() {
        assert_eq!(parse("sqlite").unwrap(), Database::File);
        let Database::Postgres(address) = parse("postgres://me:secret@db.example/yingbin").unwrap()
        else {
            panic!("an address")
        };
        assert_eq!(address.to_string(), "yingbin at db.example");
        assert!(!format!("{address:?}").contains("secret"), "passwords are not shown");
        for bad in ["mysql://x", "postgres", "", "postgres://"] {
            let sentence = parse(bad).unwrap_err();
            assert!(sentence.contains("postgres://user"), "{bad}: {sentence}");
        }
    }
}
