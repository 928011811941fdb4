//! From a pass to a badge and an arrival on the server.

use serde_json::json;

use crate::support::program::system;
use crate::support::venue::{Guest, MORNING, Venue, get, scan};
use crate::support::{project, wait_for};

/// The demo's person of the screenshots: 欧阳静怡 of Singapore.
const OUYANG: &str = "260926";

#[test]
fn an_invitation_becomes_a_badge_and_an_arrival() {
    let venue = Venue::open();
    let people = venue.people();
    let ouyang = &people[OUYANG];
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();

    let answer = scan(&mut desk, &ouyang.invitation);
    assert_eq!(answer["decision"], "admit");
    assert_eq!(answer["reason"], json!(null));
    assert_eq!(answer["attendee"], ouyang.id.as_str());
    assert!(answer["micros"].as_u64().unwrap() > 0);

    let again = scan(&mut desk, &ouyang.invitation);
    assert_eq!((&again["decision"], &again["reason"]), (&json!("refuse"), &json!("already_in")));

    let seen = wait_for("the arrival on the server", || {
        let arrivals = venue.arrivals();
        arrivals["arrivals"].get(0).cloned()
    });
    assert_eq!(seen["attendee"], ouyang.id.as_str());
    assert_eq!(seen["activity"], "registration");
    assert_eq!(seen["direction"], "in");
    assert_eq!(seen["station"], "K1");
    assert_eq!(seen["fact"], answer["fact"]);
    let at = seen["at"].as_str().unwrap();
    assert!(at.starts_with("2023-09-26T07:45") && at.ends_with("+08:00"), "{at}");

    let badge = wait_for("the badge in the printer's folder", || kiosk.badges().pop());
    let badge = badge.to_str().unwrap();
    let text = system("pdftotext", &["-layout", badge, "-"]);
    for line in ["欧阳静怡", "OUYANG Jingyi", "东方海洋新材料有限公司", "新加坡"]
    {
        assert!(text.contains(line), "{line} is not on the badge: {text}");
    }
    let picture = venue.path("badge");
    let picture = picture.to_str().unwrap();
    system("pdftoppm", &["-r", "300", "-png", "-singlefile", badge, picture]);
    let code = system("zbarimg", &["-q", "--raw", &format!("{picture}.png")]);
    assert_eq!(code.trim(), ouyang.badge);
    assert_eq!(desk.finish().code, 0);
}

/// Somebody who has no badge yet.
const OTHER: &str = "230426";

#[test]
fn the_badge_opens_the_activities_that_the_person_may_enter() {
    let venue = Venue::open();
    let people = venue.people();
    let is_press = |guest: &&Guest| {
        guest.attendee.category.as_str() == "press" && !guest.invitation.is_empty()
    };
    let (press, ouyang) = (people.values().find(is_press).unwrap(), &people[OUYANG]);

    let mut door = venue.station("G1", "opening").open();
    assert_eq!(scan(&mut door, &ouyang.badge)["decision"], "admit");
    assert_eq!(scan(&mut door, &ouyang.badge)["reason"], "already_in");
    assert_eq!(scan(&mut door, &ouyang.invitation)["reason"], "already_in");
    assert_eq!(scan(&mut door, &people[OTHER].invitation)["reason"], "invitation_at_door");

    let evening = ["--now", "2023-09-26T19:00:00+08:00"];
    let mut gala = venue.station("G2", "gala").open_at(&evening);
    assert_eq!(scan(&mut gala, &press.badge)["reason"], "not_entitled");

    let mut registration = venue.station("K1", "registration").open();
    assert_eq!(scan(&mut registration, &ouyang.badge)["reason"], "badge_at_registration");
}

#[test]
fn the_wrong_day_the_closed_door_and_the_cancelled_are_told_apart() {
    let venue = Venue::open();
    let people = venue.people();
    let ouyang = &people[OUYANG];
    let door = venue.station("G1", "opening");
    let reason_at = |moment: &str, token: &str| {
        let mut desk = door.open_at(&["--now", moment]);
        scan(&mut desk, token)["reason"].clone()
    };
    assert_eq!(reason_at("2023-09-24T23:59:58+08:00", &ouyang.badge), "not_yet");
    assert_eq!(reason_at("2023-09-25T00:00:00+08:00", &ouyang.badge), "doors_not_open");
    assert_eq!(reason_at("2023-09-27T23:00:00+08:00", &ouyang.badge), "doors_closed");
    assert_eq!(reason_at("2023-09-28T00:00:00+08:00", &ouyang.badge), "expired");

    let cancelled = |guest: &&Guest| guest.attendee.status == admission::roster::Status::Cancelled;
    let gone = people.values().find(cancelled).unwrap();
    assert_eq!(reason_at(MORNING, &gone.badge), "cancelled");
}

