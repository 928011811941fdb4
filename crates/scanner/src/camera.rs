//! A camera at work: one thread fetches frames, the other looks at the newest.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use decoder::{Decoder, Eye, Look, News, Settings};

use crate::again::keep;
use crate::heard::{Ears, Heard, Ours, Source};
use crate::log::Log;
use crate::preview::{Turn, View};
use crate::running::{Scanner, Stop};
use crate::source::{Frame, FrameSource, Opener, Trouble};

/// How a camera is mounted, and what is asked of the eye behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// How the picture has to be turned for people; codes are read in any position.
    pub turn: Turn,
    /// Whether people see themselves as in a mirror.
    pub mirror: bool,
    /// When a code is the same sight, and how often a still picture is looked at.
    pub eye: Settings,
}

/// How long the looking thread waits for a frame before it sees whether to end.
const PATIENCE: Duration = Duration::from_millis(100);

/// After so long without any movement frames are unpacked ten times a second only.
const RESTS_AFTER: Duration = Duration::from_secs(2);
const RESTING: Duration = Duration::from_millis(95);

/// The newest frame that nobody looked at yet. One that is older is dropped, never queued.
#[derive(Default)]
struct Newest(Mutex<Option<Frame>>, Condvar);

impl Newest {
    fn slot(&self) -> MutexGuard<'_, Option<Frame>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, frame: Option<Frame>) {
        *self.slot() = frame;
        self.1.notify_one();
    }

    fn take(&self) -> Option<Frame> {
        let waited = self.1.wait_timeout_while(self.slot(), PATIENCE, |slot| slot.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

/// Starts a camera whose frames come from what `open` opens; `device` is how people wrote it down.
///
/// One that is not there is opened again and again. `ours` tells whose a text is, `ears` hears each code once: ours at
/// once, one of others after it was shown for a while.
///
/// # Errors
/// The system has no room for two threads.
pub fn start(
    device: String,
    mut open: Opener,
    choices: Choices,
    ours: Ours,
    ears: Ears,
) -> io::Result<Scanner> {
    let log = Arc::new(Log::new(device));
    let view = Arc::new(View::new(choices.turn, choices.mirror));
    let newest = Arc::new(Newest::default());
    let forgets = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let mut scanner = Scanner::new(Arc::clone(&log), Some(Arc::clone(&view)));
    let looking = Looking {
        eye: eye(choices.eye, &ours),
        settings: choices.eye,
        forgets: Arc::clone(&forgets),
        began,
        log: Arc::clone(&log),
        view: Arc::clone(&view),
        ears,
        ours,
        moved: Duration::ZERO,
        looked: Duration::ZERO,
    };
    let frames = Arc::clone(&newest);
    scanner.begin("camera-eye", move |stop| looking.run(stop, &frames))?;
    scanner.begin("camera", move |stop| {
        let open = || open().map(|source| (source.name(), source)).map(|(name, it)| (it, name));
        let step = |source: &mut Box<dyn FrameSource>| match source.frame() {
            Ok(None) => Ok(()),
            Ok(frame) => {
                log.frame(began.elapsed());
                newest.put(frame);
                Ok(())
            }
            Err(Trouble::Torn(why)) => {
                log.refused(&why);
                Ok(())
            }
            Err(Trouble::Gone(why)) => Err(why),
        };
        let lost = || {
            newest.put(None);
            view.clear();
            // What a camera sees when it is back is a new sight, also of the same code.
            forgets.store(true, Ordering::Release);
        };
        keep(stop, &log, open, step, lost);
    })?;
    Ok(scanner)
}

fn eye(settings: Settings, ours: &Ours) -> Eye<Box<dyn Decoder>> {
    let ours = Arc::clone(ours);
    Eye::new(Box::new(decoder::Zxing::new()), settings, move |text| ours(text))
}

/// The thread that looks.
struct Looking {
    eye: Eye<Box<dyn Decoder>>,
    settings: Settings,
    /// Whether the camera was gone since the last frame.
    forgets: Arc<AtomicBool>,
    began: Instant,
    log: Arc<Log>,
    view: Arc<View>,
    ears: Ears,
    ours: Ours,
    /// When something moved last, and when the last frame was unpacked.
    moved: Duration,
    looked: Duration,
}

impl Looking {
    fn run(mut self, stop: &Stop, newest: &Newest) {
        while !stop.is_asked() {
            if let Some(frame) = newest.take() {
                self.take(frame);
            }
        }
    }

    fn take(&mut self, frame: Frame) {
        let now = self.began.elapsed();
        if self.forgets.swap(false, Ordering::AcqRel) {
            self.eye = eye(self.settings, &self.ours);
            self.moved = now;
        }
        let rests = now.saturating_sub(self.moved) >= RESTS_AFTER;
        if rests && now.saturating_sub(self.looked) < RESTING {
            return;
        }
        self.looked = now;
        match frame.picture() {
            Err(bad) => self.log.refused(&bad.to_string()),
            Ok(picture) => {
                let look = self.eye.look(&picture.luma(), now);
                self.eye.took(now, self.began.elapsed().saturating_sub(now));
                self.log.looks(self.eye.pace().times());
                if !look.still {
                    self.moved = now;
                }
                let outlines = look.found.iter().map(|found| found.corners).collect();
                self.view.show(Arc::new(picture), outlines, look.still);
                self.tell(look);
            }
        }
    }

    fn tell(&self, look: Look) {
        let Some(News::Scan(found) | News::Foreign(found)) = look.news else { return };
        if found.text.trim().is_empty() {
            return;
        }
        self.log.heard(&found.text, (self.ours)(&found.text));
        let heard = Heard { text: found.text, source: Source::Camera, at: Instant::now() };
        (self.ears)(heard);
    }
}
