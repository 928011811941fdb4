//! The exchange with the server, on a thread of its own: nothing here ever blocks the door.
//!
//! While all is told, one long poll waits at the server for news. A new fact here ends the wait and
//! is brought at once; a question that carries facts is never given up, so steady arrivals cannot
//! starve the exchange. A server that does not answer is tried again after growing, uneven pauses.

mod once;

use std::sync::Arc;
use std::time::{Duration, Instant};

use admission::exchange::Left;
use ledger::LedgerError;
use ledger::carrier::{CarrierError, Http};
use ledger::limits::{Budget, Budgets};
use ledger::local::{ReceiveError, Taken};
use ledger::proving::{Opened, PART, Proving};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::sleep;

use crate::desk::{Asked, Exchange, Input};
use crate::wipe::Remains;

pub use once::Tally;
pub(crate) use once::fetch;

/// How long the server may hold a question until it has news.
const POLL: Duration = Duration::from_secs(25);
/// The first pause after a failure, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));
/// What a station asks of itself: a little less than what a server allows it.
const PACE: Budget = Budget { burst: 100, refill: Duration::from_millis(1100) };
/// A new fact cuts a pause short, but never below this: arrivals must not hammer a sick server.
const PAUSE_WITH_NEWS: Duration = Duration::from_secs(5);

/// Wakes the exchange when there is something to bring.
pub(crate) type Bell = Arc<Notify>;

/// Why an exchange brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Nothing came back.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// What came back is not believed or could not be stored.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// The server answers, but keeps none of what it is brought.
    #[error("the server takes none of the records that it lacks; look at its log")]
    NotTaken,
    /// Two copies of this folder wrote one log.
    #[error(
        "another copy of this folder has worked, and the server does not say what it recorded; \
         nothing is lost, it is tried again"
    )]
    Forked,
    /// The organiser has shut the station down.
    #[error("{}", crate::desk::shut_down_sentence(*.0))]
    ShutDown(Remains),
    /// The machine gives no random numbers.
    #[error("this machine has no randomness")]
    Random,
    /// The system gives no event loop.
    #[error("the system gives no event loop: {0}")]
    Runtime(std::io::Error),
    /// The desk has ended.
    #[error("the desk has ended")]
    DeskGone,
}

impl From<LedgerError> for SyncError {
    fn from(error: LedgerError) -> SyncError {
        SyncError::Receive(ReceiveError::Ledger(error))
    }
}

impl SyncError {
    /// Tells whether the server does not know this station.
    fn is_unknown(&self) -> bool {
        matches!(self, SyncError::Carrier(CarrierError::Refused { status: 403, .. }))
    }

    /// Tells whether only a person can help, so that trying often is useless.
    fn is_permanent(&self) -> bool {
        match self {
            error if error.is_unknown() => true,
            SyncError::Carrier(error) => error.is_permanent(),
            SyncError::Receive(ReceiveError::Ledger(error)) => error.is_permanent(),
            SyncError::Forked | SyncError::ShutDown(_) => true,
            SyncError::Receive(ReceiveError::Exchange(_))
            | SyncError::NotTaken
            | SyncError::Random
            | SyncError::Runtime(_)
            | SyncError::DeskGone => false,
        }
    }
}

/// The exchange's side of a station.
pub(crate) struct Courier<S> {
    pub(crate) http: Http,
    /// Tells the desk something; `false` when it has ended.
    pub(crate) tell: S,
    pub(crate) bell: Bell,
    pub(crate) stop: watch::Receiver<bool>,
}

