//! What a station has to do: its policy, read for one activity.

use admission::exchange::{Policy, Profile};
use admission::id::Slug;
use admission::pass::IssuingKey;
use admission::roster::{Activity, Convention};
use admission::time::{Day, Millis};
use jiff::tz::TimeZone;

/// What a station does and what it needs for it, out of the server's policy.
#[derive(Clone, Debug)]
pub struct Duty {
    /// The convention.
    pub convention: Convention,
    /// Its time zone.
    pub zone: TimeZone,
    /// The keys whose passes are believed.
    pub keys: Vec<IssuingKey>,
    /// What people are checked in to.
    pub activity: Activity,
    /// Where the station stands.
    pub site: Slug,
    /// The station's name, such as `K2`.
    pub station: String,
    /// What the station is set up for.
    pub profile: Profile,
}

/// Why a station cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DutyError {
    /// Its profile names no activity.
    #[error("the profile of {0} names no activity; add the station anew with --activity")]
    Idle(String),
    /// It is not set up for this one.
    #[error("{station} is not set up for {activity}; its activities are: {known}")]
    NotInProfile {
        /// The station.
        station: String,
        /// What was asked for.
        activity: Slug,
        /// What it is set up for, with commas.
        known: String,
    },
    /// The convention has no such activity.
    #[error("the convention has no activity {0}")]
    NoActivity(Slug),
    /// It is somewhere else.
    #[error("{activity} is at {site}, and this station stands at {here}")]
    Elsewhere {
        /// What was asked for.
        activity: Slug,
        /// Where that is.
        site: Slug,
        /// Where the station stands.
        here: Slug,
    },
    /// No such time zone.
    #[error("the convention's time zone {0:?} is unknown to this version")]
    Zone(String),
}

impl Duty {
    /// Reads a policy for `wanted`, or for the first activity of the profile.
    ///
    /// # Errors
    /// [`DutyError`] if the station cannot serve that activity.
    pub fn new(
        policy: &Policy,
        keys: Vec<IssuingKey>,
        wanted: Option<&Slug>,
    ) -> Result<Duty, DutyError> {
        let activity = choose(policy, wanted)?.clone();
        let convention = policy.convention.clone();
        Ok(Duty {
            zone: zone(&convention)?,
            keys,
            activity,
            site: policy.profile.site.clone(),
            station: policy.profile.name.clone(),
            profile: policy.profile.clone(),
            convention,
        })
    }

    /// Returns the civil day in the convention's zone.
    pub fn day(&self, now: Millis) -> Day {
        now.day_in(&self.zone)
    }
}

/// Finds the convention's zone among those that are built in.
///
/// # Errors
/// [`DutyError::Zone`] if there is none of that name.
pub fn zone(convention: &Convention) -> Result<TimeZone, DutyError> {
    TimeZone::get(&convention.zone).map_err(|_| DutyError::Zone(convention.zone.clone()))
}

fn choose<'a>(policy: &'a Policy, wanted: Option<&Slug>) -> Result<&'a Activity, DutyError> {
    let profile = &policy.profile;
    let first = profile.activities.first();
    let id = wanted.or(first).ok_or_else(|| DutyError::Idle(profile.name.clone()))?;
    if !profile.activities.contains(id) {
        let known: Vec<&str> = profile.activities.iter().map(Slug::as_str).collect();
        return Err(DutyError::NotInProfile {
            station: profile.name.clone(),
            activity: id.clone(),
            known: known.join(", "),
        });
    }
    let activity = policy.convention.activity(id);
    let activity = activity.ok_or_else(|| DutyError::NoActivity(id.clone()))?;
    if activity.site != profile.site {
        return Err(DutyError::Elsewhere {
            activity: id.clone(),
            site: activity.site.clone(),
            here: profile.site.clone(),
        });
    }
    Ok(activity)
}
