//! Reads `convention.toml`: strict, and every complaint names line, column and cure.
//!
//! `written` is the schema; this file turns what is written into [`Convention`], value by value, and
//! collects what is wrong instead of stopping at the first mistake.

pub(crate) mod judge;
mod printed;
mod times;
mod travel;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use admission::id::{ConventionId, Slug};
use admission::roster::{
    Activity, Category, Convention, Delegation, Entitlement, Mode, Placing, Province, Region, Site,
    Words,
};
use admission::time::Day;
use jiff::tz::TimeZone;
use toml::Spanned;

use crate::complaint::{Complaint, Complaints, position};
use crate::import::MAINLAND;
use crate::incoming::{Bounds, Purpose, read_text};
use crate::template_file;
use judge::Judge;
use written::{File, Text, Title};

/// Largest file that is read, in bytes: forty times the demo's.
const LARGEST: u64 = 1 << 20;
/// All badge templates together, in bytes: one message between stations holds 4 MiB.
const LARGEST_TEMPLATES: usize = 2 << 20;
const CONTINENTS: [&str; 6] =
    ["Africa", "Asia", "Europe", "North-America", "South-America", "Oceania"];
/// Languages in which every title must be given.
const NEEDED: [&str; 2] = ["zh-Hans", "en"];

/// Reads a convention file and the badge templates that it names.
///
/// # Errors
/// [`Complaints`] about what is written there, or a sentence why a file cannot be read.
pub fn read(path: &Path, id: ConventionId) -> anyhow::Result<Convention> {
    let text = read_text(path, Purpose::Convention, Bounds::bytes(LARGEST))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(parse(&path.display().to_string(), &text, &folder, id)?)
}

/// Reads the text of a convention file; `folder` is where its templates lie.
///
/// # Errors
/// [`Complaints`] about what is written there.
pub fn parse(
    name: &str,
    text: &str,
    folder: &Path,
    id: ConventionId,
) -> Result<Convention, Complaints> {
    let file: File = toml::from_str(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        let (file, heading) = (name.to_owned(), String::new());
        let text = error.message().replace('\n', "; ");
        Complaints(vec![Complaint { file, line, column, heading, text }])
    })?;
    let mut reader =
        Reader { judge: Judge::new(name, text), zone: TimeZone::UTC, folder: folder.to_owned() };
    let convention = reader.convention(&file, id);
    printed::try_titles(&mut reader.judge, &file, &convention);
    reader.judge.verdict(convention)
}

struct Reader<'a> {
    judge: Judge<'a>,
    zone: TimeZone,
    folder: PathBuf,
}

