//! One ledger for many tasks: it lives on a thread of its own and is asked by message.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::error::LedgerError;
use crate::open::Ledger;

/// How often the thread looks for changes that other processes made.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// After so many looks at which nobody wanted anything, the write-ahead log is written back.
const TIDY_AFTER: u32 = 10;

type Work = Box<dyn FnOnce(&mut Ledger) + Send>;

/// A ledger that any number of tasks may ask.
#[derive(Clone)]
pub struct Shared {
    // Unbounded on purpose: each waiting request holds at most one place, and the HTTP server
    // bounds the requests.
    work: mpsc::Sender<Work>,
    changes: watch::Receiver<u64>,
}

impl Shared {
    /// Gives a ledger a thread of its own, which ends when the last handle is gone.
    ///
    /// # Errors
    /// The system's error if no thread can be made.
    pub fn start(ledger: Ledger) -> std::io::Result<Shared> {
        let (work, inbox) = mpsc::channel();
        let (announce, changes) = watch::channel(0);
        thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || serve(ledger, &inbox, &announce))?;
        Ok(Shared { work, changes })
    }

    /// Runs `ask` on the ledger and returns what it answers.
    ///
    /// # Errors
    /// What `ask` returns, or [`LedgerError::Busy`] if the thread has ended.
    pub async fn ask<T, E>(
        &self,
        ask: impl FnOnce(&mut Ledger) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |ledger| {
            // The asker may have gone away; the work is done all the same.
            let _ = reply.send(ask(ledger));
        });
        self.work.send(work).map_err(|_| E::from(LedgerError::Busy))?;
        answer.await.map_err(|_| E::from(LedgerError::Busy))?
    }

    /// Returns a watch that moves with every change, by this process or another.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }
}

fn serve(mut ledger: Ledger, inbox: &mpsc::Receiver<Work>, announce: &watch::Sender<u64>) {
    let mut seen = ledger.changes_seen();
    let mut idle = 0u32;
    loop {
        match inbox.recv_timeout(LOOK_EVERY) {
            Ok(work) => {
                idle = 0;
                work(&mut ledger);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                idle = idle.saturating_add(1);
                if idle == TIDY_AFTER
                    && let Err(error) = ledger.tidy()
                {
                    tracing::warn!(%error, "the write-ahead log cannot be written back now");
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        let now = ledger.changes_seen();
        if now != seen {
            seen = now;
            announce.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

impl Ledger {
    /// Returns numbers that differ after any change to the file: by others, and by this one.
    fn changes_seen(&self) -> (Option<i64>, u64) {
        let others = self.db.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
        (others, self.db.total_changes())
    }
}
