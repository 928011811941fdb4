//! A venue: the demo convention on a real server, and stations that are enrolled at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use serde_json::Value;
use tempfile::TempDir;

use super::program::{self, Outcome, Running};
use super::project;

/// The moment of the stories: the second morning, registration open, the opening's doors too.
pub const MORNING: &str = "2023-09-26T07:45:00+08:00";

/// The demo convention, imported.
pub struct Venue {
    /// Ended before its folder goes: it would write into that to its last moment.
    server: Option<Running>,
    folder: TempDir,
    /// The API token that `init` printed.
    pub token: String,
    /// Where the server listens.
    pub url: String,
    rehearsal: Option<String>,
    options: Vec<String>,
    // Held, so that the next venue need not import the demo again.
    #[expect(dead_code, reason = "held only to keep it alive")]
    template: Arc<Template>,
}

impl Venue {
    /// Sets up the demo convention and starts its server on a free port.
    pub fn open() -> Venue {
        Venue::begin(&DEMO, None, &[])
    }

    /// The same, encrypted with these options of `serve`.
    pub fn encrypted(options: &[&str]) -> Venue {
        Venue::begin(&DEMO, None, options)
    }

    /// The same, with a server that rehearses [`MORNING`].
    pub fn rehearsing() -> Venue {
        Venue::begin(&DEMO, Some(MORNING.to_owned()), &[])
    }

    /// The demo with what it does not have itself: breakfasts, a lounge, a strict door, a tour.
    pub fn with_more_activities() -> Venue {
        Venue::begin(&MORE, None, &[])
    }

    fn begin(source: &'static Source, rehearsal: Option<String>, options: &[&str]) -> Venue {
        let (folder, template) = (TempDir::new().unwrap(), source.template());
        copy(&template.folder.path().join("server"), &folder.path().join("server"));
        let token = template.token.clone();
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let (url, server) = (String::new(), None);
        let mut venue = Venue { server, folder, token, url, rehearsal, options, template };
        venue.start_server("127.0.0.1:0");
        venue
    }

    /// Returns the venue's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a path inside the venue's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the server again on the port that it had.
    pub fn restart_server(&mut self) {
        let port = self.url.rsplit('/').next().unwrap().to_owned();
        self.start_server(&port);
    }

    /// Starts the server on this address.
    pub fn start_server(&mut self, listen: &str) {
        let data = self.path("server");
        let mut arguments = vec!["--data", data.to_str().unwrap(), "serve", "--listen", listen];
        if let Some(moment) = &self.rehearsal {
            arguments.extend(["--rehearse", moment]);
        }
        arguments.extend(self.options.iter().map(String::as_str));
        let mut server = Running::start("yingbin-server", &arguments);
        let ready = server.hear_json();
        self.url = ready["ready"].as_str().unwrap().to_owned();
        self.server = Some(server);
    }

    /// Starts the server again, with its data in PostgreSQL from now on.
    pub fn move_to(&mut self, database: &str) {
        self.kill_server();
        self.options.extend(["--database".to_owned(), database.to_owned()]);
        self.restart_server();
    }

    /// Starts a second server on a copy of the folder; returns it and its address.
    pub fn second_server(&self, database: &str) -> (Running, String) {
        copy(&self.path("server"), &self.path("server-2"));
        self.second_server_at("127.0.0.1:0", database)
    }

    /// Starts the second server on this address.
    pub fn second_server_at(&self, listen: &str, database: &str) -> (Running, String) {
        let data = self.path("server-2");
        let data = data.to_str().unwrap();
        let listen = ["serve", "--listen", listen, "--database", database];
        let mut server =
            Running::start("yingbin-server", &[&["--data", data], &listen[..]].concat());
        let url = server.hear_json()["ready"].as_str().unwrap().to_owned();
        (server, url)
    }

