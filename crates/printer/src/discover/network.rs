//! Hearing what printers announce about themselves (DNS-SD): IPP with and without TLS, and bare ports.

use std::net::{IpAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use mdns_sd::{IfKind, ResolvedService, ServiceDaemon, ServiceEvent};

use super::Found;
use crate::address::{Address, Format};

/// What printers announce.
const SERVICES: [(&str, Kind); 3] = [
    ("_ipp._tcp.local.", Kind::Ipp("ipp")),
    ("_ipps._tcp.local.", Kind::Ipp("ipps")),
    ("_pdl-datastream._tcp.local.", Kind::Bare),
];
/// Most announcements that are heeded; more are a flood.
const MOST: usize = 256;
/// How long it is waited for the next announcement of a kind before the other kinds are heard.
const TURN: Duration = Duration::from_millis(50);

/// Makers whose label printers speak ZPL, and TSPL, as they stand in what they call themselves.
const SPEAKS: [(&str, &[&str]); 2] = [
    ("zpl", &["zebra", "zpl", "ztc ", "zdesigner"]),
    ("tspl", &["tsc ", "tspl", "gprinter", "gainscha", "hprt", "deli ", "xprinter", "idprt"]),
];

#[derive(Clone, Copy)]
enum Kind {
    Ipp(&'static str),
    Bare,
}

/// Listens for so long; on all interfaces without one.
pub(super) fn listen(
    interface: Option<IfKind>,
    patience: Duration,
) -> Result<Vec<Found>, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let heard = hear(&daemon, interface, patience);
    // Whatever it says: nobody listens any more.
    let _ = daemon.shutdown();
    heard
}

fn hear(
    daemon: &ServiceDaemon,
    interface: Option<IfKind>,
    patience: Duration,
) -> Result<Vec<Found>, mdns_sd::Error> {
    if let Some(only) = interface {
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(only)?;
    }
    let mut asked = Vec::new();
    for (service, kind) in SERVICES {
        asked.push((daemon.browse(service)?, kind));
    }
    let begun = Instant::now();
    let mut found = Vec::new();
    while begun.elapsed() < patience && found.len() < MOST {
        for (events, kind) in &asked {
            if let Ok(ServiceEvent::ServiceResolved(service)) = events.recv_timeout(TURN) {
                found.extend(read(&service, *kind));
            }
        }
    }
    Ok(found)
}

/// Makes a printer of an announcement; whatever is written in there was written by others.
fn read(service: &ResolvedService, kind: Kind) -> Option<Found> {
    let text = |key: &str| plain(service.get_property_val_str(key).unwrap_or_default());
    let name = plain(service.fullname.split_once("._").map_or("", |(name, _)| name));
    let model = text("ty");
    let place = format!("{}:{}", host(service)?, service.port);
    let formats = Format::ALL.into_iter();
    let formats = formats.filter(|format| text("pdl").contains(format.mime())).collect();
    let address = match kind {
        Kind::Ipp(scheme) => {
            format!("{scheme}://{place}/{}", text("rp").trim_start_matches('/')).parse().ok()
        }
        Kind::Bare => {
            let says = format!("{name} {model} {} ", text("usb_MFG")).to_lowercase();
            let speaks = SPEAKS.iter().find(|(_, makers)| makers.iter().any(|m| says.contains(m)));
            speaks.and_then(|(language, _)| format!("{language}://{place}").parse().ok())
        }
    };
    let what = match address {
        None => format!(
            "{model} at {place}: if it is a label printer, write zpl:// or tspl:// before that place"
        ),
        Some(Address::Folder(_) | Address::Ipp(_) | Address::Raw(_) | Address::Windows(_)) => model,
    };
    Some(Found { name, address, what, formats, state: None })
}

/// Returns the printer's name where this machine finds it, because it outlives an address; else an address.
fn host(service: &ResolvedService) -> Option<String> {
    let name = service.host.trim_end_matches('.');
    if (name, service.port).to_socket_addrs().is_ok_and(|mut all| all.next().is_some()) {
        return Some(name.to_owned());
    }
    let all = service.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr);
    let four = all.clone().find(IpAddr::is_ipv4);
    let six = all.clone().find(|ip| match ip {
        IpAddr::V4(_) => false,
        // Such an address means nothing without the interface.
        IpAddr::V6(six) => !six.is_unicast_link_local(),
    });
    Some(match four.or(six)? {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => format!("[{six}]"),
    })
}

/// Keeps what may stand in one line of a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
