//! What a printer says that speaks TSPL: one byte, whatever it is at.

use super::Look;
use super::link::{Broken, Link};
use crate::Condition;

/// What the byte means, bit by bit.
const BITS: [(u8, Condition); 8] = [
    (0x01, Condition::CoverOpen),
    (0x02, Condition::Jam),
    (0x04, Condition::PaperOut),
    (0x08, Condition::InkOut),
    (0x10, Condition::Paused),
    (0x20, Condition::Busy),
    (0x40, Condition::CoverOpen),
    (0x80, Condition::Fault),
];

/// Asks how the printer is; `None` if it does not say.
pub(super) fn look(link: &mut Link) -> Result<Option<Look>, Broken> {
    link.ask(b"\x1b!?")?;
    let byte = link.read(|bytes| match bytes {
        [byte] => Some((*byte, 1)),
        // Whoever says more than one byte speaks another language.
        _ => None,
    })?;
    Ok(byte.map(|byte| Look { conditions: conditions(byte).collect(), count: None }))
}

fn conditions(byte: u8) -> impl Iterator<Item = Condition> {
    BITS.into_iter().filter(move |(bit, _)| byte & bit != 0).map(|(_, condition)| condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_the_byte_has_its_meaning() {
        let said = |byte| conditions(byte).collect::<Vec<_>>();
        assert!(said(0x00).is_empty());
        assert_eq!(said(0x05), [Condition::CoverOpen, Condition::PaperOut]);
        assert_eq!(said(0x20), [Condition::Busy]);
        assert_eq!(said(0x90), [Condition::Paused, Condition::Fault]);
    }
}
