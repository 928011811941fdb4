//! One ledger for many tasks: it lives on a thread of its own and is asked by message.

use std::sync::mpsc;
#[cfg(feature = "postgres")]
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
#[cfg(feature = "postgres")]
use std::time::Instant;

#[cfg(feature = "postgres")]
use admission::id::ConventionId;
use tokio::sync::{oneshot, watch};

use crate::error::LedgerError;
use crate::open::Ledger;
#[cfg(feature = "postgres")]
use crate::postgres::Address;

/// How often the thread looks for changes that other processes made.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// After so many looks at which nobody wanted anything, the write-ahead log is written back.
const TIDY_AFTER: u32 = 10;

/// What is asked of a ledger; instead of one there may be the reason why there is none.
type Work = Box<dyn FnOnce(Result<&mut Ledger, LedgerError>) + Send>;
/// A connection that nobody used for this long is tried before it is used.
#[cfg(feature = "postgres")]
const RESTED: Duration = Duration::from_millis(100);
/// How soon a connection that failed is tried again.
#[cfg(feature = "postgres")]
const AGAIN: Duration = Duration::from_secs(1);
/// Where every thread that has a ledger takes its work from.
#[cfg(feature = "postgres")]
type Inbox = Arc<Mutex<mpsc::Receiver<Work>>>;

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

    /// Gives a convention in PostgreSQL so many threads, each with a connection of its own, and one
    /// that listens for what other processes change. All end when the last handle is gone.
    ///
    /// A connection that ends is made anew; who asks meanwhile hears [`LedgerError::Away`].
    ///
    /// # Errors
    /// The system's error if no thread can be made.
    #[cfg(feature = "postgres")]
    pub fn connect(
        address: &Address,
        convention: ConventionId,
        threads: usize,
    ) -> std::io::Result<Shared> {
        let (work, inbox) = mpsc::channel();
        let (announce, changes) = watch::channel(0);
        let inbox: Inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..threads {
            let (address, inbox) = (address.clone(), Arc::clone(&inbox));
            thread::Builder::new()
                .name("ledger".to_owned())
                .spawn(move || serve_beside(&address, convention, &inbox))?;
        }
        let address = address.clone();
        thread::Builder::new()
            .name("listener".to_owned())
            .spawn(move || listen(&address, convention, announce))?;
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
            let _ = reply.send(ledger.map_err(E::from).and_then(ask));
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
                work(Ok(&mut ledger));
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

/// Works on a connection of its own, and makes it anew when it has ended.
#[cfg(feature = "postgres")]
fn serve_beside(address: &Address, convention: ConventionId, inbox: &Inbox) {
    let mut ledger: Option<Ledger> = None;
    let mut last = Instant::now();
    loop {
        let work = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = work else { return };
        // A database that was started again has ended connections that nobody has used since; the
        // one who asks next must not be the one who finds out.
        let rested = last.elapsed() > RESTED;
        let open = ledger.take().filter(|ledger| !rested || ledger.answers());
        last = Instant::now();
        match open.map_or_else(|| Ledger::connect(address, convention), Ok) {
            Ok(mut open) => {
                work(Ok(&mut open));
                ledger = Some(open);
            }
            Err(error) => work(Err(error)),
        }
    }
}

/// Announces what any process changes. While nothing can be heard, everybody looks now and then.
#[cfg(feature = "postgres")]
fn listen(address: &Address, convention: ConventionId, announce: watch::Sender<u64>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "changes of other servers are not heard"),
    };
    let tell = || announce.send_modify(|count| *count = count.wrapping_add(1));
    runtime.block_on(async {
        let hear = async {
            loop {
                let ended = crate::postgres::listen(address, convention.0, tell).await;
                tracing::warn!(?ended, "listening to the database again");
                tokio::time::sleep(AGAIN).await;
                tell();
            }
        };
        tokio::select! {
            () = hear => {}
            () = announce.closed() => {}
        }
    });
}

impl Ledger {
    /// Returns numbers that differ after any change to the file: by others, and by this one.
    fn changes_seen(&self) -> (Option<i64>, u64) {
        self.db.changes_seen()
    }
}
