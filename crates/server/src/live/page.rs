//! The page's files, which are built in: markup, look, behaviour, and a face for machines that have
//! no Chinese font of their own.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Everything comes from this server, and nothing else is loaded, run, framed or sent anywhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// A new version of the server must show at the next opening of the page.
const ASK_AGAIN: &str = "no-cache";
/// Ten megabytes that never change.
const KEEP: &str = "public, max-age=31536000";

const HTML: &str = include_str!("../../../../ui/live/live.html");
const CSS: &str = include_str!("../../../../ui/live/live.css");
const JS: &str = include_str!("../../../../ui/live/live.js");

/// The routes of the files; they need no token, because they hold no figure.
pub(super) fn routes() -> Router {
    Router::new()
        .route("/live", get(async || file("text/html; charset=utf-8", ASK_AGAIN, HTML.as_bytes())))
        .route(
            "/live/live.css",
            get(async || file("text/css; charset=utf-8", ASK_AGAIN, CSS.as_bytes())),
        )
        .route(
            "/live/live.js",
            get(async || file("text/javascript; charset=utf-8", ASK_AGAIN, JS.as_bytes())),
        )
        .route(
            "/live/font.ttf",
            get(async || file("font/ttf", KEEP, badge::chinese_face(badge::Weight::Regular))),
        )
        .route(
            "/live/font-bold.ttf",
            get(async || file("font/ttf", KEEP, badge::chinese_face(badge::Weight::Bold))),
        )
}

fn file(kind: &'static str, keep: &'static str, bytes: &'static [u8]) -> Response {
    let headers: [(HeaderName, &str); 3] =
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, keep), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, bytes).into_response()
}
