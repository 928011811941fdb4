//! What two stations say to each other on one connection.
//!
//! The one who dialled asks, one question at a time; it gives a question that only waits up as soon
//! as it has news, and asks anew. The other answers at once when it was brought something or has
//! something, else when it has, else after [`POLL`].

use std::sync::Arc;
use std::time::Duration;

use admission::exchange::{
    Caller, ExchangeError, Left, MOST_FACTS, Message, Nonce, Sifted, Vector, seal,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::site::Site;
use super::told::{News, Told, brings};
use super::wire::{Cut, Frames};
use super::{Contact, Here, Lacks, Peer, Request, Said, Took};
use crate::clock::Clock;
use crate::error::LedgerError;
use crate::limits::{Budget, Budgets};
use crate::proving::PART;

/// How long an answer without news is held back.
const POLL: Duration = Duration::from_secs(10);
/// How long a peer may be silent beyond that.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long others' facts wait for their author to bring them, at least, and for each peer.
const RELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(12));
/// What one connection may do: a flood of questions must not keep the desk busy.
const PACE: Budget = Budget { burst: 200, refill: Duration::from_millis(20) };
/// How often a contact is noted: soonest after news, and without any.
const NOTE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));
/// From how many facts on proving them is left to another thread.
const MANY: usize = 16;
/// How long a station that no longer belongs has to hear why: whoever closes at once, while it is just
/// asking, may take back what it was told.
const LINGER: Duration = Duration::from_secs(1);

/// Why a conversation ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error(transparent)]
    Cut(#[from] Cut),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("its message has more than {MOST_FACTS} facts")]
    TooMany,
    #[error("it is no member of this site any more")]
    NoMember,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("this machine has no randomness")]
    Random,
    #[error("the desk has ended")]
    DeskGone,
}

/// One connection with a proved peer.
pub(super) struct Line<S, T> {
    site: Arc<Site<S>>,
    here: watch::Receiver<Arc<Here>>,
    peer: Peer,
    address: String,
    frames: Frames<T>,
    told: Told,
    pace: (Instant, Budgets<()>),
    noted: Option<(Instant, Vector)>,
}

