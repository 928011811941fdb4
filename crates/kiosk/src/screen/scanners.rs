//! What the scanner page shows to staff: the devices that read codes, and what became of the last ones.
//!
//! It holds no text of a code and no name of anybody: a public screen may show it.

use serde::Serialize;

use crate::desk::Verdict;

/// The scanner page, complete at every look.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Scanners {
    /// Devices, in the order in which they were named; none where only a scanner that types is used.
    pub devices: Vec<Device>,
    /// The last codes, newest first.
    pub last: Vec<Tried>,
}

/// A device that reads codes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Device {
    /// How it was written down, such as `serial:0c2e:0b61`.
    pub device: String,
    /// What it calls itself; `null` before it was open.
    pub name: Option<String>,
    /// Whether it works: `opening`, `ready`, `unplugged` or `broken`.
    pub condition: String,
    /// What is the matter and what to do, in English.
    pub sentence: String,
    /// Frames a second that a camera brings.
    pub frame_rate: Option<f64>,
    /// What looking at one frame takes, the middle of the last ones, in milliseconds.
    pub look_ms: Option<f64>,
    /// The longest of them, in milliseconds.
    pub longest_look_ms: Option<f64>,
    /// Codes that it read since the start.
    pub heard: u32,
    /// Frames, or what came over its line, that were refused since the start.
    pub refused: u32,
    /// Why the last of these was refused, in English.
    pub why: Option<String>,
    /// Number of the camera whose picture can be looked at; `null` for every other device.
    pub camera: Option<u32>,
}

/// What became of a code.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tried {
    /// What kind of text it was, and how long; never the text.
    pub masked: String,
    /// What read it: `camera`, `serial`, `hid` or `keyboard`.
    pub source: String,
    /// What the desk said; `null` while it has not answered.
    pub verdict: Option<Verdict>,
    /// Why not: the reason's code.
    pub reason: Option<String>,
    /// Whether it was only tried: nothing was recorded.
    pub only_tried: bool,
    /// Seconds since it was read.
    pub seconds_ago: u32,
}
