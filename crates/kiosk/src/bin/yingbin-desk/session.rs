//! A station at work without a window: how it runs, what it reads, and how it ends.

use std::io::{self, BufRead};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use admission::id::Slug;
use admission::time::Millis;
use kiosk::{Clock, Confirm, Handle, Lan, Options, PeerAddress, PrinterAddress, Progress, Station};

use crate::WrongUse;

/// How a station without a window runs.
#[derive(clap::Args)]
pub(crate) struct Session {
    /// What to check in to; without it, the first activity of the station's profile.
    #[arg(long, value_name = "ID")]
    activity: Option<Slug>,
    /// Rehearse: start a clock at this time and mark every record as rehearsed.
    #[arg(long, value_name = "RFC3339", conflicts_with = "now")]
    rehearse: Option<Millis>,
    /// For tests: start a clock at this time; needs YINGBIN_SET_CLOCK=1 in the environment.
    #[arg(long, value_name = "RFC3339")]
    now: Option<Millis>,
    /// Where badges go: folder:DIR, cups:NAME, ipp://HOST/PATH, ipps://HOST/PATH, zpl://HOST or
    /// tspl://HOST, see docs/operations.md. Without it, the folder `badges` in the data folder.
    #[arg(long)]
    printer: Option<PrinterAddress>,
    /// Exchange with the other stations of this site: listen there, announce this station, and dial
    /// those that are announced. Alone: port 7301 on every network, or another port if it is taken.
    #[arg(long, value_name = "ADDR:PORT", num_args = 0..=1)]
    lan: Option<Option<SocketAddr>>,
    /// Dial the station that listens there, also where the network carries no announcements; for
    /// each one. Means --lan.
    #[arg(long, value_name = "HOST:PORT")]
    peer: Vec<PeerAddress>,
    /// Neither announce this station nor heed announcements: only typed addresses count.
    #[arg(long)]
    no_announce: bool,
    /// Where hourly backups go, best another disk or a stick. Without it, the folder `backup` in the
    /// data folder.
    #[arg(long, value_name = "DIR")]
    backup: Option<PathBuf>,
}

/// How long the end waits for badges, and how long for the server.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));

impl Session {
    /// Starts a station, lets `work` speak to it, and ends it when badges are printed and records
    /// brought to the server, or patience has ended.
    pub(crate) fn hold<T>(
        self,
        data: &Path,
        work: impl FnOnce(&Handle) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let options = self.options()?;
        let station = Station::open_with(data, options.backups.as_deref())?;
        let handle = kiosk::start(station, options, Box::new(|_| {}))?;
        let worked = work(&handle);
        wait_for(&handle, PATIENCE.0, |progress| progress.badges == 0);
        wait_for(&handle, PATIENCE.1, |progress| {
            progress.waiting == 0 || progress.online == Some(false)
        });
        let progress = handle.progress().unwrap_or_default();
        handle.stop();
        if let Some(remains) = progress.shut_down {
            anyhow::bail!("{}", kiosk::desk::shut_down_sentence(remains));
        }
        tell_what_is_left(&progress);
        anyhow::ensure!(!progress.closed, kiosk::desk::CLOSED_SENTENCE);
        worked
    }

    fn options(self) -> anyhow::Result<Options> {
        let allowed = std::env::var_os("YINGBIN_SET_CLOCK").is_some_and(|value| value == "1");
        if self.now.is_some() && !allowed {
            let sentence = "--now is for tests and needs YINGBIN_SET_CLOCK=1 in the environment; \
                            use --rehearse to try things out";
            return Err(WrongUse(sentence.to_owned()).into());
        }
        let lan = (self.lan.is_some() || !self.peer.is_empty()).then(|| Lan {
            listen: self.lan.flatten(),
            typed: self.peer.into_iter().map(|peer| peer.0).collect(),
            announce: !self.no_announce,
        });
        Ok(Options {
            activity: self.activity,
            clock: self.rehearse.or(self.now).map_or(Clock::Machine, Clock::set),
            rehearsal: self.rehearse.is_some(),
            printer: self.printer,
            backups: self.backup,
            confirm: Confirm::AtOnce,
            lan,
        })
    }
}

/// Reads a line, of which no more than `longest` bytes are kept. What is not UTF-8 becomes something
/// that no pass and no text may contain.
pub(crate) fn next_line(input: &mut impl BufRead, longest: usize) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut anything = false;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            break;
        }
        anything = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let (text, used) = match end {
            Some(end) => (chunk.get(..end).unwrap_or_default(), end.saturating_add(1)),
            None => (chunk, chunk.len()),
        };
        let room = longest.saturating_sub(line.len());
        line.extend(text.iter().take(room));
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(anything.then(|| String::from_utf8_lossy(&line).into_owned()))
}

fn wait_for(handle: &Handle, patience: Duration, is_done: impl Fn(&Progress) -> bool) {
    let start = Instant::now();
    while start.elapsed() < patience {
        match handle.progress() {
            Some(progress) if !is_done(&progress) => thread::sleep(Duration::from_millis(20)),
            Some(_) | None => return,
        }
    }
}

/// Nothing is lost with the end of the input, but somebody may be waiting for it.
fn tell_what_is_left(left: &Progress) {
    if left.badges > 0 && !left.closed {
        eprintln!("{} badges are not printed yet; they print at the next start", left.badges);
    }
    if left.waiting > 0 {
        eprintln!(
            "{} records wait for the server; they are brought at the next start",
            left.waiting
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 2000;

    fn lines(mut bytes: &[u8]) -> Vec<String> {
        std::iter::from_fn(|| next_line(&mut bytes, LONGEST).unwrap()).collect()
    }

    #[test]
    fn a_line_ends_at_its_end_and_the_last_one_needs_none() {
        assert_eq!(lines(b"a\r\n\nb"), ["a\r", "", "b"]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_line_of_megabytes_is_bounded_and_the_next_one_is_whole() {
        let mut bytes = vec![b'A'; 5_000_000];
        bytes.extend(b"\nB\n");
        let lines = lines(&bytes);
        assert_eq!((lines[0].len(), lines[1].as_str()), (LONGEST, "B"));
    }

    #[test]
    fn bytes_that_are_no_text_are_a_line_like_any_other() {
        assert_eq!(lines(b"\xff\xfeYB1\n"), ["\u{fffd}\u{fffd}YB1"]);
    }
}
