//! Orders: what a steward, or a program for one, asks of a staffed station.
//!
//! One JSON object is one [`Order`], `docs/steward.md` lists them. Reading one checks everything
//! that can be checked without the ledger: nothing unknown, nothing without bounds, no characters
//! that nobody can see. A scanner can never give an order, because what it reads is a token.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use admission::exchange::HeldScope;
use admission::fact::TripState;
use admission::id::{AttendeeId, BadId, FactId, LogId, Seq, Slug};
use admission::review::Kind;
use admission::roster::Person;
use admission::rule::Caveat;
use admission::text::{documents, identity, is_invisible, is_seen};
use admission::time::Millis;
use ledger::LedgerError;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::desk::Outcome;
use crate::scan::Token;
use crate::screen::Placing;

/// Longest text of a person's particulars, in characters.
const LONGEST_TEXT: usize = 200;
/// Longest name of a bus, in bytes: what a fact carries.
const LONGEST_BUS: usize = 64;
/// Longest part of an error that is told.
const LONGEST_COMPLAINT: usize = 300;
/// More heads than any vehicle holds.
pub const MOST_HEADS: u32 = 10_000;

/// What a steward can ask of a station.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Decide a scan, as if a scanner had read it.
    Scan {
        /// The scanned text.
        token: Code,
    },
    /// Let somebody in whom the rule asks about or refuses, for a reason.
    LetIn {
        /// The pass that was shown, or
        token: Option<Code>,
        /// the person who was found.
        attendee: Option<AttendeeId>,
        /// Why, as a short code.
        #[serde(deserialize_with = "why")]
        why: Slug,
    },
    /// Undo a fact.
    Annul {
        /// Which.
        fact: Place,
        /// Why, as a short code.
        #[serde(deserialize_with = "why")]
        why: Slug,
    },
    /// Sign somebody in who had been there.
    MakeUp {
        /// Who.
        attendee: AttendeeId,
        /// When it really was.
        at: Instant,
        /// Why it was not recorded then, as a short code.
        #[serde(deserialize_with = "why")]
        why: Slug,
        /// Which leg of a trip; without it, the one that boards now.
        leg: Option<u8>,
    },
    /// Print a badge and hand it out; nobody arrives by that.
    HandOut {
        /// The pass that was shown, or
        token: Option<Code>,
        /// the person who was found.
        attendee: Option<AttendeeId>,
        /// Whether somebody else takes it along.
        #[serde(default)]
        proxy: bool,
        /// Who takes it, if that is an attendee.
        by: Option<AttendeeId>,
    },
    /// Register somebody who is on no list, and let in.
    WalkIn {
        /// Who it is.
        person: Particulars,
        /// In which role.
        category: Slug,
        /// In which group.
        delegation: Slug,
        /// Whether to let in also what the rule objects to.
        #[serde(default, rename = "override")]
        anyway: bool,
    },
    /// Somebody comes instead of another.
    Substitute {
        /// Instead of whom: an id or a pass.
        #[serde(rename = "for")]
        whom: Whom,
        /// Somebody who is on no list, or
        person: Option<Particulars>,
        /// somebody who is.
        attendee: Option<AttendeeId>,
    },
    /// Somebody belongs to another and may enter what the other may.
    Companion {
        /// To whom: an id or a pass.
        principal: Whom,
        /// Somebody who is on no list, or
        person: Option<Particulars>,
        /// somebody who is.
        attendee: Option<AttendeeId>,
        /// Role of somebody who is on no list; without it, `companion`.
        category: Option<Slug>,
    },
    /// Correct what badge and screens say about somebody.
    Correct {
        /// Who.
        attendee: AttendeeId,
        /// What changes; the rest stays.
        person: Particulars,
    },
    /// Give a new badge for a lost one, which opens nothing any more.
    Replace {
        /// Whose.
        attendee: AttendeeId,
        /// Why, as a short code.
        #[serde(deserialize_with = "why")]
        why: Slug,
    },
    /// Print the same badge again, because it did not come out or is spoilt.
    Reprint {
        /// Whose.
        attendee: AttendeeId,
        /// Why, as a short code.
        #[serde(deserialize_with = "why")]
        why: Slug,
    },
    /// Give a blank badge to somebody.
    Bind {
        /// The blank.
        token: Code,
        /// To whom.
        attendee: AttendeeId,
    },
    /// Note where somebody is on a trip.
    Note {
        /// Who.
        attendee: AttendeeId,
        /// Where the person is.
        state: State,
        /// The other bus of somebody who moved.
        bus: Option<Text>,
    },
    /// The bus departs, and its next leg begins.
    Depart {
        /// Heads that were counted, guides and drivers included.
        heads: u32,
    },
    /// Say that a doubt was looked at, and what was found.
    Settle {
        /// Which kind of doubt.
        doubt: Kind,
        /// All the facts that raise it.
        facts: Vec<Place>,
        /// What was found, as a short code.
        #[serde(deserialize_with = "outcome")]
        outcome: Slug,
    },
    /// Say who is expected here and has not come.
    Missing {},
    /// Say how old the lists are.
    Lists {},
}

