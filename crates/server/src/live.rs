//! The live page: who is expected and who is here, on a wall or on the organiser's table.
//!
//! `GET /live` is one page of static files (`ui/live/`); it needs no token and holds no figure.
//! `GET /api/live` tells the figures as server-sent events, the whole state each time;
//! `GET /api/figures` tells them once. Both want a token: the API token opens the organiser's view,
//! which names those who came last; the wall's token opens figures without any person's name and
//! nothing else. Counting is in [`figures`] and knows neither ledger nor network; `board` counts
//! once for everybody who looks.

mod board;
pub mod figures;
pub mod line;
mod page;
mod sectors;

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use admission::id::Slug;
use anyhow::Context;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use data_encoding::HEXLOWER;
use futures_util::stream::{self, Stream};
use ledger::clock::Clock;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::answer;
use crate::api::may_ask;
use crate::folder::{Folder, Settings};
use board::{Board, NoFigures, Told};
use figures::View;

/// How often a silent connection is kept alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often figures are told without a change: the clock of a wall and its line go on.
const AT_LEAST_EVERY: Duration = Duration::from_secs(60);
/// Most screens at once; stations must not find all connections taken by people who look.
const MOST_SCREENS: usize = 256;
/// What a wall's token is derived with.
const WALL: &str = "yingbin-wall-v1";

/// The routes of the page and of its figures.
///
/// # Errors
/// A sentence, if the folder's settings or its database cannot be read.
pub fn routes(folder: &Folder, clock: Clock, rehearsal: bool) -> anyhow::Result<Router> {
    let hash = HEXLOWER.decode(folder.settings.api_token_sha256.as_bytes()).ok();
    let organiser = hash.and_then(|hash| hash.try_into().ok()).context("server.json is damaged")?;
    let wall = Sha256::digest(wall_token(&folder.settings).as_bytes()).into();
    // A ledger of the page's own: however long it reads, no station waits for it.
    let ledger = folder.share_to_read()?;
    let live = Live {
        organiser,
        wall,
        board: Arc::new(Board::new(ledger, clock, rehearsal)),
        screens: Arc::new(Semaphore::new(MOST_SCREENS)),
    };
    Ok(Router::new()
        .route("/api/live", get(events))
        .route("/api/figures", get(once))
        .with_state(live)
        .merge(page::routes()))
}

/// Derives the token of the wall's view from what the server keeps of the API token.
pub fn wall_token(settings: &Settings) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{WALL}{}", settings.api_token_sha256).as_bytes()))
}

/// `live`: prints `{"wall": URL}`.
///
/// # Errors
/// A sentence, if `serve` has never listened on this folder.
pub fn run(data: &Path) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let address = folder.address().with_context(|| {
        format!(
            "serve has not listened on this folder yet; start it with: yingbin-server --data {} \
             serve",
            data.display()
        )
    })?;
    let wall = format!("{address}/live#{}", wall_token(&folder.settings));
    if address.contains("//0.0.0.0") || address.contains("//[::]") {
        eprintln!("Put this machine's own name or address in the place of the noughts.");
    }
    eprintln!(
        "This address shows figures and no person's name. The organiser's view, which names those \
         who came last, is {address}/live# with the API token behind the #."
    );
    answer(&format!("{}\n", json!({ "wall": wall })))
}

#[derive(Clone)]
struct Live {
    /// SHA-256 of the API token.
    organiser: [u8; 32],
    /// SHA-256 of the wall's token.
    wall: [u8; 32],
    board: Arc<Board>,
    screens: Arc<Semaphore>,
}

/// What the address may say.
#[derive(Deserialize)]
struct Wanted {
    /// Which activity; the one where badges are collected if it is missing.
    activity: Option<String>,
    /// `1` leaves the names out for somebody who may see them.
    wall: Option<String>,
}

/// The same, or that it cannot be read.
type Said = Result<Query<Wanted>, QueryRejection>;

/// Whose figures somebody is to see.
#[derive(Clone)]
struct Asked {
    activity: Option<Slug>,
    view: View,
}

