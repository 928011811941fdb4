//! One look after the other, with memory: what to try on a hard frame, and what a sight means.

use std::time::Duration;

use crate::attempt::{ATTEMPTS, Attempt};
use crate::decode::{Corners, Decoder, Found, area};
use crate::frame::{Luma, MOST_LOOKED_AT, Part, Picture};
use crate::pace::Pace;
use crate::plane::Plane;
use crate::region::{Region, around, busy};
use crate::seen::Seen;
use crate::still::Thumbnail;

/// What is asked of an [`Eye`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A code that was out of view for less is the same sight: one scan.
    pub again: Duration,
    /// A code of others is told after it was in view for so long and none of ours was.
    pub foreign: Duration,
    /// While nothing moves, a look is taken so often all the same.
    pub idle: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            again: Duration::from_secs(3),
            foreign: Duration::from_millis(800),
            idle: Duration::from_millis(500),
        }
    }
}

/// What a frame brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// What somebody should hear of; most frames bring nothing.
    pub news: Option<News>,
    /// The codes that are in view, ours first: to be outlined, not to be acted on.
    pub found: Vec<Found>,
    /// Whether nothing moved and so nothing was looked at.
    pub still: bool,
    /// How many tries were made beyond the plain one.
    pub tries: usize,
}

/// What somebody should hear of, once.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A code of ours came into view.
    Scan(Found),
    /// A code of others is shown and stays.
    Foreign(Found),
}

/// Tells whose a text is.
pub type Ours = Box<dyn Fn(&str) -> bool + Send>;

/// A pair of eyes behind one camera.
pub struct Eye<D> {
    decoder: D,
    ours: Ours,
    settings: Settings,
    seen: Seen,
    pace: Pace,
    /// The last frame that was looked at.
    before: Option<Thumbnail>,
    /// What was found in it, and when that was.
    found: Vec<Found>,
    looked: Duration,
    /// The last scan.
    told: Option<(String, Duration)>,
    /// Where ours, or what could not be read, was last.
    sight: Option<(Corners, Duration)>,
    /// The place in [`ATTEMPTS`] that is next, and how many of them were made on what is in view.
    next: usize,
    made: usize,
    /// Work that may be spent, in frames.
    credit: f32,
}

/// Tries are saved up to so many frames' worth, for whoever comes next.
const MOST_CREDIT: f32 = 3.0;
/// What a frame without a code earns, one in which nothing moved, so that it costs no plain look, and one with something
/// that looks like a code.
const EARNED: f32 = 0.1;
const EARNED_STILL: f32 = 0.5;
const EARNED_BY_EVIDENCE: f32 = 1.0;
/// How long the place of the last sight is worth a try.
const FRESH: Duration = Duration::from_millis(1500);

impl<D: Decoder> Eye<D> {
    /// Opens it; `ours` tells whose a text is, such as by how it begins.
    pub fn new(
        decoder: D,
        settings: Settings,
        ours: impl Fn(&str) -> bool + Send + 'static,
    ) -> Eye<D> {
        Eye {
            decoder,
            ours: Box::new(ours),
            settings,
            seen: Seen::default(),
            pace: Pace::default(),
            before: None,
            found: Vec::new(),
            looked: Duration::ZERO,
            told: None,
            sight: None,
            next: 0,
            made: 0,
            credit: MOST_CREDIT,
        }
    }

    /// Looks at the next frame, which came at `now`, since any start.
    pub fn look(&mut self, frame: &Luma<'_>, now: Duration) -> Look {
        let smaller = within(frame);
        let frame = &smaller.as_ref().map_or(*frame, |(picture, _)| picture.luma());
        let thumbnail = Thumbnail::of(frame);
        let moved = match &self.before {
            Some(before) => thumbnail.moved_since(before),
            None => Some(Part { x: 0, y: 0, width: frame.width(), height: frame.height() }),
        };
        let due = now.saturating_sub(self.looked) >= self.settings.idle;
        let mut look = match moved {
            None if !due => self.look_again(frame, now),
            _ => {
                if moved.is_some() {
                    self.made = 0;
                }
                self.before = Some(thumbnail);
                self.looked = now;
                self.look_anew(frame, now)
            }
        };
        if let Some((_, scale)) = smaller {
            let enlarge = |found: &mut Found| {
                found.corners = found.corners.map(|(x, y)| (x * scale, y * scale));
            };
            look.found.iter_mut().for_each(enlarge);
            if let Some(News::Scan(found) | News::Foreign(found)) = &mut look.news {
                enlarge(found);
            }
        }
        look
    }