impl Order {
    /// Reads one order.
    ///
    /// # Errors
    /// [`Refused`] with a sentence.
    pub fn read(text: &str) -> Result<Order, Refused> {
        if !text.trim_start().starts_with('{') {
            return refuse("this is not an order: an order is a JSON object");
        }
        serde_json::from_str(text).map_err(|error| {
            let told: String = error.to_string().chars().take(LONGEST_COMPLAINT).collect();
            Refused::Sentence(format!("this is not an order: {told}"))
        })
    }
}

fn why<'de, D: Deserializer<'de>>(from: D) -> Result<Slug, D::Error> {
    code_of("why", from)
}

fn outcome<'de, D: Deserializer<'de>>(from: D) -> Result<Slug, D::Error> {
    code_of("outcome", from)
}

/// Reads a short code; what is wrong with it is told with the name of its field.
fn code_of<'de, D: Deserializer<'de>>(field: &str, from: D) -> Result<Slug, D::Error> {
    Slug::deserialize(from).map_err(|error| D::Error::custom(format!("{field}: {error}")))
}

/// Why an order was not carried out; then nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be, for this reason.
    #[error("{0}")]
    Sentence(String),
    /// The ledger failed.
    #[error("nothing was stored: {0}")]
    Ledger(#[from] LedgerError),
}

/// Refuses with a sentence.
pub(crate) fn refuse<T>(sentence: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Sentence(sentence.into()))
}

/// What came of an order, once it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A scan was decided.
    Scanned(Outcome),
    /// Facts were stored.
    Done(Done),
    /// Who has not come.
    Missing(Missing),
    /// How old the lists are.
    Lists {
        /// Always `lists`.
        done: &'static str,
        /// The numbers.
        #[serde(flatten)]
        lists: Lists,
    },
}

/// The numbers of every list that a station goes by, and how long ago the server confirmed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lists {
    /// Number of the state of each site's part of the roster.
    pub roster: BTreeMap<Slug, u64>,
    /// Number of the set of issuing keys; 0 before the first.
    pub key_set: u64,
    /// Number of the revocation list; 0 is the empty one.
    pub revocations: u64,
    /// Number of the policy; 0 before the first.
    pub policy: u64,
    /// Seconds since the server confirmed the list that waits longest; none: one never was.
    pub confirmed_seconds_ago: Option<u64>,
    /// The same, list by list.
    pub seconds_ago: ListAges,
    /// Blank badges that can still be bound.
    pub blanks: u64,
}

/// Seconds since the server confirmed each list; none: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListAges {
    /// The roster, in every part.
    pub roster: Option<u64>,
    /// The set of issuing keys.
    pub key_set: Option<u64>,
    /// The revocation list.
    pub revocations: Option<u64>,
}

