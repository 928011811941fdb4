//! Reading an address; every refusal says how it is written.

use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Address, BadAddress, Format, Ipp, Language, Paper, Raw};

/// Dots per inch of most label printers.
pub(super) const DPI: u32 = 203;
/// Tenths of a millimetre between two labels of most rolls.
pub(super) const GAP: u32 = 20;
/// Dots per inch that a badge can be drawn with.
const DPIS: std::ops::RangeInclusive<u32> = 100..=1200;
/// The port of IPP, and the one that label printers listen at.
const PORTS: (u16, u16) = (631, 9100);

/// How addresses look, for whoever typed something else.
const LOOKS: &str = "a printer looks like folder:DIR, cups:NAME, ipp://10.0.0.7/ipp/print, \
                     ipps://10.0.0.7/ipp/print, zpl://10.0.0.7:9100 or tspl://10.0.0.7:9100";

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Address, BadAddress> {
        let (scheme, rest) = text.split_once(':').ok_or_else(|| bad(LOOKS))?;
        match scheme {
            "folder" if !rest.is_empty() => Ok(Address::Folder(PathBuf::from(rest))),
            "cups" => {
                let (name, choices) = split(rest, '?');
                let host = Host { host: "localhost".to_owned(), port: PORTS.0 };
                ipp(false, host, &format!("/printers/{}", queue(name)?), choices).map(Address::Ipp)
            }
            "ipp" | "ipps" => {
                let (place, choices) = place(rest)?;
                let (host, path) = split(place, '/');
                let path = path.map_or_else(|| "/ipp/print".to_owned(), |path| format!("/{path}"));
                ipp(scheme == "ipps", host_of(host, PORTS.0)?, &path, choices).map(Address::Ipp)
            }
            "windows" => windows(rest, cfg!(windows)),
            "zpl" => raw(Language::Zpl, rest).map(Address::Raw),
            "tspl" => raw(Language::Tspl, rest).map(Address::Raw),
            _ => Err(bad(LOOKS)),
        }
    }
}

fn bad(sentence: impl Into<String>) -> BadAddress {
    BadAddress(sentence.into())
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Splits what stands behind the scheme into place and choices.
fn place(rest: &str) -> Result<(&str, Option<&str>), BadAddress> {
    let place = rest.strip_prefix("//").ok_or_else(|| bad(LOOKS))?;
    Ok(split(place, '?'))
}

/// A place on the network.
struct Host {
    host: String,
    port: u16,
}

fn host_of(text: &str, usual: u16) -> Result<Host, BadAddress> {
    if text.contains('@') {
        return Err(bad(
            "a printer's address holds no name and no password; leave out what stands \
                        before the @",
        ));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let port = port.parse().ok().filter(|port| *port != 0);
            (host, port.ok_or_else(|| bad(format!("{text}: the port is a number up to 65535")))?)
        }
        _ => (text, usual),
    };
    let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match six {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
        }
    };
    match is_host {
        true => Ok(Host { host: host.to_owned(), port }),
        false => Err(bad(format!(
            "{host:?} is no host: it looks like 10.0.0.7, [fd00::7] or printer.local"
        ))),
    }
}

/// Returns the name of a queue as it stands in a path.
fn queue(name: &str) -> Result<String, BadAddress> {
    let allowed = |c: char| !c.is_whitespace() && !c.is_control() && !"/#\"'\\".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(bad(
            "cups:NAME takes the name of a queue of this machine, as `lpstat -e` lists \
                        them",
        ));
    }
    Ok(encoded(name))
}

/// Reads the name of a queue of Windows, here or on another machine, as Windows shows it.
pub(super) fn windows(name: &str, is_here: bool) -> Result<Address, BadAddress> {
    if !is_here {
        return Err(bad(
            "a Windows printer can be used on Windows only; give it its ipp:// address, or share it \
             and set up a queue of CUPS",
        ));
    }
    match name.trim().is_empty() || name.chars().any(char::is_control) {
        true => Err(bad("windows:NAME takes the name of a printer as Windows shows it")),
        false => Ok(Address::Windows(name.to_owned())),
    }
}

