//! Connections: how many, from where, encrypted or not, and how slow they may be.
//!
//! What is inside a request is `edge`'s and the routes' business.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use ledger::gate::Peer;
use ledger::limits::host;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Longest that a client may take to agree on encryption.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// Longest that a client may take for its headers, and longest that it may be silent in between.
const HEADER_PATIENCE: Duration = Duration::from_secs(10);
/// Most headers of one request, and their bytes together.
const MOST_HEADERS: (usize, usize) = (64, 16 << 10);
/// Most connections at once; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 4096;
/// Most connections at once from one host: a site's stations behind one address are fewer.
const MOST_OF_ONE_HOST: usize = 1024;
/// How long requests in flight get to end when the server stops; stations ask again anyway.
pub const LAST_WORDS: Duration = Duration::from_secs(2);

/// Listens at an address.
///
/// # Errors
/// A sentence, if it is not to be had.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {} is in use; stop the other program, or choose another port with \
             --listen {}:0",
            address.port(),
            address.ip()
        ),
        Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => bail!(
            "{} is no address of this machine; `ip address` shows them, and 0.0.0.0 is all of them",
            address.ip()
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Answers until `stop`, then lets requests in flight end for a moment.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    app: Router,
    stop: impl Future<Output = ()>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let graceful = GracefulShutdown::new();
    let (room, crowd) = (Arc::new(Semaphore::new(MOST_CONNECTIONS)), Crowd::default());
    let mut stop = pin!(stop);
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            break;
        };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => (stream, Peer(address.ip())),
                Err(error) => {
                    // Out of file handles, most likely; others end and give some back.
                    tracing::error!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let Some(guest) = crowd.enter(peer, place) else {
            continue;
        };
        let caller = Caller { app: app.clone(), peer, watcher: graceful.watcher() };
        let tls = tls.clone();
        tokio::spawn(async move {
            caller.hear(stream, tls).await;
            drop(guest);
        });
    }
    drop(listener);
    let _ = timeout(LAST_WORDS, graceful.shutdown()).await;
}

/// One connection and what answers it.
struct Caller {
    app: Router,
    peer: Peer,
    watcher: Watcher,
}

impl Caller {
    async fn hear(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        let Some(tls) = tls else {
            return self.talk(stream).await;
        };
        match timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.talk(stream).await,
            // A client that does not believe our certificate tells its own people why.
            Ok(Err(error)) => tracing::debug!(peer = %self.peer.0, %error, "no encryption"),
            Err(_) => tracing::debug!(peer = %self.peer.0, "too slow an encryption"),
        }
    }

    async fn talk(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Caller { app, peer, watcher } = self;
        let app = TowerToHyperService::new(app);
        let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(peer);
            app.call(request)
        });
        // axum::serve knows none of these limits, so connections are driven here.
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEADER_PATIENCE)
            .max_headers(MOST_HEADERS.0)
            .max_header_size(MOST_HEADERS.1);
        // A client that goes away in the middle is its own affair.
        let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
    }
}

/// How many connections each host has.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place in the crowd; given back when it is dropped.
struct Guest {
    crowd: Crowd,
    host: IpAddr,
    _place: OwnedSemaphorePermit,
}

impl Crowd {
    /// Lets one more in, unless the host has all that it may have.
    fn enter(&self, peer: Peer, place: OwnedSemaphorePermit) -> Option<Guest> {
        let host = host(peer.0);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(host).or_default();
        if *count >= MOST_OF_ONE_HOST {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Guest { crowd: self.clone(), host, _place: place })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.host) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn one_host_cannot_take_all_places_and_gives_them_back() {
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let crowd = Crowd::default();
        let peer = |last| Peer(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        let enter = |last| crowd.enter(peer(last), Arc::clone(&room).try_acquire_owned().unwrap());
        let guests: Vec<Guest> = (0..MOST_OF_ONE_HOST).map(|_| enter(1).unwrap()).collect();
        assert!(enter(1).is_none());
        assert!(enter(2).is_some());
        drop(guests);
        assert!(enter(1).is_some());
        assert!(crowd.0.lock().unwrap().is_empty());
        assert_eq!(room.available_permits(), MOST_CONNECTIONS);
    }
}
