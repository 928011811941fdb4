//! People who are on no list, and what is corrected about those who are.

use admission::exchange::{Attachment, Direction};
use admission::fact::{Admission, TripState, What};
use admission::id::{AttendeeId, Serial, Slug};
use admission::pass::{Authentic, Pass, PassKind};
use admission::roster::{Activity, Attendee, Person, Status};
use admission::rule::{self, Answered, Case, Reason, Standing, Yes, answered};
use admission::text::is_language;
use ledger::LedgerError;
use ledger::case::Known;
use ledger::facts::Draft;

use crate::duty::Duty;
use crate::order::{Done, Particulars, Refused, Whom, refuse};
use crate::screen::Placing;

use super::super::card::{moved, placing_at};
use super::super::{Desk, Now};
use super::random;

/// The region whose people have a province.
const WITH_PROVINCES: &str = "CN";
/// The usual role of a companion.
const COMPANION: &str = "companion";

/// Somebody who is registered here, with the facts that say so.
struct Newcomer {
    attendee: Attendee,
    drafts: Vec<Draft>,
}

impl Desk {
    pub(super) fn walk_in(
        &mut self,
        person: &Particulars,
        (category, delegation): (Slug, Slug),
        yes: Yes<'_>,
        now: Now,
    ) -> Result<Done, Refused> {
        let (case, answered) = self.entry_of((&category, &delegation), yes, now)?;
        let person = person.over(Person::default())?;
        let Newcomer { attendee, mut drafts } = self.newcomer(person, (category, delegation))?;
        let visit = self.visit(self.duty.day(now.clock), case.post.leg);
        let trip = answered.moved.then(|| TripState::Moved(case.post.bus.clone()));
        let placing = moved(placing_at(Some(&case)), trip.as_ref());
        if let Some(state) = trip {
            drafts.push(self.draft(What::Noted { visit: visit.clone(), state }, &attendee));
        }
        let admission = Admission { visit, pass: None, again: None };
        let what = match answered.overridden {
            Some(reason) => {
                What::Overridden { admission, reason: reason.code().to_owned(), why: walked_in()? }
            }
            None => What::Admitted(admission),
        };
        drafts.push(Draft { badge: Some(self.paper()), ..self.draft(what, &attendee) });
        let done = self.store("walk_in", Some(attendee.id), &drafts, now)?;
        let overridden = answered.overridden.map(Reason::code);
        let (placing, caveat) =
            (Placing::of(&placing, self.duty.activity.collects), answered.caveat(&case));
        Ok(Done { overridden, placing, caveat, ..done })
    }

    pub(super) fn substitute(
        &mut self,
        whom: Whom,
        by: (Option<Particulars>, Option<AttendeeId>),
        now: Now,
    ) -> Result<Done, Refused> {
        let other = self.whom(whom, now)?;
        if let Some(arrived) = other.dossier.arrived {
            let at = self.local(arrived.at);
            let id = other.attendee.id;
            return refuse(format!("{id} arrived at {at}; nobody can come instead"));
        }
        let group = (other.attendee.category.clone(), other.attendee.delegation.clone());
        let (attendee, mut drafts, is_new) = self.one_of(by, group, &other)?;
        require_pair(&attendee, &other)?;
        let known = self.ledger.person(attendee.id, self.rehearsal)?;
        if let Some(whose) = known.and_then(|known| known.dossier.stands_in_for) {
            return refuse(format!("{} stands in for {whose} already", attendee.id));
        }
        let what = What::Substituted { other: other.attendee.id };
        drafts.push(self.draft(what, &attendee));
        drafts.extend(is_new.then(|| self.first_badge(&attendee)));
        self.store("substitute", Some(attendee.id), &drafts, now)
    }

