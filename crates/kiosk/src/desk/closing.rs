//! The end of a station: what it does once it knows that it no longer belongs, and once the server
//! has ordered it to shut down.

use admission::exchange::MemberState;

use crate::order::refuse;
use crate::wipe::{self, Remains};

use super::stage::Stage;
use super::{Desk, Effect, Input, Now, Outcome, Verdict};

/// The reason in an [`Outcome`] of a station that the organiser shut down: nobody is let in there.
pub const SHUT_DOWN: &str = "shut_down";
/// Says it to people, with what is left of the station.
pub fn shut_down_sentence(remains: Remains) -> String {
    format!("this desk was shut down by the organiser: {remains}")
}
/// The reason in an [`Outcome`] of a station that no longer belongs, as the list of stations says that
/// the server signed, whoever brought it. It still has records that the server may lack.
pub const CLOSED: &str = "desk_closed";
/// What people are told.
pub const CLOSED_SENTENCE: &str = "this desk was closed by the organiser and lets nobody in any more; leave it on and connected \
     until the server has its records, then give it back";

impl Desk {
    /// Goes by the list of stations: one that no longer belongs serves nobody. What it recorded stays
    /// until the server has it, and orders the station to shut down.
    pub(super) fn heed_members(&mut self, now: Now) {
        let own = self.ledger.own_log().and_then(|log| self.ledger.member(log.station()));
        let state = match own {
            Ok(own) => own.map(|member| member.state),
            Err(error) => return tracing::error!(%error, "cannot read the list of stations"),
        };
        let closed = state.filter(|state| *state != MemberState::Active);
        if closed.is_some() == self.closed {
            return;
        }
        self.closed = closed.is_some();
        match closed {
            Some(state) => {
                tracing::warn!(state = state.name(), "{CLOSED_SENTENCE}");
                self.effects.push_back(Effect::ForgetPictures);
                self.enter(Stage::Closed(CLOSED), now);
            }
            None => self.enter(Stage::Attract, now),
        }
    }

    /// Answers whatever happens at a station that no longer belongs: it only hands in, and finishes the
    /// badge that is just printing.
    pub(super) fn stay_closed(&mut self, input: Input, now: Now) {
        match input {
            Input::Exchange(step) => self.exchange(step, now),
            Input::Rendered { job, drawn } => self.drawn(job, drawn, now),
            Input::Printed { job, outcome } => self.printed(job, outcome, now),
            Input::Stop => self.stopping = true,
            input => self.say_closed(input, CLOSED, CLOSED_SENTENCE),
        }
    }

    /// Destroys what the station knows, and shows that it is closed from now on.
    pub(super) fn shut_down(&mut self, state: MemberState, now: Now) {
        let remains = wipe::shut_down(self.folder.dir(), state);
        tracing::warn!(state = state.name(), "{}", shut_down_sentence(remains));
        self.stopping = true;
        self.shut_down = Some(remains);
        self.effects.push_back(Effect::ForgetPictures);
        self.enter(Stage::Closed(SHUT_DOWN), now);
    }

    /// Answers whatever happens at a station that was shut down; its ledger is not looked at.
    pub(super) fn stay_shut(&mut self, input: Input, remains: Remains) {
        self.say_closed(input, SHUT_DOWN, &shut_down_sentence(remains));
    }

    fn say_closed(&mut self, input: Input, reason: &'static str, sentence: &str) {
        match input {
            Input::Scanned(_) | Input::Tried(_) => {
                self.effects.push_back(Effect::Decided(Outcome {
                    decision: Verdict::Refuse,
                    reason: Some(reason),
                    attendee: None,
                    fact: None,
                    caveat: None,
                    since: None,
                    placing: None,
                    micros: 0,
                }))
            }
            // Whoever asked may have gone.
            Input::Ordered { reply, .. } => drop(reply.send(refuse(sentence))),
            Input::Progress(reply) => drop(reply.send(self.progress())),
            // The exchange ends with its way back.
            Input::Exchange(_)
            | Input::Touched { .. }
            | Input::Language(_)
            | Input::Tick
            | Input::Rendered { .. }
            | Input::Printed { .. }
            | Input::Printer(_)
            | Input::Stop => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use admission::exchange::MemberState;

    use crate::config::Confirm;
    use crate::desk::tests::Story;
    use crate::testing::{WANG_XIAOMING, after};

    #[test]
    fn a_desk_that_was_shut_down_promises_no_badge_and_no_record_any_more() {
        let mut story = Story::at("registration", Confirm::AtOnce);
        story.scan(&WANG_XIAOMING.invitation());
        let before = story.desk().progress();
        assert_eq!((before.badges, before.waiting, before.shut_down), (1, 1, None));
        story.desk().shut_down(MemberState::Revoked, after(1.0));
        let left = story.desk().progress();
        assert_eq!((left.badges, left.waiting), (0, 0));
        assert_eq!(left.shut_down, Some(crate::Remains::Nothing));
    }
}
