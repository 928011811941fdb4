//! The rule book of `docs/rules.md`, read and played: every row is a person with a real pass at a
//! station, and what is known of the person is folded from facts as a ledger would.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::SigningKey;
use jiff::Timestamp;

use super::*;
use crate::fact::{Admission, Body, Confidence, Fact, Moment, NO_PREVIOUS, Visit, What};
use crate::id::{LogId, Seq, Serial, Slug};
use crate::pass::{self, BLANK, IssuingKey, Pass};
use crate::presence::{self, Dossier, NOBODY};
use crate::time::Hybrid;

const BOOK: &str = include_str!("../../../../../docs/rules.md");
const OTHER: AttendeeId = AttendeeId([2; 16]);
const NOTHING: &str = "–";

type Line = BTreeMap<&'static str, &'static str>;

/// The lines of every table of the book that begins with the column `first`.
fn lines(first: &str) -> Vec<Line> {
    let mut columns: Option<Vec<&str>> = None;
    let mut lines = Vec::new();
    for text in BOOK.lines() {
        let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
        match &columns {
            _ if !text.starts_with('|') => columns = None,
            None => columns = Some(cells),
            Some(_) if text.starts_with("|---") => {}
            Some(columns) if columns[0] == first => {
                assert_eq!(cells.len(), columns.len(), "{text}");
                lines.push(columns.iter().copied().zip(cells).collect());
            }
            Some(_) => {}
        }
    }
    lines
}

fn is_something(cell: &&str) -> bool {
    *cell != NOTHING
}

/// `26 08:41`, a day of September 2023 and the time in Shenyang.
fn moment(text: &str) -> Millis {
    let (day, time) = text.split_once(' ').unwrap_or_else(|| panic!("no moment: {text}"));
    let seconds = if time.matches(':').count() == 1 { ":00" } else { "" };
    september(&format!("{day}T{time}{seconds}"))
}

fn shown(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap().to_zoned(shenyang());
    at.strftime("%d %H:%M").to_string()
}

fn station(name: &str) -> (Activity, Post) {
    let line = lines("station").into_iter().find(|line| line["station"] == name);
    let line = line.unwrap_or_else(|| panic!("no station {name}"));
    let at = |column: &str| Some(line[column]).filter(is_something).map(moment);
    let activity = Activity {
        mode: mode(line["counted"]),
        doors_open: moment(line["doors open"]),
        doors_close: moment(line["doors close"]),
        collects: line["badges are"] == "handed out",
        strict: line["second scan"] == "strict",
        open_to_all: at("all badges from"),
        wait_list: at("wait list from"),
        capacity: Some(line["room for"]).filter(is_something).map(|room| room.parse().unwrap()),
        ..activity(line["activity"])
    };
    let post = Post {
        staffed: line["worked by"] == "a steward",
        direction: if line["people go"] == "out" { Direction::Out } else { Direction::In },
        leg: 0,
        bus: Some(line["bus"]).filter(is_something).unwrap_or_default().to_owned(),
    };
    (activity, post)
}

