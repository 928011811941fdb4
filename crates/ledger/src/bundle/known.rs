//! What is known of the other side of a stick: how far the server is, what stations said of
//! themselves, and the lists that can be passed on because they carry a signature of their own.

use std::collections::BTreeMap;

use admission::exchange::{BlanksHeld, Head, Message, Vector};
use admission::id::{FactHash, LogId, StationId};
use admission::revocation::ListChange;
use admission::time::Millis;
use minicbor::bytes::ByteVec;

use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::{blanks, confirmed, lan, setting};

/// Station: the server's vector, out of the bundles that were read.
const SERVER_VECTOR: &str = "server_vector";
/// Station: the attachments that the server lacked, by its last bundle.
const ASKED: &str = "asked";
/// Station: when the server's last bundle was made, by the server's clock.
const LETTER_AT: &str = "letter_at";

/// Takes from each log the place that is further.
fn furthest(one: Vector, other: &Vector) -> Vector {
    let mut heads = one.0;
    for (log, head) in &other.0 {
        let held = heads.entry(*log).or_insert(*head);
        if held.seq < head.seq {
            *held = *head;
        }
    }
    Vector(heads)
}

/// What a letter of the server says about this station's own next bundle. Its last word holds, also
/// where the server had more before: it was put back.
pub(super) fn note_server(db: &Db, letter: &Message, is_last: bool) -> Result<(), LedgerError> {
    let known = match letter.wipe {
        // Who no longer belongs is told of its own logs alone.
        None if is_last => letter.vector.clone(),
        _ => furthest(stored_vector(db)?, &letter.vector),
    };
    setting::write(db, SERVER_VECTOR, &minicbor::to_vec(&known).unwrap_or_default())?;
    let before = setting::read_number(db, LETTER_AT)?;
    if before.is_some_and(|before| letter.sent_at.0 < before) {
        return Ok(());
    }
    setting::write_number(db, LETTER_AT, letter.sent_at.0)?;
    setting::write(db, ASKED, &minicbor::to_vec(&letter.wanted).unwrap_or_default())
}

/// Tells whether the server's last word came with a bundle that is not older than `letter`, or by
/// the network since `letter` was written.
pub(super) fn is_last_word(
    db: &Db,
    letter: &Message,
    written: Millis,
) -> Result<bool, LedgerError> {
    let stale = setting::read_number(db, LETTER_AT)?.is_some_and(|at| letter.sent_at.0 < at);
    let heard = setting::read_number(db, setting::CONTACT_AT)?.is_some_and(|at| written.0 < at);
    Ok(!stale && !heard)
}

fn stored_vector(db: &Db) -> Result<Vector, LedgerError> {
    let bytes = setting::read(db, SERVER_VECTOR)?;
    Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default())
}

impl Ledger {
    /// Returns how far the server surely holds every log.
    pub(super) fn known_of_server(&self) -> Result<Vector, LedgerError> {
        let mut known = stored_vector(&self.db)?;
        for (log, _) in confirmed::own_logs(&self.db)? {
            let seq = confirmed::of(&self.db, log)?;
            known.0.insert(log, Head { seq, hash: FactHash([0; 32]) });
        }
        Ok(known)
    }

    /// Returns the attachments that the server asked for in its last bundle.
    pub(super) fn asked(&self) -> Result<Vec<ByteVec>, LedgerError> {
        let bytes = setting::read(&self.db, ASKED)?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default())
    }

    /// Returns the whole revocation list as the server signed it; `None` while none was.
    pub(super) fn signed_revocations(&self) -> Result<Option<ListChange>, LedgerError> {
        lan::list_after(&self.db, 0)
    }

    /// Notes what a station says of itself in a bundle; an older word than the last changes nothing.
    pub(super) fn note_said(&mut self, said: &Message, now: Millis) -> Result<(), LedgerError> {
        let at = said.sent_at.min(now);
        let vector = minicbor::to_vec(&said.vector).unwrap_or_default();
        let tx = self.write()?;
        let sql = "INSERT INTO carried (/*key*/ station, said_at, vector, blanks_left)
                   VALUES (/*own*/ ?1, ?2, ?3, NULL)
                   ON CONFLICT (/*key*/ station) DO UPDATE SET said_at = excluded.said_at,
                     vector = excluded.vector, blanks_left = NULL
                   WHERE carried.said_at < excluded.said_at";
        let is_later = tx.execute(sql, &places![said.from.0, at.0, vector])? > 0;
        if let Some(held) = said.blanks_held.filter(|_| is_later) {
            let sql = "UPDATE carried SET blanks_left = ?2 WHERE /*its*/ station = ?1";
            tx.execute(sql, &places![said.from.0, held.left])?;
        }
        tx.commit()
    }

    /// Returns how far a station holds every log, by its last bundle.
    pub(super) fn known_of(&self, station: StationId) -> Result<Vector, LedgerError> {
        let sql = "SELECT vector FROM carried WHERE /*its*/ station = ?1";
        let bytes: Option<Vec<u8>> = self.db.first(sql, &places![station.0], |row| row.get(0))?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default())
    }

    /// Takes what a station said of its blanks, once: a second bundle before its next word brings
    /// none, and the numbers go on from the last that was ever given out.
    pub(super) fn take_need(
        &mut self,
        station: StationId,
    ) -> Result<Option<BlanksHeld>, LedgerError> {
        let tx = self.write()?;
        let sql = "SELECT blanks_left FROM carried
                   WHERE /*its*/ station = ?1 AND blanks_left IS NOT NULL";
        let left: Option<u32> = tx.first(sql, &places![station.0], |row| row.get(0))?;
        let sql = "UPDATE carried SET blanks_left = NULL WHERE /*its*/ station = ?1";
        tx.execute(sql, &places![station.0])?;
        let up_to = blanks::highest(&tx, station)?;
        tx.commit()?;
        Ok(left.map(|left| BlanksHeld { up_to, left }))
    }

    /// Returns what the readers of one bundle all hold: of every log the shortest part.
    pub(super) fn known_of_all(&self, stations: &[StationId]) -> Result<Vector, LedgerError> {
        let mut all: Option<BTreeMap<LogId, Head>> = None;
        for station in stations {
            let known = self.known_of(*station)?;
            let Some(heads) = &mut all else {
                all = Some(known.0);
                continue;
            };
            heads.retain(|log, _| known.0.contains_key(log));
            for (log, head) in heads.iter_mut() {
                if known.seq(*log) < head.seq {
                    head.seq = known.seq(*log);
                }
            }
        }
        Ok(Vector(all.unwrap_or_default()))
    }
}
