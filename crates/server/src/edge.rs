//! What every request must be before a route sees it: well framed, small, whole in time, and not one
//! guess of the token too many.
//!
//! Bodies are taken as they are: nothing is decompressed, so nothing can grow.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER, TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use ledger::gate::Peer;
use ledger::limits::{Budget, Budgets, host, retry_after};
use tokio::time::timeout;

/// Largest request, in bytes: of the exchange, which carries facts, and of everything else.
const LARGEST: (usize, usize) = (4 << 20, 1 << 20);
/// Longest that a body may take; with the headers' ten seconds a request arrives within thirty.
const BODY_PATIENCE: Duration = Duration::from_secs(20);
/// Wrong tokens from one address: ten a minute.
const TOKENS: Budget = Budget { burst: 10, refill: Duration::from_secs(6) };

/// Puts the checks in front of all routes.
pub fn guard(routes: Router) -> Router {
    let edge = Edge { begun: Instant::now(), tokens: Arc::new(Mutex::new(Budgets::new(TOKENS))) };
    routes.layer(DefaultBodyLimit::disable()).layer(from_fn_with_state(edge, pass))
}

#[derive(Clone)]
struct Edge {
    begun: Instant,
    tokens: Arc<Mutex<Budgets<IpAddr>>>,
}

/// Why a request goes no further.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("the header {0} must come once")]
    Header(&'static str),
    #[error("send the body whole, with Content-Length and without Transfer-Encoding")]
    Chunked,
    #[error("the request is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the request did not arrive within {} s", BODY_PATIENCE.as_secs())]
    TooSlow,
    #[error("the request broke off")]
    Broken,
    #[error("too many wrong tokens from this address; wait {0} s, then send the right one")]
    TooManyTokens(u64),
}

impl IntoResponse for Unfit {
    fn into_response(self) -> Response {
        let status = match self {
            Unfit::Header(_) | Unfit::Broken => StatusCode::BAD_REQUEST,
            Unfit::Chunked => StatusCode::LENGTH_REQUIRED,
            Unfit::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Unfit::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Unfit::TooManyTokens(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        let mut response = (status, self.to_string()).into_response();
        let headers = response.headers_mut();
        // What follows on this connection cannot be told from the rest of a bad request.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Unfit::TooManyTokens(seconds) = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

async fn pass(State(edge): State<Edge>, peer: Peer, request: Request, next: Next) -> Response {
    match edge.admit(peer, request).await {
        Ok(request) => {
            let response = next.run(request).await;
            if response.status() == StatusCode::UNAUTHORIZED {
                edge.note_wrong_token(peer);
            }
            response
        }
        Err(unfit) => unfit.into_response(),
    }
}

impl Edge {
    /// Takes the whole request in, or says what is wrong with it.
    async fn admit(&self, peer: Peer, request: Request) -> Result<Request, Unfit> {
        well_framed(request.headers())?;
        let path = request.uri().path();
        if needs_token(path) {
            self.may_try_token(peer)?;
        }
        let largest = if path == "/v1/exchange" { LARGEST.0 } else { LARGEST.1 };
        let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if length
            .and_then(|length| length.parse().ok())
            .is_some_and(|length: u64| length > u64::try_from(largest).unwrap_or(u64::MAX))
        {
            return Err(Unfit::TooLarge(largest));
        }
        let (parts, body) = request.into_parts();
        match timeout(BODY_PATIENCE, to_bytes(body, largest)).await {
            Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
            Ok(Err(_)) => Err(Unfit::Broken),
            Err(_) => Err(Unfit::TooSlow),
        }
    }

    fn tokens(&self) -> MutexGuard<'_, Budgets<IpAddr>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_try_token(&self, peer: Peer) -> Result<(), Unfit> {
        let checked = self.tokens().check(&host(peer.0), self.begun.elapsed());
        checked
            .map_err(|wait| Unfit::TooManyTokens(retry_after(wait, getrandom::u32().unwrap_or(0))))
    }

    fn note_wrong_token(&self, peer: Peer) {
        // Whoever has none left is shut out already.
        let _ = self.tokens().take(host(peer.0), self.begun.elapsed());
    }
}

/// Tells whether a path may ask for the token; stations prove themselves otherwise.
fn needs_token(path: &str) -> bool {
    !path.starts_with("/v1/") && path != "/api/health"
}

/// Refuses what two readers could understand in two ways.
fn well_framed(headers: &HeaderMap) -> Result<(), Unfit> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(Unfit::Chunked);
    }
    if headers.get_all(HOST).iter().count() != 1 {
        return Err(Unfit::Header("Host"));
    }
    let single = [
        (CONTENT_LENGTH, "Content-Length"),
        (CONTENT_TYPE, "Content-Type"),
        (AUTHORIZATION, "Authorization"),
    ];
    match single.iter().find(|(header, _)| headers.get_all(header).iter().count() > 1) {
        Some((_, name)) => Err(Unfit::Header(name)),
        None => Ok(()),
    }
}
