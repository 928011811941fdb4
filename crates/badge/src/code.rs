//! A text as a QR code: level M, four modules of quiet zone, drawn as one path.
//!
//! Whether the text is a pass, and what is in it, is none of this module's business.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode, Version};

use crate::BadgeError;

/// The white border that a reader needs around a code, in modules.
pub const QUIET_ZONE: usize = 4;

/// The id of the path in a filled drawing, by which it is found again to be put on whole dots.
pub(crate) const CODE_ID: &str = "code";

/// A QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    version: i16,
    width: usize,
    dark: Vec<bool>,
}

impl Code {
    /// Encodes `text` at level M in the smallest version that holds it; capitals and digits take the alphanumeric mode.
    pub fn new(text: &str) -> Result<Code, BadgeError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|_| BadgeError::CodeTooLong)?;
        let version = match code.version() {
            Version::Normal(version) | Version::Micro(version) => version,
        };
        let dark = code.to_colors().into_iter().map(|c| c == Color::Dark).collect();
        Ok(Code { version, width: code.width(), dark })
    }

    /// Returns the version, 1 to 40: how large the code is.
    pub fn version(&self) -> i16 {
        self.version
    }

    /// Returns the modules on a side, the quiet zone included.
    pub fn modules(&self) -> usize {
        self.width.saturating_add(QUIET_ZONE.saturating_mul(2))
    }

    /// Returns the data of one SVG path in modules: (0, 0) is the corner of the quiet zone, a module is 1 × 1.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for (row, y) in self.dark.chunks(self.width.max(1)).zip(QUIET_ZONE..) {
            let mut x = QUIET_ZONE;
            for run in row.chunk_by(|a, b| a == b) {
                if run.first() == Some(&true) {
                    let length = run.len();
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
                }
                x = x.saturating_add(run.len());
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as a plain pass: the prefix and base32 of 106 bytes.
    fn plain_pass() -> String {
        let base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().cycle();
        "YB1".chars().chain(base32).take(173).collect()
    }

    #[test]
    fn a_plain_pass_is_version_7() {
        let code = Code::new(&plain_pass()).unwrap();
        assert_eq!((code.version(), code.modules()), (7, 53));
    }

    #[test]
    fn version_7_ends_at_178_characters() {
        assert_eq!(Code::new(&"Y".repeat(178)).unwrap().version(), 7);
        assert_eq!(Code::new(&"Y".repeat(179)).unwrap().version(), 8);
    }

    #[test]
    fn a_text_beyond_the_largest_code_is_refused() {
        assert!(matches!(Code::new(&"Y".repeat(4000)), Err(BadgeError::CodeTooLong)));
    }

    #[test]
    fn the_path_keeps_its_quiet_zone_free() {
        let code = Code::new("YB1").unwrap();
        assert!(code.path().starts_with("M4 4h7v1h-7z"));
    }
}
