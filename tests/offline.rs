//! The network comes and goes; nothing is lost and nothing is doubled.

use std::collections::BTreeSet;

use crate::support::venue::{Guest, Venue, scan};
use crate::support::wait_for;

fn ids(guests: &[Guest]) -> BTreeSet<String> {
    guests.iter().map(|guest| guest.id.clone()).collect()
}

/// Waits until exactly `guests` are listed as arrived, each once.
fn wait_for_arrivals(venue: &Venue, guests: &[Guest]) {
    let arrived = wait_for("every arrival on the server", || {
        let arrived = venue.arrived("registration");
        (arrived.len() >= guests.len()).then_some(arrived)
    });
    assert_eq!(arrived.len(), guests.len(), "nobody arrives twice");
    assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), ids(guests));
}

#[test]
fn the_server_is_killed_between_scans_and_nothing_is_lost_or_doubled() {
    let mut venue = Venue::open();
    let guests = venue.guests(12);
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    for (round, four) in guests.chunks(4).enumerate() {
        for guest in four {
            assert_eq!(scan(&mut desk, &guest.invitation)["decision"], "admit");
        }
        venue.kill_server();
        if round == 1 {
            // The door stays open while nobody is there to hear about it.
            assert_eq!(scan(&mut desk, &guests[0].invitation)["reason"], "already_in");
        }
        venue.restart_server();
    }
    wait_for_arrivals(&venue, &guests);
    assert_eq!(desk.finish().code, 0);
    let checked = venue.server(&["check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}

#[test]
fn a_desk_without_network_checks_in_all_day_and_brings_it_home_later() {
    let mut venue = Venue::open();
    let guests = venue.guests(5);
    let kiosk = venue.station("K1", "registration");
    venue.kill_server();

    let mut desk = kiosk.open();
    for guest in &guests {
        assert_eq!(scan(&mut desk, &guest.invitation)["decision"], "admit");
    }
    assert_eq!(desk.finish().code, 0);
    let sync = kiosk.command(&["sync"]);
    assert_eq!(sync.code, 1, "the server is not there");
    assert!(sync.err.contains("does not answer"), "{}", sync.err);

    venue.restart_server();
    let tally = kiosk.command(&["sync"]).ok().json();
    assert_eq!(tally["sent"], 5);
    assert_eq!(kiosk.command(&["sync"]).ok().json()["sent"], 0, "once is enough");
    wait_for_arrivals(&venue, &guests);
}

#[test]
fn what_one_kiosk_saw_its_neighbour_knows_within_moments() {
    let venue = Venue::open();
    let guests = venue.guests(1);
    let (first, second) =
        (venue.station("K1", "registration"), venue.station("K2", "registration"));
    let (mut one, mut other) = (first.open(), second.open());
    assert_eq!(scan(&mut one, &guests[0].invitation)["decision"], "admit");
    wait_for("the neighbour to hear of it", || (second.facts().len() == 1).then_some(()));
    assert_eq!(scan(&mut other, &guests[0].invitation)["reason"], "already_in");
}

#[test]
fn two_kiosks_cut_off_both_admit_and_the_server_lists_one_arrival() {
    let mut venue = Venue::open();
    let guests = venue.guests(1);
    let kiosks = [venue.station("K1", "registration"), venue.station("K2", "registration")];
    venue.kill_server();
    for kiosk in &kiosks {
        let mut desk = kiosk.open();
        assert_eq!(scan(&mut desk, &guests[0].invitation)["decision"], "admit");
        desk.finish();
    }
    venue.restart_server();
    kiosks.iter().for_each(|kiosk| {
        kiosk.command(&["sync"]).ok();
    });
    wait_for_arrivals(&venue, &guests);
    let facts = venue.server(&["export", "facts", "--format", "json"]).ok();
    assert_eq!(facts.out.matches("\"admitted\"").count(), 2, "both facts are kept");
}

#[test]
fn a_list_that_grows_reaches_a_kiosk_that_is_running() {
    let venue = Venue::open();
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    let list = std::fs::read_to_string(crate::support::project("demo/attendees.csv")).unwrap();
    let header = list.lines().next().unwrap();
    let late = format!(
        "{header}\n000042,赵晚来,ZHAO Wanlai,,赵,晚来,经理,Manager,晚到贸易有限公司,Late Trading Ltd.,,foreign-trade,entrepreneur,liaoning,CN,liaoning,zh-Hans,,,,,confirmed\n"
    );
    let file = venue.path("late.csv");
    std::fs::write(&file, late).unwrap();
    let done = venue.server(&["import", file.to_str().unwrap()]).ok().json();
    assert_eq!((&done["new"], &done["changed"]), (&1.into(), &0.into()));
    let token = venue.invitations()["000042"].clone();
    wait_for("the kiosk to know the latecomer", || {
        (scan(&mut desk, &token)["decision"] == "admit").then_some(())
    });
}

#[test]
fn a_field_station_knows_the_names_of_its_own_guests_only() {
    let venue = Venue::open();
    let people = venue.people();
    let site = "dalian".parse().unwrap();
    let desk = venue.station_at("F1", "dalian", "visit-dalian");
    let key = std::fs::read_to_string(desk.data.join("ledger.key")).unwrap();
    let key: admission::id::FactHash = key.trim().parse().unwrap();
    let key = ledger::DiskKey(key.0);
    let ledger = ledger::Ledger::open_to_read(&desk.data.join("ledger.db"), Some(&key)).unwrap();
    let convention = ledger.policy().unwrap().unwrap().convention;
    let mut named = 0;
    for guest in people.values() {
        let row = ledger.attendee(guest.attendee.id).unwrap().unwrap();
        let concerned = convention.concerns(&guest.attendee, &site);
        assert_eq!(row.person.is_some(), concerned, "{}", guest.id);
        named += usize::from(concerned);
    }
    assert!(named > 0 && named < people.len());
    let other = people.values().find(|guest| !convention.concerns(&guest.attendee, &site));
    let mut open = desk.open_at(&["--now", "2023-09-27T09:00:00+08:00"]);
    assert_eq!(scan(&mut open, &other.unwrap().badge)["reason"], "not_entitled");
}
