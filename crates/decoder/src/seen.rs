//! What was seen lately: the same code is one scan, and a code of others is worth a word only if it stays.

use std::time::Duration;

/// Texts that are remembered; more than anybody shows at once.
const MOST: usize = 16;

/// A sight is the same as the last one if no more time than this lies between.
const GAP: Duration = Duration::from_millis(600);

/// One text and when it was seen. Times are since any start, the same for all.
#[derive(Clone, Debug)]
struct Memory {
    text: String,
    /// When it came into view.
    since: Duration,
    last: Duration,
    told: bool,
}

/// What was seen lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Vec<Memory>);

impl Seen {
    /// Remembers that a text is in view; tells whether that is news.
    ///
    /// It is, once it was in view for `settled`, and again only after it was out of view for `again`.
    pub(crate) fn is_news(
        &mut self,
        text: &str,
        now: Duration,
        settled: Duration,
        again: Duration,
    ) -> bool {
        self.0.retain(|memory| now.saturating_sub(memory.last) < again.max(GAP));
        if self.0.iter().all(|memory| memory.text != text) {
            if self.0.len() >= MOST {
                self.0.remove(0);
            }
            let memory = Memory { text: text.to_owned(), since: now, last: now, told: false };
            self.0.push(memory);
        }
        let Some(memory) = self.0.iter_mut().find(|memory| memory.text == text) else {
            return false;
        };
        if !memory.told && now.saturating_sub(memory.last) > GAP {
            memory.since = now;
        }
        memory.last = now;
        let news = !memory.told && now.saturating_sub(memory.since) >= settled;
        memory.told |= news;
        news
    }

    /// Remembers that a text is still in view, because nothing moved.
    pub(crate) fn is_there(&mut self, text: &str, now: Duration) {
        for memory in self.0.iter_mut().filter(|memory| memory.text == text) {
            memory.last = now;
        }
    }
}
