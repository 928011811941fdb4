//! The connections of a station: it listens, dials, and keeps one connection with every peer.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use admission::exchange::Vector;
use admission::id::StationId;
use ed25519_dalek::SigningKey;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::found::{Book, MOST_PEERS, Target};
use super::mdns::{self, Announcement};
use super::talk::{Line, relay_pause};
use super::tls::{self, Shown, Sides};
use super::{Contact, Here, PORT, Peer, Request, Settings};
use crate::limits::{Budget, Budgets, host};
use crate::tls::Failure;

/// Longest that a connection and its handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Most connections that are not proved yet.
const MOST_UNPROVED: usize = 32;
/// Connections from one address that proved nothing: thirty, and one more each second.
const STRANGER: Budget = Budget { burst: 30, refill: Duration::from_secs(1) };
/// How often it is looked whom to dial.
const LOOK: Duration = Duration::from_millis(200);

/// Where a station listens; nothing is answered before [`Lan::run`].
pub struct Listener(StdListener);

/// Takes the place where a station is to listen.
///
/// # Errors
/// The system's, if the address is not to be had.
pub fn bind(settings: &Settings) -> io::Result<Listener> {
    let listener = match settings.listen {
        Some(address) => StdListener::bind(address)?,
        None => {
            let everywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            StdListener::bind((everywhere, PORT)).or_else(|error| match error.kind() {
                io::ErrorKind::AddrInUse => StdListener::bind((everywhere, 0)),
                _ => Err(error),
            })?
        }
    };
    listener.set_nonblocking(true)?;
    Ok(Listener(listener))
}

