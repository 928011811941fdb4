//! A device at work: its threads, and how they end.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::log::Log;
use crate::preview::{Preview, View};
use crate::state::{Condition, State};

/// Asks threads to end, and wakes those that wait.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    fn asked(&self) -> MutexGuard<'_, bool> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self) {
        *self.asked() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn is_asked(&self) -> bool {
        *self.asked()
    }

    /// Waits, and tells whether to end; that ends the wait at once.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self.0.1.wait_timeout_while(self.asked(), time, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A device at work. It stops when this is dropped.
pub struct Scanner {
    stop: Stop,
    log: Arc<Log>,
    view: Option<Arc<View>>,
    threads: Vec<JoinHandle<()>>,
}

impl Scanner {
    pub(crate) fn new(log: Arc<Log>, view: Option<Arc<View>>) -> Scanner {
        Scanner { stop: Stop::default(), log, view, threads: Vec::new() }
    }

    /// Starts one of its threads.
    pub(crate) fn begin(
        &mut self,
        name: &str,
        work: impl FnOnce(&Stop) + Send + 'static,
    ) -> io::Result<()> {
        let stop = self.stop.clone();
        let thread = Builder::new().name(name.to_owned()).spawn(move || work(&stop))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Returns how the device is.
    pub fn state(&self) -> State {
        let mut state = self.log.state();
        if self.threads.iter().any(JoinHandle::is_finished) {
            state.condition = Condition::Broken;
            "this program failed at the device; restart it, and report what its log says"
                .clone_into(&mut state.sentence);
        }
        state
    }

    /// Tells whether it is a camera, or a recording of one.
    pub fn is_camera(&self) -> bool {
        self.view.is_some()
    }

    /// Returns the newest picture of a camera, made anew at most fifteen times a second; none of another device, and
    /// none while the camera is not there.
    pub fn preview(&self) -> Option<Arc<Preview>> {
        self.view.as_ref()?.preview()
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop.ask();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(device = self.log.state().device, "a thread of a scanner failed");
            }
        }
    }
}
