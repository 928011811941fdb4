//! How a device is, for whoever sets it up.

use serde::{Deserialize, Serialize};

/// Whether a device works. Names in JSON are in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is being opened for the first time.
    Opening,
    /// It reads.
    Ready,
    /// It is not there, or cannot be used; it is tried again all the time.
    Unplugged,
    /// This program made a mistake with it: only a restart helps.
    Broken,
}

impl Condition {
    /// Returns its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Condition::Opening => "opening",
            Condition::Ready => "ready",
            Condition::Unplugged => "unplugged",
            Condition::Broken => "broken",
        }
    }
}

/// A code that was read, without what stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What kind of text it is and how long, such as `https:… (34 characters)`.
    pub masked: String,
    /// Whether it looks like one of ours.
    pub ours: bool,
    /// How long ago it was read.
    pub seconds_ago: u64,
}

/// How a device is. It holds no text of a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The device as it was written down.
    pub device: String,
    /// What it calls itself, once it was open.
    pub name: Option<String>,
    /// Whether it works.
    pub condition: Condition,
    /// What is the matter and what to do, in a sentence without its full stop.
    pub sentence: String,
    /// Frames a second that a camera brings.
    pub frame_rate: Option<f64>,
    /// What looking at a frame takes: the middle of the last ones, in microseconds.
    pub look_micros: Option<u64>,
    /// The longest of them.
    pub longest_look_micros: Option<u64>,
    /// Codes that were read.
    pub heard: u64,
    /// Frames, or what came over the line, that were refused.
    pub refused: u64,
    /// Why the last of these was refused.
    pub why: Option<String>,
    /// The last codes, newest first.
    pub last: Vec<Code>,
}

/// Returns what may be shown of a code: what kind of text it is by its first word, and its length.
///
/// A pass is a secret of its owner, and the codes of others are none of our business.
pub fn masked(text: &str, ours: bool) -> String {
    let length = text.chars().count();
    let first = || text.chars().take(3).collect();
    let kind: String = if ours { first() } else { scheme(text).unwrap_or_default().to_owned() };
    format!("{kind}… ({length} characters)")
}

/// Returns what addresses, Wi-Fi codes and business cards begin with, with its colon.
fn scheme(text: &str) -> Option<&str> {
    let end = text.find(':').filter(|end| (1..=10).contains(end))?;
    let word = text.get(..=end)?;
    word.bytes().rev().skip(1).all(|byte| byte.is_ascii_alphabetic()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_code_only_its_kind_and_its_length_are_shown() {
        assert_eq!(masked("YB1ABCDEF", true), "YB1… (9 characters)");
        assert_eq!(masked("https://example.org/secret", false), "https:… (26 characters)");
        assert_eq!(masked("WIFI:S:Hall;P:secret;;", false), "WIFI:… (22 characters)");
        for bare in ["王小明:138", "", "a b:c", "2:1", "averylongword:x", ":"] {
            assert!(masked(bare, false).starts_with("… ("), "{bare}");
        }
        assert_eq!(masked("界界界界", true), "界界界… (4 characters)");
    }
}