impl Listener {
    /// Returns where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A station's part in the LAN.
pub struct Lan<S> {
    /// The station's key.
    pub key: SigningKey,
    /// How far the station is, as it changes.
    pub here: watch::Receiver<Arc<Here>>,
    /// Asks the ledger's writer; `false` when it has ended.
    pub tell: S,
    /// Turns to `true` when the station ends.
    pub stop: watch::Receiver<bool>,
    /// Where to listen and whom to dial.
    pub settings: Settings,
}

impl<S: Fn(Request) -> bool + Send + Sync + 'static> Lan<S> {
    /// Exchanges with the peers until the station ends; blocks the thread.
    pub fn run(self, listener: Listener) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "no exchange on the LAN"),
        };
        let mut stop = self.stop.clone();
        runtime.block_on(async {
            tokio::select! {
                done = self.serve(listener) => if let Err(error) = done {
                    tracing::error!(error, "no exchange on the LAN");
                },
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
        // Facts that are just being proved are proved again where they come next.
        runtime.shutdown_background();
    }

    async fn serve(self, listener: Listener) -> Result<(), Failure> {
        let listener = TcpListener::from_std(listener.0)?;
        let listen = listener.local_addr()?;
        tracing::info!(%listen, "other stations of this site reach this one at");
        let Sides { server, client } = tls::sides(&self.key, self.here.clone())?;
        let me = self.here.borrow().own_log.station();
        let convention = self.here.borrow().members.convention;
        let site = Arc::new(Site {
            me,
            key: self.key,
            here: self.here,
            tell: self.tell,
            acceptor: TlsAcceptor::from(server),
            connector: TlsConnector::from(client),
            book: Mutex::new(Book::new(me, &self.settings.typed)),
            live: Mutex::new(BTreeMap::new()),
            begun: Instant::now(),
        });
        let here = Contact { station: me, address: listen.to_string(), vector: Vector::default() };
        (site.tell)(Request::Note(here));
        let announcement = Announcement { me, convention, listen };
        let announcing = async {
            if !self.settings.announce {
                return std::future::pending().await;
            }
            let here = || Arc::clone(&site.here.borrow());
            let heard = |hint: mdns::Hint| site.hint(&hint);
            mdns::run(&announcement, here, heard).await;
        };
        tokio::select! {
            () = site.listen(listener) => {}
            () = site.dial_for_ever() => {}
            () = announcing => {}
        }
        Ok(())
    }
}

/// What the connections of a station share.
pub(super) struct Site<S> {
    pub(super) me: StationId,
    pub(super) key: SigningKey,
    pub(super) here: watch::Receiver<Arc<Here>>,
    pub(super) tell: S,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    book: Mutex<Book>,
    live: Mutex<BTreeMap<StationId, Live>>,
    begun: Instant,
}

/// The connection with a peer.
struct Live {
    dialled: bool,
    task: AbortHandle,
}

impl<S: Fn(Request) -> bool + Send + Sync + 'static> Site<S> {
    async fn listen(self: &Arc<Self>, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(MOST_UNPROVED));
        let strangers = Arc::new(Mutex::new(Budgets::new(STRANGER)));
        loop {
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::error!(%error, "cannot accept a connection on the LAN");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let from = host(address.ip());
            let may_try = locked(&strangers).check(&from, self.begun.elapsed()).is_ok();
            let place = Arc::clone(&room).try_acquire_owned();
            // Whoever finds no room is sent away at once, and comes back later.
            let (true, Ok(place)) = (may_try, place) else { continue };
            let (site, strangers) = (Arc::clone(self), Arc::clone(&strangers));
            tokio::spawn(async move {
                let proved = site.accept(stream).await;
                if let Some((Shown::Peer(peer), stream)) = proved {
                    drop(place);
                    let line =
                        Line::new(Arc::clone(&site), peer.clone(), address.to_string(), stream);
                    site.hold(&peer, false, line).await;
                    return;
                }
                let _ = locked(&strangers).take(from, site.begun.elapsed());
                match proved {
                    Some((Shown::Closed(peer), stream)) => {
                        site.part(peer, address.to_string(), stream).await;
                    }
                    _ => tracing::debug!(%address, "somebody on the LAN proved nothing"),
                }
                drop(place);
            });
        }
    }

    async fn accept(
        &self,
        stream: TcpStream,
    ) -> Option<(Shown, tokio_rustls::server::TlsStream<TcpStream>)> {
        let _ = stream.set_nodelay(true);
        let stream = timeout(HANDSHAKE, self.acceptor.accept(stream)).await.ok()?.ok()?;
        let shown = tls::proved(stream.get_ref().1.peer_certificates(), &self.here.borrow())?;
        Some((shown, stream))
    }

    /// Tells a station that no longer belongs why nobody here talks to it.
    async fn part<T>(self: &Arc<Self>, closed: Peer, address: String, stream: T)
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        tracing::info!(peer = closed.name, address, "no longer belongs");
        let mut line = Line::new(Arc::clone(self), closed, address, stream);
        if let Err(end) = line.part().await {
            tracing::debug!(%end, "and was not told");
        }
    }

    async fn dial_for_ever(self: &Arc<Self>) {
        loop {
            let here = Arc::clone(&self.here.borrow());
            locked(&self.book).keep(|id| here.members.peers.contains_key(&id));
            let is_live = |id| locked(&self.live).contains_key(&id);
            let due = locked(&self.book).due(self.begun.elapsed(), is_live);
            for target in due {
                let site = Arc::clone(self);
                tokio::spawn(async move { site.dial(target).await });
            }
            sleep(LOOK).await;
        }
    }

    async fn dial(self: Arc<Self>, target: Target) {
        let chance = getrandom::u32().unwrap_or(0);
        match timeout(HANDSHAKE, self.connect(&target)).await {
            Ok(Ok((Shown::Closed(peer), address, stream))) => {
                self.part(peer, address.to_string(), stream).await;
                locked(&self.book).over(&target, false, self.begun.elapsed(), chance);
            }
            Ok(Ok((Shown::Peer(peer), address, stream))) => {
                let line = Line::new(Arc::clone(&self), peer.clone(), address.to_string(), stream);
                match self.hold(&peer, true, line).await {
                    true => locked(&self.book).over(&target, true, self.begun.elapsed(), chance),
                    false => locked(&self.book).met(&target, self.begun.elapsed()),
                }
            }
            failed => {
                let why = match failed {
                    Ok(Err(error)) => error.to_string(),
                    _ => "no answer".to_owned(),
                };
                tracing::debug!(?target, why, "no exchange with a peer");
                locked(&self.book).over(&target, false, self.begun.elapsed(), chance);
            }
        }
    }

    async fn connect(
        &self,
        target: &Target,
    ) -> io::Result<(Shown, SocketAddr, tokio_rustls::client::TlsStream<TcpStream>)> {
        let stream = match target {
            Target::Typed(address) => {
                let found: Vec<SocketAddr> = lookup_host(address.as_str()).await?.collect();
                TcpStream::connect(found.as_slice()).await?
            }
            Target::Hint(_, address) => TcpStream::connect(address).await?,
        };
        let _ = stream.set_nodelay(true);
        let address = stream.peer_addr()?;
        let name = ServerName::from(address.ip());
        let stream = self.connector.connect(name, stream).await?;
        let shown = tls::proved(stream.get_ref().1.peer_certificates(), &self.here.borrow());
        let shown = shown.ok_or_else(|| io::Error::other("it is no station of this site"))?;
        Ok((shown, address, stream))
    }

    /// Talks on a connection until it ends; `false` at once if there is a better one with that peer.
    async fn hold<T>(self: &Arc<Self>, peer: &Peer, dialled: bool, mut line: Line<S, T>) -> bool
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
    {
        let name = peer.name.clone();
        let talking = {
            let mut live = locked(&self.live);
            if !self.is_better(live.get(&peer.id), peer.id, dialled) || live.len() >= MOST_PEERS {
                return false;
            }
            let talking = tokio::spawn(async move {
                tracing::info!(peer = name, "in touch");
                if let Err(end) = line.talk(dialled).await {
                    tracing::info!(peer = name, %end, "out of touch");
                }
            });
            let new = Live { dialled, task: talking.abort_handle() };
            if let Some(old) = live.insert(peer.id, new) {
                old.task.abort();
            }
            talking
        };
        let task = talking.id();
        // Ended by itself, or by a better connection.
        let _ = talking.await;
        let mut live = locked(&self.live);
        if live.get(&peer.id).is_some_and(|live| live.task.id() == task) {
            live.remove(&peer.id);
        }
        true
    }

    /// Tells which of two connections both sides keep: the one that the lower id dialled, and of two
    /// in one direction the newer.
    fn is_better(&self, old: Option<&Live>, peer: StationId, dialled: bool) -> bool {
        let by_lower = |dialled: bool| dialled == (self.me < peer);
        old.is_none_or(|old| old.dialled == dialled || by_lower(dialled))
    }

    fn hint(&self, hint: &mdns::Hint) {
        let is_new = locked(&self.book).hint(hint.peer, hint.address, self.begun.elapsed());
        if is_new {
            tracing::debug!(peer = %hint.peer, address = %hint.address, "announced");
        }
    }

    /// Returns how long others' facts wait for their author.
    pub(super) fn relay_pause(&self) -> Duration {
        relay_pause(locked(&self.live).len())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
