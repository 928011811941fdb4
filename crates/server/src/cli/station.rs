//! `station`: who belongs to the convention.

use std::path::{Path, PathBuf};

use admission::exchange::{Direction, Role};
use admission::id::Slug;
use clap::{Args, Subcommand, ValueEnum};

use crate::membership;
use crate::stations::{self, NewStation, Spare};

#[derive(Subcommand)]
pub(super) enum Station {
    /// Add a station; prints the address and the one-time code with which it enrols.
    #[command(after_help = "Examples:
  yingbin-server --data srv station add K1 --role kiosk --site hall --activity registration opening
  yingbin-server --data srv station add K2 --role kiosk --site hall --activity opening \\
    --url https://10.0.0.2:7300 --qr k2.png
  yingbin-server --data srv station add F1 --role field --site dalian --activity visit-dalian \\
    --offline /media/stick/F1.invitation

The code works for fifteen minutes. Adding a station again that has not enrolled gives a new code.")]
    Add {
        /// Its name on screens and in lists, such as K1.
        name: String,
        /// What it is for.
        #[arg(long, value_enum)]
        role: RoleName,
        /// Where it stands.
        #[arg(long)]
        site: String,
        /// What it checks people in to; the first is its usual activity.
        #[arg(long, required = true, num_args = 1.., value_name = "ACTIVITY")]
        activity: Vec<String>,
        /// Which way people pass it.
        #[arg(long, value_enum, default_value = "in")]
        direction: DirectionName,
        /// Which bus boards there; without it, any.
        #[arg(long, default_value = "", value_name = "NAME")]
        bus: String,
        #[command(flatten)]
        code: CodeArgs,
    },
    /// Print every station as a JSON line, with its state: waiting, active, revoked or replaced.
    #[command(after_help = "Example:\n  yingbin-server --data srv station list")]
    List,
    /// Add a spare that takes over from a station: role, site, activities, direction and bus are its own.
    #[command(after_help = "Example:
  yingbin-server --data srv station replace K1 --name K9

K1 goes on until K9 has enrolled; then it is told to shut down, and hands in what it still has. A spare
that was named before and has not enrolled is none any more.")]
    Replace {
        /// The station that is broken, or no longer needed.
        old: String,
        /// The spare's name.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        code: CodeArgs,
    },
    /// Trust a station no more: it was stolen, or writes what did not happen.
    #[command(after_help = "Example:
  yingbin-server --data srv station revoke K1 --why stolen

What the server holds of it stays believed. What it hands in from now on is kept and counts nowhere.
It gets nothing any more, and destroys what it knows at its next contact. There is no way back: a
station that turns up again is enrolled anew, in an empty folder and under another name.
One that has not enrolled is taken off the list with its code, and can be added again.")]
    Revoke {
        /// Its name.
        name: String,
        /// Why, as a short code for the log.
        #[arg(long, default_value = "unspecified", value_name = "SLUG")]
        why: Slug,
    },
    /// Believe what a station wrote and was kept without counting, after a person looked at it.
    #[command(after_help = "Examples:
  yingbin-server --data srv export facts --format csv > facts.csv
  yingbin-server --data srv station release K1

The column quarantined says which records these are, and why. What the station hands in later is
looked at anew. That its folder was copied is settled with it, too.")]
    Release {
        /// Its name.
        name: String,
    },
}

/// How the new station gets its code.
#[derive(Args)]
pub(super) struct CodeArgs {
    /// Where it finds the server, if not where serve last listened.
    #[arg(long)]
    url: Option<String>,
    /// Write address and code as a QR code too, into a file that is not there yet; the picture is
    /// as secret as the code.
    #[arg(long, value_name = "FILE.png")]
    qr: Option<PathBuf>,
    /// Write an invitation for a station that no network reaches, into a file that is not there yet;
    /// its code works for seven days.
    #[arg(long, value_name = "FILE")]
    offline: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum DirectionName {
    In,
    Out,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    Kiosk,
    Staff,
    Field,
    Relay,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Kiosk => Role::Kiosk,
            RoleName::Staff => Role::Staff,
            RoleName::Field => Role::Field,
            RoleName::Relay => Role::Relay,
        }
    }
}

impl From<DirectionName> for Direction {
    fn from(name: DirectionName) -> Direction {
        match name {
            DirectionName::In => Direction::In,
            DirectionName::Out => Direction::Out,
        }
    }
}

impl Station {
    pub(super) fn run(self, data: &Path) -> anyhow::Result<()> {
        match self {
            Station::Add { name, role, site, activity, direction, bus, code } => {
                let (role, direction) = (role.into(), direction.into());
                let new = NewStation {
                    name,
                    role,
                    site,
                    activities: activity,
                    direction,
                    bus,
                    url: code.url,
                };
                stations::run(data, new, (code.qr.as_deref(), code.offline.as_deref()))
            }
            Station::Replace { old, name, code } => {
                let files = (code.qr.as_deref(), code.offline.as_deref());
                stations::run_replace(data, Spare { name, old, url: code.url }, files)
            }
            Station::List => membership::run_list(data),
            Station::Revoke { name, why } => membership::run_revoke(data, &name, &why),
            Station::Release { name } => membership::run_release(data, &name),
        }
    }
}
