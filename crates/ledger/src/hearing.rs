//! What stations say of themselves when they ask, and which questions were asked already.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use admission::exchange::{Message, Nonce, PrinterNews, Vector};
use admission::id::StationId;
use admission::roster::Revision;
use admission::time::Millis;
use minicbor::{Decode, Encode};

use crate::db::places;
use crate::error::LedgerError;
use crate::open::Ledger;

/// A station that asked longer ago than this is not heard: one that is well asks every half minute.
const UNHEARD_AFTER_MS: i64 = 60_000;
/// How long processes remember together which questions were asked: a day.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

/// What a station said of itself in its last question.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Told {
    /// When, by the server's clock.
    #[n(0)]
    pub at: Millis,
    /// How far it holds every log, its own among them.
    #[n(1)]
    pub vector: Vector,
    /// Which state of its site's roster it holds.
    #[n(2)]
    pub roster: Revision,
    /// Number of its key set.
    #[n(3)]
    pub keys: u64,
    /// Number of its revocation list.
    #[n(4)]
    pub revocations: u64,
    /// Number of its policy.
    #[n(5)]
    pub policy: u64,
    /// How many blanks it has left; none if it prints no badges.
    #[n(6)]
    pub blanks_left: Option<u32>,
    /// How its printer is; none if it has none.
    #[n(7)]
    #[cbor(default)]
    pub printer: Option<PrinterNews>,
}

impl Told {
    /// Takes out of a question what its station says of itself.
    pub(crate) fn of(question: &Message, at: Millis) -> Told {
        Told {
            at,
            vector: question.vector.clone(),
            roster: question.scopes.first().map_or(Revision(0), |held| held.revision),
            keys: question.keys_held,
            revocations: question.revocations_held,
            policy: question.policy_held,
            blanks_left: question.blanks_held.map(|held| held.left),
            printer: question.printer.clone().map(PrinterNews::bounded),
        }
    }

    /// Tells whether the station asked lately.
    pub(crate) fn is_fresh(&self, now: Millis) -> bool {
        now.since(self.at) <= UNHEARD_AFTER_MS
    }
}

/// What each station said last, to this process. It is not stored: after a restart a station is
/// unknown until it asks, which it does within half a minute.
#[derive(Debug, Default)]
pub struct LastQuestions(Mutex<BTreeMap<StationId, Told>>);

impl LastQuestions {
    /// Returns what every station said last, to this process or to one that shares its database.
    ///
    /// # Errors
    /// [`LedgerError`] if the database cannot be read.
    pub fn all(&self, ledger: &Ledger) -> Result<BTreeMap<StationId, Told>, LedgerError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (station, told) in ledger.heard()? {
            if all.get(&station).is_none_or(|here| here.at < told.at) {
                all.insert(station, told);
            }
        }
        Ok(all)
    }

    pub(crate) fn note(&self, station: StationId, told: Told) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(station, told);
    }
}

impl Ledger {
    /// Notes a question for the other processes that share the database; `false` if one of them was
    /// asked it before. Who has a file has it alone, and notes nothing.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn hear(
        &mut self,
        (station, nonce): (StationId, Nonce),
        told: &Told,
    ) -> Result<bool, LedgerError> {
        if !self.db.is_shared() {
            return Ok(true);
        }
        let sql = "INSERT INTO asked (/*key*/ station, nonce, at) VALUES (/*own*/ ?1, ?2, ?3)
                   ON CONFLICT DO NOTHING";
        if self.db.execute(sql, &places![station.0, nonce.0, told.at.0])? == 0 {
            return Ok(false);
        }
        let sql = "INSERT INTO heard (/*key*/ station, told) VALUES (/*own*/ ?1, ?2)
                   ON CONFLICT (/*key*/ station) DO UPDATE SET told = excluded.told";
        let bytes = minicbor::to_vec(told).unwrap_or_default();
        self.db.execute(sql, &places![station.0, bytes])?;
        // Now and then, by chance: once in 256 questions.
        if nonce.0.first() == Some(&0) {
            let before = told.at.plus(-REMEMBERED_MS);
            self.db.execute("DELETE FROM asked WHERE /*its*/ at < ?1", &places![before.0])?;
        }
        Ok(true)
    }

    /// Returns what stations said to any process that shares the database.
    fn heard(&self) -> Result<BTreeMap<StationId, Told>, LedgerError> {
        if !self.db.is_shared() {
            return Ok(BTreeMap::new());
        }
        let heard =
            self.db.query("SELECT station, told FROM heard WHERE /*its*/ true", &[], |row| {
                let told = minicbor::decode(&row.get::<Vec<u8>>(1)?);
                let told = told.map_err(|error| LedgerError::Damaged(format!("heard: {error}")))?;
                Ok((StationId(row.get(0)?), told))
            })?;
        Ok(heard.into_iter().collect())
    }
}
