//! Badges on real printers that are switched off, hang, run out of paper or die: whoever comes without
//! a badge gets one, at this station or at the next, and nobody gets two unasked.

use std::net::SocketAddr;

use kiosk::screen::{Screen, Touch};
use kiosk::{Clock, Confirm, Handle, Lan, Options, Station};
use serde_json::{Value, json};

use crate::neighbours::free;
use crate::support::printers::{Eve, office_printer, silent_printer};
use crate::support::program::Running;
use crate::support::venue::{Desk, Guest, MORNING, Venue, get, order, scan};
use crate::support::wait_for;

/// A minute and a half later than [`MORNING`], and three minutes.
const LATER: [&str; 2] = ["2023-09-26T07:46:30+08:00", "2023-09-26T07:48:00+08:00"];

/// Returns how many badges of a station are in this state.
fn jobs(desk: &Desk, state: &str) -> u64 {
    desk.command(&["check"]).ok().json()["print_jobs"][state].as_u64().unwrap_or(0)
}

fn wait_for_jobs(desk: &Desk, state: &str, count: u64) {
    wait_for(&format!("{count} {state}"), || (jobs(desk, state) == count).then_some(()));
}

/// Returns the ids of the stations that said this of somebody's badge, by what a station holds.
fn told(desk: &Desk, guest: &Guest, kind: &str) -> Vec<String> {
    let about = |fact: &Value| fact["kind"] == kind && fact["attendee"] == guest.id.as_str();
    let station = |fact: &Value| fact["log"].as_str().unwrap()[..32].to_owned();
    desk.facts().iter().filter(|fact| about(fact)).map(station).collect()
}

fn wait_until_told(desk: &Desk, guest: &Guest, kind: &str) {
    wait_for(kind, || (!told(desk, guest, kind).is_empty()).then_some(()));
}

/// Scans a pass that must be let in, or whose holder was registered before.
fn admit(desk: &mut Running, guest: &Guest) {
    assert_eq!(scan(desk, &guest.invitation)["decision"], "admit");
}

fn again(desk: &mut Running, guest: &Guest) {
    assert_eq!(scan(desk, &guest.invitation)["reason"], "already_in");
}

/// Opens a station that prints there.
fn open(desk: &Desk, printer: &Eve, more: &[&str]) -> Running {
    let printer = printer.address();
    desk.open_at(&[&["--now", MORNING, "--printer", &printer], more].concat())
}

/// A guest scans where the printer is switched off, and then at the neighbour.
fn goes_to_the_neighbour(desks: &[Desk; 2], guest: &Guest, options: [&[&str]; 2]) {
    let (mut first, second) = (office_printer(), office_printer());
    first.kill();
    let (mut one, mut other) =
        (open(&desks[0], &first, options[0]), open(&desks[1], &second, options[1]));
    admit(&mut one, guest);
    wait_until_told(&desks[1], guest, "unprinted");
    wait_for_jobs(&desks[0], "queued", 1);
    again(&mut other, guest);
    wait_for_jobs(&desks[1], "confirmed", 1);
    wait_until_told(&desks[0], guest, "ordered");
    first.revive();
    wait_for_jobs(&desks[0], "cancelled", 1);
    // Who comes once more has the badge: nothing more prints anywhere.
    wait_until_told(&desks[0], guest, "printed");
    again(&mut one, guest);
    again(&mut other, guest);
    for running in [one, other] {
        assert_eq!(running.finish().code, 0);
    }
    assert_eq!((first.documents().len(), second.documents().len()), (0, 1));
    assert_eq!((jobs(&desks[0], "confirmed"), jobs(&desks[1], "confirmed")), (0, 1));
    for kind in ["admitted", "unprinted"] {
        let logs = told(&desks[0], guest, kind);
        assert_eq!(logs, told(&desks[0], guest, "admitted"), "said once, by the first: {kind}");
    }
    let ordered = told(&desks[0], guest, "ordered");
    assert_eq!(ordered, told(&desks[0], guest, "printed"), "once, by the second");
    assert_eq!(ordered.len(), 1);
    assert_ne!(ordered, told(&desks[0], guest, "admitted"));
}

#[test]
fn a_badge_whose_printer_fails_comes_out_at_the_neighbour_without_a_server() {
    let mut venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let desks = ["K1", "K2"].map(|name| venue.station(name, "registration"));
    for desk in &desks {
        desk.command(&["sync"]).ok();
    }
    venue.kill_server();
    let places: [SocketAddr; 2] = [free(), free()];
    let [here, there] = places.map(|place| place.to_string());
    let one = ["--no-announce", "--lan", &here];
    let other = ["--no-announce", "--lan", &there, "--peer", &here];
    goes_to_the_neighbour(&desks, &guest, [&one, &other]);
}

