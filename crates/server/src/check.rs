//! `check`: is the database whole, do the logs and projections hold, does the roster add up?

use std::collections::BTreeMap;
use std::path::Path;

use admission::id::StationId;
use admission::pass;
use admission::roster::Attendee;
use anyhow::ensure;
use ed25519_dalek::VerifyingKey;
use ledger::Ledger;
use serde_json::json;

use crate::answer;
use crate::folder::Folder;

/// Checks everything and prints `{"facts", "logs", "people", "complaints"}`.
///
/// # Errors
/// A sentence, if anything is wrong or the database cannot be read.
pub fn run(data: &Path) -> anyhow::Result<()> {
    let report = check(&Folder::open(data)?)?;
    answer(&format!("{report}\n"))?;
    let wrong = report.get("complaints").and_then(|list| list.as_array()).map_or(0, Vec::len);
    ensure!(wrong == 0, "{wrong} complaints; keep a copy of the folder and put a backup back");
    eprintln!("All is well.");
    Ok(())
}

/// Checks everything beside a running `serve`.
///
/// # Errors
/// A sentence, if the database cannot be read at all.
pub fn check(folder: &Folder) -> anyhow::Result<serde_json::Value> {
    let ledger = folder.ledger_to_read()?;
    folder.issuing_key(&ledger)?;
    let server = folder.server_key()?.verifying_key();
    let mut keys: BTreeMap<StationId, VerifyingKey> =
        BTreeMap::from([(folder.settings.server, server)]);
    for station in ledger.stations()? {
        let key = station.public.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        keys.extend(key.map(|key| (station.id, key)));
    }
    let mut findings = ledger.check(|station| keys.get(&station).copied())?;
    let attendees = ledger.attendees()?;
    findings.complaints.extend(passes(&ledger, &attendees)?);
    let listed = ledger.entries()?.len();
    if listed != attendees.len() {
        let text = format!("{listed} people are on the list and {} in the roster", attendees.len());
        findings.complaints.push(text);
    }
    Ok(json!({
        "facts": findings.facts,
        "logs": findings.logs,
        "people": listed,
        "complaints": findings.complaints,
    }))
}

/// Reads every badge pass as a station would.
fn passes(ledger: &Ledger, attendees: &[Attendee]) -> anyhow::Result<Vec<String>> {
    let keys = ledger.issuing_keys()?;
    let wrong = |attendee: &&Attendee| {
        let text = attendee.person.as_ref().map(|person| person.badge_pass.as_str());
        let read = text.and_then(|text| pass::read(text, &keys).ok());
        read.is_none_or(|read| read.pass.serial() != attendee.badge)
    };
    let complain =
        |attendee: &Attendee| format!("the badge pass of attendee {} is wrong", attendee.id);
    Ok(attendees.iter().filter(wrong).map(complain).collect())
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
        let expected = json!({ "facts": 1, "logs": 1, "people": 3, "complaints": [] });
        assert_eq!(report, expected);
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
