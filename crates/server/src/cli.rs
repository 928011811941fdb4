//! The command line of `yingbin-server`.

mod badge;
mod bundle;
mod station;

use std::path::{Path, PathBuf};

use admission::id::{Kid, Slug};
use admission::time::Millis;
use anyhow::Context;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::backup;
use crate::database::{self, Database};
use crate::folder::with_cure;
use crate::keys::Change;
use crate::reissue::Revocation;
use crate::serve::Tls;
use crate::tls::Files;
use crate::{check, export, import, init, issue, keys, live, reissue, root, serve};

/// The centre of a convention: roster, passes, stations, arrivals.
#[derive(Parser)]
#[command(name = "yingbin-server", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The server's data folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
A convention from nothing:
  yingbin-server --data srv init --convention demo/convention.toml
  yingbin-server --data srv import demo/attendees.csv --assignments demo/assignments.csv
  yingbin-server --data srv issue --out passes
  yingbin-server --data srv serve &
  yingbin-server --data srv station add K1 --role kiosk --site hall --activity registration

Data goes to standard output, words for people to standard error.
It ends with 0 (done), 1 (refused or failed, with a sentence) or 2 (wrong use).";

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a process")]
enum Command {
    /// Set the folder up for one convention; prints its id and the API token, once.
    #[command(
        after_help = "Example:\n  yingbin-server --data srv init --convention demo/convention.toml"
    )]
    Init {
        /// The organiser's convention.toml; badge templates lie beside it.
        #[arg(long, value_name = "FILE")]
        convention: PathBuf,
        /// The root key that `root init` made; it is not copied. Without it, one is made here.
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
    },
    /// Bring the organiser's list in, or its next version; matched by registration number.
    #[command(after_help = "Examples:
  yingbin-server --data srv import attendees.csv --dry-run
  yingbin-server --data srv import attendees.csv --assignments assignments.csv

Nobody is deleted by absence: write status cancelled instead.
A line of assignments replaces the one of the same person and activity; others stay.")]
    Import {
        /// attendees.csv, in UTF-8.
        file: PathBuf,
        /// assignments.csv: personal entitlements, seats, tables, buses.
        #[arg(long, value_name = "FILE")]
        assignments: Option<PathBuf>,
        /// Show what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Make everybody's invitation: a folder a delegation, and send.csv.
    #[command(after_help = "Examples:
  yingbin-server --data srv issue --out passes
  yingbin-server --data srv issue --out passes --format csv")]
    Issue {
        /// Where to; what is there already is overwritten.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// What to make.
        #[arg(long, value_enum, value_delimiter = ',', default_values = ["png", "csv"])]
        format: Vec<issue::Format>,
    },
    /// Look at badge templates before the day, and print badges in bulk.
    #[command(subcommand)]
    Badge(badge::Badge),
    /// Print the public keys that verify passes, as JSON; or change which keys there are.
    #[command(after_help = "Examples:
  yingbin-server --data srv keys
  yingbin-server --data srv keys new --out next.unsigned
  yingbin-server root sign --key root.key next.unsigned --out next.signed
  yingbin-server --data srv keys install next.signed

The first active key signs. A killed key's passes are refused wherever the set arrives.")]
    Keys {
        #[command(subcommand)]
        change: Option<Keys>,
    },
    /// Make the root key, and sign with it; needs no data folder.
    #[command(subcommand)]
    Root(Root),
    /// Put passes on the list of those that open nothing.
    #[command(after_help = "Examples:
  yingbin-server --data srv revoke 452344 --pass badge
  yingbin-server --data srv revoke --serial 00112233445566778899aabbccddeeff

A person whose passes are on the list gets new ones with reissue.")]
    Revoke {
        /// Registration numbers.
        #[arg(required_unless_present = "serial", value_name = "NUMBER")]
        numbers: Vec<String>,
        /// Serials of passes, in hexadecimal.
        #[arg(long, num_args = 1.., value_name = "HEX")]
        serial: Vec<String>,
        /// Which passes of these people.
        #[arg(long, value_enum, default_value = "both")]
        pass: reissue::Which,
    },
    /// Make people's passes anew; the old ones are refused as replaced.
    #[command(after_help = "Examples:
  yingbin-server --data srv reissue 452344 --why phone-lost
  yingbin-server --data srv reissue --all --why key-killed

Then make the new pictures: issue --out DIR")]
    Reissue {
        /// Registration numbers.
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "NUMBER")]
        numbers: Vec<String>,
        /// Everybody, test passes too.
        #[arg(long)]
        all: bool,
        /// Why, as a short code for the log.
        #[arg(long, default_value = "unspecified", value_name = "SLUG")]
        why: Slug,
    },
    /// Set stations up.
    #[command(subcommand)]
    Station(station::Station),
    /// Exchange with stations that no network reaches, in files on a stick.
    #[command(subcommand)]
    Bundle(bundle::Bundle),
    /// Answer stations and programs until SIGTERM or Ctrl+C.
    #[command(after_help = "Examples:
  yingbin-server --data srv serve
  yingbin-server --data srv serve --listen 127.0.0.1:0 --rehearse 2023-09-26T07:30:00+08:00
  yingbin-server --data srv serve --listen 10.0.0.2:7300
  yingbin-server --data srv serve --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem
  yingbin-server --data srv serve --database postgres://yingbin@db.example/yingbin

