//! What another station passes on, by whatever carrier: over the LAN or on a stick.
//!
//! It is believed about what its author signed and about nothing else: facts, each proved by itself,
//! and lists that the root key or the server signed as a whole. How old a list is, what the server
//! holds, the roster, the policy and the time are the server's to tell. Facts of the own log are
//! taken too, where they go on from its end: this folder was put back, and the neighbours have what
//! it lost. Those that do not go on from there are left: only the server's story decides a fork.

use admission::exchange::{Message, Sifted};
use admission::revocation::ListChange;
use admission::time::Millis;

use crate::db::Db;
use crate::error::LedgerError;
use crate::fork::copied;
use crate::open::Ledger;
use crate::{facts, membership, setting, trust};

/// What of a member's message was new.
#[derive(Debug, Default)]
pub(crate) struct PassedOn {
    /// Facts that were stored, and those that stay with their bringer.
    pub(crate) sifted: Sifted,
    /// Whether a list is a later one now.
    pub(crate) lists: bool,
}

impl Ledger {
    /// Takes facts and signed lists that another station brought, in one transaction.
    ///
    /// `prove` proves the facts, by the list of stations that may have come along.
    pub(crate) fn take_of_member(
        &mut self,
        message: &Message,
        prove: impl FnOnce(&Db) -> Result<Sifted, LedgerError>,
        now: Millis,
    ) -> Result<PassedOn, LedgerError> {
        let server = self.server()?;
        let signer = (server.convention, &server.key()?);
        let keys_held = self.keys_number()?;
        let tx = self.write()?;
        let mut lists = false;
        // First: what is brought is believed by it.
        if let Some(signed) = &message.members {
            lists |= try_list(&tx, || membership::take(&tx, signed, signer))?;
        }
        let sifted = prove(&tx)?;
        let held = facts::held(&tx, &sifted)?;
        let sifted = sifted.against(&held);
        facts::keep(&tx, &sifted)?;
        facts::meet(&tx, &sifted, now)?;
        copied::note_by(&tx, message.from, &message.vector)?;
        copied::note_of(&tx, message, &sifted.left)?;
        if let Some(signed) = message.keys.as_ref().filter(|_| message.keys_held > keys_held) {
            lists |= try_list(&tx, || trust::take_keys(&tx, signed).map(|()| true))?;
        }
        if let Some(change) = &message.revocations
            && is_later(&tx, change)?
        {
            let take = || trust::take_revocations(&tx, change, signer).map(|()| true);
            lists |= try_list(&tx, take)?;
        }
        tx.commit()?;
        Ok(PassedOn { sifted, lists })
    }
}

/// Tells whether a revocation list is later than the one here.
pub(crate) fn is_later(db: &Db, change: &ListChange) -> Result<bool, LedgerError> {
    let held = setting::read_number(db, setting::REVOCATIONS)?.unwrap_or(0);
    Ok(i64::try_from(change.state.number).is_ok_and(|number| number > held))
}

/// Tries to take a list that was passed on; one that is not believed changes nothing.
fn try_list(
    db: &Db,
    take: impl FnOnce() -> Result<bool, LedgerError>,
) -> Result<bool, LedgerError> {
    db.run("SAVEPOINT passed_on")?;
    match take() {
        Ok(taken) => db.run("RELEASE passed_on").map(|()| taken),
        Err(
            error @ (LedgerError::KeySet(_)
            | LedgerError::RevocationMismatch
            | LedgerError::Members(_)),
        ) => {
            db.run("ROLLBACK TO passed_on; RELEASE passed_on")?;
            tracing::warn!(%error, "a list that a station passed on is not taken");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
