//! The HTTP carrier: brings bytes to the server and its answer back.
//!
//! Over TLS to anywhere, see [`crate::tls`] for whom it believes; without only within this machine.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::local::ServerCard;
use crate::tls::{self, Distrust, Pin};

/// How long a server may take to begin its answer, on top of the wait that was asked for and of the
/// time that the question takes; and how long it may then be silent.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes a second of the slowest network that questions are brought over.
const SLOWEST: u64 = 2000;
/// How long an answer may take on the way in all.
const LONGEST: Duration = Duration::from_secs(600);
/// How long to stay away from a server that asks for it without saying how long, and at most.
const STAY_AWAY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));
/// Largest answer that is read, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// The address is no address of a server.
    #[error(
        "{0:?} is not a server address; it looks like https://10.0.0.2:7300, or like \
         http://127.0.0.1:7300 on this machine"
    )]
    BadAddress(String),
    /// Plain HTTP would leave this machine.
    #[error(
        "{0:?} leaves this machine without encryption; write https:// instead of http://, which is \
         only for 127.0.0.1, [::1] and localhost"
    )]
    NotLoopback(String),
    /// Nobody answered.
    #[error("the server at {url} does not answer; is it running? ({reason})")]
    Unreachable {
        /// Where.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// Somebody answered whom there is no reason to believe.
    #[error("the server at {url} is not believed: {why}")]
    Distrusted {
        /// Where.
        url: String,
        /// Why, and what to do.
        why: Distrust,
    },
    /// The server has had too many questions.
    #[error("the server at {url} asks to wait: {text}")]
    NotNow {
        /// Where.
        url: String,
        /// The sentence that came with it, cut short.
        text: String,
        /// How long.
        wait: Duration,
    },
    /// A page came, which our server never sends: a network wants a login first, or a proxy speaks.
    #[error(
        "a page of the network answers instead of the server at {url} (status {status}); if this \
         network wants a login, log in with a browser on this machine, then it goes on"
    )]
    Page {
        /// Where the server should have answered.
        url: String,
        /// The HTTP status of the page.
        status: u16,
    },
    /// This machine cannot speak TLS.
    #[error("this machine cannot speak TLS: {0}")]
    NoTls(String),
    /// Somebody answered, but not as our server does.
    #[error("the server at {url} answered with status {status}: {text}")]
    Refused {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The sentence that came with it, cut short.
        text: String,
    },
}

impl CarrierError {
    /// Tells whether trying again without a person's help is useless.
    pub fn is_permanent(&self) -> bool {
        match self {
            CarrierError::BadAddress(_)
            | CarrierError::NotLoopback(_)
            | CarrierError::Distrusted { .. }
            | CarrierError::NoTls(_) => true,
            CarrierError::Unreachable { .. }
            | CarrierError::NotNow { .. }
            | CarrierError::Page { .. }
            | CarrierError::Refused { .. } => false,
        }
    }
}

/// A way to one server.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    url: String,
    patience: Duration,
}

impl Http {
    /// Prepares a way to `url`, whose certificate an authority must vouch for; nothing is sent yet.
    ///
    /// # Errors
    /// [`CarrierError`] if the address is none, or plain HTTP would leave this machine.
    pub fn new(url: &str) -> Result<Http, CarrierError> {
        Http::pinned(url, Pin::Nobody)
    }

