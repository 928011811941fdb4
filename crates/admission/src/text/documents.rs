//! Numbers of old identity cards, passports and permits in a text.
//!
//! They have no check digit, or a weak one, so only their whole form counts: a list is full of innocent
//! numbers.

use super::identity::{half_width, is_day};
use super::visible::is_ignorable;

/// What stands before a number of any form.
const KEYWORDS: [&str; 8] =
    ["护照", "護照", "回乡证", "回鄉證", "台胞证", "臺胞證", "通行证号", "PASSPORT"];
/// Words between such a keyword and the number.
const FILLERS: [&str; 4] = ["NO", "NR", "NUMBER", "NUM"];
/// The first two digits of the places of old identity cards (GB/T 2260).
const PLACES: [std::ops::RangeInclusive<u32>; 8] =
    [11..=15, 21..=23, 31..=37, 41..=46, 50..=54, 61..=65, 71..=71, 81..=82];

/// Tells whether a text holds the number of an old identity card, a passport or a permit.
pub fn is_in(text: &str) -> bool {
    let shown = text.chars().filter(|c| !is_ignorable(*c)).map(half_width);
    let plain = shown.collect::<String>().to_uppercase();
    words(&plain).any(is_passport)
        || plain.split(|c: char| !c.is_ascii_digit()).any(is_old_card)
        || has_hong_kong_card(&plain)
        || is_permit(plain.trim())
        || KEYWORDS.iter().any(|keyword| is_announced(&plain, keyword))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Takes the letters off a word that has as many as allowed, and returns how many digits follow;
/// nothing if anything else does.
fn digits_after<'w>(word: &'w str, may_lead: impl Fn(&'w str) -> bool) -> Option<usize> {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = word.strip_suffix(digits)?;
    let only = digits.bytes().all(|digit| digit.is_ascii_digit());
    (only && may_lead(letters)).then_some(digits.len())
}

/// A Chinese passport: `E` or `G` and eight digits, or `E`, a letter and seven or eight digits.
fn is_passport(word: &str) -> bool {
    digits_after(word, |letters| matches!(letters, "E" | "G")) == Some(8)
        || digits_after(word, |letters| letters.len() == 2 && letters.starts_with('E'))
            .is_some_and(|digits| matches!(digits, 7 | 8))
}

/// A permit for the mainland: `H` or `M` and eight or ten digits.
fn is_permit(word: &str) -> bool {
    digits_after(word, |letters| matches!(letters, "H" | "M"))
        .is_some_and(|digits| matches!(digits, 8 | 10))
}

/// Fifteen digits: the place, a day of the last century, and a number.
fn is_old_card(digits: &str) -> bool {
    let part = |from: usize, to: usize| -> u32 {
        digits.get(from..to).and_then(|part| part.parse().ok()).unwrap_or_default()
    };
    digits.len() == 15
        && PLACES.iter().any(|places| places.contains(&part(0, 2)))
        && is_day(part(6, 8).saturating_add(1900), part(8, 10), part(10, 12))
}

/// A card of Hong Kong, with its check digit in brackets as on the card: `A123456(3)`.
fn has_hong_kong_card(text: &str) -> bool {
    let mut ends = text.match_indices('(').filter(|(at, _)| {
        let after = text.get(at.saturating_add(1)..).unwrap_or_default();
        let mut check = after.chars();
        let is_check = |c: char| c.is_ascii_digit() || c == 'A';
        check.next().is_some_and(is_check) && check.next() == Some(')')
    });
    let number = |(at, _): (usize, &str)| {
        let before = text.get(..at).unwrap_or_default().trim_end();
        let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        digits_after(word, |letters| matches!(letters.len(), 1 | 2)) == Some(6)
    };
    ends.any(number)
}

/// A word right behind a keyword: up to two letters, and as many digits as passports have.
fn is_announced(text: &str, keyword: &str) -> bool {
    text.split(keyword).skip(1).any(|rest| {
        let word = words(rest).find(|word| !FILLERS.contains(word)).unwrap_or_default();
        let digits = digits_after(word, |letters| letters.len() <= 2);
        digits.is_some_and(|digits| (7..=10).contains(&digits))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_documents_are_found_however_they_are_written() {
        for text in [
            "210102900307001",
            "身份证210102900307001。",
            "２１０１０２９００３０７００１",
            "2101\u{AD}02900307001",
            "E12345678",
            "G12345678",
            "EA1234567",
            "ea12345678",
            "Wang Wei, E12345678",
            "护照E12345678",
            "A123456(3)",
            "香港身份证 A123456（3）",
            "AB987654 (A)",
            "H12345678",
            " H1234567890 ",
            "M12345678",
            "回乡证：H12345678",
            "回鄉證 H1234567890",
            "Passport No. 123456789",
            "passport: P1234567",
            "台胞证 12345678",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn innocent_numbers_are_left_alone() {
        for text in [
            "",
            "100001",
            "2023",
            "2010-2023",
            "沈阳市 110015",
            "3M",
            "G20 Summit Office",
            "G1234567",
            "E123456789",
            "EN 12345678",
            "海洋公司（1998）",
            "Ocean Co. (A)",
            "A区 1排 1座",
            "A12345(3)",
            "ISO 9001:2015",
            "注册号 210200000012345",
            "注册号 991231900307001",
            "123456789012345",
            "91210200MA0XL3K12E",
            "024-2345 6789",
            "Hall H12345678 B",
            "Passport Capital 2023",
            "护照办理中心 400-123-4567",
            "MH370",
            "E-20230925",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
