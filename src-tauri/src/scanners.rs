//! The devices that read codes, between the desk and the page.
//!
//! A code goes to the desk on the thread of its device, and the desk's answer is noted for the scanner
//! page. While that page is open nobody is let in by a code: the desk only says what it would do.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use admission::pass;
use decoder::Settings;
use kiosk::Handle;
use kiosk::desk::Verdict;
use kiosk::screen::{self, Tried};
use scanner::{Condition, Device, Ears, Ours, Preview, Scanner, Source};

/// So many codes are kept for the page.
const LAST: usize = 8;
/// The page asks twice a second: one that has not asked for so long is closed.
const OPEN: Duration = Duration::from_secs(2);
/// Typed codes that may wait for the desk; more are dropped, as the desk does with touches.
const WAITING: usize = 16;

/// The scanners of this kiosk, at work until this is dropped.
pub(crate) struct Scanners {
    at_work: Vec<Scanner>,
    notes: Arc<Notes>,
    typed: SyncSender<String>,
}

/// What became of the last codes.
#[derive(Default)]
struct Notes {
    last: Mutex<VecDeque<Note>>,
    asked: Mutex<Option<Instant>>,
}

struct Note {
    masked: String,
    source: Source,
    verdict: Option<Verdict>,
    reason: Option<&'static str>,
    only_tried: bool,
    at: Instant,
}

impl Scanners {
    /// Starts the devices, and what hears a scanner that types into the window.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(devices: &[Device], desk: &Handle) -> io::Result<Scanners> {
        let notes = Arc::<Notes>::default();
        let (typed, texts) = sync_channel::<String>(WAITING);
        let (typist, heard) = (desk.clone(), Arc::clone(&notes));
        // It ends when the last sender does.
        thread::Builder::new().name("typed".to_owned()).spawn(move || {
            texts.iter().for_each(|text| heard.hear(&typist, &text, Source::Keyboard));
        })?;
        let ours: Ours = Arc::new(pass::looks_like_one);
        let (told, noted) = (desk.clone(), Arc::clone(&notes));
        let ears: Ears = Arc::new(move |heard| noted.hear(&told, &heard.text, heard.source));
        let open = |device: &Device| {
            device.open(Settings::default(), Arc::clone(&ours), Arc::clone(&ears))
        };
        let at_work = devices.iter().map(open).collect::<io::Result<_>>()?;
        Ok(Scanners { at_work, notes, typed })
    }

    /// Takes what a scanner typed into the window. Never waits.
    pub(crate) fn typed(&self, text: String) {
        if let Err(TrySendError::Full(_)) = self.typed.try_send(text) {
            tracing::warn!("the desk is far behind; a typed code is dropped");
        }
    }

    /// Returns what the page shows; until [`OPEN`] after it was asked last, codes are only tried.
    pub(crate) fn page(&self) -> screen::Scanners {
        *lock(&self.notes.asked) = Some(Instant::now());
        let devices = (0_u32..).zip(&self.at_work).map(|(n, one)| device(n, one)).collect();
        let last = lock(&self.notes.last).iter().map(Note::told).collect();
        screen::Scanners { devices, last }
    }

    /// Returns the number of the first camera that works.
    pub(crate) fn camera(&self) -> Option<u32> {
        let works = |one: &Scanner| one.is_camera() && one.state().condition == Condition::Ready;
        (0_u32..).zip(&self.at_work).find(|(_, one)| works(one)).map(|(n, _)| n)
    }

    /// Returns what the camera with that number sees.
    pub(crate) fn preview(&self, camera: u32) -> Option<Arc<Preview>> {
        self.at_work.get(usize::try_from(camera).ok()?)?.preview()
    }
}

impl Notes {
    fn hear(&self, desk: &Handle, text: &str, source: Source) {
        let only_tried = lock(&self.asked).is_some_and(|asked| asked.elapsed() < OPEN);
        let at = Instant::now();
        let outcome = if only_tried { desk.try_out(text) } else { desk.decide(text) };
        let ours = pass::looks_like_one(text);
        let (verdict, reason) =
            outcome.map_or((None, None), |outcome| (Some(outcome.decision), outcome.reason));
        let masked = scanner::masked(text, ours);
        let mut last = lock(&self.last);
        last.push_front(Note { masked, source, verdict, reason, only_tried, at });
        last.truncate(LAST);
    }
}

impl Note {
    fn told(&self) -> Tried {
        Tried {
            masked: self.masked.clone(),
            source: self.source.word().to_owned(),
            verdict: self.verdict,
            reason: self.reason.map(str::to_owned),
            only_tried: self.only_tried,
            seconds_ago: whole(self.at.elapsed().as_secs()),
        }
    }
}

fn device(number: u32, one: &Scanner) -> screen::Device {
    let state = one.state();
    let milliseconds = |micros: u64| micros as f64 / 1_000.0;
    screen::Device {
        device: state.device,
        name: state.name,
        condition: state.condition.word().to_owned(),
        sentence: state.sentence,
        look_ms: state.look_micros.map(milliseconds),
        longest_look_ms: state.longest_look_micros.map(milliseconds),
        heard: whole(state.heard),
        refused: whole(state.refused),
        why: state.why,
        camera: one.is_camera().then_some(number),
        frame_rate: state.frame_rate,
    }
}

fn whole(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
