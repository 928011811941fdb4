//! Frames on a connection: four bytes of length, then as many bytes of a sealed message.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

/// Largest message, in bytes: as at the server.
pub(super) const LARGEST: usize = 4 << 20;
/// Longest that a message may take once it has begun.
const MESSAGE_PATIENCE: Duration = Duration::from_secs(20);
const HEAD: usize = 4;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error("the connection ended")]
    Ended,
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("nothing came in time")]
    Silent,
    #[error("a message did not arrive in time")]
    TooSlow,
    #[error("a message of {0} bytes is too large")]
    TooLarge(usize),
}

/// A connection that carries frames.
pub(super) struct Frames<T> {
    stream: T,
    /// What came and was not taken yet: never more than one message and what one read brings.
    buffer: Vec<u8>,
    /// When the message that is incomplete began.
    begun: Option<Instant>,
    /// Until when something must come.
    deadline: Instant,
    /// Longest that a message may take once it has begun.
    pub(super) message: Duration,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Frames<T> {
    pub(super) fn new(stream: T, patience: Duration) -> Frames<T> {
        let deadline = after(patience);
        let buffer = Vec::new();
        Frames { stream, buffer, begun: None, deadline, message: MESSAGE_PATIENCE }
    }

    /// Expects the next message within this time.
    pub(super) fn expect_within(&mut self, patience: Duration) {
        self.deadline = after(patience);
    }

    /// Returns the next message. May be given up at any moment and called again.
    pub(super) async fn next(&mut self) -> Result<Vec<u8>, Cut> {
        loop {
            if let Some(message) = self.whole()? {
                return Ok(message);
            }
            let (limit, late) = match self.begun {
                Some(begun) => (after_from(begun, self.message), Cut::TooSlow),
                None => (self.deadline, Cut::Silent),
            };
            self.buffer.reserve(16 << 10);
            let read = timeout_at(limit, self.stream.read_buf(&mut self.buffer));
            match read.await {
                Ok(Ok(0)) => return Err(Cut::Ended),
                Ok(Ok(_)) => self.begun = self.begun.or_else(|| Some(Instant::now())),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(late),
            }
        }
    }

    /// Takes a message out of the buffer, if one is whole.
    fn whole(&mut self) -> Result<Option<Vec<u8>>, Cut> {
        let Some((head, rest)) = self.buffer.split_first_chunk::<HEAD>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if length > LARGEST {
            return Err(Cut::TooLarge(length));
        }
        let Some((message, rest)) = rest.split_at_checked(length) else { return Ok(None) };
        let (message, rest) = (message.to_vec(), rest.to_vec());
        self.begun = (!rest.is_empty()).then(Instant::now);
        self.buffer = rest;
        Ok(Some(message))
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, message: &[u8]) -> Result<(), Cut> {
        let length = u32::try_from(message.len()).map_err(|_| Cut::TooLarge(message.len()))?;
        let frame = [&length.to_be_bytes(), message].concat();
        let write = async {
            self.stream.write_all(&frame).await?;
            self.stream.flush().await
        };
        match timeout(self.message, write).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(Cut::TooSlow),
        }
    }
}

fn after(patience: Duration) -> Instant {
    after_from(Instant::now(), patience)
}

fn after_from(begun: Instant, patience: Duration) -> Instant {
    begun.checked_add(patience).unwrap_or(begun)
}
