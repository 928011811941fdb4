//! When an activity takes place and when its doors are open, in the convention's zone.

use admission::time::{Day, Millis};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::value::Datetime;

use super::judge::{Judge, civil_date};
use super::written::Activity;

/// The four times of an activity.
pub(super) struct Times {
    pub(super) starts: Millis,
    pub(super) ends: Millis,
    pub(super) doors_open: Millis,
    pub(super) doors_close: Millis,
}

/// Reads the times of an activity; doors default to its start and end.
pub(super) fn read(
    judge: &mut Judge,
    activity: &Activity,
    zone: &TimeZone,
    days: Option<(Day, u8)>,
) -> Times {
    let starts = instant(judge, &activity.starts, zone);
    let ends = instant(judge, &activity.ends, zone);
    let mut door = |time: &Option<Spanned<Datetime>>, default| {
        time.as_ref().map_or(default, |time| instant(judge, time, zone))
    };
    let doors_open = door(&activity.doors_open, starts);
    let doors_close = door(&activity.doors_close, ends);
    let opens_at = activity.doors_open.as_ref().unwrap_or(&activity.starts);
    let closes_at = activity.doors_close.as_ref().unwrap_or(&activity.ends);
    // A time that could not be read has been complained about.
    if let (Some(starts), Some(ends), Some(open), Some(close)) =
        (starts, ends, doors_open, doors_close)
    {
        if ends <= starts {
            judge.complain(&activity.ends, "it ends before it starts; exchange the times");
        } else if close <= open {
            judge.complain(closes_at, "the doors close before they open; mend the times");
        } else if open >= ends {
            judge.complain(opens_at, "the doors open after the end; mend the time");
        } else if close <= starts {
            judge.complain(closes_at, "the doors close before the start; mend the time");
        }
        let day = starts.day_in(zone);
        let is_valid =
            |(first, number): (Day, u8)| (first..first.plus(u32::from(number))).contains(&day);
        if !days.is_none_or(is_valid) {
            let text = "it starts on a day on which no pass is valid; \
                        mend it, or first_day and last_day";
            judge.complain(&activity.starts, text);
        }
    }
    let or_zero = |time: Option<Millis>| time.unwrap_or(Millis(0));
    Times {
        starts: or_zero(starts),
        ends: or_zero(ends),
        doors_open: or_zero(doors_open),
        doors_close: or_zero(doors_close),
    }
}

/// Reads a local time; `None` after a complaint.
pub(super) fn instant(
    judge: &mut Judge,
    time: &Spanned<Datetime>,
    zone: &TimeZone,
) -> Option<Millis> {
    if time.get_ref().offset.is_some() {
        let cure = "write the local time without an offset, like 2023-09-26T09:00:00";
        return judge.refuse(time, cure);
    }
    let Some(local) = civil(time.get_ref()) else {
        return judge.refuse(time, "write day and time like 2023-09-26T09:00:00");
    };
    match zone.to_timestamp(local) {
        Ok(timestamp) => Some(Millis(timestamp.as_millisecond())),
        Err(_) => judge.refuse(time, "there is no such time; write one like 2023-09-26T09:00:00"),
    }
}

fn civil(written: &Datetime) -> Option<DateTime> {
    let (date, time) = (written.date.as_ref()?, written.time.as_ref()?);
    let part = |value: u8| i8::try_from(value).ok();
    let second = time.second.unwrap_or(0);
    let time = Time::new(part(time.hour)?, part(time.minute)?, part(second)?, 0).ok()?;
    Some(civil_date(date)?.to_datetime(time))
}
