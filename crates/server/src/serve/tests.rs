use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::init::init;
use crate::testing::{self, PEOPLE};

/// What came back: status, headers as text, body.
struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Serves the folder on a free port while `story` asks.
fn with_server<F: Future<Output = ()>>(
    folder: &Folder,
    rehearse: Option<Millis>,
    story: impl FnOnce(SocketAddr) -> F,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = bind(address("127.0.0.1:0").unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let app = app(folder, rehearse).unwrap();
        let served = tokio::spawn(serve(listener, app, async {
            let _ = stopped.await;
        }));
        story(address).await;
        stop.send(()).unwrap();
        served.await.unwrap();
    });
}

async fn ask(address: SocketAddr, request: &str) -> Answer {
    let request = request.to_owned();
    let talk = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let text = tokio::task::spawn_blocking(talk).await.unwrap();
    let (headers, body) = text.split_once("\r\n\r\n").unwrap();
    let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, headers: headers.to_lowercase(), body: body.to_owned() }
}

async fn get(address: SocketAddr, path: &str, token: Option<&str>) -> Answer {
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}\r\n");
    ask(address, &request).await
}

/// A folder with people, and its token.
fn folder() -> (tempfile::TempDir, Folder, String) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let made =
        init(&data, &testing::convention_file(dir.path()), &crate::root::Root::Beside).unwrap();
    let folder = Folder::open(&data).unwrap();
    let list = testing::people(dir.path(), &testing::sheet(PEOPLE));
    crate::import::import(&folder, &list).unwrap();
    (dir, folder, made.api_token)
}

#[test]
fn health_needs_no_token_and_tells_nothing_else() {
    let (_dir, folder, _token) = folder();
    with_server(&folder, None, async |address| {
        let health = get(address, "/api/health", None).await;
        let version = env!("CARGO_PKG_VERSION");
        let expected = json!({ "status": "ok", "version": version, "database": "sqlite" });
        assert_eq!((health.status, health.json()), (200, expected));
        for header in ["x-content-type-options: nosniff", "content-security-policy: default-src"] {
            assert!(health.headers.contains(header), "{header}");
        }
        assert_eq!(get(address, "/api/other", None).await.status, 404);
    });
}

#[test]
fn arrivals_are_for_those_with_the_token() {
    let (_dir, folder, token) = folder();
    with_server(&folder, None, async |address| {
        for wrong in [None, Some(""), Some("0123"), Some(token.get(..63).unwrap())] {
            let refused = get(address, "/api/arrivals", wrong).await;
            assert_eq!(refused.status, 401);
            assert!(refused.headers.contains("www-authenticate: bearer"));
            assert!(refused.json()["error"].as_str().unwrap().contains("Authorization: Bearer"));
        }
        assert_eq!(get(address, "/api/arrivals", Some(&token)).await.status, 200);
    });
}

#[test]
fn arrivals_tell_who_came_and_how_many_are_expected() {
    let (_dir, folder, token) = folder();
    testing::let_arrive(&folder, "100001", "registration", false);
    testing::let_arrive(&folder, "100002", "opening", true);
    with_server(&folder, None, async |address| {
        let body = get(address, "/api/arrivals", Some(&token)).await.json();
        assert_eq!(body["convention"], folder.settings.convention.to_string());
        let registration = json!({
            "id": "registration",
            "title": { "zh-Hans": "报到", "en": "Registration" },
            "expected": 2, "arrived": 1, "inside": 1,
        });
        assert_eq!(body["activities"][0], registration, "the cancelled are not expected");
        assert_eq!(body["activities"][1]["arrived"], 0, "a rehearsal counts nowhere");
        assert_eq!(body["activities"][2]["expected"], 1, "one of the south is cancelled");
        let arrivals = body["arrivals"].as_array().unwrap();
        assert_eq!(arrivals.len(), 1);
        let arrival = &arrivals[0];
        assert_eq!(arrival["at"], "2023-09-26T07:30:00+08:00");
        assert_eq!((&arrival["station"], &arrival["direction"]), (&json!("K1"), &json!("in")));
        assert!(arrival["fact"].as_str().unwrap().ends_with("/1"));
    });
    with_server(&folder, Some(Millis(0)), async |address| {
        let body = get(address, "/api/arrivals", Some(&token)).await.json();
        assert_eq!(body["activities"][0]["arrived"], 0);
        assert_eq!(body["activities"][1]["arrived"], 1);
        assert_eq!(body["arrivals"][0]["activity"], "opening");
    });
}