    pub(super) fn companion(
        &mut self,
        principal: Whom,
        by: (Option<Particulars>, Option<AttendeeId>),
        category: Option<Slug>,
        now: Now,
    ) -> Result<Done, Refused> {
        let principal = self.whom(principal, now)?;
        if category.is_some() && by.1.is_some() {
            return refuse(r#"only a new person needs a "category""#);
        }
        let category = match category {
            Some(category) => category,
            None => COMPANION.parse().map_err(|_| Refused::Sentence(String::new()))?,
        };
        let group = (category, principal.attendee.delegation.clone());
        let (attendee, mut drafts, is_new) = self.one_of(by, group, &principal)?;
        require_pair(&attendee, &principal)?;
        let what = What::Accompanied { principal: principal.attendee.id };
        drafts.push(self.draft(what, &attendee));
        drafts.extend(is_new.then(|| self.first_badge(&attendee)));
        self.store("companion", Some(attendee.id), &drafts, now)
    }

    pub(super) fn correct(
        &mut self,
        id: AttendeeId,
        changes: &Particulars,
        now: Now,
    ) -> Result<Done, Refused> {
        if changes.is_empty() {
            return refuse("nothing is corrected; name a field of \"person\"");
        }
        let known = self.guest(id)?;
        let person = self.checked(changes.over(self.named(&known)?)?)?;
        self.require_drawable(&Attendee {
            person: Some(person.clone()),
            ..known.attendee.clone()
        })?;
        let attachment = Some(attachment(person)?);
        let draft = Draft { attachment, ..self.draft(What::Corrected, &known.attendee) };
        self.store("correct", Some(id), &[draft], now)
    }

    /// Finds or registers the one person whom an order brings along, from where the other is unless
    /// the order says so; tells whether it is a new one.
    fn one_of(
        &self,
        by: (Option<Particulars>, Option<AttendeeId>),
        group: (Slug, Slug),
        other: &Known,
    ) -> Result<(Attendee, Vec<Draft>, bool), Refused> {
        match by {
            (Some(person), None) => {
                let other = other.attendee.person.as_ref();
                let region = other.map(|other| other.region.clone()).unwrap_or_default();
                let person = person.over(Person { region, ..Person::default() })?;
                let newcomer = self.newcomer(person, group)?;
                Ok((newcomer.attendee, newcomer.drafts, true))
            }
            (None, Some(id)) => Ok((self.guest(id)?.attendee, Vec::new(), false)),
            _ => refuse(r#"say who comes: either "person" or "attendee""#),
        }
    }

    fn require_category(&self, category: &Slug) -> Result<(), Refused> {
        match self.duty.convention.category(category) {
            Some(_) => Ok(()),
            None => refuse(format!("the convention has no category {category}")),
        }
    }

    /// Registers somebody: an id, particulars, and a blank that becomes the badge.
    fn newcomer(
        &self,
        person: Person,
        (category, delegation): (Slug, Slug),
    ) -> Result<Newcomer, Refused> {
        let convention = &self.duty.convention;
        self.require_category(&category)?;
        if convention.delegation(&delegation).is_none() {
            return refuse(format!("the convention has no delegation {delegation}"));
        }
        let person = self.checked(person)?;
        let blank = self.free_blank()?;
        let attendee = Attendee {
            id: AttendeeId(random()?),
            category,
            delegation,
            status: Status::Confirmed,
            invitation: Serial([0; 16]),
            badge: blank.serial,
            assignments: Vec::new(),
            person: Some(Person { badge_pass: blank.text, ..person.clone() }),
            revision: 0,
            test: false,
            accepted: None,
        };
        self.require_drawable(&attendee)?;
        let what = What::WalkedIn {
            category: attendee.category.clone(),
            delegation: attendee.delegation.clone(),
        };
        let walked_in =
            Draft { attachment: Some(attachment(person)?), ..self.draft(what, &attendee) };
        let bound = self.draft(What::Bound { serials: vec![blank.serial] }, &attendee);
        Ok(Newcomer { attendee, drafts: vec![walked_in, bound] })
    }

    /// The first badge of somebody new is printed and handed out; arriving is the person's own act.
    fn first_badge(&self, attendee: &Attendee) -> Draft {
        let what = What::Collected { proxy: false, by: None };
        Draft { badge: Some(self.paper()), ..self.draft(what, attendee) }
    }

    /// Refuses particulars that a badge cannot say.
    fn checked(&self, mut person: Person) -> Result<Person, Refused> {
        let convention = &self.duty.convention;
        if person.name.is_empty() && person.latin.is_empty() {
            return refuse(r#"a person needs a "name" or a "latin" name"#);
        }
        // Whatever a list would not take could not be brought back into one.
        if !convention.regions.contains_key(&person.region) {
            return refuse(format!(
                "{:?} is no country or region of the convention; a person needs one, such as CN",
                person.region
            ));
        }
        if person.province.is_some() && person.region != WITH_PROVINCES {
            return refuse(format!("a province goes only with the region {WITH_PROVINCES}"));
        }
        if let Some(province) = &person.province
            && !convention.provinces.contains_key(province)
        {
            return refuse(format!("{province} is no province of the convention"));
        }
        if person.language.is_empty() {
            person.language = convention.languages.first().cloned().unwrap_or_default();
        }
        if !is_language(&person.language) {
            return refuse(format!(
                "{:?} is no language, such as zh-Hans, en or ar",
                person.language
            ));
        }
        Ok(person)
    }

    /// Asks the rule about somebody who has what the category has, as if the badge were printed.
    fn entry_of(
        &self,
        group: (&Slug, &Slug),
        yes: Yes<'_>,
        now: Now,
    ) -> Result<(Case, Answered), Refused> {
        if self.duty.profile.direction == Direction::Out {
            return refuse("nobody is let in here, only out");
        }
        self.require_category(group.0)?;
        let case = self.case_of_newcomer(group, now)?;
        let decision = rule::decide(&case, now.clock);
        let answered = answered(case.clone(), decision, yes, now.clock);
        match answered.open_objection() {
            Some(reason) => refuse(self.objection_to(group.0, reason)),
            None => Ok((case, answered)),
        }
    }

    fn case_of_newcomer(
        &self,
        (category, delegation): (&Slug, &Slug),
        now: Now,
    ) -> Result<Case, Refused> {
        let Duty { convention, activity, .. } = &self.duty;
        let known = convention.category(category);
        let kind = if activity.collects { PassKind::Invitation } else { PassKind::Badge };
        let number = known.map_or(1, |category| category.number);
        let days = (convention.first_day, convention.days);
        // Nobody has this serial, so the ledger adds only what is true of the door.
        let pass = Pass::new(kind, Serial(random()?), number, 0, days)
            .map_err(|error| LedgerError::Damaged(error.to_string()))?;
        let pass = Authentic { pass, convention: convention.id };
        let (case, _) = self.ledger.case(pass, &self.door_at(now))?;
        let entitled = convention.entitlement_of_group(category, delegation, &activity.id);
        let list_minutes = known.and_then(|category| category.list_minutes);
        let newcomer = Standing::of_newcomer(AttendeeId(random()?), entitled);
        let standing = Standing { list_minutes, ..newcomer };
        Ok(Case { attendee: Some(standing), ..case })
    }

    /// Says to a steward why the rule does not let in somebody of a category.
    fn objection_to(&self, category: &Slug, reason: Reason) -> String {
        let Activity { id, doors_open, doors_close, .. } = &self.duty.activity;
        let told = match reason {
            Reason::NotEntitled => format!("{category} may not enter {id}"),
            Reason::DoorsNotOpen | Reason::DoorsClosed => {
                let (from, to) = (self.local(*doors_open), self.local(*doors_close));
                format!("{id} is open from {from} to {to}")
            }
            Reason::Full => format!("{id} is full"),
            Reason::WrongSite => format!("{category} rides in another bus"),
            Reason::ListTooOld => format!("the list of this station is too old for {category}"),
            Reason::ClockUnsure => "the clock of this station may be wrong".to_owned(),
            Reason::NewerRecord => "a newer station recorded what this one cannot read".to_owned(),
            Reason::NotYet | Reason::Expired => "this is no day of the convention".to_owned(),
            _ => format!("nobody of {category} is let in to {id} now"),
        };
        format!(r#"{told} ({}); "override": true lets in all the same"#, reason.code())
    }
}

/// Why a steward lets in somebody who is on no list, against the rule.
fn walked_in() -> Result<Slug, Refused> {
    "walk-in".parse().map_err(|_| Refused::Sentence(String::new()))
}

/// Nobody belongs to oneself, and trying out is kept apart from what is meant.
fn require_pair(attendee: &Attendee, other: &Known) -> Result<(), Refused> {
    if attendee.id == other.attendee.id {
        return refuse("these are one and the same person");
    }
    if attendee.test != other.attendee.test {
        return refuse("a test pass goes with another test pass only");
    }
    Ok(())
}

/// Wraps particulars; number, badge pass and pictures are the roster's.
fn attachment(person: Person) -> Result<Attachment, Refused> {
    let person = Person { number: String::new(), badge_pass: String::new(), ..person };
    Ok(Attachment::new(&person.without_pictures(), random()?))
}
