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
    /// A station that a restored server has forgotten never says who it is.
    NobodyIntroducesItself,
    /// A station takes no list of stations after its first.
    StationsStayAsTheyWere,
    /// A station passes over facts of a kind that it does not know.
    DropsWhatItCannotRead,
    /// The server hears nobody whose messages have another number.
    KnowsOneVersion,
    /// A station passes over lists in which somebody is missing.
    KeepsWhoIsGone,
}
