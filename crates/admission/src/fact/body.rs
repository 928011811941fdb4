//! What a fact says, for the kinds that this version knows; `docs/facts.md` has the table.
//!
//! A body is a CBOR map with integer keys. All kinds share one set of keys, so a body is read into
//! [`Fields`] first, and a kind is the fields that it needs.

use minicbor::Encoder;

use super::Fact;
use crate::id::{AttendeeId, FactId, Serial, Slug};
use crate::pass::PassKind;
use crate::roster::Mode;
use crate::time::{Day, Millis};

mod fields;

use fields::Fields;

/// Why a badge is ordered at another station than before: the guest went there.
pub const MOVED: &str = "moved";
/// Most facts or serials that one body lists.
pub const MOST_LISTED: usize = 64;

/// What a fact says, and whether it was only rehearsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// A rehearsed fact counts nowhere and binds nobody.
    pub rehearsal: bool,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Kind 1: the subject was let in.
    Admitted(Admission),
    /// Kind 2: the subject's authentic pass was refused.
    Refused {
        /// Where to.
        visit: Visit,
        /// Which pass was shown.
        pass: PassKind,
        /// Code of the reason, such as `already_in`.
        reason: String,
    },
    /// Kind 3: the subject went out, which closes the admissions that the station knew.
    Left {
        /// Out of what.
        visit: Visit,
        /// The admissions that end with it.
        closes: Vec<FactId>,
    },
    /// Kind 4: a fact of the same subject is undone and leaves no trace in any count.
    Annulled {
        /// Which.
        fact: FactId,
        /// Why, as a short code.
        why: Slug,
        /// The other person of a substitution that is undone.
        other: Option<AttendeeId>,
    },
    /// Kind 5: a steward let the subject in although the rule did not.
    Overridden {
        /// The admission.
        admission: Admission,
        /// Code of the reason that the rule gave; empty if none was asked.
        reason: String,
        /// Why the steward let in, as a short code.
        why: Slug,
    },
    /// Kind 6: the subject's badge was handed out; that is not yet an arrival.
    Collected {
        /// Whether somebody else took it.
        proxy: bool,
        /// Who took it, if that is an attendee.
        by: Option<AttendeeId>,
    },
    /// Kind 7: blank badge passes became the subject's.
    Bound {
        /// Their serials.
        serials: Vec<Serial>,
    },
    /// Kind 8: these passes of the subject open nothing any more.
    Replaced {
        /// Their serials.
        serials: Vec<Serial>,
        /// Why, as a short code.
        why: Slug,
    },
    /// Kind 9: the subject comes instead of another, whose passes open nothing any more.
    Substituted {
        /// Instead of whom.
        other: AttendeeId,
    },
    /// Kind 10: the subject was registered at a desk; names lie in the attachment.
    WalkedIn {
        /// The role.
        category: Slug,
        /// The group.
        delegation: Slug,
    },
    /// Kind 11: the subject belongs to another and may enter what the other may.
    Accompanied {
        /// To whom.
        principal: AttendeeId,
    },
    /// Kind 12: the subject's particulars were corrected; the new ones lie in the attachment.
    Corrected,
    /// Kind 13: the subject had been there and was signed in afterwards.
    MadeUp {
        /// Where.
        visit: Visit,
        /// When it really was.
        real: Millis,
        /// Why it was not recorded then, as a short code.
        why: Slug,
    },
    /// Kind 14: where the subject is on a trip, as a steward noted it.
    Noted {
        /// The leg.
        visit: Visit,
        /// Where the person is.
        state: TripState,
    },
    /// Kind 15: a bus departed. It has no subject.
    Departed {
        /// The leg that began.
        visit: Visit,
        /// Which bus; empty where the trip has one.
        bus: String,
        /// Heads that the steward counted, guides and drivers included.
        heads: u32,
    },
    /// Kind 16: a person looked at a doubt and decided it. Without a subject where it is about
    /// several people.
    Settled {
        /// Code of the doubt, such as `double_entry`.
        doubt: String,
        /// The facts that raised it.
        about: Vec<FactId>,
        /// What the person found, as a short code.
        outcome: Slug,
    },
    /// Kind 17: the badge that a fact ordered has not come out of this station's printer, or
    /// nobody knows whether it has.
    Unprinted {
        /// What ordered it.
        of: FactId,
    },
    /// Kind 18: a badge of the subject is to come from this station, which another fact ordered
    /// before: the guest went on to another printer, or a steward had a reason.
    Ordered {
        /// What ordered it before.
        of: FactId,
        /// Why again, as a short code; [`MOVED`] where the guest took it to another station.
        why: Slug,
    },
    /// Kind 19: the badge of which that had been in doubt came out after all.
    Printed {
        /// What ordered it.
        of: FactId,
    },
    /// A kind of a later version: stored and sent on, without effect here.
    Unknown,
}

/// An activity, and which part of it: the rule's day, and the leg of a trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The activity.
    pub activity: Slug,
    /// The civil day in the convention's zone on which the rule decided.
    pub day: Day,
    /// How people were checked in to it then.
    pub mode: Mode,
    /// Leg of a trip, from 0; 0 in every other mode.
    pub leg: u8,
}

