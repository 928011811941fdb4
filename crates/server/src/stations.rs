//! `station add` and `replace`: a name, a place and a one-time code for a new station.

use std::path::Path;

use admission::exchange::{Direction, Profile, Role};
use admission::id::{Slug, StationId};
use admission::roster::Convention;
use anyhow::{Context, ensure};
use badge::station_picture::StationPicture;
use ledger::Ledger;
use ledger::bundle::offline::Invitation;
use ledger::carrier::{Http, is_unspecified};
use ledger::clock::Clock;
use ledger::enrol::{self, Code};
use ledger::local::ServerCard;
use ledger::members::Station;
use serde_json::json;

use crate::folder::{Folder, convention, publish_new, refuse_taken, served, write_atomically};
use crate::membership::{self, Handover};
use crate::{answer, random};
use admission::text::is_invisible;

/// A code opens the door to the roster: fifteen minutes, of real time.
const CODE_LASTS_MS: i64 = 15 * 60 * 1000;
/// A code that goes out on a stick and comes back on one: seven days.
const OFFLINE_CODE_LASTS_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Longest name of a station, in characters: it stands on screens.
const LONGEST_NAME: usize = 40;
/// Longest name of a bus, in characters: it travels in facts.
pub(crate) const LONGEST_BUS: usize = 16;
/// Where `serve` listens unless told otherwise.
const USUAL_URL: &str = "http://127.0.0.1:7300";

/// What the organiser says about a new station.
#[derive(Clone, Debug)]
pub struct NewStation {
    /// Its name, such as `K2`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Where it stands.
    pub site: String,
    /// What it checks people in to; the first is its usual activity.
    pub activities: Vec<String>,
    /// Which way people pass it.
    pub direction: Direction,
    /// Which bus boards there; empty for any.
    pub bus: String,
    /// Where it finds the server, if not where `serve` last listened.
    pub url: Option<String>,
}

/// Adds a station and prints `{"url", "code", "expires_at"}`; `qr` gets the first two as a picture,
/// `offline` an invitation for a station that no network reaches.
///
/// # Errors
/// A sentence, if one of the files is there already, or the station does not fit the convention or
/// its name is taken, or a file cannot be written; then the printed code works all the same.
pub fn run(
    data: &Path,
    new: NewStation,
    (qr, offline): (Option<&Path>, Option<&Path>),
) -> anyhow::Result<()> {
    let name = new.name.trim().to_owned();
    // Before there is a code: the file may be a key, and the code would be printed for nothing.
    qr.map_or(Ok(()), refuse_taken)?;
    offline.map_or(Ok(()), refuse_taken)?;
    let folder = Folder::open(data)?;
    let lasts = lasts_ms(offline);
    let added = add_for(&folder, new, lasts)?;
    hand_out(&folder, name, &added, (qr, offline))
}

/// Prints what a new station needs to enrol, and writes it where it is wanted.
fn hand_out(
    folder: &Folder,
    name: String,
    added: &serde_json::Value,
    (qr, offline): (Option<&Path>, Option<&Path>),
) -> anyhow::Result<()> {
    answer(&format!("{added}\n"))?;
    if let Some(path) = offline {
        let url = added.get("url").and_then(|url| url.as_str()).unwrap_or_default();
        publish_new(path, &invitation(folder, url)?)?;
    }
    match qr {
        Some(path) => draw(path, name, added),
        None => Ok(()),
    }
}

/// Says who this server is, for a station that cannot ask it; nothing in it is secret.
fn invitation(folder: &Folder, url: &str) -> anyhow::Result<Vec<u8>> {
    let key = folder.server_key()?;
    let server = ServerCard {
        url: url.to_owned(),
        id: folder.settings.server,
        public: key.verifying_key().to_bytes(),
        convention: folder.settings.convention,
    };
    Ok(Invitation { server }.seal(&key))
}

/// Writes what `add` returned as a picture that only its owner can read.
fn draw(path: &Path, name: String, added: &serde_json::Value) -> anyhow::Result<()> {
    let text = |field: &str| added.get(field).and_then(|text| text.as_str()).unwrap_or_default();
    let picture = StationPicture {
        name,
        url: text("url").to_owned(),
        code: text("code").to_owned(),
        until: text("expires_at").get(11..16).unwrap_or_default().to_owned(),
    };
    let png = picture.png().context("cannot draw the QR code; use the printed code")?;
    write_atomically(path, &png)
}

/// What the organiser says about a spare.
#[derive(Clone, Debug)]
pub struct Spare {
    /// Its name.
    pub name: String,
    /// The name of the station whose work it takes over.
    pub old: String,
    /// Where it finds the server, if not where `serve` last listened.
    pub url: Option<String>,
}

