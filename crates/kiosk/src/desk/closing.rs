//! The end of a station: what it does once the server has ordered it to shut down.

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

impl Desk {
    /// Destroys what the station knows, and shows that it is closed from now on.
    pub(super) fn shut_down(&mut self, state: MemberState, now: Now) {
        tracing::warn!(state = state.name(), "{SHUT_DOWN_SENTENCE}");
        if let Err(error) = wipe::shut_down(self.folder.dir(), state) {
            tracing::error!(%error, "not everything could be destroyed; it is tried again at the next start");
        }
        self.stopping = true;
        self.shut_down = true;
        self.effects.push_back(Effect::ForgetPictures);
        self.enter(Stage::ShutDown, now);
    }

    /// Answers whatever happens at a station that was shut down; its ledger is not looked at.
    pub(super) fn stay_shut(&mut self, input: Input) {
        match input {
            Input::Scanned(_) => self.effects.push_back(Effect::Decided(Outcome {
                decision: Verdict::Refuse,
                reason: Some(SHUT_DOWN),
                attendee: None,
                fact: None,
                caveat: None,
                since: None,
                placing: None,
                micros: 0,
            })),
            // Whoever asked may have gone.
            Input::Ordered { reply, .. } => drop(reply.send(refuse(SHUT_DOWN_SENTENCE))),
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
