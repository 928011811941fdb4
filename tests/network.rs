//! A network that fails between a real station and a real server: it goes silent, breaks at any
//! byte, alters what it carries, crawls, or somebody in between answers in the server's place.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::support::line::{Fault, Line, Way};
use crate::support::program::Running;
use crate::support::venue::{Desk, Guest, Venue, scan};
use crate::support::{wait_at_most, wait_for};

/// A station at the end of a line.
struct End {
    line: Line,
    desk: Desk,
}

impl End {
    fn new(venue: &Venue, name: &str) -> End {
        let line = Line::to_server(&venue.url);
        let scheme = venue.url.split("//").next().unwrap();
        let url = format!("{scheme}//{}", line.address);
        let desk = venue.station_over(&url, name, ("hall", "registration"));
        End { line, desk }
    }

    /// Returns how many records wait for the server's word, as the station believes.
    fn waiting(&self) -> u64 {
        kiosk::Station::read(&self.desk.data).unwrap().ledger.waiting().unwrap()
    }

    /// Returns how many records of the station are missing at the server, whatever anybody says.
    fn missing(&self, venue: &Venue) -> u64 {
        let own = kiosk::Station::read(&self.desk.data).unwrap();
        let log = own.ledger.own_log().unwrap();
        let held = own.ledger.vector().unwrap().seq(log).0;
        let server = ledger::Ledger::open_to_read(&venue.path("server/yingbin.db"), None).unwrap();
        held - server.vector().unwrap().seq(log).0
    }

    /// Lets a guest in while nobody is reached, with a desk that is opened for it.
    fn admit_alone(&self, guest: &Guest) {
        self.line.put(Some(Fault::Cut));
        let mut desk = self.desk.open();
        admit(&mut desk, guest);
        assert_eq!(desk.finish().code, 0);
    }
}

/// Lets a guest in; the door waits for nothing.
fn admit(desk: &mut Running, guest: &Guest) {
    let since = Instant::now();
    let answer = scan(desk, &guest.invitation);
    assert_eq!(answer["decision"], "admit", "{answer}");
    assert!(since.elapsed() < Duration::from_secs(2), "the door waited {:?}", since.elapsed());
}

/// Waits until these guests and no others are at the server, each once, and all is well there.
fn wait_for_all(venue: &Venue, guests: &[Guest]) {
    wait_at_most(Duration::from_secs(90), "everybody at the server", || {
        (venue.arrived("registration").len() >= guests.len()).then_some(())
    });
    let arrived = venue.arrived("registration");
    assert_eq!(arrived.len(), guests.len(), "nobody arrives twice");
    let ids: BTreeSet<String> = guests.iter().map(|guest| guest.id.clone()).collect();
    assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), ids);
    let exported = venue.server(&["export", "facts", "--format", "json"]).ok().out;
    assert_eq!(exported.matches("\"admitted\"").count(), guests.len(), "each recorded once");
    venue.server(&["check"]).ok();
}

#[test]
fn a_line_that_goes_silent_stops_no_door_and_is_given_up() {
    let venue = Venue::open();
    let guests = venue.guests(12);
    let silences = [
        Fault::Stall(Way::Down, 0),
        Fault::Stall(Way::Down, 150),
        Fault::Stall(Way::Up, 0),
        Fault::Stall(Way::Up, 250),
    ];
    let names = ["K1", "K2", "K3", "K4"];
    let ends = names.map(|name| End::new(&venue, name));
    let mut desks: Vec<Running> = ends.iter().map(|end| end.desk.open()).collect();
    for (desk, guest) in desks.iter_mut().zip(&guests) {
        admit(desk, guest);
    }
    wait_for_all(&venue, &guests[..4]);
    for (end, silence) in ends.iter().zip(silences) {
        wait_for("the word of the server", || (end.waiting() == 0).then_some(()));
        end.line.put(Some(silence));
    }
    let since = Instant::now();
    for (desk, guest) in desks.iter_mut().zip(&guests[4..]) {
        admit(desk, guest);
    }
    // It hangs up after ten seconds without an answer, and tries again after a pause; a poll that was
    // held when the line went silent is given up at once for the news.
    for end in &ends {
        wait_at_most(Duration::from_secs(40), "another try", || {
            (end.line.seen().faults >= 2).then_some(())
        });
        assert_eq!(end.waiting(), 1, "nobody has said that it arrived");
    }
    println!("two tries after {:?}", since.elapsed());
    for (desk, guest) in desks.iter_mut().zip(&guests[8..]) {
        admit(desk, guest);
    }
    ends.iter().for_each(|end| end.line.put(None));
    wait_for_all(&venue, &guests);
    for (desk, end) in desks.into_iter().zip(&ends) {
        let ended = desk.finish();
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(end.desk.command(&["check"]).ok().json()["waiting"], 0);
    }
}

