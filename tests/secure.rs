//! Encryption, whom stations believe, and what is thrown at a server that anybody can reach: how
//! often, how much, how slowly.

mod catalogue;
mod trust;

pub use trust::{another_server, serve};

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use admission::exchange::{Message, Role, seal};
use admission::id::StationId;
use admission::time::Millis;
use ed25519_dalek::SigningKey;
use ledger::Ledger;
use ledger::carrier::CarrierError;
use ledger::enrol::{Application, Code, hash};
use ledger::members::Station;
use minicbor::{Decoder, Encoder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::member::{Member, nonce, refusal};
use crate::support::program::{self, Outcome, Running};
use crate::support::venue::{Desk, Venue, get, scan};
use crate::support::{wait_at_most, wait_for};

fn block_on<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(story)
}

/// Fails unless the program ended with 1 and a sentence that holds `words`.
fn refused(outcome: &Outcome, words: &str) {
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.err.contains(words), "{words:?} is not in: {}", outcome.err);
}

fn code_of(venue: &Venue, name: &str) -> String {
    let added = venue.add_station(name, ("kiosk", "hall"), "registration");
    added["code"].as_str().unwrap().to_owned()
}

async fn member(venue: &Venue, name: &str, seed: u16) -> Member {
    Member::enrol(&venue.url, &code_of(venue, name), seed).await.unwrap()
}

