//! The way to a printer: IPP in HTTP, each question with an end to waiting.
//!
//! What matters is how a question failed: before anything could reach the printer, or after that.

use std::io;
use std::sync::PoisonError;
use std::time::Duration;

use data_encoding::HEXLOWER;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::tls::{self, Stranger};
use super::wire::{Answer, Question};
use crate::address::Ipp;
use crate::{Condition, State};

/// The longest answer that is read, in bytes; a printer with many papers tells of itself in 100 kB.
const LONGEST: usize = 1024 * 1024;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nothing reached the printer: nobody is there, or it is not believed.
    NotReached(State),
    /// Somebody refused before a printer could see it.
    Refused(State),
    /// It went out, and no answer came back.
    Lost(State),
}

impl Trouble {
    pub(super) fn state(self) -> State {
        match self {
            Trouble::NotReached(state) | Trouble::Refused(state) | Trouble::Lost(state) => state,
        }
    }
}

/// A way to one printer.
pub(super) struct Line {
    runtime: Runtime,
    client: Client,
    url: String,
    uri: String,
    stranger: Stranger,
}

impl Line {
    /// Prepares the way; nothing is sent yet.
    pub(super) fn new(address: &Ipp) -> io::Result<Line> {
        let Ipp { host, port, path, .. } = address;
        let (http, ipp) = if address.tls { ("https", "ipps") } else { ("http", "ipp") };
        let stranger = Stranger::default();
        let tls = tls::client(address.pin, stranger.clone()).map_err(io::Error::other)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // A connection that was left open may be dead; then nobody could tell what got through.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .build()
            .map_err(io::Error::other)?;
        Ok(Line {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            client,
            url: format!("{http}://{host}:{port}{path}"),
            uri: format!("{ipp}://{host}:{port}{path}"),
            stranger,
        })
    }

    /// Returns what the printer calls itself.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// Asks, with a document behind the question, and waits that long for the whole answer.
    pub(super) fn ask(
        &self,
        question: &Question,
        document: &[u8],
        patience: Duration,
    ) -> Result<Answer, Trouble> {
        let Some(mut body) = question.bytes() else {
            return Err(Trouble::NotReached(State::of([Condition::Foreign])));
        };
        body.extend_from_slice(document);
        self.runtime.block_on(async {
            let silent = |_| Err(Trouble::Lost(State::of([Condition::Offline])));
            timeout(patience, self.post(body)).await.unwrap_or_else(silent)
        })
    }

    async fn post(&self, body: Vec<u8>) -> Result<Answer, Trouble> {
        let posted = self.client.post(&self.url).header(CONTENT_TYPE, "application/ipp");
        let lost = |_| Trouble::Lost(State::of([Condition::Offline]));
        let mut answer = posted.body(body).send().await.map_err(|error| {
            match error.is_connect() || error.is_builder() {
                true => Trouble::NotReached(self.not_reached()),
                false => lost(error),
            }
        })?;
        if let Some(trouble) = of_http(answer.status()) {
            return Err(trouble);
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(lost)? {
            if bytes.len().saturating_add(part.len()) > LONGEST {
                return Err(Trouble::Lost(State::of([Condition::Foreign])));
            }
            bytes.extend_from_slice(&part);
        }
        Answer::read(&bytes).ok_or_else(|| Trouble::Lost(State::of([Condition::Foreign])))
    }

    fn not_reached(&self) -> State {
        let stranger = self.stranger.lock().unwrap_or_else(PoisonError::into_inner).take();
        match stranger {
            None => State::of([Condition::Offline]),
            Some(fingerprint) => State::of([Condition::Foreign]).saying(format!(
                "no authority that this machine knows vouches for the printer's certificate, or it is not the one \
                 of pin=; if {0} is the fingerprint that the printer shows, write ?pin={0} behind its address",
                HEXLOWER.encode(&fingerprint)
            )),
        }
    }
}

/// Judges an answer that is not one of IPP.
fn of_http(status: StatusCode) -> Option<Trouble> {
    let foreign = State::of([Condition::Foreign]);
    match status {
        _ if status.is_success() => None,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Some(Trouble::Refused(State::of([Condition::Rejecting]).saying(
                "the printer wants a name and a password; allow printing without them from this \
                 station in the printer's settings",
            )))
        }
        StatusCode::UPGRADE_REQUIRED => Some(Trouble::Refused(
            foreign.saying("the printer wants TLS; write ipps:// instead of ipp://"),
        )),
        StatusCode::NOT_FOUND => Some(Trouble::Refused(foreign.saying(
            "there is no printer of this name at the address; most printers are called /ipp/print, \
             and a queue of CUPS /printers/NAME",
        ))),
        _ if status.is_client_error() || status.is_redirection() => Some(Trouble::Refused(foreign)),
        StatusCode::SERVICE_UNAVAILABLE => Some(Trouble::Refused(State::of([Condition::Busy]))),
        _ => Some(Trouble::Lost(foreign)),
    }
}
