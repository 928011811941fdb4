//! Stations on a LAN, and what somebody does there who means no good.
//!
//! Names that begin with `case_` are the hostile inputs of the catalogue, by its numbers.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use std::io::{Read, Write};
use std::net::TcpStream as StdStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use admission::exchange::{
    Caller, Direction, Envelope, Head, Member, MemberList, MemberState, Nonce, Policy, Profile,
    Role, seal,
};
use admission::id::{FactHash, Seq, Serial};
use admission::keys::KeyStatus;
use ed25519_dalek::SigningKey;
use rustls::pki_types::ServerName;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;

use super::wire::{Cut, Frames};
use super::*;
use crate::local::ServerCard;
use crate::open::Ledger;
use crate::setting;
use crate::tests::{MORNING, convention, draft, key_set};

const SERVER: u8 = 200;
const ROOT: u8 = 201;
const SOON: Duration = Duration::from_secs(20);

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn id(seed: u8) -> StationId {
    StationId([seed; 16])
}

fn member(seed: u8, site: &str) -> Member {
    let profile = Profile {
        name: format!("K{seed}"),
        role: Role::Kiosk,
        site: site.parse().unwrap(),
        activities: Vec::new(),
        direction: Direction::In,
        bus: String::new(),
    };
    Member::new(id(seed), key(seed).verifying_key().to_bytes(), profile)
}

fn closed(seed: u8, state: MemberState) -> Member {
    Member { state, ..member(seed, "hall") }
}

/// The list as the server signs it.
fn list(number: u64, members: &[Member]) -> Vec<u8> {
    let members = members.to_vec();
    MemberList { convention: convention().id, number, members }.sign(&key(SERVER))
}

/// A station: a ledger, and its part in the LAN on a thread.
struct Node {
    seed: u8,
    ledger: Arc<Mutex<Ledger>>,
    address: SocketAddr,
    here: Arc<watch::Sender<Arc<Here>>>,
    /// What the LAN asked of the ledger.
    requests: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    _dir: TempDir,
}

impl Node {
    /// Starts a station that dials these.
    fn start(seed: u8, members: &[Member], dials: &[SocketAddr]) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.db"), None).unwrap();
        ledger.begin_log(LogId::new(id(seed), [seed; 8])).unwrap();
        let public = key(SERVER).verifying_key().to_bytes();
        let (url, convention) = ("http://127.0.0.1:1".to_owned(), convention().id);
        ledger.set_server(&ServerCard { url, id: id(SERVER), public, convention }).unwrap();
        let root = key(ROOT);
        let set = key_set(1, &[(60, KeyStatus::Active)]).sign(&root);
        ledger.begin_trust(convention, root.verifying_key().to_bytes(), &set).unwrap();
        ledger.take_members(&list(1, members)).unwrap();
        let here = ledger.here(None).unwrap();
        let (sender, here) = watch::channel(Arc::new(here));
        let (sender, ledger) = (Arc::new(sender), Arc::new(Mutex::new(ledger)));
        let requests = Arc::new(AtomicUsize::new(0));
        let tell = {
            let (ledger, sender) = (Arc::clone(&ledger), Arc::clone(&sender));
            let requests = Arc::clone(&requests);
            move |request| {
                requests.fetch_add(1, Ordering::Relaxed);
                let mut ledger = ledger.lock().unwrap();
                if ledger.lan(request, MORNING) != Took::default() {
                    publish(&ledger, &sender);
                }
                true
            }
        };
        let settings = Settings {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            typed: dials.iter().map(ToString::to_string).collect(),
            announce: false,
        };
        let listener = bind(&settings).unwrap();
        let address = listener.address().unwrap();
        let (stop, stopped) = watch::channel(false);
        let lan = Lan { key: key(seed), here, tell, stop: stopped, settings };
        let thread = Some(thread::spawn(move || lan.run(listener)));
        Node { seed, ledger, address, here: sender, requests, stop, thread, _dir: dir }
    }

    fn record(&self, guest: u8) {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.record(&draft(guest), &key(self.seed), MORNING).unwrap();
        publish(&ledger, &self.here);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.ledger.lock().unwrap();
        let changed = change(&mut ledger);
        publish(&ledger, &self.here);
        changed
    }

    fn take_list(&self, number: u64, members: &[Member]) {
        assert!(self.change(|ledger| ledger.take_members(&list(number, members))).unwrap());
    }

    /// The state of a station, as this one's list has it.
    fn state_of(&self, seed: u8) -> Option<MemberState> {
        let ledger = self.ledger.lock().unwrap();
        ledger.member(id(seed)).unwrap().map(|member| member.state)
    }

    fn facts(&self) -> u64 {
        self.ledger.lock().unwrap().vector().unwrap().0.values().map(|head| head.seq.0).sum()
    }

    fn met(&self) -> Vec<String> {
        let (_, met) = self.ledger.lock().unwrap().met_on_lan().unwrap();
        met.into_iter().map(|met| met.name).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        let _ = self.thread.take().unwrap().join();
    }
}

