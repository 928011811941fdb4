//! A real window: its own X display, WebKit's driver, and a scanner that types.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::program;
use super::venue::{MORNING, Venue};

/// A program of the system in the background; it ends with the story.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The kiosk's window on a display of its own.
pub struct Window {
    runtime: tokio::runtime::Runtime,
    client: Option<Client>,
    display: String,
    driver: Option<Background>,
    _display: Background,
}

impl Window {
    /// Opens `yingbin-kiosk` with these arguments.
    pub fn open(arguments: &[&str]) -> Window {
        let (server, display) = start_display();
        let (driver, port) = start_driver(&display);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(connect(port, arguments));
        Window { runtime, client: Some(client), display, driver: Some(driver), _display: server }
    }

    /// Opens a kiosk's window at a venue that rehearses the morning; badges come out in its folder
    /// `out`.
    pub fn at(venue: &Venue, options: &[&str]) -> Window {
        let added = venue.add_station("K2", ("kiosk", "hall"), "registration");
        let data = venue.path("kiosk").display().to_string();
        let printer = format!("folder:{}", venue.path("out").display());
        let code = added["code"].as_str().unwrap();
        let joining = ["--data", &data, "--enrol", &venue.url, "--code", code];
        let rehearsing = ["--printer", &printer, "--rehearse", MORNING];
        Window::open(&[&joining[..], &rehearsing, options].concat())
    }

    /// Waits until an element that matches `selector` says `text`; fails with what the page says.
    pub fn wait_for(&self, selector: &str, text: &str) {
        let end = std::time::Instant::now() + Duration::from_secs(30);
        while !self.texts(selector).iter().any(|said| said.contains(text)) {
            let late = std::time::Instant::now() > end;
            assert!(!late, "{text:?} is not in {selector}: {:?}", self.texts("body"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the texts of all elements that match.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.runtime.block_on(async {
            let mut texts = Vec::new();
            for element in self.client().find_all(Locator::Css(selector)).await.unwrap() {
                // An element may be gone again with its screen.
                texts.extend(element.text().await.ok());
            }
            texts
        })
    }

    /// Presses an element.
    pub fn click(&self, selector: &str) {
        self.runtime.block_on(async {
            self.client().find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
        });
    }

    /// Runs a script in the page.
    pub fn script(&self, script: &str) -> serde_json::Value {
        self.runtime.block_on(self.client().execute(script, Vec::new())).unwrap()
    }

    /// Types a code as a keyboard scanner does, Return at the end.
    fn scan(&self, token: &str) {
        self.keys(&["type", "--delay", "4", token]);
        self.keys(&["key", "Return"]);
    }

    /// Scans until the page says `text`: on a busy machine a code may come in pieces, and a guest
    /// then holds it to the scanner again.
    pub fn scan_for(&self, token: &str, text: &str) {
        let said = || self.texts("body").iter().any(|said| said.contains(text));
        for _ in 0..3 {
            self.scan(token);
            let end = std::time::Instant::now() + Duration::from_secs(8);
            while std::time::Instant::now() < end {
                if said() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        panic!("{text:?} is not on the page: {:?}", self.texts("body"));
    }

    /// Lets the keyboard do something.
    pub fn keys(&self, arguments: &[&str]) {
        let status =
            Command::new("xdotool").env("DISPLAY", &self.display).args(arguments).status().unwrap();
        assert!(status.success(), "xdotool {arguments:?}");
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }
}

impl Drop for Window {
    /// Closes the window and waits for all of its processes: WebKit's write into the data folder to
    /// their last moment, and the story is about to remove it.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            let _ = self.runtime.block_on(client.close());
        }
        self.driver = None;
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while is_used(&self.display) && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Tells whether any process has this display in its environment.
fn is_used(display: &str) -> bool {
    let wanted = format!("DISPLAY={display}");
    let has = |process: std::fs::DirEntry| {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    std::fs::read_dir("/proc").unwrap().flatten().any(has)
}

fn start_display() -> (Background, String) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1080x1920x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is missing; `./kiosk test` installs it");
    let mut number = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
    (Background(server), format!(":{}", number.trim()))
}

fn start_driver(display: &str) -> (Background, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let driver = Command::new("WebKitWebDriver")
        .args(["--host=127.0.0.1", &format!("--port={port}")])
        .env("DISPLAY", display)
        // What tauri's own driver sets: the window lets itself be driven.
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("WebKitWebDriver is missing; `./kiosk test` installs it");
    let driver = Background(driver);
    super::wait_for("WebKit's driver to listen", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
    (driver, port)
}

async fn connect(port: u16, arguments: &[&str]) -> Client {
    let program: &Path = &program::path("yingbin-kiosk");
    // Windows of other stories are no neighbours.
    let arguments = [arguments, &["--no-lan"]].concat();
    let options = json!({ "binary": program, "args": arguments });
    let mut wanted = serde_json::Map::new();
    wanted.insert("browserName".into(), json!("wry"));
    wanted.insert("webkitgtk:browserOptions".into(), options);
    let url = format!("http://127.0.0.1:{port}");
    let mut builder = ClientBuilder::new(HttpConnector::new());
    let opening = builder.capabilities(wanted).connect(&url);
    tokio::time::timeout(Duration::from_secs(60), opening)
        .await
        .expect("the window did not open within a minute")
        .expect("WebKit's driver could not open the window")
}
