//! What is found: a real queue of a real CUPS, and announcements on the loopback.

use mdns_sd::{ServiceDaemon, ServiceInfo};

use super::*;
use crate::Condition;
use crate::testing::cups::Cups;
use crate::testing::eve::{Eve, free_port};

#[test]
fn the_queues_of_cups_are_listed_with_what_they_take_and_how_they_are() {
    let (eve, cups) = (Eve::start("application/pdf"), Cups::start());
    assert_eq!(queues_of(("localhost", cups.port)), []);
    cups.add("Label_1", &eve.address());
    cups.run("cupsdisable", &["Label_1"]);
    let [queue] = &queues_of(("localhost", cups.port))[..] else { panic!("one queue") };
    let address = format!("ipp://localhost:{}/printers/Label_1", cups.port);
    assert_eq!(queue.address.as_ref().map(Address::to_string), Some(address));
    assert!(queue.formats.contains(&Format::Pdf), "{queue:?}");
    assert_eq!(queue.state.as_ref().unwrap().stopped_by(), Some(Condition::Paused));
    assert_eq!(queues_of(("localhost", free_port())), []);
}

#[test]
fn what_announces_itself_is_found_once_and_told_with_what_is_missing_to_use_it() {
    let eve = Eve::start("application/pdf,image/jpeg");
    let daemon = ServiceDaemon::new().unwrap();
    daemon.disable_interface(IfKind::All).unwrap();
    daemon.enable_interface(IfKind::LoopbackV4).unwrap();
    let announce = |service: &str, name: &str, port: u16, values: &[(&str, &str)]| {
        let host = "yingbin-test-printer.local.";
        let info = ServiceInfo::new(service, name, host, "127.0.0.1", port, values).unwrap();
        daemon.register(info).unwrap();
    };
    announce(
        "_ipp._tcp.local.",
        "Badges",
        eve.port,
        &[("rp", "ipp/print"), ("ty", "Test Maker 9"), ("pdl", "image/jpeg")],
    );
    announce("_pdl-datastream._tcp.local.", "Zebra ZD421", free_port(), &[]);
    announce("_pdl-datastream._tcp.local.", "Mystery\u{7} 1", 9100, &[("ty", "Mystery")]);
    let mut found = Vec::new();
    crate::testing::within(Duration::from_secs(30), "all three", || {
        found = on_network(Some(IfKind::LoopbackV4), Duration::from_secs(2));
        let ours = |name: &str| found.iter().any(|found| found.name == name);
        ours("Badges") && ours("Zebra ZD421") && ours("Mystery 1")
    });
    daemon.shutdown().unwrap();
    let named = |name: &str| found.iter().find(|found| found.name == name).unwrap();
    let badges = named("Badges");
    assert_eq!(badges.what, "Test Maker 9");
    assert!(badges.state.as_ref().unwrap().ready, "{badges:?}");
    assert_eq!(
        badges.formats,
        [Format::Pdf, Format::Jpeg],
        "the printer knows better than its announcement"
    );
    let zebra = named("Zebra ZD421");
    assert!(matches!(zebra.address, Some(Address::Raw(_))));
    assert_eq!(zebra.state.as_ref().unwrap().stopped_by(), Some(Condition::Offline));
    let mystery = named("Mystery 1");
    assert!(
        mystery.address.is_none() && mystery.what.contains("write zpl:// or tspl://"),
        "{mystery:?}"
    );
}
