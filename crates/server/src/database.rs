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
    let there = folder.connect(address)?;
    match folder.database()? {
        // Another address of the same database is fine.
        Database::Postgres(_) => ensure!(
            there.served()?.is_some(),
            "the database {address} does not hold this convention; restore it there first"
        ),
        Database::File => move_there(folder, &there, address)?,
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

fn move_there(folder: &Folder, there: &Ledger, address: &Address) -> anyhow::Result<()> {
    if folder.path().join(DATABASE).exists() {
        let _alone = folder.lock(alone::LOCK, "an import is running; wait for its end")?;
        folder.refuse_damaged()?;
        let here = folder.ledger()?;
        if here.move_to(there)? {
            eprintln!("Everything has moved to the database {address}.");
            return Ok(());
        }
        let (ours, theirs) = (here.vector()?, there.vector()?);
        ensure!(
            ours.lacking(&theirs).is_empty(),
            "the database {address} holds this convention already, but not every record of this \
             folder; nothing is changed"
        );
    }
    ensure!(
        there.served()?.is_some(),
        "neither this folder nor the database {address} holds the convention; put one back"
    );
    eprintln!("This server shares the database {address} with others.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
