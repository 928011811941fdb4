//! What all devices share that send codes and no pictures.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::again::keep;
use crate::framing::{Flaw, Piece};
use crate::heard::{Ears, Heard, Ours, Source};
use crate::log::Log;
use crate::running::Scanner;

/// A device that is open.
pub(crate) trait Reader {
    /// Waits for codes, a tenth of a second at most.
    ///
    /// # Errors
    /// Why it has to be opened again.
    fn read(&mut self) -> Result<Vec<Piece>, String>;
}

/// Starts a device; `open` says what it calls itself, or what is the matter and what to do.
pub(crate) fn start<R: Reader>(
    device: String,
    source: Source,
    open: impl FnMut() -> Result<(R, String), String> + Send + 'static,
    ours: Ours,
    ears: Ears,
) -> io::Result<Scanner> {
    let log = Arc::new(Log::new(device));
    let mut scanner = Scanner::new(Arc::clone(&log), None);
    scanner.begin("scanner", move |stop| {
        let step = |reader: &mut R| {
            for piece in reader.read()? {
                tell(piece, source, &log, &ours, &ears);
            }
            Ok(())
        };
        keep(stop, &log, open, step, || {});
    })?;
    Ok(scanner)
}

/// Hands a code on. What has a flaw is no pass any more, and whoever holds it there hears so, too; but not of what lacks
/// its end: it is shown again anyway.
fn tell(piece: Piece, source: Source, log: &Log, ours: &Ours, ears: &Ears) {
    if let Some(flaw) = piece.flaw {
        log.refused(&flaw.to_string());
        if flaw == Flaw::NoEnd {
            return;
        }
    }
    if piece.text.trim().is_empty() {
        return;
    }
    log.heard(&piece.text, piece.flaw.is_none() && ours(&piece.text));
    ears(Heard { text: piece.text, source, at: Instant::now() });
}
