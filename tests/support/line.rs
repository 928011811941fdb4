//! A line between two programs on which anything can go wrong.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which way bytes go: up from who dialled, or down to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From who dialled.
    Up,
    /// To who dialled.
    Down,
}

/// What is wrong with a line. Bytes are counted from the beginning of each connection.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Who dials is hung up on.
    Cut,
    /// After so many bytes nothing more comes, and nobody hangs up.
    Stall(Way, u64),
    /// After so many bytes the connection is reset at both ends.
    Reset(Way, u64),
    /// One bit of this byte of every body of an HTTP message is another one.
    Flip(Way, u64),
    /// So many bytes a second each way.
    Slow(usize),
    /// Somebody in between answers every request with these bytes.
    Portal(String),
}

/// What a line has seen since its fault was put there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Connections.
    pub connections: u64,
    /// How often the fault happened.
    pub faults: u64,
    /// Most bytes that went up and down in one connection.
    pub bytes: [u64; 2],
    /// The longest body up and down.
    pub bodies: [u64; 2],
}

impl Seen {
    fn note(&mut self, way: Way, (bytes, bodies): (u64, u64), fault: bool) {
        let way = usize::from(way == Way::Down);
        self.bytes[way] = self.bytes[way].max(bytes);
        self.bodies[way] = self.bodies[way].max(bodies);
        self.faults += u64::from(fault);
    }
}

#[derive(Clone)]
struct Setting {
    there: SocketAddr,
    fault: Option<Fault>,
}

