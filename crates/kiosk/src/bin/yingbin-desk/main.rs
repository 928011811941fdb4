//! `yingbin-desk`: a station without a window, and the tools of its folder.
//!
//! Data goes to standard output, everything for people to standard error. It ends with 0 when the
//! work is done, 1 when it was refused or failed (with a sentence), 2 when it was used wrongly.

mod backup;
mod bundle;
mod check;
mod enrol;
mod facts;
mod printers;
mod review;
mod run;
mod session;
mod steward;
mod sync;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// A check-in station without a window, and the tools of its data folder.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "\
Examples:
  yingbin-desk --data /srv/k1 enrol http://127.0.0.1:7300 ABCDE23456-ABCDEFGH23456723
  yingbin-desk --data /srv/k1 run < tokens.txt
  yingbin-desk --data /srv/help steward < orders.jsonl
  yingbin-desk --data /srv/help review
  yingbin-desk --data /srv/k1 check
  yingbin-desk printers --discover"
)]
struct Cli {
    /// The station's data folder; only `printers` does without it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Enrol(enrol::Enrol),
    Run(run::Run),
    Steward(steward::Steward),
    Facts(facts::Facts),
    Review(review::Review),
    Sync(sync::Sync),
    #[command(subcommand)]
    Bundle(bundle::Bundle),
    Check(check::Check),
    Backup(backup::Backup),
    Printers(printers::Printers),
}

/// The program was used in a way that it does not allow.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongUse(String);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(filter)
        .init();
    let done = match (cli.command, cli.data) {
        (Command::Printers(command), data) => command.run(data.as_deref()),
        (command, Some(data)) => command.run(&data),
        (_, None) => {
            Err(WrongUse("--data DIR is missing: the station's data folder".to_owned()).into())
        }
    };
    match done {
        Ok(code) => code,
        // Whoever reads our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yingbin-desk: {error:#}");
            ExitCode::from(if error.is::<WrongUse>() { 2 } else { 1 })
        }
    }
}

impl Command {
    fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        match self {
            Command::Enrol(command) => command.run(data),
            Command::Run(command) => command.run(data),
            Command::Steward(command) => command.run(data),
            Command::Facts(command) => command.run(data),
            Command::Review(command) => command.run(data),
            Command::Sync(command) => command.run(data),
            Command::Bundle(command) => command.run(data),
            Command::Check(command) => command.run(data),
            Command::Backup(command) => command.run(data),
            Command::Printers(command) => command.run(Some(data)),
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes the answer to a line of input. When nobody reads any more, that is a failure: something is
/// stored, and whoever asked does not know it.
fn print_answer(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print_line(value).map_err(|error| {
        // Not as it came: a broken pipe would end the program without a word.
        anyhow::anyhow!(
            "standard output cannot be written to ({error}); what the last line asked for is done \
             and was not answered, and later lines were not read; look at it with: facts"
        )
    })
}

/// Writes one JSON object and a line end, and makes sure that it is out.
fn print_line(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()?;
    Ok(())
}
