//! Encryption, whom stations believe, and what is thrown at a server that anybody can reach.
//!
//! Names that begin with `case_` are the hostile inputs of the catalogue, by its numbers.

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

// Whom a station believes.

#[test]
fn a_station_enrols_over_tls_by_its_code_alone() {
    let mut venue = Venue::encrypted(&["--tls"]);
    assert!(venue.url.starts_with("https://127.0.0.1:"), "{}", venue.url);
    let picture = venue.path("k1.png");
    let place = ["--role", "kiosk", "--site", "hall", "--activity", "registration"];
    let qr = ["--qr", picture.to_str().unwrap()];
    let added = venue.server(&[&["station", "add", "K1"], &place[..], &qr].concat()).ok().json();
    assert_eq!(added["url"], venue.url, "where serve listens");
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    let both = format!("{}#{}", venue.url, added["code"].as_str().unwrap());
    let desk = Desk { data: venue.path("K1") };
    desk.command(&["enrol", &both]).ok();

    let guest = venue.people().into_values().find(|guest| !guest.invitation.is_empty()).unwrap();
    let mut running = desk.open();
    assert_eq!(scan(&mut running, &guest.invitation)["decision"], "admit");
    let came = || venue.server(&["export", "arrivals"]).ok().out.contains(&guest.id);
    wait_for("the arrival on the server", || came().then_some(()));
    running.finish();
    // The certificate is another after every start, the key is not.
    venue.kill_server();
    venue.restart_server();
    desk.command(&["sync"]).ok();
}

/// Sets up a server with keys of its own; venues share theirs, because they share one import.
pub fn another_server() -> TempDir {
    let folder = TempDir::new().unwrap();
    let file = crate::support::project("demo/convention.toml");
    let (data, file) = (folder.path().join("srv"), file.to_str().unwrap().to_owned());
    let init = ["--data", data.to_str().unwrap(), "init", "--convention", &file];
    program::run("yingbin-server", &init, "").ok();
    folder
}

/// Serves a folder; returns the server and where it answers.
pub fn serve(folder: &Path, options: &[&str]) -> (Running, String) {
    let data = folder.join("srv");
    let head = ["--data", data.to_str().unwrap(), "serve"];
    let mut running = Running::start("yingbin-server", &[&head, options].concat());
    let url = running.hear_json()["ready"].as_str().unwrap().to_owned();
    (running, url)
}

#[test]
fn a_server_with_another_key_is_refused() {
    let mut venue = Venue::encrypted(&["--tls"]);
    let stranger = another_server();
    let desk = Desk { data: venue.path("a") };
    let code = code_of(&venue, "K1");

    let (running, url) = serve(stranger.path(), &["--listen", "127.0.0.1:0", "--tls"]);
    refused(&desk.command(&["enrol", &url, &code]), "not the server that the code names; check");
    running.kill();
    desk.command(&["enrol", &venue.url, &code]).ok();

    let port = venue.url.trim_start_matches("https://").to_owned();
    venue.kill_server();
    let (running, _) = serve(stranger.path(), &["--listen", &port, "--tls"]);
    let changed = "its key is not the one that this station was enrolled with; check the address";
    refused(&desk.command(&["sync"]), changed);
    running.kill();
    venue.restart_server();
    desk.command(&["sync"]).ok();
}

