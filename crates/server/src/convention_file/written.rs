//! `convention.toml` as it is written, before anything is judged: the schema and where values stand.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

pub(super) type Text = Spanned<String>;
/// A title by language tag.
pub(super) type Title = Spanned<BTreeMap<Text, Text>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) convention: Head,
    pub(super) theme: Theme,
    #[serde(default)]
    pub(super) site: Vec<Site>,
    #[serde(default)]
    pub(super) category: Vec<Category>,
    #[serde(default)]
    pub(super) delegation: Vec<Delegation>,
    #[serde(default)]
    pub(super) activity: Vec<Activity>,
    #[serde(default)]
    pub(super) entitlement: Vec<Entitlement>,
    #[serde(default)]
    pub(super) travel: Vec<Travel>,
    /// Titles by language, and `continent` among them.
    #[serde(default)]
    pub(super) region: BTreeMap<Text, BTreeMap<Text, Text>>,
    /// Titles by language, and the number `code` among them.
    #[serde(default)]
    pub(super) province: BTreeMap<Text, BTreeMap<Text, Spanned<toml::Value>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) title: Title,
    pub(super) time_zone: Text,
    pub(super) languages: Spanned<Vec<Text>>,
    pub(super) first_day: Spanned<Datetime>,
    pub(super) last_day: Spanned<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Theme {
    pub(super) night: Text,
    pub(super) dusk: Text,
    pub(super) moon: Text,
    pub(super) accent: Text,
    pub(super) paper: Text,
    pub(super) ink: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    pub(super) id: Text,
    pub(super) title: Title,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Travel {
    pub(super) between: Spanned<Vec<Text>>,
    pub(super) minutes: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) id: Text,
    pub(super) number: Spanned<i64>,
    pub(super) title: Title,
    pub(super) band: Text,
    pub(super) badge: Text,
    /// How old the list may be, in minutes, before a person decides.
    pub(super) list_minutes: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delegation {
    pub(super) id: Text,
    pub(super) title: Title,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Activity {
    pub(super) id: Text,
    pub(super) title: Title,
    pub(super) mode: Text,
    pub(super) site: Text,
    pub(super) starts: Spanned<Datetime>,
    pub(super) ends: Spanned<Datetime>,
    pub(super) doors_open: Option<Spanned<Datetime>>,
    pub(super) doors_close: Option<Spanned<Datetime>>,
    #[serde(default)]
    pub(super) collects: bool,
    pub(super) place: Option<Title>,
    pub(super) way: Option<Title>,
    /// A second scan is refused.
    #[serde(default)]
    pub(super) strict: bool,
    /// From when everybody with a badge may enter.
    pub(super) open_to_all: Option<Spanned<Datetime>>,
    /// How many may be inside.
    pub(super) capacity: Option<Spanned<i64>>,
    /// From when the wait list may enter.
    pub(super) wait_list: Option<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entitlement {
    pub(super) activity: Text,
    #[serde(default)]
    pub(super) categories: Vec<Text>,
    #[serde(default)]
    pub(super) delegations: Vec<Text>,
    pub(super) seat: Option<Text>,
    pub(super) table: Option<Text>,
    pub(super) bus: Option<Text>,
}
