//! What the page can ask for: of the desk four commands and the picture of a badge, of the scanners
//! two commands and what a camera sees.
//!
//! The names are those of `ui/src/backend.ts`; `permissions/guest.toml` allows them.

use kiosk::Handle;
use kiosk::screen::{self, Touch, View};
use scanner::Preview;
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

/// Answers `camera://localhost/CAMERA?after=NUMBER` with what that camera sees now, drawn on a thread of
/// its own, and its number as `ETag`; with 204 where that is the picture with the number.
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
        let after = request.uri().query().and_then(|query| query.strip_prefix("after="));
        responder.respond(newer(preview.as_deref(), after));
    });
}

fn newer(preview: Option<&Preview>, after: Option<&str>) -> Response<Vec<u8>> {
    let Some(Preview { number, bytes }) = preview else { return answer(None, "image/bmp") };
    let number = number.to_string();
    let is_new = after != Some(&number);
    let mut response = answer(Some(if is_new { bytes.clone() } else { Vec::new() }), "image/bmp");
    if !is_new {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    if let Ok(number) = header::HeaderValue::from_str(&number) {
        response.headers_mut().insert(header::ETAG, number);
    }
    let told = header::HeaderValue::from_static("etag");
    response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, told);
    response
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
    use scanner::Preview;

    use super::{answer, newer, number_of};

    #[test]
    fn a_badge_is_a_picture_that_nobody_keeps() {
        let response = answer(Some(vec![1, 2, 3]), "image/png");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "image/png");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.body(), &[1, 2, 3]);
    }

    #[test]
    fn what_a_camera_sees_is_sent_once() {
        let preview = Preview { number: 7, bytes: vec![1, 2, 3] };
        let first = newer(Some(&preview), None);
        assert_eq!((first.status().as_u16(), first.body().len()), (200, 3));
        assert_eq!(first.headers()["etag"], "7");
        let again = newer(Some(&preview), Some("7"));
        assert_eq!((again.status().as_u16(), again.body().len()), (204, 0));
        assert_eq!(newer(Some(&preview), Some("6")).status(), 200);
        assert_eq!(newer(None, Some("7")).status(), 404);
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