#[test]
fn plain_http_beyond_this_machine_is_refused_with_the_cure() {
    let venue = Venue::open();
    let code = code_of(&venue, "K1");
    let desk = Desk { data: venue.path("a") };
    let cure = "without encryption; write https:// instead of http://";
    refused(&desk.command(&["enrol", "http://192.0.2.1:7300", &code]), cure);
    let place = ["--role", "kiosk", "--site", "hall", "--activity", "registration", "--url"];
    let add = |url| venue.server(&[&["station", "add", "K2"], &place[..], &[url]].concat());
    refused(&add("http://192.0.2.1:7300"), cure);
    refused(&add("https://0.0.0.0:7300"), "say which one: --url https://");

    let Some(own) = own_address() else {
        return eprintln!("SKIPPED: this machine has no address but its own loopback");
    };
    let stranger = another_server();
    let (_running, url) = serve(stranger.path(), &["--listen", &format!("{own}:0")]);
    let plain = url.strip_prefix("https://").unwrap();
    let answer = talk(plain, b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(!answer.contains("HTTP/1.1"), "nothing is said in the clear: {answer}");
}

/// Returns an address of this machine that others could reach; nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn a_public_certificate_is_believed_by_its_name() {
    // An authority that the owner of the desk's machine trusts stands for the public ones.
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let (certificate, key) =
        (file("cert.pem", &certificate.pem()), file("key.pem", &key.serialize_pem()));
    let trusted = file("authority.pem", &authority.pem());

    let venue = Venue::encrypted(&["--tls-cert", &certificate, "--tls-key", &key]);
    let code = code_of(&venue, "K1");
    let by_name = venue.url.replace("127.0.0.1", "localhost");
    let data = venue.path("a");
    let enrol = |url: &str, authority: Option<&str>| {
        let mut desk = Command::new(program::path("yingbin-desk"));
        if let Some(authority) = authority {
            desk.env("SSL_CERT_FILE", authority);
        }
        program::run_to_end(desk, &["--data", data.to_str().unwrap(), "enrol", url, &code], "")
    };
    refused(&enrol(&by_name, None), "not the server that the code names");
    refused(&enrol(&venue.url, Some(&trusted)), "for another name; use an address with the name");
    enrol(&by_name, Some(&trusted)).ok();
    let stranger = another_server();
    let data = stranger.path().join("srv");
    let swapped = ["--listen", "127.0.0.1:0", "--tls-cert", &key, "--tls-key", &certificate];
    let head = ["--data", data.to_str().unwrap(), "serve"];
    let swapped = program::run("yingbin-server", &[&head, &swapped[..]].concat(), "");
    refused(&swapped, "holds no certificate in PEM form");
}

// How often, how much, how slowly.

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

// The catalogue.

#[test]
fn case_62_a_replayed_question_is_refused() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let question = member.seal(&member.question());
        member.send(question.clone()).await.unwrap();
        for _ in 0..3 {
            let (status, text) = refusal(member.send(question.clone()).await);
            assert_eq!((status, text.contains("asked before")), (409, true), "{text}");
        }
        member.ask(&member.question()).await.unwrap();
    });
}

#[test]
fn case_62_a_clock_that_is_ten_minutes_or_ten_years_off_is_heard() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let now = ledger::clock::Clock::Machine.now();
        let ten_minutes = 600_000;
        for off in [-ten_minutes, ten_minutes, -525_600 * ten_minutes, 525_600 * ten_minutes] {
            let question = Message { sent_at: now.plus(off), ..member.question() };
            member.ask(&question).await.unwrap();
        }
    });
}

#[test]
fn case_62_a_body_swapped_under_the_signature_is_refused() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let parts = |bytes: &[u8]| {
            let mut read = Decoder::new(bytes);
            assert_eq!(read.array().unwrap(), Some(4));
            let protected = read.bytes().unwrap().to_vec();
            read.skip().unwrap();
            (protected, read.bytes().unwrap().to_vec(), read.bytes().unwrap().to_vec())
        };
        let one = parts(&member.seal(&member.question()));
        let (_, other, _) = parts(&member.seal(&member.asking_for(&["visit-dalian"])));
        let envelope = |payload: &[u8]| {
            let mut write = Encoder::new(Vec::new());
            write.array(4).unwrap().bytes(&one.0).unwrap().map(0).unwrap();
            write.bytes(payload).unwrap().bytes(&one.2).unwrap();
            write.into_writer()
        };
        assert_eq!(refusal(member.send(envelope(&other)).await).0, 403);
        member.send(envelope(&one.1)).await.expect("with its own body it is heard");
    });
}

#[test]
fn case_63_a_request_with_two_lengths_is_one_request_and_refused() {
    let venue = Venue::open();
    let smuggled = "GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n";
    let both = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nTransfer-Encoding: \
         chunked\r\n\r\n0\r\n\r\n{smuggled}",
        smuggled.len() + 5
    );
    let twice = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: {}\r\n\r\n\
         {smuggled}",
        smuggled.len()
    );
    let odd = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding : \
         chunked\r\n\r\n0\r\n\r\n{smuggled}"
    );
    let obscure = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, xchunked\r\n\r\n\
         {smuggled}"
    );
    for (request, expected) in [(both, 411), (twice, 400), (odd, 400), (obscure, 400)] {
        let answer = talk(&venue.url, request.as_bytes());
        assert_eq!(status(&answer), expected, "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "one request, one answer: {answer}");
    }
    is_well(&venue);
}

