//! Stations of one site without a server: what one knows, its neighbours know.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU8, Ordering};

use tempfile::TempDir;

use super::*;
use crate::config::Lan;
use crate::desk::Verdict;
use crate::testing::{CHEN_YIMING, Closed, Who, kiosk_profile};

/// Stations that are enrolled and know each other; the server is gone.
pub(super) struct Hall {
    pub(super) stations: Vec<(TempDir, SocketAddr)>,
    server: Closed,
}

/// Returns a place on this machine where nobody listens: on an address of its own, because others take
/// ports of 127.0.0.1 all the time.
fn free() -> SocketAddr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [process, ..] = std::process::id().to_le_bytes();
    let host = Ipv4Addr::new(127, 77, process, COUNT.fetch_add(1, Ordering::Relaxed));
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

impl Hall {
    fn with(names: &[&str]) -> Hall {
        Hall::of(names.iter().map(|name| kiosk_profile(name, &["opening"])).collect())
    }

    fn of(profiles: Vec<admission::exchange::Profile>) -> Hall {
        let venue = Venue::open();
        let enrol = |profile| {
            let dir = tempfile::tempdir().unwrap();
            drop(venue.enrol_as(dir.path(), profile));
            (dir, free())
        };
        let stations: Vec<_> = profiles.into_iter().map(enrol).collect();
        for (dir, _) in &stations {
            // Those who came first hear of the others.
            Station::open(dir.path()).unwrap().exchange().unwrap();
        }
        Hall { stations, server: venue.close() }
    }

    /// Starts a station that dials some of the others.
    fn start(&self, number: usize, dials: &[usize]) -> Handle {
        let typed = dials.iter().map(|other| self.stations[*other].1.to_string()).collect();
        let (dir, address) = &self.stations[number];
        let lan = Lan { listen: Some(*address), typed, announce: false };
        run(dir.path(), options(lan))
    }
}

pub(super) fn options(lan: Lan) -> Options {
    Options { confirm: Confirm::AtOnce, lan: Some(lan), ..by_touch() }
}

/// Shows a badge; tells whether the station knows that it was used. One that does not lets it in.
fn knows(handle: &Handle, who: Who) -> bool {
    let outcome = handle.decide(&who.badge()).unwrap();
    (outcome.decision, outcome.reason) == (Verdict::Refuse, Some("already_in"))
}

/// Waits until a station holds as many records as this.
fn wait_for_facts(hall: &Hall, number: usize, facts: u64) {
    let reader = Station::read(hall.stations[number].0.path()).unwrap();
    wait_until("told", || {
        reader.ledger.vector().unwrap().0.values().map(|head| head.seq.0).sum::<u64>() >= facts
    });
}

#[test]
fn a_pass_that_was_used_at_one_kiosk_is_refused_at_its_neighbour() {
    let hall = Hall::with(&["K1", "K2"]);
    let (one, other) = (hall.start(0, &[]), hall.start(1, &[0]));
    assert_eq!(one.decide(&WANG_XIAOMING.badge()).unwrap().decision, Verdict::Admit);
    wait_for_facts(&hall, 1, 1);
    assert!(knows(&other, WANG_XIAOMING));
    // The other way round, over the same connection.
    assert_eq!(other.decide(&ANNA_SCHMIDT.badge()).unwrap().decision, Verdict::Admit);
    wait_for_facts(&hall, 0, 3);
    assert!(knows(&one, ANNA_SCHMIDT));
    assert_eq!(one.progress().unwrap().waiting, 2, "the server has none of it");
    one.stop();
    other.stop();
}

#[test]
fn three_stations_need_no_leader_and_no_full_mesh() {
    let hall = Hall::with(&["K1", "K2", "K3"]);
    // A chain: K1 and K3 know only K2.
    let (one, two, three) = (hall.start(0, &[1]), hall.start(1, &[]), hall.start(2, &[1]));
    assert_eq!(one.decide(&WANG_XIAOMING.badge()).unwrap().decision, Verdict::Admit);
    wait_for_facts(&hall, 2, 1);
    assert!(knows(&three, WANG_XIAOMING));
    // The middle goes; what happens apart is told when it is back.
    two.stop();
    assert_eq!(one.decide(&ANNA_SCHMIDT.badge()).unwrap().decision, Verdict::Admit);
    assert_eq!(three.decide(&CHEN_YIMING.badge()).unwrap().decision, Verdict::Admit);
    let two = hall.start(1, &[]);
    for number in 0..3 {
        wait_for_facts(&hall, number, 4);
    }
    assert!(knows(&one, CHEN_YIMING) && knows(&two, CHEN_YIMING) && knows(&three, ANNA_SCHMIDT));
    for station in [one, two, three] {
        station.stop();
    }
}

#[test]
fn two_that_dial_each_other_lose_nothing() {
    let hall = Hall::with(&["K1", "K2"]);
    let (one, other) = (hall.start(0, &[1]), hall.start(1, &[0]));
    for (at, to, who, facts) in
        [(&one, 1, WANG_XIAOMING, 1), (&other, 0, ANNA_SCHMIDT, 2), (&one, 1, CHEN_YIMING, 3)]
    {
        assert_eq!(at.decide(&who.badge()).unwrap().decision, Verdict::Admit);
        wait_for_facts(&hall, to, facts);
    }
    one.stop();
    other.stop();
}

