//! Many who write at once, on a real PostgreSQL: nothing is missed and nothing comes twice, where a
//! reader who goes by a number that all writers share would miss a good part.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use admission::exchange::{Head, Sifted};
use admission::fact::{Confidence, Fact, Moment, NO_PREVIOUS, Sealed, seal};
use admission::id::Seq;
use admission::time::Hybrid;

use super::cluster::Cluster;
use super::*;
use crate::facts;
use crate::postgres::Address;
use crate::proposals::Bookmark;

const WRITERS: u8 = 8;
const EACH: u64 = 300;
const BATCH: usize = 5;

/// A small generator, so that a failing run can be told by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x5851_f42d_4c95_7f2d);
        (self.0 >> 33) % sides
    }
}

/// Everything that a station will have recorded.
fn log_of(writer: u8) -> Vec<(Sealed, Fact)> {
    let key = SigningKey::from_bytes(&[writer; 32]);
    let log = LogId::new(StationId([writer; 16]), [1; 8]);
    let mut head = Head { seq: Seq(0), hash: NO_PREVIOUS };
    let mut facts = Vec::new();
    for number in 0..EACH {
        let body = admitted(false);
        let fact = Fact {
            log,
            seq: head.seq.next(),
            prev: head.hash,
            moment: Moment {
                hybrid: Hybrid(0).tick(MORNING.plus(i64::try_from(number).unwrap())),
                wall: MORNING,
                offset_ms: None,
                offset_age_ms: None,
                confidence: Confidence::Unknown,
            },
            kind: body.kind(),
            kind_version: 1,
            must_understand: false,
            site: slug("hall"),
            // The same guests at every door, so that all fold the same dossiers.
            subject: Some(AttendeeId([u8::try_from(number % 100 + 1).unwrap(); 16])),
            body: body.bytes(),
            attachment: None,
        };
        let sealed = seal(&fact, &key);
        head = Head { seq: fact.seq, hash: sealed.hash() };
        facts.push((sealed, fact));
    }
    facts
}

/// Brings two logs, which another writer brings too: out of order now and then, some of it twice,
/// and some transactions are rolled back when all is written.
fn bring(address: &Address, logs: [&[(Sealed, Fact)]; 2], seed: u64) {
    let (mut ledger, mut dice) = (Ledger::connect(address, convention().id).unwrap(), Dice(seed));
    loop {
        let held = ledger.vector().unwrap();
        let log = logs[usize::try_from(dice.below(2)).unwrap()];
        let done = |log: &[(Sealed, Fact)]| held.seq(log[0].1.log).0 >= EACH;
        if logs.iter().all(|log| done(log)) {
            return;
        }
        let mut from = usize::try_from(held.seq(log[0].1.log).0).unwrap();
        match dice.below(10) {
            0 => from = from.saturating_sub(3),
            1 => from += 2,
            _ => {}
        }
        let fresh: Vec<_> = log.iter().skip(from).take(BATCH).cloned().collect();
        let sifted = Sifted { fresh, left: Vec::new() };
        if dice.below(20) == 0 {
            let tx = ledger.db.write_beside().unwrap();
            let held = facts::held(&tx, &sifted).unwrap();
            facts::keep(&tx, &sifted.against(&held)).unwrap();
            // Dropped, and with it everything that it wrote.
            continue;
        }
        ledger.keep(sifted).unwrap();
    }
}

