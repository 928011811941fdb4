//! The answering side of the exchange: the server's routes for stations.
//!
//! `POST /v1/enrol` takes an [`Application`], `POST /v1/exchange` a sealed message; both answer in
//! CBOR, refusals with a sentence in plain text.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use admission::exchange::{
    self, BlanksHeld, Envelope, ExchangeError, Held, Left, MemberState, Message, Nonce, seal,
};
use admission::id::{ConventionId, Slug, StationId};
use admission::time::Millis;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ed25519_dalek::SigningKey;
use tokio::time::{Instant, timeout_at};

use crate::answer::{self, AnswerError, Answering};
use crate::blanks::Issuer;
use crate::clock::Clock;
use crate::enrol::{self, Application, Welcome};
use crate::error::LedgerError;
use crate::gate::{Gate, Peer, Shut};
use crate::hearing::{LastQuestions, Told};
use crate::limits::retry_after;
use crate::members::{EnrolError, Station};
use crate::open::Ledger;
use crate::shared::Shared;

/// Longest that a station may ask the server to wait for news.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Who the server is.
pub struct Server {
    /// Its station id.
    pub id: StationId,
    /// Its key.
    pub key: SigningKey,
    /// The convention that it serves.
    pub convention: ConventionId,
    /// Its clock.
    pub clock: Clock,
    /// What it signs blanks with.
    pub issuer: Issuing,
}

impl Server {
    /// Says who answers, by its clock.
    pub(crate) fn answering(&self) -> Answering<'_> {
        Answering {
            id: self.id,
            key: &self.key,
            convention: self.convention,
            now: self.clock.now(),
            issuer: &*self.issuer,
        }
    }
}

/// Finds what signs blanks under the key set in force; without an active issuing key nothing does.
pub type Issuing = Box<dyn Fn(&Ledger) -> Option<Issuer> + Send + Sync>;

/// Serves enrolment and exchange out of a ledger.
pub fn routes(ledger: Shared, server: Arc<Server>) -> Router {
    routes_noting(ledger, server, Arc::new(LastQuestions::default()))
}

/// The same, and notes what stations say of themselves.
pub fn routes_noting(ledger: Shared, server: Arc<Server>, last: Arc<LastQuestions>) -> Router {
    Router::new()
        .route("/v1/enrol", post(enrol_station))
        .route("/v1/exchange", post(exchange_facts))
        .with_state(Desk { ledger, server, last, gate: Arc::new(Gate::new()) })
}

#[derive(Clone)]
struct Desk {
    ledger: Shared,
    server: Arc<Server>,
    last: Arc<LastQuestions>,
    gate: Arc<Gate>,
}

/// Why a station gets no answer.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("this is not a message of the exchange")]
    Malformed,
    #[error("this station is not a member of the convention")]
    Stranger,
    #[error(transparent)]
    Enrol(EnrolError),
    #[error("too many wrong enrolment codes; wait {0} s, then try the right one")]
    TooManyCodes(u64),
    #[error("too many questions; ask again in {0} s")]
    TooMany(u64),
    #[error("this question was asked before; every question needs a nonce of its own")]
    Replayed,
    #[error("the server cannot answer now: {0}")]
    Ledger(#[from] LedgerError),
    #[error("the server has no randomness")]
    Random,
}

impl From<ExchangeError> for Refusal {
    fn from(error: ExchangeError) -> Refusal {
        match error {
            ExchangeError::Malformed => Refusal::Malformed,
            ExchangeError::NotAuthentic(_) | ExchangeError::NotForUs => Refusal::Stranger,
        }
    }
}

impl From<AnswerError> for Refusal {
    fn from(error: AnswerError) -> Refusal {
        match error {
            AnswerError::Malformed => Refusal::Malformed,
            AnswerError::Stranger => Refusal::Stranger,
            AnswerError::Ledger(error) => Refusal::Ledger(error),
        }
    }
}

impl From<Shut> for Refusal {
    fn from(shut: Shut) -> Refusal {
        match shut {
            Shut::Replayed => Refusal::Replayed,
            Shut::Until(wait) => Refusal::TooMany(uneven(wait)),
        }
    }
}

