//! What the page can ask of the desk: four commands and the picture of a badge.
//!
//! The names are those of `ui/src/backend.ts`; `permissions/guest.toml` allows them.

use kiosk::Handle;
use kiosk::screen::{Touch, View};
use tauri::http::{Request, Response, StatusCode, header};
use tauri::ipc::Invoke;
use tauri::{Manager, State, UriSchemeContext, Wry};

/// Returns what answers the page's calls.
pub(crate) fn commands() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![view, scanned, touched, language]
}

#[tauri::command]
fn view(desk: State<'_, Handle>) -> View {
    desk.view()
}

#[tauri::command]
fn scanned(desk: State<'_, Handle>, text: String) {
    desk.scanned(text);
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
    let picture = job_of(request.uri().path()).zip(desk).and_then(|(job, d)| d.badge_png(job));
    answer(picture)
}

fn job_of(path: &str) -> Option<i64> {
    path.strip_prefix('/')?.parse().ok()
}

fn answer(picture: Option<Vec<u8>>) -> Response<Vec<u8>> {
    let status = if picture.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(picture.unwrap_or_default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/png"));
    // A badge shows a person: the web view must not keep it.
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::{answer, job_of};

    #[test]
    fn a_badge_is_a_picture_that_nobody_keeps() {
        let response = answer(Some(vec![1, 2, 3]));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "image/png");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.body(), &[1, 2, 3]);
    }

    #[test]
    fn a_badge_is_asked_for_by_the_number_of_its_job() {
        assert_eq!(job_of("/17"), Some(17));
        for other in ["", "/", "17", "/17/", "/../17", "/one", "/99999999999999999999"] {
            assert_eq!(job_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_job_that_is_not_there_has_no_picture() {
        let response = answer(None);
        assert_eq!(response.status(), 404);
        assert!(response.body().is_empty());
    }
}
