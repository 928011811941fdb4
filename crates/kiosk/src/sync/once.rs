//! One exchange by hand, while no desk is running.

use std::time::Duration;

use admission::exchange::{Caller, HeldScope, Nonce};
use ledger::carrier::Http;
use ledger::clock::Clock;
use ledger::local::{Contact, Taken};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use super::{SyncError, moving};
use crate::enrol::random;
use crate::station::Station;
use crate::wipe;

/// What an exchange moved, as the command prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Own facts that the server confirmed.
    pub sent: u64,
    /// Facts that were new here.
    pub received: u64,
    /// The state of the roster that is held now.
    pub roster_revision: u64,
}

/// A way to the server and what is known of it.
struct Line {
    http: Http,
    runtime: Runtime,
    caller: Caller,
}

impl Station {
    /// Exchanges with the server until both have everything.
    ///
    /// # Errors
    /// [`SyncError`] if the server does not answer or its answer cannot be taken.
    pub fn exchange(&mut self) -> Result<Tally, SyncError> {
        let mut line = self.line()?;
        let (waiting, mut received) = (self.ledger.waiting()?, 0u64);
        loop {
            let taken = moving(self.ask_once(&mut line)?)?;
            if let Some(state) = taken.shut_down {
                if let Err(error) = wipe::shut_down(self.folder.dir(), state) {
                    tracing::error!(%error, "not everything could be destroyed; start it once more");
                }
                return Err(SyncError::ShutDown);
            }
            received = received.saturating_add(u64::try_from(taken.facts).unwrap_or(u64::MAX));
            if !taken.more {
                let sent = waiting.saturating_sub(self.ledger.waiting()?);
                return Ok(Tally { sent, received, roster_revision: self.roster_revision()? });
            }
        }
    }

    fn line(&self) -> Result<Line, SyncError> {
        let server = self.ledger.server()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Line {
            http: Http::to(&server)?,
            runtime: runtime.map_err(SyncError::Runtime)?,
            caller: Caller::new(self.ledger.own_log()?.station(), server.id),
        })
    }

    fn ask_once(&mut self, line: &mut Line) -> Result<Taken, SyncError> {
        let nonce = Nonce(random().map_err(|_| SyncError::Random)?);
        let now = || Clock::Machine.now();
        let question = self.ledger.ask(&mut line.caller, (nonce, 0), &self.key, now())?;
        let post = line.http.post("/v1/exchange", question, Duration::ZERO);
        let answer = line.runtime.block_on(post)?;
        Ok(self.ledger.take(&mut line.caller, &answer, (&self.key, Contact::real(now())))?)
    }

    fn roster_revision(&self) -> Result<u64, SyncError> {
        let (policy, scopes) = (self.ledger.policy()?, self.ledger.scopes()?);
        let site = policy.map(|policy| policy.profile.site);
        let own = |scope: &&HeldScope| site.as_ref() == Some(&scope.scope);
        Ok(scopes.iter().find(own).map_or(0, |scope| scope.revision.0))
    }
}
