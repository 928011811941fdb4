//! Stations of one site, and no server.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::support::line::{Fault, Line};
use crate::support::program::Running;
use crate::support::venue::{Desk, MORNING, Venue, holds, scan};
use crate::support::{wait_at_most, wait_for};

/// Returns a place on this machine where nobody listens: on an address of its own, because others take
/// ports of 127.0.0.1 all the time.
pub fn free() -> SocketAddr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [process, ..] = std::process::id().to_le_bytes();
    let host = Ipv4Addr::new(127, 77, process, COUNT.fetch_add(1, Ordering::Relaxed));
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

/// A venue whose server is gone after these stations got to know each other.
fn without_server(names: &[&str]) -> (Venue, Vec<Desk>) {
    let mut venue = Venue::open();
    let desks: Vec<Desk> = names.iter().map(|name| venue.station(name, "opening")).collect();
    for desk in &desks {
        desk.command(&["sync"]).ok();
    }
    venue.kill_server();
    (venue, desks)
}

/// Starts a station that listens at `here` and dials `there`.
fn open(desk: &Desk, here: SocketAddr, there: &[SocketAddr]) -> Running {
    let here = here.to_string();
    let there: Vec<String> = there.iter().map(ToString::to_string).collect();
    let mut options = vec!["--now", MORNING, "--no-announce", "--lan", &here];
    options.extend(there.iter().flat_map(|peer| ["--peer", peer]));
    desk.open_at(&options)
}

#[test]
fn a_pass_used_at_one_kiosk_is_refused_at_its_neighbour_without_a_server() {
    let (venue, desks) = without_server(&["K1", "K2"]);
    let here = free();
    let (mut one, mut other) = (open(&desks[0], here, &[]), open(&desks[1], free(), &[here]));
    let reader = kiosk::Station::read(&desks[1].data).unwrap();
    let guests = venue.people().into_values().filter(|guest| !guest.invitation.is_empty());
    let mut took = Vec::new();
    for guest in guests {
        let answer = scan(&mut one, &guest.badge);
        if answer["decision"] != "admit" {
            continue;
        }
        let fact = answer["fact"].as_str().unwrap();
        let admitted = Instant::now();
        wait_at_most(Duration::from_secs(5), "the neighbour to know", || {
            holds(&reader.ledger, fact).then_some(())
        });
        took.push(admitted.elapsed());
        assert_eq!(scan(&mut other, &guest.badge)["reason"], "already_in");
        // The refusal is a record too, and goes the other way.
        if took.len() == 50 {
            break;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(took.len(), 50);
    // The first waits for the two to get in touch.
    let first = took.remove(0);
    took.sort();
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
    println!(
        "known at the neighbour after {median:?} (median), {worst:?} (worst); first {first:?}"
    );
    let checked = desks[1].command(&["check"]).ok().json();
    assert_eq!(checked["lan"]["peers"][0]["name"], "K1", "{checked}");
    assert_eq!(checked["lan"]["peers"][0]["address"], here.to_string());
    assert!(checked["waiting"].as_u64() >= Some(50), "the server has none of it: {checked}");
    for running in [one, other] {
        let ended = running.finish();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
}

#[test]
fn a_partition_heals_and_what_both_did_stays_in_view() {
    let (venue, desks) = without_server(&["K1", "K2", "K3"]);
    let here = free();
    let cable = Line::to(here);
    let (mut one, mut other) =
        (open(&desks[0], here, &[]), open(&desks[1], free(), &[cable.address]));
    let people = venue.people();
    let mut able = people.values().filter(|guest| !guest.invitation.is_empty());
    let mut admit = |desk: &mut Running| {
        let guest = able.find(|guest| scan(desk, &guest.badge)["decision"] == "admit").unwrap();
        guest.badge.clone()
    };
    let same = |one: &Desk, other: &Desk| {
        let read = |desk: &Desk| {
            let reader = kiosk::Station::read(&desk.data).unwrap();
            reader.ledger.vector().unwrap()
        };
        wait_for("both to hold the same", || (read(one) == read(other)).then_some(()));
    };
    let before = admit(&mut one);
    same(&desks[0], &desks[1]);
    assert_eq!(scan(&mut other, &before)["reason"], "already_in");

    cable.put(Some(Fault::Cut));
    let twice = admit(&mut one);
    assert_eq!(scan(&mut other, &twice)["decision"], "admit", "nobody can know");
    let apart = admit(&mut other);
    cable.put(None);
    same(&desks[0], &desks[1]);
    assert_eq!(scan(&mut one, &apart)["reason"], "already_in");
    assert_eq!(scan(&mut one, &twice)["reason"], "already_in");
    same(&desks[0], &desks[1]);

    // A third that comes late hears everything from one of them, and kill -9 loses nothing.
    one.kill();
    let third_place = free();
    let mut third = open(&desks[2], third_place, &[here]);
    let one = open(&desks[0], here, &[third_place]);
    same(&desks[0], &desks[2]);
    for badge in [&before, &twice, &apart] {
        assert_eq!(scan(&mut third, badge)["reason"], "already_in");
    }
    for running in [one, other, third] {
        running.finish();
    }
    for desk in &desks {
        desk.command(&["check"]).ok();
    }
}