impl<S, T> Line<S, T>
where
    S: Fn(Request) -> bool + Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Unpin,
{
    pub(super) fn new(site: Arc<Site<S>>, peer: Peer, address: String, stream: T) -> Line<S, T> {
        let here = site.here.clone();
        Line {
            site,
            here,
            peer,
            address,
            frames: Frames::new(stream, PATIENCE),
            told: Told::default(),
            pace: (Instant::now(), Budgets::new(PACE)),
            noted: None,
        }
    }

    /// Talks until the connection ends; whom the list has closed meanwhile hears why.
    pub(super) async fn talk(&mut self, dialled: bool) -> Result<(), End> {
        let ended = match dialled {
            true => self.ask().await,
            false => self.answer().await,
        };
        if matches!(ended, Err(End::NoMember)) {
            self.part().await?;
        }
        ended
    }

    /// Brings the membership list to a station that it has closed, and nothing else; nothing is read.
    pub(super) async fn part(&mut self) -> Result<(), End> {
        let here = Arc::clone(&self.here.borrow());
        if !here.is_closed(&self.peer) {
            return Ok(());
        }
        let (reply, said) = oneshot::channel();
        self.tell(Request::Say { lacks: Lacks::parting(), reply })?;
        let said = said.await.map_err(|_| End::DeskGone)??;
        let message = said.part((self.site.me, self.peer.id), nonce()?, Clock::Machine.now());
        self.send(&here, &message).await?;
        sleep(LINGER).await;
        Ok(())
    }

    /// The side that dialled: asks until the connection ends.
    async fn ask(&mut self) -> Result<(), End> {
        let mut caller = Caller::new(self.site.me, self.peer.id);
        loop {
            self.keep_pace().await;
            let here = self.current()?;
            let is_first = self.told.is_new();
            let (lacks, said) = self.say(&here).await?;
            let waits = !is_first && !said.brings();
            let wait = if waits { POLL } else { Duration::ZERO };
            self.told.note_brought(&lacks, &said);
            let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(0);
            let question = said.ask(&mut caller, (nonce()?, wait_ms), Clock::Machine.now());
            self.send(&here, &question).await?;
            self.frames.expect_within(wait.saturating_add(PATIENCE));
            while let Some(message) = self.next_answer(waits).await? {
                match caller.receive(&message) {
                    Ok(_) => {
                        self.take(Arc::new(message)).await?;
                        break;
                    }
                    // The answer to a question that was given up was on its way: what it brings
                    // is not brought again.
                    Err(ExchangeError::NotForUs) if message.answers.is_some() => {
                        self.take(Arc::new(message)).await?;
                    }
                    // The peer parts, and brings the list that says why.
                    Err(ExchangeError::NotForUs) if message.members.is_some() => {
                        self.take(Arc::new(message)).await?;
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    /// Waits for an answer; nothing if there is news to bring instead.
    async fn next_answer(&mut self, waits: bool) -> Result<Option<Message>, End> {
        let Line { frames, here, told, site, peer, .. } = self;
        let bytes = tokio::select! {
            bytes = frames.next() => bytes?,
            () = news(here, (peer, told), site.relay_pause()), if waits => return Ok(None),
        };
        self.open(&bytes).map(Some)
    }

    /// The side that was dialled: answers until the connection ends.
    async fn answer(&mut self) -> Result<(), End> {
        let mut next = None;
        loop {
            self.frames.expect_within(POLL.saturating_add(PATIENCE));
            let bytes = match next.take() {
                Some(bytes) => bytes,
                None => self.frames.next().await?,
            };
            self.keep_pace().await;
            let question = self.open(&bytes)?;
            if question.answers.is_some() {
                return Err(ExchangeError::NotForUs.into());
            }
            next = self.answer_one(question).await?;
        }
    }

    /// Answers one question; returns the next one if it came first, because this was given up.
    async fn answer_one(&mut self, question: Message) -> Result<Option<Vec<u8>>, End> {
        let wait = Duration::from_millis(u64::from(question.wait_ms)).min(POLL);
        let now = Instant::now();
        let deadline = now.checked_add(wait).unwrap_or(now);
        let question = Arc::new(question);
        let at_once = self.take(Arc::clone(&question)).await?;
        self.frames.expect_within(POLL.saturating_add(POLL).saturating_add(PATIENCE));
        loop {
            let here = self.current()?;
            let (lacks, said) = self.say(&here).await?;
            if at_once || said.brings() || Instant::now() >= deadline {
                self.told.note_brought(&lacks, &said);
                let message = said.answer(&question, nonce()?, Clock::Machine.now());
                self.send(&here, &message).await?;
                return Ok(None);
            }
            let Line { frames, here, told, site, peer, .. } = self;
            tokio::select! {
                bytes = frames.next() => return Ok(Some(bytes?)),
                () = news(here, (peer, told), site.relay_pause()) => {}
                () = sleep_until(deadline) => {}
            }
        }
    }

    /// Returns the present here, in which the peer is still a member.
    fn current(&self) -> Result<Arc<Here>, End> {
        let here = Arc::clone(&self.here.borrow());
        match here.is_peer(&self.peer) {
            true => Ok(here),
            false => Err(End::NoMember),
        }
    }

    async fn say(&self, here: &Here) -> Result<(Lacks, Said), End> {
        let lacks = self.told.lacks(here);
        let (reply, said) = oneshot::channel();
        self.tell(Request::Say { lacks: lacks.clone(), reply })?;
        let said = said.await.map_err(|_| End::DeskGone)??;
        Ok((lacks, said))
    }

    async fn send(&mut self, here: &Here, message: &Message) -> Result<(), End> {
        let sealed = seal(message, here.members.convention, &self.site.key);
        Ok(self.frames.send(&sealed).await?)
    }

    /// Proves that the peer sent a message to this station.
    fn open(&self, bytes: &[u8]) -> Result<Message, End> {
        let message = self.current()?.open(bytes, &self.peer)?;
        match message.facts.len() > MOST_FACTS {
            true => Err(End::TooMany),
            false => Ok(message),
        }
    }

    /// Stores what a message brought; tells whether it brought anything.
    async fn take(&mut self, message: Arc<Message>) -> Result<bool, End> {
        self.told.hear(&message);
        self.note(&message.vector)?;
        if !brings(&message) {
            return Ok(false);
        }
        let here = self.current()?;
        let mut sifted = prove(Arc::clone(&message), here).await?;
        // Guests at the door wait for one part at the most.
        while sifted.fresh.len() > PART {
            let (reply, kept) = oneshot::channel();
            let facts = sifted.fresh.drain(..PART).collect();
            self.tell(Request::Keep { facts, reply })?;
            kept.await.map_err(|_| End::DeskGone)??;
        }
        sifted.left.iter().for_each(|left| self.complain(left));
        let (reply, took) = oneshot::channel();
        self.tell(Request::Take { message, sifted, reply })?;
        let _: Took = took.await.map_err(|_| End::DeskGone)??;
        Ok(true)
    }

    fn complain(&self, left: &Left) {
        tracing::warn!(peer = %self.peer.name, ?left, "a fact stays with its bringer");
    }

    /// Notes the contact, not too often.
    fn note(&mut self, vector: &Vector) -> Result<(), End> {
        let is_due = self.noted.as_ref().is_none_or(|(at, noted)| {
            let age = at.elapsed();
            age >= NOTE.1 || (age >= NOTE.0 && noted != vector)
        });
        if !is_due {
            return Ok(());
        }
        self.noted = Some((Instant::now(), vector.clone()));
        let (station, address, vector) = (self.peer.id, self.address.clone(), vector.clone());
        self.tell(Request::Note(Contact { station, address, vector }))
    }

    fn tell(&self, request: Request) -> Result<(), End> {
        match (self.site.tell)(request) {
            true => Ok(()),
            false => Err(End::DeskGone),
        }
    }

    async fn keep_pace(&mut self) {
        let (begun, budget) = &mut self.pace;
        let now = begun.elapsed();
        let wait = budget.check(&(), now).err().unwrap_or_default();
        // After that wait there surely is one.
        let _ = budget.take((), now.saturating_add(wait));
        sleep(wait).await;
    }
}

/// Ends when the peer lacks something: own facts at once, others' after a pause; or when it is none
/// any more.
async fn news(
    here: &mut watch::Receiver<Arc<Here>>,
    (peer, told): (&Peer, &Told),
    pause: Duration,
) {
    let mut relay_at = None;
    loop {
        let now = {
            let here = here.borrow_and_update();
            if !here.members.peers.contains_key(&peer.id) {
                return;
            }
            told.news(&here)
        };
        match now {
            News::Own => return,
            News::Others => {
                let at = Instant::now().checked_add(pause);
                relay_at = relay_at.or(at);
            }
            News::None => relay_at = None,
        }
        let changed = async {
            if here.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        match relay_at {
            Some(at) => tokio::select! {
                () = changed => {}
                () = sleep_until(at) => return,
            },
            None => changed.await,
        }
    }
}

/// How long others' facts wait, among so many connections.
pub(super) fn relay_pause(connections: usize) -> Duration {
    let many = u32::try_from(connections).unwrap_or(u32::MAX);
    RELAY.1.saturating_mul(many).max(RELAY.0)
}

/// Proves the facts of a message; many of them beside this thread, which has other connections.
async fn prove(message: Arc<Message>, here: Arc<Here>) -> Result<Sifted, End> {
    let many = message.facts.len() > MANY;
    let prove = move || here.prove(&message);
    match many {
        true => tokio::task::spawn_blocking(prove).await.map_err(|_| End::DeskGone),
        false => Ok(prove()),
    }
}

fn nonce() -> Result<Nonce, End> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| End::Random)?;
    Ok(Nonce(bytes))
}
