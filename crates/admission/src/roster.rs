//! The roster: what the organiser decided, as the server sends it down to stations.
//!
//! [`Convention`] is the one policy row; [`Attendee`] is one row a person. Both travel and are
//! stored as their canonical CBOR maps, so a later field is skipped by an older station.
//! A station holds what its site needs: a row outside its scope comes [`Attendee::bare`], enough to
//! decide about a pass and nothing that tells who the person is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sha2::{Digest, Sha256};

use crate::id::{AttendeeId, ConventionId, Serial, Slug};
use crate::time::{Day, Millis};

/// One text in several languages, by BCP 47 tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Words(pub BTreeMap<String, String>);

impl Words {
    /// Returns the text in `language`, else in English, else in any, else nothing.
    pub fn in_language(&self, language: &str) -> &str {
        let chosen = self.0.get(language).or_else(|| self.0.get("en"));
        chosen.or_else(|| self.0.values().next()).map_or("", String::as_str)
    }
}

/// What an organiser decides about a convention, whole.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Convention {
    /// Random name, made when the server is set up.
    #[n(0)]
    pub id: ConventionId,
    /// Title by language.
    #[n(1)]
    pub title: Words,
    /// IANA name of its time zone, such as `Asia/Shanghai`.
    #[n(2)]
    pub zone: String,
    /// Languages that a guest can choose; the first is the default.
    #[n(3)]
    pub languages: Vec<String>,
    /// First day on which passes are valid.
    #[n(4)]
    pub first_day: Day,
    /// Number of days on which passes are valid, 1 to 23.
    #[n(5)]
    pub days: u8,
    /// Colours, each `#RRGGBB`: night, dusk, moon, accent, paper, ink.
    #[n(6)]
    pub theme: [String; 6],
    /// Places.
    #[n(7)]
    pub sites: Vec<Site>,
    /// Roles in which people come.
    #[n(8)]
    pub categories: Vec<Category>,
    /// Groups in which people come.
    #[n(9)]
    pub delegations: Vec<Delegation>,
    /// What people are checked in to.
    #[n(10)]
    pub activities: Vec<Activity>,
    /// Who may enter what, by category and delegation.
    #[n(11)]
    pub entitlements: Vec<Entitlement>,
    /// Names of countries and regions by ISO 3166-1 alpha-2 code.
    #[n(12)]
    pub regions: BTreeMap<String, Region>,
    /// Names of provinces by slug.
    #[n(13)]
    pub provinces: BTreeMap<Slug, Province>,
    /// Badge templates: SVG text by the name that categories use.
    #[n(14)]
    pub templates: BTreeMap<String, String>,
    /// How long the way between two sites takes at least, where it is not the usual time.
    #[n(15)]
    #[cbor(default)]
    pub travel: Vec<Travel>,
}

