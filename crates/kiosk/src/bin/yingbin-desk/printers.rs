//! `printers`: which are there, how one is, and a page that shows whether it is set up well.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use admission::id::Slug;
use admission::roster::Category;
use anyhow::Context;
use kiosk::{Choice, PrinterAddress, Station};
use printer::address::Paper;
use printer::discover::{self, Found};
use printer::{Printed, State, test_page};
use serde::Serialize;

use crate::print_line;

/// List printers, ask one how it is, print a test page, or choose those of a station. Only the last
/// needs a data folder.
///
/// Without more it lists the queues of this machine.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = r#"With --json a line for each: {"name","address","what","formats","state"}; state is
{"ready","conditions","sentence"}.

Examples:
  yingbin-desk printers --discover
  yingbin-desk printers state ipp://10.0.0.7/ipp/print
  yingbin-desk printers test zpl://10.0.0.8?dpi=300 --size 62x100
  yingbin-desk --data k1 printers use zpl://10.0.0.8 --for honour=cups:Colour --instead cups:Spare"#
)]
pub(crate) struct Printers {
    /// Listen for printers on the network, too; takes a few seconds.
    #[arg(long)]
    discover: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    one: Option<One>,
}

#[derive(clap::Subcommand)]
enum One {
    /// Ask a printer how it is; ends with 1 if it would not print.
    #[command(after_help = r#"Prints {"address","ready","conditions","sentence"}.

Example:
  yingbin-desk printers state tspl://10.0.0.8"#)]
    State {
        /// The printer, as for run --printer.
        printer: PrinterAddress,
    },
    /// Print a page with the edges, a ruler, a code, the address and the resolution.
    #[command(
        after_help = r#"Prints {"address","printed","reason"}; printed is confirmed, given (the printer took it and never
says more), not_printed or unknown. The last two end with 1.

Examples:
  yingbin-desk printers test folder:/tmp/badges
  yingbin-desk printers test "cups:Label?size=62x100" --size 62x100"#
    )]
    Test {
        /// The printer, as for run --printer.
        printer: PrinterAddress,
        /// The paper in millimetres.
        #[arg(long, value_name = "WxH", default_value = "90x130")]
        size: Paper,
    },
    /// Choose the printers that a station remembers; without a choice, tell them.
    #[command(
        after_help = r#"Prints {"usual","instead","for"}, without what was not chosen: then badges go to the folder badges
beside the ledger. A running station takes it up at its next start. A folder must be there, or the one
around it; whether another printer is there is not asked. A category must be one of the convention's.

Examples:
  yingbin-desk --data k1 printers use ipp://10.0.0.7/ipp/print
  yingbin-desk --data k1 printers use --for honour=cups:Colour --for press=zpl://10.0.0.8
  yingbin-desk --data k1 printers use --forget"#
    )]
    Use(Use),
}

/// Which printers a station is to remember.
#[derive(clap::Args)]
struct Use {
    /// For most badges, from the next start on; run --printer takes another for once.
    printer: Option<PrinterAddress>,
    /// For badges of one category, by its id in convention.toml.
    #[arg(long = "for", value_name = "CATEGORY=PRINTER", value_parser = category_and_printer)]
    categories: Vec<(Slug, PrinterAddress)>,
    /// Takes over what another surely did not print.
    #[arg(long, value_name = "PRINTER")]
    instead: Option<PrinterAddress>,
    /// Forget what was chosen before.
    #[arg(long)]
    forget: bool,
}

impl Use {
    /// Looks whether folders take badges, since a folder is here and not on a network; and has them
    /// found wherever the station is started from.
    fn checked(self) -> anyhow::Result<Use> {
        let categories = self.categories.into_iter();
        let categories = categories.map(|(category, address)| Ok((category, checked(address)?)));
        Ok(Use {
            printer: self.printer.map(checked).transpose()?,
            instead: self.instead.map(checked).transpose()?,
            categories: categories.collect::<anyhow::Result<_>>()?,
            forget: self.forget,
        })
    }
}

fn checked(address: PrinterAddress) -> anyhow::Result<PrinterAddress> {
    let PrinterAddress::Folder(dir) = address else { return Ok(address) };
    let address = PrinterAddress::Folder(std::path::absolute(&dir).unwrap_or(dir));
    let state = address.open(STATION)?.state();
    anyhow::ensure!(state.ready, "nothing was chosen: {}", state.sentence);
    Ok(address)
}

