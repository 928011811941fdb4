//! Announcing this station on the network, and hearing who else does.
//!
//! `_yingbin._tcp.local.` with two values and no name: the first bytes of the station's id (`s`) and
//! of the convention's hash (`c`). Whoever answers to it is proved by TLS, not by this.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use admission::id::{ConventionId, StationId};
use data_encoding::HEXLOWER;
use mdns_sd::{IfKind, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout};

use super::Here;

/// The service that stations announce.
const SERVICE: &str = "_yingbin._tcp.local.";
/// Bytes of a station's id, and of the convention's hash, that are announced.
const SHORT: (usize, usize) = (8, 4);
/// How often it is looked how much the library remembers.
const LOOK: Duration = Duration::from_secs(5);
/// Most records that the library may remember; more are a flood, and it begins anew.
const MOST_RECORDS: i64 = 4096;
/// How long nobody listens after a flood, or when the network allows no multicast.
const PAUSE: Duration = Duration::from_secs(60);
/// Most addresses of one announcement that are looked at.
const MOST_ADDRESSES: usize = 4;

/// Where somebody seems to be.
pub(super) struct Hint {
    pub(super) peer: StationId,
    pub(super) address: SocketAddr,
}

/// What this station announces.
pub(super) struct Announcement {
    pub(super) me: StationId,
    pub(super) convention: ConventionId,
    pub(super) listen: SocketAddr,
}

/// Announces and listens until it is dropped; hands every hint about a peer to `heard`.
pub(super) async fn run(
    announcement: &Announcement,
    here: impl Fn() -> Arc<Here>,
    heard: impl Fn(Hint),
) {
    loop {
        match Daemon::start(announcement) {
            Ok(daemon) => daemon.listen(announcement, &here, &heard).await,
            Err(error) => tracing::warn!(%error, "this station does not announce itself"),
        }
        sleep(PAUSE).await;
    }
}

/// The library's thread; it ends with this.
struct Daemon {
    daemon: ServiceDaemon,
    events: Receiver<ServiceEvent>,
}

impl Daemon {
    fn start(announcement: &Announcement) -> Result<Daemon, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        let ip = announcement.listen.ip();
        let own = interface(ip);
        if let Some(own) = &own {
            daemon.disable_interface(IfKind::All)?;
            daemon.enable_interface(own.clone())?;
        }
        let events = daemon.browse(SERVICE)?;
        let started = Daemon { daemon, events };
        started.daemon.register(announcement.service()?)?;
        Ok(started)
    }

    /// Listens until the library ends or remembers too much.
    async fn listen(
        self,
        announcement: &Announcement,
        here: &impl Fn() -> Arc<Here>,
        heard: &impl Fn(Hint),
    ) {
        let mut looked = Instant::now();
        loop {
            match timeout(LOOK, self.events.recv_async()).await {
                Ok(Ok(ServiceEvent::ServiceResolved(service))) => {
                    let peer = announcement.peer_of(&service, &here());
                    let addresses = addresses(&service).take(MOST_ADDRESSES);
                    for address in addresses {
                        if let Some(peer) = peer {
                            heard(Hint { peer, address });
                        }
                    }
                }
                Ok(Ok(_)) | Err(_) => {}
                // Too slow for what comes: that is a flood, too.
                Ok(Err(_)) => return tracing::warn!("too many announcements; pausing"),
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                if self.records().await.is_none_or(|records| records > MOST_RECORDS) {
                    return tracing::warn!("too many announcements are remembered; pausing");
                }
            }
        }
    }

    async fn records(&self) -> Option<i64> {
        let metrics = self.daemon.get_metrics().ok()?;
        let metrics = timeout(LOOK, metrics.recv_async()).await.ok()?.ok()?;
        let cached = metrics.iter().filter(|(name, _)| name.starts_with("cached-"));
        Some(cached.map(|(_, count)| *count).fold(0, i64::saturating_add))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Says goodbye on the network; whoever hears it is not our business any more.
        let _ = self.daemon.shutdown();
    }
}

impl Announcement {
    fn service(&self) -> Result<ServiceInfo, mdns_sd::Error> {
        let own = short(&self.me);
        let values = [("s", own.as_str()), ("c", &convention(self.convention))];
        let (name, host) = (&own, format!("yingbin-{own}.local."));
        let ip = self.listen.ip();
        let port = self.listen.port();
        match ip.is_unspecified() {
            true => ServiceInfo::new(SERVICE, name, &host, "", port, &values[..])
                .map(ServiceInfo::enable_addr_auto),
            false => ServiceInfo::new(SERVICE, name, &host, ip, port, &values[..]),
        }
    }

    /// Finds the peer of this site that an announcement is about.
    fn peer_of(&self, service: &ResolvedService, here: &Here) -> Option<StationId> {
        let value = |key| service.get_property_val_str(key);
        if value("c")? != convention(self.convention) {
            return None;
        }
        let claimed = value("s")?;
        here.members.peers.keys().find(|id| short(id) == claimed).copied()
    }
}

/// Returns where an announcement leads to.
fn addresses(service: &ResolvedService) -> impl Iterator<Item = SocketAddr> + '_ {
    let ips = service.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr);
    // A link-local address of IPv6 means nothing without the interface.
    let whole = ips.filter(|ip| match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(six) => !six.is_unicast_link_local(),
    });
    whole.map(|ip| SocketAddr::new(ip, service.port))
}

/// Returns the one interface to use; `None` is all of them.
fn interface(ip: IpAddr) -> Option<IfKind> {
    match ip {
        _ if ip.is_unspecified() => None,
        IpAddr::V4(four) if four.is_loopback() => Some(IfKind::LoopbackV4),
        IpAddr::V6(six) if six.is_loopback() => Some(IfKind::LoopbackV6),
        _ => Some(IfKind::Addr(ip)),
    }
}

fn short(station: &StationId) -> String {
    HEXLOWER.encode(station.0.first_chunk::<{ SHORT.0 }>().unwrap_or(&[0; SHORT.0]))
}

fn convention(id: ConventionId) -> String {
    let hash: [u8; 32] = Sha256::digest(id.0).into();
    HEXLOWER.encode(hash.first_chunk::<{ SHORT.1 }>().unwrap_or(&[0; SHORT.1]))
}
