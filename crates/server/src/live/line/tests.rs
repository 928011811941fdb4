#![allow(clippy::arithmetic_side_effects, reason = "small numbers")]

use admission::id::Slug;
use admission::roster::{Mode, Words};

use super::*;

/// Minutes after midnight of 26 September 2023 in Shenyang.
fn at(minute: i64) -> Millis {
    Millis(1_695_657_600_000 + minute * 60_000)
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// Doors open on the 25th at 08:00; it ends on the 27th at 12:00.
fn registration() -> Activity {
    let id: Slug = "registration".parse().unwrap();
    Activity {
        site: id.clone(),
        id,
        title: Words::default(),
        mode: Mode::Once,
        starts: at(-15 * 60),
        ends: at(36 * 60),
        doors_open: at(-16 * 60),
        doors_close: at(40 * 60),
        collects: true,
        place: Words::default(),
        way: Words::default(),
        strict: false,
        open_to_all: None,
        capacity: None,
        wait_list: None,
    }
}

fn line(arrivals: &[i64], now: i64) -> Line {
    let arrivals: Vec<Millis> = arrivals.iter().map(|minute| at(*minute)).collect();
    draw(&arrivals, &registration(), &zone(), at(now))
}

#[test]
fn a_day_goes_on_where_the_day_before_ended() {
    let line = line(&[-300, -299, 480, 480, 482], 500);
    assert_eq!((line.day.as_str(), line.today, line.before), ("2023-09-26", true, 2));
    assert_eq!(line.points, [(480, 4), (482, 5)]);
}

#[test]
fn before_the_first_arrival_of_a_day_that_lasts_today_is_shown() {
    let line = line(&[-300], 400);
    assert_eq!((line.day.as_str(), line.before, line.points.len()), ("2023-09-26", 1, 0));
}

#[test]
fn after_the_activity_the_last_day_with_arrivals_is_shown() {
    let line = line(&[-300, 480], 5_000);
    assert_eq!((line.day.as_str(), line.today), ("2023-09-26", false));
    assert_eq!(line.points, [(480, 2)]);
}

#[test]
fn the_day_of_the_convention_counts_not_that_of_utc() {
    // 00:30 in Shenyang is still the 25th in UTC.
    assert_eq!(line(&[30], 40).points, [(30, 1)]);
}

#[test]
fn the_line_spans_whole_hours_around_what_there_is() {
    let span = |arrivals: &[i64], now| {
        let line = line(arrivals, now);
        (line.from, line.until)
    };
    assert_eq!(span(&[485, 550], 600), (480, 660));
    assert_eq!(span(&[485], 490), (480, 600), "two hours at least");
    assert_eq!(span(&[], 485), (480, 600));
    assert_eq!(span(&[], 1_439), (1_320, 1_440), "never past midnight");
    // On the first day the doors' hour counts: a line that begins there shows who was late.
    assert_eq!(span(&[-800], -700), (480, 780));
}

#[test]
fn many_arrivals_become_few_points_and_nobody_is_lost() {
    let every_minute: Vec<i64> = (0..1_440).flat_map(|minute| [minute, minute]).collect();
    let line = line(&every_minute, 1_439);
    assert!(line.points.len() <= 240, "{}", line.points.len());
    assert_eq!(line.points.last(), Some(&(1_439, 2_880)));
    assert!(line.points.is_sorted());
    assert_eq!(line.points[0], (9, 20), "ten minutes to a point");
}

#[test]
fn clocks_that_are_wrong_by_centuries_draw_a_line_too() {
    for wrong in [i64::MIN, i64::MAX, 0] {
        let line = draw(&[Millis(wrong)], &registration(), &zone(), Millis(wrong));
        assert!(line.from < line.until, "{line:?}");
    }
}
