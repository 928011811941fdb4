//! What programs may ask: `GET /api/health`, and with the token `GET /api/arrivals`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use admission::id::{Slug, StationId};
use admission::roster::{Attendee, Convention, Entitled, Revision, Status};
use admission::time::Millis;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ledger::clock::Clock;
use ledger::projections::Arrival;
use ledger::shared::Shared;
use ledger::{Ledger, LedgerError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::folder::served;

/// What the API serves out of.
#[derive(Clone)]
pub struct Api {
    /// The ledger.
    pub ledger: Shared,
    /// Which kind of database it is: `sqlite` or `postgres`.
    pub database: &'static str,
    /// Whether rehearsed arrivals are shown, and no others.
    pub rehearsal: bool,
    /// What tells the present day.
    pub clock: Clock,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// How many are expected, kept until the roster changes.
    pub expected: Arc<Expected>,
}

/// How many people are expected where, for one state of the roster.
#[derive(Default)]
pub struct Expected(Mutex<Option<(Revision, BTreeMap<Slug, u64>)>>);

/// The API's routes.
pub fn routes(api: Api) -> Router {
    Router::new()
        .route("/api/arrivals", get(arrivals))
        .route("/api/health", get(health))
        .with_state(api)
}

async fn health(State(api): State<Api>) -> Response {
    let database = api.database;
    let version = env!("CARGO_PKG_VERSION");
    match api.ledger.ask(|ledger| ledger.revision()).await {
        Ok(_) => Json(json!({ "status": "ok", "version": version, "database": database }))
            .into_response(),
        Err(error) => {
            tracing::error!("health: {error}");
            let body = json!({ "status": "failing", "version": version, "database": database });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

async fn arrivals(State(api): State<Api>, headers: HeaderMap) -> Response {
    let (view, expected) = ((api.rehearsal, api.clock.now()), Arc::clone(&api.expected));
    answered(&api, &headers, "arrivals", move |ledger| answer(ledger, view, &expected)).await
}

/// Answers a request with the token out of the ledger.
pub(crate) async fn answered(
    api: &Api,
    headers: &HeaderMap,
    what: &'static str,
    read: impl FnOnce(&Ledger) -> Result<Value, LedgerError> + Send + 'static,
) -> Response {
    if !may_ask(headers, &api.token_hash) {
        let body = json!({ "error": "send the header Authorization: Bearer TOKEN, with the token \
                                     that init printed" });
        let ask = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
        return (StatusCode::UNAUTHORIZED, ask, Json(body)).into_response();
    }
    match api.ledger.ask(move |ledger| read(ledger)).await {
        Ok(body) => {
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
        }
        Err(error) => {
            tracing::error!("{what}: {error}");
            let body = json!({ "error": format!("the server cannot answer now: {error}") });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

/// Tells whether a request brings the token of this hash.
pub(crate) fn may_ask(headers: &HeaderMap, token_hash: &[u8; 32]) -> bool {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = value.and_then(|value| value.split_once(' '));
    let Some((scheme, token)) = given else {
        return false;
    };
    let hash: [u8; 32] = Sha256::digest(token.trim().as_bytes()).into();
    // All bytes are compared, so that the time tells nothing about the hash.
    let difference = hash.iter().zip(token_hash).fold(0, |found, (a, b)| found | (a ^ b));
    scheme.eq_ignore_ascii_case("bearer") && difference == 0
}

/// Makes the answer of `GET /api/arrivals`.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot be read.
pub fn answer(
    ledger: &Ledger,
    (rehearsal, now): (bool, Millis),
    expected: &Expected,
) -> Result<Value, LedgerError> {
    let (convention, zone) = served(ledger)?;
    let arrivals = ledger.arrivals(rehearsal)?;
    let expected = expected.of(ledger, &convention)?;
    let mut activities = Vec::with_capacity(convention.activities.len());
    let today = now.day_in(&zone);
    for activity in &convention.activities {
        let here = arrivals.iter().filter(|arrival| arrival.activity == activity.id);
        let arrived: BTreeSet<_> = here.map(|arrival| arrival.attendee).collect();
        activities.push(json!({
            "id": activity.id,
            "title": activity.title.0,
            "expected": expected.get(&activity.id).copied().unwrap_or(0),
            "arrived": arrived.len(),
            "inside": ledger.inside_now(activity, today, rehearsal)?,
        }));
    }
    let stations = station_names(ledger)?;
    let line = |arrival: &Arrival| {
        json!({
            "attendee": arrival.attendee,
            "activity": arrival.activity,
            "direction": "in",
            "station": stations.get(&arrival.fact.log.station()),
            "at": arrival.at.rfc3339_in(&zone),
            "fact": arrival.fact,
        })
    };
    let arrivals: Vec<Value> = arrivals.iter().map(line).collect();
    Ok(json!({ "convention": convention.id, "activities": activities, "arrivals": arrivals }))
}

/// Returns the name of every station by its id.
pub(crate) fn station_names(ledger: &Ledger) -> Result<BTreeMap<StationId, String>, LedgerError> {
    let stations = ledger.stations()?;
    Ok(stations.into_iter().map(|station| (station.id, station.profile.name)).collect())
}

impl Expected {
    fn of(
        &self,
        ledger: &Ledger,
        convention: &Convention,
    ) -> Result<BTreeMap<Slug, u64>, LedgerError> {
        let revision = ledger.revision()?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counts)) = kept.as_ref().filter(|(of, _)| *of == revision) {
            return Ok(counts.clone());
        }
        let counts = count(convention, &ledger.attendees()?);
        *kept = Some((revision, counts.clone()));
        Ok(counts)
    }
}

/// Counts who is expected: entitled and not cancelled.
fn count(convention: &Convention, attendees: &[Attendee]) -> BTreeMap<Slug, u64> {
    let mut counts = BTreeMap::new();
    let is_due = |attendee: &&Attendee| attendee.status == Status::Confirmed && !attendee.test;
    for attendee in attendees.iter().filter(is_due) {
        for activity in &convention.activities {
            if let Entitled::Yes(_) = convention.entitlement(attendee, &activity.id) {
                let count: &mut u64 = counts.entry(activity.id.clone()).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    counts
}
