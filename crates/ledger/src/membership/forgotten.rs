//! What a server that was restored from a backup has forgotten of who belongs, and how stations tell
//! it: they bring a list that it signed itself.

use std::collections::BTreeMap;

use admission::exchange::{Caller, Member, MemberList};
use admission::id::StationId;

use super::{count_up, join, members, number, write_number};
use crate::counting::UNSEEN;
use crate::db::Db;
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::{members as stations, setting};

impl Ledger {
    /// Returns the list that a question to the server brings: ours if it lacks that, or one of which
    /// its own shows that it was forgotten there.
    pub(crate) fn members_for_server(
        &self,
        caller: &Caller,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        match caller.lacks_members(self.members_number()?) {
            true => self.signed_members(),
            false if caller.brings_members_in_vain() => Ok(None),
            false => self.forgotten_members(),
        }
    }

    /// Returns a list of which the server's later one shows that it has forgotten something.
    pub(crate) fn forgotten_members(&self) -> Result<Option<Vec<u8>>, LedgerError> {
        setting::read(&self.db, setting::MEMBERS_FORGOTTEN)
    }

    /// Takes back from a list that this server signed what it has forgotten, because it was restored
    /// from an older copy; `false` if that is nothing.
    ///
    /// Nobody is ever left out of a list, so that any of them may be taken, whatever its number.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is changed.
    pub(crate) fn recall_members(&mut self, list: &MemberList) -> Result<bool, LedgerError> {
        let is_new = |db: &Db| -> Result<bool, LedgerError> {
            if list.number > number(db)? {
                return Ok(true);
            }
            let known: BTreeMap<StationId, Member> =
                members(db)?.into_iter().map(|member| (member.id, member)).collect();
            let says =
                |line: &Member| known.get(&line.id).is_none_or(|own| own.joined(line) != *own);
            Ok(list.members.iter().any(says))
        };
        // Mostly it is a station that had no answer for a while.
        if !is_new(&self.db)? {
            return Ok(false);
        }
        let tx = self.write()?;
        for line in &list.members {
            stations::recall(&tx, line)?;
            join(&tx, line)?;
        }
        let number = list.number.max(number(&tx)?).saturating_add(UNSEEN);
        write_number(&tx, number)?;
        count_up(&tx)?;
        tx.commit()?;
        tracing::warn!(number = list.number, "stations were taken back from a list that one held");
        Ok(true)
    }
}

/// Keeps the list held before, if the one just taken says less than what is known by now: the server
/// was restored, and is told.
pub(super) fn note(db: &Db, list: &MemberList) -> Result<(), LedgerError> {
    let lines: BTreeMap<StationId, &Member> =
        list.members.iter().map(|line| (line.id, line)).collect();
    let known = members(db)?;
    if known.iter().all(|own| lines.get(&own.id).is_some_and(|line| *line == own)) {
        return setting::forget(db, setting::MEMBERS_FORGOTTEN);
    }
    if setting::read(db, setting::MEMBERS_FORGOTTEN)?.is_none()
        && let Some(before) = setting::read(db, setting::MEMBERS)?
    {
        setting::write(db, setting::MEMBERS_FORGOTTEN, &before)?;
    }
    Ok(())
}