#[test]
fn a_line_that_breaks_at_any_byte_loses_and_doubles_nothing() {
    let venue = Venue::open();
    // Six, because a server hears each only so often.
    let ends = ["K1", "K2", "K3", "K4", "K5", "K6"].map(|name| End::new(&venue, name));
    let seventh = venue.station("K7", "registration");
    let mut other = seventh.open();
    let (all, mut came) = (venue.guests(usize::MAX), 0..);
    let mut next = || &all[came.next().unwrap()];
    for end in &ends {
        end.admit_alone(next());
        end.line.put(None);
        end.desk.command(&["sync"]).ok();
    }
    ends[0].desk.command(&["sync"]).ok();
    ends[0].admit_alone(next());
    ends[0].line.put(None);
    ends[0].desk.command(&["sync"]).ok();
    let [up, down] = ends[0].line.seen().bytes;
    // The first answer is longer where there is something to take.
    let whole = [up, down + 400];
    let since = Instant::now();
    let mut broken = 0;
    for (count, (way, at)) in breaks(whole).enumerate() {
        let end = &ends[count % ends.len()];
        // Each time there is something to bring, and mostly something to take.
        if end.missing(&venue) == 0 {
            end.admit_alone(next());
        }
        if count % 8 == 0 {
            admit(&mut other, next());
        }
        end.line.put(Some(Fault::Reset(way, at)));
        let synced = end.desk.command(&["sync"]);
        let broke = end.line.seen().faults > 0;
        broken += u32::from(broke);
        // It asks some times, with less each time, and another try may be shorter than the break.
        assert!(broke || synced.code == 0, "{way:?} {at}: {synced:?}");
        let (waiting, missing) = (end.waiting(), end.missing(&venue));
        assert!(waiting >= missing, "{way:?} {at}: {missing} are missing, {waiting} wait");
        assert!(synced.code == 1 || waiting == 0, "{way:?} {at}: {waiting} wait");
    }
    println!("{broken} breaks in {:?} of {whole:?} bytes", since.elapsed());
    assert_eq!(other.finish().code, 0);
    // A server that was busy with the others may have asked it to wait, and it does not stay for that.
    seventh.command(&["sync"]).ok();
    ends.iter().for_each(|end| end.line.put(None));
    for end in ends.iter().chain(&ends) {
        end.desk.command(&["sync"]).ok();
    }
    let came = came.start;
    wait_for_all(&venue, &all[..came]);
    for end in &ends {
        assert_eq!(end.desk.facts().len(), came, "everybody has everything");
        assert_eq!(end.desk.command(&["check"]).ok().json()["waiting"], 0);
    }
}

/// Where an exchange of so many bytes up and down breaks, until beyond its end. A question that broke
/// is nothing to the server, so fewer are tried than of the answers.
fn breaks(whole: [u64; 2]) -> impl Iterator<Item = (Way, u64)> {
    let down = (0..300).chain((300..whole[1]).step_by(20));
    let up = (0..20).chain((20..whole[0]).step_by(24));
    up.map(|at| (Way::Up, at)).chain(down.map(|at| (Way::Down, at)))
}

