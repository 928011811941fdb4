//! A station that says exactly what a story wants it to say, over the carrier that real ones use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use admission::exchange::{Envelope, Held, HeldScope, Message, Nonce, Policy, seal};
use admission::id::{ConventionId, StationId};
use admission::roster::Revision;
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};
use ledger::carrier::{CarrierError, Http};
use ledger::enrol::{Application, Code, Welcome};
use ledger::tls::Pin;

/// A member of the convention, without a folder.
pub struct Member {
    /// Its key.
    pub key: SigningKey,
    /// Its id.
    pub id: StationId,
    /// What the server said about itself.
    pub server: StationId,
    /// The convention.
    pub convention: ConventionId,
    /// What it is to do, as it was told when it joined.
    pub policy: Policy,
    /// Its way to the server.
    pub http: Http,
    server_key: VerifyingKey,
    revision: Revision,
}

/// Returns a nonce that nobody had before.
pub fn nonce() -> Nonce {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Nonce(bytes)
}

impl Member {
    /// Applies with these bytes, made of a code and a key, and joins.
    pub async fn join(
        url: &str,
        code: &Code,
        key: SigningKey,
        application: Vec<u8>,
    ) -> Result<Member, CarrierError> {
        let http = Http::pinned(url, Pin::Code(code.clone()))?;
        let welcome = http.post("/v1/enrol", application, Duration::from_secs(60)).await?;
        let welcome: Welcome = minicbor::decode(&welcome).unwrap();
        let server_key = VerifyingKey::from_bytes(&welcome.server_key).unwrap();
        let first = Envelope::read(&welcome.message).unwrap();
        let first = first.open(welcome.convention, &server_key).unwrap();
        Ok(Member {
            key,
            id: welcome.station,
            server: welcome.server,
            convention: welcome.convention,
            revision: first.roster[0].state.revision,
            policy: first.policy.unwrap(),
            http,
            server_key,
        })
    }

    /// Enrols with a code as every station does.
    pub async fn enrol(url: &str, code: &str, seed: u16) -> Result<Member, CarrierError> {
        let code = Code::read(code).unwrap();
        let mut bytes = [7; 32];
        bytes[..2].copy_from_slice(&seed.to_be_bytes());
        let key = SigningKey::from_bytes(&bytes);
        let application = minicbor::to_vec(Application::new(&code, &key, nonce())).unwrap();
        Member::join(url, &code, key, application).await
    }

    /// Makes a question of a station that holds nothing and does not wait.
    pub fn question(&self) -> Message {
        self.asking_for(&[self.policy.profile.site.as_str()])
    }

    /// Makes a question of a station that holds what it was given when it joined.
    pub fn question_after_a_while(&self) -> Message {
        let mut question = self.question();
        question.scopes[0].revision = self.revision;
        question.policy_held = self.policy.number;
        question
    }

    /// Makes a question about parts of the roster.
    pub fn asking_for(&self, sites: &[&str]) -> Message {
        let scope = |site: &&str| HeldScope { scope: site.parse().unwrap(), revision: Revision(0) };
        let scopes = sites.iter().map(scope).collect();
        let mut caller = admission::exchange::Caller::new(self.id, self.server);
        caller.generate(Held { scopes, ..Held::default() }, nonce(), 0, Millis(0))
    }

    /// Signs a message.
    pub fn seal(&self, message: &Message) -> Vec<u8> {
        seal(message, self.convention, &self.key)
    }

    /// Sends bytes to the exchange and proves the answer.
    pub async fn send(&self, bytes: Vec<u8>) -> Result<Message, CarrierError> {
        let answer = self.http.post("/v1/exchange", bytes, Duration::ZERO).await?;
        let envelope = Envelope::read(&answer).unwrap();
        Ok(envelope.open(self.convention, &self.server_key).unwrap())
    }

    /// Asks a question.
    pub async fn ask(&self, message: &Message) -> Result<Message, CarrierError> {
        self.send(self.seal(message)).await
    }
}

/// Returns the status and the sentence of a refusal.
pub fn refusal<T>(outcome: Result<T, CarrierError>) -> (u16, String) {
    match outcome {
        Ok(_) => panic!("it was not refused"),
        Err(CarrierError::Refused { status, text, .. }) => (status, text),
        Err(CarrierError::NotNow { text, .. }) => (429, text),
        Err(other) => panic!("{other}"),
    }
}
