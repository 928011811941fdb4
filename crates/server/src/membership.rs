//! `station list`, `revoke`, `replace` and `release`: who still belongs, and what is believed of whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use admission::exchange::{MemberState, Profile};
use admission::id::{Slug, StationId};
use anyhow::{Context, ensure};
use ledger::Ledger;
use ledger::members::Station;
use serde_json::{Value, json};

use crate::answer;
use crate::folder::Folder;

/// The state of a station that has a code and has not used it.
pub(crate) const WAITING: &str = "waiting";

/// Prints every station as a JSON line, in order of name.
///
/// # Errors
/// A sentence, if they cannot be read.
pub fn run_list(data: &Path) -> anyhow::Result<()> {
    let lines = list(&Folder::open(data)?.ledger_to_read()?)?;
    answer(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}

fn list(ledger: &Ledger) -> anyhow::Result<Vec<Value>> {
    let states = states(ledger)?;
    let mut doubted: BTreeMap<StationId, u64> = BTreeMap::new();
    for fact in ledger.quarantined()?.into_keys() {
        let count = doubted.entry(fact.log.station()).or_default();
        *count = count.saturating_add(1);
    }
    let line = |Station { id, profile, .. }: Station| {
        json!({
            "name": profile.name,
            "id": id,
            "role": profile.role.name(),
            "site": profile.site,
            "activities": profile.activities,
            "direction": profile.direction.name(),
            "bus": profile.bus,
            "state": states.get(&id).map_or(WAITING, |state| state.name()),
            "quarantined": doubted.get(&id).copied().unwrap_or(0),
        })
    };
    Ok(ledger.stations()?.into_iter().map(line).collect())
}

/// Returns the state of every station that has enrolled.
pub(crate) fn states(
    ledger: &Ledger,
) -> Result<BTreeMap<StationId, MemberState>, ledger::LedgerError> {
    Ok(ledger.members()?.into_iter().map(|member| (member.id, member.state)).collect())
}

/// Trusts a station no more, and prints `{"name", "state"}`.
///
/// # Errors
/// A sentence, if there is no such station or it is revoked already.
pub fn run_revoke(data: &Path, name: &str, why: &Slug) -> anyhow::Result<()> {
    let done = revoke(&Folder::open(data)?, name, why)?;
    eprintln!(
        "{name} gets nothing any more, and destroys what it knows at its next contact. What it still \
         hands in is kept and counts nowhere until you release it: station release {name}"
    );
    answer(&format!("{done}\n"))
}

fn revoke(folder: &Folder, name: &str, why: &Slug) -> anyhow::Result<Value> {
    let mut ledger = folder.ledger()?;
    let station = named(&ledger, name)?;
    // A code that somebody else may have seen; no station has used it.
    ledger.withdraw_code(station.id)?;
    if station.public.is_some() {
        let closed = ledger.close_member(station.id, MemberState::Revoked)?;
        ensure!(closed, "{name} is revoked already");
    }
    tracing::info!(station = %station.id, %why, "revoked");
    let state = states(&ledger)?.get(&station.id).map_or("withdrawn", |state| state.name());
    Ok(json!({ "name": name, "state": state }))
}

/// Believes what is held of a station, and prints `{"name", "released"}`.
///
/// # Errors
/// A sentence, if there is no such station.
pub fn run_release(data: &Path, name: &str) -> anyhow::Result<()> {
    let mut ledger = Folder::open(data)?.ledger()?;
    let station = named(&ledger, name)?;
    let released = ledger.release(station.id)?;
    tracing::info!(station = %station.id, released, "released");
    answer(&format!("{}\n", json!({ "name": name, "released": released })))
}

/// Returns what a spare needs in order to take over from a station, under a name of its own.
///
/// # Errors
/// A sentence, if there is no such station, or it has not enrolled.
pub(crate) fn taken_over(
    ledger: &Ledger,
    old: &str,
    name: &str,
) -> anyhow::Result<(StationId, Profile)> {
    let station = named(ledger, old)?;
    ensure!(
        station.public.is_some(),
        "{old} has not enrolled yet, so there is nothing to take over; add it again for a new code"
    );
    let state = states(ledger)?.get(&station.id).copied();
    ensure!(state != Some(MemberState::Replaced), "{old} is replaced already; replace its spare");
    Ok((station.id, Profile { name: name.to_owned(), ..station.profile }))
}

fn named(ledger: &Ledger, name: &str) -> anyhow::Result<Station> {
    let mut stations = ledger.stations()?;
    let names: BTreeSet<&str> = stations.iter().map(|one| one.profile.name.as_str()).collect();
    let known = names.into_iter().collect::<Vec<&str>>().join(", ");
    let found = stations.iter().position(|station| station.profile.name == name.trim());
    let place =
        found.with_context(|| format!("there is no station called {name:?}; there is: {known}"))?;
    Ok(stations.swap_remove(place))
}

#[cfg(test)]
mod tests;