impl Convention {
    /// Finds an activity.
    pub fn activity(&self, id: &Slug) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.id == *id)
    }

    /// Finds a category.
    pub fn category(&self, id: &Slug) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == *id)
    }

    /// Finds a delegation.
    pub fn delegation(&self, id: &Slug) -> Option<&Delegation> {
        self.delegations.iter().find(|delegation| delegation.id == *id)
    }

    /// Finds a site.
    pub fn site(&self, id: &Slug) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == *id)
    }

    /// Returns in how many minutes nobody gets from one site to another; 0 makes no claim.
    pub fn travel_minutes(&self, between: [&Slug; 2]) -> u32 {
        let [one, other] = between;
        let ways = self.travel.iter().rev();
        let mut ways = ways.filter(|way| way.between.contains(one) && way.between.contains(other));
        if one == other { 0 } else { ways.next().map_or(TRAVEL_MINUTES, |way| way.minutes) }
    }

    /// Answers whether `attendee` may enter `activity`.
    ///
    /// A line of the person's own decides; without one, category and delegation do.
    pub fn entitlement(&self, attendee: &Attendee, activity: &Slug) -> Entitled {
        let own = attendee.assignments.iter().find(|line| line.activity == *activity);
        match own.map(|line| (line.state, line)) {
            Some((AssignmentState::Entitled, line)) => Entitled::Yes(line.placing.clone()),
            Some((AssignmentState::Excluded, _)) => Entitled::Excluded,
            Some((AssignmentState::Waiting, _)) => Entitled::Waiting,
            None => self.entitlement_of_group(&attendee.category, &attendee.delegation, activity),
        }
    }

    /// Answers whether everybody of a category or a delegation may enter `activity`; of several
    /// lines the first decides where they sit or ride.
    pub fn entitlement_of_group(
        &self,
        category: &Slug,
        delegation: &Slug,
        activity: &Slug,
    ) -> Entitled {
        let group = self.entitlements.iter().find(|rule| {
            rule.activity == *activity
                && (rule.categories.contains(category) || rule.delegations.contains(delegation))
        });
        group.map_or(Entitled::No, |rule| Entitled::Yes(rule.placing.clone()))
    }

    /// Tells whether `attendee` may enter anything at `site`, so that the site needs the name.
    pub fn concerns(&self, attendee: &Attendee, site: &Slug) -> bool {
        self.activities
            .iter()
            .filter(|activity| activity.site == *site)
            .any(|activity| self.entitlement(attendee, &activity.id).is_expected())
    }
}

/// The way between two sites takes at least so long, in minutes, unless the convention says
/// otherwise.
pub const TRAVEL_MINUTES: u32 = 15;

/// How long the way between two sites takes at least.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Travel {
    /// The sites; the way back takes as long.
    #[n(0)]
    pub between: [Slug; 2],
    /// Minutes.
    #[n(1)]
    pub minutes: u32,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Site {
    /// Its name in files.
    #[n(0)]
    pub id: Slug,
    /// Its name on screens.
    #[n(1)]
    pub title: Words,
}

/// A role in which people come.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Category {
    /// Its name in files.
    #[n(0)]
    pub id: Slug,
    /// Its number in passes; never reused.
    #[n(1)]
    pub number: u8,
    /// Its name on badges.
    #[n(2)]
    pub title: Words,
    /// Colour of the badge's band, `#RRGGBB`.
    #[n(3)]
    pub band: String,
    /// Name of its badge template.
    #[n(4)]
    pub template: String,
    /// How old the list may be, in minutes, before a person decides instead; none: as old as it is.
    #[n(5)]
    pub list_minutes: Option<u32>,
}

/// A group in which people come.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Delegation {
    /// Its name in files.
    #[n(0)]
    pub id: Slug,
    /// Its name on screens.
    #[n(1)]
    pub title: Words,
}

/// How people are checked in to an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Mode {
    /// Once for the whole activity.
    #[n(0)]
    Once,
    /// Once a day.
    #[n(1)]
    Daily,
    /// In and out.
    #[n(2)]
    Reentry,
    /// Head counts for each leg of a trip.
    #[n(3)]
    Board,
}

/// A part of the convention that people are checked in to.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Activity {
    /// Its name in files.
    #[n(0)]
    pub id: Slug,
    /// Its name on screens.
    #[n(1)]
    pub title: Words,
    /// How people are checked in.
    #[n(2)]
    pub mode: Mode,
    /// Where.
    #[n(3)]
    pub site: Slug,
    /// When it begins.
    #[n(4)]
    pub starts: Millis,
    /// When it ends.
    #[n(5)]
    pub ends: Millis,
    /// From when people are let in.
    #[n(6)]
    pub doors_open: Millis,
    /// From when people are let in no more.
    #[n(7)]
    pub doors_close: Millis,
    /// Whether an invitation collects a badge here.
    #[n(8)]
    pub collects: bool,
    /// Room or meeting point.
    #[n(9)]
    pub place: Words,
    /// How to get there from registration.
    #[n(10)]
    pub way: Words,
    /// Whether a second scan is refused where a steward would otherwise let in again.
    #[n(11)]
    pub strict: bool,
    /// From when everybody with a badge may enter; none: never.
    #[n(12)]
    pub open_to_all: Option<Millis>,
    /// How many may be inside; none: any number. Whoever has a seat or a table has a place.
    #[n(13)]
    pub capacity: Option<u32>,
    /// From when the wait list may enter, as far as there is room; none: never.
    #[n(14)]
    pub wait_list: Option<Millis>,
}