    /// Takes how long the frame of `now` took; whoever calls has the clock.
    pub fn took(&mut self, now: Duration, took: Duration) {
        self.pace.note(now, took);
    }

    /// Returns how fast it goes.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Looks at one photograph for as long as it takes, without memory of others.
    pub fn study(&mut self, frame: &Luma<'_>) -> Vec<Found> {
        let smaller = within(frame);
        let scale = smaller.as_ref().map_or(1.0, |(_, scale)| *scale);
        let frame = &smaller.as_ref().map_or(*frame, |(picture, _)| picture.luma());
        let sight = self.decoder.look(frame);
        let mut found = sight.found;
        if !self.has_ours(&found) {
            let regions = self.regions(frame, &sight.suspects, None);
            let tries = ATTEMPTS.iter().flat_map(|one| regions.iter().map(move |part| (one, part)));
            for (attempt, part) in tries {
                let more = self.attempt(frame, part, attempt);
                if self.has_ours(&more) {
                    found.extend(more);
                    break;
                }
            }
        }
        for one in &mut found {
            one.corners = one.corners.map(|(x, y)| (x * scale, y * scale));
        }
        self.sorted(found)
    }

    /// Nothing moved: what was found is there, or the next tries are made without a plain look.
    fn look_again(&mut self, frame: &Luma<'_>, now: Duration) -> Look {
        self.credit = (self.credit + EARNED_STILL).min(MOST_CREDIT);
        if self.has_ours(&self.found) || self.made >= ATTEMPTS.len() {
            for found in &self.found {
                self.seen.is_there(&found.text, now);
            }
            let (news, found) = (self.foreign(&self.found.clone(), now), self.found.clone());
            return Look { news, found, still: true, tries: 0 };
        }
        let suspect = self.sight.map(|(corners, _)| corners);
        let (more, tries) = self.tries(frame, suspect.as_slice(), now);
        let found = [self.found.clone(), more].concat();
        self.judge(found, tries, now)
    }

    fn look_anew(&mut self, frame: &Luma<'_>, now: Duration) -> Look {
        let sight = self.decoder.look(frame);
        let (mut found, mut tries) = (sight.found, 0);
        if !self.has_ours(&found) {
            let evidence = !sight.suspects.is_empty() || self.fresh(now).is_some();
            let earned = if evidence { EARNED_BY_EVIDENCE } else { EARNED };
            self.credit = (self.credit + earned).min(MOST_CREDIT);
            if let Some(suspect) = sight.suspects.first() {
                self.sight = Some((*suspect, now));
            }
            let (more, made) = self.tries(frame, &sight.suspects, now);
            found.extend(more);
            tries = made;
        }
        self.judge(found, tries, now)
    }

    /// Says what the codes in view mean.
    fn judge(&mut self, found: Vec<Found>, tries: usize, now: Duration) -> Look {
        let found = self.sorted(found);
        self.found.clone_from(&found);
        let news = match found.first().filter(|one| (self.ours)(&one.text)) {
            Some(first) => {
                self.sight = Some((first.corners, now));
                self.scan(&found, now)
            }
            None => self.foreign(&found, now),
        };
        Look { news, found, still: false, tries }
    }

    /// Tells the first of ours that is news. Of two in view the second waits until somebody has read what the first is.
    fn scan(&mut self, found: &[Found], now: Duration) -> Option<News> {
        let again = self.settings.again;
        let in_view = |text: &str| found.iter().any(|one| one.text == text);
        let busy = self
            .told
            .as_ref()
            .is_some_and(|(text, when)| in_view(text) && now.saturating_sub(*when) < again);
        let mut news = None;
        for one in found.iter().filter(|one| (self.ours)(&one.text)) {
            if news.is_some() || busy {
                self.seen.is_there(&one.text, now);
            } else if self.seen.is_news(&one.text, now, Duration::ZERO, again) {
                self.told = Some((one.text.clone(), now));
                news = Some(News::Scan(one.clone()));
            }
        }
        news
    }