#[test]
fn a_bit_that_falls_over_on_the_way_is_not_believed() {
    let venue = Venue::open();
    let guests = venue.guests(3);
    let ends = ["K1", "K2"].map(|name| End::new(&venue, name));
    for (end, guest) in ends.iter().zip(&guests) {
        end.admit_alone(guest);
    }
    ends[0].line.put(None);
    ends[0].desk.command(&["sync"]).ok();
    let whole = ends[0].line.seen().bodies;
    let mut tried = 0;
    for (way, whole) in [(Way::Up, whole[0]), (Way::Down, whole[1])] {
        for at in (0..whole).step_by(11) {
            // The second one has something to bring, because nothing of it is ever believed.
            let end = &ends[1];
            end.line.put(Some(Fault::Flip(way, at)));
            let synced = end.desk.command(&["sync"]);
            if end.line.seen().faults == 0 {
                continue;
            }
            tried += 1;
            assert_eq!(synced.code, 1, "{way:?} {at}: {synced:?}");
            assert!(!synced.err.contains("panicked"), "{way:?} {at}: {}", synced.err);
            assert_eq!(end.waiting(), 1, "{way:?} {at}: nobody has said that it arrived");
        }
    }
    println!("{tried} bits");
    ends[1].line.put(None);
    ends[1].desk.command(&["sync"]).ok();
    ends[0].admit_alone(&guests[2]);
    ends[0].line.put(None);
    ends[0].desk.command(&["sync"]).ok();
    wait_for_all(&venue, &guests);
    for end in &ends {
        end.desk.command(&["sync"]).ok();
        assert_eq!(end.desk.facts().len(), 3, "what arrived is what was sent");
        assert_eq!(end.desk.command(&["check"]).ok().json()["waiting"], 0);
    }
}

/// What networks answer that want a login first.
fn portals() -> [(&'static str, String); 2] {
    let page =
        "<!DOCTYPE html><title>Hotel WLAN</title><p>Please log in: <script>alert(1)</script>";
    let length = page.len();
    [
        (
            "200",
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
            ),
        ),
        (
            "302",
            format!(
                "HTTP/1.1 302 Found\r\nLocation: http://login.example/?from=1\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
            ),
        ),
    ]
}

/// What people read then.
const LOGIN: &str = "a page of the network answers instead of the server";

#[test]
fn a_login_page_in_between_is_told_and_changes_nothing() {
    let venue = Venue::open();
    let guests = venue.guests(6);
    for ((status, portal), guests) in portals().into_iter().zip(guests.chunks(3)) {
        let end = End::new(&venue, &format!("K{status}"));
        end.admit_alone(&guests[0]);
        end.line.put(Some(Fault::Portal(portal)));
        let before = end.desk.facts();
        let synced = end.desk.command(&["sync"]);
        assert_eq!((synced.code, synced.out.as_str()), (1, ""), "{synced:?}");
        assert!(synced.err.contains(LOGIN), "{}", synced.err);
        assert!(!synced.err.contains('<'), "a stranger's page is shown to nobody: {}", synced.err);
        let mut desk = end.desk.open();
        admit(&mut desk, &guests[1]);
        wait_for("two tries", || (end.line.seen().faults >= 3).then_some(()));
        let facts = end.desk.facts();
        assert!(before.iter().all(|fact| facts.contains(fact)), "{facts:?}");
        assert_eq!(facts.len(), before.len() + 1, "nothing is stored but the next guest");
        assert_eq!((end.waiting(), end.missing(&venue)), (2, 2));
        // Somebody has logged in: all goes on by itself, and sooner with the next guest.
        end.line.put(None);
        admit(&mut desk, &guests[2]);
        wait_for("the records", || (end.missing(&venue) == 0).then_some(()));
        assert_eq!(desk.finish().code, 0);
        assert_eq!(end.desk.command(&["check"]).ok().json()["waiting"], 0);
    }
    wait_for_all(&venue, &guests);
}