/// A line that leads somewhere; it goes with its value.
pub struct Line {
    /// Where to dial.
    pub address: SocketAddr,
    setting: Option<watch::Sender<Setting>>,
    seen: Arc<Mutex<Seen>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Line {
    /// Makes one without a fault.
    pub fn to(there: SocketAddr) -> Line {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (setting, seen) = (watch::Sender::new(Setting { there, fault: None }), Arc::default());
        let work = serve(listener, setting.subscribe(), Arc::clone(&seen));
        let thread = Some(std::thread::spawn(move || runtime.block_on(work)));
        Line { address, setting: Some(setting), seen, thread }
    }

    /// Makes one to the server of this address.
    pub fn to_server(url: &str) -> Line {
        Line::to(url.rsplit('/').next().unwrap().parse().unwrap())
    }

    /// Puts a fault into the line, or none; connections that are open end.
    pub fn put(&self, fault: Option<Fault>) {
        self.change(|setting| setting.fault = fault);
    }

    /// Leads elsewhere; connections that are open end.
    pub fn lead_to(&self, there: SocketAddr) {
        self.change(|setting| setting.there = there);
    }

    fn change(&self, change: impl FnOnce(&mut Setting)) {
        self.setting.as_ref().unwrap().send_modify(change);
        *self.seen.lock().unwrap() = Seen::default();
    }

    /// Returns what it has seen since its fault was put there.
    pub fn seen(&self) -> Seen {
        *self.seen.lock().unwrap()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.setting = None;
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, setting: watch::Receiver<Setting>, seen: Arc<Mutex<Seen>>) {
    let mut end = setting.clone();
    let accept = async {
        while let Ok((near, _)) = listener.accept().await {
            seen.lock().unwrap().connections += 1;
            tokio::spawn(connect(near, setting.clone(), Arc::clone(&seen)));
        }
    };
    tokio::select! {
        () = accept => {}
        _ = end.wait_for(|_| false) => {}
    }
}

async fn connect(
    mut near: TcpStream,
    mut setting: watch::Receiver<Setting>,
    seen: Arc<Mutex<Seen>>,
) {
    let Setting { there, fault } = setting.borrow_and_update().clone();
    let work = async {
        match fault {
            Some(Fault::Cut) => {}
            Some(Fault::Portal(answer)) => stand_in(&mut near, &answer, &seen).await,
            fault => join(near, there, fault, &seen).await,
        }
    };
    tokio::select! {
        () = work => {}
        _ = setting.changed() => {}
    }
}

/// Takes a whole request and answers it, whatever it was.
async fn stand_in(near: &mut TcpStream, answer: &str, seen: &Mutex<Seen>) {
    let mut bodies = Bodies::default();
    let mut byte = [0];
    while !bodies.is_whole() {
        let Ok(1) = near.read(&mut byte).await else { return };
        bodies.pass(byte[0]);
    }
    seen.lock().unwrap().faults += 1;
    let _ = near.write_all(answer.as_bytes()).await;
    let _ = near.shutdown().await;
    // Until the other side has hung up, too.
    while let Ok(1..) = near.read(&mut byte).await {}
}

/// The connection is to be reset.
struct Reset;

async fn join(mut near: TcpStream, there: SocketAddr, fault: Option<Fault>, seen: &Mutex<Seen>) {
    let Ok(mut far) = TcpStream::connect(there).await else { return };
    let ended = {
        let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
        let up = carry(near_in, far_out, (Way::Up, fault.as_ref()), seen);
        let down = carry(far_in, near_out, (Way::Down, fault.as_ref()), seen);
        tokio::try_join!(up, down)
    };
    if ended.is_err() {
        near.set_zero_linger().unwrap();
        far.set_zero_linger().unwrap();
    }
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    (way, fault): (Way, Option<&Fault>),
    seen: &Mutex<Seen>,
) -> Result<(), Reset> {
    let (mut bytes, mut passed, mut bodies) = ([0; 4096], 0u64, Bodies::default());
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let mut piece = &mut bytes[..count];
        for byte in &mut *piece {
            let place = bodies.pass(*byte);
            if matches!((fault, place), (Some(Fault::Flip(bad, at)), Some(place)) if *bad == way && *at == place)
            {
                *byte ^= 1 << (passed % 8);
                seen.lock().unwrap().faults += 1;
            }
        }
        let end = match fault {
            Some(Fault::Stall(bad, at) | Fault::Reset(bad, at)) if *bad == way => Some(*at),
            _ => None,
        };
        let whole = u64::try_from(count).unwrap();
        let rest = end.and_then(|end| end.checked_sub(passed)).filter(|rest| *rest < whole);
        piece = &mut piece[..rest.map_or(count, |rest| usize::try_from(rest).unwrap())];
        let written = match fault {
            Some(Fault::Slow(rate)) => trickle(&mut to, piece, *rate).await,
            _ => to.write_all(piece).await,
        };
        if written.is_err() {
            break;
        }
        passed += u64::try_from(piece.len()).unwrap();
        seen.lock().unwrap().note(way, (passed, bodies.longest), rest.is_some());
        match (rest, fault) {
            (Some(_), Some(Fault::Stall(..))) => std::future::pending().await,
            (Some(_), _) => return Err(Reset),
            _ => {}
        }
    }
    let _ = to.shutdown().await;
    Ok(())
}

/// Writes a tenth of a second's share every tenth of a second.
async fn trickle(
    to: &mut (impl AsyncWriteExt + Unpin),
    bytes: &[u8],
    rate: usize,
) -> std::io::Result<()> {
    for piece in bytes.chunks(rate.div_ceil(10)) {
        to.write_all(piece).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Finds the bodies in a stream of HTTP messages that tell their lengths.
#[derive(Default)]
struct Bodies {
    head: Vec<u8>,
    length: u64,
    left: u64,
    longest: u64,
    messages: u64,
}

impl Bodies {
    /// Takes the next byte; returns which byte of a body it is, if it is one.
    fn pass(&mut self, byte: u8) -> Option<u64> {
        if self.left > 0 {
            self.left -= 1;
            return Some(self.length - self.left - 1);
        }
        self.head.push(byte);
        if self.head.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&self.head).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            self.length = length.map_or(0, |length| length.trim().parse().unwrap());
            self.left = self.length;
            self.longest = self.longest.max(self.length);
            self.head.clear();
            self.messages += 1;
        }
        None
    }

    /// Tells whether a message has come and none has begun.
    fn is_whole(&self) -> bool {
        self.messages > 0 && self.left == 0 && self.head.is_empty()
    }
}