impl ListAges {
    fn oldest(&self) -> Option<u64> {
        Some(self.roster?.max(self.key_set?).max(self.revocations?))
    }
}

impl From<ledger::steward::Lists> for Lists {
    fn from(lists: ledger::steward::Lists) -> Lists {
        let seconds = |age: Option<u64>| age.and_then(|age| age.checked_div(1000));
        let seconds_ago = ListAges {
            roster: seconds(lists.roster_age_ms),
            key_set: seconds(lists.key_set_age_ms),
            revocations: seconds(lists.revocations_age_ms),
        };
        let part = |held: HeldScope| (held.scope, held.revision.0);
        Lists {
            roster: lists.roster.into_iter().map(part).collect(),
            key_set: lists.key_set,
            revocations: lists.revocations,
            policy: lists.policy,
            confirmed_seconds_ago: seconds_ago.oldest(),
            seconds_ago,
            blanks: lists.blanks,
        }
    }
}

/// An order that was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Which order.
    pub done: &'static str,
    /// Whom it was about; a new person's id is made here.
    pub attendee: Option<AttendeeId>,
    /// The facts that were stored.
    pub facts: Vec<FactId>,
    /// Whether a badge is being printed.
    pub prints: bool,
    /// How often the badge was ordered again by now, at this or another station.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reprints: Option<u32>,
    /// The reason of the rule that was overridden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<&'static str>,
    /// Since when the person was in already; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Where the person sits or rides here, if that is written anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placing: Option<Placing>,
    /// What the station cannot know about an admission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caveat: Option<Caveat>,
    /// The leg that boards now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leg: Option<u8>,
    /// How many of those expected here were aboard at the departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aboard: Option<u64>,
}

/// Who is expected here and has not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Always `missing`.
    pub done: &'static str,
    /// The leg that boards now; 0 where there are none.
    pub leg: u8,
    /// How many are expected here.
    pub expected: u64,
    /// How many of them are here.
    pub aboard: u64,
    /// The others.
    pub missing: Vec<Absent>,
}

/// Somebody who is expected and not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// Who.
    pub attendee: AttendeeId,
    /// Registration number; empty if this station does not know it.
    pub number: String,
    /// Name in its own script.
    pub name: String,
    /// Name in Latin letters.
    pub latin: String,
    /// The group, whose liaison knows where the person is.
    pub delegation: Slug,
    /// The bus of the person; empty for any.
    pub bus: String,
}

/// A pass inside an order.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Code(pub Token);

impl From<String> for Code {
    fn from(text: String) -> Code {
        Code(Token::assemble(&text))
    }
}

/// A person, by id or by a pass.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub enum Whom {
    /// By id.
    Id(AttendeeId),
    /// By a pass.
    Pass(Token),
}

impl From<String> for Whom {
    fn from(text: String) -> Whom {
        text.parse().map_or_else(|_| Whom::Pass(Token::assemble(&text)), Whom::Id)
    }
}

/// A fact's place, `LOG/SEQ`.
#[derive(Clone, Copy, Debug)]
pub struct Place(pub FactId);

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Place, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Place {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Place, BadId> {
        let bad = BadId { what: "fact", rule: "a log id, a slash and a number" };
        let Some((log, seq)) = text.split_once('/') else { return Err(bad) };
        let seq = seq.bytes().all(|c| c.is_ascii_digit()).then(|| seq.parse().ok()).flatten();
        let (Ok(log), Some(seq)) = (log.parse::<LogId>(), seq) else { return Err(bad) };
        Ok(Place(FactId { log, seq: Seq(seq) }))
    }
}

/// An instant, RFC 3339.
#[derive(Clone, Copy, Debug)]
pub struct Instant(pub Millis);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
        String::deserialize(from)?.parse().map(Instant).map_err(serde::de::Error::custom)
    }
}

/// A text that people will read: bounded, in one line, without anything that nobody sees.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(String);