fn category_and_printer(text: &str) -> Result<(Slug, PrinterAddress), String> {
    let (category, printer) =
        text.split_once('=').ok_or("write CATEGORY=PRINTER, such as honour=cups:Colour")?;
    let category = category.parse::<Slug>().map_err(|error| error.to_string())?;
    Ok((category, printer.parse().map_err(|error: printer::BadAddress| error.to_string())?))
}

#[derive(Serialize)]
struct How<'a> {
    address: &'a PrinterAddress,
    #[serde(flatten)]
    state: &'a State,
}

#[derive(Serialize)]
struct Tested<'a> {
    address: &'a PrinterAddress,
    printed: &'static str,
    reason: Option<&'a str>,
}

/// How long printers on the network are heard.
const HEARING: Duration = Duration::from_secs(3);
/// What stands before the files of a folder printer.
const STATION: &str = "test";

impl Printers {
    pub(crate) fn run(self, data: Option<&Path>) -> anyhow::Result<ExitCode> {
        match self.one {
            None => list(self.discover, self.json),
            Some(One::State { printer }) => state(&printer),
            Some(One::Test { printer, size }) => test(&printer, size),
            Some(One::Use(chosen)) => choose(
                data.context("name the station's folder: yingbin-desk --data DIR printers use …")?,
                chosen,
            ),
        }
    }
}

/// Remembers printers in a station's folder, and tells all that it remembers.
fn choose(data: &Path, chosen: Use) -> anyhow::Result<ExitCode> {
    Station::require_enrolled(data)?;
    let chosen = chosen.checked()?;
    let mut choice = if chosen.forget { Choice::default() } else { Choice::read(data)? };
    let is_news = chosen.forget
        || chosen.printer.is_some()
        || chosen.instead.is_some()
        || !chosen.categories.is_empty();
    choice.usual = chosen.printer.or(choice.usual);
    choice.instead = chosen.instead.or(choice.instead);
    let known = if chosen.categories.is_empty() { None } else { categories(data) };
    choice.give(chosen.categories, known.as_deref())?;
    if is_news {
        choice.keep(data)?;
    }
    print_line(&choice)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the categories of the station's convention, if it has the convention yet.
fn categories(data: &Path) -> Option<Vec<Category>> {
    match Station::read(data) {
        Ok(reader) => Some(reader.policy.convention.categories),
        Err(error) => {
            eprintln!("whether there are such categories cannot be looked up: {error}");
            None
        }
    }
}

fn list(on_network: bool, json: bool) -> anyhow::Result<ExitCode> {
    let found = if on_network { discover::discover(HEARING) } else { discover::queues() };
    for printer in &found {
        match json {
            true => print_line(printer)?,
            false => println!("{}", line(printer)),
        }
    }
    if found.is_empty() {
        let more = if on_network { "" } else { "; add --discover to look on the network" };
        eprintln!("no printers are found{more}; one that is not found may be typed all the same");
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a printer for people.
fn line(printer: &Found) -> String {
    let Found { name, address, what, state, .. } = printer;
    let address = address.as_ref().map_or_else(|| "-".to_owned(), PrinterAddress::to_string);
    let what = if what.is_empty() || what == name { String::new() } else { format!(" ({what})") };
    let how = state.as_ref().map_or("nobody asked", |state| &state.sentence);
    format!("{address}  {name}{what}: {how}")
}

fn state(address: &PrinterAddress) -> anyhow::Result<ExitCode> {
    let state = address.open(STATION)?.state();
    print_line(&How { address, state: &state })?;
    anyhow::ensure!(state.ready, "{}", state.sentence);
    Ok(ExitCode::SUCCESS)
}

fn test(address: &PrinterAddress, size: Paper) -> anyhow::Result<ExitCode> {
    let page = test_page(address, size).with_context(|| {
        format!("the test page cannot be drawn on {size} mm; choose another --size")
    })?;
    let printed = address.open(STATION)?.print("test-page.pdf", &page);
    let (word, reason) = match &printed {
        Printed::Confirmed => ("confirmed", None),
        Printed::Given => {
            eprintln!("the printer took the page and never says what became of it; look at it");
            ("given", None)
        }
        Printed::NotPrinted(reason) => ("not_printed", Some(reason.as_str())),
        Printed::Unknown(reason) => ("unknown", Some(reason.as_str())),
    };
    print_line(&Tested { address, printed: word, reason })?;
    match reason {
        Some(reason) => anyhow::bail!("{reason}"),
        None => Ok(ExitCode::SUCCESS),
    }
}