/// Writes what may not stand in a path as percent and two digits.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%:@!$&()*+,;=".contains(&byte);
    text.bytes().fold(String::new(), |mut path, byte| {
        match plain(byte) {
            true => path.push(char::from(byte)),
            false => path.push_str(&format!("%{byte:02X}")),
        }
        path
    })
}

fn ipp(tls: bool, host: Host, path: &str, choices: Option<&str>) -> Result<Ipp, BadAddress> {
    let Host { host, port } = host;
    let mut ipp = Ipp { tls, ..Ipp::at(&host, port, &encoded(path)) };
    for (name, value) in each(choices) {
        match name {
            "size" => ipp.paper = Some(value.parse()?),
            "format" => ipp.format = Some(format(value)?),
            "dpi" => ipp.dpi = Some(dpi(value)?),
            "pin" if tls => ipp.pin = Some(pin(value)?),
            "pin" => {
                return Err(bad("pin= is for ipps:// only; without TLS there is no certificate"));
            }
            _ => {
                return Err(bad(format!(
                    "{name:?} is no choice of such a printer; there are size=62x100, \
                                        format=pdf|pwg|jpeg, dpi=300 and pin=FINGERPRINT"
                )));
            }
        }
    }
    Ok(ipp)
}

fn raw(language: Language, rest: &str) -> Result<Raw, BadAddress> {
    let (place, choices) = place(rest)?;
    let Host { host, port } = host_of(place.strip_suffix('/').unwrap_or(place), PORTS.1)?;
    let mut raw = Raw { language, host, port, dpi: DPI, gap: GAP, status: true };
    for (name, value) in each(choices) {
        match (name, value) {
            ("dpi", _) => raw.dpi = dpi(value)?,
            ("gap", _) if language == Language::Tspl => {
                raw.gap = parts(value, 10).filter(|gap| *gap <= 1000).ok_or_else(|| {
                    bad("gap= is the room between two labels in millimetres, such as gap=2.5; 0 for \
                         endless paper")
                })?;
            }
            ("status", "no") => raw.status = false,
            ("status", "yes") => raw.status = true,
            _ => {
                let gap = if language == Language::Tspl { ", gap=2" } else { "" };
                return Err(bad(format!(
                    "{name}={value} is no choice of such a printer; there are dpi=300{gap} and status=no"
                )));
            }
        }
    }
    Ok(raw)
}

fn each(choices: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    let all = choices.unwrap_or_default().split('&').filter(|choice| !choice.is_empty());
    all.map(|choice| choice.split_once('=').unwrap_or((choice, "")))
}

impl FromStr for Paper {
    type Err = BadAddress;

    fn from_str(value: &str) -> Result<Paper, BadAddress> {
        let side = |text| parts(text, 100).filter(|side| (1000..=200_000).contains(side));
        let sides = value.split_once(['x', 'X', '×']);
        let sides = sides.and_then(|(width, height)| Some((side(width)?, side(height)?)));
        let (width, height) = sides.ok_or_else(|| {
            bad("a size is width and height of the paper in millimetres, such as 62x100")
        })?;
        Ok(Paper { width, height })
    }
}

/// Reads a number of millimetres into parts of one, such as hundredths.
fn parts(text: &str, whole: u32) -> Option<u32> {
    let is_plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = text.parse().ok().filter(|_| is_plain)?;
    let parts = (number * f64::from(whole)).round();
    // A number of digits and a point is never negative, and what is too large is no paper.
    (parts <= 1_000_000.0).then_some(parts as u32)
}

fn format(value: &str) -> Result<Format, BadAddress> {
    let found = Format::ALL.into_iter().find(|format| format.word() == value);
    found.ok_or_else(|| bad("format= is pdf, pwg or jpeg"))
}

fn dpi(value: &str) -> Result<u32, BadAddress> {
    let dots = value.parse().ok().filter(|dots| DPIS.contains(dots));
    dots.ok_or_else(|| {
        bad("dpi= is the number of dots per inch, from 100 to 1200, such as dpi=300")
    })
}

fn pin(value: &str) -> Result<[u8; 32], BadAddress> {
    let bare: String = value.chars().filter(|c| *c != ':').collect();
    let bytes = HEXLOWER_PERMISSIVE.decode(bare.as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        bad("pin= is the SHA-256 fingerprint of the printer's certificate, 64 hexadecimal digits")
    })
}
