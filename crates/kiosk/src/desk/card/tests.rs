use std::convert::Infallible;

use admission::exchange::Policy;

use super::*;
use crate::testing::{ANNA_SCHMIDT, AU_YEUNG, WANG_XIAOMING, Who, at, convention, kiosk_profile};

fn duty(activity: &str) -> Duty {
    let (convention, profile) = (convention(), kiosk_profile("K1", &[activity]));
    let policy = Policy { number: 1, convention, root: [0; 32], profile };
    Duty::new(&policy, Vec::new(), None).unwrap()
}

fn where_to(who: Who, here: &str, language: &str, time: &str) -> Option<[String; 4]> {
    let (duty, attendee, now) = (duty(here), who.attendee(), at(time));
    let entitled = |activity: &Activity| {
        Ok::<_, Infallible>(duty.convention.entitlement(&attendee, &activity.id))
    };
    let found = next_activity(&duty, now, entitled).unwrap()?;
    let next = next(&duty, &found, language, now)?;
    Some([next.title, next.at, next.place, next.way])
}

#[test]
fn a_card_has_the_own_script_large_and_speaks_one_language() {
    let chinese = card(&convention(), &WANG_XIAOMING.attendee(), "zh-Hans");
    assert_eq!((chinese.name.as_str(), chinese.second_name.as_str()), ("王小明", "WANG Xiaoming"));
    assert_eq!([chinese.post, chinese.place, chinese.category], ["董事长", "新加坡", "嘉宾"]);
    let english = card(&convention(), &ANNA_SCHMIDT.attendee(), "en");
    assert_eq!((english.name.as_str(), english.second_name.as_str()), ("Anna SCHMIDT", ""));
    assert_eq!(
        [english.post, english.place, english.category],
        ["Chairman", "Germany", "DELEGATE"]
    );
}

#[test]
fn next_is_what_is_still_open_and_says_the_seat_in_the_language() {
    let morning = "2023-09-26T07:30:00+08:00";
    let opening = where_to(WANG_XIAOMING, "registration", "zh-Hans", morning).unwrap();
    assert_eq!(opening, ["opening（中）", "09:00", "一号厅  A区 12排 8座", "左侧扶梯上二层"]);
    // Somebody who registers during the ceremony is still sent there.
    let late = where_to(WANG_XIAOMING, "registration", "en", "2023-09-26T10:00:00+08:00").unwrap();
    assert_eq!(late[0], "opening");
    // Whoever enters the ceremony goes on to what comes after it.
    assert_eq!(where_to(WANG_XIAOMING, "opening", "en", morning).unwrap()[0], "forum");
    let gala = where_to(WANG_XIAOMING, "forum", "en", "2023-09-26T13:50:00+08:00").unwrap();
    assert_eq!(gala[..3], ["gala", "18:30", "Hall 1  Table 8"]);
    let trip = where_to(AU_YEUNG, "gala", "zh-Hans", "2023-09-26T18:00:00+08:00").unwrap();
    assert_eq!(trip[..3], ["visit-dalian（中）", "09-27 10:30", "一号厅  2号车"]);
    assert_eq!(where_to(WANG_XIAOMING, "gala", "en", "2023-09-26T18:00:00+08:00"), None);
}

#[test]
fn everybody_is_served_in_a_language_that_there_is() {
    let served = |wanted| served_language(&convention(), wanted);
    for chinese in ["zh-Hans", "zh-Hant", "zh", "zh-HK", "ZH-hans"] {
        assert_eq!(served(chinese), "zh-Hans", "{chinese}");
    }
    for other in ["en", "en-GB", "de", "ar", ""] {
        assert_eq!(served(other), "en", "{other}");
    }
}

#[test]
fn a_badge_speaks_both_languages_and_carries_the_badge_pass() {
    let texts = Texts::of(&WANG_XIAOMING.attendee(), &convention()).unwrap();
    assert_eq!([&texts.category, &texts.second_category], ["嘉宾", "DELEGATE"]);
    assert_eq!(texts.place, "新加坡 Singapore");
    assert_eq!(texts.convention, "首届全球辽商大会");
    assert_eq!(texts.second_enterprise, "Shenhai Technology");
    assert_eq!(texts.pass, WANG_XIAOMING.badge());
}