fn mode(text: &str) -> Mode {
    match text {
        "once" => Mode::Once,
        "daily" => Mode::Daily,
        "reentry" => Mode::Reentry,
        "board" => Mode::Board,
        _ => panic!("no way of counting: {text}"),
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// Our key, next door's, and one of ours that was killed; the fourth is known to nobody.
fn known_keys() -> Vec<IssuingKey> {
    let known = |number, convention, killed| {
        let public = key(number).verifying_key();
        IssuingKey { public, convention, killed }
    };
    vec![known(1, HERE, false), known(2, NEXT_DOOR, false), known(3, HERE, true)]
}

fn pass_of(kind: PassKind, (category, revision): (u8, u8), days: (u32, u32)) -> Pass {
    let serial = Serial([if kind == PassKind::Badge { 5 } else { 6 }; 16]);
    let first_of_september = 19_601;
    let span = (Day(first_of_september + days.0 - 1), u8::try_from(days.1 - days.0 + 1).unwrap());
    Pass::new(kind, serial, category, revision, span).unwrap()
}

fn badge_by(number: u8, convention: ConventionId) -> String {
    pass::issue(&pass_of(PassKind::Badge, (40, 0), (25, 27)), convention, &key(number))
}

/// The text of the code that is shown.
fn code(shows: &str) -> String {
    let ours = |pass: Pass| pass::issue(&pass, HERE, &key(1));
    match shows {
        "nothing readable" => String::new(),
        "a web address" => "https://example.com/register?id=204816".to_owned(),
        "a Wi-Fi code" => "WIFI:T:WPA;S:Venue;P:secret;;".to_owned(),
        "a ticket of another system" => "ca7jpjrtvvvqyzzxgcsfkmhmyg6nkfw7".to_owned(),
        "a badge in small letters" => badge_by(1, HERE).to_lowercase(),
        "a badge cut short" => badge_by(1, HERE)[..100].to_owned(),
        "a pass of a later layout" => badge_by(1, HERE).replacen("YB1", "YB2", 1),
        "a badge of an unknown key" => badge_by(4, HERE),
        "a badge of a killed key" => badge_by(3, HERE),
        "a badge of next door's convention" => badge_by(2, NEXT_DOOR),
        "a forged badge" => {
            let mut bytes = BASE32_NOPAD.decode(&badge_by(1, HERE).as_bytes()[3..]).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            format!("YB1{}", BASE32_NOPAD.encode(&bytes))
        }
        "blank" => ours(pass_of(PassKind::Badge, (BLANK, 0), (25, 27))),
        _ => ours(personal(shows)),
    }
}

/// `badge`, `invitation 26 to 26` or `badge of revision 2`.
fn personal(shows: &str) -> Pass {
    let (kind, rest) = shows.split_once(' ').unwrap_or((shows, ""));
    let kind = match kind {
        "badge" => PassKind::Badge,
        "invitation" => PassKind::Invitation,
        _ => panic!("no code: {shows}"),
    };
    if let Some(revision) = rest.strip_prefix("of revision ") {
        return pass_of(kind, (40, revision.parse().unwrap()), (25, 27));
    }
    let days = match rest.split_once(" to ") {
        Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap()),
        None => (25, 27),
    };
    pass_of(kind, (40, 0), days)
}

/// What the roster says of a `guest with seat A12`.
fn entitled(guest: &str) -> Entitled {
    let (what, name) = match guest.strip_prefix("guest") {
        Some("") => ("", ""),
        Some(" not expected") => return Entitled::No,
        Some(" kept out by name") => return Entitled::Excluded,
        Some(" on the wait list") => return Entitled::Waiting,
        Some(rest) => rest.strip_prefix(" with ").and_then(|rest| rest.split_once(' ')).unwrap(),
        None => panic!("no guest: {guest}"),
    };
    let mut placing = Placing::default();
    match what {
        "" => {}
        "seat" => placing.seat = name.to_owned(),
        "table" => placing.table = name.to_owned(),
        "bus" => placing.bus = format!("bus {name}"),
        _ => panic!("no place: {guest}"),
    }
    Entitled::Yes(placing)
}

/// One row while it is being set up.
struct Play {
    activity: Activity,
    post: Post,
    serial: Serial,
    facts: Vec<Fact>,
    /// When the last record was made; one without a time follows it by a second.
    last: Millis,
    revoked: bool,
    standing: Standing,
    occupancy: Occupancy,
    list_age_ms: Option<u64>,
    clock_sure: bool,
}

impl Play {
    fn new((activity, post): (Activity, Post), serial: Serial, morning: Millis) -> Play {
        Play {
            activity,
            post,
            serial,
            facts: Vec::new(),
            last: morning,
            revoked: false,
            standing: standing(),
            occupancy: Occupancy { inside: 0, complete: true },
            list_age_ms: Some(0),
            clock_sure: true,
        }
    }

    /// Sets up `guest with seat A12, companion of guest, test pass`; a stranger has no standing.
    fn who(&mut self, who: &str) {
        let mut own = Entitled::No;
        let mut kin = Kin::default();
        for phrase in who.split(", ") {
            if let Some(principal) = phrase.strip_prefix("companion of ") {
                kin.principal = Some(entitled(principal));
            } else if let Some(other) = phrase.strip_prefix("substitute for ") {
                kin.stands_in_for = Some(entitled(other));
            } else if let Some(limit) = phrase.strip_prefix("list at most ") {
                let minutes = limit.strip_suffix(" min").unwrap();
                self.standing.list_minutes = Some(minutes.parse().unwrap());
            } else if phrase == "test pass" {
                self.standing.test = true;
            } else if phrase != "stranger" {
                own = entitled(phrase);
            }
        }
        self.standing.entitled = entitlement(own, &kin);
    }

    /// Takes one thing that is known: a record, or what the list and the station say.
    fn know(&mut self, phrase: &str) {
        let number = |text: &str| text.parse().unwrap();
        let words: Vec<&str> = phrase.split(' ').collect();
        match words.as_slice() {
            ["revoked"] => self.revoked = true,
            ["cancelled"] => self.standing.status = Status::Cancelled,
            ["clock", "unsure"] => self.clock_sure = false,
            ["claimed", "by", "two"] => self.standing.disputed = true,
            ["others", "unheard"] => self.occupancy.complete = false,
            [count, "inside"] => self.occupancy.inside = number(count),
            ["list", "never", "confirmed"] => self.list_age_ms = None,
            ["list", minutes, "min", "old"] => self.list_age_ms = Some(number(minutes) * 60_000),
            ["revision", revision, "counts"] => self.standing.revision = revision.parse().unwrap(),
            ["rehearsed", ..] => self.happen(phrase.strip_prefix("rehearsed ").unwrap(), true),
            _ => self.happen(phrase, false),
        }
    }

    fn happen(&mut self, phrase: &str, rehearsal: bool) {
        let when = phrase.find(|letter: char| letter.is_ascii_digit());
        let (said, at) = match when.filter(|_| !phrase.starts_with("moved")) {
            Some(place) => (phrase[..place].trim_end(), moment(&phrase[place..])),
            None => (phrase, self.last.plus(1_000)),
        };
        self.last = at;
        let (subject, what) = self.record(said, at);
        self.write(subject, Body { rehearsal, what });
    }

    fn record(&self, said: &str, at: Millis) -> (Option<AttendeeId>, What) {
        let why: Slug = "why".parse().unwrap();
        let visit = self.visit(at);
        let admission =
            |again| Admission { visit: self.visit(at), pass: Some(PassKind::Badge), again };
        let last = self.facts.last();
        let what = match said {
            "in" => What::Admitted(admission(None)),
            "in again" => What::Admitted(admission(last.map(Fact::id))),
            "out" => What::Left { closes: self.open(&visit), visit },
            "let in by a steward" => {
                What::Overridden { admission: admission(None), reason: self.objection(), why }
            }
            "made up" => What::MadeUp { visit, real: at, why },
            "annulled" => return self.annulment(LIN),
            "departure annulled" => return self.annulment(NOBODY),
            "badge collected" => What::Collected { proxy: false, by: None },
            "badge collected by proxy" => What::Collected { proxy: true, by: None },
            "newer record" => What::Unknown,
            "badge replaced" => What::Replaced { serials: vec![self.serial], why },
            "blank bound" => What::Bound { serials: vec![self.serial] },
            "a substitute comes" => return (Some(OTHER), What::Substituted { other: LIN }),
            "comes back instead" => What::Substituted { other: OTHER },
            "excused" => What::Noted { visit, state: TripState::Excused },
            "own way" => What::Noted { visit, state: TripState::OwnWay },
            "left early" => What::Noted { visit, state: TripState::LeftEarly },
            "departed" => {
                let bus = self.post.bus.clone();
                return (None, What::Departed { visit, bus, heads: 40 });
            }
            _ => match said.strip_prefix("moved to ") {
                Some(bus) => What::Noted { visit, state: TripState::Moved(bus.to_owned()) },
                None => panic!("not in the vocabulary: {said}"),
            },
        };
        (Some(LIN), what)
    }

    /// What the list says against the person, and a steward overrules.
    fn objection(&self) -> String {
        let standing = &self.standing;
        let reason = match (standing.status, &standing.entitled) {
            (Status::Cancelled, _) => Reason::Cancelled,
            (_, Entitled::Yes(_)) => Reason::DoorsNotOpen,
            _ => Reason::NotEntitled,
        };
        reason.code().to_owned()
    }

    fn annulment(&self, whose: AttendeeId) -> (Option<AttendeeId>, What) {
        let undone = self.facts.last().unwrap();
        let other = undone.subject.filter(|subject| *subject != whose).map(|_| LIN);
        let why = "mistake".parse().unwrap();
        (undone.subject, What::Annulled { fact: undone.id(), why, other })
    }

    fn visit(&self, at: Millis) -> Visit {
        let day = at.day_in(&shenyang());
        let leg = self.leg(day);
        Visit { activity: self.activity.id.clone(), day, mode: self.activity.mode, leg }
    }

    fn leg(&self, day: Day) -> u8 {
        let departures = self.dossier(NOBODY);
        departures.leg(&self.activity.id, day, &self.post.bus)
    }

    fn open(&self, visit: &Visit) -> Vec<FactId> {
        let dossier = self.dossier(LIN);
        let presence = dossier.presence(&visit.activity, visit.slot());
        presence.unwrap().open.iter().map(|mark| mark.fact).collect()
    }

    /// Real facts only, as a ledger files them.
    fn dossier(&self, whom: AttendeeId) -> Dossier {
        presence::fold(whom, self.facts.iter().filter(|fact| !Body::of(fact).rehearsal))
    }

    fn write(&mut self, subject: Option<AttendeeId>, body: Body) {
        let moment = Moment {
            hybrid: Hybrid(0).tick(self.last),
            wall: self.last,
            offset_ms: None,
            offset_age_ms: None,
            confidence: Confidence::Unknown,
        };
        self.facts.push(Fact {
            log: LogId([1; 24]),
            seq: Seq(self.facts.len() as u64 + 1),
            prev: NO_PREVIOUS,
            moment,
            kind: body.kind(),
            kind_version: 1,
            must_understand: body.what == What::Unknown,
            site: "hall".parse().unwrap(),
            subject,
            body: body.bytes(),
            attachment: None,
        });
    }

    /// Gathers the case as a ledger does it.
    fn case(mut self, pass: Authentic, is_known: bool, now: Millis) -> Case {
        let today = now.day_in(&shenyang());
        self.post.leg = self.leg(today);
        let slot = slot(&self.activity, today, self.post.leg);
        let dossier = self.dossier(LIN);
        let is_bound = !pass.pass.is_blank() || dossier.bound.contains(&self.serial);
        let days = dossier.trips.get(&self.activity.id);
        let standing = Standing {
            replaced: dossier.replaced.contains(&self.serial) || dossier.substitute.is_some(),
            collected: dossier.collected.is_some(),
            beyond: dossier.beyond,
            presence: dossier.presence(&self.activity.id, slot).cloned(),
            trip: days.and_then(|days| days.get(&today.0)).cloned(),
            ..self.standing
        };
        Case {
            convention: HERE,
            activity: self.activity,
            today,
            post: self.post,
            pass,
            revoked: self.revoked,
            attendee: (is_known && is_bound).then_some(standing),
            occupancy: self.occupancy,
            list_age_ms: self.list_age_ms,
            clock_sure: self.clock_sure,
        }
    }
}

type Told = (&'static str, String, String);

fn play(row: &Line) -> Told {
    let now = moment(row["when"]);
    let pass = match pass::read(&code(row["shows"]), &known_keys()) {
        Ok(pass) => pass,
        Err(error) => {
            let reason = Reason::from(&error);
            return told(Decision::Refuse { reason, next: reason.instruction() });
        }
    };
    let morning = moment(&format!("{} 00:00", &row["when"][..2]));
    let mut play = Play::new(station(row["station"]), pass.pass.serial(), morning);
    play.who(row["who"]);
    Some(row["what is known"])
        .filter(is_something)
        .into_iter()
        .flat_map(|known| known.split(", "))
        .for_each(|phrase| play.know(phrase));
    let case = play.case(pass, row["who"] != "stranger", now);
    told(decide(&case, now))
}

fn told(decision: Decision) -> Told {
    let nothing = || NOTHING.to_owned();
    match decision {
        Decision::Refuse { reason, next } => ("refused", reason.code().to_owned(), step(next)),
        Decision::Ask { reason, .. } => {
            ("asked", reason.code().to_owned(), "a steward decides".to_owned())
        }
        Decision::Admit(pleased) => {
            let mut steps = Vec::new();
            let Placing { seat, table, bus } = pleased.placing;
            steps.extend((!seat.is_empty()).then(|| format!("seat {seat}")));
            steps.extend((!table.is_empty()).then(|| format!("table {table}")));
            steps.extend((!bus.is_empty()).then_some(bus));
            let answer = match pleased.act {
                Act::Enter => "let in",
                Act::Again(_, since) => {
                    steps.push(format!("in since {}", shown(since)));
                    "let in again"
                }
                Act::Leave(_) => "let out",
            };
            steps.extend(pleased.collects.then(|| "take the badge".to_owned()));
            steps.extend(pleased.caveat.map(|caveat| match caveat {
                Caveat::MoreMayBeInside => "perhaps more inside".to_owned(),
            }));
            let steps = if steps.is_empty() { nothing() } else { steps.join(", ") };
            (answer, nothing(), steps)
        }
    }
}

fn step(next: Instruction) -> String {
    let step = match next {
        Instruction::ShowYourCode => "show your code",
        Instruction::GoToRegistration => "go to registration",
        Instruction::GoIn => "go in",
        Instruction::GoOn => "go on",
        Instruction::ComeBackLater => "come back later",
        Instruction::GoToYourBus => "go to your bus",
        Instruction::GoToHelpDesk => "go to the help desk",
    };
    step.to_owned()
}

#[test]
fn every_row_of_the_rule_book_is_what_the_program_does() {
    let rows = lines("who");
    assert!(rows.len() >= 300, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let (answer, reason, next) = play(row);
        if (answer, reason.as_str(), next.as_str())
            != (row["answer"], row["reason"], row["next step"])
        {
            wrong.push(format!("{row:?}\n    but: {answer} | {reason} | {next}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_row_stands_twice_in_the_rule_book() {
    let mut scenes = BTreeSet::new();
    for row in lines("who") {
        let scene = ["who", "shows", "station", "when", "what is known"].map(|column| row[column]);
        assert!(scenes.insert(scene), "twice: {scene:?}");
    }
}

#[test]
fn the_rule_book_has_every_reason_every_station_and_every_answer() {
    let rows = lines("who");
    let has = |column: &str, cell: &str| rows.iter().any(|row| row[column] == cell);
    for reason in Reason::ALL {
        assert!(has("reason", reason.code()), "{reason:?}");
    }
    for line in lines("station") {
        assert!(has("station", line["station"]), "nobody comes to {}", line["station"]);
    }
    for answer in ["let in", "let in again", "let out", "refused", "asked"] {
        assert!(has("answer", answer), "{answer}");
    }
}

#[test]
fn the_rule_book_tells_the_order_of_the_reasons() {
    let order: Vec<String> =
        Reason::ALL.iter().map(|reason| format!("`{}`", reason.code())).collect();
    assert!(BOOK.contains(&format!("\n{}.\n", order.join(", "))), "{}", order.join(", "));
}
