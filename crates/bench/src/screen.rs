//! A display of our own, and what stands on it.
//!
//! Xvfb keeps its picture in a file, so that it can be watched without asking anybody: no driver,
//! no hook in the window. What counts is what a guest would see.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// The kiosk's screen, in pixels.
const SIZE: &str = "1080x1920x24";
/// Every so many lines one is looked at.
const LINES: u64 = 16;
/// Colours that differ by no more than this, in each part, are the same: lights may glow.
const SAME: u8 = 48;
/// A window that has drawn nothing by then never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// A picture may differ from the one at rest by this share of what is looked at.
const REST: f64 = 0.002;

/// A virtual display; it ends with this value.
pub struct Screen {
    server: Child,
    /// Its name, such as `:7`.
    pub name: String,
    picture: File,
    start: u64,
    line: u64,
    lines: u64,
}

impl Screen {
    /// Starts a display that keeps its picture in `dir`.
    pub fn start(dir: &Path) -> anyhow::Result<Screen> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp", "-fbdir"])
            .arg(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb is missing; ./kiosk bench installs it")?;
        let mut number = String::new();
        let out = server.stdout.take().context("Xvfb has no output")?;
        BufReader::new(out).read_line(&mut number)?;
        let picture = File::open(dir.join("Xvfb_screen0")).context("Xvfb keeps no picture")?;
        let mut screen = Screen {
            server,
            name: format!(":{}", number.trim()),
            picture,
            start: 0,
            line: 0,
            lines: 0,
        };
        screen.read_header()?;
        Ok(screen)
    }

    /// Reads where the picture begins: the head of an X window dump, in big-endian numbers.
    fn read_header(&mut self) -> anyhow::Result<()> {
        let mut head = [0; 100];
        self.picture.read_exact_at(&mut head, 0)?;
        let field = |n: usize| {
            let bytes = head[n * 4..n * 4 + 4].try_into().unwrap_or_default();
            u64::from(u32::from_be_bytes(bytes))
        };
        ensure!(field(1) == 7 && field(11) == 32, "Xvfb's picture is not what it was");
        (self.start, self.line, self.lines) = (field(0) + field(19) * 12, field(12), field(5));
        Ok(())
    }

    /// Returns some lines of what stands there now.
    fn look(&self) -> anyhow::Result<Vec<u8>> {
        let mut seen = Vec::new();
        let mut line = vec![0; usize::try_from(self.line)?];
        for n in (0..self.lines).step_by(usize::try_from(LINES)?) {
            self.picture.read_exact_at(&mut line, self.start + n * self.line)?;
            seen.extend_from_slice(&line);
        }
        Ok(seen)
    }

    /// Watches until `calm` after the first change, and returns how long after `began` the last
    /// picture was there to stay.
    pub fn at_rest(&self, began: Instant, calm: Duration) -> anyhow::Result<Duration> {
        let nothing = self.look()?;
        let mut seen: Vec<(Duration, Vec<u8>)> = Vec::new();
        let mut changed = None;
        while changed.is_none_or(|at| began.elapsed() < at + calm) {
            let at = began.elapsed();
            ensure!(at < PATIENCE, "nothing was drawn within {PATIENCE:?}");
            let picture = self.look()?;
            if changed.is_none() && difference(&nothing, &picture) > REST {
                changed = Some(at);
            }
            // What stays the same need not be kept twice.
            if seen.last().is_none_or(|(_, last)| *last != picture) {
                seen.push((at, picture));
            }
            std::thread::sleep(Duration::from_millis(4));
        }
        let (_, last) = seen.last().context("nothing was seen")?;
        let moving = seen.iter().rposition(|(_, picture)| difference(picture, last) > REST);
        let rest = moving.map_or(0, |place| place + 1);
        seen.get(rest).map(|(at, _)| *at).context("the picture never came to rest")
    }

    /// Finds a wide field of one colour, such as the one button that matters; returns its middle.
    pub fn find(&self, colour: [u8; 3]) -> anyhow::Result<Option<(usize, u64)>> {
        let [red, green, blue] = colour;
        let seen = self.look()?;
        let width = usize::try_from(self.line / 4)?;
        let mut found = Vec::new();
        for (n, line) in (0..).zip(seen.chunks(width * 4)) {
            let pixels = line.chunks(4).enumerate();
            let same = pixels.filter(|(_, pixel)| pixel[..3] == [blue, green, red]);
            let places: Vec<usize> = same.map(|(x, _)| x).collect();
            if let (Some(left), Some(right)) = (places.first(), places.last())
                && places.len() > width / 3
            {
                found.push(((left + right) / 2, n * LINES));
            }
        }
        Ok(found.get(found.len() / 2).copied())
    }

    /// Presses where a finger would.
    pub fn press(&self, (x, y): (usize, u64)) -> anyhow::Result<()> {
        self.keys(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"])
    }

    /// Types a text and Return, as a scanner does.
    pub fn type_code(&self, text: &str) -> anyhow::Result<()> {
        self.keys(&["type", "--delay", "4", text])?;
        self.keys(&["key", "Return"])
    }

    /// Lets keyboard or pointer do something.
    fn keys(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let status = Command::new("xdotool").env("DISPLAY", &self.name).args(arguments).status();
        let status = status.context("xdotool is missing; ./kiosk bench installs it")?;
        ensure!(status.success(), "xdotool {arguments:?} failed");
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Returns which share of the pixels differs.
fn difference(one: &[u8], other: &[u8]) -> f64 {
    let differs = |(a, b): &(&[u8], &[u8])| {
        a.iter().zip(b.iter()).take(3).any(|(a, b)| a.abs_diff(*b) > SAME)
    };
    let different = one.chunks(4).zip(other.chunks(4)).filter(differs).count();
    different as f64 / (one.len() / 4).max(1) as f64
}