#[test]
fn case_63_headers_that_come_twice_are_refused() {
    let venue = Venue::open();
    let right = format!("Authorization: Bearer {}\r\n", venue.token);
    let ask = |headers: &str| {
        talk(
            &venue.url,
            format!("GET /api/arrivals HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
        )
    };
    let host = "Host: x\r\n";
    assert_eq!(status(&ask(&format!("{host}{right}"))), 200);
    for twice in [
        format!("{host}{right}{right}"),
        format!("{host}{right}Authorization: Bearer 0\r\n"),
        format!("{host}{host}{right}"),
        right.clone(),
    ] {
        let answer = ask(&twice);
        assert_eq!(status(&answer), 400, "{answer}");
        assert!(answer.contains("must come once"), "{answer}");
    }
    let many: String = (0..100).map(|number| format!("X-{number}: x\r\n")).collect();
    assert_eq!(status(&ask(&format!("{host}{many}"))), 431);
    assert_eq!(status(&ask(&format!("{host}X-Long: {}\r\n", "x".repeat(100_000)))), 431);
}

#[test]
fn case_63_an_address_in_a_header_buys_no_more_guesses() {
    let venue = Venue::open();
    let guess = |number: usize, token: &str| {
        talk(
            &venue.url,
            format!(
                "GET /api/arrivals HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: \
                 10.0.0.{number}\r\nForwarded: for=10.0.0.{number}\r\nX-Real-IP: 10.0.0.{number}\r\n\
                 Authorization: Bearer {token}\r\n\r\n"
            )
            .as_bytes(),
        )
    };
    let answers: Vec<String> = (0..14).map(|number| guess(number, "0123")).collect();
    assert!(answers[..10].iter().all(|answer| status(answer) == 401));
    assert!(
        answers
            .iter()
            .any(|answer| status(answer) == 429 && answer.to_lowercase().contains("retry-after: "))
    );
    let right = guess(99, &venue.token);
    assert_eq!(status(&right), 429, "also the right one waits: {right}");
    // What needs no token goes on, and so do the stations.
    is_well(&venue);
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        member.ask(&member.question()).await.unwrap();
    });
}

#[test]
fn case_64_a_station_learns_nothing_of_another_site() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let names = |answer: &Message| {
            let rows = answer.roster.iter().flat_map(|change| &change.rows);
            rows.count()
        };
        let own = member.ask(&member.question()).await.unwrap();
        assert!(names(&own) > 0);
        for sites in [&["visit-dalian"][..], &["dalian"], &["dalian", "anshan", "nowhere"]] {
            let answer = member.ask(&member.asking_for(sites)).await.unwrap();
            assert_eq!(names(&answer), 0, "{sites:?}");
        }
        let both = member.ask(&member.asking_for(&["dalian", "hall"])).await.unwrap();
        assert!(both.roster.iter().all(|change| change.state.scope.as_str() == "hall"));
    });
}

#[test]
fn case_64_a_station_cannot_speak_for_another() {
    let venue = Venue::open();
    block_on(async {
        let (one, other) = (member(&venue, "K1", 1).await, member(&venue, "K2", 2).await);
        let as_other = Message { from: other.id, ..one.question() };
        assert_eq!(refusal(one.ask(&as_other).await).0, 403);
        let as_server = Message { from: one.server, ..one.question() };
        assert_eq!(refusal(one.ask(&as_server).await).0, 403);
        let to_other = Message { to: other.id, ..one.question() };
        assert_eq!(refusal(one.ask(&to_other).await).0, 403);
        let nobody = Message { from: StationId([0; 16]), ..one.question() };
        assert_eq!(refusal(one.ask(&nobody).await).0, 403);
        other.ask(&other.question()).await.expect("and the other is heard as ever");
    });
}

