//! `printers`: which are there, how one is, and a page that shows whether it is set up well.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use kiosk::PrinterAddress;
use printer::address::Paper;
use printer::discover::{self, Found};
use printer::{Printed, State, test_page};
use serde::Serialize;

use crate::print_line;

/// List printers, ask one how it is, or print a test page. Needs no data folder.
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
  yingbin-desk printers test zpl://10.0.0.8?dpi=300 --size 62x100"#
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
        after_help = r#"Prints {"address","printed","reason"}; printed is confirmed, not_printed or unknown. Ends with 1
unless it is confirmed.

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
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.one {
            None => list(self.discover, self.json),
            Some(One::State { printer }) => state(&printer),
            Some(One::Test { printer, size }) => test(&printer, size),
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
        Printed::NotPrinted(reason) => ("not_printed", Some(reason.as_str())),
        Printed::Unknown(reason) => ("unknown", Some(reason.as_str())),
    };
    print_line(&Tested { address, printed: word, reason })?;
    match reason {
        Some(reason) => anyhow::bail!("{reason}"),
        None => Ok(ExitCode::SUCCESS),
    }
}
