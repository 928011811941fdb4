//! The last count, shared by everybody who looks: however many screens hang in the halls, the
//! ledger is read once for all of them, and at most twice a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use admission::id::Slug;
use admission::roster::Revision;
use admission::time::{Day, Millis};
use jiff::tz::TimeZone;
use ledger::clock::Clock;
use ledger::shared::Shared;
use ledger::{Ledger, LedgerError};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::figures::{self, Came, Question, Roster, Seen, State, View};
use crate::api::station_names;
use crate::folder::served;

/// Shortest time between two counts.
const PACE: Duration = Duration::from_millis(500);
/// A count that takes long is made less often: the ledger's thread rests this many times as long.
const REST: u32 = 4;

/// Most doubts that the page names; whoever has more looks at the list of the API.
const MOST_DOUBTS: usize = 100;

/// How long figures are told again without a new look at the clock.
const CLOCK_HOLDS: Duration = Duration::from_secs(5);

/// Counts, and remembers the last count.
pub(super) struct Board {
    ledger: Shared,
    clock: Clock,
    rehearsal: bool,
    last: Mutex<Option<Count>>,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoFigures {
    /// The convention has no such activity.
    #[error("this convention has no such activity")]
    NoActivity,
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Figures as they are sent.
pub(super) struct Told {
    /// One line of JSON.
    pub(super) json: String,
    /// What was counted, without the time at which.
    pub(super) state: State,
}

impl Board {
    pub(super) fn new(ledger: Shared, clock: Clock, rehearsal: bool) -> Board {
        Board { ledger, clock, rehearsal, last: Mutex::new(None) }
    }

    /// Returns a watch that moves with every change of the ledger.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.ledger.changes()
    }

    /// Waits until a change would be counted.
    pub(super) async fn rest(&self) {
        let next = self.last.lock().await.as_ref().map(|count| count.next);
        if let Some(next) = next {
            tokio::time::sleep_until(next).await;
        }
    }

    /// Returns the figures of an activity, or of the usual one, counted once for all who ask.
    pub(super) async fn figures(
        &self,
        activity: Option<Slug>,
        view: View,
    ) -> Result<Arc<Told>, NoFigures> {
        // Whoever asks meanwhile waits for this count instead of making another.
        let mut last = self.last.lock().await;
        let change = *self.ledger.changes().borrow();
        let (kept, clock, rehearsal) = (last.clone(), self.clock, self.rehearsal);
        let count = move |ledger: &mut Ledger| -> Result<_, LedgerError> {
            let mut count = match kept {
                Some(kept) if kept.holds(change) => kept,
                before => Count::make(ledger, (rehearsal, clock.now()), change, before)?,
            };
            let told = count.tell(activity, view, rehearsal, clock);
            Ok((count, told))
        };
        let (count, told) = self.ledger.ask(count).await?;
        *last = Some(count);
        told
    }
}

/// What was read out of the ledger at one moment, and what was told of it.
#[derive(Clone)]
struct Count {
    /// How often the ledger had changed.
    change: u64,
    /// Before then nothing is read again.
    next: Instant,
    read: Arc<Read>,
    told: BTreeMap<(Slug, View), Arc<Told>>,
    told_since: Instant,
}

struct Read {
    roster: Arc<Roster>,
    revision: Revision,
    zone: TimeZone,
    seen: Seen,
}

impl Count {
    fn make(
        ledger: &Ledger,
        view: (bool, Millis),
        change: u64,
        before: Option<Count>,
    ) -> Result<Count, LedgerError> {
        let begun = Instant::now();
        let read = Arc::new(read(ledger, view, before.map(|count| count.read))?);
        let rest = begun.elapsed().saturating_mul(REST).max(PACE);
        let next = begun.checked_add(rest).unwrap_or(begun);
        Ok(Count { change, next, read, told: BTreeMap::new(), told_since: begun })
    }

    fn holds(&self, change: u64) -> bool {
        self.change == change || Instant::now() < self.next
    }

    fn tell(
        &mut self,
        activity: Option<Slug>,
        view: View,
        rehearsal: bool,
        clock: Clock,
    ) -> Result<Arc<Told>, NoFigures> {
        let roster = &self.read.roster;
        let activity = activity.or_else(|| roster.usual_activity().cloned());
        let activity = activity.ok_or(NoFigures::NoActivity)?;
        if self.told_since.elapsed() > CLOCK_HOLDS {
            self.told.clear();
            self.told_since = Instant::now();
        }
        if let Some(told) = self.told.get(&(activity.clone(), view)) {
            return Ok(Arc::clone(told));
        }
        let question = Question { activity: &activity, view, rehearsal };
        let (seen, zone) = (&self.read.seen, &self.read.zone);
        let figures = figures::count(roster, seen, question, zone, clock.now());
        let figures = figures.ok_or(NoFigures::NoActivity)?;
        let json = serde_json::to_string(&figures)
            .map_err(|error| LedgerError::Damaged(error.to_string()))?;
        let told = Arc::new(Told { state: figures.state, json });
        self.told.insert((activity, view), Arc::clone(&told));
        Ok(told)
    }
}

/// Reads everything that is counted; the list only if it has changed.
fn read(
    ledger: &Ledger,
    (rehearsal, now): (bool, Millis),
    before: Option<Arc<Read>>,
) -> Result<Read, LedgerError> {
    let revision = ledger.revision()?;
    let (convention, zone) = served(ledger)?;
    let is_same =
        |read: &Arc<Read>| read.revision == revision && read.roster.convention == convention;
    let roster = match before.filter(is_same) {
        Some(read) => Arc::clone(&read.roster),
        None => Arc::new(Roster::new(convention, ledger.entries()?)),
    };
    let seen = seen(ledger, &roster, &zone, (rehearsal, now.day_in(&zone)))?;
    Ok(Read { roster, revision, zone, seen })
}

fn seen(
    ledger: &Ledger,
    roster: &Roster,
    zone: &TimeZone,
    (rehearsal, today): (bool, Day),
) -> Result<Seen, LedgerError> {
    let stations = station_names(ledger)?;
    let arrivals = ledger.arrivals(rehearsal)?.into_iter().map(|arrival| Came {
        attendee: arrival.attendee,
        activity: arrival.activity,
        at: arrival.at,
        station: stations.get(&arrival.fact.log.station()).cloned().unwrap_or_default(),
    });
    let arrivals = arrivals.collect();
    let activities = roster.convention.activities.iter();
    let inside = activities
        .map(|activity| Ok((activity.id.clone(), ledger.inside_now(activity, today, rehearsal)?)))
        .collect::<Result<_, LedgerError>>()?;
    let view = (&roster.convention, zone);
    let doubts = ledger.doubts_told(view, rehearsal, MOST_DOUBTS)?;
    Ok(Seen { arrivals, inside, doubts })
}
