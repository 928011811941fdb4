//! Questions and answers of IPP as bytes (RFC 8010).
//!
//! The library encodes and decodes. What comes from the network is looked over first, because the library would slice
//! past the end of a short value, and because values within values without end would exhaust the stack.

use std::collections::BTreeMap;
use std::io::Cursor;

use ipp::attribute::{IppAttribute, IppAttributeGroup};
use ipp::model::{DelimiterTag, IppVersion, Operation};
use ipp::parser::{IppParseError, IppParser};
use ipp::reader::IppReader;
use ipp::request::IppRequestResponse;
use ipp::value::{IppKeyword, IppName, IppValue};

/// How deep values may lie in values; `media-col` has two levels.
const DEEPEST: usize = 8;

/// Who asks. The printer may show it.
const USER: &str = "yingbin";

/// A question.
pub(super) struct Question {
    inner: IppRequestResponse,
    failed: bool,
}

impl Question {
    /// Asks a printer, by its address, for this.
    pub(super) fn new(
        operation: Operation,
        printer: Option<&str>,
    ) -> Result<Question, IppParseError> {
        let inner = IppRequestResponse::new(IppVersion::v1_1(), operation, None)?;
        let question = Question { inner, failed: false };
        let question = match printer {
            Some(uri) => question.operation("printer-uri", IppValue::new_uri(uri)),
            None => question,
        };
        Ok(question)
    }

    /// Says whose job it is. It stands behind what the job is called.
    pub(super) fn user(self) -> Question {
        self.operation("requesting-user-name", IppValue::new_name_without_language(USER))
    }

    /// Adds what the printer needs to know.
    pub(super) fn operation(self, name: &str, value: Result<IppValue, IppParseError>) -> Question {
        self.add(DelimiterTag::OperationAttributes, name, value)
    }

    /// Adds how the job is to be printed.
    pub(super) fn job(self, name: &str, value: Result<IppValue, IppParseError>) -> Question {
        self.add(DelimiterTag::JobAttributes, name, value)
    }

    /// Asks for these attributes only.
    pub(super) fn wanted(self, names: &[&str]) -> Question {
        let names: Result<Vec<IppValue>, _> =
            names.iter().map(|name| IppValue::new_keyword(*name)).collect();
        self.operation("requested-attributes", names.map(IppValue::Array))
    }

    fn add(
        mut self,
        tag: DelimiterTag,
        name: &str,
        value: Result<IppValue, IppParseError>,
    ) -> Question {
        let attribute = value.and_then(|value| IppAttribute::with_name(name, value));
        match attribute {
            Ok(attribute) => self.inner.attributes_mut().add(tag, attribute),
            Err(_) => self.failed = true,
        }
        self
    }

    /// Returns its bytes; `None` if something in it is longer than IPP allows.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        (!self.failed).then(|| self.inner.to_bytes().to_vec())
    }
}

/// Makes a value of named values.
pub(super) fn collection<const N: usize>(
    members: [(&str, Option<IppValue>); N],
) -> Result<IppValue, IppParseError> {
    let mut map = BTreeMap::new();
    for (name, value) in members {
        if let Some(value) = value {
            map.insert(IppName::new(name)?, value);
        }
    }
    Ok(IppValue::Collection(map))
}

/// An answer.
pub(super) struct Answer {
    /// The status of RFC 8011, appendix B.
    pub(super) status: u16,
    groups: Vec<IppAttributeGroup>,
}

impl Answer {
    /// Reads what came; `None` if it is no answer of a printer.
    pub(super) fn read(bytes: &[u8]) -> Option<Answer> {
        if !is_sound(bytes) {
            return None;
        }
        let parser = IppParser::new(IppReader::new(Cursor::new(bytes.to_vec())));
        let (header, attributes, _) = parser.parse_parts().ok()?;
        let status = u16::from_be_bytes(header.operation_or_status.to_be_bytes());
        Some(Answer { status, groups: attributes.into_groups() })
    }

    /// Tells whether what was asked was done.
    pub(super) fn is_success(&self) -> bool {
        self.status < 0x0100
    }

