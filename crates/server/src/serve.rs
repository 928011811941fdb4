//! `serve`: answers stations and programs until it is asked to stop; over TLS wherever others can
//! reach it.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use admission::time::Millis;
use anyhow::Context;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use data_encoding::HEXLOWER;
use ledger::carrier::is_loopback;
use ledger::clock::Clock;
use ledger::hearing::LastQuestions;
use ledger::routes::Server;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

use crate::api::{self, Api, Expected};
use crate::database::{self, Database};
use crate::folder::Folder;
use crate::listen::{self, LAST_WORDS, bind};
use crate::tls::{self, Files};
use crate::upkeep::{issuing, keep_up};
use crate::{answer, edge, live, watch};

/// Longest that an answer may take; a station's long poll lasts half of it.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// Connections to PostgreSQL that answer stations and programs.
const SERVING: usize = 8;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Request {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// How it is encrypted.
    pub tls: Tls,
    /// Where the data lies; what the folder says if nobody does.
    pub database: Option<Database>,
    /// The time at which a rehearsal begins.
    pub rehearse: Option<Millis>,
}

/// Whether and how connections are encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Only where other machines can reach the address.
    #[default]
    WhereOthersReach,
    /// Here too, with a certificate of the server's own key.
    Always,
    /// With a certificate that somebody else vouches for.
    Files(Files),
}

impl Tls {
    /// Makes the TLS side for an address; nothing where plain HTTP stays within this machine.
    fn at(&self, address: IpAddr, folder: &Folder) -> anyhow::Result<Option<Arc<ServerConfig>>> {
        let files = match self {
            Tls::WhereOthersReach if address.is_loopback() => return Ok(None),
            Tls::WhereOthersReach | Tls::Always => None,
            Tls::Files(files) => Some(files),
        };
        tls::config(&folder.server_key()?, address, files).map(Some)
    }
}

/// Serves until SIGTERM or SIGINT; prints `{"ready": URL}` when it answers.
///
/// # Errors
/// A sentence, if the address, the folder or the port is not to be had.
pub fn run(data: &Path, request: &Request) -> anyhow::Result<()> {
    let address = address(&request.listen)?;
    let folder = Folder::open(data)?;
    folder.warn_of_root();
    let _alone =
        folder.lock("serve.lock", "another serve runs on this folder; stop it, or use that one")?;
    if let Some(database) = &request.database {
        database::settle(&folder, database)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let stop = stop_signal()?;
        let tls = request.tls.at(address.ip(), &folder)?;
        let listener = bind(address).await?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = listener.local_addr()?;
        let url = format!("{scheme}://{address}");
        let app = app(&folder, request.rehearse)?;
        folder.remember_address(&url)?;
        answer(&format!("{}\n", serde_json::json!({ "ready": url })))?;
        explain(address, &request.tls);
        listen::serve(listener, tls, app, stop).await;
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
    let bare = host.trim_matches(['[', ']']);
    // A name could turn out to be an address of another network tomorrow.
    let ip = bare.parse().ok().or(is_loopback(host).then_some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    Ok(SocketAddr::new(ip.with_context(bad)?, port))
}

/// Tells the organiser what stations need to be told.
fn explain(address: SocketAddr, tls: &Tls) {
    let port = address.port();
    if let Tls::Files(_) = tls {
        eprintln!(
            "Stations reach this server by a name of its certificate: station add --url \
             https://NAME:{port}"
        );
    } else if address.ip().is_unspecified() {
        eprintln!(
            "This server listens on every address of this machine; say which one stations use: \
             station add --url https://ADDRESS:{port}"
        );
    }
}

/// Makes the whole application: stations' routes and the API over one ledger.
///
/// # Errors
/// A sentence, if keys or database are not the folder's own.
pub fn app(folder: &Folder, rehearse: Option<Millis>) -> anyhow::Result<Router> {
    // On a thread of its own, because it waits, and this one may be an event loop's.
    let looked = thread::scope(|scope| scope.spawn(|| look_before(folder)).join());
    looked.map_err(|_| anyhow::anyhow!("the database cannot be looked at"))??;
    let hash = HEXLOWER.decode(folder.settings.api_token_sha256.as_bytes()).ok();
    let token_hash =
        hash.and_then(|hash| hash.try_into().ok()).context("server.json is damaged")?;
    let ledger = folder.share(SERVING)?;
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
    let database = folder.database()?.kind();
    let api = Api { ledger: ledger.clone(), database, rehearsal, clock, token_hash, expected };
    tokio::spawn(keep_up(ledger.clone(), folder.clone()));
    let last = Arc::new(LastQuestions::default());
    let routes = ledger::routes::routes_noting(ledger, server, Arc::clone(&last))
        .merge(api::routes(api.clone()))
        .merge(watch::routes(api, last))
        .merge(live);
    Ok(edge::guard(routes)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_PATIENCE))
        .layer(map_response(with_security_headers)))
}

fn look_before(folder: &Folder) -> anyhow::Result<()> {
    // Before anything is written: a damaged file would take arrivals in and lose them again.
    folder.refuse_damaged()?;
    // Told now, and not at the first blank: without the key nothing can be signed.
    folder.issuing_key(&folder.ledger()?)?;
    Ok(())
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

/// Answers without TLS until `stop`, then lets requests in flight end for a moment.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    listen::serve(listener, None, app, stop).await;
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
