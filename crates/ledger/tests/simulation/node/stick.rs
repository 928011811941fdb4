//! How a station and the server write sticks and read them.

use ledger::bundle::BundleError;
use ledger::bundle::read::{ReadError, Received};
use ledger::bundle::write::To;
use ledger::clock::Clock;
use ledger::routes::Server;

use super::{Node, Took};
use crate::town::{CONVENTION, id, issuer};

impl Node {
    /// Writes a station's stick.
    pub fn write_stick(&mut self, to: To, all: bool, now: i64) -> Vec<u8> {
        let (mut file, now) = (Vec::new(), self.now(now));
        self.ledger().write_bundle(&mut file, (to, all), (&self.key, now)).unwrap();
        file
    }

    /// Writes the server's stick for these stations; none if it knows nobody of them.
    pub fn write_stick_for(&mut self, numbers: &[u8], all: bool, now: i64) -> Option<Vec<u8>> {
        let (mut file, server) = (Vec::new(), self.server(now));
        let mut stations = self.ledger().stations().unwrap();
        stations.retain(|station| numbers.iter().any(|number| id(*number) == station.id));
        if stations.is_empty() {
            return None;
        }
        self.ledger_mut().write_bundle_for(&mut file, (&stations, all), &server).unwrap();
        Some(file)
    }

    /// Reads a stick, whoever wrote it; one that is for others or cut off in its head is passed over.
    pub fn read_stick(&mut self, file: &[u8], now: i64) -> Result<Took, String> {
        let received = match self.number {
            0 => {
                let (server, now) = (self.server(now), self.now(now));
                let heard = self.ledger_mut().read_bundle_at_server(file, &server, (false, now));
                heard.map(|heard| heard.received)
            }
            _ => {
                let (key, now) = (self.key.clone(), self.now(now));
                self.ledger_mut().read_bundle(file, (&key, now))
            }
        };
        match received {
            Ok(received) => {
                if self.number > 0 {
                    self.goes_never_back()?;
                }
                Ok(took(&received))
            }
            Err(ReadError::Bundle(error)) if error.is_cut() => Ok(Took::default()),
            Err(ReadError::Bundle(
                BundleError::NotForUs | BundleError::ForServer | BundleError::ForStation,
            )) => Ok(Took::default()),
            Err(error) => Err(format!("station {}: its stick: {error}", self.number)),
        }
    }

    /// The server, by its clock.
    fn server(&self, now: i64) -> Server {
        Server {
            id: id(self.number),
            key: self.key.clone(),
            convention: CONVENTION,
            clock: Clock::set(self.now(now)),
            issuer: Box::new(issuer),
        }
    }
}

fn took(received: &Received) -> Took {
    let facts = usize::try_from(received.facts).unwrap();
    Took { facts, shut_down: received.order.is_some() && received.has_arrived, ..Took::default() }
}