#[test]
fn case_65_what_a_station_says_about_itself_changes_nothing() {
    let venue = Venue::open();
    let code = Code::read(&code_of(&venue, "K1")).unwrap();
    let key = SigningKey::from_bytes(&[3; 32]);
    block_on(async {
        let plain = minicbor::to_vec(Application::new(&code, &key, nonce())).unwrap();
        // The map of four entries becomes one of eight: a role, an id, a site, a name.
        assert_eq!(plain[0], 0xa4);
        let mut more = Encoder::new(vec![0xa8]);
        more.writer_mut().extend_from_slice(&plain[1..]);
        more.u8(4).unwrap().str("admin").unwrap().u8(5).unwrap().bytes(&[0; 16]).unwrap();
        more.u8(6).unwrap().str("dalian").unwrap().u8(23).unwrap().u8(2).unwrap();
        let application = more.into_writer();
        let member = Member::join(&venue.url, &code, key.clone(), application).await.unwrap();
        let profile = member.policy.profile.clone();
        assert_eq!((profile.role, profile.site.as_str()), (Role::Kiosk, "hall"));
        assert_eq!((profile.name.as_str(), profile.activities.len()), ("K1", 1));

        let mut policy = member.policy.clone();
        policy.profile.role = Role::Staff;
        policy.profile.site = "dalian".parse().unwrap();
        policy.number = 99;
        let roster = member.ask(&member.question()).await.unwrap().roster;
        let pushy = Message { policy: Some(policy), roster, ..member.question() };
        member.ask(&pushy).await.unwrap();
        let after = member.ask(&member.question()).await.unwrap();
        assert_eq!(after.policy.unwrap(), member.policy);
    });
    let named = br#"{"secret":"AAAAAAAAAA","role":"admin","is_admin":true}"#;
    assert_eq!(status(&post(&venue, "/v1/enrol", "", named)), 400);
}

#[test]
fn case_66_a_gzip_bomb_is_never_unpacked() {
    let venue = Venue::open();
    let mut pack = Command::new("sh");
    pack.args(["-c", "head -c 200000000 /dev/zero | gzip -9"]);
    let mut bomb = pack.output().unwrap().stdout;
    assert!(bomb.len() < 400_000);
    for path in ["/v1/enrol", "/v1/exchange"] {
        for header in ["", "Content-Encoding: gzip\r\n", "Content-Encoding: gzip, gzip\r\n"] {
            let answer = post(&venue, path, header, &bomb);
            assert_eq!(status(&answer), 400, "{answer}");
        }
    }
    // Too large is too large, whatever it would become.
    bomb.resize((1 << 20) + 1, 0);
    assert_eq!(status(&post(&venue, "/v1/enrol", "", &bomb)), 413);
    bomb.resize((4 << 20) + 1, 0);
    assert_eq!(status(&post(&venue, "/v1/exchange", "", &bomb)), 413);
    is_well(&venue);
}

/// JSON that a careless reader chokes on.
fn hostile_json() -> [String; 6] {
    let deep = 10_000;
    [
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep)),
        r#"{"convention":"1","convention":"2"}"#.to_owned(),
        r#"{"convention":1e400}"#.to_owned(),
        format!("{{\"convention\":{}}}", "9".repeat(10_000)),
        "\u{feff}{".to_owned(),
    ]
}

#[test]
fn case_67_hostile_json_is_a_calm_refusal() {
    let venue = Venue::open();
    for json in hostile_json() {
        let typed = "Content-Type: application/json\r\n";
        for path in ["/v1/enrol", "/v1/exchange"] {
            assert_eq!(status(&post(&venue, path, typed, json.as_bytes())), 400);
        }
        let refused = status(&post(&venue, "/api/arrivals", typed, json.as_bytes()));
        assert!([401, 405, 429].contains(&refused), "{refused}");
        let folder = another_server();
        std::fs::write(folder.path().join("srv/server.json"), &json).unwrap();
        let data = folder.path().join("srv");
        let checked =
            program::run("yingbin-server", &["--data", data.to_str().unwrap(), "check"], "");
        self::refused(&checked, "server.json is damaged; put it back");
    }
    is_well(&venue);
}

#[test]
fn case_67_deep_cbor_is_a_calm_refusal() {
    let venue = Venue::open();
    for deep in [10_000, 1_000_000] {
        let lists = [vec![0x81; deep], vec![0x80]].concat();
        // As the whole, as an unknown entry of an application, as a payload of an envelope.
        let unknown = [&[0xa1, 0x17][..], &lists].concat();
        let envelope = [&[0x84, 0x40, 0xa0][..], &lists, &[0x40]].concat();
        for body in [lists, unknown, envelope] {
            for path in ["/v1/enrol", "/v1/exchange"] {
                let answer = status(&post(&venue, path, "", &body));
                assert!([400, 413].contains(&answer), "{path}: {answer}");
            }
        }
    }
    is_well(&venue);
}