    /// Ends the server at once.
    pub fn kill_server(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Asks the server to end, as a service manager does.
    pub fn stop_server(&mut self) -> Outcome {
        self.server.take().unwrap().terminate()
    }

    /// Runs a command of the server.
    pub fn server(&self, arguments: &[&str]) -> Outcome {
        let data = self.path("server");
        let all = [&["--data", data.to_str().unwrap()], arguments].concat();
        program::run("yingbin-server", &all, "")
    }

    /// Adds a station and returns its enrolment code.
    pub fn add_station(&self, name: &str, (role, site): (&str, &str), activity: &str) -> Value {
        let place = ["--role", role, "--site", site, "--activity", activity, "--url", &self.url];
        self.server(&[&["station", "add", name], &place[..]].concat()).ok().json()
    }

    /// Enrols a station for an activity at the hall.
    pub fn station(&self, name: &str, activity: &str) -> Desk {
        self.station_at(name, "hall", activity)
    }

    /// Enrols a station for an activity at a site.
    pub fn station_at(&self, name: &str, site: &str, activity: &str) -> Desk {
        self.station_over(&self.url, name, (site, activity))
    }

    /// Enrols a station that reaches the server at this address, for an activity at a site.
    pub fn station_over(&self, url: &str, name: &str, (site, activity): (&str, &str)) -> Desk {
        let added = self.add_station(name, ("kiosk", site), activity);
        let desk = Desk { data: self.path(name) };
        desk.command(&["enrol", url, added["code"].as_str().unwrap()]).ok();
        desk
    }

    /// Enrols a station at the hall that a steward works, supplied with blanks.
    pub fn staffed(&self, name: &str, activity: &str, options: &[&str]) -> Desk {
        let place = ["--role", "staff", "--site", "hall", "--activity", activity];
        let add = [&["station", "add", name][..], &place, &["--url", &self.url], options].concat();
        let added = self.server(&add).ok().json();
        let desk = Desk { data: self.path(name) };
        desk.command(&["enrol", &self.url, added["code"].as_str().unwrap()]).ok();
        desk.command(&["sync"]).ok();
        desk
    }

    /// Asks the server for its arrivals.
    pub fn arrivals(&self) -> Value {
        let (status, body) = get(&format!("{}/api/arrivals", self.url), Some(&self.token));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Returns who arrived at an activity, by attendee id, each as often as the server lists it.
    pub fn arrived(&self, activity: &str) -> Vec<String> {
        let arrivals = self.arrivals();
        let all = arrivals["arrivals"].as_array().unwrap();
        let of = all.iter().filter(|arrival| arrival["activity"] == activity);
        of.map(|arrival| arrival["attendee"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the people of the demo, by registration number.
    pub fn people(&self) -> BTreeMap<String, Guest> {
        let path = self.path("server/yingbin.db");
        let ledger = ledger::Ledger::open_to_read(&path, None).unwrap();
        let invitations = self.invitations();
        let entries = ledger.entries().unwrap().into_iter();
        entries
            .map(|entry| {
                let person = entry.attendee.person.clone().unwrap();
                let invitation = invitations.get(&entry.number).cloned().unwrap_or_default();
                let guest = Guest {
                    id: entry.attendee.id.to_string(),
                    invitation,
                    badge: person.badge_pass.clone(),
                    attendee: entry.attendee,
                };
                (entry.number, guest)
            })
            .collect()
    }

    /// Returns people with an invitation, in order of number, as many as there are of `count`.
    pub fn guests(&self, count: usize) -> Vec<Guest> {
        let invited = self.people().into_values().filter(|guest| !guest.invitation.is_empty());
        invited.take(count).collect()
    }

    /// Returns the registered texts of the invitations, by registration number.
    pub fn invitations(&self) -> BTreeMap<String, String> {
        let out = self.path("passes");
        self.server(&["issue", "--out", out.to_str().unwrap(), "--format", "csv"]).ok();
        let text = std::fs::read_to_string(out.join("send.csv")).unwrap();
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows = reader.deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
        rows.map(|row| (row["number"].clone(), row["token"].clone())).collect()
    }
}

/// One person of the demo.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Attendee id in hexadecimal.
    pub id: String,
    /// Text of the invitation; empty for the cancelled.
    pub invitation: String,
    /// Text of the badge pass.
    pub badge: String,
    /// The roster row.
    pub attendee: admission::roster::Attendee,
}

/// The desk of an enrolled station, without a window.
pub struct Desk {
    /// Its data folder.
    pub data: PathBuf,
}

impl Desk {
    /// Runs a command of the desk.
    pub fn command(&self, arguments: &[&str]) -> Outcome {
        program::run("yingbin-desk", &self.arguments(arguments), "")
    }

    /// Starts `run` at [`MORNING`], for real.
    pub fn open(&self) -> Running {
        self.open_at(&["--now", MORNING])
    }

    /// Starts `run` with these options.
    pub fn open_at(&self, options: &[&str]) -> Running {
        Running::start("yingbin-desk", &self.arguments(&[&["run"], options].concat()))
    }

    /// Starts `steward` at [`MORNING`], for real.
    pub fn steward(&self) -> Running {
        self.steward_at(MORNING)
    }

    /// Starts `steward` at a time.
    pub fn steward_at(&self, time: &str) -> Running {
        Running::start("yingbin-desk", &self.arguments(&["steward", "--now", time]))
    }

    /// Returns the text of the badge that a person has by what this station knows.
    pub fn badge_of(&self, id: &str) -> String {
        let reader = kiosk::Station::read(&self.data).unwrap();
        let known = reader.ledger.person(id.parse().unwrap(), false).unwrap().unwrap();
        known.attendee.person.unwrap().badge_pass
    }

    fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let head = ["--data".to_owned(), self.data.to_str().unwrap().to_owned()];
        head.into_iter().chain(arguments.iter().map(|&argument| argument.to_owned())).collect()
    }

    /// Returns every fact that the station holds.
    pub fn facts(&self) -> Vec<Value> {
        self.command(&["facts"]).ok().lines()
    }

    /// Returns the badges in the printer's folder.
    pub fn badges(&self) -> Vec<PathBuf> {
        let Ok(folder) = std::fs::read_dir(self.data.join("badges")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "pdf")).collect()
    }
}

/// Tells whether a ledger holds a record, as an answer names it.
pub fn holds(ledger: &ledger::Ledger, fact: &str) -> bool {
    let (log, seq) = fact.split_once('/').unwrap();
    let vector = ledger.vector().unwrap();
    let head = vector.0.iter().find(|(held, _)| held.to_string() == log);
    head.is_some_and(|(_, head)| head.seq.0 >= seq.parse().unwrap())
}

/// Gives a steward's order and returns the answer.
pub fn order(desk: &mut Running, order: &Value) -> Value {
    desk.say(&order.to_string());
    desk.hear_json()
}

/// Scans one token and returns the desk's answer.
pub fn scan(desk: &mut Running, token: &str) -> Value {
    desk.say(token);
    desk.hear_json()
}

/// Gets a page; returns status and body.
pub fn get(url: &str, token: Option<&str>) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tls = ledger::tls::client(ledger::tls::Pin::Nobody).unwrap();
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
        let client = client.no_proxy().build().unwrap();
        let mut request = client.get(url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    })
}

