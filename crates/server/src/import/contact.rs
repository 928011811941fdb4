//! Phones and e-mail addresses: what a keyboard with an East Asian input method makes of them is
//! evened out, what nobody could call or write to is refused.

use super::identity::half_width;

/// Fewest and most digits of a phone: a short number inside a country, and ITU-T E.164.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// Writes phones, separated by `;`, in usual digits with single blanks.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn phones(text: &str) -> Result<String, &'static str> {
    let plain: String = text.chars().map(half_width).collect();
    let phones: Vec<String> = plain
        .split(';')
        .map(|phone| phone.split_whitespace().collect::<Vec<&str>>().join(" "))
        .filter(|phone| !phone.is_empty())
        .collect();
    match phones.iter().find_map(|phone| wrong_phone(phone)) {
        Some(wrong) => Err(wrong),
        None => Ok(phones.join(";")),
    }
}

fn wrong_phone(phone: &str) -> Option<&'static str> {
    let rest = phone.strip_prefix('+').unwrap_or(phone);
    let may = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')');
    if !rest.chars().all(may) {
        return Some("a phone has digits only, and + at its start; separate several with ;");
    }
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (!DIGITS.contains(&digits)).then_some("a phone has 3 to 15 digits; mend it or leave it empty")
}

/// Writes an e-mail address without full-width letters.
///
/// # Errors
/// What is wrong with it.
pub(super) fn email(text: &str) -> Result<String, &'static str> {
    let plain: String = text.trim().chars().map(half_width).collect();
    let is_address = match plain.split_once('@') {
        Some((name, host)) => !name.is_empty() && !host.is_empty() && !host.contains('@'),
        None => plain.is_empty(),
    };
    match is_address && !plain.contains([' ', ';', ',']) {
        true => Ok(plain),
        false => Err("an e-mail address looks like name@example.com; mend it or leave it empty"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_evened_out() {
        assert_eq!(phones("＋８６　１３９\u{A0}００００  ００００ ").unwrap(), "+86 139 0000 0000");
        assert_eq!(phones("024-2345 6789；110; ").unwrap(), "024-2345 6789;110");
        assert_eq!(phones("  ").unwrap(), "");
    }

    #[test]
    fn what_nobody_could_call_is_refused() {
        for phone in ["139 0000 OOOO", "call me", "12", "1234567890123456", "86+139", "一三九", "+"]
        {
            assert!(phones(phone).is_err(), "{phone}");
        }
    }

    #[test]
    fn an_address_has_two_sides() {
        assert_eq!(email(" Ａ@example.com").unwrap(), "A@example.com");
        assert_eq!(email("").unwrap(), "");
        for wrong in ["example.com", "@example.com", "a@", "a@b@c", "a b@c", "a@b;c@d"] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }
}
