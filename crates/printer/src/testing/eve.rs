//! A real IPP Everywhere printer in software: `ippeveprinter` of CUPS, in a temporary folder.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::{eventually, names};

/// What the printer does with a job: it waits while a file `empty` says that there is no paper, and while a file `hold`
/// is there, and then counts one printed side. Without its folder it ends.
const WORKS: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
if [ -e empty ]; then
    echo "STATE: +media-empty-error" >&2
    while [ -e empty ]; do sleep 0.05; done
    echo "STATE: -media-empty-error" >&2
fi
while [ -e hold ]; do sleep 0.05; done
echo "ATTR: job-impressions-completed=1" >&2
"#;

/// A running printer.
pub(crate) struct Eve {
    bus: Child,
    printer: Child,
    formats: String,
    folder: TempDir,
    pub(crate) port: u16,
}

/// A port that nobody listens at, and that the system gives to nobody while a printer is switched off.
pub(crate) fn free_port() -> u16 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let place = std::process::id().wrapping_mul(37).wrapping_add(count) % 20_000;
        let port = u16::try_from(place.wrapping_add(10_000)).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Eve {
    /// Starts one that takes these formats.
    ///
    /// # Panics
    /// If it is not installed here, or does not start.
    pub(crate) fn start(formats: &str) -> Eve {
        let folder = TempDir::new().unwrap();
        let place = folder.path();
        fs::create_dir(place.join("out")).unwrap();
        let works = place.join("works");
        fs::write(&works, WORKS).unwrap();
        fs::set_permissions(&works, fs::Permissions::from_mode(0o755)).unwrap();
        let socket = place.join("bus");
        let address = format!("unix:path={}", socket.display());
        let bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--address", &address])
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed here (apt install dbus)");
        eventually("the bus", || socket.exists());
        let port = free_port();
        let printer = launch(place, formats, port);
        Eve { bus, printer, formats: formats.to_owned(), folder, port }
    }

    /// Switches it on again; what it was sent before lies there.
    pub(crate) fn revive(&mut self) {
        self.printer = launch(self.folder.path(), &self.formats, self.port);
    }

    /// Returns how it is written.
    pub(crate) fn address(&self) -> String {
        format!("ipp://localhost:{}/ipp/print", self.port)
    }

    /// Lets jobs wait for this file to go: `empty` or `hold`.
    pub(crate) fn put(&self, file: &str) {
        fs::write(self.folder.path().join(file), "").unwrap();
    }

    pub(crate) fn take_away(&self, file: &str) {
        fs::remove_file(self.folder.path().join(file)).unwrap();
    }

    /// Returns what it was sent, oldest first.
    pub(crate) fn documents(&self) -> Vec<Vec<u8>> {
        let out = self.folder.path().join("out");
        // A command may write what it made of a document to a file beside it; ours makes nothing.
        let names = names(&out).into_iter().filter(|name| !name.ends_with(".prn"));
        names.map(|name| fs::read(out.join(name)).unwrap()).collect()
    }

    /// Puts so many sheets into its tray and its by-pass.
    pub(crate) fn fill(&self, [tray, bypass]: [u32; 2]) {
        let page = format!(
            "/media?size1=na_letter_8.5x11in&type1=stationery&level1={tray}\
             &size3=na_number-10_4.125x9.5in&type3=envelope&level3={bypass}"
        );
        let mut stream = TcpStream::connect(("localhost", self.port)).unwrap();
        write!(stream, "GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        let mut answer = [0; 64];
        assert!(stream.read(&mut answer).unwrap() > 0);
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{page}");
    }

    pub(crate) fn kill(&mut self) {
        self.printer.kill().unwrap();
        self.printer.wait().unwrap();
    }

    /// Lets it hang: connections are taken, and nobody answers.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.printer.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

fn launch(place: &Path, formats: &str, port: u16) -> Child {
    let log = OpenOptions::new().create(true).append(true).open(place.join("log")).unwrap();
    let bus = format!("unix:path={}", place.join("bus").display());
    let mut printer = Command::new(program())
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
        .env("TMPDIR", place)
        .args(["-v", "-k", "-n", "localhost", "-r", "off", "-p", &port.to_string()])
        .arg("-d")
        .arg(place.join("out"))
        .arg("-c")
        .arg(place.join("works"))
        .args(["-f", formats, "Badge"])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("ippeveprinter starts");
    eventually("the printer", || {
        assert!(printer.try_wait().unwrap().is_none(), "ippeveprinter ended");
        TcpStream::connect(("localhost", port)).is_ok()
    });
    printer
}

fn program() -> PathBuf {
    let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    let found = places.iter().map(|place| Path::new(place).join("ippeveprinter"));
    found
        .into_iter()
        .find(|path| path.exists())
        .expect("ippeveprinter is installed here (apt install cups-ipp-utils)")
}

impl Drop for Eve {
    fn drop(&mut self) {
        for child in [&mut self.printer, &mut self.bus] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
