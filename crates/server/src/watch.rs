//! What people in the engine room ask: `GET /api/stations`, how old what every station knows is;
//! `GET /api/doubles`, who was let in twice. Both need the token.

use std::collections::BTreeSet;
use std::sync::Arc;

use admission::fact::Fact;
use admission::id::{FactId, StationId};
use admission::time::Millis;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use jiff::tz::TimeZone;
use ledger::hearing::{LastQuestions, Told};
use ledger::members::Station;
use ledger::projections::Arrival;
use ledger::{Ledger, LedgerError};
use serde_json::{Value, json};

use crate::api::{Api, answered, station_names};
use crate::folder::served;
use crate::membership::{WAITING, states};

/// The routes.
pub fn routes(api: Api, last: Arc<LastQuestions>) -> Router {
    Router::new()
        .route("/api/stations", get(stations))
        .route("/api/doubles", get(doubles))
        .with_state(Watch { api, last })
}

#[derive(Clone)]
struct Watch {
    api: Api,
    last: Arc<LastQuestions>,
}

async fn stations(State(watch): State<Watch>, headers: HeaderMap) -> Response {
    let (last, now) = (Arc::clone(&watch.last), watch.api.clock.now());
    let list = move |ledger: &Ledger| {
        let last = last.all(ledger)?;
        let frame = Frame::of(ledger)?;
        let stations = ledger.stations()?;
        let states = states(ledger)?;
        let line = |station: &Station| {
            let state = states.get(&station.id).map_or(WAITING, |state| state.name());
            line(&frame, (station, state), last.get(&station.id), now)
        };
        Ok(json!({ "stations": stations.iter().map(line).collect::<Vec<Value>>() }))
    };
    answered(&watch.api, &headers, "stations", list).await
}

/// What the server holds itself, to compare with.
struct Frame {
    zone: TimeZone,
    vector: admission::exchange::Vector,
    roster: u64,
    keys: u64,
    revocations: u64,
    policy: u64,
}

impl Frame {
    fn of(ledger: &Ledger) -> Result<Frame, LedgerError> {
        Ok(Frame {
            zone: served(ledger)?.1,
            vector: ledger.vector()?,
            roster: ledger.revision()?.0,
            keys: ledger.keys_number()?,
            revocations: ledger.revocations()?,
            policy: ledger.policy_number()?,
        })
    }

    /// Counts the facts of a station's own logs that it had and the server lacks.
    fn waiting(&self, station: StationId, told: &Told) -> u64 {
        let own = told.vector.0.iter().filter(|(log, _)| log.station() == station);
        own.fold(0, |sum, (log, head)| {
            sum.saturating_add(head.seq.0.saturating_sub(self.vector.seq(*log).0))
        })
    }
}

fn line(
    frame: &Frame,
    (station, state): (&Station, &str),
    told: Option<&Told>,
    now: Millis,
) -> Value {
    let profile = &station.profile;
    let list = |held: u64, current: u64| json!({ "held": held, "current": current });
    json!({
        "id": station.id,
        "name": profile.name,
        "role": profile.role.name(),
        "site": profile.site,
        "enrolled": station.public.is_some(),
        "state": state,
        "contact_at": told.map(|told| told.at.rfc3339_in(&frame.zone)),
        "age_seconds": told.map(|told| now.since(told.at).max(0).checked_div(1000)),
        "roster": told.map(|told| list(told.roster.0, frame.roster)),
        "keys": told.map(|told| list(told.keys, frame.keys)),
        "revocations": told.map(|told| list(told.revocations, frame.revocations)),
        "policy": told.map(|told| list(told.policy, frame.policy)),
        "blanks_left": told.and_then(|told| told.blanks_left),
        "printer": told.and_then(|told| told.printer.as_ref()).map(|news| {
            json!({ "works": news.works, "troubles": news.troubles })
        }),
        "facts_waiting": told.map(|told| frame.waiting(station.id, told)),
    })
}

async fn doubles(State(watch): State<Watch>, headers: HeaderMap) -> Response {
    let rehearsal = watch.api.rehearsal;
    let list = move |ledger: &Ledger| {
        let (_, zone) = served(ledger)?;
        let names = station_names(ledger)?;
        let mut doubles = Vec::new();
        let twice = ledger.arrivals(rehearsal)?.into_iter().filter(|arrival| arrival.repeats > 0);
        for arrival in twice {
            let facts = ledger.facts_about(arrival.attendee, rehearsal)?;
            let open = open_admissions(ledger, &arrival, rehearsal)?;
            let mut admissions: Vec<&Fact> =
                facts.iter().filter(|fact| open.contains(&fact.id())).collect();
            admissions.sort_by_key(|fact| (fact.moment.hybrid, fact.id()));
            let admission = |fact: &&Fact| {
                json!({
                    "station": names.get(&fact.log.station()),
                    "site": fact.site,
                    "at": fact.moment.wall.rfc3339_in(&zone),
                    "fact": fact.id(),
                })
            };
            doubles.push(json!({
                "attendee": arrival.attendee,
                "activity": arrival.activity,
                "repeats": arrival.repeats,
                "admissions": admissions.iter().map(admission).collect::<Vec<Value>>(),
            }));
        }
        Ok(json!({ "doubles": doubles }))
    };
    answered(&watch.api, &headers, "doubles", list).await
}

/// Returns the admissions of somebody to a part of an activity that nobody undid and no exit closed.
fn open_admissions(
    ledger: &Ledger,
    arrival: &Arrival,
    rehearsal: bool,
) -> Result<BTreeSet<FactId>, LedgerError> {
    let dossier = ledger.dossier(arrival.attendee, rehearsal)?;
    let presence = dossier.presence(&arrival.activity, arrival.slot);
    let open = presence.map_or(&[][..], |presence| &presence.open);
    Ok(open.iter().map(|mark| mark.fact).collect())
}
