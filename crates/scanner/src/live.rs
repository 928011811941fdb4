//! Cameras of this machine. Linux alone has them: elsewhere a scanner reads, or the window.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{list, open};
#[cfg(target_os = "linux")]
pub(crate) use linux::{list, open};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use crate::device::Lens;
    use crate::source::FrameSource;

    pub(crate) fn open(lens: &Lens) -> Result<Box<dyn FrameSource>, String> {
        Err(format!(
            "cannot open camera {}: on this system no camera is read; use a scanner instead",
            lens.which
        ))
    }

    pub(crate) fn list() -> Result<Vec<(String, String)>, String> {
        Ok(Vec::new())
    }
}
