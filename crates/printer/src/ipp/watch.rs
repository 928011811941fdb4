//! Watching a job until it has ended, or giving it up.

use std::thread::sleep;
use std::time::{Duration, Instant};

use ipp::model::Operation;
use ipp::value::IppValue;

use super::IppPrinter;
use super::line::Trouble;
use super::wire::Attributes;
use crate::{Condition, Printed};

/// How long it is waited between two looks, at first and at most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
/// What is asked of a job.
const WANTED: [&str; 4] =
    ["job-state", "job-state-reasons", "job-impressions-completed", "time-at-processing"];

/// How a job stands.
struct Job {
    state: i32,
    reasons: Vec<String>,
    /// Printed sides, if the printer counts them.
    sides: Option<i32>,
    /// Whether the printer says that it has not begun with it.
    never_begun: bool,
}

/// A job that has ended.
enum Ended {
    Completed,
    Cancelled,
    Aborted,
}

impl Job {
    fn read(said: Attributes<'_>) -> Option<Job> {
        Some(Job {
            state: said.number("job-state")?,
            reasons: said.words("job-state-reasons"),
            sides: said.number("job-impressions-completed"),
            never_begun: said.is_empty("time-at-processing"),
        })
    }

    fn ended(&self) -> Option<Ended> {
        match self.state {
            7 => Some(Ended::Cancelled),
            8 => Some(Ended::Aborted),
            9 => Some(Ended::Completed),
            _ => None,
        }
    }

    fn failed_in_part(&self) -> bool {
        self.reasons.iter().any(|reason| reason == "job-completed-with-errors")
    }
}

/// Why the wait for a job ends without its end.
enum GivenUp {
    /// It has taken too long.
    Late,
    /// The printer does not answer any more, or knows no such job.
    Silent,
}

impl IppPrinter {
    /// Waits for the job's end and tells what became of the badge.
    pub(super) fn watch(&self, job: i32, is_queue: bool) -> Printed {
        match self.end_of(job, self.patience.job) {
            Ok(ended) => judge(&ended, is_queue),
            Err(GivenUp::Silent) => Printed::Unknown(
                "the printer fell silent while it printed; look whether the badge came out"
                    .to_owned(),
            ),
            Err(GivenUp::Late) => self.give_up(job, is_queue),
        }
    }

    fn end_of(&self, job: i32, patience: Duration) -> Result<Job, GivenUp> {
        let begun = Instant::now();
        let mut heard = begun;
        let mut pause = LOOKS.0;
        loop {
            match self.look(job) {
                Ok(Some(job)) if job.ended().is_some() => return Ok(job),
                Ok(Some(_)) => heard = Instant::now(),
                Ok(None) => return Err(GivenUp::Silent),
                Err(_) if heard.elapsed() > self.patience.silence => return Err(GivenUp::Silent),
                Err(_) => {}
            }
            if begun.elapsed() > patience {
                return Err(GivenUp::Late);
            }
            sleep(pause);
            pause = pause.saturating_mul(2).min(LOOKS.1);
        }
    }

    /// Asks how the job stands; `None` if the printer knows no such job.
    fn look(&self, job: i32) -> Result<Option<Job>, Trouble> {
        let question = self.question(Operation::GetJobAttributes).map(|question| {
            question.operation("job-id", Ok(IppValue::Integer(job))).user().wanted(&WANTED)
        });
        let answer = self.ask(question)?;
        Ok(answer.is_success().then(|| Job::read(answer.job())).flatten())
    }

    /// Cancels the job and tells whether that was in time.
    fn give_up(&self, job: i32, is_queue: bool) -> Printed {
        let why = self.why_late();
        let question = self
            .question(Operation::CancelJob)
            .map(|question| question.operation("job-id", Ok(IppValue::Integer(job))).user());
        // It may have ended in this moment; its state tells, whatever the printer answers.
        let _ = self.ask(question);
        match self.end_of(job, self.patience.silence) {
            Ok(ended) => match (ended.ended(), ended.never_begun) {
                (Some(Ended::Completed), _) => judge(&ended, is_queue),
                (_, true) => Printed::NotPrinted(why),
                (_, false) => Printed::Unknown(format!(
                    "{why}; the job was cancelled after the printer had begun with it, look whether a \
                     badge came out"
                )),
            },
            Err(_) => Printed::Unknown(format!(
                "{why}; the job could not be cancelled, look whether it comes out later"
            )),
        }
    }

    fn why_late(&self) -> String {
        let stopped = self
            .about()
            .map_or_else(|state| state.stopped_by(), |about| about.state().stopped_by());
        stopped.map_or("the printer took too long", Condition::sentence).to_owned()
    }
}

/// Judges a job that has ended.
fn judge(job: &Job, is_queue: bool) -> Printed {
    match (job.ended(), job.never_begun) {
        (Some(Ended::Completed), _) if job.failed_in_part() => Printed::Unknown(
            "the printer says that it printed with errors; look at the badge".to_owned(),
        ),
        (Some(Ended::Completed), _) => match (job.sides, is_queue) {
            (Some(1..), _) | (None, false) => Printed::Confirmed,
            (Some(_), false) => Printed::Unknown(
                "the printer says that the job has ended and counts no printed side; look whether a \
                 badge came out"
                    .to_owned(),
            ),
            (_, true) => Printed::Unknown(
                "the queue passed the badge on, and its printer does not say whether it came out"
                    .to_owned(),
            ),
        },
        (Some(Ended::Cancelled), true) => Printed::NotPrinted(
            "somebody cancelled the job at the printer before it began".to_owned(),
        ),
        (Some(Ended::Cancelled), false) => Printed::Unknown(
            "somebody cancelled the job at the printer; look whether a badge came out".to_owned(),
        ),
        (Some(Ended::Aborted) | None, true) => Printed::NotPrinted(
            "the printer gave the job up before it began; its display may say why".to_owned(),
        ),
        (Some(Ended::Aborted) | None, false) => Printed::Unknown(format!(
            "the printer gave the job up ({}); look whether a badge came out",
            job.reasons.join(", ")
        )),
    }
}
