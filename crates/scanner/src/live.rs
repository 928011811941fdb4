//! Cameras of this machine.

use crate::device::Lens;
use crate::source::FrameSource;

pub(crate) fn open(lens: &Lens) -> Result<Box<dyn FrameSource>, String> {
    Err(format!(
        "cannot open camera {}: this program was built without cameras; play a recording with camera:file:PATH",
        lens.which
    ))
}

/// Returns stable names of cameras, and what they call themselves.
pub(crate) fn list() -> Result<Vec<(String, String)>, String> {
    Ok(Vec::new())
}
