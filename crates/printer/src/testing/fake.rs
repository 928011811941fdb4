//! Printers that do what no good printer does, over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use ipp::attribute::IppAttribute;
use ipp::model::{DelimiterTag, IppVersion, StatusCode};
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;

/// Answers every connection in a thread of its own, as long as the test runs, and returns the port.
pub(crate) fn listen(answer: impl Fn(TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream.unwrap()));
        }
    });
    port
}

/// What a fake does when it is asked.
pub(crate) enum Does {
    /// It answers with this message.
    Says(Vec<u8>),
    /// It answers with this message in the body of another status than 200.
    Status(&'static str, Vec<u8>),
    /// It never answers.
    Hangs,
    /// It hangs up.
    HangsUp,
}

/// A printer that answers the question with this operation number.
pub(crate) fn ipp(answer: impl Fn(u16) -> Does + Clone + Send + 'static) -> u16 {
    listen(move |mut stream| {
        let Some(operation) = question(&stream) else { return };
        let (status, body) = match answer(operation) {
            Does::Says(body) => ("200 OK", body),
            Does::Status(status, body) => (status, body),
            Does::Hangs => return thread::sleep(Duration::from_secs(60)),
            Does::HangsUp => return,
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    })
}

/// Reads a whole question and returns its operation.
fn question(stream: &TcpStream) -> Option<u16> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(u16::from_be_bytes([body[2], body[3]]))
}

/// A message of a printer.
pub(crate) fn message(
    status: StatusCode,
    tag: DelimiterTag,
    values: &[(&str, IppValue)],
) -> Vec<u8> {
    let mut message = IppRequestResponse::new_response(IppVersion::v1_1(), status, 1).unwrap();
    for (name, value) in values {
        let attribute = IppAttribute::with_name(name, value.clone()).unwrap();
        message.attributes_mut().add(tag, attribute);
    }
    message.to_bytes().to_vec()
}

/// What a good printer says of itself.
pub(crate) fn good() -> Vec<u8> {
    let keyword = |word: &str| IppValue::new_keyword(word).unwrap();
    message(
        StatusCode::SuccessfulOk,
        DelimiterTag::PrinterAttributes,
        &[
            ("printer-state", IppValue::Enum(3)),
            ("printer-state-reasons", keyword("none")),
            ("printer-is-accepting-jobs", IppValue::Boolean(true)),
            (
                "document-format-supported",
                IppValue::new_mime_media_type("application/pdf").unwrap(),
            ),
        ],
    )
}

/// A list of one job, which has ended.
pub(crate) fn list(name: &str) -> Vec<u8> {
    let name = IppValue::new_name_without_language(name).unwrap();
    let values = [("job-id", IppValue::Integer(7)), ("job-name", name)];
    message(StatusCode::SuccessfulOk, DelimiterTag::JobAttributes, &values)
}

/// What a printer says of a job: its state, the sides that it has printed, and whether it has begun.
pub(crate) fn job(state: i32, sides: Option<i32>, begun: bool) -> Vec<u8> {
    let mut values = vec![
        ("job-id", IppValue::Integer(7)),
        ("job-state", IppValue::Enum(state)),
        ("job-state-reasons", IppValue::new_keyword("none").unwrap()),
        ("time-at-processing", if begun { IppValue::Integer(9) } else { IppValue::NoValue }),
    ];
    values.extend(sides.map(|sides| ("job-impressions-completed", IppValue::Integer(sides))));
    message(StatusCode::SuccessfulOk, DelimiterTag::JobAttributes, &values)
}

/// Brings one question to another port and its answer back.
pub(crate) fn forward(mut from: impl Read + Write, port: u16) {
    let Some(question) = message_from(&mut from) else { return };
    if let Some(answer) = ask(port, &question) {
        let _ = from.write_all(&answer);
        let _ = from.flush();
    }
}

/// Stands before the printer at that port: answers to questions with this operation number get lost on the way, a
/// second after the printer has given them.
pub(crate) fn lossy(port: u16, operation: u16) -> u16 {
    listen(move |mut from| {
        let Some(question) = message_from(&mut from) else { return };
        let Some(answer) = ask(port, &question) else { return };
        let is_asked = body(&question).get(2..4) == Some(&operation.to_be_bytes());
        match is_asked {
            true => thread::sleep(Duration::from_secs(1)),
            false => drop(from.write_all(&answer)),
        }
    })
}

fn ask(port: u16, question: &[u8]) -> Option<Vec<u8>> {
    let mut to = TcpStream::connect(("localhost", port)).ok()?;
    to.write_all(question).unwrap();
    to.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    message_from(&mut to)
}

/// Reads one message of HTTP, as long as it says that it is, or in chunks.
fn message_from(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut part = [0; 65536];
    while !is_whole(&message) {
        let Ok(length @ 1..) = from.read(&mut part) else { return None };
        message.extend_from_slice(&part[..length]);
    }
    Some(message)
}

fn body(message: &[u8]) -> &[u8] {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n");
    end.and_then(|end| message.get(end.saturating_add(4)..)).unwrap_or_default()
}

fn is_whole(message: &[u8]) -> bool {
    let text = String::from_utf8_lossy(message).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    match length {
        Some(length) => body(message).len() >= length.trim().parse().unwrap(),
        None => message.ends_with(b"\r\n0\r\n\r\n"),
    }
}
