//! What a station does for its own folder, on a thread of its own. The desk never waits for it.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use ledger::care::{EVERY, FIRST, Watch};

use crate::wipe;

/// Cares for the folder until the other end of `stop` is gone.
pub(super) fn run(folder: &Path, mut watch: Watch, stop: &Receiver<()>) {
    let mut pause = FIRST;
    while stop.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        pause = EVERY;
        // Nothing is to come back of what was destroyed.
        if wipe::is_shut_down(folder) {
            return;
        }
        watch.look();
    }
}