#[test]
fn an_import_beside_the_server_shows_at_once() {
    let (dir, folder, token) = folder();
    with_server(&folder, None, async |address| {
        let expected = async || {
            let body = get(address, "/api/arrivals", Some(&token)).await.json();
            body["activities"][0]["expected"].clone()
        };
        assert_eq!(expected().await, 2);
        let rows = PEOPLE.replace("cancelled", "confirmed");
        let list = testing::people(dir.path(), &testing::sheet(&rows));
        crate::import::import(&folder, &list).unwrap();
        assert_eq!(expected().await, 3);
    });
}

#[test]
fn what_is_no_exchange_is_refused_with_a_sentence() {
    let (_dir, folder, _token) = folder();
    with_server(&folder, None, async |address| {
        let post = "POST /v1/exchange HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
        let junk = ask(address, &format!("{post}Content-Length: 4\r\n\r\njunk")).await;
        assert_eq!(junk.status, 400);
        assert_eq!(junk.body, "this is not a message of the exchange");
        for (path, length) in [("exchange", (4 << 20) + 1), ("enrol", (1 << 20) + 1)] {
            let head = format!("POST /v1/{path} HTTP/1.1\r\nHost: x\r\n");
            let huge = ask(address, &format!("{head}Content-Length: {length}\r\n\r\n")).await;
            assert_eq!(huge.status, 413);
            assert!(huge.body.ends_with(" bytes") && huge.headers.contains("connection: close"));
        }
    });
}

#[test]
fn a_request_that_never_ends_does_not_hold_the_server_up() {
    let (_dir, folder, _token) = folder();
    let begun = Instant::now();
    with_server(&folder, None, async |address| {
        let mut slow = TcpStream::connect(address).unwrap();
        slow.write_all(b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            .unwrap();
        assert_eq!(get(address, "/api/health", None).await.status, 200);
        // Open until the runtime ends.
        std::mem::forget(slow);
    });
    assert!(begun.elapsed() < Duration::from_secs(10), "stopping must not wait for it");
}

#[test]
fn an_address_is_one_of_numbers() {
    assert_eq!(address("127.0.0.1:7300").unwrap().to_string(), "127.0.0.1:7300");
    assert_eq!(address("localhost:0").unwrap().to_string(), "127.0.0.1:0");
    assert_eq!(address("[::1]:7300").unwrap().to_string(), "[::1]:7300");
    assert_eq!(address("0.0.0.0:7300").unwrap().to_string(), "0.0.0.0:7300");
    for bad in ["", "7300", "127.0.0.1", "127.0.0.1:99999", "venue:7300"] {
        let refused = address(bad).unwrap_err().to_string();
        assert!(refused.contains("is no address to listen on"), "{refused}");
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let (_dir, folder, _token) = folder();
    let encrypted =
        |tls: &Tls, address: &str| tls.at(address.parse().unwrap(), &folder).unwrap().is_some();
    for far in ["0.0.0.0", "192.168.1.5", "::", "::ffff:127.0.0.1", "fe80::1"] {
        assert!(encrypted(&Tls::WhereOthersReach, far), "{far}");
    }
    for here in ["127.0.0.1", "127.0.0.2", "::1"] {
        assert!(!encrypted(&Tls::WhereOthersReach, here), "{here}");
        assert!(encrypted(&Tls::Always, here), "{here}");
    }
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(bind(address)).unwrap_err().to_string();
    assert!(refused.starts_with(&format!("port {} is in use; stop", address.port())), "{refused}");
}

#[test]
fn a_second_server_on_the_folder_and_a_database_that_is_away_are_refused() {
    let (dir, folder, _token) = folder();
    let held = folder.lock("serve.lock", "").unwrap();
    let request = |database: &str| Request {
        listen: "127.0.0.1:0".to_owned(),
        tls: Tls::default(),
        database: Some(crate::database::parse(database).unwrap()),
        rehearse: None,
    };
    let data = dir.path().join("data");
    let refused = run(&data, &request("sqlite")).unwrap_err().to_string();
    assert_eq!(refused, "another serve runs on this folder; stop it, or use that one");
    drop(held);
    let nobody = "postgres://yingbin@127.0.0.1:1/yingbin";
    let refused = format!("{:#}", run(&data, &request(nobody)).unwrap_err());
    let sentence =
        "cannot use the database yingbin at 127.0.0.1: the database server does not answer";
    assert!(refused.starts_with(sentence), "{refused}");
    assert!(data.join("yingbin.db").exists() && !data.join("database").exists(), "nothing moved");
}

#[test]
fn a_damaged_database_is_not_served() {
    let (_dir, folder) = testing::folder_with(PEOPLE);
    let file = folder.path().join(crate::folder::DATABASE);
    // Nothing of it may be left in the journal.
    drop(folder.ledger().unwrap());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let refused = app(&folder, None).err().unwrap().to_string();
    assert!(refused.starts_with("the database is damaged: "), "{refused}");
    assert!(refused.ends_with("; keep a copy of the folder and put a backup back"), "{refused}");
}
