//! The printer's side of a station: a thread that draws badges and puts them on paper.
//!
//! It knows nothing of attendees or jobs beyond an [`Order`], and reports every step to the desk,
//! which alone remembers how far a job got.

mod choice;

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use admission::exchange::PrinterNews;
use admission::id::Slug;
use badge::{Badge, Template, Texts};
use ledger::jobs::JobId;
use printer::{Address, Condition, OpenError};

pub use choice::{Choice, ChoiceError};
pub use printer::{Printed, Printer};

/// Width of the picture on the printing screen, in pixels.
const PICTURE_WIDTH: u32 = 700;

/// A badge to draw and print.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which job.
    pub job: JobId,
    /// Name of the document at the printer; says nothing about the person.
    pub file: String,
    /// Whose badges these are: some categories have a printer of their own.
    pub category: Slug,
    /// The template, an SVG text.
    pub template: String,
    /// What the badge says.
    pub texts: Texts,
    /// Whether somebody is to see its picture.
    pub picture: bool,
}

/// Whether a badge can be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// It lies ready.
    Ready {
        /// Whether there is a picture of it.
        picture: bool,
    },
    /// It cannot be drawn, for this reason, which holds no personal data.
    Impossible(String),
}

/// What the print thread is told.
#[derive(Debug)]
pub(crate) enum Work {
    /// Draw and keep ready.
    Draw(Box<Order>),
    /// Print what was drawn for this job.
    Print(JobId),
}

/// What the print thread reports.
#[derive(Debug)]
pub(crate) enum Report {
    Drawn(JobId, Drawn),
    Printed(JobId, Printed),
    /// How the printers are, now that it is another way.
    Printer(PrinterNews),
}

/// The picture of the badge that is on the screen, in memory only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture(Arc<Mutex<Option<Png>>>);

type Png = (JobId, Vec<u8>);

impl Picture {
    pub(crate) fn of(&self, job: JobId) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(kept, _)| *kept == job).map(|(_, png)| png.clone())
    }

    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn keep(&self, job: JobId, png: Vec<u8>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((job, png));
    }
}

/// Works until there are no more orders. `templates` are read at once, so that the first guest does
/// not wait for fonts. After a badge that did not come out, `watch` is to look at the printers.
pub(crate) fn work(
    mut printers: Printers,
    templates: Vec<String>,
    (orders, watch): (&Receiver<Work>, Option<SyncSender<()>>),
    picture: &Picture,
    report: impl Fn(Report),
) {
    let mut studio = Studio::default();
    for template in templates {
        if let Err(error) = studio.template(&template) {
            tracing::error!(%error, "badges of this template cannot be printed");
        }
    }
    let mut ready: Option<(Box<Order>, Badge)> = None;
    while let Ok(order) = orders.recv() {
        match order {
            Work::Draw(order) => {
                let job = order.job;
                let drawn = match studio.draw(&order, picture) {
                    Ok((badge, picture)) => {
                        ready = Some((order, badge));
                        Drawn::Ready { picture }
                    }
                    Err(reason) => Drawn::Impossible(reason),
                };
                report(Report::Drawn(job, drawn));
            }
            Work::Print(job) => {
                let printed = match ready.take().filter(|(order, _)| order.job == job) {
                    Some((order, badge)) => printers.print(&order, &badge),
                    None => Printed::NotPrinted("it was not drawn".to_owned()),
                };
                let is_well = printed == Printed::Confirmed;
                report(Report::Printed(job, printed));
                if let Some(watch) = watch.as_ref().filter(|_| !is_well) {
                    // One that is to look already looks once.
                    let _ = watch.try_send(());
                }
            }
        }
    }
}

