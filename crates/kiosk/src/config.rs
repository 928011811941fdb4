//! What whoever starts a station chooses.

use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;

use admission::id::Slug;
use ledger::clock::Clock;
use ledger::lan::PORT;

pub use ledger::lan::Settings as Lan;
pub use printer::Address as PrinterAddress;

/// How a station is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What people are checked in to; `None` takes the first of the station's profile.
    pub activity: Option<Slug>,
    /// What tells the time.
    pub clock: Clock,
    /// Whether everything is only rehearsed: its facts are marked and count nowhere.
    pub rehearsal: bool,
    /// Where badges go; `None` is the folder `badges` beside the ledger.
    pub printer: Option<PrinterAddress>,
    /// Where backups go; `None` is the folder `backup` beside the ledger.
    pub backups: Option<PathBuf>,
    /// Whether a person says "this is me" before anything is recorded.
    pub confirm: Confirm,
    /// How it exchanges with the other stations of its site; `None` leaves that to the server.
    pub lan: Option<Lan>,
}

/// Who confirms a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// The scan itself: without a screen nobody can touch one.
    AtOnce,
    /// The person, by a touch.
    ByTouch,
}

/// Where another station listens: HOST:PORT, or a host at the usual port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub String);

/// A text that is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of a station looks like 10.0.0.12:7301, [fd00::12]:7301 or k2.local:7301")]
pub struct BadPeer;

impl FromStr for PeerAddress {
    type Err = BadPeer;

    fn from_str(text: &str) -> Result<PeerAddress, BadPeer> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => {
                (host, port.parse().map_err(|_| BadPeer)?)
            }
            _ => (text, PORT),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match bare {
            Some(six) => six.parse::<Ipv6Addr>().is_ok(),
            None => {
                !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c))
            }
        };
        match is_host && port != 0 {
            true => Ok(PeerAddress(format!("{host}:{port}"))),
            false => Err(BadPeer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_host_and_a_port_and_the_usual_port_may_be_left_out() {
        let whole = |text: &str| text.parse::<PeerAddress>().map(|peer| peer.0);
        assert_eq!(whole("10.0.0.12:7000").as_deref(), Ok("10.0.0.12:7000"));
        assert_eq!(whole("10.0.0.12").as_deref(), Ok("10.0.0.12:7301"));
        assert_eq!(whole("[fd00::12]").as_deref(), Ok("[fd00::12]:7301"));
        assert_eq!(whole("[fd00::12]:7000").as_deref(), Ok("[fd00::12]:7000"));
        assert_eq!(whole("k2.local:7301").as_deref(), Ok("k2.local:7301"));
        for bad in
            ["", ":7301", "k2:", "k2:0", "k2:70000", "fd00::12", "https://k2:1", "k 2", "[k2]"]
        {
            assert_eq!(whole(bad), Err(BadPeer), "{bad:?}");
        }
    }
}