impl Reader<'_> {
    fn convention(&mut self, file: &File, id: ConventionId) -> Convention {
        let head = &file.convention;
        self.zone = self.judge.zone(&head.time_zone);
        let span = self.judge.span_of_days(&head.first_day, &head.last_day);
        // Stands in after a complaint.
        let (first_day, days) = span.unwrap_or((Day(0), 1));
        let theme = &file.theme;
        let colours =
            [&theme.night, &theme.dusk, &theme.moon, &theme.accent, &theme.paper, &theme.ink];
        let sites = self.sites(file);
        let travel = travel::read(&mut self.judge, &file.travel, &sites);
        let categories = self.categories(file);
        let templates = self.templates(file);
        let delegations = self.delegations(file);
        let activities = self.activities(file, &sites, span);
        let entitlements = self.entitlements(file, &activities, &categories, &delegations);
        Convention {
            id,
            title: self.judge.title(&head.title),
            zone: head.time_zone.get_ref().clone(),
            languages: self.judge.languages(&head.languages),
            first_day,
            days,
            theme: colours.map(|colour| self.judge.colour(colour)),
            sites,
            categories,
            delegations,
            activities,
            entitlements,
            regions: self.regions(file),
            provinces: self.provinces(file),
            templates,
            travel,
        }
    }

    fn sites(&mut self, file: &File) -> Vec<Site> {
        let mut seen = BTreeSet::new();
        let read = |site: &written::Site| {
            let id = self.judge.new_slug(&site.id, "site", &mut seen)?;
            Some(Site { id, title: self.judge.title(&site.title) })
        };
        file.site.iter().filter_map(read).collect()
    }

    fn delegations(&mut self, file: &File) -> Vec<Delegation> {
        let mut seen = BTreeSet::new();
        let read = |delegation: &written::Delegation| {
            let id = self.judge.new_slug(&delegation.id, "delegation", &mut seen)?;
            Some(Delegation { id, title: self.judge.title(&delegation.title) })
        };
        file.delegation.iter().filter_map(read).collect()
    }

    fn categories(&mut self, file: &File) -> Vec<Category> {
        let (mut seen, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        let read = |category: &written::Category| {
            let id = self.judge.new_slug(&category.id, "category", &mut seen)?;
            Some(Category {
                id,
                number: self.judge.number_of_category(&category.number, &mut numbers),
                title: self.judge.title(&category.title),
                band: self.judge.colour(&category.band),
                template: category.badge.get_ref().clone(),
                list_minutes: self.judge.count(category.list_minutes.as_ref()),
            })
        };
        file.category.iter().filter_map(read).collect()
    }

    /// Reads every template once, and tries it.
    fn templates(&mut self, file: &File) -> BTreeMap<String, String> {
        let mut templates = BTreeMap::new();
        for category in &file.category {
            let name = category.badge.get_ref();
            if templates.contains_key(name) {
                continue;
            }
            let svg = template_file::read(&self.folder, name)
                .unwrap_or_else(|complaint| self.judge.refuse(&category.badge, complaint));
            templates.insert(name.clone(), svg);
            if templates.values().map(String::len).sum::<usize>() > LARGEST_TEMPLATES {
                let text = "all templates together have more than 2 MiB; scale their pictures down";
                self.judge.complain(&category.badge, text);
                break;
            }
        }
        templates
    }

    fn activities(
        &mut self,
        file: &File,
        sites: &[Site],
        days: Option<(Day, u8)>,
    ) -> Vec<Activity> {
        let mut seen = BTreeSet::new();
        let read = |activity: &written::Activity| {
            let id = self.judge.new_slug(&activity.id, "activity", &mut seen);
            let known = |id: &Slug| sites.iter().any(|site| site.id == *id);
            let site = self.judge.known_slug(&activity.site, "site", known);
            let mode = self.mode(&activity.mode);
            let times = times::read(&mut self.judge, activity, &self.zone, days);
            let mut words = |title: &Option<Title>| {
                title.as_ref().map_or(Words::default(), |title| self.judge.title(title))
            };
            let (place, way) = (words(&activity.place), words(&activity.way));
            let title = self.judge.title(&activity.title);
            let times::Times { starts, ends, doors_open, doors_close } = times;
            let mut time =
                |time: &Option<_>| times::instant(&mut self.judge, time.as_ref()?, &self.zone);
            let (open_to_all, wait_list) = (time(&activity.open_to_all), time(&activity.wait_list));
            let capacity = self.judge.count(activity.capacity.as_ref());
            let (id, collects) = (id?, activity.collects);
            // After a complaint anything stands in for the site.
            let site = site.unwrap_or_else(|| id.clone());
            #[rustfmt::skip]
            let read = Activity {
                id, title, mode, site, starts, ends, doors_open, doors_close, collects, place, way,
                strict: activity.strict, open_to_all, capacity, wait_list,
            };
            Some(read)
        };
        file.activity.iter().filter_map(read).collect()
    }

    fn mode(&mut self, mode: &Text) -> Mode {
        match mode.get_ref().as_str() {
            "once" => Mode::Once,
            "daily" => Mode::Daily,
            "reentry" => Mode::Reentry,
            "board" => Mode::Board,
            _ => {
                self.judge.complain(mode, "write once, daily, reentry or board");
                Mode::Once
            }
        }
    }

    fn entitlements(
        &mut self,
        file: &File,
        activities: &[Activity],
        categories: &[Category],
        delegations: &[Delegation],
    ) -> Vec<Entitlement> {
        let read = |rule: &written::Entitlement| {
            let known = |id: &Slug| activities.iter().any(|activity| activity.id == *id);
            let activity = self.judge.known_slug(&rule.activity, "activity", known);
            let known = |id: &Slug| categories.iter().any(|category| category.id == *id);
            let categories = self.judge.known_slugs(&rule.categories, "category", known);
            let known = |id: &Slug| delegations.iter().any(|delegation| delegation.id == *id);
            let delegations = self.judge.known_slugs(&rule.delegations, "delegation", known);
            if rule.categories.is_empty() && rule.delegations.is_empty() {
                let cure = "this entitles nobody; give it categories or delegations";
                self.judge.complain(&rule.activity, cure);
            }
            let placing = Placing {
                seat: self.judge.short(&rule.seat),
                table: self.judge.short(&rule.table),
                bus: self.judge.short(&rule.bus),
            };
            Some(Entitlement { activity: activity?, categories, delegations, placing })
        };
        file.entitlement.iter().filter_map(read).collect()
    }

    fn regions(&mut self, file: &File) -> BTreeMap<String, Region> {
        let mut regions = BTreeMap::new();
        for (code, lines) in &file.region {
            let alpha2 = code.get_ref().len() == 2
                && code.get_ref().bytes().all(|letter| letter.is_ascii_uppercase());
            if !alpha2 {
                self.judge.complain(code, "a region is two capitals of ISO 3166-1, such as SG");
            }
            let continent = lines.get("continent");
            match continent {
                Some(name) if CONTINENTS.contains(&name.get_ref().as_str()) => {}
                Some(name) => {
                    self.judge.complain(name, format!("write one of {}", CONTINENTS.join(", ")))
                }
                None => self.judge.complain(code, "this region lacks its continent"),
            }
            let titles = lines.iter().filter(|(tag, _)| tag.get_ref() != "continent");
            let title = self.judge.titles(code, titles);
            let continent = continent.map_or(String::new(), |name| name.get_ref().clone());
            regions.insert(code.get_ref().clone(), Region { title, continent });
        }
        regions
    }

    fn provinces(&mut self, file: &File) -> BTreeMap<Slug, Province> {
        let (mut provinces, mut seen, mut codes) =
            (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for (id, lines) in &file.province {
            let slug = self.judge.new_slug(id, "province", &mut seen);
            let code = self.judge.code_of_province(id, lines.get("code"), &mut codes);
            let titles: Vec<(&Text, Text)> = lines
                .iter()
                .filter(|(tag, _)| tag.get_ref() != "code")
                .map(|(tag, value)| (tag, self.judge.text_of(value)))
                .collect();
            let title = self.judge.titles(id, titles.iter().map(|(tag, text)| (*tag, text)));
            if let Some(slug) = slug {
                provinces.insert(slug, Province { code, title });
            }
        }
        provinces
    }
}

/// Returns where a value stands in the file.
fn start<T>(value: &Spanned<T>) -> usize {
    value.span().start
}

#[cfg(test)]
mod tests;
