//! `steward`: one order a line in, what came of it out.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use kiosk::Handle;
use kiosk::desk::NOT_STORED;
use kiosk::order::{Answer, Order, Refused};
use serde::Serialize;

use crate::print_answer;
use crate::session::{Session, next_line};

/// Work a staffed station: standard input has one order a line, standard output one answer a line.
///
/// A line is written only when all that it tells of is stored. An order that is not carried out
/// stores nothing and is answered with a sentence; then the command ends with 1 at the end of its
/// input. `run` takes bare tokens only, so no QR code can ever be an order.
#[derive(clap::Args)]
#[command(
    after_help = r#"Orders are JSON objects; TOKEN is the text of a pass, ID the attendee of an answer, WHY a short code such as lost:
  {"do":"scan","token":TOKEN}
  {"do":"let_in","token":TOKEN,"why":WHY}            or "attendee":ID: answers a question, or overrides
  {"do":"annul","fact":"LOG/SEQ","why":WHY}
  {"do":"make_up","attendee":ID,"at":RFC3339,"why":WHY}              on a trip also "leg":N
  {"do":"hand_out","attendee":ID,"proxy":true,"by":ID}               or "token"; prints, nobody arrives
  {"do":"walk_in","person":PERSON,"category":SLUG,"delegation":SLUG}
  {"do":"substitute","for":ID or TOKEN,"person":PERSON}              or "attendee":ID
  {"do":"companion","principal":ID or TOKEN,"person":PERSON}         or "attendee":ID; also "category"
  {"do":"correct","attendee":ID,"person":PERSON}                     only what changes
  {"do":"replace","attendee":ID,"why":WHY}
  {"do":"reprint","attendee":ID,"why":WHY}                           the same badge, here
  {"do":"bind","token":TOKEN,"attendee":ID}                          a blank badge
  {"do":"note","attendee":ID,"state":"excused"}                      own_way, left_early; moved with "bus"
  {"do":"depart","heads":N}
  {"do":"settle","doubt":"double_entry","facts":["LOG/SEQ","LOG/SEQ"],"outcome":WHY}     as review lists it
  {"do":"missing"}
  {"do":"lists"}
PERSON: {"name","latin","post_zh","post_en","enterprise_zh","enterprise_en","region","province","language"}

An answer: {"done":"replace","attendee":"...","facts":["LOG/SEQ","LOG/SEQ"],"prints":true}
A refusal: {"error":"a sentence"}

Example:
  echo '{"do":"missing"}' | yingbin-desk --data /srv/bus2 steward --activity visit-dalian"#
)]
pub(crate) struct Steward {
    #[command(flatten)]
    session: Session,
}

/// Longest order that is read, in bytes; none that is right comes near.
const LONGEST_ORDER: usize = 64 * 1024;

#[derive(Serialize)]
struct Failed {
    error: String,
}

impl Steward {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        let all_done = self.session.hold(data, obey_all)?;
        anyhow::ensure!(all_done, "some orders were not carried out; see above");
        Ok(ExitCode::SUCCESS)
    }
}

/// Carries out line by line; tells whether every order was.
fn obey_all(handle: &Handle) -> anyhow::Result<bool> {
    let mut input = io::stdin().lock();
    let mut all_done = true;
    while let Some(line) = next_line(&mut input, LONGEST_ORDER)? {
        if line.trim().is_empty() {
            continue;
        }
        match obey(handle, &line)? {
            Ok(answer) => {
                all_done &= !matches!(&answer, Answer::Scanned(outcome) if outcome.reason == Some(NOT_STORED));
                print_answer(&answer)?;
            }
            Err(refused) => {
                all_done = false;
                print_answer(&Failed { error: refused.to_string() })?;
            }
        }
    }
    Ok(all_done)
}

fn obey(handle: &Handle, line: &str) -> anyhow::Result<Result<Answer, Refused>> {
    if line.len() >= LONGEST_ORDER {
        return Ok(Err(Refused::Sentence("this is not an order: it is too long".to_owned())));
    }
    match Order::read(line) {
        Ok(order) => handle.order(order).ok_or_else(|| anyhow::anyhow!("the desk has ended")),
        Err(refused) => Ok(Err(refused)),
    }
}
