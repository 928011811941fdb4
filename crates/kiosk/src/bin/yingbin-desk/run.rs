//! `run`: one token a line in, one decision a line out.

use std::io::{self, BufRead};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use admission::id::Slug;
use admission::time::Millis;
use kiosk::{Confirm, Handle, Options, PrinterAddress, Progress, Station};
use ledger::clock::Clock;

use crate::{WrongUse, print_line};

/// Check people in: standard input has one token a line, standard output one decision a line.
///
/// A line is written only when its decision is stored. At the end of the input, badges that are
/// queued are printed and records brought to the server, for a few seconds at most.
#[derive(clap::Args)]
#[command(
    after_help = r#"A decision: {"decision":"admit","reason":null,"attendee":"...","fact":"LOG/SEQ","micros":412}

Examples:
  yingbin-desk --data /srv/k1 run --activity registration < tokens.txt
  yingbin-desk --data /srv/k1 run --rehearse 2023-09-26T07:30:00+08:00 --printer folder:/tmp/badges"#
)]
pub(crate) struct Run {
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

/// Longest part of a line that is looked at, in bytes: more than any pass, whatever its characters.
const LONGEST_LINE: usize = 4 * 513;
/// How long the end waits for badges, and how long for the server.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));

impl Run {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let options = self.options()?;
        let station = Station::open(data)?;
        let handle = kiosk::start(station, options, Box::new(|_| {}))?;
        let decided = decide_all(&handle);
        wait_for(&handle, PATIENCE.0, |progress| progress.badges == 0);
        wait_for(&handle, PATIENCE.1, |progress| {
            progress.waiting == 0 || progress.online == Some(false)
        });
        tell_what_is_left(&handle);
        handle.stop();
        let all_stored = decided?;
        anyhow::ensure!(all_stored, "some decisions could not be stored; see above");
        Ok(ExitCode::SUCCESS)
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

/// Decides line by line; tells whether every decision was stored.
fn decide_all(handle: &Handle) -> anyhow::Result<bool> {
    let mut input = io::stdin().lock();
    let mut all_stored = true;
    while let Some(line) = next_line(&mut input)? {
        if line.trim().is_empty() {
            continue;
        }
        let outcome = handle.decide(&line);
        let outcome = outcome.ok_or_else(|| anyhow::anyhow!("the desk has ended"))?;
        all_stored &= outcome.reason != Some(kiosk::desk::NOT_STORED);
        print_line(&outcome)?;
    }
    Ok(all_stored)
}

/// Reads a line, of which no more than [`LONGEST_LINE`] is kept. What is not UTF-8 becomes something
/// that no pass contains.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
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
        let room = LONGEST_LINE.saturating_sub(line.len());
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

    fn lines(mut bytes: &[u8]) -> Vec<String> {
        std::iter::from_fn(|| next_line(&mut bytes).unwrap()).collect()
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
        assert_eq!((lines[0].len(), lines[1].as_str()), (LONGEST_LINE, "B"));
    }

    #[test]
    fn bytes_that_are_no_text_are_a_line_like_any_other() {
        assert_eq!(lines(b"\xff\xfeYB1\n"), ["\u{fffd}\u{fffd}YB1"]);
    }
}
