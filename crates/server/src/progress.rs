//! How far a long work is, on a terminal; nothing is written into a file or a pipe.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

const WIDTH: usize = 30;

/// Counts what is done, from any thread.
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    shown: bool,
}

impl Progress {
    /// Begins with nothing done of so many of something.
    pub(crate) fn of(total: usize, what: &'static str) -> Progress {
        let shown = std::io::stderr().is_terminal() && total > 0;
        Progress { what, total, done: AtomicUsize::new(0), shown }
    }

    /// Counts so many more.
    pub(crate) fn advance(&self, by: usize) {
        let before = self.done.fetch_add(by, Ordering::Relaxed);
        let done = before.saturating_add(by);
        let percent = |done: usize| done.saturating_mul(100).checked_div(self.total).unwrap_or(100);
        if self.shown && (percent(before) != percent(done) || done == self.total) {
            let end = if done >= self.total { "\n" } else { "" };
            // A terminal that is gone stops no work.
            let _ = write!(std::io::stderr(), "\r{} {}{end}", bar(done, self.total), self.what);
        }
    }
}

fn bar(done: usize, total: usize) -> String {
    let filled = WIDTH.saturating_mul(done).checked_div(total).unwrap_or(WIDTH).min(WIDTH);
    let empty = WIDTH.saturating_sub(filled);
    format!("[{}{}] {done} of {total}", "#".repeat(filled), "·".repeat(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar(0, 10), format!("[{}] 0 of 10", "·".repeat(30)));
        assert_eq!(bar(5, 10), format!("[{}{}] 5 of 10", "#".repeat(15), "·".repeat(15)));
        assert_eq!(bar(10, 10), format!("[{}] 10 of 10", "#".repeat(30)));
    }
}
