//! Row `window`: from the start of the program to the screen that invites a guest, and the memory
//! of all its processes, beside an empty window of the same kind.
//!
//! Both start in turn on a virtual display whose picture is watched: started is when the picture is
//! there to stay. Memory is proportional (PSS): what several processes share counts once.
//! People arrive as they do at a kiosk: a scanner types, a finger says "this is me".

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use kiosk::Station;

use crate::Bench;
use crate::program;
use crate::report::{Figure, Of};
use crate::screen::Screen;
use crate::town::{MORNING, REGISTRATION, Town};

/// Most seconds until the first screen stands.
const START: f64 = 1.0;
/// Most MB beyond the empty window.
const MEMORY: f64 = 60.0;
/// How long a start is watched after the first change of the picture.
const WATCH: Duration = Duration::from_secs(4);
/// Guests who could come.
const PEOPLE: u32 = 20_000;
/// From one arrival to the next.
const PACE: Duration = Duration::from_secs(4);
/// How long a guest waits before holding the code to the scanner again, and how often.
const HOLD: Duration = Duration::from_secs(10);
const TRIES: u32 = 6;
/// Between two looks at the screen and at the record.
const LOOK: Duration = Duration::from_millis(50);
/// From the moment a button is seen to a finger on it, and to another try.
const FINGER: Duration = Duration::from_millis(300);
const AGAIN: Duration = Duration::from_millis(2_000);

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let town = Town::found(bench)?;
    town.fill(&mut town.folder.ledger()?, bench.size(PEOPLE, 500))?;
    let (server, url) = town.open()?;
    let stage = Stage::set_up(bench.dir.path(), &town, &url)?;
    let (mut starts, mut memory) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let runs = bench.size(8, 1);
    // The first start of each fills the system's caches and is not counted.
    for n in bench.size(0, 1)..=runs {
        for (place, what) in [What::Kiosk, What::Empty].into_iter().enumerate() {
            let (window, started) = stage.start(what)?;
            if n > 0 {
                starts[place].push(started.as_secs_f64());
                memory[place].push(window.memory()?);
            }
        }
    }
    let minutes = bench.minutes.unwrap_or(bench.size(1.0, 0.05));
    let (arrived, after) = stage.let_arrive(&town, minutes)?;
    server.terminate()?;
    let [kiosk, empty] = memory;
    let median = Figure::new("", "", &empty).stats.median;
    Ok(vec![
        Figure::new("start → first screen", "s", &starts[0])
            .beside("empty window", &starts[1])
            .at_most(Of::Median, START),
        Figure::new("memory at rest", "MB", &kiosk).beside("empty window", &empty),
        Figure::one("memory after arrivals", "MB", after).beside("empty window", &empty),
        Figure::one("beyond the empty window", "MB", after - median)
            .detail()
            .at_most(Of::Max, MEMORY),
        Figure::count("arrivals", arrived).detail(),
        Figure::one("in minutes", "", minutes).detail(),
    ])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Kiosk,
    Empty,
}

/// A display, and a kiosk that is enrolled.
struct Stage {
    screen: Screen,
    dir: PathBuf,
    kiosk: PathBuf,
}

impl Stage {
    fn set_up(dir: &Path, town: &Town, url: &str) -> anyhow::Result<Stage> {
        let kiosk = dir.join("kiosk");
        drop(Station::enrol(&kiosk, url, &town.add_kiosk("K1", REGISTRATION, url)?)?);
        fs::create_dir(dir.join("home"))?;
        Ok(Stage { screen: Screen::start(dir)?, dir: dir.to_owned(), kiosk })
    }

    /// Starts a window and waits until its picture is at rest.
    fn start(&self, what: What) -> anyhow::Result<(Window, Duration)> {
        let began = Instant::now();
        let window = self.open(what)?;
        Ok((window, self.screen.at_rest(began, WATCH)?))
    }

