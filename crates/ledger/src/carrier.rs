//! The HTTP carrier: brings bytes to the server and its answer back.

use std::net::IpAddr;
use std::time::Duration;

/// How long a server may take to answer, on top of the wait that was asked for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// The address is no address of a server.
    #[error("{0:?} is not a server address; it looks like http://127.0.0.1:7300")]
    BadAddress(String),
    /// Plain HTTP would leave this machine.
    #[error(
        "{0:?} leaves this machine without encryption; plain http is only for 127.0.0.1, [::1] and localhost"
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
            CarrierError::BadAddress(_) | CarrierError::NotLoopback(_) => true,
            CarrierError::Unreachable { .. } | CarrierError::Refused { .. } => false,
        }
    }
}

/// A way to one server.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    url: String,
}

impl Http {
    /// Prepares a way to `url`; nothing is sent yet.
    ///
    /// # Errors
    /// [`CarrierError`] if the address is none, or plain HTTP would leave this machine.
    pub fn new(url: &str) -> Result<Http, CarrierError> {
        let bad = || CarrierError::BadAddress(url.to_owned());
        let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
        if parsed.scheme() != "http" {
            return Err(bad());
        }
        let host = parsed.host_str().ok_or_else(bad)?;
        if !is_loopback(host) {
            return Err(CarrierError::NotLoopback(url.to_owned()));
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|_| bad())?;
        Ok(Http { client, url: url.trim_end_matches('/').to_owned() })
    }

    /// Posts `body` to `path` and returns the answer's bytes.
    ///
    /// # Errors
    /// [`CarrierError`] if nothing or no success came back within `wait` and ten seconds.
    pub async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
    ) -> Result<Vec<u8>, CarrierError> {
        let unreachable = |error: reqwest::Error| CarrierError::Unreachable {
            url: self.url.clone(),
            reason: innermost(&error),
        };
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/cbor")
            .timeout(PATIENCE.saturating_add(wait))
            .body(body);
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if bytes.len().saturating_add(chunk.len()) > LARGEST {
                return Err(self.refused(status.as_u16(), "the answer is too large"));
            }
            bytes.extend_from_slice(&chunk);
        }
        match status.is_success() {
            true => Ok(bytes),
            false => Err(self.refused(status.as_u16(), &String::from_utf8_lossy(&bytes))),
        }
    }

    fn refused(&self, status: u16, text: &str) -> CarrierError {
        let text = text.chars().filter(|c| !c.is_control()).take(200).collect();
        CarrierError::Refused { url: self.url.clone(), status, text }
    }
}

/// Tells whether a host name in a URL surely is this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the cause at the bottom of an error, which is what people can act upon.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
