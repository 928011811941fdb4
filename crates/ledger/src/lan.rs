//! The exchange between the stations of one site, without a server and without a leader.
//!
//! Every station listens on the LAN and dials the others: those whose address somebody typed, and
//! those that announce themselves by mDNS ([`found`]). An announcement is a hint and proves nothing.
//! Two stations talk TLS 1.3 and each shows its station key (RFC 7250); a key that the membership
//! list does not have at this site ends the handshake before anything is read ([`tls`]); a station that
//! the list has closed is brought the list, so that it knows, and nothing of it is read either. Inside
//! travel the same sealed messages as to the server ([`admission::exchange`]), in frames ([`wire`]).
//!
//! The one who dialled asks, the other answers and holds an answer without news back; own news are
//! brought at once by both, what others recorded a moment later, because its author brings it too
//! ([`talk`]; what of it needs no connection is [`told`]). Nothing here touches the ledger: [`Request`]s do, which the ledger's one writer takes
//! ([`Ledger::lan`](crate::Ledger::lan)). A peer is believed about what is signed by its author, and
//! about nothing else: never about the server, the roster, the policy or the time. The key set, the
//! revocation list and the membership list are signed as a whole, and passed on.

mod found;
mod mdns;
mod site;
mod store;
mod talk;
mod tls;
pub mod told;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use admission::exchange::{Held, Message, PrinterNews, Run, Sifted, Vector};
use admission::fact::{Fact, Sealed};
use admission::id::{ConventionId, LogId, StationId};
use admission::revocation::ListChange;
use ed25519_dalek::VerifyingKey;
use minicbor::bytes::ByteVec;
use tokio::sync::oneshot;

use crate::error::LedgerError;

pub use site::{Lan, Listener, bind};
pub use store::Met;
pub(crate) use store::{keep_signature, list_after};

/// The port that stations listen at on the LAN.
pub const PORT: u16 = 7301;

/// How a station takes part in its LAN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen; `None` is port [`PORT`] on every network of the machine, or any other port
    /// if that one is taken, because peers learn it anyway.
    pub listen: Option<SocketAddr>,
    /// Peers whose address somebody typed, as HOST:PORT.
    pub typed: Vec<String>,
    /// Whether to announce itself, and to dial those who do.
    pub announce: bool,
}

/// Who this station is on the LAN, whom it talks to, and how far it is: what connections go by.
#[derive(Clone, Debug, PartialEq)]
pub struct Here {
    /// The convention, and who belongs to it; of a station that no longer belongs, nobody.
    pub members: Arc<Members>,
    /// The log that this station writes.
    pub own_log: LogId,
    /// How far every log is held.
    pub vector: Vector,
    /// Numbers of the lists, as far as they can be handed on.
    pub lists: Lists,
    /// How the printer here is.
    pub printer: Option<PrinterNews>,
}

impl Here {
    /// The same, and nobody to talk to.
    pub fn alone(&self) -> Here {
        let (peers, closed) = (BTreeMap::new(), BTreeMap::new());
        let members = Members { peers, closed, ..(*self.members).clone() };
        Here { members: Arc::new(members), ..self.clone() }
    }
}

/// The membership list as the LAN needs it, with keys unpacked.
#[derive(Clone, Debug, PartialEq)]
pub struct Members {
    /// Number of the list.
    pub number: u64,
    /// The convention.
    pub convention: ConventionId,
    /// Whose facts are theirs, whether or not they still belong.
    pub authors: BTreeMap<StationId, VerifyingKey>,
    /// The other stations of this site that belong.
    pub peers: BTreeMap<StationId, Peer>,
    /// Those of this site that were revoked or replaced.
    pub closed: BTreeMap<StationId, Peer>,
}

/// Another station of the same site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its id.
    pub id: StationId,
    /// Its name, such as `K2`.
    pub name: String,
    /// Its key.
    pub key: VerifyingKey,
}

impl Members {
    /// Finds the peer with this key.
    pub fn peer_with(&self, key: &VerifyingKey) -> Option<&Peer> {
        self.peers.values().find(|peer| peer.key == *key)
    }

    /// Finds the station of this site with this key that no longer belongs.
    pub fn closed_with(&self, key: &VerifyingKey) -> Option<&Peer> {
        self.closed.values().find(|peer| peer.key == *key)
    }
}

/// What the LAN asks of the ledger's writer, each with the way back.
#[derive(Debug)]
pub enum Request {
    /// Say what is held here, and bring what a peer lacks.
    Say {
        /// What the peer lacks.
        lacks: Lacks,
        /// Takes it.
        reply: oneshot::Sender<Result<Said, LedgerError>>,
    },
    /// Store some of the facts that a peer brought.
    Keep {
        /// Proved to be their authors', in order.
        facts: Vec<(Sealed, Fact)>,
        /// Takes how many were new.
        reply: oneshot::Sender<Result<usize, LedgerError>>,
    },
    /// Store what a peer brought.
    Take {
        /// Its message, proved to be the peer's.
        message: Arc<Message>,
        /// The facts of the message, proved to be their authors'.
        sifted: Sifted,
        /// Takes what of it was new.
        reply: oneshot::Sender<Result<Took, LedgerError>>,
    },
    /// Remember a contact, for whoever looks.
    Note(Contact),
}

/// A contact with a peer; or of a station with itself: where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub station: StationId,
    /// Where.
    pub address: String,
    /// How far it holds every log.
    pub vector: Vector,
}

/// What a peer lacks of what is held here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Facts.
    pub runs: Vec<Run>,
    /// Attachments, by hash.
    pub attachments: Vec<ByteVec>,
    /// Numbers of the lists that it holds.
    pub lists: Lists,
    /// Whether it has not heard how the printer here is.
    pub printer: bool,
}

/// Numbers of the lists that are signed as a whole, and passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Of the key set.
    pub keys: u64,
    /// Of the revocation list.
    pub revocations: u64,
    /// Of the membership list.
    pub members: u64,
}

impl Lists {
    /// As if everything were held.
    const ALL: Lists = Lists { keys: u64::MAX, revocations: u64::MAX, members: u64::MAX };

    /// Returns the higher number of each.
    fn max(self, other: Lists) -> Lists {
        Lists {
            keys: self.keys.max(other.keys),
            revocations: self.revocations.max(other.revocations),
            members: self.members.max(other.members),
        }
    }
}

/// What a station says to a peer, before it becomes a message.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What is held here, and facts and attachments for the peer.
    pub held: Held,
    /// The key set, signed by the root key.
    pub keys: Option<ByteVec>,
    /// The revocation list, signed by the server.
    pub revocations: Option<ListChange>,
    /// The membership list, signed by the server.
    pub members: Option<ByteVec>,
}

/// What came of a peer's message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// Facts that are new here.
    pub facts: usize,
    /// Whether a list is a later one now.
    pub lists: bool,
}
