//! `station list`, `revoke`, `replace` and `release`: who still belongs, and what is believed of whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use admission::exchange::{MemberState, Profile};
use admission::id::{Slug, StationId};
use anyhow::{Context, bail, ensure};
use ledger::Ledger;
use ledger::members::Station;
use ledger::membership::Revoked;
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
    let mut quarantined: BTreeMap<StationId, u64> = BTreeMap::new();
    for fact in ledger.quarantined()?.into_keys() {
        let count = quarantined.entry(fact.log.station()).or_default();
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
            "quarantined": quarantined.get(&id).copied().unwrap_or(0),
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
    let (state, told) = revoke(&Folder::open(data)?, name, why)?;
    eprintln!("{told}");
    answer(&format!("{}\n", json!({ "name": name, "state": state })))
}

/// Trusts a station no more; returns its state from now on, and what people should know.
fn revoke(folder: &Folder, name: &str, why: &Slug) -> anyhow::Result<(&'static str, String)> {
    let mut ledger = folder.ledger()?;
    let station = called(&ledger.stations()?, name)?.id;
    let done = match ledger.revoke_station(station)? {
        Revoked::Already => bail!("{name} is revoked already"),
        Revoked::Closed => (
            MemberState::Revoked.name(),
            format!(
                "{name} gets nothing any more, and destroys what it knows at its next contact. What \
                 it still hands in is kept and counts nowhere until you release it: station release \
                 {name}"
            ),
        ),
        Revoked::Withdrawn => (
            "withdrawn",
            format!(
                "{name} had not enrolled: its code is worth nothing any more, and {name} is no longer \
                 on the list of stations. Add it again for a new code: station add {name}"
            ),
        ),
    };
    tracing::info!(%station, %why, state = done.0, "revoked");
    Ok(done)
}

/// Believes what is held of a station, and prints `{"name", "released"}`.
///
/// # Errors
/// A sentence, if there is no such station.
pub fn run_release(data: &Path, name: &str) -> anyhow::Result<()> {
    let mut ledger = Folder::open(data)?.ledger()?;
    let station = called(&ledger.stations()?, name)?.id;
    let released = ledger.release(station)?;
    tracing::info!(%station, released, "released");
    answer(&format!("{}\n", json!({ "name": name, "released": released })))
}

/// What a spare takes over.
pub(crate) struct Handover {
    /// From whom.
    pub(crate) old: StationId,
    /// The place and work of the old one, under the spare's own name.
    pub(crate) profile: Profile,
    /// What people should know.
    pub(crate) told: String,
}

/// Returns what a spare called `name` takes over from a station.
///
/// # Errors
/// A sentence, if there is no such station, it has not enrolled, or another has taken over already.
pub(crate) fn taken_over(ledger: &Ledger, old: &str, name: &str) -> anyhow::Result<Handover> {
    let stations = ledger.stations()?;
    let station = called(&stations, old)?;
    ensure!(
        station.public.is_some(),
        "{old} has not enrolled yet, so there is nothing to take over; add it again for a new code"
    );
    let state = states(ledger)?.get(&station.id).copied();
    ensure!(state != Some(MemberState::Replaced), "{old} is replaced already; replace its spare");
    let mut told = match state {
        Some(MemberState::Revoked) => format!(
            "{old} is revoked and stays so; {name} has its place and its work as soon as it has \
             enrolled."
        ),
        _ => format!("{old} goes on until {name} has enrolled; then it is told to shut down."),
    };
    for spare in ledger.spares_of(station.id)? {
        let other = spare.profile.name;
        ensure!(
            spare.public.is_none(),
            "{other} has taken over from {old} already; replace {other}"
        );
        if other != name {
            told.push_str(&format!(
                " {other} was to be its spare and had not enrolled: it is none any more, and its code \
                 is worth nothing."
            ));
        }
    }
    let profile = Profile { name: name.to_owned(), ..station.profile.clone() };
    Ok(Handover { old: station.id, profile, told })
}

/// Finds the station of a name.
///
/// # Errors
/// A sentence with the names that there are.
pub(crate) fn called<'a>(stations: &'a [Station], name: &str) -> anyhow::Result<&'a Station> {
    let found = stations.iter().find(|station| station.profile.name == name.trim());
    found.with_context(|| {
        let known: BTreeSet<&str> = stations.iter().map(|one| one.profile.name.as_str()).collect();
        let known: Vec<&str> = known.into_iter().collect();
        format!("there is no station called {name:?}; there is: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests;
