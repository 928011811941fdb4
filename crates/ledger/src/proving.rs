//! What the server's answer brings of other stations, proved and stored in parts.
//!
//! The thread that writes the ledger has guests at the door. So signatures are proved where the
//! answer arrives, by a [`Proving`] that came with the question, and what they prove is stored some
//! at a time: a scan waits for one part at the most. What an answer says of this station itself, and
//! of logs that parted, stays in the message, for [`Ledger::take_opened`].

use std::collections::BTreeSet;

use admission::exchange::{Envelope, ExchangeError, Message, Sifted, sift};
use admission::fact::{Fact, Sealed};
use admission::id::StationId;
use admission::time::Millis;
use ed25519_dalek::VerifyingKey;

use crate::error::LedgerError;
use crate::facts;
use crate::fork::others;
use crate::lan::Here;
use crate::open::Ledger;

/// Facts of one part: some milliseconds of the thread that writes.
pub const PART: usize = 40;

/// By what an answer of the server is believed, as it was when the question was asked.
#[derive(Clone, Debug)]
pub struct Proving {
    here: Here,
    server: VerifyingKey,
    /// Stations of which the server tells another story.
    parted: BTreeSet<StationId>,
}

/// An answer that the server sealed.
#[derive(Debug)]
pub struct Opened {
    /// The answer, without `facts`.
    pub message: Message,
    /// New facts of other stations, proved to be theirs, in order.
    pub facts: Vec<(Sealed, Fact)>,
}

impl Proving {
    /// Opens an answer and proves what it brings of others.
    ///
    /// # Errors
    /// [`ExchangeError`] if the server did not seal it.
    pub fn open(&self, answer: &[u8]) -> Result<Opened, ExchangeError> {
        let convention = self.here.members.convention;
        let mut message = Envelope::read(answer)?.open(convention, &self.server)?;
        let key_of = |station: StationId| {
            let plain = station != self.here.own_log.station() && !self.parted.contains(&station);
            self.here.members.authors.get(&station).copied().filter(|_| plain)
        };
        let facts = sift(&message.facts, &self.here.vector, key_of).fresh;
        // They stand there in the same order.
        let mut proved = facts.iter().peekable();
        message.facts.retain(|bytes| {
            proved.next_if(|(sealed, _)| sealed.bytes() == bytes.as_slice()).is_none()
        });
        Ok(Opened { message, facts })
    }

    /// Returns how far this station was when it asked.
    pub fn here(&self) -> &Here {
        &self.here
    }
}

impl Ledger {
    /// Says by what the next answer is to be believed; `before` is as in [`Ledger::here`].
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn proving(&self, before: Option<&Here>) -> Result<Proving, LedgerError> {
        let parted = others::parted(&self.db)?.into_keys().map(|log| log.station()).collect();
        Ok(Proving { here: self.here(before)?, server: self.server()?.key()?, parted })
    }

    /// Stores facts of other stations that [`Proving::open`] or a neighbour proved; returns how many
    /// were new by now.
    ///
    /// # Errors
    /// [`LedgerError`]; then none of them is stored.
    pub fn keep_part(
        &mut self,
        facts: Vec<(Sealed, Fact)>,
        now: Millis,
    ) -> Result<usize, LedgerError> {
        let sifted = Sifted { fresh: facts, left: Vec::new() };
        let tx = self.write()?;
        let held = facts::held(&tx, &sifted)?;
        let sifted = sifted.against(&held);
        facts::keep(&tx, &sifted)?;
        facts::meet(&tx, &sifted, now)?;
        tx.commit()?;
        Ok(sifted.fresh.len())
    }
}