    /// Returns what the answer says of a printer.
    pub(super) fn printer(&self) -> Attributes<'_> {
        Attributes(self.groups_of(DelimiterTag::PrinterAttributes).next())
    }

    /// Returns what the answer says of each printer.
    pub(super) fn printers(&self) -> impl Iterator<Item = Attributes<'_>> {
        self.groups_of(DelimiterTag::PrinterAttributes).map(|group| Attributes(Some(group)))
    }

    /// Returns what the answer says of a job.
    pub(super) fn job(&self) -> Attributes<'_> {
        Attributes(self.groups_of(DelimiterTag::JobAttributes).next())
    }

    /// Returns what the answer says of each job.
    pub(super) fn jobs(&self) -> impl Iterator<Item = Attributes<'_>> {
        self.groups_of(DelimiterTag::JobAttributes).map(|group| Attributes(Some(group)))
    }

    fn groups_of(&self, tag: DelimiterTag) -> impl Iterator<Item = &IppAttributeGroup> {
        self.groups.iter().filter(move |group| group.tag() == tag)
    }
}

/// What an answer says of one thing.
#[derive(Clone, Copy, Default)]
pub(super) struct Attributes<'a>(Option<&'a IppAttributeGroup>);

impl<'a> Attributes<'a> {
    /// Returns all values of this name.
    pub(super) fn values(self, name: &str) -> &'a [IppValue] {
        match self.0.and_then(|group| group.get(name)).map(IppAttribute::value) {
            Some(IppValue::Array(values)) => values,
            Some(value) => std::slice::from_ref(value),
            None => &[],
        }
    }

    /// Returns the numbers.
    pub(super) fn numbers(self, name: &str) -> impl Iterator<Item = i32> + 'a {
        self.values(name).iter().filter_map(number)
    }

    /// Returns the first number.
    pub(super) fn number(self, name: &str) -> Option<i32> {
        self.numbers(name).next()
    }

    /// Returns the words.
    pub(super) fn words(self, name: &str) -> Vec<String> {
        self.values(name).iter().filter_map(word).map(str::to_owned).collect()
    }

    /// Returns the first word.
    pub(super) fn word(self, name: &str) -> Option<String> {
        self.values(name).iter().find_map(word).map(str::to_owned)
    }

    /// Returns the texts that are sent as mere bytes.
    pub(super) fn octets(self, name: &str) -> Vec<String> {
        let texts = self.values(name).iter().filter_map(|value| match value {
            IppValue::OctetString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        });
        texts.collect()
    }

    /// Returns a yes or no.
    pub(super) fn yes(self, name: &str) -> Option<bool> {
        self.values(name).iter().find_map(|value| value.as_boolean().copied())
    }

    /// Tells whether the printer says that there is no such value yet.
    pub(super) fn is_empty(self, name: &str) -> bool {
        matches!(self.values(name), [IppValue::NoValue])
    }
}

/// Reads a number of any kind.
pub(super) fn number(value: &IppValue) -> Option<i32> {
    match value {
        IppValue::Integer(number) | IppValue::Enum(number) => Some(*number),
        _ => None,
    }
}

fn word(value: &IppValue) -> Option<&str> {
    match value {
        IppValue::Keyword(word) => Some(IppKeyword::as_str(word)),
        IppValue::MimeMediaType(word) => Some(word),
        IppValue::NameWithoutLanguage(word) | IppValue::NameWithLanguage { name: word, .. } => {
            Some(word)
        }
        IppValue::TextWithoutLanguage(word) | IppValue::TextWithLanguage { text: word, .. } => {
            Some(word)
        }
        IppValue::Uri(word) => Some(word),
        _ => None,
    }
}

