//! The asking side of the exchange without a database: so that a run with hundreds of stations on
//! one machine measures the server and not three hundred disks.
//!
//! A courier asks and signs as a station does, over real HTTP, and believes an answer only when its
//! server signed it. What it is told it remembers in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use admission::exchange::{Caller, Envelope, Head, Held, MOST_FACTS, Message, Nonce, Vector, seal};
use admission::fact::Sealed;
use admission::id::{ConventionId, StationId};
use admission::time::Millis;
use anyhow::{Context, ensure};
use ed25519_dalek::VerifyingKey;
use ledger::carrier::Http;
use ledger::clock::Clock;

use crate::town::{Author, Town};

/// How long a courier waits: hundreds of others may stand in the queue before it.
const PATIENCE: Duration = Duration::from_secs(50);
/// Before it asks again, and how often it does.
const PAUSE: Duration = Duration::from_millis(500);
const MOST: usize = 100;

/// Whom a courier asks.
#[derive(Clone)]
pub struct Server {
    id: StationId,
    key: VerifyingKey,
    convention: ConventionId,
    url: String,
}

impl Server {
    /// Reads who serves a town.
    pub fn of(town: &Town, url: &str) -> anyhow::Result<Server> {
        let key = town.folder.server_key()?.verifying_key();
        let id = town.folder.settings.server;
        Ok(Server { id, key, convention: town.convention.id, url: url.to_owned() })
    }
}

/// Whether a courier wants the facts of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// It says that it has them already: only what it brings is measured.
    Nothing,
    /// It takes them as a station does.
    Everything,
}

/// One station on its way to the server.
pub struct Courier {
    author: Author,
    facts: Vec<Sealed>,
    wants: Wants,
    server: Server,
    http: Http,
    caller: Caller,
    held: Vector,
    policy: u64,
    asked: u64,
    unanswered: usize,
}

impl Courier {
    /// Sends `author` with its log to a server.
    pub fn new(
        author: Author,
        facts: Vec<Sealed>,
        wants: Wants,
        server: &Server,
    ) -> anyhow::Result<Courier> {
        let last = facts.last().context("a courier needs facts")?;
        let head = Head { seq: last.read()?.seq, hash: last.hash() };
        Ok(Courier {
            held: Vector(BTreeMap::from([(author.log, head)])),
            caller: Caller::new(author.id, server.id),
            http: Http::new(&server.url)?,
            server: server.clone(),
            author,
            facts,
            wants,
            policy: 0,
            asked: 0,
            unanswered: 0,
        })
    }

    /// Returns everything that it brings.
    pub fn facts(&self) -> &[Sealed] {
        &self.facts
    }

    /// Returns the head of its log, when everything is told.
    pub fn head(&self) -> (admission::id::LogId, Option<Head>) {
        (self.author.log, self.held.0.get(&self.author.log).copied())
    }

    /// Exchanges until the server holds the whole log.
    pub async fn bring(&mut self) -> anyhow::Result<()> {
        while !self.exchange().await? {}
        Ok(())
    }

    /// Asks once; tells whether the server holds the whole log.
    pub async fn exchange(&mut self) -> anyhow::Result<bool> {
        self.asked += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.asked.to_be_bytes());
        let question = self.question(Nonce(nonce), Clock::Machine.now());
        let sealed = seal(&question, self.server.convention, &self.author.key);
        let Ok(answer) = self.http.post("/v1/exchange", sealed, PATIENCE).await else {
            // As a station would, it comes again; what was taken is passed over.
            self.unanswered += 1;
            ensure!(self.unanswered < MOST, "the server does not answer");
            tokio::time::sleep(PAUSE).await;
            return Ok(false);
        };
        let answer = Envelope::read(&answer)?.open(self.server.convention, &self.server.key)?;
        self.caller.receive(&answer)?;
        self.take(&answer)?;
        let all = self.facts.len() as u64;
        Ok(answer.vector.seq(self.author.log).0 == all)
    }

    /// Returns how many questions nobody answered.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    fn question(&mut self, nonce: Nonce, now: Millis) -> Message {
        let offered = self.caller.offers(&self.held);
        let own = offered.iter().find(|run| run.log == self.author.log);
        let facts = own.map_or(&[][..], |run| {
            let from = usize::try_from(run.after.0).unwrap_or(usize::MAX).min(self.facts.len());
            &self.facts[from..self.facts.len().min(from + MOST_FACTS)]
        });
        let held = Held {
            vector: self.held.clone(),
            policy: self.policy,
            facts: facts.to_vec(),
            ..Held::default()
        };
        self.caller.generate(held, nonce, 0, now)
    }

    fn take(&mut self, answer: &Message) -> anyhow::Result<()> {
        if let Some(policy) = &answer.policy {
            self.policy = policy.number;
        }
        if self.wants == Wants::Nothing {
            let others = answer.vector.0.iter().filter(|(log, _)| **log != self.author.log);
            self.held.0.extend(others);
            return Ok(());
        }
        for bytes in &answer.facts {
            let sealed = Sealed::from_bytes(bytes.to_vec());
            let fact = sealed.read()?;
            self.held.0.insert(fact.log, Head { seq: fact.seq, hash: sealed.hash() });
        }
        Ok(())
    }
}
