//! Whom a station believes.

use super::*;

#[test]
fn a_station_enrols_over_tls_by_its_code_alone() {
    let mut venue = Venue::encrypted(&["--tls"]);
    assert!(venue.url.starts_with("https://127.0.0.1:"), "{}", venue.url);
    let picture = venue.path("k1.png");
    let place = ["--role", "kiosk", "--site", "hall", "--activity", "registration"];
    let qr = ["--qr", picture.to_str().unwrap()];
    let added = venue.server(&[&["station", "add", "K1"], &place[..], &qr].concat()).ok().json();
    assert_eq!(added["url"], venue.url, "where serve listens");
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    let both = format!("{}#{}", venue.url, added["code"].as_str().unwrap());
    let desk = Desk { data: venue.path("K1") };
    desk.command(&["enrol", &both]).ok();

    let guest = venue.people().into_values().find(|guest| !guest.invitation.is_empty()).unwrap();
    let mut running = desk.open();
    assert_eq!(scan(&mut running, &guest.invitation)["decision"], "admit");
    let came = || venue.server(&["export", "arrivals"]).ok().out.contains(&guest.id);
    wait_for("the arrival on the server", || came().then_some(()));
    running.finish();
    // The certificate is another after every start, the key is not.
    venue.kill_server();
    venue.restart_server();
    desk.command(&["sync"]).ok();
}

/// Sets up a server with keys of its own; venues share theirs, because they share one import.
pub fn another_server() -> TempDir {
    let folder = TempDir::new().unwrap();
    let file = crate::support::project("demo/convention.toml");
    let (data, file) = (folder.path().join("srv"), file.to_str().unwrap().to_owned());
    let init = ["--data", data.to_str().unwrap(), "init", "--convention", &file];
    program::run("yingbin-server", &init, "").ok();
    folder
}

/// Serves a folder; returns the server and where it answers.
pub fn serve(folder: &Path, options: &[&str]) -> (Running, String) {
    let data = folder.join("srv");
    let head = ["--data", data.to_str().unwrap(), "serve"];
    let mut running = Running::start("yingbin-server", &[&head, options].concat());
    let url = running.hear_json()["ready"].as_str().unwrap().to_owned();
    (running, url)
}

#[test]
fn a_server_with_another_key_is_refused() {
    let mut venue = Venue::encrypted(&["--tls"]);
    let stranger = another_server();
    let desk = Desk { data: venue.path("a") };
    let code = code_of(&venue, "K1");

    let (running, url) = serve(stranger.path(), &["--listen", "127.0.0.1:0", "--tls"]);
    refused(&desk.command(&["enrol", &url, &code]), "not the server that the code names; check");
    running.kill();
    desk.command(&["enrol", &venue.url, &code]).ok();

    let port = venue.url.trim_start_matches("https://").to_owned();
    venue.kill_server();
    let (running, _) = serve(stranger.path(), &["--listen", &port, "--tls"]);
    let changed = "its key is not the one that this station was enrolled with; check the address";
    refused(&desk.command(&["sync"]), changed);
    running.kill();
    venue.restart_server();
    desk.command(&["sync"]).ok();
}

#[test]
fn plain_http_beyond_this_machine_is_refused_with_the_cure() {
    let venue = Venue::open();
    let code = code_of(&venue, "K1");
    let desk = Desk { data: venue.path("a") };
    let cure = "without encryption; write https:// instead of http://";
    refused(&desk.command(&["enrol", "http://192.0.2.1:7300", &code]), cure);
    let place = ["--role", "kiosk", "--site", "hall", "--activity", "registration", "--url"];
    let add = |url| venue.server(&[&["station", "add", "K2"], &place[..], &[url]].concat());
    refused(&add("http://192.0.2.1:7300"), cure);
    refused(&add("https://0.0.0.0:7300"), "say which one: --url https://");

    let Some(own) = own_address() else {
        return eprintln!("SKIPPED: this machine has no address but its own loopback");
    };
    let stranger = another_server();
    let (_running, url) = serve(stranger.path(), &["--listen", &format!("{own}:0")]);
    let plain = url.strip_prefix("https://").unwrap();
    let answer = talk(plain, b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(!answer.contains("HTTP/1.1"), "nothing is said in the clear: {answer}");
}

/// Returns an address of this machine that others could reach; nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn a_public_certificate_is_believed_by_its_name() {
    // An authority that the owner of the desk's machine trusts stands for the public ones.
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let (certificate, key) =
        (file("cert.pem", &certificate.pem()), file("key.pem", &key.serialize_pem()));
    let trusted = file("authority.pem", &authority.pem());

    let venue = Venue::encrypted(&["--tls-cert", &certificate, "--tls-key", &key]);
    let code = code_of(&venue, "K1");
    let by_name = venue.url.replace("127.0.0.1", "localhost");
    let data = venue.path("a");
    let enrol = |url: &str, authority: Option<&str>| {
        let mut desk = Command::new(program::path("yingbin-desk"));
        if let Some(authority) = authority {
            desk.env("SSL_CERT_FILE", authority);
        }
        program::run_to_end(desk, &["--data", data.to_str().unwrap(), "enrol", url, &code], "")
    };
    refused(&enrol(&by_name, None), "not the server that the code names");
    refused(&enrol(&venue.url, Some(&trusted)), "for another name; use an address with the name");
    enrol(&by_name, Some(&trusted)).ok();
    let stranger = another_server();
    let data = stranger.path().join("srv");
    let swapped = ["--listen", "127.0.0.1:0", "--tls-cert", &key, "--tls-key", &certificate];
    let head = ["--data", data.to_str().unwrap(), "serve"];
    let swapped = program::run("yingbin-server", &[&head, &swapped[..]].concat(), "");
    refused(&swapped, "holds no certificate in PEM form");
}
