//! `bundle`: files for stations that no network reaches.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::bundle::{self, Wanted};

#[derive(Subcommand)]
pub(super) enum Bundle {
    /// Write lists, blanks and records for stations into a file that only they can read.
    #[command(after_help = r#"Prints {"sent","stations","bytes"}. Works beside serve.

Examples:
  yingbin-server --data srv bundle out /media/stick/dalian.ybb --for F1 F2
  yingbin-server --data srv bundle out /media/stick/all.ybb --for-all

Everybody gets the own lists whole; records only those that a bundle of theirs did not show yet."#)]
    Out {
        /// The file; one that is there already must be a bundle.
        file: PathBuf,
        /// Names of the stations.
        #[arg(long = "for", num_args = 1.., value_name = "NAME", required_unless_present = "for_all")]
        names: Vec<String>,
        /// Every station that is enrolled.
        #[arg(long, conflicts_with = "names")]
        for_all: bool,
        /// Every record, also those that they have shown to hold: after a disk was restored.
        #[arg(long)]
        all: bool,
    },
    /// Take a station's bundle, or its application; read again or in another order it does no harm.
    #[command(
        after_help = r#"Prints {"received","known","left","complete","from","enrolled"}. Works beside serve.

Examples:
  yingbin-server --data srv bundle in /media/stick/from-F1.ybb --answer /media/stick/to-F1.ybb
  yingbin-server --data srv bundle in /media/stick/F1.application --answer /media/stick/F1.welcome

It ends with 1 if not everything was taken; what stands before a cut or damage was."#
    )]
    In {
        /// The file.
        file: PathBuf,
        /// Write what that station is to get: its lists, and what has arrived here.
        #[arg(long, value_name = "FILE")]
        answer: Option<PathBuf>,
    },
}

impl Bundle {
    pub(super) fn run(self, data: &Path) -> anyhow::Result<()> {
        match self {
            Bundle::Out { file, names, for_all: _, all } => {
                bundle::run_out(data, &file, &Wanted { names, all })
            }
            Bundle::In { file, answer } => bundle::run_in(data, &file, answer.as_deref()),
        }
    }
}