/// Who may enter an activity by role or group; either match entitles.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Entitlement {
    /// The activity.
    #[n(0)]
    pub activity: Slug,
    /// Categories that may.
    #[n(1)]
    pub categories: Vec<Slug>,
    /// Delegations that may.
    #[n(2)]
    pub delegations: Vec<Slug>,
    /// Where all of them sit or ride.
    #[n(3)]
    pub placing: Placing,
}

/// A country or region.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Region {
    /// Its name by language, from the organiser's table.
    #[n(0)]
    pub title: Words,
    /// Its continent: `Africa`, `Asia`, `Europe`, `North-America`, `South-America` or `Oceania`.
    #[n(1)]
    pub continent: String,
}

/// A province-level division of China.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Province {
    /// Its GB/T 2260 code.
    #[n(0)]
    pub code: u8,
    /// Its short name by language.
    #[n(1)]
    pub title: Words,
}

/// Whether a person still comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Status {
    /// Comes.
    #[n(0)]
    Confirmed,
    /// Called off.
    #[n(1)]
    Cancelled,
}

/// One attendee, as a station may know them.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Attendee {
    /// Random id, minted at import and kept for ever.
    #[n(0)]
    pub id: AttendeeId,
    /// Role.
    #[n(1)]
    pub category: Slug,
    /// Group.
    #[n(2)]
    pub delegation: Slug,
    /// Whether the person still comes.
    #[n(3)]
    pub status: Status,
    /// Serial of the invitation.
    #[n(4)]
    pub invitation: Serial,
    /// Serial of the badge pass.
    #[n(5)]
    pub badge: Serial,
    /// Lines of the person's own in `assignments.csv`.
    #[n(6)]
    pub assignments: Vec<Assignment>,
    /// Who it is; `None` where the site has no need to know.
    #[n(7)]
    pub person: Option<Person>,
    /// Lowest revision of a pass that still opens something, 0 to 23.
    #[n(8)]
    pub revision: u8,
    /// Whether the passes are for trying things out: their facts are rehearsed ones everywhere.
    #[n(9)]
    pub test: bool,
    /// Attachment with the last particulars of a desk that the roster has taken in.
    #[n(10)]
    #[cbor(with = "crate::hash")]
    pub accepted: Option<[u8; 32]>,
}

impl Attendee {
    /// Returns the row for a site that this person does not concern: no name, no seat.
    ///
    /// What was decided about the person stays: without it, somebody excluded by name would be let
    /// in by category.
    pub fn bare(&self) -> Attendee {
        let placeless =
            |line: &Assignment| Assignment { placing: Placing::default(), ..line.clone() };
        let assignments = self.assignments.iter().map(placeless).collect();
        Attendee { person: None, assignments, ..self.clone() }
    }

    /// Returns the row's canonical bytes: what is stored, sent and digested.
    pub fn bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }
}