    fn open(&self, what: What) -> anyhow::Result<Window> {
        let mut command = match what {
            What::Kiosk => Command::new(program::path("yingbin-kiosk")?),
            What::Empty => Command::new(program::path("examples/empty")?),
        };
        match what {
            What::Kiosk => {
                command.arg("--data").arg(&self.kiosk).args(["--no-lan", "--rehearse", MORNING]);
                command.env_remove("WEBKIT_DISABLE_DMABUF_RENDERER");
            }
            // The kiosk sees to this itself, which is part of its start.
            What::Empty => {
                command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
            }
        }
        // The web view writes where its user's folders are; here they are the row's own.
        for folder in ["HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(folder, self.dir.join("home"));
        }
        let child = command
            .env("DISPLAY", &self.screen.name)
            .env("RUST_LOG", "error")
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start the window {what:?}"))?;
        Ok(Window { child, display: self.screen.name.clone() })
    }

    /// Lets people arrive for a while; returns how many did, and the memory afterwards in MB.
    fn let_arrive(&self, town: &Town, minutes: f64) -> anyhow::Result<(usize, f64)> {
        let (window, _) = self.start(What::Kiosk)?;
        let accent = colour(&town.convention.theme[3])?;
        let began = Instant::now();
        let mut guest = 0;
        while began.elapsed().as_secs_f64() < minutes * 60.0 {
            let next = Instant::now() + PACE;
            self.arrive(&town.invitation(guest), accent, u64::from(guest))?;
            guest += 1;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        Ok((usize::try_from(guest)?, window.memory()?))
    }

    /// Lets one guest arrive. On a busy machine a code may come in pieces; then the guest holds it
    /// to the scanner again.
    fn arrive(&self, token: &str, accent: [u8; 3], before: u64) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            self.screen.type_code(token)?;
            if self.say_yes(accent, before)? {
                return Ok(());
            }
        }
        anyhow::bail!("nobody arrives at the window")
    }

    /// Presses the one coloured button, "this is me"; tells whether the station recorded it.
    fn say_yes(&self, accent: [u8; 3], before: u64) -> anyhow::Result<bool> {
        let began = Instant::now();
        let mut pressed = None;
        while began.elapsed() < HOLD {
            if pressed.is_none_or(|at: Instant| at.elapsed() > AGAIN)
                && let Some(button) = self.screen.find(accent)?
            {
                // A finger comes later than the button.
                std::thread::sleep(FINGER);
                self.screen.press(button)?;
                pressed = Some(Instant::now());
            }
            if self.facts()? > before {
                return Ok(true);
            }
            std::thread::sleep(LOOK);
        }
        Ok(false)
    }

    /// Counts what the kiosk has recorded itself.
    fn facts(&self) -> anyhow::Result<u64> {
        let ledger = Station::read(&self.kiosk)?.ledger;
        Ok(ledger.vector()?.seq(ledger.own_log()?).0)
    }
}

/// Reads a colour that is written `#RRGGBB`.
fn colour(text: &str) -> anyhow::Result<[u8; 3]> {
    let part = |from: usize| {
        let digits = text.get(from..from + 2).context("not a colour")?;
        anyhow::Ok(u8::from_str_radix(digits, 16)?)
    };
    Ok([part(1)?, part(3)?, part(5)?])
}

/// A window and all of its processes.
struct Window {
    child: Child,
    display: String,
}

impl Window {
    /// Returns the proportional memory of all its processes, in MB.
    fn memory(&self) -> anyhow::Result<f64> {
        let kib: u64 = processes(&self.display).iter().map(|process| pss(process)).sum();
        ensure!(kib > 0, "the window is gone");
        Ok(kib as f64 * 1024.0 / 1e6)
    }
}

impl Drop for Window {
    /// Waits for the last of its processes: they write to their last moment.
    fn drop(&mut self) {
        let _ = program::terminate(self.child.id());
        let end = Instant::now() + Duration::from_secs(10);
        while !processes(&self.display).is_empty() && Instant::now() < end {
            // Taken off the table as soon as it has ended.
            let _ = self.child.try_wait();
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds the processes that were started on a display; the display's own has no name of it.
fn processes(display: &str) -> Vec<PathBuf> {
    let wanted = format!("DISPLAY={display}");
    let on_it = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    all.filter(on_it).collect()
}

/// Returns the proportional memory of a process in KiB; nothing of one that is gone.
fn pss(process: &Path) -> u64 {
    let text = fs::read_to_string(process.join("smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}
