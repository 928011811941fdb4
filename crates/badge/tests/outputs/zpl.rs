//! A label printer for ZPL II in so far as badges use it, from Zebra's programming guide.

use super::picture::Picture;

/// Returns the labels that a printer makes of what it is sent.
pub fn printed(sent: &[u8]) -> Vec<Picture> {
    let sent = std::str::from_utf8(sent).expect("ZPL is text");
    assert!(sent.is_ascii(), "old firmware reads ASCII");
    let mut labels = Vec::new();
    let mut label = Format::default();
    for command in sent.replace(['\r', '\n'], "").split('^').skip(1) {
        let (name, parameters) = command.split_at(2);
        let numbers = || parameters.split(',').map(|n| n.parse().expect("a number"));
        match name {
            "XA" => label = Format::default(),
            "PW" => label.width = numbers().next().unwrap(),
            "LL" => label.height = numbers().next().unwrap(),
            "LH" => label.home = pair(numbers()),
            "FO" => label.origin = pair(numbers()),
            "GF" => label.field = Some(parameters.to_owned()),
            "FS" => label.separate(),
            "PQ" => assert_eq!(parameters, "1", "one badge at a time"),
            "XZ" => labels.extend(label.paper.take()),
            _ => panic!("^{name} is not known"),
        }
    }
    labels
}

fn pair(mut numbers: impl Iterator<Item = usize>) -> [usize; 2] {
    [numbers.next().unwrap(), numbers.next().unwrap()]
}

#[derive(Default)]
struct Format {
    width: usize,
    height: usize,
    home: [usize; 2],
    origin: [usize; 2],
    field: Option<String>,
    paper: Option<Picture>,
}

impl Format {
    /// A field ends: it is drawn.
    fn separate(&mut self) {
        let Some(field) = self.field.take() else { return };
        let parts: Vec<&str> = field.splitn(5, ',').collect();
        let [format, sent, total, row, data] = parts[..] else { panic!("^GF has five parameters") };
        assert_eq!(format, "A", "ASCII");
        assert_eq!(sent, total);
        let (total, row): (usize, usize) = (total.parse().unwrap(), row.parse().unwrap());
        let digits = unpacked(data, row * 2);
        assert_eq!(digits.len(), total * 2, "as many digits as it said");
        let (width, height) = (self.width, self.height);
        let paper = self.paper.get_or_insert_with(|| Picture::blank(width, height));
        for (n, digit) in digits.into_iter().enumerate() {
            let (y, x) = (n / (row * 2), n % (row * 2) * 4);
            for bit in (0..4).filter(|bit| digit & (8 >> bit) != 0) {
                let at = |axis: usize| self.home[axis] + self.origin[axis];
                paper.blacken(at(0) + x + bit, at(1) + y);
            }
        }
    }
}

/// The alternative data compression scheme of the guide.
fn unpacked(data: &str, row: usize) -> Vec<u8> {
    let mut digits: Vec<u8> = Vec::new();
    let mut repeats = 0;
    for letter in data.chars() {
        let filled = |digits: &Vec<u8>| (digits.len() / row + 1) * row;
        match letter {
            'G'..='Y' => repeats += letter as usize - 'G' as usize + 1,
            'g'..='z' => repeats += (letter as usize - 'g' as usize + 1) * 20,
            ',' => digits.resize(filled(&digits), 0x0),
            '!' => digits.resize(filled(&digits), 0xF),
            ':' => {
                assert_eq!(digits.len() % row, 0, "a line is repeated at its start");
                digits.extend_from_within(digits.len() - row..);
            }
            digit => {
                let digit = digit.to_digit(16).expect("a digit") as u8;
                digits.extend(std::iter::repeat_n(digit, repeats.max(1)));
                repeats = 0;
            }
        }
    }
    digits
}