#[test]
fn a_badge_whose_printer_fails_comes_out_at_the_neighbour_over_the_server() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let desks = ["K1", "K2"].map(|name| venue.station(name, "registration"));
    goes_to_the_neighbour(&desks, &guest, [&[], &[]]);
}

#[test]
fn a_printer_that_is_killed_in_the_middle_leaves_a_doubt_and_the_next_scan_prints_again() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let kiosk = venue.station("K1", "registration");
    let mut printer = office_printer();
    printer.put("hold");
    let mut desk = open(&kiosk, &printer, &[]);
    admit(&mut desk, &guest);
    wait_for("the printer to have it", || (printer.documents().len() == 1).then_some(()));
    // While it prints, a second scan orders nothing.
    again(&mut desk, &guest);
    printer.kill();
    wait_for_jobs(&kiosk, "unknown", 1);
    assert_eq!(
        (told(&kiosk, &guest, "unprinted").len(), told(&kiosk, &guest, "ordered").len()),
        (1, 0)
    );
    printer.take_away("hold");
    printer.revive();
    again(&mut desk, &guest);
    wait_for_jobs(&kiosk, "confirmed", 1);
    assert_eq!(desk.finish().code, 0);
    assert_eq!(printer.documents().len(), 2, "once more, because the guest asked");
    let said = ["unprinted", "ordered", "printed"].map(|kind| told(&kiosk, &guest, kind).len());
    assert_eq!(said, [1, 1, 1]);
}

#[test]
fn a_printer_out_of_paper_is_known_to_the_server_and_prints_when_there_is_new() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let kiosk = venue.station("K1", "registration");
    let printer = office_printer();
    printer.put("empty");
    let mut desk = open(&kiosk, &printer, &[]);
    let said = || {
        let (_, stations) = get(&format!("{}/api/stations", venue.url), Some(&venue.token));
        let stations: Value = serde_json::from_str(&stations).unwrap();
        stations["stations"][0]["printer"].clone()
    };
    wait_for("a printer that works", || (said()["works"] == true).then_some(()));
    admit(&mut desk, &guest);
    let out = json!({ "works": false, "troubles": ["paper_out"] });
    wait_for("the server to know", || (said() == out).then_some(()));
    assert_eq!(jobs(&kiosk, "sent"), 1);
    printer.take_away("empty");
    wait_for_jobs(&kiosk, "confirmed", 1);
    wait_for("all well", || (said() == json!({ "works": true, "troubles": [] })).then_some(()));
    assert_eq!(desk.finish().code, 0);
    assert_eq!(printer.documents().len(), 1);
    assert!(told(&kiosk, &guest, "unprinted").is_empty());
}

#[test]
fn a_printer_that_hangs_has_no_badge_and_gets_it_when_it_is_well() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let kiosk = venue.station("K1", "registration");
    let printer = office_printer();
    printer.freeze();
    let mut desk = open(&kiosk, &printer, &[]);
    admit(&mut desk, &guest);
    wait_until_told(&kiosk, &guest, "unprinted");
    assert_eq!(jobs(&kiosk, "unknown"), 0, "nothing was sent");
    again(&mut desk, &guest);
    printer.thaw();
    wait_for_jobs(&kiosk, "confirmed", 1);
    assert_eq!(desk.finish().code, 0);
    assert_eq!((printer.documents().len(), jobs(&kiosk, "queued")), (1, 0));
    assert_eq!(told(&kiosk, &guest, "printed").len(), 1);
}

#[test]
fn a_printer_that_takes_everything_and_says_nothing_leaves_it_to_the_guest() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let kiosk = venue.station("K1", "registration");
    let (port, labels) = silent_printer();
    let printer = format!("tspl://127.0.0.1:{port}?status=no");
    let taken = || labels.load(std::sync::atomic::Ordering::SeqCst);
    let mut desk = kiosk.open_at(&["--now", MORNING, "--printer", &printer]);
    admit(&mut desk, &guest);
    wait_for_jobs(&kiosk, "unknown", 1);
    // Most likely it came out: who only scans again gets no second one.
    again(&mut desk, &guest);
    assert_eq!(desk.finish().code, 0);
    assert_eq!((taken(), told(&kiosk, &guest, "unprinted").len()), (1, 0));
    // Who says that there is none does.
    let window = touched(&kiosk, LATER[0], &printer, None);
    let asks = || matches!(window.view().screen, Screen::Done { ask_badge: true, .. });
    window.scanned(guest.invitation.clone());
    wait_for("the question", || asks().then_some(()));
    window.touched(Touch::NoBadge, window.view().number);
    wait_until_told(&kiosk, &guest, "unprinted");
    window.scanned(guest.invitation.clone());
    wait_for_jobs(&kiosk, "unknown", 2);
    window.stop();
    assert_eq!(taken(), 2);
    // Two minutes after the guest came, a steward decides.
    let mut desk = kiosk.open_at(&["--now", LATER[1], "--printer", &printer]);
    again(&mut desk, &guest);
    assert_eq!(desk.finish().code, 0);
    assert_eq!((taken(), jobs(&kiosk, "unknown")), (2, 2));
    assert_eq!(told(&kiosk, &guest, "ordered").len(), 1);
}

