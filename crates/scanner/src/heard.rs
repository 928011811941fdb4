//! What a device read, and who is told.

use std::fmt::{self, Formatter};
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// What kind of device read a code. Names in JSON are in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A camera, or a recording of one.
    Camera,
    /// A scanner on a serial line, mostly USB-COM.
    Serial,
    /// A scanner that speaks HID POS.
    Hid,
    /// A scanner that types, whose keyboard belongs to this program alone.
    Keyboard,
}

impl Source {
    /// Returns its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Source::Camera => "camera",
            Source::Serial => "serial",
            Source::Hid => "hid",
            Source::Keyboard => "keyboard",
        }
    }
}

/// A code that a device read, once for each time that it was shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Heard {
    /// What stands in it, as the device sent it; of what is too long its beginning, and bytes that are no text are
    /// replaced, so that whoever reads passes refuses it.
    pub text: String,
    /// Which kind of device it was.
    pub source: Source,
    /// When it was read.
    pub at: Instant,
}

impl fmt::Debug for Heard {
    /// What is read opens doors, or is somebody else's, so it never reaches a log.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Heard({:?}, {} characters)", self.source, self.text.chars().count())
    }
}

/// Is told what was read, on the thread of the device: whoever takes long here reads less.
pub type Ears = Arc<dyn Fn(Heard) + Send + Sync>;

/// Tells whose a text is, such as by how it begins.
pub type Ours = Arc<dyn Fn(&str) -> bool + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_does_not_show_itself_in_a_log() {
        let heard = Heard { text: "YB1SECRET".to_owned(), source: Source::Hid, at: Instant::now() };
        assert_eq!(format!("{heard:?}"), "Heard(Hid, 9 characters)");
    }
}