Where other machines reach it, everything is encrypted: with the server's own key, by which stations
recognise it, or with a certificate that you bring.
It prints one line {\"ready\":\"http://...\"}, or https, when it answers. The other commands work beside it.")]
    Serve(Serve),
    /// Print the address of the live page for a wall: figures, and no person's name.
    #[command(after_help = "Example:\n  yingbin-server --data srv live

The address is the one on which serve last listened; it holds the wall's token behind the #.")]
    Live,
    /// Give a table back on standard output.
    #[command(after_help = "Examples:
  yingbin-server --data srv export arrivals --format csv > arrivals.csv
  yingbin-server --data srv export roster --format json")]
    Export {
        /// Which table.
        #[arg(value_enum)]
        table: export::Table,
        /// In which form.
        #[arg(long, value_enum, default_value = "json")]
        format: export::Format,
        /// Arrivals of rehearsals, and no others.
        #[arg(long)]
        rehearsal: bool,
    },
    /// Check database, logs, projections, roster and passes.
    #[command(after_help = "Example:\n  yingbin-server --data srv check")]
    Check,
    /// Make a backup of the database and prove it; serve makes one every hour.
    #[command(after_help = "Example:
  yingbin-server --data srv backup --to /media/stick/srv

Prints {\"file\",\"bytes\",\"facts\",\"complete\":true}. Works beside serve; the newest three are kept.
It holds people's names, and no key: keep keys/ and server.json apart.")]
    Backup {
        /// Where to; without it, the folder backup in the data folder.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Put a backup in the place of a damaged database, which is moved aside and kept.
    #[command(after_help = "Examples:
  yingbin-server --data srv restore
  yingbin-server --data srv restore /media/stick/srv/backup-20230926T073000Z.db

Stop serve first. Prints {\"file\",\"facts\",\"aside\"}.")]
    Restore {
        /// The backup; without it, the newest good one in the folder backup.
        file: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Draw up a set with one more active key, which is made here.
    #[command(after_help = "Example:\n  yingbin-server --data srv keys new --out next.unsigned")]
    New {
        /// The set, for the root key to sign; the file must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Draw up a set in which a key signs no more; its passes stay good.
    #[command(after_help = "Example:
  yingbin-server --data srv keys retire 1a2b3c4d --out next.unsigned")]
    Retire {
        /// The key: 8 hexadecimal digits.
        kid: Kid,
        /// The set, for the root key to sign; the file must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Draw up a set in which a key's passes are believed no more.
    #[command(after_help = "Example:
  yingbin-server --data srv keys kill 1a2b3c4d --out next.unsigned")]
    Kill {
        /// The key: 8 hexadecimal digits.
        kid: Kid,
        /// The set, for the root key to sign; the file must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Put a signed set into force; connected stations have it at once.
    #[command(after_help = "Example:\n  yingbin-server --data srv keys install next.signed")]
    Install {
        /// The set that the root key signed.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum Root {
    /// Make a root key; prints its public half.
    #[command(after_help = "Example:\n  yingbin-server root init --out /media/stick/root.key")]
    Init {
        /// The key's file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign a set of keys; says in words what is signed.
    #[command(after_help = "Example:
  yingbin-server root sign --key root.key next.unsigned --out next.signed")]
    Sign {
        /// The root key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The set, as keys new, retire or kill wrote it.
        set: PathBuf,
        /// The signed set, for keys install; the file must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Args)]
struct Serve {
    /// Address and port; port 0 takes a free one, 0.0.0.0 is every address of this machine.
    #[arg(long, default_value = "127.0.0.1:7300", value_name = "ADDRESS")]
    listen: String,
    /// Encrypt on this machine's own addresses too.
    #[arg(long)]
    tls: bool,
    /// A certificate that an authority vouches for, and those in between, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Where the data lies: sqlite, which is the folder itself, or postgres://USER@HOST:PORT/NAME.
    /// The first time, everything moves there; from then on all commands use it.
    #[arg(long, value_name = "sqlite|postgres://...", value_parser = database::parse)]
    database: Option<Database>,
    /// Where hourly backups go, best another disk; without it, the folder backup in the data folder.
    /// PostgreSQL is backed up with its own tools.
    #[arg(long, value_name = "DIR")]
    backup: Option<PathBuf>,
    /// Rehearse: set the clock to this time (RFC 3339) and show rehearsed arrivals only.
    #[arg(long, value_name = "RFC3339")]
    rehearse: Option<Millis>,
}

impl Serve {
    fn request(self) -> serve::Request {
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(certificates), Some(key)) => Tls::Files(Files { certificates, key }),
            _ if self.tls => Tls::Always,
            _ => Tls::WhereOthersReach,
        };
        let Serve { listen, database, backup, rehearse, .. } = self;
        serve::Request { listen, tls, database, backups: backup, rehearse }
    }
}

/// Does what the command line says.
///
/// # Errors
/// A sentence for people that says what to do.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    obey(cli).map_err(with_cure)
}

fn obey(cli: Cli) -> anyhow::Result<()> {
    let command = match cli.command {
        Command::Root(command) => return run_root(&command),
        command => command,
    };
    let Some(data) = cli.data.as_deref() else {
        let text = "--data DIR is missing: every command but root works on a data folder";
        Cli::command().error(ErrorKind::MissingRequiredArgument, text).exit()
    };
    match command {
        Command::Root(command) => run_root(&command),
        Command::Init { convention, root } => {
            let root = root.map_or(root::Root::Beside, root::Root::Elsewhere);
            init::run(data, &convention, &root)
        }
        Command::Import { file, assignments, dry_run } => {
            import::run(data, &import::Request { people: file, assignments, dry_run })
        }
        Command::Issue { out, format } => issue::run(data, &out, &format),
        Command::Badge(command) => command.run(data),
        Command::Keys { change } => run_keys(data, change),
        Command::Revoke { numbers, serial, pass } => {
            reissue::run_revoke(data, &Revocation { numbers, serials: serial, which: pass })
        }
        Command::Reissue { numbers, why, all: _ } => {
            reissue::run(data, &reissue::Request { numbers, why })
        }
        Command::Station(command) => command.run(data),
        Command::Bundle(command) => command.run(data),
        Command::Serve(serve) => serve::run(data, &serve.request()).context("cannot serve"),
        Command::Live => live::run(data),
        Command::Export { table, format, rehearsal } => export::run(data, table, format, rehearsal),
        Command::Check => check::run(data),
        Command::Backup { to } => backup::run(data, to.as_deref()),
        Command::Restore { file } => backup::run_restore(data, file.as_deref()),
    }
}

fn run_root(command: &Root) -> anyhow::Result<()> {
    match command {
        Root::Init { out } => root::run_init(out),
        Root::Sign { key, set, out } => root::run_sign(key, set, out),
    }
}

fn run_keys(data: &Path, change: Option<Keys>) -> anyhow::Result<()> {
    match change {
        None => keys::run(data),
        Some(Keys::New { out }) => keys::run_change(data, Change::New, &out),
        Some(Keys::Retire { kid, out }) => keys::run_change(data, Change::Retire(kid), &out),
        Some(Keys::Kill { kid, out }) => keys::run_change(data, Change::Kill(kid), &out),
        Some(Keys::Install { file }) => keys::run_install(data, &file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Cli::command().get_subcommands().filter(|found| !found.has_subcommands()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("yingbin-server --data"), "{}", command.get_name());
        }
    }
}