/// Why somebody gets no figures.
enum Refusal {
    Token,
    Query,
    Activity,
    Full,
    Failing,
}

impl Live {
    fn asked(&self, headers: &HeaderMap, said: Said) -> Result<Asked, Refusal> {
        let is_organiser = may_ask(headers, &self.organiser);
        if !is_organiser && !may_ask(headers, &self.wall) {
            return Err(Refusal::Token);
        }
        let Query(wanted) = said.map_err(|_| Refusal::Query)?;
        let view = match is_organiser && wanted.wall.as_deref() != Some("1") {
            true => View::Organiser,
            false => View::Wall,
        };
        let activity = wanted.activity.map(|activity| activity.parse());
        Ok(Asked { activity: activity.transpose().map_err(|_| Refusal::Activity)?, view })
    }

    async fn figures(&self, asked: &Asked) -> Result<Arc<Told>, Refusal> {
        let figures = self.board.figures(asked.activity.clone(), asked.view).await;
        figures.map_err(|error| match error {
            NoFigures::NoActivity => Refusal::Activity,
            NoFigures::Ledger(error) => {
                tracing::error!("figures: {error}");
                Refusal::Failing
            }
        })
    }
}

async fn once(
    State(live): State<Live>,
    said: Said,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let figures = live.figures(&live.asked(&headers, said)?).await?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, figures.json.clone()).into_response())
}

async fn events(
    State(live): State<Live>,
    said: Said,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = live.asked(&headers, said)?;
    let changes = live.board.changes();
    let place = Arc::clone(&live.screens).try_acquire_owned().map_err(|_| Refusal::Full)?;
    let told = live.figures(&asked).await?;
    let screen = Screen { live, asked, changes, told, begun: false, _place: place };
    let events = Sse::new(screen.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([(CACHE_CONTROL, "no-store")], events).into_response())
}

/// Somebody who looks.
struct Screen {
    live: Live,
    asked: Asked,
    changes: watch::Receiver<u64>,
    /// What is to be told first, or was told last.
    told: Arc<Told>,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

impl Screen {
    /// The whole state at once, and again whenever it has changed. The stream ends where nothing
    /// can be told; the page then asks again and hears why.
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut screen| {
            if std::mem::replace(&mut screen.begun, true) {
                screen.told = screen.next().await?;
            }
            Some((Ok(Event::default().data(&screen.told.json)), screen))
        })
    }

    /// Waits for figures that differ, a minute at most.
    async fn next(&mut self) -> Option<Arc<Told>> {
        let late = Instant::now().checked_add(AT_LEAST_EVERY)?;
        loop {
            let changed = timeout_at(late, self.changes.changed()).await;
            match changed {
                Ok(Err(_)) => return None,
                Ok(Ok(())) => self.live.board.rest().await,
                Err(_) => {}
            }
            self.changes.mark_unchanged();
            let told = self.live.figures(&self.asked).await.ok()?;
            if changed.is_err() || told.state != self.told.state {
                return Some(told);
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, error) = match self {
            Refusal::Token => (
                StatusCode::UNAUTHORIZED,
                "token",
                "send the header Authorization: Bearer TOKEN, with the token that \
                 `yingbin-server live` prints, or the one that init printed",
            ),
            Refusal::Query => (
                StatusCode::BAD_REQUEST,
                "query",
                "say activity and wall once each at most, such as ?activity=opening&wall=1",
            ),
            Refusal::Activity => (
                StatusCode::NOT_FOUND,
                "activity",
                "this convention has no such activity; leave activity out for the usual one",
            ),
            Refusal::Full => {
                (StatusCode::SERVICE_UNAVAILABLE, "full", "too many screens look at once")
            }
            Refusal::Failing => {
                (StatusCode::SERVICE_UNAVAILABLE, "failing", "the server cannot count now")
            }
        };
        let body = Json(json!({ "code": code, "error": error }));
        match self {
            Refusal::Token => (status, [(WWW_AUTHENTICATE, "Bearer")], body).into_response(),
            _ => (status, body).into_response(),
        }
    }
}

#[cfg(test)]
mod tests;
