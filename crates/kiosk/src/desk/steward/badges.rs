//! Badges in hand: handed out, replaced, bound.

use admission::fact::What;
use admission::id::{AttendeeId, FactId, Serial, Slug};
use admission::pass;
use admission::roster::Attendee;
use admission::rule::Reason;
use ledger::blanks::FreeBlank;
use ledger::case::Known;
use ledger::facts::Draft;

use crate::order::{Done, Refused, refuse};
use crate::scan::Token;

use super::super::{Desk, Now};
use super::sentence;

impl Desk {
    pub(super) fn hand_out(
        &mut self,
        holder: &Known,
        (proxy, by): (bool, Option<AttendeeId>),
        now: Now,
    ) -> Result<Done, Refused> {
        let activity = &self.duty.activity;
        if !activity.collects {
            return refuse(format!("no badges are handed out at {}", activity.id));
        }
        if by.is_some() && !proxy {
            return refuse(r#"only a proxy takes a badge along: say "proxy":true"#);
        }
        if let Some(by) = by {
            self.known(by)?;
        }
        let here = self.visit(self.duty.day(now.clock), 0).slot();
        let registered = holder.dossier.presence(&activity.id, here).map(|there| there.entry);
        if let Some(mark) = holder.dossier.collected.or(registered) {
            let at = self.local(mark.at);
            return refuse(format!("the badge was handed out at {at}; replace it if it is lost"));
        }
        self.named(holder)?;
        let what = What::Collected { proxy, by };
        let draft = Draft { badge: Some(self.paper()), ..self.draft(what, &holder.attendee) };
        self.store("hand_out", Some(holder.attendee.id), &[draft], now)
    }

    pub(super) fn replace(&mut self, id: AttendeeId, why: Slug, now: Now) -> Result<Done, Refused> {
        let known = self.guest(id)?;
        self.named(&known)?;
        let blank = self.free_blank()?;
        let bound = Draft {
            badge: Some(self.paper()),
            ..self.draft(What::Bound { serials: vec![blank.serial] }, &known.attendee)
        };
        let serials = alive(&known);
        let mut drafts = vec![bound];
        if !serials.is_empty() {
            drafts.push(self.draft(What::Replaced { serials, why }, &known.attendee));
        }
        self.store("replace", Some(id), &drafts, now)
    }

    /// Prints a badge once more, here; a job that waits elsewhere is cancelled there when it hears so.
    pub(super) fn reprint(&mut self, id: AttendeeId, why: Slug, now: Now) -> Result<Done, Refused> {
        let known = self.guest(id)?;
        self.named(&known)?;
        let Some(of) = self.last_order(&known) else {
            return refuse(
                "no badge was ordered yet: scan the pass, or let in, where badges are given",
            );
        };
        self.require_drawable(&known.attendee)?;
        self.cancel_own(id, now)?;
        let what = What::Ordered { of, why };
        let draft = Draft { badge: Some(self.paper()), ..self.draft(what, &known.attendee) };
        let done = self.store("reprint", Some(id), &[draft], now)?;
        let reprints = self.known(id)?.dossier.badge.map(|badge| badge.orders);
        Ok(Done { reprints, ..done })
    }

    /// Returns what ordered somebody's badge last: an order, the handing out, or the admission where
    /// badges are given.
    fn last_order(&self, known: &Known) -> Option<FactId> {
        let dossier = &known.dossier;
        let collects =
            |id: &Slug| self.duty.convention.activity(id).is_some_and(|activity| activity.collects);
        let entries = dossier.presences.iter().filter(|(id, _)| collects(id));
        let entry = entries.flat_map(|(_, parts)| parts.values()).map(|there| there.entry).max();
        let mark = dossier.badge.map(|badge| badge.mark).or(dossier.collected).or(entry);
        mark.map(|mark| mark.fact)
    }

    pub(super) fn bind(
        &mut self,
        token: &Token,
        id: AttendeeId,
        now: Now,
    ) -> Result<Done, Refused> {
        let known = self.guest(id)?;
        let pass = match pass::read(token.text(), &self.duty.keys) {
            Ok(read) if read.convention != self.duty.convention.id => {
                return refuse(sentence(Reason::WrongConvention));
            }
            Ok(read) => read.pass,
            Err(error) => return refuse(sentence(Reason::from(&error))),
        };
        let serial = pass.serial();
        if !pass.is_blank() {
            return refuse("this is not a blank badge");
        }
        if self.ledger.is_revoked(serial)? {
            return refuse(sentence(Reason::Revoked));
        }
        for rehearsal in [false, true] {
            if let Some(other) = self.ledger.bound_to(serial, rehearsal)?.first() {
                return refuse(format!("this badge is bound to {other} already"));
            }
        }
        let draft = self.draft(What::Bound { serials: vec![serial] }, &known.attendee);
        self.store("bind", Some(id), &[draft], now)
    }

    /// Takes the next blank of this station.
    pub(super) fn free_blank(&self) -> Result<FreeBlank, Refused> {
        match self.ledger.free_blanks()?.into_iter().next() {
            Some(blank) => Ok(blank),
            None => refuse("no blank badge is left; let this station reach the server once"),
        }
    }

    /// Refuses a person whose badge could not be printed.
    pub(super) fn require_drawable(&self, attendee: &Attendee) -> Result<(), Refused> {
        let Some((texts, template)) = self.badge_of(attendee) else {
            return refuse(format!("no badge is designed for {}", attendee.category));
        };
        let template = badge::Template::parse(&template);
        let template = template.map_err(|error| Refused::Sentence(error.to_string()))?;
        match template.fill(&texts) {
            Ok(_) => Ok(()),
            Err(error) => refuse(format!("the badge cannot be printed: {error}")),
        }
    }
}

/// Returns the serials of a person's badges that still open something.
fn alive(known: &Known) -> Vec<Serial> {
    let Known { attendee, dossier } = known;
    let mut serials = vec![attendee.badge];
    serials.extend(&dossier.bound);
    let is_alive =
        |serial: &Serial| *serial != Serial([0; 16]) && !dossier.replaced.contains(serial);
    serials.retain(is_alive);
    serials.dedup();
    serials
}
