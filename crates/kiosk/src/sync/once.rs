//! One exchange by hand, while no desk is running.

use std::time::Duration;

use admission::exchange::{Caller, HeldScope, Nonce};
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::carrier::{CarrierError, Http};
use ledger::clock::Clock;
use ledger::local::{Contact, Taken};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use super::{SyncError, moving};
use crate::enrol::random;
use crate::station::Station;
use crate::wipe::{self, Remains};

/// What an exchange moved, as the command prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Own facts that the server did not have.
    pub sent: u64,
    /// Facts that were new here.
    pub received: u64,
    /// The state of the roster that is held now.
    pub roster_revision: u64,
}

/// How often one question is put off because the server asks to wait.
const PUT_OFF: u32 = 20;

/// A way to the server and what is known of it.
struct Line {
    http: Http,
    runtime: Runtime,
    caller: Caller,
}

impl Line {
    fn of(ledger: &Ledger) -> Result<Line, SyncError> {
        let server = ledger.server()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Line {
            http: Http::to(&server)?,
            runtime: runtime.map_err(SyncError::Runtime)?,
            caller: Caller::new(ledger.own_log()?.station(), server.id),
        })
    }

    /// Asks; whom the server does not know asks once more, as somebody whom it may have forgotten, and
    /// a question that was lost on the way is asked with fewer facts. A server that asks to wait is
    /// there and well: nothing is lost, and asking again at once would only be sent away again.
    fn ask(&mut self, ledger: &mut Ledger, key: &SigningKey) -> Result<Taken, SyncError> {
        let (mut known, mut put_off) = (true, 0);
        loop {
            let error = match self.ask_once(ledger, key) {
                Err(SyncError::Carrier(CarrierError::NotNow { wait, .. })) if put_off < PUT_OFF => {
                    put_off = put_off.saturating_add(1);
                    std::thread::sleep(wait);
                    continue;
                }
                Err(error @ SyncError::Carrier(_)) => error,
                asked => return asked,
            };
            let before = self.caller.most_facts();
            self.caller.lost();
            let unknown = error.is_unknown();
            if unknown && known {
                self.caller.forgotten();
                known = false;
            } else if unknown || self.caller.most_facts() == before {
                return Err(error);
            }
        }
    }

    fn ask_once(&mut self, ledger: &mut Ledger, key: &SigningKey) -> Result<Taken, SyncError> {
        let nonce = Nonce(random().map_err(|_| SyncError::Random)?);
        let now = || Clock::Machine.now();
        let question = ledger.ask(&mut self.caller, (nonce, 0), key, now())?;
        let post = self.http.post("/v1/exchange", question, Duration::ZERO);
        let answer = self.runtime.block_on(post)?;
        Ok(ledger.take(&mut self.caller, &answer, (key, Contact::real(now())))?)
    }
}

/// Brings a ledger that knows only its server up to date.
pub(crate) fn fetch(ledger: &mut Ledger, key: &SigningKey) -> Result<(), SyncError> {
    let mut line = Line::of(ledger)?;
    loop {
        let taken = moving(line.ask(ledger, key)?)?;
        // What the damaged file still holds may not have arrived, so nothing is destroyed here.
        if taken.shut_down.is_some() {
            return Err(SyncError::ShutDown(Remains::Something));
        }
        // The policy tells which lists to ask for next.
        if !taken.more && !taken.news {
            return Ok(());
        }
    }
}

impl Station {
    /// Exchanges with the server until both have everything.
    ///
    /// # Errors
    /// [`SyncError`] if the server does not answer or its answer cannot be taken.
    pub fn exchange(&mut self) -> Result<Tally, SyncError> {
        let mut line = Line::of(&self.ledger)?;
        let (me, mut before, mut received) = (self.ledger.own_log()?.station(), None, 0u64);
        loop {
            let taken = moving(line.ask(&mut self.ledger, &self.key)?)?;
            if let Some(state) = taken.shut_down {
                return Err(SyncError::ShutDown(wipe::shut_down(self.folder.dir(), state)));
            }
            received = received.saturating_add(u64::try_from(taken.facts).unwrap_or(u64::MAX));
            // The first answer came before anything was brought.
            let held = line.caller.held_of(me);
            let begun = *before.get_or_insert(held);
            if !taken.more {
                let sent = held.saturating_sub(begun);
                return Ok(Tally { sent, received, roster_revision: self.roster_revision()? });
            }
        }
    }

    fn roster_revision(&self) -> Result<u64, SyncError> {
        let (policy, scopes) = (self.ledger.policy()?, self.ledger.scopes()?);
        let site = policy.map(|policy| policy.profile.site);
        let own = |scope: &&HeldScope| site.as_ref() == Some(&scope.scope);
        Ok(scopes.iter().find(own).map_or(0, |scope| scope.revision.0))
    }
}
