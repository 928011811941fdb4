//! A real CUPS of the test's own, in a temporary folder and at a port of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::eve::free_port;
use super::{eventually, within};

/// A running print server.
pub(crate) struct Cups {
    server: Child,
    _folder: TempDir,
    pub(crate) port: u16,
}

impl Cups {
    /// Starts one without queues.
    ///
    /// # Panics
    /// If it is not installed here, or does not start.
    pub(crate) fn start() -> Cups {
        let folder = TempDir::new().unwrap();
        let place = folder.path().display();
        for part in ["etc", "spool", "cache", "state"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let port = free_port();
        let (settings, files) =
            (folder.path().join("cupsd.conf"), folder.path().join("files.conf"));
        fs::write(
            &settings,
            format!(
                "Listen 127.0.0.1:{port}\nListen [::1]:{port}\nBrowsing Off\nDefaultAuthType None\nWebInterface No\n\
                 JobRetryInterval 1\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n\
                 <Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n"
            ),
        )
        .unwrap();
        fs::write(
            &files,
            format!(
                "ServerRoot {place}/etc\nRequestRoot {place}/spool\nCacheDir {place}/cache\n\
                 StateDir {place}/state\nTempDir {place}/spool\nErrorLog {place}/error_log\n\
                 AccessLog {place}/access_log\nPageLog {place}/page_log\n\
                 LogFileGroup root\n"
            ),
        )
        .unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let server = Command::new(program("cupsd"))
            .arg("-f")
            .arg("-c")
            .arg(&settings)
            .arg("-s")
            .arg(&files)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("cupsd starts");
        let cups = Cups { server, _folder: folder, port };
        eventually("CUPS", || cups.run("lpstat", &["-r"]).contains("is running"));
        cups
    }

    /// Makes a queue of a printer that needs no driver.
    pub(crate) fn add(&self, name: &str, printer: &str) {
        within(Duration::from_secs(20), "the queue", || {
            self.run("lpadmin", &["-p", name, "-E", "-v", printer, "-m", "everywhere"]);
            self.run("lpstat", &["-p", name]).contains("is idle")
        });
    }

    /// Runs one of the programs of CUPS, which go where `-h` says, and returns what it prints.
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> String {
        let done = Command::new(program(name))
            .arg("-h")
            .arg(format!("127.0.0.1:{}", self.port))
            .args(arguments)
            .output()
            .expect("it starts");
        let text = [done.stdout, done.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn program(name: &str) -> PathBuf {
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let found = places.iter().map(|place| Path::new(place).join(name));
    found
        .into_iter()
        .find(|path| path.exists())
        .expect("CUPS is installed here (apt install cups cups-client cups-filters)")
}

impl Drop for Cups {
    fn drop(&mut self) {
        // Asked to end, it ends what works for it, too.
        let _ = Command::new("kill").arg(self.server.id().to_string()).status();
        let _ = self.server.wait();
    }
}
