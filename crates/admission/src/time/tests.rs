//! Days, instants and the hybrid clock at their edges.

use jiff::civil::date;

use super::*;

/// Shenyang keeps the time of Shanghai, eight hours ahead and without summer time since 1991.
fn shanghai() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

/// A zone with summer time, written out so that no file of the machine is read.
fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn at(text: &str) -> Millis {
    Millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn a_day_begins_at_midnight_of_the_convention_and_not_of_greenwich() {
    let midnight = at("2023-09-25T16:00:00Z");
    assert_eq!(midnight.plus(-1).day_in(&shanghai()).date(), date(2023, 9, 25));
    assert_eq!(midnight.day_in(&shanghai()).date(), date(2023, 9, 26));
    assert_eq!(midnight.day_in(&TimeZone::UTC).date(), date(2023, 9, 25));
}

#[test]
fn a_day_of_23_hours_is_one_day() {
    let (before, after) = (at("2024-03-30T23:00:00Z"), at("2024-03-31T22:00:00Z"));
    assert_eq!(before.day_in(&berlin()).date(), date(2024, 3, 31));
    assert_eq!(after.plus(-1).day_in(&berlin()).date(), date(2024, 3, 31));
    assert_eq!(after.day_in(&berlin()).date(), date(2024, 4, 1));
}

#[test]
fn an_instant_is_printed_with_the_offset_of_the_zone() {
    let opening = at("2023-09-26T01:00:00Z");
    assert_eq!(opening.rfc3339_in(&shanghai()), "2023-09-26T09:00:00+08:00");
    assert_eq!(opening.rfc3339_in(&berlin()), "2023-09-26T03:00:00+02:00");
    let read: jiff::Timestamp = opening.rfc3339_in(&shanghai()).parse().unwrap();
    assert_eq!(read.as_millisecond(), opening.0, "what is printed reads back");
}

#[test]
fn a_day_is_counted_from_1970_and_reads_back() {
    assert_eq!(Day::from(date(1970, 1, 1)), Day(0));
    assert_eq!(Day::from(date(2023, 9, 26)), Day(19_626));
    for day in [0, 1, 19_626, 65_536, 2_932_896] {
        assert_eq!(Day::from(Day(day).date()), Day(day));
    }
    assert_eq!(Day::from(date(1969, 12, 31)), Day(0), "held at the first day");
}

#[test]
fn the_ends_of_time_are_held() {
    for crazy in [Millis(i64::MIN), Millis(i64::MAX)] {
        let _ = (crazy.timestamp(), crazy.day_in(&shanghai()), crazy.rfc3339_in(&shanghai()));
    }
    assert_eq!(Day(u32::MAX).plus(1), Day(u32::MAX));
    assert_eq!(Day(u32::MAX).date(), date(9999, 12, 31));
    assert_eq!(Millis(i64::MAX).plus(1), Millis(i64::MAX));
    assert_eq!(Millis(i64::MAX).since(Millis(i64::MIN)), i64::MAX);
}

#[test]
fn instants_and_days_are_plain_numbers_on_the_wire() {
    assert_eq!(serde_json::to_string(&Millis(-5)).unwrap(), "-5");
    assert_eq!(minicbor::to_vec(Day(3)).unwrap(), [3]);
    assert_eq!(minicbor::decode::<Day>(&[3]).unwrap(), Day(3));
    assert_eq!(minicbor::decode::<Millis>(&[0x24]).unwrap(), Millis(-5));
}

#[test]
fn a_clock_in_2035_does_not_drag_the_others_along() {
    let now = Millis(1_695_684_600_000);
    let mine = Hybrid(0).tick(now);
    let crazy = Hybrid(0).tick(now.plus(12 * 365 * 86_400_000));
    assert_eq!(mine.meet(crazy, now), mine);
    assert_eq!(mine.meet(Hybrid(u64::MAX), now), mine);
    let near = Hybrid(0).tick(now.plus(60_000));
    assert_eq!(mine.meet(near, now), near);
    assert!(near.tick(now) > near, "the clock never goes back");
}

#[test]
fn ten_minutes_ahead_are_followed_and_a_millisecond_more_is_not() {
    let now = Millis(1_695_684_600_000);
    let ahead = |millis| Hybrid(0).tick(now.plus(millis));
    assert_eq!(Hybrid(0).meet(ahead(600_000), now), ahead(600_000));
    assert_eq!(Hybrid(0).meet(ahead(600_001), now), Hybrid(0));
}

#[test]
fn a_tick_is_always_later_and_never_behind_the_wall() {
    let walls = [0, 5, 5, 4, -1, i64::MIN, 1_695_684_600_000, 3, i64::MAX, 7];
    let mut clock = Hybrid(0);
    for wall in walls.map(Millis) {
        let next = clock.tick(wall);
        assert!(next > clock, "{wall:?}: {next:?} after {clock:?}");
        clock = next;
    }
    let reading = Hybrid(0).tick(Millis(1_695_684_600_000));
    assert_eq!(reading.millis(), Millis(1_695_684_600_000));
    assert_eq!(Hybrid(u64::MAX).tick(Millis(0)), Hybrid(u64::MAX), "the last reading stays");
}

#[test]
fn a_wall_beyond_48_bits_is_held_at_the_last_millisecond() {
    let last = (1 << 48) - 1;
    assert_eq!(Hybrid(0).tick(Millis(last)).millis(), Millis(last));
    assert_eq!(Hybrid(0).tick(Millis(1 << 48)).millis(), Millis(last));
    assert_eq!(Hybrid(0).tick(Millis(i64::MAX)).millis(), Millis(last));
}

#[test]
fn a_time_in_a_files_name_sorts_by_time_and_comes_back_to_the_second() {
    let at = Millis(1_695_685_500_999);
    assert_eq!(at.compact(), "20230925T234500Z");
    assert_eq!(Millis::from_compact("20230925T234500Z"), Some(Millis(1_695_685_500_000)));
    assert!(at.plus(1000).compact() > at.compact());
    for bad in ["", "20230925T234500", "20230925T2345Z", "20231325T234500Z", "2023-09-25T23:45:00Z"]
    {
        assert_eq!(Millis::from_compact(bad), None, "{bad}");
    }
}

#[test]
fn a_time_is_read_with_its_offset_and_within_its_years() {
    let read = |text: &str| text.parse::<Millis>();
    assert_eq!(read("2023-09-26T07:30:00+08:00"), Ok(Millis(1_695_684_600_000)));
    assert_eq!(read("1970-01-01T00:00:00Z"), Ok(Millis(0)));
    assert!(read("9998-12-31T23:59:59Z").is_ok());
    for bad in
        ["", "tomorrow", "2023-09-26T07:30:00", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z"]
    {
        let sentence = read(bad).unwrap_err().to_string();
        assert!(sentence.ends_with("+08:00, in the years 1970 to 9998"), "{bad}: {sentence}");
    }
}