/// A convention with its lists, imported when the first venue of a while opens, and gone with the
/// last.
struct Source {
    /// Added to the demo's convention file and to its assignments.
    more: [&'static str; 2],
    template: Mutex<Weak<Template>>,
}

static DEMO: Source = Source { more: ["", ""], template: Mutex::new(Weak::new()) };
static MORE: Source = Source {
    more: [include_str!("rules/convention.toml"), include_str!("rules/assignments.csv")],
    template: Mutex::new(Weak::new()),
};

impl Source {
    fn template(&self) -> Arc<Template> {
        let mut template = self.template.lock().unwrap();
        if let Some(there) = template.upgrade() {
            return there;
        }
        let made = Arc::new(self.import());
        *template = Arc::downgrade(&made);
        made
    }

    fn import(&self) -> Template {
        let folder = TempDir::new().unwrap();
        let demo = folder.path().join("demo");
        copy(&project("demo"), &demo);
        for (name, more) in ["convention.toml", "assignments.csv"].iter().zip(self.more) {
            let text = std::fs::read_to_string(demo.join(name)).unwrap();
            std::fs::write(demo.join(name), text + more).unwrap();
        }
        import(folder, &demo)
    }
}

struct Template {
    folder: TempDir,
    token: String,
}

fn import(folder: TempDir, demo: &Path) -> Template {
    let data = folder.path().join("server");
    let demo = |name: &str| demo.join(name).to_str().unwrap().to_owned();
    let server = |arguments: &[&str]| {
        let all = [&["--data", data.to_str().unwrap()], arguments].concat();
        program::run("yingbin-server", &all, "").ok()
    };
    let made = server(&["init", "--convention", &demo("convention.toml")]).json();
    let token = made["api_token"].as_str().unwrap().to_owned();
    let lists = [demo("attendees.csv"), demo("assignments.csv")];
    server(&["import", &lists[0], "--assignments", &lists[1]]);
    Template { folder, token }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => std::fs::copy(entry.path(), target).map(|_| ()).unwrap(),
        }
    }
}