/// Adds a spare for a station and prints the same as [`run`]; the old one is replaced when the spare
/// has enrolled.
///
/// # Errors
/// As [`run`], and if there is nothing to take over.
pub fn run_replace(
    data: &Path,
    spare: Spare,
    (qr, offline): (Option<&Path>, Option<&Path>),
) -> anyhow::Result<()> {
    let name = spare.name.trim().to_owned();
    qr.map_or(Ok(()), refuse_taken)?;
    offline.map_or(Ok(()), refuse_taken)?;
    let folder = Folder::open(data)?;
    let (added, told) = replace_for(&folder, spare, lasts_ms(offline))?;
    eprintln!("{told}");
    hand_out(&folder, name, &added, (qr, offline))
}

fn lasts_ms(offline: Option<&Path>) -> i64 {
    if offline.is_some() { OFFLINE_CODE_LASTS_MS } else { CODE_LASTS_MS }
}

/// Adds a spare; returns what it needs to enrol, and what people should know.
///
/// # Errors
/// As [`add`], and if there is nothing to take over.
pub fn replace(folder: &Folder, spare: Spare) -> anyhow::Result<(serde_json::Value, String)> {
    replace_for(folder, spare, CODE_LASTS_MS)
}

fn replace_for(
    folder: &Folder,
    spare: Spare,
    lasts_ms: i64,
) -> anyhow::Result<(serde_json::Value, String)> {
    let mut ledger = folder.ledger()?;
    let url = address(folder, spare.url.as_deref())?;
    let name = plain_name(&spare.name)?;
    let Handover { old, profile, told } = membership::taken_over(&ledger, &spare.old, &name)?;
    let added = enrolment(folder, &mut ledger, (profile, Some(old)), (&url, lasts_ms))?;
    Ok((added, told))
}

/// Adds a station; returns what it needs to enrol.
///
/// # Errors
/// A sentence, if the station does not fit the convention or its name is taken.
pub fn add(folder: &Folder, new: NewStation) -> anyhow::Result<serde_json::Value> {
    add_for(folder, new, CODE_LASTS_MS)
}

fn add_for(folder: &Folder, new: NewStation, lasts_ms: i64) -> anyhow::Result<serde_json::Value> {
    let mut ledger = folder.ledger()?;
    let convention = convention(&ledger)?;
    let url = address(folder, new.url.as_deref())?;
    let profile = profile(&convention, new)?;
    enrolment(folder, &mut ledger, (profile, None), (&url, lasts_ms))
}

/// Makes the code of a station.
fn enrolment(
    folder: &Folder,
    ledger: &mut Ledger,
    (profile, replaces): (Profile, Option<StationId>),
    (url, lasts_ms): (&str, i64),
) -> anyhow::Result<serde_json::Value> {
    let code = Code::new(random()?, &folder.server_key()?.verifying_key());
    let expires_at = Clock::Machine.now().plus(lasts_ms);
    let name = profile.name.clone();
    let station = Station { id: StationId(random()?), public: None, profile };
    let hashed = enrol::hash(code.secret());
    let added = ledger.add_station((&station, replaces), &hashed, expires_at)?;
    ensure!(added, "a station called {name} is enrolled already; choose another name");
    let (_, zone) = served(ledger)?;
    Ok(json!({ "url": url, "code": code.text(), "expires_at": expires_at.rfc3339_in(&zone) }))
}

/// Returns where the station finds the server: as the organiser says, else where `serve` last
/// listened.
fn address(folder: &Folder, said: Option<&str>) -> anyhow::Result<String> {
    let listened = || folder.address().unwrap_or_else(|| USUAL_URL.to_owned());
    let url = said.map_or_else(listened, str::to_owned);
    ensure!(
        !is_unspecified(&url),
        "{url} is every address of a machine and none that a station could use; say which one: \
         --url https://ADDRESS:PORT"
    );
    // The station would refuse the same addresses, but only at the venue.
    Http::new(&url)?;
    Ok(url)
}

fn plain_name(said: &str) -> anyhow::Result<String> {
    let name = said.trim().to_owned();
    let length = name.chars().count();
    ensure!(
        (1..=LONGEST_NAME).contains(&length) && !name.chars().any(is_hidden),
        "a station's name has 1 to {LONGEST_NAME} plain characters, such as K2"
    );
    Ok(name)
}

