//! Roster rows as people read them: the card on the screen, the next activity, the badge.

use admission::roster::{Activity, Attendee, Convention, Entitled, Person, Placing, Words};
use admission::time::Millis;
use badge::Texts;

use crate::duty::Duty;
use crate::screen::{Card, Next};

use super::Desk;

/// Returns the other language of the pair Chinese and English.
pub(super) fn other_language(language: &str) -> &'static str {
    if is_chinese(language) { "en" } else { "zh-Hans" }
}

/// Returns the language of the convention in which a person is served.
///
/// Chinese of any region reads the Chinese that there is; who is not served reads English.
pub(super) fn served_language(convention: &Convention, wanted: &str) -> String {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let languages = &convention.languages;
    let exact = languages.iter().find(|tag| tag.eq_ignore_ascii_case(wanted));
    let close = || languages.iter().find(|tag| primary(tag) == primary(wanted));
    let english = || languages.iter().find(|tag| primary(tag) == "en");
    let found = exact.or_else(close).or_else(english).or(languages.first());
    found.map_or("en", String::as_str).to_owned()
}

/// Returns a person as on the badge, in a language.
pub(super) fn card(convention: &Convention, attendee: &Attendee, language: &str) -> Card {
    let nobody = Person::default();
    let person = attendee.person.as_ref().unwrap_or(&nobody);
    let (name, second_name) = first_and_second(&person.name, &person.latin);
    let place = place(convention, person);
    Card {
        name,
        second_name,
        post: chosen(language, &person.post_zh, &person.post_en),
        enterprise: chosen(language, &person.enterprise_zh, &person.enterprise_en),
        place: place.map_or("", |words| words.in_language(language)).to_owned(),
        category: category(convention, attendee, language),
    }
}

/// Returns where to go now: what the person may still enter, and comes next.
pub(super) fn next(duty: &Duty, attendee: &Attendee, language: &str, now: Millis) -> Option<Next> {
    let mut ahead: Vec<(&Activity, Placing)> = duty
        .convention
        .activities
        .iter()
        .filter(|activity| is_ahead(activity, &duty.activity, now))
        .filter_map(|activity| match duty.convention.entitlement(attendee, &activity.id) {
            Entitled::Yes(placing) => Some((activity, placing)),
            Entitled::Waiting | Entitled::No | Entitled::Excluded => None,
        })
        .collect();
    ahead.sort_by_key(|(activity, _)| activity.starts);
    let (activity, placing) = ahead.first()?;
    Some(Next {
        title: activity.title.in_language(language).to_owned(),
        at: time_of_day(duty, activity.starts, now),
        place: whereabouts(activity.place.in_language(language), placing, language),
        way: activity.way.in_language(language).to_owned(),
    })
}

/// Returns where a person sits or rides here.
pub(super) fn own_place(duty: &Duty, attendee: &Attendee, language: &str) -> String {
    match duty.convention.entitlement(attendee, &duty.activity.id) {
        Entitled::Yes(placing) => whereabouts("", &placing, language),
        Entitled::Waiting | Entitled::No | Entitled::Excluded => String::new(),
    }
}

/// Whoever registers may still catch what is going on; whoever enters a hall goes on afterwards.
fn is_ahead(activity: &Activity, here: &Activity, now: Millis) -> bool {
    let after_this = here.collects || activity.starts >= here.ends;
    activity.id != here.id && !activity.collects && activity.doors_close > now && after_this
}

/// Returns a time of day, with the day in front when it is not today.
pub(super) fn time_of_day(duty: &Duty, at: Millis, now: Millis) -> String {
    let local = duty.zone.to_datetime(at.timestamp());
    let today = at.day_in(&duty.zone) == duty.day(now);
    local.strftime(if today { "%H:%M" } else { "%m-%d %H:%M" }).to_string()
}

/// Room, seat, table and bus in one line, as the organiser wrote them; bare numbers get a word.
fn whereabouts(room: &str, placing: &Placing, language: &str) -> String {
    let (table, bus) = match is_chinese(language) {
        true => (worded(&placing.table, "", "号桌"), worded(&placing.bus, "", "号车")),
        false => (worded(&placing.table, "Table ", ""), worded(&placing.bus, "Bus ", "")),
    };
    let parts = [room, &placing.seat, &table, &bus];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

fn worded(text: &str, before: &str, after: &str) -> String {
    match !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        true => format!("{before}{text}{after}"),
        false => text.to_owned(),
    }
}

impl Desk {
    /// Returns what a person's badge says and the template it is drawn with; none without a name.
    pub(super) fn badge_of(&self, attendee: &Attendee) -> Option<(Texts, String)> {
        let convention = &self.duty.convention;
        let category = convention.category(&attendee.category)?;
        let template = convention.templates.get(&category.template)?;
        Some((Texts::of(attendee, convention)?, template.clone()))
    }
}

fn place<'a>(convention: &'a Convention, person: &Person) -> Option<&'a Words> {
    let province = person.province.as_ref().and_then(|id| convention.provinces.get(id));
    let region = || convention.regions.get(&person.region).map(|region| &region.title);
    province.map(|province| &province.title).or_else(region)
}

fn category(convention: &Convention, attendee: &Attendee, language: &str) -> String {
    let found = convention.category(&attendee.category);
    found.map_or("", |category| category.title.in_language(language)).to_owned()
}

fn first_and_second(first: &str, second: &str) -> (String, String) {
    match first.is_empty() {
        true => (second.to_owned(), String::new()),
        false => (first.to_owned(), second.to_owned()),
    }
}

fn chosen(language: &str, chinese: &str, english: &str) -> String {
    let (first, second) =
        if is_chinese(language) { (chinese, english) } else { (english, chinese) };
    first_and_second(first, second).0
}

fn is_chinese(language: &str) -> bool {
    language == "zh" || language.starts_with("zh-")
}

#[cfg(test)]
mod tests;
