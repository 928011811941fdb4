//! The printer's side of a station: a thread that draws badges and puts them on paper.
//!
//! It knows nothing of attendees or jobs beyond an [`Order`], and reports every step to the desk,
//! which alone remembers how far a job got.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use badge::{Badge, Template, Texts};
use ledger::jobs::JobId;

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
/// not wait for fonts.
pub(crate) fn work(
    mut printer: impl Printer,
    templates: Vec<String>,
    orders: &Receiver<Work>,
    picture: &Picture,
    report: impl Fn(Report),
) {
    let mut studio = Studio::default();
    for template in templates {
        if let Err(error) = studio.template(&template) {
            tracing::error!(%error, "badges of this template cannot be printed");
        }
    }
    let mut ready: Option<(JobId, String, Badge)> = None;
    for order in orders {
        match order {
            Work::Draw(order) => {
                let drawn = match studio.draw(&order, picture) {
                    Ok((badge, picture)) => {
                        ready = Some((order.job, order.file, badge));
                        Drawn::Ready { picture }
                    }
                    Err(reason) => Drawn::Impossible(reason),
                };
                report(Report::Drawn(order.job, drawn));
            }
            Work::Print(job) => {
                let printed = match ready.take().filter(|(drawn, ..)| *drawn == job) {
                    Some((_, name, badge)) => printer.print(&name, &badge),
                    None => Printed::NotPrinted("it was not drawn".to_owned()),
                };
                report(Report::Printed(job, printed));
            }
        }
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