#[test]
fn codes_of_other_people_are_answered_calmly_and_leave_no_fact() {
    let venue = Venue::open();
    let people = venue.people();
    let kiosk = venue.station("K1", "registration");
    let mut desk = kiosk.open();
    let newer = format!("YB2{}", &people[OUYANG].invitation[3..]);
    let long = "7".repeat(7089);
    let foreign = [
        "https://example.com/ticket/42",
        "WIFI:T:WPA;S:Hall;P:secret;;",
        "HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC",
        "BEGIN:VCARD",
        "' OR 1=1 --",
        "<img src=x onerror=alert(1)>",
        "YB1",
        &long,
    ];
    for code in foreign {
        let answer = scan(&mut desk, code);
        assert_eq!(answer["decision"], "refuse");
        assert_eq!(answer["reason"], "not_ours", "{code:.40}");
        assert_eq!(answer["fact"], json!(null));
    }
    assert_eq!(scan(&mut desk, &newer)["reason"], "newer_pass");
    let answer = scan(&mut desk, &people[OUYANG].invitation.to_lowercase());
    assert_eq!(answer["decision"], "admit", "CapsLock turns a scanner's letters small");
    assert_eq!(desk.finish().code, 0);
    assert_eq!(kiosk.facts().len(), 1);
}

#[test]
fn a_pass_of_another_convention_is_not_let_in() {
    let (ours, theirs) = (Venue::open(), Venue::open());
    let other = theirs.path("other");
    let file = project("demo/convention.toml");
    let init = ["--data", other.to_str().unwrap(), "init", "--convention", file.to_str().unwrap()];
    crate::support::program::run("yingbin-server", &init, "").ok();
    let key = admission::pass::IssuingKey {
        public: issuing_key(&other).verifying_key(),
        convention: admission::id::ConventionId([9; 16]),
        killed: false,
    };
    let pass = admission::pass::Pass::new(
        admission::pass::PassKind::Invitation,
        admission::id::Serial([5; 16]),
        1,
        0,
        (admission::time::Day(19_625), 3),
    );
    let token = admission::pass::issue(&pass.unwrap(), key.convention, &issuing_key(&other));
    let mut desk = ours.station("K1", "registration").open();
    assert_eq!(scan(&mut desk, &token)["reason"], "unknown_key");
}

fn issuing_key(data: &std::path::Path) -> ed25519_dalek::SigningKey {
    let seed = std::fs::read(data.join("keys/issuing-1.key")).unwrap();
    ed25519_dalek::SigningKey::from_bytes(&seed.try_into().unwrap())
}

#[test]
fn a_rehearsal_counts_only_in_a_rehearsal() {
    let (real, rehearsal) = (Venue::open(), Venue::rehearsing());
    for (venue, expected) in [(&real, 0), (&rehearsal, 1)] {
        let people = venue.people();
        let kiosk = venue.station("K1", "registration");
        let mut desk = kiosk.open_at(&["--rehearse", MORNING]);
        assert_eq!(scan(&mut desk, &people[OUYANG].invitation)["decision"], "admit");
        let told = wait_for("the rehearsed arrival to be told", || {
            let told = kiosk.command(&["check"]).json();
            (told["waiting"] == 0).then_some(told)
        });
        let age = told["lists"]["confirmed_seconds_ago"].as_u64().unwrap();
        assert!(age < 600, "lists age by the real clock: {age} s");
        assert_eq!(desk.finish().code, 0);
        kiosk.command(&["sync"]).ok();
        assert_eq!(kiosk.facts()[0]["rehearsal"], true);
        assert_eq!(venue.arrived("registration").len(), expected);

        let mut earnest = kiosk.open();
        let answer = scan(&mut earnest, &people[OUYANG].invitation);
        assert_eq!(answer["decision"], "admit", "a rehearsed arrival binds nobody");
    }
}

#[test]
fn the_api_shows_its_figures_to_the_token_only() {
    let venue = Venue::open();
    let (status, body) = get(&format!("{}/api/health", venue.url), None);
    assert_eq!(status, 200);
    assert!(body.contains("\"status\":\"ok\""), "{body}");
    for token in [None, Some("wrong"), Some("")] {
        assert_eq!(get(&format!("{}/api/arrivals", venue.url), token).0, 401);
    }
    let arrivals = venue.arrivals();
    let activities = arrivals["activities"].as_array().unwrap();
    let registration = activities.iter().find(|activity| activity["id"] == "registration").unwrap();
    assert_eq!(registration["expected"], 827, "everybody who is confirmed");
    assert_eq!((&registration["arrived"], &registration["inside"]), (&json!(0), &json!(0)));
}