#[test]
fn a_desk_that_is_killed_while_its_printer_prints_is_in_doubt_and_prints_nothing_by_itself() {
    let venue = Venue::open();
    let guests = venue.guests(2);
    let kiosk = venue.station("K1", "registration");
    let printer = office_printer();
    printer.put("hold");
    let mut desk = open(&kiosk, &printer, &[]);
    admit(&mut desk, &guests[0]);
    // This one waits for the first.
    admit(&mut desk, &guests[1]);
    wait_for("the printer to have it", || (printer.documents().len() == 1).then_some(()));
    desk.kill();
    printer.take_away("hold");
    let again_at = ["--now", LATER[0], "--printer", &printer.address()].map(str::to_owned);
    let again_at: Vec<&str> = again_at.iter().map(String::as_str).collect();
    let mut desk = kiosk.open_at(&again_at);
    wait_for_jobs(&kiosk, "confirmed", 1);
    assert_eq!((jobs(&kiosk, "unknown"), printer.documents().len()), (1, 2));
    assert_eq!(told(&kiosk, &guests[0], "unprinted").len(), 1);
    assert!(told(&kiosk, &guests[1], "unprinted").is_empty(), "it simply came out");
    again(&mut desk, &guests[0]);
    wait_for_jobs(&kiosk, "confirmed", 2);
    assert_eq!(desk.finish().code, 0);
    assert_eq!((jobs(&kiosk, "unknown"), printer.documents().len()), (1, 3));
}

/// Opens a kiosk that guests touch.
fn touched(desk: &Desk, time: &str, printer: &str, lan: Option<Lan>) -> Handle {
    let options = Options {
        activity: None,
        clock: Clock::set(time.parse().unwrap()),
        rehearsal: false,
        printer: Some(printer.parse().unwrap()),
        backups: None,
        confirm: Confirm::ByTouch,
        lan,
    };
    kiosk::start(Station::open(&desk.data).unwrap(), options, Box::new(|_| {})).unwrap()
}

/// A guest shows the pass and says "this is me".
fn arrive(kiosk: &Handle, guest: &Guest) {
    let asks = || matches!(kiosk.view().screen, Screen::Confirm { .. });
    kiosk.scanned(guest.invitation.clone());
    wait_for("the question", || asks().then_some(()));
    wait_for("the badge's page", || {
        kiosk.touched(Touch::ThisIsMe, kiosk.view().number);
        std::thread::sleep(std::time::Duration::from_millis(100));
        (!asks()).then_some(())
    });
}

#[test]
fn two_minutes_after_its_guest_came_a_badge_waits_for_a_steward() {
    let venue = Venue::open();
    let guests = venue.guests(2);
    let desk = venue.station("K1", "registration");
    let printer = office_printer();
    printer.put("hold");
    let kiosk = touched(&desk, MORNING, &printer.address(), None);
    arrive(&kiosk, &guests[0]);
    wait_for("the printer to have it", || (printer.documents().len() == 1).then_some(()));
    arrive(&kiosk, &guests[1]);
    kiosk.stop();
    printer.take_away("hold");
    let kiosk = touched(&desk, LATER[1], &printer.address(), None);
    wait_for_jobs(&desk, "held", 1);
    kiosk.scanned(guests[1].invitation.clone());
    let open =
        || matches!(&kiosk.view().screen, Screen::Help { reason, .. } if reason == "badge_open");
    wait_for("somebody to help", || open().then_some(()));
    kiosk.stop();
    assert_eq!((jobs(&desk, "unknown"), printer.documents().len()), (1, 1));
    for guest in &guests {
        assert_eq!(told(&desk, guest, "unprinted").len(), 1);
    }
}

