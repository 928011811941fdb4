//! `bundle out` and `bundle in`: the exchange with stations that no network reaches.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{bail, ensure};
use ledger::Ledger;
use ledger::bundle::file;
use ledger::bundle::offline::Applicant;
use ledger::bundle::read::{Heard, Received};
use ledger::bundle::write::{Sent, WriteError};
use ledger::clock::Clock;
use ledger::members::Station;
use ledger::routes::Server;
use serde_json::json;

use crate::answer;
use crate::folder::Folder;
use crate::membership::called;
use crate::upkeep::issuing;

/// For whom a bundle is.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Names of stations; none: every one that is enrolled.
    pub names: Vec<String>,
    /// Whether every record goes into it.
    pub all: bool,
}

/// Writes a bundle and prints `{"sent", "stations", "bytes"}`.
///
/// # Errors
/// A sentence, if a station is not enrolled or the file cannot be written; then there is none.
pub fn run_out(data: &Path, path: &Path, wanted: &Wanted) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let mut ledger = folder.ledger()?;
    let stations = chosen(&ledger, &wanted.names)?;
    let sent = write(&mut ledger, &folder, path, (&stations, wanted.all))?;
    let names: Vec<&str> = stations.iter().map(|station| station.profile.name.as_str()).collect();
    answer(&format!(
        "{}\n",
        json!({ "sent": sent.facts, "stations": names.len(), "bytes": sent.bytes })
    ))?;
    eprintln!("{} is for {}: {}", path.display(), names.join(", "), said(&sent));
    Ok(())
}

fn said(sent: &Sent) -> String {
    format!("their lists and {} records, {} bytes", sent.facts, sent.bytes)
}

fn write(
    ledger: &mut Ledger,
    folder: &Folder,
    path: &Path,
    whom: (&[Station], bool),
) -> anyhow::Result<Sent> {
    let server = speaker(folder)?;
    let sent: Result<Sent, WriteError> =
        file::write(path, |to| ledger.write_bundle_for(to, whom, &server));
    Ok(sent?)
}

/// Who speaks in bundles: the server, at the real time, also where `serve` rehearses.
fn speaker(folder: &Folder) -> anyhow::Result<Server> {
    Ok(Server {
        id: folder.settings.server,
        key: folder.server_key()?,
        convention: folder.settings.convention,
        clock: Clock::Machine,
        issuer: issuing(folder.clone()),
    })
}

/// Finds the stations of these names, each once; without names all that are enrolled.
fn chosen(ledger: &Ledger, names: &[String]) -> anyhow::Result<Vec<Station>> {
    let stations = ledger.stations()?;
    let is_enrolled = |station: &&Station| station.public.is_some();
    let mut chosen = Vec::new();
    for name in names.iter().collect::<BTreeSet<_>>() {
        let found = called(&stations, name)?;
        ensure!(
            found.public.is_some(),
            "{name} is not enrolled yet, so nobody could read it; bring its application first: \
             bundle in FILE --answer FILE"
        );
        chosen.push(found.clone());
    }
    if names.is_empty() {
        chosen.extend(stations.iter().filter(is_enrolled).cloned());
    }
    ensure!(!chosen.is_empty(), "no station is enrolled yet; add one: station add");
    Ok(chosen)
}

/// Takes a bundle, writes its answer, and prints what it brought.
///
/// # Errors
/// A sentence, if it is refused or not all of it was taken; what was taken before stays.
pub fn run_in(data: &Path, path: &Path, reply: Option<&Path>) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let mut ledger = folder.ledger()?;
    let server = speaker(&folder)?;
    let bundle = file::open(path)?;
    let now = Clock::Machine.now();
    let heard = ledger.read_bundle_at_server(bundle, &server, (reply.is_some(), now))?;
    let Heard { received, applicant } = heard;
    let stations = ledger.stations()?;
    let from = stations.iter().find(|station| received.from == Some(station.id));
    let enrolled = applicant.as_ref().map(|applicant| applicant.station.profile.name.as_str());
    let name = from.map(|station| station.profile.name.as_str());
    let report = json!({
        "received": received.facts,
        "known": received.known,
        "left": received.left.len(),
        "complete": received.cut.is_none(),
        "from": name,
        "enrolled": enrolled,
    });
    // What was taken is taken, whatever becomes of the answer.
    answer(&format!("{report}\n"))?;
    // Of one that is cut off before it says who made it, the cut is what matters.
    let is_somebodys = applicant.is_some() || from.is_some() || received.cut.is_none();
    if let Some(to) = reply.filter(|_| is_somebodys) {
        write_answer((&mut ledger, &folder, &server), to, (applicant.as_ref(), from))?;
    }
    tell(path, &received)
}

fn write_answer(
    (ledger, folder, server): (&mut Ledger, &Folder, &Server),
    to: &Path,
    (applicant, from): (Option<&Applicant>, Option<&Station>),
) -> anyhow::Result<()> {
    let sent = match (applicant, from) {
        (Some(applicant), _) => {
            let written: Result<Sent, WriteError> =
                file::write(to, |file| ledger.write_welcome(file, applicant, server));
            written?
        }
        (None, Some(station)) => write(ledger, folder, to, (std::slice::from_ref(station), false))?,
        (None, None) => bail!("its maker is no station of this convention, so nobody is answered"),
    };
    eprintln!("{} is its answer: {}", to.display(), said(&sent));
    Ok(())
}

/// Says in words what came of it; what was not taken is a failure.
fn tell(path: &Path, received: &Received) -> anyhow::Result<()> {
    let name = path.display();
    eprintln!("{name}: {} new records, {} known already", received.facts, received.known);
    received.left.iter().for_each(|left| tracing::warn!(?left, "a record was not taken"));
    if let Some(cut) = &received.cut {
        bail!("{name}: {cut}");
    }
    ensure!(
        received.strange == 0,
        "{name}: {} messages are of no member or for somebody else, and were not taken",
        received.strange
    );
    if let Some(strangers) = received.strangers() {
        bail!(
            "{name}: {strangers}, and were not taken; bring a bundle that one of these stations wrote \
             itself, then this one again"
        );
    }
    ensure!(
        received.left.is_empty(),
        "{name}: {} records were not taken, because others before them are missing or they are not \
         what their station signed: have its maker read an answer (bundle in FILE --answer FILE) and \
         write its bundle again; nothing of it is lost meanwhile",
        received.left.len()
    );
    Ok(())
}