#[test]
fn a_member_of_another_site_is_not_talked_to() {
    let away = admission::exchange::Profile {
        site: slug("dalian"),
        ..kiosk_profile("F1", &["visit-dalian"])
    };
    let hall = Hall::of(vec![kiosk_profile("K1", &["opening"]), away]);
    let (one, other) = (hall.start(0, &[1]), hall.start(1, &[0]));
    assert_eq!(one.decide(&WANG_XIAOMING.badge()).unwrap().decision, Verdict::Admit);
    thread::sleep(Duration::from_secs(2));
    let (_, met) = Station::read(hall.stations[1].0.path()).unwrap().ledger.met_on_lan().unwrap();
    assert_eq!(met, []);
    let held = Station::read(hall.stations[1].0.path()).unwrap().ledger.vector().unwrap();
    assert!(held.0.is_empty(), "{held:?}");
    one.stop();
    other.stop();
}

#[test]
fn a_place_that_is_taken_is_told_at_the_start() {
    let hall = Hall::with(&["K1"]);
    let (dir, address) = &hall.stations[0];
    let _taken = TcpListener::bind(address).unwrap();
    let lan = Lan { listen: Some(*address), ..Lan::default() };
    let station = Station::open(dir.path()).unwrap();
    let error = start(station, options(lan), Box::new(|_| {})).err().unwrap().to_string();
    assert!(
        error.starts_with(&format!("cannot listen for other stations at {address}")),
        "{error}"
    );
}

/// Tells whether this machine's loopback carries multicast.
fn has_multicast() -> bool {
    let all: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(224, 0, 0, 251), Ipv4Addr::LOCALHOST);
    let hear = || {
        let ear = UdpSocket::bind("0.0.0.0:0")?;
        ear.join_multicast_v4(&all.0, &all.1)?;
        ear.set_read_timeout(Some(Duration::from_secs(2)))?;
        let mouth = UdpSocket::bind((all.1, 0))?;
        mouth.send_to(b"?", (all.0, ear.local_addr()?.port()))?;
        ear.recv(&mut [0; 8])
    };
    hear().is_ok()
}

#[test]
fn stations_find_each_other_by_what_they_announce() {
    if !has_multicast() {
        return eprintln!("SKIPPED: the loopback of this machine carries no multicast");
    }
    let hall = Hall::with(&["N1", "N2"]);
    let begin = |number: usize| {
        let (dir, address) = &hall.stations[number];
        let lan = Lan { listen: Some(*address), typed: Vec::new(), announce: true };
        run(dir.path(), options(lan))
    };
    let (one, other) = (begin(0), begin(1));
    assert_eq!(one.decide(&WANG_XIAOMING.badge()).unwrap().decision, Verdict::Admit);
    wait_for_facts(&hall, 1, 1);
    assert!(knows(&other, WANG_XIAOMING));
    one.stop();
    other.stop();
}

#[test]
fn a_station_that_hears_from_a_neighbour_that_it_was_revoked_serves_nobody_and_keeps_its_records() {
    let Hall { stations, server } = Hall::with(&["K1", "K2"]);
    let folder = |number: usize| stations[number].0.path();
    let begin = |number: usize| {
        let typed = vec![stations[0].1.to_string()];
        let lan = Lan { listen: Some(stations[number].1), typed, announce: false };
        // Of the second there is no way to the server.
        run(folder(number), options(lan))
    };
    let stolen = Station::read(folder(1)).unwrap().ledger.own_log().unwrap().station();
    let venue = server.open();
    venue.revoke(stolen);
    // The first hears of it from the server, which goes again.
    Station::open(folder(0)).unwrap().exchange().unwrap();
    let server = venue.close();
    let other = begin(1);
    assert_eq!(other.decide(&WANG_XIAOMING.badge()).unwrap().decision, Verdict::Admit);
    let one = begin(0);
    wait_until("closed", || other.progress().unwrap().closed);
    let outcome = other.decide(&ANNA_SCHMIDT.badge()).unwrap();
    assert_eq!((outcome.decision, outcome.reason), (Verdict::Refuse, Some(crate::desk::CLOSED)));
    let shown = Screen::Help { reason: crate::desk::CLOSED.to_owned(), code: "K2".to_owned() };
    assert_eq!(other.view().screen, shown);
    let progress = other.progress().unwrap();
    assert_eq!((progress.waiting, progress.shut_down), (1, None), "its record is kept");
    assert_eq!(Station::read(folder(0)).unwrap().ledger.vector().unwrap().0.len(), 0);
    // It knows so also when it is started anew, and the server's order ends it.
    other.stop();
    let other = begin(1);
    assert!(other.progress().unwrap().closed);
    let venue = server.open();
    wait_until("shut down", || other.progress().unwrap().shut_down.is_some());
    assert_eq!(venue.quarantined(), 1, "and it was handed in");
    one.stop();
    other.stop();
    assert_eq!(names(folder(1)), ["lock", "shut-down"]);
}
