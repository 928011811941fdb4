//! One line over time: how many had arrived by which minute of a day.

use admission::roster::Activity;
use admission::time::Millis;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Serialize;

/// Most points of a line: about as many as a wall has room for.
const MOST_POINTS: usize = 240;
/// Minutes that one point may stand for, finest first.
const STEPS: [u32; 6] = [1, 2, 5, 10, 15, 30];
/// Minutes of an hour.
const HOUR: u32 = 60;
/// Minutes of a day.
const DAY: u32 = 24 * HOUR;

/// A day's arrivals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Which day.
    pub day: String,
    /// Whether that day is today.
    pub today: bool,
    /// Whole hour at which it begins, in minutes of the day.
    pub from: u32,
    /// Whole hour at which it ends, in minutes of the day.
    pub until: u32,
    /// How many had come on earlier days.
    pub before: u64,
    /// Minute of the day, and how many had arrived when it was over; only minutes with arrivals.
    pub points: Vec<(u32, u64)>,
}

/// Draws the line of the day that matters: today while the activity lasts, else the last day on
/// which somebody came.
pub fn draw(arrivals: &[Millis], activity: &Activity, zone: &TimeZone, now: Millis) -> Line {
    let civil = |at: Millis| zone.to_datetime(at.timestamp());
    let mut came: Vec<DateTime> = arrivals.iter().copied().map(civil).collect();
    came.sort_unstable();
    let (doors, now) = (civil(activity.doors_open), civil(now));
    let lasts = doors.date() <= now.date() && now.date() <= civil(activity.ends).date();
    let day = came.last().map(|last| last.date()).filter(|_| !lasts).unwrap_or(now.date());
    let today = day == now.date();
    let before = came.iter().take_while(|at| at.date() < day).count();
    let minutes: Vec<u32> = came.iter().filter(|at| at.date() == day).map(minute).collect();
    let opening = Some(minute(&doors)).filter(|_| doors.date() == day);
    let first = minutes.first().copied().into_iter().chain(opening).min();
    let latest = minutes.last().copied().into_iter().chain(today.then(|| minute(&now))).max();
    let (from, until) = span(first, latest);
    let before = u64::try_from(before).unwrap_or(u64::MAX);
    Line { day: written(day), today, from, until, before, points: points(&minutes, before) }
}

fn written(day: Date) -> String {
    day.to_string()
}

fn minute(at: &DateTime) -> u32 {
    let [hour, minute] = [at.hour(), at.minute()].map(|part| u32::try_from(part).unwrap_or(0));
    hour.saturating_mul(HOUR).saturating_add(minute)
}

/// Whole hours around what there is to show, two at least.
fn span(first: Option<u32>, latest: Option<u32>) -> (u32, u32) {
    let latest = latest.or(first).unwrap_or(0);
    let first = first.unwrap_or(latest).min(latest);
    let whole = |minute: u32| minute.saturating_sub(minute.checked_rem(HOUR).unwrap_or(0));
    let from = whole(first).min(DAY.saturating_sub(2 * HOUR));
    let until = whole(latest).saturating_add(HOUR).max(from.saturating_add(2 * HOUR));
    (from, until.min(DAY))
}

/// The finest points that are few enough.
fn points(minutes: &[u32], before: u64) -> Vec<(u32, u64)> {
    let drawn = STEPS.into_iter().map(|step| stepped(minutes, before, step));
    drawn.fold(Vec::new(), |kept, next| match kept.is_empty() || kept.len() > MOST_POINTS {
        true => next,
        false => kept,
    })
}

fn stepped(minutes: &[u32], before: u64, step: u32) -> Vec<(u32, u64)> {
    let mut points: Vec<(u32, u64)> = Vec::new();
    let mut arrived = before;
    for minute in minutes {
        arrived = arrived.saturating_add(1);
        let last = minute.checked_rem(step).unwrap_or(0);
        let slot = minute.saturating_sub(last).saturating_add(step.saturating_sub(1)).min(DAY);
        match points.last_mut().filter(|(at, _)| *at == slot) {
            Some((_, count)) => *count = arrived,
            None => points.push((slot, arrived)),
        }
    }
    points
}

#[cfg(test)]
mod tests;
