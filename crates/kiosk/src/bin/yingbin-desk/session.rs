//! A station at work without a window: how it runs, what it reads, and how it ends.

use std::io::{self, BufRead};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use admission::id::Slug;
use admission::time::Millis;
use kiosk::{Clock, Confirm, Handle, Options, PrinterAddress, Progress, Station};

use crate::WrongUse;

/// How a station without a window runs.
#[derive(clap::Args)]
pub(crate) struct Session {
    /// What to check in to; without it, the first activity of the station's profile.
    #[arg(long, value_name = "ID")]
    activity: Option<Slug>,
    /// Rehearse: start a clock at this time and mark every record as rehearsed.
    #[arg(long, value_name = "RFC3339", conflicts_with = "now", value_parser = instant)]
    rehearse: Option<Millis>,
    /// For tests: start a clock at this time; needs YINGBIN_SET_CLOCK=1 in the environment.
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    now: Option<Millis>,
    /// Where badges go: folder:DIR. Without it, the folder `badges` in the data folder.
    #[arg(long)]
    printer: Option<PrinterAddress>,
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
        let station = Station::open(data)?;
        let handle = kiosk::start(station, options, Box::new(|_| {}))?;
        let worked = work(&handle);
        wait_for(&handle, PATIENCE.0, |progress| progress.badges == 0);
        wait_for(&handle, PATIENCE.1, |progress| {
            progress.waiting == 0 || progress.online == Some(false)
        });
        tell_what_is_left(&handle);
        let shut_down = handle.progress().is_some_and(|progress| progress.shut_down);
        handle.stop();
        anyhow::ensure!(!shut_down, kiosk::desk::SHUT_DOWN_SENTENCE);
        worked
    }

    fn options(self) -> anyhow::Result<Options> {
        let allowed = std::env::var_os("YINGBIN_SET_CLOCK").is_some_and(|value| value == "1");
        if self.now.is_some() && !allowed {
            let sentence = "--now is for tests and needs YINGBIN_SET_CLOCK=1 in the environment; \
                            use --rehearse to try things out";
            return Err(WrongUse(sentence.to_owned()).into());
        }
        Ok(Options {
            activity: self.activity,
            clock: self.rehearse.or(self.now).map_or(Clock::Machine, Clock::set),
            rehearsal: self.rehearse.is_some(),
            printer: self.printer,
            confirm: Confirm::AtOnce,
        })
    }
}

fn instant(text: &str) -> Result<Millis, String> {
    let read = text.parse::<jiff::Timestamp>();
    read.map(|at| Millis(at.as_millisecond()))
        .map_err(|_| "a time looks like 2023-09-26T07:30:00+08:00".to_owned())
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
fn tell_what_is_left(handle: &Handle) {
    let Some(left) = handle.progress() else { return };
    if left.badges > 0 {
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
