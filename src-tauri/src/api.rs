//! What the page can ask for: of the desk four commands and the picture of a badge, of the scanners
//! two commands and what a camera sees.
//!
//! The names are those of `ui/src/backend.ts`; `permissions/guest.toml` allows them.

use kiosk::Handle;
use kiosk::screen::{self, Touch, View};
use tauri::http::{Request, Response, StatusCode, header};
use tauri::ipc::Invoke;
use tauri::{Manager, State, UriSchemeContext, UriSchemeResponder, Wry};

use crate::scanners::Scanners;

/// Returns what answers the page's calls.
pub(crate) fn commands() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![view, scanned, touched, language, scanners, camera]
}

#[tauri::command]
fn view(desk: State<'_, Handle>) -> View {
    desk.view()
}

#[tauri::command]
fn scanned(scanners: State<'_, Scanners>, text: String) {
    scanners.typed(text);
}

#[tauri::command]
fn scanners(scanners: State<'_, Scanners>) -> screen::Scanners {
    scanners.page()
}

#[tauri::command]
fn camera(scanners: State<'_, Scanners>) -> Option<u32> {
    scanners.camera()
}

#[tauri::command]
fn touched(desk: State<'_, Handle>, touch: Touch, number: u32) {
    desk.touched(touch, number);
}

#[tauri::command]
fn language(desk: State<'_, Handle>, tag: String) {
    desk.language(tag);
}

/// Answers `badge://localhost/JOB` with the picture of the badge that this job prints.
pub(crate) fn badge(
    context: UriSchemeContext<'_, Wry>,
    request: Request<Vec<u8>>,
) -> Response<Vec<u8>> {
    let desk = context.app_handle().try_state::<Handle>();
    let picture = number_of(request.uri().path()).zip(desk).and_then(|(job, d)| d.badge_png(job));
    answer(picture, "image/png")
}

/// Answers `camera://localhost/NUMBER` with what that camera sees now, drawn on a thread of its own.
pub(crate) fn sight(
    context: UriSchemeContext<'_, Wry>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let app = context.app_handle().clone();
    tauri::async_runtime::spawn_blocking(move || {
        let scanners = app.try_state::<Scanners>();
        let camera = number_of(request.uri().path()).and_then(|number| u32::try_from(number).ok());
        let preview = camera.zip(scanners).and_then(|(camera, scanners)| scanners.preview(camera));
        responder.respond(answer(preview.map(|preview| preview.bytes.clone()), "image/bmp"));
    });
}

fn number_of(path: &str) -> Option<i64> {
    path.strip_prefix('/')?.parse().ok()
}

fn answer(picture: Option<Vec<u8>>, kind: &'static str) -> Response<Vec<u8>> {
    let status = if picture.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(picture.unwrap_or_default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    // It shows a person: the web view must not keep it.
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    // The page is of another scheme, and no other page is in this window.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
    response
}

#[cfg(test)]
mod tests {
    use super::{answer, number_of};

    #[test]
    fn a_badge_is_a_picture_that_nobody_keeps() {
        let response = answer(Some(vec![1, 2, 3]), "image/png");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "image/png");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.body(), &[1, 2, 3]);
    }

    #[test]
    fn a_picture_is_asked_for_by_its_number() {
        assert_eq!(number_of("/17"), Some(17));
        for other in ["", "/", "17", "/17/", "/../17", "/one", "/99999999999999999999"] {
            assert_eq!(number_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_job_that_is_not_there_has_no_picture() {
        let response = answer(None, "image/png");
        assert_eq!(response.status(), 404);
        assert!(response.body().is_empty());
    }
}
