//! Numbers of the server's lists after its database was put back: were two states of a list to have
//! one number, nobody would see that they differ.

#[cfg(feature = "postgres")]
use crate::db::places;
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::setting;

/// By how much a restored server counts on: lists of which it knows nothing have had these numbers.
pub(crate) const UNSEEN: u64 = 1000;

impl Ledger {
    /// Has every list that is written from now on count from above all numbers that may have been
    /// used since the backup that was just put back.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn count_on(&mut self) -> Result<(), LedgerError> {
        let policy = self.policy_number()?;
        let lists = [self.revision()?.0, self.revocations()?, policy, self.members_number()?];
        let highest = lists.into_iter().max().unwrap_or(0);
        let floor = i64::try_from(highest.saturating_add(UNSEEN)).unwrap_or(i64::MAX);
        let roster = i64::try_from(self.revision()?.0).unwrap_or(i64::MAX);
        let tx = self.write()?;
        setting::write_number(&tx, setting::FLOOR, floor)?;
        setting::write_number(&tx, setting::ROSTER_THEN, roster)?;
        tx.commit()
    }

    /// Notes that a station holds a roster that was written after the backup that was put back here,
    /// and so is lost.
    pub(crate) fn note_lost_roster(&mut self, held: u64) -> Result<(), LedgerError> {
        let number = |name| -> Result<Option<u64>, LedgerError> {
            Ok(setting::read_number(&self.db, name)?.and_then(|number| u64::try_from(number).ok()))
        };
        let (then, floor) = (number(setting::ROSTER_THEN)?, number(setting::FLOOR)?);
        if then.is_some_and(|then| held > then) && floor.is_some_and(|floor| held <= floor) {
            setting::write_number(&self.db, setting::ROSTER_LOST, 1)?;
        }
        Ok(())
    }

    /// Looks whether this database was filled from a dump, and counts on if it was: one row says by
    /// which transaction it was written, and PostgreSQL says it too, unless another wrote the row
    /// again.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read or written.
    #[cfg(feature = "postgres")]
    pub(crate) fn notice_dump(&mut self) -> Result<(), LedgerError> {
        if self.is_as_written()? == Some(true) {
            return Ok(());
        }
        if self.is_as_written()? == Some(false) {
            tracing::warn!("the database was put back from a dump: its lists count on by {UNSEEN}");
            self.count_on()?;
        }
        let sql = "INSERT INTO setting (/*key*/ name, value)
                   VALUES (/*own*/ ?1, convert_to((pg_current_xact_id()::xid)::text, 'UTF8'))
                   ON CONFLICT (/*key*/ name) DO UPDATE SET value = excluded.value";
        self.db.execute(sql, &places![setting::WRITTEN_IN])?;
        if self.is_as_written()? == Some(false) {
            // Rows have other transactions than whoever writes them, as where tables are spread.
            setting::write(&self.db, setting::WRITTEN_IN, &[])?;
        }
        Ok(())
    }

    #[cfg(feature = "postgres")]
    fn is_as_written(&self) -> Result<Option<bool>, LedgerError> {
        let sql = "SELECT CASE WHEN value IN (convert_to(xmin::text, 'UTF8'), '') THEN 1 ELSE 0 END
                   FROM setting WHERE /*its*/ name = ?1";
        self.db.first(sql, &places![setting::WRITTEN_IN], |row| row.get(0))
    }
}
