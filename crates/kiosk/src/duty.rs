//! What a station has to do: its policy, read for one activity.

use admission::exchange::Policy;
use admission::id::Slug;
use admission::pass::IssuingKey;
use admission::roster::{Activity, Convention, Mode};
use admission::time::{Day, Millis};
use ed25519_dalek::VerifyingKey;
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
    /// People are checked in to it in a way of a later version.
    #[error("{0} is checked in to in a way that is not built yet; only mode once is")]
    ModeNotBuilt(Slug),
    /// No such time zone.
    #[error("the convention's time zone {0:?} is unknown to this version")]
    Zone(String),
}

impl Duty {
    /// Reads a policy for `wanted`, or for the first activity of the profile.
    ///
    /// # Errors
    /// [`DutyError`] if the station cannot serve that activity.
    pub fn new(policy: &Policy, wanted: Option<&Slug>) -> Result<Duty, DutyError> {
        let activity = choose(policy, wanted)?.clone();
        let convention = policy.convention.clone();
        Ok(Duty {
            zone: zone(&convention)?,
            keys: issuing_keys(policy),
            activity,
            site: policy.profile.site.clone(),
            station: policy.profile.name.clone(),
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
    match activity.mode {
        Mode::Once => Ok(activity),
        Mode::Daily | Mode::Reentry | Mode::Board => Err(DutyError::ModeNotBuilt(id.clone())),
    }
}

/// A key that is none is left out: its passes are `unknown_key`, and the others keep working.
fn issuing_keys(policy: &Policy) -> Vec<IssuingKey> {
    policy
        .issuing
        .iter()
        .filter_map(|bytes| {
            let bytes: &[u8; 32] = bytes.as_slice().try_into().ok()?;
            let public = VerifyingKey::from_bytes(bytes).ok()?;
            Some(IssuingKey { public, convention: policy.convention.id })
        })
        .collect()
}
