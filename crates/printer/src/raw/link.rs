//! A connection to a label printer, with an end to every wait.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::Patience;
use crate::address::Raw;

/// How long one attempt to connect may take.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The longest answer that is read, in bytes: what a printer says of itself is short.
const LONGEST: usize = 4096;

/// The connection is gone.
#[derive(Debug)]
pub(super) struct Broken;

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Broken {
        Broken
    }
}

/// A connection to a label printer.
pub(super) struct Link {
    stream: TcpStream,
    patience: Patience,
    /// What came and was not read yet.
    kept: Vec<u8>,
}

impl Link {
    /// Connects.
    pub(super) fn open(address: &Raw, patience: Patience) -> io::Result<Link> {
        let host = address.host.trim_matches(['[', ']']);
        let mut failed = io::Error::from(ErrorKind::NotFound);
        for place in (host, address.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&place, ATTEMPT) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_write_timeout(Some(patience.sending))?;
                    return Ok(Link { stream, patience, kept: Vec::new() });
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Sends all of it.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Forgets what has come so far, then asks.
    pub(super) fn ask(&mut self, question: &[u8]) -> Result<(), Broken> {
        self.kept.clear();
        self.send(question)
    }

    /// Reads until `found` makes something of what has come; `None` if that does not happen in time. What `found` used
    /// is the number of bytes that it returns.
    pub(super) fn read<T>(
        &mut self,
        found: impl Fn(&[u8]) -> Option<(T, usize)>,
    ) -> Result<Option<T>, Broken> {
        let begun = Instant::now();
        loop {
            if let Some((thing, used)) = found(&self.kept) {
                self.kept.drain(..used.min(self.kept.len()));
                return Ok(Some(thing));
            }
            let left = self.patience.answer.saturating_sub(begun.elapsed());
            if left.is_zero() || self.kept.len() >= LONGEST {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(left))?;
            let mut part = [0; 256];
            match self.stream.read(&mut part) {
                Ok(0) => return Err(Broken),
                Ok(length) => self.kept.extend(part.iter().take(length)),
                Err(error) if is_timeout(&error) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Tells whether something came that nobody made anything of.
    pub(super) fn heard_nonsense(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Says that nothing more comes, and waits a moment for the printer to have taken all of it.
    pub(super) fn finish(mut self) -> Result<(), Broken> {
        self.stream.shutdown(Shutdown::Write)?;
        self.stream.set_read_timeout(Some(self.patience.answer))?;
        let mut part = [0; 256];
        match self.stream.read(&mut part) {
            Ok(_) => Ok(()),
            Err(error) if is_timeout(&error) => Ok(()),
            Err(_) => Err(Broken),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
