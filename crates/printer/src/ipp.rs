//! Printers that speak the Internet Printing Protocol: those on the network, and queues of CUPS.
//!
//! First the printer is asked what it is, what it takes and how it is; where it cannot print, nothing is sent. Then the
//! badge goes as one job, and its job is watched until it has ended. What confirms is that the printer counts a printed
//! side; a job that is given up is cancelled, so that it does not come out when nobody waits for it any more.

mod about;
mod line;
mod lost;
mod tls;
mod trays;
mod watch;
mod wire;

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use badge::{Badge, Colour};
use ipp::model::Operation;
use ipp::value::IppValue;

use self::about::{About, LANDSCAPE, Sheet, WANTED};
use self::line::{Line, Trouble};
use self::wire::{Answer, Question, collection};
use crate::address::{Format, Ipp, Paper};
use crate::discover::Found;
use crate::{Condition, Printed, Printer, State};

/// How long a printer is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For an answer to a question.
    pub(crate) answer: Duration,
    /// For the answer to a whole badge.
    pub(crate) sending: Duration,
    /// While it is busy with others and takes no job.
    pub(crate) busy: Duration,
    /// For a job to end, before it is cancelled.
    pub(crate) job: Duration,
    /// For a printer that falls silent while it prints, and for a cancelled job to end.
    pub(crate) silence: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            answer: Duration::from_secs(5),
            sending: Duration::from_secs(30),
            busy: Duration::from_secs(5),
            job: Duration::from_secs(60),
            silence: Duration::from_secs(5),
        }
    }
}

/// How long a busy printer is left alone.
const BUSY_PAUSE: Duration = Duration::from_millis(250);

/// A printer that speaks IPP.
pub(crate) struct IppPrinter {
    address: Ipp,
    line: Line,
    patience: Patience,
}

/// A badge as the printer takes it.
struct Page {
    format: Format,
    bytes: Vec<u8>,
    sheet: Sheet,
}

/// A queue of a print server.
pub(crate) struct Queue {
    /// What the server calls it.
    pub(crate) queue: Option<String>,
    pub(crate) found: Found,
}

/// What became of a job that was offered.
enum Offered {
    /// It has this number.
    Taken(i32),
    /// The printer did not take it.
    Not(String),
    /// The printer may have it.
    Lost,
}

impl IppPrinter {
    /// Prepares a way to the printer; it may be switched off.
    pub(crate) fn open(address: Ipp, patience: Patience) -> io::Result<IppPrinter> {
        Ok(IppPrinter { line: Line::new(&address)?, address, patience })
    }

    /// Asks what the printer is and how, for a list.
    pub(crate) fn found(&self) -> Result<Found, State> {
        self.about().map(About::into_found)
    }

    /// Asks a print server which queues it has.
    pub(crate) fn queues(&self) -> Result<Vec<Queue>, State> {
        let question = Question::new(Operation::CupsGetPrinters, None).ok();
        let question = question.map(|question| question.user().wanted(&WANTED));
        let answer = self.ask(question).map_err(Trouble::state)?;
        let queues = answer.printers().map(|said| Queue {
            queue: said.word("printer-name"),
            found: About::read(said).into_found(),
        });
        Ok(queues.collect())
    }

    /// Asks what the printer is and how.
    fn about(&self) -> Result<About, State> {
        let question = self.question(Operation::GetPrinterAttributes);
        let question = question.map(|question| question.user().wanted(&WANTED));
        let answer = self.ask(question).map_err(Trouble::state)?;
        match answer.is_success() {
            true => Ok(About::read(answer.printer())),
            false => Err(refusal(&answer)),
        }
    }

    fn question(&self, operation: Operation) -> Option<Question> {
        Question::new(operation, Some(self.line.uri())).ok()
    }

    fn ask(&self, question: Option<Question>) -> Result<Answer, Trouble> {
        let foreign = || Trouble::NotReached(State::of([Condition::Foreign]));
        self.line.ask(&question.ok_or_else(foreign)?, &[], self.patience.answer)
    }

    /// Draws the badge in the form that the printer takes, for the paper that it has.
    fn page(&self, about: &About, badge: &Badge) -> Result<Page, String> {
        let own = paper_of(badge);
        let sheet = match self.address.paper {
            Some(paper) => Sheet { paper, across: lies_across(own, paper) },
            None => about.sheet(own).ok_or_else(|| {
                format!(
                    "the printer has no paper that holds a badge of {own} mm; put some in and set its \
                     size at the printer, or write ?size= and the size of what is in it"
                )
            })?,
        };
        let format = self.format(about, sheet)?;
        let dpi = self.address.dpi.unwrap_or_else(|| about.dpi(format));
        let colour = match about.pwg_colour() {
            Some(true) => Colour::Rgb,
            Some(false) | None => Colour::Gray,
        };
        let drawn = match format {
            Format::Pdf => badge.pdf(),
            Format::Pwg => badge::pwg(badge, dpi, colour),
            Format::Jpeg => badge::jpeg(badge, dpi),
        };
        Ok(Page { format, bytes: drawn.map_err(|error| error.to_string())?, sheet })
    }

    fn format(&self, about: &About, sheet: Sheet) -> Result<Format, String> {
        if let Some(format) = self.address.format {
            return Ok(format);
        }
        // Nothing turns a raster: it lies on the paper as it was drawn.
        let usable = |format: &Format| {
            *format != Format::Pwg || (!sheet.across && about.pwg_colour().is_some())
        };
        about.formats.iter().copied().find(usable).ok_or_else(|| {
            "the printer takes neither PDF nor PWG raster nor JPEG; set up a queue for it in CUPS \
             and write cups:NAME"
                .to_owned()
        })
    }

