//! `check`: is the database whole, do the logs and projections hold, does the roster add up?

use std::path::Path;

use admission::fact::{Body, Fact, What};
use admission::id::{FactId, StationId};
use admission::pass::{self, PassError};
use admission::roster::Attendee;
use anyhow::ensure;
use ledger::Ledger;
use serde_json::{Value, json};

use crate::answer;
use crate::api::station_names;
use crate::folder::Folder;

/// Checks everything and prints `{"facts", "logs", "people", "blanks_out", "quarantined", "complaints"}`.
///
/// # Errors
/// A sentence, if anything is wrong or the database cannot be read.
pub fn run(data: &Path) -> anyhow::Result<()> {
    let report = check(&Folder::open(data)?)?;
    answer(&format!("{report}\n"))?;
    tell_of_quarantined(&report);
    let wrong = report.get("complaints").and_then(|list| list.as_array()).map_or(0, Vec::len);
    ensure!(
        wrong == 0,
        "{wrong} complaints; where one names no cure, keep a copy of the folder and put a backup back"
    );
    eprintln!("All is well.");
    Ok(())
}

/// Checks everything beside a running `serve`.
///
/// # Errors
/// A sentence, if the database cannot be read at all.
pub fn check(folder: &Folder) -> anyhow::Result<serde_json::Value> {
    folder.warn_of_root();
    let ledger = folder.ledger_to_read()?;
    ledger.hold_still()?;
    folder.issuing_key(&ledger)?;
    folder.server_key()?;
    let mut findings = ledger.check()?;
    let attendees = ledger.attendees()?;
    findings.complaints.extend(passes(&ledger, &attendees)?);
    findings.complaints.extend(disputes(&ledger)?);
    findings.complaints.extend(copies(&ledger)?);
    findings.complaints.extend(ledger.lost_lists()?.into_iter().map(lost));
    let listed = ledger.entries()?.len();
    let people = attendees.iter().filter(|attendee| !attendee.test).count();
    if listed != people {
        let text = format!("{listed} people are on the list and {people} in the roster");
        findings.complaints.push(text);
    }
    Ok(json!({
        "facts": findings.facts,
        "logs": findings.logs,
        "people": listed,
        "blanks_out": ledger.blanks_out()?.len(),
        "quarantined": quarantined(&ledger)?,
        "complaints": findings.complaints,
    }))
}

/// Reads every badge pass as a station would.
fn passes(ledger: &Ledger, attendees: &[Attendee]) -> anyhow::Result<Vec<String>> {
    let keys = ledger.issuing_keys()?;
    let (mut complaints, mut dead) = (Vec::new(), 0usize);
    for attendee in attendees {
        let text = attendee.person.as_ref().map_or("", |person| person.badge_pass.as_str());
        match pass::read(text, &keys) {
            Ok(read) if read.pass.serial() == attendee.badge => {}
            Err(PassError::KilledKey(_)) => dead = dead.saturating_add(1),
            _ => complaints.push(format!("the badge pass of attendee {} is wrong", attendee.id)),
        }
    }
    if dead > 0 {
        complaints.push(format!(
            "{dead} people have passes of a key that was killed; make new ones (reissue --all)"
        ));
    }
    Ok(complaints)
}

/// Says what to do after an older copy of the folder was put back.
fn lost(list: &str) -> String {
    let cure = match list {
        "roster" => "import the latest list, and reissue passes that were lost since",
        _ => "it comes back with that station's next exchange; look again in a minute",
    };
    format!("stations hold later {list} than this folder, an older copy that was put back: {cure}")
}

/// Names every fact that is kept and counts nowhere, its station, and why.
fn quarantined(ledger: &Ledger) -> anyhow::Result<Vec<Value>> {
    let names = station_names(ledger)?;
    let line = |(fact, reason): (FactId, String)| json!({ "fact": fact, "station": names.get(&fact.log.station()), "reason": reason });
    Ok(ledger.quarantined()?.into_iter().map(line).collect())
}

/// Says what a person can do about facts that count nowhere: it is no complaint, because nothing is
/// broken.
fn tell_of_quarantined(report: &Value) {
    let count = report.get("quarantined").and_then(Value::as_array).map_or(0, Vec::len);
    if count > 0 {
        eprintln!(
            "{count} records are kept and count nowhere; look at them with export facts, and release \
             what is right with station release NAME"
        );
    }
}

/// Names stations that work in two copies of one folder: the records of one of them stay there.
fn copies(ledger: &Ledger) -> anyhow::Result<Vec<String>> {
    let names = station_names(ledger)?;
    let copied = ledger.copied_stations()?.into_iter();
    let complain = |id: StationId| {
        let name = names.get(&id).map_or("an unknown station", String::as_str);
        format!(
            "the folder of {name} was copied or restored; enrol its copy anew and look at the badges it \
             printed, then say so: station release {name}"
        )
    };
    Ok(copied.map(complain).collect())
}

/// Names blanks that became two people's: most likely one station's folder was copied to another.
fn disputes(ledger: &Ledger) -> anyhow::Result<Vec<String>> {
    let names = station_names(ledger)?;
    let mut complaints = Vec::new();
    for serial in ledger.disputed_blanks(false)? {
        let mut claims = Vec::new();
        for whom in ledger.bound_to(serial, false)? {
            let facts = ledger.facts_about(whom, false)?;
            let binds = |fact: &&Fact| matches!(Body::of(fact).what, What::Bound { serials } if serials.contains(&serial));
            let station = facts.iter().find(binds).and_then(|fact| names.get(&fact.log.station()));
            let station = station.map_or("an unknown station", String::as_str);
            claims.push(format!("{whom} at {station}"));
        }
        complaints.push(format!(
            "blank {serial} was bound twice: {}; give both people new badges",
            claims.join(" and ")
        ));
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_server_after_a_morning_is_well() {
        let (_dir, folder) = testing::folder_with(testing::PEOPLE);
        testing::let_arrive(&folder, "100001", "registration", false);
        let report = check(&folder).unwrap();
        let expected = json!({ "facts": 1, "logs": 1, "people": 3, "blanks_out": 0, "quarantined": [], "complaints": [] });
        assert_eq!(report, expected);
    }

    #[test]
    fn a_blank_of_two_people_is_named_with_both_and_their_station() {
        let (_dir, folder) = testing::folder_with(testing::PEOPLE);
        let serial = admission::id::Serial([5; 16]);
        let bound = || What::Bound { serials: vec![serial] };
        let whom = ["100001", "100002"].map(|number| testing::record(&folder, number, bound()));
        let report = check(&folder).unwrap();
        let complaint = report["complaints"][0].as_str().unwrap();
        assert!(complaint.starts_with(&format!("blank {serial} was bound twice: ")), "{complaint}");
        for whom in whom {
            assert!(complaint.contains(&format!("{whom} at K1")), "{complaint}");
        }
    }

    #[test]
    fn a_badge_pass_of_somebody_else_is_found() {
        let (_dir, folder) = testing::folder_with(testing::PEOPLE);
        let mut ledger = folder.ledger().unwrap();
        let mut entries = ledger.entries().unwrap();
        let stolen = entries[1].attendee.person.clone().unwrap().badge_pass;
        entries[0].attendee.person.as_mut().unwrap().badge_pass = stolen;
        ledger.register(&entries).unwrap();
        let report = check(&folder).unwrap();
        let complaint = report["complaints"][0].as_str().unwrap();
        assert_eq!(
            complaint,
            format!("the badge pass of attendee {} is wrong", entries[0].attendee.id)
        );
    }
}
