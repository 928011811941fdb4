//! `yingbin-scanner`: which scanners there are, and what they read, one code a line.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use decoder::Settings;
use scanner::{Device, Ears, Listed, Ours, Scanner, State};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  yingbin-scanner list
  yingbin-scanner read serial:0c2e:0b61 | yingbin-desk --data /var/lib/yingbin run
  yingbin-scanner read camera:file:photographs?repeat=no --for 10

Ends with 0 (done), 1 (failed, with a sentence) or 2 (wrong use).";

/// Scanners of this machine: what is there, and what they read.
#[derive(Parser)]
#[command(name = "yingbin-scanner", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the devices that are connected, one JSON object a line, as --scanner takes them.
    List,
    /// Prints what devices read, one code a line, until it is ended. How the devices are goes to
    /// standard error. Control characters in a code come out as spaces.
    Read {
        /// camera:any, camera:file:PATH, serial:VENDOR:PRODUCT, hid:any, keyboard:VENDOR:PRODUCT and
        /// others, see docs/scanning.md.
        #[arg(required = true)]
        device: Vec<Device>,
        /// End after so many seconds.
        #[arg(long = "for", value_name = "SECONDS")]
        seconds: Option<u64>,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    device: &'a Device,
    name: &'a str,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::List => list(),
        Command::Read { device, seconds } => read(&device, seconds.map(Duration::from_secs)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the other end has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yingbin-scanner: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> io::Result<()> {
    let listing = scanner::list();
    let mut out = io::stdout().lock();
    for Listed { device, name } in &listing.devices {
        serde_json::to_writer(&mut out, &Line { device, name })?;
        writeln!(out)?;
    }
    for remark in listing.remarks {
        eprintln!("{remark}");
    }
    out.flush()
}

fn read(devices: &[Device], most: Option<Duration>) -> io::Result<()> {
    let began = Instant::now();
    let (say, said) = channel();
    let ears: Ears = Arc::new(move |heard| drop(say.send(heard.text)));
    // Whoever reads the lines knows what a pass is; here every code is as good as another.
    let ours: Ours = Arc::new(|_| true);
    let open =
        |device: &Device| device.open(Settings::default(), Arc::clone(&ours), Arc::clone(&ears));
    let scanners = devices.iter().map(open).collect::<io::Result<Vec<Scanner>>>()?;
    drop(ears);
    let mut told: Vec<(String, Option<String>)> = vec![Default::default(); scanners.len()];
    while most.is_none_or(|most| began.elapsed() < most) {
        for (scanner, told) in scanners.iter().zip(&mut told) {
            let State { device, sentence, why, .. } = scanner.state();
            if told.0 != sentence {
                eprintln!("{device}: {sentence}");
            }
            if let Some(why) = why.as_ref().filter(|_| told.1 != why) {
                eprintln!("{device}: refused: {why}");
            }
            *told = (sentence, why);
        }
        match said.recv_timeout(Duration::from_millis(100)) {
            Ok(text) => {
                let line: String =
                    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
                let mut out = io::stdout().lock();
                writeln!(out, "{line}")?;
                out.flush()?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}