/// The part of an activity within which a person is in or not.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
pub struct Slot {
    /// The day; 0 where the whole activity is one.
    #[n(0)]
    pub day: u32,
    /// The leg of a trip; 0 in every other mode.
    #[n(1)]
    pub leg: u8,
}

impl Visit {
    /// Returns the part within which being in counts.
    pub fn slot(&self) -> Slot {
        match self.mode {
            Mode::Once | Mode::Reentry => Slot::default(),
            Mode::Daily => Slot { day: self.day.0, leg: 0 },
            Mode::Board => Slot { day: self.day.0, leg: self.leg },
        }
    }
}

/// How somebody was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Where to.
    pub visit: Visit,
    /// Which pass was shown; none where the person was found by name.
    pub pass: Option<PassKind>,
    /// The admission that the station knew of: a second scan that lets in and counts nothing.
    pub again: Option<FactId>,
}

/// Where somebody is on a trip.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum TripState {
    /// Does not come along, and said so.
    #[n(0)]
    Excused,
    /// Travels on the own account.
    #[n(1)]
    OwnWay,
    /// Was aboard and left the trip.
    #[n(2)]
    LeftEarly,
    /// Rides in another bus.
    #[n(3)]
    Moved(#[n(0)] String),
}

/// The kinds from 1 on: what stands here is known, and who may write it says
/// [`crate::authority`].
const NAMES: [&str; 19] = [
    "admitted",
    "refused",
    "left",
    "annulled",
    "overridden",
    "collected",
    "bound",
    "replaced",
    "substituted",
    "walked_in",
    "accompanied",
    "corrected",
    "made_up",
    "noted",
    "departed",
    "settled",
    "unprinted",
    "ordered",
    "printed",
];

impl Body {
    /// Returns the number of the kind, as listed in `docs/facts.md`.
    pub fn kind(&self) -> u16 {
        match &self.what {
            What::Admitted(_) => 1,
            What::Refused { .. } => 2,
            What::Left { .. } => 3,
            What::Annulled { .. } => 4,
            What::Overridden { .. } => 5,
            What::Collected { .. } => 6,
            What::Bound { .. } => 7,
            What::Replaced { .. } => 8,
            What::Substituted { .. } => 9,
            What::WalkedIn { .. } => 10,
            What::Accompanied { .. } => 11,
            What::Corrected => 12,
            What::MadeUp { .. } => 13,
            What::Noted { .. } => 14,
            What::Departed { .. } => 15,
            What::Settled { .. } => 16,
            What::Unprinted { .. } => 17,
            What::Ordered { .. } => 18,
            What::Printed { .. } => 19,
            What::Unknown => u16::MAX,
        }
    }

    /// Tells whether only a later version can know this kind.
    pub fn is_later(kind: u16) -> bool {
        usize::from(kind) > NAMES.len()
    }

