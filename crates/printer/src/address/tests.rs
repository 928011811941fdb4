//! Addresses as people type them.

use super::*;

fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    let read = text.parse::<Address>();
    read.map(|address| panic!("{text} is {address:?}")).unwrap_or_else(|error| error.to_string())
}

#[test]
fn what_is_left_out_is_what_printers_usually_have() {
    for (typed, whole) in [
        ("folder:/srv/a b?c", "folder:/srv/a b?c"),
        ("ipp://10.0.0.7", "ipp://10.0.0.7:631/ipp/print"),
        ("ipp://10.0.0.7:8631/ipp/print/2", "ipp://10.0.0.7:8631/ipp/print/2"),
        ("ipps://[fd00::7]/", "ipps://[fd00::7]:631/"),
        ("cups:Label_1?size=62x100", "ipp://localhost:631/printers/Label_1?size=62x100"),
        ("cups:标签", "ipp://localhost:631/printers/%E6%A0%87%E7%AD%BE"),
        ("zpl://zebra.local", "zpl://zebra.local:9100"),
        ("zpl://10.0.0.7:6101/?dpi=300", "zpl://10.0.0.7:6101?dpi=300"),
        ("tspl://h:9100?gap=2.5&status=no", "tspl://h:9100?gap=2.5&status=no"),
        ("tspl://h?gap=2&dpi=203&status=yes", "tspl://h:9100"),
    ] {
        assert_eq!(address(typed).to_string(), whole, "{typed}");
        assert_eq!(address(whole), address(typed), "{typed}");
    }
}

#[test]
fn a_queue_of_windows_is_read_on_windows_and_refused_with_a_way_out_elsewhere() {
    for name in ["Zebra ZD421 (标签)", r"\\desk\Labels", "a?b"] {
        let address = parse::windows(name, true).unwrap();
        assert_eq!(address, Address::Windows(name.to_owned()));
        assert_eq!(address.to_string(), format!("windows:{name}"));
    }
    for name in ["", " ", "a\nb"] {
        let said = parse::windows(name, true).unwrap_err().to_string();
        assert!(said.starts_with("windows:NAME takes the name"), "{said}");
    }
    if cfg!(not(windows)) {
        let said = refused("windows:Zebra");
        assert!(said.starts_with("a Windows printer can be used on Windows only"), "{said}");
        let opened = Address::Windows("Zebra".to_owned()).open("K1");
        assert!(opened.is_err(), "one that was made by hand opens nowhere else");
    }
}

#[test]
fn every_choice_is_kept() {
    let pin = "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";
    let typed = format!("ipps://h/p?size=62.5x100&format=jpeg&dpi=300&pin={pin}");
    let Address::Ipp(ipp) = address(&typed) else { panic!("no ipp") };
    assert_eq!(ipp.paper, Some(Paper { width: 6250, height: 10000 }));
    assert_eq!((ipp.format, ipp.dpi), (Some(Format::Jpeg), Some(300)));
    assert_eq!(ipp.pin.map(|pin| pin[..3].to_vec()), Some(vec![0, 0x11, 0x22]));
    let Address::Raw(raw) = address("tspl://h?gap=0&dpi=600") else { panic!("no raw") };
    assert_eq!((raw.gap, raw.dpi, raw.status), (0, 600, true));
}

#[test]
fn what_is_no_address_is_refused_with_how_one_looks() {
    for text in
        ["", "folder:", "printer", "/tmp/badges", "http://h/", "ipp:h", "zpl:h:9100", "lpd://h/q"]
    {
        assert!(refused(text).starts_with("a printer looks like folder:DIR"), "{text}");
    }
    for (text, says) in [
        ("ipp:///x", "is no host"),
        ("ipp://a b/x", "is no host"),
        ("ipp://[fd00::7/x", "is no host"),
        ("ipp://h:0/x", "the port is a number"),
        ("zpl://h:99999", "the port is a number"),
        ("zpl://h:9100/queue", "the port is a number"),
        ("ipp://me:secret@h/x", "no name and no password"),
        ("cups:", "takes the name of a queue"),
        ("cups:a b", "takes the name of a queue"),
        ("ipp://h?size=62", "in millimetres, such as 62x100"),
        ("ipp://h?size=62x-100", "in millimetres, such as 62x100"),
        ("ipp://h?size=infx100", "in millimetres, such as 62x100"),
        ("ipp://h?size=1e9x100", "in millimetres, such as 62x100"),
        ("ipp://h?dpi=50", "from 100 to 1200"),
        ("ipp://h?format=png", "format= is pdf, pwg or jpeg"),
        ("ipp://h?copies=2", "is no choice of such a printer"),
        ("ipp://h?pin=00", "for ipps:// only"),
        ("ipps://h?pin=00", "64 hexadecimal digits"),
        ("zpl://h?gap=2", "there are dpi=300 and status=no"),
        ("tspl://h?gap=wide", "such as gap=2.5"),
        ("tspl://h?status=maybe", "there are dpi=300, gap=2 and status=no"),
    ] {
        assert!(refused(text).contains(says), "{text}: {}", refused(text));
    }
}

#[test]
fn a_file_of_settings_holds_an_address_as_its_text() {
    let address = address("zpl://h?dpi=300");
    let json = serde_json::to_string(&address).unwrap();
    assert_eq!(json, r#""zpl://h:9100?dpi=300""#);
    assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
    assert!(serde_json::from_str::<Address>(r#""zpl:""#).is_err());
}
