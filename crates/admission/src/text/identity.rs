//! Numbers of identity cards and passports: a list that has them is refused.
//!
//! Checking in needs a name and a random number, so such numbers could only be lost here.

use super::visible::is_ignorable;

/// What a heading of such a column contains, in small letters without blanks and signs.
const HEADINGS: [&str; 24] = [
    "身份证",
    "身分证",
    "身份證",
    "身分證",
    "证件号",
    "證件號",
    "证件编号",
    "護照",
    "护照",
    "通行证",
    "通行證",
    "回乡证",
    "回鄉證",
    "台胞证",
    "passport",
    "idnumber",
    "idcard",
    "idno",
    "nationalid",
    "identitycard",
    "identityno",
    "identitynumber",
    "personalid",
    "socialsecurity",
];

/// What to do about such a column.
pub const COLUMN: &str = "numbers of identity cards and passports are never kept here, \
                                 because checking in does not need them; remove the column";
/// What to do about such a number in a text.
pub const VALUE: &str = "this looks like the number of an identity card or passport; such \
                                numbers are never kept here, delete it";

/// Weights of the first seventeen digits (GB 11643-1999), and the check digits by remainder.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// Tells whether a heading announces such numbers.
pub fn is_heading(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    HEADINGS.iter().any(|heading| plain.contains(heading))
}

/// Tells whether a text contains a valid number of a Chinese identity card.
pub fn is_in(text: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '‐'..='―');
    let shown = text.chars().filter(|c| !is_ignorable(*c));
    let plain: String = shown.map(half_width).filter(|c| !is_between(*c)).collect();
    let parts = plain.split(|c: char| !c.is_ascii_digit() && !matches!(c, 'x' | 'X'));
    parts.filter(|part| part.len() == 18).any(|part| is_valid(part.as_bytes()))
}

/// Turns a full-width character into its usual form.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' | '\u{A0}' => ' ',
        // The full-width forms lie in the same order as ASCII.
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
        }
        _ => c,
    }
}

fn is_valid(number: &[u8]) -> bool {
    let Some((digits, [check])) = number.split_first_chunk::<17>() else { return false };
    if !digits.iter().all(u8::is_ascii_digit) || !is_birthday(digits) {
        return false;
    }
    let weighted = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit.saturating_sub(b'0')).saturating_mul(weight));
    let place = usize::try_from(weighted.sum::<u32>() % 11).unwrap_or_default();
    CHECKS.get(place) == Some(&check.to_ascii_uppercase())
}

/// Tells whether digits 7 to 14 are a day.
fn is_birthday(digits: &[u8; 17]) -> bool {
    let number = |from: usize, to: usize| -> u32 {
        let part = digits.get(from..to).and_then(|part| std::str::from_utf8(part).ok());
        part.and_then(|part| part.parse().ok()).unwrap_or_default()
    };
    is_day(number(6, 10), number(10, 12), number(12, 14))
}

/// Tells whether somebody can have been born on such a day.
pub(super) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let part = |value: u32| i8::try_from(value).unwrap_or_default();
    let year = i16::try_from(year).unwrap_or_default();
    (1850..2100).contains(&year) && jiff::civil::Date::new(year, part(month), part(day)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard.
    const VALID: &str = "11010519491231002X";

    #[test]
    fn headings_in_both_languages_are_recognised() {
        for heading in ["身份证号码", "证件号", "Passport No.", "ID_Number", "id card", "護照號碼"]
        {
            assert!(is_heading(heading), "{heading}");
        }
        for heading in ["number", "name_zh", "country_region", "province", "note", "id"] {
            assert!(!is_heading(heading), "{heading}");
        }
    }

    #[test]
    fn a_valid_number_is_found_however_it_is_written() {
        for text in [
            VALID,
            "11010519491231002x",
            "身份证11010519491231002X。",
            "110105 19491231 002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "440524188001010014",
            "110105\u{AD}19491231\u{200D}002X",
            "1\u{200C}10105\u{2009}19491231\u{2013}00\u{FE0F}2\u{34F}\u{3164}X",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn every_check_digit_is_known() {
        for number in [
            "210102199003070011",
            "210102199003070070",
            "21010219900307002X",
            "210102199003070089",
            "210102199003070038",
            "210102199003070097",
            "210102199003070046",
            "210102199003070185",
            "210102199003070054",
            "210102199003070193",
            "210102199003070062",
        ] {
            assert!(is_in(number), "{number}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "110105194912310021",
            "110105194913310029",
            "+86 139 0000 0000;+86 139 0000 0001",
            "123456789012345678901234567890",
            "",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
