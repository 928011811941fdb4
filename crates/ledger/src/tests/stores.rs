//! The same story on both stores: every test of this crate once more, with the server's ledger in
//! PostgreSQL.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use admission::exchange::BlanksHeld;

use super::cluster::Cluster;
use super::*;
use crate::hearing::LastQuestions;
use crate::postgres::Address;
use crate::routes::routes_noting;
use admission::keys::KeySet;

/// Names the database of the whole run; without it the server keeps a file.
const DATABASE: &str = "YINGBIN_TEST_DATABASE";
/// Where databases are made from.
const TEMPLATE: &str = "town";

/// Opens the server's ledger where this run wants it.
pub(super) async fn open(folder: &Path) -> Shared {
    let Ok(cluster) = std::env::var(DATABASE) else {
        return Shared::start(Ledger::open(&folder.join("server.db"), None).unwrap()).unwrap();
    };
    let address = make_database(cluster).await;
    Shared::connect(&address, convention().id, 2).unwrap()
}

/// Makes an empty database of the town's own.
async fn make_database(cluster: String) -> Address {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    static ONE_AT_A_TIME: OnceLock<tokio::sync::Mutex<()>> = OnceLock::new();
    let name = format!("town_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let _one = ONE_AT_A_TIME.get_or_init(tokio::sync::Mutex::default).lock().await;
    let client = crate::postgres::connect(&cluster.parse().unwrap()).await.unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await.unwrap();
    cluster.replace("/postgres", &format!("/{name}")).parse().unwrap()
}

/// Another convention in the same tables, with the same guests under other names, a station, its
/// facts, and later lists: whatever of it is seen makes the story come out differently.
fn another_convention(address: &Address) {
    let other = Convention { id: ConventionId([8; 16]), ..convention() };
    let mut ledger = Ledger::connect(address, other.id).unwrap();
    let keys = KeySet { convention: other.id, ..key_set(9, &[(ISSUING, KeyStatus::Killed)]) };
    ledger.begin_trust(other.id, root().verifying_key().to_bytes(), &keys.sign(&root())).unwrap();
    ledger.set_convention(&other, &root().verifying_key()).unwrap();
    let stranger = |number| Entry {
        attendee: Attendee { status: Status::Cancelled, ..guest(number) },
        fields: "{\"other\":1}".to_owned(),
        ..entry(number)
    };
    ledger.register(&[stranger(1), stranger(2), stranger(4)]).unwrap();
    ledger.revoke(&[Serial([1; 16]), Serial([0x81; 16])]).unwrap();
    let key = SigningKey::from_bytes(&[10; 32]);
    for name in 1..=4u8 {
        let station = StationId([name; 16]);
        let profile = Profile {
            name: format!("K{name}"),
            role: Role::Field,
            site: slug("farm"),
            activities: vec![slug("opening")],
            direction: Direction::Out,
            bus: "9".to_owned(),
        };
        let station = Station { id: station, public: None, profile };
        let secret = hash(&format!("AB{name:08}"));
        assert!(ledger.add_station((&station, None), &secret, MORNING).unwrap());
        let public = key.verifying_key().to_bytes();
        ledger.enrol_station(&secret, public, MORNING.plus(-1)).unwrap();
        let issuer = Issuer {
            key: SigningKey::from_bytes(&[ISSUING; 32]),
            convention: other.id,
            days: (TODAY, 1),
        };
        let random = |held: u8| move || Some([held; 16]);
        let held = BlanksHeld { up_to: 0, left: SUPPLY - 1 };
        ledger.supply(station.id, held, &issuer, random(200 + name)).unwrap();
        ledger.begin_log(LogId::new(station.id, [1; 8])).unwrap();
        for guest in 1..=3 {
            ledger.record(&draft(guest), &key, MORNING).unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_that_was_started_again_is_asked_as_if_nothing_had_been() {
    let mut cluster = Cluster::start(&["fsync=off"]);
    let address: Address = cluster.url("postgres").parse().unwrap();
    let shared = Shared::connect(&address, convention().id, 4).unwrap();
    let ask = || shared.ask(|ledger| ledger.vector());
    // All four have a connection of their own.
    let (one, two, three, four) = tokio::join!(ask(), ask(), ask(), ask());
    assert!(one.is_ok() && two.is_ok() && three.is_ok() && four.is_ok());
    cluster.restart();
    for _ in 0..8 {
        ask().await.unwrap();
    }
}

/// Told on PostgreSQL alone: who has a file has it alone.
#[tokio::test]
async fn a_question_that_another_server_was_asked_is_no_sign_of_life() {
    if std::env::var(DATABASE).is_err() {
        return;
    }
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    let last = Arc::new(LastQuestions::default());
    let other = routes_noting(town.shared.clone(), Arc::clone(&town.server), Arc::clone(&last));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, other).await.unwrap() });
    let asked = (Nonce([9; 16]), 0);
    let question = kiosk.ledger.ask(&mut kiosk.caller, asked, &kiosk.key, MORNING).unwrap();
    kiosk.http.post("/v1/exchange", question.clone(), Duration::ZERO).await.unwrap();
    let stored = town.ask(|ledger| LastQuestions::default().all(ledger)).await;
    assert_eq!(stored.len(), 1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    let http = Http::new(&url).unwrap();
    let refused = http.post("/v1/exchange", question, Duration::ZERO).await.unwrap_err();
    assert!(refused.to_string().contains("asked before"), "{refused}");
    assert_eq!(town.ask(move |ledger| last.all(ledger)).await, stored);
    task.abort();
}

#[test]
fn the_whole_story_holds_on_postgresql() {
    if std::env::var(DATABASE).is_ok() {
        return;
    }
    let cluster = Cluster::start(&["fsync=off"]);
    cluster.sql("postgres", &format!("CREATE DATABASE {TEMPLATE}"));
    let template: Address = cluster.url(TEMPLATE).parse().unwrap();
    another_convention(&template);
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["tests::", "--test-threads=4"])
        .env(DATABASE, cluster.url("postgres"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    print!("{said}");
    assert!(done.status.success(), "the story on PostgreSQL differs; see above");
    assert!(said.contains("what_two_copies_of_a_folder_recorded"), "the stories were told");
}