impl Text {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    /// It may be somebody's name, which is nothing for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} characters)", self.0.chars().count())
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Text, String> {
        if let Some(bad) = text.chars().find(|c| c.is_control() || is_invisible(*c)) {
            return Err(format!("a text holds the control character U+{:04X}", u32::from(bad)));
        }
        if !text.trim().is_empty() && !is_seen(&text) {
            return Err("nobody can see a character of a text".to_owned());
        }
        if identity::is_in(&text) || documents::is_in(&text) {
            return Err(
                "a text looks like the number of an identity card or passport; such numbers \
                        are never kept here"
                    .to_owned(),
            );
        }
        let length = text.chars().count();
        if length > LONGEST_TEXT {
            return Err(format!("a text has {length} characters; at most {LONGEST_TEXT} fit"));
        }
        Ok(Text(text.trim().to_owned()))
    }
}

/// Who somebody is, as far as an order says; an empty text clears what was there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Particulars {
    /// Name in its own script.
    pub name: Option<Text>,
    /// Name in Latin letters.
    pub latin: Option<Text>,
    /// Post in Chinese.
    pub post_zh: Option<Text>,
    /// Post in English.
    pub post_en: Option<Text>,
    /// Enterprise in Chinese.
    pub enterprise_zh: Option<Text>,
    /// Enterprise in English.
    pub enterprise_en: Option<Text>,
    /// Key of the country or region.
    pub region: Option<Text>,
    /// Province of China; empty for none.
    pub province: Option<Text>,
    /// The person's language, BCP 47.
    pub language: Option<Text>,
}

impl Particulars {
    /// Tells whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Particulars::default()
    }

    /// Lays what is said over what is known.
    ///
    /// # Errors
    /// [`Refused`] if the province's name cannot be one.
    pub fn over(&self, known: Person) -> Result<Person, Refused> {
        let or = |said: &Option<Text>, known: String| match said {
            Some(text) => text.0.clone(),
            None => known,
        };
        let listed = known.clone();
        let province = match &self.province {
            None => known.province,
            Some(Text(text)) if text.is_empty() => None,
            Some(Text(text)) => match text.parse() {
                Ok(province) => Some(province),
                Err(error) => return refuse(format!("province: {error}")),
            },
        };
        let person = Person {
            name: or(&self.name, known.name),
            latin: or(&self.latin, known.latin),
            post_zh: or(&self.post_zh, known.post_zh),
            post_en: or(&self.post_en, known.post_en),
            enterprise_zh: or(&self.enterprise_zh, known.enterprise_zh),
            enterprise_en: or(&self.enterprise_en, known.enterprise_en),
            region: or(&self.region, known.region),
            province,
            language: or(&self.language, known.language),
            ..Person::default()
        };
        Ok(person.as_listed(&listed))
    }
}

/// Where somebody is on a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Does not come along, and said so.
    Excused,
    /// Travels on the own account.
    OwnWay,
    /// Was aboard and left the trip.
    LeftEarly,
    /// Rides in another bus.
    Moved,
}

impl State {
    /// Brings the state and the bus together: only who moved has one.
    ///
    /// # Errors
    /// [`Refused`] with a sentence.
    pub fn with(self, bus: Option<&Text>) -> Result<TripState, Refused> {
        let bus = bus.map(Text::as_str).filter(|bus| !bus.is_empty());
        match (self, bus) {
            (State::Moved, Some(bus)) if bus.len() <= LONGEST_BUS => {
                Ok(TripState::Moved(bus.to_owned()))
            }
            (State::Moved, Some(_)) => refuse("the name of the bus is too long"),
            (State::Moved, None) => refuse("say to which bus the person moved, in \"bus\""),
            (_, Some(_)) => refuse("only somebody who moved has a \"bus\""),
            (State::Excused, None) => Ok(TripState::Excused),
            (State::OwnWay, None) => Ok(TripState::OwnWay),
            (State::LeftEarly, None) => Ok(TripState::LeftEarly),
        }
    }
}

#[cfg(test)]
mod tests;
