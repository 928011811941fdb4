//! An empty window of the same kind as the kiosk's: what the web view costs before anybody writes a
//! line. `./kiosk bench` measures the kiosk beside it.

use tauri::http::{Request, Response};
use tauri::webview::WebviewWindowBuilder;
use tauri::{UriSchemeContext, WebviewUrl, Wry};

/// One colour, so that whoever watches the screen sees when it is drawn.
const PAGE: &str =
    "<!doctype html><title>Empty</title><body style=\"margin:0;background:#f7e7c1\"></body>";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = "empty://localhost/".parse()?;
    let builder = tauri::Builder::default().register_uri_scheme_protocol("empty", page);
    let app = builder.build(tauri::generate_context!())?;
    let monitor = app.primary_monitor()?.ok_or("no monitor")?;
    let size = monitor.size().to_logical::<f64>(monitor.scale_factor());
    WebviewWindowBuilder::new(&app, "empty", WebviewUrl::CustomProtocol(address))
        .title("Empty")
        .inner_size(size.width, size.height)
        .position(0.0, 0.0)
        .fullscreen(true)
        .decorations(false)
        .incognito(true)
        .build()?;
    app.run(|_, _| {});
    Ok(())
}

fn page(_: UriSchemeContext<'_, Wry>, _: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let mut response = Response::new(PAGE.as_bytes().to_vec());
    let html = tauri::http::HeaderValue::from_static("text/html");
    response.headers_mut().insert(tauri::http::header::CONTENT_TYPE, html);
    response
}
