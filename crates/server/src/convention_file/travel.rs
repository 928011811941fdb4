//! How long the way between two sites takes at least.

use std::collections::BTreeSet;

use admission::id::Slug;
use admission::presence::LONGEST_TRAVEL_MS;
use admission::roster::{Site, Travel};
use toml::Spanned;

use super::judge::Judge;
use super::written;

/// Reads every way; each two sites once, in whichever order.
pub(super) fn read(judge: &mut Judge<'_>, ways: &[written::Travel], sites: &[Site]) -> Vec<Travel> {
    let mut seen = BTreeSet::new();
    let known = |id: &Slug| sites.iter().any(|site| site.id == *id);
    let read = |way: &written::Travel| {
        let names = way.between.get_ref();
        let mut between = judge.known_slugs(names, "site", known);
        between.sort();
        let minutes = minutes(judge, &way.minutes);
        if names.len() != 2 {
            judge.complain(&way.between, "name two sites, such as [\"hall\", \"hotel\"]");
        }
        // After a complaint the way is left out.
        let between = <[Slug; 2]>::try_from(between).ok()?;
        if between.first() == between.last() || !seen.insert(between.clone()) {
            judge.complain(&way.between, "name two different sites, and each two once");
        }
        Some(Travel { between, minutes: minutes? })
    };
    ways.iter().filter_map(read).collect()
}

/// Reads minutes; 0 where two sites are next door to each other.
fn minutes(judge: &mut Judge<'_>, minutes: &Spanned<i64>) -> Option<u32> {
    let is_sensible =
        |minutes: &u32| u64::from(*minutes).saturating_mul(60_000) < LONGEST_TRAVEL_MS;
    let value = u32::try_from(*minutes.get_ref()).ok().filter(is_sensible);
    if value.is_none() {
        judge.complain(minutes, "write whole minutes from 0 to 1439");
    }
    value
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use admission::id::ConventionId;
    use admission::roster::Convention;

    use super::super::parse;
    use super::*;
    use crate::complaint::Complaints;
    use crate::testing::{CONVENTION, TEMPLATE};

    fn with(way: &str) -> Result<Convention, Complaints> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("badge.svg"), TEMPLATE).unwrap();
        let folder: &Path = dir.path();
        let text = format!("{CONVENTION}\n{way}");
        parse("c.toml", &text, folder, ConventionId([1; 16]))
    }

    fn refused(way: &str) -> String {
        let complaints = with(way).unwrap_err().0;
        complaints.iter().map(|complaint| complaint.text.as_str()).collect::<Vec<_>>().join(" | ")
    }

    fn way(between: &str, minutes: &str) -> String {
        format!("[[travel]]\nbetween = [{between}]\nminutes = {minutes}\n")
    }

    #[test]
    fn a_way_takes_as_long_as_the_organiser_says_and_otherwise_a_quarter_of_an_hour() {
        let [hall, dalian] = ["hall", "dalian"].map(|id| id.parse::<Slug>().unwrap());
        let minutes = |convention: Convention| {
            let there = convention.travel_minutes([&hall, &dalian]);
            assert_eq!(convention.travel_minutes([&dalian, &hall]), there, "and back");
            assert_eq!(convention.travel_minutes([&hall, &hall]), 0);
            there
        };
        assert_eq!(minutes(with("").unwrap()), 15);
        let pair = r#""hall", "dalian""#;
        assert_eq!(minutes(with(&way(pair, "150")).unwrap()), 150);
        assert_eq!(minutes(with(&way(pair, "0")).unwrap()), 0);
    }

    #[test]
    fn a_way_between_other_than_two_known_sites_is_refused() {
        let two = "name two sites, such as [\"hall\", \"hotel\"]";
        assert_eq!(refused(&way(r#""hall""#, "9")), two);
        assert_eq!(refused(&way(r#""hall", "dalian", "hall""#, "9")), two);
        let unknown = "no site is called hotel; add it or mend the id";
        assert_eq!(refused(&way(r#""hall", "hotel""#, "9")), unknown);
        let once = "name two different sites, and each two once";
        assert_eq!(refused(&way(r#""hall", "hall""#, "9")), once);
        let [there, back] =
            [r#""hall", "dalian""#, r#""dalian", "hall""#].map(|pair| way(pair, "9"));
        assert_eq!(refused(&(there + &back)), once);
        for minutes in ["-1", "1440"] {
            let said = refused(&way(r#""hall", "dalian""#, minutes));
            assert_eq!(said, "write whole minutes from 0 to 1439");
        }
    }
}
