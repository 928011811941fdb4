//! How the printers of stations are, as each said last: what sends guests on to one that works.

use std::collections::BTreeMap;

use admission::exchange::PrinterNews;
use admission::id::StationId;
use admission::time::Millis;

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::facts::own_log;
use crate::open::Ledger;

impl Ledger {
    /// Notes how this station's printer is.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn note_printer(&mut self, news: &PrinterNews, now: Millis) -> Result<(), LedgerError> {
        note(&self.db, own_log(&self.db)?.station(), news, now)
    }

    /// Returns how this station's printer is; none where nobody looked yet.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn own_printer(&self) -> Result<Option<PrinterNews>, LedgerError> {
        let own = own_log(&self.db)?.station();
        let sql = "SELECT news FROM printer WHERE /*its*/ station = ?1";
        let bytes: Option<Vec<u8>> = self.db.first(sql, &places![own.0], |row| row.get(0))?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// Returns how the printers of stations are, and when each said so, by the clock here.
    ///
    /// # Errors
    /// [`LedgerError`] if they cannot be read.
    pub fn printers(&self) -> Result<BTreeMap<StationId, (PrinterNews, Millis)>, LedgerError> {
        let sql = "SELECT station, news, heard_at FROM printer WHERE /*its*/ true";
        let all = self.db.query(sql, &[], |row| {
            let news = minicbor::decode(&row.get::<Vec<u8>>(1)?).unwrap_or_default();
            Ok((StationId(row.get(0)?), (news, Millis(row.get(2)?))))
        })?;
        Ok(all.into_iter().collect())
    }
}

/// Notes how a station's printer is, as it says itself.
pub(crate) fn note(
    db: &Db,
    station: StationId,
    news: &PrinterNews,
    now: Millis,
) -> Result<(), LedgerError> {
    let sql = "INSERT INTO printer (/*key*/ station, news, heard_at) VALUES (/*own*/ ?1, ?2, ?3)
               ON CONFLICT (/*key*/ station) DO UPDATE SET news = excluded.news,
                   heard_at = excluded.heard_at";
    let bytes = minicbor::to_vec(news.clone().bounded()).unwrap_or_default();
    db.execute(sql, &places![station.0, bytes, now.0])?;
    Ok(())
}
