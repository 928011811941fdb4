//! A badge that went out and of which no answer came back: its job is looked for by its name.
//!
//! A printer that lists it is watched as if it had answered. One that lists no such job may have it all the same: it
//! may still be reading what it was sent, or keep nothing of what it has printed. So that proves nothing, and nobody
//! can tell.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ipp::model::Operation;
use ipp::value::IppValue;

use super::IppPrinter;
use super::line::Trouble;

/// What is asked of each job.
const WANTED: [&str; 3] = ["job-id", "job-name", "job-state"];
/// Which jobs are listed: one that ends in between is in the second list.
const LISTS: [&str; 2] = ["not-completed", "completed"];
/// How long it is waited between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Makes a name that no other job has: a badge that surely did not print is sent again under another one.
pub(super) fn unique(name: &str) -> String {
    // The standard library keys its hashes with randomness of the system.
    let number = RandomState::new().build_hasher().finish();
    format!("{name}-{number:016x}")
}

impl IppPrinter {
    /// Looks for the job of this name, for as long as a printer may be silent.
    pub(super) fn find(&self, name: &str) -> Option<i32> {
        let begun = Instant::now();
        loop {
            let found = LISTS.into_iter().find_map(|list| self.listed(list, name).ok().flatten());
            if found.is_some() || begun.elapsed() > self.patience.silence {
                return found;
            }
            sleep(PAUSE);
        }
    }

    fn listed(&self, list: &str, name: &str) -> Result<Option<i32>, Trouble> {
        let question = self.question(Operation::GetJobs).map(|question| {
            question.user().operation("which-jobs", IppValue::new_keyword(list)).wanted(&WANTED)
        });
        let answer = self.ask(question)?;
        let ours = answer.jobs().find(|job| job.word("job-name").as_deref() == Some(name));
        Ok(ours.and_then(|job| job.number("job-id")))
    }
}
