//! Roster rows as people read them: the card on the screen, the next activity, the badge.

use admission::fact::TripState;
use admission::id::Slug;
use admission::roster::{Activity, Attendee, Convention, Entitled, Person, Placing, Words};
use admission::rule::{Case, Standing};
use admission::time::Millis;
use badge::Texts;
use ledger::LedgerError;
use ledger::case::Known;

use crate::duty::Duty;
use crate::screen::{Card, Next};

use super::{Desk, Now};

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

/// Finds what the person may still enter and comes next, and where the person sits or rides there.
///
/// # Errors
/// Whatever `entitled` answers when it cannot be looked up.
pub(super) fn next_activity<E>(
    duty: &Duty,
    now: Millis,
    entitled: impl Fn(&Activity) -> Result<Entitled, E>,
) -> Result<Option<(Slug, Placing)>, E> {
    let here = &duty.activity;
    let all = duty.convention.activities.iter();
    let mut ahead: Vec<&Activity> = all.filter(|other| is_ahead(other, here, now)).collect();
    ahead.sort_by_key(|activity| activity.starts);
    for activity in ahead {
        match entitled(activity)? {
            Entitled::Yes(placing) => return Ok(Some((activity.id.clone(), placing))),
            Entitled::Waiting | Entitled::No | Entitled::Excluded => {}
        }
    }
    Ok(None)
}

/// Returns where to go now, in a language.
pub(super) fn next(
    duty: &Duty,
    (activity, placing): &(Slug, Placing),
    language: &str,
    now: Millis,
) -> Option<Next> {
    let activity = duty.convention.activity(activity)?;
    Some(Next {
        title: activity.title.in_language(language).to_owned(),
        at: time_of_day(duty, activity.starts, now),
        place: whereabouts(activity.place.in_language(language), placing, language),
        way: activity.way.in_language(language).to_owned(),
    })
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
pub(super) fn whereabouts(room: &str, placing: &Placing, language: &str) -> String {
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
    /// Finds where somebody goes from here, with all that was decided since the list was made: who
    /// stands in for somebody sits there, who was moved rides in the other bus.
    pub(super) fn where_next(&self, attendee: &Attendee, now: Now) -> Option<(Slug, Placing)> {
        let found = self.ledger.person(attendee.id, self.rehearsal).and_then(|known| {
            let Some(known) = known else { return Ok(None) };
            next_activity(&self.duty, now.clock, |there| self.entitled_to(&known, there, now))
        });
        found.unwrap_or_else(|error| {
            // Whoever is in is in; only the way on stays unsaid.
            tracing::error!(%error, "cannot tell where somebody goes next");
            None
        })
    }

    fn entitled_to(
        &self,
        known: &Known,
        activity: &Activity,
        now: Now,
    ) -> Result<Entitled, LedgerError> {
        let by = (&self.duty.convention, self.rehearsal);
        let entitled = self.ledger.entitlement(known, &activity.id, by)?;
        let day = self.duty.day(now.clock.max(activity.starts));
        let trip = known.dossier.trips.get(&activity.id).and_then(|days| days.get(&day.0));
        Ok(match entitled {
            Entitled::Yes(placing) => Entitled::Yes(moved(placing, trip)),
            other => other,
        })
    }

    /// Returns what a person's badge says and the template it is drawn with; none without a name.
    pub(super) fn badge_of(&self, attendee: &Attendee) -> Option<(Texts, String)> {
        let convention = &self.duty.convention;
        let category = convention.category(&attendee.category)?;
        let template = convention.templates.get(&category.template)?;
        Some((Texts::of(attendee, convention)?, template.clone()))
    }
}

/// Lays the bus to which a steward moved somebody over the one that was assigned.
pub(super) fn moved(placing: Placing, trip: Option<&TripState>) -> Placing {
    match trip {
        Some(TripState::Moved(bus)) => Placing { bus: bus.clone(), ..placing },
        _ => placing,
    }
}

/// Returns where somebody sits or rides at a door, whatever the rule says; nothing without a person.
pub(super) fn placing_at(case: Option<&Case>) -> Placing {
    case.and_then(|case| case.attendee.as_ref()).map(Standing::placing).unwrap_or_default()
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
