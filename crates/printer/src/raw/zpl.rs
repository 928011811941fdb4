//! What a printer says that speaks ZPL II: `~HS` (host status), `~HQES` (errors and warnings), and its count of labels.

use super::Look;
use super::link::{Broken, Link};
use crate::Condition;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// Asks for the count of labels, in the Set-Get-Do language that older printers do not have.
const COUNT: &[u8] = b"! U1 getvar \"odometer.total_label_count\"\r\n";

/// What the errors and warnings of `~HQES` mean, bit by bit; any other error is a fault.
const ERRORS: [(u32, Condition); 5] = [
    (0x0000_0001, Condition::PaperOut),
    (0x0000_0002, Condition::InkOut),
    (0x0000_0004, Condition::CoverOpen),
    (0x0000_f000, Condition::Jam),
    (0x0001_0000, Condition::Paused),
];
const PAPER_NEAR_END: u32 = 0x0000_0008;

/// Which questions a printer answers; one that it let pass once is not asked again, because silence takes its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers {
    errors: bool,
    count: bool,
}

impl Answers {
    pub(super) const ALL: Answers = Answers { errors: true, count: true };
}

/// Asks how the printer is; `None` if it does not say.
pub(super) fn look(link: &mut Link, answers: &mut Answers) -> Result<Option<Look>, Broken> {
    link.ask(b"~HS\r\n")?;
    let (Some(first), Some(second)) = (link.read(block)?, link.read(block)?) else {
        return Ok(None);
    };
    let Some(mut look) = host_status(&first, &second) else { return Ok(None) };
    // The third holds a password and nothing else.
    link.read(block)?;
    if answers.errors {
        link.ask(b"~HQES\r\n")?;
        match link.read(quick_status)? {
            Some((errors, warnings)) => look.conditions.extend(conditions(errors, warnings)),
            None => answers.errors = false,
        }
    }
    if answers.count {
        link.ask(COUNT)?;
        look.count = link.read(quoted)?.and_then(|count| count.parse().ok());
        answers.count = look.count.is_some();
    }
    Ok(Some(look))
}

/// Finds what stands between the marks of a text.
fn block(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.iter().position(|byte| *byte == ETX)?;
    let before = bytes.get(..end)?;
    let start = before.iter().rposition(|byte| *byte == STX)?.saturating_add(1);
    let text = String::from_utf8_lossy(before.get(start..)?).into_owned();
    Some((text, end.saturating_add(1)))
}

/// Reads the first two texts of the host status; `None` if they are none.
fn host_status(first: &str, second: &str) -> Option<Look> {
    let (first, second): (Vec<&str>, Vec<&str>) =
        (first.split(',').collect(), second.split(',').collect());
    let flag = |texts: &[&str], place: usize| Some(number(texts, place)? != 0);
    let mut look = Look::default();
    let mut add = |holds: bool, condition| {
        if holds {
            look.conditions.insert(condition);
        }
    };
    add(flag(&first, 1)?, Condition::PaperOut);
    add(flag(&first, 2)?, Condition::Paused);
    add(flag(&first, 11)?, Condition::Fault);
    add(flag(&second, 2)?, Condition::CoverOpen);
    add(flag(&second, 3)?, Condition::InkOut);
    // Formats that it has taken, and labels that are still to come.
    add(number(&first, 4)? > 0 || number(&second, 8)? > 0, Condition::Busy);
    Some(look)
}

fn number(texts: &[&str], place: usize) -> Option<u64> {
    texts.get(place)?.trim().parse().ok()
}

/// Finds the flags of errors and warnings: `ERRORS: 1 00000000 00000005`.
fn quick_status(bytes: &[u8]) -> Option<((u32, u32), usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let flags = |name: &str| {
        let line = text.split_once(name)?.1.lines().next()?;
        let last = line.split_whitespace().nth(2).filter(|flags| flags.len() == 8)?;
        u32::from_str_radix(last, 16).ok()
    };
    Some(((flags("ERRORS:")?, flags("WARNINGS:")?), bytes.len()))
}

fn conditions(errors: u32, warnings: u32) -> Vec<Condition> {
    let known = ERRORS.iter().fold(0, |known, (flags, _)| known | flags);
    let mut found: Vec<Condition> = ERRORS
        .iter()
        .filter(|(flags, _)| errors & flags != 0)
        .map(|(_, condition)| *condition)
        .collect();
    found.extend((errors & !known != 0).then_some(Condition::Fault));
    found.extend((warnings & PAPER_NEAR_END != 0).then_some(Condition::PaperLow));
    found
}

/// Finds the answer to a question for a value: a text in quotes, or a question mark.
fn quoted(bytes: &[u8]) -> Option<(String, usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, after) = text.split_once('"')?;
    let (value, _) = after.split_once('"')?;
    Some((value.to_owned(), bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "030,0,0,1245,000,0,0,0,000,0,0,0";
    const SECOND: &str = "000,0,0,0,0,2,4,0,00000000,1,000";

    fn said(first: &str, second: &str) -> Vec<Condition> {
        host_status(first, second).unwrap().conditions.into_iter().collect()
    }

    #[test]
    fn the_host_status_is_read_by_its_places() {
        assert!(said(FIRST, SECOND).is_empty());
        assert_eq!(said("030,1,0,1245,000,0,0,0,000,0,0,0", SECOND), [Condition::PaperOut]);
        assert_eq!(
            said("030,0,1,1245,002,0,0,0,000,0,0,0", SECOND),
            [Condition::Paused, Condition::Busy]
        );
        assert_eq!(
            said(FIRST, "000,0,1,1,1,2,4,0,00000003,1,000"),
            [Condition::CoverOpen, Condition::InkOut, Condition::Busy]
        );
        assert_eq!(host_status("nonsense", SECOND), None);
        assert_eq!(host_status(FIRST, "0,0,x,0,0,0,0,0,0"), None);
    }

    #[test]
    fn a_text_is_what_stands_between_its_marks_and_nothing_before_its_end() {
        assert_eq!(block(b"\r\n\x02a,b\x03\r\n"), Some(("a,b".to_owned(), 7)));
        assert_eq!(block(b"\x02old\x02new\x03"), Some(("new".to_owned(), 9)));
        assert_eq!(block(b"\x02a,b"), None);
    }

    #[test]
    fn errors_and_warnings_are_flags_of_which_many_may_stand() {
        let answer = "\x02\r\n  PRINTER STATUS\r\n   ERRORS:         1 00000000 00010005\r\n   \
                      WARNINGS:       1 00000000 00000008\r\n\x03";
        let ((errors, warnings), _) = quick_status(answer.as_bytes()).unwrap();
        assert_eq!(
            conditions(errors, warnings),
            [Condition::PaperOut, Condition::CoverOpen, Condition::Paused, Condition::PaperLow]
        );
        assert_eq!(conditions(0x40, 0), [Condition::Fault]);
        assert_eq!(quick_status(&answer.as_bytes()[..60]), None);
        assert_eq!(quick_status(b"ERRORS: WARNINGS:\xff"), None);
    }

    #[test]
    fn the_count_stands_in_quotes() {
        assert_eq!(quoted(b"\"1234\"\r\n").map(|found| found.0), Some("1234".to_owned()));
        assert_eq!(quoted(b"\"12"), None);
        assert_eq!(quoted(b"?"), None);
    }
}
