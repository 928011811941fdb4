//! Names of things: random 16-byte ids, slugs that an organiser chose, and places in a log.
//!
//! In text an id is lower-case hexadecimal; on the wire and under signatures it is raw bytes.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A text that is not the id it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct BadId {
    /// What was expected, such as `station id`.
    pub what: &'static str,
    /// The form it must have.
    pub rule: &'static str,
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(with = "minicbor::bytes")] pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let bad = BadId { what: $what, rule: $rule };
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| bad.clone())?;
                Ok(Self(bytes.try_into().map_err(|_| bad)?))
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = BadId;

            fn try_from(bytes: &[u8]) -> Result<Self, BadId> {
                let bytes = bytes.try_into().map_err(|_| BadId { what: $what, rule: $rule })?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

byte_id!(
    /// A convention.
    ConventionId, 16, "convention id", "32 lower-case hexadecimal digits"
);
byte_id!(
    /// A station: a kiosk, a staffed laptop, the server.
    StationId, 16, "station id", "32 lower-case hexadecimal digits"
);
byte_id!(
    /// An attendee. Random; says nothing about the person.
    AttendeeId, 16, "attendee id", "32 lower-case hexadecimal digits"
);
byte_id!(
    /// The random number inside a pass by which stations find its attendee.
    Serial, 16, "serial", "32 lower-case hexadecimal digits"
);
byte_id!(
    /// The first 4 bytes of SHA-256 of an issuing key's public half.
    Kid, 4, "key id", "8 lower-case hexadecimal digits"
);
byte_id!(
    /// One log: the station's id, then the 8-byte epoch made with its database file.
    LogId, 24, "log id", "48 lower-case hexadecimal digits"
);
byte_id!(
    /// SHA-256 over a sealed fact's payload and signature.
    FactHash, 32, "fact hash", "64 lower-case hexadecimal digits"
);

impl LogId {
    /// Names the log that `station` began with the database of `epoch`.
    pub fn new(station: StationId, epoch: [u8; 8]) -> LogId {
        let mut bytes = [0; 24];
        let (head, tail) = bytes.split_at_mut(16);
        head.copy_from_slice(&station.0);
        tail.copy_from_slice(&epoch);
        LogId(bytes)
    }

    /// Returns the station that writes this log.
    pub fn station(&self) -> StationId {
        let mut station = [0; 16];
        station.copy_from_slice(self.0.first_chunk::<16>().map_or(&[0; 16], |head| head));
        StationId(station)
    }
}

/// Place of a fact in its log; the first is 1, none is left out.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Returns the place after this one.
    pub fn next(self) -> Seq {
        Seq(self.0.saturating_add(1))
    }
}

/// One fact anywhere: its log and its place there. In text `LOG/SEQ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct FactId {
    /// The log it stands in.
    #[n(0)]
    pub log: LogId,
    /// Its place there.
    #[n(1)]
    pub seq: Seq,
}

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.log, self.seq.0)
    }
}

impl Serialize for FactId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A short name from the organiser's files: 1 to 40 of `a` to `z`, `0` to `9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Slug, BadId> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if text.is_empty() || text.len() > 40 || !text.bytes().all(allowed) {
            return Err(BadId { what: "id", rule: "1 to 40 of a-z, 0-9 and -" });
        }
        Ok(Slug(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'b, C> Decode<'b, C> for Slug {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(minicbor::decode::Error::custom)
    }
}

#[cfg(test)]
mod tests;
