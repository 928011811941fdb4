//! The end of a station: what it does once it knows that it no longer belongs, and once the server
//! has ordered it to shut down.

use admission::exchange::MemberState;

use crate::order::refuse;
use crate::wipe;

use super::stage::Stage;
use super::{Desk, Effect, Input, Now, Outcome, Verdict};

/// The reason in an [`Outcome`] of a station that the organiser shut down: nobody is let in there.
pub const SHUT_DOWN: &str = "shut_down";
/// What people are told.
pub const SHUT_DOWN_SENTENCE: &str = "this desk was shut down by the organiser; give it back: its records are at the server, and \
     nothing of them is left here";
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
        tracing::warn!(state = state.name(), "{SHUT_DOWN_SENTENCE}");
        if let Err(error) = wipe::shut_down(self.folder.dir(), state) {
            tracing::error!(%error, "not everything could be destroyed; it is tried again at the next start");
        }
        self.stopping = true;
        self.shut_down = true;
        self.effects.push_back(Effect::ForgetPictures);
        self.enter(Stage::Closed(SHUT_DOWN), now);
    }

    /// Answers whatever happens at a station that was shut down; its ledger is not looked at.
    pub(super) fn stay_shut(&mut self, input: Input) {
        self.say_closed(input, SHUT_DOWN, SHUT_DOWN_SENTENCE);
    }

    fn say_closed(&mut self, input: Input, reason: &'static str, sentence: &str) {
        match input {
            Input::Scanned(_) => self.effects.push_back(Effect::Decided(Outcome {
                decision: Verdict::Refuse,
                reason: Some(reason),
                attendee: None,
                fact: None,
                caveat: None,
                since: None,
                placing: None,
                micros: 0,
            })),
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
            | Input::Stop => {}
        }
    }
}
