//! Joining: a fresh ledger takes the server's welcome.

use admission::exchange::{Caller, Envelope, Held, Nonce};
use admission::id::LogId;
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::enrol::{Code, Welcome};
use crate::local::{Contact, ReceiveError, ServerCard};
use crate::open::Ledger;

/// Why a welcome is not believed.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Not a welcome.
    #[error("the server's answer is not one of ours")]
    Malformed,
    /// Another server answered than the one whose code this is.
    #[error("the server's key is not the one that the code names; check the address and the code")]
    WrongServer,
    /// It could not be taken.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
}

impl Ledger {
    /// Takes a welcome: remembers the server, begins the own log and stores policy and roster.
    ///
    /// # Errors
    /// [`JoinError`] if the welcome is not from the server that the code names, or does not fit.
    pub fn join(
        &mut self,
        welcome: &[u8],
        (url, code): (&str, &Code),
        (nonce, epoch): (Nonce, [u8; 8]),
        (station, now): (&SigningKey, Millis),
    ) -> Result<ServerCard, JoinError> {
        let welcome: Welcome = minicbor::decode(welcome).map_err(|_| JoinError::Malformed)?;
        let key =
            VerifyingKey::from_bytes(&welcome.server_key).map_err(|_| JoinError::Malformed)?;
        if !code.names(&key) {
            return Err(JoinError::WrongServer);
        }
        let server = ServerCard {
            url: url.to_owned(),
            id: welcome.server,
            public: welcome.server_key,
            convention: welcome.convention,
        };
        let message = Envelope::read(&welcome.message)
            .and_then(|envelope| envelope.open(welcome.convention, &key))
            .map_err(ReceiveError::from)?;
        let mut caller = Caller::new(welcome.station, welcome.server);
        caller.generate(Held::default(), nonce, 0, now);
        caller.receive(&message).map_err(ReceiveError::from)?;
        self.begin_log(LogId::new(welcome.station, epoch)).map_err(ReceiveError::from)?;
        self.absorb(&message, (&caller, true, 0), &server, (station, Contact::real(now)))?;
        // Last, because a station is enrolled when it knows its server.
        self.set_server(&server).map_err(ReceiveError::from)?;
        Ok(server)
    }
}
