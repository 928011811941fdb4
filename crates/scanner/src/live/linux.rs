//! Cameras of Linux (V4L2).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use linuxvideo::controls::Cid;
use linuxvideo::format::{PixFormat, PixelFormat};
use linuxvideo::stream::ReadStream;
use linuxvideo::{BufType, BufTypes, Device, Fract};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::device::{Lens, Which};
use crate::source::{Format, Frame, FrameSource, Trouble};

/// Where the system keeps names that stay, whichever socket a camera is in.
const BY_ID: &str = "/dev/v4l/by-id";

/// Enough for a pass at arm's length, and what nearly every camera has.
const USUAL_SIZE: (u32, u32) = (1280, 720);
const USUAL_RATE: u32 = 30;

/// How long one call waits.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A camera that brings nothing for so long is opened anew.
const SILENCE: Duration = Duration::from_secs(2);

/// What the driver calls a camera's lamp, and the value for one that stays on.
const LAMP: &str = "LED Mode";
const LAMP_ON: i32 = 2;

/// The value of the exposure's mode that leaves it to us.
const EXPOSURE_MANUAL: i32 = 1;

/// What is understood, the best first: shades alone, then what fits through USB thirty times a second.
const UNDERSTOOD: [(PixelFormat, Format); 5] = [
    (PixelFormat::from_fourcc(*b"GREY"), Format::Grey),
    (PixelFormat::from_fourcc(*b"MJPG"), Format::Jpeg),
    (PixelFormat::from_fourcc(*b"JPEG"), Format::Jpeg),
    (PixelFormat::from_fourcc(*b"NV12"), Format::Nv12),
    (PixelFormat::from_fourcc(*b"YUYV"), Format::Yuyv),
];

/// An open camera.
struct Live {
    name: String,
    stream: ReadStream,
    format: Format,
    width: usize,
    height: usize,
    stride: usize,
    last: Instant,
}

/// Opens a camera.
pub(crate) fn open(lens: &Lens) -> Result<Box<dyn FrameSource>, String> {
    let (path, mut device) = find(&lens.which)?;
    let refuse = |error: io::Error| {
        format!(
            "cannot use camera {}: {error}; let no other program use it, or plug it in again",
            path.display()
        )
    };
    let name = name(&path);
    let offered: Vec<PixelFormat> = device
        .formats(BufType::VIDEO_CAPTURE)
        .filter_map(Result::ok)
        .map(|format| format.pixel_format())
        .collect();
    let wanted = best(&offered).ok_or_else(|| {
        format!("camera {name} offers none of GREY, MJPG, JPEG, NV12 and YUYV; use another one")
    })?;
    set_up(&mut device, lens, &name);
    let (width, height) = lens.size.unwrap_or(USUAL_SIZE);
    let capture = device.video_capture(PixFormat::new(width, height, wanted)).map_err(refuse)?;
    // What it cannot do it does as near as it can; its rate is shown.
    let rate = lens.playing.rate.unwrap_or(USUAL_RATE).max(1);
    let _ = capture.set_frame_interval(Fract::new(1, rate));
    let chosen = capture.format();
    let format = understood(chosen.pixel_format()).ok_or_else(|| {
        format!("camera {name} insists on a format that is not understood; use another one")
    })?;
    let size = |side: u32| usize::try_from(side).unwrap_or(usize::MAX);
    let (width, height) = (size(chosen.width()), size(chosen.height()));
    let stride = size(chosen.bytes_per_line());
    let stream = capture.into_stream().map_err(refuse)?;
    let last = Instant::now();
    Ok(Box::new(Live { name, stream, format, width, height, stride, last }))
}

impl FrameSource for Live {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn frame(&mut self) -> Result<Option<Frame>, Trouble> {
        let gone = |error: io::Error| {
            Trouble::Gone(format!("the camera is unplugged ({error}); plug it in again"))
        };
        let ready = poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], Some(&PATIENCE));
        match ready {
            Ok(0) if self.last.elapsed() >= SILENCE => {
                return Err(Trouble::Gone(
                    "the camera brought nothing for two seconds; it is opened anew".to_owned(),
                ));
            }
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(gone(error.into())),
        }
        let taken = self.stream.dequeue(|view| Ok((view.is_error(), view.to_vec())));
        let (torn, bytes) = taken.map_err(gone)?;
        self.last = Instant::now();
        if torn {
            return Err(Trouble::Torn("the camera sent a torn frame; check its cable".to_owned()));
        }
        let Live { format, width, height, stride, .. } = *self;
        Ok(Some(Frame { format, width, height, stride, bytes }))
    }
}