fn profile(convention: &Convention, new: NewStation) -> anyhow::Result<Profile> {
    let name = plain_name(&new.name)?;
    let site: Option<Slug> = new.site.parse().ok();
    let site = site.filter(|site| convention.site(site).is_some());
    let sites = convention.sites.iter().map(|site| site.id.as_str());
    let site = site.with_context(|| unknown("site", &new.site, sites))?;
    let here = convention.activities.iter().filter(|activity| activity.site == site);
    let here: Vec<&str> = here.map(|activity| activity.id.as_str()).collect();
    let mut activities: Vec<Slug> = Vec::new();
    for asked in &new.activities {
        let known = here.contains(&asked.as_str()).then(|| asked.parse().ok()).flatten();
        let what = format!("activity at {site}");
        let activity = known.with_context(|| unknown(&what, asked, here.iter().copied()))?;
        if !activities.contains(&activity) {
            activities.push(activity);
        }
    }
    let bus = new.bus.trim().to_owned();
    ensure!(
        bus.chars().count() <= LONGEST_BUS && !bus.chars().any(is_hidden),
        "a bus has at most {LONGEST_BUS} plain characters, such as 3"
    );
    Ok(Profile { name, role: new.role, site, activities, direction: new.direction, bus })
}

/// Characters that nobody sees, with which two stations could look alike.
fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

fn unknown<'a>(what: &str, asked: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    format!("there is no {what} called {asked:?}; there is: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn kiosk(name: &str, site: &str, activity: &str) -> NewStation {
        NewStation {
            name: name.to_owned(),
            role: Role::Kiosk,
            site: site.to_owned(),
            activities: vec![activity.to_owned()],
            direction: Direction::In,
            bus: String::new(),
            url: None,
        }
    }

    fn refusal(new: NewStation) -> String {
        let (_dir, folder) = testing::folder();
        format!("{:#}", add(&folder, new).unwrap_err())
    }

    #[test]
    fn a_station_gets_an_address_a_code_and_fifteen_minutes() {
        let (_dir, folder) = testing::folder();
        let added = add(&folder, kiosk("K1", "hall", "registration")).unwrap();
        assert_eq!(added["url"], USUAL_URL);
        let code = Code::read(added["code"].as_str().unwrap()).unwrap();
        assert!(code.names(&folder.server_key().unwrap().verifying_key()));
        assert!(added["expires_at"].as_str().unwrap().ends_with("+08:00"));
        folder.remember_address("http://127.0.0.1:7411").unwrap();
        let again = add(&folder, kiosk("K1", "hall", "registration")).unwrap();
        assert_eq!(again["url"], "http://127.0.0.1:7411");
        assert_ne!(again["code"], added["code"]);
    }

    #[test]
    fn what_does_not_fit_the_convention_is_refused_with_what_there_is() {
        assert_eq!(
            refusal(kiosk("K1", "moon", "registration")),
            "there is no site called \"moon\"; there is: hall, dalian"
        );
        assert_eq!(
            refusal(kiosk("K1", "hall", "tea")),
            "there is no activity at hall called \"tea\"; there is: registration, opening"
        );
        assert_eq!(
            refusal(kiosk("K1", "hall", "visit-dalian")),
            "there is no activity at hall called \"visit-dalian\"; there is: registration, opening"
        );
    }

    #[test]
    fn a_bad_name_or_address_is_refused() {
        assert!(refusal(kiosk(" ", "hall", "opening")).starts_with("a station's name has 1 to 40"));
        assert!(refusal(kiosk("K\n1", "hall", "opening")).starts_with("a station's name"));
        for everywhere in ["https://0.0.0.0:7300", "https://[::]:7300"] {
            let new = NewStation { url: Some(everywhere.into()), ..kiosk("K1", "hall", "opening") };
            assert!(refusal(new).contains("say which one: --url"));
        }
        let far =
            NewStation { url: Some("http://10.0.0.1".into()), ..kiosk("K1", "hall", "opening") };
        assert!(refusal(far).contains("leaves this machine without encryption"));
    }

    #[test]
    fn a_picture_replaces_no_file_and_then_there_is_no_code() {
        let (_dir, folder) = testing::folder();
        let key = folder.path().join("keys/server.key");
        let new = kiosk("K1", "hall", "opening");
        let refused = run(folder.path(), new, (Some(&key), None)).unwrap_err().to_string();
        assert!(refused.ends_with("server.key is there already; give another name"), "{refused}");
        folder.server_key().unwrap();
        assert!(folder.ledger().unwrap().stations().unwrap().is_empty());
    }

    #[test]
    fn the_name_of_an_enrolled_station_is_taken() {
        let (_dir, folder) = testing::folder();
        let added = add(&folder, kiosk("K1", "hall", "opening")).unwrap();
        let code = Code::read(added["code"].as_str().unwrap()).unwrap();
        let hash = enrol::hash(code.secret());
        let key = ed25519_dalek::SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes();
        folder.ledger().unwrap().enrol_station(&hash, key, Clock::Machine.now()).unwrap();
        let refused = add(&folder, kiosk("K1", "hall", "opening")).unwrap_err().to_string();
        assert_eq!(refused, "a station called K1 is enrolled already; choose another name");
    }
}