    /// Offers a job, again and again while the printer is busy with others.
    fn offer(&self, about: &About, name: &str, page: &Page) -> Offered {
        let begun = Instant::now();
        let Some(question) = self.print_job(about, name, page) else {
            return Offered::Not("the printer's address is too long; use a shorter one".to_owned());
        };
        loop {
            match self.line.ask(&question, &page.bytes, self.patience.sending) {
                Ok(answer) if answer.is_success() => {
                    return match answer.job().number("job-id") {
                        Some(job) => Offered::Taken(job),
                        None => Offered::Lost,
                    };
                }
                Ok(answer) if answer.status == BUSY && begun.elapsed() < self.patience.busy => {
                    sleep(BUSY_PAUSE);
                }
                Ok(answer) if is_a_refusal(answer.status) => {
                    return Offered::Not(refusal(&answer).sentence);
                }
                Ok(_) | Err(Trouble::Lost(_)) => return Offered::Lost,
                Err(Trouble::NotReached(state) | Trouble::Refused(state)) => {
                    return Offered::Not(state.sentence);
                }
            }
        }
    }

    fn print_job(&self, about: &About, name: &str, page: &Page) -> Option<Question> {
        let way = if page.sheet.across { LANDSCAPE } else { 3 };
        let mut question = self
            .question(Operation::PrintJob)?
            .user()
            .operation("job-name", IppValue::new_name_without_language(name))
            .operation("document-format", IppValue::new_mime_media_type(page.format.mime()))
            .job("copies", Ok(IppValue::Integer(1)));
        if about.turns {
            question = question.job("orientation-requested", Ok(IppValue::Enum(way)));
        }
        // One that knows nothing of it either takes no notice or prints a page as large as it is.
        if about.takes_scaling || about.is_queue {
            question = question.job("print-scaling", IppValue::new_keyword("none"));
        }
        if about.takes_media_col {
            question = question.job("media-col", media_col(page.sheet.paper, about.to_the_edge));
        }
        Some(question)
    }
}

impl Printer for IppPrinter {
    fn print(&mut self, name: &str, badge: &Badge) -> Printed {
        let about = match self.about() {
            Ok(about) => about,
            Err(state) => return Printed::NotPrinted(state.sentence),
        };
        if let Some(why) = about.held_by() {
            return Printed::NotPrinted(why.sentence().to_owned());
        }
        let page = match self.page(&about, badge) {
            Ok(page) => page,
            Err(reason) => return Printed::NotPrinted(reason),
        };
        let name = lost::unique(name.strip_suffix(".pdf").unwrap_or(name));
        let job = match self.offer(&about, &name, &page) {
            Offered::Taken(job) => Some(job),
            Offered::Lost => self.find(&name),
            Offered::Not(reason) => return Printed::NotPrinted(reason),
        };
        match job {
            Some(job) => self.watch(job, about.is_queue),
            None => Printed::Unknown(LOST.to_owned()),
        }
    }

    fn state(&mut self) -> State {
        self.about().map_or_else(|state| state, |about| about.state())
    }
}

/// What is said when a badge went out, no proper answer came, and the printer lists no such job.
const LOST: &str = "the printer fell silent while it took the badge; look whether it came out";

/// `server-error-busy`.
const BUSY: u16 = 0x0507;

/// Tells whether no job was made. The printer may have begun one where it says that something broke.
fn is_a_refusal(status: u16) -> bool {
    match status {
        // internal-error, device-error, job-canceled
        0x0500 | 0x0504 | 0x0508 => false,
        0x0400..=0x05ff => true,
        _ => false,
    }
}

/// Says why a printer refused.
fn refusal(answer: &Answer) -> State {
    match answer.status {
        0x0401..=0x0403 => State::of([Condition::Rejecting]).saying(
            "the printer does not let this station print; allow it in the printer's settings",
        ),
        0x0406 | 0x0407 => State::of([Condition::Foreign]).saying(
            "there is no printer of this name at the address; most printers are called /ipp/print, \
             and a queue of CUPS /printers/NAME",
        ),
        0x040a | 0x040b | 0x040e => State::of([Condition::Rejecting]).saying(
            "the printer does not take this paper or this format; set its paper at the printer, or \
             write ?size= and ?format= behind its address",
        ),
        0x0502 | 0x0506 => State::of([Condition::Rejecting]),
        0x0505 | BUSY => State::of([Condition::Busy])
            .saying("the printer is busy with others; it is tried again"),
        status => State::of([Condition::Rejecting]).saying(format!(
            "the printer refuses (IPP status 0x{status:04x}); its display may say why"
        )),
    }
}

fn media_col(paper: Paper, to_the_edge: bool) -> Result<IppValue, ipp::parser::IppParseError> {
    let number = |length: u32| i32::try_from(length).ok().map(IppValue::Integer);
    let size =
        collection([("x-dimension", number(paper.width)), ("y-dimension", number(paper.height))])?;
    let margin = || to_the_edge.then_some(IppValue::Integer(0));
    collection([
        ("media-size", Some(size)),
        ("media-bottom-margin", margin()),
        ("media-left-margin", margin()),
        ("media-right-margin", margin()),
        ("media-top-margin", margin()),
    ])
}

fn paper_of(badge: &Badge) -> Paper {
    let (width, height) = badge.paper_mm();
    let hundredths = |mm: f32| (mm * 100.0).round() as u32;
    Paper { width: hundredths(width), height: hundredths(height) }
}

/// Tells whether a badge fits a paper only when it is turned by a quarter.
fn lies_across(badge: Paper, paper: Paper) -> bool {
    let fits = |width: u32, height: u32| width <= paper.width && height <= paper.height;
    !fits(badge.width, badge.height) && fits(badge.height, badge.width)
}

#[cfg(test)]
mod tests;
