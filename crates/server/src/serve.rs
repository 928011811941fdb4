//! `serve`: answers stations and programs over HTTP until it is asked to stop.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use admission::time::Millis;
use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use data_encoding::HEXLOWER;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ledger::carrier::is_loopback;
use ledger::clock::Clock;
use ledger::routes::{LastQuestions, Server};
use ledger::shared::Shared;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use crate::answer;
use crate::api::{self, Api, Expected};
use crate::folder::Folder;
use crate::live;
use crate::upkeep::{issuing, keep_up};
use crate::watch;

/// Largest request, in bytes.
const LARGEST_REQUEST: usize = 4 << 20;
/// Longest that a client may take for its headers or between two parts of its request.
const READ_PATIENCE: Duration = Duration::from_secs(15);
/// Longest that an answer may take; a station's long poll lasts half of it.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
/// How long requests in flight get to end when the server stops; stations ask again anyway.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Most connections at once; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 4096;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Request {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// `sqlite`; PostgreSQL is not built yet.
    pub database: String,
    /// The time at which a rehearsal begins.
    pub rehearse: Option<Millis>,
}

/// Serves until SIGTERM or SIGINT; prints `{"ready": URL}` when it answers.
///
/// # Errors
/// A sentence, if the address, the folder or the port is not to be had.
pub fn run(data: &Path, request: &Request) -> anyhow::Result<()> {
    ensure!(
        request.database == "sqlite",
        "other databases than sqlite are not built yet; leave --database out"
    );
    let address = address(&request.listen)?;
    let folder = Folder::open(data)?;
    folder.warn_of_root();
    let _alone =
        folder.lock("serve.lock", "another serve runs on this folder; stop it, or use that one")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let stop = stop_signal()?;
        let listener = listen(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = app(&folder, request.rehearse)?;
        folder.remember_address(&url)?;
        answer(&format!("{}\n", serde_json::json!({ "ready": url })))?;
        serve(listener, app, stop).await;
        eprintln!("Stopped.");
        Ok(())
    });
    // A thread that still writes ends its transaction; nothing else is waited for.
    runtime.shutdown_timeout(LAST_WORDS);
    served
}

fn address(listen: &str) -> anyhow::Result<SocketAddr> {
    let bad = || format!("{listen:?} is no address to listen on; write one like 127.0.0.1:7300");
    let (host, port) = listen.rsplit_once(':').with_context(bad)?;
    let port: u16 = port.parse().ok().with_context(bad)?;
    ensure!(
        is_loopback(host) || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok(),
        "{}",
        bad()
    );
    ensure!(
        is_loopback(host),
        "{host} can be reached from other machines, and encryption (TLS) is not built yet; \
         listen on 127.0.0.1"
    );
    let bare = host.trim_matches(['[', ']']);
    Ok(SocketAddr::new(bare.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), port))
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {} is in use; stop the other program, or choose another port with \
             --listen {}:0",
            address.port(),
            address.ip()
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Makes the whole application: stations' routes and the API over one ledger.
///
/// # Errors
/// A sentence, if keys or database are not the folder's own.
pub fn app(folder: &Folder, rehearse: Option<Millis>) -> anyhow::Result<Router> {
    let ledger = folder.ledger()?;
    // Told now, and not at the first blank: without the key nothing can be signed.
    folder.issuing_key(&ledger)?;
    let hash = HEXLOWER.decode(folder.settings.api_token_sha256.as_bytes()).ok();
    let token_hash =
        hash.and_then(|hash| hash.try_into().ok()).context("server.json is damaged")?;
    let ledger = Shared::start(ledger).context("cannot start a thread for the database")?;
    let server = Arc::new(Server {
        id: folder.settings.server,
        key: folder.server_key()?,
        convention: folder.settings.convention,
        clock: rehearse.map_or(Clock::Machine, Clock::set),
        issuer: issuing(folder.clone()),
    });
    let live = live::routes(folder, server.clock, rehearse.is_some())?;
    let expected = Arc::new(Expected::default());
    let clock = server.clock;
    let rehearsal = rehearse.is_some();
    let api = Api { ledger: ledger.clone(), rehearsal, clock, token_hash, expected };
    tokio::spawn(keep_up(ledger.clone(), folder.clone()));
    let last = Arc::new(LastQuestions::default());
    Ok(ledger::routes::routes_noting(ledger, server, Arc::clone(&last))
        .merge(api::routes(api.clone()))
        .merge(watch::routes(api, last))
        .merge(live)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(LARGEST_REQUEST))
        .layer(RequestBodyTimeoutLayer::new(READ_PATIENCE))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_PATIENCE))
        .layer(map_response(with_security_headers)))
}

async fn with_security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    // The live page says itself what it may load.
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}

/// Answers until `stop`, then lets requests in flight end for a moment.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    // axum::serve knows no limit for slow headers, so connections are driven here.
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(READ_PATIENCE);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            break;
        };
        let stream = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file handles, most likely; others end and give some back.
                    tracing::error!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that goes away in the middle is its own affair.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await;
}

fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests;