impl<S: Fn(Input) -> bool> Courier<S> {
    /// Exchanges until it is told to stop or the desk ends.
    pub(crate) fn run(mut self) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "no exchange"),
        };
        let mut stop = self.stop.clone();
        runtime.block_on(async {
            tokio::select! {
                () = self.exchange_for_ever() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }

    async fn exchange_for_ever(&mut self) {
        let mut pauses = Pauses::default();
        let mut pace = Pace::new();
        let mut wait = Duration::ZERO;
        loop {
            sleep(pace.before_next()).await;
            let taken = self.exchange(wait).await;
            match taken.and_then(|taken| taken.map(moving).transpose()) {
                // There is nothing more to say to anybody.
                Ok(Some(taken)) if taken.shut_down.is_some() => return,
                Ok(Some(taken)) => {
                    pauses = Pauses::default();
                    wait = if taken.more { Duration::ZERO } else { POLL };
                }
                // The bell rang: bring the news at once.
                Ok(None) => wait = Duration::ZERO,
                Err(SyncError::DeskGone) => return,
                Err(SyncError::Carrier(CarrierError::NotNow { wait: asked, text, .. })) => {
                    // The server is there and well, so nothing is lost and no bell helps.
                    tracing::warn!(text, seconds = asked.as_secs(), "the server asks to wait");
                    sleep(asked.saturating_add(uneven(PAUSE.0, chance()))).await;
                    wait = Duration::ZERO;
                }
                Err(error) => {
                    let unknown = error.is_unknown();
                    if !(self.tell)(Input::Exchange(Exchange::Lost { unknown })) {
                        return;
                    }
                    let pause = pauses.after(&error);
                    tracing::warn!(%error, seconds = pause.as_secs_f32(), "no exchange; pausing");
                    self.rest(pause).await;
                    wait = Duration::ZERO;
                }
            }
        }
    }

    /// One question and its answer; nothing if the bell ended a wait.
    async fn exchange(&self, wait: Duration) -> Result<Option<Taken>, SyncError> {
        let (reply, question) = oneshot::channel();
        let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        self.ask_desk(Exchange::Ask { wait_ms, reply })?;
        let Asked { question, proving } = question.await.map_err(|_| SyncError::DeskGone)??;
        let post = self.http.post("/v1/exchange", question, wait);
        let answer = if wait.is_zero() {
            post.await?
        } else {
            tokio::select! {
                answer = post => answer?,
                () = self.bell.notified() => return Ok(None),
            }
        };
        self.take(&proving, &answer).await.map(Some)
    }

    /// Proves here what others recorded and has it stored in parts: nobody at the door waits longer
    /// than one of them takes.
    async fn take(&self, proving: &Proving, answer: &[u8]) -> Result<Taken, SyncError> {
        let Opened { message, facts } = proving.open(answer).map_err(ReceiveError::from)?;
        let mut kept = 0usize;
        for part in facts.chunks(PART) {
            let (reply, stored) = oneshot::channel();
            self.ask_desk(Exchange::Keep { facts: part.to_vec(), reply })?;
            let stored = stored.await.map_err(|_| SyncError::DeskGone)??;
            kept = kept.saturating_add(stored);
        }
        let (reply, taken) = oneshot::channel();
        self.ask_desk(Exchange::Take { message: Box::new(message), kept, reply })?;
        Ok(taken.await.map_err(|_| SyncError::DeskGone)??)
    }

    fn ask_desk(&self, step: Exchange) -> Result<(), SyncError> {
        match (self.tell)(Input::Exchange(step)) {
            true => Ok(()),
            false => Err(SyncError::DeskGone),
        }
    }

    /// Pauses; a bell cuts it short.
    async fn rest(&self, pause: Duration) {
        let earliest = pause.min(PAUSE_WITH_NEWS);
        sleep(earliest).await;
        tokio::select! {
            () = sleep(pause.saturating_sub(earliest)) => {}
            () = self.bell.notified() => {}
        }
    }
}

/// Turns a standstill into an error: asking again at once for nothing would only hammer the server.
fn moving(taken: Taken) -> Result<Taken, SyncError> {
    taken.left.iter().for_each(|left| tracing::warn!(?left, "a fact was not taken"));
    let is_fork = |left: &Left| matches!(left, Left::Fork(_));
    match taken.stuck {
        true if taken.left.iter().any(is_fork) => Err(SyncError::Forked),
        true => Err(SyncError::NotTaken),
        false => Ok(taken),
    }
}

/// Pauses between attempts: each about twice the one before, none quite like another's.
struct Pauses {
    next: Duration,
}

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses { next: PAUSE.0 }
    }
}

