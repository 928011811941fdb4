//! What `serve` does on its own: it takes in what desks propose whenever something changed, and
//! signs blanks with the key that signs now.

use std::time::Duration;

use ledger::Ledger;
use ledger::blanks::Issuer;
use ledger::routes::Issuing;
use ledger::shared::Shared;

use crate::alone;
use crate::folder::{Folder, convention};
use crate::passes::Passes;
use crate::proposals::Proposals;

/// How long changes are gathered, so that a crowd of them costs one look and one revision.
const GATHER: Duration = Duration::from_millis(200);
/// How soon what could not be done is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// Goes on for as long as the ledger lives.
pub async fn keep_up(ledger: Shared, folder: Folder) {
    let mut changes = ledger.changes();
    let mut work = Work { folder, proposals: Proposals::default() };
    loop {
        changes.mark_unchanged();
        let asked = ledger.ask(move |ledger| -> Result<_, ledger::LedgerError> {
            let done = work.look(ledger);
            Ok((work, done))
        });
        // The ledger's thread has ended, and with it the server.
        let Ok((back, done)) = asked.await else { return };
        work = back;
        match done {
            Ok(Done::All) => {
                if changes.changed().await.is_err() {
                    return;
                }
                tokio::time::sleep(GATHER).await;
            }
            Ok(Done::More) => {}
            Ok(Done::Later) => tokio::time::sleep(AGAIN).await,
            Err(error) => {
                tracing::error!("upkeep: {error:#}");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// How far one look came.
enum Done {
    /// Nothing is left to do.
    All,
    /// There is more to look through.
    More,
    /// An import runs, which must not be disturbed.
    Later,
}

struct Work {
    folder: Folder,
    proposals: Proposals,
}

impl Work {
    fn look(&mut self, ledger: &mut Ledger) -> anyhow::Result<Done> {
        if self.proposals.look(ledger)? {
            return Ok(Done::More);
        }
        if self.proposals.is_idle() {
            return Ok(Done::All);
        }
        let done = alone::if_free(&self.folder, ledger, |ledger| {
            let passes = Passes::open(&self.folder, ledger)?;
            self.proposals.accept(ledger, &passes)
        })?;
        Ok(if done.is_some() { Done::All } else { Done::Later })
    }
}

/// Returns what finds the key that signs blanks: it changes with the key set, while `serve` runs.
pub fn issuing(folder: Folder) -> Issuing {
    Box::new(move |ledger| match issuer(&folder, ledger) {
        Ok(issuer) => Some(issuer),
        Err(error) => {
            tracing::error!("no blanks can be signed: {error:#}");
            None
        }
    })
}

fn issuer(folder: &Folder, ledger: &Ledger) -> anyhow::Result<Issuer> {
    let convention = convention(ledger)?;
    let days = (convention.first_day, convention.days);
    Ok(Issuer { key: folder.issuing_key(ledger)?, convention: convention.id, days })
}