    /// Returns the name of a kind's number, for people.
    pub fn name_of(kind: u16) -> &'static str {
        let place = usize::from(kind).checked_sub(1);
        place.and_then(|place| NAMES.get(place)).copied().unwrap_or("unknown")
    }

    /// Returns the visit that it speaks of.
    pub fn visit(&self) -> Option<&Visit> {
        match &self.what {
            What::Admitted(admission) | What::Overridden { admission, .. } => {
                Some(&admission.visit)
            }
            What::Refused { visit, .. }
            | What::Left { visit, .. }
            | What::MadeUp { visit, .. }
            | What::Noted { visit, .. }
            | What::Departed { visit, .. } => Some(visit),
            _ => None,
        }
    }

    /// Returns the kind of pass that was shown.
    pub fn pass(&self) -> Option<PassKind> {
        match &self.what {
            What::Admitted(admission) | What::Overridden { admission, .. } => admission.pass,
            What::Refused { pass, .. } => Some(*pass),
            _ => None,
        }
    }

    /// Returns the reason that the rule gave, or the steward; of a settled doubt, what was found.
    pub fn reason(&self) -> Option<&str> {
        match &self.what {
            What::Refused { reason, .. } => Some(reason),
            What::Overridden { why, .. }
            | What::Annulled { why, .. }
            | What::Replaced { why, .. }
            | What::MadeUp { why, .. }
            | What::Ordered { why, .. }
            | What::Settled { outcome: why, .. } => Some(why.as_str()),
            _ => None,
        }
    }

    /// Reads what `fact` says; what this version cannot read is [`What::Unknown`].
    pub fn of(fact: &Fact) -> Body {
        let Some(fields) = Fields::read(&fact.body) else {
            return Body { rehearsal: false, what: What::Unknown };
        };
        let rehearsal = fields.rehearsal;
        let body = Body::from_fields(fact.kind, fields);
        body.unwrap_or(Body { rehearsal, what: What::Unknown })
    }

    /// Returns the body's CBOR map.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        // Writing to a vector cannot fail.
        let _ = self.fields().write(&mut Encoder::new(&mut bytes));
        bytes
    }

    /// Returns the body of `fact` for the place where its station records it anew, because another
    /// copy of the station's folder has taken the old one.
    ///
    /// It names the old place, and calls other facts that moved by their new one.
    pub fn moved(fact: &Fact, renamed: impl Fn(FactId) -> FactId) -> Vec<u8> {
        let known = Body::of(fact).what != What::Unknown;
        let Some(mut fields) = Fields::read(&fact.body).filter(|_| known) else {
            return fact.body.clone();
        };
        fields.again = fields.again.map(&renamed);
        fields.fact = fields.fact.map(&renamed);
        fields.closes = fields.closes.into_iter().map(&renamed).collect();
        fields.about = fields.about.into_iter().map(renamed).collect();
        fields.was = fields.was.or(Some(fact.id()));
        let mut bytes = Vec::with_capacity(96);
        // Writing to a vector cannot fail.
        let _ = fields.write(&mut Encoder::new(&mut bytes));
        bytes
    }

    /// Returns where `fact` stood first, if it was recorded anew.
    pub fn moved_from(fact: &Fact) -> Option<FactId> {
        Fields::read(&fact.body)?.was
    }

    fn fields(&self) -> Fields {
        let mut to = Fields { rehearsal: self.rehearsal, ..Fields::default() };
        match &self.what {
            What::Admitted(admission) => to.set_admission(admission),
            What::Refused { visit, pass, reason } => {
                to.set_visit(visit);
                (to.pass, to.reason) = (Some(*pass), Some(reason.clone()));
            }
            What::Left { visit, closes } => {
                to.set_visit(visit);
                to.closes = closes.clone();
            }
            What::Annulled { fact, why, other } => {
                (to.fact, to.why, to.other) = (Some(*fact), Some(why.clone()), *other);
            }
            What::Overridden { admission, reason, why } => {
                to.set_admission(admission);
                (to.reason, to.why) = (Some(reason.clone()), Some(why.clone()));
            }
            What::Collected { proxy, by } => (to.proxy, to.other) = (*proxy, *by),
            What::Bound { serials } => to.serials = serials.clone(),
            What::Replaced { serials, why } => {
                (to.serials, to.why) = (serials.clone(), Some(why.clone()));
            }
            What::Substituted { other } => to.other = Some(*other),
            What::WalkedIn { category, delegation } => {
                (to.category, to.delegation) = (Some(category.clone()), Some(delegation.clone()));
            }
            What::Accompanied { principal } => to.other = Some(*principal),
            What::Corrected | What::Unknown => {}
            What::MadeUp { visit, real, why } => {
                to.set_visit(visit);
                (to.real, to.why) = (Some(*real), Some(why.clone()));
            }
            What::Noted { visit, state } => {
                to.set_visit(visit);
                to.set_state(state);
            }
            What::Departed { visit, bus, heads } => {
                to.set_visit(visit);
                (to.bus, to.heads) = (Some(bus.clone()), Some(*heads));
            }
            What::Settled { doubt, about, outcome } => {
                (to.reason, to.why) = (Some(doubt.clone()), Some(outcome.clone()));
                to.about = about.clone();
            }
            What::Ordered { of, why } => (to.fact, to.why) = (Some(*of), Some(why.clone())),
            What::Unprinted { of } | What::Printed { of } => to.fact = Some(*of),
        }
        to
    }

    fn from_fields(kind: u16, from: Fields) -> Option<Body> {
        let rehearsal = from.rehearsal;
        let what = match kind {
            1 => What::Admitted(from.admission()?),
            2 => What::Refused { visit: from.visit()?, pass: from.pass?, reason: from.reason? },
            3 => What::Left { visit: from.visit()?, closes: from.closes },
            4 => What::Annulled { fact: from.fact?, why: from.why?, other: from.other },
            5 => What::Overridden {
                admission: from.admission()?,
                reason: from.reason?,
                why: from.why?,
            },
            6 => What::Collected { proxy: from.proxy, by: from.other },
            7 => What::Bound { serials: from.serials },
            8 => What::Replaced { serials: from.serials, why: from.why? },
            9 => What::Substituted { other: from.other? },
            10 => What::WalkedIn { category: from.category?, delegation: from.delegation? },
            11 => What::Accompanied { principal: from.other? },
            12 => What::Corrected,
            13 => What::MadeUp { visit: from.visit()?, real: from.real?, why: from.why? },
            14 => What::Noted { visit: from.visit()?, state: from.state()? },
            15 => What::Departed { visit: from.visit()?, bus: from.bus?, heads: from.heads? },
            16 => What::Settled {
                doubt: from.reason?,
                about: Some(from.about).filter(|about| !about.is_empty())?,
                outcome: from.why?,
            },
            17 => What::Unprinted { of: from.fact? },
            18 => What::Ordered { of: from.fact?, why: from.why? },
            19 => What::Printed { of: from.fact? },
            _ => return None,
        };
        Some(Body { rehearsal, what })
    }
}

#[cfg(test)]
mod tests;
