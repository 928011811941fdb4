//! `badge`: templates before the day, and badges in bulk.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ::badge::Sheet;
use admission::id::Slug;
use clap::Subcommand;

use crate::badges::{self, Check, Choice, Kind, Order, Preview};

#[derive(Subcommand)]
pub(super) enum Badge {
    /// Draw everybody's badge as a kiosk would, and tell what is cut off, missing, too long or too small.
    #[command(after_help = r#"Examples:
  yingbin-server --data srv badge check badges/badge.svg --roster attendees.csv
  yingbin-server --data srv badge check --dpi 300

Prints a line {"number","name","line","column","problem","text"} for each fault; ends with 1 if there is one.
problem is missing_glyph, control_character, does_not_fit, clipped, code_too_small, no_badge or template."#)]
    Check {
        /// The template, an SVG file; without it, each category's own as it was set up.
        template: Option<PathBuf>,
        /// attendees.csv; without it, the list that was imported.
        #[arg(long, value_name = "FILE")]
        roster: Option<PathBuf>,
        /// Dots per inch of the printer: a code must be large enough for it.
        #[arg(long, default_value_t = 203, value_parser = clap::value_parser!(u32).range(100..=1200))]
        dpi: u32,
    },
    /// Draw a contact sheet: the hardest badges, or some by chance.
    #[command(after_help = "Examples:
  yingbin-server --data srv badge preview badges/badge.svg --roster attendees.csv --out sheet.pdf
  yingbin-server --data srv badge preview --out sheet.png --random 30 --seed 7")]
    Preview {
        /// The template, an SVG file; without it, each category's own as it was set up.
        template: Option<PathBuf>,
        /// attendees.csv; without it, the list that was imported.
        #[arg(long, value_name = "FILE")]
        roster: Option<PathBuf>,
        /// A file that ends with .pdf or .png.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The 24 with the longest and rarest texts; that is what happens anyway.
        #[arg(long, conflicts_with = "random")]
        hardest: bool,
        /// So many by chance.
        #[arg(long, value_name = "N")]
        random: Option<NonZeroUsize>,
        /// Where chance begins; the same number shows the same people.
        #[arg(long, default_value_t = 1, value_name = "N", requires = "random")]
        seed: u64,
    },
    /// Print everybody's badge or invitation into files, by delegation and number.
    #[command(after_help = r#"Examples:
  yingbin-server --data srv badge print --out badges.pdf
  yingbin-server --data srv badge print --out sheets.pdf --sheet a4-4 --delegation japan
  yingbin-server --data srv badge print --out folder --kind invitation --trays

Prints {"badges","files","kept","refused"}. More than 200 come in parts: badges-0001.pdf, badges-0002.pdf ...
Interrupted, it goes on where it was; run again, it writes only the files in which something has changed."#)]
    Print {
        /// A file that ends with .pdf, or a folder for a file each.
        #[arg(long, value_name = "FILE.pdf|DIR")]
        out: PathBuf,
        /// Several on a sheet of A4 with crop marks: a4-1, a4-2, a4-4, a4-8 or a4-10.
        #[arg(long)]
        sheet: Option<Sheet>,
        /// What to print.
        #[arg(long, value_enum, default_value = "badge")]
        kind: Kind,
        /// Only this delegation.
        #[arg(long, value_name = "ID")]
        delegation: Option<Slug>,
        /// Write trays.csv beside them too: who lies at which place of a delegation's tray.
        #[arg(long)]
        trays: bool,
    },
}

impl Badge {
    pub(super) fn run(self, data: &Path) -> anyhow::Result<()> {
        match self {
            Badge::Check { template, roster, dpi } => {
                badges::run_check(data, &Check { template, roster, dpi })
            }
            Badge::Preview { template, roster, out, hardest: _, random, seed } => {
                let choice = match random {
                    Some(count) => Choice::Random { count: count.get(), seed },
                    None => Choice::Hardest,
                };
                badges::run_preview(data, &Preview { template, roster, out, choice })
            }
            Badge::Print { out, sheet, kind, delegation, trays } => {
                badges::run_print(data, &Order { out, sheet, kind, delegation, trays })
            }
        }
    }
}
