//! Debian's chromium without a display, for pages that the server serves.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with one page, as large as a wall's screen.
pub struct Browser {
    runtime: tokio::runtime::Runtime,
    client: Option<Client>,
    driver: Child,
    // Profile, home and temporary files: the browser leaves nothing outside of it.
    home: TempDir,
}

impl Browser {
    /// Starts a browser of 1920 by 1080.
    pub fn start() -> Browser {
        let home = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let temporary = home.path().join("t");
        std::fs::create_dir(&temporary).unwrap();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("HOME", home.path())
            .env("TMPDIR", temporary)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is missing; `./kiosk test` installs it");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut browser = Browser { runtime, client: None, driver, home };
        super::wait_for("chromium's driver to listen", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let opened = browser.runtime.block_on(connect(port, browser.home.path()));
        browser.client = Some(opened);
        browser
    }

    /// Opens an address in a new tab, which knows nothing of the one before.
    pub fn open(&self, address: &str) {
        self.runtime.block_on(async {
            let tab = self.client().new_window(true).await.unwrap();
            self.client().close_window().await.unwrap();
            self.client().switch_to_window(tab.handle).await.unwrap();
            self.client().set_window_size(1920, 1080).await.unwrap();
            self.client().goto(address).await.unwrap();
        });
    }

    /// Waits until an element that matches `selector` shows `text`; fails with what the page says.
    pub fn wait_for(&self, selector: &str, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.texts(selector).iter().any(|said| said.contains(text)) {
            let late = Instant::now() > end;
            assert!(!late, "{text:?} is not in {selector}: {:?}", self.texts("body"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns what all elements that match show.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.runtime.block_on(async {
            let mut texts = Vec::new();
            for element in self.client().find_all(Locator::Css(selector)).await.unwrap() {
                // An element may be gone again.
                texts.extend(element.text().await.ok());
            }
            texts
        })
    }

    /// Runs a script in the page.
    pub fn script(&self, script: &str) -> Value {
        self.runtime.block_on(self.client().execute(script, Vec::new())).unwrap()
    }

    /// Presses an element.
    pub fn click(&self, selector: &str) {
        self.runtime.block_on(async {
            self.client().find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
        });
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }
}

impl Drop for Browser {
    /// Closes the browser and waits for all of its processes before its folder goes.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            let _ = self.runtime.block_on(client.close());
        }
        let driver = self.driver.id().to_string();
        let others = || processes(self.home.path()).into_iter().filter(|pid| *pid != driver);
        let end = Instant::now() + Duration::from_secs(10);
        while others().next().is_some() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        // A story that went wrong in the middle of a command leaves a browser that does not close.
        for pid in others() {
            let _ = Command::new("kill").args(["-KILL", &pid]).status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Returns the processes whose home is this folder.
fn processes(home: &Path) -> Vec<String> {
    let wanted = format!("HOME={}", home.display());
    let is_ours = |process: &std::fs::DirEntry| {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(is_ours).map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}

async fn connect(port: u16, home: &Path) -> Client {
    let profile = format!("--user-data-dir={}", home.join("profile").display());
    // Without a sandbox, because the tests may run as root.
    let arguments = json!([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        profile
    ]);
    let options = json!({ "binary": "/usr/bin/chromium", "args": arguments });
    let mut wanted = serde_json::Map::new();
    wanted.insert("browserName".into(), json!("chrome"));
    wanted.insert("goog:chromeOptions".into(), options);
    let url = format!("http://127.0.0.1:{port}");
    let mut builder = ClientBuilder::new(HttpConnector::new());
    let opening = builder.capabilities(wanted).connect(&url);
    tokio::time::timeout(Duration::from_secs(60), opening)
        .await
        .expect("the browser did not open within a minute")
        .expect("chromium's driver could not open it")
}