/// Tells whether a message is whole, and holds nothing that the library would stumble over.
fn is_sound(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.get(8..) else { return false };
    let mut depth: usize = 0;
    while let Some((&tag, after)) = rest.split_first() {
        rest = match tag {
            0x03 => return depth == 0,
            0x00..=0x0f => after,
            _ => {
                let Some((_, after)) = sized(after) else { return false };
                let Some((value, after)) = sized(after) else { return false };
                match tag {
                    0x34 => depth = depth.saturating_add(1),
                    0x37 if depth == 0 => return false,
                    0x37 => depth = depth.saturating_sub(1),
                    0x35 | 0x36 if !has_language(value) => return false,
                    _ => {}
                }
                after
            }
        };
        if depth > DEEPEST {
            return false;
        }
    }
    false
}

/// Splits off a part that its length stands before.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn has_language(value: &[u8]) -> bool {
    sized(value).and_then(|(_, text)| sized(text)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(attributes: &[u8]) -> Vec<u8> {
        [&[1, 1, 0, 0, 0, 0, 0, 1], attributes].concat()
    }

    /// An attribute of a job with this tag and value.
    fn attribute(tag: u8, name: &str, value: &[u8]) -> Vec<u8> {
        let size = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[tag][..], &size(name.as_bytes()), name.as_bytes(), &size(value), value].concat()
    }

    #[test]
    fn what_is_asked_is_read_back() {
        let size = collection([("x-dimension", Some(IppValue::Integer(9000)))]).unwrap();
        let question = Question::new(Operation::PrintJob, Some("ipp://h/p"))
            .unwrap()
            .wanted(&["printer-state", "media-col-ready"])
            .job("media-col", collection([("media-size", Some(size))]));
        let bytes = question.bytes().unwrap();
        assert!(is_sound(&bytes));
        assert!(
            Question::new(Operation::PrintJob, None)
                .unwrap()
                .operation("job-name", IppValue::new_name_without_language("n".repeat(300)))
                .bytes()
                .is_none()
        );
    }

    #[test]
    fn a_printer_that_answers_nonsense_is_refused_before_the_library_reads_it() {
        let whole =
            answer(&[&[2][..], &attribute(0x44, "job-state-reasons", b"none"), &[3]].concat());
        assert_eq!(Answer::read(&whole).unwrap().job().words("job-state-reasons"), ["none"]);
        for length in 0..whole.len() {
            assert!(Answer::read(&whole[..length]).is_none(), "{length} bytes");
        }
        // The library slices such a text without looking at its length.
        let short = attribute(0x35, "status-message", &[0, 2, b'e', b'n', 0xff, 0xff, b'x']);
        assert!(Answer::read(&answer(&[&[1][..], &short, &[3]].concat())).is_none());
        let begin = attribute(0x34, "media-col", &[]);
        let deep: Vec<u8> = (0..100_000).flat_map(|_| begin.clone()).collect();
        assert!(Answer::read(&answer(&[&[4][..], &deep, &[3]].concat())).is_none());
        let end = attribute(0x37, "", &[]);
        assert!(Answer::read(&answer(&[&[4][..], &end, &[3]].concat())).is_none());
    }

    #[test]
    fn no_bytes_at_all_stop_the_program() {
        let whole = answer(
            &[
                &[1][..],
                &attribute(0x36, "printer-name", &[0, 2, b'e', b'n', 0, 1, b'x']),
                &[4],
                &attribute(0x34, "media-col", &[]),
                &attribute(0x4a, "", b"media-size"),
                &attribute(0x34, "", &[]),
                &attribute(0x4a, "", b"x-dimension"),
                &attribute(0x33, "", &[0, 0, 0, 1, 0, 0, 0, 9]),
                &attribute(0x37, "", &[]),
                &attribute(0x37, "", &[]),
                &attribute(0x32, "printer-resolution", &[0, 0, 1, 44, 0, 0, 1, 44, 3]),
                &[3],
            ]
            .concat(),
        );
        assert!(Answer::read(&whole).is_some());
        // A simple generator with its seed in the code: the same bytes every time.
        let mut seed: u32 = 20_260_926;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 8
        };
        for _ in 0..50_000 {
            let mut bytes = whole.clone();
            for _ in 0..=next() % 4 {
                let place = next() as usize % bytes.len();
                bytes[place] = next() as u8;
            }
            let _ = Answer::read(&bytes);
        }
    }
}