#[test]
fn eight_who_write_at_once_miss_nothing_and_double_nothing() {
    let seed = u64::from(getrandom::u32().unwrap());
    println!("seed {seed}");
    let cluster = Cluster::start(&["fsync=off"]);
    let address: Address = cluster.url("postgres").parse().unwrap();
    let mut reader = Ledger::connect(&address, convention().id).unwrap();
    let logs: Vec<_> = (1..=WRITERS).map(log_of).collect();
    // Somebody began a transaction and went to lunch.
    let idle = Ledger::connect(&address, convention().id).unwrap();
    let lunch = idle.db.write_beside().unwrap();
    lunch.execute("UPDATE setting SET value = value WHERE /*its*/ true", &[]).unwrap();
    let (done, mut seen) = (AtomicBool::new(false), Vec::new());
    thread::scope(|scope| {
        let writers: Vec<_> = (0..usize::from(WRITERS))
            .map(|number| {
                let both = [&logs[number][..], &logs[(number + 1) % logs.len()][..]];
                let (address, seed) = (&address, seed + u64::try_from(number).unwrap());
                scope.spawn(move || bring(address, both, seed))
            })
            .collect();
        let (done, seen) = (&done, &mut seen);
        let reader = &mut reader;
        scope.spawn(move || {
            let mut bookmark = Bookmark::default();
            loop {
                let last = done.load(Ordering::Acquire);
                let (facts, next) = reader.stored_since(&bookmark).unwrap();
                bookmark = next;
                if facts.is_empty() && last {
                    return;
                }
                seen.extend(facts.iter().map(Fact::id));
            }
        });
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        // Also when one of them failed, or the reader would wait for ever.
        done.store(true, Ordering::Release);
        ended.into_iter().for_each(|ended| ended.unwrap());
    });
    drop(lunch);
    let all: BTreeSet<FactId> = logs.iter().flatten().map(|(_, fact)| fact.id()).collect();
    let once: BTreeSet<FactId> = seen.iter().copied().collect();
    assert_eq!(once.len(), seen.len(), "the reader saw nothing twice");
    assert_eq!(once, all, "and missed nothing");
    let findings = reader.check().unwrap();
    assert_eq!(findings.complaints, Vec::<String>::new(), "what they come to is what they say");
    assert_eq!(findings.facts, u64::from(WRITERS) * EACH);
    assert_eq!(reader.inside(&slug("registration"), Slot::default(), false).unwrap(), 100);
}

/// The same load, read the way that looks right: by a number from a sequence that all share.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_counts_would_miss_a_good_part() {
    const ROWS: u64 = 250;
    let cluster = Cluster::start(&["fsync=off"]);
    cluster.sql("postgres", "CREATE TABLE feed (id BIGSERIAL PRIMARY KEY, writer BIGINT)");
    let address: Address = cluster.url("postgres").parse().unwrap();
    let reader = crate::postgres::connect(&address).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..i64::from(WRITERS) {
        let client = crate::postgres::connect(&address).await.unwrap();
        writers.spawn(async move {
            let mut dice = Dice(u64::try_from(writer).unwrap());
            for _ in 0..ROWS {
                client.batch_execute("BEGIN").await.unwrap();
                let insert = "INSERT INTO feed (writer) VALUES ($1)";
                client.execute(insert, &[&writer]).await.unwrap();
                // The other work of a transaction.
                tokio::time::sleep(Duration::from_millis(dice.below(5))).await;
                let end = if dice.below(20) == 0 { "ROLLBACK" } else { "COMMIT" };
                client.batch_execute(end).await.unwrap();
            }
        });
    }
    let (mut last, mut seen) = (0i64, 0usize);
    loop {
        let ended = async { while writers.join_next().await.is_some() {} };
        let ended = tokio::time::timeout(Duration::from_millis(2), ended).await.is_ok();
        let sql = "SELECT id FROM feed WHERE id > $1 ORDER BY id";
        let rows = reader.query(sql, &[&last]).await.unwrap();
        seen += rows.len();
        last = rows.last().map_or(last, |row| row.get(0));
        if ended {
            break;
        }
    }
    let all: usize = cluster.sql("postgres", "SELECT count(*) FROM feed").parse().unwrap();
    let missed = all - seen;
    println!("missed {missed} of {all}");
    assert!(missed * 100 > all, "only {missed} of {all} missed: this load proves nothing");
}

#[test]
fn who_is_not_let_in_is_told_what_to_look_at() {
    let cluster = Cluster::start(&[]);
    let url = cluster.url("nobody_made_this");
    let refused = Ledger::connect(&url.parse().unwrap(), convention().id).err().unwrap();
    assert!(matches!(refused, LedgerError::NotLetIn(_)) && refused.is_permanent(), "{refused:?}");
    let says = refused.to_string();
    assert!(says.ends_with("check its user, password and database"), "{says}");
}

#[test]
fn a_database_that_does_not_encrypt_is_told_from_one_that_is_away() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/yingbin?sslmode=require", listener.local_addr().unwrap());
    let says_no = std::thread::spawn(move || {
        let (mut asked, _) = listener.accept().unwrap();
        asked.read_exact(&mut [0; 8]).unwrap();
        asked.write_all(b"N").unwrap();
    });
    let refused = Ledger::connect(&url.parse().unwrap(), convention().id).err().unwrap();
    says_no.join().unwrap();
    assert!(matches!(refused, LedgerError::NoTls) && refused.is_permanent(), "{refused:?}");
}