impl From<EnrolError> for Refusal {
    fn from(error: EnrolError) -> Refusal {
        match error {
            EnrolError::Ledger(error) => Refusal::Ledger(error),
            EnrolError::BadCode => Refusal::Enrol(error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Refusal::Malformed => StatusCode::BAD_REQUEST,
            Refusal::Stranger | Refusal::Enrol(_) => StatusCode::FORBIDDEN,
            Refusal::Replayed => StatusCode::CONFLICT,
            Refusal::TooMany(seconds) | Refusal::TooManyCodes(seconds) => {
                // Not a warning: whoever floods the server must not flood its log.
                tracing::debug!(seconds, "{self}");
                let text = self.to_string();
                let later = [(header::RETRY_AFTER, seconds.to_string())];
                return (StatusCode::TOO_MANY_REQUESTS, later, text).into_response();
            }
            Refusal::Ledger(_) | Refusal::Random => StatusCode::SERVICE_UNAVAILABLE,
        };
        tracing::warn!(%status, "{self}");
        (status, self.to_string()).into_response()
    }
}

fn uneven(wait: Duration) -> u64 {
    retry_after(wait, getrandom::u32().unwrap_or(0))
}

async fn enrol_station(
    State(desk): State<Desk>,
    peer: Peer,
    body: Bytes,
) -> Result<Response, Refusal> {
    desk.gate.may_prove(peer, None)?;
    let application: Application = minicbor::decode(&body).map_err(|_| {
        desk.gate.proof_failed(peer);
        Refusal::Malformed
    })?;
    if !application.is_proved() {
        desk.gate.proof_failed(peer);
        return Err(Refusal::Stranger);
    }
    let (server, gate) = (Arc::clone(&desk.server), Arc::clone(&desk.gate));
    let nonce = random_nonce()?;
    let welcome = desk
        .ledger
        .ask(move |ledger| -> Result<Welcome, Refusal> {
            // A code's fifteen minutes are real ones, also while a rehearsal sets the clock.
            let real_now = Clock::Machine.now();
            let code = enrol::hash(&application.secret);
            // Here, where one follows the other: nobody guesses a hundred times at once.
            gate.may_guess(peer, code.hash).map_err(too_many_codes)?;
            let enrolled = ledger.enrol_station(&code, application.public, real_now);
            if matches!(enrolled, Err(EnrolError::BadCode)) {
                gate.guessed_wrong(peer, code.hash);
            }
            let station = enrolled?;
            tracing::info!(station = %station.id, "enrolled");
            let question = first_question(&application, &station, &server);
            let message = ledger.reply(&question, &server.answering(), nonce)?;
            Ok(Welcome {
                server_key: server.key.verifying_key().to_bytes(),
                server: server.id,
                station: station.id,
                convention: server.convention,
                message: seal(&message, server.convention, &server.key),
            })
        })
        .await?;
    Ok(cbor(minicbor::to_vec(&welcome).unwrap_or_default()))
}

fn too_many_codes(shut: Shut) -> Refusal {
    match shut {
        Shut::Until(wait) => Refusal::TooManyCodes(uneven(wait)),
        Shut::Replayed => Refusal::Replayed,
    }
}

/// The question that a station would ask that holds nothing yet.
pub(crate) fn first_question(
    application: &Application,
    station: &Station,
    server: &Server,
) -> Message {
    let mut caller = exchange::Caller::new(station.id, server.id);
    let held = Held {
        scopes: vec![crate::local::nothing_of(&station.profile.site)],
        blanks: station.profile.prints().then(BlanksHeld::default),
        ..Held::default()
    };
    caller.generate(held, application.nonce, 0, server.clock.now())
}

async fn exchange_facts(
    State(desk): State<Desk>,
    peer: Peer,
    body: Bytes,
) -> Result<Response, Refusal> {
    let envelope = Envelope::read(&body).map_err(|error| {
        // Noise uses up the same budget as a wrong signature.
        let refusal = desk.gate.may_prove(peer, None).map_or_else(Refusal::from, |()| error.into());
        desk.gate.proof_failed(peer);
        refusal
    })?;
    desk.gate.may_prove(peer, Some(envelope.claimed_sender()))?;
    let question = proved(&desk, envelope).await.inspect_err(|refusal| {
        if matches!(refusal, Refusal::Stranger) {
            desk.gate.proof_failed(peer);
        }
    })?;
    desk.gate.question(peer, question.from, question.nonce)?;
    let told = Told::of(&question, desk.server.clock.now());
    let (asked, said) = ((question.from, question.nonce), told.clone());
    if !desk.ledger.ask(move |ledger| ledger.hear(asked, &said)).await? {
        desk.gate.proof_failed(peer);
        return Err(Refusal::Replayed);
    }
    desk.last.note(question.from, told);
    let wait = Duration::from_millis(u64::from(question.wait_ms)).min(LONGEST_WAIT);
    let now = Instant::now();
    let deadline = now.checked_add(wait).unwrap_or(now);
    let question = Arc::new(question);
    let mut changes = desk.ledger.changes();
    let took = take_facts(&desk, Arc::clone(&question)).await?;
    loop {
        changes.mark_unchanged();
        let (server, nonce) = (Arc::clone(&desk.server), random_nonce()?);
        let asked = Arc::clone(&question);
        let reply = move |ledger: &mut Ledger| ledger.reply(&asked, &server.answering(), nonce);
        let mut message = desk.ledger.ask(reply).await?;
        let late = Instant::now() >= deadline;
        if took || late || has_news(&message) {
            // Who no longer belongs is told nothing of others.
            if message.wipe.is_none() {
                let (from, now) = (question.from, desk.server.clock.now());
                let last = Arc::clone(&desk.last);
                let count = move |ledger: &mut Ledger| unheard(ledger, from, &last, now);
                message.unheard = desk.ledger.ask(count).await?;
            }
            return Ok(cbor(seal(&message, desk.server.convention, &desk.server.key)));
        }
        // A time-out and a change both lead to another look.
        let _ = timeout_at(deadline, changes.changed()).await;
    }
}

/// Proves that a member sent the message, and that it is meant for this server.
async fn proved(desk: &Desk, envelope: Envelope) -> Result<Message, Refusal> {
    let server = Arc::clone(&desk.server);
    desk.ledger.ask(move |ledger| Ok(ledger.opened(&envelope, &server.answering())?)).await
}

/// Stores what a station brought; returns whether it brought anything.
async fn take_facts(desk: &Desk, question: Arc<Message>) -> Result<bool, Refusal> {
    if !answer::brings(&question) {
        return Ok(false);
    }
    let (publics, held) = desk
        .ledger
        .ask(move |ledger| -> Result<_, Refusal> { Ok((ledger.publics()?, ledger.vector()?)) })
        .await?;
    let asked = Arc::clone(&question);
    // Signatures take most of the time, and the ledger's thread has others to serve.
    let sifted =
        tokio::task::spawn_blocking(move || answer::prove_facts(&asked, &publics, &held)).await;
    let sifted = sifted.map_err(|_| Refusal::Ledger(LedgerError::Busy))?;
    desk.ledger
        .ask(move |ledger| -> Result<bool, Refusal> {
            let kept = ledger.keep_brought(&question, sifted)?;
            kept.left.iter().for_each(|left| complain(question.from, left));
            Ok(true)
        })
        .await
}

fn complain(from: StationId, left: &Left) {
    tracing::warn!(station = %from, ?left, "a fact stays with its station");
}

/// Counts the other stations that may have let people in where the asker does, and have not been
/// heard from lately. It matters only where there is a number of places.
pub(crate) fn unheard(
    ledger: &Ledger,
    asker: StationId,
    last: &LastQuestions,
    now: Millis,
) -> Result<u32, LedgerError> {
    let (own, served) = (ledger.station(asker)?, ledger.served()?);
    let (Some(own), Some(served)) = (own, served) else { return Ok(0) };
    let is_limited = |id: &&Slug| {
        let activity = served.convention.activity(id);
        activity.is_some_and(|activity| activity.capacity.is_some())
    };
    let limited: Vec<&Slug> = own.profile.activities.iter().filter(is_limited).collect();
    if limited.is_empty() {
        return Ok(0);
    }
    let (stations, heard) = (ledger.stations()?, last.all(ledger)?);
    let members = ledger.members()?.into_iter();
    let active: BTreeSet<StationId> = members
        .filter(|member| member.state == MemberState::Active)
        .map(|member| member.id)
        .collect();
    let is_unheard = |other: &&Station| {
        let shares = other.profile.activities.iter().any(|activity| limited.contains(&activity));
        let is_heard = heard.get(&other.id).is_some_and(|told| told.is_fresh(now));
        shares && active.contains(&other.id) && other.id != asker && !is_heard
    };
    Ok(u32::try_from(stations.iter().filter(is_unheard).count()).unwrap_or(u32::MAX))
}

/// What the asker waits for. Attachments that are wanted are none of it: whoever has them brings
/// them with the next question, and nobody may ever.
fn has_news(message: &Message) -> bool {
    !message.facts.is_empty()
        || !message.roster.is_empty()
        || !message.blanks.is_empty()
        || message.policy.is_some()
        || message.keys.is_some()
        || message.revocations.is_some()
        || message.members.is_some()
        || message.wipe.is_some()
}

fn random_nonce() -> Result<Nonce, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Random)?;
    Ok(Nonce(bytes))
}

fn cbor(bytes: Vec<u8>) -> Response {
    ([("content-type", "application/cbor")], bytes).into_response()
}
