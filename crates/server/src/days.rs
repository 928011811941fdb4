//! The convention's days as attendees write dates.

use jiff::civil::Date;

/// Returns a span of days in a language, such as `25–27 September 2023`; others read English.
pub(crate) fn spoken(first: Date, last: Date, language: &str) -> String {
    let months = match language.split('-').next().unwrap_or_default() {
        "zh" => return numbered(first, last, ["年", "月", "日"], "至"),
        "ja" => return numbered(first, last, ["年", "月", "日"], "〜"),
        "ko" => return numbered(first, last, ["년 ", "월 ", "일"], "~"),
        "ru" => "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "ar" => "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
        "fr" => {
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
        }
        "es" => {
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre \
             diciembre"
        }
        _ => {
            "January February March April May June July August September October November December"
        }
    };
    let of = if language.starts_with("es") { " de " } else { " " };
    let month = |date: Date| {
        let place = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
        months.split_whitespace().nth(place).unwrap_or_default()
    };
    let whole = |date: Date| format!("{}{of}{}{of}{}", date.day(), month(date), date.year());
    if first == last {
        whole(last)
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{}–{}", first.day(), whole(last))
    } else {
        format!("{} – {}", whole(first), whole(last))
    }
}

fn numbered(first: Date, last: Date, [year, month, day]: [&str; 3], to: &str) -> String {
    let start = format!("{}{year}{}{month}{}{day}", first.year(), first.month(), first.day());
    if first == last {
        start
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{start}{to}{}{day}", last.day())
    } else {
        let end = format!("{}{year}{}{month}{}{day}", last.year(), last.month(), last.day());
        format!("{start}{to}{end}")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[track_caller]
    fn check(language: &str, expected: &str) {
        assert_eq!(spoken(date(2023, 9, 25), date(2023, 9, 27), language), expected);
    }

    #[test]
    fn days_are_written_as_each_language_writes_them() {
        check("zh-Hans", "2023年9月25日至27日");
        check("ja", "2023年9月25日〜27日");
        check("ko", "2023년 9월 25일~27일");
        check("en", "25–27 September 2023");
        check("vi", "25–27 September 2023");
        check("fr", "25–27 septembre 2023");
        check("es", "25–27 de septiembre de 2023");
        check("ru", "25–27 сентября 2023");
        check("ar", "25–27 سبتمبر 2023");
    }

    #[test]
    fn one_day_and_days_of_two_months_read_well_too() {
        assert_eq!(spoken(date(2023, 9, 25), date(2023, 9, 25), "en"), "25 September 2023");
        assert_eq!(spoken(date(2023, 9, 25), date(2023, 9, 25), "zh"), "2023年9月25日");
        let over = spoken(date(2023, 12, 30), date(2024, 1, 2), "en");
        assert_eq!(over, "30 December 2023 – 2 January 2024");
        let over = spoken(date(2023, 12, 30), date(2024, 1, 2), "zh-Hans");
        assert_eq!(over, "2023年12月30日至2024年1月2日");
    }
}