#[test]
fn somebody_else_at_the_servers_address_is_told_and_the_desk_goes_on() {
    let venue = Venue::encrypted(&["--tls"]);
    let guests = venue.guests(2);
    let end = End::new(&venue, "K1");
    let stranger = crate::secure::another_server();
    let (_running, url) =
        crate::secure::serve(stranger.path(), &["--listen", "127.0.0.1:0", "--tls"]);
    let there = |url: &str| url.rsplit('/').next().unwrap().parse().unwrap();
    end.line.lead_to(there(&url));
    let synced = end.desk.command(&["sync"]);
    assert_eq!(synced.code, 1);
    assert!(synced.err.contains("its key is not the one"), "{}", synced.err);
    let mut desk = end.desk.open();
    admit(&mut desk, &guests[0]);
    wait_for("another try", || (end.line.seen().connections >= 2).then_some(()));
    assert_eq!((end.waiting(), end.missing(&venue)), (1, 1));
    end.line.lead_to(there(&venue.url));
    admit(&mut desk, &guests[1]);
    wait_for("both records", || (end.missing(&venue) == 0).then_some(()));
    assert_eq!(desk.finish().code, 0);
    let exported = venue.server(&["export", "facts", "--format", "json"]).ok().out;
    assert_eq!(exported.matches("\"admitted\"").count(), 2, "each once");
}

#[test]
fn who_enrols_behind_a_login_page_keeps_the_code() {
    let venue = Venue::open();
    let line = Line::to_server(&venue.url);
    let added = venue.add_station("K1", ("kiosk", "hall"), "registration");
    let (desk, code) = (Desk { data: venue.path("K1") }, added["code"].as_str().unwrap());
    let url = format!("http://{}", line.address);
    let enrol = || desk.command(&["enrol", &url, code]);
    for (_, portal) in portals() {
        line.put(Some(Fault::Portal(portal)));
        let told = enrol();
        assert_eq!(told.code, 1);
        assert!(told.err.contains(LOGIN) && !told.err.contains('<'), "{}", told.err);
        assert!(!desk.data.join("ledger.db").exists(), "there is no station yet");
    }
    // An application that breaks on the way, and a welcome that does: the code is still good.
    for (way, at) in [(Way::Up, 0), (Way::Up, 200), (Way::Down, 0), (Way::Down, 5000)] {
        line.put(Some(Fault::Reset(way, at)));
        assert_eq!(enrol().code, 1, "{way:?} {at}");
        assert_eq!(line.seen().faults, 1, "{way:?} {at}");
    }
    line.put(None);
    enrol().ok();
    assert_eq!(venue.server(&["station", "list"]).ok().lines().len(), 1);
    desk.command(&["sync"]).ok();
}

#[test]
fn a_line_that_crawls_brings_everything_in_the_end() {
    let venue = Venue::open();
    let guests = venue.guests(55);
    let end = End::new(&venue, "K1");
    let mut other = venue.station("K2", "registration").open();
    let (here, there) = guests.split_at(4);
    there.iter().for_each(|guest| admit(&mut other, guest));
    wait_for_all(&venue, there);
    end.line.put(Some(Fault::Slow(1000)));
    let mut desk = end.desk.open();
    here.iter().for_each(|guest| admit(&mut desk, guest));
    // At a thousand bytes a second the answer alone takes longer than a server may be silent.
    wait_for_all(&venue, &guests);
    wait_for("what the other recorded", || (end.desk.facts().len() == guests.len()).then_some(()));
    assert!(end.line.seen().bytes[1] > 10_500, "{:?}", end.line.seen());
    for desk in [desk, other] {
        assert_eq!(desk.finish().code, 0);
    }
    end.desk.command(&["sync"]).ok();
    assert_eq!(end.desk.command(&["check"]).ok().json()["waiting"], 0);
}
