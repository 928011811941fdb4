//! What a person has to look at, with names: `GET /api/review` for programs, and the organiser's
//! live page. Which doubts there are [`admission::review`] says; whoever decides one does that at a
//! staffed station, because the server writes no facts.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use ledger::Ledger;
use serde_json::json;

use crate::api::{Api, answered};
use crate::folder::served;

/// The route.
pub fn routes(api: Api) -> Router {
    Router::new().route("/api/review", get(review)).with_state(api)
}

async fn review(State(api): State<Api>, headers: HeaderMap) -> Response {
    let rehearsal = api.rehearsal;
    let list = move |ledger: &Ledger| {
        let (convention, zone) = served(ledger)?;
        let found = ledger.doubts_told((&convention, &zone), rehearsal, usize::MAX)?;
        Ok(json!({ "convention": convention.id, "doubts": found.doubts }))
    };
    answered(&api, &headers, "review", list).await
}
