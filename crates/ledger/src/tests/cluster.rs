//! A real PostgreSQL of the test's own: made in a temporary folder, ended with its value.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running PostgreSQL, asked through a socket in its folder.
pub struct Cluster {
    server: Child,
    programs: PathBuf,
    folder: TempDir,
    settings: Vec<String>,
}

/// Where Debian and others put the programs.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").ok();
    let versions = debian.into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut places: Vec<PathBuf> = versions.collect();
    places.sort();
    places.reverse();
    places.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    places.into_iter().find(|place| place.join("initdb").exists())
}

/// Makes a command that does not run as root, which PostgreSQL refuses.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output().expect("this machine has the program id");
    uid.stdout == b"0\n"
}

fn serve(programs: &Path, folder: &Path, settings: &[String]) -> Child {
    let log = fs::File::create(folder.join("log")).expect("a log");
    let mut start = command(&programs.join("postgres"), folder);
    start.args(["-D", "data", "-c", "listen_addresses=", "-c", "max_connections=200", "-k"]);
    start.arg(folder).stderr(log);
    for setting in settings {
        start.args(["-c", setting]);
    }
    start.spawn().expect("postgres starts")
}

impl Cluster {
    /// Makes one and starts it; `settings` are given to the server, such as `fsync=off`.
    ///
    /// # Panics
    /// If PostgreSQL is not installed here or does not start, with the sentence that says why.
    pub fn start(settings: &[&str]) -> Cluster {
        let programs = programs().expect("PostgreSQL is installed here (apt install postgresql)");
        let folder = TempDir::new().expect("a temporary folder");
        let place = folder.path();
        if is_root() {
            let nobody = |kind: &str| {
                let id = Command::new("id").args([kind, "nobody"]).output().expect("id");
                String::from_utf8_lossy(&id.stdout).trim().parse().ok()
            };
            chown(place, nobody("-u"), nobody("-g")).expect("the folder given to nobody");
        }
        fs::set_permissions(place, fs::Permissions::from_mode(0o700)).expect("a private folder");
        let made = command(&programs.join("initdb"), place)
            .args(["-D", "data", "-U", "yingbin", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let server = serve(&programs, place, &settings);
        let cluster = Cluster { server, programs, folder, settings };
        cluster.wait();
        cluster
    }

    /// Ends it and starts it again: every connection is gone.
    pub fn restart(&mut self) {
        self.signal("INT");
        self.server.wait().expect("postgres ends");
        self.server = serve(&self.programs, self.folder.path(), &self.settings);
        self.wait();
    }

    /// Returns the address of a database of it.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://yingbin@{folder}/{database}")
    }

    /// Runs statements in a database and returns what they print, a row a line.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let done = self.psql(database, statements);
        assert!(done.status.success(), "psql: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn psql(&self, database: &str, statements: &str) -> std::process::Output {
        Command::new(self.programs.join("psql"))
            .arg("-h")
            .arg(self.folder.path())
            .args(["-U", "yingbin", "-d", database, "-qAtc", statements])
            .stdin(Stdio::null())
            .output()
            .expect("psql starts")
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.psql("postgres", "SELECT 1").status.success() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.server.id().to_string();
        let _ = Command::new("kill").args(["-s", name, &pid]).status();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.signal("INT");
        let _ = self.server.wait();
    }
}
