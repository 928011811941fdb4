//! Printers for the stories: a real one in software, and one that takes everything and says nothing.

#[path = "../../crates/printer/src/testing/eve.rs"]
#[allow(dead_code, reason = "the printer's own tests need more of it")]
mod eve;

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use eve::Eve;

/// Starts a printer that takes PDF, as most do.
pub(crate) fn office_printer() -> Eve {
    Eve::start("application/pdf,image/jpeg,image/pwg-raster")
}

/// Serves a port that swallows labels and never answers; returns the port and the count of labels.
pub fn silent_printer() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let labels = Arc::new(AtomicUsize::new(0));
    std::thread::spawn({
        let labels = Arc::clone(&labels);
        move || {
            for stream in listener.incoming() {
                let mut taken = Vec::new();
                let _ = stream.unwrap().read_to_end(&mut taken);
                labels.fetch_add(usize::from(!taken.is_empty()), Ordering::SeqCst);
            }
        }
    });
    (port, labels)
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    super::wait_for(what, || holds().then_some(()));
}