/// Looks how the printers are, at once, every so often, and when it is told to, and reports when it is
/// another way; until nobody is there to tell it.
///
/// It has the printers for itself, opened a second time: paper may end in the middle of a badge, and
/// a printer that hangs keeps no badge of another waiting.
pub(crate) fn watch(
    mut printers: Printers,
    every: Duration,
    told: &Receiver<()>,
    report: impl Fn(Report),
) {
    let mut news = None;
    loop {
        let now = printers.news();
        if news.as_ref() != Some(&now) {
            report(Report::Printer(now.clone()));
            news = Some(now);
        }
        if told.recv_timeout(every) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// The printers of a station: one for most badges, others for some categories, and one that takes
/// over when the first of these does not print.
pub(crate) struct Printers {
    usual: Box<dyn Printer>,
    by_category: HashMap<String, Box<dyn Printer>>,
    instead: Option<Box<dyn Printer>>,
}

impl Printers {
    /// Opens what a station is to print with.
    ///
    /// # Errors
    /// [`OpenError`] if one of them cannot be used at all.
    pub(crate) fn open(
        choice: &Choice,
        usual: &Address,
        station: &str,
    ) -> Result<Printers, OpenError> {
        let by_category = choice.by_category.iter();
        let by_category =
            by_category.map(|(slug, address)| Ok((slug.clone(), address.open(station)?)));
        Ok(Printers {
            usual: usual.open(station)?,
            by_category: by_category.collect::<Result<_, OpenError>>()?,
            instead: choice.instead.as_ref().map(|address| address.open(station)).transpose()?,
        })
    }

    /// One printer for everything.
    #[cfg(test)]
    pub(crate) fn one(usual: impl Printer + 'static) -> Printers {
        Printers { usual: Box::new(usual), by_category: HashMap::new(), instead: None }
    }

    /// Prints where badges of that category are printed; what surely did not print there prints
    /// where there is one that takes over.
    fn print(&mut self, order: &Order, badge: &Badge) -> Printed {
        let first = self.by_category.get_mut(order.category.as_str()).unwrap_or(&mut self.usual);
        match (first.print(&order.file, badge), &mut self.instead) {
            (Printed::NotPrinted(reason), Some(instead)) => {
                tracing::warn!(job = order.job.0, reason, "a badge goes to the other printer");
                instead.print(&order.file, badge)
            }
            (printed, _) => printed,
        }
    }

    /// Asks the printers how they are; the station prints if the usual one does, or the one that
    /// takes over.
    fn news(&mut self) -> PrinterNews {
        let usual = self.usual.state();
        let instead = self.instead.as_mut().map(|printer| printer.state());
        let works = usual.ready || instead.as_ref().is_some_and(|state| state.ready);
        let mut states = vec![usual];
        states.extend(instead);
        states.extend(self.by_category.values_mut().map(|printer| printer.state()));
        let conditions = states.iter().flat_map(|state| &state.conditions);
        let told = conditions.filter(|condition| **condition != Condition::Busy);
        let worst_first: BTreeSet<Condition> = told.copied().collect();
        let troubles = worst_first.into_iter().map(|condition| condition.code().to_owned());
        PrinterNews { works, troubles: troubles.collect() }
    }
}

/// Templates that were read before.
#[derive(Default)]
struct Studio {
    templates: HashMap<String, Template>,
}

impl Studio {
    /// Draws the badge, and the picture where one is wanted; a missing picture stops no badge.
    fn draw(&mut self, order: &Order, picture: &Picture) -> Result<(Badge, bool), String> {
        let template = self.template(&order.template).map_err(|error| error.to_string())?;
        let badge = template.fill(&order.texts).map_err(|error| error.to_string())?;
        let png = order.picture.then(|| badge.png(PICTURE_WIDTH)).and_then(Result::ok);
        let pictured = png.is_some();
        if let Some(png) = png {
            picture.keep(order.job, png);
        }
        Ok((badge, pictured))
    }

    fn template(&mut self, svg: &str) -> Result<Template, badge::TemplateError> {
        if let Some(template) = self.templates.get(svg) {
            return Ok(template.clone());
        }
        let template = Template::parse(svg)?;
        self.templates.insert(svg.to_owned(), template.clone());
        Ok(template)
    }
}

/// Queues work for the print thread: one badge is in hand at a time, so there is always room.
pub(crate) fn queue(orders: &SyncSender<Work>, work: Work) {
    if orders.try_send(work).is_err() {
        tracing::error!("the print thread has ended");
    }
}