impl Pauses {
    fn after(&mut self, error: &SyncError) -> Duration {
        let whole = if error.is_permanent() { PAUSE.1 } else { self.next };
        self.next = self.next.saturating_mul(2).min(PAUSE.1);
        uneven(whole, chance())
    }
}

/// Keeps a station below what its server allows: many stations' news wake it often, and it is better
/// to take more at once than to be sent away.
struct Pace {
    begun: Instant,
    budget: Budgets<()>,
}

impl Pace {
    fn new() -> Pace {
        Pace { begun: Instant::now(), budget: Budgets::new(PACE) }
    }

    /// Returns how long to wait before the next question, and counts it.
    fn before_next(&mut self) -> Duration {
        let now = self.begun.elapsed();
        let wait = self.budget.check(&(), now).err().unwrap_or_default();
        // After that wait there surely is one.
        let _ = self.budget.take((), now.saturating_add(wait));
        wait
    }
}

fn chance() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

/// Takes off up to half, by chance, so that stations that failed together come back apart.
fn uneven(pause: Duration, chance: u32) -> Duration {
    let share = f64::from(chance) / f64::from(u32::MAX);
    pause.mul_f64(share.mul_add(0.5, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Venue;

    fn unreachable() -> SyncError {
        let (url, reason) = ("http://127.0.0.1:1".to_owned(), "refused".to_owned());
        SyncError::Carrier(CarrierError::Unreachable { url, reason })
    }

    #[test]
    fn a_bell_ends_a_wait_for_news_but_never_a_question_that_brings_some() {
        let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
        let station = venue.enrol(dir.path(), "K1", &["registration"]);
        let proving = Arc::new(station.ledger.proving(None).unwrap());
        let asked = || Asked { question: Vec::new(), proving: Arc::clone(&proving) };
        let tell = |input| match input {
            Input::Exchange(Exchange::Ask { reply, .. }) => reply.send(Ok(asked())).is_ok(),
            _ => false,
        };
        let (_stop, stop) = watch::channel(false);
        let http = Http::new("http://127.0.0.1:1").unwrap();
        let courier = Courier { http, tell, bell: Bell::new(Notify::new()), stop };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        courier.bell.notify_one();
        assert!(matches!(runtime.block_on(courier.exchange(POLL)), Ok(None)));
        courier.bell.notify_one();
        // Nobody listens there, and only a question that was really asked finds out.
        let asked = runtime.block_on(courier.exchange(Duration::ZERO));
        assert!(matches!(asked, Err(SyncError::Carrier(_))));
    }

    #[test]
    fn pauses_grow_to_a_minute_and_no_further() {
        let mut pauses = Pauses::default();
        let taken: Vec<Duration> = (0..12).map(|_| pauses.after(&unreachable())).collect();
        assert!(taken[0] <= Duration::from_millis(500) && taken[0] >= Duration::from_millis(250));
        assert!(taken.iter().all(|pause| *pause <= Duration::from_secs(60)));
        assert!(taken[11] >= Duration::from_secs(30));
    }

    #[test]
    fn a_station_that_is_no_member_does_not_ask_often() {
        let (url, text) = ("http://127.0.0.1:1".to_owned(), "no member".to_owned());
        let refused = SyncError::Carrier(CarrierError::Refused { url, status: 403, text });
        assert!(Pauses::default().after(&refused) >= Duration::from_secs(30));
    }

    #[test]
    fn a_station_asks_less_often_than_its_server_allows() {
        let mut pace = Pace::new();
        let waits: Vec<Duration> = (0..130).map(|_| pace.before_next()).collect();
        assert!(waits[..100].iter().all(Duration::is_zero), "nobody waits in ordinary times");
        // Nobody slept here, so the waits add up: the thirtieth in debt is half a minute away.
        assert!(waits[129] > Duration::from_secs(30) && waits[129] < Duration::from_secs(34));
    }

    #[test]
    fn chance_takes_off_at_most_half() {
        let second = Duration::from_secs(1);
        assert_eq!(uneven(second, 0), Duration::from_millis(500));
        assert_eq!(uneven(second, u32::MAX), second);
    }
}