/// Returns cameras by the names that stay, or by their paths, and what they call themselves.
pub(crate) fn list() -> Result<Vec<(String, String)>, String> {
    let cameras = paths().into_iter().filter_map(|path| {
        camera(&path).ok()?;
        let name = name(&path);
        let lasting = path.strip_prefix(BY_ID).unwrap_or(&path);
        Some((lasting.to_str()?.to_owned(), name))
    });
    Ok(cameras.collect())
}

/// Returns where cameras may be, each once, by its lasting name if it has one.
fn paths() -> Vec<PathBuf> {
    let within = |folder: &str| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let mut paths = within(BY_ID);
    let known: Vec<PathBuf> = paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let is_video = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("video"))
    };
    paths.extend(within("/dev").into_iter().filter(|path| is_video(path) && !known.contains(path)));
    paths
}

fn find(which: &Which) -> Result<(PathBuf, Device), String> {
    let path = match which {
        Which::Named(name) if name.starts_with('/') => PathBuf::from(name),
        Which::Named(name) => Path::new(BY_ID).join(name),
        Which::Any | Which::File(_) => {
            let mut found = paths().into_iter();
            let found = found.find_map(|path| camera(&path).ok().map(|device| (path, device)));
            return found.ok_or_else(|| {
                "no camera is there; plug one in, and put the account into the group video"
                    .to_owned()
            });
        }
    };
    let device = camera(&path).map_err(|error| {
        format!(
            "cannot open camera {}: {error}; plug it in, check its name, and put the account into the group video",
            path.display()
        )
    })?;
    Ok((path, device))
}

/// Opens what brings frames: a camera's second node, for what it says about them, is none.
fn camera(path: &Path) -> io::Result<Device> {
    let device = Device::open(path)?;
    if !device.supported_buf_types().contains(BufTypes::VIDEO_CAPTURE) {
        return Err(io::Error::other("it is no camera"));
    }
    Ok(device)
}

/// Returns what a camera calls itself. The library's own way stops at a name whose last letter the system has cut in
/// two, as it does with long ones in Chinese.
fn name(path: &Path) -> String {
    let node = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let node = node.file_name().unwrap_or_default();
    let name = fs::read(Path::new("/sys/class/video4linux").join(node).join("name"));
    let name = name.map(|name| String::from_utf8_lossy(&name).trim().to_owned());
    name.ok().filter(|name| !name.is_empty()).unwrap_or_else(|| path.display().to_string())
}

fn best(offered: &[PixelFormat]) -> Option<PixelFormat> {
    UNDERSTOOD.iter().map(|(format, _)| *format).find(|format| offered.contains(format))
}

fn understood(chosen: PixelFormat) -> Option<Format> {
    UNDERSTOOD.iter().find(|(format, _)| *format == chosen).map(|(_, format)| *format)
}

/// Sets exposure and lamp where the driver has them; a camera that has not reads all the same.
fn set_up(device: &mut Device, lens: &Lens, name: &str) {
    let lost = |what: &str, error: io::Error| {
        tracing::warn!(camera = name, %error, "the camera does not let its {what} be set");
    };
    if let Some(exposure) = lens.exposure {
        let exposure = i32::try_from(exposure).unwrap_or(i32::MAX);
        let set = device
            .write_control_raw(Cid::EXPOSURE_AUTO, EXPOSURE_MANUAL)
            .and_then(|()| device.write_control_raw(Cid::EXPOSURE_ABSOLUTE, exposure));
        set.unwrap_or_else(|error| lost("exposure", error));
    }
    if lens.torch {
        let lamp = device.controls().filter_map(Result::ok).find(|it| it.name() == LAMP);
        let lamp = lamp.map(|it| it.id());
        let lamp = lamp.ok_or_else(|| io::Error::other("it has none"));
        let set = lamp.and_then(|lamp| device.write_control_raw(lamp, LAMP_ON));
        set.unwrap_or_else(|error| lost("lamp", error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_format_of_a_camera_is_one_that_is_understood() {
        let format = |code: &[u8; 4]| PixelFormat::from_fourcc(*code);
        let usual = [format(b"YUYV"), format(b"H264"), format(b"MJPG")];
        assert_eq!(best(&usual), Some(format(b"MJPG")));
        assert_eq!(best(&[format(b"YUYV")]), Some(format(b"YUYV")));
        assert_eq!(best(&[format(b"H264"), format(b"Y16 ")]), None);
        assert_eq!(understood(format(b"NV12")), Some(Format::Nv12));
        assert_eq!(understood(format(b"BGR3")), None);
    }

    #[test]
    fn a_camera_that_is_not_there_or_is_none_is_said_in_words() {
        for which in ["usb-Nobody-video-index0", "/dev/null", "/nowhere"] {
            let lens = Lens::of(Which::Named(which.to_owned()));
            let refusal = open(&lens).map(|camera| camera.name()).unwrap_err();
            assert!(refusal.contains("group video") && refusal.contains(which), "{refusal}");
        }
    }
}