fn publish(ledger: &Ledger, here: &watch::Sender<Arc<Here>>) {
    let before = Arc::clone(&here.borrow());
    here.send_replace(Arc::new(ledger.here(Some(&before)).unwrap()));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "still not: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn block_on<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

type Talk = Frames<tokio_rustls::client::TlsStream<TcpStream>>;

/// Dials a station with any key, and believes that it is station `there`.
async fn dial(seed: u8, there: u8, address: SocketAddr) -> std::io::Result<Talk> {
    let peer = Peer { id: id(there), name: String::new(), key: key(there).verifying_key() };
    let members = Members {
        number: 1,
        convention: convention().id,
        authors: BTreeMap::new(),
        peers: BTreeMap::from([(peer.id, peer)]),
        closed: BTreeMap::new(),
    };
    let own_log = LogId::new(id(seed), [seed; 8]);
    let (vector, lists) = (Vector::default(), Lists::default());
    let here = Here { members: Arc::new(members), own_log, vector, lists, printer: None };
    let (_sender, here) = watch::channel(Arc::new(here));
    let connector = TlsConnector::from(tls::sides(&key(seed), here).unwrap().client);
    let stream = TcpStream::connect(address).await?;
    let stream = connector.connect(ServerName::from(address.ip()), stream).await?;
    Ok(Frames::new(stream, SOON))
}

/// What a member says that holds nothing.
fn question(seed: u8, to: u8, number: u8, held: Held) -> Message {
    Caller::new(id(seed), id(to)).generate(held, Nonce([number; 16]), 0, MORNING)
}

/// Sends a message of a member and returns the answer.
async fn ask(talk: &mut Talk, seed: u8, message: &Message) -> Result<Message, Cut> {
    talk.send(&seal(message, convention().id, &key(seed))).await?;
    let bytes = talk.next().await?;
    let there = StationId(message.to.0);
    let answer = Envelope::read(&bytes).unwrap();
    Ok(answer.open(convention().id, &key(there.0[0]).verifying_key()).unwrap())
}

/// A member is answered: whatever happened before did no harm.
fn is_well(node: &Node, seed: u8) {
    block_on(async {
        let mut talk = dial(seed, node.seed, node.address).await.unwrap();
        let message = question(seed, node.seed, 1, Held::default());
        let answer = ask(&mut talk, seed, &message).await.unwrap();
        assert_eq!(answer.answers, Some(message.nonce));
    });
}

fn policy(number: u64) -> Policy {
    let profile = Profile {
        name: "K1".to_owned(),
        role: Role::Kiosk,
        site: "farm".parse().unwrap(),
        activities: Vec::new(),
        direction: Direction::In,
        bus: String::new(),
    };
    let root = key(ROOT).verifying_key().to_bytes();
    Policy { number, convention: convention(), root, profile }
}

/// Whoever shows this key is brought the list that has closed it, and is not read.
fn is_parted_from(node: &Node, seed: u8) {
    let before = node.requests.load(Ordering::Relaxed);
    block_on(async {
        let mut talk = dial(seed, node.seed, node.address).await.unwrap();
        let message = question(seed, node.seed, 1, Held::default());
        let told = ask(&mut talk, seed, &message).await.unwrap();
        assert_eq!((told.answers, &told.vector), (None, &Vector::default()));
        assert!(told.members.is_some() && told.facts.is_empty() && told.keys.is_none());
        assert!(talk.next().await.is_err(), "and that was all");
    });
    assert_eq!(node.requests.load(Ordering::Relaxed) - before, 1, "nothing was to be stored");
}

/// Whoever shows this key gets not one byte.
fn is_refused(node: &Node, seed: u8) {
    block_on(async {
        let Ok(mut talk) = dial(seed, node.seed, node.address).await else { return };
        let message = question(seed, node.seed, 1, Held::default());
        let asked = ask(&mut talk, seed, &message).await;
        assert!(asked.is_err(), "{asked:?}");
    });
}

#[test]
fn a_stranger_with_a_key_of_its_own_is_refused() {
    let members = [member(1, "hall"), member(2, "hall"), member(3, "farm")];
    let node = Node::start(1, &members, &[]);
    is_refused(&node, 9);
    is_refused(&node, 3);
    assert!(node.met().is_empty());
    is_well(&node, 2);
    // Nor is one believed that is dialled.
    let stranger = Node::start(9, &[member(9, "hall"), member(4, "hall")], &[]);
    let other = Node::start(4, &[member(4, "hall"), member(5, "hall")], &[stranger.address]);
    thread::sleep(Duration::from_secs(1));
    assert!(other.met().is_empty() && stranger.met().is_empty());
}

#[test]
fn what_a_list_takes_out_is_cut_off_in_the_middle_of_a_talk() {
    let members = [member(1, "hall"), member(2, "hall")];
    let one = Node::start(1, &members, &[]);
    let other = Node::start(2, &members, &[one.address]);
    one.record(1);
    wait_until("told", || other.facts() == 1);
    one.take_list(2, &[member(1, "hall"), closed(2, MemberState::Revoked)]);
    // It is told why, by the list itself, and then nothing more.
    wait_until("told", || other.state_of(2) == Some(MemberState::Revoked));
    one.record(2);
    other.record(3);
    thread::sleep(Duration::from_secs(2));
    assert_eq!((one.facts(), other.facts()), (2, 2), "nothing is said to whom the list has closed");
    // It knows by itself now, and talks to nobody: not even to one that does not know.
    let third = Node::start(
        3,
        &[member(1, "hall"), member(2, "hall"), member(3, "hall")],
        &[other.address],
    );
    third.record(4);
    thread::sleep(Duration::from_secs(1));
    assert_eq!((other.facts(), third.facts()), (2, 1));
}

#[test]
fn who_was_away_while_the_list_closed_it_is_told_whoever_dials() {
    let members = [member(1, "hall"), member(2, "hall"), member(3, "hall")];
    let one = Node::start(1, &members, &[]);
    let changed = [member(1, "hall"), closed(2, MemberState::Replaced), member(3, "hall")];
    one.take_list(2, &changed);
    let other = Node::start(2, &members, &[one.address]);
    other.record(1);
    wait_until("told when it dials", || other.state_of(2) == Some(MemberState::Replaced));
    let third = Node::start(3, &members, &[]);
    let fourth = Node::start(1, &[member(1, "hall")], &[third.address]);
    fourth.take_list(3, &[member(1, "hall"), closed(3, MemberState::Revoked)]);
    wait_until("told when it is dialled", || third.state_of(3) == Some(MemberState::Revoked));
    assert_eq!((one.facts(), fourth.facts(), third.facts()), (0, 0, 0), "nothing of it is read");
}

#[test]
fn a_list_of_stations_is_passed_on_and_a_newcomer_is_believed() {
    // The first knows K3 by a later list; the second hears of it from the first.
    let old = [member(1, "hall"), member(2, "hall")];
    let new = [member(1, "hall"), member(2, "hall"), member(3, "hall")];
    let one = Node::start(1, &old, &[]);
    let other = Node::start(2, &old, &[one.address]);
    one.record(1);
    wait_until("in touch", || other.facts() == 1);
    one.take_list(2, &new);
    let third = Node::start(3, &new, &[one.address]);
    third.record(3);
    wait_until("the newcomer's record is there", || other.facts() == 2);
    assert_eq!(other.state_of(3), Some(MemberState::Active));
    assert_eq!(other.ledger.lock().unwrap().members_number().unwrap(), 2);
}

#[test]
fn lists_that_the_root_and_the_server_signed_are_passed_on() {
    let members = [member(1, "hall"), member(2, "hall")];
    let one = Node::start(1, &members, &[]);
    let other = Node::start(2, &members, &[one.address]);
    one.record(1);
    wait_until("in touch", || other.facts() == 1);
    // The first comes by what the server signed, as if it had answered.
    let server = tempfile::tempdir().unwrap();
    let mut server = Ledger::open(&server.path().join("server.db"), None).unwrap();
    server.revoke(&[Serial([7; 16])]).unwrap();
    let convention = convention().id;
    let change = server.revocations_after(0, convention, &key(SERVER)).unwrap().unwrap();
    let signer = (convention, &key(SERVER).verifying_key());
    one.change(|ledger| crate::trust::take_revocations(&ledger.db, &change, signer)).unwrap();
    let set = key_set(2, &[(60, KeyStatus::Retired), (61, KeyStatus::Active)]).sign(&key(ROOT));
    one.change(|ledger| ledger.install_keys(&set)).unwrap();
    wait_until("passed on", || {
        let ledger = other.ledger.lock().unwrap();
        ledger.revocations().unwrap() == 1 && ledger.key_set().unwrap().unwrap().number == 2
    });
    let ledger = other.ledger.lock().unwrap();
    assert!(ledger.is_revoked(Serial([7; 16])).unwrap());
    let heard = ledger.lists(MORNING).unwrap();
    assert_eq!(heard.revocations_age_ms, None, "only the server confirms how old a list is");
}

#[test]
fn what_a_peer_says_about_the_server_and_its_lists_counts_for_nothing() {
    let node = Node::start(1, &[member(1, "hall"), member(2, "hall")], &[]);
    node.record(1);
    block_on(async {
        let mut talk = dial(2, 1, node.address).await.unwrap();
        let vector = node.ledger.lock().unwrap().vector().unwrap();
        let mut message = question(2, 1, 1, Held { vector, ..Held::default() });
        message.policy = Some(policy(9));
        message.unheard = 77;
        message.wipe = Some(vec![1].into());
        // Lists that a peer made up itself.
        message.keys = Some(key_set(5, &[(9, KeyStatus::Active)]).sign(&key(2)).into());
        let dir = tempfile::tempdir().unwrap();
        let mut forger = Ledger::open(&dir.path().join("forger.db"), None).unwrap();
        forger.revoke(&[Serial([7; 16])]).unwrap();
        message.revocations = forger.revocations_after(0, convention().id, &key(2)).unwrap();
        assert!(message.revocations.is_some());
        let members = vec![closed(1, MemberState::Revoked), member(9, "hall")];
        let forged = MemberList { convention: convention().id, number: 9, members };
        message.members = Some(forged.sign(&key(2)).into());
        ask(&mut talk, 2, &message).await.unwrap();
    });
    let ledger = node.ledger.lock().unwrap();
    assert_eq!(ledger.waiting().unwrap(), 1);
    assert_eq!(ledger.contact_at().unwrap(), None);
    assert_eq!(ledger.policy().unwrap(), None);
    assert_eq!(ledger.members_number().unwrap(), 1);
    assert_eq!(ledger.key_set().unwrap().unwrap().number, 1);
    assert_eq!(ledger.revocations().unwrap(), 0);
    assert_eq!(setting::read_number(&ledger.db, setting::UNHEARD).unwrap(), None);
    assert_eq!(setting::read_number(&ledger.db, setting::OFFSET_MS).unwrap(), None);
}

#[test]
fn a_neighbour_hears_how_the_printer_is_and_hears_it_once() {
    let members = vec![member(1, "hall"), member(2, "hall")];
    let one = Node::start(1, &members, &[]);
    let other = Node::start(2, &members, &[one.address]);
    wait_until("they met", || !other.met().is_empty());
    let heard = |node: &Node, seed: u8| {
        let ledger = node.ledger.lock().unwrap();
        ledger.printers().unwrap().remove(&id(seed)).map(|(news, _)| news)
    };
    let out = PrinterNews { works: false, troubles: vec!["paper_out".to_owned()] };
    let fine = PrinterNews { works: true, ..PrinterNews::default() };
    for news in [&out, &fine] {
        one.change(|ledger| ledger.note_printer(news, MORNING)).unwrap();
        wait_until("the neighbour hears it", || heard(&other, 1).as_ref() == Some(news));
    }
    other.change(|ledger| ledger.note_printer(&out, MORNING)).unwrap();
    wait_until("and the one that was dialled", || heard(&one, 2).as_ref() == Some(&out));
    let requests = one.requests.load(Ordering::Relaxed);
    thread::sleep(Duration::from_millis(500));
    assert!(
        one.requests.load(Ordering::Relaxed) <= requests + 4,
        "what was said is not said again"
    );
}

#[test]
fn two_who_record_at_the_same_moment_hear_each_other_for_good() {
    let members = vec![member(1, "hall"), member(2, "hall")];
    let one = Node::start(1, &members, &[]);
    let other = Node::start(2, &members, &[one.address]);
    for round in 1..=60 {
        thread::scope(|scope| {
            scope.spawn(|| one.record(1));
            // Sometimes the one speaks a little earlier, sometimes the other.
            thread::sleep(Duration::from_micros(200 * (round % 7)));
            other.record(2);
        });
        let what = format!("round {round}: both have everything");
        wait_until(&what, || [&one, &other].iter().all(|node| node.facts() == 2 * round));
    }
}

#[test]
fn a_log_of_which_a_peer_takes_nothing_stops_nobody() {
    // K3 is known to the first alone, by a list of the same number, as a server gives out that was put
    // back from a backup: the second takes nothing of K3, and everything else.
    let (known, fewer) = (
        vec![member(1, "hall"), member(2, "hall"), member(3, "hall")],
        vec![member(1, "hall"), member(2, "hall")],
    );
    let one = Node::start(1, &known, &[]);
    let third = Node::start(3, &known, &[one.address]);
    third.record(3);
    wait_until("taken", || one.facts() == 1);
    let other = Node::start(2, &fewer, &[one.address]);
    one.record(1);
    wait_until("told all the same", || other.facts() == 1);
    other.record(2);
    wait_until("told back", || one.facts() == 3);
    one.record(4);
    wait_until("and again", || other.facts() == 3);
    thread::sleep(Duration::from_millis(500));
    let before = one.requests.load(Ordering::Relaxed);
    thread::sleep(Duration::from_secs(1));
    let asked = one.requests.load(Ordering::Relaxed) - before;
    assert!(asked < 10, "{asked} times in a second for nothing");
}

#[test]
fn case_59_messages_without_measure_end_the_connection_and_nothing_else() {
    let node = Node::start(1, &[member(1, "hall"), member(2, "hall")], &[]);
    node.record(1);
    block_on(async {
        // A body of 16 MB: its length is enough.
        let mut talk = dial(2, 1, node.address).await.unwrap();
        let sent = talk.send(&vec![0; 16 << 20]).await;
        assert!(sent.is_err() || talk.next().await.is_err());
        // A million tiny facts fit into 4 MB, and are too many.
        let mut talk = dial(2, 1, node.address).await.unwrap();
        let mut message = question(2, 1, 1, Held::default());
        message.facts = vec![ByteVec::from(vec![0]); 1_000_000];
        let asked = ask(&mut talk, 2, &message).await;
        assert!(asked.is_err(), "{asked:?}");
        // A vector of a million logs.
        let mut talk = dial(2, 1, node.address).await.unwrap();
        let head = Head { seq: Seq(u64::MAX), hash: FactHash([1; 32]) };
        let log = |number: u32| {
            let mut log = [1; 24];
            log[..4].copy_from_slice(&number.to_be_bytes());
            (LogId(log), head)
        };
        let vector = Vector((0..1_000_000).map(log).collect());
        let message = question(2, 1, 1, Held { vector, ..Held::default() });
        let asked = ask(&mut talk, 2, &message).await;
        assert!(asked.is_err(), "{asked:?}");
    });
    is_well(&node, 2);
    assert_eq!(node.facts(), 1);
}

#[test]
fn case_60_a_revoked_key_and_the_own_key_are_refused_before_anything_is_read() {
    let members = vec![member(1, "hall"), member(2, "hall"), member(3, "hall")];
    let node = Node::start(1, &members, &[]);
    is_well(&node, 3);
    node.take_list(2, &[member(1, "hall"), member(2, "hall"), closed(3, MemberState::Revoked)]);
    is_parted_from(&node, 3);
    is_refused(&node, 1);
    is_well(&node, 2);
    // A station whose own address was typed does not talk to itself.
    let address = node.address;
    let lonely = Node::start(4, &[member(4, "hall"), member(5, "hall")], &[]);
    drop(node);
    let itself =
        Node::start(5, &[member(4, "hall"), member(5, "hall")], &[lonely.address, address]);
    itself.record(1);
    wait_until("told", || lonely.facts() == 1);
    assert_eq!(itself.met(), ["K4"]);
}

#[test]
fn case_60_a_thousand_connections_without_a_key_keep_no_member_out_for_long() {
    let node = Node::start(1, &[member(1, "hall"), member(2, "hall")], &[]);
    let mut idle = Vec::new();
    for number in 0..1000 {
        let Ok(mut stream) = StdStream::connect(node.address) else { break };
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
        // A few stay and say nothing more.
        if number % 10 == 0 {
            idle.push(stream);
        }
    }
    for mut stream in idle {
        stream.set_read_timeout(Some(SOON)).unwrap();
        let mut bytes = Vec::new();
        // Sent away, or cut off after the handshake's time.
        let _ = stream.read_to_end(&mut bytes);
        assert!(bytes.len() < 100);
    }
    wait_until("a member is heard again", || {
        block_on(async {
            let Ok(mut talk) = dial(2, 1, node.address).await else { return false };
            let message = question(2, 1, 1, Held::default());
            ask(&mut talk, 2, &message).await.is_ok()
        })
    });
}

#[test]
fn a_message_that_drips_in_is_cut_off() {
    let node = Node::start(1, &[member(1, "hall"), member(2, "hall")], &[]);
    let begun = Instant::now();
    // No handshake at all.
    let mut silent = StdStream::connect(node.address).unwrap();
    silent.set_read_timeout(Some(SOON)).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(begun.elapsed() < Duration::from_secs(10));
    is_well(&node, 2);
}

#[tokio::test]
async fn frames_that_stop_in_the_middle_or_never_begin_time_out() {
    use tokio::io::AsyncWriteExt;
    let (mut far, near) = tokio::io::duplex(64);
    let mut frames = Frames::new(near, SOON);
    frames.message = Duration::from_millis(200);
    far.write_all(&[0, 0, 0, 2, 1, 2, 0, 0, 0, 9, 1]).await.unwrap();
    assert_eq!(frames.next().await.unwrap(), [1, 2]);
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(60)).await;
            far.write_all(&[7]).await.unwrap();
        }
    };
    let cut = tokio::select! {
        cut = frames.next() => cut,
        () = drip => Err(Cut::Ended),
    };
    assert!(matches!(cut, Err(Cut::TooSlow)), "{cut:?}");
    let (_far, near) = tokio::io::duplex(64);
    let mut frames = Frames::new(near, Duration::from_millis(200));
    assert!(matches!(frames.next().await, Err(Cut::Silent)));
}
