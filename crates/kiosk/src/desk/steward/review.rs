//! Settling doubts: a person has looked at what no station could know alone.

use std::collections::BTreeSet;

use admission::id::{FactId, Slug};
use admission::review::{Doubt, Kind};
use ledger::facts::Draft;

use crate::order::{Done, Refused, refuse};

use super::super::{Desk, Now};

impl Desk {
    /// Settles a doubt as it was read: if another fact has come to it since, somebody has to look
    /// again.
    pub(super) fn settle_doubt(
        &mut self,
        kind: Kind,
        named: &[FactId],
        outcome: Slug,
        now: Now,
    ) -> Result<Done, Refused> {
        let facts: BTreeSet<FactId> = named.iter().copied().collect();
        if facts.len() < named.len() {
            return refuse(
                "a fact is named twice; name every fact of the doubt once, as review does",
            );
        }
        let view = (&self.duty.convention, self.rehearsal);
        let doubts = self.ledger.doubts_about((kind, &facts), view.0, view.1)?;
        let about = |doubt: &Doubt| doubt.facts().into_iter().collect::<BTreeSet<_>>();
        let alike = doubts.into_iter().find(|doubt| !about(doubt).is_disjoint(&facts));
        let Some(doubt) = alike else {
            return refuse(
                "no doubt of this kind is open about these facts; look at them again with review",
            );
        };
        if about(&doubt) != facts {
            return refuse(
                "this doubt has other facts by now; look at them again with review, and name them \
                 all",
            );
        }
        let what = doubt.settled(outcome);
        let draft = Draft { subject: doubt.attendee, ..self.draft_of_nobody(what) };
        self.store("settle", doubt.attendee, &[draft], now)
    }
}
