//! Devices come and go: what is lost is opened again.

use std::time::{Duration, Instant};

use crate::log::Log;
use crate::running::Stop;

/// Between two tries to open a device: one that is back reads again within two seconds.
pub(crate) const AGAIN: Duration = Duration::from_millis(500);

/// Opens a device and works with it until it is lost, again and again until asked to stop.
///
/// `step` waits a tenth of a second at most and says why the device is lost. What was open for a while is opened again at
/// once: a plug that rattles costs nothing.
pub(crate) fn keep<D>(
    stop: &Stop,
    log: &Log,
    mut open: impl FnMut() -> Result<(D, String), String>,
    mut step: impl FnMut(&mut D) -> Result<(), String>,
    mut lost: impl FnMut(),
) {
    while !stop.is_asked() {
        let since = Instant::now();
        match open() {
            Ok((mut device, name)) => {
                log.opened(name);
                let reason = loop {
                    if stop.is_asked() {
                        return;
                    }
                    if let Err(reason) = step(&mut device) {
                        break reason;
                    }
                };
                log.lost(reason);
            }
            Err(reason) => log.lost(reason),
        }
        lost();
        if stop.wait(AGAIN.saturating_sub(since.elapsed())) {
            return;
        }
    }
}