#[test]
fn a_kiosk_without_a_printer_sends_guests_to_the_station_that_prints() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let desks = ["K1", "K2"].map(|name| venue.station(name, "registration"));
    desks.iter().for_each(|desk| drop(desk.command(&["sync"]).ok()));
    let (mut first, second) = (office_printer(), office_printer());
    let here = free();
    let lan = Lan { listen: Some(here), typed: Vec::new(), announce: false };
    let kiosk = touched(&desks[0], MORNING, &first.address(), Some(lan));
    let peer = here.to_string();
    let lan = free().to_string();
    let mut other = open(&desks[1], &second, &["--no-announce", "--lan", &lan, "--peer", &peer]);
    let screen = || kiosk.view().screen;
    wait_for("a printer that works", || (screen() == Screen::Attract).then_some(()));
    first.kill();
    let there = Screen::Elsewhere { stations: vec!["K2".to_owned()] };
    wait_for("the way to K2", || (screen() == there).then_some(()));
    assert_eq!(kiosk.view().frame.printer.as_deref(), Some("offline"));
    kiosk.scanned(guest.invitation.clone());
    admit(&mut other, &guest);
    wait_for_jobs(&desks[1], "confirmed", 1);
    assert_eq!(told(&desks[1], &guest, "admitted").len(), 1);
    first.revive();
    wait_for("all well", || (screen() == Screen::Attract).then_some(()));
    assert_eq!(other.finish().code, 0);
    kiosk.stop();
    assert_eq!((first.documents().len(), second.documents().len()), (0, 1));
}

#[test]
fn guests_of_honour_have_their_printer_one_takes_over_and_two_kiosks_share() {
    let venue = Venue::open();
    let of = |category: &str| -> Vec<Guest> {
        let all = venue.people().into_values();
        let invited = all.filter(|guest| !guest.invitation.is_empty());
        invited.filter(|guest| guest.attendee.category.as_str() == category).collect()
    };
    let (honoured, others) = (of("vip"), of("entrepreneur"));
    let desks = ["K1", "K2"].map(|name| venue.station(name, "registration"));
    let (mut usual, colour, spare) = (office_printer(), office_printer(), office_printer());
    let for_honour = format!("vip={}", colour.address());
    let (usually, instead) = (usual.address(), spare.address());
    let slip = desks[0].command(&["printers", "use", "--for", "vpi=cups:A"]);
    assert!(slip.code == 1 && slip.err.contains("vpi is no category of this convention"));
    for desk in &desks {
        desk.command(&["printers", "use", &usually, "--for", &for_honour, "--instead", &instead])
            .ok();
    }
    let mut running = desks.each_ref().map(Desk::open);
    let came = || [&usual, &colour, &spare].map(|printer| printer.documents().len());
    // Both at the same moment, at the same printers.
    for (desk, (honoured, other)) in running.iter_mut().zip(honoured.iter().zip(&others)) {
        admit(desk, honoured);
        admit(desk, other);
    }
    desks.iter().for_each(|desk| wait_for_jobs(desk, "confirmed", 2));
    assert_eq!(came(), [2, 2, 0]);
    let documents = usual.documents();
    assert_ne!(documents[0], documents[1]);
    usual.kill();
    admit(&mut running[0], &others[2]);
    admit(&mut running[1], &honoured[2]);
    desks.iter().for_each(|desk| wait_for_jobs(desk, "confirmed", 3));
    for desk in running {
        assert_eq!(desk.finish().code, 0);
    }
    assert_eq!([&usual, &colour, &spare].map(|printer| printer.documents().len()), [2, 3, 1]);
    for desk in &desks {
        assert_eq!(desk.facts().iter().filter(|fact| fact["kind"] == "unprinted").count(), 0);
    }
}

#[test]
fn a_steward_prints_the_badge_of_another_stations_guest_again_and_it_is_counted() {
    let venue = Venue::open();
    let guest = venue.guests(1).remove(0);
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    admit(&mut desk, &guest);
    wait_for_jobs(&kiosk, "confirmed", 1);
    assert_eq!(desk.finish().code, 0);
    let staffed = venue.staffed("S1", "registration", &[]);
    let printer = office_printer();
    staffed.command(&["printers", "use", &printer.address()]).ok();
    let mut steward = staffed.steward();
    let reprint = |why: &str| json!({ "do": "reprint", "attendee": guest.id, "why": why });
    for (count, why) in [(1, "jam"), (2, "spoilt")] {
        let done = order(&mut steward, &reprint(why));
        assert_eq!((&done["done"], &done["prints"]), (&json!("reprint"), &json!(true)), "{done}");
        assert_eq!(done["reprints"], count, "{done}");
        wait_for_jobs(&staffed, "confirmed", count);
    }
    let refused = order(&mut steward, &reprint("No reason"));
    assert!(refused["error"].is_string(), "{refused}");
    steward.finish();
    assert_eq!((printer.documents().len(), kiosk.badges().len()), (2, 1));
    let ordered =
        |fact: &&Value| fact["kind"] == "ordered" && fact["attendee"] == guest.id.as_str();
    let facts = staffed.facts();
    let why: Vec<&Value> = facts.iter().filter(ordered).map(|fact| &fact["reason"]).collect();
    assert_eq!(why, ["jam", "spoilt"]);
}
