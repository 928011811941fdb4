//! The picture of an invitation pass, as an attendee gets it on the phone.
//!
//! The code is as large as the screen allows, because kiosks read it from a dimmed phone at arm's length.
//! The token is only drawn; what it means is not known here.

use crate::template::{Template, Values};
use crate::texts::printable;
use crate::words::Words;
use crate::{Badge, BadgeError};

/// The width of a phone's picture.
pub const WIDTH_PX: u32 = 1080;

const TEMPLATE: &str = include_str!("../templates/pass_picture.svg");

/// What the picture of a pass tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassPicture {
    /// The six-digit registration number.
    pub number: String,
    /// The attendee's name.
    pub name: String,
    /// The convention's title, in the attendee's language where there is one.
    pub convention: String,
    /// The days on which the pass is valid, as the attendee writes dates.
    pub days: String,
    /// The text of the invitation pass.
    pub token: String,
    /// The attendee's language, BCP 47.
    pub language: String,
}

impl PassPicture {
    /// Draws the picture: its SVG, PDF and PNG then come from the result.
    pub fn draw(&self) -> Result<Badge, BadgeError> {
        Template::built_in(TEMPLATE).compose(&self.values()?, &self.token, &self.language)
    }

    /// Returns the picture for a phone, 1080 pixels wide.
    pub fn png(&self) -> Result<Vec<u8>, BadgeError> {
        self.draw()?.png(WIDTH_PX)
    }

    fn values(&self) -> Result<Values, BadgeError> {
        let words = Words::for_language(&self.language);
        let days = printable("days", &self.days)?;
        Ok(Values::from([
            ("number", printable("number", &self.number)?),
            ("name", printable("name", &self.name)?),
            ("convention", printable("convention", &self.convention)?),
            (
                "days",
                if days.is_empty() {
                    days
                } else {
                    words.say("pass-days", &[("days", &self.days)])
                },
            ),
            ("title", words.say("pass-title", &[])),
            ("number_label", words.say("pass-number", &[])),
            ("show", words.say("pass-show", &[])),
            ("personal", words.say("pass-personal", &[])),
        ]))
    }
}
