//! Faults that are planted between the ledgers and their network, to see that they are caught.

/// What is wrong with everybody's carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// Nothing.
    Nothing,
    /// The server's answer says that it holds what it was brought, and stores nothing of it.
    AcknowledgesFirst,
    /// A station never brings again what it sent once, whether an answer came or not.
    SentIsDelivered,
    /// A station believes that the server's fact at a place is its own.
    ComparesNoHashes,
    /// The server sends what it stored after the last number that it told a station.
    FeedsByCounter,
    /// A station's clock goes on from the latest that it saw.
    FollowsEveryClock,
    /// A station takes facts and goes on saying that it holds what it held in the beginning.
    ForgetsToAdvance,
}