/// Sends raw bytes and returns everything that comes back until the server closes.
fn talk(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // A server that has seen enough may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Posts a body with these headers and returns the answer.
fn post(venue: &Venue, path: &str, headers: &str, body: &[u8]) -> String {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    talk(&venue.url, &[head.as_bytes(), body].concat())
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// The server still answers everybody.
fn is_well(venue: &Venue) {
    assert_eq!(get(&format!("{}/api/health", venue.url), None).0, 200);
}

#[test]
fn an_enrolment_code_survives_five_wrong_guesses_and_no_more() {
    let venue = Venue::open();
    let code = code_of(&venue, "K1");
    let (secret, server) = code.split_once('-').unwrap();
    let desk = Desk { data: venue.path("a") };
    let guess = |secret: &str| desk.command(&["enrol", &venue.url, &format!("{secret}-{server}")]);
    for wrong in ["AAAAAAAAAA", "BBBBBBBBBB", "CCCCCCCCCC", "DDDDDDDDDD", "EEEEEEEEEE"] {
        refused(&guess(wrong), "this code is unknown, used or expired");
    }
    refused(&guess(secret), "too many wrong enrolment codes; wait");
    // From elsewhere it works as ever: nobody can lock a station out by guessing.
    let elsewhere = apply_from(Ipv4Addr::new(127, 0, 0, 2), &venue.url, &code);
    assert_eq!(elsewhere, 200);
}

/// Applies with a code from another address of this machine; returns the status.
fn apply_from(address: Ipv4Addr, url: &str, code: &str) -> u16 {
    let application =
        Application::new(&Code::read(code).unwrap(), &SigningKey::from_bytes(&[3; 32]), nonce());
    block_on(async {
        let tls = ledger::tls::client(ledger::tls::Pin::Nobody).unwrap();
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        let client = client.local_address(IpAddr::V4(address)).build().unwrap();
        let request = client.post(format!("{url}/v1/enrol"));
        let body = minicbor::to_vec(&application).unwrap();
        request.body(body).send().await.unwrap().status().as_u16()
    })
}

#[test]
fn a_station_that_asks_too_often_waits_while_others_do_not() {
    let venue = Venue::open();
    block_on(async {
        let (hasty, calm) = (member(&venue, "K1", 1).await, member(&venue, "K2", 2).await);
        let mut asking = JoinSet::new();
        for _ in 0..160 {
            let (http, question) =
                (hasty.http.clone(), hasty.seal(&hasty.question_after_a_while()));
            asking.spawn(async move { http.post("/v1/exchange", question, Duration::ZERO).await });
        }
        let answers = asking.join_all().await;
        let sent_away = answers.iter().filter_map(|answer| match answer {
            Err(CarrierError::NotNow { wait, .. }) => Some(*wait),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        });
        let longest = sent_away.max().expect("a hundred and sixty at once are too many");
        assert!(longest >= Duration::from_secs(1));
        for _ in 0..10 {
            calm.ask(&calm.question_after_a_while()).await.unwrap();
        }
        tokio::time::sleep(longest).await;
        hasty.ask(&hasty.question_after_a_while()).await.unwrap();
    });
}

#[test]
fn a_noisy_neighbour_shuts_no_station_out() {
    let venue = Venue::open();
    block_on(async {
        let (station, stranger) = (member(&venue, "K1", 1).await, SigningKey::from_bytes(&[8; 32]));
        station.ask(&station.question()).await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..40 {
            let question = Message { from: StationId([8; 16]), ..station.question() };
            let forged = seal(&question, station.convention, &stranger);
            answers.push(refusal(station.send(forged).await).0);
        }
        assert_eq!((answers[0], answers.contains(&429)), (403, true), "{answers:?}");
        station.ask(&station.question()).await.expect("who is at home there is heard");
    });
}

#[test]
fn three_hundred_stations_come_back_at_once_and_all_finish() {
    let venue = Venue::encrypted(&["--tls"]);
    let path = venue.path("server/yingbin.db");
    let profile = block_on(member(&venue, "K0", 0)).policy.profile;
    let mut ledger = Ledger::open(&path, None).unwrap();
    let fingerprint = code_of(&venue, "K0b").split_once('-').unwrap().1.to_owned();
    let codes: Vec<String> = (1..=300u16)
        .map(|number| {
            let secret = format!("STATION{}", letters(number));
            let mut profile = profile.clone();
            profile.name = format!("S{number}");
            let mut id = [9; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            let station = Station { id: StationId(id), public: None, profile };
            assert!(
                ledger.add_station((&station, None), &hash(&secret), Millis(i64::MAX)).unwrap()
            );
            format!("{secret}-{fingerprint}")
        })
        .collect();
    drop(ledger);
    block_on(async {
        let mut joining = JoinSet::new();
        for (code, number) in codes.into_iter().zip(1..) {
            let url = venue.url.clone();
            joining.spawn(async move { Member::enrol(&url, &code, number).await.unwrap() });
        }
        let members = joining.join_all().await;
        let mut asking = JoinSet::new();
        for member in members {
            asking.spawn(async move { ask_until_heard(&member, 3).await });
        }
        let all = tokio::time::timeout(Duration::from_secs(180), asking.join_all()).await;
        assert_eq!(all.expect("all finish").len(), 300);
    });
}

/// Asks so many questions; one that is not answered is asked again, as stations do.
async fn ask_until_heard(member: &Member, questions: usize) {
    let mut heard = 0;
    while heard < questions {
        match member.ask(&member.question_after_a_while()).await {
            Ok(_) => heard += 1,
            Err(error) => {
                assert!(!error.is_permanent(), "{error}");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

/// Writes a number in three letters of a code.
fn letters(number: u16) -> String {
    let letter = |digit: u16| char::from(b'A' + u8::try_from(digit % 10).unwrap());
    [number / 100, number / 10, number].map(letter).iter().collect()
}

#[test]
fn a_request_that_dawdles_is_answered_and_closed() {
    let venue = Venue::open();
    let dawdle = |begin: &'static str| {
        let address = venue.url.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(begin.as_bytes()).unwrap();
            let mut slow = stream.try_clone().unwrap();
            let dripping = std::thread::spawn(move || {
                while slow.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(500));
                }
            });
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            dripping.join().unwrap();
            answer
        })
    };
    let headers = dawdle("POST /v1/enrol HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    let body = dawdle("POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n");
    let ended = |thread: &std::thread::JoinHandle<String>| thread.is_finished().then_some(());
    wait_at_most(Duration::from_secs(60), "an end of both", || ended(&headers).and(ended(&body)));
    let body = body.join().unwrap();
    assert!(body.starts_with("HTTP/1.1 408") && body.contains("did not arrive within"), "{body}");
    is_well(&venue);
}
