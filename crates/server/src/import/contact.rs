//! Phones and e-mail addresses: what a keyboard with an East Asian input method makes of a phone is
//! evened out, what nobody could call or write to is refused.

use admission::text::half_width;

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

/// Longest part of an address before and behind the `@`, in characters (RFC 5321).
const LONGEST_ADDRESS: (usize, usize) = (64, 253);

const ADDRESS: &str = "an e-mail address looks like name@example.com; mend it or leave it empty";
const FULL_WIDTH: &str =
    "letters or signs of the e-mail address are full-width; write them as usual";
const NOT_ALONE: &str = "write the e-mail address alone, such as name@example.com, without < > or \
                         mailto:";
const TOO_LONG: &str = "an e-mail address has at most 64 characters before the @ and 253 behind it; \
                        mend it or leave it empty";

/// Takes an e-mail address as it is, without blanks at its ends.
///
/// # Errors
/// What is wrong with it.
pub(super) fn email(text: &str) -> Result<String, &'static str> {
    let address = text.trim();
    if address.is_empty() {
        return Ok(String::new());
    }
    if address.chars().any(|c| half_width(c) != c) {
        return Err(FULL_WIDTH);
    }
    let is_mailto = address.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:"));
    if is_mailto || address.contains(['<', '>']) {
        return Err(NOT_ALONE);
    }
    let Some((name, host)) = address.split_once('@') else { return Err(ADDRESS) };
    if name.chars().count() > LONGEST_ADDRESS.0 || host.chars().count() > LONGEST_ADDRESS.1 {
        return Err(TOO_LONG);
    }
    match is_name(name) && host.split('.').all(is_label) {
        true => Ok(address.to_owned()),
        false => Err(ADDRESS),
    }
}

/// Tells whether an address may have this before its `@`: letters of any script, and the usual signs.
fn is_name(name: &str) -> bool {
    let may = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    name.split('.').all(|part| !part.is_empty() && part.chars().all(may))
}

/// Tells whether the name of a host may have this between two dots.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.chars().count())
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
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
        for right in [
            "a@b",
            "wang.wei@example.com",
            "O'Neil+list@mail-1.example.co.uk",
            "12345678@qq.com",
            "王伟@例子.中国",
        ] {
            assert_eq!(email(&format!(" {right} ")).unwrap(), right);
        }
        assert_eq!(email(" ").unwrap(), "");
        let long = format!("{}@example.com", "a".repeat(300));
        for (wrong, sentence) in [
            ("example.com", ADDRESS),
            ("@example.com", ADDRESS),
            ("a@", ADDRESS),
            ("a@b@c", ADDRESS),
            ("a b@c", ADDRESS),
            ("a@b;c@d", ADDRESS),
            ("a@b..com", ADDRESS),
            ("a@.com", ADDRESS),
            ("a@b.com.", ADDRESS),
            ("a@-b.com", ADDRESS),
            ("a@b-.com", ADDRESS),
            ("a..b@c.com", ADDRESS),
            (".a@c.com", ADDRESS),
            ("a\u{AD}@c.com", ADDRESS),
            ("<a@b.com>", NOT_ALONE),
            ("Wang Wei <a@b.com>", NOT_ALONE),
            ("MailTo:a@b.com", NOT_ALONE),
            ("ａ@example.com", FULL_WIDTH),
            ("a＠example.com", FULL_WIDTH),
            (&long, TOO_LONG),
        ] {
            assert_eq!(email(wrong), Err(sentence), "{wrong}");
        }
    }
}
