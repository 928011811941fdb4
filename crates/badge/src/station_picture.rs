//! The picture with which a new desk joins: the server's address and a one-time code as a QR code,
//! and both in letters for people.
//!
//! Whoever has the picture within its time can join, so it says that it is not to be passed on.

use crate::BadgeError;
use crate::template::{Template, Values};
use crate::texts::printable;

/// Enough for a scanner at arm's length from a screen, and for paper.
const WIDTH_PX: u32 = 810;

const TEMPLATE: &str = include_str!("../templates/station.svg");

/// What the picture tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StationPicture {
    /// The desk's name, such as `K2`.
    pub name: String,
    /// The server's address.
    pub url: String,
    /// The one-time code.
    pub code: String,
    /// Until when it works, as a time of day.
    pub until: String,
}

impl StationPicture {
    /// Draws the picture; its QR code holds `URL#CODE`.
    ///
    /// # Errors
    /// [`BadgeError`] if a text cannot be drawn or does not fit.
    pub fn png(&self) -> Result<Vec<u8>, BadgeError> {
        let text = format!("{}#{}", self.url, self.code);
        let until = format!("{} 前有效 · until {}", self.until, self.until);
        let values = Values::from([
            ("title", "新签到台 · New desk".to_owned()),
            ("name", printable("name", &self.name)?),
            ("url", printable("url", &self.url)?),
            ("code", printable("code", &self.code)?),
            ("until", printable("until", &until)?),
            ("secret", "请勿转发 · Keep it to yourself".to_owned()),
        ]);
        Template::built_in(TEMPLATE).compose(&values, &text, "zh-Hans")?.png(WIDTH_PX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(name: &str, url: &str) -> StationPicture {
        StationPicture {
            name: name.to_owned(),
            url: url.to_owned(),
            code: "WWWWWWWWWW-WWWWWWWWWWWWWWWW".to_owned(),
            until: "08:45".to_owned(),
        }
    }

    #[test]
    fn a_scanner_reads_address_and_code_from_the_picture() {
        let url = "https://checkin.liaoning-convention.example:7300";
        let png = picture("北门 1 号自助签到台 North Gate Kiosk One", url).png().unwrap();
        let text = crate::tests::scanned(&png);
        assert_eq!(text, format!("{url}#WWWWWWWWWW-WWWWWWWWWWWWWWWW"));
    }

    #[test]
    fn a_name_that_no_font_has_is_a_sentence() {
        let refused = picture("\u{10FFFD}", "https://10.0.0.2:7300").png().unwrap_err();
        assert!(refused.to_string().starts_with("no font has these characters of name"));
    }
}