    fn foreign(&mut self, found: &[Found], now: Duration) -> Option<News> {
        let Settings { again, foreign, .. } = self.settings;
        let one = found.first().filter(|one| !(self.ours)(&one.text))?;
        let news = self.seen.is_news(&one.text, now, foreign, again);
        news.then(|| News::Foreign(one.clone()))
    }

    fn has_ours(&self, found: &[Found]) -> bool {
        found.iter().any(|one| (self.ours)(&one.text))
    }

    /// Puts ours first, and of those the largest: whoever stands nearest is meant.
    fn sorted(&self, mut found: Vec<Found>) -> Vec<Found> {
        found.sort_by(|a, b| {
            let rank = |one: &Found| ((self.ours)(&one.text), area(&one.corners));
            let (a, b) = (rank(a), rank(b));
            b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
        });
        found.dedup_by(|a, b| a.text == b.text);
        found
    }

    fn fresh(&self, now: Duration) -> Option<Corners> {
        let (corners, last) = self.sight?;
        (now.saturating_sub(last) <= FRESH).then_some(corners)
    }

    /// Makes the tries that the credit allows.
    fn tries(
        &mut self,
        frame: &Luma<'_>,
        suspects: &[Corners],
        now: Duration,
    ) -> (Vec<Found>, usize) {
        let mut tries = 0;
        if self.credit <= 0.0 || self.made >= ATTEMPTS.len() {
            return (Vec::new(), tries);
        }
        let regions = self.regions(frame, suspects, self.fresh(now));
        if regions.is_empty() {
            self.made = ATTEMPTS.len();
        }
        while self.credit > 0.0 && self.made < ATTEMPTS.len() {
            let Some(attempt) = ATTEMPTS.get(self.next) else { break };
            self.next = self.next.saturating_add(1).checked_rem(ATTEMPTS.len()).unwrap_or(0);
            self.made = self.made.saturating_add(1);
            for region in &regions {
                self.credit -= attempt.cost(region) / frame.area() as f32;
                tries = tries.saturating_add(1);
                let found = self.attempt(frame, region, attempt);
                if self.has_ours(&found) {
                    // What helped once is tried first the next time.
                    self.next =
                        self.next.checked_sub(1).unwrap_or(ATTEMPTS.len().saturating_sub(1));
                    return (found, tries);
                }
            }
        }
        (Vec::new(), tries)
    }

    /// Returns where a code may lie, the likeliest first.
    fn regions(
        &self,
        frame: &Luma<'_>,
        suspects: &[Corners],
        sight: Option<Corners>,
    ) -> Vec<Region> {
        let known = suspects.iter().take(1).map(|corners| around(corners, 0.2, frame));
        let mut regions: Vec<Region> = known.collect();
        if regions.is_empty() {
            regions.extend(sight.map(|corners| around(&corners, 0.5, frame)));
        }
        for region in busy(frame, 2) {
            if regions.len() < 2 && regions.iter().all(|known| !known.part.covers(region.part)) {
                regions.push(region);
            }
        }
        regions
    }

    fn attempt(&mut self, frame: &Luma<'_>, region: &Region, attempt: &Attempt) -> Vec<Found> {
        let (part, scale) = (region.part, attempt.scale(region));
        let crop = frame.crop(part).map(|crop| attempt.apply(&Plane::of(&crop), region));
        let Some(Ok(picture)) = crop.map(|plane| plane.picture()) else { return Vec::new() };
        let mut found = self.decoder.decode(&picture.luma());
        let place = |(x, y)| (x / scale + part.x as f32, y / scale + part.y as f32);
        for one in &mut found {
            one.corners = one.corners.map(place);
        }
        found
    }
}

/// Returns a smaller picture of a frame that is too large to be looked at, and by how much it is smaller.
fn within(frame: &Luma<'_>) -> Option<(Picture, f32)> {
    (frame.area() > MOST_LOOKED_AT).then_some(())?;
    let picture = frame.halved().ok()?;
    Some((picture, 2.0))
}
