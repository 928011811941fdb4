//! One at a time: whatever puts people on the list or gives them passes must not be disturbed by
//! another that does so, whether it works on the same folder or on another that shares the database.

use std::time::Duration;

use anyhow::bail;
use ledger::Ledger;

use crate::folder::{Folder, try_lock};

/// The file that is locked meanwhile.
pub(crate) const LOCK: &str = "import.lock";
/// How often, and after which time, it is tried again: a server takes a desk's proposals in within
/// moments.
const TRIES: u32 = 20;
const STEP: Duration = Duration::from_millis(100);

/// Does `work` while nobody else may; nothing if another is at it now.
///
/// # Errors
/// What `work` returns, or a sentence if nobody can be asked who is at it.
pub(crate) fn if_free<T>(
    folder: &Folder,
    ledger: &mut Ledger,
    work: impl FnOnce(&mut Ledger) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let Some(_here) = try_lock(folder.path(), LOCK)? else { return Ok(None) };
    ledger.alone(work)
}

/// The same, but waits a moment for others.
///
/// # Errors
/// As [`if_free`], and a sentence if another goes on.
pub(crate) fn soon<T>(
    folder: &Folder,
    ledger: &mut Ledger,
    mut work: impl FnMut(&mut Ledger) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    for _ in 0..TRIES {
        if let Some(done) = if_free(folder, ledger, &mut work)? {
            return Ok(done);
        }
        std::thread::sleep(STEP);
    }
    bail!(
        "another import or reissue is running, or a server is taking people in; nothing is \
         changed, try again when it has ended"
    )
}

#[cfg(test)]
#[path = "../../ledger/src/tests/cluster.rs"]
#[allow(dead_code, reason = "the ledger's tests ask it more")]
pub(crate) mod cluster;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::cluster::Cluster;
    use crate::database::{Database, parse, settle};
    use crate::folder::Folder;
    use crate::import::import;
    use crate::reissue::{Request, reissue};
    use crate::testing::{self, PEOPLE, people, sheet};

    const BUSY: &str = "another import or reissue is running";

    /// Tries what must not run beside another.
    fn refused(dir: &Path, folder: &Folder) -> [String; 2] {
        let request = Request { numbers: Vec::new(), why: "lost".parse().unwrap() };
        [
            import(folder, &people(dir, &sheet(PEOPLE))).unwrap_err().to_string(),
            reissue(folder, &request).unwrap_err().to_string(),
        ]
    }

    #[test]
    fn nobody_reissues_beside_an_import_of_the_same_folder() {
        let (dir, folder) = testing::folder_with(PEOPLE);
        let _held = folder.lock(super::LOCK, "").unwrap();
        assert!(refused(dir.path(), &folder).iter().all(|said| said.starts_with(BUSY)));
    }

    #[test]
    fn nobody_reissues_beside_an_import_of_another_server_of_the_same_database() {
        let (dir, folder) = testing::folder_with(PEOPLE);
        let cluster = Cluster::start(&[]);
        let place: Database = parse(&cluster.url("postgres")).unwrap();
        settle(&folder, &place).unwrap();
        let before = folder.ledger().unwrap().attendees().unwrap();
        let mut elsewhere = folder.ledger().unwrap();
        let done = elsewhere.alone(|_| anyhow::Ok(refused(dir.path(), &folder)));
        let said = done.unwrap().unwrap();
        assert!(said.iter().all(|said| said.starts_with(BUSY)), "{said:?}");
        assert_eq!(folder.ledger().unwrap().attendees().unwrap(), before);
    }
}
