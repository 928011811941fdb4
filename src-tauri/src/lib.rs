//! The window of a kiosk: draws what the desk says, passes on what people do.
//!
//! It holds no rule and keeps nothing. The desk behind it is `kiosk`; the page in it is `ui`.

use std::path::Path;

use kiosk::screen::View;
use kiosk::{Options, Station};
use scanner::Device;
use tauri::webview::{NewWindowResponse, WebviewWindowBuilder};
use tauri::window::Color;
use tauri::{App, AppHandle, Emitter, Manager, WebviewUrl};

use scanners::Scanners;

mod api;
mod scanners;

/// Label of the only window; its capability names it too.
const LABEL: &str = "kiosk";

/// Stands there until the page has drawn itself: never a white flash in a dark hall.
const NIGHT: Color = Color(0x14, 0x21, 0x3D, 0xFF);

/// The largest window that `--windowed` opens, in logical pixels.
const WINDOWED: (f64, f64) = (1366.0, 768.0);

/// The application, connected to the display but showing nothing yet.
///
/// It comes apart from [`Window::run`] so that a missing display is told before a station is
/// opened or an enrolment code is used up.
#[must_use]
pub struct Window(App);

impl Window {
    /// Connects to the display.
    ///
    /// # Errors
    ///
    /// When there is no display that can be reached.
    pub fn connect() -> anyhow::Result<Window> {
        let builder = tauri::Builder::default()
            .invoke_handler(api::commands())
            .register_uri_scheme_protocol("badge", api::badge)
            .register_asynchronous_uri_scheme_protocol("camera", api::sight);
        let app = without_panic(|| builder.build(tauri::generate_context!()))?;
        Ok(Window(app))
    }

    /// Starts the desk of a station and its scanners, and shows its screen until somebody ends it.
    ///
    /// # Errors
    ///
    /// When the desk or a scanner's thread does not start, or the window cannot be made.
    pub fn run(
        self,
        station: Station,
        options: Options,
        devices: &[Device],
        look: Look<'_>,
    ) -> anyhow::Result<()> {
        let Window(app) = self;
        let page = app.handle().clone();
        // A page that is not there yet asks for the view when it comes.
        let show = move |view: &View| {
            if let Err(error) = page.emit_to(LABEL, "view", view) {
                tracing::warn!(%error, "the page did not take a view");
            }
        };
        let desk = kiosk::start(station, options, Box::new(show))?;
        app.manage(desk.clone());
        let shown = Scanners::start(devices, &desk).map_err(anyhow::Error::from).and_then(|it| {
            app.manage(it);
            Ok(open(&app, &look)?)
        });
        if shown.is_ok() {
            stop_on_signals(app.handle());
            app.run_return(|_, _| {});
        }
        desk.stop();
        shown
    }
}

/// How the window stands on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// With a frame, for trying out; otherwise it covers the whole screen.
    pub windowed: bool,
    /// Folder for the web view's own files. It writes nothing about anybody into them.
    pub scratch: &'a Path,
}

fn open(app: &App, look: &Look<'_>) -> tauri::Result<()> {
    let (width, height) = size(app, look.windowed);
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Yingbin")
        .inner_size(width, height)
        .position(0.0, 0.0)
        .fullscreen(!look.windowed)
        .decorations(look.windowed)
        .resizable(look.windowed)
        .background_color(NIGHT)
        .devtools(false)
        .zoom_hotkeys_enabled(false)
        .general_autofill_enabled(false)
        .disable_drag_drop_handler()
        .data_directory(look.scratch.to_path_buf())
        // A web view that forgets everything cannot be driven by WebDriver.
        .incognito(!is_driven())
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
    Ok(())
}

/// The size is set even for the whole screen: where no window manager runs, nobody else does it.
fn size(app: &App, windowed: bool) -> (f64, f64) {
    let Ok(Some(monitor)) = app.primary_monitor() else { return WINDOWED };
    let whole = monitor.size().to_logical::<f64>(monitor.scale_factor());
    if windowed {
        (whole.width.min(WINDOWED.0), whole.height.min(WINDOWED.1))
    } else {
        (whole.width, whole.height)
    }
}

/// The page may go nowhere but to itself.
fn is_ours(url: &tauri::Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost")) => true,
        ("http", Some("localhost")) => tauri::is_dev() && url.port() == Some(5173),
        _ => false,
    }
}

/// Returns whether a test drives this window through WebDriver.
pub fn is_driven() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some_and(|value| value == "true")
}

/// The library that connects to the display panics where there is none; people get a sentence.
fn without_panic(build: impl FnOnce() -> tauri::Result<App>) -> anyhow::Result<App> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(build));
    std::panic::set_hook(hook);
    match built {
        Ok(app) => Ok(app?),
        Err(_) => anyhow::bail!(
            "no display can be reached: start this in a graphical session, or under Xvfb with DISPLAY set"
        ),
    }
}

/// Ends the window, and with it the desk, as if it had been closed.
#[cfg(unix)]
fn stop_on_signals(app: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            match signal(kind) {
                Ok(mut signals) => {
                    signals.recv().await;
                    app.exit(0);
                }
                Err(error) => tracing::warn!(%error, "a signal to end cannot be heard"),
            }
        });
    }
}

#[cfg(not(unix))]
fn stop_on_signals(_: &AppHandle) {}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn the_page_goes_nowhere_but_to_itself() {
        let ours = ["tauri://localhost", "tauri://localhost/index.html", "http://tauri.localhost/"];
        let others = [
            "https://example.com/",
            "file:///etc/passwd",
            "about:blank",
            "data:text/html,hello",
            "badge://localhost/1",
            "tauri://elsewhere/",
            "http://localhost:8080/",
            "javascript:alert(1)",
        ];
        for url in ours {
            assert!(is_ours(&url.parse().unwrap()), "{url}");
        }
        for url in others {
            assert!(!is_ours(&url.parse().unwrap()), "{url}");
        }
    }
}