    /// Prepares a way to the server that a station was enrolled at.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub fn to(server: &ServerCard) -> Result<Http, CarrierError> {
        Http::pinned(&server.url, Pin::Key(server.public))
    }

    /// Prepares a way to `url`, where the key of `pin` is believed too.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub fn pinned(url: &str, pin: Pin) -> Result<Http, CarrierError> {
        let bad = || CarrierError::BadAddress(url.to_owned());
        let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
        let host = parsed.host_str().ok_or_else(bad)?;
        let bare = parsed.username().is_empty()
            && parsed.password().is_none()
            && matches!(parsed.path(), "" | "/")
            && parsed.query().is_none()
            && parsed.fragment().is_none();
        if !bare {
            return Err(bad());
        }
        let tls = match parsed.scheme() {
            "https" => tls::client(pin),
            "http" if is_loopback(host) => tls::nobody(),
            "http" => return Err(CarrierError::NotLoopback(url.to_owned())),
            _ => return Err(bad()),
        };
        let tls = tls.map_err(|error| CarrierError::NoTls(error.to_string()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|_| bad())?;
        Ok(Http { client, url: url.trim_end_matches('/').to_owned(), patience: PATIENCE })
    }

    /// Posts `body` to `path` and returns the answer's bytes.
    ///
    /// # Errors
    /// [`CarrierError`] if no success came back, or for ten seconds nothing at all: after `wait`, the
    /// time that the question takes at 2 kB/s, or in the middle of the answer.
    pub async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
    ) -> Result<Vec<u8>, CarrierError> {
        let unreachable = |error: reqwest::Error| {
            let url = self.url.clone();
            match Distrust::find(&error) {
                Some(why) => CarrierError::Distrusted { url, why },
                None => CarrierError::Unreachable { url, reason: innermost(&error) },
            }
        };
        let silent = |_: Elapsed| CarrierError::Unreachable {
            url: self.url.clone(),
            reason: "it fell silent".to_owned(),
        };
        let under_way = u64::try_from(body.len()).unwrap_or(u64::MAX) / SLOWEST;
        let first =
            self.patience.saturating_add(wait).saturating_add(Duration::from_secs(under_way));
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/cbor")
            .timeout(first.saturating_add(LONGEST))
            .body(body);
        let response = timeout(first, request.send()).await.map_err(silent)?;
        let mut response = response.map_err(unreachable)?;
        let status = response.status();
        if is_page(&response) {
            return Err(CarrierError::Page { url: self.url.clone(), status: status.as_u16() });
        }
        let wait = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
        let wait = wait.and_then(|wait| wait.parse().ok()).map_or(STAY_AWAY.0, Duration::from_secs);
        let mut bytes = Vec::new();
        let mut next = async || {
            let chunk = timeout(self.patience, response.chunk()).await.map_err(silent)?;
            chunk.map_err(unreachable)
        };
        while let Some(chunk) = next().await? {
            if bytes.len().saturating_add(chunk.len()) > LARGEST {
                return Err(self.refused(status.as_u16(), "the answer is too large"));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = || String::from_utf8_lossy(&bytes);
        match status.as_u16() {
            _ if status.is_success() => Ok(bytes),
            429 => Err(CarrierError::NotNow {
                url: self.url.clone(),
                text: shortened(&text()),
                wait: wait.min(STAY_AWAY.1),
            }),
            status => Err(self.refused(status, &text())),
        }
    }

    fn refused(&self, status: u16, text: &str) -> CarrierError {
        CarrierError::Refused { url: self.url.clone(), status, text: shortened(text) }
    }
}

/// Tells whether what came is for people with a browser: a page, or the way to one.
fn is_page(response: &reqwest::Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let html = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    html || response.status().is_redirection()
        || response.status() == StatusCode::NETWORK_AUTHENTICATION_REQUIRED
}

/// Makes what a stranger said fit for a line on a screen.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Tells whether a host name in a URL surely is this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Tells whether a URL names every address of a machine, at which nobody can be reached.
pub fn is_unspecified(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok();
    let host = host.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified())
}

/// Returns the cause at the bottom of an error, in words that people can act upon.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.to_string() {
        reason if reason.contains("InvalidContentType") => {
            "what answers there does not speak TLS: is it another program, or is it http://?"
                .to_owned()
        }
        reason if reason.contains("invalid HTTP version") => {
            "what answers there does not speak plain HTTP: is it https://?".to_owned()
        }
        reason => reason,
    }
}

#[cfg(test)]
mod tests;
