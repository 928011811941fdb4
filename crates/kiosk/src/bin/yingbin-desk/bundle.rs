//! `bundle`: the exchange in a file, for a stick.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use kiosk::bundle::{self, Taken};
use ledger::bundle::write::To;
use serde::Serialize;

use crate::print_line;

/// Exchange in files on a stick, where no network reaches.
#[derive(clap::Subcommand)]
pub(crate) enum Bundle {
    /// Write what the server lacks into a file that only it can read. Works beside a running desk.
    #[command(after_help = r#"Prints {"sent","attachments","bytes"}.

Examples:
  yingbin-desk --data /srv/f1 bundle out /media/stick/from-F1.ybb
  yingbin-desk --data /srv/f1 bundle out /media/stick/to-all.ybb --to members"#)]
    Out {
        /// The file; one that is there already must be a bundle.
        file: PathBuf,
        /// Every record, also those that the server has confirmed.
        #[arg(long)]
        all: bool,
        /// Who can read it; members: every other station too, so that two can do without the server.
        #[arg(long, value_enum, default_value = "server")]
        to: Whom,
    },
    /// Take a bundle of the server or of another station, or the welcome; stop the desk first.
    #[command(after_help = r#"Prints {"received","known","left","complete","enrolled","waiting"}.

Read again, or in another order, it does no harm. It ends with 1 if not everything was taken; what
stands before a cut or damage was.

Example:
  yingbin-desk --data /srv/f1 bundle in /media/stick/to-F1.ybb"#)]
    In {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Whom {
    Server,
    Members,
}

#[derive(Serialize)]
struct Written {
    sent: u64,
    attachments: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Report {
    received: u64,
    known: u64,
    left: usize,
    complete: bool,
    /// The name under which the folder has just been enrolled.
    enrolled: Option<String>,
    waiting: u64,
}

impl Bundle {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        match self {
            Bundle::Out { file, all, to } => write(data, &file, (to.into(), all)),
            Bundle::In { file } => read(data, &file),
        }
    }
}

impl From<Whom> for To {
    fn from(whom: Whom) -> To {
        match whom {
            Whom::Server => To::Server,
            Whom::Members => To::Members,
        }
    }
}

fn write(data: &Path, file: &Path, whom: (To, bool)) -> anyhow::Result<ExitCode> {
    let bundle::Written { sent, held_back } = bundle::write(data, file, whom)?;
    let (facts, attachments, bytes) = (sent.facts, sent.attachments, sent.bytes);
    print_line(&Written { sent: facts, attachments, bytes })?;
    let whither = match whom.0 {
        To::Server => "the server",
        To::Members => "the server or to any other station",
    };
    eprintln!("{} has {facts} records; take it to {whither}", file.display());
    if held_back > 0 {
        eprintln!(
            "another copy of this folder has worked as this station: the server must have this \
             bundle, and its answer must be read here (bundle in); {held_back} records follow in the \
             bundle after that"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn read(data: &Path, file: &Path) -> anyhow::Result<ExitCode> {
    let Taken { station, joined, received } = bundle::read(data, file)?;
    let name = file.display();
    print_line(&Report {
        received: received.facts,
        known: received.known,
        left: received.left.len(),
        complete: received.cut.is_none(),
        enrolled: joined.then(|| station.name().to_owned()),
        waiting: station.waiting()?,
    })?;
    if joined {
        eprintln!("{} is enrolled as {}", data.display(), station.name());
    }
    eprintln!("{name}: {} new records, {} known already", received.facts, received.known);
    if received.order.is_some() {
        eprintln!(
            "the organiser has this station shut down: take what it still holds to the server with \
             bundle out, and read the answer; then nothing is left here"
        );
    }
    received.left.iter().for_each(|left| tracing::warn!(?left, "a record was not taken"));
    if let Some(cut) = &received.cut {
        anyhow::bail!("{name}: {cut}");
    }
    anyhow::ensure!(
        received.strange == 0,
        "{name}: {} messages are of nobody whom this station knows, or for somebody else; take the \
         server's latest bundle first, then this one again",
        received.strange
    );
    if let Some(strangers) = received.strangers() {
        anyhow::bail!(
            "{name}: {strangers}, and were not taken; take the server's latest bundle first, then this \
             one again"
        );
    }
    anyhow::ensure!(
        received.left.is_empty(),
        "{name}: {} records were not taken: others before them are missing, or they are not what \
         their station signed; take the server's latest bundle first, then this one again",
        received.left.len()
    );
    Ok(ExitCode::SUCCESS)
}
