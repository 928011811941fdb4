//! Where frames come from.

use decoder::{BadFrame, Picture};

/// How the bytes of a frame are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JPEG, or a frame of MJPEG.
    Jpeg,
    /// A PNG.
    Png,
    /// Shades, a byte each (GREY, Y8); also the first plane of NV12 and I420 alone.
    Grey,
    /// Two bytes a pixel, shades in every other one (YUYV, YUY2).
    Yuyv,
    /// Shades, then colours, half as many (NV12).
    Nv12,
}

/// A frame as a camera sends it, not yet unpacked: most frames are never looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How the bytes are to be read.
    pub format: Format,
    /// Pixels of a row; of JPEG and PNG their bytes tell it.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// The frame.
    pub bytes: Vec<u8>,
}

impl Frame {
    /// Takes a frame that tells its size by itself.
    pub fn packed(format: Format, bytes: Vec<u8>) -> Frame {
        Frame { format, width: 0, height: 0, stride: 0, bytes }
    }

    /// Unpacks its shades.
    ///
    /// # Errors
    /// [`BadFrame`], with what to change at the camera.
    pub fn picture(self) -> Result<Picture, BadFrame> {
        let Frame { format, width, height, stride, bytes } = self;
        match format {
            Format::Jpeg => Picture::from_jpeg(&bytes),
            Format::Png => Picture::from_png(&bytes),
            Format::Grey if stride == width => Picture::new(width, height, bytes),
            Format::Grey => Picture::from_grey(width, height, stride, &bytes),
            Format::Yuyv => Picture::from_yuyv(width, height, stride, &bytes),
            Format::Nv12 => Picture::from_nv12(width, height, stride, &bytes),
        }
    }
}

/// Why there is no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This one is of no use; the next may be.
    Torn(String),
    /// The device is gone: it has to be opened again. Says what is the matter and what to do.
    Gone(String),
}

/// Something that brings one frame after the other.
pub trait FrameSource: Send {
    /// Returns what it calls itself.
    fn name(&self) -> String;

    /// Waits for the next frame, a tenth of a second at most; none if none came.
    ///
    /// # Errors
    /// [`Trouble`], and whether it goes on.
    fn frame(&mut self) -> Result<Option<Frame>, Trouble>;
}

/// Opens a source, as often as it is lost; a refusal says what is the matter and what to do.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn FrameSource>, String> + Send>;
