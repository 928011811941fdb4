//! `yingbin-kiosk`: the window of one kiosk.

// A console window beside the kiosk's would be a way out of it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use admission::id::Slug;
use admission::time::Millis;
use clap::Parser;
use kiosk::{Clock, Confirm, Lan, Options, PeerAddress, PrinterAddress, Station, invitation};
use scanner::Device;
use tracing_subscriber::EnvFilter;
use window::{Look, Window};

const EXAMPLES: &str = "\
Examples:
  Join a convention with the code from `yingbin-server station add`, print into a folder:
    yingbin-kiosk --data /var/lib/yingbin --enrol http://127.0.0.1:7300 --code CODE --printer folder:badges
  Start again later:
    yingbin-kiosk --data /var/lib/yingbin --printer folder:badges
  The evening before, in a window:
    yingbin-kiosk --data /tmp/try --rehearse 2023-09-26T07:30:00+08:00 --windowed

Ends with 0 when it was closed, 1 when it could not start (one sentence says why), 2 on wrong use.";

/// Check-in kiosk: scan a pass, print a badge, welcome.
#[derive(Debug, Parser)]
#[command(name = "yingbin-kiosk", version, after_help = EXAMPLES)]
struct Arguments {
    /// Folder of this station: its key, its list and its records.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Join the convention of the server at this address first; URL#CODE, as the QR code of
    /// `station add` has it, needs no --code.
    #[arg(long, value_name = "URL")]
    enrol: Option<String>,
    /// One-time code for joining, from `yingbin-server station add`.
    #[arg(long, requires = "enrol")]
    code: Option<String>,
    /// What to check in to; without it, the first activity of the station's profile.
    #[arg(long, value_name = "ID")]
    activity: Option<Slug>,
    /// Where badges go: folder:DIR, cups:NAME, ipp://HOST/PATH, ipps://HOST/PATH, zpl://HOST or
    /// tspl://HOST, see docs/operations.md. Without it, the folder `badges` in the data folder.
    #[arg(long)]
    printer: Option<PrinterAddress>,
    /// What reads codes, beside a scanner that types: camera:any, camera:file:PATH, serial:VENDOR:PRODUCT,
    /// hid:any, keyboard:VENDOR:PRODUCT and others, see docs/scanning.md; for each one.
    #[arg(long, value_name = "DEVICE")]
    scanner: Vec<Device>,
    /// Where hourly backups go, best another disk or a stick. Without it, the folder `backup` in the
    /// data folder.
    #[arg(long, value_name = "DIR")]
    backup: Option<PathBuf>,
    /// Rehearse: start a clock at this time and mark every record as rehearsed.
    #[arg(long, value_name = "RFC3339")]
    rehearse: Option<Millis>,
    /// Where to listen for the other stations of this site; without it, port 7301 on every network,
    /// or another port if it is taken.
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "no_lan")]
    lan: Option<SocketAddr>,
    /// Dial the station that listens there, also where the network carries no announcements; for
    /// each one.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "no_lan")]
    peer: Vec<PeerAddress>,
    /// Do not exchange with the other stations of this site, only with the server.
    #[arg(long)]
    no_lan: bool,
    /// Open an ordinary window instead of covering the screen.
    #[arg(long)]
    windowed: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    restart_without_dmabuf();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yingbin-kiosk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    // First of all, so that a missing display uses up no enrolment code.
    let window = Window::connect()?;
    let station = match &arguments.enrol {
        Some(enrol) => {
            let (url, code) = invitation(enrol, arguments.code.as_deref())?;
            Station::enrol(&arguments.data, url, code)?
        }
        None => Station::open_with(&arguments.data, arguments.backup.as_deref())?,
    };
    let lan = (!arguments.no_lan).then(|| Lan {
        listen: arguments.lan,
        typed: arguments.peer.into_iter().map(|peer| peer.0).collect(),
        announce: true,
    });
    let options = Options {
        activity: arguments.activity,
        clock: arguments.rehearse.map_or(Clock::Machine, Clock::set),
        rehearsal: arguments.rehearse.is_some(),
        printer: arguments.printer,
        backups: arguments.backup,
        confirm: Confirm::ByTouch,
        lan,
    };
    let scratch = arguments.data.join("window");
    let look = Look { windowed: arguments.windowed, scratch: &scratch };
    window.run(station, options, &arguments.scanner, look)
}

/// Starts this program again with `WEBKIT_DISABLE_DMABUF_RENDERER=1` where nobody has set it.
///
/// With that renderer some drivers show an empty window, and the page comes a second later.
/// Screenshots through WebDriver hang without it, so a driven window is left alone. A process
/// cannot safely change its own environment; `exec` keeps its id.
#[cfg(target_os = "linux")]
fn restart_without_dmabuf() {
    use std::os::unix::process::CommandExt;
    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(SWITCH).is_some() || window::is_driven() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let error = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(SWITCH, "1")
            .exec();
        eprintln!("yingbin-kiosk: {SWITCH} stays unset, the window may start slowly: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn restart_without_dmabuf() {}