/// Who an attendee is: what badges and screens say.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// Registration number, six digits.
    #[n(0)]
    pub number: String,
    /// Name in its own script; empty if it is written in Latin letters only.
    #[n(1)]
    pub name: String,
    /// Name in Latin letters as it stands on the badge; may be empty.
    #[n(2)]
    pub latin: String,
    /// Post in Chinese.
    #[n(3)]
    pub post_zh: String,
    /// Post in English.
    #[n(4)]
    pub post_en: String,
    /// Enterprise in Chinese.
    #[n(5)]
    pub enterprise_zh: String,
    /// Enterprise in English.
    #[n(6)]
    pub enterprise_en: String,
    /// Key of the country or region.
    #[n(7)]
    pub region: String,
    /// Province of China, where the region is China.
    #[n(8)]
    pub province: Option<Slug>,
    /// The person's language, BCP 47.
    #[n(9)]
    pub language: String,
    /// Text of the badge pass, signed beforehand.
    #[n(10)]
    pub badge_pass: String,
    /// A photo for the badge: a JPEG.
    #[n(11)]
    pub photo: Option<Picture>,
    /// A picture that stands in place of the name on the badge: a gray PNG that says how much ink
    /// stands where, 255 is all of it.
    #[n(12)]
    pub name_image: Option<Picture>,
}

impl Person {
    /// Takes from the list what no desk changes: number, pass and pictures.
    ///
    /// The picture of a name stays as long as the name does.
    pub fn as_listed(self, listed: &Person) -> Person {
        let same_name = (&self.name, &self.latin) == (&listed.name, &listed.latin);
        Person {
            number: listed.number.clone(),
            badge_pass: listed.badge_pass.clone(),
            photo: listed.photo.clone(),
            name_image: listed.name_image.clone().filter(|_| same_name),
            ..self
        }
    }

    /// Returns what can be said of a person without pictures.
    pub fn without_pictures(self) -> Person {
        Person { photo: None, name_image: None, ..self }
    }
}

/// The bytes of a picture file. Copies of a row share them.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture(Arc<[u8]>);

impl Picture {
    /// Takes the bytes of a file.
    pub fn new(bytes: &[u8]) -> Picture {
        Picture(bytes.into())
    }

    /// Returns the bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Picture {
    /// Tells pictures apart, and shows nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({})", HEXLOWER.encode(&Sha256::digest(&self.0)))
    }
}

impl<C> Encode<C> for Picture {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Picture {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Picture, minicbor::decode::Error> {
        d.bytes().map(Picture::new)
    }
}

/// A line of the person's own about one activity.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Assignment {
    /// The activity.
    #[n(0)]
    pub activity: Slug,
    /// What was decided.
    #[n(1)]
    pub state: AssignmentState,
    /// Where the person sits or rides.
    #[n(2)]
    pub placing: Placing,
}

/// What was decided about one person and one activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum AssignmentState {
    /// May enter.
    #[n(0)]
    Entitled,
    /// May not enter, whatever category and delegation say.
    #[n(1)]
    Excluded,
    /// On the wait list; may not enter yet.
    #[n(2)]
    Waiting,
}

/// Seat, table and bus; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Placing {
    /// Seat.
    #[n(0)]
    pub seat: String,
    /// Table.
    #[n(1)]
    pub table: String,
    /// Bus.
    #[n(2)]
    pub bus: String,
}

/// Whether somebody may enter an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entitled {
    /// May, and sits or rides there.
    Yes(Placing),
    /// On the wait list.
    Waiting,
    /// Nobody said that the person may.
    No,
    /// Somebody said that the person may not, also where everybody else may.
    Excluded,
}

impl Entitled {
    /// Tells whether the person may come, or might yet.
    pub fn is_expected(&self) -> bool {
        matches!(self, Entitled::Yes(_) | Entitled::Waiting)
    }
}

/// Number of a state of the roster; counts up with every change on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Revision(pub u64);

/// A row of a scope: an attendee's canonical bytes, or nothing where the row left the scope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Row {
    /// Whose row it is.
    #[n(0)]
    pub id: AttendeeId,
    /// The canonical bytes; `None` means gone.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Option<Vec<u8>>,
}

/// Digests the rows of a scope: SHA-256 over their canonical bytes in order of id.
pub fn digest<'a>(rows_in_order_of_id: impl Iterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for row in rows_in_order_of_id {
        hash.update(row);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
